#include "demo.h"
#include "interrupt.h"
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
    const char *examples, *kernel, *triton;
    int64_t threads;
} demo_options;

static const option_row rows[] = {
    TEXT(demo_options, kernel, "kernel", "TEXT", "only the examples whose name holds TEXT"),
    TEXT(demo_options, triton, "triton", "VERSION", "only what that Triton version compiled"),
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
static const char *const beside_program[] = { "../../examples", "../share/triton-runner/examples" };

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

/* ---------------------------------------------------------------- one row */

typedef struct demo_row {
    const char *kernel, *triton;
    double time_ms, max_error; /* NAN = there is none */
    const char *verdict;
    tr_error error; /* why it is not ok; status TR_OK when the numbers say it */
} demo_row;

/* Launches on a fresh set of arrays. */
static tr_status launch(tr_kernel *kernel, demo_case *c, double *out_ms, tr_error *error)
{
    tr_status status = demo_make_arrays(c, error);
    if (status != TR_OK) return status;
    tr_arg *args = allocate((size_t)c->count, sizeof(*args));
    for (int32_t i = 0; i < c->count; i++) {
        const demo_param *p = &c->params[i];
        bool is_float = p->dtype >= TR_F8E4M3FN && p->dtype <= TR_F64;
        args[i] = p->is_buffer ? tr_arg_array(&p->array)
                  : is_float   ? tr_arg_float(p->dtype, p->number)
                               : tr_arg_int(p->dtype, (int64_t)p->number);
    }
    const tr_launch_options options = { .cancel = watch_interrupt() };
    double begin = now_seconds();
    status = tr_launch(kernel, c->grid, args, c->count, &options, error);
    *out_ms = (now_seconds() - begin) * 1e3;
    free(args);
    return status;
}

/* Launches a few times, for a time that says something, and compares every output of the last one. */
static tr_status run_and_compare(tr_kernel *kernel, demo_case *c, demo_row *row, tr_error *error)
{
    enum { LAUNCHES = 3 };
    tr_status status = TR_OK;
    for (int i = 0; i < LAUNCHES && status == TR_OK; i++) {
        double ms = 0;
        status = launch(kernel, c, &ms, error);
        row->time_ms = i == 0 ? ms : fmin(row->time_ms, ms);
    }
    if (status == TR_OK) status = demo_compute_reference(c, error);
    row->max_error = 0;
    row->verdict = "ok";
    for (int32_t i = 0; i < c->count && status == TR_OK; i++) {
        const demo_param *p = &c->params[i];
        tr_comparison comparison;
        if (!p->is_output) continue;
        status = tr_array_compare(&p->array, &p->expected, &c->tolerance, &comparison, error);
        if (status != TR_OK) break;
        row->max_error = fmax(row->max_error, comparison.max_abs_error);
        if (comparison.differing) row->verdict = "wrong";
    }
    return status;
}

static tr_status fill_row(tr_context *context, const char *path, demo_case *c, demo_row *row, tr_error *error)
{
    tr_kernel *kernel;
    tr_status status = tr_kernel_load(context, path, NULL, &kernel, error);
    if (status != TR_OK) return status;
    status = run_and_compare(kernel, c, row, error);
    tr_kernel_destroy(kernel);
    return status;
}

/* A failure is a row too: "unsupported" when nothing here runs the kernel, "wrong" when it should have run. */
static demo_row make_row(tr_context *context, const char *path, demo_case *c, const char *triton)
{
    demo_row row = { .kernel = c->variant, .triton = triton, .time_ms = NAN, .max_error = NAN };
    tr_error error = { 0 };
    tr_status status = fill_row(context, path, c, &row, &error);
    demo_free_arrays(c);
    if (status == TR_OK) return row;
    row.time_ms = row.max_error = NAN;
    row.verdict = status == TR_UNSUPPORTED || status == TR_UNAVAILABLE ? "unsupported" : "wrong";
    row.error = error;
    return row;
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
    if (table->json) {
        json_array_append_new(table->rows,
                              json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:s}", "kernel", json_text(row->kernel),
                                        "triton", json_text(row->triton), "level", "ttir", "device", "cpu", "time_ms",
                                        json_number(row->time_ms), "max_error", json_number(row->max_error), "verdict",
                                        row->verdict));
    } else if (isnan(row->time_ms)) {
        printf("%-24s %-8s %-6s %-7s %10s %14s  %s\n", row->kernel, row->triton, "ttir", "cpu", "-", "-", row->verdict);
    } else {
        printf("%-24s %-8s %-6s %-7s %7.2f ms %14.3g  %s\n", row->kernel, row->triton, "ttir", "cpu", row->time_ms,
               row->max_error, row->verdict);
    }
    fflush(stdout);
    if (row->error.status == TR_OK) return;
    char text[2048];
    tr_error_format(&row->error, text, sizeof(text));
    fprintf(stderr, "%s, Triton %s: %s\n", row->kernel, row->triton, text);
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

