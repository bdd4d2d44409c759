/* num: how far the approximate functions are from the truth, which f64 of the C library stands for. The bounds are
 * those of docs/semantics.md; there they were measured over all f32, here over every 4099th and some hard cases. */
#include "test_num_reference.h"

#include <float.h>

/* Distance of an f32 from an exact value, in f32's units in the last place there. Infinity where one is a NaN, an
 * infinity or a zero's sign that the other isn't. */
static double ulps(float got, double exact)
{
    if (isnan(exact) || isnan(got)) return isnan(exact) && isnan(got) ? 0 : INFINITY;
    if (exact == 0 || isinf(exact)) return got == exact && !signbit(got) == !signbit(exact) ? 0 : INFINITY;
    if (!signbit(got) != !signbit(exact)) return INFINITY;
    int exponent;
    frexp(exact, &exponent);
    const double ulp = ldexp(1, exponent < -125 ? -149 : exponent - 24);
    const double value = isinf(got) ? copysign(0x1p128, (double)got) : (double)got; /* what is rounded to infinity */
    return fabs(exact) >= 0x1p128 && isinf(got) ? 0 : fabs(value - exact) / ulp;
}

static double rsqrt(double x)
{
    return 1 / sqrt(x);
}

static const struct function {
    tr_ew ew;
    double bound;
    double (*truth)(double);
} functions[] = {
    { TR_EW_EXP, 0.9, exp },      { TR_EW_EXP2, 0.9, exp2 },    { TR_EW_EXPM1, 0.51, expm1 },
    { TR_EW_LOG, 0.93, log },     { TR_EW_LOG2, 1.42, log2 },   { TR_EW_LOG10, 1.52, log10 },
    { TR_EW_LOG1P, 0.51, log1p }, { TR_EW_SIN, 1.55, sin },     { TR_EW_COS, 1.55, cos },
    { TR_EW_TAN, 0.51, tan },     { TR_EW_ASIN, 0.51, asin },   { TR_EW_ACOS, 0.51, acos },
    { TR_EW_ATAN, 0.51, atan },   { TR_EW_SINH, 0.51, sinh },   { TR_EW_COSH, 0.51, cosh },
    { TR_EW_TANH, 1.38, tanh },   { TR_EW_ASINH, 0.51, asinh }, { TR_EW_ACOSH, 0.51, acosh },
    { TR_EW_ATANH, 0.51, atanh }, { TR_EW_SQRT, 0.5, sqrt },    { TR_EW_RSQRT, 1.5, rsqrt },
    { TR_EW_CBRT, 0.51, cbrt },   { TR_EW_ERF, 1.3, erf },      { TR_EW_ERFC, 0.51, erfc },
};

static void check_run(const struct function *f, size_t n, const float *x)
{
    static float y[4096];
    tr_kernels_best()->ew[f->ew][TR_F32](n, y, x, NULL, NULL);
    for (size_t i = 0; i < n; i++) {
        const double error = ulps(y[i], f->truth((double)x[i]));
        uint32_t bits;
        memcpy(&bits, &y[i], 4);
        if (error <= f->bound && (!isnan(y[i]) || bits == 0x7fffffff)) continue;
        print_error("%s of %a: %a (%#x), should be %a: %g ulp\n", tr_ew_describe(f->ew)->name, (double)x[i],
                    (double)y[i], (unsigned)bits, f->truth((double)x[i]), error);
        fail();
    }
}

static void one_argument(void **state)
{
    (void)state;
    static float x[4096];
    for (size_t k = 0; k < LENGTH(functions); k++) {
        size_t n = 0;
        for (uint64_t bits = 0; bits < (uint64_t)1 << 32; bits += 4099) {
            memcpy(&x[n++], &(uint32_t){ (uint32_t)bits }, 4);
            if (n == LENGTH(x)) check_run(&functions[k], n, x), n = 0;
        }
        check_run(&functions[k], n, x);
    }
}

static void hard_arguments(void **state)
{
    (void)state;
    /* zeros, subnormals, limits of range, ends of the polynomials' intervals, near multiples of pi/2 */
    static const float numbers[] = {
        0,
        0x1p-149f,
        0x1p-126f,
        0x1.fffffcp-127f,
        FLT_MAX,
        INFINITY,
        NAN,
        1,
        0x1.fffffep-1f,
        0x1.000002p0f,
        0x1.62e42ep6f,
        0x1.62e43p6f,
        0x1.9d1d9ep6f,
        0x1.9fe368p6f,
        0x1.9fe36ap6f,
        127.99999f,
        128,
        149,
        149.5f,
        150,
        151,
        0.625f,
        0x1.3ffffep-1f,
        0.927734375f,
        3.92f,
        3.95f,
        10,
        10.06f,
        10.5f,
        0x1.555556p-1f,
        0x1.555554p-1f,
        0x1.555556p0f,
        0x1.6a09e6p-1f,
        0x1.6a09e6p0f,
        0x1.921fb6p0f,
        0x1.921fb4p0f,
        0x1.921fb6p1f,
        0x1.2d97c8p2f,
        0x1.2d97c6p2f,
        0x1.e4c7d6p13f,
        0x1p17f,
        0x1.000002p17f,
        0x1.fffffep16f,
        0x1.d38p89f,
        0x1.6ac5bp84f,
        0x1.a8279ap-2f,
        0x1.0p22f,
        0x1.8p23f,
        88,
        89,
        100,
        104,
        1e-5f,
        1e-10f,
        1e-20f,
        1e10f,
        1e20f,
        10.0f,
        100.0f,
        1000.0f,
        8,
        27,
        64,
    };
    float x[2 * LENGTH(numbers)];
    for (size_t i = 0; i < LENGTH(numbers); i++) x[2 * i] = numbers[i], x[2 * i + 1] = -numbers[i];
    for (size_t k = 0; k < LENGTH(functions); k++) check_run(&functions[k], LENGTH(x), x);
}

