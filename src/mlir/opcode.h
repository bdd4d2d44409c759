/* Op codes: one a row of ops.def. */
#ifndef TR_MLIR_OPCODE_H
#define TR_MLIR_OPCODE_H

typedef enum tr_opcode {
    TR_OP_UNKNOWN = 0,
#define OP(code, ...) TR_OP_##code,
#include "mlir/ops.def"
#undef OP
    TR_OP_COUNT
} tr_opcode;

#endif
