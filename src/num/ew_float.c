/* Elementwise float functions without approximation: rows of type F and H, in f32 and f64. Compiled once an
 * instruction set. */
#include "num/fused.h"
#include "num/isa.h"
#include "num/reduce_rows.h"

#include <math.h>

#define bits_f32 f32_bits
#define of_bits_f32 f32_from_bits
#define canonical_f32 f32_canonical
static inline float square_root_f32(float a)
{
    return sqrtf(a);
}

#define T float
#define B uint32_t
#define I int32_t
#define X f32
#define SIGN 0x80000000u
#define INF F32_INF
#define NO_FRACTION 0x1p23f
#define FUSED RUN_TERNARY
#include "num/ew_float_width.h"

#define bits_f64 f64_bits
#define of_bits_f64 f64_from_bits
#define canonical_f64 f64_canonical
static inline double square_root_f64(double a)
{
    return sqrt(a);
}

#define T double
#define B uint64_t
#define I int64_t
#define X f64
#define SIGN 0x8000000000000000u
#define INF 0x7ff0000000000000u
#define NO_FRACTION 0x1p52
#if TR_HAS_FMA
#define FUSED RUN_TERNARY
#else
#define FUSED RUN_TERNARY_SCALAR
#endif
#include "num/ew_float_width.h"

#define PAIR(first, second, side, ...) PAIR_##second(first##_##second##_##side, __VA_ARGS__)
#define PAIR_ADDF(name, ...) RUN_TERNARY(name, float, float, __VA_ARGS__)
#define PAIR_SUBF PAIR_ADDF
#define PAIR_MULF PAIR_ADDF
#define PAIR_ABSF(name, ...) RUN_BINARY(name, float, float, __VA_ARGS__)
#include "num/pairs.def"
#undef PAIR

static const tr_pair pairs[] = {
#define PAIR(first, second, side, ...)                                                                                 \
    { TR_EW_##first, TR_EW_##second, side, first##_##second##_##side, #first "+" #second },
#include "num/pairs.def"
#undef PAIR
};

void ISA_NAME(install_float)(tr_kernels *kernels)
{
    kernels->pairs = pairs;
    kernels->pair_count = sizeof(pairs) / sizeof(pairs[0]);

#define ENTRIES_F(name)                                                                                                \
    kernels->ew[TR_EW_##name][TR_F32] = name##_f32;                                                                    \
    kernels->ew[TR_EW_##name][TR_F64] = name##_f64;
#define ENTRIES_H ENTRIES_F
#define ENTRIES_I(name)
#define ENTRIES_M(name)
#define ENTRIES_P(name)
#define EW(name, arity, result, types) ENTRIES_##types(name)
#include "num/elementwise.def"
#undef EW
#define REDUCTION(name)                                                                                                \
    kernels->reduce_rows[TR_EW_##name][TR_F32] = rows_##name##_f32;                                                    \
    kernels->reduce_rows[TR_EW_##name][TR_F64] = rows_##name##_f64;
    REDUCTION(ADDF)
    REDUCTION(MAXNUMF)
    REDUCTION(MINNUMF)
    REDUCTION(MAXIMUMF)
    REDUCTION(MINIMUMF)
}
