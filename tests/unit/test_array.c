/* Arrays: making, filling, comparing, saving and loading. */
#include "check.h"

#include "runner/array.h"
#include "runner/random.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static tr_array make(tr_dtype dtype, int64_t count, tr_fill fill, uint64_t seed)
{
    tr_error error;
    tr_array array = { 0 };
    check_ok(tr_array_create(dtype, 1, &count, fill, seed, &array, &error), &error);
    return array;
}

/* ---------------------------------------------------------------- making */

static void shapes(void **state)
{
    (void)state;
    static const int64_t shape[] = { 3, 4, 5 };
    tr_error error;
    tr_array a;
    check_ok(tr_array_create(TR_F16, 3, shape, TR_FILL_ZEROS, 0, &a, &error), &error);
    assert_int_equal(a.count, 60);
    assert_int_equal((uintptr_t)a.data % 64, 0);
    tr_array_destroy(&a);
    assert_null(a.data);
    check_ok(tr_array_create(TR_F64, 0, NULL, TR_FILL_ONES, 0, &a, &error), &error);
    assert_int_equal(a.count, 1);
    assert_true(tr_array_get(&a, 0) == 1);
    assert_true(isnan(tr_array_get(&a, 1)));
    tr_array_destroy(&a);
    a = make(TR_I8, 0, TR_FILL_RAND, 0);
    assert_int_equal(a.count, 0);
    assert_non_null(a.data);
    tr_array_destroy(&a);
}

static void what_cannot_be_made(void **state)
{
    (void)state;
    tr_error error;
    tr_array a;
    static const int64_t negative[] = { 3, -1 }, huge[] = { INT64_MAX, INT64_MAX };
    check_fails(tr_array_create(TR_F32, 2, negative, TR_FILL_ZEROS, 0, &a, &error), TR_INVALID_ARGUMENT, &error,
                "dimension 1 of an array is -1");
    check_fails(tr_array_create(TR_F32, 2, huge, TR_FILL_ZEROS, 0, &a, &error), TR_OUT_OF_MEMORY, &error, "memory");
    check_fails(tr_array_create(TR_F32, 17, huge, TR_FILL_ZEROS, 0, &a, &error), TR_INVALID_ARGUMENT, &error, "17");
    check_fails(tr_array_create(TR_DTYPE_NONE, 0, NULL, TR_FILL_ZEROS, 0, &a, &error), TR_INVALID_ARGUMENT, &error,
                "element type");
    check_fails(tr_array_create(TR_I32, 0, NULL, TR_FILL_RANDN, 0, &a, &error), TR_INVALID_ARGUMENT, &error,
                "randn makes floats");
    check_fails(tr_array_create(TR_I32, 0, NULL, (tr_fill)99, 0, &a, &error), TR_INVALID_ARGUMENT, &error, "fill");
}

/* ---------------------------------------------------------------- fills */

static void counting(void **state)
{
    (void)state;
    for (int dtype = TR_I8; dtype < TR_PTR; dtype++) {
        tr_array a = make((tr_dtype)dtype, 8, TR_FILL_ARANGE, 0);
        for (int i = 0; i < 8; i++) assert_true(tr_array_get(&a, i) == i);
        tr_array_destroy(&a);
        a = make((tr_dtype)dtype, 3, TR_FILL_ONES, 0);
        assert_true(tr_array_get(&a, 2) == 1);
        tr_array_destroy(&a);
    }
}

static void uniform(void **state)
{
    (void)state;
    for (int dtype = TR_I1; dtype < TR_PTR; dtype++) {
        tr_array a = make((tr_dtype)dtype, 20000, TR_FILL_RAND, 7);
        bool is_float = dtype >= TR_F8E4M3FN && dtype <= TR_F64;
        double below = is_float ? 1 : dtype == TR_I1 ? 2 : 100, sum = 0;
        for (int64_t i = 0; i < a.count; i++) {
            double x = tr_array_get(&a, i);
            assert_true(x >= 0 && x < below);
            if (!is_float) assert_true(x == floor(x));
            sum += x;
        }
        /* The mean of k values 0, step, .. below - step. */
        static const double steps[TR_DTYPE_COUNT] = {
            [TR_F8E4M3FN] = 1 / 16., [TR_F8E5M2] = 1 / 8., [TR_BF16] = 1 / 256.
        };
        double step = is_float ? steps[dtype] : 1;
        assert_true(fabs(sum / (double)a.count - (below - step) / 2) < below * 0.01);
        tr_array_destroy(&a);
    }
}

