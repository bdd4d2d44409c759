/* tt.dot_scaled: each operand times its scales (SCALE) in f16 or bf16, then a DOT.
 *
 * That is what Triton itself makes of the op for GPUs without instructions for it: f16 if one of the operands is, else
 * bf16.
 */
#include "tile/lower.h"
#include "tile/scaled.h"

/* One operand. */
typedef struct side {
    const char *name;
    const tr_value *value, *scale; /* scale: NULL for none */
    tr_scaled_format format;
    int along;
    bool pack_k;                   /* e2m1: packed along K, else along the other dimension */
    int64_t dims[2];               /* unpacked */
} side;

/* Operands are a, b, c and the scales that there are: all of them in the order of the text where nothing counts them
 * (Triton 3.2). */
static const tr_value *scale_operand(const tr_op *op, int which)
{
    const tr_attr *segments = tr_op_attr(op, "operandSegmentSizes");
    int at = 3 + which;
    if (segments && segments->kind == TR_ATTR_INTS && segments->count == 5) {
        if (!segments->ints[3 + which]) return NULL;
        if (which == 1) at = 3 + (int)segments->ints[3];
    }
    return at < op->operand_count ? op->operands[at] : NULL;
}

/* The attribute, by its name since 3.3 or that of 3.2. */
static tr_scaled_format format_of(const tr_op *op, const char *name, const char *old_name)
{
    return (tr_scaled_format)tr_op_attr_int(op, name, tr_op_attr_int(op, old_name, TR_SCALED_E4M3));
}

static tr_dtype element_dtype(tr_scaled_format format)
{
    switch (format) {
    case TR_SCALED_E4M3: return TR_F8E4M3FN;
    case TR_SCALED_E5M2: return TR_F8E5M2;
    case TR_SCALED_BF16: return TR_BF16;
    case TR_SCALED_FP16: return TR_F16;
    default: return TR_DTYPE_NONE;
    }
}

static tr_status misfit(tr_compiler *c, const tr_op *op, const side *s, const char *what)
{
    return tr_fail_op(c->error, TR_INVALID_INPUT, c->module, op, "'tt.dot_scaled': the %s operand %s", s->name, what);
}

/* The operand's type against its format; fills `dims`. */
static tr_status check_value(tr_compiler *c, const tr_op *op, side *s)
{
    const tr_type *type = s->value->type;
    const tr_dtype held = tr_value_dtype(s->value), element = element_dtype(s->format);
    if (element == TR_DTYPE_NONE && s->format != TR_SCALED_E2M1)
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op,
                          "'tt.dot_scaled' on %s has no engine: Triton has no tensors of it",
                          s->format == 2 ? "e2m3" : "e3m2");
    if (s->format == TR_SCALED_E2M1 ? held != TR_I8
                                    : held != element && !(tr_dtype_is_int(held) &&
                                                           tr_dtype_size(held) == tr_dtype_size(element)))
        return misfit(c, op, s, "is not of the type that its format has");
    const int packed = s->pack_k ? s->along : 1 - s->along;
    for (int d = 0; d < 2; d++) {
        s->dims[d] = type->shape[type->rank - 2 + d];
        if (s->format == TR_SCALED_E2M1 && d == packed) s->dims[d] *= 2;
    }
    return TR_OK;
}

/* The scales' type: [..., M or N, K / factor]. */
static tr_status check_scale(tr_compiler *c, const tr_op *op, const side *s, tr_scaled *out)
{
    const tr_type *type = s->scale->type, *value = s->value->type;
    const tr_dtype dtype = tr_value_dtype(s->scale);
    const int64_t k = s->dims[s->along];
    if (dtype != TR_I8 && dtype != TR_F8E4M3FN)
        return misfit(c, op, s, "has scales that are neither i8 nor f8E4M3FN");
    bool fits = type->rank == value->rank && type->shape[type->rank - 2] == s->dims[1 - s->along] &&
                k % type->shape[type->rank - 1] == 0;
    for (int32_t d = 0; fits && d < type->rank - 2; d++) fits = type->shape[d] == value->shape[d];
    if (!fits) return misfit(c, op, s, "has scales of another shape");
    out->factor = k / type->shape[type->rank - 1];
    out->exponents = dtype == TR_I8;
    return TR_OK;
}

