/* Reductions of whole rows, each in one pass: functions of the type tr_reduce_fn. Included where the operations stand
 * (ew_float_width.h, ew_int_width.h).
 *
 * Where the order doesn't matter, as for integers, the compiler chooses it. Sums of floats are folded as kernels.h
 * says: x[i] meets x[i + n/2], so that with L lanes the V vectors of a row meet as the leaves of a tree do, vector i
 * with i + V/2, their result with that of i + V/4 and i + 3V/4, and so on. Going down that tree depth first needs one
 * vector a level.
 */
#ifndef TR_NUM_REDUCE_ROWS_H
#define TR_NUM_REDUCE_ROWS_H

#include "num/isa.h"

enum {
    TR_ROW_LANES = 16,
    TR_ROW_GROUP = 16,  /* rows whose last lanes are folded together */
    TR_ROW_LAST = 4,    /* ... when so many lanes are left */
    TR_ROW_LEVELS = 64, /* more than a row can have */
};

/* The next number when they are counted with their bits reversed, `top` being the highest. */
static inline size_t next_reversed(size_t i, size_t top)
{
    for (; i & top; top >>= 1) i ^= top;
    return i | top;
}

#define LANES_LOOP(l) SIMD for (int l = 0; l < TR_ROW_LANES; l++)

/* `start`, and for each element x: `best` becomes `combined`. `how` is the operator of an OpenMP reduction. The result
 * is `value`. */
#define REDUCE_IN_ANY_ORDER(name, T, A, how, start, combined, value)                                                   \
    static void name(size_t rows, size_t n, void *vdst, const void *vsrc)                                              \
    {                                                                                                                  \
        T *dst = vdst;                                                                                                 \
        const T *row = vsrc;                                                                                           \
        for (size_t r = 0; r < rows; r++, row += n) {                                                                  \
            A best = start;                                                                                            \
            TR_PRAGMA(omp simd reduction(how : best))                                                                  \
            for (size_t i = 0; i < n; i++) {                                                                           \
                const T x = row[i];                                                                                    \
                best = combined;                                                                                       \
            }                                                                                                          \
            dst[r] = (T)(value);                                                                                       \
        }                                                                                                              \
    }

/* In the order of a tree. `op` is a function of two T. */
#define REDUCE_IN_TREE(name, name_lanes, T, op)                                                                        \
    /* A row of 16, 32, 64 ... elements to its last 16. */                                                             \
    static inline void name_lanes(size_t n, const T *x, T *out)                                                        \
    {                                                                                                                  \
        T levels[TR_ROW_LEVELS][TR_ROW_LANES];                                                                         \
        const size_t half = n / 2, quarter = n / 4;                                                                    \
        if (n < 4 * TR_ROW_LANES) {                                                                                    \
            LANES_LOOP(l) out[l] = n == TR_ROW_LANES ? x[l] : op(x[l], x[half + (size_t)l]);                           \
            return;                                                                                                    \
        }                                                                                                              \
        const size_t quads = quarter / TR_ROW_LANES;                                                                   \
        size_t leaf = 0, i = 0;                                                                                        \
        for (;; leaf++) {                                                                                              \
            const T *a = x + i * TR_ROW_LANES, *b = a + half, *c = a + quarter, *d = b + quarter;                      \
            LANES_LOOP(l) out[l] = op(op(a[l], b[l]), op(c[l], d[l]));                                                 \
            int level = 0;                                                                                             \
            for (; leaf >> level & 1; level++) LANES_LOOP(l) out[l] = op(levels[level][l], out[l]);                    \
            if (leaf + 1 == quads) return;                                                                             \
            LANES_LOOP(l) levels[level][l] = out[l];                                                                   \
            i = next_reversed(i, quads / 2);                                                                           \
        }                                                                                                              \
    }                                                                                                                  \
    static void name(size_t rows, size_t n, void *vdst, const void *vsrc)                                              \
    {                                                                                                                  \
        T *dst = vdst;                                                                                                 \
        const T *src = vsrc;                                                                                           \
        for (size_t r = 0; r < rows; r += TR_ROW_GROUP) {                                                              \
            T x[TR_ROW_LANES], last[TR_ROW_LAST][TR_ROW_GROUP] = { { 0 } };                                            \
            const size_t some = rows - r < TR_ROW_GROUP ? rows - r : TR_ROW_GROUP;                                     \
            for (size_t k = 0; k < some; k++) {                                                                        \
                name_lanes(n, src + (r + k) * n, x);                                                                   \
                SIMD for (int l = 0; l < 8; l++) x[l] = op(x[l], x[l + 8]);                                            \
                SIMD for (int l = 0; l < 4; l++) x[l] = op(x[l], x[l + 4]);                                            \
                for (int l = 0; l < 4; l++) last[l][k] = x[l];                                                         \
            }                                                                                                          \
            SIMD for (int k = 0; k < TR_ROW_GROUP; k++)                                                                \
                last[0][k] = op(op(last[0][k], last[2][k]), op(last[1][k], last[3][k]));                               \
            memcpy(dst + r, last[0], some * sizeof(T));                                                                \
        }                                                                                                              \
    }

#endif
