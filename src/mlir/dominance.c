/* Every definition must dominate its uses.
 *
 * In a text without labels and forward uses the parser's scopes see to that. Otherwise: dominators of each region's
 * blocks by Lengauer and Tarjan, in the simple version with path compression, O(n log n) whatever the graph; then
 * every operand is looked at.
 */
#include "mlir/verify.h"

#include "base/memory.h"

/* What is known of a block; indexed by its id. */
typedef struct node {
    const tr_block *block;
    uint32_t number;       /* in depth-first order, 0 = not reached */
    uint32_t enter, leave; /* in the dominator tree: one dominates what lies between */
} node;

/* Lengauer-Tarjan, by depth-first number from 1. */
typedef struct vertex {
    const tr_block *block;
    uint32_t parent, semi, label, ancestor, idom;
    uint32_t bucket, next_in_bucket; /* lists of vertices with one semidominator */
    uint32_t child, sibling;         /* the dominator tree */
} vertex;

typedef struct edge {
    uint32_t from, next; /* a list of predecessors of a vertex */
} edge;

typedef struct analysis {
    const tr_module *module;
    tr_error *error;
    node *nodes;
} analysis;

/* Numbers the blocks that can be reached from `entry`; returns how many there are. */
static uint32_t number_blocks(const analysis *a, const tr_block *entry, vertex *vertices, uint32_t *stack,
                              int32_t *cursor)
{
    uint32_t count = 1, depth = 1;
    a->nodes[entry->id].number = 1;
    vertices[1].block = entry;
    stack[0] = 1;
    cursor[0] = 0;
    while (depth) {
        uint32_t number = stack[depth - 1];
        const tr_op *last = vertices[number].block->last;
        if (!last || cursor[depth - 1] >= last->successor_count) {
            depth--;
            continue;
        }
        const tr_block *next = last->successors[cursor[depth - 1]++].block;
        if (a->nodes[next->id].number) continue;
        a->nodes[next->id].number = ++count;
        vertices[count].block = next;
        vertices[count].parent = number;
        stack[depth] = count;
        cursor[depth++] = 0;
    }
    return count;
}

/* The vertex of least semidominator on the path from v to the root of its tree in the forest; compresses the path. */
static uint32_t evaluate(vertex *vertices, uint32_t v, uint32_t *stack)
{
    if (!vertices[v].ancestor) return v;
    uint32_t depth = 0;
    for (uint32_t u = v; vertices[vertices[u].ancestor].ancestor; u = vertices[u].ancestor) stack[depth++] = u;
    while (depth) {
        uint32_t u = stack[--depth], up = vertices[u].ancestor;
        if (vertices[vertices[up].label].semi < vertices[vertices[u].label].semi)
            vertices[u].label = vertices[up].label;
        vertices[u].ancestor = vertices[up].ancestor;
    }
    return vertices[v].label;
}

static void find_dominators(vertex *vertices, uint32_t count, const uint32_t *first_edge, const edge *edges,
                            uint32_t *stack)
{
    for (uint32_t v = 1; v <= count; v++) vertices[v].semi = vertices[v].label = v;
    for (uint32_t w = count; w >= 2; w--) {
        for (uint32_t e = first_edge[w]; e; e = edges[e].next) {
            uint32_t u = evaluate(vertices, edges[e].from, stack);
            if (vertices[u].semi < vertices[w].semi) vertices[w].semi = vertices[u].semi;
        }
        vertices[w].next_in_bucket = vertices[vertices[w].semi].bucket;
        vertices[vertices[w].semi].bucket = w;
        uint32_t parent = vertices[w].parent;
        vertices[w].ancestor = parent;
        for (uint32_t v = vertices[parent].bucket; v; v = vertices[v].next_in_bucket) {
            uint32_t u = evaluate(vertices, v, stack);
            vertices[v].idom = vertices[u].semi < vertices[v].semi ? u : parent;
        }
        vertices[parent].bucket = 0;
    }
    for (uint32_t w = 2; w <= count; w++) {
        if (vertices[w].idom != vertices[w].semi) vertices[w].idom = vertices[vertices[w].idom].idom;
    }
}

