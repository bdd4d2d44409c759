/* Steps that give every program of a launch the same run once a launch.
 *
 * Such a step computes from parameters, constants and results of its like alone, touches no memory of the caller, and
 * is the only one that writes its result. Moving it to the front is sound wherever it stands: it has no effect but its
 * result, and it can't fail.
 */
#include "tile/steps.h"

/* Steps that compute and do nothing else. */
static bool is_pure(tr_step_code code)
{
    switch (code) {
    case TR_STEP_NUM_PROGRAMS:
    case TR_STEP_ADD_I32:
    case TR_STEP_SUB_I32:
    case TR_STEP_MUL_I32:
    case TR_STEP_SCALAR:
    case TR_STEP_ADDPTR:
    case TR_STEP_SPLAT:
    case TR_STEP_SYM_ADD:
    case TR_STEP_SYM_SUB:
    case TR_STEP_SYM_MUL:
    case TR_STEP_SYM_DIV:
    case TR_STEP_SYM_REM:
    case TR_STEP_SYM_MIN:
    case TR_STEP_SYM_MAX:
    case TR_STEP_SYM_CMP:
    case TR_STEP_SYM_AND:
    case TR_STEP_SYM_CAST:
    case TR_STEP_SYM_ADDPTR: return true;
    default: return false;
    }
}

typedef struct hoister {
    tr_tile_code *code;
    uint32_t *reg_writes, *slot_writes; /* how many steps write each */
    bool *varies_reg, *varies_slot;     /* may differ from program to program */
    bool varies;                        /* the step being looked at */
    uint32_t *moved_to;                 /* old step number -> new one */
    bool *hoisted;                      /* by step */
} hoister;

static void count_write(void *user, char kind, uint32_t operand)
{
    hoister *h = user;
    if (kind == 'R') h->reg_writes[operand]++;
    if (kind == 't' || kind == 'x') h->slot_writes[operand]++;
}

static void look_at(void *user, char kind, uint32_t operand)
{
    hoister *h = user;
    if (kind == 'r') h->varies |= h->varies_reg[operand];
    if (kind == 'v') h->varies |= h->varies_slot[h->code->views.items[operand].slot];
    if (kind == 'R') h->varies |= h->reg_writes[operand] != 1;
    if (kind == 't' || kind == 'x') h->varies |= h->slot_writes[operand] != 1;
}

static void settle_result(void *user, char kind, uint32_t operand)
{
    hoister *h = user;
    if (kind == 'R') h->varies_reg[operand] = false;
    if (kind == 't') {
        h->varies_slot[operand] = false;
        h->code->slots.items[operand].pinned = true; /* it lives from program to program */
    }
}

/* Everything written varies until its only writer turns out not to. */
static void mark(hoister *h)
{
    const tr_tile_code *code = h->code;
    for (uint32_t r = 0; r < code->reg_count; r++) h->varies_reg[r] = h->reg_writes[r] > 0;
    for (size_t s = 0; s < code->slots.count; s++) h->varies_slot[s] = h->slot_writes[s] > 0;
    for (size_t i = 0; i < code->steps.count; i++) {
        const tr_step *step = &code->steps.items[i];
        h->varies = !is_pure(step->code);
        if (!h->varies) tr_step_visit(step, look_at, h);
        h->hoisted[i] = !h->varies;
        if (h->hoisted[i]) tr_step_visit(step, settle_result, h);
    }
}

static tr_status reorder(hoister *h, tr_error *error)
{
    tr_tile_code *code = h->code;
    const size_t n = code->steps.count;
    tr_step *steps = calloc(n + 1, sizeof(*steps));
    if (!steps) return TR_OOM(error);
    uint32_t at = 0;
    for (size_t i = 0; i < n; i++)
        if (h->hoisted[i]) steps[at++] = code->steps.items[i];
    code->prologue = at;
    for (size_t i = 0; i < n; i++) {
        h->moved_to[i] = at; /* a jump to a hoisted step goes to the next one that stayed */
        if (!h->hoisted[i]) steps[at++] = code->steps.items[i];
    }
    free(code->steps.items);
    code->steps.items = steps;
    code->steps.capacity = n + 1;
    for (size_t i = code->prologue; i < n; i++) tr_step_retarget(&steps[i], h->moved_to);
    return TR_OK;
}

tr_status tr_steps_hoist(tr_tile_code *code, tr_error *error)
{
    tr_arena scratch = { 0 };
    hoister h = { .code = code };
    h.reg_writes = TR_NEW_ARRAY(&scratch, uint32_t, (size_t)code->reg_count + 1);
    h.varies_reg = TR_NEW_ARRAY(&scratch, bool, (size_t)code->reg_count + 1);
    h.slot_writes = TR_NEW_ARRAY(&scratch, uint32_t, code->slots.count + 1);
    h.varies_slot = TR_NEW_ARRAY(&scratch, bool, code->slots.count + 1);
    h.moved_to = TR_NEW_ARRAY(&scratch, uint32_t, code->steps.count + 1);
    h.hoisted = TR_NEW_ARRAY(&scratch, bool, code->steps.count + 1);
    tr_status status = TR_OK;
    if (!h.reg_writes || !h.varies_reg || !h.slot_writes || !h.varies_slot || !h.moved_to || !h.hoisted) {
        status = TR_OOM(error);
    } else {
        for (size_t i = 0; i < code->steps.count; i++) tr_step_visit(&code->steps.items[i], count_write, &h);
        mark(&h);
        status = reorder(&h, error);
    }
    tr_arena_deinit(&scratch);
    return status;
}
