#include "runner/kernel.h"

#include <jansson.h>

#include "base/memory.h"

/* ---------------------------------------------------------------- loading */

/* Compiler options are an object; one without a key asks for nothing, so it is none. */
static tr_status read_options(const char *text, const char **out_options, tr_error *error)
{
    json_error_t fault = { .text = "" };
    json_t *root = text ? json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault) : NULL;
    const bool is_object = json_is_object(root);
    *out_options = json_object_size(root) > 0 ? text : NULL;
    json_decref(root);
    if (is_object || !text) return TR_OK;
    return tr_fail(error, TR_INVALID_ARGUMENT, "the compiler options must be a JSON object%s%s",
                   *fault.text ? ": " : "", fault.text);
}

tr_status tr_fail_options(const tr_kernel *kernel, tr_error *error)
{
    const tr_artifact *a = kernel->artifact;
    return tr_fail(error, TR_INVALID_ARGUMENT,
                   "compiler options are for what has to be brought down to machine code: '%s' is %s, which '%s' runs "
                   "as it is",
                   a->path, tr_level_name(a->level), kernel->device_name);
}

/* Makes the kernel ready to run on its device. */
static tr_status make_ready(tr_kernel *kernel, const char *device, tr_error *error)
{
    const tr_artifact *a = kernel->artifact;
    const tr_engine *engine;
    TR_TRY(tr_device_check(device, &kernel->device, error));
    TR_TRY(tr_engine_find(a->level, kernel->device, a->path, &engine, error));
    TR_TRY(engine->load(kernel, error));
    kernel->engine = engine;
    return TR_OK;
}

/* What a kernel may be inspected in spite of: it is sound, only nothing here runs it. */
static bool is_refusal(tr_status status)
{
    return status == TR_UNSUPPORTED || status == TR_UNAVAILABLE;
}

static tr_status load(tr_kernel *kernel, const tr_load *options, tr_error *error)
{
    TR_TRY(tr_kernel_count_ops(kernel, error));
    TR_TRY(read_options(options->options, &kernel->options, error));
    snprintf(kernel->device_name, sizeof(kernel->device_name), "%s", options->device ? options->device : "cpu");
    tr_status status = make_ready(kernel, options->device, &kernel->refusal);
    kernel->options = NULL; /* the caller's */
    if (status == TR_OK || (options->inspect_only && is_refusal(status))) return TR_OK;
    if (error) *error = kernel->refusal;
    return status;
}

/* Takes `artifact` over. */
static tr_status load_artifact(tr_context *context, tr_artifact *artifact, const tr_load *options,
                               tr_kernel **out_kernel, tr_error *error)
{
    tr_kernel *kernel = tr_calloc(1, sizeof(*kernel));
    if (!kernel) {
        tr_artifact_destroy(artifact);
        return TR_OOM(error);
    }
    kernel->context = context;
    kernel->artifact = artifact;
    tr_status status = load(kernel, options, error);
    if (status != TR_OK) {
        tr_kernel_destroy(kernel);
        return status;
    }
    *out_kernel = kernel;
    return TR_OK;
}

static const tr_load default_options;

/* A device that is not there, or not known, is said before a file is looked at. */
static tr_status check_call(tr_context *context, const void *source, const tr_load *options, tr_kernel **out_kernel,
                            tr_error *error)
{
    if (!context || !source || !out_kernel) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "no context, nothing to load, or nowhere to put the kernel");
    }
    if (options->metadata && options->metadata_text)
        return tr_fail(error, TR_INVALID_ARGUMENT, "the metadata is given twice: as the file '%s' and as text",
                       options->metadata);
    if (options->level < TR_LEVEL_UNKNOWN || options->level >= TR_LEVEL_COUNT)
        return tr_fail(error, TR_INVALID_ARGUMENT, "there is no level %d", (int)options->level);
    tr_device_id device;
    tr_status status = tr_device_check(options->device, &device, error);
    return options->inspect_only && is_refusal(status) ? TR_OK : status;
}

tr_status tr_kernel_load(tr_context *context, const char *path, const tr_load *options, tr_kernel **out_kernel,
                         tr_error *error)
{
    if (!options) options = &default_options;
    TR_TRY(check_call(context, path, options, out_kernel, error));
    const tr_level only[] = { options->level, TR_LEVEL_UNKNOWN };
    const tr_artifact_options artifact_options = {
        .kernel = options->kernel,
        .metadata = options->metadata,
        .metadata_text = options->metadata_text,
        .level = options->level,
        .preference = options->level ? only : tr_device_preference(options->device ? options->device : "cpu"),
    };
    tr_artifact *artifact;
    TR_TRY(tr_artifact_open(path, &artifact_options, &artifact, error));
    return load_artifact(context, artifact, options, out_kernel, error);
}

