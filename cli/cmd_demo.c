#include "demo.h"
#include "options.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct demo_options {
    struct common_options common;
    const char *examples, *kernel, *triton, *target, *device;
    int64_t threads;
    bool all_levels;
} demo_options;

static const option_row rows[] = {
    TEXT(demo_options, kernel, "kernel", "TEXT", "only the examples whose name holds TEXT"),
    TEXT(demo_options, triton, "triton", "VERSION", "only what that Triton version compiled"),
    TEXT(demo_options, target, "target", "smNN",
         "only what was compiled for that GPU; else the newest that the device takes"),
    TEXT(demo_options, device, "device", "cpu|cuda|all", "where they run; all, the GPU if there is one, if not given"),
    FLAG(demo_options, all_levels, "all-levels",
         "on a GPU run LLIR, TTGIR and TTIR, too, by the Triton that TRITON_RUNNER_PYTHON has"),
    TEXT(demo_options, examples, "examples", "FOLDER",
         "where they are; $TRITON_RUNNER_EXAMPLES, else beside the program"),
    INT(demo_options, threads, "threads", "N", 1, "CPU threads; TRITON_RUNNER_THREADS, else one a core"),
    COMMON_OPTIONS(demo_options),
};

/* ---------------------------------------------------------------- where the examples are */

static bool has_launches(const char *folder)
{
    char *path = format_text("%s/launches.json", folder);
    bool there = access(path, R_OK) == 0;
    free(path);
    return there;
}

/* In the source tree around a build, and where `meson install` puts them. */
static const char *const beside_program[] = { "../../../examples", "../../examples",
                                              "../share/triton-runner/examples" };

static char *find_beside_program(void)
{
    char program[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (size <= 0) return NULL;
    program[size] = '\0';
    char *slash = strrchr(program, '/');
    if (slash) *slash = '\0';
    for (size_t i = 0; i < sizeof(beside_program) / sizeof(beside_program[0]); i++) {
        char *folder = format_text("%s/%s", program, beside_program[i]);
        if (has_launches(folder)) return folder;
        free(folder);
    }
    return NULL;
}

static tr_status find_examples(const char *asked, char **out_folder, tr_error *error)
{
    const char *env = getenv("TRITON_RUNNER_EXAMPLES");
    const char *named = asked ? asked : env && *env ? env : NULL;
    if (named && !has_launches(named)) {
        return fail(error, TR_NOT_FOUND, "there is no launches.json in '%s'", named);
    }
    *out_folder = named ? format_text("%s", named) : find_beside_program();
    if (*out_folder) return TR_OK;
    return fail(
        error, TR_NOT_FOUND,
        "the examples are not beside this program; name their folder with --examples or TRITON_RUNNER_EXAMPLES");
}

/* ---------------------------------------------------------------- the table */

typedef struct demo_table {
    bool json;
    json_t *rows;
    int ok, wrong, unsupported;
    bool interrupted;
} demo_table;

/* Above the first row. */
static void print_head(const demo_table *table)
{
    if (table->json || table->ok + table->wrong + table->unsupported > 0) return;
    printf("%-24s %-8s %-6s %-7s %10s %14s  %s\n", "kernel", "Triton", "level", "device", "time", "largest error",
           "verdict");
}

static void add_row(demo_table *table, const demo_row *row)
{
    print_head(table);
    bool ok = strcmp(row->verdict, "ok") == 0, wrong = strcmp(row->verdict, "wrong") == 0;
    table->ok += ok;
    table->wrong += wrong;
    table->unsupported += !ok && !wrong;
    table->interrupted |= row->error.status == TR_INTERRUPTED;
    const char *level = tr_level_name(row->level);
    if (table->json) {
        json_array_append_new(table->rows,
                              json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:s}", "kernel", json_text(row->kernel),
                                        "triton", json_text(row->triton), "level", level, "device", row->device,
                                        "time_ms", json_number(row->time_ms), "max_error", json_number(row->max_error),
                                        "verdict", row->verdict));
    } else if (isnan(row->time_ms)) {
        printf("%-24s %-8s %-6s %-7s %10s %14s  %s\n", row->kernel, row->triton, level, row->device, "-", "-",
               row->verdict);
    } else {
        printf("%-24s %-8s %-6s %-7s %7.2f ms %14.3g  %s\n", row->kernel, row->triton, level, row->device, row->time_ms,
               row->max_error, row->verdict);
    }
    fflush(stdout);
    if (row->error.status == TR_OK) return;
    char text[2048];
    tr_error_format(&row->error, text, sizeof(text));
    fprintf(stderr, "%s, Triton %s, %s on %s: %s\n", row->kernel, row->triton, level, row->device, text);
}

