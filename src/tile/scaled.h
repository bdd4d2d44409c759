/* Operands of tt.dot_scaled: numbers of a small format, a scale for each run of them along K. */
#ifndef TR_TILE_SCALED_H
#define TR_TILE_SCALED_H

#include "num/dtype.h"

/* ScaleDotElemType, by its numbers (enums.def). */
typedef enum tr_scaled_format {
    TR_SCALED_E4M3 = 0,
    TR_SCALED_E5M2 = 1,
    TR_SCALED_E2M1 = 4, /* two to a byte, the first one in the lower half */
    TR_SCALED_BF16 = 5,
    TR_SCALED_FP16 = 6,
} tr_scaled_format;

/* How a SCALE step reads its operand. Dimensions count from the last two: 0 rows, 1 columns. */
typedef struct tr_scaled {
    tr_dtype dtype;  /* of an element; TR_DTYPE_NONE for e2m1 */
    int packed;      /* e2m1: the dimension along which two of them make a byte */
    int along;       /* the dimension that K runs along: 1 of the left operand, 0 of the right one */
    int64_t factor;  /* elements to a scale */
    bool exponents;  /* scales are e8m0, else f8E4M3FN */
} tr_scaled;

#endif
