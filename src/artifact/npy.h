/* NumPy's .npy format: bytes to a header, payload to a dense row-major array, and back.
 *
 * Works on memory only; src/runner/array_npy.c does the files. docs/artifact.md says what bf16 and fp8 look like.
 */
#ifndef TR_ARTIFACT_NPY_H
#define TR_ARTIFACT_NPY_H

#include "base/status.h"

typedef struct tr_npy {
    tr_dtype dtype;
    bool swapped; /* elements are big-endian */
    bool fortran; /* column-major */
    int32_t rank;
    int64_t shape[TR_MAX_RANK];
    int64_t count;     /* product of shape */
    size_t size;       /* count * element size */
    size_t data_begin; /* offset of the payload */
} tr_npy;

/* The bytes that tr_npy_header_size needs, and the longest header that is read. */
#define TR_NPY_PREFIX 12
#define TR_NPY_LARGEST_HEADER ((size_t)1 << 20)

/* How long the header is, prefix included, from the first TR_NPY_PREFIX bytes (fewer: the file is truncated). `file`
 * stands in messages. */
TR_MUST_CHECK tr_status tr_npy_header_size(tr_str prefix, const char *file, size_t *out_size, tr_error *error);

/* Reads the header at the start of `bytes`. `hint` as in tr_array_load_npy. */
TR_MUST_CHECK tr_status tr_npy_parse(tr_str bytes, const char *file, tr_dtype hint, tr_npy *out_npy, tr_error *error);

/* Fails when a file of `file_size` bytes is too short for what its header promises. */
TR_MUST_CHECK tr_status tr_npy_check_size(const tr_npy *npy, const char *file, uint64_t file_size, tr_error *error);

/* True when the payload is not an array in our form as it stands. */
bool tr_npy_needs_conversion(const tr_npy *npy);

/* Copies the payload (npy->size bytes) in our form: little-endian, row-major, i1 as 0 and 1. No overlap. */
void tr_npy_convert(const tr_npy *npy, const void *payload, void *out);

/* Appends the header of version 1.0 that np.save would write for such an array. */
void tr_npy_print_header(tr_dtype dtype, int32_t rank, const int64_t *shape, tr_text *out);

#endif
