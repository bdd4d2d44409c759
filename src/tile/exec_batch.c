/* Running a batch of programs (batch.h). */
#include "tile/batch.h"
#include "tile/frame.h"

typedef struct linear {
    int64_t first, delta; /* of program i of the batch: first + i * delta */
} linear;

/* What a TILE_LOAD, AIM or TILE_STORE accesses. */
typedef struct access_plan {
    char *first; /* of the first program; NULL: the step is run as it is */
    int64_t delta;
    size_t bytes;
} access_plan;

struct tr_batch_state {
    linear *regs, *slots; /* as tr_batch has them */
    bool *slot_used;
    tr_tile *tiles; /* what the linear slots hold for the first program */
    access_plan *accesses;
};

void tr_batch_state_destroy(tr_batch_state *state)
{
    if (!state) return;
    free(state->regs);
    free(state->slots);
    free(state->slot_used);
    free(state->tiles);
    free(state->accesses);
    free(state);
}

static tr_batch_state *make_state(const tr_batch *batch)
{
    tr_batch_state *state = calloc(1, sizeof(*state));
    if (!state) return NULL;
    state->regs = calloc((size_t)batch->reg_count + 1, sizeof(*state->regs));
    state->slots = calloc((size_t)batch->slot_count + 1, sizeof(*state->slots));
    state->slot_used = calloc((size_t)batch->slot_count + 1, sizeof(*state->slot_used));
    state->tiles = calloc((size_t)batch->slot_count + 1, sizeof(*state->tiles));
    state->accesses = calloc((size_t)batch->access_count + 1, sizeof(*state->accesses));
    if (state->regs && state->slots && state->slot_used && state->tiles && state->accesses) return state;
    tr_batch_state_destroy(state);
    return NULL;
}

/* ---------------------------------------------------------------- where the programs' data is */

static void set_program(tr_frame *frame, uint64_t first, uint64_t i)
{
    const tr_grid *grid = &frame->run->grid;
    const uint64_t program = first + i;
    frame->program = program;
    frame->pid[0] = (uint32_t)(program % grid->x);
    frame->pid[1] = (uint32_t)(program / grid->x % grid->y);
    frame->pid[2] = (uint32_t)(program / grid->x / grid->y);
}

/* Runs the address steps of a program. False where a result has no form, or a mask is not true everywhere. */
static bool probe(tr_frame *frame, const tr_batch *batch, uint64_t first, uint64_t i)
{
    set_program(frame, first, i);
    for (int32_t k = 0; k < batch->address_count; k++) {
        const tr_step *step = &frame->steps[batch->address[k]];
        if (!tr_step_table[step->code].run(frame, step)) return false;
    }
    for (int32_t k = 0; k < batch->mask_count; k++) {
        const tr_tile *tile = &frame->tiles[batch->masks[k]];
        if (tile->form != TR_FORM_UNIFORM || !(tile->base & 1)) return false;
    }
    for (int32_t k = 0; k < batch->same_count; k++)
        if (frame->tiles[batch->same[k]].form == TR_FORM_DENSE) return false;
    for (int32_t k = 0; k < batch->slot_count; k++)
        if (frame->tiles[batch->slots[k].index].form == TR_FORM_DENSE) return false;
    return true;
}

static int64_t reg_value(const tr_frame *frame, const tr_batch_linear *reg)
{
    const uint64_t bits = frame->regs[reg->index];
    return reg->size == 4 ? (int32_t)bits : (int64_t)bits;
}

/* Of the first program. */
static void take_first(const tr_frame *frame, const tr_batch *batch, tr_batch_state *state)
{
    int32_t access = 0;
    for (int32_t k = 0; k < batch->reg_count; k++) state->regs[k].first = reg_value(frame, &batch->regs[k]);
    for (int32_t k = 0; k < batch->slot_count; k++) {
        state->tiles[k] = frame->tiles[batch->slots[k].index];
        state->slots[k].first = state->tiles[k].base;
        state->slot_used[k] = batch->slots[k].used;
    }
    for (int32_t k = 0; k < batch->rest_count; k++)
        if (batch->rest[k].access >= 0)
            state->accesses[access++].first = tr_whole_tile(frame, &frame->steps[batch->rest[k].step]);
}

/* Of the second one, that is how much they grow. */
static bool take_deltas(const tr_frame *frame, const tr_batch *batch, tr_batch_state *state)
{
    for (int32_t k = 0; k < batch->reg_count; k++)
        if (__builtin_sub_overflow(reg_value(frame, &batch->regs[k]), state->regs[k].first, &state->regs[k].delta))
            return false;
    for (int32_t k = 0; k < batch->slot_count; k++)
        if (__builtin_sub_overflow(frame->tiles[batch->slots[k].index].base, state->slots[k].first,
                                   &state->slots[k].delta))
            return false;
    return true;
}

