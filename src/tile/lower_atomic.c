/* Atomics. */
#include "tile/lower.h"

/* atomic_rmw_op: and 1, or 2, xor 3, add 4, fadd 5, max 6, min 7, umax 8, umin 9, exch 10. */
static const struct {
    tr_ew on_ints, on_floats;
} rmw_functions[] = {
    [1] = { TR_EW_ANDI, TR_EW_NONE },      [2] = { TR_EW_ORI, TR_EW_NONE },
    [3] = { TR_EW_XORI, TR_EW_NONE },      [4] = { TR_EW_ADDI, TR_EW_NONE },
    [5] = { TR_EW_NONE, TR_EW_ADDF },      [6] = { TR_EW_MAXSI, TR_EW_MAXNUMF },
    [7] = { TR_EW_MINSI, TR_EW_MINNUMF },  [8] = { TR_EW_MAXUI, TR_EW_NONE },
    [9] = { TR_EW_MINUI, TR_EW_NONE },     [10] = { TR_EW_NONE, TR_EW_NONE },
};
enum { RMW_EXCHANGE = 10 };

/* The kernel of a read-modify-write; NULL for an exchange, and *out_known false for what there is none of. */
static tr_run_fn *rmw_kernel(const tr_kernels *kernels, int64_t op, tr_dtype dtype, const char **out_name,
                             bool *out_known)
{
    *out_known = op == RMW_EXCHANGE;
    *out_name = "EXCHANGE";
    if (op < 1 || op >= RMW_EXCHANGE) return NULL;
    const tr_ew ew = tr_dtype_is_float(dtype) ? rmw_functions[op].on_floats : rmw_functions[op].on_ints;
    if (ew == TR_EW_NONE) return NULL;
    *out_name = tr_ew_describe(ew)->name;
    tr_run_fn *fn = kernels->ew[ew][tr_storage(dtype)];
    *out_known = fn != NULL;
    return fn;
}

/* Emits a step whose operands are the op's: registers when it is scalar, views when it is a tile. */
static tr_status emit_access(tr_compiler *c, const tr_op *op, tr_step_code scalar_code, tr_step_code tile_code,
                             tr_step **out_step)
{
    const tr_value *pointer = op->operands[0], *result = op->result_count ? &op->results[0] : NULL;
    const bool tile = tr_type_is_tensor(pointer->type);
    tr_shape shape = tile ? tr_shape_of(pointer->type) : (tr_shape){ 0 };
    uint32_t src[3] = { TR_NO_OPERAND, TR_NO_OPERAND, TR_NO_OPERAND }, dst;
    for (int i = 0; i < op->operand_count && i < 3; i++)
        TR_TRY(tile ? tr_use_as_tile(c, op->operands[i], &shape, &src[i]) : tr_use_reg(c, op->operands[i], &src[i]));
    if (result)
        TR_TRY(tile ? tr_bind_new_slot(c, result, &dst) : tr_bind_new_reg(c, result, &dst));
    else /* an atomic store: what was there is dropped */
        TR_TRY(tile ? tr_new_slot(c, tr_value_dtype(op->operands[1]), &shape, NULL, &dst) : tr_new_reg(c, 0, &dst));
    tr_step *step = tr_emit(c, tile ? tile_code : scalar_code, tr_pointee_dtype(pointer));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = dst;
    for (int i = 0; i < 3; i++) step->x[1 + i] = src[i];
    step->roots = c->roots[pointer->id];
    *out_step = step;
    return TR_OK;
}

TR_LOWER(atomic_rmw)
{
    const tr_dtype dtype = tr_pointee_dtype(op->operands[0]);
    const char *name;
    bool known;
    tr_run_fn *kernel =
        rmw_kernel(c->code->kernels, tr_op_attr_int(op, "atomic_rmw_op", 0), dtype, &name, &known);
    tr_step *step;
    (void)row;
    if (!known)
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "this atomic on %s has no engine",
                          tr_dtype_name(dtype));
    TR_TRY(emit_access(c, op, TR_STEP_ATOMIC_RMW, TR_STEP_TILE_RMW, &step));
    step->kernel = kernel;
    step->kernel_name = name;
    return TR_OK;
}

TR_LOWER(atomic_cas)
{
    tr_step *step;
    (void)row;
    return emit_access(c, op, TR_STEP_ATOMIC_CAS, TR_STEP_TILE_CAS, &step);
}

/* An atomic load is a load by which a program may wait for another one. */
TR_LOWER(atomic_load)
{
    TR_TRY(tr_lower_load(c, op, row));
    c->code->steps.items[c->code->steps.count - 1].imm = 1;
    return TR_OK;
}

TR_LOWER(atomic_store)
{
    tr_step *step;
    (void)row;
    TR_TRY(emit_access(c, op, TR_STEP_ATOMIC_RMW, TR_STEP_TILE_RMW, &step));
    step->kernel_name = "EXCHANGE";
    return TR_OK;
}

TR_LOWER(atomic_poll)
{
    const tr_value *pointer = op->operands[0];
    const bool tile = tr_type_is_tensor(pointer->type);
    uint32_t src[2], limit = TR_NO_OPERAND, dst;
    (void)row;
    for (int i = 0; i < 2; i++)
        TR_TRY(tile ? tr_use_view(c, op->operands[i], &src[i]) : tr_use_reg(c, op->operands[i], &src[i]));
    if (op->operand_count > 2) TR_TRY(tr_use_reg(c, op->operands[2], &limit));
    TR_TRY(tile ? tr_bind_new_slot(c, &op->results[0], &dst) : tr_bind_new_reg(c, &op->results[0], &dst));
    tr_step *step = tr_emit(c, tile ? TR_STEP_TILE_POLL : TR_STEP_ATOMIC_POLL, tr_pointee_dtype(pointer));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = dst;
    step->x[1] = src[0];
    step->x[2] = src[1];
    step->x[3] = limit;
    step->roots = c->roots[pointer->id];
    return TR_OK;
}
