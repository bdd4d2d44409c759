/* Tensor descriptors and block pointers.
 *
 * Both are a handful of registers: base, shape, strides, and for a block pointer its offsets, all 64 bits wide. An
 * access is a step that knows these registers; the elements' addresses are never made.
 */
#include "tile/block_access.h"
#include "tile/lower.h"

tr_status tr_widen_reg(tr_compiler *c, uint32_t reg, tr_dtype dtype, uint32_t *out_reg)
{
    *out_reg = reg;
    if (dtype == TR_I64) return TR_OK;
    TR_TRY(tr_new_reg(c, 0, out_reg));
    tr_step *step = tr_emit(c, TR_STEP_SCALAR, dtype);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = *out_reg;
    step->x[1] = reg;
    step->kernel = c->code->kernels->convert[TR_CVT_SEXT][dtype][TR_I64];
    step->kernel_name = "SEXT";
    return TR_OK;
}

static tr_status widened(tr_compiler *c, const tr_value *value, uint32_t *out_reg)
{
    uint32_t reg;
    TR_TRY(tr_use_reg(c, value, &reg));
    return tr_widen_reg(c, reg, tr_value_dtype(value), out_reg);
}

int32_t tr_part_count(const tr_type *type)
{
    if (type->kind == TR_TYPE_TENSORDESC) return 1 + 2 * type->rank;
    if (type->kind == TR_TYPE_POINTER && tr_type_is_tensor(type->element)) return 1 + 3 * type->element->rank;
    return 0;
}

tr_status tr_bind_parts(tr_compiler *c, const tr_value *value, const uint32_t *regs, bool pads_nan)
{
    const int32_t n = tr_part_count(value->type);
    const uint32_t first = (uint32_t)c->parts.count;
    for (int32_t i = 0; i < n; i++)
        if (!tr_vec_push(&c->parts, regs[i])) return TR_OOM(c->error);
    tr_bind(c, value, (tr_binding){ .kind = TR_BOUND_PARTS, .index = first, .pads_nan = pads_nan });
    return TR_OK;
}

tr_status tr_use_parts(tr_compiler *c, const tr_value *value, const uint32_t **out_regs)
{
    const tr_binding *binding = tr_binding_of(c, value);
    if (binding->kind != TR_BOUND_PARTS)
        return tr_fail_op(c->error, TR_INTERNAL, c->module, c->op, "tile compiler: %%%.*s is no descriptor",
                          TR_STR_ARG(value->name));
    *out_regs = &c->parts.items[binding->index];
    return TR_OK;
}

TR_LOWER(make_block)
{
    uint32_t regs[1 + 3 * TR_AFFINE_RANK];
    (void)row;
    TR_TRY(tr_use_reg(c, op->operands[0], &regs[0]));
    for (int i = 1; i < op->operand_count; i++) TR_TRY(widened(c, op->operands[i], &regs[i]));
    return tr_bind_parts(c, &op->results[0], regs, tr_op_attr_int(op, "padding", 1) == 2);
}

/* New offsets: each old one plus its delta. */
TR_LOWER(advance)
{
    const uint32_t *old = NULL;
    uint32_t regs[1 + 3 * TR_AFFINE_RANK];
    const int32_t rank = op->operand_count - 1, n = 1 + 3 * rank;
    (void)row;
    TR_TRY(tr_use_parts(c, op->operands[0], &old));
    memcpy(regs, old, (size_t)n * sizeof(regs[0]));
    for (int32_t d = 0; d < rank; d++) {
        uint32_t delta, sum;
        TR_TRY(widened(c, op->operands[1 + d], &delta));
        TR_TRY(tr_new_reg(c, 0, &sum));
        tr_step *step = tr_emit(c, TR_STEP_SCALAR, TR_I64);
        if (!step) return TR_OUT_OF_MEMORY;
        step->x[0] = sum;
        step->x[1] = regs[1 + 2 * rank + d];
        step->x[2] = delta;
        step->kernel = c->code->kernels->ew[TR_EW_ADDI][TR_I64];
        step->kernel_name = "ADDI";
        regs[1 + 2 * rank + d] = sum;
    }
    return tr_bind_parts(c, &op->results[0], regs, false);
}

/* ---------------------------------------------------------------- accesses */

