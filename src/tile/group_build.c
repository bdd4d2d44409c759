/* Building fused elementwise groups.
 *
 * While a block is lowered, one group a shape is open. An elementwise op joins the group of its shape; any other op
 * that needs a value of an open group closes the groups first. Ops lowered meanwhile run before the group does, which
 * is sound: elementwise ops read and write no memory, and whatever needs their values closes them.
 */
#include "tile/compile.h"

static tr_status close_group(tr_compiler *c, tr_open_group *group);

tr_status tr_close_groups(tr_compiler *c)
{
    for (int i = 0; i < TR_OPEN_GROUPS; i++)
        if (c->open[i] && c->open[i]->count > 0) TR_TRY(close_group(c, c->open[i]));
    return TR_OK;
}

static tr_open_group *group_of_shape(tr_compiler *c, const tr_shape *shape)
{
    for (int i = 0; i < TR_OPEN_GROUPS; i++)
        if (c->open[i] && c->open[i]->count > 0 && tr_shape_equal(&c->open[i]->shape, shape)) return c->open[i];
    return NULL;
}

static tr_open_group *unused_group(tr_compiler *c)
{
    for (int i = 0; i < TR_OPEN_GROUPS; i++) {
        if (!c->open[i]) c->open[i] = TR_NEW(&c->code->arena, tr_open_group);
        if (!c->open[i] || c->open[i]->count == 0) return c->open[i];
    }
    return NULL;
}

tr_status tr_group_open(tr_compiler *c, const tr_shape *shape, const tr_value *const *operands, int operand_count,
                        int need, tr_open_group **out_group)
{
    tr_open_group *group = group_of_shape(c, shape);
    bool close = group && group->count + need > TR_GROUP_TEMPS;
    for (int i = 0; i < operand_count; i++) {
        if (!tr_type_is_tensor(operands[i]->type) || tr_binding_of(c, operands[i])->kind != TR_BOUND_PENDING) continue;
        tr_shape other = tr_shape_of(operands[i]->type);
        if (!tr_shape_equal(&other, shape)) close = true;
    }
    if (close) {
        TR_TRY(tr_close_groups(c));
        group = NULL;
    }
    if (!group) {
        group = unused_group(c);
        if (!group) {
            TR_TRY(tr_close_groups(c));
            group = unused_group(c);
        }
        if (!group) return TR_OOM(c->error);
        group->shape = *shape;
    }
    *out_group = group;
    return TR_OK;
}

static tr_status add_node(tr_compiler *c, tr_open_group *group, const tr_node *node, int32_t *out_node)
{
    if (group->count >= TR_GROUP_TEMPS)
        return tr_fail_op(c->error, TR_INTERNAL, c->module, c->op, "tile compiler: elementwise group too large");
    *out_node = group->count;
    group->nodes[group->count++] = *node;
    return TR_OK;
}

tr_status tr_group_input_view(tr_compiler *c, tr_open_group *group, uint32_t view, int32_t *out_node)
{
    for (int32_t i = 0; i < group->count; i++) {
        if (!group->nodes[i].fn && group->nodes[i].view == view) {
            *out_node = i;
            return TR_OK;
        }
    }
    tr_node node = { .view = view, .src = { -1, -1, -1 }, .dtype = c->code->views.items[view].dtype, .op = c->op };
    return add_node(c, group, &node, out_node);
}

tr_status tr_group_operand(tr_compiler *c, tr_open_group *group, const tr_value *value, int32_t *out_node)
{
    const tr_binding *binding = tr_binding_of(c, value);
    if (binding->kind == TR_BOUND_PENDING) {
        *out_node = (int32_t)binding->index;
        group->nodes[binding->index].inner_uses++;
        return TR_OK;
    }
    uint32_t view;
    TR_TRY(tr_use_as_tile(c, value, &group->shape, &view));
    return tr_group_input_view(c, group, view, out_node);
}

tr_status tr_group_add(tr_compiler *c, tr_open_group *group, tr_run_fn *fn, const char *name, tr_dtype dtype,
                       const int32_t *src, int src_count, const tr_value *value, int32_t *out_node)
{
    tr_node node = { .fn = fn, .name = name, .op = c->op, .value = value, .src = { -1, -1, -1 }, .dtype = dtype };
    for (int i = 0; i < src_count; i++) node.src[i] = src[i];
    TR_TRY(add_node(c, group, &node, out_node));
    if (value) tr_bind(c, value, (tr_binding){ .kind = TR_BOUND_PENDING, .index = (uint32_t)*out_node });
    return TR_OK;
}

