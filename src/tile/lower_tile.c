/* Whole-tile ops: reshape, reductions and scans, dot. */
#include "tile/lower.h"
#include "tile/map.h"

TR_LOWER(reshape)
{
    uint32_t view, slot;
    const bool symbolic = tr_binding_of(c, op->operands[0])->symbolic;
    (void)row;
    TR_TRY(tr_use_view(c, op->operands[0], &view));
    TR_TRY(tr_bind_new_slot(c, &op->results[0], &slot));
    if (symbolic) { /* a uniform tile stays uniform, a row may be cut into dimensions */
        c->bindings[op->results[0].id].symbolic = true;
        c->bindings[op->results[0].id].varies = ~0u;
    }
    tr_step *step = tr_emit(c, TR_STEP_RESHAPE, tr_value_dtype(&op->results[0]));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = slot;
    step->x[1] = view;
    return TR_OK;
}

/* Reductions and scans: the operands as [outer, length, inner], the region as a group over runs. */
/* The kernel that reduces rows by the operation that the group consists of; NULL if there is none. */
static tr_reduce_fn *rows_kernel(const tr_kernels *kernels, const tr_fold *fold, tr_dtype dtype)
{
    const tr_group *group = fold->combine;
    if (fold->count != 1 || fold->inner != 1 || fold->length < TR_REDUCE_LEAST || group->micro_count != 1 ||
        group->input_count != 2)
        return NULL;
    const tr_micro *micro = &group->micros[0];
    const uint16_t a = group->inputs[0].temp, b = group->inputs[1].temp;
    const bool combines = (micro->src[0] == a && micro->src[1] == b) || (micro->src[0] == b && micro->src[1] == a);
    for (int ew = 0; combines && ew < TR_EW_COUNT; ew++)
        if (kernels->reduce_rows[ew][dtype] && kernels->ew[ew][dtype] == micro->fn) return kernels->reduce_rows[ew][dtype];
    return NULL;
}

static tr_status lower_fold(tr_compiler *c, const tr_op *op, tr_step_code code)
{
    tr_arena *arena = &c->code->arena;
    const tr_type *type = op->operands[0]->type;
    const int64_t axis = tr_op_attr_int(op, "axis", 0);
    tr_fold *fold = TR_NEW(arena, tr_fold);
    const int32_t n = op->operand_count;
    if (!fold) return TR_OOM(c->error);
    fold->count = n;
    fold->views = TR_NEW_ARRAY(arena, uint32_t, (size_t)n);
    fold->results = TR_NEW_ARRAY(arena, uint32_t, (size_t)n);
    if (!fold->views || !fold->results) return TR_OOM(c->error);
    fold->reverse = tr_op_attr_int(op, "reverse", 0) != 0;
    fold->scalar_result = !tr_type_is_tensor(op->results[0].type);
    fold->outer = fold->inner = 1;
    fold->length = type->shape[axis];
    for (int32_t d = 0; d < type->rank; d++) {
        if (d < axis) fold->outer *= type->shape[d];
        if (d > axis) fold->inner *= type->shape[d];
    }
    for (int32_t i = 0; i < n; i++) TR_TRY(tr_use_view(c, op->operands[i], &fold->views[i]));
    /* Reductions fold runs of half the axis and rows together; scans fold one slice after another. */
    const int64_t longest = code == TR_STEP_REDUCE ? type->count : fold->inner;
    if (tr_region_is_chain(c, op->regions[0])) {
        TR_TRY(tr_group_from_region(c, op->regions[0], longest, &fold->combine));
        if (code == TR_STEP_REDUCE)
            fold->rows = rows_kernel(c->code->kernels, fold, tr_value_dtype(op->operands[0]));
    } else {
        fold->body = TR_NEW(arena, tr_subroutine);
        if (!fold->body) return TR_OOM(c->error);
        TR_TRY(tr_subroutine_of(c, op->regions[0], fold->body));
    }
    for (int32_t i = 0; i < n; i++)
        TR_TRY(fold->scalar_result ? tr_bind_new_reg(c, &op->results[i], &fold->results[i])
                                   : tr_bind_new_slot(c, &op->results[i], &fold->results[i]));
    tr_step *step = tr_emit(c, code, tr_value_dtype(op->operands[0]));
    if (!step) return TR_OUT_OF_MEMORY;
    step->aux = fold;
    return TR_OK;
}

TR_LOWER(reduce)
{
    (void)row;
    return lower_fold(c, op, TR_STEP_REDUCE);
}

TR_LOWER(scan)
{
    (void)row;
    return lower_fold(c, op, TR_STEP_SCAN);
}

TR_LOWER(dot)
{
    uint32_t views[3], slot;
    (void)row;
    for (int i = 0; i < 3; i++) TR_TRY(tr_use_view(c, op->operands[i], &views[i]));
    TR_TRY(tr_bind_new_slot(c, &op->results[0], &slot));
    tr_step *step = tr_emit(c, TR_STEP_DOT, tr_value_dtype(op->operands[0]));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = slot;
    for (int i = 0; i < 3; i++) step->x[1 + i] = views[i];
    step->imm = tr_op_attr_int(op, "inputPrecision", 2);
    return TR_OK;
}
