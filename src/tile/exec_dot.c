/* tt.dot: operands are brought to the type it computes in, then num's micro-kernel does the work.
 *
 * f16, bf16, fp8 and f32 compute in f32 (f32 rounded to tf32 first where the op says so), f64 in f64, integers in i32.
 */
#include "tile/exec.h"
#include "tile/frame.h"

enum { PRECISION_TF32 = 0 };

static tr_dtype compute_dtype(tr_dtype operand)
{
    return operand == TR_F64 ? TR_F64 : tr_dtype_is_float(operand) ? TR_F32 : TR_I32;
}

/* A run of elements as the compute type. */
static void convert(const tr_frame *frame, int64_t n, void *dst, const void *src, tr_dtype from, tr_dtype to)
{
    const int kind = tr_dtype_is_int(from) ? (tr_dtype_size(from) > tr_dtype_size(to) ? TR_CVT_TRUNC : TR_CVT_SEXT)
                                           : TR_CVT_FP;
    if (from == to)
        memcpy(dst, src, (size_t)n * tr_dtype_size(to));
    else
        frame->kernels->convert[kind][from][to]((size_t)n, dst, src, NULL, NULL);
}

/* All of the view in the compute type, row-major. */
static const void *operand(tr_frame *frame, const tr_step *step, const tr_view *view, tr_dtype to, bool tf32)
{
    const int64_t count = view->shape.count;
    const void *elements = tr_view_dense(frame, step, view);
    if (!elements || (view->dtype == to && !tf32)) return elements;
    void *converted = tr_scratch(frame, step, (size_t)count * tr_dtype_size(to));
    if (!converted) return NULL;
    if (view->dtype == to)
        frame->kernels->round_tf32((size_t)count, converted, elements);
    else
        convert(frame, count, converted, elements, view->dtype, to);
    return converted;
}

const tr_step *tr_exec_DOT(tr_frame *frame, const tr_step *step)
{
    const tr_view *a = &frame->views[step->x[1]], *b = &frame->views[step->x[2]], *c = &frame->views[step->x[3]];
    const tr_slot *slot = &frame->code->slots.items[step->x[0]];
    tr_tile *dst = &frame->tiles[step->x[0]];
    const tr_dtype compute = compute_dtype(a->dtype);
    const size_t size = tr_dtype_size(compute);
    const bool tf32 = step->imm == PRECISION_TF32 && a->dtype == TR_F32;
    const int32_t rank = slot->shape.rank;
    const int64_t batch = rank == 3 ? slot->shape.dims[0] : 1;
    tr_dot dot = { .m = slot->shape.dims[rank - 2], .n = slot->shape.dims[rank - 1], .k = a->shape.dims[rank - 1] };

    const char *pa = operand(frame, step, a, compute, tf32);
    const char *pb = pa ? operand(frame, step, b, compute, tf32) : NULL;
    if (!pb) return NULL;
    char *pd = dst->data;
    const char *pc;
    if (slot->dtype == compute) {
        /* An accumulator without elements is laid out in the result's own storage. */
        const tr_tile *tile = &frame->tiles[c->slot];
        pc = tile->form == TR_FORM_DENSE && c->identity ? tile->data : pd;
        if (pc == pd) tr_view_read(frame, c, 0, slot->shape.count, pd);
    } else {
        pd = tr_scratch(frame, step, (size_t)slot->shape.count * size);
        pc = pd ? operand(frame, step, c, compute, false) : NULL;
        if (!pc) return NULL;
    }
    dot.a_stride = dot.k;
    dot.b_stride = dot.c_stride = dot.d_stride = dot.n;
    const tr_kernels *kernels = frame->kernels;
    tr_dot_fn *fn = compute == TR_F64 ? kernels->dot_f64 : compute == TR_F32 ? kernels->dot_f32 : kernels->dot_i32;
    for (int64_t i = 0; i < batch; i++) {
        dot.a = pa + (size_t)(i * dot.m * dot.k) * size;
        dot.b = pb + (size_t)(i * dot.k * dot.n) * size;
        dot.c = pc + (size_t)(i * dot.m * dot.n) * size;
        dot.d = pd + (size_t)(i * dot.m * dot.n) * size;
        fn(&dot);
    }
    if (slot->dtype != compute) convert(frame, slot->shape.count, dst->data, pd, compute, slot->dtype);
    dst->form = TR_FORM_DENSE;
    tr_scratch_reset(frame);
    return step + 1;
}