static bool arrives(const linear *value, uint64_t i, int64_t at)
{
    int64_t grown;
    return !__builtin_mul_overflow(value->delta, (int64_t)i, &grown) &&
           !__builtin_add_overflow(value->first, grown, &grown) && grown == at;
}

/* Whether program i is where the first two say. What wraps between the first program and the last one isn't: values
 * that differ by the same amount each time are equal to the linear ones but for a multiple of their range, and both
 * ends lie in the range. */
static bool agrees(const tr_frame *frame, const tr_batch *batch, const tr_batch_state *state, uint64_t i)
{
    for (int32_t k = 0; k < batch->reg_count; k++)
        if (!arrives(&state->regs[k], i, reg_value(frame, &batch->regs[k]))) return false;
    for (int32_t k = 0; k < batch->slot_count; k++) {
        const tr_tile *tile = &frame->tiles[batch->slots[k].index], *first = &state->tiles[k];
        if (tile->form != first->form || !arrives(&state->slots[k], i, tile->base)) return false;
        const int32_t rank = frame->code->slots.items[batch->slots[k].index].shape.rank;
        for (int32_t d = 0; tile->form == TR_FORM_AFFINE && d < rank; d++)
            if (tile->stride[d] != first->stride[d]) return false;
    }
    return true;
}

/* ---------------------------------------------------------------- accesses */

/* The pointers' slot of an access that is not worked out before: its program's value is needed. */
static void use_pointers(const tr_frame *frame, const tr_batch *batch, tr_batch_state *state, const tr_step *step)
{
    const uint32_t slot = frame->views[step->x[step->code == TR_STEP_TILE_STORE ? 0 : 1]].slot;
    for (int32_t k = 0; k < batch->slot_count; k++)
        if (batch->slots[k].index == slot) state->slot_used[k] = true;
}

/* Whether two accesses touch the same memory, but not always the same elements in the same program. */
static bool tangled(const access_plan *a, const access_plan *b, uint64_t count)
{
    const int64_t a_last = a->delta * (int64_t)(count - 1), b_last = b->delta * (int64_t)(count - 1);
    const uint64_t a_lo = (uint64_t)(uintptr_t)a->first + (uint64_t)(a_last < 0 ? a_last : 0);
    const uint64_t b_lo = (uint64_t)(uintptr_t)b->first + (uint64_t)(b_last < 0 ? b_last : 0);
    const uint64_t a_hi = a_lo + (uint64_t)(a_last < 0 ? -a_last : a_last) + a->bytes;
    const uint64_t b_hi = b_lo + (uint64_t)(b_last < 0 ? -b_last : b_last) + b->bytes;
    if (a->first == b->first && a->delta == b->delta && a->bytes == b->bytes) return false;
    return a_lo < b_hi && b_lo < a_hi;
}

/* Whether groups may write where their stores go: every load is known, and no store tangles with one. */
static bool may_aim(const tr_frame *frame, const tr_batch *batch, const tr_batch_state *state, uint64_t count)
{
    for (int32_t k = 0; k < batch->rest_count; k++) {
        const tr_batch_step *load = &batch->rest[k];
        if (frame->steps[load->step].code != TR_STEP_TILE_LOAD) continue;
        if (load->access < 0 || !state->accesses[load->access].first) return false;
        for (int32_t m = 0; m < batch->rest_count; m++) {
            const tr_batch_step *store = &batch->rest[m];
            if (frame->steps[store->step].code != TR_STEP_TILE_STORE || store->access < 0) continue;
            if (state->accesses[store->access].first &&
                tangled(&state->accesses[load->access], &state->accesses[store->access], count))
                return false;
        }
    }
    return true;
}

/* Deltas of the accesses, for the frame as it is at the last program; and which of them are run as they are. */
static void plan_accesses(const tr_frame *frame, const tr_batch *batch, tr_batch_state *state, uint64_t count)
{
    for (int32_t k = 0; k < batch->rest_count; k++) {
        const tr_step *step = &frame->steps[batch->rest[k].step];
        if (batch->rest[k].access < 0) continue;
        access_plan *access = &state->accesses[batch->rest[k].access];
        const tr_view *pointers = &frame->views[step->x[step->code == TR_STEP_TILE_STORE ? 0 : 1]];
        access->bytes = (size_t)pointers->shape.count * tr_dtype_size(tr_storage(step->dtype));
        const char *last = tr_whole_tile(frame, step);
        if (!last) access->first = NULL;
        if (access->first) access->delta = (last - access->first) / (int64_t)(count - 1);
    }
    const bool aim = may_aim(frame, batch, state, count);
    for (int32_t k = 0; k < batch->rest_count; k++) {
        const tr_step *step = &frame->steps[batch->rest[k].step];
        if (batch->rest[k].access < 0) continue;
        access_plan *access = &state->accesses[batch->rest[k].access];
        if (!aim && step->code != TR_STEP_TILE_LOAD) access->first = NULL;
        if (!access->first) use_pointers(frame, batch, state, step);
    }
}

