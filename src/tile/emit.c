/* Registers, slots, views and steps as the compiler makes them. */
#include "tile/compile.h"

tr_shape tr_shape_of(const tr_type *type)
{
    tr_shape shape = { .rank = type->rank, .count = type->count };
    for (int32_t d = 0; d < type->rank && d < TR_TILE_RANK; d++) shape.dims[d] = type->shape[d];
    if (shape.rank == 0) { /* a tensor without dimensions is a row of one */
        shape.rank = 1;
        shape.dims[0] = 1;
    }
    return shape;
}

bool tr_shape_equal(const tr_shape *a, const tr_shape *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof(a->dims[0])) == 0;
}

tr_dtype tr_value_dtype(const tr_value *value)
{
    return tr_type_scalar(value->type)->dtype;
}

tr_dtype tr_pointee_dtype(const tr_value *pointer)
{
    return tr_type_scalar(pointer->type)->element->dtype;
}

tr_status tr_new_reg(tr_compiler *c, uint64_t initial, uint32_t *out_reg)
{
    if (!tr_vec_push(&c->regs, initial)) return TR_OOM(c->error);
    *out_reg = (uint32_t)(c->regs.count - 1);
    return TR_OK;
}

tr_status tr_new_view(tr_compiler *c, const tr_view *view, uint32_t *out_view)
{
    if (!tr_vec_push(&c->code->views, *view)) return TR_OOM(c->error);
    *out_view = (uint32_t)(c->code->views.count - 1);
    return TR_OK;
}

static tr_status add_slot(tr_compiler *c, const tr_slot *slot, uint32_t *out_slot)
{
    tr_view view = { .slot = (uint32_t)c->code->slots.count, .dtype = slot->dtype, .identity = true,
                     .shape = slot->shape };
    for (int32_t d = 0; d < slot->shape.rank; d++) view.map[d] = (int8_t)d;
    uint32_t view_index = 0;
    TR_TRY(tr_new_view(c, &view, &view_index));
    if (!tr_vec_reserve_bytes((void **)&c->slot_view, c->code->slots.count, &c->slot_view_capacity, 1,
                              sizeof(*c->slot_view)) ||
        !tr_vec_push(&c->code->slots, *slot))
        return TR_OOM(c->error);
    *out_slot = view.slot;
    c->slot_view[view.slot] = view_index;
    return TR_OK;
}

tr_status tr_new_slot(tr_compiler *c, tr_dtype dtype, const tr_shape *shape, const tr_value *value, uint32_t *out_slot)
{
    return add_slot(c, &(tr_slot){ .dtype = dtype, .shape = *shape, .value = value }, out_slot);
}

tr_status tr_new_constant(tr_compiler *c, tr_dtype dtype, const tr_shape *shape, tr_tile initial, uint32_t *out_slot)
{
    return add_slot(c, &(tr_slot){ .dtype = dtype, .shape = *shape, .constant = true, .initial = initial }, out_slot);
}

uint32_t tr_identity_view(const tr_compiler *c, uint32_t slot)
{
    return c->slot_view[slot];
}

tr_step *tr_emit(tr_compiler *c, tr_step_code code, tr_dtype dtype)
{
    tr_step step = { .run = tr_step_table[code].run, .code = code, .dtype = dtype, .op = c->op };
    for (int i = 0; i < TR_STEP_OPERANDS; i++) step.x[i] = TR_NO_OPERAND;
    if (!tr_vec_push(&c->code->steps, step)) {
        (void)TR_OOM(c->error);
        return NULL;
    }
    return &c->code->steps.items[c->code->steps.count - 1];
}

uint32_t tr_here(const tr_compiler *c)
{
    return (uint32_t)c->code->steps.count;
}

void tr_bind(tr_compiler *c, const tr_value *value, tr_binding binding)
{
    c->bindings[value->id] = binding;
}

const tr_binding *tr_binding_of(const tr_compiler *c, const tr_value *value)
{
    return &c->bindings[value->id];
}

tr_status tr_bind_new_reg(tr_compiler *c, const tr_value *value, uint32_t *out_reg)
{
    TR_TRY(tr_new_reg(c, 0, out_reg));
    tr_bind(c, value, (tr_binding){ .kind = TR_BOUND_REG, .index = *out_reg });
    return TR_OK;
}

tr_status tr_bind_new_slot(tr_compiler *c, const tr_value *value, uint32_t *out_slot)
{
    tr_shape shape = tr_shape_of(value->type);
    TR_TRY(tr_new_slot(c, tr_value_dtype(value), &shape, value, out_slot));
    tr_bind(c, value, (tr_binding){ .kind = TR_BOUND_TILE, .index = tr_identity_view(c, *out_slot) });
    return TR_OK;
}

static tr_status not_bound(tr_compiler *c, const tr_value *value)
{
    return tr_fail_op(c->error, TR_INTERNAL, c->module, c->op, "tile compiler: operand %%%.*s has no place",
                      TR_STR_ARG(value->name));
}

tr_status tr_use_reg(tr_compiler *c, const tr_value *value, uint32_t *out_reg)
{
    const tr_binding *binding = tr_binding_of(c, value);
    if (binding->kind != TR_BOUND_REG) return not_bound(c, value);
    *out_reg = binding->index;
    return TR_OK;
}

tr_status tr_use_view(tr_compiler *c, const tr_value *value, uint32_t *out_view)
{
    if (tr_binding_of(c, value)->kind == TR_BOUND_PENDING) TR_TRY(tr_close_groups(c));
    const tr_binding *binding = tr_binding_of(c, value);
    if (binding->kind != TR_BOUND_TILE) return not_bound(c, value);
    *out_view = binding->index;
    return TR_OK;
}

tr_status tr_use_as_tile(tr_compiler *c, const tr_value *value, const tr_shape *shape, uint32_t *out_view)
{
    if (tr_type_is_tensor(value->type)) return tr_use_view(c, value, out_view);
    uint32_t reg = 0, slot;
    TR_TRY(tr_use_reg(c, value, &reg));
    TR_TRY(tr_new_slot(c, tr_value_dtype(value), shape, value, &slot));
    tr_step *step = tr_emit(c, TR_STEP_SPLAT, tr_value_dtype(value));
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = slot;
    step->x[1] = reg;
    *out_view = tr_identity_view(c, slot);
    return TR_OK;
}
