/* f32 exponentials, logarithms, powers. A NaN result is always the canonical one.
 *
 * Arguments are clamped as integers, which are ordered as the floats are (negative ones as unsigned integers): one
 * instruction on every instruction set, where a float minimum that cares about NaN is two or three.
 *
 * Coefficients: coefficients.sollya. Errors: docs/semantics.md.
 */
#ifndef TR_NUM_MATH_EXP_LOG_H
#define TR_NUM_MATH_EXP_LOG_H

#include "num/fused.h"
#include "num/math_wide.h"

#define F32_MAGIC 0x1.8p23f /* x + F32_MAGIC has x, rounded, in its low bits */
#define F32_INFINITY f32_from_bits(F32_INF)

FORCE_INLINE float f32_abs(float x)
{
    return f32_from_bits(f32_bits(x) & 0x7fffffffu);
}

FORCE_INLINE float f32_copysign(float magnitude, float sign)
{
    return f32_from_bits((f32_bits(magnitude) & 0x7fffffffu) | (f32_bits(sign) & 0x80000000u));
}

/* x, but at most `high` (positive) and at least `low` (negative); NaN gives one of them. */
FORCE_INLINE float f32_clamp(float x, float low, float high)
{
    const int32_t bits = (int32_t)f32_bits(x), top = (int32_t)f32_bits(high);
    const uint32_t below = (uint32_t)(bits < top ? bits : top), bottom = f32_bits(low);
    return f32_from_bits(below < bottom ? below : bottom);
}

/* |x|, but at most `high`; NaN gives that. */
FORCE_INLINE float f32_abs_clamp(float x, float high)
{
    const uint32_t bits = f32_bits(x) & 0x7fffffffu, top = f32_bits(high);
    return f32_from_bits((int32_t)bits < (int32_t)top ? bits : top);
}

FORCE_INLINE float f32_nan_if(int condition, float x)
{
    return condition ? f32_from_bits(F32_NAN) : x;
}

/* ---------------------------------------------------------------- exponentials */

/* p * 2^n, p within a factor of two of 1 and -151 <= n <= 129, rounded once where it is subnormal; n stands in the
 * low bits of `shifted` (n + F32_MAGIC), whose other bits the shifts push out. */
FORCE_INLINE float f32_scale(float p, float shifted)
{
    const uint32_t half = f32_bits(shifted) >> 1 << 23;
    const uint32_t rest = (f32_bits(shifted) << 23) - half + (127u << 23);
    return f32_from_bits(f32_bits(p) + half) * f32_from_bits(rest);
}

/* e^x = *out_p * 2^(*out_shifted - F32_MAGIC) for |x| < 2^20. */
FORCE_INLINE float f32_exp_parts(float x, float *out_shifted)
{
    const float shifted = fused_f32(x, 0x1.715476p+0f, F32_MAGIC);
    const float n = shifted - F32_MAGIC;
    float r = fused_f32(n, -0x1.62e43p-1f, x);
    r = fused_f32(n, 0x1.05c61p-29f, r);
    float p = 0x1.686a82p-10f;
    p = fused_f32(p, r, 0x1.123cfep-7f);
    p = fused_f32(p, r, 0x1.555b82p-5f);
    p = fused_f32(p, r, 0x1.55548cp-3f);
    p = fused_f32(p, r, 0x1.fffff8p-2f);
    p = fused_f32(p, r, 1);
    *out_shifted = shifted;
    return fused_f32(p, r, 1);
}

FORCE_INLINE float f32_exp(float x)
{
    float shifted;
    const float p = f32_exp_parts(f32_clamp(x, -104, 89), &shifted); /* e^89 is infinity, e^-104 is 0 */
    return f32_nan_if(x != x, f32_scale(p, shifted));
}

FORCE_INLINE float f32_exp2(float x)
{
    const float c = f32_clamp(x, -151, 129);
    const float shifted = c + F32_MAGIC;
    const float r = c - (shifted - F32_MAGIC);
    float p = 0x1.3fada4p-13f;
    p = fused_f32(p, r, 0x1.5f0cb4p-10f);
    p = fused_f32(p, r, 0x1.3b3096p-7f);
    p = fused_f32(p, r, 0x1.c6af74p-5f);
    p = fused_f32(p, r, 0x1.ebfbd8p-3f);
    p = fused_f32(p, r, 0x1.62e43p-1f);
    p = fused_f32(p, r, 1);
    return f32_nan_if(x != x, f32_scale(p, shifted));
}

FORCE_INLINE float f32_expm1(float x)
{
    const float r = f32_copysign((float)wide_expm1((double)f32_clamp(x, -50, 100)), x);
    return f32_nan_if(x != x, r);
}

/* ---------------------------------------------------------------- logarithms */

/* x = (1 + f) * 2^n, 2/3 <= 1 + f < 4/3, for x positive and finite. */
FORCE_INLINE float f32_log_parts(float x, float *out_n)
{
    const uint32_t subnormal = f32_bits(x) < 0x00800000u;
    const uint32_t bits = f32_bits(subnormal ? x * 0x1p23f : x);
    const int32_t n = (int32_t)(bits - 0x3f2aaaabu) >> 23;
    *out_n = (float)n - (subnormal ? 23.0f : 0.0f);
    return f32_from_bits(bits - ((uint32_t)n << 23)) - 1;
}

