/* Included by every source that is compiled once an instruction set (see meson.build): the names of that set's
 * objects, and the macros that turn a scalar expression into a loop over a run.
 *
 * Loops are marked `omp simd`: runs may be the same memory but never overlap otherwise, so an element is read before
 * it is written whatever the vector width. That saves the overlap checks, and the slow path they choose for
 * dst == a. Counts and pointers are locals: a store through a byte pointer could otherwise change them.
 */
#ifndef TR_NUM_ISA_H
#define TR_NUM_ISA_H

#include "num/float_bits.h"
#include "num/kernels.h"

#ifndef TR_ISA
#define TR_ISA baseline
#endif

#define TR_JOIN_(a, b, c) a##b##_##c
#define TR_JOIN(a, b, c) TR_JOIN_(a, b, c)
#define ISA_NAME(name) TR_JOIN(tr_num_, name, TR_ISA)

/* This instruction set's table, and what puts each source's functions into it. */
extern tr_kernels ISA_NAME(kernels);
const tr_kernels *ISA_NAME(install)(void); /* fills the table; call once */
void ISA_NAME(install_int)(tr_kernels *kernels);
void ISA_NAME(install_float)(tr_kernels *kernels);
void ISA_NAME(install_math)(tr_kernels *kernels);
void ISA_NAME(install_exp)(tr_kernels *kernels);
void ISA_NAME(install_half)(tr_kernels *kernels);
void ISA_NAME(install_run)(tr_kernels *kernels);
void ISA_NAME(install_convert)(tr_kernels *kernels);
void ISA_NAME(install_convert_f16)(tr_kernels *kernels);
void ISA_NAME(install_dot)(tr_kernels *kernels);

#define TR_PRAGMA(text) _Pragma(#text)
#define SIMD TR_PRAGMA(omp simd)

/* Functions of the type tr_run_fn. `expression` uses a, b, c; D is the element type of dst. */
#define RUN_UNARY(name, D, A, ...)                                                                                     \
    static void name(size_t n, void *dst, const void *va, const void *vb, const void *vc)                              \
    {                                                                                                                  \
        D *d = dst;                                                                                                    \
        const A *pa = va;                                                                                              \
        (void)vb, (void)vc;                                                                                            \
        SIMD for (size_t i = 0; i < n; i++)                                                                            \
        {                                                                                                              \
            const A a = pa[i];                                                                                         \
            d[i] = (D)(__VA_ARGS__);                                                                                   \
        }                                                                                                              \
    }

#define RUN_BINARY(name, D, A, ...)                                                                                    \
    static void name(size_t n, void *dst, const void *va, const void *vb, const void *vc)                              \
    {                                                                                                                  \
        D *d = dst;                                                                                                    \
        const A *pa = va, *pb = vb;                                                                                    \
        (void)vc;                                                                                                      \
        SIMD for (size_t i = 0; i < n; i++)                                                                            \
        {                                                                                                              \
            const A a = pa[i], b = pb[i];                                                                              \
            d[i] = (D)(__VA_ARGS__);                                                                                   \
        }                                                                                                              \
    }

#define RUN_TERNARY(name, D, A, ...)                                                                                   \
    static void name(size_t n, void *dst, const void *va, const void *vb, const void *vc)                              \
    {                                                                                                                  \
        D *d = dst;                                                                                                    \
        const A *pa = va, *pb = vb, *pc = vc;                                                                          \
        SIMD for (size_t i = 0; i < n; i++)                                                                            \
        {                                                                                                              \
            const A a = pa[i], b = pb[i], c = pc[i];                                                                   \
            d[i] = (D)(__VA_ARGS__);                                                                                   \
        }                                                                                                              \
    }

/* The same through functions that the compiler has no vector form of. */
#define RUN_UNARY_SCALAR(name, D, A, ...)                                                                              \
    static void name(size_t n, void *dst, const void *va, const void *vb, const void *vc)                              \
    {                                                                                                                  \
        D *d = dst;                                                                                                    \
        const A *pa = va;                                                                                              \
        (void)vb, (void)vc;                                                                                            \
        for (size_t i = 0; i < n; i++) {                                                                               \
            const A a = pa[i];                                                                                         \
            d[i] = (D)(__VA_ARGS__);                                                                                   \
        }                                                                                                              \
    }

#define RUN_BINARY_SCALAR(name, D, A, ...)                                                                             \
    static void name(size_t n, void *dst, const void *va, const void *vb, const void *vc)                              \
    {                                                                                                                  \
        D *d = dst;                                                                                                    \
        const A *pa = va, *pb = vb;                                                                                    \
        (void)vc;                                                                                                      \
        for (size_t i = 0; i < n; i++) {                                                                               \
            const A a = pa[i], b = pb[i];                                                                              \
            d[i] = (D)(__VA_ARGS__);                                                                                   \
        }                                                                                                              \
    }

#define RUN_TERNARY_SCALAR(name, D, A, ...)                                                                            \
    static void name(size_t n, void *dst, const void *va, const void *vb, const void *vc)                              \
    {                                                                                                                  \
        D *d = dst;                                                                                                    \
        const A *pa = va, *pb = vb, *pc = vc;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                                               \
            const A a = pa[i], b = pb[i], c = pc[i];                                                                   \
            d[i] = (D)(__VA_ARGS__);                                                                                   \
        }                                                                                                              \
    }

#endif
