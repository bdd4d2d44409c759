/* Atomics: between programs on several threads they are really atomic, and sequentially consistent.
 *
 * A tile's elements go one after another, in order. Masked-off elements give 0.
 */
#include <time.h>

#include "tile/access.h"
#include "tile/exec.h"

/* The value at `address` before it was replaced by `desired`, if it was `expected`. */
static uint64_t compare_exchange(size_t size, void *address, uint64_t expected, uint64_t desired)
{
#define EXCHANGE(type)                                                                                                 \
    {                                                                                                                  \
        type old = (type)expected;                                                                                     \
        __atomic_compare_exchange_n((type *)address, &old, (type)desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);  \
        return old;                                                                                                    \
    }
    switch (size) {
    case 1: EXCHANGE(uint8_t)
    case 2: EXCHANGE(uint16_t)
    case 4: EXCHANGE(uint32_t)
    default: EXCHANGE(uint64_t)
    }
#undef EXCHANGE
}

static uint64_t atomic_read(size_t size, const void *address)
{
    switch (size) {
    case 1: return __atomic_load_n((const uint8_t *)address, __ATOMIC_SEQ_CST);
    case 2: return __atomic_load_n((const uint16_t *)address, __ATOMIC_SEQ_CST);
    case 4: return __atomic_load_n((const uint32_t *)address, __ATOMIC_SEQ_CST);
    default: return __atomic_load_n((const uint64_t *)address, __ATOMIC_SEQ_CST);
    }
}

static uint64_t low_bytes(size_t size, uint64_t bits)
{
    return size == 8 ? bits : bits & ((1ull << (8 * size)) - 1);
}

uint64_t tr_atomic_update(tr_run_fn *kernel, size_t size, void *address, uint64_t operand, bool *out_changed)
{
    operand = low_bytes(size, operand);
    uint64_t old = atomic_read(size, address);
    for (;;) {
        uint64_t desired = operand;
        if (kernel) kernel(1, &desired, &old, &operand, NULL);
        desired = low_bytes(size, desired);
        uint64_t seen = compare_exchange(size, address, old, desired);
        if (seen == old) {
            *out_changed = desired != old;
            return old;
        }
        old = seen;
    }
}

/* Checks one element's address: in an argument's memory, and aligned to its size. */
static const tr_step *check_address(tr_frame *frame, const tr_step *step, uint64_t address, size_t size,
                                    const tr_shape *shape, int64_t index)
{
    if (!tr_find_arg(frame, step->roots, address, address + size))
        return tr_trap_bounds(frame, step, address, size, "atomic", shape, index);
    if (address % size)
        return tr_trap(frame, step, TR_TRAPPED, "misaligned atomic of %zu bytes at address 0x%llx", size,
                       (unsigned long long)address);
    return step + 1;
}

static void note_write(tr_frame *frame, uint64_t address, size_t size, bool changed)
{
    frame->waits = true;
    frame->moved |= changed;
    if (frame->run->records_writers) tr_record_write(frame, address, size);
}

/* ---------------------------------------------------------------- scalars */

const tr_step *tr_exec_ATOMIC_RMW(tr_frame *frame, const tr_step *step)
{
    uint64_t *regs = frame->regs;
    const size_t size = tr_dtype_size(step->dtype);
    const uint64_t address = regs[step->x[1]];
    bool changed;
    if (step->x[3] != TR_NO_OPERAND && !(regs[step->x[3]] & 1)) {
        regs[step->x[0]] = 0;
        return step + 1;
    }
    if (!check_address(frame, step, address, size, NULL, -1)) return NULL;
    regs[step->x[0]] =
        tr_atomic_update(step->kernel, size, (void *)(uintptr_t)address, regs[step->x[2]], &changed);
    note_write(frame, address, size, changed);
    return step + 1;
}

const tr_step *tr_exec_ATOMIC_CAS(tr_frame *frame, const tr_step *step)
{
    uint64_t *regs = frame->regs;
    const size_t size = tr_dtype_size(step->dtype);
    const uint64_t address = regs[step->x[1]];
    const uint64_t expected = low_bytes(size, regs[step->x[2]]), desired = low_bytes(size, regs[step->x[3]]);
    if (!check_address(frame, step, address, size, NULL, -1)) return NULL;
    uint64_t old = compare_exchange(size, (void *)(uintptr_t)address, expected, desired);
    regs[step->x[0]] = old;
    note_write(frame, address, size, old == expected && desired != old);
    return step + 1;
}

/* ---------------------------------------------------------------- tiles */

static tr_tile *dense_result(tr_frame *frame, const tr_step *step)
{
    tr_tile *tile = &frame->tiles[step->x[0]];
    tile->form = TR_FORM_DENSE;
    return tile;
}

