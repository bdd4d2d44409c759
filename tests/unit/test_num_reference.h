/* Slow, plain versions of what src/num does with bit tricks, and the values that its tests feed it. */
#ifndef TR_TESTS_NUM_REFERENCE_H
#define TR_TESTS_NUM_REFERENCE_H

#include "check.h"

#include "num/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---------------------------------------------------------------- instruction sets */

/* The ones this CPU has, baseline first. */
static inline int kernel_sets(const tr_kernels *sets[TR_ISA_COUNT])
{
    static const char *const names[TR_ISA_COUNT] = { "baseline", "avx2", "avx512" };
    int count = 0;
    for (int i = 0; i < TR_ISA_COUNT; i++) {
        sets[count] = tr_kernels_named(names[i]);
        if (sets[count]) count++;
    }
    return count;
}

/* Lengths around every vector width and the strips of ew_half.c. */
static const size_t lengths[] = { 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 255, 256, 257, 600, 1000 };
enum { LONGEST = 1000 };

/* ---------------------------------------------------------------- float formats */

typedef struct format {
    tr_dtype dtype;
    int mantissa, bias;
    uint32_t largest; /* code of the largest finite number */
    uint32_t sign;
    bool saturates;
} format;

static const format formats[] = {
    { TR_F8E4M3FN, 3, 7, 0x7e, 0x80, true },
    { TR_F8E5M2, 2, 15, 0x7b, 0x80, true },
    { TR_F16, 10, 15, 0x7bff, 0x8000, false },
    { TR_BF16, 7, 127, 0x7f7f, 0x8000, false },
};

/* Value of a finite code without its sign; also of largest + 1, as if the exponent went on. */
static inline double format_value(const format *f, uint32_t code)
{
    const int exponent = (int)(code >> f->mantissa);
    const int fraction = (int)(code & ((1u << f->mantissa) - 1));
    if (exponent == 0) return ldexp(fraction, 1 - f->bias - f->mantissa);
    return ldexp(fraction + (1 << f->mantissa), exponent - f->bias - f->mantissa);
}

/* The code of the exact number high + low, where |low| is at most half an ulp of high. */
static inline uint32_t format_round(const format *f, double high, double low, bool toward_zero)
{
    const uint32_t sign = signbit(high) ? f->sign : 0;
    if (isnan(high)) return f->dtype == TR_F8E4M3FN || f->dtype == TR_F8E5M2 ? 0x7f : UINT32_MAX;
    if (isinf(high)) return sign | (f->saturates ? f->largest : f->largest + 1);
    if (sign) high = -high, low = -low;
    uint32_t below = 0, above = f->largest + 1; /* value(below) <= high < value(above), if it is that small */
    if (high >= format_value(f, above)) return sign | (f->saturates || toward_zero ? f->largest : f->largest + 1);
    while (above - below > 1) {
        const uint32_t middle = (below + above) / 2;
        if (format_value(f, middle) <= high)
            below = middle;
        else
            above = middle;
    }
    if (high == format_value(f, below) && low < 0) above = below, below -= 1; /* high itself is a code */
    const double half = (format_value(f, below) + format_value(f, above)) / 2;
    const double beyond = (high - half) + low; /* exact where it is near 0 */
    uint32_t code = !toward_zero && (beyond > 0 || (beyond == 0 && (below & 1))) ? above : below;
    if (code > f->largest && f->saturates) code = f->largest;
    return sign | code;
}

/* ---------------------------------------------------------------- values */

static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Fills with special values and then random ones of all sizes: for integers extremes and small numbers, for floats
 * zeros, ones, ties, subnormals, infinities, NaNs with payloads, and moderate numbers. `state` decides the order. */
