/* Matrix products. Compiled once an instruction set.
 *
 * Each element of D accumulates over k in ascending order with one fused multiply-add a step, starting from C, so
 * that every instruction set and every block shape gives the same bits.
 */
#include "num/fused.h"
#include "num/isa.h"

#define DOT(name, T, STEP, FINISH)                                                                       \
    static void name(const tr_dot *dot)                                                                  \
    {                                                                                                    \
        const int64_t m = dot->m, n = dot->n, k = dot->k;                                                \
        for (int64_t i = 0; i < m; i++) {                                                                \
            const T *a = (const T *)dot->a + i * dot->a_stride;                                          \
            const T *c = (const T *)dot->c + i * dot->c_stride;                                          \
            T *d = (T *)dot->d + i * dot->d_stride;                                                      \
            for (int64_t j = 0; j < n; j++) d[j] = c[j];                                                 \
            for (int64_t l = 0; l < k; l++) {                                                            \
                const T *b = (const T *)dot->b + l * dot->b_stride;                                      \
                const T x = a[l];                                                                        \
                SIMD for (int64_t j = 0; j < n; j++) d[j] = STEP(x, b[j], d[j]);                         \
            }                                                                                            \
            for (int64_t j = 0; j < n; j++) d[j] = FINISH(d[j]);                                         \
        }                                                                                                \
    }

static inline uint32_t step_i32(uint32_t a, uint32_t b, uint32_t c) { return a * b + c; }
static inline uint32_t finish_i32(uint32_t a) { return a; }

DOT(dot_f32, float, fused_f32, f32_canonical)
DOT(dot_f64, double, fused_f64, f64_canonical)
DOT(dot_i32, uint32_t, step_i32, finish_i32)

void ISA_NAME(install_dot)(tr_kernels *kernels)
{
    kernels->dot_f32 = dot_f32;
    kernels->dot_f64 = dot_f64;
    kernels->dot_i32 = dot_i32;
}
