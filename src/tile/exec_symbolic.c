/* Integer and pointer arithmetic that keeps the affine form, and comparisons that give boxes.
 *
 * Each step tries the form first; when the operands' forms or ranges don't allow it, it computes the elements.
 */
#include "tile/exec.h"
#include "tile/frame.h"

/* ---------------------------------------------------------------- affine helpers */

static tr_tile *dst_tile(tr_frame *frame, const tr_step *step)
{
    return &frame->tiles[step->x[0]];
}

static const tr_slot *dst_slot(const tr_frame *frame, const tr_step *step)
{
    return &frame->code->slots.items[step->x[0]];
}

/* Dimensions that may have a stride: a tile of more is uniform. */
static int32_t affine_rank(const tr_frame *frame, const tr_step *step)
{
    const int32_t rank = dst_slot(frame, step)->shape.rank;
    return rank < TR_AFFINE_RANK ? rank : TR_AFFINE_RANK;
}

/* Smallest and largest element. False when they don't fit 64 bits. */
static bool affine_range(const tr_affine *a, const tr_shape *shape, int64_t *out_lo, int64_t *out_hi)
{
    int64_t lo = a->base, hi = a->base;
    if (!a->uniform) {
        for (int32_t d = 0; d < shape->rank; d++) {
            int64_t span;
            if (a->stride[d] == 0) continue;
            if (__builtin_mul_overflow(a->stride[d], shape->dims[d] - 1, &span)) return false;
            if (__builtin_add_overflow(span < 0 ? lo : hi, span, span < 0 ? &lo : &hi)) return false;
        }
    }
    *out_lo = lo;
    *out_hi = hi;
    return true;
}

/* Sets the result's form if every element lies in its dtype's range; false otherwise. */
static bool set_affine(tr_frame *frame, const tr_step *step, const tr_affine *a)
{
    const tr_slot *slot = dst_slot(frame, step);
    tr_tile *tile = dst_tile(frame, step);
    int64_t lo, hi;
    if (!affine_range(a, &slot->shape, &lo, &hi)) return false;
    if (lo < tr_int_min(slot->dtype) || hi > tr_int_max(slot->dtype)) return false;
    tile->base = a->base;
    if (a->uniform) {
        tile->form = TR_FORM_UNIFORM;
        return true;
    }
    tile->form = TR_FORM_AFFINE;
    for (int32_t d = 0; d < slot->shape.rank; d++) tile->stride[d] = a->stride[d];
    return true;
}

static void settle_uniform(tr_affine *a, int32_t rank)
{
    int64_t any = 0;
    for (int32_t d = 0; d < rank; d++) any |= a->stride[d];
    a->uniform = any == 0;
}

static bool operands_affine(const tr_frame *frame, const tr_step *step, tr_affine *a, tr_affine *b)
{
    return tr_view_affine(frame, &frame->views[step->x[1]], a) && tr_view_affine(frame, &frame->views[step->x[2]], b);
}

/* ---------------------------------------------------------------- the elements, when there is no form */

static const tr_step *compute_elements(tr_frame *frame, const tr_step *step)
{
    enum { STRIP = 512 };
    uint64_t temps[2][STRIP];
    const tr_slot *slot = dst_slot(frame, step);
    tr_tile *tile = dst_tile(frame, step);
    const bool binary = step->x[2] != TR_NO_OPERAND;
    const size_t size = tr_dtype_size(tr_storage(slot->dtype));
    tr_reader readers[2];
    tr_reader_open(&readers[0], frame, &frame->views[step->x[1]]);
    if (binary) tr_reader_open(&readers[1], frame, &frame->views[step->x[2]]);
    tile->form = TR_FORM_DENSE;
    for (int64_t start = 0; start < slot->shape.count; start += STRIP) {
        int64_t n = slot->shape.count - start < STRIP ? slot->shape.count - start : STRIP;
        const void *a = tr_reader_run(&readers[0], start, n, temps[0]);
        const void *b = binary ? tr_reader_run(&readers[1], start, n, temps[1]) : NULL;
        step->kernel((size_t)n, (char *)tile->data + (size_t)start * size, a, b, NULL);
    }
    return step + 1;
}

/* ---------------------------------------------------------------- steps */

const tr_step *tr_exec_SPLAT(tr_frame *frame, const tr_step *step)
{
    tr_tile *tile = dst_tile(frame, step);
    tile->form = TR_FORM_UNIFORM;
    tile->base = tr_reg_int(step->dtype, frame->regs[step->x[1]]);
    return step + 1;
}

