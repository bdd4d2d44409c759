#include "interrupt.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct compile_options {
    struct common_options common;
    const char *to, *target, *out, *keep, *kernel, *level, *metadata, *python, *ptxas;
    text_list options;
    real_option timeout;
    bool no_cache, verbose;
} compile_options;

static const option_row rows[] = {
    TEXT(compile_options, to, "to", "LEVEL", "the level to go down to: ttgir llir ptx cubin; needed"),
    TEXT(compile_options, target, "target", "sm_NN", "the GPU it is for; that of the artifact if not given"),
    TEXT(compile_options, out, "out", "FILE",
         "where the result goes, its metadata beside it; - is stdout, without metadata"),
    TEXT(compile_options, keep, "keep", "FOLDER",
         "write every stage there, as NAME.ttgir and so on, also before a failure"),
    LIST(compile_options, options, "option", "NAME=VALUE",
         "a compiler option, num_warps=8, in place of the metadata's"),
    TEXT(compile_options, python, "python", "PYTHON", "has Triton; TRITON_RUNNER_PYTHON, else python3, if not given"),
    TEXT(compile_options, ptxas, "ptxas", "FILE", "makes the cubin; the first that is new enough if not given"),
    TEXT(compile_options, kernel, "kernel", "NAME", "which kernel, where a folder holds several"),
    TEXT(compile_options, level, "level", "LEVEL", "which level to take from a folder; the highest if not given"),
    TEXT(compile_options, metadata, "metadata", "FILE", "the metadata JSON; NAME.json beside the kernel if not given"),
    REAL(compile_options, timeout, "timeout", "SECONDS", 0, "give up after that long; 600 if not given"),
    FLAG(compile_options, no_cache, "no-cache", "neither take the result from the cache nor keep it there"),
    FLAG(compile_options, verbose, "verbose", "show on stderr what Triton and ptxas say"),
    COMMON_OPTIONS(compile_options),
};

/* ---------------------------------------------------------------- options */

static json_t *constant(const char *text)
{
    if (strcmp(text, "True") == 0) return json_true();
    if (strcmp(text, "False") == 0) return json_false();
    if (strcmp(text, "None") == 0) return json_null();
    return NULL;
}

/* A number, true, false or null, as JSON or Python writes them; anything else is text. */
static json_t *parse_value(const char *text)
{
    json_t *value = constant(text);
    if (!value) value = json_loads(text, JSON_DECODE_ANY, NULL);
    return value ? value : json_text(text);
}

/* The object that the library takes. */
static tr_status parse_compiler_options(const text_list *list, char **out_text, tr_error *error)
{
    json_t *object = json_object();
    for (int i = 0; i < list->count; i++) {
        const char *word = list->items[i], *equals = strchr(word, '=');
        if (!equals || equals == word) {
            json_decref(object);
            return fail(error, TR_INVALID_ARGUMENT, "--option '%s' is not NAME=VALUE", word);
        }
        char *name = format_text("%.*s", (int)(equals - word), word);
        json_object_set_new(object, name, parse_value(equals + 1));
        free(name);
    }
    *out_text = json_dumps(object, 0);
    json_decref(object);
    return TR_OK;
}

static tr_status parse_level(const char *option, const char *text, tr_level *out_level, tr_error *error)
{
    *out_level = text ? tr_level_from_name(text) : TR_LEVEL_UNKNOWN;
    if (!text || *out_level) return TR_OK;
    return fail(error, TR_INVALID_ARGUMENT, "--%s: there is no level '%s': ttir, ttgir, llir, ptx, cubin", option,
                text);
}

/* ---------------------------------------------------------------- progress */

typedef struct compile_progress {
    double begin;
    bool on_terminal, shown;
} compile_progress;

static void show_progress(void *user, tr_level making, double seconds)
{
    compile_progress *progress = user;
    if (!progress->on_terminal || seconds < 1) return;
    progress->shown = true;
    fprintf(stderr, "\r%s %s, %.0f s      ", making ? "making" : "starting", making ? tr_level_name(making) : "Triton",
            seconds);
    fflush(stderr);
}

/* ---------------------------------------------------------------- files */