static void normal(void **state)
{
    (void)state;
    tr_array a = make(TR_F64, 100000, TR_FILL_RANDN, 3);
    double sum = 0, squares = 0, beyond = 0;
    for (int64_t i = 0; i < a.count; i++) {
        double x = tr_array_get(&a, i);
        sum += x;
        squares += x * x;
        beyond += fabs(x) > 1.959963984540054; /* 5 % of a normal distribution */
    }
    assert_true(fabs(sum / 1e5) < 0.015);
    assert_true(fabs(squares / 1e5 - 1) < 0.02);
    assert_true(fabs(beyond / 1e5 - 0.05) < 0.004);
    tr_array_destroy(&a);
}

/* The numbers are part of the interface: the same on every machine, in every version. */
static void same_everywhere(void **state)
{
    (void)state;
    static const float uniforms[] = { 0.86285609f, 0.368189514f, 0.943564177f, 0.0452569723f };
    static const double normals[] = { 1.0932416779704479, -0.33665229221588361, 1.5854173652844237,
                                      -1.6926925951922183 };
    tr_array a = make(TR_F32, 4, TR_FILL_RAND, 1), b = make(TR_F64, 4, TR_FILL_RANDN, 1);
    assert_memory_equal(a.data, uniforms, sizeof(uniforms));
    assert_memory_equal(b.data, normals, sizeof(normals));
    tr_array_destroy(&a);
    tr_array_destroy(&b);
}

static void seeds_differ(void **state)
{
    (void)state;
    int equal = 0;
    for (uint64_t i = 0; i < 1000; i++) equal += tr_random_bits(1, i) == tr_random_bits(2, i + 1);
    for (uint64_t i = 0; i < 1000; i++) equal += tr_random_bits(1, i) == tr_random_bits(2, i);
    assert_int_equal(equal, 0);
}

/* ---------------------------------------------------------------- comparing */

static tr_array of(tr_dtype dtype, int64_t count, const double *values)
{
    tr_array a = make(dtype, count, TR_FILL_ZEROS, 0);
    for (int64_t i = 0; i < count; i++) tr_array_set(&a, i, values[i]);
    return a;
}

static tr_comparison compare(tr_dtype a_type, const double *a, tr_dtype b_type, const double *b, int64_t count,
                             tr_tolerance t)
{
    tr_error error;
    tr_comparison c = { 0 };
    tr_array x = of(a_type, count, a), y = of(b_type, count, b);
    check_ok(tr_array_compare(&x, &y, &t, &c, &error), &error);
    tr_array_destroy(&x);
    tr_array_destroy(&y);
    return c;
}

static void exact_comparison(void **state)
{
    (void)state;
    static const double a[] = { 1, 2, 3, -0.0 }, b[] = { 1, 2.5, 3, 0.0 };
    tr_comparison c = compare(TR_F32, a, TR_F32, b, 4, (tr_tolerance){ 0 });
    assert_int_equal(c.count, 4);
    assert_int_equal(c.differing, 1);
    assert_int_equal(c.first_index, 1);
    assert_true(c.first_actual == 2 && c.first_expected == 2.5);
    assert_true(c.max_abs_error == 0.5 && c.max_rel_error == 0.2);
    assert_int_equal(c.max_ulp_error, 0x200000);
    c = compare(TR_F32, a, TR_F32, a, 4, (tr_tolerance){ 0 });
    assert_int_equal(c.differing, 0);
    assert_int_equal(c.first_index, -1);
}

static void tolerances(void **state)
{
    (void)state;
    static const double a[] = { 100.09, -1.04, 0.001 }, b[] = { 100, -1, 0 };
    assert_int_equal(compare(TR_F64, a, TR_F64, b, 3, (tr_tolerance){ .rtol = 1e-3 }).differing, 2);
    assert_int_equal(compare(TR_F64, a, TR_F64, b, 3, (tr_tolerance){ .atol = 0.05 }).differing, 1);
    assert_int_equal(compare(TR_F64, a, TR_F64, b, 3, (tr_tolerance){ .atol = 0.05, .rtol = 1e-3 }).differing, 0);
}

static void special_values(void **state)
{
    (void)state;
    static const double a[] = { INFINITY, -INFINITY, NAN, 1, NAN }, b[] = { INFINITY, INFINITY, NAN, NAN, 1 };
    const tr_tolerance loose = { .rtol = 1e30, .atol = 1e30 };
    tr_comparison c = compare(TR_F16, a, TR_F16, b, 5, loose);
    assert_int_equal(c.differing, 4);
    assert_int_equal(c.first_index, 1);
    assert_true(c.max_abs_error == 0);
    c = compare(TR_F16, a, TR_F16, b, 5, (tr_tolerance){ .rtol = 1e30, .equal_nan = true });
    assert_int_equal(c.differing, 3);
}

