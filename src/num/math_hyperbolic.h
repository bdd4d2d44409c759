/* f32 hyperbolic functions and their inverses. */
#ifndef TR_NUM_MATH_HYPERBOLIC_H
#define TR_NUM_MATH_HYPERBOLIC_H

#include "num/math_exp_log.h"

/* e^x of a moderate argument: nothing to clamp or to round twice. */
FORCE_INLINE float f32_exp_moderate(float x)
{
    float shifted;
    const float p = f32_exp_parts(x, &shifted);
    return f32_from_bits(f32_bits(p) + (f32_bits(shifted) << 23));
}

FORCE_INLINE float f32_tanh(float x)
{
    const float t = f32_abs_clamp(x, 10);
    const float z = t * t;
    float near = -0x1.734f12p-8f;
    near = fused_f32(near, z, 0x1.51971cp-6f);
    near = fused_f32(near, z, -0x1.b826fep-5f);
    near = fused_f32(near, z, 0x1.110688p-3f);
    near = fused_f32(near, z, -0x1.55553p-2f);
    near = fused_f32(near * z, t, t);
    const float far = 1 - 2 / (f32_exp_moderate(t * 2) + 1);
    return f32_nan_if(x != x, f32_copysign(t < 0.625f ? near : far, x));
}

FORCE_INLINE float f32_sinh(float x)
{
    const double em1 = wide_expm1((double)f32_abs_clamp(x, 100));
    const float r = f32_copysign((float)((em1 + em1 / (em1 + 1)) * 0.5), x);
    return f32_nan_if(x != x, r);
}

FORCE_INLINE float f32_cosh(float x)
{
    const double e = wide_exp((double)f32_abs_clamp(x, 100));
    const float r = (float)((e + 1 / e) * 0.5);
    return f32_nan_if(x != x, r);
}

FORCE_INLINE float f32_asinh(float x)
{
    const double t = (double)f32_abs(x);
    const double u = t + t * t / (1 + __builtin_sqrt(t * t + 1));
    const float r = f32_copysign((float)wide_log1p(u), x);
    return f32_abs(x) < F32_INFINITY ? r : f32_nan_if(x != x, x);
}

FORCE_INLINE float f32_acosh(float x)
{
    const double t = (double)x - 1;
    const float r = (float)wide_log1p(t + __builtin_sqrt(t * (t + 2)));
    const float special = x > 1 ? x : f32_from_bits(F32_NAN);
    return ((x >= 1) & (x < F32_INFINITY)) ? r : special;
}

FORCE_INLINE float f32_atanh(float x)
{
    const double t = (double)f32_abs(x);
    const float r = f32_copysign((float)(wide_log1p(2 * t / (1 - t)) * 0.5), x);
    const float special = f32_abs(x) == 1 ? f32_copysign(F32_INFINITY, x) : f32_from_bits(F32_NAN);
    return t < 1 ? r : special;
}

#endif
