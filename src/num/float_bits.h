/* Branch-free conversions between f32 and the narrower float formats, on single values.
 *
 * Everything is integer arithmetic, exact scaling and selects, so that a loop over any of these becomes vector
 * code; dtype.c and the per-ISA kernels share them. Rounding is in the name: rne to nearest even, rtz toward zero.
 *
 * A narrowing is one scheme with the format's numbers put in. With |x| as integer bits:
 *   normal result    drop the surplus mantissa bits with a rounding add, rebias the exponent
 *   subnormal result add a power of two whose ulp is the format's smallest step: the FPU rounds
 *   too big          infinity or the largest finite value
 *   NaN              quiet, top payload bits kept; fp8: 0x7f
 */
#ifndef TR_NUM_FLOAT_BITS_H
#define TR_NUM_FLOAT_BITS_H

#include <stdint.h>
#include <string.h>

/* For bodies of loops: one call that is not inlined, and the loop is not vectorised. */
#define FORCE_INLINE static inline __attribute__((always_inline))

static inline uint32_t f32_bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float f32_from_bits(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static inline uint64_t f64_bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline double f64_from_bits(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

#define F32_INF 0x7f800000u
#define F32_QUIET 0x00400000u

/* What arithmetic gives for a NaN, whatever NaNs went in (docs/semantics.md). */
#define F16_NAN 0x7fffu
#define BF16_NAN 0x7fffu
#define F32_NAN 0x7fffffffu
#define F64_NAN 0x7ff8000000000000u

static inline float f32_canonical(float x)
{
    return x == x ? x : f32_from_bits(F32_NAN);
}
static inline double f64_canonical(double x)
{
    return x == x ? x : f64_from_bits(F64_NAN);
}

/* ---------------------------------------------------------------- widening, exact */

static inline float f16_to_f32(uint16_t h)
{
    const uint32_t magnitude = h & 0x7fffu;
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
    const uint32_t subnormal = f32_bits((float)(int32_t)magnitude * 0x1p-24f);
    uint32_t u = (magnitude << 13) + (112u << 23);
    u = magnitude < 0x0400u ? subnormal : u;
    u = magnitude >= 0x7c00u ? u + (112u << 23) : u;
    u = magnitude > 0x7c00u ? u | F32_QUIET : u;
    return f32_from_bits(u | sign);
}

static inline float bf16_to_f32(uint16_t h)
{
    return f32_from_bits((uint32_t)h << 16);
}

static inline float f8e4m3_to_f32(uint8_t b)
{
    const uint32_t magnitude = b & 0x7fu;
    const uint32_t sign = (uint32_t)(b & 0x80u) << 24;
    const uint32_t subnormal = f32_bits((float)(int32_t)magnitude * 0x1p-9f);
    uint32_t u = (magnitude << 20) + (120u << 23);
    u = magnitude < 0x08u ? subnormal : u;
    u = magnitude == 0x7fu ? F32_INF | F32_QUIET : u;
    return f32_from_bits(u | sign);
}

static inline float f8e5m2_to_f32(uint8_t b)
{
    return f16_to_f32((uint16_t)(b << 8));
}

/* ---------------------------------------------------------------- narrowing */

/* How many of the steps that are an ulp of `step_base`, a power of two, |x| is, cut. */
static inline uint32_t subnormal_rtz(uint32_t magnitude, float step_base)
{
    const float sum = f32_from_bits(magnitude) + step_base;
    const uint32_t rounded_up = sum - step_base > f32_from_bits(magnitude);
    return f32_bits(sum) - f32_bits(step_base) - rounded_up;
}

static inline uint16_t f32_to_f16_rne(float x)
{
    const uint32_t u = f32_bits(x);
    const uint32_t magnitude = u & 0x7fffffffu;
    const uint32_t sign = (u >> 16) & 0x8000u;
    const uint32_t subnormal = f32_bits(f32_from_bits(magnitude) + 0.5f) - 0x3f000000u;
    uint32_t h = (magnitude + 0xfffu + ((magnitude >> 13) & 1u) - (112u << 23)) >> 13;
    h = magnitude < 0x38800000u ? subnormal : h;
    h = magnitude >= 0x477ff000u ? 0x7c00u : h;
    h = magnitude > F32_INF ? 0x7e00u | ((magnitude >> 13) & 0x3ffu) : h;
    return (uint16_t)(h | sign);
}

static inline uint16_t f32_to_f16_rtz(float x)
{
    const uint32_t u = f32_bits(x);
    const uint32_t magnitude = u & 0x7fffffffu;
    const uint32_t sign = (u >> 16) & 0x8000u;
    const uint32_t subnormal = subnormal_rtz(magnitude, 0.5f);
    uint32_t h = (magnitude - (112u << 23)) >> 13;
    h = magnitude < 0x38800000u ? subnormal : h;
    h = magnitude >= 0x47800000u ? 0x7bffu : h;
    h = magnitude == F32_INF ? 0x7c00u : h;
    h = magnitude > F32_INF ? 0x7e00u | ((magnitude >> 13) & 0x3ffu) : h;
    return (uint16_t)(h | sign);
}

static inline uint16_t f32_to_bf16_rne(float x)
{
    const uint32_t u = f32_bits(x);
    const uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
    return (uint16_t)((u & 0x7fffffffu) > F32_INF ? (u >> 16) | 0x40u : rounded);
}

static inline uint16_t f32_to_bf16_rtz(float x)
{
    const uint32_t u = f32_bits(x);
    return (uint16_t)((u & 0x7fffffffu) > F32_INF ? (u >> 16) | 0x40u : u >> 16);
}

static inline uint8_t f32_to_f8e4m3_rne(float x)
{
    const uint32_t u = f32_bits(x);
    const uint32_t magnitude = u & 0x7fffffffu;
    const uint32_t sign = (u >> 24) & 0x80u;
    const uint32_t subnormal = f32_bits(f32_from_bits(magnitude) + 0x1p14f) - 0x46800000u;
    uint32_t b = (magnitude + 0x7ffffu + ((magnitude >> 20) & 1u) - (120u << 23)) >> 20;
    b = magnitude < 0x3c800000u ? subnormal : b;
    b = magnitude >= 0x43e00000u ? 0x7eu : b; /* 448 and above */
    return (uint8_t)(magnitude > F32_INF ? 0x7fu : b | sign);
}

static inline uint8_t f32_to_f8e4m3_rtz(float x)
{
    const uint32_t u = f32_bits(x);
    const uint32_t magnitude = u & 0x7fffffffu;
    const uint32_t sign = (u >> 24) & 0x80u;
    const uint32_t subnormal = subnormal_rtz(magnitude, 0x1p14f);
    uint32_t b = (magnitude - (120u << 23)) >> 20;
    b = magnitude < 0x3c800000u ? subnormal : b;
    b = magnitude >= 0x43e00000u ? 0x7eu : b;
    return (uint8_t)(magnitude > F32_INF ? 0x7fu : b | sign);
}

static inline uint8_t f32_to_f8e5m2_rne(float x)
{
    const uint32_t u = f32_bits(x);
    const uint32_t magnitude = u & 0x7fffffffu;
    const uint32_t sign = (u >> 24) & 0x80u;
    const uint32_t subnormal = f32_bits(f32_from_bits(magnitude) + 0x1p7f) - 0x43000000u;
    uint32_t b = (magnitude + 0xfffffu + ((magnitude >> 21) & 1u) - (112u << 23)) >> 21;
    b = magnitude < 0x38800000u ? subnormal : b;
    b = magnitude >= 0x47600000u ? 0x7bu : b; /* 57344 and above */
    return (uint8_t)(magnitude > F32_INF ? 0x7fu : b | sign);
}

static inline uint8_t f32_to_f8e5m2_rtz(float x)
{
    const uint32_t u = f32_bits(x);
    const uint32_t magnitude = u & 0x7fffffffu;
    const uint32_t sign = (u >> 24) & 0x80u;
    const uint32_t subnormal = subnormal_rtz(magnitude, 0x1p7f);
    uint32_t b = (magnitude - (112u << 23)) >> 21;
    b = magnitude < 0x38800000u ? subnormal : b;
    b = magnitude >= 0x47600000u ? 0x7bu : b;
    return (uint8_t)(magnitude > F32_INF ? 0x7fu : b | sign);
}

/* cvt.rna.tf32: 10 mantissa bits, nearest, ties away from zero. */
static inline float f32_to_tf32_rna(float x)
{
    const uint32_t u = f32_bits(x);
    return f32_from_bits((u & 0x7fffffffu) > F32_INF ? F32_NAN : (u + 0x1000u) & ~0x1fffu);
}

/* ---------------------------------------------------------------- from f64 in one rounding
 *
 * f64 -> f32 is done first, to odd (truncated, and the last bit set if anything was lost), which leaves the second
 * rounding right: an odd f32 is never halfway between two values of a format with at most 22 bits. */

static inline float f64_to_f32_rtz(double x)
{
    const float nearest = (float)x;
    const double back = (double)nearest;
    const uint32_t u = f32_bits(nearest);
    const int grew = (back < 0 ? -back : back) > (x < 0 ? -x : x);
    return f32_from_bits(u - (uint32_t)grew); /* from infinity to the largest finite value, too */
}

static inline float f64_to_f32_odd(double x)
{
    const float cut = f64_to_f32_rtz(x);
    const uint32_t inexact = (double)cut < x || (double)cut > x; /* false for a NaN */
    return f32_from_bits(f32_bits(cut) | inexact);
}

#endif
