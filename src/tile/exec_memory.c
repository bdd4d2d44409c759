/* Loads and stores, scalar and tile.
 *
 * A tile of pointers in affine form with a mask that is a box is checked once: the corners of the box are accessed, so
 * either both lie in the argument or the access is out of bounds. Rows then move as runs. Pointers without a form are
 * looked at row by row for runs, and element by element where there are none.
 */
#include "tile/access.h"
#include "tile/exec.h"
#include "tile/transpose.h"

enum { TR_LOOK_AHEAD = 16384 }; /* bytes */

static bool is_waiting_load(const tr_step *step)
{
    return (step->imm & TR_LOAD_VOLATILE) != 0;
}

/* ---------------------------------------------------------------- scalars */

const tr_step *tr_exec_LOAD(tr_frame *frame, const tr_step *step)
{
    uint64_t *regs = frame->regs;
    const size_t size = tr_dtype_size(step->dtype);
    const uint64_t address = regs[step->x[1]];
    if (step->x[2] != TR_NO_OPERAND && !(regs[step->x[2]] & 1)) {
        regs[step->x[0]] = step->x[3] == TR_NO_OPERAND ? 0 : regs[step->x[3]];
        return step + 1;
    }
    if (!tr_find_arg(frame, step->roots, address, address + size))
        return tr_trap_bounds(frame, step, address, size, "load", NULL, -1);
    uint64_t bits = 0;
    memcpy(&bits, (const void *)(uintptr_t)address, size);
    regs[step->x[0]] = step->dtype == TR_I1 ? (bits & 0xff) != 0 : bits;
    frame->waits |= is_waiting_load(step);
    return step + 1;
}

const tr_step *tr_exec_STORE(tr_frame *frame, const tr_step *step)
{
    const size_t size = tr_dtype_size(step->dtype);
    const uint64_t address = frame->regs[step->x[0]];
    if (step->x[2] != TR_NO_OPERAND && !(frame->regs[step->x[2]] & 1)) return step + 1;
    if (!tr_find_arg(frame, step->roots, address, address + size))
        return tr_trap_bounds(frame, step, address, size, "store", NULL, -1);
    memcpy((void *)(uintptr_t)address, &frame->regs[step->x[1]], size);
    if (frame->run->records_writers) tr_record_write(frame, address, size);
    frame->moved = true;
    return step + 1;
}

/* ---------------------------------------------------------------- tiles */

static const char *access_name(const tr_access *a)
{
    return a->is_store ? "store" : "load";
}

static void move_run(const tr_access *a, char *tile, uint64_t address, size_t bytes)
{
    if (a->is_store) {
        memcpy((void *)(uintptr_t)address, tile, bytes);
        if (a->frame->run->records_writers) tr_record_write(a->frame, address, bytes);
    } else {
        memcpy(tile, (const void *)(uintptr_t)address, bytes);
    }
}

#define STRIDED_LOOP(type)                                                                                             \
    for (int64_t i = 0; i < n; i++)                                                                                    \
        if (is_store)                                                                                                  \
            memcpy(memory + i * stride, tile + i * (int64_t)sizeof(type), sizeof(type));                               \
        else                                                                                                           \
            memcpy(tile + i * (int64_t)sizeof(type), memory + i * stride, sizeof(type));

/* n elements `stride` bytes apart in memory, next to each other in the tile. */
static void move_strided(const tr_access *a, char *tile, uint64_t address, int64_t stride, int64_t n)
{
    char *memory = (char *)(uintptr_t)address;
    const bool is_store = a->is_store;
    switch (a->size) {
    case 1: STRIDED_LOOP(uint8_t) break;
    case 2: STRIDED_LOOP(uint16_t) break;
    case 4: STRIDED_LOOP(uint32_t) break;
    default: STRIDED_LOOP(uint64_t) break;
    }
    if (is_store && a->frame->run->records_writers)
        for (int64_t i = 0; i < n; i++) tr_record_write(a->frame, address + (uint64_t)(i * stride), a->size);
}

/* A box whose rows are strided in memory, but whose columns lie next to each other: both as blocks. `strides` are the
 * tile's. */
static void move_transposed(const tr_access *a, char *tile, uint64_t address, int64_t stride, int64_t rows,
                            int64_t cols, int64_t tile_row)
{
    char *memory = (char *)(uintptr_t)address;
    const int64_t row_bytes = tile_row * (int64_t)a->size;
    if (a->is_store)
        tr_transpose(a->size, rows, cols, tile, row_bytes, memory, stride);
    else
        tr_transpose(a->size, cols, rows, memory, stride, tile, row_bytes);
}

