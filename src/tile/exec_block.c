/* Descriptor and block pointer accesses: an affine access with a box, as exec_memory.c runs them. */
#include "tile/access.h"
#include "tile/block_access.h"
#include "tile/exec.h"

static int64_t reg64(const tr_frame *frame, uint32_t reg)
{
    return (int64_t)frame->regs[reg];
}

/* The block's addresses and the part of it that lies in the array. False when an address does not fit 64 bits. */
static bool locate(const tr_frame *frame, const tr_block_access *block, int64_t size, tr_affine *p, tr_box *box)
{
    bool fits = true;
    *p = (tr_affine){ .base = reg64(frame, block->base) };
    *box = (tr_box){ .full = true };
    for (int32_t d = 0; d < block->block.rank; d++) {
        const int64_t index = reg64(frame, block->index[d]), extent = block->block.dims[d];
        int64_t offset;
        fits = fits && !__builtin_mul_overflow(reg64(frame, block->stride[d]), size, &p->stride[d]) &&
               !__builtin_mul_overflow(p->stride[d], index, &offset) &&
               !__builtin_add_overflow(p->base, offset, &p->base);
        box->lo[d] = 0;
        box->hi[d] = extent;
        if (!block->checked[d]) continue;
        int64_t below = reg64(frame, block->shape[d]) - index; /* positions up to the array's end */
        if (index < 0) box->lo[d] = index < -extent ? extent : -index;
        if (below < extent) box->hi[d] = below;
        if (box->lo[d] >= box->hi[d]) box->empty = true;
        if (box->lo[d] > 0 || box->hi[d] < extent) box->full = false;
    }
    return fits;
}

static void fill_padding(tr_frame *frame, const tr_block_access *block, tr_dtype dtype, void *tile)
{
    double nan = __builtin_nan("");
    uint64_t bits = 0;
    if (block->pad_nan && tr_dtype_is_float(dtype)) tr_store_f64(dtype, &bits, nan);
    frame->kernels->fill[__builtin_ctz((unsigned)tr_dtype_size(dtype))]((size_t)block->block.count, tile, bits);
}

/* One access of the box; traps name the first element outside of the argument. */
static const tr_step *run_box(tr_frame *frame, const tr_step *step, const tr_block_access *block, char *tile,
                              bool is_store)
{
    const int64_t size = (int64_t)tr_dtype_size(step->dtype);
    tr_access access = { .frame = frame, .step = step, .shape = &block->block, .size = (size_t)size,
                         .is_store = is_store, .tile = tile };
    tr_affine p;
    tr_box box;
    if (!locate(frame, block, size, &p, &box))
        return tr_trap(frame, step, TR_OUT_OF_BOUNDS, "a block's address does not fit 64 bits");
    if (box.empty) return step + 1;
    return tr_access_box_checked(&access, &p, &box);
}

const tr_step *tr_exec_BLOCK_LOAD(tr_frame *frame, const tr_step *step)
{
    const tr_block_access *block = step->aux;
    tr_tile *dst = &frame->tiles[step->x[0]];
    dst->form = TR_FORM_DENSE;
    fill_padding(frame, block, step->dtype, dst->data);
    return run_box(frame, step, block, dst->data, false);
}

const tr_step *tr_exec_BLOCK_STORE(tr_frame *frame, const tr_step *step)
{
    const char *tile = tr_view_dense(frame, step, &frame->views[step->x[0]]);
    if (!tile) return NULL;
    const tr_step *next = run_box(frame, step, step->aux, (char *)(uintptr_t)tile, true);
    frame->moved = true;
    tr_scratch_reset(frame);
    return next;
}

const tr_step *tr_exec_BLOCK_REDUCE(tr_frame *frame, const tr_step *step)
{
    const tr_block_access *block = step->aux;
    const size_t size = tr_dtype_size(step->dtype);
    const char *tile = tr_view_dense(frame, step, &frame->views[step->x[0]]);
    tr_affine p;
    tr_box box;
    if (!tile) return NULL;
    if (!locate(frame, block, (int64_t)size, &p, &box))
        return tr_trap(frame, step, TR_OUT_OF_BOUNDS, "a block's address does not fit 64 bits");
    for (int64_t i = 0; i < block->block.count && !box.empty; i++) {
        int64_t rest = i, address = p.base;
        bool inside = true, changed;
        for (int32_t d = block->block.rank - 1; d >= 0; d--) {
            const int64_t at = rest % block->block.dims[d];
            rest /= block->block.dims[d];
            inside = inside && at >= box.lo[d] && at < box.hi[d];
            address += at * p.stride[d];
        }
        if (!inside) continue;
        if (!tr_find_arg(frame, step->roots, (uint64_t)address, (uint64_t)address + size))
            return tr_trap_bounds(frame, step, (uint64_t)address, size, "reduction", &block->block, i);
        uint64_t value = 0;
        memcpy(&value, tile + (size_t)i * size, size);
        tr_atomic_update(step->kernel, size, (void *)(uintptr_t)address, value, &changed);
        if (frame->run->records_writers) tr_record_write(frame, (uint64_t)address, size);
    }
    frame->moved = true;
    tr_scratch_reset(frame);
    return step + 1;
}

/* Rows: one access of a one-row block each. */
static const tr_step *run_rows(tr_frame *frame, const tr_step *step, const tr_view *rows, char *tile, bool is_store)
{
    const tr_block_access *block = step->aux;
    const size_t row_bytes = (size_t)block->block.dims[block->block.rank - 1] * tr_dtype_size(step->dtype);
    const size_t size = tr_dtype_size(rows->dtype);
    const char *indices = tr_view_dense(frame, step, rows);
    if (!indices) return NULL;
    for (int64_t i = 0; i < rows->shape.count; i++) {
        uint64_t bits = 0;
        memcpy(&bits, indices + (size_t)i * size, size);
        frame->regs[block->index[0]] = (uint64_t)tr_reg_int(rows->dtype, bits);
        char *row = tile + (size_t)i * row_bytes;
        if (!is_store) fill_padding(frame, block, step->dtype, row);
        if (!run_box(frame, step, block, row, is_store)) return NULL;
    }
    tr_scratch_reset(frame);
    return step + 1;
}

const tr_step *tr_exec_ROWS_LOAD(tr_frame *frame, const tr_step *step)
{
    tr_tile *dst = &frame->tiles[step->x[0]];
    dst->form = TR_FORM_DENSE;
    return run_rows(frame, step, &frame->views[step->x[1]], dst->data, false);
}

const tr_step *tr_exec_ROWS_STORE(tr_frame *frame, const tr_step *step)
{
    const char *tile = tr_view_dense(frame, step, &frame->views[step->x[0]]);
    frame->moved = true;
    return tile ? run_rows(frame, step, &frame->views[step->x[1]], (char *)(uintptr_t)tile, true) : NULL;
}