static inline void fill_values(tr_dtype dtype, size_t n, void *data, uint64_t *state)
{
    static const uint64_t f32_bits[] = {
        0,          0x80000000, 0x3f800000, 0xbf800000, 0x3f000000, 0xbf000000, 0x3fc00000, 0x40200000,
        0xc0200000, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff,
        0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x7fa00000, 0x4b000000,
        0x4b000001, 0x4affffff, 0xcb000001, 0x4f000000, 0xcf000000, 0x4effffff, 0x5f000000, 0x48000001,
        0x7e800000, 0x42b17218, 0xc2cff1b5, 0x3f7fffff, 0x3f800001,
    };
    static const uint64_t f64_bits[] = {
        0,
        0x8000000000000000,
        0x3ff0000000000000,
        0xbff0000000000000,
        0x3fe0000000000000,
        0xbfe0000000000000,
        0x4004000000000000,
        1,
        0x8000000000000001,
        0x000fffffffffffff,
        0x0010000000000000,
        0x7fefffffffffffff,
        0xffefffffffffffff,
        0x7ff0000000000000,
        0xfff0000000000000,
        0x7ff8000000000000,
        0xfff8000000000001,
        0x7ff0000000000001,
        0x4330000000000001,
        0x4320000000000001,
        0x41e0000000000000,
        0xc1e0000000000000,
        0x43e0000000000000,
        0xc3e0000000000000,
        0x3ff0000000000001,
        0x7e70000000000000,
        0x3fefffffffffffff,
    };
    static const uint64_t f16_bits[] = {
        0,      0x8000, 0x3c00, 0xbc00, 0x3800, 0x3e00, 0x4100, 1,      0x8001, 0x03ff,
        0x0400, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xffff, 0x6400, 0x3bff
    };
    static const uint64_t bf16_bits[] = { 0,      0x8000, 0x3f80, 0xbf80, 0x3f00, 0x3fc0, 0x4020,
                                          1,      0x8001, 0x007f, 0x0080, 0x7f7f, 0xff7f, 0x7f80,
                                          0xff80, 0x7fc0, 0x7f81, 0xffff, 0x4b00, 0x3f7f };
    static const uint64_t integers[] = {
        0,
        1,
        2,
        3,
        7,
        8,
        15,
        16,
        31,
        32,
        63,
        64,
        100,
        (uint64_t)-1,
        (uint64_t)-2,
        (uint64_t)-7,
        0x7f,
        0x80,
        0x7fff,
        0x8000,
        0x7fffffff,
        0x80000000,
        0x7fffffffffffffff,
        0x8000000000000000,
        0x55,
        0xaa,
        0xffff,
        0xffffffff,
        0x20000000000001,
        0x1000001,
    };
    const size_t size = tr_dtype_size(dtype);
    const uint64_t *special = integers;
    size_t count = LENGTH(integers);
    if (dtype == TR_F32) special = f32_bits, count = LENGTH(f32_bits);
    if (dtype == TR_F64) special = f64_bits, count = LENGTH(f64_bits);
    if (dtype == TR_F16) special = f16_bits, count = LENGTH(f16_bits);
    if (dtype == TR_BF16) special = bf16_bits, count = LENGTH(bf16_bits);
    for (size_t i = 0; i < n; i++) {
        const uint64_t random = next_random(state);
        uint64_t bits;
        const int kind = (int)(random & 7);
        if (kind < 4) {
            bits = special[(random >> 8) % count];
        } else if (kind < 6 && tr_dtype_is_float(dtype)) {
            unsigned char *const at = (unsigned char *)data + i * size;
            tr_store_f64(dtype, at, ldexp((double)(int64_t)next_random(state), (int)((random >> 8) % 16) - 68));
            continue;
        } else {
            bits = next_random(state) >> (tr_dtype_is_float(dtype) ? 0 : (random >> 8) % 60);
        }
        if (dtype == TR_I1) bits &= 1;
        memcpy((unsigned char *)data + i * size, &bits, size);
    }
}

/* Fails with the place where two runs differ first. */
static inline void check_same(const char *what, const char *set, tr_dtype dtype, size_t n, const void *got,
                              const void *expected)
{
    const size_t size = tr_dtype_size(dtype);
    for (size_t i = 0; i < n; i++) {
        uint64_t g = 0, e = 0;
        memcpy(&g, (const char *)got + i * size, size);
        memcpy(&e, (const char *)expected + i * size, size);
        if (g == e) continue;
        print_error("%s %s (%s), element %zu of %zu: %#llx, expected %#llx\n", what, tr_dtype_name(dtype), set, i, n,
                    (unsigned long long)g, (unsigned long long)e);
        fail();
    }
}

#endif