static const tr_step *add_or_sub(tr_frame *frame, const tr_step *step, bool subtract)
{
    const int32_t rank = affine_rank(frame, step);
    tr_affine a, b;
    if (!operands_affine(frame, step, &a, &b)) return compute_elements(frame, step);
    bool overflow = subtract ? __builtin_sub_overflow(a.base, b.base, &a.base)
                             : __builtin_add_overflow(a.base, b.base, &a.base);
    for (int32_t d = 0; d < rank; d++)
        overflow |= subtract ? __builtin_sub_overflow(a.stride[d], b.stride[d], &a.stride[d])
                             : __builtin_add_overflow(a.stride[d], b.stride[d], &a.stride[d]);
    settle_uniform(&a, rank);
    return !overflow && set_affine(frame, step, &a) ? step + 1 : compute_elements(frame, step);
}

const tr_step *tr_exec_SYM_ADD(tr_frame *frame, const tr_step *step)
{
    return add_or_sub(frame, step, false);
}

const tr_step *tr_exec_SYM_SUB(tr_frame *frame, const tr_step *step)
{
    return add_or_sub(frame, step, true);
}

/* a *= factor; false on overflow. */
static bool scale(tr_affine *a, int64_t factor, int32_t rank)
{
    bool overflow = __builtin_mul_overflow(a->base, factor, &a->base);
    for (int32_t d = 0; d < rank; d++) overflow |= __builtin_mul_overflow(a->stride[d], factor, &a->stride[d]);
    settle_uniform(a, rank);
    return !overflow;
}

const tr_step *tr_exec_SYM_MUL(tr_frame *frame, const tr_step *step)
{
    tr_affine a, b;
    if (!operands_affine(frame, step, &a, &b) || (!a.uniform && !b.uniform)) return compute_elements(frame, step);
    if (a.uniform && !b.uniform) {
        tr_affine swap = a;
        a = b;
        b = swap;
    }
    return scale(&a, b.base, affine_rank(frame, step)) && set_affine(frame, step, &a) ? step + 1 : compute_elements(frame, step);
}

/* Division by a positive constant. When all elements have one quotient: that, and what is left over it. */
static bool one_quotient(const tr_frame *frame, const tr_step *step, tr_affine *a, int64_t *out_quotient,
                         int64_t *out_divisor)
{
    tr_affine b;
    int64_t lo, hi;
    if (!operands_affine(frame, step, a, &b) || !b.uniform || b.base <= 0) return false;
    if (!affine_range(a, &frame->code->slots.items[step->x[0]].shape, &lo, &hi) || lo < 0) return false;
    *out_divisor = b.base;
    *out_quotient = lo / b.base;
    return *out_quotient == hi / b.base;
}

const tr_step *tr_exec_SYM_DIV(tr_frame *frame, const tr_step *step)
{
    tr_affine a;
    int64_t quotient, divisor;
    if (!one_quotient(frame, step, &a, &quotient, &divisor)) return compute_elements(frame, step);
    a = (tr_affine){ .base = quotient, .uniform = true };
    return set_affine(frame, step, &a) ? step + 1 : compute_elements(frame, step);
}

const tr_step *tr_exec_SYM_REM(tr_frame *frame, const tr_step *step)
{
    tr_affine a;
    int64_t quotient, divisor;
    if (!one_quotient(frame, step, &a, &quotient, &divisor)) return compute_elements(frame, step);
    a.base -= quotient * divisor;
    return set_affine(frame, step, &a) ? step + 1 : compute_elements(frame, step);
}

static const tr_step *min_or_max(tr_frame *frame, const tr_step *step, bool max)
{
    const tr_shape *shape = &dst_slot(frame, step)->shape;
    tr_affine a, b;
    int64_t a_lo, a_hi, b_lo, b_hi;
    if (!operands_affine(frame, step, &a, &b) || !affine_range(&a, shape, &a_lo, &a_hi) ||
        !affine_range(&b, shape, &b_lo, &b_hi))
        return compute_elements(frame, step);
    if (a_hi <= b_lo) return set_affine(frame, step, max ? &b : &a) ? step + 1 : compute_elements(frame, step);
    if (b_hi <= a_lo) return set_affine(frame, step, max ? &a : &b) ? step + 1 : compute_elements(frame, step);
    return compute_elements(frame, step);
}

const tr_step *tr_exec_SYM_MIN(tr_frame *frame, const tr_step *step)
{
    return min_or_max(frame, step, false);
}

