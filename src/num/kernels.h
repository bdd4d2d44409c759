/* SIMD kernels on runs of elements, one table of them an instruction set, chosen at run time.
 *
 * All tables give the same bits. A kernel neither allocates nor fails nor keeps state. Runs are dense; `dst` may be
 * the same run as a source of the same element size, otherwise runs do not overlap; alignment is that of the
 * element. n >= 1. i1 runs hold bytes 0 or 1.
 *
 * Where hardware traps or C is undefined, NVIDIA's behaviour stands (docs/semantics.md): shifts by the width or more
 * give 0 (or the sign), x / 0 = all ones, x % 0 = x, MIN / -1 wraps, fptosi saturates and takes NaN to 0.
 */
#ifndef TR_NUM_KERNELS_H
#define TR_NUM_KERNELS_H

#include "num/dtype.h"

typedef enum tr_isa { TR_ISA_BASELINE, TR_ISA_AVX2, TR_ISA_AVX512, TR_ISA_COUNT } tr_isa;

/* Elementwise functions: one a row of elementwise.def. */
typedef enum tr_ew {
    TR_EW_NONE = 0,
#define EW(name, ...) TR_EW_##name,
#include "num/elementwise.def"
#undef EW
    TR_EW_COUNT
} tr_ew;

/* Conversions: (kind, from, to). */
typedef enum tr_cvt {
    TR_CVT_SEXT, /* integer to wider integer, signed (i1: 1 becomes -1) */
    TR_CVT_ZEXT,
    TR_CVT_TRUNC,    /* integer to narrower integer; to i1 the lowest bit */
    TR_CVT_SI_TO_FP, /* i1 counts as -1 */
    TR_CVT_UI_TO_FP,
    TR_CVT_FP_TO_SI,
    TR_CVT_FP_TO_UI,
    TR_CVT_FP,     /* float to float, nearest even; fp8 targets saturate */
    TR_CVT_FP_RTZ, /* float to float, toward zero */
    TR_CVT_COUNT
} tr_cvt;

/* Sources beyond the function's arity are NULL. The dtype of the run is that of `a` (SELECT: of `b` and `c`, `a`
 * being the i1 condition); comparisons write i1. */
typedef void tr_run_fn(size_t n, void *dst, const void *a, const void *b, const void *c);

/* D[m][n] = C[m][n] + sum over k, ascending, of A[m][k] * B[k][n], each step one fused multiply-add (i32: wrapping).
 * Strides in elements. C may be D. */
typedef struct tr_dot {
    int64_t m, n, k;
    const void *a, *b, *c;
    void *d;
    int64_t a_stride, b_stride, c_stride, d_stride;
} tr_dot;
typedef void tr_dot_fn(const tr_dot *dot);

/* dst[r] = row r of `rows` rows of n elements, the upper half folded onto the lower one until one element is left:
 * x[i] = op(x[i], x[i + n/2]). n is a power of two, at least TR_REDUCE_LEAST. */
typedef void tr_reduce_fn(size_t rows, size_t n, void *dst, const void *src);
enum { TR_REDUCE_LEAST = 16 };

/* Two f32 functions in one pass, with the bits that they give one after the other: second(first(a, b), c), or
 * second(c, first(a, b)) when `side` is 1. A commutative second function has side 0 alone; c is not read where the second
 * function has one argument. */
typedef struct tr_pair {
    tr_ew first, second;
    int side;
    tr_run_fn *fn;
    const char *name;
} tr_pair;

typedef struct tr_kernels {
    tr_isa isa;
    const char *name;
    tr_run_fn *ew[TR_EW_COUNT][TR_DTYPE_COUNT];                       /* NULL: not defined for the dtype */
    tr_run_fn *convert[TR_CVT_COUNT][TR_DTYPE_COUNT][TR_DTYPE_COUNT]; /* [kind][from][to] */
    const tr_pair *pairs;
    int pair_count;
    tr_reduce_fn *reduce_rows[TR_EW_COUNT][TR_DTYPE_COUNT];           /* NULL: none */
    /* dst[i] = value, for elements of 1, 2, 4, 8 bytes: index log2(size); value in the low bytes. */
    void (*fill[4])(size_t n, void *dst, uint64_t value);
    /* Row r of dst, n elements long, is src[r * stride] again and again. */
    void (*repeat[4])(size_t rows, size_t n, void *dst, const void *src, int64_t stride);
    /* dst[i] = base + i * step, wrapping, for integers of 1, 2, 4, 8 bytes. */
    void (*iota[4])(size_t n, void *dst, int64_t base, int64_t step);
    /* dst[i] = mask[i] ? a[i] : b[i] for 1, 2, 4, 8 bytes is ew[TR_EW_SELECT][...]. */
    tr_dot_fn *dot_f32, *dot_f64, *dot_i32;                 /* element types of A, B, C, D alike */
    void (*round_tf32)(size_t n, void *dst, const void *a); /* f32 -> f32 */
    /* How many of mask[0..n) are nonzero. */
    size_t (*count_true)(size_t n, const void *mask);
} tr_kernels;

/* The best set this CPU runs, or the named one: NULL if it is unknown or the CPU lacks it. */
const tr_kernels *tr_kernels_best(void);
const tr_kernels *tr_kernels_named(const char *name);

/* Name, arity (1..3) and whether the result is i1, of a row. */
typedef struct tr_ew_info {
    const char *name;
    int arity;
    bool result_i1;
} tr_ew_info;
const tr_ew_info *tr_ew_describe(tr_ew ew);

#endif
