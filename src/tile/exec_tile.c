/* Whole tiles from place to place: copy, exchange, reshape, one element. */
#include "tile/exec.h"
#include "tile/frame.h"

/* Gives `dst` what the view holds, in the same form where that is possible. */
static void copy_view(tr_frame *frame, uint32_t dst_index, const tr_view *view)
{
    const tr_tile *src = &frame->tiles[view->slot];
    tr_tile *dst = &frame->tiles[dst_index];
    tr_affine affine;
    tr_box box;
    if (src->form == TR_FORM_UNIFORM) {
        dst->form = TR_FORM_UNIFORM;
        dst->base = src->base;
    } else if (tr_view_affine(frame, view, &affine)) {
        dst->form = TR_FORM_AFFINE;
        dst->base = affine.base;
        for (int32_t d = 0; d < view->shape.rank && d < TR_AFFINE_RANK; d++) dst->stride[d] = affine.stride[d];
    } else if (tr_view_box(frame, view, &box)) {
        dst->form = TR_FORM_BOX;
        for (int32_t d = 0; d < view->shape.rank; d++) {
            dst->box.lo[d] = (int32_t)box.lo[d];
            dst->box.hi[d] = (int32_t)box.hi[d];
        }
    } else {
        dst->form = TR_FORM_DENSE;
        tr_view_read(frame, view, 0, view->shape.count, dst->data);
    }
}

const tr_step *tr_exec_COPY(tr_frame *frame, const tr_step *step)
{
    copy_view(frame, step->x[0], &frame->views[step->x[1]]);
    return step + 1;
}

const tr_step *tr_exec_SWAP(tr_frame *frame, const tr_step *step)
{
    tr_tile *a = &frame->tiles[step->x[0]], *b = &frame->tiles[step->x[1]], keep = *a;
    *a = *b;
    *b = keep;
    return step + 1;
}

/* base + s * i over the row-major index i of the view: its s, or false. */
static bool linear_stride(const tr_affine *affine, const tr_shape *shape, int64_t *out_stride)
{
    int64_t below = 1, stride = 0;
    for (int32_t d = shape->rank - 1; d >= 0; d--) {
        if (shape->dims[d] == 1) continue;
        if (below == 1) stride = affine->stride[d];
        int64_t expected;
        if (__builtin_mul_overflow(stride, below, &expected) || affine->stride[d] != expected) return false;
        below *= shape->dims[d];
    }
    *out_stride = stride;
    return true;
}

const tr_step *tr_exec_RESHAPE(tr_frame *frame, const tr_step *step)
{
    const tr_view *view = &frame->views[step->x[1]];
    const tr_shape *shape = &frame->code->slots.items[step->x[0]].shape;
    tr_tile *dst = &frame->tiles[step->x[0]];
    tr_affine affine;
    int64_t stride;
    if (tr_view_affine(frame, view, &affine)) {
        if (affine.uniform) {
            dst->form = TR_FORM_UNIFORM;
            dst->base = affine.base;
            return step + 1;
        }
        if (shape->rank <= TR_AFFINE_RANK && linear_stride(&affine, &view->shape, &stride)) {
            dst->form = TR_FORM_AFFINE;
            dst->base = affine.base;
            for (int32_t d = shape->rank - 1; d >= 0; d--) {
                dst->stride[d] = shape->dims[d] == 1 ? 0 : stride;
                stride *= shape->dims[d];
            }
            return step + 1;
        }
    }
    dst->form = TR_FORM_DENSE;
    tr_view_read(frame, view, 0, view->shape.count, dst->data);
    return step + 1;
}

const tr_step *tr_exec_UNSPLAT(tr_frame *frame, const tr_step *step)
{
    uint64_t bits = 0;
    tr_view_read(frame, &frame->views[step->x[1]], 0, 1, &bits);
    frame->regs[step->x[0]] = bits;
    return step + 1;
}
