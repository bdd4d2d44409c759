/* num/dtype: names, and the conversions of single values against a search for the nearest code. */
#include "test_num_reference.h"

#include <float.h>

static void names_and_sizes(void **state)
{
    (void)state;
    for (int t = 1; t < TR_DTYPE_COUNT; t++) {
        assert_int_equal(tr_dtype_from_name(tr_dtype_name((tr_dtype)t)), t);
        assert_true(tr_dtype_size((tr_dtype)t) >= 1 && tr_dtype_size((tr_dtype)t) <= 8);
    }
    assert_int_equal(tr_dtype_size(TR_DTYPE_NONE), 0);
    assert_int_equal(tr_dtype_size(TR_DTYPE_COUNT), 0);
    assert_string_equal(tr_dtype_name(TR_F8E4M3FN), "f8e4m3fn");
    assert_int_equal(tr_dtype_from_name("float8_e4m3fn"), TR_F8E4M3FN);
    assert_int_equal(tr_dtype_from_name("f8E5M2"), TR_F8E5M2);
    assert_int_equal(tr_dtype_from_name("fp8e5"), TR_F8E5M2);
    assert_int_equal(tr_dtype_from_name("fp32"), TR_F32);
    assert_int_equal(tr_dtype_from_name("float32"), TR_F32);
    assert_int_equal(tr_dtype_from_name("bfloat16"), TR_BF16);
    assert_int_equal(tr_dtype_from_name("bool"), TR_I1);
    assert_int_equal(tr_dtype_from_name("uint16"), TR_U16);
    assert_int_equal(tr_dtype_from_name("none"), TR_DTYPE_NONE);
    assert_int_equal(tr_dtype_from_name("f31"), TR_DTYPE_NONE);
    assert_int_equal(tr_dtype_from_name(""), TR_DTYPE_NONE);
    assert_int_equal(tr_dtype_from_name(NULL), TR_DTYPE_NONE);
}

static float widen(const format *f, uint32_t code)
{
    switch (f->dtype) {
    case TR_F8E4M3FN: return tr_f8e4m3_to_f32((uint8_t)code);
    case TR_F8E5M2: return tr_f8e5m2_to_f32((uint8_t)code);
    case TR_F16: return tr_f16_to_f32((uint16_t)code);
    default: return tr_bf16_to_f32((uint16_t)code);
    }
}

static uint32_t narrow(const format *f, float x, bool toward_zero)
{
    switch (f->dtype) {
    case TR_F8E4M3FN: return toward_zero ? tr_f32_to_f8e4m3_rtz(x) : tr_f32_to_f8e4m3(x);
    case TR_F8E5M2: return toward_zero ? tr_f32_to_f8e5m2_rtz(x) : tr_f32_to_f8e5m2(x);
    case TR_F16: return toward_zero ? tr_f32_to_f16_rtz(x) : tr_f32_to_f16(x);
    default: return toward_zero ? tr_f32_to_bf16_rtz(x) : tr_f32_to_bf16(x);
    }
}

/* What tr_store_f64 makes of it. */
static uint32_t narrow_f64(const format *f, double x)
{
    uint32_t code = 0;
    tr_store_f64(f->dtype, &code, x);
    return code;
}

static void every_code_widens_exactly(void **state)
{
    (void)state;
    for (size_t k = 0; k < LENGTH(formats); k++) {
        const format *f = &formats[k];
        for (uint32_t code = 0; code < 2 * f->sign; code++) {
            const uint32_t magnitude = code & ~f->sign;
            const float x = widen(f, code);
            assert_int_equal(!!signbit(x), !!(code & f->sign));
            if (magnitude <= f->largest) {
                assert_true((double)fabsf(x) == format_value(f, magnitude));
                assert_int_equal(narrow(f, x, false), code);
                assert_int_equal(narrow(f, x, true), code);
                assert_int_equal(narrow_f64(f, (double)x), code);
            } else if (f->dtype != TR_F8E4M3FN && magnitude == f->largest + 1) {
                assert_true(isinf(x));
            } else {
                assert_true(isnan(x));
            }
        }
    }
}