tr_status tr_group_op(tr_compiler *c, tr_run_fn *fn, const char *name, const tr_value *result,
                      const tr_value *const *operands, int operand_count)
{
    tr_shape shape = tr_shape_of(result->type);
    tr_open_group *group;
    int32_t src[3], node;
    TR_TRY(tr_group_open(c, &shape, operands, operand_count, operand_count + 1, &group));
    for (int i = 0; i < operand_count; i++) TR_TRY(tr_group_operand(c, group, operands[i], &src[i]));
    return tr_group_add(c, group, fn, name, tr_value_dtype(result), src, operand_count, result, &node);
}

/* ---------------------------------------------------------------- from nodes to micro steps */

/* Gives every needed node a temporary. Inputs and outputs have one to themselves (their runs may be the slots' own
 * storage); the others are reused after their last use. A node may take over the temporary of a source that dies
 * with it only when the elements have one size. */
static int32_t assign_temps(const tr_node *nodes, int32_t count, const bool *needed, const bool *output, uint16_t *temp)
{
    int32_t last_use[TR_GROUP_TEMPS], temps = 0, idle_count = 0;
    uint16_t idle[TR_GROUP_TEMPS];
    for (int32_t i = 0; i < count; i++) last_use[i] = -1;
    for (int32_t i = 0; i < count; i++)
        for (int k = 0; needed[i] && k < 3; k++)
            if (nodes[i].src[k] >= 0) last_use[nodes[i].src[k]] = i;
    for (int32_t i = 0; i < count; i++) {
        if (!needed[i]) continue;
        if (!nodes[i].fn || output[i]) {
            temp[i] = (uint16_t)temps++;
        } else {
            temp[i] = TR_NO_TEMP;
        }
    }
    for (int32_t i = 0; i < count; i++) {
        if (!needed[i] || !nodes[i].fn) continue;
        const size_t size = tr_dtype_size(nodes[i].dtype);
        uint16_t released[3];
        int released_count = 0;
        for (int k = 0; k < 3; k++) {
            int32_t s = nodes[i].src[k];
            if (s < 0 || !nodes[s].fn || output[s] || last_use[s] != i) continue;
            last_use[s] = -1; /* an operand that stands twice is released once */
            if (tr_dtype_size(nodes[s].dtype) == size)
                idle[idle_count++] = temp[s];
            else
                released[released_count++] = temp[s];
        }
        if (temp[i] == TR_NO_TEMP) temp[i] = idle_count > 0 ? idle[--idle_count] : (uint16_t)temps++;
        for (int k = 0; k < released_count; k++) idle[idle_count++] = released[k];
        if (last_use[i] < 0 && !output[i]) idle[idle_count++] = temp[i];
    }
    return temps;
}

/* Elements of a strip so that the temporaries stay in the first-level cache. */
static int64_t choose_strip(int64_t count, int32_t temps, size_t size)
{
    int64_t strip = 1024;
    while (strip > 128 && (size_t)strip * size * (size_t)temps > TR_TEMP_BYTES) strip /= 2;
    return strip < count ? strip : count;
}

/* The kernel for an f32 node whose operand `side` is the result of `first`; NULL if there is none. */
static const tr_pair *find_pair(const tr_kernels *kernels, const tr_node *first, const tr_node *second, int side)
{
    if (first->dtype != TR_F32 || second->dtype != TR_F32) return NULL;
    for (int i = 0; i < kernels->pair_count; i++) {
        const tr_pair *pair = &kernels->pairs[i];
        const bool either = pair->second == TR_EW_ADDF || pair->second == TR_EW_MULF;
        if (first->fn == kernels->ew[pair->first][TR_F32] && second->fn == kernels->ew[pair->second][TR_F32] &&
            (pair->side == side || either))
            return pair;
    }
    return NULL;
}

/* Joins what is used once, by the node, with it: one pass over a strip less. */
static void join_pairs(const tr_kernels *kernels, tr_node *nodes, int32_t count, const bool *output)
{
    int32_t uses[TR_GROUP_TEMPS] = { 0 };
    for (int32_t i = 0; i < count; i++)
        for (int k = 0; k < 3; k++)
            if (nodes[i].src[k] >= 0) uses[nodes[i].src[k]]++;
    for (int32_t i = 0; i < count; i++) {
        tr_node *node = &nodes[i];
        for (int side = 0; node->fn && side < 2; side++) {
            const int32_t from = node->src[side];
            if (from < 0 || uses[from] != 1 || output[from] || !nodes[from].fn) continue;
            const tr_pair *pair = find_pair(kernels, &nodes[from], node, side);
            if (!pair) continue;
            const int32_t other = node->src[1 - side];
            for (int k = 0; k < 2; k++) node->src[k] = nodes[from].src[k];
            node->src[2] = other;
            node->fn = pair->fn;
            node->name = pair->name;
            uses[from] = 0;
            for (int k = 0; k < 2; k++) nodes[from].src[k] = -1;
            break;
        }
    }
}