/* The box of an affine access: one check, then rows. */
static const tr_step *access_box(const tr_access *a, const tr_affine *p, const tr_box *box)
{
    const tr_shape *shape = a->shape;
    const int32_t rank = shape->rank, inner = rank - 1;
    const int64_t size = (int64_t)a->size;
    int64_t first = p->base, lo = 0, hi = 0, index[TR_AFFINE_RANK] = { 0 }, strides[TR_AFFINE_RANK];
    int64_t linear = 0, row = 1;

    for (int32_t d = inner; d >= 0; d--) {
        strides[d] = row;
        row *= shape->dims[d];
    }
    for (int32_t d = 0; d < rank; d++) {
        int64_t span = p->stride[d] * (box->hi[d] - 1 - box->lo[d]);
        first += p->stride[d] * box->lo[d];
        linear += strides[d] * box->lo[d];
        if (span < 0) lo += span; else hi += span;
    }
    if (!tr_find_arg(a->frame, a->step->roots, (uint64_t)(first + lo), (uint64_t)(first + hi + size)))
        return NULL; /* the caller goes element by element and finds the culprit */

    const int64_t n = box->hi[inner] - box->lo[inner], stride = p->stride[inner];
    const bool transposed = inner > 0 && stride != size && stride >= 2 * size && p->stride[inner - 1] == size &&
                            !(a->is_store && a->frame->run->records_writers);
    const int32_t outer = transposed ? inner - 1 : inner; /* dimensions walked here */
    for (;;) {
        int64_t address = first, at = linear;
        for (int32_t d = 0; d < outer; d++) {
            address += p->stride[d] * index[d];
            at += strides[d] * index[d];
        }
        if (transposed)
            move_transposed(a, a->tile + at * size, (uint64_t)address, stride, box->hi[inner - 1] - box->lo[inner - 1],
                            n, strides[inner - 1]);
        else if (stride == size)
            move_run(a, a->tile + at * size, (uint64_t)address, (size_t)(n * size));
        else
            move_strided(a, a->tile + at * size, (uint64_t)address, stride, n);
        int32_t d = outer - 1;
        for (; d >= 0; d--) {
            if (++index[d] < box->hi[d] - box->lo[d]) break;
            index[d] = 0;
        }
        if (d < 0) return a->step + 1;
    }
}

/* Elements first, first + 1, ... as long as they are active and lie one behind the other in memory. */
static int64_t run_length(const uint64_t *pointers, const char *mask, int64_t first, int64_t end, size_t size)
{
    int64_t i = first + 1;
    if (!mask) {
        while (i < end && pointers[i] == pointers[i - 1] + size) i++;
    } else {
        while (i < end && mask[i] && pointers[i] == pointers[i - 1] + size) i++;
    }
    return i - first;
}

/* Pointers and mask as elements: runs where there are some. */
static const tr_step *access_elements(const tr_access *a)
{
    const int64_t count = a->shape->count;
    const size_t size = a->size;
    const uint64_t *pointers = tr_view_dense(a->frame, a->step, a->pointers);
    const char *mask = NULL;
    if (!pointers) return NULL;
    if (a->mask) {
        mask = tr_view_dense(a->frame, a->step, a->mask);
        if (!mask) return NULL;
    }
    for (int64_t i = 0; i < count;) {
        if (mask && !mask[i]) {
            i++;
            continue;
        }
        int64_t n = run_length(pointers, mask, i, count, size);
        const uint64_t lo = pointers[i];
        if (!tr_find_arg(a->frame, a->step->roots, lo, lo + (uint64_t)n * size)) {
            /* Some element of the run is outside, or the run goes on from one argument to its neighbour. */
            for (int64_t k = 0; k < n; k++) {
                uint64_t address = lo + (uint64_t)k * size;
                if (!tr_find_arg(a->frame, a->step->roots, address, address + size))
                    return tr_trap_bounds(a->frame, a->step, address, size, access_name(a), a->shape, i + k);
                move_run(a, a->tile + (size_t)(i + k) * size, address, size);
            }
        } else {
            move_run(a, a->tile + (size_t)i * size, lo, (size_t)n * size);
        }
        i += n;
    }
    return a->step + 1;
}

/* A box of which some element lies outside: the first one. */
static const tr_step *trap_box(const tr_access *a, const tr_affine *p, const tr_box *box)
{
    for (int64_t i = 0; i < a->shape->count; i++) {
        int64_t rest = i, address = p->base;
        bool inside = true;
        for (int32_t d = a->shape->rank - 1; d >= 0; d--) {
            const int64_t at = rest % a->shape->dims[d];
            rest /= a->shape->dims[d];
            inside = inside && at >= box->lo[d] && at < box->hi[d];
            address += at * p->stride[d];
        }
        if (inside && !tr_find_arg(a->frame, a->step->roots, (uint64_t)address, (uint64_t)address + a->size))
            return tr_trap_bounds(a->frame, a->step, (uint64_t)address, a->size, access_name(a), a->shape, i);
    }
    return tr_trap(a->frame, a->step, TR_OUT_OF_BOUNDS, "%s of a block that lies in several arguments",
                   access_name(a));
}

