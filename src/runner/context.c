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

/* A copy of an optional string in the context. */
static bool keep(tr_context *context, const char *text, const char **out)
{
    if (!text) return true;
    *out = tr_arena_copy(&context->arena, tr_str_of(text)).data;
    return *out != NULL;
}

static tr_status fill(tr_context *context, const tr_context_options *options, tr_error *error)
{
    TR_TRY(choose_threads(options->threads, &context->threads, error));
    TR_TRY(choose_kernels(options->isa, &context->kernels, error));
    context->lowering_options.no_cache = options->no_cache;
    if (!keep(context, options->python, &context->lowering_options.python) ||
        !keep(context, options->ptxas, &context->lowering_options.ptxas))
        return TR_OOM(error);
    return tr_pool_create(context->threads, &context->pool, error);
}

tr_status tr_context_create(const tr_context_options *options, tr_context **out_context, tr_error *error)
{
    static const tr_context_options defaults;
    if (!out_context) return tr_fail(error, TR_INVALID_ARGUMENT, "nowhere to put the context");
    tr_context *context = tr_calloc(1, sizeof(*context));
    if (!context) return TR_OOM(error);
    if (pthread_mutex_init(&context->lock, NULL) != 0) {
        free(context);
        return tr_fail(error, TR_INTERNAL, "cannot make a mutex");
    }
    tr_status status = fill(context, options ? options : &defaults, error);
    if (status != TR_OK) {
        tr_context_destroy(context);
        return status;
    }
    *out_context = context;
    return TR_OK;
}

void tr_context_destroy(tr_context *context)
{
    if (!context) return;
    for (int i = 0; i < TR_MOST_GPUS; i++)
        if (context->gpus[i]) tr_cuda_device_destroy(context->gpus[i]);
    if (context->lowering) tr_lowering_destroy(context->lowering);
    if (context->pool) tr_pool_destroy(context->pool);
    pthread_mutex_destroy(&context->lock);
    tr_arena_deinit(&context->arena);
    free(context);
}

tr_status tr_context_gpu(tr_context *context, int32_t ordinal, tr_cuda_device **out_device, tr_error *error)
{
    if (ordinal < 0 || ordinal >= TR_MOST_GPUS)
        return tr_fail(error, TR_INVALID_ARGUMENT, "device 'cuda:%d': the last one is %d", ordinal, TR_MOST_GPUS - 1);
    pthread_mutex_lock(&context->lock);
    tr_status status = TR_OK;
    if (!context->gpus[ordinal]) status = tr_cuda_device_create(ordinal, &context->gpus[ordinal], error);
    *out_device = context->gpus[ordinal];
    pthread_mutex_unlock(&context->lock);
    return status;
}

tr_status tr_context_lowering(tr_context *context, tr_lowering **out_lowering, tr_error *error)
{
    pthread_mutex_lock(&context->lock);
    tr_status status = TR_OK;
    if (!context->lowering) status = tr_lowering_create(&context->lowering_options, &context->lowering, error);
    *out_lowering = context->lowering;
    pthread_mutex_unlock(&context->lock);
    return status;
}

int32_t tr_context_threads(const tr_context *context)
{
    return context ? context->threads : 0;
}

const char *tr_context_isa(const tr_context *context)
{
    return context ? context->kernels->name : NULL;
}