static enum exit_code finish(demo_table *table)
{
    enum exit_code code = table->interrupted ? EXIT_INTERRUPTED : table->wrong ? EXIT_DIFFERS : EXIT_DONE;
    if (table->json) {
        print_json(json_pack("{s:o}", "rows", table->rows));
    } else {
        printf("%d ok, %d wrong, %d unsupported\n", table->ok, table->wrong, table->unsupported);
        json_decref(table->rows);
    }
    return code;
}

/* ---------------------------------------------------------------- which rows there are */

/* A level that is run on a device. */
typedef struct demo_way {
    tr_level level;
    bool on_gpu, only_all_levels;
} demo_way;

static const demo_way ways[] = {
    { TR_LEVEL_TTIR, false, false }, { TR_LEVEL_CUBIN, true, false }, { TR_LEVEL_PTX, true, false },
    { TR_LEVEL_LLIR, true, true },   { TR_LEVEL_TTGIR, true, true },  { TR_LEVEL_TTIR, true, true },
};

/* What all rows share. */
typedef struct demo_run {
    const demo_options *options;
    tr_context *context;
    const char *folder;
    bool on_cpu;
    char gpu[sizeof(((tr_device *)0)->name)]; /* "" = none */
    demo_table *table;
} demo_run;

/* A GPU that isn't there is no error unless it was asked for. */
static tr_status choose_devices(demo_run *run, tr_error *error)
{
    const char *asked = run->options->device;
    bool all = !asked || strcmp(asked, "all") == 0;
    run->on_cpu = all || strcmp(asked, "cpu") == 0;
    tr_device device;
    for (int32_t i = 1; tr_device_get(i, &device); i++) {
        if (all ? i > 1 || !device.available : strcmp(device.name, asked) != 0) continue;
        if (!device.available) {
            return fail(error, TR_UNAVAILABLE, "device '%s' is not there: %s", asked, device.detail);
        }
        memcpy(run->gpu, device.name, sizeof(run->gpu));
    }
    if (run->on_cpu || run->gpu[0]) return TR_OK;
    return fail(error, TR_INVALID_ARGUMENT, "there is no device '%s'; there are cpu, cuda, cuda:N and all", asked);
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A version's file of an example at a level, for one target. */
static char *artifact_path(const demo_run *run, const char *triton, const char *target, const demo_case *c,
                           tr_level level)
{
    char *path = format_text("%s/artifacts/%s/%s/%s/%s.%s", run->folder, triton, target, c->variant, c->kernel,
                             tr_level_name(level));
    if (access(path, R_OK) == 0) return path;
    free(path);
    return NULL;
}

/* The row of an example at a level, made from the newest target that the device takes. False when there is no file. */
static bool make_row(const demo_run *run, const char *triton, demo_case *c, const demo_way *way, demo_row *row)
{
    char *targets = format_text("%s/artifacts/%s", run->folder, triton);
    struct dirent **names;
    int count = scandir(targets, &names, is_shown, versionsort);
    bool made = false;
    for (int i = count - 1; i >= 0; i--) {
        const char *target = names[i]->d_name, *asked = run->options->target;
        bool skipped = (made && row->error.status != TR_MISMATCH) || (asked && strcmp(asked, target) != 0);
        char *path = skipped ? NULL : artifact_path(run, triton, target, c, way->level);
        if (path) *row = demo_make_row(run->context, path, way->on_gpu ? run->gpu : "cpu", c);
        made |= path != NULL;
        free(path);
        free(names[i]);
    }
    if (count >= 0) free(names);
    free(targets);
    row->triton = triton;
    row->level = way->level;
    return made;
}

static void run_version(const demo_run *run, const char *triton, demo_case *c)
{
    if (run->options->triton && strcmp(run->options->triton, triton) != 0) return;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && !run->table->interrupted; i++) {
        const demo_way *way = &ways[i];
        demo_row row;
        if (way->on_gpu ? !run->gpu[0] : !run->on_cpu) continue;
        if (way->only_all_levels && !run->options->all_levels) continue;
        if (make_row(run, triton, c, way, &row)) add_row(run->table, &row);
    }
}

