#include "tile/transpose.h"

#include <string.h>

/* Square blocks go through vectors: in each of log2(n) rounds row i meets row i + n / 2, and the two are woven
 * together into rows 2 i and 2 i + 1. */

typedef uint32_t v4u32 __attribute__((vector_size(16)));
typedef uint16_t v8u16 __attribute__((vector_size(16)));

static inline void block_4x4_u32(const char *src, int64_t src_stride, char *dst, int64_t dst_stride)
{
    v4u32 r[4], t[4];
    for (int i = 0; i < 4; i++) memcpy(&r[i], src + i * src_stride, 16);
    for (int i = 0; i < 2; i++) {
        t[2 * i] = __builtin_shufflevector(r[i], r[i + 2], 0, 4, 1, 5);
        t[2 * i + 1] = __builtin_shufflevector(r[i], r[i + 2], 2, 6, 3, 7);
    }
    for (int i = 0; i < 2; i++) {
        r[2 * i] = __builtin_shufflevector(t[i], t[i + 2], 0, 4, 1, 5);
        r[2 * i + 1] = __builtin_shufflevector(t[i], t[i + 2], 2, 6, 3, 7);
    }
    for (int i = 0; i < 4; i++) memcpy(dst + i * dst_stride, &r[i], 16);
}

static inline void weave_u16(const v8u16 *from, v8u16 *to)
{
    for (int i = 0; i < 4; i++) {
        to[2 * i] = __builtin_shufflevector(from[i], from[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
        to[2 * i + 1] = __builtin_shufflevector(from[i], from[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
    }
}

static inline void block_8x8_u16(const char *src, int64_t src_stride, char *dst, int64_t dst_stride)
{
    v8u16 r[8], t[8];
    for (int i = 0; i < 8; i++) memcpy(&r[i], src + i * src_stride, 16);
    weave_u16(r, t);
    weave_u16(t, r);
    weave_u16(r, t);
    for (int i = 0; i < 8; i++) memcpy(dst + i * dst_stride, &t[i], 16);
}

#define PLAIN(type)                                                                                                    \
    for (int64_t r = first_row; r < rows; r++)                                                                         \
        for (int64_t c = first_col; c < cols; c++)                                                                     \
            memcpy(dst + c * dst_stride + r * (int64_t)sizeof(type), src + r * src_stride + c * (int64_t)sizeof(type), \
                   sizeof(type));

/* Element by element, from (first_row, first_col) on. */
static void plain(size_t size, int64_t first_row, int64_t rows, int64_t first_col, int64_t cols, const char *src,
                  int64_t src_stride, char *dst, int64_t dst_stride)
{
    switch (size) {
    case 1: PLAIN(uint8_t) break;
    case 2: PLAIN(uint16_t) break;
    case 4: PLAIN(uint32_t) break;
    default: PLAIN(uint64_t) break;
    }
}

void tr_transpose(size_t size, int64_t rows, int64_t cols, const char *src, int64_t src_stride, char *dst,
                  int64_t dst_stride)
{
    const int64_t block = size == 4 ? 4 : size == 2 ? 8 : 0, bytes = (int64_t)size;
    if (block == 0) {
        plain(size, 0, rows, 0, cols, src, src_stride, dst, dst_stride);
        return;
    }
    const int64_t whole_rows = rows - rows % block, whole_cols = cols - cols % block;
    for (int64_t r = 0; r < whole_rows; r += block) {
        for (int64_t c = 0; c < whole_cols; c += block) {
            const char *from = src + r * src_stride + c * bytes;
            char *to = dst + c * dst_stride + r * bytes;
            if (size == 4)
                block_4x4_u32(from, src_stride, to, dst_stride);
            else
                block_8x8_u16(from, src_stride, to, dst_stride);
        }
    }
    plain(size, whole_rows, rows, 0, whole_cols, src, src_stride, dst, dst_stride);
    plain(size, 0, rows, whole_cols, cols, src, src_stride, dst, dst_stride);
}
