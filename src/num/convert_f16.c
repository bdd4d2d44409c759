/* f16 to f32 and back with the CPU's own instructions, which give the same bits as float_bits.h. Compiled once an
 * instruction set. */
#include "num/isa.h"

#if defined(__F16C__)
#include <immintrin.h>

static void widen(size_t n, void *dst, const void *va, const void *vb, const void *vc)
{
    float *d = dst;
    const uint16_t *a = va;
    size_t i = 0;
    (void)vb, (void)vc;
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
    for (; i + 16 <= n; i += 16) _mm512_storeu_ps(d + i, _mm512_cvtph_ps(_mm256_loadu_si256((const void *)(a + i))));
    if (i < n) {
        const __mmask16 rest = (__mmask16)((1u << (n - i)) - 1);
        _mm512_mask_storeu_ps(d + i, rest, _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(rest, a + i)));
    }
#else
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(d + i, _mm256_cvtph_ps(_mm_loadu_si128((const void *)(a + i))));
    for (; i < n; i++) d[i] = f16_to_f32(a[i]);
#endif
}

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define NARROW(name, rounding, scalar)                                                                                 \
    static void name(size_t n, void *dst, const void *va, const void *vb, const void *vc)                              \
    {                                                                                                                  \
        uint16_t *d = dst;                                                                                             \
        const float *a = va;                                                                                           \
        size_t i = 0;                                                                                                  \
        (void)vb, (void)vc;                                                                                            \
        for (; i + 16 <= n; i += 16)                                                                                   \
            _mm256_storeu_si256((void *)(d + i), _mm512_cvtps_ph(_mm512_loadu_ps(a + i), rounding));                   \
        if (i < n) {                                                                                                   \
            const __mmask16 rest = (__mmask16)((1u << (n - i)) - 1);                                                   \
            _mm256_mask_storeu_epi16(d + i, rest, _mm512_cvtps_ph(_mm512_maskz_loadu_ps(rest, a + i), rounding));      \
        }                                                                                                              \
    }
#else
#define NARROW(name, rounding, scalar)                                                                                 \
    static void name(size_t n, void *dst, const void *va, const void *vb, const void *vc)                              \
    {                                                                                                                  \
        uint16_t *d = dst;                                                                                             \
        const float *a = va;                                                                                           \
        size_t i = 0;                                                                                                  \
        (void)vb, (void)vc;                                                                                            \
        for (; i + 8 <= n; i += 8)                                                                                     \
            _mm_storeu_si128((void *)(d + i), _mm256_cvtps_ph(_mm256_loadu_ps(a + i), rounding));                      \
        for (; i < n; i++) d[i] = scalar(a[i]);                                                                        \
    }
#endif
NARROW(narrow_rne, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC, f32_to_f16_rne)
NARROW(narrow_rtz, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC, f32_to_f16_rtz)

void ISA_NAME(install_convert_f16)(tr_kernels *kernels)
{
    kernels->convert[TR_CVT_FP][TR_F16][TR_F32] = widen;
    kernels->convert[TR_CVT_FP_RTZ][TR_F16][TR_F32] = widen;
    kernels->convert[TR_CVT_FP][TR_F32][TR_F16] = narrow_rne;
    kernels->convert[TR_CVT_FP_RTZ][TR_F32][TR_F16] = narrow_rtz;
}

#else

void ISA_NAME(install_convert_f16)(tr_kernels *kernels)
{
    (void)kernels;
}

#endif
