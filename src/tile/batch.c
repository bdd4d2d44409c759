/* Which steps a batch of programs runs once, and which for every program (batch.h).
 *
 * Sound because, along a row of the grid,
 *   - a value that is made of the program's index by additions and multiplications with what stays the same is linear
 * in it. Where it wraps, so that it is not, three programs tell: exec_batch.c compares;
 *   - a comparison of linear values that is true at both ends is true between them. (Unequal is not such a comparison.)
 */
#include "tile/batch.h"

enum { TR_BATCH_ELEMENTS = 1 << 16, TR_BATCH_MOST = 4096, TR_BATCH_MIN = 8 };

typedef enum nature { SAME, LINEAR, MASK, DATA } nature;

typedef struct sorter {
    tr_tile_code *code;
    uint32_t *reg_writes, *slot_writes; /* how many steps write each */
    uint8_t *reg, *slot;                /* nature of each */
    bool *reg_used, *slot_used;         /* by steps that run for every program */
    nature inputs;                      /* of the step being looked at: the largest */
    int linear_inputs;
    bool settled; /* ... it alone writes its results */
    bool jumps;
} sorter;

static void count_write(void *user, char kind, uint32_t operand)
{
    sorter *s = user;
    if (kind == 'R') s->reg_writes[operand]++;
    if (kind == 't' || kind == 'x') s->slot_writes[operand]++;
    if (kind == 'j') s->jumps = true;
}

static void add_input(sorter *s, nature n)
{
    if (n > s->inputs) s->inputs = n;
    s->linear_inputs += n == LINEAR;
}

static void look_at(void *user, char kind, uint32_t operand)
{
    sorter *s = user;
    if (kind == 'r') add_input(s, s->reg[operand]);
    if (kind == 'v') add_input(s, s->slot[s->code->views.items[operand].slot]);
    if (kind == 'R') s->settled = s->settled && s->reg_writes[operand] == 1;
    if (kind == 't') s->settled = s->settled && s->slot_writes[operand] == 1;
    if (kind == 'x') s->settled = false;
}

static void settle(void *user, char kind, uint32_t operand)
{
    sorter *s = user;
    if (kind == 'R') s->reg[operand] = (uint8_t)s->inputs;
    if (kind == 't' || kind == 'x') s->slot[operand] = (uint8_t)s->inputs;
}

static void note_use(void *user, char kind, uint32_t operand)
{
    sorter *s = user;
    if (kind == 'r') s->reg_used[operand] = true;
    if (kind == 'v') s->slot_used[s->code->views.items[operand].slot] = true;
}

/* 64-bit arithmetic of scalars that is linear; 32 bits have steps of their own. */
static bool is_linear_scalar(const tr_kernels *kernels, const tr_step *step, int linear_inputs)
{
    if (step->kernel == kernels->convert[TR_CVT_SEXT][TR_I32][TR_I64]) return true;
    if (step->kernel == kernels->ew[TR_EW_MULI][TR_I64]) return linear_inputs < 2;
    return step->kernel == kernels->ew[TR_EW_ADDI][TR_I64] || step->kernel == kernels->ew[TR_EW_SUBI][TR_I64];
}

/* What a step gives, from the natures of what it reads. */
static nature nature_of(const sorter *s, const tr_step *step)
{
    const bool linear = s->inputs <= LINEAR;
    switch (step->code) {
    case TR_STEP_PROGRAM_ID: return step->imm == 0 ? LINEAR : SAME;
    case TR_STEP_ADD_I32:
    case TR_STEP_SUB_I32:
    case TR_STEP_SPLAT:
    case TR_STEP_SYM_ADD:
    case TR_STEP_SYM_SUB:
    case TR_STEP_SYM_CAST:
    case TR_STEP_SYM_ADDPTR: return linear ? s->inputs : DATA;
    case TR_STEP_ADDPTR: return linear && (step->dtype == TR_I32 || step->dtype == TR_I64) ? s->inputs : DATA;
    case TR_STEP_MUL_I32:
    case TR_STEP_SYM_MUL: return linear && s->linear_inputs < 2 ? s->inputs : DATA;
    case TR_STEP_SCALAR:
        if (s->inputs == SAME) return SAME;
        return linear && is_linear_scalar(s->code->kernels, step, s->linear_inputs) ? LINEAR : DATA;
    case TR_STEP_SYM_CMP:
        if (s->inputs == SAME) return SAME;
        return linear && (step->imm == 0 || (step->imm >= 2 && step->imm <= 5)) ? MASK : DATA;
    case TR_STEP_SYM_AND: return s->inputs == SAME || s->inputs == MASK ? s->inputs : DATA;
    case TR_STEP_AND_I32:
    case TR_STEP_OR_I32:
    case TR_STEP_XOR_I32:
    case TR_STEP_DIV_I32:
    case TR_STEP_REM_I32:
    case TR_STEP_CMP_I32:
    case TR_STEP_SYM_DIV:
    case TR_STEP_SYM_REM:
    case TR_STEP_SYM_MIN:
    case TR_STEP_SYM_MAX: return s->inputs == SAME ? SAME : DATA;
    default: return DATA;
    }
}

