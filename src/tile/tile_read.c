/* Reading tiles through views, whatever form they have. */
#include "tile/frame.h"
#include "tile/exec.h"
#include "tile/transpose.h"

bool tr_view_affine(const tr_frame *frame, const tr_view *view, tr_affine *out)
{
    const tr_tile *tile = &frame->tiles[view->slot];
    if (tile->form == TR_FORM_UNIFORM) {
        *out = (tr_affine){ .base = tile->base, .uniform = true };
        return true;
    }
    if (tile->form != TR_FORM_AFFINE || view->shape.rank > TR_AFFINE_RANK) return false;
    out->base = tile->base;
    int64_t any = 0;
    for (int32_t d = 0; d < view->shape.rank; d++) {
        out->stride[d] = view->map[d] < 0 ? 0 : tile->stride[view->map[d]];
        any |= out->stride[d];
    }
    out->uniform = any == 0;
    return true;
}

bool tr_view_box(const tr_frame *frame, const tr_view *view, tr_box *out)
{
    const tr_tile *tile = &frame->tiles[view->slot];
    const tr_slot *slot = &frame->code->slots.items[view->slot];
    const int32_t rank = view->shape.rank;
    if (rank > TR_AFFINE_RANK || (tile->form != TR_FORM_UNIFORM && tile->form != TR_FORM_BOX)) return false;
    bool empty, full;
    if (tile->form == TR_FORM_UNIFORM) {
        empty = (tile->base & 1) == 0;
        full = !empty;
        for (int32_t d = 0; d < rank; d++) {
            out->lo[d] = 0;
            out->hi[d] = empty ? 0 : view->shape.dims[d];
        }
    } else {
        /* A slot dimension that the view does not walk has size 1: the box is empty if it excludes index 0. */
        empty = false;
        for (int32_t d = 0; d < slot->shape.rank; d++) empty |= tile->box.lo[d] >= tile->box.hi[d];
        full = !empty;
        for (int32_t d = 0; d < rank; d++) {
            int64_t size = view->shape.dims[d];
            int8_t from = view->map[d];
            out->lo[d] = empty || from < 0 ? 0 : tile->box.lo[from];
            out->hi[d] = empty ? 0 : from < 0 ? size : tile->box.hi[from];
            full = full && out->lo[d] == 0 && out->hi[d] == size;
        }
    }
    out->empty = empty;
    out->full = full;
    return true;
}

void tr_view_strides(const tr_frame *frame, const tr_view *view, int64_t *strides)
{
    const tr_shape *shape = &frame->code->slots.items[view->slot].shape;
    int64_t slot_strides[TR_TILE_RANK];
    int64_t step = 1;
    for (int32_t d = shape->rank - 1; d >= 0; d--) {
        slot_strides[d] = step;
        step *= shape->dims[d];
    }
    for (int32_t d = 0; d < view->shape.rank; d++)
        strides[d] = view->map[d] < 0 || shape->dims[view->map[d]] == 1 ? 0 : slot_strides[view->map[d]];
}

/* dst[i] = src[i * stride], elements of `size` bytes. */
static void copy_strided(size_t size, int64_t n, char *dst, const char *src, int64_t stride)
{
    switch (size) {
    case 1:
        for (int64_t i = 0; i < n; i++) dst[i] = src[i * stride];
        break;
    case 2:
        for (int64_t i = 0; i < n; i++) memcpy(dst + 2 * i, src + 2 * i * stride, 2);
        break;
    case 4:
        for (int64_t i = 0; i < n; i++) memcpy(dst + 4 * i, src + 4 * i * stride, 4);
        break;
    default:
        for (int64_t i = 0; i < n; i++) memcpy(dst + 8 * i, src + 8 * i * stride, 8);
        break;
    }
}

static uint64_t load_bits(size_t size, const char *src)
{
    uint64_t bits = 0;
    memcpy(&bits, src, size);
    return bits;
}


