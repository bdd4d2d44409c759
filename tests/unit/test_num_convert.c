/* num: conversions of runs, against conversions of single values (test_num_dtype.c) and plain C; and every instruction
 * set against the same. */
#include "test_num_reference.h"

static const tr_dtype types[] = { TR_I1,     TR_I8,  TR_I16,  TR_I32, TR_I64, TR_F8E4M3FN,
                                  TR_F8E5M2, TR_F16, TR_BF16, TR_F32, TR_F64 };

static int width(tr_dtype dtype)
{
    return dtype == TR_I1 ? 1 : 8 * (int)tr_dtype_size(dtype);
}

/* Toward zero, into [low, high] (as f64, which may round them up), NaN to 0. */
static uint64_t saturated(double value, tr_dtype to, bool is_signed)
{
    const int bits = width(to);
    if (isnan(value)) return 0;
    if (is_signed) {
        const int64_t high = INT64_MAX >> (64 - bits), low = -high - 1;
        if (value >= ldexp(1, bits - 1)) return (uint64_t)high;
        if (value <= -ldexp(1, bits - 1)) return (uint64_t)low;
        return (uint64_t)(int64_t)value;
    }
    if (value >= ldexp(1, bits)) return UINT64_MAX >> (64 - bits);
    return value <= 0 ? 0 : (uint64_t)value;
}

/* f64 toward zero: to f32, or to a format by way of the search. */
static uint64_t toward_zero(double value, tr_dtype to)
{
    uint64_t bits = 0;
    if (to == TR_F32) {
        float r = (float)value;
        if (fabs((double)r) > fabs(value)) r = nextafterf(r, 0);
        memcpy(&bits, &r, 4);
        return bits;
    }
    for (size_t k = 0; k < LENGTH(formats); k++) {
        if (formats[k].dtype == to) return format_round(&formats[k], value, 0, true);
    }
    tr_store_f64(to, &bits, value);
    return bits;
}

/* What one element becomes; false: the pair is not converted by this kind. */
static bool reference(tr_cvt kind, tr_dtype from, tr_dtype to, const void *element, uint64_t *out_bits)
{
    const bool from_int = tr_dtype_is_int(from), to_int = tr_dtype_is_int(to);
    const uint64_t mask = UINT64_MAX >> (64 - width(to));
    uint64_t zero_extended = 0, bits = 0;
    memcpy(&zero_extended, element, tr_dtype_size(from));
    const int64_t sign_extended = (int64_t)(zero_extended << (64 - width(from))) >> (64 - width(from));
    switch (kind) {
    case TR_CVT_SEXT:
    case TR_CVT_ZEXT:
        if (!from_int || !to_int || width(from) >= width(to)) return false;
        *out_bits = (kind == TR_CVT_SEXT ? (uint64_t)sign_extended : zero_extended) & mask;
        return true;
    case TR_CVT_TRUNC:
        if (!from_int || !to_int || width(from) <= width(to)) return false;
        *out_bits = zero_extended & mask;
        return true;
    case TR_CVT_SI_TO_FP:
        if (!from_int || to_int) return false;
        tr_store_i64(to, &bits, sign_extended);
        *out_bits = bits;
        return true;
    case TR_CVT_UI_TO_FP:
        if (!from_int || to_int) return false;
        if (to == TR_F32) {
            const float r = (float)zero_extended;
            memcpy(&bits, &r, 4);
        } else if (to == TR_F64) {
            const double r = (double)zero_extended;
            memcpy(&bits, &r, 8);
        } else if (zero_extended >> 63) { /* a half or less of the last bit may be lost: to odd */
            tr_store_f64(to, &bits, (double)((zero_extended >> 12 | ((zero_extended & 0xfff) != 0)) << 12));
        } else {
            tr_store_i64(to, &bits, (int64_t)zero_extended);
        }
        *out_bits = bits;
        return true;
    case TR_CVT_FP_TO_SI:
    case TR_CVT_FP_TO_UI:
        if (from_int || !to_int) return false;
        *out_bits = saturated(tr_load_f64(from, element), to, kind == TR_CVT_FP_TO_SI) & mask;
        return true;
    case TR_CVT_FP:
    case TR_CVT_FP_RTZ:
        if (from_int || to_int) return false;
        if (from == to) {
            *out_bits = zero_extended;
            return true;
        }
        if (from == TR_BF16 && to == TR_F32) { /* a shift, which leaves a signalling NaN as it is */
            *out_bits = zero_extended << 16;
            return true;
        }
        if (kind == TR_CVT_FP || isnan(tr_load_f64(from, element)))
            tr_store_f64(to, &bits, tr_load_f64(from, element));
        else
            bits = toward_zero(tr_load_f64(from, element), to);
        *out_bits = bits;
        return true;
    case TR_CVT_COUNT: break;
    }
    return false;
}

static void check_run(const tr_kernels *set, tr_cvt kind, tr_dtype from, tr_dtype to, size_t n, const void *source)
{
    static _Alignas(64) uint64_t result[65536 + 8];
    const size_t from_size = tr_dtype_size(from), to_size = tr_dtype_size(to);
    memset(result, 0xa5, n * to_size + 8);
    set->convert[kind][from][to](n, result, source, NULL, NULL);
    assert_int_equal(((unsigned char *)result)[n * to_size], 0xa5);
    for (size_t i = 0; i < n; i++) {
        const void *element = (const char *)source + i * from_size;
        uint64_t got = 0, expected = 0;
        memcpy(&got, (char *)result + i * to_size, to_size);
        reference(kind, from, to, element, &expected);
        if (got == expected) continue;
        uint64_t bits = 0;
        memcpy(&bits, element, from_size);
        print_error("kind %d, %s %#llx (%a) to %s, %s: %#llx, expected %#llx\n", kind, tr_dtype_name(from),
                    (unsigned long long)bits, tr_load_f64(from, element), tr_dtype_name(to), set->name,
                    (unsigned long long)got, (unsigned long long)expected);
        fail();
    }
}

