/* Format strings of ops.def, read into items. */
#ifndef TR_MLIR_FORMAT_H
#define TR_MLIR_FORMAT_H

#include "mlir/row.h"

/* Reads info->row->format; operands, results and attributes of `info` are there already. */
TR_MUST_CHECK tr_status tr_format_read(tr_arena *arena, const tr_op_info *info, tr_format *out_format, tr_error *error);

#endif