/* Steps that others can see, or that may have to wait. */
static bool is_allowed(const tr_step *step, bool last)
{
    switch (step->code) {
    case TR_STEP_RETURN: return last;
    case TR_STEP_LOAD:
    case TR_STEP_TILE_LOAD: return !(step->imm & TR_LOAD_VOLATILE);
    case TR_STEP_ATOMIC_RMW:
    case TR_STEP_ATOMIC_CAS:
    case TR_STEP_ATOMIC_POLL:
    case TR_STEP_TILE_RMW:
    case TR_STEP_TILE_CAS:
    case TR_STEP_TILE_POLL:
    case TR_STEP_BLOCK_REDUCE:
    case TR_STEP_SUB_RETURN:
    case TR_STEP_MAP:
    case TR_STEP_PRINT: return false;
    default: return true;
    }
}

static uint32_t slot_of(const tr_tile_code *code, uint32_t view)
{
    return code->views.items[view].slot;
}

static bool access_operands(const tr_step *step, uint32_t *out_pointers, uint32_t *out_mask)
{
    const int first = step->code == TR_STEP_TILE_STORE ? 0 : 1;
    if (step->code != TR_STEP_TILE_LOAD && step->code != TR_STEP_AIM && step->code != TR_STEP_TILE_STORE) return false;
    *out_pointers = step->x[first];
    *out_mask = step->x[2];
    return true;
}

/* A whole-tile access at an address that is the same or linear, and in one argument at both ends. */
static bool is_linear_access(const sorter *s, const tr_step *step)
{
    uint32_t pointers, mask;
    if (!access_operands(step, &pointers, &mask) || step->dtype == TR_I1) return false;
    if (!step->roots || (step->roots & (step->roots - 1)) || step->roots >> TR_ROOT_ANY) return false;
    if (s->slot[slot_of(s->code, pointers)] > LINEAR) return false;
    return mask == TR_NO_OPERAND || s->slot[slot_of(s->code, mask)] != DATA;
}

/* The elements of a store, and those of a load that are masked off. Pointers are used only when the step is run as it
 * is, which is not known yet. */
static void note_data_use(sorter *s, const tr_step *step)
{
    const uint32_t view = step->code == TR_STEP_TILE_STORE ? step->x[1] : step->x[3];
    if (view != TR_NO_OPERAND) s->slot_used[slot_of(s->code, view)] = true;
}

static void sort_steps(sorter *s, tr_batch *batch)
{
    const tr_tile_code *code = s->code;
    for (size_t i = code->prologue; i < code->steps.count; i++) {
        const tr_step *step = &code->steps.items[i];
        s->inputs = SAME, s->linear_inputs = 0, s->settled = true;
        tr_step_visit(step, look_at, s);
        s->inputs = s->settled ? nature_of(s, step) : DATA;
        tr_step_visit(step, settle, s);
        if (step->code == TR_STEP_RETURN) continue;
        if (s->inputs != DATA) {
            batch->address[batch->address_count++] = (uint32_t)i;
            continue;
        }
        tr_batch_step *rest = &batch->rest[batch->rest_count++];
        *rest = (tr_batch_step){ .step = (uint32_t)i, .access = -1 };
        if (is_linear_access(s, step)) {
            rest->access = batch->access_count++;
            if (step->code != TR_STEP_AIM) note_data_use(s, step);
        } else {
            tr_step_visit(step, note_use, s);
        }
    }
}

static uint8_t reg_size(const tr_step *step)
{
    return step->code == TR_STEP_ADDPTR || step->code == TR_STEP_SCALAR ? 8 : 4;
}

/* The results of the address steps, by nature. */
static void list_values(const sorter *s, tr_batch *batch)
{
    for (int32_t i = 0; i < batch->address_count; i++) {
        const tr_step *step = &s->code->steps.items[batch->address[i]];
        const uint32_t result = step->x[0];
        const bool is_reg = tr_step_table[step->code].operands[0] == 'R';
        const nature n = is_reg ? s->reg[result] : s->slot[result];
        if (is_reg && n == LINEAR)
            batch->regs[batch->reg_count++] = (tr_batch_linear){ result, reg_size(step), s->reg_used[result] };
        if (is_reg) continue;
        if (n == LINEAR) batch->slots[batch->slot_count++] = (tr_batch_linear){ result, 8, s->slot_used[result] };
        if (n == SAME) batch->same[batch->same_count++] = result;
        if (n == MASK) batch->masks[batch->mask_count++] = result;
    }
}

