#include "lower/ptxas.h"

#include "lower/log.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <unistd.h>

static void deinit(tr_ptxas *ptxas)
{
    free(ptxas->path);
    free(ptxas->version);
    free(ptxas->help);
}

void tr_ptxas_list_deinit(tr_ptxas_list *list)
{
    for (size_t i = 0; i < list->count; i++) deinit(&list->items[i]);
    tr_vec_deinit(list);
}

/* The table in NVIDIA's PTX manual, "Release Notes"; Triton's ptx_get_version has the same. */
int32_t tr_ptxas_isa(int32_t major, int32_t minor)
{
    switch (major) {
    case 10: return 63 + minor;
    case 11: return 70 + minor;
    case 12: return minor < 6 ? 80 + minor : 79 + minor;
    default: return major >= 13 ? 90 + (major - 13) * 10 + minor : 0;
    }
}

/* ---------------------------------------------------------------- asking one what it is */

/* What `path OPTION` prints; NULL when it can't be run or fails. */
static tr_status ask(const char *path, const char *option, tr_patience *patience, char **out, tr_error *error)
{
    enum { SECONDS_TO_ANSWER = 30 };
    tr_child child = TR_NO_CHILD;
    const char *const argv[] = { path, option, NULL };
    *out = NULL;
    if (tr_child_start(argv, "/tmp", 0, &child, NULL) != TR_OK) return TR_OK;
    tr_status status = tr_child_wait(&child, SECONDS_TO_ANSWER, patience, error);
    if (status == TR_OK && tr_child_succeeded(&child)) *out = tr_text_take(&child.tail);
    tr_child_end(&child);
    return status;
}

static void read_release(tr_ptxas *ptxas)
{
    size_t at = ptxas->version ? tr_log_find(tr_str_of(ptxas->version), "release ") : (size_t)-1;
    if (at == (size_t)-1) return;
    char *end;
    ptxas->major = (int32_t)strtol(ptxas->version + at + strlen("release "), &end, 10);
    if (*end == '.') ptxas->minor = (int32_t)strtol(end + 1, NULL, 10);
    ptxas->isa = tr_ptxas_isa(ptxas->major, ptxas->minor);
}

static tr_status probe(const char *path, tr_patience *patience, tr_ptxas *out, tr_error *error)
{
    *out = (tr_ptxas){ .path = strdup(path) };
    tr_status status = out->path ? ask(path, "--version", patience, &out->version, error) : TR_OOM(error);
    read_release(out);
    if (status == TR_OK && out->isa) status = ask(path, "--help", patience, &out->help, error);
    if (status != TR_OK) deinit(out);
    return status;
}

static tr_status look_up(tr_ptxas_list *known, const char *path, tr_patience *patience, size_t *out_index,
                         tr_error *error)
{
    for (size_t i = 0; i < known->count; i++) {
        *out_index = i;
        if (strcmp(known->items[i].path, path) == 0) return TR_OK;
    }
    tr_ptxas ptxas;
    TR_TRY(probe(path, patience, &ptxas, error));
    if (!tr_vec_push(known, ptxas)) {
        deinit(&ptxas);
        return TR_OOM(error);
    }
    *out_index = known->count - 1;
    return TR_OK;
}

static bool knows_target(const tr_ptxas *ptxas, const char *gpu_name)
{
    char quoted[TR_GPU_NAME_SIZE + 2];
    snprintf(quoted, sizeof(quoted), "'%s'", gpu_name);
    return ptxas->help && strstr(ptxas->help, quoted) != NULL;
}

/* ---------------------------------------------------------------- the candidates */

typedef TR_VEC(char *) path_list;

/* ptxas runs in another folder than we do. Links stay links. */
static char *make_absolute(char *path)
{
    if (!path || path[0] == '/') return path;
    char *here = getcwd(NULL, 0), *whole = here ? tr_path_join(here, path) : NULL;
    free(here);
    free(path);
    return whole;
}

/* Adds a path that is new and names a program; it becomes the vector's in any case. */
static bool add_path(path_list *paths, char *path)
{
    path = make_absolute(path);
    if (!path) return false;
    bool wanted = access(path, X_OK) == 0 && !tr_path_is_folder(path);
    for (size_t i = 0; wanted && i < paths->count; i++) wanted = strcmp(paths->items[i], path) != 0;
    if (wanted && tr_vec_push(paths, path)) return true;
    free(path);
    return !wanted;
}

static bool add_copy(path_list *paths, const char *path)
{
    if (!path || !*path) return true;
    char *copy = strdup(path);
    return copy && add_path(paths, copy);
}

static bool add_below(path_list *paths, const char *folder, const char *name)
{
    if (!folder || !*folder) return true;
    char *path = tr_path_join(folder, name);
    return path && add_path(paths, path);
}

