/* SCALE: an operand of tt.dot_scaled in f16 or bf16, each element times the scale of its run, rounded once. */
#include "tile/exec.h"
#include "tile/frame.h"
#include "tile/scaled.h"

typedef struct scaling {
    const tr_scaled *plan;
    const tr_kernels *kernels;
    tr_dtype compute;
    int64_t rows, columns;       /* of the result, of one batch */
    const char *elements;        /* as they are stored */
    const uint16_t *scales;      /* in `compute`: [columns or rows, groups], NULL for none */
    int64_t groups;
    uint16_t *value_row, *scale_row;
    uint16_t halves[16];         /* e2m1 in `compute` */
} scaling;

/* 2^(byte - 127) in f16 or bf16, to nearest even; 255 is NaN. */
static uint16_t exponent_bits(tr_dtype compute, uint8_t byte)
{
    if (byte == 255) return 0x7fff;
    if (compute == TR_BF16) return byte ? (uint16_t)(byte << 7) : 0x40;
    const int exponent = byte - 127 + 15; /* biased */
    if (exponent >= 31) return 0x7c00;
    if (exponent >= 1) return (uint16_t)(exponent << 10);
    return exponent >= -9 ? (uint16_t)(1 << (exponent + 9)) : 0; /* 2^-25 is a tie, which goes to 0 */
}

static void scales_to(const tr_kernels *kernels, const tr_scaled *plan, tr_dtype compute, int64_t n,
                      const uint8_t *from, uint16_t *to)
{
    if (!plan->exponents) {
        kernels->convert[TR_CVT_FP][TR_F8E4M3FN][compute]((size_t)n, to, from, NULL, NULL);
        return;
    }
    for (int64_t i = 0; i < n; i++) to[i] = exponent_bits(compute, from[i]);
}

static void make_halves(scaling *s)
{
    static const float magnitudes[8] = { 0, 0.5f, 1, 1.5f, 2, 3, 4, 6 };
    for (int i = 0; i < 16; i++) {
        tr_store_f64(s->compute, &s->halves[i], magnitudes[i & 7]);
        if (i & 8) s->halves[i] |= 0x8000;
    }
}

static const uint16_t *values_of_row(const scaling *s, int64_t row)
{
    const tr_scaled *plan = s->plan;
    const int64_t n = s->columns;
    if (plan->dtype == s->compute) return (const uint16_t *)(const void *)s->elements + row * n;
    if (plan->dtype != TR_DTYPE_NONE) {
        const char *from = s->elements + row * n * (int64_t)tr_dtype_size(plan->dtype);
        s->kernels->convert[TR_CVT_FP][plan->dtype][s->compute]((size_t)n, s->value_row, from, NULL, NULL);
    } else if (plan->packed == 1) {
        const uint8_t *bytes = (const uint8_t *)s->elements + row * (n / 2);
        for (int64_t i = 0; i < n; i++) s->value_row[i] = s->halves[bytes[i / 2] >> (i & 1) * 4 & 15];
    } else {
        const uint8_t *bytes = (const uint8_t *)s->elements + row / 2 * n;
        for (int64_t i = 0; i < n; i++) s->value_row[i] = s->halves[bytes[i] >> (row & 1) * 4 & 15];
    }
    return s->value_row;
}

static const uint16_t *scales_of_row(const scaling *s, int64_t row)
{
    const int64_t factor = s->plan->factor;
    if (s->plan->along == 1) {
        const uint16_t *scales = s->scales + row * s->groups;
        for (int64_t i = 0; i < s->columns; i++) s->scale_row[i] = scales[i / factor];
    } else if (row % factor == 0) { /* the same for the rows of a run */
        for (int64_t i = 0; i < s->columns; i++) s->scale_row[i] = s->scales[i * s->groups + row / factor];
    }
    return s->scale_row;
}

static void scale_matrix(const scaling *s, uint16_t *dst)
{
    for (int64_t row = 0; row < s->rows; row++, dst += s->columns) {
        const uint16_t *values = values_of_row(s, row);
        if (s->scales)
            s->kernels->ew[TR_EW_MULF][s->compute]((size_t)s->columns, dst, values, scales_of_row(s, row), NULL);
        else
            memcpy(dst, values, (size_t)s->columns * sizeof(*dst));
    }
}

const tr_step *tr_exec_SCALE(tr_frame *frame, const tr_step *step)
{
    const tr_slot *slot = &frame->code->slots.items[step->x[0]];
    const tr_view *values = &frame->views[step->x[1]];
    const int32_t rank = slot->shape.rank;
    tr_tile *dst = &frame->tiles[step->x[0]];
    scaling s = { .plan = step->aux, .kernels = frame->kernels, .compute = slot->dtype,
                  .rows = slot->shape.dims[rank - 2], .columns = slot->shape.dims[rank - 1] };
    const int64_t batch = slot->shape.count / (s.rows * s.columns);

    s.elements = tr_view_dense(frame, step, values);
    s.value_row = s.elements ? tr_scratch(frame, step, (size_t)s.columns * 4) : NULL;
    if (!s.value_row) return NULL;
    s.scale_row = s.value_row + s.columns;
    if (step->x[2] != TR_NO_OPERAND) {
        const tr_view *view = &frame->views[step->x[2]];
        const void *stored = tr_view_dense(frame, step, view);
        uint16_t *scales = stored ? tr_scratch(frame, step, (size_t)view->shape.count * 2) : NULL;
        if (!scales) return NULL;
        scales_to(frame->kernels, s.plan, s.compute, view->shape.count, stored, scales);
        s.scales = scales;
        s.groups = view->shape.dims[rank - 1];
    }
    make_halves(&s);
    const int64_t bytes = values->shape.count / batch * (int64_t)tr_dtype_size(values->dtype);
    for (int64_t i = 0; i < batch; i++) {
        scale_matrix(&s, (uint16_t *)dst->data + i * s.rows * s.columns);
        s.elements += bytes;
        if (s.scales) s.scales += s.groups * (s.plan->along ? s.rows : s.columns);
    }
    dst->form = TR_FORM_DENSE;
    tr_scratch_reset(frame);
    return step + 1;
}
