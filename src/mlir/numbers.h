/* Bits of floats of any format, as constants need them. */
#ifndef TR_MLIR_NUMBERS_H
#define TR_MLIR_NUMBERS_H

#include "mlir/ir.h"

/* How a float format lays out its bits; NULL if it has another make (f80, f128, f8E8M0FNU). */
typedef struct tr_float_format {
    const char *name;
    int exponent_bits, mantissa_bits, bias;
    bool infinities; /* IEEE: the largest exponent holds infinities and NaNs */
    bool nans;       /* without infinities: NaN is all ones (FN) or minus zero (FNUZ) */
    bool unsigned_zero;
} tr_float_format;

const tr_float_format *tr_float_format_of(const tr_type *type);
/* Rounds to nearest, ties to even. Overflow gives infinity; NaN where there is none; the largest value where there
 * is neither. */
uint64_t tr_float_to_bits(const tr_float_format *format, double value);
double tr_float_from_bits(const tr_float_format *format, uint64_t bits);

#endif
