/* Elementwise ops that no kernel does by itself: a few kernels one after another. */
#include "tile/lower.h"

/* Places values as an op's operands are: nodes of a group for tiles, registers for scalars. */
typedef struct expansion {
    tr_compiler *c;
    bool tile;
    tr_shape shape;
    tr_open_group *group;
} expansion;

enum { EXPANSION_NODES = 12 };

static tr_status begin(expansion *e, tr_compiler *c, const tr_op *op)
{
    const tr_type *type = op->results[0].type;
    *e = (expansion){ .c = c, .tile = tr_type_is_tensor(type) };
    if (!e->tile) return TR_OK;
    e->shape = tr_shape_of(type);
    return tr_group_open(c, &e->shape, (const tr_value *const *)op->operands, op->operand_count, EXPANSION_NODES,
                         &e->group);
}

static tr_status operand(expansion *e, const tr_value *value, int32_t *out)
{
    if (e->tile) return tr_group_operand(e->c, e->group, value, out);
    uint32_t reg = 0;
    TR_TRY(tr_use_reg(e->c, value, &reg));
    *out = (int32_t)reg;
    return TR_OK;
}

static tr_status constant(expansion *e, tr_dtype dtype, double value, int32_t *out)
{
    uint64_t bits = 0;
    uint32_t place = 0;
    tr_store_f64(dtype, &bits, value);
    if (e->tile) {
        TR_TRY(tr_new_constant(e->c, dtype, &e->shape, (tr_tile){ .form = TR_FORM_UNIFORM, .base = (int64_t)bits },
                               &place));
        return tr_group_input_view(e->c, e->group, tr_identity_view(e->c, place), out);
    }
    TR_TRY(tr_new_reg(e->c, bits, &place));
    *out = (int32_t)place;
    return TR_OK;
}

/* *out = kernel(src ...), of `dtype`; `result` is the value that it is, NULL for one in between. */
static tr_status apply(expansion *e, tr_run_fn *kernel, const char *name, tr_dtype dtype, const int32_t *src, int count,
                       const tr_value *result, int32_t *out)
{
    if (!kernel)
        return tr_fail_op(e->c->error, TR_UNSUPPORTED, e->c->module, e->c->op, "'%.*s' has no engine for this type",
                          TR_STR_ARG(e->c->op->name));
    if (e->tile) return tr_group_add(e->c, e->group, kernel, name, dtype, src, count, result, out);
    uint32_t dst = 0;
    TR_TRY(result ? tr_bind_new_reg(e->c, result, &dst) : tr_new_reg(e->c, 0, &dst));
    tr_step *step = tr_emit(e->c, TR_STEP_SCALAR, dtype);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = dst;
    for (int i = 0; i < count; i++) step->x[1 + i] = (uint32_t)src[i];
    step->kernel = kernel;
    step->kernel_name = name;
    *out = (int32_t)dst;
    return TR_OK;
}

/* The function `ew` on `dtype`. */
static tr_status call(expansion *e, tr_ew ew, tr_dtype dtype, const int32_t *src, const tr_value *result, int32_t *out)
{
    const tr_ew_info *info = tr_ew_describe(ew);
    return apply(e, e->c->code->kernels->ew[ew][tr_storage(dtype)], info->name, info->result_i1 ? TR_I1 : dtype, src,
                 info->arity, result, out);
}

/* The smallest normal number. */
static double smallest_normal(tr_dtype dtype)
{
    switch (dtype) {
    case TR_F16: return 0x1p-14;
    case TR_F64: return 0x1p-1022;
    default: return 0x1p-126; /* f32, bf16 */
    }
}

/* smallest normal <= |x| < infinity */
TR_LOWER(isnormal)
{
    const tr_dtype dtype = tr_value_dtype(op->operands[0]);
    expansion e;
    int32_t x, magnitude, least, infinity, large, finite, out;
    (void)row;
    TR_TRY(begin(&e, c, op));
    TR_TRY(operand(&e, op->operands[0], &x));
    TR_TRY(constant(&e, dtype, smallest_normal(dtype), &least));
    TR_TRY(constant(&e, dtype, __builtin_inf(), &infinity));
    TR_TRY(call(&e, TR_EW_ABSF, dtype, &x, NULL, &magnitude));
    TR_TRY(call(&e, TR_EW_CMPF_OGE, dtype, (int32_t[]){ magnitude, least }, NULL, &large));
    TR_TRY(call(&e, TR_EW_CMPF_OLT, dtype, (int32_t[]){ magnitude, infinity }, NULL, &finite));
    return call(&e, TR_EW_ANDI, TR_I1, (int32_t[]){ large, finite }, &op->results[0], &out);
}

/* |x| < smallest normal ? 0 with the sign of x : x */
TR_LOWER(flush)
{
    const tr_dtype dtype = tr_value_dtype(op->operands[0]);
    expansion e;
    int32_t x, magnitude, least, zero, small, flushed, out;
    (void)row;
    TR_TRY(begin(&e, c, op));
    TR_TRY(operand(&e, op->operands[0], &x));
    TR_TRY(constant(&e, dtype, smallest_normal(dtype), &least));
    TR_TRY(constant(&e, dtype, 0, &zero));
    TR_TRY(call(&e, TR_EW_ABSF, dtype, &x, NULL, &magnitude));
    TR_TRY(call(&e, TR_EW_CMPF_OLT, dtype, (int32_t[]){ magnitude, least }, NULL, &small));
    TR_TRY(call(&e, TR_EW_COPYSIGN, dtype, (int32_t[]){ zero, x }, NULL, &flushed));
    return call(&e, TR_EW_SELECT, dtype, (int32_t[]){ small, flushed, x }, &op->results[0], &out);
}

/* x to the power of an integer: pow(x, n as a float) */
TR_LOWER(fpowi)
{
    const tr_dtype dtype = tr_value_dtype(op->operands[0]), integer = tr_value_dtype(op->operands[1]);
    tr_run_fn *widen = c->code->kernels->convert[TR_CVT_SI_TO_FP][integer][dtype];
    expansion e;
    int32_t x, n, exponent, out;
    (void)row;
    TR_TRY(begin(&e, c, op));
    TR_TRY(operand(&e, op->operands[0], &x));
    TR_TRY(operand(&e, op->operands[1], &n));
    TR_TRY(apply(&e, widen, "SI_TO_FP", dtype, &n, 1, NULL, &exponent));
    return call(&e, TR_EW_POWF, dtype, (int32_t[]){ x, exponent }, &op->results[0], &out);
}
