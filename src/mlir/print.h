/* Module to text. */
#ifndef TR_MLIR_PRINT_H
#define TR_MLIR_PRINT_H

#include "mlir/ir.h"

typedef struct tr_print_options {
    bool generic;      /* every op in generic form */
    bool no_locations; /* without loc(...) and their aliases */
} tr_print_options;

/* Appends the module in the spelling of the Triton that wrote it: each op under the name and in the form it was read
 * in. The text of an unchanged module that Triton printed comes out as it was, byte for byte; other text comes out in
 * Triton's layout, without its comments. `options` may be NULL.
 *
 * On failure *out holds what was printed up to there. */
TR_MUST_CHECK tr_status tr_module_print(const tr_module *module, const tr_print_options *options, tr_text *out,
                                        tr_error *error);

#endif
