/* Changing a text at chosen places and leaving every other byte of it as it was. */
#ifndef TR_MLIR_SPLICE_H
#define TR_MLIR_SPLICE_H

#include "mlir/ir.h"

/* Bytes begin .. end of the text become `text`; begin == end inserts. */
typedef struct tr_edit {
    size_t begin, end;
    tr_str text;
} tr_edit;

/* Appends `text` with the edits made to *out. The edits may come in any order; of several that insert at one place
 * the first in the list comes first in the text. Edits must not overlap: an edit that inserts inside what another
 * one replaces is an overlap, one at its begin or end is not. `file` stands in messages. */
TR_MUST_CHECK tr_status tr_splice(tr_str text, const char *file, const tr_edit *edits, size_t count, tr_text *out,
                                  tr_error *error);

/* Edits on whole ops; `text` is whole lines, each with tr_op_indent() in front and '\n' behind. Where an op shares its
 * line with others, as in `{ %0 = ... }`, the text goes right in front of it or right behind it. */
tr_edit tr_edit_before(const tr_module *module, const tr_op *op, tr_str text);
/* Behind the op's line, its location and comment included. A terminator has nothing behind it: use before. */
tr_edit tr_edit_after(const tr_module *module, const tr_op *op, tr_str text);
/* The op's lines, without what else stands on them. */
tr_edit tr_edit_remove(const tr_module *module, const tr_op *op);

/* The blanks in front of the op, where it begins its line; else empty. A slice of the module's text. */
tr_str tr_op_indent(const tr_module *module, const tr_op *op);

#endif
