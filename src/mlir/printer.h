/* What the files of the printer share. Private to src/mlir. */
#ifndef TR_MLIR_PRINTER_H
#define TR_MLIR_PRINTER_H

#include "mlir/print.h"
#include "mlir/row.h"
#include "mlir/types.h"
#include "mlir/verify.h"

typedef struct tr_pred {
    uint32_t to, from; /* ids of blocks */
    const tr_block *block;
} tr_pred;

typedef struct tr_printer {
    const tr_module *module;
    tr_op_table table;
    tr_print_options options;
    tr_text *out;
    tr_error *error;
    int indent;
    char entry_label[24]; /* for the entry block of the region at hand, which may have none of its own */
} tr_printer;

static inline void tr_put(tr_printer *p, const char *text)
{
    tr_text_puts(p->out, text);
}

/* print.c */
void tr_print_value(tr_printer *p, const tr_value *value);
void tr_print_values(tr_printer *p, tr_value *const *values, int32_t count);
void tr_print_loc(tr_printer *p, const tr_loc *loc);
/* " {a = 1}", or nothing if all of the op's attributes are left out. */
void tr_print_dict(tr_printer *p, const tr_op *op, const bool *skip, const char *keyword);
/* `labels`: the label of the entry block is written if it has arguments; `ends`: the last op of a block is. */
tr_status tr_print_region(tr_printer *p, const tr_region *region, bool labels, bool ends);
tr_str tr_block_label(const tr_printer *p, const tr_block *block);

/* print_format.c, print_hooks.c */
tr_status tr_print_format(tr_printer *p, const tr_op *op, const tr_op_info *info);
tr_status tr_print_hook(tr_printer *p, const tr_op *op, const tr_op_info *info);

#endif
