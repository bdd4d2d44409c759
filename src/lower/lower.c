#include "lower/lower.h"

#include "lower/descent.h"

#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

struct tr_lowering {
    char *python, *ptxas;  /* NULL = not said */
    char *cache;           /* NULL = none */
    pthread_mutex_t mutex; /* guards what follows */
    pid_t owner;           /* whose child the helper is */
    tr_helper helper;
    tr_ptxas_list known;
};

/* ---------------------------------------------------------------- the object */

static bool copy(const char *text, char **out)
{
    *out = text ? strdup(text) : NULL;
    return !text || *out;
}

tr_status tr_lowering_create(const tr_lowering_options *options, tr_lowering **out_lowering, tr_error *error)
{
    static const tr_lowering_options none = { 0 };
    if (!options) options = &none;
    tr_lowering *lowering = tr_calloc(1, sizeof(*lowering));
    if (!lowering) return TR_OOM(error);
    lowering->helper = TR_NO_HELPER;
    lowering->owner = getpid();
    pthread_mutex_init(&lowering->mutex, NULL);
    if (!options->no_cache) lowering->cache = tr_cache_root(options->cache);
    if (!copy(options->python, &lowering->python) || !copy(options->ptxas, &lowering->ptxas)) {
        tr_lowering_destroy(lowering);
        return TR_OOM(error);
    }
    *out_lowering = lowering;
    return TR_OK;
}

/* A forked child has a copy of the handles of its parent's process: it must not speak to it. */
static void notice_fork(tr_lowering *lowering)
{
    if (lowering->owner == getpid()) return;
    tr_helper_forget(&lowering->helper);
    lowering->owner = getpid();
}

void tr_lowering_destroy(tr_lowering *lowering)
{
    if (!lowering) return;
    notice_fork(lowering);
    tr_helper_stop(&lowering->helper);
    tr_ptxas_list_deinit(&lowering->known);
    pthread_mutex_destroy(&lowering->mutex);
    free(lowering->python);
    free(lowering->ptxas);
    free(lowering->cache);
    free(lowering);
}

/* ---------------------------------------------------------------- a request */

void tr_lowered_deinit(tr_lowered *lowered)
{
    for (int32_t i = 0; i < lowered->count; i++) free(lowered->stages[i].data);
    free(lowered->name);
    free(lowered->metadata);
    free(lowered->tools);
    free(lowered->log);
    *lowered = (tr_lowered){ 0 };
}

static tr_status run(tr_descent *d, tr_lowered *out, tr_error *error)
{
    const tr_lower_request *request = d->request;
    TR_TRY(tr_descent_begin(d, error));
    if (request->from < TR_LEVEL_PTX) TR_TRY(tr_descent_to_ptx(d, error));
    if (request->to == TR_LEVEL_CUBIN) TR_TRY(tr_descent_to_cubin(d, error));
    return tr_descent_end(d, out, error);
}

/* Waits for its turn no longer than the request has time. */
static tr_status lock(tr_lowering *lowering, tr_patience *patience, tr_error *error)
{
    enum { SLICE_NS = 50 * 1000 * 1000 };
    for (;;) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += SLICE_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        int cause = pthread_mutex_timedlock(&lowering->mutex, &until);
        if (cause == 0) return TR_OK;
        if (cause != ETIMEDOUT) return tr_fail_errno(error, TR_INTERNAL, cause, "cannot lock");
        TR_TRY(tr_patience_check(patience, error));
    }
}

/* "kernel.ttir" for bytes without a name. */
static const char *default_name(tr_level from, char *buffer, size_t size)
{
    snprintf(buffer, size, "kernel.%s", from > TR_LEVEL_UNKNOWN && from < TR_LEVEL_COUNT ? tr_level_name(from) : "ir");
    return buffer;
}

tr_status tr_lower(tr_lowering *lowering, const tr_lower_request *request, tr_lowered *out, tr_error *error)
{
    char name[32];
    const char *python = request->python ? request->python : lowering->python;
    double limit = request->timeout_seconds;
    tr_descent d = {
        .request = request,
        .name = request->name && *request->name ? request->name : default_name(request->from, name, sizeof(name)),
        .python = python && *python ? python : tr_helper_default_python(),
        .ptxas = lowering->ptxas,
        .cache = lowering->cache,
        .helper = &lowering->helper,
        .known = &lowering->known,
        .patience = {
            .begin = tr_clock(),
            .limit = limit > 0 ? limit : TR_LOWER_TIMEOUT,
            .cancel = request->cancel,
            .progress = request->progress,
            .progress_user = request->progress_user,
        },
    };
    tr_error own;
    if (!error) error = &own; /* the parts add to one another's messages */
    TR_TRY(lock(lowering, &d.patience, error));
    notice_fork(lowering);
    tr_status status = run(&d, out, error);
    pthread_mutex_unlock(&lowering->mutex);
    if (status != TR_OK && d.log.size) {
        (void)!tr_descent_keep(&d, "log", (tr_str){ d.log.data, d.log.size }, NULL);
    }
    tr_descent_deinit(&d);
    return status;
}
