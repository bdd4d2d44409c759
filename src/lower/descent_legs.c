#include "lower/descent.h"

#include "lower/target.h"

#include "artifact/level.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>

/* ---------------------------------------------------------------- what both legs do */

/* Takes the stages and the metadata of a group. */
static tr_status take_group(tr_descent *d, tr_lower_group *group, tr_error *error)
{
    json_decref(d->metadata);
    d->metadata = group->metadata;
    group->metadata = NULL;
    int32_t count = group->count;
    group->count = 0;
    tr_status status = TR_OK;
    for (int32_t i = 0; i < count; i++) {
        tr_lower_stage *stage = &group->stages[i];
        if (status == TR_OK) {
            status = tr_descent_add_stage(d, stage->level, stage->data, stage->size, error);
        } else {
            free(stage->data);
        }
    }
    return status;
}

/* True when the cache has the whole way down to `to`. */
static bool load(const tr_descent *d, const tr_cache_key *key, tr_level to, tr_lower_group *out)
{
    if (!d->cache || !tr_cache_load(d->cache, key->text, out)) return false;
    tr_level above = d->count ? d->stages[d->count - 1].level : d->request->from;
    bool sound = true;
    for (int32_t i = 0; i < out->count; i++) {
        sound = sound && out->stages[i].level > above;
        above = out->stages[i].level;
    }
    if (sound && above == to) return true;
    tr_lower_group_deinit(out);
    return false;
}

/* Stores what was added since there were `before` stages. */
static void store(const tr_descent *d, const tr_cache_key *key, int32_t before)
{
    if (!d->cache) return;
    tr_lower_group group = { .count = d->count - before, .metadata = d->metadata };
    memcpy(group.stages, d->stages + before, (size_t)group.count * sizeof(group.stages[0]));
    tr_cache_store(d->cache, key->text, &group);
}

static void name_tool(tr_descent *d, const char *tool, const char *version, const char *path)
{
    tr_text_printf(&d->tools, "%s%s %s (%s)", d->tools.size ? ", " : "", tool, version, path);
}

/* Part of every key: what a result of this kind depends on in any case. */
static tr_status begin_key(const tr_descent *d, const char *leg, tr_str bytes, tr_cache_key *key, tr_error *error)
{
    enum { GENERATION = 1 }; /* to be raised when the same input would give another result */
    if (!tr_cache_key_begin(key)) return TR_OOM(error);
    tr_cache_key_add_int(key, GENERATION);
    tr_cache_key_add_text(key, leg);
    tr_cache_key_add_int(key, d->arch);
    tr_cache_key_add(key, bytes);
    tr_cache_key_add_json(key, d->options);
    tr_cache_key_add_json(key, d->metadata);
    tr_cache_key_add_environment(key);
    return TR_OK;
}

/* ---------------------------------------------------------------- Triton's stages */

static tr_status add_stage(void *user, tr_level level, char *data, size_t size, tr_error *error)
{
    return tr_descent_add_stage(user, level, data, size, error);
}

/* IR without locations of its own gets its file's name for them, so that the name counts. */
static tr_status triton_key(const tr_descent *d, tr_level to, tr_cache_key *key, tr_error *error)
{
    const tr_lower_request *request = d->request;
    TR_TRY(begin_key(d, "triton", request->bytes, key, error));
    tr_cache_key_add_int(key, request->from);
    tr_cache_key_add_int(key, to);
    tr_cache_key_add(key, tr_path_stem(d->name));
    tr_cache_key_add_text(key, tr_helper_triton(d->helper));
    tr_cache_key_add_text(key, tr_helper_identity(d->helper));
    tr_cache_key_end(key);
    return TR_OK;
}

static tr_status run_triton(tr_descent *d, tr_level to, tr_error *error)
{
    const tr_lower_request *request = d->request;
    const tr_helper_job job = {
        .from = request->from,
        .to = to,
        .bytes = request->bytes,
        .name = d->name,
        .source_arch = d->source_arch,
        .arch = d->arch,
        .wrote = tr_descent_metadata_text(d, "triton_version"),
        .options = d->options,
        .metadata = d->metadata,
        .stage = add_stage,
        .user = d,
    };
    json_t *metadata;
    TR_TRY(tr_helper_run(d->helper, &job, &d->patience, &metadata, &d->log, error));
    json_decref(d->metadata);
    d->metadata = metadata;
    if (d->count == 0 || d->stages[d->count - 1].level != to) {
        return tr_fail(error, TR_TRAPPED, "the Python process (%s) was done before it was at %s", d->python,
                       tr_lower_level_title(to));
    }
    return TR_OK;
}

