/* num: elementwise functions. Baseline against plain C, one number at a time; every other instruction set against
 * baseline, bit for bit. test_num_math.c looks at how good the approximate functions are. */
#include "test_num_reference.h"

static const tr_dtype int_types[] = { TR_I1, TR_I8, TR_I16, TR_I32, TR_I64 };
static const tr_dtype float_types[] = { TR_F16, TR_BF16, TR_F32, TR_F64 };

/* ---------------------------------------------------------------- integers, as signed and unsigned 64-bit numbers */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b != 0 && (a < 0) == (b < 0));
}

static int count_ones(uint64_t x)
{
    int count = 0;
    for (; x; x &= x - 1) count++;
    return count;
}

/* Wrapping; with a negative exponent what is left of 1 / a^-b. */
static uint64_t power(int64_t a, int64_t b)
{
    uint64_t result = 1;
    if (b < 0) return a == 0 ? UINT64_MAX : a == 1 ? 1 : a == -1 ? (b % 2 ? UINT64_MAX : 1) : 0;
    for (int bit = 62; bit >= 0; bit--) {
        result *= result;
        if (b >> bit & 1) result *= (uint64_t)a;
    }
    return result;
}

/* The low `bits` bits of the result, from operands sign-extended (s) and zero-extended (u). */
static uint64_t int_reference(tr_ew ew, int bits, int64_t sa, int64_t sb, uint64_t ua, uint64_t ub)
{
    const bool minimum_by_minus_one = sa == INT64_MIN && sb == -1;
    int leading = 0, trailing = 0;
    while (leading < bits && !(ua >> (bits - 1 - leading) & 1)) leading++;
    while (trailing < bits && !(ua >> trailing & 1)) trailing++;
    switch (ew) {
    case TR_EW_ADDI: return ua + ub;
    case TR_EW_SUBI: return ua - ub;
    case TR_EW_MULI: return ua * ub;
    case TR_EW_DIVSI: return sb == 0 ? UINT64_MAX : minimum_by_minus_one ? ua : (uint64_t)(sa / sb);
    case TR_EW_REMSI: return sb == 0 ? ua : minimum_by_minus_one ? 0 : (uint64_t)(sa % sb);
    case TR_EW_CEILDIVSI: return sb == 0 ? UINT64_MAX : minimum_by_minus_one ? ua : (uint64_t)ceil_div(sa, sb);
    case TR_EW_FLOORDIVSI: return sb == 0 ? UINT64_MAX : minimum_by_minus_one ? ua : (uint64_t)floor_div(sa, sb);
    case TR_EW_DIVUI: return ub == 0 ? UINT64_MAX : ua / ub;
    case TR_EW_REMUI: return ub == 0 ? ua : ua % ub;
    case TR_EW_CEILDIVUI: return ub == 0 ? UINT64_MAX : ua / ub + (ua % ub != 0);
    case TR_EW_POWSI: return power(sa, sb);
    case TR_EW_ANDI: return ua & ub;
    case TR_EW_ORI: return ua | ub;
    case TR_EW_XORI: return ua ^ ub;
    case TR_EW_SHLI: return ub < (unsigned)bits ? ua << ub : 0;
    case TR_EW_SHRUI: return ub < (unsigned)bits ? ua >> ub : 0;
    case TR_EW_SHRSI: return (uint64_t)(sa >> (ub < (unsigned)bits ? ub : (unsigned)bits - 1));
    case TR_EW_MAXSI: return sa > sb ? ua : ub;
    case TR_EW_MINSI: return sa < sb ? ua : ub;
    case TR_EW_MAXUI: return ua > ub ? ua : ub;
    case TR_EW_MINUI: return ua < ub ? ua : ub;
    case TR_EW_MULHIUI: return (uint64_t)(((unsigned __int128)ua * ub) >> bits);
    case TR_EW_MULHISI: return (uint64_t)(((__int128)sa * sb) >> bits);
    case TR_EW_ABSI: return sa < 0 ? 0 - ua : ua;
    case TR_EW_CTPOP: return (uint64_t)count_ones(ua);
    case TR_EW_CTLZ: return (uint64_t)leading;
    case TR_EW_CTTZ: return (uint64_t)trailing;
    case TR_EW_CMPI_EQ: return ua == ub;
    case TR_EW_CMPI_NE: return ua != ub;
    case TR_EW_CMPI_SLT: return sa < sb;
    case TR_EW_CMPI_SLE: return sa <= sb;
    case TR_EW_CMPI_SGT: return sa > sb;
    case TR_EW_CMPI_SGE: return sa >= sb;
    case TR_EW_CMPI_ULT: return ua < ub;
    case TR_EW_CMPI_ULE: return ua <= ub;
    case TR_EW_CMPI_UGT: return ua > ub;
    case TR_EW_CMPI_UGE: return ua >= ub;
    default: fail_msg("no reference for %s", tr_ew_describe(ew)->name); return 0;
    }
}

