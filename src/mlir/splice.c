#include "mlir/splice.h"

#include "base/memory.h"

/* An edit and its place in the caller's list. */
typedef struct placed_edit {
    const tr_edit *edit;
    size_t index;
} placed_edit;

static int compare_edits(const void *a, const void *b)
{
    const placed_edit *x = a, *y = b;
    if (x->edit->begin != y->edit->begin) return x->edit->begin < y->edit->begin ? -1 : 1;
    /* What is inserted at a place comes before what is replaced from there on. */
    bool x_inserts = x->edit->end == x->edit->begin, y_inserts = y->edit->end == y->edit->begin;
    if (x_inserts != y_inserts) return x_inserts ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static tr_status apply(tr_str text, const char *file, const placed_edit *edits, size_t count, tr_text *out,
                       tr_error *error)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const tr_edit *edit = edits[i].edit;
        if (edit->begin > edit->end || edit->end > text.size) {
            return tr_fail(error, TR_INVALID_ARGUMENT, "%s: edit %zu is of bytes %zu to %zu, but the text has %zu",
                           file, edits[i].index, edit->begin, edit->end, text.size);
        }
        if (edit->begin < at) {
            return tr_fail_at(error, TR_INVALID_ARGUMENT, file, text, edit->begin, "edits %zu and %zu overlap",
                              edits[i - 1].index, edits[i].index);
        }
        tr_text_append(out, (tr_str){ text.data + at, edit->begin - at });
        tr_text_append(out, edit->text);
        at = edit->end;
    }
    tr_text_append(out, (tr_str){ text.data + at, text.size - at });
    return out->failed ? TR_OOM(error) : TR_OK;
}

tr_status tr_splice(tr_str text, const char *file, const tr_edit *edits, size_t count, tr_text *out, tr_error *error)
{
    placed_edit *sorted = tr_calloc(count + 1, sizeof(*sorted));
    if (!sorted) return TR_OOM(error);
    for (size_t i = 0; i < count; i++) sorted[i] = (placed_edit){ &edits[i], i };
    qsort(sorted, count, sizeof(*sorted), compare_edits);
    tr_status status = apply(text, file, sorted, count, out, error);
    free(sorted);
    return status;
}

/* Where the blanks in front of `at` begin; its line begins there if *out_line. */
static size_t skip_back(tr_str text, size_t at, bool *out_line)
{
    while (at && (text.data[at - 1] == ' ' || text.data[at - 1] == '\t')) at--;
    *out_line = at == 0 || text.data[at - 1] == '\n';
    return at;
}

/* Behind the line that `at` stands on, if only blanks and a comment follow; else `at` itself. */
static size_t skip_line(tr_str text, size_t at)
{
    size_t end = at;
    while (end < text.size && (text.data[end] == ' ' || text.data[end] == '\t' || text.data[end] == '\r')) end++;
    if (end + 1 < text.size && text.data[end] == '/' && text.data[end + 1] == '/') {
        while (end < text.size && text.data[end] != '\n') end++;
    }
    if (end == text.size) return end;
    return text.data[end] == '\n' ? end + 1 : at;
}

tr_str tr_op_indent(const tr_module *module, const tr_op *op)
{
    bool line;
    size_t begin = skip_back(module->text, op->begin, &line);
    return line ? (tr_str){ module->text.data + begin, op->begin - begin } : (tr_str){ 0 };
}

tr_edit tr_edit_before(const tr_module *module, const tr_op *op, tr_str text)
{
    bool line;
    size_t begin = skip_back(module->text, op->begin, &line);
    if (!line) begin = op->begin;
    return (tr_edit){ begin, begin, text };
}

tr_edit tr_edit_after(const tr_module *module, const tr_op *op, tr_str text)
{
    size_t end = skip_line(module->text, op->end);
    return (tr_edit){ end, end, text };
}

tr_edit tr_edit_remove(const tr_module *module, const tr_op *op)
{
    bool line;
    size_t begin = skip_back(module->text, op->begin, &line), end = skip_line(module->text, op->end);
    if (!line || end == op->end) return (tr_edit){ op->begin, op->end, { 0 } };
    return (tr_edit){ begin, end, { 0 } };
}