/* ---------------------------------------------------------------- the command */

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The TTIR of a variant that a Triton version compiled; NULL if there is none. Any target will do. */
static char *find_ttir(const char *folder, const char *triton, const demo_case *c)
{
    char *targets = format_text("%s/artifacts/%s", folder, triton), *found = NULL;
    struct dirent **names;
    int count = scandir(targets, &names, is_shown, alphasort);
    for (int i = count - 1; i >= 0; i--) {
        char *path = format_text("%s/%s/%s/%s.ttir", targets, names[i]->d_name, c->variant, c->kernel);
        if (!found && access(path, R_OK) == 0) {
            found = path;
        } else {
            free(path);
        }
        free(names[i]);
    }
    if (count >= 0) free(names);
    free(targets);
    return found;
}

static void run_case(const demo_options *options, tr_context *context, const char *folder, demo_case *c,
                     struct dirent **versions, int version_count, demo_table *table)
{
    if (options->kernel && !strstr(c->variant, options->kernel)) return;
    for (int i = 0; i < version_count && !table->interrupted; i++) {
        const char *triton = versions[i]->d_name;
        if (options->triton && strcmp(options->triton, triton) != 0) continue;
        char *path = find_ttir(folder, triton, c);
        if (!path) continue;
        demo_row row = make_row(context, path, c, triton);
        add_row(table, &row);
        free(path);
    }
}

static tr_status run_cases(const demo_options *options, const char *folder, demo_table *table, tr_error *error)
{
    const tr_context_options context_options = { .threads = thread_count(options->threads) };
    tr_context *context;
    demo_cases cases;
    tr_status status = demo_read(folder, &cases, error);
    if (status != TR_OK) return status;
    status = tr_context_create(&context_options, &context, error);
    if (status == TR_OK) {
        char *artifacts = format_text("%s/artifacts", folder);
        struct dirent **versions;
        int count = scandir(artifacts, &versions, is_shown, versionsort);
        for (int i = 0; i < cases.count && !table->interrupted; i++) {
            run_case(options, context, folder, &cases.items[i], versions, count, table);
        }
        for (int i = 0; i < count; i++) free(versions[i]);
        if (count >= 0) free(versions);
        free(artifacts);
        tr_context_destroy(context);
    }
    demo_free(&cases);
    if (status == TR_OK && table->ok + table->wrong + table->unsupported == 0) {
        status = fail(error, TR_NOT_FOUND, "no example in '%s' is of that name and version", folder);
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

static const char *const examples[] = { "triton-runner demo", "triton-runner demo --kernel matmul --json", NULL };

const cli_command command_demo = {
    .name = "demo",
    .summary = "run the example kernels and check each against a reference in C",
    .rows = rows,
    .options_size = sizeof(demo_options),
    .notes =
        "A row is wrong when an output differs from the reference, which is computed in double precision, by more\n"
        "than the example allows for its types; the exit code is then 1.\n",
    .examples = examples,
    .run = run_command,
};
