#include "triton_runner.h"

#include "lower/lower.h"

#include "artifact/folder.h"
#include "artifact/level.h"
#include "artifact/metadata.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>

/* What is read, and what came of it; tr_compiled.storage. */
typedef struct tr_compilation {
    char *path; /* of the file */
    char *bytes;
    size_t size;
    tr_level level;
    char *metadata; /* text of the JSON, NULL = none */
    tr_lowered lowered;
    tr_stage stages[TR_LEVEL_COUNT];
    char target[16];
} tr_compilation;

static void compilation_destroy(tr_compilation *c)
{
    if (!c) return;
    tr_lowered_deinit(&c->lowered);
    free(c->path);
    free(c->bytes);
    free(c->metadata);
    free(c);
}

/* ---------------------------------------------------------------- reading */

/* The file to take from a folder: the highest level, which can go to the most targets. */
static tr_status pick(const char *folder, const tr_compile_options *options, char **out_path, tr_error *error)
{
    static const tr_level highest_first[] = {
        TR_LEVEL_TTIR, TR_LEVEL_TTGIR, TR_LEVEL_LLIR, TR_LEVEL_PTX, TR_LEVEL_UNKNOWN,
    };
    const tr_level only[] = { options->level, TR_LEVEL_UNKNOWN };
    tr_arena arena = { 0 };
    tr_stage_files stages = { 0 };
    const tr_stage_file *stage = NULL;
    tr_status status = tr_folder_stages(&arena, folder, &stages, error);
    if (status == TR_OK) {
        status = tr_folder_pick(folder, &stages, options->kernel, options->level ? only : highest_first, &stage, error);
    }
    if (status == TR_OK) {
        *out_path = strdup(stage->path);
        if (!*out_path) status = TR_OOM(error);
    }
    tr_vec_deinit(&stages);
    tr_arena_deinit(&arena);
    return status;
}

/* The text of the JSON; checked, so that a complaint names its place. */
static tr_status read_metadata(tr_compilation *c, const char *path, tr_error *error)
{
    tr_text beside = { 0 };
    if (!path) {
        int folder = (int)(tr_path_base(c->path).data - c->path);
        tr_text_printf(&beside, "%.*s%.*s.json", folder, c->path, TR_STR_ARG(tr_path_stem(c->path)));
        if (beside.failed) return TR_OOM(error);
        path = beside.data;
        if (strcmp(path, c->path) == 0 || !tr_path_exists(path)) {
            tr_text_deinit(&beside);
            return TR_OK;
        }
    }
    size_t size;
    tr_metadata *parsed = NULL;
    tr_status status = tr_file_read(path, &c->metadata, &size, error);
    if (status == TR_OK) status = tr_metadata_parse((tr_str){ c->metadata, size }, path, &parsed, error);
    tr_metadata_destroy(parsed);
    tr_text_deinit(&beside);
    return status;
}

/* The bytes as they are: whether they parse is for Triton to say, whose versions differ. */
static tr_status read_input(tr_compilation *c, const char *path, const tr_compile_options *options, tr_error *error)
{
    if (tr_path_is_folder(path)) {
        TR_TRY(pick(path, options, &c->path, error));
    } else {
        c->path = strdup(path);
        if (!c->path) return TR_OOM(error);
    }
    TR_TRY(tr_file_read(c->path, &c->bytes, &c->size, error));
    TR_TRY(tr_level_detect((tr_str){ c->bytes, c->size }, c->path, &c->level, error));
    return read_metadata(c, options->metadata, error);
}

/* ---------------------------------------------------------------- compiling */

/* Stages are kept under the names that the input's own files have. */
static tr_status check_keep(const tr_compilation *c, const char *keep, tr_error *error)
{
    if (!keep) return TR_OK;
    char *folder = strndup(c->path, (size_t)(tr_path_base(c->path).data - c->path));
    if (!folder) return TR_OOM(error);
    char *a = realpath(folder[0] ? folder : ".", NULL), *b = realpath(keep, NULL);
    bool same = a && b && strcmp(a, b) == 0;
    free(a);
    free(b);
    free(folder);
    if (!same) return TR_OK;
    return tr_fail(error, TR_INVALID_ARGUMENT,
                   "stages can't be kept in %s, where they would replace files of the "
                   "artifact itself",
                   keep);
}

static tr_status lower(tr_compilation *c, const tr_compile_options *options, tr_error *error)
{
    tr_lower_request request = {
        .from = c->level,
        .bytes = { c->bytes, c->size },
        .name = c->path,
        .metadata = c->metadata,
        .to = options->to,
        .options = options->options,
        .keep = options->keep,
        .timeout_seconds = options->timeout_seconds,
        .cancel = options->cancel,
        .progress = options->progress,
        .progress_user = options->progress_user,
    };
    if (options->target) {
        request.arch = tr_lower_arch_from_name(options->target);
        if (!request.arch) {
            return tr_fail(error, TR_INVALID_ARGUMENT, "'%s' is no target: sm_90 is one", options->target);
        }
    }
    TR_TRY(check_keep(c, options->keep, error));
    const tr_lowering_options how = {
        .python = options->python,
        .ptxas = options->ptxas,
        .cache = options->cache,
        .no_cache = options->no_cache,
    };
    tr_lowering *lowering;
    TR_TRY(tr_lowering_create(&how, &lowering, error));
    tr_status status = tr_lower(lowering, &request, &c->lowered, error);
    tr_lowering_destroy(lowering);
    return status;
}

static void fill(tr_compilation *c, tr_compiled *out)
{
    const tr_lowered *lowered = &c->lowered;
    for (int32_t i = 0; i < lowered->count; i++) {
        const tr_lower_stage *stage = &lowered->stages[i];
        c->stages[i] = (tr_stage){ stage->level, stage->data, stage->size };
    }
    snprintf(c->target, sizeof(c->target), "sm_%d", (int)lowered->arch);
    *out = (tr_compiled){
        .count = lowered->count,
        .stages = c->stages,
        .from = c->level,
        .path = c->path,
        .kernel = lowered->name,
        .target = c->target,
        .metadata = lowered->metadata,
        .tools = lowered->tools,
        .log = lowered->log,
        .cached = lowered->cached,
        .storage = c,
    };
}

tr_status tr_compile(const char *path, const tr_compile_options *options, tr_compiled *out_compiled, tr_error *error)
{
    if (!path || !options || !out_compiled) return tr_fail(error, TR_INVALID_ARGUMENT, "an argument is NULL");
    tr_compilation *c = tr_calloc(1, sizeof(*c));
    if (!c) return TR_OOM(error);
    tr_status status = read_input(c, path, options, error);
    if (status == TR_OK) status = lower(c, options, error);
    if (status != TR_OK) {
        compilation_destroy(c);
        return status;
    }
    fill(c, out_compiled);
    return TR_OK;
}

void tr_compiled_destroy(tr_compiled *compiled)
{
    if (!compiled) return;
    compilation_destroy(compiled->storage);
    *compiled = (tr_compiled){ 0 };
}