static tr_status new_access(tr_compiler *c, const tr_value *holder, const tr_type *block, tr_block_access **out)
{
    const uint32_t *parts = NULL;
    tr_block_access *access = TR_NEW(&c->code->arena, tr_block_access);
    if (!access) return TR_OOM(c->error);
    TR_TRY(tr_use_parts(c, holder, &parts));
    access->block = tr_shape_of(block);
    access->base = parts[0];
    access->pad_nan = tr_binding_of(c, holder)->pads_nan;
    for (int32_t d = 0; d < block->rank; d++) {
        access->shape[d] = parts[1 + d];
        access->stride[d] = parts[1 + block->rank + d];
        access->checked[d] = true;
    }
    *out = access;
    return TR_OK;
}

static tr_status emit_access(tr_compiler *c, const tr_op *op, tr_step_code code, tr_dtype dtype,
                             const tr_block_access *access, tr_step **out_step)
{
    tr_step *step = tr_emit(c, code, dtype);
    if (!step) return TR_OUT_OF_MEMORY;
    step->aux = access;
    step->roots = c->roots[op->operands[0]->id];
    *out_step = step;
    return TR_OK;
}

/* The coordinates of a descriptor access: the operands from `first` on. */
static tr_status set_indices(tr_compiler *c, const tr_op *op, int first, tr_block_access *access)
{
    for (int32_t d = 0; d < access->block.rank && first + d < op->operand_count; d++)
        TR_TRY(widened(c, op->operands[first + d], &access->index[d]));
    return TR_OK;
}

TR_LOWER(descriptor_load)
{
    tr_block_access *access;
    uint32_t slot;
    tr_step *step;
    (void)row;
    TR_TRY(new_access(c, op->operands[0], op->operands[0]->type, &access));
    TR_TRY(set_indices(c, op, 1, access));
    TR_TRY(tr_bind_new_slot(c, &op->results[0], &slot));
    TR_TRY(emit_access(c, op, TR_STEP_BLOCK_LOAD, tr_value_dtype(&op->results[0]), access, &step));
    step->x[0] = slot;
    return TR_OK;
}

TR_LOWER(descriptor_store)
{
    tr_block_access *access;
    uint32_t view;
    tr_step *step;
    (void)row;
    TR_TRY(new_access(c, op->operands[0], op->operands[0]->type, &access));
    TR_TRY(set_indices(c, op, 2, access));
    TR_TRY(tr_use_view(c, op->operands[1], &view));
    TR_TRY(emit_access(c, op, TR_STEP_BLOCK_STORE, tr_value_dtype(op->operands[1]), access, &step));
    step->x[0] = view;
    return TR_OK;
}

/* kind: add 1, min 2, max 3, inc 4, dec 5, and 6, or 7, xor 8. */
static tr_ew reduce_function(int64_t kind, tr_dtype dtype, bool is_unsigned)
{
    static const tr_ew on_ints[9] = { [1] = TR_EW_ADDI, [2] = TR_EW_MINSI, [3] = TR_EW_MAXSI,
                                      [6] = TR_EW_ANDI, [7] = TR_EW_ORI,   [8] = TR_EW_XORI };
    static const tr_ew on_unsigned[9] = { [1] = TR_EW_ADDI, [2] = TR_EW_MINUI, [3] = TR_EW_MAXUI,
                                          [6] = TR_EW_ANDI, [7] = TR_EW_ORI,   [8] = TR_EW_XORI };
    static const tr_ew on_floats[9] = { [1] = TR_EW_ADDF, [2] = TR_EW_MINNUMF, [3] = TR_EW_MAXNUMF };
    if (kind < 1 || kind > 8) return TR_EW_NONE;
    return tr_dtype_is_float(dtype) ? on_floats[kind] : is_unsigned ? on_unsigned[kind] : on_ints[kind];
}

