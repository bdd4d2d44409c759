/* Division, high halves of products and bit counts of each integer width, in forms that vectorise.
 *
 * Division goes through floating point where the quotient's nearest float cannot reach the next integer: a/b that
 * is not an integer lies at least 1/|a| (relative) below it, so 24 bits do for 16-bit numbers and 53 for 32-bit
 * ones. x / 0 gives all ones, MIN / -1 wraps.
 */
#ifndef TR_NUM_INTEGER_BODIES_H
#define TR_NUM_INTEGER_BODIES_H

#include <stdint.h>

/* ---------------------------------------------------------------- division */

#define SMALL_DIVISION(bits)                                                                                           \
    static inline int##bits##_t div_s_i##bits(int##bits##_t a, int##bits##_t b)                                        \
    {                                                                                                                  \
        const int32_t divisor = b == 0 ? 1 : b;                                                                        \
        const int32_t quotient = (int32_t)((float)a / (float)divisor);                                                 \
        return (int##bits##_t)(b == 0 ? -1 : quotient);                                                                \
    }                                                                                                                  \
    static inline uint##bits##_t div_u_i##bits(uint##bits##_t a, uint##bits##_t b)                                     \
    {                                                                                                                  \
        const int32_t divisor = b == 0 ? 1 : b;                                                                        \
        const int32_t quotient = (int32_t)((float)(int32_t)a / (float)divisor);                                        \
        return (uint##bits##_t)(b == 0 ? -1 : quotient);                                                               \
    }
SMALL_DIVISION(8)
SMALL_DIVISION(16)
#undef SMALL_DIVISION

static inline int32_t div_s_i32(int32_t a, int32_t b)
{
    const int32_t wraps = (a == INT32_MIN) & (b == -1);
    const int32_t divisor = ((b == 0) | wraps) ? 1 : b;
    const int32_t quotient = (int32_t)((double)a / (double)divisor);
    return b == 0 ? -1 : quotient;
}

/* Through signed conversions, the only ones that AVX2 has. */
static inline double f64_of_u32(uint32_t a)
{
    return (double)(int32_t)(a ^ 0x80000000u) + 0x1p31;
}

static inline uint32_t div_u_i32(uint32_t a, uint32_t b)
{
    const uint32_t divisor = b == 0 ? 1 : b;
    const double quotient = f64_of_u32(a) / f64_of_u32(divisor);
    const uint32_t high = quotient >= 0x1p31 ? 0x80000000u : 0u;
    const double low = quotient >= 0x1p31 ? quotient - 0x1p31 : quotient;
    return b == 0 ? UINT32_MAX : (uint32_t)(int32_t)low + high;
}

static inline int64_t div_s_i64(int64_t a, int64_t b)
{
    if (b == 0) return -1;
    if (b == -1) return (int64_t)(0 - (uint64_t)a);
    return a / b;
}

static inline uint64_t div_u_i64(uint64_t a, uint64_t b)
{
    return b == 0 ? UINT64_MAX : a / b;
}

/* ---------------------------------------------------------------- high half of a product */

#define HIGH_HALF(bits, signed_wide, unsigned_wide)                                                                    \
    static inline int##bits##_t mulhi_s_i##bits(int##bits##_t a, int##bits##_t b)                                      \
    {                                                                                                                  \
        return (int##bits##_t)(((signed_wide)a * (signed_wide)b) >> bits);                                             \
    }                                                                                                                  \
    static inline uint##bits##_t mulhi_u_i##bits(uint##bits##_t a, uint##bits##_t b)                                   \
    {                                                                                                                  \
        return (uint##bits##_t)(((unsigned_wide)a * (unsigned_wide)b) >> bits);                                        \
    }
HIGH_HALF(8, int32_t, uint32_t)
HIGH_HALF(16, int32_t, uint32_t)
HIGH_HALF(32, int64_t, uint64_t)

/* From 32-bit products, as vector units have no wider ones. */
static inline uint64_t mulhi_u_i64(uint64_t a, uint64_t b)
{
    const uint64_t al = a & 0xffffffffu, ah = a >> 32, bl = b & 0xffffffffu, bh = b >> 32;
    const uint64_t low = al * bl, mid = ah * bl + (low >> 32), mid2 = al * bh + (mid & 0xffffffffu);
    return ah * bh + (mid >> 32) + (mid2 >> 32);
}

static inline int64_t mulhi_s_i64(int64_t a, int64_t b)
{
    const uint64_t high = mulhi_u_i64((uint64_t)a, (uint64_t)b);
    return (int64_t)(high - (a < 0 ? (uint64_t)b : 0) - (b < 0 ? (uint64_t)a : 0));
}
#undef HIGH_HALF

/* ---------------------------------------------------------------- bit counts */

static inline uint8_t popcount_i8(uint8_t a)
{
    uint32_t x = a;
    x = x - ((x >> 1) & 0x55u);
    x = (x & 0x33u) + ((x >> 2) & 0x33u);
    return (uint8_t)((x + (x >> 4)) & 0x0fu);
}

static inline uint16_t popcount_i16(uint16_t a)
{
    uint32_t x = a;
    x = x - ((x >> 1) & 0x5555u);
    x = (x & 0x3333u) + ((x >> 2) & 0x3333u);
    x = (x + (x >> 4)) & 0x0f0fu;
    return (uint16_t)((x + (x >> 8)) & 0x1fu);
}

static inline uint32_t popcount_i32(uint32_t x)
{
    x = x - ((x >> 1) & 0x55555555u);
    x = (x & 0x33333333u) + ((x >> 2) & 0x33333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0fu;
    x = x + (x >> 8);
    return (x + (x >> 16)) & 0x3fu;
}

static inline uint64_t popcount_i64(uint64_t x)
{
    x = x - ((x >> 1) & 0x5555555555555555u);
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    x = x + (x >> 8);
    x = x + (x >> 16);
    return (x + (x >> 32)) & 0x7fu;
}

/* All ones below the highest one. */
static inline uint64_t smear_i64(uint64_t x)
{
    x |= x >> 1;
    x |= x >> 2;
    x |= x >> 4;
    x |= x >> 8;
    x |= x >> 16;
    return x | x >> 32;
}

static inline uint32_t smear_i32(uint32_t x)
{
    x |= x >> 1;
    x |= x >> 2;
    x |= x >> 4;
    x |= x >> 8;
    return x | x >> 16;
}

static inline uint16_t smear_i16(uint16_t a)
{
    uint32_t x = a;
    x |= x >> 1;
    x |= x >> 2;
    x |= x >> 4;
    return (uint16_t)(x | x >> 8);
}

static inline uint8_t smear_i8(uint8_t a)
{
    uint32_t x = a;
    x |= x >> 1;
    x |= x >> 2;
    return (uint8_t)(x | x >> 4);
}

#endif
