#include "num/dtype.h"
#include "runner/array.h"

#include <math.h>

static bool is_float(const tr_array *array)
{
    return tr_dtype_is_float(array->dtype);
}

/* ---------------------------------------------------------------- floats */

/* The bits of a float as an integer in order of value: neighbours differ by 1, -0 and +0 by nothing. */
static int64_t ordered(tr_dtype dtype, const void *element)
{
    size_t size = tr_dtype_size(dtype);
    uint64_t bits = 0, sign = 1ull << (8 * size - 1);
    memcpy(&bits, element, size);
    return bits & sign ? -(int64_t)(bits & ~sign) : (int64_t)bits;
}

static uint64_t ulps_between(const tr_array *actual, int64_t index, double expected)
{
    uint64_t rounded = 0;
    tr_store_f64(actual->dtype, &rounded, expected);
    int64_t a = ordered(actual->dtype, tr_array_at(actual, index)), b = ordered(actual->dtype, &rounded);
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static bool floats_agree(const tr_array *actual, const tr_array *expected, int64_t i, const tr_tolerance *t,
                         tr_comparison *c)
{
    double a = tr_load_f64(actual->dtype, tr_array_at(actual, i));
    double e = tr_load_f64(expected->dtype, tr_array_at(expected, i));
    if (isnan(a) || isnan(e)) return isnan(a) && isnan(e) && t->equal_nan;
    if (isinf(a) || isinf(e)) return a == e;

    double error = fabs(a - e);
    uint64_t ulps = is_float(actual) ? ulps_between(actual, i, e) : 0;
    if (error > c->max_abs_error) c->max_abs_error = error;
    if (e != 0 && error / fabs(e) > c->max_rel_error) c->max_rel_error = error / fabs(e);
    if (ulps > c->max_ulp_error) c->max_ulp_error = ulps;
    return error <= t->atol + t->rtol * fabs(e) || (t->ulp > 0 && is_float(actual) && ulps <= t->ulp);
}

/* ---------------------------------------------------------------- integers */

/* Wide enough for both signed and unsigned 64-bit integers: a double would lose their last bits. */
static __int128 load_integer(const tr_array *array, int64_t index)
{
    int64_t value = tr_load_i64(array->dtype, tr_array_at(array, index));
    return array->dtype == TR_U64 || array->dtype == TR_PTR ? (__int128)(uint64_t)value : value;
}

static bool integers_agree(const tr_array *actual, const tr_array *expected, int64_t i, const tr_tolerance *t,
                           tr_comparison *c)
{
    __int128 a = load_integer(actual, i), e = load_integer(expected, i);
    if (a == e) return true;
    double error = (double)(a > e ? a - e : e - a), magnitude = fabs((double)e);
    if (error > c->max_abs_error) c->max_abs_error = error;
    if (e != 0 && error / magnitude > c->max_rel_error) c->max_rel_error = error / magnitude;
    return error <= t->atol + t->rtol * magnitude;
}

/* ---------------------------------------------------------------- arrays */

static void print_shape(const tr_array *array, char *buffer, size_t size)
{
    size_t used = 0;
    for (int32_t i = 0; i < array->rank && used < size; i++) {
        used += (size_t)snprintf(buffer + used, size - used, "%s%lld", i ? "x" : "", (long long)array->shape[i]);
    }
    if (array->rank == 0) snprintf(buffer, size, "()");
}

static tr_status check_shapes(const tr_array *actual, const tr_array *expected, tr_error *error)
{
    bool same = actual->rank == expected->rank;
    for (int32_t i = 0; i < actual->rank && same; i++) same = actual->shape[i] == expected->shape[i];
    if (same) return TR_OK;
    char a[128], e[128];
    print_shape(actual, a, sizeof(a));
    print_shape(expected, e, sizeof(e));
    return tr_fail(error, TR_MISMATCH, "shapes differ: the array has %s, expected is %s", a, e);
}

tr_status tr_array_compare(const tr_array *actual, const tr_array *expected, const tr_tolerance *tolerance,
                           tr_comparison *out_comparison, tr_error *error)
{
    static const tr_tolerance exact;
    if (!actual || !expected || !out_comparison) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "an array to compare is missing, or nowhere to put the result");
    }
    const tr_tolerance *t = tolerance ? tolerance : &exact;
    if (!(t->rtol >= 0) || !(t->atol >= 0)) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "tolerances must not be negative or NaN");
    }
    TR_TRY(check_shapes(actual, expected, error));
    bool floats = is_float(actual) || is_float(expected);
    tr_comparison c = { .count = actual->count, .first_index = -1 };
    for (int64_t i = 0; i < actual->count; i++) {
        if (floats ? floats_agree(actual, expected, i, t, &c) : integers_agree(actual, expected, i, t, &c)) continue;
        if (c.differing++ > 0) continue;
        c.first_index = i;
        c.first_actual = tr_array_get(actual, i);
        c.first_expected = tr_array_get(expected, i);
    }
    *out_comparison = c;
    return TR_OK;
}
