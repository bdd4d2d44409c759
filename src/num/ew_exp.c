/* f32 exp and exp2 with AVX-512, the functions that softmax waits for. Compiled once an instruction set.
 *
 * The same steps as f32_exp and f32_exp2, without clamps, NaN and subnormal results: a vector with an argument that
 * needs them goes through those functions.
 */
#include "num/isa.h"

#if defined(__AVX512F__)
#include "num/math_exp_log.h"

#include <immintrin.h>

#define SPLAT _mm512_set1_ps
#define FMA _mm512_fmadd_ps

/* p * 2^n, with n in the low bits of `shifted` and the result normal. */
static inline __m512 scaled(__m512 p, __m512 shifted)
{
    const __m512i n = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), n));
}

static inline __m512 exp_ordinary(__m512 x)
{
    const __m512 shifted = FMA(x, SPLAT(0x1.715476p+0f), SPLAT(F32_MAGIC));
    const __m512 n = _mm512_sub_ps(shifted, SPLAT(F32_MAGIC));
    __m512 r = FMA(n, SPLAT(-0x1.62e43p-1f), x);
    r = FMA(n, SPLAT(0x1.05c61p-29f), r);
    __m512 p = SPLAT(0x1.686a82p-10f);
    p = FMA(p, r, SPLAT(0x1.123cfep-7f));
    p = FMA(p, r, SPLAT(0x1.555b82p-5f));
    p = FMA(p, r, SPLAT(0x1.55548cp-3f));
    p = FMA(p, r, SPLAT(0x1.fffff8p-2f));
    p = FMA(p, r, SPLAT(1));
    return scaled(FMA(p, r, SPLAT(1)), shifted);
}

static inline __m512 exp2_ordinary(__m512 x)
{
    const __m512 shifted = _mm512_add_ps(x, SPLAT(F32_MAGIC));
    const __m512 r = _mm512_sub_ps(x, _mm512_sub_ps(shifted, SPLAT(F32_MAGIC)));
    __m512 p = SPLAT(0x1.3fada4p-13f);
    p = FMA(p, r, SPLAT(0x1.5f0cb4p-10f));
    p = FMA(p, r, SPLAT(0x1.3b3096p-7f));
    p = FMA(p, r, SPLAT(0x1.c6af74p-5f));
    p = FMA(p, r, SPLAT(0x1.ebfbd8p-3f));
    p = FMA(p, r, SPLAT(0x1.62e43p-1f));
    return scaled(FMA(p, r, SPLAT(1)), shifted);
}

/* `limit`: below it, in magnitude, arguments are ordinary. Twice the bits of a float is what it is without its sign. */
#define RUN_EXP(name, ordinary, any, limit)                                                                            \
    static void name(size_t n, void *dst, const void *va, const void *vb, const void *vc)                              \
    {                                                                                                                  \
        float *d = dst;                                                                                                \
        const float *a = va;                                                                                           \
        const __m512i top = _mm512_slli_epi32(_mm512_castps_si512(SPLAT(limit)), 1);                                   \
        size_t i = 0;                                                                                                  \
        (void)vb, (void)vc;                                                                                            \
        for (; i + 16 <= n; i += 16) {                                                                                 \
            const __m512 x = _mm512_loadu_ps(a + i);                                                                   \
            const __m512i doubled = _mm512_add_epi32(_mm512_castps_si512(x), _mm512_castps_si512(x));                  \
            const __m512 y = ordinary(x);                                                                              \
            if (__builtin_expect(_mm512_cmpge_epu32_mask(doubled, top), 0)) {                                          \
                for (size_t j = i; j < i + 16; j++) d[j] = any(a[j]);                                                  \
            } else {                                                                                                   \
                _mm512_storeu_ps(d + i, y);                                                                            \
            }                                                                                                          \
        }                                                                                                              \
        for (; i < n; i++) d[i] = any(a[i]);                                                                           \
    }
RUN_EXP(exp_f32, exp_ordinary, f32_exp, 87)
RUN_EXP(exp2_f32, exp2_ordinary, f32_exp2, 126)

void ISA_NAME(install_exp)(tr_kernels *kernels)
{
    kernels->ew[TR_EW_EXP][TR_F32] = exp_f32;
    kernels->ew[TR_EW_EXP2][TR_F32] = exp2_f32;
}

#else

void ISA_NAME(install_exp)(tr_kernels *kernels)
{
    (void)kernels;
}

#endif
