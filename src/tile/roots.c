/* Which argument's memory each pointer may point into: every access is checked against it.
 *
 * A value's roots are a set of bits, one an argument; TR_ROOT_ANY stands for all of them (arguments from 63 on,
 * pointers loaded from memory, pointers made of integers). Sets only grow, so the propagation ends.
 */
#include "base/map.h"
#include "tile/compile.h"

typedef struct root_finder {
    const tr_module *module;
    uint64_t *roots;
    bool changed;
} root_finder;

static bool is_pointer(const tr_value *value)
{
    return tr_type_scalar(value->type)->kind == TR_TYPE_POINTER || value->type->kind == TR_TYPE_TENSORDESC;
}

static void flow(root_finder *finder, const tr_value *from, const tr_value *to)
{
    if (!is_pointer(to)) return;
    uint64_t merged = finder->roots[to->id] | finder->roots[from->id];
    finder->changed |= merged != finder->roots[to->id];
    finder->roots[to->id] = merged;
}

static void flow_any(root_finder *finder, const tr_value *to)
{
    if (!is_pointer(to)) return;
    const uint64_t any = 1ull << TR_ROOT_ANY;
    finder->changed |= (finder->roots[to->id] & any) == 0;
    finder->roots[to->id] |= any;
}

/* The values that a region's terminator hands on flow to the op's results. */
static void flow_terminator(root_finder *finder, const tr_region *region, int skip, const tr_op *op)
{
    for (const tr_block *block = region->first; block; block = block->next) {
        const tr_op *last = block->last;
        if (!last) continue;
        for (int i = 0; i + skip < last->operand_count && i < op->result_count; i++)
            flow(finder, last->operands[i + skip], &op->results[i]);
    }
}

static void flow_to_args(root_finder *finder, tr_value *const *from, int count, const tr_block *block, int first)
{
    for (int i = 0; i < count && block && first + i < block->arg_count; i++)
        flow(finder, from[i], &block->args[first + i]);
}

static void flow_op(root_finder *finder, const tr_op *op)
{
    switch (op->code) {
    case TR_OP_scf_for: {
        const tr_block *body = op->regions[0]->first;
        flow_to_args(finder, op->operands + 3, op->operand_count - 3, body, 1);
        if (body->last) flow_to_args(finder, body->last->operands, body->last->operand_count, body, 1);
        for (int i = 0; i < op->result_count; i++) flow(finder, &body->args[1 + i], &op->results[i]);
        return;
    }
    case TR_OP_scf_if:
    case TR_OP_scf_execute_region:
    case TR_OP_scf_index_switch:
        for (int r = 0; r < op->region_count; r++) flow_terminator(finder, op->regions[r], 0, op);
        return;
    case TR_OP_scf_while: {
        const tr_block *before = op->regions[0]->first, *after = op->regions[1]->first;
        flow_to_args(finder, op->operands, op->operand_count, before, 0);
        flow_terminator(finder, op->regions[0], 1, op);
        for (int i = 0; i < after->arg_count && i < op->result_count; i++)
            flow(finder, &op->results[i], &after->args[i]);
        if (after->last) flow_to_args(finder, after->last->operands, after->last->operand_count, before, 0);
        return;
    }
    case TR_OP_tt_call: {
        const tr_func *func = tr_module_func(finder->module, tr_op_attr(op, "callee")->text);
        if (!func || !func->body) return;
        flow_to_args(finder, op->operands, op->operand_count, func->body->first, 0);
        for (const tr_block *block = func->body->first; block; block = block->next)
            for (int i = 0; block->last && block->last->code == TR_OP_tt_return && i < block->last->operand_count &&
                            i < op->result_count;
                 i++)
                flow(finder, block->last->operands[i], &op->results[i]);
        return;
    }
    case TR_OP_tt_load:
    case TR_OP_tt_int_to_ptr:
        flow_any(finder, &op->results[0]);
        return;
    default:
        for (int s = 0; s < op->successor_count; s++)
            flow_to_args(finder, op->successors[s].args, op->successors[s].arg_count, op->successors[s].block, 0);
        for (int r = 0; r < op->result_count; r++)
            for (int i = 0; i < op->operand_count; i++)
                if (is_pointer(op->operands[i])) flow(finder, op->operands[i], &op->results[r]);
        return;
    }
}

/* Every op of a region tree, without recursion: parents come before children in text order, and ids are dense. */
static void collect_ops(const tr_op *root, const tr_op **ops, uint32_t *count)
{
    uint32_t head = *count;
    ops[(*count)++] = root;
    for (; head < *count; head++)
        for (int r = 0; r < ops[head]->region_count; r++)
            for (const tr_block *b = ops[head]->regions[r]->first; b; b = b->next)
                for (const tr_op *op = b->first; op; op = op->next) ops[(*count)++] = op;
}

tr_status tr_find_roots(const tr_module *module, const tr_func *func, uint64_t *roots, tr_error *error)
{
    root_finder finder = { .module = module, .roots = roots };
    const tr_op **ops = calloc((size_t)module->op_count + 1, sizeof(*ops));
    uint32_t count = 0;
    if (!ops) return TR_OOM(error);
    collect_ops(module->op, ops, &count);
    const tr_block *entry = func->body->first;
    for (int i = 0; i < entry->arg_count; i++)
        roots[entry->args[i].id] = 1ull << (i < TR_ROOT_ANY ? i : TR_ROOT_ANY);
    do {
        finder.changed = false;
        for (uint32_t i = 0; i < count; i++) flow_op(&finder, ops[i]);
    } while (finder.changed);
    free(ops);
    return TR_OK;
}

static bool only_reads(tr_step_code code)
{
    switch (code) {
    case TR_STEP_LOAD:
    case TR_STEP_TILE_LOAD:
    case TR_STEP_BLOCK_LOAD:
    case TR_STEP_ROWS_LOAD:
    case TR_STEP_ATOMIC_POLL:
    case TR_STEP_TILE_POLL: return true;
    default: return false;
    }
}

bool tr_tile_code_writes(const tr_tile_code *code, int32_t index)
{
    uint64_t roots = 0;
    if (index < 0 || index >= TR_ROOT_ANY) return true; /* any pointer may be one of those */
    for (size_t i = 0; i < code->steps.count; i++)
        if (!only_reads(code->steps.items[i].code)) roots |= code->steps.items[i].roots;
    return ((roots >> TR_ROOT_ANY | roots >> index) & 1) != 0;
}
