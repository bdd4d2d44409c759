/* What matters in the logs of Triton, LLVM and ptxas. */
#ifndef TR_LOWER_LOG_H
#define TR_LOWER_LOG_H

#include "base/status.h"

typedef struct tr_log_place {
    uint32_t line, column; /* from 1; column 0 = unknown */
    tr_str message;        /* behind "error: "; a slice of the log */
} tr_log_place;

/* The first complaint with a place in `file`: `FILE:3:5: error: ...` or `loc("FILE":3:5): error: ...`. */
bool tr_log_find_place(tr_str log, const char *file, tr_log_place *out_place);

/* "LLVM ERROR: failed to parse IR: ...lineno: 9" of Triton's reader of LLIR. */
bool tr_log_find_llvm_place(tr_str log, tr_log_place *out_place);

/* "..., line 12; error   : ..." of ptxas. */
bool tr_log_find_ptxas_place(tr_str log, tr_log_place *out_place);

/* The first line that names a cause: an error, a failed assertion, a fatal message of LLVM. Empty if there is none. */
tr_str tr_log_cause(tr_str log);

/* Fills error->excerpt with the lines that name causes, or else with the last ones. Does nothing when `error` is NULL
 * or has an excerpt. */
void tr_log_excerpt(tr_str log, tr_error *error);

/* The next line of `rest`, without its end; false at the end. Cuts it off `rest`. */
bool tr_log_next_line(tr_str *rest, tr_str *out_line);

/* Where `part` begins in `s`, or (size_t)-1. */
size_t tr_log_find(tr_str s, const char *part);

#endif
