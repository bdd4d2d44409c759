/* Elementwise functions of f16 and bf16: rows of type F and M go through f32, strip by strip, and are rounded once;
 * rows of type H are here. Compiled once an instruction set.
 *
 * f32 has more than twice a half's bits and two more, so that rounding a sum, product, quotient or square root to f32
 * and then to the half is the same as rounding once. A fused multiply-add is not: it is done in f64.
 */
#include "num/fused.h"
#include "num/isa.h"

#define STRIP 256 /* elements; the strips of three sources and the result stay in the first-level cache */

static inline void through_f32(tr_dtype half, tr_run_fn *run, int arity, bool result_i1, size_t n, void *dst,
                               const void *a, const void *b, const void *c)
{
    tr_run_fn *const widen = ISA_NAME(kernels).convert[TR_CVT_FP][half][TR_F32];
    tr_run_fn *const narrow = ISA_NAME(kernels).convert[TR_CVT_FP][TR_F32][half];
    _Alignas(64) float wide[3][STRIP];
    for (size_t i = 0; i < n; i += STRIP) {
        const size_t count = n - i < STRIP ? n - i : STRIP;
        widen(count, wide[0], (const uint16_t *)a + i, NULL, NULL);
        if (arity >= 2) widen(count, wide[1], (const uint16_t *)b + i, NULL, NULL);
        if (arity >= 3) widen(count, wide[2], (const uint16_t *)c + i, NULL, NULL);
        if (result_i1) {
            run(count, (uint8_t *)dst + i, wide[0], wide[1], wide[2]);
        } else {
            run(count, wide[0], wide[0], wide[1], wide[2]);
            narrow(count, (uint16_t *)dst + i, wide[0], NULL, NULL);
        }
    }
}

#define RESULT_SAME false
#define RESULT_BOOL true
#define THROUGH_F32(name, arity, result, suffix, dtype)                                                                \
    static void name##_##suffix(size_t n, void *dst, const void *a, const void *b, const void *c)                      \
    {                                                                                                                  \
        tr_run_fn *const run = ISA_NAME(kernels).ew[TR_EW_##name][TR_F32];                                             \
        through_f32(dtype, run, arity, RESULT_##result, n, dst, a, b, c);                                              \
    }

#define HALVES_F(name, arity, result)                                                                                  \
    THROUGH_F32(name, arity, result, f16, TR_F16)                                                                      \
    THROUGH_F32(name, arity, result, bf16, TR_BF16)
#define HALVES_M HALVES_F
#define HALVES_H(name, arity, result)
#define HALVES_I(name, arity, result)
#define HALVES_P(name, arity, result)
#define EW(name, arity, result, types) HALVES_##types(name, arity, result)
#include "num/elementwise.def"
#undef EW

/* The sign is the same bit in both. */
RUN_UNARY(NEGF_f16, uint16_t, uint16_t, a ^ 0x8000u)
RUN_UNARY(ABSF_f16, uint16_t, uint16_t, a & 0x7fffu)
RUN_BINARY(COPYSIGN_f16, uint16_t, uint16_t, (a & 0x7fffu) | (b & 0x8000u))
#define NEGF_bf16 NEGF_f16
#define ABSF_bf16 ABSF_f16
#define COPYSIGN_bf16 COPYSIGN_f16

/* All that fp8 has without a conversion: its sign. */
RUN_UNARY(NEGF_f8, uint8_t, uint8_t, a ^ 0x80u)
RUN_UNARY(ABSF_f8, uint8_t, uint8_t, a & 0x7fu)

/* a * b is exact in f64. Of f16 the sum, too, is precise enough to be rounded once more wherever that is close: an
 * inexact one has a product below 2^-15 beside a number above 2^5. Of bf16 it has to be rounded to odd. From there an
 * f32, to odd, and the half. */
/* clang-format off */
RUN_TERNARY(fused_to_odd_f16, float, float, f32_canonical(f64_to_f32_odd((double)a * (double)b + (double)c)))
RUN_TERNARY(fused_to_odd_bf16, float, float, f32_canonical(f64_to_f32_odd(add_odd((double)a * (double)b, (double)c))))
/* clang-format on */

static void FMA_f16(size_t n, void *dst, const void *a, const void *b, const void *c)
{
    through_f32(TR_F16, fused_to_odd_f16, 3, false, n, dst, a, b, c);
}

static void FMA_bf16(size_t n, void *dst, const void *a, const void *b, const void *c)
{
    through_f32(TR_BF16, fused_to_odd_bf16, 3, false, n, dst, a, b, c);
}

void ISA_NAME(install_half)(tr_kernels *kernels)
{
#define ENTRIES_F(name)                                                                                                \
    kernels->ew[TR_EW_##name][TR_F16] = name##_f16;                                                                    \
    kernels->ew[TR_EW_##name][TR_BF16] = name##_bf16;
#define ENTRIES_M ENTRIES_F
#define ENTRIES_H ENTRIES_F
#define ENTRIES_I(name)
#define ENTRIES_P(name)
#define EW(name, arity, result, types) ENTRIES_##types(name)
#include "num/elementwise.def"
#undef EW
    kernels->ew[TR_EW_NEGF][TR_F8E4M3FN] = kernels->ew[TR_EW_NEGF][TR_F8E5M2] = NEGF_f8;
    kernels->ew[TR_EW_ABSF][TR_F8E4M3FN] = kernels->ew[TR_EW_ABSF][TR_F8E5M2] = ABSF_f8;
}