/* `log_x` where x is positive and finite, else what a logarithm is there. */
FORCE_INLINE float f32_log_result(float x, float log_x)
{
    const float special = x == 0 ? -F32_INFINITY : x > 0 ? x : f32_from_bits(F32_NAN);
    return f32_bits(x) - 1 < F32_INF - 1 ? log_x : special;
}

FORCE_INLINE float f32_log(float x)
{
    float n;
    const float f = f32_log_parts(x, &n);
    float p = -0x1.070446p-3f;
    p = fused_f32(p, f, 0x1.1f00dp-3f);
    p = fused_f32(p, f, -0x1.f39076p-4f);
    p = fused_f32(p, f, 0x1.1eb49ap-3f);
    p = fused_f32(p, f, -0x1.5598cap-3f);
    p = fused_f32(p, f, 0x1.99d292p-3f);
    p = fused_f32(p, f, -0x1.ffff1p-3f);
    p = fused_f32(p, f, 0x1.5555p-2f);
    p = fused_f32(p, f, -0x1p-1f);
    return f32_log_result(x, fused_f32(n, 0x1.62e43p-1f, fused_f32(p * f, f, f)));
}

FORCE_INLINE float f32_log2(float x)
{
    float n;
    const float f = f32_log_parts(x, &n);
    float p = -0x1.850faep-3f;
    p = fused_f32(p, f, 0x1.a06e78p-3f);
    p = fused_f32(p, f, -0x1.65c186p-3f);
    p = fused_f32(p, f, 0x1.9d09bp-3f);
    p = fused_f32(p, f, -0x1.ed102ep-3f);
    p = fused_f32(p, f, 0x1.27a61ep-2f);
    p = fused_f32(p, f, -0x1.7152a4p-2f);
    p = fused_f32(p, f, 0x1.ec6ff2p-2f);
    p = fused_f32(p, f, -0x1.715478p-1f);
    p = fused_f32(p, f, 0x1.aedafep-26f); /* with the next, log2(e) in two parts */
    return f32_log_result(x, fused_f32(f, 0x1.715476p+0f, p * f) + n);
}

FORCE_INLINE float f32_log10(float x)
{
    float n;
    const float f = f32_log_parts(x, &n);
    float p = -0x1.ccefb4p-5f;
    p = fused_f32(p, f, 0x1.f54b72p-5f);
    p = fused_f32(p, f, -0x1.b0d3d8p-5f);
    p = fused_f32(p, f, 0x1.f16172p-5f);
    p = fused_f32(p, f, -0x1.28c2p-4f);
    p = fused_f32(p, f, 0x1.63fed4p-4f);
    p = fused_f32(p, f, -0x1.bcb668p-4f);
    p = fused_f32(p, f, 0x1.287a1p-3f);
    p = fused_f32(p, f, -0x1.bcb7b2p-3f);
    p = fused_f32(p, f, -0x1.20d49cp-27f);
    p = fused_f32(p, f, n * -0x1.ec10cp-27f);
    p = fused_f32(f, 0x1.bcb7b2p-2f, p);
    return f32_log_result(x, fused_f32(n, 0x1.344136p-2f, p));
}

FORCE_INLINE float f32_log1p(float x)
{
    const float r = f32_copysign((float)wide_log1p((double)x), x);
    const float special = x == -1 ? -F32_INFINITY : x > 0 ? x : f32_from_bits(F32_NAN);
    return ((x > -1) & (x < F32_INFINITY)) ? r : special;
}

/* ---------------------------------------------------------------- powers */

FORCE_INLINE float f32_pow(float x, float y)
{
    const double ax = (double)f32_abs(x);
    /* 0 and infinity by logarithms that no finite y brings back into range */
    const double logarithm = ax == 0 ? -1e60 : f32_abs(x) == F32_INFINITY ? 1e60 : wide_log(ax);
    const double product = logarithm == 0 ? 0 : logarithm * (double)y;
    const double below = product < 150 ? product : 150;
    float r = (float)wide_exp(below > -150 ? below : -150);
    /* is y an integer, an odd one? */
    const float ay = f32_abs(y);
    const float nearest = ay < 0x1p23f ? (ay + 0x1p23f) - 0x1p23f : ay;
    const float half = ay * 0.5f;
    const float nearest_half = half < 0x1p23f ? (half + 0x1p23f) - 0x1p23f : half;
    const int is_integer = nearest == ay;
    const int is_odd = is_integer & (nearest_half != half);
    const uint32_t negative = f32_bits(x) >> 31;
    r = is_odd ? f32_from_bits(f32_bits(r) | (negative << 31)) : r;
    r = ((x < 0) & (ax < 1e39) & !is_integer) ? f32_from_bits(F32_NAN) : r; /* a finite negative base */
    r = ((x != x) | (y != y)) ? f32_from_bits(F32_NAN) : r;
    return ((y == 0) | (x == 1)) ? 1 : r;
}

#endif