/* *out_view: the operand in `compute`, scaled. */
static tr_status scale_operand_view(tr_compiler *c, const tr_op *op, side *s, tr_dtype compute, uint32_t *out_view)
{
    uint32_t value, scales = TR_NO_OPERAND, slot;
    tr_scaled *scaled = TR_NEW(&c->code->arena, tr_scaled);
    if (!scaled) return TR_OOM(c->error);
    scaled->dtype = element_dtype(s->format);
    scaled->along = s->along;
    scaled->packed = s->pack_k ? s->along : 1 - s->along;
    TR_TRY(tr_use_view(c, s->value, &value));
    if (s->scale) {
        TR_TRY(check_scale(c, op, s, scaled));
        TR_TRY(tr_use_view(c, s->scale, &scales));
    } else if (tr_value_dtype(s->value) == compute) {
        *out_view = value;
        return TR_OK;
    }
    tr_shape shape = tr_shape_of(s->value->type);
    shape.count = 1;
    for (int d = 0; d < 2; d++) shape.dims[shape.rank - 2 + d] = s->dims[d];
    for (int32_t d = 0; d < shape.rank; d++) shape.count *= shape.dims[d];
    TR_TRY(tr_new_slot(c, compute, &shape, NULL, &slot));
    tr_step *step = tr_emit(c, TR_STEP_SCALE, compute);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = slot;
    step->x[1] = value;
    step->x[2] = scales;
    step->aux = scaled;
    *out_view = tr_identity_view(c, slot);
    return TR_OK;
}

static tr_status check_shapes(tr_compiler *c, const tr_op *op, const side *a, const side *b)
{
    const tr_type *left = a->value->type, *right = b->value->type, *result = op->results[0].type;
    const int32_t rank = left->rank;
    bool fits = (rank == 2 || rank == 3) && right->rank == rank && result->rank == rank && a->dims[1] == b->dims[0] &&
                result->shape[rank - 2] == a->dims[0] && result->shape[rank - 1] == b->dims[1];
    if (fits && rank == 3) fits = left->shape[0] == right->shape[0] && left->shape[0] == result->shape[0];
    return fits ? TR_OK
                : tr_fail_op(c->error, TR_INVALID_INPUT, c->module, op,
                             "'tt.dot_scaled': the shapes don't agree with one another and the formats");
}

TR_LOWER(dot_scaled)
{
    side a = { .name = "left", .value = op->operands[0], .scale = scale_operand(op, 0), .along = 1,
               .format = format_of(op, "a_elem_type", "lhs_type"), .pack_k = tr_op_attr_int(op, "lhs_k_pack", 1) };
    side b = { .name = "right", .value = op->operands[1], .scale = scale_operand(op, 1), .along = 0,
               .format = format_of(op, "b_elem_type", "rhs_type"), .pack_k = tr_op_attr_int(op, "rhs_k_pack", 1) };
    const tr_dtype compute = a.format == TR_SCALED_FP16 || b.format == TR_SCALED_FP16 ? TR_F16 : TR_BF16;
    uint32_t views[3], slot;
    (void)row;
    if (a.value->type->rank < 2 || b.value->type->rank < 2) return check_shapes(c, op, &a, &b);
    TR_TRY(check_value(c, op, &a));
    TR_TRY(check_value(c, op, &b));
    TR_TRY(check_shapes(c, op, &a, &b));
    TR_TRY(scale_operand_view(c, op, &a, compute, &views[0]));
    TR_TRY(scale_operand_view(c, op, &b, compute, &views[1]));
    TR_TRY(tr_use_view(c, op->operands[2], &views[2]));
    TR_TRY(tr_bind_new_slot(c, &op->results[0], &slot));
    tr_step *step = tr_emit(c, TR_STEP_DOT, compute);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = slot;
    for (int i = 0; i < 3; i++) step->x[1 + i] = views[i];
    step->imm = 2; /* ieee */
    return TR_OK;
}