tr_status tr_kernel_load_memory(tr_context *context, const void *data, size_t size, const char *name,
                                const tr_load *options, tr_kernel **out_kernel, tr_error *error)
{
    if (!options) options = &default_options;
    TR_TRY(check_call(context, data, options, out_kernel, error));
    const tr_artifact_options artifact_options = {
        .kernel = options->kernel,
        .metadata = options->metadata,
        .metadata_text = options->metadata_text,
        .level = options->level,
    };
    tr_artifact *artifact;
    TR_TRY(
        tr_artifact_open_memory((tr_str){ data, size }, name ? name : "<memory>", &artifact_options, &artifact, error));
    return load_artifact(context, artifact, options, out_kernel, error);
}

void tr_kernel_destroy(tr_kernel *kernel)
{
    if (!kernel) return;
    if (kernel->engine) kernel->engine->unload(kernel);
    tr_lowered_deinit(&kernel->lowered);
    tr_artifact_destroy(kernel->artifact);
    tr_arena_deinit(&kernel->arena);
    free(kernel);
}

/* ---------------------------------------------------------------- getters */

const char *tr_kernel_name(const tr_kernel *kernel)
{
    return kernel->artifact->kernel;
}

tr_level tr_kernel_level(const tr_kernel *kernel)
{
    return kernel->artifact->level;
}

const char *tr_kernel_path(const tr_kernel *kernel)
{
    return kernel->artifact->path;
}

uint64_t tr_kernel_size(const tr_kernel *kernel)
{
    return kernel->artifact->bytes.size;
}

const char *tr_kernel_device(const tr_kernel *kernel)
{
    return kernel->device_name;
}

bool tr_kernel_runs(const tr_kernel *kernel)
{
    return kernel->engine != NULL;
}

int32_t tr_kernel_param_count(const tr_kernel *kernel)
{
    return kernel->artifact->param_count;
}

const tr_param *tr_kernel_param(const tr_kernel *kernel, int32_t index)
{
    return index >= 0 && index < kernel->artifact->param_count ? &kernel->artifact->params[index] : NULL;
}

const char *tr_param_text(const tr_kernel *kernel, int32_t index, char buffer[TR_PARAM_TEXT_SIZE])
{
    const tr_param *param = tr_kernel_param(kernel, index);
    buffer[0] = '\0';
    if (param) snprintf(buffer, TR_PARAM_TEXT_SIZE, "'%s' (%s)", param->name, param->type);
    return buffer;
}

bool tr_kernel_stage(const tr_kernel *kernel, int32_t index, tr_stage *out_stage)
{
    const tr_artifact *a = kernel->artifact;
    if (index < 0 || index > kernel->lowered.count) return false;
    if (index == 0) {
        *out_stage = (tr_stage){ a->level, a->bytes.data, a->bytes.size };
        return true;
    }
    const tr_lower_stage *stage = &kernel->lowered.stages[index - 1];
    *out_stage = (tr_stage){ stage->level, stage->data, stage->size };
    return true;
}

void tr_kernel_resources(const tr_kernel *kernel, tr_resources *out_resources)
{
    *out_resources = (tr_resources){ 0 };
    if (kernel->engine && kernel->engine->resources) kernel->engine->resources(kernel, out_resources);
}

bool tr_kernel_param_written(const tr_kernel *kernel, int32_t index)
{
    const tr_param *param = tr_kernel_param(kernel, index);
    if (!kernel->code || !param) return true;
    return param->is_pointer && tr_tile_code_writes(kernel->code, index);
}

int32_t tr_kernel_op_count(const tr_kernel *kernel)
{
    return kernel->op_count;
}

const tr_op_use *tr_kernel_op(const tr_kernel *kernel, int32_t index)
{
    return index >= 0 && index < kernel->op_count ? &kernel->ops[index] : NULL;
}

tr_status tr_kernel_steps_text(const tr_kernel *kernel, char **out_text, tr_error *error)
{
    if (!kernel || !out_text) return tr_fail(error, TR_INVALID_ARGUMENT, "no kernel, or nowhere to put the text");
    if (!kernel->engine) {
        if (error) *error = kernel->refusal;
        return kernel->refusal.status;
    }
    if (!kernel->code)
        return tr_fail(error, TR_UNSUPPORTED, "kernel '%s' runs on '%s', which has no steps", tr_kernel_name(kernel),
                       kernel->device_name);
    tr_text text = { 0 };
    tr_tile_code_print(kernel->code, &text);
    char *taken = tr_text_take(&text);
    if (!taken) return TR_OOM(error);
    *out_text = taken;
    return TR_OK;
}

const char *tr_kernel_metadata_text(const tr_kernel *kernel)
{
    const tr_metadata *metadata = kernel->artifact->metadata;
    if (kernel->lowered.count > 0) return kernel->lowered.metadata;
    return metadata ? tr_metadata_json(metadata) : NULL;
}

const char *tr_kernel_metadata(const tr_kernel *kernel, const char *key)
{
    const tr_metadata *metadata = kernel->artifact->metadata;
    return metadata && key ? tr_metadata_text(metadata, key) : NULL;
}

const char *tr_kernel_metadata_key(const tr_kernel *kernel, int32_t index)
{
    const tr_metadata *metadata = kernel->artifact->metadata;
    return metadata ? tr_metadata_key(metadata, index) : NULL;
}
