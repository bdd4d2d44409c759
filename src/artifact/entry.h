/* What PTX text or machine code says about itself and its kernels: the facts that a launch needs.
 *
 * Read by tr_ptx_facts_read (ptx_facts.h) or tr_cubin_read (cubin.h); tr_image_read takes either. Read-only after
 * that, so several threads may use an image at once.
 */
#ifndef TR_ARTIFACT_ENTRY_H
#define TR_ARTIFACT_ENTRY_H

#include "base/arena.h"
#include "base/status.h"

/* One parameter of a kernel, in order. */
typedef struct tr_entry_param {
    uint32_t offset; /* from the first parameter. PTX: by the declared types; cubin: as recorded, where a tensor map is
                        aligned in the constant bank, so that the first parameter may have an offset, too */
    uint32_t size;
    uint32_t align;  /* PTX only; 0 in a cubin, which doesn't record it */
    tr_dtype dtype;  /* PTX only: U8..U64, F16, F32, F64 as declared (.b32 counts as U32); NONE for arrays of bytes */
    bool is_pointer; /* declared as one. Triton does so from 3.2 on: before, false says nothing */
} tr_entry_param;

/* Whether a kernel uses shared memory whose size only the launch gives (Triton's always is). */
typedef enum tr_entry_shared { TR_SHARED_NONE, TR_SHARED_DYNAMIC } tr_entry_shared;

typedef struct tr_entry {
    const char *name;
    tr_entry_param *params;
    int32_t param_count;
    uint32_t block[3];      /* the block that it must be launched with (.reqntid); zeros = not stated */
    uint32_t max_threads;   /* the most threads a block may have (.maxntid, .reqntid); 0 = not stated */
    uint32_t cluster[3];    /* the cluster that it must be launched with (.reqnctapercluster); zeros = not stated */
    bool explicit_cluster;  /* it may only be launched with clusters (.explicitcluster) */
    uint32_t registers;     /* a thread. PTX: the limit that .maxnreg sets; 0 = not stated */
    uint64_t static_shared; /* bytes a block, what ptxas reserves included */
    tr_entry_shared shared; /* a cubin keeps no trace of the size, but of the use */
} tr_entry;

typedef struct tr_image {
    tr_arena arena;
    bool is_cubin;
    int32_t arch;        /* 90 for sm_90 */
    char suffix;         /* 'a': for exactly this architecture; 'f': for its family; 0. A cubin doesn't tell 'f' */
    int32_t ptx_version; /* 87 for 8.7; 0 in a cubin */
    tr_entry *entries;   /* in order of appearance */
    int32_t entry_count;
} tr_image;

/* True for the first bytes of an ELF file. */
bool tr_image_is_elf(tr_str bytes);

/* Reads a cubin or PTX, told apart by the first bytes. `file` stands in messages; nothing of `bytes` is kept. */
TR_MUST_CHECK tr_status tr_image_read(tr_str bytes, const char *file, tr_image **out_image, tr_error *error);
void tr_image_destroy(tr_image *image);

/* The kernel `name`, or the only one when `name` is NULL. TR_NOT_FOUND and TR_INVALID_ARGUMENT list what there is. */
TR_MUST_CHECK tr_status tr_image_find(const tr_image *image, const char *name, const char *file,
                                      const tr_entry **out_entry, tr_error *error);

/* "sm_90a" */
#define TR_TARGET_TEXT_SIZE 24
const char *tr_image_target(const tr_image *image, char buffer[TR_TARGET_TEXT_SIZE]);

/* ---------------------------------------------------------------- hidden parameters */

/* Triton appends none (3.0 to 3.2), one (3.3, 3.4: global scratch) or two (3.5 on: global and profile scratch)
 * pointers to the user's parameters. */
#define TR_MOST_HIDDEN 2

/* How many of the last parameters could be such pointers, 0 to 2. */
int32_t tr_entry_hidden_most(const tr_entry *entry);

/* How many hidden parameters there are when the user has `arg_count` arguments: what is left over. `known` is the
 * number that is known from elsewhere (which Triton wrote it), or -1. TR_MISMATCH names both counts when they don't
 * fit each other. */
TR_MUST_CHECK tr_status tr_entry_hidden(const tr_entry *entry, int32_t arg_count, int32_t known, const char *file,
                                        int32_t *out_hidden, tr_error *error);

/* The number of hidden parameters that kernels of a Triton version ("3.4.0") have; -1 for what isn't a version. */
int32_t tr_hidden_of_triton(const char *version);

#endif