/* ---------------------------------------------------------------- the programs */

/* Loads, one group and its store, all of them of memory that goes on from program to program: one long tile. */
static bool run_as_one(tr_frame *frame, const tr_batch *batch, const tr_batch_state *state, uint64_t count)
{
    if (batch->group < 0) return false;
    const tr_group *group = frame->steps[batch->rest[batch->group].step].aux;
    for (int32_t k = 0; k < batch->access_count; k++)
        if (!state->accesses[k].first || state->accesses[k].delta != (int64_t)state->accesses[k].bytes) return false;
    for (int32_t i = 0; i < group->input_count; i++) {
        const uint32_t slot = frame->views[group->inputs[i].operand].slot;
        bool loaded = false;
        for (int32_t k = 0; k < batch->group - 1; k++) loaded |= frame->steps[batch->rest[k].step].x[0] == slot;
        if (!loaded && frame->tiles[slot].form != TR_FORM_UNIFORM) return false;
    }
    for (int32_t k = 0; k < batch->group; k++) {
        tr_tile *tile = &frame->tiles[frame->steps[batch->rest[k].step].x[0]];
        tile->data = state->accesses[batch->rest[k].access].first;
        tile->form = TR_FORM_DENSE;
    }
    tr_group_run(frame, group, group->shape.count * (int64_t)count, group->long_strip, group->long_temp_size);
    return true;
}

/* The access of program i, which is all in its argument. False when it is out of memory. */
static bool run_access(tr_frame *frame, const tr_step *step, const access_plan *access, uint64_t i)
{
    char *memory = access->first + access->delta * (int64_t)i;
    if (step->code == TR_STEP_TILE_STORE) {
        const void *elements = tr_view_dense(frame, step, &frame->views[step->x[1]]);
        if (!elements) return false;
        if (elements != memory) memcpy(memory, elements, access->bytes);
        tr_scratch_reset(frame);
        return true;
    }
    tr_tile *tile = &frame->tiles[step->x[0]];
    if (step->code == TR_STEP_TILE_LOAD) tile->form = TR_FORM_DENSE;
    if (step->code == TR_STEP_AIM || (step->imm & TR_LOAD_BORROWS))
        tile->data = memory;
    else
        memcpy(tile->data, memory, access->bytes);
    return true;
}

/* Values of program i that steps read. */
static void set_values(tr_frame *frame, const tr_batch *batch, const tr_batch_state *state, uint64_t i)
{
    for (int32_t k = 0; k < batch->reg_count; k++) {
        if (!batch->regs[k].used) continue;
        const uint64_t value = (uint64_t)(state->regs[k].first + state->regs[k].delta * (int64_t)i);
        frame->regs[batch->regs[k].index] = batch->regs[k].size == 4 ? (uint32_t)value : value;
    }
    for (int32_t k = 0; k < batch->slot_count; k++)
        if (state->slot_used[k])
            frame->tiles[batch->slots[k].index].base = state->slots[k].first + state->slots[k].delta * (int64_t)i;
}

static bool run_program(tr_frame *frame, const tr_batch *batch, const tr_batch_state *state, uint64_t i)
{
    set_values(frame, batch, state, i);
    for (int32_t k = 0; k < batch->rest_count; k++) {
        const tr_step *step = &frame->steps[batch->rest[k].step];
        const int32_t access = batch->rest[k].access;
        if (access >= 0 && state->accesses[access].first) {
            if (!run_access(frame, step, &state->accesses[access], i)) return false;
        } else if (!tr_step_table[step->code].run(frame, step)) {
            return false;
        }
    }
    return true;
}

bool tr_batch_run(tr_frame *frame, const tr_run *run, uint64_t first, uint64_t count)
{
    const tr_batch *batch = frame->code->batch;
    tr_frame_prepare(frame, run);
    if (!frame->batch) frame->batch = make_state(batch);
    tr_batch_state *state = frame->batch;
    frame->state = TR_FRAME_READY;
    bool ok = state && probe(frame, batch, first, 0);
    if (ok) take_first(frame, batch, state);
    ok = ok && probe(frame, batch, first, 1) && take_deltas(frame, batch, state) && agrees(frame, batch, state, 1) &&
         probe(frame, batch, first, count - 1) && agrees(frame, batch, state, count - 1);
    frame->state = TR_FRAME_READY; /* a probe that ran out of memory has said so in vain */
    tr_scratch_reset(frame);
    if (!ok) return false;
    plan_accesses(frame, batch, state, count);
    frame->state = TR_FRAME_DONE;
    frame->moved = true;
    if (run_as_one(frame, batch, state, count)) return true;
    for (uint64_t i = 0; i < count; i++) {
        set_program(frame, first, i);
        if (!run_program(frame, batch, state, i)) return true; /* trapped */
    }
    return true;
}
