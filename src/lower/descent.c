#include "lower/descent.h"

#include "lower/folder.h"
#include "lower/target.h"

#include "artifact/level.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>

const char *tr_descent_metadata_text(const tr_descent *d, const char *key)
{
    return json_string_value(json_object_get(d->metadata, key));
}

/* ---------------------------------------------------------------- the request */

/* Reads an object; an empty one for NULL. */
static tr_status read_object(const char *text, const char *what, tr_status status, json_t **out, tr_error *error)
{
    json_error_t wrong;
    if (!text) {
        *out = json_object();
        return *out ? TR_OK : TR_OOM(error);
    }
    *out = json_loads(text, 0, &wrong);
    if (json_is_object(*out)) return TR_OK;
    if (*out) return tr_fail(error, status, "%s are no JSON object", what);
    return tr_fail(error, status, "%s are no JSON: line %d: %s", what, wrong.line, wrong.text);
}

static int32_t arch_of_metadata(const tr_descent *d)
{
    const json_t *target = json_object_get(d->metadata, "target");
    return (int32_t)json_integer_value(json_object_get(target, "arch"));
}

/* What the artifact says of itself beats what its metadata says. */
static int32_t find_source_arch(const tr_descent *d)
{
    const tr_lower_request *request = d->request;
    int32_t arch = 0;
    if (request->from == TR_LEVEL_TTGIR) arch = tr_ttgir_arch(request->bytes);
    if (request->from == TR_LEVEL_PTX) arch = tr_ptx_read_head(request->bytes).arch;
    return arch ? arch : arch_of_metadata(d);
}

static tr_status check_levels(const tr_lower_request *request, const char *name, tr_error *error)
{
    const char *from = tr_lower_level_title(request->from), *to = tr_lower_level_title(request->to);
    if (request->from <= TR_LEVEL_UNKNOWN || request->from >= TR_LEVEL_COUNT) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "what level %s is was not said", name);
    }
    if (request->to <= TR_LEVEL_UNKNOWN || request->to >= TR_LEVEL_COUNT) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "what level %s is to be brought to was not said", name);
    }
    if (request->to == request->from) return tr_fail(error, TR_INVALID_ARGUMENT, "%s is %s already", name, to);
    if (request->to < request->from) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "%s is %s, which can be brought down, but not up to %s", name, from,
                       to);
    }
    return TR_OK;
}

tr_status tr_descent_begin(tr_descent *d, tr_error *error)
{
    const tr_lower_request *request = d->request;
    TR_TRY(check_levels(request, d->name, error));
    TR_TRY(read_object(request->options, "the compiler options", TR_INVALID_ARGUMENT, &d->options, error));
    TR_TRY(read_object(request->metadata, "the metadata", TR_INVALID_INPUT, &d->metadata, error));
    d->source_arch = find_source_arch(d);
    d->arch = request->arch ? request->arch : d->source_arch;
    d->all_cached = true;
    if (d->arch <= 0 || d->arch > 9999) {
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "%s does not say for which target it is, and no target was given: "
                       "sm_90 is one",
                       d->name);
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- results on the way */

tr_status tr_descent_keep(const tr_descent *d, const char *suffix, tr_str bytes, tr_error *error)
{
    if (!d->request->keep) return TR_OK;
    TR_TRY(tr_folder_make(d->request->keep, error));
    tr_text path = { 0 };
    tr_text_printf(&path, "%s/%.*s.%s", d->request->keep, TR_STR_ARG(tr_path_stem(d->name)), suffix);
    tr_status status = path.failed ? TR_OOM(error) : tr_file_write(path.data, bytes.data, bytes.size, error);
    tr_text_deinit(&path);
    return status;
}

tr_status tr_descent_add_stage(tr_descent *d, tr_level level, char *data, size_t size, tr_error *error)
{
    /* Twice the same is a helper that went astray. */
    if (d->count && d->stages[d->count - 1].level >= level) {
        free(data);
        return tr_fail(error, TR_TRAPPED, "a stage came twice");
    }
    d->stages[d->count++] = (tr_lower_stage){ level, data, size };
    return tr_descent_keep(d, tr_level_name(level), (tr_str){ data, size }, error);
}

static bool first_name(void *user, tr_str name)
{
    *(tr_str *)user = name;
    return false;
}

static char *find_name(const tr_descent *d)
{
    const tr_lower_stage *last = &d->stages[d->count - 1];
    tr_str name = tr_str_of(tr_descent_metadata_text(d, "name"));
    if (!name.size) tr_level_scan_kernels(last->level, (tr_str){ last->data, last->size }, first_name, &name);
    if (!name.size) tr_level_scan_kernels(d->request->from, d->request->bytes, first_name, &name);
    if (!name.size) name = tr_path_stem(d->name);
    return strndup(name.data, name.size);
}

static char *text_or_empty(tr_text *text)
{
    return text->size || text->failed ? tr_text_take(text) : strdup("");
}

tr_status tr_descent_end(tr_descent *d, tr_lowered *out, tr_error *error)
{
    tr_lowered lowered = {
        .count = d->count,
        .name = find_name(d),
        .metadata = json_dumps(d->metadata, 0),
        .tools = text_or_empty(&d->tools),
        .log = text_or_empty(&d->log),
        .cached = d->all_cached,
        .arch = d->arch,
    };
    tr_status status = TR_OOM(error);
    if (lowered.name && lowered.metadata && lowered.tools && lowered.log) {
        status = tr_descent_keep(d, "json", tr_str_of(lowered.metadata), error);
    }
    if (status != TR_OK) {
        lowered.count = 0;
        tr_lowered_deinit(&lowered);
        return status;
    }
    memcpy(lowered.stages, d->stages, sizeof(lowered.stages));
    d->count = 0;
    *out = lowered;
    return TR_OK;
}

void tr_descent_deinit(tr_descent *d)
{
    for (int32_t i = 0; i < d->count; i++) free(d->stages[i].data);
    json_decref(d->options);
    json_decref(d->metadata);
    tr_text_deinit(&d->tools);
    tr_text_deinit(&d->log);
}
