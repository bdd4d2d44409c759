/* A child process: its conversation, its log, its end.
 *
 * Nothing of ours leaks into it and nothing of it survives tr_child_end: it is killed with everything that it started
 * and waited for. No signal reaches the caller: a dead child is an error, not a SIGPIPE.
 */
#ifndef TR_LOWER_CHILD_H
#define TR_LOWER_CHILD_H

#include "lower/patience.h"

#include <sys/types.h>

typedef struct tr_child {
    pid_t pid;   /* 0 = none */
    int channel; /* socket that is its stdin and stdout; -1 = /dev/null and the log */
    int log;     /* read end of its stderr; -1 = closed */
    bool ended;  /* waited for; `wait_status` holds what waitpid said, -1 if somebody else had waited */
    int wait_status;
    tr_text tail; /* the last part of the log */
} tr_child;

#define TR_NO_CHILD ((tr_child){ .channel = -1, .log = -1 })

typedef enum tr_child_flags {
    TR_CHILD_CHANNEL = 1 << 0,   /* has one */
    TR_CHILD_IN_FOLDER = 1 << 1, /* runs in `folder`, not where we are; argv[0] is an absolute path or found in PATH */
} tr_child_flags;

/* Starts argv[0], found in PATH, in a process group of its own. `folder` becomes its folder for temporary files and
 * Triton's cache. TR_UNAVAILABLE with the errno of exec when that fails. */
TR_MUST_CHECK tr_status tr_child_start(const char *const *argv, const char *folder, unsigned flags, tr_child *out_child,
                                       tr_error *error);

/* Writes to, or reads exactly `size` bytes from, the channel. *out_done says how much was read or written before the
 * child closed its side: less than `size` means that it is gone or has closed its stdin and stdout. */
TR_MUST_CHECK tr_status tr_child_write(tr_child *child, const void *data, size_t size, tr_patience *patience,
                                       size_t *out_done, tr_error *error);
TR_MUST_CHECK tr_status tr_child_read(tr_child *child, void *data, size_t size, tr_patience *patience, size_t *out_done,
                                      tr_error *error);

/* Takes what is in the log now. */
void tr_child_drain(tr_child *child);

/* Waits for the end, for `seconds` at most and no longer than `patience`; then kills it. */
TR_MUST_CHECK tr_status tr_child_wait(tr_child *child, double seconds, tr_patience *patience, tr_error *error);

/* "exited with status 1", "was killed by SIGABRT" in `buffer`. */
const char *tr_child_fate(const tr_child *child, char *buffer, size_t size);
/* Whether it runs no more. */
bool tr_child_has_ended(tr_child *child);
bool tr_child_succeeded(const tr_child *child); /* ended, with exit status 0 */

/* Kills it where it still runs, and releases everything. Does nothing for TR_NO_CHILD. */
void tr_child_end(tr_child *child);

/* For a forked child of ours: closes its copies and leaves the process alone. */
void tr_child_forget(tr_child *child);

#endif
