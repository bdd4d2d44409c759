/* What a tt.print prints. */
#ifndef TR_TILE_PRINT_PLAN_H
#define TR_TILE_PRINT_PLAN_H

#include "tile/steps.h"

typedef struct tr_print_item {
    uint32_t operand; /* view of a tile, else register */
    bool tile, is_signed;
    tr_dtype dtype;
} tr_print_item;

typedef struct tr_print_plan {
    tr_str prefix;
    bool hex;
    int32_t count;
    tr_print_item *items;
} tr_print_plan;

#endif
