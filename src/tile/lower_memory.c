/* Loads, stores, asserts. */
#include "tile/lower.h"

/* Operand `index` as a register, or TR_NO_OPERAND when the op has fewer. */
static tr_status optional_reg(tr_compiler *c, const tr_op *op, int index, uint32_t *out_reg)
{
    *out_reg = TR_NO_OPERAND;
    return index < op->operand_count ? tr_use_reg(c, op->operands[index], out_reg) : TR_OK;
}

static tr_status optional_view(tr_compiler *c, const tr_op *op, int index, const tr_shape *shape, uint32_t *out_view)
{
    *out_view = TR_NO_OPERAND;
    return index < op->operand_count ? tr_use_as_tile(c, op->operands[index], shape, out_view) : TR_OK;
}

TR_LOWER(load)
{
    const tr_value *result = &op->results[0], *pointer = op->operands[0];
    const bool tile = tr_type_is_tensor(result->type);
    uint32_t dst, src[3];
    (void)row;
    if (tr_part_count(pointer->type)) return tr_lower_block_load(c, op);
    if (tile) {
        tr_shape shape = tr_shape_of(result->type);
        TR_TRY(tr_use_view(c, pointer, &src[0]));
        TR_TRY(optional_view(c, op, 1, &shape, &src[1]));
        TR_TRY(optional_view(c, op, 2, &shape, &src[2]));
        TR_TRY(tr_bind_new_slot(c, result, &dst));
    } else {
        TR_TRY(tr_use_reg(c, pointer, &src[0]));
        TR_TRY(optional_reg(c, op, 1, &src[1]));
        TR_TRY(optional_reg(c, op, 2, &src[2]));
        TR_TRY(tr_bind_new_reg(c, result, &dst));
    }
    tr_step *step = tr_emit(c, tile ? TR_STEP_TILE_LOAD : TR_STEP_LOAD, tr_value_dtype(result));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = dst;
    for (int i = 0; i < 3; i++) step->x[1 + i] = src[i];
    step->imm = tr_op_attr_int(op, "isVolatile", 0);
    step->roots = c->roots[pointer->id];
    return TR_OK;
}

/* A tile that is made for one store alone: the open group that makes it is closed here, behind an AIM, so that it may
 * write where the store goes. Whether the group was the only open one and has no other output is not known before it
 * is closed: then the AIM is left out. */
static tr_status aim_value(tr_compiler *c, const tr_value *value, const uint32_t *src, uint64_t roots)
{
    if (!tr_type_is_tensor(value->type) || c->uses[value->id] != 1 ||
        tr_binding_of(c, value)->kind != TR_BOUND_PENDING || tr_value_dtype(value) == TR_I1)
        return TR_OK;
    const uint32_t at = tr_here(c);
    tr_step *step = tr_emit(c, TR_STEP_AIM, tr_value_dtype(value));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[1] = src[0];
    step->x[2] = src[2];
    step->roots = roots;
    TR_TRY(tr_close_groups(c));
    const tr_view *view = &c->code->views.items[tr_binding_of(c, value)->index];
    const bool alone = tr_here(c) == at + 2 && c->code->steps.items[at + 1].code == TR_STEP_GROUP;
    if (alone && view->identity) {
        c->code->steps.items[at].x[0] = view->slot;
        return TR_OK;
    }
    memmove(&c->code->steps.items[at], &c->code->steps.items[at + 1],
            (tr_here(c) - at - 1) * sizeof(c->code->steps.items[0]));
    c->code->steps.count--;
    return TR_OK;
}

TR_LOWER(store)
{
    const tr_value *pointer = op->operands[0], *value = op->operands[1];
    const bool tile = tr_type_is_tensor(pointer->type);
    uint32_t src[3];
    (void)row;
    if (tr_part_count(pointer->type)) return tr_lower_block_store(c, op);
    if (tile) {
        tr_shape shape = tr_shape_of(pointer->type);
        TR_TRY(tr_use_view(c, pointer, &src[0]));
        TR_TRY(optional_view(c, op, 2, &shape, &src[2]));
        TR_TRY(aim_value(c, value, src, c->roots[pointer->id]));
        TR_TRY(tr_use_as_tile(c, value, &shape, &src[1]));
    } else {
        TR_TRY(tr_use_reg(c, pointer, &src[0]));
        TR_TRY(tr_use_reg(c, value, &src[1]));
        TR_TRY(optional_reg(c, op, 2, &src[2]));
    }
    tr_step *step = tr_emit(c, tile ? TR_STEP_TILE_STORE : TR_STEP_STORE, tr_value_dtype(value));
    if (!step) return TR_OUT_OF_MEMORY;
    for (int i = 0; i < 3; i++) step->x[i] = src[i];
    step->roots = c->roots[pointer->id];
    return TR_OK;
}

TR_LOWER(assert)
{
    const tr_value *condition = op->operands[0];
    const bool tile = tr_type_is_tensor(condition->type);
    uint32_t src;
    (void)row;
    TR_TRY(tile ? tr_use_view(c, condition, &src) : tr_use_reg(c, condition, &src));
    tr_step *step = tr_emit(c, tile ? TR_STEP_TILE_ASSERT : TR_STEP_ASSERT, TR_I1);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = src;
    return TR_OK;
}