/* Where the folder of a path ends: behind its last slash. */
static size_t folder_size(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

/* The name of a path without its last suffix: a pointer into it, and a size. */
static const char *stem_of(const char *path, int *out_size)
{
    const char *base = path + folder_size(path), *dot = strrchr(base, '.');
    *out_size = dot && dot != base ? (int)(dot - base) : (int)strlen(base);
    return base;
}

/* `path` with another last suffix. */
static char *with_suffix(const char *path, const char *suffix)
{
    int size;
    const char *base = stem_of(path, &size);
    return format_text("%.*s.%s", (int)(base - path) + size, path, suffix);
}

static bool is_same_file(const char *a, const char *b)
{
    char *real_a = realpath(a, NULL), *real_b = realpath(b, NULL);
    bool same = real_a && real_b && strcmp(real_a, real_b) == 0;
    free(real_a);
    free(real_b);
    return same;
}

static tr_status write_file(const char *path, const void *data, size_t size, tr_error *error)
{
    bool to_stdout = strcmp(path, "-") == 0;
    FILE *file = to_stdout ? stdout : fopen(path, "wb");
    if (!file) return fail(error, TR_IO, "cannot write %s: %s", path, strerror(errno));
    bool written = fwrite(data, 1, size, file) == size;
    if (to_stdout ? fflush(file) != 0 : fclose(file) != 0) written = false;
    return written ? TR_OK : fail(error, TR_IO, "cannot write %s: %s", path, strerror(errno));
}

static void note_written(json_t *written, const char *level, const char *path, uint64_t size)
{
    json_array_append_new(
        written, json_pack("{s:s, s:o, s:I}", "level", level, "path", json_text(path), "size", (json_int_t)size));
}

/* Neither the artifact nor its metadata may be lost to the result's. */
static tr_status check_not_input(const compile_options *options, const tr_compiled *compiled, const char *path,
                                 const char *json, tr_error *error)
{
    char *own = options->metadata ? format_text("%s", options->metadata) : with_suffix(compiled->path, "json");
    bool loses = is_same_file(path, compiled->path) || is_same_file(path, own) || is_same_file(json, own) ||
                 is_same_file(json, compiled->path);
    free(own);
    if (!loses) return TR_OK;
    return fail(error, TR_INVALID_ARGUMENT, "--out %s and its metadata %s would replace the artifact's own files", path,
                json);
}

static tr_status write_result(const compile_options *options, const tr_compiled *compiled, const char *path,
                              json_t *written, tr_error *error)
{
    const tr_stage *last = &compiled->stages[compiled->count - 1];
    if (strcmp(path, "-") == 0) return write_file(path, last->data, last->size, error);
    char *json = with_suffix(path, "json");
    tr_status status = TR_OK;
    if (strcmp(json, path) == 0) {
        status = fail(error, TR_INVALID_ARGUMENT, "--out %s is the name that its metadata will have", path);
    }
    if (status == TR_OK) status = check_not_input(options, compiled, path, json, error);
    if (status == TR_OK) status = write_file(path, last->data, last->size, error);
    if (status == TR_OK) {
        note_written(written, tr_level_name(last->level), path, last->size);
        status = write_file(json, compiled->metadata, strlen(compiled->metadata), error);
    }
    if (status == TR_OK) note_written(written, "json", json, strlen(compiled->metadata));
    free(json);
    return status;
}

/* The library has written them: STEM of the artifact's file, and the level. */
static void note_kept(const compile_options *options, const tr_compiled *compiled, json_t *written)
{
    int size;
    const char *stem = stem_of(compiled->path, &size);
    for (int32_t i = 0; i <= compiled->count; i++) {
        const tr_stage *stage = i < compiled->count ? &compiled->stages[i] : NULL;
        const char *suffix = stage ? tr_level_name(stage->level) : "json";
        char *path = format_text("%s/%.*s.%s", options->keep, size, stem, suffix);
        note_written(written, suffix, path, stage ? stage->size : strlen(compiled->metadata));
        free(path);
    }
}

static tr_status write_all(const compile_options *options, const tr_compiled *compiled, json_t *written,
                           tr_error *error)
{
    if (options->keep) note_kept(options, compiled, written);
    if (options->out) return write_result(options, compiled, options->out, written, error);
    if (options->keep) return TR_OK;
    int size;
    const char *stem = stem_of(compiled->path, &size);
    const tr_stage *last = &compiled->stages[compiled->count - 1];
    char *path = format_text("%.*s.%s.%s", size, stem, compiled->target, tr_level_name(last->level));
    tr_status status = write_result(options, compiled, path, written, error);
    free(path);
    return status;
}

/* ---------------------------------------------------------------- the command */

static void report(const compile_options *options, const tr_compiled *compiled, json_t *written)
{
    const char *from = tr_level_name(compiled->from);
    const char *to = tr_level_name(compiled->stages[compiled->count - 1].level);
    if (options->common.json) {
        json_t *metadata = json_loads(compiled->metadata, 0, NULL);
        print_json(json_pack("{s:o, s:s, s:s, s:o, s:s, s:o, s:b, s:O, s:o}", "path", json_text(compiled->path), "from",
                             from, "to", to, "kernel", json_text(compiled->kernel), "target", compiled->target, "tools",
                             json_text(compiled->tools), "cached", compiled->cached, "written", written, "metadata",
                             metadata ? metadata : json_null()));
        return;
    }
    if (options->out && strcmp(options->out, "-") == 0) return; /* stdout is the result's */
    printf("%s: %s to %s for %s by %s%s\n", compiled->kernel, from, to, compiled->target, compiled->tools,
           compiled->cached ? ", from the cache" : "");
    size_t i;
    json_t *row;
    json_array_foreach(written, i, row)
    {
        printf("  %8lld bytes  %s\n", (long long)json_integer_value(json_object_get(row, "size")),
               json_string_value(json_object_get(row, "path")));
    }
}

static tr_status check_options(const compile_options *o, tr_compile_options *out, char **out_json, tr_error *error)
{
    if (!o->to) return fail(error, TR_INVALID_ARGUMENT, "--to is missing: ttgir, llir, ptx or cubin");
    if (o->out && strcmp(o->out, "-") == 0 && o->common.json) {
        return fail(error, TR_INVALID_ARGUMENT, "--out - and --json both want stdout");
    }
    tr_status status = parse_level("to", o->to, &out->to, error);
    if (status == TR_OK) status = parse_level("level", o->level, &out->level, error);
    if (status == TR_OK) status = parse_compiler_options(&o->options, out_json, error);
    return status;
}

static tr_status compile_and_write(const compile_options *o, const tr_compile_options *options, tr_error *error)
{
    tr_compiled compiled;
    tr_status status = tr_compile(o->common.operand, options, &compiled, error);
    compile_progress *progress = options->progress_user;
    if (progress->shown) fprintf(stderr, "\r%40s\r", "");
    if (status != TR_OK) return status;
    if (o->verbose && compiled.log[0]) fprintf(stderr, "%s", compiled.log);
    json_t *written = json_array();
    status = write_all(o, &compiled, written, error);
    if (status == TR_OK) report(o, &compiled, written);
    json_decref(written);
    tr_compiled_destroy(&compiled);
    return status;
}

static enum exit_code run_command(void *any)
{
    const compile_options *o = any;
    tr_error error;
    char *json = NULL;
    compile_progress progress = { .begin = now_seconds(), .on_terminal = isatty(STDERR_FILENO) };
    tr_compile_options options = {
        .target = o->target,
        .kernel = o->kernel,
        .metadata = o->metadata,
        .python = o->python,
        .ptxas = o->ptxas,
        .keep = o->keep,
        .no_cache = o->no_cache,
        .timeout_seconds = o->timeout.value,
        .progress = show_progress,
        .progress_user = &progress,
    };
    tr_status status = check_options(o, &options, &json, &error);
    options.options = json;
    if (status == TR_OK) {
        options.cancel = watch_interrupt();
        status = compile_and_write(o, &options, &error);
    }
    free(json);
    return status == TR_OK ? EXIT_DONE : report_error("compile", o->common.json, &error);
}

static const char notes[] =
    "Without --out and --keep the result is NAME.sm_NN.LEVEL in this folder, its metadata NAME.sm_NN.json.\n"
    "TTIR, TTGIR and LLIR go down by the stages of the Triton that --python has, which should be the one that wrote "
    "them;\nPTX becomes a cubin by ptxas: that Triton's own, TRITON_PTXAS_PATH, TRITON_PTXAS_BLACKWELL_PATH, "
    "CUDA_HOME,\n/usr/local/cuda or PATH, the first that knows the PTX version and the target.\n"
    "Results are kept in TRITON_RUNNER_CACHE, else ~/.cache/triton-runner.\n";

static const char *const examples[] = {
    "triton-runner compile add.ttir --to cubin --target sm_90",
    "triton-runner compile matmul.ttgir --to ptx --out - --option enable_fp_fusion=false",
    "triton-runner compile matmul.ttir --to cubin --target sm_120 --keep stages --python ~/venvs/triton-3.9/bin/python",
    NULL,
};

const cli_command command_compile = {
    .name = "compile",
    .operand = "FILE|FOLDER",
    .summary = "bring a kernel to a lower level: TTGIR, LLIR, PTX, cubin",
    .rows = rows,
    .options_size = sizeof(compile_options),
    .notes = notes,
    .examples = examples,
    .run = run_command,
};