const tr_step *tr_exec_SYM_MAX(tr_frame *frame, const tr_step *step)
{
    return min_or_max(frame, step, true);
}

const tr_step *tr_exec_SYM_CAST(tr_frame *frame, const tr_step *step)
{
    const tr_slot *slot = dst_slot(frame, step);
    tr_affine a;
    int64_t lo, hi;
    if (!tr_view_affine(frame, &frame->views[step->x[1]], &a)) return compute_elements(frame, step);
    /* Zero-extension reads the bits as unsigned: the same only without negative elements. */
    if (step->imm == TR_CVT_ZEXT && (!affine_range(&a, &slot->shape, &lo, &hi) || lo < 0))
        return compute_elements(frame, step);
    return set_affine(frame, step, &a) ? step + 1 : compute_elements(frame, step);
}

/* Pointers one by one: p + offset * size, wrapping as addresses do. */
static const tr_step *addptr_elements(tr_frame *frame, const tr_step *step)
{
    const tr_view *offsets = &frame->views[step->x[2]];
    tr_tile *tile = dst_tile(frame, step);
    const int64_t count = dst_slot(frame, step)->shape.count;
    const void *offset = tr_view_dense(frame, step, offsets);
    if (!offset) return NULL;
    tr_view_read(frame, &frame->views[step->x[1]], 0, count, tile->data);
    tile->form = TR_FORM_DENSE;
    const size_t size = tr_dtype_size(offsets->dtype);
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits = 0, address;
        memcpy(&bits, (const char *)offset + (size_t)i * size, size);
        memcpy(&address, (char *)tile->data + 8 * i, 8);
        address += (uint64_t)tr_reg_int(offsets->dtype, bits) * (uint64_t)step->imm;
        memcpy((char *)tile->data + 8 * i, &address, 8);
    }
    tr_scratch_reset(frame);
    return step + 1;
}

const tr_step *tr_exec_SYM_ADDPTR(tr_frame *frame, const tr_step *step)
{
    const int32_t rank = affine_rank(frame, step);
    tr_affine p, offset;
    if (!operands_affine(frame, step, &p, &offset) || !scale(&offset, step->imm, rank))
        return addptr_elements(frame, step);
    bool overflow = __builtin_add_overflow(p.base, offset.base, &p.base);
    for (int32_t d = 0; d < rank; d++) overflow |= __builtin_add_overflow(p.stride[d], offset.stride[d], &p.stride[d]);
    settle_uniform(&p, rank);
    return !overflow && set_affine(frame, step, &p) ? step + 1 : addptr_elements(frame, step);
}

/* ---------------------------------------------------------------- masks */

static void set_truth(tr_tile *tile, bool truth)
{
    tile->form = TR_FORM_UNIFORM;
    tile->base = truth;
}

