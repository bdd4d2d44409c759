/* The tile VM as an engine: TTIR on CPU threads. */
#include "base/memory.h"
#include "mlir/parse.h"
#include "runner/kernel.h"
#include "runner/profile.h"

#define FEW_ARGS 64 /* so many fit on the stack */

/* Arguments are buffers and scalars; a parameter of another type has no argument yet. */
static tr_status check_params(const tr_kernel *kernel, tr_error *error)
{
    for (int32_t i = 0; i < kernel->artifact->param_count; i++) {
        const tr_param *param = &kernel->artifact->params[i];
        if (param->is_pointer || param->dtype != TR_DTYPE_NONE) continue;
        return tr_fail(error, TR_UNSUPPORTED,
                       "parameter '%s' of kernel '%s' has type %s, for which there is no argument", param->name,
                       kernel->artifact->kernel, param->type);
    }
    return TR_OK;
}

/* TTIR of TLX that could not be read: what in it, and what runs it. */
static tr_status fail_unread(tr_artifact *artifact, tr_error *error)
{
    tr_error why = { 0 };
    if (tr_module_parse(artifact->bytes, artifact->path, &artifact->module, &why) == TR_OK)
        return tr_fail(error, TR_INTERNAL, "'%s' could not be read, and now it can", artifact->path);
    if (!error) return TR_UNSUPPORTED;
    *error = why;
    error->status = TR_UNSUPPORTED;
    snprintf(error->message, sizeof(error->message), "TLX's ops have no engine on 'cpu' yet, 'cuda' runs them: %.600s",
             why.message);
    return TR_UNSUPPORTED;
}

static tr_status load(tr_kernel *kernel, tr_error *error)
{
    const tr_artifact *a = kernel->artifact;
    if (!a->module) return fail_unread(kernel->artifact, error);
    if (kernel->options) return tr_fail_options(kernel, error);
    TR_TRY(check_params(kernel, error));
    return tr_tile_compile(a->module, a->func, kernel->context->kernels, &kernel->code, error);
}

static void unload(tr_kernel *kernel)
{
    tr_tile_code_destroy(kernel->code);
}

/* ---------------------------------------------------------------- options */

/* With limits of 2^31 x 2^16 x 2^16 a linear program id fits 63 bits, but a writer's word has 32. */
static tr_status check_writer(const tr_kernel *kernel, tr_grid grid, const tr_launch_options *options, tr_error *error)
{
    const tr_param *param = options->writes_of_arg > INT32_MAX
                                ? NULL
                                : tr_kernel_param(kernel, (int32_t)options->writes_of_arg);
    if (!param || !param->is_pointer) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "the argument whose writers are wanted, %lld, is not a buffer",
                       (long long)options->writes_of_arg);
    }
    if (options->writer_granule == 0) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "writer_granule must be 1 or more");
    }
    if ((uint64_t)grid.x * grid.y * grid.z >= UINT32_MAX) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "writers can't be recorded for a grid of 2^32 programs or more");
    }
    return TR_OK;
}

static tr_status check_options(const tr_kernel *kernel, tr_grid grid, const tr_launch_options *options, tr_error *error)
{
    int32_t most = kernel->context->threads;
    if (options->threads < 0 || options->threads > most) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "a launch on %d threads: the context has %d", options->threads,
                       most);
    }
    if (!(options->timeout_seconds >= 0)) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "the time limit is %g seconds", options->timeout_seconds);
    }
    if (options->profile && options->profile->kernel != kernel) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "the profile belongs to another kernel");
    }
    const uint64_t programs = (uint64_t)grid.x * grid.y * grid.z;
    for (uint64_t i = 0; options->programs && i < options->program_count; i++) {
        if (options->programs[i] < programs) continue;
        return tr_fail(error, TR_INVALID_ARGUMENT, "program %llu is not in the grid, which has %llu",
                       (unsigned long long)options->programs[i], (unsigned long long)programs);
    }
    return options->writer ? check_writer(kernel, grid, options, error) : TR_OK;
}

/* ---------------------------------------------------------------- launch */

static tr_status run(tr_kernel *kernel, tr_grid grid, const tr_arg *args, int32_t arg_count, tr_tile_arg *tile_args,
                     const tr_launch_options *options, tr_error *error)
{
    for (int32_t i = 0; i < arg_count; i++) TR_TRY(tr_check_arg(kernel, i, &args[i], &tile_args[i], error));
    const tr_context *context = kernel->context;
    const tr_tile_launch launch = {
        .pool = context->pool,
        .threads = options && options->threads ? options->threads : context->threads,
        .grid = grid,
        .args = tile_args,
        .arg_count = arg_count,
        .options = options,
        .profile = options && options->profile ? &options->profile->times : NULL,
    };
    return tr_tile_run(kernel->code, &launch, error);
}

static tr_status launch(tr_kernel *kernel, tr_grid grid, const tr_arg *args, int32_t arg_count,
                        const tr_launch_options *options, tr_error *error)
{
    TR_TRY(tr_check_grid(grid, error));
    if (arg_count != kernel->artifact->param_count) return tr_fail_arg_count(kernel, arg_count, error);
    if (options) TR_TRY(check_options(kernel, grid, options, error));
    if (arg_count <= FEW_ARGS) {
        tr_tile_arg few[FEW_ARGS];
        return run(kernel, grid, args, arg_count, few, options, error);
    }
    tr_tile_arg *many = tr_malloc((size_t)arg_count * sizeof(*many));
    if (!many) return TR_OOM(error);
    tr_status status = run(kernel, grid, args, arg_count, many, options, error);
    free(many);
    return status;
}

/* A launch ends before its call returns. */
static tr_status synchronize(tr_kernel *kernel, void *stream, tr_error *error)
{
    (void)kernel;
    (void)stream;
    (void)error;
    return TR_OK;
}

const tr_engine tr_engine_tile = { .load = load, .launch = launch, .synchronize = synchronize, .unload = unload };
