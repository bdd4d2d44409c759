#include "runner/array.h"

#include "num/dtype.h"
#include "runner/random.h"

#include <math.h>

#define ALIGNMENT ((size_t)64)

tr_status tr_array_alloc(tr_dtype dtype, int32_t rank, const int64_t *shape, tr_array *out_array, tr_error *error)
{
    size_t size = tr_dtype_size(dtype), bytes = size;
    if (size == 0) return tr_fail(error, TR_INVALID_ARGUMENT, "an array needs an element type");
    if (rank < 0 || rank > TR_MAX_RANK) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "an array has 0 to %d dimensions, not %d", TR_MAX_RANK, rank);
    }
    tr_array array = { .dtype = dtype, .rank = rank };
    bool empty = false, overflow = false;
    for (int32_t i = 0; i < rank; i++) {
        if (shape[i] < 0) {
            return tr_fail(error, TR_INVALID_ARGUMENT, "dimension %d of an array is %lld", i, (long long)shape[i]);
        }
        array.shape[i] = shape[i];
        empty |= shape[i] == 0;
    }
    for (int32_t i = 0; i < rank && !empty; i++) {
        overflow |= __builtin_mul_overflow(bytes, (uint64_t)shape[i], &bytes);
    }
    if (empty) bytes = 0;
    overflow |= bytes > (size_t)INT64_MAX - ALIGNMENT;
    if (!overflow) {
        array.count = (int64_t)(bytes / size);
        array.data = aligned_alloc(ALIGNMENT, (bytes / ALIGNMENT + 1) * ALIGNMENT);
    }
    if (!array.data) return tr_fail(error, TR_OUT_OF_MEMORY, "out of memory for an array");
    *out_array = array;
    return TR_OK;
}

/* ---------------------------------------------------------------- fills */

/* Bits of precision, the implicit one too; 0 for integers. */
static const int precision[TR_DTYPE_COUNT] = {
    [TR_F8E4M3FN] = 4, [TR_F8E5M2] = 3, [TR_F16] = 11, [TR_BF16] = 8, [TR_F32] = 24, [TR_F64] = 53,
};

static size_t size_of(const tr_array *array)
{
    return (size_t)array->count * tr_dtype_size(array->dtype);
}

static void *at(tr_array *array, int64_t index)
{
    return (char *)array->data + (size_t)index * tr_dtype_size(array->dtype);
}

static void fill_zeros(tr_array *array, uint64_t seed)
{
    (void)seed;
    if (array->count) memset(array->data, 0, size_of(array));
}

static void fill_ones(tr_array *array, uint64_t seed)
{
    (void)seed;
    for (int64_t i = 0; i < array->count; i++) tr_store_i64(array->dtype, at(array, i), 1);
}

static void fill_arange(tr_array *array, uint64_t seed)
{
    (void)seed;
    for (int64_t i = 0; i < array->count; i++) tr_store_i64(array->dtype, at(array, i), i);
}

static void fill_rand(tr_array *array, uint64_t seed)
{
    int bits = precision[array->dtype];
    uint64_t range = array->dtype == TR_I1 ? 2 : 100;
    for (int64_t i = 0; i < array->count; i++) {
        if (bits) { /* exact in the dtype: rounding could give 1.0 */
            tr_store_f64(array->dtype, at(array, i), tr_random_uniform(seed, (uint64_t)i, bits));
        } else {
            uint64_t upper = tr_random_bits(seed, (uint64_t)i) >> 32;
            tr_store_i64(array->dtype, at(array, i), (int64_t)(upper * range >> 32));
        }
    }
}

static void fill_randn(tr_array *array, uint64_t seed)
{
    for (int64_t i = 0; i < array->count; i++) {
        tr_store_f64(array->dtype, at(array, i), tr_random_normal(seed, (uint64_t)i));
    }
}

static void (*const fills[])(tr_array *array, uint64_t seed) = {
    [TR_FILL_ZEROS] = fill_zeros, [TR_FILL_ONES] = fill_ones,   [TR_FILL_ARANGE] = fill_arange,
    [TR_FILL_RAND] = fill_rand,   [TR_FILL_RANDN] = fill_randn, [TR_FILL_EMPTY] = NULL,
};

tr_status tr_array_create(tr_dtype dtype, int32_t rank, const int64_t *shape, tr_fill fill, uint64_t seed,
                          tr_array *out_array, tr_error *error)
{
    if (!out_array || (rank > 0 && !shape)) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "no shape, or nowhere to put the array");
    }
    if ((size_t)fill >= sizeof(fills) / sizeof(fills[0])) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "unknown fill %d", (int)fill);
    }
    if (fill == TR_FILL_RANDN && !tr_dtype_is_float(dtype)) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "randn makes floats, not %s", tr_dtype_name(dtype));
    }
    TR_TRY(tr_array_alloc(dtype, rank, shape, out_array, error));
    if (fills[fill]) fills[fill](out_array, seed);
    return TR_OK;
}

void tr_array_destroy(tr_array *array)
{
    if (!array) return;
    free(array->data);
    *array = (tr_array){ 0 };
}

/* ---------------------------------------------------------------- elements */

double tr_array_get(const tr_array *array, int64_t index)
{
    if (!array || index < 0 || index >= array->count) return NAN;
    return tr_load_f64(array->dtype, tr_array_at(array, index));
}

void tr_array_set(tr_array *array, int64_t index, double value)
{
    if (!array || index < 0 || index >= array->count) return;
    tr_store_f64(array->dtype, at(array, index), value);
}
