/* Matrix products. Compiled once an instruction set.
 *
 * Each element of D accumulates over k in ascending order with one fused multiply-add a step, starting from C, so
 * that every instruction set and every block shape gives the same bits.
 */
#include "num/fused.h"
#include "num/isa.h"

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>

#define T float
#define DOT dot_f32
#define V __m512
#define LANES 16
#define ROWS 8
#define LOAD _mm512_loadu_ps
#define STORE _mm512_storeu_ps
#define SPLAT _mm512_set1_ps
#define STEP _mm512_fmadd_ps
#define FINISH(x) _mm512_mask_mov_ps(x, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), _mm512_set1_ps(f32_from_bits(F32_NAN)))
#include "num/dot_blocks.h"

#define T double
#define DOT dot_f64
#define V __m512d
#define LANES 8
#define ROWS 8
#define LOAD _mm512_loadu_pd
#define STORE _mm512_storeu_pd
#define SPLAT _mm512_set1_pd
#define STEP _mm512_fmadd_pd
#define FINISH(x) _mm512_mask_mov_pd(x, _mm512_cmp_pd_mask(x, x, _CMP_UNORD_Q), _mm512_set1_pd(f64_from_bits(F64_NAN)))
#include "num/dot_blocks.h"

#define T int32_t
#define DOT dot_i32
#define V __m512i
#define LANES 16
#define ROWS 8
#define LOAD _mm512_loadu_si512
#define STORE _mm512_storeu_si512
#define SPLAT _mm512_set1_epi32
#define STEP(a, b, c) _mm512_add_epi32(_mm512_mullo_epi32(a, b), c)
#define FINISH(x) (x)
#include "num/dot_blocks.h"

#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

#define T float
#define DOT dot_f32
#define V __m256
#define LANES 8
#define ROWS 4
#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define SPLAT _mm256_set1_ps
#define STEP _mm256_fmadd_ps
#define FINISH(x) _mm256_blendv_ps(x, _mm256_set1_ps(f32_from_bits(F32_NAN)), _mm256_cmp_ps(x, x, _CMP_UNORD_Q))
#include "num/dot_blocks.h"

#define T double
#define DOT dot_f64
#define V __m256d
#define LANES 4
#define ROWS 4
#define LOAD _mm256_loadu_pd
#define STORE _mm256_storeu_pd
#define SPLAT _mm256_set1_pd
#define STEP _mm256_fmadd_pd
#define FINISH(x) _mm256_blendv_pd(x, _mm256_set1_pd(f64_from_bits(F64_NAN)), _mm256_cmp_pd(x, x, _CMP_UNORD_Q))
#include "num/dot_blocks.h"

#define T int32_t
#define DOT dot_i32
#define V __m256i
#define LANES 8
#define ROWS 4
#define LOAD(p) _mm256_loadu_si256((const void *)(p))
#define STORE(p, x) _mm256_storeu_si256((void *)(p), x)
#define SPLAT _mm256_set1_epi32
#define STEP(a, b, c) _mm256_add_epi32(_mm256_mullo_epi32(a, b), c)
#define FINISH(x) (x)
#include "num/dot_blocks.h"

#else

/* Row by row, the inner loop over D's row. */
#define DOT(name, T, STEP, FINISH)                                                                                     \
    static void name(const tr_dot *dot)                                                                                \
    {                                                                                                                  \
        const int64_t m = dot->m, n = dot->n, k = dot->k;                                                              \
        for (int64_t i = 0; i < m; i++) {                                                                              \
            const T *a = (const T *)dot->a + i * dot->a_stride;                                                        \
            const T *c = (const T *)dot->c + i * dot->c_stride;                                                        \
            T *d = (T *)dot->d + i * dot->d_stride;                                                                    \
            for (int64_t j = 0; j < n; j++) d[j] = c[j];                                                               \
            for (int64_t l = 0; l < k; l++) {                                                                          \
                const T *b = (const T *)dot->b + l * dot->b_stride;                                                    \
                const T x = a[l];                                                                                      \
                SIMD for (int64_t j = 0; j < n; j++) d[j] = STEP(x, b[j], d[j]);                                       \
            }                                                                                                          \
            for (int64_t j = 0; j < n; j++) d[j] = FINISH(d[j]);                                                       \
        }                                                                                                              \
    }

static inline uint32_t step_i32(uint32_t a, uint32_t b, uint32_t c)
{
    return a * b + c;
}
static inline uint32_t finish_i32(uint32_t a)
{
    return a;
}

DOT(dot_f32, float, fused_f32, f32_canonical)
DOT(dot_f64, double, fused_f64, f64_canonical)
DOT(dot_i32, uint32_t, step_i32, finish_i32)

#endif

void ISA_NAME(install_dot)(tr_kernels *kernels)
{
    kernels->dot_f32 = dot_f32;
    kernels->dot_f64 = dot_f64;
    kernels->dot_i32 = dot_i32;
}
