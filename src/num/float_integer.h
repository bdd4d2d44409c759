/* Float to integer as the GPU does it: toward zero, cut to the integer's range, NaN gives 0; and integer to a narrow
 * float with one rounding. Branch-free, and no C conversion is out of range.
 */
#ifndef TR_NUM_FLOAT_INTEGER_H
#define TR_NUM_FLOAT_INTEGER_H

#include "num/float_bits.h"
#include "num/integer_bodies.h"

#define INTEGER_OF(T, t)                                                                                               \
    static inline int32_t t##_clamped(T a, T low, T high)                                                              \
    {                                                                                                                  \
        const T above = a > low ? a : low; /* NaN gives low */                                                         \
        const T inside = above < high ? above : high;                                                                  \
        return (int32_t)(a == a ? inside : 0);                                                                         \
    }                                                                                                                  \
    static inline uint8_t t##_to_s_i1(T a)                                                                             \
    {                                                                                                                  \
        return (uint8_t)(t##_clamped(a, -1, 0) & 1);                                                                   \
    }                                                                                                                  \
    static inline uint8_t t##_to_u_i1(T a)                                                                             \
    {                                                                                                                  \
        return (uint8_t)t##_clamped(a, 0, 1);                                                                          \
    }                                                                                                                  \
    static inline int8_t t##_to_s_i8(T a)                                                                              \
    {                                                                                                                  \
        return (int8_t)t##_clamped(a, INT8_MIN, INT8_MAX);                                                             \
    }                                                                                                                  \
    static inline uint8_t t##_to_u_i8(T a)                                                                             \
    {                                                                                                                  \
        return (uint8_t)t##_clamped(a, 0, UINT8_MAX);                                                                  \
    }                                                                                                                  \
    static inline int16_t t##_to_s_i16(T a)                                                                            \
    {                                                                                                                  \
        return (int16_t)t##_clamped(a, INT16_MIN, INT16_MAX);                                                          \
    }                                                                                                                  \
    static inline uint16_t t##_to_u_i16(T a)                                                                           \
    {                                                                                                                  \
        return (uint16_t)t##_clamped(a, 0, UINT16_MAX);                                                                \
    }                                                                                                                  \
                                                                                                                       \
    static inline int32_t t##_to_s_i32(T a)                                                                            \
    {                                                                                                                  \
        const int32_t inside = (int32_t)(((a > -(T)0x1p31) & (a < (T)0x1p31)) ? a : 0);                                \
        const int32_t outside = a > 0 ? INT32_MAX : INT32_MIN;                                                         \
        return ((a <= -(T)0x1p31) | (a >= (T)0x1p31)) ? outside : inside;                                              \
    }                                                                                                                  \
    static inline uint32_t t##_to_u_i32(T a)                                                                           \
    {                                                                                                                  \
        const T inside = ((a > 0) & (a < (T)0x1p32)) ? a : 0;                                                          \
        const uint32_t high = inside >= (T)0x1p31 ? 0x80000000u : 0u;                                                  \
        const uint32_t low = (uint32_t)(int32_t)(inside >= (T)0x1p31 ? inside - (T)0x1p31 : inside);                   \
        return a >= (T)0x1p32 ? UINT32_MAX : low + high;                                                               \
    }                                                                                                                  \
    static inline int64_t t##_to_s_i64(T a)                                                                            \
    {                                                                                                                  \
        const int64_t inside = (int64_t)(((a > -(T)0x1p63) & (a < (T)0x1p63)) ? a : 0);                                \
        const int64_t outside = a > 0 ? INT64_MAX : INT64_MIN;                                                         \
        return ((a <= -(T)0x1p63) | (a >= (T)0x1p63)) ? outside : inside;                                              \
    }                                                                                                                  \
    static inline uint64_t t##_to_u_i64(T a)                                                                           \
    {                                                                                                                  \
        const T inside = ((a > 0) & (a < (T)0x1p64)) ? a : 0;                                                          \
        const uint64_t high = inside >= (T)0x1p63 ? 0x8000000000000000u : 0u;                                          \
        const uint64_t low = (uint64_t)(int64_t)(inside >= (T)0x1p63 ? inside - (T)0x1p63 : inside);                   \
        return a >= (T)0x1p64 ? UINT64_MAX : low + high;                                                               \
    }
INTEGER_OF(float, f32)
INTEGER_OF(double, f64)
#undef INTEGER_OF

/* ---------------------------------------------------------------- integer to float
 *
 * <type>_odd gives an f32 that rounds to any narrower format as the integer itself would. */

/* Cut to 51 bits, to odd, where a double would not hold it. */
static inline uint64_t cut_to_odd(uint64_t magnitude)
{
    const uint64_t lost = (magnitude & 0xfffu) != 0;
    return magnitude >> 53 ? (magnitude & ~(uint64_t)0xfff) | lost << 12 : magnitude;
}

static inline float odd_u_i64(uint64_t a)
{
    return f64_to_f32_odd((double)cut_to_odd(a));
}

static inline float odd_s_i64(int64_t a)
{
    const float magnitude = odd_u_i64(a < 0 ? 0 - (uint64_t)a : (uint64_t)a);
    return a < 0 ? -magnitude : magnitude;
}

/* clang-format off */
static inline float odd_u_i32(uint32_t a) { return f64_to_f32_odd(f64_of_u32(a)); }
static inline float odd_s_i32(int32_t a) { return f64_to_f32_odd((double)a); }

/* Exact. */
static inline float odd_u_i16(uint16_t a) { return (float)(int32_t)a; }
static inline float odd_s_i16(int16_t a) { return (float)(int32_t)a; }
static inline float odd_u_i8(uint8_t a) { return (float)(int32_t)a; }
static inline float odd_s_i8(int8_t a) { return (float)(int32_t)a; }
static inline float odd_u_i1(uint8_t a) { return (float)(int32_t)a; }
static inline float odd_s_i1(uint8_t a) { return (float)-(int32_t)a; }
/* clang-format on */

#endif