static void check_integers(tr_ew ew, tr_dtype dtype, size_t n, const void *a, const void *b, const void *result)
{
    const int size = (int)tr_dtype_size(dtype), bits = dtype == TR_I1 ? 1 : 8 * size;
    const size_t result_size = tr_ew_describe(ew)->result_i1 ? 1 : (size_t)size;
    for (size_t i = 0; i < n; i++) {
        uint64_t ua = 0, ub = 0, got = 0;
        memcpy(&ua, (const char *)a + i * (size_t)size, (size_t)size);
        memcpy(&ub, (const char *)b + i * (size_t)size, (size_t)size);
        memcpy(&got, (const char *)result + i * result_size, result_size);
        const int64_t sa = (int64_t)(ua << (64 - bits)) >> (64 - bits),
                      sb = (int64_t)(ub << (64 - bits)) >> (64 - bits);
        uint64_t expected = int_reference(ew, bits, sa, sb, ua, ub);
        expected &= tr_ew_describe(ew)->result_i1 ? 1 : UINT64_MAX >> (64 - bits);
        if (got == expected) continue;
        print_error("%s %s of %lld, %lld: %#llx, expected %#llx\n", tr_ew_describe(ew)->name, tr_dtype_name(dtype),
                    (long long)sa, (long long)sb, (unsigned long long)got, (unsigned long long)expected);
        fail();
    }
}

static bool is_integer_row(tr_ew ew)
{
    return tr_kernels_named("baseline")->ew[ew][TR_I32] && ew != TR_EW_SELECT;
}

static void integers_are_right(void **state)
{
    (void)state;
    enum { N = 20000 };
    static uint64_t a[N], b[N], result[N];
    const tr_kernels *baseline = tr_kernels_named("baseline");
    for (int ew = 1; ew < TR_EW_COUNT; ew++) {
        if (!is_integer_row((tr_ew)ew)) continue;
        for (size_t t = 0; t < LENGTH(int_types); t++) {
            if (!baseline->ew[ew][int_types[t]]) continue;
            uint64_t random = (uint64_t)ew;
            fill_values(int_types[t], N, a, &random);
            fill_values(int_types[t], N, b, &random);
            baseline->ew[ew][int_types[t]](N, result, a, b, NULL);
            check_integers((tr_ew)ew, int_types[t], N, a, b, result);
        }
    }
}

static void all_pairs_of_bytes(void **state)
{
    (void)state;
    static uint8_t a[65536], b[65536], result[65536];
    for (int i = 0; i < 65536; i++) a[i] = (uint8_t)i, b[i] = (uint8_t)(i >> 8);
    const tr_kernels *sets[TR_ISA_COUNT];
    const int count = kernel_sets(sets);
    for (int ew = 1; ew < TR_EW_COUNT; ew++) {
        for (int s = 0; s < count && is_integer_row((tr_ew)ew); s++) {
            sets[s]->ew[ew][TR_I8](65536, result, a, b, NULL);
            check_integers((tr_ew)ew, TR_I8, 65536, a, b, result);
        }
    }
}

/* ---------------------------------------------------------------- floats */

/* The exact or correctly rounded functions, in f64 but for the type's own rounding; NaN where the result is one. */
static double max_of(double a, double b)
{
    return a == b ? (signbit(a) ? b : a) : a > b ? a : b;
}

static double min_of(double a, double b)
{
    return -max_of(-a, -b);
}

static double maxnum(double a, double b)
{
    return isnan(a) ? b : isnan(b) ? a : max_of(a, b);
}

static double minnum(double a, double b)
{
    return isnan(a) ? b : isnan(b) ? a : min_of(a, b);
}

static double maximum(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : max_of(a, b);
}

static double minimum(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : min_of(a, b);
}

