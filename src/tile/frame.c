/* Frames: making, starting, running and stopping them. */
#include "tile/frame.h"

#include "tile/batch.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

/* ---------------------------------------------------------------- scratch */

/* Scratch is a list of blocks; a step takes pieces of the newest. When it is full a larger one is put in front, so
 * that pieces taken earlier in the step stay where they are. Blocks live until the frame dies. */
struct tr_scratch_block {
    tr_scratch_block *older;
    size_t size;
    char *data;
};

enum { TR_ALIGN = 64, TR_SCRATCH_FIRST = 64 << 10 };

void *tr_scratch(tr_frame *frame, const tr_step *step, size_t size)
{
    size = (size + TR_ALIGN - 1) & ~(size_t)(TR_ALIGN - 1);
    tr_scratch_block *block = frame->scratch;
    if (!block || block->size - frame->scratch_used < size) {
        size_t want = block ? 2 * block->size : TR_SCRATCH_FIRST;
        while (want < size) want *= 2;
        tr_scratch_block *larger = malloc(sizeof(*larger));
        char *data = larger ? aligned_alloc(TR_ALIGN, want) : NULL;
        if (!data) {
            free(larger);
            tr_trap(frame, step, TR_OUT_OF_MEMORY, "out of memory for %zu bytes of scratch", want);
            return NULL;
        }
        *larger = (tr_scratch_block){ .older = block, .size = want, .data = data };
        frame->scratch = block = larger;
        frame->scratch_used = 0;
    }
    void *piece = block->data + frame->scratch_used;
    frame->scratch_used += size;
    return piece;
}

/* ---------------------------------------------------------------- life */

tr_status tr_frame_create(const tr_tile_code *code, tr_frame **out_frame, tr_error *error)
{
    tr_frame *frame = calloc(1, sizeof(*frame));
    if (!frame) return TR_OOM(error);
    frame->code = code;
    frame->kernels = code->kernels;
    frame->views = code->views.items;
    frame->steps = code->steps.items;
    frame->regs = calloc(code->reg_count + 1, sizeof(*frame->regs));
    frame->tiles = calloc(code->slots.count + 1, sizeof(*frame->tiles));
    frame->memory = aligned_alloc(TR_ALIGN, code->memory_size + TR_ALIGN);
    frame->temps = aligned_alloc(TR_ALIGN, (code->temps_size + 2 * TR_ALIGN - 1) & ~(size_t)(TR_ALIGN - 1));
    if (!frame->regs || !frame->tiles || !frame->memory || !frame->temps) {
        tr_frame_destroy(frame);
        return TR_OOM(error);
    }
    memcpy(frame->regs, code->regs, code->reg_count * sizeof(*frame->regs));
    for (size_t i = 0; i < code->slots.count; i++) {
        const tr_slot *slot = &code->slots.items[i];
        frame->tiles[i] = slot->initial;
        if (!slot->constant) frame->tiles[i].data = frame->memory + slot->offset;
    }
    *out_frame = frame;
    return TR_OK;
}

void tr_frame_destroy(tr_frame *frame)
{
    if (!frame) return;
    while (frame->scratch) {
        tr_scratch_block *older = frame->scratch->older;
        free(frame->scratch->data);
        free(frame->scratch);
        frame->scratch = older;
    }
    free(frame->regs);
    free(frame->tiles);
    free(frame->memory);
    free(frame->temps);
    tr_batch_state_destroy(frame->batch);
    free(frame);
}

void tr_frame_prepare(tr_frame *frame, const tr_run *run)
{
    if (frame->run == run) return;
    frame->run = run;
    for (int i = 0; i < run->arg_count; i++)
        frame->regs[i] = (uint64_t)(uintptr_t)run->args[i].data + run->args[i].bits; /* a scalar has no data */
    for (uint32_t i = 0; i < frame->code->prologue; i++)
        tr_step_table[frame->steps[i].code].run(frame, &frame->steps[i]);
}

void tr_frame_start(tr_frame *frame, const tr_run *run, uint64_t program)
{
    const tr_grid *grid = &run->grid;
    frame->state = TR_FRAME_READY;
    tr_frame_prepare(frame, run);
    frame->program = program;
    frame->pid[0] = (uint32_t)(program % grid->x);
    frame->pid[1] = (uint32_t)(program / grid->x % grid->y);
    frame->pid[2] = (uint32_t)(program / grid->x / grid->y);
    frame->next = frame->state == TR_FRAME_READY ? frame->steps + frame->code->prologue : NULL;
    frame->waits = frame->moved = false;
    tr_scratch_reset(frame);
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* The loop with a clock: the plain one pays nothing for it. */
static void resume_timed(tr_frame *frame, tr_tile_profile *profile)
{
    const tr_step *step = frame->next;
    uint64_t before = now_ns();
    while (step) {
        const tr_step *next = tr_step_table[step->code].run(frame, step);
        const uint64_t after = now_ns();
        const size_t index = (size_t)(step - frame->steps);
        __atomic_fetch_add(&profile->nanoseconds[index], after - before, __ATOMIC_RELAXED);
        __atomic_fetch_add(&profile->counts[index], 1, __ATOMIC_RELAXED);
        before = after;
        step = next;
    }
}

void tr_frame_resume(tr_frame *frame)
{
    if (frame->run->profile) {
        resume_timed(frame, frame->run->profile);
        return;
    }
    const tr_step *step = frame->next;
    while (step) step = step->run(frame, step);
}

const tr_step *tr_trap(tr_frame *frame, const tr_step *step, tr_status status, const char *format, ...)
{
    char message[sizeof(frame->error.message)];
    char where[320] = "";
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    const tr_loc *source = tr_loc_file(step->op->loc);
    if (source) {
        int used = snprintf(where, sizeof(where), ", at %.*s:%u", TR_STR_ARG(source->file), source->line);
        const tr_loc *caller = tr_loc_caller_file(step->op->loc);
        if (caller && used > 0 && (size_t)used < sizeof(where))
            snprintf(where + used, sizeof(where) - (size_t)used, " called from %.*s:%u", TR_STR_ARG(caller->file),
                     caller->line);
    }
    (void)tr_fail_op(&frame->error, status, frame->code->module, step->op, "%s, in program (%u, %u, %u)%s", message,
                     frame->pid[0], frame->pid[1], frame->pid[2], where);
    frame->state = TR_FRAME_TRAPPED;
    return NULL;
}
