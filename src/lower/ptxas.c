#include "lower/ptxas.h"

#include "lower/folder.h"
#include "lower/log.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>

/* "1" as Triton understands it in its variables. */
static bool is_set(const char *variable)
{
    static const char *const yes[] = { "1", "true", "on", "yes", "y" };
    const char *value = getenv(variable);
    for (size_t i = 0; value && i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcasecmp(value, yes[i]) == 0) return true;
    }
    return false;
}

/* ---------------------------------------------------------------- the command line, as Triton's make_cubin has it */

typedef TR_VEC(const char *) word_list;

static bool add(word_list *words, const char *word)
{
    return tr_vec_push(words, word);
}

/* Splits `text`, which is changed, at spaces. */
static bool add_split(word_list *words, char *text)
{
    char *state = NULL;
    for (char *word = strtok_r(text, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
        if (!add(words, word)) return false;
    }
    return true;
}

static bool make_command(const tr_ptxas *ptxas, const tr_ptxas_job *job, char *extra, const char *gpu_name,
                         const char *input, const char *output, word_list *words)
{
    bool fine = add(words, ptxas->path) && add(words, "-lineinfo");
    if (is_set("TRITON_DISABLE_LINE_INFO")) fine = fine && add(words, "-suppress-debug-info");
    if (!job->fuse) fine = fine && add(words, "--fmad=false");
    fine = fine && add(words, "-v");
    if (is_set("DISABLE_PTXAS_OPT")) fine = fine && add(words, "--opt-level") && add(words, "0");
    if (job->reg_alloc) fine = fine && add(words, "--regAllocOptLevel=2");
    return fine && (!extra || add_split(words, extra)) && add(words, gpu_name) && add(words, input) &&
           add(words, "-o") && add(words, output) && add(words, NULL);
}

/* ---------------------------------------------------------------- what it complains about */

/* Byte where a line begins. */
static size_t line_offset(tr_str text, uint32_t line)
{
    tr_str rest = text, current;
    while (line > 1 && tr_log_next_line(&rest, &current)) line--;
    return rest.data ? (size_t)(rest.data - text.data) : 0;
}

/* The first line that is not about something that works. */
static tr_str first_complaint(tr_str log)
{
    tr_str cause = tr_log_cause(log), rest = log, line;
    while (cause.size == 0 && tr_log_next_line(&rest, &line)) {
        if (line.size && tr_log_find(line, "info    :") == (size_t)-1) cause = line;
    }
    return cause;
}

static tr_status explain(const tr_ptxas *ptxas, const tr_ptxas_job *job, tr_child *child, tr_error *error)
{
    tr_str log = { child->tail.data, child->tail.size };
    tr_log_place place;
    if (tr_log_find_ptxas_place(log, &place)) {
        return tr_fail_at(error, TR_INVALID_INPUT, job->name, job->ptx, line_offset(job->ptx, place.line),
                          "ptxas %d.%d for %s: %.*s", (int)ptxas->major, (int)ptxas->minor, job->gpu_name,
                          TR_STR_ARG(place.message));
    }
    char fate[64];
    tr_str cause = first_complaint(log);
    bool killed = !child->ended || child->wait_status < 0 || (child->wait_status & 0x7f) != 0;
    tr_status status = tr_fail(error, killed ? TR_TRAPPED : TR_INVALID_INPUT, "ptxas %d.%d (%s) %s on %s for %s%s%.*s",
                               (int)ptxas->major, (int)ptxas->minor, ptxas->path,
                               tr_child_fate(child, fate, sizeof(fate)), job->name, job->gpu_name,
                               cause.size ? ": " : "", TR_STR_ARG(cause));
    tr_log_excerpt(log, error);
    return status;
}

/* ---------------------------------------------------------------- running it */

static tr_status run(const tr_ptxas *ptxas, const tr_ptxas_job *job, const char *folder, const word_list *words,
                     tr_patience *patience, tr_text *log, tr_error *error)
{
    tr_child child = TR_NO_CHILD;
    /* Where no file of a .loc is found under its relative name: its age and size would end up in the cubin. */
    TR_TRY(tr_child_start(words->items, folder, TR_CHILD_IN_FOLDER, &child, error));
    tr_status status = tr_child_wait(&child, patience->limit, patience, error);
    tr_text_append(log, (tr_str){ child.tail.data, child.tail.size });
    if (status == TR_OK && !tr_child_succeeded(&child)) status = explain(ptxas, job, &child, error);
    tr_child_end(&child);
    return status;
}

static tr_status run_in(const tr_ptxas *ptxas, const tr_ptxas_job *job, const char *folder, tr_patience *patience,
                        char **out_cubin, size_t *out_size, tr_text *log, tr_error *error)
{
    char gpu_name[TR_GPU_NAME_SIZE + 16];
    snprintf(gpu_name, sizeof(gpu_name), "--gpu-name=%s", job->gpu_name);
    char *input = tr_path_join(folder, "kernel.ptx"), *output = tr_path_join(folder, "kernel.cubin");
    char *extra = job->extra ? strdup(job->extra) : NULL;
    word_list words = { 0 };
    tr_status status = TR_OK;
    if (!input || !output || (job->extra && !extra) ||
        !make_command(ptxas, job, extra, gpu_name, input, output, &words)) {
        status = TR_OOM(error);
    }
    if (status == TR_OK) status = tr_file_write(input, job->ptx.data, job->ptx.size, error);
    if (status == TR_OK) status = run(ptxas, job, folder, &words, patience, log, error);
    if (status == TR_OK) status = tr_file_read(output, out_cubin, out_size, error);
    tr_vec_deinit(&words);
    free(extra);
    free(input);
    free(output);
    return status;
}

tr_status tr_ptxas_run(const tr_ptxas *ptxas, const tr_ptxas_job *job, tr_patience *patience, char **out_cubin,
                       size_t *out_size, tr_text *log, tr_error *error)
{
    char *folder;
    tr_patience_make(patience, TR_LEVEL_CUBIN);
    TR_TRY(tr_folder_create_private(NULL, &folder, error));
    tr_status status = run_in(ptxas, job, folder, patience, out_cubin, out_size, log, error);
    tr_folder_remove(folder);
    free(folder);
    return status;
}
