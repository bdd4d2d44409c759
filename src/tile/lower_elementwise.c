/* Elementwise ops: scalar steps, symbolic steps, or members of a fused group. */
#include "tile/lower.h"

/* ---------------------------------------------------------------- which kernel */

static tr_run_fn *ew_kernel(const tr_kernels *kernels, tr_ew ew, tr_dtype dtype, const char **out_name)
{
    *out_name = tr_ew_describe(ew)->name;
    return kernels->ew[ew][tr_storage(dtype)];
}

static const char *const cvt_names[TR_CVT_COUNT] = {
    [TR_CVT_SEXT] = "SEXT",         [TR_CVT_ZEXT] = "ZEXT",         [TR_CVT_TRUNC] = "TRUNC",
    [TR_CVT_SI_TO_FP] = "SI_TO_FP", [TR_CVT_UI_TO_FP] = "UI_TO_FP", [TR_CVT_FP_TO_SI] = "FP_TO_SI",
    [TR_CVT_FP_TO_UI] = "FP_TO_UI", [TR_CVT_FP] = "FP",             [TR_CVT_FP_RTZ] = "FP_RTZ",
};

static tr_run_fn *cvt_kernel(const tr_kernels *kernels, int kind, tr_dtype from, tr_dtype to, const char **out_name)
{
    if (kind == TR_CVT_COUNT) return NULL;
    *out_name = cvt_names[kind];
    return kernels->convert[kind][tr_storage(from)][tr_storage(to)];
}

/* How a float cast rounds: to the nearest or toward zero; TR_CVT_COUNT for any other way. tt.fp_to_fp says it as
 * rounding (rtz 0, rtne 1), arith.truncf as roundingmode; widening does not round. */
static int float_cast_kind(const tr_op *op)
{
    if (op->code == TR_OP_tt_fp_to_fp) {
        const int64_t rounding = tr_op_attr_int(op, "rounding", 1);
        return rounding == 0 ? TR_CVT_FP_RTZ : rounding == 1 ? TR_CVT_FP : TR_CVT_COUNT;
    }
    const int64_t mode = tr_op_attr_int(op, "roundingmode", 0);
    return mode == 0 ? TR_CVT_FP : mode == 3 ? TR_CVT_FP_RTZ : TR_CVT_COUNT;
}

static int index_cast_kind(const tr_exec_row *row, tr_dtype from, tr_dtype to)
{
    return tr_dtype_size(from) > tr_dtype_size(to) ? TR_CVT_TRUNC : row->function;
}