/* Loads that borrow, a group of what they load and of what is the same everywhere, and the store that it is aimed at:
 * the place of the group. */
static int32_t find_only_group(const sorter *s, const tr_batch *batch)
{
    const tr_tile_code *code = s->code;
    int32_t at = 0;
    for (; at < batch->rest_count && batch->rest[at].access >= 0; at++) {
        const tr_step *step = &code->steps.items[batch->rest[at].step];
        if (step->code == TR_STEP_AIM) break;
        if (step->code != TR_STEP_TILE_LOAD || !(step->imm & TR_LOAD_BORROWS)) return -1;
    }
    if (at + 3 != batch->rest_count || batch->rest[at].access < 0 || batch->rest[at + 2].access < 0) return -1;
    const tr_step *group_step = &code->steps.items[batch->rest[at + 1].step];
    const tr_step *store = &code->steps.items[batch->rest[at + 2].step];
    if (group_step->code != TR_STEP_GROUP || store->code != TR_STEP_TILE_STORE) return -1;
    const tr_group *group = group_step->aux;
    if (group->output_count != 1 || slot_of(code, store->x[1]) != group->outputs[0].operand) return -1;
    for (int32_t i = 0; i < group->input_count; i++) {
        const tr_view *view = &code->views.items[group->inputs[i].operand];
        if (s->slot[view->slot] == LINEAR || (s->slot[view->slot] == DATA && !view->identity)) return -1;
    }
    return at + 1;
}

/* As many programs as have TR_BATCH_ELEMENTS elements in a tile. */
static uint64_t most_programs(const tr_tile_code *code)
{
    int64_t largest = 1;
    for (size_t i = 0; i < code->slots.count; i++)
        if (code->slots.items[i].shape.count > largest) largest = code->slots.items[i].shape.count;
    const int64_t most = TR_BATCH_ELEMENTS / largest;
    return (uint64_t)(most < TR_BATCH_MIN ? TR_BATCH_MIN : most > TR_BATCH_MOST ? TR_BATCH_MOST : most);
}

static bool is_straight(sorter *s)
{
    const size_t n = s->code->steps.count;
    for (size_t i = 0; i < n; i++) {
        if (!is_allowed(&s->code->steps.items[i], i == n - 1)) return false;
        tr_step_visit(&s->code->steps.items[i], count_write, s);
    }
    return !s->jumps;
}

static tr_status make_batch(sorter *s, tr_error *error)
{
    tr_tile_code *code = s->code;
    tr_arena *arena = &code->arena;
    const size_t n = code->steps.count + 1;
    tr_batch *batch = TR_NEW(arena, tr_batch);
    if (!batch) return TR_OOM(error);
    batch->address = TR_NEW_ARRAY(arena, uint32_t, n);
    batch->rest = TR_NEW_ARRAY(arena, tr_batch_step, n);
    batch->regs = TR_NEW_ARRAY(arena, tr_batch_linear, n);
    batch->slots = TR_NEW_ARRAY(arena, tr_batch_linear, n);
    batch->same = TR_NEW_ARRAY(arena, uint32_t, n);
    batch->masks = TR_NEW_ARRAY(arena, uint32_t, n);
    if (!batch->address || !batch->rest || !batch->regs || !batch->slots || !batch->same || !batch->masks)
        return TR_OOM(error);
    sort_steps(s, batch);
    list_values(s, batch);
    batch->group = find_only_group(s, batch);
    batch->most = most_programs(code);
    if (batch->address_count > 0) code->batch = batch;
    return TR_OK;
}

tr_status tr_steps_batch(tr_tile_code *code, tr_error *error)
{
    tr_arena scratch = { 0 };
    const size_t regs = (size_t)code->reg_count + 1, slots = code->slots.count + 1;
    sorter s = { .code = code };
    s.reg_writes = TR_NEW_ARRAY(&scratch, uint32_t, regs);
    s.slot_writes = TR_NEW_ARRAY(&scratch, uint32_t, slots);
    s.reg = TR_NEW_ARRAY(&scratch, uint8_t, regs);
    s.slot = TR_NEW_ARRAY(&scratch, uint8_t, slots);
    s.reg_used = TR_NEW_ARRAY(&scratch, bool, regs);
    s.slot_used = TR_NEW_ARRAY(&scratch, bool, slots);
    tr_status status = TR_OK;
    if (!s.reg_writes || !s.slot_writes || !s.reg || !s.slot || !s.reg_used || !s.slot_used)
        status = TR_OOM(error);
    else if (is_straight(&s))
        status = make_batch(&s, error);
    tr_arena_deinit(&scratch);
    return status;
}