static bool add_from_path(path_list *paths)
{
    const char *rest = getenv("PATH");
    while (rest && *rest) {
        size_t size = strcspn(rest, ":");
        char *folder = strndup(rest, size);
        bool fine = folder && add_below(paths, folder, "ptxas");
        free(folder);
        if (!fine) return false;
        rest += size + (rest[size] == ':');
    }
    return true;
}

static bool list_candidates(const char *only, const tr_helper *helper, int32_t arch, path_list *out)
{
    if (only) {
        /* Also when it is not there: the message then names it. */
        char *copy = make_absolute(strdup(only));
        if (copy && tr_vec_push(out, copy)) return true;
        free(copy);
        return false;
    }
    int32_t from = tr_helper_blackwell_from(helper);
    bool blackwell_first = from && arch >= from;
    const char *first = blackwell_first ? "ptxas-blackwell" : "ptxas",
               *second = blackwell_first ? "ptxas" : "ptxas-blackwell";
    return add_copy(out, tr_helper_tool(helper, first)) && add_copy(out, tr_helper_tool(helper, second)) &&
           add_copy(out, getenv("TRITON_PTXAS_PATH")) && add_copy(out, getenv("TRITON_PTXAS_BLACKWELL_PATH")) &&
           add_below(out, getenv("CUDA_HOME"), "bin/ptxas") && add_below(out, getenv("CUDA_PATH"), "bin/ptxas") &&
           add_copy(out, "/usr/local/cuda/bin/ptxas") && add_from_path(out);
}

/* ---------------------------------------------------------------- choosing */

/* Adds "; PATH (12.4: PTX up to 8.4)". */
static void describe(const tr_ptxas *ptxas, const char *gpu_name, tr_text *text)
{
    tr_text_printf(text, "%s%s (", text->size ? "; " : "", ptxas->path);
    if (!ptxas->isa) {
        tr_text_puts(text, "not a ptxas that runs here)");
        return;
    }
    tr_text_printf(text, "%d.%d: PTX up to %d.%d%s)", (int)ptxas->major, (int)ptxas->minor, (int)ptxas->isa / 10,
                   (int)ptxas->isa % 10, knows_target(ptxas, gpu_name) ? "" : ", without that target");
}

static tr_status none_fits(const char *only, const tr_helper *helper, const tr_ptxas_job *job, const tr_text *seen,
                           tr_error *error)
{
    const char *advice = "set TRITON_PTXAS_PATH to a newer one";
    if (only) {
        return tr_fail(error, TR_UNAVAILABLE,
                       "%s needs a ptxas for PTX %d.%d and %s, which the one asked for is not: "
                       "%s",
                       job->name, (int)job->head.isa / 10, (int)job->head.isa % 10, job->gpu_name,
                       seen->size ? seen->data : only);
    }
    if (!seen->size) {
        return tr_fail(error, TR_UNAVAILABLE,
                       "there is no ptxas to make a cubin with: not in a Triton of Python '%s', "
                       "TRITON_PTXAS_PATH, TRITON_PTXAS_BLACKWELL_PATH, CUDA_HOME, "
                       "/usr/local/cuda or PATH; %s",
                       helper->python ? helper->python : tr_helper_default_python(), advice);
    }
    return tr_fail(error, TR_UNAVAILABLE, "no ptxas here takes PTX %d.%d for %s (%s); %s. Looked at: %s",
                   (int)job->head.isa / 10, (int)job->head.isa % 10, job->gpu_name, job->name, advice, seen->data);
}

static tr_status choose(tr_ptxas_list *known, const path_list *paths, const tr_ptxas_job *job, tr_patience *patience,
                        const tr_ptxas **out_ptxas, tr_text *seen, tr_error *error)
{
    *out_ptxas = NULL;
    for (size_t i = 0; i < paths->count; i++) {
        size_t index = 0;
        TR_TRY(look_up(known, paths->items[i], patience, &index, error));
        const tr_ptxas *ptxas = &known->items[index];
        if (ptxas->isa >= job->head.isa && knows_target(ptxas, job->gpu_name)) {
            *out_ptxas = ptxas;
            return TR_OK;
        }
        describe(ptxas, job->gpu_name, seen);
    }
    return TR_OK;
}

tr_status tr_ptxas_choose(tr_ptxas_list *known, const char *only, const tr_helper *helper, const tr_ptxas_job *job,
                          tr_patience *patience, const tr_ptxas **out_ptxas, tr_error *error)
{
    path_list paths = { 0 };
    tr_text seen = { 0 };
    tr_status status = list_candidates(only, helper, job->arch, &paths) ? TR_OK : TR_OOM(error);
    if (status == TR_OK) status = choose(known, &paths, job, patience, out_ptxas, &seen, error);
    if (status == TR_OK && !*out_ptxas) status = none_fits(only, helper, job, &seen, error);
    tr_text_deinit(&seen);
    for (size_t i = 0; i < paths.count; i++) free(paths.items[i]);
    tr_vec_deinit(&paths);
    return status;
}