/* One run along the innermost dimension, from its element `first`; `index` holds the outer indices. In place when the
 * elements lie one after another, else copied to `dst`. */
static const void *read_row(const tr_reader *reader, const int64_t *index, int64_t first, int64_t n, char *dst)
{
    const tr_kernels *kernels = reader->kernels;
    const int32_t inner = reader->rank - 1;

    if (reader->form == TR_FORM_AFFINE) {
        const tr_affine *affine = &reader->affine;
        int64_t base = affine->base + first * affine->stride[inner];
        for (int32_t d = 0; d < inner; d++) base += index[d] * affine->stride[d];
        if (affine->stride[inner] == 0)
            kernels->fill[reader->log_size]((size_t)n, dst, (uint64_t)base);
        else
            kernels->iota[reader->log_size]((size_t)n, dst, base, affine->stride[inner]);
        return dst;
    }
    if (reader->form == TR_FORM_BOX) {
        const tr_box *box = &reader->box;
        bool inside = !box->empty;
        for (int32_t d = 0; d < inner; d++) inside = inside && index[d] >= box->lo[d] && index[d] < box->hi[d];
        memset(dst, 0, (size_t)n);
        int64_t lo = box->lo[inner] - first, hi = box->hi[inner] - first;
        if (lo < 0) lo = 0;
        if (hi > n) hi = n;
        if (inside && lo < hi) memset(dst + lo, 1, (size_t)(hi - lo));
        return dst;
    }
    int64_t offset = first * reader->strides[inner];
    for (int32_t d = 0; d < inner; d++) offset += index[d] * reader->strides[d];
    const char *src = reader->data + (offset << reader->log_size);
    if (reader->strides[inner] == 1) return src;
    if (reader->strides[inner] == 0)
        kernels->fill[reader->log_size]((size_t)n, dst, load_bits((size_t)1 << reader->log_size, src));
    else
        copy_strided((size_t)1 << reader->log_size, n, dst, src, reader->strides[inner]);
    return dst;
}

void tr_reader_open(tr_reader *reader, const tr_frame *frame, const tr_view *view)
{
    const tr_tile *tile = &frame->tiles[view->slot];
    reader->kernels = frame->kernels;
    reader->shape = &view->shape;
    reader->rank = view->shape.rank;
    reader->form = tile->form;
    reader->log_size = (uint8_t)__builtin_ctz((unsigned)tr_dtype_size(tr_storage(view->dtype)));
    reader->data = tile->data;
    reader->linear = tile->form == TR_FORM_DENSE && view->identity;
    if (reader->linear) return;
    switch (tile->form) {
    case TR_FORM_UNIFORM: reader->affine.base = tile->base; break;
    case TR_FORM_AFFINE: tr_view_affine(frame, view, &reader->affine); break;
    case TR_FORM_BOX: tr_view_box(frame, view, &reader->box); break;
    case TR_FORM_DENSE: tr_view_strides(frame, view, reader->strides); break;
    }
}

/* Whole rows of which each repeats one element, as those of a row's maximum do beside the row. */
static bool repeat_rows(const tr_reader *reader, const int64_t *index, int64_t n, void *dst)
{
    const int32_t inner = reader->rank - 1;
    const int64_t row = reader->shape->dims[inner];
    if (reader->form != TR_FORM_DENSE || inner < 1 || reader->strides[inner] != 0 || n % row != 0) return false;
    if (index[inner - 1] + n / row > reader->shape->dims[inner - 1]) return false;
    int64_t offset = 0;
    for (int32_t d = 0; d < inner; d++) offset += index[d] * reader->strides[d];
    reader->kernels->repeat[reader->log_size]((size_t)(n / row), (size_t)row, dst,
                                              reader->data + (offset << reader->log_size), reader->strides[inner - 1]);
    return true;
}