const tr_step *tr_access_box_checked(const tr_access *access, const tr_affine *pointers, const tr_box *box)
{
    const tr_step *next = access_box(access, pointers, box);
    return next ? next : trap_box(access, pointers, box);
}

static void full_box(const tr_shape *shape, tr_box *out)
{
    *out = (tr_box){ .full = true };
    for (int32_t d = 0; d < shape->rank && d < TR_AFFINE_RANK; d++) out->hi[d] = shape->dims[d];
}

/* Masks that reach everything or nothing need no bytes. */
typedef enum reach { REACH_NONE, REACH_ALL, REACH_BOX, REACH_SOME } reach;

static reach find_reach(const tr_frame *frame, const tr_view *pointers, const tr_view *mask, tr_box *out_box)
{
    if (mask) {
        const tr_tile *tile = &frame->tiles[mask->slot];
        if (tile->form == TR_FORM_UNIFORM && !(tile->base & 1)) return REACH_NONE;
        if (tile->form != TR_FORM_UNIFORM) {
            if (!tr_view_box(frame, mask, out_box)) return REACH_SOME;
            if (out_box->empty) return REACH_NONE;
            return out_box->full ? REACH_ALL : REACH_BOX;
        }
    }
    full_box(&pointers->shape, out_box);
    return REACH_ALL;
}

static const tr_step *run_access(tr_access *a, reach how, const tr_box *box)
{
    tr_affine p;
    if (how != REACH_SOME && a->shape->rank <= TR_AFFINE_RANK && tr_view_affine(a->frame, a->pointers, &p)) {
        const tr_step *next = access_box(a, &p, box);
        if (next) return next;
    }
    if (how == REACH_ALL) a->mask = NULL;
    return access_elements(a);
}

static const tr_view *operand_view(const tr_frame *frame, uint32_t operand)
{
    return operand == TR_NO_OPERAND ? NULL : &frame->views[operand];
}

/* ---------------------------------------------------------------- tiles in the caller's memory */

/* Where a slot's own storage is. */
static void *own_storage(const tr_frame *frame, uint32_t slot)
{
    return frame->memory + frame->code->slots.items[slot].offset;
}

/* The address of a whole tile that lies in memory as it lies in storage: row-major, aligned, all of it in one
 * argument. NULL if it doesn't. */
static void *whole_in_memory(const tr_access *a, reach how)
{
    const tr_shape *shape = a->shape;
    tr_affine p;
    if (how != REACH_ALL || shape->rank > TR_AFFINE_RANK || !tr_view_affine(a->frame, a->pointers, &p)) return NULL;
    int64_t bytes = (int64_t)a->size;
    if (p.base % bytes) return NULL;
    for (int32_t d = shape->rank - 1; d >= 0; d--) {
        if (shape->dims[d] != 1 && p.stride[d] != bytes) return NULL;
        bytes *= shape->dims[d];
    }
    if (!tr_find_arg(a->frame, a->step->roots, (uint64_t)p.base, (uint64_t)(p.base + bytes))) return NULL;
    return (void *)(uintptr_t)p.base;
}

void *tr_whole_tile(const tr_frame *frame, const tr_step *step)
{
    const tr_view *pointers = &frame->views[step->x[step->code == TR_STEP_TILE_STORE ? 0 : 1]];
    const tr_access a = { .frame = (tr_frame *)(uintptr_t)frame, .step = step, .pointers = pointers,
                          .shape = &pointers->shape, .size = tr_dtype_size(tr_storage(step->dtype)) };
    tr_box box;
    return whole_in_memory(&a, find_reach(frame, pointers, operand_view(frame, step->x[2]), &box));
}

static bool overlap(const char *a, const char *b, size_t size)
{
    return a < b + size && b < a + size;
}

/* Whether the group may write its output to `target` while it reads its inputs: an input that lies in memory may be
 * the very same elements, but not others that overlap them. */
