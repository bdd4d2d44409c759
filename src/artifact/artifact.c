#include "artifact/artifact.h"

#include "artifact/folder.h"
#include "artifact/level.h"
#include "base/file.h"
#include "base/memory.h"
#include "mlir/parse.h"

/* ---------------------------------------------------------------- the kernel's name */

typedef struct name_list {
    TR_VEC(tr_str) names;
    bool failed;
} name_list;

static bool add_name(void *user, tr_str name)
{
    name_list *list = user;
    for (size_t i = 0; i < list->names.count; i++) {
        if (tr_str_equal(list->names.items[i], name)) return true;
    }
    list->failed |= !tr_vec_push(&list->names, name);
    return !list->failed;
}

/* Public functions are kernels; without any, every function that has a body may be one. */
static void list_functions(const tr_module *module, name_list *list)
{
    for (int wider = 0; wider <= 1 && list->names.count == 0; wider++) {
        for (int32_t i = 0; i < module->func_count; i++) {
            const tr_func *func = &module->funcs[i];
            if (func->body && func->body->first && (func->is_public || wider)) add_name(list, func->name);
        }
    }
}

static tr_status fail_with_names(tr_error *error, tr_status status, const tr_artifact *a, const name_list *list,
                                 const char *message)
{
    tr_text names = { 0 };
    for (size_t i = 0; i < list->names.count && names.size < 400; i++) {
        tr_text_printf(&names, "%s%.*s", i ? ", " : "", TR_STR_ARG(list->names.items[i]));
    }
    tr_fail(error, status, "'%s' %s: %s", a->path, message, names.data && !names.failed ? names.data : "");
    tr_text_deinit(&names);
    return status;
}

static bool has_name(const name_list *list, const char *name)
{
    for (size_t i = 0; i < list->names.count; i++) {
        if (tr_str_is(list->names.items[i], name)) return true;
    }
    return false;
}

/* Metadata of another kernel: an error where it was asked for by name, else it isn't this kernel's and is left out. */
static tr_status match_metadata(tr_artifact *a, const name_list *list, const tr_artifact_options *options,
                                const char **out_name, tr_error *error)
{
    const char *named;
    TR_TRY(tr_metadata_string(a->metadata, "name", &named, error));
    const char *wanted = options->kernel;
    if (wanted ? strcmp(named, wanted) == 0 : has_name(list, named)) {
        *out_name = named;
        return TR_OK;
    }
    if (wanted && !options->metadata && !options->metadata_text) {
        tr_metadata_destroy(a->metadata);
        a->metadata = NULL;
        return TR_OK;
    }
    if (wanted) {
        return tr_fail(error, TR_MISMATCH, "metadata '%s' is of kernel '%s', not of '%s'",
                       tr_metadata_file(a->metadata), named, wanted);
    }
    char message[512];
    snprintf(message, sizeof(message), "and its metadata '%s' disagree: that is of kernel '%s', this holds",
             tr_metadata_file(a->metadata), named);
    return fail_with_names(error, TR_MISMATCH, a, list, message);
}

static tr_status choose_name(tr_artifact *a, const name_list *list, const tr_artifact_options *options, tr_error *error)
{
    const char *wanted = options->kernel;
    if (list->failed) return TR_OOM(error);
    if (list->names.count == 0) {
        return tr_fail(error, TR_INVALID_INPUT, "'%s' (%s) holds no kernel", a->path, tr_level_name(a->level));
    }
    if (wanted && !has_name(list, wanted)) {
        char message[256];
        snprintf(message, sizeof(message), "holds no kernel '%s'; there is", wanted);
        return fail_with_names(error, TR_NOT_FOUND, a, list, message);
    }
    if (a->metadata) TR_TRY(match_metadata(a, list, options, &wanted, error));
    if (!wanted && list->names.count > 1) {
        return fail_with_names(error, TR_INVALID_ARGUMENT, a, list, "holds several kernels, name one");
    }
    tr_str name = wanted ? tr_str_of(wanted) : list->names.items[0];
    a->kernel = tr_arena_copy(&a->arena, name).data;
    return a->kernel ? TR_OK : TR_OOM(error);
}

static tr_status find_kernel(tr_artifact *a, const tr_artifact_options *options, tr_error *error)
{
    name_list list = { 0 };
    if (a->module) {
        list_functions(a->module, &list);
    } else {
        tr_level_scan_kernels(a->level, a->bytes, add_name, &list);
    }
    tr_status status = choose_name(a, &list, options, error);
    tr_vec_deinit(&list.names);
    TR_TRY(status);
    if (a->level == TR_LEVEL_PTX || a->level == TR_LEVEL_CUBIN) {
        TR_TRY(tr_image_read(a->bytes, a->path, &a->image, error));
        TR_TRY(tr_image_find(a->image, a->kernel, a->path, &a->entry, error));
        return tr_artifact_read_signature(a, a->metadata, error);
    }
    if (a->level == TR_LEVEL_LLIR) return tr_artifact_read_signature(a, a->metadata, error);
    if (!a->module) return TR_OK;
    a->func = tr_module_func(a->module, tr_str_of(a->kernel));
    if (!a->func) return tr_fail(error, TR_INTERNAL, "function '%s' is lost", a->kernel);
    return tr_artifact_read_signature(a, a->metadata, error);
}

/* ---------------------------------------------------------------- opening */

