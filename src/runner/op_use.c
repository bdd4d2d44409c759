#include "base/map.h"
#include "base/vec.h"
#include "runner/kernel.h"

typedef struct counter {
    tr_kernel *kernel;
    const tr_module *module;
    tr_map index_of; /* op name -> index in `uses` */
    TR_VEC(tr_op_use) uses;
    tr_map seen; /* functions counted or waiting */
    TR_VEC(const tr_func *) todo;
} counter;

/* Says where `op` stands, in the artifact and in the Python source. */
static tr_status set_place(counter *c, tr_op_use *use, const tr_op *op)
{
    tr_locate(c->module->text, op->begin, &use->line, &use->column);
    const tr_loc *loc = tr_loc_file(op->loc);
    use->source_file = NULL;
    if (!loc) return TR_OK;
    use->source_file = tr_arena_copy(&c->kernel->arena, loc->file).data;
    use->source_line = loc->line;
    use->source_column = loc->column;
    return use->source_file ? TR_OK : TR_OUT_OF_MEMORY;
}

static tr_status count_op(counter *c, const tr_op *op)
{
    char buffer[256];
    bool new;
    uint64_t *index = tr_map_put(&c->index_of, op->name, &new);
    if (!index) return TR_OUT_OF_MEMORY;
    if (new) {
        tr_op_use use = { .name = tr_arena_copy(&c->kernel->arena, op->name).data, .runs = true };
        *index = c->uses.count;
        if (!use.name || !tr_vec_push(&c->uses, use)) return TR_OUT_OF_MEMORY;
        TR_TRY(set_place(c, &c->uses.items[*index], op));
    }
    tr_op_use *use = &c->uses.items[*index];
    use->count++;
    if (!use->runs) return TR_OK;
    const char *reason = tr_tile_refusal(op, buffer, sizeof(buffer));
    if (!reason) return TR_OK;
    use->runs = false;
    use->reason = tr_arena_copy(&c->kernel->arena, tr_str_of(reason)).data;
    return use->reason ? set_place(c, use, op) : TR_OUT_OF_MEMORY;
}

/* Queues the function that `op` names in its `callee`. */
static tr_status follow_call(counter *c, const tr_op *op)
{
    const tr_attr *callee = tr_op_attr(op, "callee");
    if (!callee || callee->kind != TR_ATTR_SYMBOL) return TR_OK;
    const tr_func *func = tr_module_func(c->module, callee->text);
    bool new;
    if (!func || !func->body) return TR_OK;
    if (!tr_map_put_ptr(&c->seen, func, &new)) return TR_OUT_OF_MEMORY;
    return !new || tr_vec_push(&c->todo, func) ? TR_OK : TR_OUT_OF_MEMORY;
}

/* The parser bounds the depth of regions, so recursion is bounded too. */
static tr_status count_region(counter *c, const tr_region *region)
{
    for (const tr_block *block = region->first; block; block = block->next) {
        for (const tr_op *op = block->first; op; op = op->next) {
            TR_TRY(count_op(c, op));
            TR_TRY(follow_call(c, op));
            for (int32_t i = 0; i < op->region_count; i++) TR_TRY(count_region(c, op->regions[i]));
        }
    }
    return TR_OK;
}

static tr_status count_functions(counter *c)
{
    if (!tr_vec_push(&c->todo, c->kernel->artifact->func)) return TR_OUT_OF_MEMORY;
    if (!tr_map_put_ptr(&c->seen, c->kernel->artifact->func, NULL)) return TR_OUT_OF_MEMORY;
    for (size_t i = 0; i < c->todo.count; i++) TR_TRY(count_region(c, c->todo.items[i]->body));
    return TR_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const tr_op_use *)a)->name, ((const tr_op_use *)b)->name);
}

/* Moves the uses to the kernel's arena, in order of name. */
static tr_status keep_uses(counter *c)
{
    tr_kernel *kernel = c->kernel;
    kernel->ops = TR_NEW_ARRAY(&kernel->arena, tr_op_use, c->uses.count + 1);
    if (!kernel->ops) return TR_OUT_OF_MEMORY;
    if (c->uses.count) memcpy(kernel->ops, c->uses.items, c->uses.count * sizeof(*kernel->ops));
    kernel->op_count = (int32_t)c->uses.count;
    qsort(kernel->ops, c->uses.count, sizeof(*kernel->ops), compare_names);
    return TR_OK;
}

tr_status tr_kernel_count_ops(tr_kernel *kernel, tr_error *error)
{
    if (!kernel->artifact->func) return TR_OK;
    counter c = { .kernel = kernel, .module = kernel->artifact->module };
    tr_status status = count_functions(&c);
    if (status == TR_OK) status = keep_uses(&c);
    tr_map_deinit(&c.index_of);
    tr_map_deinit(&c.seen);
    tr_vec_deinit(&c.uses);
    tr_vec_deinit(&c.todo);
    return status == TR_OUT_OF_MEMORY ? TR_OOM(error) : status;
}
