/* A matrix product in blocks that stay in vector registers; included by dot.c once an element type, with
 *   T                the element type               DOT      the function's name
 *   V, LANES         a vector and its elements      ROWS     the most rows of a block, a power of two
 *   LOAD STORE SPLAT STEP FINISH                    on vectors; STEP(a, b, c) is a * b + c
 *
 * A block is `rows` by 1 or 2 vectors of D. Per step of k it loads that many vectors of B's row and broadcasts `rows`
 * elements of A's column, so that multiplies, not loads, are what it waits for. B's columns beyond the last whole
 * vector are copied, chunk by chunk, to a padded buffer, and so is that part of D.
 */
#define NAME_(a, b) a##_##b
#define NAME__(a, b) NAME_(a, b)
#define NAME(suffix) NAME__(DOT, suffix)

/* All of a block's inputs and outputs; strides in elements. */
FORCE_INLINE void NAME(block)(int rows, int vectors, int64_t k, const T *a, int64_t a_stride, const T *b,
                              int64_t b_stride, const T *c, int64_t c_stride, T *d, int64_t d_stride)
{
    V sums[ROWS][2];
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < vectors; v++) sums[i][v] = LOAD(c + i * c_stride + v * LANES);
    }
    for (int64_t l = 0; l < k; l++) {
        V row[2];
        for (int v = 0; v < vectors; v++) row[v] = LOAD(b + l * b_stride + v * LANES);
        for (int i = 0; i < rows; i++) {
            const V x = SPLAT(a[i * a_stride + l]);
            for (int v = 0; v < vectors; v++) sums[i][v] = STEP(x, row[v], sums[i][v]);
        }
    }
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < vectors; v++) STORE(d + i * d_stride + v * LANES, FINISH(sums[i][v]));
    }
}

/* All m rows of 1 or 2 vectors of columns. */
FORCE_INLINE void NAME(columns)(int vectors, int64_t m, int64_t k, const T *a, int64_t a_stride, const T *b,
                                int64_t b_stride, const T *c, int64_t c_stride, T *d, int64_t d_stride)
{
    int64_t i = 0;
#define BLOCKS(rows)                                                                                                   \
    for (; i + (rows) <= m; i += (rows))                                                                               \
        NAME(block)                                                                                                    \
        (rows, vectors, k, a + i * a_stride, a_stride, b, b_stride, c + i * c_stride, c_stride, d + i * d_stride,      \
         d_stride);
    BLOCKS(ROWS)
    BLOCKS(ROWS / 2)
    BLOCKS(ROWS / 4)
    BLOCKS(1)
#undef BLOCKS
}

static __attribute__((noinline)) void NAME(columns_1)(int64_t m, int64_t k, const T *a, int64_t a_stride, const T *b,
                                                      int64_t b_stride, const T *c, int64_t c_stride, T *d,
                                                      int64_t d_stride)
{
    NAME(columns)(1, m, k, a, a_stride, b, b_stride, c, c_stride, d, d_stride);
}

static __attribute__((noinline)) void NAME(columns_2)(int64_t m, int64_t k, const T *a, int64_t a_stride, const T *b,
                                                      int64_t b_stride, const T *c, int64_t c_stride, T *d,
                                                      int64_t d_stride)
{
    NAME(columns)(2, m, k, a, a_stride, b, b_stride, c, c_stride, d, d_stride);
}

/* The last `width` < LANES columns, ROWS rows and DEPTH steps of k at a time. */
enum { NAME(DEPTH) = 64 };

static __attribute__((noinline)) void NAME(narrow)(int64_t width, int64_t m, int64_t k, const T *a, int64_t a_stride,
                                                   const T *b, int64_t b_stride, const T *c, int64_t c_stride, T *d,
                                                   int64_t d_stride)
{
    _Alignas(64) T padded_b[NAME(DEPTH)][LANES] = { { 0 } };
    _Alignas(64) T padded_d[ROWS][LANES] = { { 0 } };
    const size_t size = (size_t)width * sizeof(T);
    /* clang-format off */
    for (int64_t l = 0; l < k; l += NAME(DEPTH)) {
        const int64_t depth = k - l < NAME(DEPTH) ? k - l : NAME(DEPTH);
        for (int64_t j = 0; j < depth; j++) memcpy(padded_b[j], b + (l + j) * b_stride, size);
        for (int64_t i = 0; i < m; i += ROWS) {
            const int64_t rows = m - i < ROWS ? m - i : ROWS;
            for (int64_t r = 0; r < rows; r++) {
                memcpy(padded_d[r], l ? d + (i + r) * d_stride : c + (i + r) * c_stride, size);
            }
            NAME(columns_1)(rows, depth, a + i * a_stride + l, a_stride, padded_b[0], LANES, padded_d[0], LANES,
                            padded_d[0], LANES);
            for (int64_t r = 0; r < rows; r++) memcpy(d + (i + r) * d_stride, padded_d[r], size);
        }
    }
}

static void DOT(const tr_dot *dot)
{
    const T *a = dot->a, *b = dot->b, *c = dot->c;
    T *d = dot->d;
    int64_t j = 0;
    for (; j + 2 * LANES <= dot->n; j += 2 * LANES) {
        NAME(columns_2)(dot->m, dot->k, a, dot->a_stride, b + j, dot->b_stride, c + j, dot->c_stride, d + j, dot->d_stride);
    }
    for (; j + LANES <= dot->n; j += LANES) {
        NAME(columns_1)(dot->m, dot->k, a, dot->a_stride, b + j, dot->b_stride, c + j, dot->c_stride, d + j, dot->d_stride);
    }
    if (j < dot->n) {
        NAME(narrow)(dot->n - j, dot->m, dot->k, a, dot->a_stride, b + j, dot->b_stride, c + j, dot->c_stride, d + j, dot->d_stride);
    }
}
/* clang-format on */

#undef NAME
#undef NAME_
#undef NAME__
#undef T
#undef DOT
#undef V
#undef LANES
#undef ROWS
#undef LOAD
#undef STORE
#undef SPLAT
#undef STEP
#undef FINISH
