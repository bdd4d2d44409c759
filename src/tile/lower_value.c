/* Constants, indices, and the ops that only look at a value in another way. */
#include "tile/frame.h"
#include "tile/lower.h"

/* The bits of an INTEGER, FLOAT or BOOL attribute in storage format; integers sign-extended. */
static int64_t scalar_bits(const tr_attr *attr, tr_dtype dtype)
{
    return dtype == TR_I1 ? attr->integer & 1 : attr->integer;
}

/* One element of an ELEMENTS attribute's data, integers sign-extended. */
static int64_t element_bits(const void *data, tr_dtype dtype)
{
    uint64_t bits = 0;
    memcpy(&bits, data, tr_dtype_size(dtype));
    return tr_dtype_is_int(dtype) ? tr_reg_int(dtype, bits) : (int64_t)bits;
}

TR_LOWER(constant)
{
    const tr_value *result = &op->results[0];
    const tr_attr *value = tr_op_attr(op, "value");
    const tr_dtype dtype = tr_value_dtype(result);
    (void)row;
    if (!tr_type_is_tensor(result->type)) {
        uint32_t reg;
        TR_TRY(tr_new_reg(c, (uint64_t)scalar_bits(value, dtype), &reg));
        tr_bind(c, result, (tr_binding){ .kind = TR_BOUND_REG, .index = reg });
        return TR_OK;
    }
    tr_shape shape = tr_shape_of(result->type);
    tr_tile tile = { .form = TR_FORM_UNIFORM };
    bool uniform = value->kind != TR_ATTR_ELEMENTS || value->splat;
    if (value->kind == TR_ATTR_ELEMENTS && value->splat) {
        tile.base = element_bits(value->data, dtype);
    } else if (value->kind == TR_ATTR_ELEMENTS) {
        tile.form = TR_FORM_DENSE;
        tile.data = (void *)(uintptr_t)value->data;
    } else {
        tile.base = scalar_bits(value, dtype);
    }
    uint32_t slot;
    TR_TRY(tr_new_constant(c, dtype, &shape, tile, &slot));
    c->code->slots.items[slot].value = result;
    tr_bind(c, result, (tr_binding){ .kind = TR_BOUND_TILE, .index = tr_identity_view(c, slot), .symbolic = uniform });
    return TR_OK;
}

/* An undefined value: zeros. */
TR_LOWER(poison)
{
    const tr_value *result = &op->results[0];
    (void)row;
    if (!tr_type_is_tensor(result->type)) {
        uint32_t reg;
        return tr_bind_new_reg(c, result, &reg);
    }
    tr_shape shape = tr_shape_of(result->type);
    uint32_t slot;
    TR_TRY(tr_new_constant(c, tr_value_dtype(result), &shape, (tr_tile){ .form = TR_FORM_UNIFORM }, &slot));
    tr_bind(c, result, (tr_binding){ .kind = TR_BOUND_TILE, .index = tr_identity_view(c, slot), .symbolic = true });
    return TR_OK;
}

TR_LOWER(make_range)
{
    const tr_value *result = &op->results[0];
    tr_shape shape = tr_shape_of(result->type);
    tr_tile tile = { .form = TR_FORM_AFFINE, .base = tr_op_attr_int(op, "start", 0) };
    uint32_t slot;
    (void)row;
    tile.stride[0] = 1;
    TR_TRY(tr_new_constant(c, TR_I32, &shape, tile, &slot));
    c->code->slots.items[slot].value = result;
    tr_bind(c, result, (tr_binding){ .kind = TR_BOUND_TILE, .index = tr_identity_view(c, slot), .symbolic = true,
                                     .varies = 1 });
    return TR_OK;
}

TR_LOWER(splat)
{
    const tr_value *result = &op->results[0];
    tr_shape shape = tr_shape_of(result->type);
    uint32_t view;
    (void)row;
    TR_TRY(tr_use_as_tile(c, op->operands[0], &shape, &view));
    tr_bind(c, result, (tr_binding){ .kind = TR_BOUND_TILE, .index = view, .symbolic = true });
    return TR_OK;
}

TR_LOWER(unsplat)
{
    uint32_t view, reg;
    (void)row;
    TR_TRY(tr_use_view(c, op->operands[0], &view));
    TR_TRY(tr_bind_new_reg(c, &op->results[0], &reg));
    tr_step *step = tr_emit(c, TR_STEP_UNSPLAT, tr_value_dtype(&op->results[0]));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = reg;
    step->x[1] = view;
    return TR_OK;
}