/* libdevice.def by symbol. */
static tr_ew libdevice_function(tr_str symbol)
{
    static const struct {
        const char *f32, *f64;
        tr_ew ew;
    } rows[] = {
#define LIBDEVICE(f32, f64, function) { f32, f64, TR_EW_##function },
#include "tile/libdevice.def"
#undef LIBDEVICE
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (tr_str_is(symbol, rows[i].f32) || (rows[i].f64 && tr_str_is(symbol, rows[i].f64))) return rows[i].ew;
    return TR_EW_NONE;
}

static tr_ew extern_function(const tr_op *op)
{
    const tr_attr *symbol = tr_op_attr(op, "symbol");
    const tr_ew ew = symbol ? libdevice_function(symbol->text) : TR_EW_NONE;
    return ew != TR_EW_NONE && tr_ew_describe(ew)->arity == op->operand_count ? ew : TR_EW_NONE;
}

tr_run_fn *tr_elementwise_kernel(const tr_kernels *kernels, const tr_op *op, const char **out_name)
{
    const tr_exec_row *row = &tr_exec_rows[op->code];
    if (op->operand_count == 0 || op->result_count != 1) return NULL;
    const tr_dtype from = tr_value_dtype(op->operands[0]), to = tr_value_dtype(&op->results[0]);
    if (row->lower == tr_lower_elementwise) return ew_kernel(kernels, (tr_ew)row->function, from, out_name);
    if (row->lower == tr_lower_compare)
        return ew_kernel(kernels, (tr_ew)(row->function + tr_op_attr_int(op, "predicate", 0)), from, out_name);
    if (row->lower == tr_lower_cast)
        return cvt_kernel(kernels, row->function == TR_CVT_FP ? float_cast_kind(op) : row->function, from, to, out_name);
    if (row->lower == tr_lower_extern) {
        const tr_ew ew = extern_function(op);
        return ew == TR_EW_NONE ? NULL : ew_kernel(kernels, ew, from, out_name);
    }
    if (row->lower == tr_lower_index_cast)
        return cvt_kernel(kernels, index_cast_kind(row, from, to), from, to, out_name);
    if (row->lower == tr_lower_fp_to_fp) return cvt_kernel(kernels, float_cast_kind(op), from, to, out_name);
    if (row->lower == tr_lower_select)
        return ew_kernel(kernels, TR_EW_SELECT, tr_value_dtype(op->operands[1]), out_name);
    if (row->lower == tr_lower_clampf)
        return ew_kernel(kernels, tr_op_attr_int(op, "propagateNan", 0) ? TR_EW_CLAMPF_NAN : TR_EW_CLAMPF, from,
                         out_name);
    return NULL;
}

/* ---------------------------------------------------------------- scalars */

/* Scalar steps of their own for the arithmetic of loops and addresses. */
static tr_step_code cheap_scalar(tr_opcode code, tr_dtype dtype)
{
    if (dtype != TR_I32) return TR_STEP_SCALAR;
    switch (code) {
    case TR_OP_arith_addi: return TR_STEP_ADD_I32;
    case TR_OP_arith_subi: return TR_STEP_SUB_I32;
    case TR_OP_arith_muli: return TR_STEP_MUL_I32;
    default: return TR_STEP_SCALAR;
    }
}

static tr_status lower_scalar(tr_compiler *c, const tr_op *op, tr_run_fn *kernel, const char *name)
{
    uint32_t src[3], dst;
    for (int i = 0; i < op->operand_count; i++) TR_TRY(tr_use_reg(c, op->operands[i], &src[i]));
    TR_TRY(tr_bind_new_reg(c, &op->results[0], &dst));
    const tr_dtype dtype = tr_value_dtype(op->operands[0]);
    tr_step *step = tr_emit(c, cheap_scalar(op->code, dtype), dtype);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = dst;
    for (int i = 0; i < op->operand_count; i++) step->x[1 + i] = src[i];
    step->kernel = kernel;
    step->kernel_name = name;
    return TR_OK;
}

/* ---------------------------------------------------------------- symbolic */

/* Whether the SYM_ step can keep `op` out of memory, as far as can be told before running. *out_varies: the dimensions
 * along which the result may change. */
static bool worth_symbolic(const tr_compiler *c, const tr_op *op, tr_step_code symbolic, uint32_t *out_varies)
{
    uint32_t varies[2] = { 0, 0 };
    for (int i = 0; i < op->operand_count; i++) {
        const tr_binding *binding = tr_binding_of(c, op->operands[i]);
        if (binding->kind != TR_BOUND_TILE || !binding->symbolic) return false;
        varies[i] = binding->varies;
    }
    *out_varies = varies[0] | varies[1];
    /* i1 has boxes, not numbers: its signed comparisons and its sums are not those of 0 and 1. */
    if (tr_value_dtype(op->operands[0]) == TR_I1 && symbolic != TR_STEP_SYM_AND) return false;
    if (*out_varies && op->results[0].type->rank > TR_AFFINE_RANK) return false;
    switch (symbolic) {
    case TR_STEP_SYM_MUL: return varies[0] == 0 || varies[1] == 0;
    case TR_STEP_SYM_DIV:
    case TR_STEP_SYM_REM: return varies[1] == 0;
    case TR_STEP_SYM_AND: return tr_value_dtype(&op->results[0]) == TR_I1;
    case TR_STEP_SYM_CAST: return tr_value_dtype(&op->results[0]) != TR_I1;
    default: return true;
    }
}

static tr_status emit_symbolic(tr_compiler *c, const tr_op *op, tr_step_code code, tr_run_fn *kernel, const char *name,
                               int64_t imm, uint32_t varies)
{
    uint32_t views[2] = { 0, 0 }, slot;
    for (int i = 0; i < op->operand_count; i++) TR_TRY(tr_use_view(c, op->operands[i], &views[i]));
    TR_TRY(tr_bind_new_slot(c, &op->results[0], &slot));
    tr_binding *binding = &c->bindings[op->results[0].id];
    binding->symbolic = true;
    binding->varies = varies;
    tr_step *step = tr_emit(c, code, tr_value_dtype(&op->results[0]));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = slot;
    for (int i = 0; i < op->operand_count; i++) step->x[1 + i] = views[i];
    step->kernel = kernel;
    step->kernel_name = name;
    step->imm = imm;
    return TR_OK;
}

/* ---------------------------------------------------------------- ops */

static tr_status no_kernel(tr_compiler *c, const tr_op *op)
{
    tr_text type = { 0 };
    tr_type_print(op->operands[0]->type, &type);
    tr_status status = tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "'%.*s' on %s has no engine",
                                  TR_STR_ARG(op->name), type.data ? type.data : "this type");
    tr_text_deinit(&type);
    return status;
}