tr_status tr_descent_to_ptx(tr_descent *d, tr_error *error)
{
    tr_level to = d->request->to < TR_LEVEL_PTX ? d->request->to : TR_LEVEL_PTX;
    tr_cache_key key;
    tr_lower_group group;
    TR_TRY(tr_helper_start(d->helper, d->python, &d->patience, error));
    TR_TRY(tr_helper_need_triton(d->helper, tr_descent_metadata_text(d, "triton_version"), error));
    TR_TRY(triton_key(d, to, &key, error));
    name_tool(d, "Triton", tr_helper_triton(d->helper), d->python);
    if (load(d, &key, to, &group)) return take_group(d, &group, error);
    d->all_cached = false;
    TR_TRY(run_triton(d, to, error));
    json_object_set_new(d->metadata, "hash", json_string(key.text));
    store(d, &key, 0);
    return TR_OK;
}

/* ---------------------------------------------------------------- ptxas */

static bool first_name(void *user, tr_str name)
{
    *(tr_str *)user = name;
    return false;
}

/* The number behind ".reqntid" or ".maxntid", 0 if there is none. */
static int threads_of_ptx(const char *ptx)
{
    const char *at = strstr(ptx, ".reqntid");
    if (!at) at = strstr(ptx, ".maxntid");
    return at ? (int)strtol(at + strlen(".reqntid"), NULL, 10) : 0;
}

/* The metadata of the cubin: that of the PTX, for this target, with what the PTX says where there was none. */
static tr_status complete_metadata(tr_descent *d, tr_str ptx, tr_error *error)
{
    json_t *target = json_pack("{s:s, s:i, s:i}", "backend", "cuda", "arch", (int)d->arch, "warp_size", 32);
    bool fine = json_object_set_new(d->metadata, "target", target) == 0;
    if (json_object_get(d->metadata, "arch")) {
        fine = fine && json_object_set_new(d->metadata, "arch", json_sprintf("sm%d", (int)d->arch)) == 0;
    }
    if (!tr_descent_metadata_text(d, "name")) {
        tr_str name = { 0 };
        tr_level_scan_kernels(TR_LEVEL_PTX, ptx, first_name, &name);
        if (name.size) {
            fine = fine && json_object_set_new(d->metadata, "name", json_stringn(name.data, name.size)) == 0;
        }
    }
    int threads = threads_of_ptx(ptx.data);
    if (threads >= 32 && !json_object_get(d->metadata, "num_warps")) {
        fine = fine && json_object_set_new(d->metadata, "num_warps", json_integer(threads / 32)) == 0;
    }
    return fine ? TR_OK : TR_OOM(error);
}

/* The options that still count at this level. */
static tr_status ptxas_options(tr_descent *d, tr_ptxas_job *job, tr_error *error)
{
    const char *key, *fusion = getenv("TRITON_DEFAULT_FP_FUSION");
    json_t *value;
    bool from_ptx = d->request->from == TR_LEVEL_PTX;
    json_object_foreach(d->options, key, value)
    {
        bool fuse = strcmp(key, "enable_fp_fusion") == 0, extra = strcmp(key, "ptx_options") == 0;
        if (from_ptx && !fuse && !extra) {
            return tr_fail(error, TR_INVALID_ARGUMENT,
                           "the option '%s' has no effect on PTX; enable_fp_fusion and "
                           "ptx_options have",
                           key);
        }
        if (from_ptx && fuse && !json_is_boolean(value)) {
            return tr_fail(error, TR_INVALID_ARGUMENT, "the option 'enable_fp_fusion' takes bool");
        }
        if (from_ptx && extra && !json_is_string(value) && !json_is_null(value)) {
            return tr_fail(error, TR_INVALID_ARGUMENT, "the option 'ptx_options' takes str");
        }
        if (fuse || extra) json_object_set(d->metadata, key, value);
    }
    json_t *fuse = json_object_get(d->metadata, "enable_fp_fusion");
    job->fuse = json_is_boolean(fuse) ? json_is_true(fuse) : !fusion || strcmp(fusion, "0") != 0;
    job->extra = tr_descent_metadata_text(d, "ptx_options");
    int major = 0, minor = 0;
    const char *version = tr_descent_metadata_text(d, "triton_version");
    if (version && sscanf(version, "%d.%d", &major, &minor) == 2) {
        job->reg_alloc = major > 3 || (major == 3 && minor >= 7);
    }
    return TR_OK;
}