/* One far argument makes a strip of sin, cos or tan take another way: to the same bits. */
static void far_arguments_do_not_change_near_ones(void **state)
{
    (void)state;
    static const tr_ew rows[] = { TR_EW_SIN, TR_EW_COS, TR_EW_TAN };
    static float x[512], near[512], mixed[512];
    uint64_t random = 1;
    for (size_t i = 0; i < LENGTH(x); i++) x[i] = (float)((double)(int64_t)next_random(&random) * 0x1p-46);
    const tr_kernels *sets[TR_ISA_COUNT];
    const int count = kernel_sets(sets);
    for (int s = 0; s < count; s++) {
        for (size_t k = 0; k < LENGTH(rows); k++) {
            x[300] = 1;
            sets[s]->ew[rows[k]][TR_F32](LENGTH(x), near, x, NULL, NULL);
            x[300] = 1e30f;
            sets[s]->ew[rows[k]][TR_F32](LENGTH(x), mixed, x, NULL, NULL);
            assert_memory_equal(near, mixed, 300 * sizeof *x);
            assert_memory_equal(near + 301, mixed + 301, 211 * sizeof *x);
            assert_true(mixed[300] != near[300]);
        }
    }
}

static void two_arguments(void **state)
{
    (void)state;
    enum { N = 4096 };
    static const struct {
        tr_ew ew;
        double (*truth)(double, double);
    } rows[] = { { TR_EW_POWF, pow }, { TR_EW_ATAN2, atan2 } };
    static float a[N], b[N], y[N];
    for (size_t k = 0; k < LENGTH(rows); k++) {
        uint64_t random = 1;
        for (int round = 0; round < 60; round++) {
            fill_values(TR_F32, N, a, &random);
            fill_values(TR_F32, N, b, &random);
            for (size_t i = 0; i < N; i++) {
                if (round % 3 == 1) b[i] = rintf(b[i]);
                if (round % 3 == 2) b[i] = (float)(int)(next_random(&random) % 64) - 32;
            }
            tr_kernels_best()->ew[rows[k].ew][TR_F32](N, y, a, b, NULL);
            for (size_t i = 0; i < N; i++) {
                const double truth = rows[k].truth((double)a[i], (double)b[i]);
                const double error = ulps(y[i], truth);
                if (error <= 0.51) continue;
                if (y[i] == 0 && fabs(truth) <= 0x1p-150) continue; /* below the smallest subnormal */
                print_error("%s of %a, %a: %a, should be %a: %g ulp\n", tr_ew_describe(rows[k].ew)->name, (double)a[i],
                            (double)b[i], (double)y[i], truth, error);
                fail();
            }
        }
    }
}

/* The halves have 13 and 16 bits fewer than the f32 they go through: one rounding, and next to nothing more. */
static void halves_are_nearly_rounded_right(void **state)
{
    (void)state;
    static uint16_t codes[65536], results[65536];
    for (int i = 0; i < 65536; i++) codes[i] = (uint16_t)i;
    for (size_t k = 0; k < LENGTH(functions); k++) {
        for (size_t h = 2; h < 4; h++) {
            const format *f = &formats[h];
            tr_kernels_best()->ew[functions[k].ew][f->dtype](65536, results, codes, NULL, NULL);
            for (uint32_t i = 0; i < 65536; i++) {
                const double x = tr_load_f64(f->dtype, &codes[i]), truth = functions[k].truth(x);
                const uint32_t right = isnan(truth) ? 0x7fff : format_round(f, truth, 0, false);
                if (results[i] == right) continue;
                /* a neighbour: only where the truth is nearly in the middle */
                const double got = tr_load_f64(f->dtype, &results[i]), other = format_value(f, right & 0x7fff);
                const double middle = (fabs(got) + other) / 2;
                if (abs((int)results[i] - (int)right) == 1 && fabs(fabs(truth) - middle) <= middle * 0x1p-22) continue;
                print_error("%s %s of %a: %a (%#x), should be %a (%#x)\n", tr_ew_describe(functions[k].ew)->name,
                            tr_dtype_name(f->dtype), x, got, results[i], truth, (unsigned)right);
                fail();
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_argument),
        cmocka_unit_test(hard_arguments),
        cmocka_unit_test(far_arguments_do_not_change_near_ones),
        cmocka_unit_test(two_arguments),
        cmocka_unit_test(halves_are_nearly_rounded_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
