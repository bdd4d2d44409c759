/* exp, log and arc tangent in f64, for f32 functions that are computed in f64 and rounded once.
 *
 * About 40 right bits are plenty for that, so the polynomials are short, and multiplies and adds need no fusing:
 * these vectorise on every instruction set. Arguments are f32 values or what f32 functions make of them, so nothing
 * here overflows, underflows or is subnormal.
 */
#ifndef TR_NUM_MATH_WIDE_H
#define TR_NUM_MATH_WIDE_H

#include "num/float_bits.h"

#define WIDE_MAGIC 0x1.8p52 /* x + WIDE_MAGIC has x, rounded, in its low bits */
#define WIDE_LN2 0x1.62e42fefa39efp-1
#define WIDE_PI 0x1.921fb54442d18p+1

FORCE_INLINE double wide_abs(double x)
{
    return f64_from_bits(f64_bits(x) & 0x7fffffffffffffffu);
}

/* e^x - 1 = scale * p + (scale - 1), with scale a power of two; |x| < 700. */
FORCE_INLINE double wide_expm1_parts(double x, double *out_scale)
{
    const double shifted = x * 0x1.71547652b82fep+0 + WIDE_MAGIC;
    const double n = shifted - WIDE_MAGIC;
    const double r = (x - n * 0x1.62e42fefa2p-1) - n * 0x1.9ef35793c7673p-41;
    double p = 0x1.9e8918862039cp-16;
    p = p * r + 0x1.a1857aa133bcdp-13;
    p = p * r + 0x1.6c18d37e7bb2bp-10;
    p = p * r + 0x1.1110a24f313cap-7;
    p = p * r + 0x1.5555541e0c498p-5;
    p = p * r + 0x1.5555557ddc0e9p-3;
    p = p * r + 0x1.000000005e0a2p-1;
    *out_scale = f64_from_bits((f64_bits(shifted) + 1023u) << 52);
    return p * (r * r) + r;
}

FORCE_INLINE double wide_exp(double x)
{
    double scale;
    const double p = wide_expm1_parts(x, &scale);
    return scale * p + scale;
}

FORCE_INLINE double wide_expm1(double x)
{
    double scale;
    const double p = wide_expm1_parts(x, &scale);
    return scale * p + (scale - 1);
}

/* log(1 + u); `one_plus_u` is that sum, rounded, which only gives the exponent where u itself is small. */
FORCE_INLINE double wide_log_of(double one_plus_u, double u)
{
    const uint64_t bits = f64_bits(one_plus_u);
    const uint64_t biased = (bits - 0x3fe5555555555555u + (1023ull << 52)) >> 52; /* 1023 for [2/3, 4/3) */
    const double n = f64_from_bits(0x4330000000000000u | biased) - (0x1p52 + 1023);
    const double m = f64_from_bits(bits - ((biased - 1023u) << 52));
    const double f = biased == 1023u ? u : m - 1;
    const double s = f / (2 + f);
    const double z = s * s;
    double p = 0x1.9c7f40d849818p-3;
    p = p * z + 0x1.c54b0636856d7p-3;
    p = p * z + 0x1.249704dd6b65ep-2;
    p = p * z + 0x1.99998ee3e9a05p-2;
    p = p * z + 0x1.55555559427f3p-1;
    return n * WIDE_LN2 + (s * 2 + s * (z * p));
}

FORCE_INLINE double wide_log1p(double u)
{
    return wide_log_of(1 + u, u);
}
FORCE_INLINE double wide_log(double x)
{
    return wide_log_of(x, x - 1);
}

/* Angle of (x, y), neither of them NaN. */
FORCE_INLINE double wide_atan2(double y, double x)
{
    /* infinities of the same size */
    const double ax = wide_abs(x) < 1e300 ? wide_abs(x) : 1e300;
    const double ay = wide_abs(y) < 1e300 ? wide_abs(y) : 1e300;
    const double larger = ax > ay ? ax : ay;
    const double smaller = ax > ay ? ay : ax;
    /* arguments beyond tan(pi/8) are turned by pi/4 */
    const int turned = smaller > larger * 0x1.a8279ap-2;
    const double numerator = turned ? smaller - larger : smaller;
    const double denominator = turned ? smaller + larger : larger;
    const double q = denominator > 0 ? numerator / denominator : 0;
    const double z = q * q;
    double p = -0x1.369c4ed68e7b2p-5;
    p = p * z + 0x1.1e579bf816257p-4;
    p = p * z - 0x1.7081b72ce1f4ap-4;
    p = p * z + 0x1.c6d1d0d51f58dp-4;
    p = p * z - 0x1.2490c25242475p-3;
    p = p * z + 0x1.999991f7dcc36p-3;
    p = p * z - 0x1.5555554edb0c9p-2;
    double angle = q + q * (z * p);
    angle = turned ? angle + WIDE_PI / 4 : angle;
    angle = ay > ax ? WIDE_PI / 2 - angle : angle;
    angle = f64_bits(x) >> 63 ? WIDE_PI - angle : angle;
    return f64_from_bits(f64_bits(angle) | (f64_bits(y) & 0x8000000000000000u));
}

#endif
