/* Reductions and scans.
 *
 * The operand is [outer, length, inner] with `length` along the axis. A reduction folds the upper half of the axis
 * onto the lower one until one slice is left: element k meets k + length / 2, whatever the rank and the axis, so that
 * the result does not depend on how the work is cut. A scan goes slice by slice in order.
 */
#include "tile/exec.h"
#include "tile/map.h"
#include "tile/transpose.h"

enum { TR_FOLD_MAX = TR_GROUP_TEMPS / 2 };

/* One combine over runs: dst[i] = combine(acc[i], value[i]). dst may be acc. */
typedef struct folder {
    tr_frame *frame;
    const tr_group *group;      /* or NULL: */
    const tr_subroutine *body;
    int32_t count;
    size_t size[TR_FOLD_MAX]; /* bytes an element of each operand */
    void *runs[TR_GROUP_TEMPS];
} folder;

static void open_folder(folder *f, tr_frame *frame, const tr_fold *fold)
{
    const tr_group *group = fold->combine;
    *f = (folder){ .frame = frame, .group = group, .body = fold->body, .count = fold->count };
    if (!group) {
        for (int32_t i = 0; i < fold->count; i++) f->size[i] = fold->body->arg_size[i];
        return;
    }
    for (int32_t t = 0; t < group->temp_count; t++) f->runs[t] = frame->temps + (size_t)t * group->temp_size;
    for (int32_t i = 0; i < fold->count; i++) f->size[i] = group->inputs[i].size;
    for (int32_t i = 2 * fold->count; i < group->input_count; i++) { /* constants of the body */
        const tr_group_io *in = &group->inputs[i];
        tr_view_read(frame, &frame->views[in->operand], 0, group->strip, f->runs[in->temp]);
    }
}

/* The body is one kernel on the two arguments. */
static bool is_single_kernel(const folder *f)
{
    const tr_group *group = f->group;
    return f->count == 1 && group->micro_count == 1 && group->input_count == 2 &&
           group->outputs[0].temp == group->micros[0].dst && group->micros[0].src[2] == TR_NO_TEMP &&
           group->micros[0].src[1] != TR_NO_TEMP;
}

/* The body as a subroutine: an element a call. */
static bool combine_one_by_one(folder *f, int64_t n, char *const *dst, char *const *acc, char *const *value)
{
    uint64_t *regs = f->frame->regs;
    for (int64_t k = 0; k < n; k++) {
        for (int32_t i = 0; i < f->count; i++) {
            const size_t at = (size_t)k * f->size[i];
            regs[f->body->args[i]] = regs[f->body->args[f->count + i]] = 0;
            memcpy(&regs[f->body->args[i]], acc[i] + at, f->size[i]);
            memcpy(&regs[f->body->args[f->count + i]], value[i] + at, f->size[i]);
        }
        if (!tr_run_subroutine(f->frame, f->body)) return false;
        for (int32_t i = 0; i < f->count; i++)
            memcpy(dst[i] + (size_t)k * f->size[i], &regs[f->body->results[i]], f->size[i]);
    }
    return true;
}

/* False when the body trapped. */
static bool combine(folder *f, int64_t n, char *const *dst, char *const *acc, char *const *value)
{
    const tr_group *group = f->group;
    if (!group) return combine_one_by_one(f, n, dst, acc, value);
    if (is_single_kernel(f)) {
        const tr_micro *micro = &group->micros[0];
        const char *args[2] = { acc[0], value[0] };
        micro->fn((size_t)n, dst[0], args[micro->src[0]], args[micro->src[1]], NULL);
        return true;
    }
    for (int64_t start = 0; start < n; start += group->strip) {
        int64_t piece = n - start < group->strip ? n - start : group->strip;
        for (int32_t i = 0; i < f->count; i++) {
            f->runs[group->inputs[i].temp] = acc[i] + (size_t)start * f->size[i];
            f->runs[group->inputs[f->count + i].temp] = value[i] + (size_t)start * f->size[i];
        }
        tr_group_strip(group, (size_t)piece, f->runs);
        for (int32_t i = 0; i < f->count; i++) {
            char *to = dst[i] + (size_t)start * f->size[i];
            const void *from = f->runs[group->outputs[i].temp];
            if (from != to) memmove(to, from, (size_t)piece * f->size[i]);
        }
    }
    return true;
}

