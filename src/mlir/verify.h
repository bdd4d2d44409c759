/* Checks of a whole module, after parsing. */
#ifndef TR_MLIR_VERIFY_H
#define TR_MLIR_VERIFY_H

#include "mlir/ir.h"
#include "mlir/row.h"

/* Checks every op against its row, functions against their calls and returns, and, if `dominance` is set, that
 * every definition dominates its uses (a text without labels and forward uses has that by itself). */
TR_MUST_CHECK tr_status tr_module_verify(const tr_module *module, tr_op_table *table, bool dominance, tr_error *error);

/* How many operands belong to each of the row's operands; counts has info->operand_count items. False if the op's
 * operands can't be shared out. */
bool tr_operand_counts(const tr_op_info *info, const tr_op *op, int *counts);

/* Checks that the row cannot say (verify_tt.c). */
tr_status tr_verify_op(const tr_module *module, const tr_op *op, tr_error *error);

/* dominance.c: `region` and all inside it. */
tr_status tr_verify_dominance(const tr_module *module, const tr_region *region, tr_error *error);

#endif
