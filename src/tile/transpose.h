/* Transposing blocks of elements. */
#ifndef TR_TILE_TRANSPOSE_H
#define TR_TILE_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

/* dst[c][r] = src[r][c] for rows x cols elements of `size` (1, 2, 4, 8) bytes; the rows of each side are `src_stride`
 * and `dst_stride` bytes apart. The sides don't overlap; no alignment is needed. */
void tr_transpose(size_t size, int64_t rows, int64_t cols, const char *src, int64_t src_stride, char *dst,
                  int64_t dst_stride);

#endif