static tr_status read_metadata(tr_artifact *a, const tr_artifact_options *options, bool look_beside, tr_error *error)
{
    if (options->metadata_text)
        return tr_metadata_parse(tr_str_of(options->metadata_text), "<metadata>", &a->metadata, error);
    if (options->metadata) return tr_metadata_read(options->metadata, &a->metadata, error);
    if (!look_beside) return TR_OK;
    size_t folder = (size_t)(tr_path_base(a->path).data - a->path);
    tr_text beside = { 0 };
    tr_text_printf(&beside, "%.*s%.*s.json", (int)folder, a->path, TR_STR_ARG(tr_path_stem(a->path)));
    char *json = tr_text_take(&beside);
    if (!json) return TR_OOM(error);
    /* "kernel.json" itself is no kernel; its own content is the error to report. */
    bool there = strcmp(json, a->path) != 0 && tr_path_exists(json);
    tr_status status = there ? tr_metadata_read(json, &a->metadata, error) : TR_OK;
    free(json);
    return status;
}

/* TTIR must parse. TTGIR, and what TLX writes, has ops and layouts that the parser may not know yet: it can still be shown,
 * and brought down by the Triton that wrote it. */
static tr_status parse_module(tr_artifact *a, tr_error *error)
{
    if (a->level != TR_LEVEL_TTIR && a->level != TR_LEVEL_TTGIR) return TR_OK;
    tr_status status = tr_module_parse(a->bytes, a->path, &a->module, error);
    const bool may_fail = a->level == TR_LEVEL_TTGIR || tr_level_is_tlx(a->bytes);
    return may_fail && status != TR_OUT_OF_MEMORY ? TR_OK : status;
}

/* A level that the caller names counts as the suffix does: where the content says nothing else. */
static tr_status find_level(tr_artifact *a, tr_level named, tr_error *error)
{
    char name[16];
    snprintf(name, sizeof(name), ".%s", tr_level_name(named));
    if (!named || tr_level_detect(a->bytes, name, &a->level, NULL) != TR_OK)
        TR_TRY(tr_level_detect(a->bytes, a->path, &a->level, error));
    if (!named || a->level == named) return TR_OK;
    return tr_fail(error, TR_MISMATCH, "'%s' is %s, not %s as the call says", a->path, tr_level_name(a->level),
                   tr_level_name(named));
}

static tr_status open_bytes(tr_artifact *a, const tr_artifact_options *options, bool look_beside, tr_error *error)
{
    TR_TRY(find_level(a, options->level, error));
    TR_TRY(read_metadata(a, options, look_beside, error));
    if (a->metadata) TR_TRY(tr_metadata_require(a->metadata, a->level, error));
    TR_TRY(parse_module(a, error));
    return find_kernel(a, options, error);
}

static tr_status read_bytes(tr_artifact *a, const char *path, tr_error *error)
{
    char *data;
    size_t size;
    TR_TRY(tr_file_read(path, &data, &size, error));
    a->bytes = (tr_str){ data, size };
    a->path = tr_arena_copy(&a->arena, tr_str_of(path)).data;
    return a->path ? TR_OK : TR_OOM(error);
}

static tr_status open_folder(tr_artifact *a, const char *path, const tr_artifact_options *options, tr_error *error)
{
    tr_stage_files stages = { 0 };
    const tr_stage_file *stage = NULL;
    tr_status status = tr_folder_stages(&a->arena, path, &stages, error);
    if (status == TR_OK) {
        status = tr_folder_pick(path, &stages, options->kernel, options->preference, &stage, error);
    }
    if (status == TR_OK) status = read_bytes(a, stage->path, error);
    tr_vec_deinit(&stages);
    return status;
}

static tr_artifact *create(void)
{
    tr_arena arena = { 0 };
    tr_artifact *a = TR_NEW(&arena, tr_artifact);
    if (a) a->arena = arena;
    return a;
}

/* Hands `a` over, or destroys it when `status` says that opening failed. */
static tr_status finish(tr_artifact *a, tr_status status, tr_artifact **out_artifact)
{
    if (status != TR_OK) {
        tr_artifact_destroy(a);
        return status;
    }
    *out_artifact = a;
    return TR_OK;
}

tr_status tr_artifact_open(const char *path, const tr_artifact_options *options, tr_artifact **out_artifact,
                           tr_error *error)
{
    tr_artifact *a = create();
    if (!a) return TR_OOM(error);
    bool folder = tr_path_is_folder(path);
    tr_status status = folder ? open_folder(a, path, options, error) : read_bytes(a, path, error);
    if (status == TR_OK) status = open_bytes(a, options, true, error);
    return finish(a, status, out_artifact);
}

tr_status tr_artifact_open_memory(tr_str bytes, const char *name, const tr_artifact_options *options,
                                  tr_artifact **out_artifact, tr_error *error)
{
    tr_artifact *a = create();
    if (!a) return TR_OOM(error);
    char *copy = tr_malloc(bytes.size + 1);
    if (copy && bytes.size) memcpy(copy, bytes.data, bytes.size);
    if (copy) copy[bytes.size] = '\0';
    a->bytes = (tr_str){ copy, bytes.size };
    a->path = tr_arena_copy(&a->arena, tr_str_of(name)).data;
    tr_status status = copy && a->path ? open_bytes(a, options, false, error) : TR_OOM(error);
    return finish(a, status, out_artifact);
}

void tr_artifact_destroy(tr_artifact *artifact)
{
    if (!artifact) return;
    tr_metadata_destroy(artifact->metadata);
    if (artifact->module) tr_module_destroy(artifact->module);
    if (artifact->image) tr_image_destroy(artifact->image);
    free((void *)(uintptr_t)artifact->bytes.data);
    tr_arena arena = artifact->arena; /* which holds *artifact too */
    tr_arena_deinit(&arena);
}
