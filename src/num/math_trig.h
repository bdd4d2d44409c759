/* f32 sine, cosine, tangent and their inverses.
 *
 * sin, cos and tan have two forms with the same result where both are defined: `_near`, branch-free, for
 * |x| <= F32_NEAR, infinities and NaN; and one for all x, which reduces large arguments with as many bits of 2/pi as
 * it takes. ew_math.c uses the second only on strips that need it.
 */
#ifndef TR_NUM_MATH_TRIG_H
#define TR_NUM_MATH_TRIG_H

#include "num/math_exp_log.h"

#define F32_NEAR 0x1p17f

FORCE_INLINE int f32_is_far(float x)
{
    const uint32_t magnitude = f32_bits(x) & 0x7fffffffu;
    return (magnitude > 0x48000000u) & (magnitude < F32_INF); /* F32_NEAR */
}

/* x = quadrant * pi/2 + r, |r| <= pi/4, for finite |x| >= 2^7. Payne and Hanek: x = m * 2^e, and of the bits of 2/pi
 * only those count that e does not move past the units digit of a quadrant's four. */
static inline double f32_reduce_far(float x, uint32_t *out_quadrant)
{
    static const uint32_t two_over_pi[8] = { 0x00000000u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u,
                                             0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu };
    const uint32_t bits = f32_bits(x);
    const uint64_t m = (bits & 0x007fffffu) | 0x00800000u;
    const uint32_t e = ((bits >> 23) & 0xffu) - 150 + 32 - 2; /* first bit needed, in a table led by 32 zeros */
    const uint32_t word = e >> 5, shift = e & 31;
    const uint64_t w0 = two_over_pi[word], w1 = two_over_pi[word + 1], w2 = two_over_pi[word + 2];
    const uint64_t w3 = two_over_pi[word + 3];
    const uint64_t high = (w0 << 32 | w1) << shift | (w2 << shift) >> 32;
    const uint64_t low = (w2 << 32 | w3) << shift;
    /* m * window modulo 2^128, in units of 2^-126 quadrants */
    const uint64_t product = m * high + (m * (low >> 32) >> 32);
    const uint32_t quadrant = (uint32_t)((product + 0x2000000000000000u) >> 62);
    const int64_t fraction = (int64_t)(product - ((uint64_t)quadrant << 62));
    const double r = (double)fraction * (0x1.921fb54442d18p0 * 0x1p-62);
    *out_quadrant = bits >> 31 ? 0 - quadrant : quadrant;
    return bits >> 31 ? -r : r;
}

/* ---------------------------------------------------------------- sine and cosine */

/* x = quadrant * pi/2 + r for |x| <= F32_NEAR. The first step is exact, pi/2 has 72 bits. */
FORCE_INLINE float f32_reduce_near(float x, uint32_t *out_quadrant)
{
    const float shifted = fused_f32(x, 0x1.45f306p-1f, F32_MAGIC);
    const float n = shifted - F32_MAGIC;
    float r = fused_f32(n, -0x1.921fb6p+0f, x);
    r = fused_f32(n, 0x1.777a5cp-25f, r);
    r = fused_f32(n, 0x1.ee59dap-50f, r);
    *out_quadrant = f32_bits(shifted);
    return r;
}

/* sin(quadrant * pi/2 + r) */
FORCE_INLINE float f32_sin_reduced(float r, uint32_t quadrant)
{
    const float z = r * r;
    float s = -0x1.9914b2p-13f;
    s = fused_f32(s, z, 0x1.1106b8p-7f);
    s = fused_f32(s, z, -0x1.555544p-3f);
    s = fused_f32(s * z, r, r);
    float c = 0x1.999d42p-16f;
    c = fused_f32(c, z, -0x1.6c0b0ep-10f);
    c = fused_f32(c, z, 0x1.555548p-5f);
    c = fused_f32(c, z, -0x1p-1f);
    c = fused_f32(c, z, 1);
    return f32_from_bits(f32_bits(quadrant & 1 ? c : s) ^ (quadrant & 2) << 30);
}

FORCE_INLINE float f32_sin_near(float x)
{
    uint32_t quadrant;
    const float r = f32_reduce_near(x, &quadrant);
    const float y = f32_sin_reduced(r, quadrant);
    return f32_canonical(x == 0 ? x : y);
}

FORCE_INLINE float f32_cos_near(float x)
{
    uint32_t quadrant;
    const float r = f32_reduce_near(x, &quadrant);
    return f32_canonical(f32_sin_reduced(r, quadrant + 1));
}

FORCE_INLINE float f32_sin(float x)
{
    uint32_t quadrant;
    if (!f32_is_far(x)) return f32_sin_near(x);
    const float r = (float)f32_reduce_far(x, &quadrant);
    return f32_sin_reduced(r, quadrant);
}

FORCE_INLINE float f32_cos(float x)
{
    uint32_t quadrant;
    if (!f32_is_far(x)) return f32_cos_near(x);
    const float r = (float)f32_reduce_far(x, &quadrant);
    return f32_sin_reduced(r, quadrant + 1);
}

/* ---------------------------------------------------------------- tangent, in f64 */

FORCE_INLINE float f32_tan_reduced(double r, uint32_t quadrant)
{
    const double z = r * r;
    double s = -0x1.a9610150e724p-26;
    s = s * z + 0x1.71d76b6277532p-19;
    s = s * z - 0x1.a019f9363f91ep-13;
    s = s * z + 0x1.1111110c84eb7p-7;
    s = s * z - 0x1.5555555552219p-3;
    s = r + r * (z * s);
    double c = -0x1.23c8f9b85fef7p-22;
    c = c * z + 0x1.a00eb6d3933bep-16;
    c = c * z - 0x1.6c16b343581b4p-10;
    c = c * z + 0x1.55555545bd243p-5;
    c = c * z - 0x1.ffffffffe97c9p-2;
    c = c * z + 1;
    return (float)(quadrant & 1 ? -c / s : s / c);
}

FORCE_INLINE float f32_tan_near(float x)
{
    const double wide = (double)x;
    const double shifted = wide * 0x1.45f306dc9c883p-1 + WIDE_MAGIC;
    const double n = shifted - WIDE_MAGIC;
    const double r = (wide - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34;
    const float y = f32_tan_reduced(r, (uint32_t)f64_bits(shifted));
    return f32_canonical(x == 0 ? x : y);
}

FORCE_INLINE float f32_tan(float x)
{
    uint32_t quadrant;
    if (!f32_is_far(x)) return f32_tan_near(x);
    const double r = f32_reduce_far(x, &quadrant);
    return f32_tan_reduced(r, quadrant);
}

/* ---------------------------------------------------------------- inverses, in f64 */

FORCE_INLINE float f32_atan2(float y, float x)
{
    const float r = (float)wide_atan2((double)y, (double)x);
    return ((x != x) | (y != y)) ? f32_from_bits(F32_NAN) : r;
}

FORCE_INLINE float f32_atan(float x)
{
    return f32_atan2(x, 1);
}

FORCE_INLINE float f32_asin(float x)
{
    const double wide = (double)x;
    const double other = __builtin_sqrt((1 - wide) * (1 + wide));
    return f32_abs(x) <= 1 ? (float)wide_atan2(wide, other) : f32_from_bits(F32_NAN);
}

FORCE_INLINE float f32_acos(float x)
{
    const double wide = (double)x;
    const double other = __builtin_sqrt((1 - wide) * (1 + wide));
    return f32_abs(x) <= 1 ? (float)wide_atan2(other, wide) : f32_from_bits(F32_NAN);
}

#endif
