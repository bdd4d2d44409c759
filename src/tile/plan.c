/* Storage for the slots: those that are not alive at the same time share it.
 *
 * A slot is alive from its first step to its last one, in the order of the list. Where a jump goes back over a piece
 * of the list, a slot that is alive at its start and used inside it stays alive to its end; a slot that is read before
 * it is written there carries a value round the loop, and gets the whole piece.
 */
#include "tile/steps.h"

typedef struct range {
    int64_t first, last; /* step numbers; first > last: never used */
    int64_t first_write;
} range;

typedef struct planner {
    const tr_tile_code *code;
    range *ranges;
    int64_t at;
    bool changed;
} planner;

static void touch(planner *p, uint32_t slot, bool write)
{
    range *r = &p->ranges[slot];
    if (p->at < r->first) r->first = p->at;
    if (p->at > r->last) r->last = p->at;
    if (write && p->at < r->first_write) r->first_write = p->at;
}

static void visit_operand(void *user, char kind, uint32_t operand)
{
    planner *p = user;
    if (kind == 't' || kind == 'x') touch(p, operand, true);
    if (kind == 'v') touch(p, p->code->views.items[operand].slot, false);
}

static void stretch(planner *p, range *r, int64_t first, int64_t last)
{
    if (first < r->first) r->first = first, p->changed = true;
    if (last > r->last) r->last = last, p->changed = true;
}

static void stretch_over(planner *p, int64_t start, int64_t end)
{
    for (size_t s = 0; s < p->code->slots.count; s++) {
        range *r = &p->ranges[s];
        if (r->first > end || r->last < start) continue;
        if (r->first < start) stretch(p, r, r->first, end);
        /* Read before it is written: it comes round the loop. */
        if (r->first_write > r->first) stretch(p, r, start, end);
    }
}

static void find_back_jump(void *user, char kind, uint32_t operand)
{
    planner *p = user;
    if (kind == 'j' && operand <= p->at) stretch_over(p, operand, p->at);
}

static size_t slot_bytes(const tr_slot *slot)
{
    return ((size_t)slot->shape.count * tr_dtype_size(tr_storage(slot->dtype)) + 63) & ~(size_t)63;
}

/* Free pieces of storage, taken first fit. */
typedef struct piece {
    size_t offset, size;
} piece;
typedef TR_VEC(piece) pieces;

static size_t take(pieces *idle, size_t size, size_t *memory)
{
    for (size_t i = 0; i < idle->count; i++) {
        if (idle->items[i].size < size) continue;
        size_t offset = idle->items[i].offset;
        idle->items[i].offset += size;
        idle->items[i].size -= size;
        if (idle->items[i].size == 0) idle->items[i] = idle->items[--idle->count];
        return offset;
    }
    size_t offset = *memory;
    *memory += size;
    return offset;
}

static bool give_back(pieces *idle, size_t offset, size_t size)
{
    for (size_t i = 0; i < idle->count; i++) { /* join neighbours */
        piece *p = &idle->items[i];
        if (p->offset + p->size == offset || offset + size == p->offset) {
            offset = p->offset < offset ? p->offset : offset;
            size += p->size;
            idle->items[i] = idle->items[--idle->count];
            return give_back(idle, offset, size);
        }
    }
    return tr_vec_push(idle, (piece){ offset, size });
}

static int by_first(const void *a, const void *b)
{
    const range *const *ra = a, *const *rb = b;
    return ((*ra)->first > (*rb)->first) - ((*ra)->first < (*rb)->first);
}

static tr_status place(tr_tile_code *code, range *ranges, tr_error *error)
{
    const size_t n = code->slots.count;
    const range **order = calloc(n + 1, sizeof(*order));
    TR_VEC(size_t) alive = { 0 };
    pieces idle = { 0 };
    bool ok = order != NULL;
    for (size_t i = 0; ok && i < n; i++) order[i] = &ranges[i];
    if (ok) qsort(order, n, sizeof(*order), by_first);
    for (size_t i = 0; ok && i < n; i++) {
        const size_t index = (size_t)(order[i] - ranges);
        tr_slot *slot = &code->slots.items[index];
        if (slot->constant || order[i]->first > order[i]->last) continue;
        for (size_t a = 0; ok && a < alive.count;) {
            const size_t other = alive.items[a];
            if (ranges[other].last >= order[i]->first) {
                a++;
                continue;
            }
            ok = give_back(&idle, code->slots.items[other].offset, slot_bytes(&code->slots.items[other]));
            alive.items[a] = alive.items[--alive.count];
        }
        if (slot->pinned) {
            slot->offset = code->memory_size;
            code->memory_size += slot_bytes(slot);
        } else {
            slot->offset = take(&idle, slot_bytes(slot), &code->memory_size);
            ok = ok && tr_vec_push(&alive, index);
        }
    }
    free(order);
    tr_vec_deinit(&alive);
    tr_vec_deinit(&idle);
    return ok ? TR_OK : TR_OOM(error);
}

tr_status tr_steps_plan(tr_tile_code *code, tr_error *error)
{
    planner p = { .code = code };
    const size_t n = code->slots.count;
    p.ranges = calloc(n + 1, sizeof(*p.ranges));
    if (!p.ranges) return TR_OOM(error);
    for (size_t i = 0; i < n; i++) p.ranges[i] = (range){ INT64_MAX, -1, INT64_MAX };
    for (size_t i = 0; i < code->steps.count; i++) {
        p.at = (int64_t)i;
        tr_step_visit(&code->steps.items[i], visit_operand, &p);
    }
    do { /* loops in loops: until nothing stretches any more */
        p.changed = false;
        for (size_t i = 0; i < code->steps.count; i++) {
            p.at = (int64_t)i;
            tr_step_visit(&code->steps.items[i], find_back_jump, &p);
        }
    } while (p.changed);
    tr_status status = place(code, p.ranges, error);
    free(p.ranges);
    return status;
}
