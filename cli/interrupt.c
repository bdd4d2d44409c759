#include "interrupt.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* The one global of the command line: a signal handler can reach nothing else. */
static volatile int interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

const volatile int *watch_interrupt(void)
{
    struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    return &interrupted;
}

double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void progress_begin(cli_progress *progress)
{
    *progress = (cli_progress){ .begin = now_seconds(), .on_terminal = isatty(STDERR_FILENO) };
}

void progress_show(void *user, uint64_t programs_done, uint64_t programs_total)
{
    cli_progress *progress = user;
    double seconds = now_seconds() - progress->begin;
    if (!progress->on_terminal || seconds < 1 || !programs_total) return;
    progress->shown = true;
    fprintf(stderr, "\r%3.0f %% of %llu programs, %.0f s ", 100.0 * (double)programs_done / (double)programs_total,
            (unsigned long long)programs_total, seconds);
    fflush(stderr);
}

void progress_end(cli_progress *progress)
{
    if (progress->shown) fprintf(stderr, "\r%40s\r", "");
}