/* False: an approximate function. Comparisons give 0 or 1. *out_low is what *out_high lacks (of halves' FMA). */
static bool float_reference(tr_ew ew, double a, double b, double c, double *out_high, double *out_low)
{
    double r;
    *out_low = 0;
    switch (ew) {
    case TR_EW_ADDF: r = a + b; break;
    case TR_EW_SUBF: r = a - b; break;
    case TR_EW_MULF: r = a * b; break;
    case TR_EW_DIVF: r = a / b; break;
    case TR_EW_REMF: r = fmod(a, b); break;
    case TR_EW_MAXNUMF: r = maxnum(a, b); break;
    case TR_EW_MINNUMF: r = minnum(a, b); break;
    case TR_EW_MAXIMUMF: r = maximum(a, b); break;
    case TR_EW_MINIMUMF: r = minimum(a, b); break;
    case TR_EW_CLAMPF: r = minnum(maxnum(a, b), c); break;
    case TR_EW_CLAMPF_NAN: r = minimum(maximum(a, b), c); break;
    case TR_EW_SQRT: r = sqrt(a); break;
    case TR_EW_FLOOR: r = floor(a); break;
    case TR_EW_CEIL: r = ceil(a); break;
    case TR_EW_TRUNC: r = trunc(a); break;
    case TR_EW_ROUND: r = round(a); break;
    case TR_EW_ROUNDEVEN: r = rint(a); break;
    case TR_EW_CMPF_FALSE: r = 0; break;
    case TR_EW_CMPF_OEQ: r = a == b; break;
    case TR_EW_CMPF_OGT: r = a > b; break;
    case TR_EW_CMPF_OGE: r = a >= b; break;
    case TR_EW_CMPF_OLT: r = a < b; break;
    case TR_EW_CMPF_OLE: r = a <= b; break;
    case TR_EW_CMPF_ONE: r = a < b || a > b; break;
    case TR_EW_CMPF_ORD: r = !isnan(a) && !isnan(b); break;
    case TR_EW_CMPF_UEQ: r = isnan(a) || isnan(b) || a == b; break;
    case TR_EW_CMPF_UGT: r = isnan(a) || isnan(b) || a > b; break;
    case TR_EW_CMPF_UGE: r = isnan(a) || isnan(b) || a >= b; break;
    case TR_EW_CMPF_ULT: r = isnan(a) || isnan(b) || a < b; break;
    case TR_EW_CMPF_ULE: r = isnan(a) || isnan(b) || a <= b; break;
    case TR_EW_CMPF_UNE: r = isnan(a) || isnan(b) || a != b; break;
    case TR_EW_CMPF_UNO: r = isnan(a) || isnan(b); break;
    case TR_EW_CMPF_TRUE: r = 1; break;
    case TR_EW_ISNAN: r = isnan(a); break;
    case TR_EW_ISINF: r = isinf(a) != 0; break;
    case TR_EW_ISFINITE: r = isfinite(a) != 0; break;
    case TR_EW_FMA: {
        const double product = a * b; /* exact for halves */
        r = product + c;
        const double part = r - product;
        *out_low = isfinite(r) ? (product - (r - part)) + (c - part) : 0;
        break;
    }
    default: return false;
    }
    *out_high = r;
    return true;
}

/* f32 and f64 in their own arithmetic. f64 holds any f32 sum or product well enough for one more rounding. */
static uint64_t float_bits(tr_dtype dtype, tr_ew ew, double a, double b, double c, double high, double low)
{
    if (tr_ew_describe(ew)->result_i1) return (uint64_t)high;
    uint64_t bits = 0;
    if (dtype == TR_F64) {
        const double r = ew == TR_EW_FMA ? fma(a, b, c) : high;
        memcpy(&bits, &r, 8);
        return isnan(r) ? 0x7ff8000000000000 : bits;
    }
    if (dtype == TR_F32) {
        const float r = ew == TR_EW_FMA ? fmaf((float)a, (float)b, (float)c) : (float)high;
        memcpy(&bits, &r, 4);
        return isnan(r) ? 0x7fffffff : bits;
    }
    return isnan(high) ? 0x7fff : format_round(dtype == TR_F16 ? &formats[2] : &formats[3], high, low, false);
}

static void check_floats(tr_ew ew, tr_dtype dtype, size_t n, const void *a, const void *b, const void *c,
                         const void *result)
{
    const size_t size = tr_dtype_size(dtype), result_size = tr_ew_describe(ew)->result_i1 ? 1 : size;
    for (size_t i = 0; i < n; i++) {
        const double x = tr_load_f64(dtype, (const char *)a + i * size);
        const double y = tr_load_f64(dtype, (const char *)b + i * size);
        const double z = tr_load_f64(dtype, (const char *)c + i * size);
        double high, low;
        uint64_t got = 0;
        if (!float_reference(ew, x, y, z, &high, &low)) return;
        const uint64_t expected = float_bits(dtype, ew, x, y, z, high, low);
        memcpy(&got, (const char *)result + i * result_size, result_size);
        if (got == expected) continue;
        print_error("%s %s of %a, %a, %a: %#llx, expected %#llx\n", tr_ew_describe(ew)->name, tr_dtype_name(dtype), x,
                    y, z, (unsigned long long)got, (unsigned long long)expected);
        fail();
    }
}