static void ulps(void **state)
{
    (void)state;
    static const double a[] = { 1 + 0x1p-10, 0x1p-24, 65504 }, b[] = { 1, -0x1p-24, 65472 };
    tr_comparison c = compare(TR_F16, a, TR_F16, b, 3, (tr_tolerance){ .ulp = 1 });
    assert_int_equal(c.differing, 1); /* the smallest positive and negative numbers are two apart */
    assert_int_equal(c.max_ulp_error, 2);
    assert_int_equal(compare(TR_F16, a, TR_F16, b, 3, (tr_tolerance){ .ulp = 2 }).differing, 0);
    /* In units of the actual array's type. */
    static const double d[] = { 1.0004 };
    assert_int_equal(compare(TR_F16, b, TR_F64, d, 1, (tr_tolerance){ .ulp = 1 }).max_ulp_error, 0);
}

static void integers(void **state)
{
    (void)state;
    tr_error error;
    tr_comparison c;
    tr_array a = make(TR_I64, 2, TR_FILL_ZEROS, 0), b = make(TR_U64, 2, TR_FILL_ZEROS, 0);
    ((int64_t *)a.data)[0] = (1ll << 53) + 1;
    ((uint64_t *)b.data)[0] = 1ull << 53;
    ((int64_t *)a.data)[1] = -1;
    ((uint64_t *)b.data)[1] = UINT64_MAX;
    check_ok(tr_array_compare(&a, &b, NULL, &c, &error), &error);
    assert_int_equal(c.differing, 2);
    assert_true(c.max_abs_error == 0x1p64);
    assert_int_equal(c.max_ulp_error, 0);
    tr_array_destroy(&a);
    tr_array_destroy(&b);
}

static void what_cannot_be_compared(void **state)
{
    (void)state;
    tr_error error;
    tr_comparison c;
    static const int64_t square[] = { 2, 2 };
    tr_array a = make(TR_F32, 4, TR_FILL_ZEROS, 0), b;
    check_ok(tr_array_create(TR_F32, 2, square, TR_FILL_ZEROS, 0, &b, &error), &error);
    check_fails(tr_array_compare(&a, &b, NULL, &c, &error), TR_MISMATCH, &error, "the array has 4, expected is 2x2");
    check_fails(tr_array_compare(&a, &a, &(tr_tolerance){ .rtol = NAN }, &c, &error), TR_INVALID_ARGUMENT, &error,
                "NaN");
    check_fails(tr_array_compare(&a, NULL, NULL, &c, &error), TR_INVALID_ARGUMENT, &error, "missing");
    tr_array_destroy(&a);
    tr_array_destroy(&b);
}

/* ---------------------------------------------------------------- .npy */

static void saved_and_loaded(void **state)
{
    (void)state;
    char path[] = "/tmp/tr-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    static const int64_t shape[] = { 3, 5 };
    for (int dtype = TR_I1; dtype < TR_PTR; dtype++) {
        tr_error error;
        tr_array a, b;
        check_ok(tr_array_create((tr_dtype)dtype, 2, shape, TR_FILL_RAND, 5, &a, &error), &error);
        check_ok(tr_array_save_npy(path, &a, &error), &error);
        check_ok(tr_array_load_npy(path, (tr_dtype)dtype, &b, &error), &error);
        assert_int_equal(b.dtype, dtype);
        assert_int_equal(b.rank, 2);
        assert_int_equal(b.shape[1], 5);
        assert_memory_equal(a.data, b.data, 15 * tr_dtype_size((tr_dtype)dtype));
        tr_array_destroy(&a);
        tr_array_destroy(&b);
    }
    assert_int_equal(truncate(path, 130), 0);
    tr_error error;
    tr_array a;
    check_fails(tr_array_load_npy(path, TR_DTYPE_NONE, &a, &error), TR_INVALID_INPUT, &error, "truncated");
    unlink(path);
    check_fails(tr_array_load_npy(path, TR_DTYPE_NONE, &a, &error), TR_NOT_FOUND, &error, "cannot read");
    check_fails(tr_array_load_npy("/", TR_DTYPE_NONE, &a, &error), TR_IO, &error, "cannot read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(what_cannot_be_made),
        cmocka_unit_test(counting),
        cmocka_unit_test(uniform),
        cmocka_unit_test(normal),
        cmocka_unit_test(same_everywhere),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(exact_comparison),
        cmocka_unit_test(tolerances),
        cmocka_unit_test(special_values),
        cmocka_unit_test(ulps),
        cmocka_unit_test(integers),
        cmocka_unit_test(what_cannot_be_compared),
        cmocka_unit_test(saved_and_loaded),
    };
    return cmocka_run_group_tests_name("arrays", tests, NULL, NULL);
}