/* Runs body for each set, kind and pair that is defined, which every set must agree on. */
#define EACH_CONVERSION(body)                                                                                          \
    do {                                                                                                               \
        const tr_kernels *sets[TR_ISA_COUNT];                                                                          \
        const int count = kernel_sets(sets);                                                                           \
        for (int s = 0; s < count; s++) {                                                                              \
            for (int kind = 0; kind < TR_CVT_COUNT; kind++) {                                                          \
                for (size_t f = 0; f < LENGTH(types); f++) {                                                           \
                    for (size_t t = 0; t < LENGTH(types); t++) {                                                       \
                        const tr_dtype from = types[f], to = types[t];                                                 \
                        uint64_t bits_ = 0, zero_ = 0;                                                                 \
                        const bool defined = reference((tr_cvt)kind, from, to, &zero_, &bits_);                        \
                        assert_int_equal(defined, sets[s]->convert[kind][from][to] != NULL);                           \
                        if (defined) body;                                                                             \
                    }                                                                                                  \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

static void every_conversion(void **state)
{
    (void)state;
    static _Alignas(64) uint64_t source[LONGEST + 8];
    EACH_CONVERSION({
        uint64_t random = (uint64_t)kind * 1000 + f * 20 + t;
        fill_values(from, LONGEST + 8, source, &random);
        for (size_t l = 0; l < LENGTH(lengths); l++) {
            check_run(sets[s], (tr_cvt)kind, from, to, lengths[l], (char *)source + tr_dtype_size(from));
        }
    });
}

static void all_codes_of_narrow_types(void **state)
{
    (void)state;
    static uint16_t codes[65536];
    static uint8_t bytes[256];
    for (int i = 0; i < 65536; i++) codes[i] = (uint16_t)i;
    for (int i = 0; i < 256; i++) bytes[i] = (uint8_t)i;
    EACH_CONVERSION({
        if (from != TR_I1 && tr_dtype_size(from) == 1) check_run(sets[s], (tr_cvt)kind, from, to, 256, bytes);
        if (tr_dtype_size(from) == 2) check_run(sets[s], (tr_cvt)kind, from, to, 65536, codes);
    });
}

/* The values where a narrower result changes, and their neighbours. */
static void ties_and_limits(void **state)
{
    (void)state;
    enum { N = 4096 };
    static _Alignas(64) uint64_t source[N];
    EACH_CONVERSION({
        size_t n = 0;
        const size_t size = tr_dtype_size(from);
        if (from != TR_F32 && from != TR_F64) continue;
        for (int exponent = -151; exponent <= 64; exponent++) {
            for (int fraction = 1; fraction < 9; fraction += 2) {
                for (int step = -1; step <= 1; step++) {
                    const double value = ldexp(1 + fraction * 0.0625, exponent);
                    char *at = (char *)source + n++ * size;
                    if (from == TR_F64)
                        tr_store_f64(from, at, nextafter(value, step * INFINITY + (step ? 0 : value)));
                    else
                        tr_store_f64(from, at, (double)nextafterf((float)value, step ? step * INFINITY : (float)value));
                }
            }
            tr_store_f64(from, (char *)source + n++ * size, -ldexp(1, exponent));
            tr_store_f64(from, (char *)source + n++ * size, ldexp(1, exponent) - 1);
        }
        check_run(sets[s], (tr_cvt)kind, from, to, n, source);
    });
}

/* Integers beside the middle of two bf16, which an f32 or f64 on the way would take for it. */
static void wide_integers_are_rounded_once(void **state)
{
    (void)state;
    enum { N = 3 * 2 * 43 };
    static int64_t source[N];
    size_t n = 0;
    for (int exponent = 20; exponent < 63; exponent++) {
        for (int64_t step = -1; step <= 1; step++) {
            source[n++] = ((int64_t)257 << (exponent - 8)) + step;
            source[n++] = -((int64_t)259 << (exponent - 8)) + step;
        }
    }
    const tr_kernels *sets[TR_ISA_COUNT];
    const int count = kernel_sets(sets);
    for (int s = 0; s < count; s++) {
        check_run(sets[s], TR_CVT_SI_TO_FP, TR_I64, TR_BF16, n, source);
        check_run(sets[s], TR_CVT_UI_TO_FP, TR_I64, TR_BF16, n, source);
        check_run(sets[s], TR_CVT_SI_TO_FP, TR_I64, TR_F16, n, source);
        check_run(sets[s], TR_CVT_SI_TO_FP, TR_I32, TR_BF16, 2 * n, source);
        check_run(sets[s], TR_CVT_UI_TO_FP, TR_I32, TR_BF16, 2 * n, source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_conversion),
        cmocka_unit_test(all_codes_of_narrow_types),
        cmocka_unit_test(ties_and_limits),
        cmocka_unit_test(wide_integers_are_rounded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