/* Numbers the dominator tree so that "a dominates b" is two comparisons. */
static void number_tree(const analysis *a, vertex *vertices, uint32_t count, uint32_t *stack)
{
    uint32_t clock = 0, depth = 1;
    for (uint32_t w = count; w >= 2; w--) {
        vertices[w].sibling = vertices[vertices[w].idom].child;
        vertices[vertices[w].idom].child = w;
    }
    stack[0] = 1;
    a->nodes[vertices[1].block->id].enter = ++clock;
    while (depth) {
        vertex *v = &vertices[stack[depth - 1]];
        if (v->child) {
            uint32_t child = v->child;
            v->child = vertices[child].sibling;
            a->nodes[vertices[child].block->id].enter = ++clock;
            stack[depth++] = child;
        } else {
            a->nodes[v->block->id].leave = ++clock;
            depth--;
        }
    }
}

static tr_status analyse_region(const analysis *a, const tr_region *region)
{
    size_t blocks = (size_t)region->block_count, edge_count = 1;
    for (const tr_block *block = region->first; block; block = block->next) {
        if (block->last) edge_count += (size_t)block->last->successor_count;
    }
    vertex *vertices = tr_calloc(blocks + 1, sizeof(*vertices));
    uint32_t *stack = tr_calloc(blocks + 1, sizeof(*stack)), *first_edge = tr_calloc(blocks + 1, sizeof(*first_edge));
    int32_t *cursor = tr_calloc(blocks + 1, sizeof(*cursor));
    edge *edges = tr_calloc(edge_count, sizeof(*edges));
    bool have_all = vertices && stack && first_edge && cursor && edges;
    if (have_all) {
        uint32_t count = number_blocks(a, region->first, vertices, stack, cursor), next = 1;
        for (uint32_t v = 1; v <= count; v++) {
            const tr_op *last = vertices[v].block->last;
            for (int32_t i = 0; last && i < last->successor_count; i++) {
                uint32_t to = a->nodes[last->successors[i].block->id].number;
                edges[next] = (edge){ .from = v, .next = first_edge[to] };
                first_edge[to] = next++;
            }
        }
        find_dominators(vertices, count, first_edge, edges, stack);
        number_tree(a, vertices, count, stack);
    }
    free(vertices);
    free(stack);
    free(first_edge);
    free(cursor);
    free(edges);
    return have_all ? TR_OK : TR_OOM(a->error);
}

/* Whether `value` is there before `op` begins. */
static bool dominates(const analysis *a, const tr_value *value, const tr_op *op)
{
    const tr_block *home = value->op ? value->op->parent : value->block;
    /* The op around the use that stands in the same region as the definition. */
    const tr_op *use = op;
    while (use->parent && use->parent->region != home->region) use = use->parent->region->op;
    if (!use->parent) return false;
    const tr_block *block = use->parent;
    if (block == home) {
        /* Ops have rising ids in their block, and an op is not there inside its own regions. */
        return !value->op || value->op->id < use->id;
    }
    const node *from = &a->nodes[home->id], *to = &a->nodes[block->id];
    if (!to->number) return true; /* dead code: nothing happens there */
    return from->number && from->enter <= to->enter && to->leave <= from->leave;
}

static tr_status check_region(const analysis *a, const tr_region *region)
{
    if (region->block_count > 1) TR_TRY(analyse_region(a, region));
    for (const tr_block *block = region->first; block; block = block->next) {
        bool dead = region->block_count > 1 && !a->nodes[block->id].number;
        for (const tr_op *op = block->first; op; op = op->next) {
            for (int32_t i = 0; i < op->operand_count && !dead; i++) {
                if (dominates(a, op->operands[i], op)) continue;
                tr_str name = op->operands[i]->name;
                return tr_fail_op(a->error, TR_INVALID_INPUT, a->module, op,
                                  "'%.*s' uses '%%%.*s' where its definition has not been reached on every path",
                                  TR_STR_ARG(op->name), TR_STR_ARG(name));
            }
            for (int32_t i = 0; i < op->region_count; i++) TR_TRY(check_region(a, op->regions[i]));
        }
    }
    return TR_OK;
}

tr_status tr_verify_dominance(const tr_module *module, const tr_region *region, tr_error *error)
{
    analysis a = { .module = module, .error = error };
    a.nodes = tr_calloc((size_t)module->block_count + 1, sizeof(*a.nodes));
    if (!a.nodes) return TR_OOM(error);
    tr_status status = check_region(&a, region);
    free(a.nodes);
    return status;
}