static bool may_aim(const tr_frame *frame, const tr_group *group, const char *target, size_t size)
{
    for (int32_t i = 0; i < group->input_count; i++) {
        const tr_view *view = &frame->views[group->inputs[i].operand];
        const tr_tile *tile = &frame->tiles[view->slot];
        if (tile->form != TR_FORM_DENSE) continue;
        const size_t input = (size_t)frame->code->slots.items[view->slot].shape.count * group->inputs[i].size;
        const bool same = tile->data == target && view->identity;
        if (!same && overlap(tile->data, target, input > size ? input : size)) return false;
    }
    return true;
}

/* Asks for the tile that this step will access next, if it goes on as it did: as far from here as here is from where it
 * was. The hardware looks ahead by itself, but not from page to page. `base` of a dense tile is free for the place. */
static void look_ahead(tr_tile *tile, const void *memory, size_t bytes)
{
    const uint64_t here = (uint64_t)(uintptr_t)memory, next = here + (here - (uint64_t)tile->base);
    const bool moved = next != here;
    tile->base = (int64_t)here;
    if (!moved || bytes > TR_LOOK_AHEAD) return;
    for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch((const void *)(uintptr_t)(next + i));
}

const tr_step *tr_exec_AIM(tr_frame *frame, const tr_step *step)
{
    tr_tile *tile = &frame->tiles[step->x[0]];
    tr_access a = { .frame = frame, .step = step, .pointers = &frame->views[step->x[1]],
                    .shape = &frame->views[step->x[1]].shape, .mask = operand_view(frame, step->x[2]),
                    .size = tr_dtype_size(tr_storage(step->dtype)), .is_store = true };
    tr_box box;
    void *target = whole_in_memory(&a, find_reach(frame, a.pointers, a.mask, &box));
    const size_t bytes = (size_t)a.shape->count * a.size;
    tile->data = target && may_aim(frame, step[1].aux, target, bytes) ? target : own_storage(frame, step->x[0]);
    if (tile->data == target) look_ahead(tile, target, bytes);
    return step + 1;
}

const tr_step *tr_exec_TILE_LOAD(tr_frame *frame, const tr_step *step)
{
    tr_tile *dst = &frame->tiles[step->x[0]];
    const tr_view *other = operand_view(frame, step->x[3]);
    tr_access a = { .frame = frame, .step = step, .pointers = &frame->views[step->x[1]],
                    .shape = &frame->views[step->x[1]].shape, .mask = operand_view(frame, step->x[2]), .size = tr_dtype_size(tr_storage(step->dtype)),
                 .tile = dst->data };
    const int64_t count = a.shape->count;
    tr_box box;
    const reach how = find_reach(frame, a.pointers, a.mask, &box);

    frame->waits |= is_waiting_load(step);
    if (step->imm & TR_LOAD_BORROWS) {
        void *memory = whole_in_memory(&a, how);
        dst->data = memory ? memory : own_storage(frame, step->x[0]);
        dst->form = TR_FORM_DENSE;
        if (memory) {
            look_ahead(dst, memory, (size_t)count * a.size);
            return step + 1;
        }
        a.tile = dst->data;
    }
    if (how != REACH_ALL) { /* first what the masked-off elements get */
        if (other)
            tr_view_read(frame, other, 0, count, dst->data);
        else
            memset(dst->data, 0, (size_t)count * a.size);
    }
    dst->form = TR_FORM_DENSE;
    if (how == REACH_NONE) return step + 1;
    const tr_step *next = run_access(&a, how, &box);
    if (next && step->dtype == TR_I1) { /* a byte of memory is true when it is not 0 */
        uint8_t *bytes = dst->data;
        for (int64_t i = 0; i < count; i++) bytes[i] = bytes[i] != 0;
    }
    tr_scratch_reset(frame);
    return next;
}

const tr_step *tr_exec_TILE_STORE(tr_frame *frame, const tr_step *step)
{
    const tr_view *value = &frame->views[step->x[1]];
    tr_access a = { .frame = frame, .step = step, .pointers = &frame->views[step->x[0]],
                    .shape = &frame->views[step->x[0]].shape, .mask = operand_view(frame, step->x[2]), .size = tr_dtype_size(tr_storage(step->dtype)),
                 .is_store = true };
    tr_box box;
    const reach how = find_reach(frame, a.pointers, a.mask, &box);
    if (how == REACH_NONE) return step + 1;
    a.tile = (char *)(uintptr_t)tr_view_dense(frame, step, value);
    if (!a.tile) return NULL;
    frame->moved = true;
    if (a.tile == whole_in_memory(&a, how)) { /* it was aimed: the elements are there */
        if (frame->run->records_writers)
            tr_record_write(frame, (uint64_t)(uintptr_t)a.tile, (size_t)a.shape->count * a.size);
        return step + 1;
    }
    const tr_step *next = run_access(&a, how, &box);
    tr_scratch_reset(frame);
    return next;
}
