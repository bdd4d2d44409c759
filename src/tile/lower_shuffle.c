/* Ops that move elements about, and ops with several results. */
#include "tile/lower.h"

/* Emits a step that writes one slot, with the op's operands as views. */
static tr_status emit_tile_step(tr_compiler *c, const tr_op *op, tr_step_code code, int64_t imm)
{
    uint32_t views[3] = { TR_NO_OPERAND, TR_NO_OPERAND, TR_NO_OPERAND }, slot;
    for (int i = 0; i < op->operand_count && i < 3; i++) TR_TRY(tr_use_view(c, op->operands[i], &views[i]));
    TR_TRY(tr_bind_new_slot(c, &op->results[0], &slot));
    tr_step *step = tr_emit(c, code, tr_storage(tr_value_dtype(op->operands[0])));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = slot;
    for (int i = 0; i < 3; i++) step->x[1 + i] = views[i];
    step->imm = imm;
    return TR_OK;
}

TR_LOWER(join)
{
    (void)row;
    return emit_tile_step(c, op, TR_STEP_JOIN, 0);
}

TR_LOWER(cat)
{
    (void)row;
    return emit_tile_step(c, op, TR_STEP_CAT, 0);
}

TR_LOWER(gather)
{
    (void)row;
    return emit_tile_step(c, op, TR_STEP_GATHER, tr_op_attr_int(op, "axis", 0));
}

TR_LOWER(histogram)
{
    (void)row;
    return emit_tile_step(c, op, TR_STEP_HISTOGRAM, 0);
}

TR_LOWER(split)
{
    uint32_t view, slots[2];
    (void)row;
    TR_TRY(tr_use_view(c, op->operands[0], &view));
    for (int i = 0; i < 2; i++) TR_TRY(tr_bind_new_slot(c, &op->results[i], &slots[i]));
    tr_step *step = tr_emit(c, TR_STEP_SPLIT, tr_storage(tr_value_dtype(op->operands[0])));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = slots[0];
    step->x[1] = slots[1];
    step->x[2] = view;
    return TR_OK;
}
