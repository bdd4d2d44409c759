/* Steps that move elements about: join, split, cat, gather, histogram. */
#include "tile/exec.h"
#include "tile/frame.h"

static char *dense_slot(tr_frame *frame, uint32_t slot)
{
    frame->tiles[slot].form = TR_FORM_DENSE;
    return frame->tiles[slot].data;
}

#define BY_SIZE(size, LOOP)                                                                                            \
    switch (size) {                                                                                                    \
    case 1: LOOP(uint8_t) break;                                                                                       \
    case 2: LOOP(uint16_t) break;                                                                                      \
    case 4: LOOP(uint32_t) break;                                                                                      \
    default: LOOP(uint64_t) break;                                                                                     \
    }

const tr_step *tr_exec_JOIN(tr_frame *frame, const tr_step *step)
{
    const tr_view *view = &frame->views[step->x[1]];
    const int64_t n = view->shape.count;
    const void *a = tr_view_dense(frame, step, view);
    const void *b = a ? tr_view_dense(frame, step, &frame->views[step->x[2]]) : NULL;
    if (!b) return NULL;
    void *out = dense_slot(frame, step->x[0]);
#define LOOP(type)                                                                                                     \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        ((type *)out)[2 * i] = ((const type *)a)[i];                                                                   \
        ((type *)out)[2 * i + 1] = ((const type *)b)[i];                                                               \
    }
    BY_SIZE(tr_dtype_size(step->dtype), LOOP)
#undef LOOP
    tr_scratch_reset(frame);
    return step + 1;
}

const tr_step *tr_exec_SPLIT(tr_frame *frame, const tr_step *step)
{
    const tr_view *view = &frame->views[step->x[2]];
    const int64_t n = view->shape.count / 2;
    const void *src = tr_view_dense(frame, step, view);
    if (!src) return NULL;
    void *a = dense_slot(frame, step->x[0]), *b = dense_slot(frame, step->x[1]);
#define LOOP(type)                                                                                                     \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        ((type *)a)[i] = ((const type *)src)[2 * i];                                                                   \
        ((type *)b)[i] = ((const type *)src)[2 * i + 1];                                                               \
    }
    BY_SIZE(tr_dtype_size(step->dtype), LOOP)
#undef LOOP
    tr_scratch_reset(frame);
    return step + 1;
}

const tr_step *tr_exec_CAT(tr_frame *frame, const tr_step *step)
{
    const tr_view *a = &frame->views[step->x[1]], *b = &frame->views[step->x[2]];
    char *out = dense_slot(frame, step->x[0]);
    tr_view_read(frame, a, 0, a->shape.count, out);
    tr_view_read(frame, b, 0, b->shape.count, out + (size_t)a->shape.count * tr_dtype_size(step->dtype));
    return step + 1;
}

/* Both operands as [outer, length, inner] around the axis; they differ in length only. */
const tr_step *tr_exec_GATHER(tr_frame *frame, const tr_step *step)
{
    const tr_view *view = &frame->views[step->x[1]], *index_view = &frame->views[step->x[2]];
    const size_t size = tr_dtype_size(step->dtype), index_size = tr_dtype_size(index_view->dtype);
    const int64_t from = view->shape.dims[step->imm], to = index_view->shape.dims[step->imm];
    int64_t inner = 1;
    for (int32_t d = (int32_t)step->imm + 1; d < view->shape.rank; d++) inner *= view->shape.dims[d];
    const char *src = tr_view_dense(frame, step, view);
    const char *indices = src ? tr_view_dense(frame, step, index_view) : NULL;
    if (!indices) return NULL;
    char *out = dense_slot(frame, step->x[0]);
    for (int64_t i = 0; i < index_view->shape.count; i++) {
        uint64_t bits = 0;
        memcpy(&bits, indices + (size_t)i * index_size, index_size);
        const int64_t at = tr_reg_int(index_view->dtype, bits);
        if (at < 0 || at >= from)
            return tr_trap(frame, step, TR_OUT_OF_BOUNDS, "gather: index %lld is not below %lld", (long long)at,
                           (long long)from);
        const int64_t outer = i / (to * inner);
        memcpy(out + (size_t)i * size, src + (size_t)((outer * from + at) * inner + i % inner) * size, size);
    }
    tr_scratch_reset(frame);
    return step + 1;
}

/* Elements that are no bin's number are not counted. */
const tr_step *tr_exec_HISTOGRAM(tr_frame *frame, const tr_step *step)
{
    const tr_view *view = &frame->views[step->x[1]];
    const tr_slot *slot = &frame->code->slots.items[step->x[0]];
    const size_t size = tr_dtype_size(view->dtype), bin_size = tr_dtype_size(slot->dtype);
    const int64_t bins = slot->shape.count;
    const char *src = tr_view_dense(frame, step, view), *mask = NULL;
    if (!src) return NULL;
    if (step->x[2] != TR_NO_OPERAND) {
        mask = tr_view_dense(frame, step, &frame->views[step->x[2]]);
        if (!mask) return NULL;
    }
    char *out = dense_slot(frame, step->x[0]);
    memset(out, 0, (size_t)bins * bin_size);
    for (int64_t i = 0; i < view->shape.count; i++) {
        uint64_t bits = 0, count = 0;
        if (mask && !mask[i]) continue;
        memcpy(&bits, src + (size_t)i * size, size);
        const int64_t bin = tr_reg_int(view->dtype, bits);
        if (bin < 0 || bin >= bins) continue;
        memcpy(&count, out + (size_t)bin * bin_size, bin_size);
        count++;
        memcpy(out + (size_t)bin * bin_size, &count, bin_size);
    }
    tr_scratch_reset(frame);
    return step + 1;
}