const void *tr_reader_run(const tr_reader *reader, int64_t start, int64_t n, void *temp)
{
    if (reader->linear) return reader->data + (start << reader->log_size);
    if (reader->form == TR_FORM_UNIFORM) {
        reader->kernels->fill[reader->log_size]((size_t)n, temp, (uint64_t)reader->affine.base);
        return temp;
    }
    const int64_t *dims = reader->shape->dims;
    const int64_t row = dims[reader->rank - 1];
    int64_t index[TR_TILE_RANK];
    int64_t rest = start / row, first = start % row;
    for (int32_t d = reader->rank - 2; d >= 0; d--) {
        index[d] = rest % dims[d];
        rest /= dims[d];
    }
    if (n <= row - first) return read_row(reader, index, first, n, temp);
    if (first == 0 && repeat_rows(reader, index, n, temp)) return temp;
    char *out = temp;
    while (n > 0) {
        int64_t piece = row - first < n ? row - first : n;
        size_t bytes = (size_t)piece << reader->log_size;
        const void *run = read_row(reader, index, first, piece, out);
        if (run != out) memcpy(out, run, bytes);
        out += bytes;
        n -= piece;
        first = 0;
        for (int32_t d = reader->rank - 2; d >= 0; d--) {
            if (++index[d] < dims[d]) break;
            index[d] = 0;
        }
    }
    return temp;
}

bool tr_reader_repeats(const tr_reader *reader, int64_t n)
{
    const int32_t inner = reader->rank - 1;
    if (reader->linear || reader->form == TR_FORM_BOX || inner < 1 || n % reader->shape->dims[inner]) return false;
    const int64_t *strides = reader->form == TR_FORM_AFFINE ? reader->affine.stride : reader->strides;
    for (int32_t d = 0; d < inner; d++)
        if (strides[d] != 0) return false;
    return true;
}

/* A view that swaps the last two dimensions of what lies in rows: blocks are transposed, not gathered one by one. */
static bool read_transposed(const tr_reader *reader, void *dst)
{
    const int32_t inner = reader->rank - 1;
    const size_t size = (size_t)1 << reader->log_size;
    if (reader->form != TR_FORM_DENSE || reader->linear || inner < 1) return false;
    if (reader->strides[inner - 1] != 1 || reader->strides[inner] <= 1) return false;
    const int64_t rows = reader->shape->dims[inner - 1], cols = reader->shape->dims[inner];
    int64_t index[TR_TILE_RANK] = { 0 };
    for (char *out = dst;; out += (size_t)(rows * cols) * size) {
        int64_t offset = 0;
        for (int32_t d = 0; d < inner - 1; d++) offset += index[d] * reader->strides[d];
        tr_transpose(size, cols, rows, reader->data + offset * (int64_t)size, reader->strides[inner] * (int64_t)size,
                     out, cols * (int64_t)size);
        int32_t d = inner - 2;
        for (; d >= 0; d--) {
            if (++index[d] < reader->shape->dims[d]) break;
            index[d] = 0;
        }
        if (d < 0) return true;
    }
}

void tr_view_read(const tr_frame *frame, const tr_view *view, int64_t start, int64_t n, void *dst)
{
    tr_reader reader;
    tr_reader_open(&reader, frame, view);
    if (n == view->shape.count && read_transposed(&reader, dst)) return;
    const void *run = tr_reader_run(&reader, start, n, dst);
    if (run != dst) memcpy(dst, run, (size_t)n << reader.log_size);
}

const void *tr_view_dense(tr_frame *frame, const tr_step *step, const tr_view *view)
{
    const tr_tile *tile = &frame->tiles[view->slot];
    if (tile->form == TR_FORM_DENSE && view->identity) return tile->data;
    const size_t size = tr_dtype_size(tr_storage(view->dtype));
    void *copy = tr_scratch(frame, step, (size_t)view->shape.count * size);
    if (copy) tr_view_read(frame, view, 0, view->shape.count, copy);
    return copy;
}