TR_LOWER(descriptor_reduce)
{
    const tr_dtype dtype = tr_value_dtype(op->operands[1]);
    const bool is_unsigned = tr_str_starts_with(op->operands[0]->type->element->name, "ui");
    const tr_ew ew = reduce_function(tr_op_attr_int(op, "kind", 0), dtype, is_unsigned);
    tr_block_access *access;
    uint32_t view;
    tr_step *step;
    (void)row;
    if (ew == TR_EW_NONE || !c->code->kernels->ew[ew][tr_storage(dtype)])
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "this reduction on %s has no engine",
                          tr_dtype_name(dtype));
    TR_TRY(new_access(c, op->operands[0], op->operands[0]->type, &access));
    TR_TRY(set_indices(c, op, 2, access));
    TR_TRY(tr_use_view(c, op->operands[1], &view));
    TR_TRY(emit_access(c, op, TR_STEP_BLOCK_REDUCE, dtype, access, &step));
    step->x[0] = view;
    step->kernel = c->code->kernels->ew[ew][tr_storage(dtype)];
    step->kernel_name = tr_ew_describe(ew)->name;
    return TR_OK;
}

/* Gather and scatter: rows of a 2-D array, the columns from y on. */
static tr_status lower_rows(tr_compiler *c, const tr_op *op, tr_step_code code, tr_dtype dtype, uint32_t *out_rows,
                            tr_step **out_step)
{
    tr_block_access *access;
    TR_TRY(new_access(c, op->operands[0], op->operands[0]->type, &access));
    TR_TRY(widened(c, op->operands[2], &access->index[1]));
    TR_TRY(tr_new_reg(c, 0, &access->index[0]));
    TR_TRY(tr_use_view(c, op->operands[1], out_rows));
    return emit_access(c, op, code, dtype, access, out_step);
}

TR_LOWER(descriptor_gather)
{
    uint32_t slot, rows;
    tr_step *step;
    (void)row;
    TR_TRY(tr_bind_new_slot(c, &op->results[0], &slot));
    TR_TRY(lower_rows(c, op, TR_STEP_ROWS_LOAD, tr_value_dtype(&op->results[0]), &rows, &step));
    step->x[0] = slot;
    step->x[1] = rows;
    return TR_OK;
}

TR_LOWER(descriptor_scatter)
{
    uint32_t view, rows;
    tr_step *step;
    (void)row;
    TR_TRY(tr_use_view(c, op->operands[3], &view));
    TR_TRY(lower_rows(c, op, TR_STEP_ROWS_STORE, tr_value_dtype(op->operands[3]), &rows, &step));
    step->x[0] = view;
    step->x[1] = rows;
    return TR_OK;
}

/* ---------------------------------------------------------------- block pointers */

/* boundaryCheck names the dimensions that are masked; padding: 1 zero, 2 NaN. */
static tr_status block_pointer_access(tr_compiler *c, const tr_op *op, tr_block_access **out)
{
    const tr_type *block = op->operands[0]->type->element;
    const tr_attr *checks = tr_op_attr(op, "boundaryCheck");
    const uint32_t *parts = NULL;
    TR_TRY(new_access(c, op->operands[0], block, out));
    TR_TRY(tr_use_parts(c, op->operands[0], &parts));
    for (int32_t d = 0; d < block->rank; d++) {
        (*out)->index[d] = parts[1 + 2 * block->rank + d];
        (*out)->checked[d] = false;
    }
    for (int32_t i = 0; checks && checks->kind == TR_ATTR_INTS && i < checks->count; i++)
        if (checks->ints[i] >= 0 && checks->ints[i] < block->rank) (*out)->checked[checks->ints[i]] = true;
    (*out)->pad_nan = tr_op_attr_int(op, "padding", 1) == 2;
    return TR_OK;
}

tr_status tr_lower_block_load(tr_compiler *c, const tr_op *op)
{
    tr_block_access *access;
    uint32_t slot;
    tr_step *step;
    TR_TRY(block_pointer_access(c, op, &access));
    TR_TRY(tr_bind_new_slot(c, &op->results[0], &slot));
    TR_TRY(emit_access(c, op, TR_STEP_BLOCK_LOAD, tr_value_dtype(&op->results[0]), access, &step));
    step->x[0] = slot;
    return TR_OK;
}

tr_status tr_lower_block_store(tr_compiler *c, const tr_op *op)
{
    tr_block_access *access;
    uint32_t view;
    tr_step *step;
    TR_TRY(block_pointer_access(c, op, &access));
    TR_TRY(tr_use_view(c, op->operands[1], &view));
    TR_TRY(emit_access(c, op, TR_STEP_BLOCK_STORE, tr_value_dtype(op->operands[1]), access, &step));
    step->x[0] = view;
    return TR_OK;
}