/* Binds `result` to a view derived from the operand's. */
static tr_status bind_view(tr_compiler *c, const tr_value *result, const tr_value *operand, tr_view view,
                           uint32_t varies)
{
    const tr_slot *slot = &c->code->slots.items[view.slot];
    uint32_t index;
    view.identity = tr_shape_equal(&view.shape, &slot->shape);
    for (int32_t d = 0; d < view.shape.rank; d++)
        view.identity = view.identity && (view.map[d] == d || view.shape.dims[d] == 1);
    TR_TRY(tr_new_view(c, &view, &index));
    tr_bind(c, result, (tr_binding){ .kind = TR_BOUND_TILE, .index = index,
                                     .symbolic = tr_binding_of(c, operand)->symbolic, .varies = varies });
    return TR_OK;
}

static uint32_t dim_bit(uint32_t mask, int32_t dim)
{
    return dim < 32 ? mask >> dim & 1 : 0;
}

TR_LOWER(expand_dims)
{
    const tr_value *operand = op->operands[0];
    uint32_t from, varies = 0;
    (void)row;
    TR_TRY(tr_use_view(c, operand, &from));
    tr_view source = c->code->views.items[from], view = source;
    int32_t axis = (int32_t)tr_op_attr_int(op, "axis", 0);
    view.shape = tr_shape_of(op->results[0].type);
    for (int32_t d = 0; d < view.shape.rank; d++) {
        int32_t s = d < axis ? d : d - 1;
        view.map[d] = d == axis || s >= source.shape.rank ? -1 : source.map[s];
        if (d != axis) varies |= dim_bit(tr_binding_of(c, operand)->varies, s) << d;
    }
    return bind_view(c, &op->results[0], operand, view, varies);
}

TR_LOWER(broadcast)
{
    const tr_value *operand = op->operands[0];
    uint32_t from, varies = 0;
    (void)row;
    TR_TRY(tr_use_view(c, operand, &from));
    tr_view source = c->code->views.items[from], view = source;
    view.shape = tr_shape_of(op->results[0].type);
    for (int32_t d = 0; d < view.shape.rank; d++) {
        bool repeats = source.shape.dims[d] == 1 && view.shape.dims[d] != 1;
        if (repeats) view.map[d] = -1;
        if (!repeats) varies |= dim_bit(tr_binding_of(c, operand)->varies, d) << d;
    }
    return bind_view(c, &op->results[0], operand, view, varies);
}

TR_LOWER(trans)
{
    const tr_value *operand = op->operands[0];
    const tr_attr *order = tr_op_attr(op, "order");
    uint32_t from, varies = 0;
    (void)row;
    TR_TRY(tr_use_view(c, operand, &from));
    tr_view source = c->code->views.items[from], view = source;
    view.shape = tr_shape_of(op->results[0].type);
    for (int32_t d = 0; d < view.shape.rank && d < order->count; d++) {
        view.map[d] = source.map[order->ints[d]];
        varies |= dim_bit(tr_binding_of(c, operand)->varies, (int32_t)order->ints[d]) << d;
    }
    return bind_view(c, &op->results[0], operand, view, varies);
}

/* tt.bitcast, arith.bitcast, tt.ptr_to_int, tt.int_to_ptr, arith.index_cast of one width: the same bits. */
TR_LOWER(bitcast)
{
    const tr_value *result = &op->results[0], *operand = op->operands[0];
    (void)row;
    if (!tr_type_is_tensor(result->type)) {
        uint32_t reg;
        TR_TRY(tr_use_reg(c, operand, &reg));
        tr_bind(c, result, (tr_binding){ .kind = TR_BOUND_REG, .index = reg });
        return TR_OK;
    }
    uint32_t from;
    TR_TRY(tr_use_view(c, operand, &from));
    tr_view view = c->code->views.items[from];
    const tr_dtype before = tr_storage(view.dtype);
    view.dtype = tr_value_dtype(result);
    uint32_t index;
    TR_TRY(tr_new_view(c, &view, &index));
    const tr_binding *binding = tr_binding_of(c, operand);
    tr_bind(c, result, (tr_binding){ .kind = TR_BOUND_TILE, .index = index, .varies = binding->varies,
                                     .symbolic = binding->symbolic && before == tr_storage(view.dtype) });
    return TR_OK;
}

static tr_status lower_grid(tr_compiler *c, const tr_op *op, tr_step_code code)
{
    uint32_t reg;
    TR_TRY(tr_bind_new_reg(c, &op->results[0], &reg));
    tr_step *step = tr_emit(c, code, TR_I32);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = reg;
    step->imm = tr_op_attr_int(op, "axis", 0);
    return TR_OK;
}

TR_LOWER(program_id)
{
    (void)row;
    return lower_grid(c, op, TR_STEP_PROGRAM_ID);
}

TR_LOWER(num_programs)
{
    (void)row;
    return lower_grid(c, op, TR_STEP_NUM_PROGRAMS);
}

/* Barriers, assumptions: within one program, tile ops are in order anyway. */
TR_LOWER(nothing)
{
    (void)c;
    (void)op;
    (void)row;
    return TR_OK;
}
