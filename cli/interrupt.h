/* Ctrl-C and long launches. */
#ifndef TR_CLI_INTERRUPT_H
#define TR_CLI_INTERRUPT_H

#include "cli.h"

/* From now on the first Ctrl-C sets the flag that is returned, and the second ends the program. */
const volatile int *watch_interrupt(void);

/* Seconds on a clock that never jumps. */
double now_seconds(void);

/* A line on stderr, if that is a terminal, about a launch that takes over a second. */
typedef struct cli_progress {
    double begin;
    bool on_terminal, shown;
} cli_progress;

void progress_begin(cli_progress *progress);
void progress_show(void *progress, uint64_t programs_done, uint64_t programs_total); /* tr_launch_options.progress */
void progress_end(cli_progress *progress);

#endif