/* The wheel's ptxas is only one of several, so a Python that is absent or strange is no failure here. */
static tr_status find_wheel(tr_descent *d, tr_error *error)
{
    enum { SECONDS_TO_GREET = 20 };
    if (d->ptxas || d->helper->hello) return TR_OK;
    tr_patience patience = d->patience;
    double left = patience.begin + patience.limit - tr_clock();
    if (left > SECONDS_TO_GREET) patience.limit -= left - SECONDS_TO_GREET;
    tr_status status = tr_helper_start(d->helper, d->python, &patience, error);
    if (status == TR_OUT_OF_MEMORY) return status;
    return tr_patience_check(&d->patience, error);
}

static tr_status ptxas_key(const tr_descent *d, const tr_ptxas *ptxas, const tr_ptxas_job *job, tr_cache_key *key,
                           tr_error *error)
{
    TR_TRY(begin_key(d, "ptxas", job->ptx, key, error));
    tr_cache_key_add_text(key, job->gpu_name);
    tr_cache_key_add_text(key, ptxas->version);
    tr_cache_key_end(key);
    return TR_OK;
}

static tr_status run_ptxas(tr_descent *d, const tr_ptxas *ptxas, const tr_ptxas_job *job, tr_error *error)
{
    char *cubin = NULL;
    size_t size;
    TR_TRY(tr_ptxas_run(ptxas, job, &d->patience, &cubin, &size, &d->log, error));
    return tr_descent_add_stage(d, TR_LEVEL_CUBIN, cubin, size, error);
}

/* PTX of a TTGIR or LLIR that went upward may hold what only its old target has: then the message names both. */
static tr_status name_both_sides(const tr_descent *d, tr_status status, tr_error *error)
{
    const tr_lower_request *request = d->request;
    bool moved = d->source_arch && d->source_arch != d->arch && request->from != TR_LEVEL_TTIR;
    if (status != TR_INVALID_INPUT || !moved || request->from == TR_LEVEL_PTX) return status;
    if (error) {
        tr_error inner = *error;
        tr_fail(error, TR_MISMATCH, "%s is %s for sm_%d and can't be brought to sm_%d: %s", d->name,
                tr_lower_level_title(request->from), (int)d->source_arch, (int)d->arch, inner.message);
        memcpy(error->excerpt, inner.excerpt, sizeof(error->excerpt));
    }
    return TR_MISMATCH;
}

tr_status tr_descent_to_cubin(tr_descent *d, tr_error *error)
{
    bool made = d->count > 0;
    tr_str ptx = made ? (tr_str){ d->stages[d->count - 1].data, d->stages[d->count - 1].size } : d->request->bytes;
    char release[32], gpu_name[TR_GPU_NAME_SIZE];
    tr_ptxas_job job = { .ptx = ptx, .name = d->name, .gpu_name = gpu_name, .arch = d->arch };
    job.head = tr_ptx_read_head(ptx);
    TR_TRY(tr_ptx_gpu_name(&job.head, d->arch, d->name, gpu_name, error));
    TR_TRY(ptxas_options(d, &job, error));
    TR_TRY(complete_metadata(d, ptx, error));
    TR_TRY(find_wheel(d, error));
    const tr_ptxas *ptxas;
    TR_TRY(tr_ptxas_choose(d->known, d->ptxas, d->helper, &job, &d->patience, &ptxas, error));
    tr_cache_key key;
    tr_lower_group group;
    TR_TRY(ptxas_key(d, ptxas, &job, &key, error));
    snprintf(release, sizeof(release), "%d.%d", (int)ptxas->major, (int)ptxas->minor);
    name_tool(d, "ptxas", release, ptxas->path);
    if (load(d, &key, TR_LEVEL_CUBIN, &group)) return take_group(d, &group, error);
    d->all_cached = false;
    int32_t before = d->count;
    tr_status status = run_ptxas(d, ptxas, &job, error);
    if (status != TR_OK) return name_both_sides(d, status, error);
    json_object_set_new(d->metadata, "hash", json_string(key.text));
    store(d, &key, before);
    return TR_OK;
}
