#include "runner/context.h"

#include "base/memory.h"

#define MOST_THREADS 4096

/* The number of threads that is asked for, by the caller or the environment; else one a core. */
static tr_status choose_threads(int32_t asked, int32_t *out_threads, tr_error *error)
{
    const char *env = getenv("TRITON_RUNNER_THREADS");
    const char *source = "threads";
    long threads = asked;
    if (asked == 0 && env && *env) {
        char *end;
        source = "TRITON_RUNNER_THREADS";
        threads = strtol(env, &end, 10);
        if (*end) return tr_fail(error, TR_INVALID_ARGUMENT, "TRITON_RUNNER_THREADS is '%s', not a number", env);
    } else if (asked == 0) {
        threads = tr_cpu_count();
    }
    if (threads < 1 || threads > MOST_THREADS) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "%s is %ld; it must be 1 to %d", source, threads, MOST_THREADS);
    }
    *out_threads = (int32_t)threads;
    return TR_OK;
}

static tr_status choose_kernels(const char *asked, const tr_kernels **out_kernels, tr_error *error)
{
    const char *env = getenv("TRITON_RUNNER_ISA");
    const char *name = asked ? asked : env && *env ? env : NULL;
    const tr_kernels *kernels = name ? tr_kernels_named(name) : tr_kernels_best();
    if (!kernels) {
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "instruction set '%s' is unknown or not on this CPU; known are baseline, avx2 and avx512",
                       name ? name : "");
    }
    *out_kernels = kernels;
    return TR_OK;
}

tr_status tr_context_create(const tr_context_options *options, tr_context **out_context, tr_error *error)
{
    static const tr_context_options defaults;
    if (!out_context) return tr_fail(error, TR_INVALID_ARGUMENT, "nowhere to put the context");
    if (!options) options = &defaults;
    tr_context made = { 0 };
    TR_TRY(choose_threads(options->threads, &made.threads, error));
    TR_TRY(choose_kernels(options->isa, &made.kernels, error));

    tr_context *context = tr_malloc(sizeof(*context));
    if (!context) return TR_OOM(error);
    tr_status status = tr_pool_create(made.threads, &made.pool, error);
    if (status != TR_OK) {
        free(context);
        return status;
    }
    *context = made;
    *out_context = context;
    return TR_OK;
}

void tr_context_destroy(tr_context *context)
{
    if (!context) return;
    tr_pool_destroy(context->pool);
    free(context);
}

int32_t tr_context_threads(const tr_context *context)
{
    return context ? context->threads : 0;
}

const char *tr_context_isa(const tr_context *context)
{
    return context ? context->kernels->name : NULL;
}
