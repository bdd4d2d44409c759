/* Arrays in host memory: what the public tr_array functions share. */
#ifndef TR_RUNNER_ARRAY_H
#define TR_RUNNER_ARRAY_H

#include "base/status.h"

/* Allocates without filling. */
TR_MUST_CHECK tr_status tr_array_alloc(tr_dtype dtype, int32_t rank, const int64_t *shape, tr_array *out_array,
                                       tr_error *error);

/* Reads the bytes of a .npy file; `file` stands in messages. `hint` as in tr_array_load_npy. */
TR_MUST_CHECK tr_status tr_array_from_npy(tr_str bytes, const char *file, tr_dtype hint, tr_array *out_array,
                                          tr_error *error);

static inline const void *tr_array_at(const tr_array *array, int64_t index)
{
    return (const char *)array->data + (size_t)index * tr_dtype_size(array->dtype);
}

#endif