static tr_status build_group(tr_compiler *c, const tr_open_group *open, const bool *output, tr_group **out_group)
{
    tr_arena *arena = &c->code->arena;
    const tr_node *nodes = open->nodes;
    bool needed[TR_GROUP_TEMPS] = { false };
    uint16_t temp[TR_GROUP_TEMPS];
    size_t size = 1;

    tr_group *group = TR_NEW(arena, tr_group);
    if (!group) return TR_OOM(c->error);
    for (int32_t i = open->count - 1; i >= 0; i--) {
        needed[i] = needed[i] || output[i];
        for (int k = 0; needed[i] && k < 3; k++)
            if (nodes[i].src[k] >= 0) needed[nodes[i].src[k]] = true;
        if (!needed[i]) continue;
        size_t own = tr_dtype_size(tr_storage(nodes[i].dtype));
        size = own > size ? own : size;
        group->input_count += nodes[i].fn == NULL;
        group->output_count += output[i];
        group->micro_count += nodes[i].fn != NULL;
    }
    group->shape = open->shape;
    group->temp_count = assign_temps(nodes, open->count, needed, output, temp);
    group->strip = choose_strip(open->shape.count, group->temp_count, size);
    group->temp_size = ((size_t)group->strip * size + 63) & ~(size_t)63;
    group->micros = TR_NEW_ARRAY(arena, tr_micro, group->micro_count + 1);
    group->inputs = TR_NEW_ARRAY(arena, tr_group_io, group->input_count + 1);
    group->outputs = TR_NEW_ARRAY(arena, tr_group_io, group->output_count + 1);
    if (!group->micros || !group->inputs || !group->outputs) return TR_OOM(c->error);

    int32_t micros = 0, inputs = 0, outputs = 0;
    for (int32_t i = 0; i < open->count; i++) {
        if (!needed[i]) continue;
        uint8_t bytes = (uint8_t)tr_dtype_size(tr_storage(nodes[i].dtype));
        if (nodes[i].fn) {
            tr_micro *micro = &group->micros[micros++];
            *micro = (tr_micro){ .fn = nodes[i].fn, .name = nodes[i].name, .dst = temp[i], .op = nodes[i].op };
            for (int k = 0; k < 3; k++) micro->src[k] = nodes[i].src[k] < 0 ? TR_NO_TEMP : temp[nodes[i].src[k]];
        } else {
            group->inputs[inputs++] = (tr_group_io){ .operand = nodes[i].view, .temp = temp[i], .size = bytes };
        }
        if (output[i]) group->outputs[outputs++] = (tr_group_io){ .operand = (uint32_t)i, .temp = temp[i], .size = bytes };
    }
    group->long_strip = choose_strip(INT64_MAX, group->temp_count, size);
    group->long_temp_size = ((size_t)group->long_strip * size + 63) & ~(size_t)63;
    size_t need = (size_t)group->temp_count * group->long_temp_size;
    if (need > c->code->temps_size) c->code->temps_size = need;
    *out_group = group;
    return TR_OK;
}

static tr_status close_group(tr_compiler *c, tr_open_group *open)
{
    bool output[TR_GROUP_TEMPS] = { false }, any = false;
    const tr_op *current = c->op;
    for (int32_t i = 0; i < open->count; i++) {
        const tr_value *value = open->nodes[i].value;
        output[i] = value && c->uses[value->id] > open->nodes[i].inner_uses;
        any = any || output[i];
    }
    if (any) {
        tr_group *group;
        join_pairs(c->code->kernels, open->nodes, open->count, output);
        TR_TRY(build_group(c, open, output, &group));
        for (int32_t k = 0; k < group->output_count; k++) {
            const tr_value *value = open->nodes[group->outputs[k].operand].value;
            TR_TRY(tr_bind_new_slot(c, value, &group->outputs[k].operand));
        }
        c->op = open->nodes[open->count - 1].op;
        tr_step *step = tr_emit(c, TR_STEP_GROUP, TR_DTYPE_NONE);
        c->op = current;
        if (!step) return TR_OUT_OF_MEMORY;
        step->aux = group;
    }
    open->count = 0;
    return TR_OK;
}

