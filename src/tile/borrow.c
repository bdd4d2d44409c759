/* Loads that borrow: where nothing writes memory between a load and the last use of its tile, the tile may lie in the
 * argument's own memory instead of being copied.
 *
 * Taken over the list of steps: the slot is written by its load alone, not exchanged, used only in the steps behind it
 * up to the last use, and between the two there is no step that writes memory and no jump, so that they run in order.
 */
#include "tile/steps.h"

typedef struct use {
    uint32_t writers;
    size_t first, last; /* steps that read it */
} use;

typedef struct borrower {
    tr_tile_code *code;
    use *uses; /* by slot */
    size_t at;
    bool jumps;
} borrower;

static void note(void *user, char kind, uint32_t operand)
{
    borrower *b = user;
    if (kind == 't' || kind == 'x') b->uses[operand].writers++;
    if (kind == 'j') b->jumps = true;
    if (kind != 'v') return;
    use *u = &b->uses[b->code->views.items[operand].slot];
    if (b->at < u->first) u->first = b->at;
    if (b->at > u->last) u->last = b->at;
}

static bool writes_memory(tr_step_code code)
{
    switch (code) {
    case TR_STEP_STORE:
    case TR_STEP_TILE_STORE:
    case TR_STEP_ATOMIC_RMW:
    case TR_STEP_ATOMIC_CAS:
    case TR_STEP_ATOMIC_POLL:
    case TR_STEP_TILE_RMW:
    case TR_STEP_TILE_CAS:
    case TR_STEP_TILE_POLL:
    case TR_STEP_BLOCK_STORE:
    case TR_STEP_BLOCK_REDUCE:
    case TR_STEP_ROWS_STORE:
    case TR_STEP_MAP:
    case TR_STEP_SUB_RETURN:
    case TR_STEP_RETURN: return true;
    default: return false;
    }
}

/* A step that the steps around it may not be taken in order with: it writes, jumps, or is jumped to. */
static void find_breaks(borrower *b, bool *breaks)
{
    const tr_tile_code *code = b->code;
    for (size_t i = 0; i < code->steps.count; i++) {
        const tr_step *step = &code->steps.items[i];
        b->at = i;
        b->jumps = false;
        tr_step_visit(step, note, b);
        breaks[i] = breaks[i] || b->jumps || writes_memory(step->code);
    }
}

static void mark_target(void *user, char kind, uint32_t operand)
{
    bool *breaks = user;
    if (kind == 'j') breaks[operand] = true;
}

static bool may_borrow(const borrower *b, const bool *breaks, size_t load)
{
    const tr_step *step = &b->code->steps.items[load];
    const tr_slot *slot = &b->code->slots.items[step->x[0]];
    const use *u = &b->uses[step->x[0]];
    if (step->dtype == TR_I1 || (step->imm & TR_LOAD_VOLATILE) || slot->pinned || u->writers != 1 || u->first <= load) return false;
    for (size_t i = load + 1; i <= u->last; i++)
        if (breaks[i]) return false;
    return true;
}

tr_status tr_steps_borrow(tr_tile_code *code, tr_error *error)
{
    tr_arena scratch = { 0 };
    borrower b = { .code = code };
    b.uses = TR_NEW_ARRAY(&scratch, use, code->slots.count + 1);
    bool *breaks = TR_NEW_ARRAY(&scratch, bool, code->steps.count + 1);
    if (!b.uses || !breaks) {
        tr_arena_deinit(&scratch);
        return TR_OOM(error);
    }
    for (size_t s = 0; s < code->slots.count; s++) b.uses[s].first = SIZE_MAX;
    for (size_t i = 0; i < code->steps.count; i++) tr_step_visit(&code->steps.items[i], mark_target, breaks);
    find_breaks(&b, breaks);
    for (size_t i = 0; i < code->steps.count; i++) {
        tr_step *step = &code->steps.items[i];
        if (step->code == TR_STEP_TILE_LOAD && may_borrow(&b, breaks, i)) step->imm |= TR_LOAD_BORROWS;
    }
    tr_arena_deinit(&scratch);
    return TR_OK;
}
