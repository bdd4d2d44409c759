/* Text to module. */
#ifndef TR_MLIR_PARSE_H
#define TR_MLIR_PARSE_H

#include "mlir/ir.h"

/* Parses and verifies `text` (copied). `file` stands in messages. On success the caller owns *out_module.
 *
 * Parsed means: every op has typed operands and results, every name is defined and dominates its uses, and every op
 * with a row in ops.def passes the row's checks. Ops of unknown name are taken in generic form. Nesting, token
 * count and sizes are bounded (limits in parse.c); any input ends in a module or in an error with a place. */
TR_MUST_CHECK tr_status tr_module_parse(tr_str text, const char *file, tr_module **out_module, tr_error *error);
void tr_module_destroy(tr_module *module);

#endif