static void run_all(const demo_run *run, const demo_cases *cases)
{
    char *artifacts = format_text("%s/artifacts", run->folder);
    struct dirent **versions;
    int count = scandir(artifacts, &versions, is_shown, versionsort);
    for (int i = 0; i < cases->count; i++) {
        demo_case *c = &cases->items[i];
        if (run->options->kernel && !strstr(c->variant, run->options->kernel)) continue;
        for (int v = 0; v < count && !run->table->interrupted; v++) run_version(run, versions[v]->d_name, c);
    }
    for (int i = 0; i < count; i++) free(versions[i]);
    if (count >= 0) free(versions);
    free(artifacts);
}

/* ---------------------------------------------------------------- the command */

static tr_status run_cases(const demo_options *options, const char *folder, demo_table *table, tr_error *error)
{
    const tr_context_options context_options = { .threads = thread_count(options->threads) };
    demo_run run = { .options = options, .folder = folder, .table = table };
    demo_cases cases;
    tr_status status = choose_devices(&run, error);
    if (status == TR_OK) status = demo_read(folder, &cases, error);
    if (status != TR_OK) return status;
    status = tr_context_create(&context_options, &run.context, error);
    if (status == TR_OK) {
        run_all(&run, &cases);
        tr_context_destroy(run.context);
    }
    demo_free(&cases);
    if (status == TR_OK && table->ok + table->wrong + table->unsupported == 0) {
        status = fail(error, TR_NOT_FOUND, "no example in '%s' is of that name, version and target", folder);
    }
    return status;
}

static enum exit_code run_command(void *any)
{
    const demo_options *options = any;
    demo_table table = { .json = options->common.json, .rows = json_array() };
    tr_error error;
    char *folder = NULL;
    tr_status status = find_examples(options->examples, &folder, &error);
    if (status == TR_OK) status = run_cases(options, folder, &table, &error);
    free(folder);
    if (status == TR_OK) return finish(&table);
    json_decref(table.rows);
    return report_error("demo", options->common.json, &error);
}

static const char *const examples[] = {
    "triton-runner demo",
    "triton-runner demo --kernel matmul --json",
    "triton-runner demo --device cuda --triton 3.9.0 --all-levels",
    NULL,
};

const cli_command command_demo = {
    .name = "demo",
    .summary = "run the example kernels and check each against a reference in C",
    .rows = rows,
    .options_size = sizeof(demo_options),
    .notes =
        "A row is wrong when an output differs from the reference, which is computed in double precision, by more\n"
        "than the example allows for its types; the exit code is then 1. Times are of the launch alone, the best of "
        "three,\nwithout copying to a GPU and back. On a GPU every level that is there runs: cubin and PTX, all with "
        "--all-levels;\nwhat it can't run is unsupported, and stderr says why.\n",
    .examples = examples,
    .run = run_command,
};
