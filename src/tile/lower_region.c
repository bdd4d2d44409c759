/* Ops whose region runs once an element. */
#include "tile/lower.h"
#include "tile/map.h"

/* The op that ends a region with its results: the first one that goes nowhere else. */
static const tr_op *returning_op(const tr_region *region)
{
    for (const tr_block *b = region->first; b; b = b->next)
        if (b->last && b->last->successor_count == 0 && b->last->code != TR_OP_ub_unreachable) return b->last;
    return NULL;
}

tr_status tr_subroutine_of(tr_compiler *c, const tr_region *region, tr_subroutine *out)
{
    tr_arena *arena = &c->code->arena;
    const tr_block *block = region->first;
    const tr_op *last = returning_op(region);
    const int32_t args = block->arg_count, results = last ? last->operand_count : 0;
    *out = (tr_subroutine){ .arg_count = args, .result_count = results };
    out->args = TR_NEW_ARRAY(arena, uint32_t, (size_t)args + 1);
    out->results = TR_NEW_ARRAY(arena, uint32_t, (size_t)results + 1);
    out->arg_size = TR_NEW_ARRAY(arena, uint8_t, (size_t)args + 1);
    out->result_size = TR_NEW_ARRAY(arena, uint8_t, (size_t)results + 1);
    if (!out->args || !out->results || !out->arg_size || !out->result_size) return TR_OOM(c->error);
    for (int32_t i = 0; i < args; i++) {
        TR_TRY(tr_bind_new_reg(c, &block->args[i], &out->args[i]));
        out->arg_size[i] = (uint8_t)tr_dtype_size(tr_storage(tr_value_dtype(&block->args[i])));
    }
    for (int32_t i = 0; i < results; i++) {
        TR_TRY(tr_new_reg(c, 0, &out->results[i]));
        out->result_size[i] = (uint8_t)tr_dtype_size(tr_storage(tr_value_dtype(last->operands[i])));
    }
    const tr_op *current = c->op;
    TR_TRY(tr_lower_subroutine(c, region, &out->start, out->results));
    c->op = current;
    return TR_OK;
}

TR_LOWER(map_elementwise)
{
    tr_arena *arena = &c->code->arena;
    tr_map_plan *plan = TR_NEW(arena, tr_map_plan);
    (void)row;
    if (!plan) return TR_OOM(c->error);
    plan->operand_count = op->operand_count;
    plan->result_count = op->result_count;
    plan->pack = (int32_t)tr_op_attr_int(op, "pack", 1);
    plan->views = TR_NEW_ARRAY(arena, uint32_t, (size_t)op->operand_count + 1);
    plan->slots = TR_NEW_ARRAY(arena, uint32_t, (size_t)op->result_count + 1);
    if (!plan->views || !plan->slots) return TR_OOM(c->error);
    if (plan->pack < 1 || op->operand_count < 1 || op->operand_count > 32 || op->result_count > 32)
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "a map of this form has no engine");
    for (int i = 0; i < op->operand_count; i++) TR_TRY(tr_use_view(c, op->operands[i], &plan->views[i]));
    TR_TRY(tr_subroutine_of(c, op->regions[0], &plan->body));
    for (int i = 0; i < op->result_count; i++) TR_TRY(tr_bind_new_slot(c, &op->results[i], &plan->slots[i]));
    tr_step *step = tr_emit(c, TR_STEP_MAP, TR_DTYPE_NONE);
    if (!step) return TR_OUT_OF_MEMORY;
    step->aux = plan;
    return TR_OK;
}
