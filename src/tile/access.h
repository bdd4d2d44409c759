/* Tile accesses that other steps than load and store share (exec_memory.c, exec_atomic.c). */
#ifndef TR_TILE_ACCESS_H
#define TR_TILE_ACCESS_H

#include "tile/frame.h"

/* What a tile access touches, and the tile's side of the copy. */
typedef struct tr_access {
    tr_frame *frame;
    const tr_step *step;
    const tr_shape *shape;
    const tr_view *pointers;  /* NULL: the addresses are given as an affine form */
    const tr_view *mask;      /* NULL: none */
    size_t size;              /* bytes an element */
    bool is_store;
    char *tile;               /* dense elements: read by a store, written by a load */
} tr_access;

/* Moves the part of the tile inside the box; the addresses are affine. Traps at the first element that lies outside
 * of its argument. */
const tr_step *tr_access_box_checked(const tr_access *access, const tr_affine *pointers, const tr_box *box);

/* memory = kernel(memory, operand), or operand without a kernel; gives what was there. */
uint64_t tr_atomic_update(tr_run_fn *kernel, size_t size, void *address, uint64_t operand, bool *out_changed);

#endif
