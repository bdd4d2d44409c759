/* How long a request may still take, whether its caller has lost interest, and who is told about its progress. */
#ifndef TR_LOWER_PATIENCE_H
#define TR_LOWER_PATIENCE_H

#include "base/status.h"

typedef struct tr_patience {
    double begin, limit; /* seconds on tr_clock(), seconds from `begin` */
    const volatile int *cancel;
    void (*progress)(void *user, tr_level making, double seconds);
    void *progress_user;
    tr_level making; /* the stage that is being made; TR_LEVEL_UNKNOWN: Python or Triton are starting */
    double told;     /* when progress was last called */
} tr_patience;

/* Seconds on a clock that never jumps. */
double tr_clock(void);

/* Sets the stage and calls progress. */
void tr_patience_make(tr_patience *patience, tr_level level);

/* Fails when the time is over or the caller has cancelled. Calls progress when a second has passed. */
TR_MUST_CHECK tr_status tr_patience_check(tr_patience *patience, tr_error *error);

/* Milliseconds to sleep before the next check, 0 to 50. */
int tr_patience_slice(const tr_patience *patience);

#endif
