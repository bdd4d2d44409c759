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

static const char *making(const tr_patience *patience)
{
    return patience->making == TR_LEVEL_UNKNOWN ? "starting Triton" : tr_level_name(patience->making);
}

tr_status tr_patience_check(tr_patience *patience, tr_error *error)
{
    double now = tr_clock();
    if (patience->cancel && *patience->cancel) {
        return tr_fail(error, TR_INTERRUPTED, "lowering was interrupted (%s)", making(patience));
    }
    if (now - patience->begin > patience->limit) {
        return tr_fail(error, TR_TIMED_OUT, "lowering took longer than its limit of %g s (%s)", patience->limit,
                       making(patience));
    }
    if (now - patience->told >= 1.0) tell(patience, now);
    return TR_OK;
}

int tr_patience_slice(const tr_patience *patience)
{
    double left = patience->begin + patience->limit - tr_clock();
    return left <= 0 ? 0 : left < 0.05 ? (int)(left * 1000) + 1 : 50;
}