static bool dense_operands(tr_frame *frame, const tr_step *step, const tr_fold *fold, char **out)
{
    for (int32_t i = 0; i < fold->count; i++) {
        out[i] = (char *)(uintptr_t)tr_view_dense(frame, step, &frame->views[fold->views[i]]);
        if (!out[i]) return false;
    }
    return true;
}

/* Folds slices of `inner` elements, `length` of them, until one is left; `src` may be `work`. The result is where
 * *out says: in `work`, or in `src` when there was nothing to fold. */
static bool fold_slices(folder *f, int64_t length, int64_t stop, int64_t inner, char *const *src, char *const *work,
                        char **out)
{
    char *upper[TR_FOLD_MAX];
    for (int32_t i = 0; i < f->count; i++) out[i] = src[i];
    for (; length > stop; length /= 2) {
        const int64_t half = length / 2 * inner;
        for (int32_t i = 0; i < f->count; i++) upper[i] = out[i] + (size_t)half * f->size[i];
        if (!combine(f, half, work, out, upper)) return false;
        for (int32_t i = 0; i < f->count; i++) out[i] = work[i];
    }
    return true;
}

static void put_result(tr_frame *frame, const tr_fold *fold, const folder *f, int64_t outer, int64_t n, char **values)
{
    for (int32_t i = 0; i < fold->count; i++) {
        if (fold->scalar_result) {
            frame->regs[fold->results[i]] = 0;
            memcpy(&frame->regs[fold->results[i]], values[i], f->size[i]);
        } else {
            char *out = frame->tiles[fold->results[i]].data;
            memcpy(out + (size_t)(outer * fold->inner) * f->size[i], values[i],
                   (size_t)(n * fold->inner) * f->size[i]);
        }
    }
}

/* Each of `outer` pieces by itself. */
static bool reduce_one_by_one(tr_frame *frame, const tr_fold *fold, folder *f, char *const *src, char *const *work)
{
    char *piece[TR_FOLD_MAX], *left[TR_FOLD_MAX];
    for (int64_t o = 0; o < fold->outer; o++) {
        for (int32_t i = 0; i < f->count; i++)
            piece[i] = src[i] + (size_t)(o * fold->length * fold->inner) * f->size[i];
        if (!fold_slices(f, fold->length, 1, fold->inner, piece, work, left)) return false;
        put_result(frame, fold, f, o, 1, left);
    }
    return true;
}

/* Many rows along the innermost axis: each is folded to a few elements, then TR_ROWS of them are transposed and folded
 * together. The same elements meet as one by one. */
enum { TR_ROWS = 64, TR_ROW_STOP = 32 };

static bool reduce_rows(tr_frame *frame, const tr_fold *fold, folder *f, char *const *src, char *const *work,
                        char *const *turned)
{
    const int64_t stop = fold->length < TR_ROW_STOP ? fold->length : TR_ROW_STOP;
    char *row[TR_FOLD_MAX], *left[TR_FOLD_MAX], *rows[TR_FOLD_MAX];
    for (int64_t o = 0; o < fold->outer; o += TR_ROWS) {
        const int64_t n = fold->outer - o < TR_ROWS ? fold->outer - o : TR_ROWS;
        int64_t row_stride = fold->length;
        for (int32_t i = 0; i < f->count; i++) rows[i] = src[i] + (size_t)(o * fold->length) * f->size[i];
        for (int64_t r = 0; r < n && fold->length > stop; r++) {
            char *place[TR_FOLD_MAX];
            for (int32_t i = 0; i < f->count; i++) {
                row[i] = src[i] + (size_t)((o + r) * fold->length) * f->size[i];
                place[i] = work[i] + (size_t)(r * (fold->length / 2)) * f->size[i];
            }
            if (!fold_slices(f, fold->length, stop, 1, row, place, left)) return false;
        }
        if (fold->length > stop) {
            row_stride = fold->length / 2;
            for (int32_t i = 0; i < f->count; i++) rows[i] = work[i];
        }
        for (int32_t i = 0; i < f->count; i++)
            tr_transpose(f->size[i], n, stop, rows[i], row_stride * (int64_t)f->size[i], turned[i],
                         n * (int64_t)f->size[i]);
        if (!fold_slices(f, stop, 1, n, turned, turned, left)) return false;
        put_result(frame, fold, f, o, n, left);
    }
    return true;
}

