/* f32 error functions and roots. */
#ifndef TR_NUM_MATH_SPECIAL_H
#define TR_NUM_MATH_SPECIAL_H

#include "num/math_hyperbolic.h"

/* Near 0 an odd polynomial, beyond 1 - e^p(|x|). */
FORCE_INLINE float f32_erf(float x)
{
    const float t = f32_abs_clamp(x, 3.95f); /* erf is 1 from 3.92 on */
    const float z = t * t;
    float near = 0x1.5bd58cp-14f;
    near = fused_f32(near, z, -0x1.a9e392p-11f);
    near = fused_f32(near, z, 0x1.54bb3ap-8f);
    near = fused_f32(near, z, -0x1.b80cdap-6f);
    near = fused_f32(near, z, 0x1.ce2decp-4f);
    near = fused_f32(near, z, -0x1.812742p-2f);
    near = fused_f32(near, z, 0x1.06eba8p-3f);
    near = fused_f32(near, t, t);
    float p = -0x1.04ba84p-16f;
    p = fused_f32(p, t, 0x1.74bd0cp-12f);
    p = fused_f32(p, t, -0x1.e58c08p-9f);
    p = fused_f32(p, t, 0x1.83452ep-6f);
    p = fused_f32(p, t, -0x1.b053d2p-4f);
    p = fused_f32(p, t, -0x1.45c462p-1f);
    p = fused_f32(p, t, -0x1.20ba5cp0f);
    p = fused_f32(p, t, -0x1.d123bcp-13f);
    const float far = 1 - f32_exp_moderate(p);
    return f32_nan_if(x != x, f32_copysign(t < 0.927734375f ? near : far, x));
}

/* e^(-t^2) * p(q) / (1 + 2t) in f64, q a fraction of t that maps 0 to infinity onto -1 to 1. */
FORCE_INLINE float f32_erfc(float x)
{
    const double t = (double)f32_abs_clamp(x, 10.5f); /* erfc(10.06) is less than half the smallest subnormal */
    const double q = (t - 3) / (t + 3);
    double p = 0x1.1227acc12573cp-15;
    p = p * q + 0x1.0710f98f079a3p-13;
    p = p * q - 0x1.0bec72a7bfb94p-13;
    p = p * q - 0x1.9dfe3a30d243cp-11;
    p = p * q + 0x1.f0c84f902d3c2p-10;
    p = p * q + 0x1.4c17868fc340bp-9;
    p = p * q - 0x1.8577d1e95f257p-6;
    p = p * q + 0x1.17c969918de39p-4;
    p = p * q - 0x1.e88b78a83ac14p-4;
    p = p * q + 0x1.09836d03f0a42p-3;
    p = p * q - 0x1.85a15c6e5e484p-5;
    p = p * q - 0x1.15c084da42ef2p-3;
    p = p * q + 0x1.40c522d7e4f5ap0;
    const double tail = wide_exp(-t * t) * p / (1 + 2 * t);
    const float r = (float)(x < 0 ? 2 - tail : tail);
    return f32_nan_if(x != x, r);
}

FORCE_INLINE float f32_rsqrt(float x)
{
    return f32_canonical(1 / __builtin_sqrtf(x));
}

/* Two steps of Halley's method, which triples the right bits, from a third of the exponent. */
FORCE_INLINE float f32_cbrt(float x)
{
    const double a = (double)f32_abs(x);
    const uint64_t third = (f64_bits(a) >> 32) * 0xaaaaaaabu >> 33;
    double y = f64_from_bits((third + 0x2a9f7893u) << 32);
    for (int step = 0; step < 2; step++) {
        const double cube = y * y * y;
        y = y * (cube + 2 * a) / (2 * cube + a);
    }
    return ((a > 0) & (a < 1e39)) ? f32_copysign((float)y, x) : f32_canonical(x);
}

#endif
