/* A block of a strided array in memory: what descriptors and block pointers access. */
#ifndef TR_TILE_BLOCK_ACCESS_H
#define TR_TILE_BLOCK_ACCESS_H

#include "tile/steps.h"

/* Registers hold 64-bit integers (base: an address). Element [i, j, ...] of the block is element
 * index + [i, j, ...] of the array, at base + size * sum of stride * position. */
typedef struct tr_block_access {
    tr_shape block;
    uint32_t base;
    uint32_t shape[TR_AFFINE_RANK], stride[TR_AFFINE_RANK], index[TR_AFFINE_RANK];
    bool checked[TR_AFFINE_RANK]; /* positions outside of the array are left out; unchecked ones are accessed */
    bool pad_nan;                 /* what a load gives there: NaN, else 0 */
} tr_block_access;

#endif