/* ---------------------------------------------------------------- bodies of reductions and scans */

/* Lowers one op of a combine region to a node; values are bound to nodes of `open`. */
static tr_status region_op(tr_compiler *c, tr_open_group *open, const tr_op *op)
{
    const char *name;
    int32_t src[3], node;
    tr_run_fn *fn = tr_elementwise_kernel(c->code->kernels, op, &name);
    for (int i = 0; i < op->operand_count; i++) {
        const tr_binding *binding = tr_binding_of(c, op->operands[i]);
        if (binding->kind == TR_BOUND_REG) { /* a scalar from outside or a constant: the same for every element */
            uint32_t view;
            TR_TRY(tr_use_as_tile(c, op->operands[i], &open->shape, &view));
            TR_TRY(tr_group_input_view(c, open, view, &src[i]));
        } else {
            src[i] = (int32_t)binding->index;
        }
    }
    return tr_group_add(c, open, fn, name, tr_value_dtype(&op->results[0]), src, op->operand_count, &op->results[0],
                        &node);
}

bool tr_region_is_chain(const tr_compiler *c, const tr_region *region)
{
    const tr_block *block = region->first;
    if (region->block_count != 1 || !block->last) return false;
    int32_t nodes = block->arg_count;
    for (const tr_op *op = block->first; op != block->last; op = op->next) {
        const char *name;
        if (op->code == TR_OP_arith_constant) continue;
        nodes += 1 + op->operand_count; /* an operand may be a constant, which takes a node */
        if (op->operand_count > 3 || !tr_elementwise_kernel(c->code->kernels, op, &name)) return false;
    }
    for (int i = 0; i < block->last->operand_count; i++) {
        const tr_op *producer = block->last->operands[i]->op;
        if (producer && (producer->parent != block || producer->code == TR_OP_arith_constant)) return false;
    }
    return nodes <= TR_GROUP_TEMPS;
}

tr_status tr_group_from_region(tr_compiler *c, const tr_region *region, int64_t longest, tr_group **out_group)
{
    const tr_block *block = region->first;
    tr_open_group *open = TR_NEW(&c->code->arena, tr_open_group);
    bool output[TR_GROUP_TEMPS] = { false };
    const tr_op *current = c->op;
    if (!open) return TR_OOM(c->error);
    open->shape = (tr_shape){ .rank = 1, .count = longest, .dims = { longest } };
    for (int32_t i = 0; i < block->arg_count; i++) {
        int32_t node = 0;
        tr_node input = { .src = { -1, -1, -1 }, .dtype = tr_value_dtype(&block->args[i]), .op = c->op,
                          .view = TR_NO_OPERAND };
        TR_TRY(add_node(c, open, &input, &node));
        tr_bind(c, &block->args[i], (tr_binding){ .kind = TR_BOUND_PENDING, .index = (uint32_t)node });
        output[node] = false;
    }
    const tr_op *op = block->first;
    for (; op && op->next; op = op->next) {
        c->op = op;
        if (op->code == TR_OP_arith_constant)
            TR_TRY(tr_lower_op(c, op));
        else
            TR_TRY(region_op(c, open, op));
    }
    c->op = current;
    /* The terminator's operands are the outputs, in order; an argument returned as it is gets a copy. */
    if (!op || op->operand_count * 2 != block->arg_count)
        return tr_fail_op(c->error, TR_INTERNAL, c->module, c->op, "tile compiler: combine region without a result");
    for (int32_t i = 0; i < block->arg_count; i++) output[i] = true; /* keep every input: runs are given by number */
    int32_t returned[TR_GROUP_TEMPS];
    for (int32_t i = 0; i < op->operand_count; i++) {
        const tr_binding *binding = tr_binding_of(c, op->operands[i]);
        returned[i] = (int32_t)binding->index;
        output[returned[i]] = true;
    }
    tr_group *group;
    TR_TRY(build_group(c, open, output, &group));
    /* Replace the outputs by the returned values in order. */
    tr_group_io *outputs = TR_NEW_ARRAY(&c->code->arena, tr_group_io, op->operand_count + 1);
    if (!outputs) return TR_OOM(c->error);
    for (int32_t i = 0; i < op->operand_count; i++)
        for (int32_t k = 0; k < group->output_count; k++)
            if (group->outputs[k].operand == (uint32_t)returned[i]) outputs[i] = group->outputs[k];
    group->outputs = outputs;
    group->output_count = op->operand_count;
    *out_group = group;
    return TR_OK;
}
