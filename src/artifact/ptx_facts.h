/* The facts of PTX text that a launch needs (entry.h): a lexer over declarations and directives, which skips bodies
 * and debug sections and knows no instruction.
 */
#ifndef TR_ARTIFACT_PTX_FACTS_H
#define TR_ARTIFACT_PTX_FACTS_H

#include "artifact/entry.h"

/* TR_INVALID_INPUT has line and column. */
TR_MUST_CHECK tr_status tr_ptx_facts_read(tr_str text, const char *file, tr_image **out_image, tr_error *error);

#endif
