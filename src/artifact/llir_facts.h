/* The parameters of a kernel as LLVM's text declares them. A scan, no parser. */
#ifndef TR_ARTIFACT_LLIR_FACTS_H
#define TR_ARTIFACT_LLIR_FACTS_H

#include "artifact/entry.h"

/* Fills name and params of *out_entry, in `arena`. A type that is no scalar and no pointer has the size 0 (an aggregate
 * by value). TR_NOT_FOUND when `text` defines no `name`, TR_INVALID_INPUT with a place where its list of parameters is
 * damaged. */
TR_MUST_CHECK tr_status tr_llir_facts_read(tr_str text, const char *name, const char *file, tr_arena *arena,
                                           tr_entry *out_entry, tr_error *error);

#endif
