/* tt.print. */
#include "tile/lower.h"
#include "tile/print_plan.h"

TR_LOWER(print)
{
    tr_arena *arena = &c->code->arena;
    const int32_t n = op->operand_count;
    const tr_attr *prefix = tr_op_attr(op, "prefix"), *is_signed = tr_op_attr(op, "isSigned");
    tr_print_plan *plan = TR_NEW(arena, tr_print_plan);
    (void)row;
    if (!plan) return TR_OOM(c->error);
    plan->count = n;
    plan->items = TR_NEW_ARRAY(arena, tr_print_item, (size_t)n + 1);
    if (!plan->items) return TR_OOM(c->error);
    if (prefix) plan->prefix = prefix->text;
    plan->hex = tr_op_attr_int(op, "hex", 0) != 0;
    for (int32_t i = 0; i < n; i++) {
        tr_print_item *item = &plan->items[i];
        item->tile = tr_type_is_tensor(op->operands[i]->type);
        item->dtype = tr_value_dtype(op->operands[i]);
        item->is_signed = !is_signed || is_signed->kind != TR_ATTR_INTS || i >= is_signed->count || is_signed->ints[i];
        TR_TRY(item->tile ? tr_use_view(c, op->operands[i], &item->operand)
                          : tr_use_reg(c, op->operands[i], &item->operand));
    }
    tr_step *step = tr_emit(c, TR_STEP_PRINT, TR_DTYPE_NONE);
    if (!step) return TR_OUT_OF_MEMORY;
    step->aux = plan;
    return TR_OK;
}