static tr_status lower_with_kernel(tr_compiler *c, const tr_op *op, const tr_exec_row *row, int64_t imm)
{
    const char *name;
    tr_run_fn *kernel = tr_elementwise_kernel(c->code->kernels, op, &name);
    uint32_t varies;
    if (!kernel) return no_kernel(c, op);
    if (!tr_type_is_tensor(op->results[0].type)) return lower_scalar(c, op, kernel, name);
    if (row->symbolic != TR_STEP_COUNT && worth_symbolic(c, op, row->symbolic, &varies))
        return emit_symbolic(c, op, row->symbolic, kernel, name, imm, varies);
    return tr_group_op(c, kernel, name, &op->results[0], (const tr_value *const *)op->operands, op->operand_count);
}

TR_LOWER(elementwise)
{
    return lower_with_kernel(c, op, row, row->function);
}

TR_LOWER(compare)
{
    return lower_with_kernel(c, op, row, tr_op_attr_int(op, "predicate", 0));
}

TR_LOWER(cast)
{
    if (row->function == TR_CVT_FP && float_cast_kind(op) == TR_CVT_COUNT)
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op,
                          "'%.*s' rounds to the nearest even or toward zero here, in no other way", TR_STR_ARG(op->name));
    return lower_with_kernel(c, op, row, row->function);
}

/* An index is an i64: to or from a narrower integer it widens or truncates. */
TR_LOWER(index_cast)
{
    const tr_dtype from = tr_value_dtype(op->operands[0]), to = tr_value_dtype(&op->results[0]);
    if (from == to) return tr_lower_bitcast(c, op, row);
    return lower_with_kernel(c, op, row, index_cast_kind(row, from, to));
}

TR_LOWER(fp_to_fp)
{
    if (float_cast_kind(op) == TR_CVT_COUNT)
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "stochastic rounding has no engine");
    return lower_with_kernel(c, op, row, 0);
}

TR_LOWER(clampf)
{
    return lower_with_kernel(c, op, row, 0);
}

TR_LOWER(select)
{
    return lower_with_kernel(c, op, row, 0);
}

TR_LOWER(extern)
{
    const tr_attr *symbol = tr_op_attr(op, "symbol");
    if (extern_function(op) == TR_EW_NONE)
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "function '%.*s' of libdevice has no engine",
                          TR_STR_ARG(symbol ? symbol->text : TR_STR("?")));
    return lower_with_kernel(c, op, row, 0);
}

/* ---------------------------------------------------------------- two results */

/* The functions of an op with two results; the second one of addui_extended, the carry, compares the sum with an
 * operand. */
static const struct {
    tr_opcode code;
    tr_ew first, second;
} pairs[] = {
    { TR_OP_arith_addui_extended, TR_EW_ADDI, TR_EW_CMPI_ULT },
    { TR_OP_arith_mului_extended, TR_EW_MULI, TR_EW_MULHIUI },
    { TR_OP_arith_mulsi_extended, TR_EW_MULI, TR_EW_MULHISI },
    { TR_OP_math_sincos, TR_EW_SIN, TR_EW_COS },
};