/* ceil(a / b) and floor(a / b), b > 0. */
static int64_t div_ceil(int64_t a, int64_t b)
{
    return a / b + (a % b > 0);
}
static int64_t div_floor(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The indices i of [0, n) with base + stride * i < 0, as an interval. stride != 0. */
static void solve_negative(int64_t base, int64_t stride, int64_t n, int64_t *out_lo, int64_t *out_hi)
{
    int64_t lo = 0, hi = n;
    if (stride > 0)
        hi = div_ceil(-base, stride); /* i < -base / stride */
    else
        lo = div_floor(base, -stride) + 1; /* i > base / -stride */
    if (lo < 0) lo = 0;
    if (hi > n) hi = n;
    if (lo >= hi) lo = hi = 0;
    *out_lo = lo;
    *out_hi = hi;
}

/* base + stride * i, compared with 0 by a signed predicate (arith.cmpi: 0 eq, 1 ne, 2 slt, 3 sle, 4 sgt, 5 sge), as an
 * interval of i. False when the truth is no interval. */
static bool solve(int predicate, int64_t base, int64_t stride, int64_t n, int64_t *out_lo, int64_t *out_hi)
{
    switch (predicate) {
    case 2: solve_negative(base, stride, n, out_lo, out_hi); return true;
    case 3: solve_negative(base - 1, stride, n, out_lo, out_hi); return true;
    case 4: solve_negative(-base, -stride, n, out_lo, out_hi); return true;
    case 5: solve_negative(-base - 1, -stride, n, out_lo, out_hi); return true;
    case 0: {
        int64_t at = -base / stride;
        bool hit = base % stride == 0 && at >= 0 && at < n;
        *out_lo = hit ? at : 0;
        *out_hi = hit ? at + 1 : 0;
        return true;
    }
    default: return false;
    }
}

static bool compare_zero(int predicate, int64_t value)
{
    switch (predicate) {
    case 0: return value == 0;
    case 1: return value != 0;
    case 2: return value < 0;
    case 3: return value <= 0;
    case 4: return value > 0;
    default: return value >= 0;
    }
}

/* Whether a tile that changes along several dimensions is on one side of 0 everywhere, and its comparison with it so the
 * same everywhere. */
static bool compare_ranges(const tr_affine *difference, const tr_shape *shape, int predicate, bool *out_truth)
{
    int64_t lo, hi;
    if (!affine_range(difference, shape, &lo, &hi)) return false;
    *out_truth = compare_zero(predicate, lo);
    if (predicate < 2) return lo > 0 || hi < 0;
    return compare_zero(predicate, hi) == *out_truth;
}

const tr_step *tr_exec_SYM_CMP(tr_frame *frame, const tr_step *step)
{
    const tr_shape *shape = &dst_slot(frame, step)->shape;
    tr_tile *tile = dst_tile(frame, step);
    int predicate = (int)step->imm;
    tr_affine a, b;
    int64_t lo, hi;
    if (!operands_affine(frame, step, &a, &b)) return compute_elements(frame, step);
    if (predicate >= 6) { /* unsigned: as signed when nothing is negative */
        if (!affine_range(&a, shape, &lo, &hi) || lo < 0) return compute_elements(frame, step);
        if (!affine_range(&b, shape, &lo, &hi) || lo < 0) return compute_elements(frame, step);
        predicate -= 4;
    }
    int32_t dim = -1, varying = 0;
    bool overflow = __builtin_sub_overflow(a.base, b.base, &a.base);
    for (int32_t d = 0; d < affine_rank(frame, step); d++) {
        overflow |= __builtin_sub_overflow(a.stride[d], b.stride[d], &a.stride[d]);
        if (a.stride[d] == 0) continue;
        dim = d;
        varying++;
    }
    /* Room for the -1, the negations and the products of solve(). */
    if (overflow) return compute_elements(frame, step);
    a.uniform = varying == 0;
    if (varying > 1) {
        bool truth;
        if (!compare_ranges(&a, shape, predicate, &truth)) return compute_elements(frame, step);
        set_truth(tile, truth);
        return step + 1;
    }
    if (a.base < -(INT64_MAX / 4) || a.base > INT64_MAX / 4)
        return compute_elements(frame, step);
    if (varying == 0) {
        set_truth(tile, compare_zero(predicate, a.base));
        return step + 1;
    }
    if (shape->rank > TR_AFFINE_RANK || a.stride[dim] < -(INT64_MAX / 4) || a.stride[dim] > INT64_MAX / 4)
        return compute_elements(frame, step);
    if (!solve(predicate, a.base, a.stride[dim], shape->dims[dim], &lo, &hi)) return compute_elements(frame, step);
    if (lo >= hi || (lo == 0 && hi == shape->dims[dim])) {
        set_truth(tile, lo < hi);
        return step + 1;
    }
    tile->form = TR_FORM_BOX;
    for (int32_t d = 0; d < shape->rank; d++) {
        tile->box.lo[d] = d == dim ? (int32_t)lo : 0;
        tile->box.hi[d] = d == dim ? (int32_t)hi : (int32_t)shape->dims[d];
    }
    return step + 1;
}

const tr_step *tr_exec_SYM_AND(tr_frame *frame, const tr_step *step)
{
    const tr_shape *shape = &dst_slot(frame, step)->shape;
    tr_tile *tile = dst_tile(frame, step);
    tr_box a, b;
    if (!tr_view_box(frame, &frame->views[step->x[1]], &a) || !tr_view_box(frame, &frame->views[step->x[2]], &b))
        return compute_elements(frame, step);
    bool empty = a.empty || b.empty;
    for (int32_t d = 0; d < shape->rank && !empty; d++) {
        if (b.lo[d] > a.lo[d]) a.lo[d] = b.lo[d];
        if (b.hi[d] < a.hi[d]) a.hi[d] = b.hi[d];
        empty = a.lo[d] >= a.hi[d];
    }
    if (empty || (a.full && b.full)) {
        set_truth(tile, !empty);
        return step + 1;
    }
    tile->form = TR_FORM_BOX;
    for (int32_t d = 0; d < shape->rank; d++) {
        tile->box.lo[d] = (int32_t)a.lo[d];
        tile->box.hi[d] = (int32_t)a.hi[d];
    }
    return step + 1;
}
