#include "lower/patience.h"

#include <time.h>

double tr_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void tell(tr_patience *patience, double now)
{
    patience->told = now;
    if (patience->progress) patience->progress(patience->progress_user, patience->making, now - patience->begin);
}

void tr_patience_make(tr_patience *patience, tr_level level)
{
    patience->making = level;
    tell(patience, tr_clock());
}

static const char *doing(const tr_patience *patience)
{
    static const char *const words[TR_LEVEL_COUNT] = {
        [TR_LEVEL_UNKNOWN] = "starting Triton", [TR_LEVEL_TTIR] = "making TTIR", [TR_LEVEL_TTGIR] = "making TTGIR",
        [TR_LEVEL_LLIR] = "making LLIR",        [TR_LEVEL_PTX] = "making PTX",   [TR_LEVEL_CUBIN] = "making a cubin",
    };
    return words[patience->making];
}

tr_status tr_patience_check(tr_patience *patience, tr_error *error)
{
    double now = tr_clock();
    if (patience->cancel && *patience->cancel) {
        return tr_fail(error, TR_INTERRUPTED, "interrupted while %s", doing(patience));
    }
    if (now - patience->begin > patience->limit) {
        return tr_fail(error, TR_TIMED_OUT, "%s was not done within %g s", doing(patience), patience->limit);
    }
    if (now - patience->told >= 1.0) tell(patience, now);
    return TR_OK;
}

int tr_patience_slice(const tr_patience *patience)
{
    double left = patience->begin + patience->limit - tr_clock();
    return left <= 0 ? 0 : left < 0.05 ? (int)(left * 1000) + 1 : 50;
}