/* Every code's value, the middles between neighbours, and the next f32 and f64 on both sides of each. */
static void narrowing_rounds_to_the_nearest_code(void **state)
{
    (void)state;
    for (size_t k = 0; k < LENGTH(formats); k++) {
        const format *f = &formats[k];
        for (uint32_t code = 0; code <= f->largest; code++) {
            for (int part = 0; part < 4; part++) {
                const double value = format_value(f, code), next = format_value(f, code + 1);
                const double at = value + (next - value) * 0.25 * part;
                for (int step = -1; step <= 1; step++) {
                    const float x = step ? nextafterf((float)at, step * INFINITY) : (float)at;
                    assert_int_equal(narrow(f, x, false), format_round(f, (double)x, 0, false));
                    assert_int_equal(narrow(f, x, true), format_round(f, (double)x, 0, true));
                    assert_int_equal(narrow(f, -x, false), format_round(f, (double)-x, 0, false));
                    assert_int_equal(narrow(f, -x, true), format_round(f, (double)-x, 0, true));
                    const double y = step ? nextafter(at, step * INFINITY) : at;
                    assert_int_equal(narrow_f64(f, y), format_round(f, y, 0, false));
                    assert_int_equal(narrow_f64(f, -y), format_round(f, -y, 0, false));
                }
            }
        }
        uint64_t random = 1;
        for (int i = 0; i < 200000; i++) {
            const uint32_t bits = (uint32_t)next_random(&random);
            float x;
            memcpy(&x, &bits, sizeof x);
            if (isnan(x)) continue;
            assert_int_equal(narrow(f, x, false), format_round(f, (double)x, 0, false));
            assert_int_equal(narrow(f, x, true), format_round(f, (double)x, 0, true));
        }
    }
}

static void overflow_and_nan(void **state)
{
    (void)state;
    assert_int_equal(tr_f32_to_f16(65519.996f), 0x7bff);
    assert_int_equal(tr_f32_to_f16(65520), 0x7c00);
    assert_int_equal(tr_f32_to_f16(-INFINITY), 0xfc00);
    assert_int_equal(tr_f32_to_f16_rtz(1e30f), 0x7bff);
    assert_int_equal(tr_f32_to_f16_rtz(INFINITY), 0x7c00);
    assert_int_equal(tr_f32_to_bf16(FLT_MAX), 0x7f80);
    assert_int_equal(tr_f32_to_bf16_rtz(FLT_MAX), 0x7f7f);
    assert_int_equal(tr_f64_to_bf16(1e300), 0x7f80);
    assert_int_equal(tr_f64_to_f16(-1e300), 0xfc00);
    assert_int_equal(tr_f32_to_f8e4m3(464), 0x7e);
    assert_int_equal(tr_f32_to_f8e4m3(1e30f), 0x7e);
    assert_int_equal(tr_f32_to_f8e4m3(-INFINITY), 0xfe);
    assert_int_equal(tr_f32_to_f8e5m2(1e30f), 0x7b);
    assert_int_equal(tr_f32_to_f8e5m2_rtz(-INFINITY), 0xfb);

    /* a NaN stays one: quiet, with its sign and top payload bits, or the only one of the format */
    for (uint32_t payload = 1; payload < 0x800000; payload = payload * 3 + 1) {
        for (uint32_t sign = 0; sign < 2; sign++) {
            const uint32_t bits = sign << 31 | 0x7f800000 | payload;
            float x;
            memcpy(&x, &bits, sizeof x);
            const uint32_t f16 = sign << 15 | 0x7e00 | payload >> 13, bf16 = sign << 15 | 0x7fc0 | payload >> 16;
            assert_int_equal(tr_f32_to_f16(x), f16);
            assert_int_equal(tr_f32_to_f16_rtz(x), f16);
            assert_int_equal(tr_f32_to_bf16(x), bf16);
            assert_int_equal(tr_f32_to_bf16_rtz(x), bf16);
            assert_int_equal(tr_f32_to_f8e4m3(x), 0x7f);
            assert_int_equal(tr_f32_to_f8e4m3_rtz(x), 0x7f);
            assert_int_equal(tr_f32_to_f8e5m2(x), 0x7f);
            assert_int_equal(tr_f32_to_f8e5m2_rtz(x), 0x7f);
            assert_true(isnan(tr_f32_to_tf32(x)));
        }
    }
}