/* Operand `index` of the step as elements; NULL when it is absent or memory is out. */
static const char *elements(tr_frame *frame, const tr_step *step, int index)
{
    return step->x[index] == TR_NO_OPERAND ? NULL : tr_view_dense(frame, step, &frame->views[step->x[index]]);
}

static uint64_t load_bits(const char *elements_, int64_t i, size_t size)
{
    uint64_t bits = 0;
    memcpy(&bits, elements_ + (size_t)i * size, size);
    return bits;
}

const tr_step *tr_exec_TILE_RMW(tr_frame *frame, const tr_step *step)
{
    const tr_view *view = &frame->views[step->x[1]];
    const size_t size = tr_dtype_size(step->dtype);
    const char *pointers = elements(frame, step, 1), *operands = elements(frame, step, 2);
    const char *mask = elements(frame, step, 3);
    char *out = dense_result(frame, step)->data;
    if (frame->state == TR_FRAME_TRAPPED) return NULL;
    memset(out, 0, (size_t)view->shape.count * size);
    for (int64_t i = 0; i < view->shape.count; i++) {
        bool changed;
        if (mask && !mask[i]) continue;
        const uint64_t address = load_bits(pointers, i, 8);
        if (!check_address(frame, step, address, size, &view->shape, i)) return NULL;
        uint64_t old = tr_atomic_update(step->kernel, size, (void *)(uintptr_t)address,
                                        load_bits(operands, i, size), &changed);
        memcpy(out + (size_t)i * size, &old, size);
        note_write(frame, address, size, changed);
    }
    tr_scratch_reset(frame);
    return step + 1;
}

const tr_step *tr_exec_TILE_CAS(tr_frame *frame, const tr_step *step)
{
    const tr_view *view = &frame->views[step->x[1]];
    const size_t size = tr_dtype_size(step->dtype);
    const char *pointers = elements(frame, step, 1), *expected = elements(frame, step, 2);
    const char *desired = elements(frame, step, 3);
    char *out = dense_result(frame, step)->data;
    if (frame->state == TR_FRAME_TRAPPED) return NULL;
    for (int64_t i = 0; i < view->shape.count; i++) {
        const uint64_t address = load_bits(pointers, i, 8);
        const uint64_t was = load_bits(expected, i, size), becomes = load_bits(desired, i, size);
        if (!check_address(frame, step, address, size, &view->shape, i)) return NULL;
        uint64_t old = compare_exchange(size, (void *)(uintptr_t)address, was, becomes);
        memcpy(out + (size_t)i * size, &old, size);
        note_write(frame, address, size, old == was && becomes != old);
    }
    tr_scratch_reset(frame);
    return step + 1;
}

/* ---------------------------------------------------------------- polling */

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Gives the thread back until the step is tried again; false when the step's time limit has passed. */
static bool wait_on(tr_frame *frame, const tr_step *step)
{
    if (step->x[3] != TR_NO_OPERAND) {
        const int64_t limit = (int64_t)frame->regs[step->x[3]];
        if (!frame->poll_since) frame->poll_since = now_ns();
        if (now_ns() - frame->poll_since > limit) return false;
        frame->moved = true; /* time passes: not a deadlock */
    }
    frame->waits = true;
    frame->next = step;
    return true;
}

const tr_step *tr_exec_ATOMIC_POLL(tr_frame *frame, const tr_step *step)
{
    const size_t size = tr_dtype_size(step->dtype);
    const uint64_t address = frame->regs[step->x[1]];
    if (!check_address(frame, step, address, size, NULL, -1)) return NULL;
    const bool came = atomic_read(size, (void *)(uintptr_t)address) == low_bytes(size, frame->regs[step->x[2]]);
    if (!came && wait_on(frame, step)) return NULL;
    frame->poll_since = 0;
    frame->regs[step->x[0]] = came;
    return step + 1;
}

const tr_step *tr_exec_TILE_POLL(tr_frame *frame, const tr_step *step)
{
    const tr_view *view = &frame->views[step->x[1]];
    const size_t size = tr_dtype_size(step->dtype);
    const char *pointers = elements(frame, step, 1), *wanted = elements(frame, step, 2);
    char *out = dense_result(frame, step)->data;
    bool all = true;
    if (frame->state == TR_FRAME_TRAPPED) return NULL;
    for (int64_t i = 0; i < view->shape.count; i++) {
        const uint64_t address = load_bits(pointers, i, 8);
        if (!check_address(frame, step, address, size, &view->shape, i)) return NULL;
        out[i] = atomic_read(size, (void *)(uintptr_t)address) == load_bits(wanted, i, size);
        all = all && out[i];
    }
    tr_scratch_reset(frame);
    if (!all && wait_on(frame, step)) return NULL;
    frame->poll_since = 0;
    return step + 1;
}