/* All rows by the kernel that does it. */
static const tr_step *reduce_by_kernel(tr_frame *frame, const tr_step *step)
{
    const tr_fold *fold = step->aux;
    const void *src = tr_view_dense(frame, step, &frame->views[fold->views[0]]);
    if (!src) return NULL;
    if (fold->scalar_result) {
        frame->regs[fold->results[0]] = 0;
        fold->rows(1, (size_t)fold->length, &frame->regs[fold->results[0]], src);
    } else {
        tr_tile *tile = &frame->tiles[fold->results[0]];
        tile->form = TR_FORM_DENSE;
        fold->rows((size_t)fold->outer, (size_t)fold->length, tile->data, src);
    }
    tr_scratch_reset(frame);
    return step + 1;
}

/* Scratch of `elements` of each operand. */
static bool take_scratch(tr_frame *frame, const tr_step *step, const folder *f, int64_t elements, char **out)
{
    for (int32_t i = 0; i < f->count; i++) {
        out[i] = tr_scratch(frame, step, (size_t)elements * f->size[i]);
        if (!out[i]) return false;
    }
    return true;
}

const tr_step *tr_exec_REDUCE(tr_frame *frame, const tr_step *step)
{
    const tr_fold *fold = step->aux;
    const bool rows = fold->inner == 1 && fold->outer >= 8 && fold->length > 1;
    const int64_t half = (fold->length + 1) / 2 * fold->inner;
    char *src[TR_FOLD_MAX], *work[TR_FOLD_MAX], *turned[TR_FOLD_MAX];
    folder f;
    if (fold->rows) return reduce_by_kernel(frame, step);
    open_folder(&f, frame, fold);
    if (!dense_operands(frame, step, fold, src)) return NULL;
    if (!take_scratch(frame, step, &f, rows ? half * TR_ROWS : half, work)) return NULL;
    if (rows && !take_scratch(frame, step, &f, TR_ROW_STOP * TR_ROWS, turned)) return NULL;
    for (int32_t i = 0; i < fold->count && !fold->scalar_result; i++)
        frame->tiles[fold->results[i]].form = TR_FORM_DENSE;
    if (!(rows ? reduce_rows(frame, fold, &f, src, work, turned) : reduce_one_by_one(frame, fold, &f, src, work)))
        return NULL;
    tr_scratch_reset(frame);
    return step + 1;
}

const tr_step *tr_exec_SCAN(tr_frame *frame, const tr_step *step)
{
    const tr_fold *fold = step->aux;
    const int32_t n = fold->count;
    char *src[TR_FOLD_MAX], *dst[TR_FOLD_MAX], *previous[TR_FOLD_MAX], *value[TR_FOLD_MAX];
    folder f;
    open_folder(&f, frame, fold);
    if (!dense_operands(frame, step, fold, src)) return NULL;
    for (int32_t i = 0; i < n; i++) frame->tiles[fold->results[i]].form = TR_FORM_DENSE;
    for (int64_t o = 0; o < fold->outer; o++) {
        for (int64_t k = 0; k < fold->length; k++) {
            int64_t at = fold->reverse ? fold->length - 1 - k : k;
            for (int32_t i = 0; i < n; i++) {
                const size_t slice = (size_t)fold->inner * f.size[i];
                const size_t offset = (size_t)(o * fold->length + at) * slice;
                dst[i] = (char *)frame->tiles[fold->results[i]].data + offset;
                value[i] = src[i] + offset;
                previous[i] = fold->reverse ? dst[i] + slice : dst[i] - slice;
                if (k == 0) memcpy(dst[i], value[i], slice);
            }
            if (k > 0 && !combine(&f, fold->inner, dst, previous, value)) return NULL;
        }
    }
    tr_scratch_reset(frame);
    return step + 1;
}
