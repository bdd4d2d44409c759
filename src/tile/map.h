/* Regions that run once an element: tt.map_elementwise, and combines that are more than a chain of kernels. */
#ifndef TR_TILE_MAP_H
#define TR_TILE_MAP_H

#include "tile/compile.h"
#include "tile/frame.h"

/* A region lowered to scalar steps of its own. */
typedef struct tr_subroutine {
    uint32_t start;          /* its first step */
    int32_t arg_count, result_count;
    uint32_t *args, *results;/* registers */
    uint8_t *arg_size, *result_size; /* bytes of each */
} tr_subroutine;

/* Lowers a region to one; its arguments are bound to new registers. */
tr_status tr_subroutine_of(tr_compiler *c, const tr_region *region, tr_subroutine *out);

/* Runs it to its end; false when it trapped. Its arguments are in their registers. */
bool tr_run_subroutine(tr_frame *frame, const tr_subroutine *subroutine);

/* tt.map_elementwise: `pack` elements of every operand a call, the arguments operand by operand. */
typedef struct tr_map_plan {
    tr_subroutine body;
    int32_t operand_count, result_count, pack;
    uint32_t *views, *slots;
} tr_map_plan;

#endif
