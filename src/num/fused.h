/* Fused multiply-add: a * b + c with one rounding, in f32 and f64.
 *
 * Where the instruction set has it, it is one instruction that loops over it vectorise with. The baseline x86 set
 * has none: f64 calls the C library, f32 is computed here in f64 with the sum rounded to odd, which vectorises.
 */
#ifndef TR_NUM_FUSED_H
#define TR_NUM_FUSED_H

#include "num/float_bits.h"

#if defined(__FMA__) || !defined(__x86_64__)
#define TR_HAS_FMA 1
#else
#define TR_HAS_FMA 0
#endif

/* a + b rounded to odd: where the sum is inexact, the neighbour of it whose last bit is 1. Rounding that once more, to
 * a format with at least two bits fewer, gives what rounding the exact sum would. */
FORCE_INLINE double add_odd(double a, double b)
{
    const double sum = a + b;
    const double b_part = sum - a;
    const double error = (a - (sum - b_part)) + (b - b_part); /* exact, or NaN where the sum is not finite */
    const uint64_t size = f64_bits(error) & 0x7fffffffffffffffu;
    const uint64_t inexact = ((0 - size) & ~(0x7ff0000000000000u - size)) >> 63; /* neither 0 nor NaN */
    const uint64_t toward_zero = (f64_bits(error) ^ f64_bits(sum)) >> 63; /* the exact sum is smaller in magnitude */
    return f64_from_bits((f64_bits(sum) - (toward_zero & inexact)) | inexact);
}

FORCE_INLINE float fused_f32(float a, float b, float c)
{
#if TR_HAS_FMA
    return __builtin_fmaf(a, b, c);
#else
    return (float)add_odd((double)a * (double)b, (double)c); /* the product is exact */
#endif
}

FORCE_INLINE double fused_f64(double a, double b, double c)
{
    return __builtin_fma(a, b, c);
}

#endif