static void floats_are_right(void **state)
{
    (void)state;
    enum { N = 20000 };
    static uint64_t a[N], b[N], c[N], result[N];
    const tr_kernels *baseline = tr_kernels_named("baseline");
    for (int ew = 1; ew < TR_EW_COUNT; ew++) {
        for (size_t t = 0; t < LENGTH(float_types) && !is_integer_row((tr_ew)ew) && ew != TR_EW_SELECT; t++) {
            uint64_t random = (uint64_t)ew * 7;
            fill_values(float_types[t], N, a, &random);
            fill_values(float_types[t], N, b, &random);
            fill_values(float_types[t], N, c, &random);
            baseline->ew[ew][float_types[t]](N, result, a, b, c);
            check_floats((tr_ew)ew, float_types[t], N, a, b, c, result);
        }
    }
}

static void sign_functions_keep_the_other_bits(void **state)
{
    (void)state;
    enum { N = 1000 };
    static uint64_t a[N], b[N], result[N];
    const tr_kernels *baseline = tr_kernels_named("baseline");
    for (size_t t = 0; t < LENGTH(float_types); t++) {
        uint64_t random = 3;
        const size_t size = tr_dtype_size(float_types[t]);
        const uint64_t sign = (uint64_t)1 << (8 * size - 1);
        fill_values(float_types[t], N, a, &random);
        fill_values(float_types[t], N, b, &random);
        for (int ew = 0; ew < 3; ew++) {
            static const tr_ew rows[] = { TR_EW_NEGF, TR_EW_ABSF, TR_EW_COPYSIGN };
            baseline->ew[rows[ew]][float_types[t]](N, result, a, b, NULL);
            for (size_t i = 0; i < N; i++) {
                uint64_t x = 0, y = 0, got = 0;
                memcpy(&x, (char *)a + i * size, size);
                memcpy(&y, (char *)b + i * size, size);
                memcpy(&got, (char *)result + i * size, size);
                const uint64_t magnitude = x & ~sign;
                assert_true(got == (ew == 0 ? x ^ sign : ew == 1 ? magnitude : magnitude | (y & sign)));
            }
        }
    }
}

/* Products of halves that lie just beside a tie of the sum: where rounding twice goes wrong. */
static void fused_halves_round_once(void **state)
{
    (void)state;
    const tr_kernels *baseline = tr_kernels_named("baseline");
    for (size_t k = 2; k < 4; k++) {
        const format *f = &formats[k];
        uint64_t random = 5;
        for (int i = 0; i < 300000; i++) {
            uint16_t a = (uint16_t)next_random(&random), b = (uint16_t)next_random(&random), d;
            if ((a & 0x7fff) > f->largest || (b & 0x7fff) > f->largest) continue;
            /* c: about half an ulp, or a tiny part, of the product, or the product a tiny part of it */
            const double product = tr_load_f64(f->dtype, &a) * tr_load_f64(f->dtype, &b);
            uint16_t c;
            tr_store_f64(f->dtype, &c, ldexp(product, (int)(next_random(&random) % 80) - 40));
            if ((c & 0x7fff) > f->largest) continue;
            const double z = tr_load_f64(f->dtype, &c);
            double high, low;
            float_reference(TR_EW_FMA, tr_load_f64(f->dtype, &a), tr_load_f64(f->dtype, &b), z, &high, &low);
            baseline->ew[TR_EW_FMA][f->dtype](1, &d, &a, &b, &c);
            assert_int_equal(d, format_round(f, high, low, false));
        }
    }
}

/* ---------------------------------------------------------------- instruction sets and runs */