static void tf32_keeps_ten_bits(void **state)
{
    (void)state;
    assert_true(tr_f32_to_tf32(0x1.002p0f) == 0x1.004p0f); /* a tie: away from zero */
    assert_true(tr_f32_to_tf32(-0x1.002p0f) == -0x1.004p0f);
    assert_true(tr_f32_to_tf32(0x1.001ffep0f) == 1);
    assert_true(tr_f32_to_tf32(0x1.003p0f) == 0x1.004p0f);
    assert_true(tr_f32_to_tf32(0x1.ffffp0f) == 2);
    assert_true(tr_f32_to_tf32(FLT_MAX) == INFINITY);
    assert_true(tr_f32_to_tf32(-INFINITY) == -INFINITY);
    assert_true(tr_f32_to_tf32(0x1p-149f) == 0);
}

static void load_and_store(void **state)
{
    (void)state;
    uint64_t cell = 0;
    for (int t = 1; t < TR_DTYPE_COUNT; t++) {
        const tr_dtype dtype = (tr_dtype)t;
        cell = UINT64_MAX;
        tr_store_f64(dtype, &cell, 1);
        assert_true(tr_load_f64(dtype, &cell) == 1);
        assert_int_equal(tr_load_i64(dtype, &cell), 1);
        /* nothing beyond the element is written */
        const unsigned bits = 8 * (unsigned)tr_dtype_size(dtype);
        if (bits < 64) assert_true(cell >> bits == UINT64_MAX >> bits);
        tr_store_i64(dtype, &cell, 0);
        assert_true(tr_load_f64(dtype, &cell) == 0);
    }
    tr_store_i64(TR_I8, &cell, -3);
    assert_true(tr_load_f64(TR_I8, &cell) == -3);
    assert_true(tr_load_f64(TR_U8, &cell) == 253);
    tr_store_f64(TR_I16, &cell, -2.9);
    assert_int_equal(tr_load_i64(TR_I16, &cell), -2);
    tr_store_f64(TR_U32, &cell, 0x1p32 + 5.5);
    assert_int_equal(tr_load_i64(TR_U32, &cell), 5);
    tr_store_f64(TR_U64, &cell, 0x1p63);
    assert_true(tr_load_f64(TR_U64, &cell) == 0x1p63);
    tr_store_f64(TR_I64, &cell, -0x1p63);
    assert_true(tr_load_i64(TR_I64, &cell) == INT64_MIN);
    tr_store_f64(TR_I32, &cell, NAN);
    assert_int_equal(tr_load_i64(TR_I32, &cell), 0);
    tr_store_i64(TR_I1, &cell, 3);
    assert_int_equal(tr_load_i64(TR_I1, &cell), 1);
    tr_store_f64(TR_F64, &cell, 1e300);
    assert_true(tr_load_i64(TR_F64, &cell) == INT64_MAX);
    tr_store_f64(TR_F64, &cell, NAN);
    assert_int_equal(tr_load_i64(TR_F64, &cell), 0);
}

/* Integers that need more bits than an f64 has, just beside the middle of two codes. */
static void integers_are_rounded_once(void **state)
{
    (void)state;
    const format *bf16 = &formats[3];
    for (int exponent = 20; exponent < 63; exponent++) {
        for (int64_t code = 128; code < 256; code += 7) {
            const int64_t middle = (2 * code + 1) << (exponent - 9);
            for (int64_t step = -1; step <= 1; step++) {
                const int64_t value = middle + step;
                uint32_t got = 0;
                tr_store_i64(TR_BF16, &got, value);
                assert_int_equal(got,
                                 format_round(bf16, (double)value, (double)(value - (int64_t)(double)value), false));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_sizes),
        cmocka_unit_test(every_code_widens_exactly),
        cmocka_unit_test(narrowing_rounds_to_the_nearest_code),
        cmocka_unit_test(overflow_and_nan),
        cmocka_unit_test(tf32_keeps_ten_bits),
        cmocka_unit_test(load_and_store),
        cmocka_unit_test(integers_are_rounded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
