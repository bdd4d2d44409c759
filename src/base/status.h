/* Errors: a tr_status returned up the stack and a caller-owned tr_error that says what happened.
 *
 * No allocation happens on the error path. `error` may be NULL everywhere: then only the status is kept.
 */
#ifndef TR_BASE_STATUS_H
#define TR_BASE_STATUS_H

#include "triton_runner.h"

#include "base/str.h"

/* Returns the status of `expr` from the calling function unless it is TR_OK. */
#define TR_TRY(expr)                                                                                                   \
    do {                                                                                                               \
        tr_status try_status_ = (expr);                                                                                \
        if (__builtin_expect(try_status_ != TR_OK, 0)) return try_status_;                                             \
    } while (0)

/* Fills *error (file, line, column and excerpt cleared) and returns `status`. */
tr_status tr_fail(tr_error *error, tr_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As tr_fail, and adds strerror(os_errno). */
tr_status tr_fail_errno(tr_error *error, tr_status status, int os_errno, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As tr_fail for a fault at byte `offset` of `text`: computes line and column, copies the line and a caret. Long
 * lines are cut around the caret; control characters are shown as spaces. */
tr_status tr_fail_at(tr_error *error, tr_status status, const char *file, tr_str text, size_t offset,
                     const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Line and column (both from 1; the column counts bytes) of byte `offset`. */
void tr_locate(tr_str text, size_t offset, uint32_t *out_line, uint32_t *out_column);

#define TR_OOM(error) tr_fail((error), TR_OUT_OF_MEMORY, "out of memory")

#endif