/* Every row, type and length, apart and in place. */
static void sets_agree_bit_for_bit(void **state)
{
    (void)state;
    static _Alignas(64) uint64_t sources[3][LONGEST + 8], expected[LONGEST + 8], got[LONGEST + 8];
    const tr_kernels *sets[TR_ISA_COUNT];
    const int count = kernel_sets(sets);
    for (int ew = 1; ew < TR_EW_COUNT; ew++) {
        for (int t = 1; t < TR_DTYPE_COUNT; t++) {
            tr_run_fn *const reference = sets[0]->ew[ew][t];
            const tr_ew_info *info = tr_ew_describe((tr_ew)ew);
            const size_t size = tr_dtype_size((tr_dtype)t), result_size = info->result_i1 ? 1 : size;
            const tr_dtype result = info->result_i1 ? TR_I1 : (tr_dtype)t;
            uint64_t random = (uint64_t)(ew * 100 + t);
            for (int s = 0; s < 3; s++) fill_values((tr_dtype)t, LONGEST + 8, sources[s], &random);
            if (ew == TR_EW_SELECT) fill_values(TR_I1, LONGEST + 8, sources[0], &random);
            for (int s = 1; s < count; s++) assert_true(!reference == !sets[s]->ew[ew][t]);
            for (size_t l = 0; reference && l < LENGTH(lengths); l++) {
                const size_t n = lengths[l];
                /* an odd element first, so that runs are not aligned to vectors */
                const char *a = (const char *)sources[0] + (ew == TR_EW_SELECT ? 1 : size);
                const char *b = info->arity > 1 ? (const char *)sources[1] + size : NULL;
                const char *c = info->arity > 2 ? (const char *)sources[2] + size : NULL;
                memset(expected, 0xa5, sizeof expected);
                reference(n, expected, a, b, c);
                assert_int_equal(((unsigned char *)expected)[n * result_size], 0xa5); /* nothing behind the run */
                for (int s = 0; s < count; s++) {
                    memset(got, 0xa5, sizeof got);
                    sets[s]->ew[ew][t](n, got, a, b, c);
                    check_same(info->name, sets[s]->name, result, n, got, expected);
                    assert_int_equal(((unsigned char *)got)[n * result_size], 0xa5);
                    /* in place of each source of the result's size */
                    for (int place = 0; place < info->arity; place++) {
                        const size_t place_size = ew == TR_EW_SELECT && place == 0 ? 1 : size;
                        if (place_size != result_size) continue;
                        const char *const from[3] = { a, b, c };
                        memcpy(got, from[place], n * size);
                        sets[s]->ew[ew][t](n, got, place == 0 ? (void *)got : a, place == 1 ? (void *)got : b,
                                           place == 2 ? (void *)got : c);
                        check_same(info->name, sets[s]->name, result, n, got, expected);
                    }
                }
            }
        }
    }
}

/* All codes of the halves through every function of one argument. */
static void sets_agree_on_all_halves(void **state)
{
    (void)state;
    static uint16_t codes[65536], expected[65536], got[65536];
    for (int i = 0; i < 65536; i++) codes[i] = (uint16_t)i;
    const tr_kernels *sets[TR_ISA_COUNT];
    const int count = kernel_sets(sets);
    for (int ew = 1; ew < TR_EW_COUNT; ew++) {
        for (size_t t = 0; t < 2; t++) {
            if (!sets[0]->ew[ew][float_types[t]] || tr_ew_describe((tr_ew)ew)->arity != 1) continue;
            memset(expected, 0, sizeof expected);
            memset(got, 0, sizeof got);
            sets[0]->ew[ew][float_types[t]](65536, expected, codes, NULL, NULL);
            for (int s = 1; s < count; s++) {
                sets[s]->ew[ew][float_types[t]](65536, got, codes, NULL, NULL);
                check_same(tr_ew_describe((tr_ew)ew)->name, sets[s]->name, TR_F16, 65536, got, expected);
            }
        }
    }
}

static void sets_by_name(void **state)
{
    (void)state;
    assert_null(tr_kernels_named("sse9"));
    assert_null(tr_kernels_named(NULL));
    assert_non_null(tr_kernels_named("baseline"));
    assert_ptr_equal(tr_kernels_named(tr_kernels_best()->name), tr_kernels_best());
    assert_string_equal(tr_ew_describe(TR_EW_ADDI)->name, "ADDI");
    assert_int_equal(tr_ew_describe(TR_EW_FMA)->arity, 3);
    assert_true(tr_ew_describe(TR_EW_CMPF_OEQ)->result_i1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_right),       cmocka_unit_test(all_pairs_of_bytes),
        cmocka_unit_test(floats_are_right),         cmocka_unit_test(sign_functions_keep_the_other_bits),
        cmocka_unit_test(fused_halves_round_once),  cmocka_unit_test(sets_agree_bit_for_bit),
        cmocka_unit_test(sets_agree_on_all_halves), cmocka_unit_test(sets_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