static tr_status lower_one_result(tr_compiler *c, tr_ew ew, const tr_value *result, const tr_value *const *operands)
{
    const int arity = tr_ew_describe(ew)->arity;
    const char *name;
    const tr_dtype dtype = tr_value_dtype(operands[0]);
    tr_run_fn *kernel = ew_kernel(c->code->kernels, ew, dtype, &name);
    if (!kernel) return no_kernel(c, c->op);
    if (tr_type_is_tensor(result->type)) return tr_group_op(c, kernel, name, result, operands, arity);
    uint32_t src[2], dst;
    for (int i = 0; i < arity; i++) TR_TRY(tr_use_reg(c, operands[i], &src[i]));
    TR_TRY(tr_bind_new_reg(c, result, &dst));
    tr_step *step = tr_emit(c, TR_STEP_SCALAR, dtype);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = dst;
    for (int i = 0; i < arity; i++) step->x[1 + i] = src[i];
    step->kernel = kernel;
    step->kernel_name = name;
    return TR_OK;
}

TR_LOWER(pair)
{
    (void)row;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i].code != op->code) continue;
        const tr_value *const carry[2] = { &op->results[0], op->operands[0] };
        const tr_value *const *operands = (const tr_value *const *)op->operands;
        c->uses[op->results[0].id]++; /* the carry may read it */
        TR_TRY(lower_one_result(c, pairs[i].first, &op->results[0], operands));
        return lower_one_result(c, pairs[i].second, &op->results[1],
                                pairs[i].second == TR_EW_CMPI_ULT ? carry : operands);
    }
    return no_kernel(c, op);
}

/* ---------------------------------------------------------------- pointers */

static int64_t pointee_size(const tr_type *type)
{
    size_t size = tr_dtype_size(tr_type_scalar(type)->element->dtype);
    return size ? (int64_t)size : 1;
}

/* pointers + sext(offsets) * size, element by element. */
static tr_status addptr_group(tr_compiler *c, const tr_op *op, int64_t size)
{
    const tr_value *result = &op->results[0], *offset = op->operands[1];
    const tr_kernels *kernels = c->code->kernels;
    const tr_dtype offset_dtype = tr_value_dtype(offset);
    tr_shape shape = tr_shape_of(result->type);
    tr_open_group *group;
    int32_t pointers, offsets, scaled[2];

    TR_TRY(tr_group_open(c, &shape, (const tr_value *const *)op->operands, 2, 7, &group));
    TR_TRY(tr_group_operand(c, group, op->operands[0], &pointers));
    TR_TRY(tr_group_operand(c, group, offset, &offsets));
    if (tr_storage(offset_dtype) != TR_I64) {
        tr_run_fn *widen = kernels->convert[TR_CVT_SEXT][offset_dtype][TR_I64];
        TR_TRY(tr_group_add(c, group, widen, "SEXT", TR_I64, &offsets, 1, NULL, &offsets));
    }
    if (size != 1) {
        uint32_t slot;
        TR_TRY(tr_new_constant(c, TR_I64, &shape, (tr_tile){ .form = TR_FORM_UNIFORM, .base = size }, &slot));
        scaled[0] = offsets;
        TR_TRY(tr_group_input_view(c, group, tr_identity_view(c, slot), &scaled[1]));
        TR_TRY(tr_group_add(c, group, kernels->ew[TR_EW_MULI][TR_I64], "MULI", TR_I64, scaled, 2, NULL, &offsets));
    }
    int32_t src[2] = { pointers, offsets }, node;
    return tr_group_add(c, group, kernels->ew[TR_EW_ADDI][TR_I64], "ADDI", TR_PTR, src, 2, result, &node);
}

TR_LOWER(addptr)
{
    const tr_value *result = &op->results[0];
    const int64_t size = pointee_size(result->type);
    uint32_t varies;
    if (tr_type_is_tensor(result->type)) {
        if (worth_symbolic(c, op, row->symbolic, &varies))
            return emit_symbolic(c, op, row->symbolic, NULL, NULL, size, varies);
        return addptr_group(c, op, size);
    }
    uint32_t pointer, offset, dst;
    TR_TRY(tr_use_reg(c, op->operands[0], &pointer));
    TR_TRY(tr_use_reg(c, op->operands[1], &offset));
    TR_TRY(tr_bind_new_reg(c, result, &dst));
    tr_step *step = tr_emit(c, TR_STEP_ADDPTR, tr_value_dtype(op->operands[1]));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = dst;
    step->x[1] = pointer;
    step->x[2] = offset;
    step->imm = size;
    return TR_OK;
}
