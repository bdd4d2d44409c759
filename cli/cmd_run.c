#include "interrupt.h"
#include "run.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const option_row rows[] = {
    TEXT(run_options, grid, "grid", "X[,Y[,Z]]", "how many programs run; needed"),
    TEXT(run_options, programs, "programs", "LIST",
         "run only these, in this order: 0,5-9 or (1,2,0);(3,0,0); CPU only"),
    LIST(run_options, args, "arg", "NAME=VALUE", "an argument, by name or position; VALUE alone takes the next place"),
    LIST(run_options, outs, "out", "NAME=FILE.npy", "save a buffer after the launch"),
    LIST(run_options, expects, "expect", "NAME=FILE.npy", "compare a buffer with a file after the launch"),
    REAL(run_options, rtol, "rtol", "R", 0, "with --expect: |a - e| <= A + R |e| passes"),
    REAL(run_options, atol, "atol", "A", 0, "with --expect: the A of --rtol"),
    INT(run_options, ulp, "ulp", "N", 1, "with --expect: elements up to N units in the last place apart pass"),
    FLAG(run_options, equal_nan, "equal-nan", "with --expect: NaN equals NaN"),
    LIST(run_options, prints, "print", "NAME", "print the first elements of a buffer after the launch"),
    INT(run_options, repeat, "repeat", "N", 1, "then time N more launches, on a GPU without copying its buffers"),
    INT(run_options, warmup, "warmup", "N", 0, "with --repeat: launch N times before"),
    REAL(run_options, flops, "flops", "N", 0, "with --repeat: operations of a launch, for GFLOP/s"),
    FLAG(run_options, profile, "profile", "say which Python lines the time of the launch went to; CPU only"),
    FLAG(run_options, profile_steps, "profile-steps", "like --profile, and which steps of the tile VM"),
    INT(run_options, threads, "threads", "N", 1, "CPU threads; TRITON_RUNNER_THREADS, else one a core"),
    REAL(run_options, timeout, "timeout", "SECONDS", 0, "stop a launch that takes longer; CPU only"),
    TEXT(run_options, device, "device", "cpu|cuda", "where it runs; cpu if not given"),
    TEXT(run_options, kernel, "kernel", "NAME", "which kernel, where there are several"),
    TEXT(run_options, level, "level", "LEVEL", "which level to take from a folder: ttir ttgir llir ptx cubin"),
    TEXT(run_options, metadata, "metadata", "FILE", "the metadata JSON; NAME.json beside the kernel if not given"),
    TEXT(run_options, python, "python", "PYTHON",
         "on a GPU: has Triton, for TTIR, TTGIR and LLIR; TRITON_RUNNER_PYTHON, else python3, if not given"),
    TEXT(run_options, ptxas, "ptxas", "FILE", "on a GPU: makes cubins; the first that is new enough if not given"),
    FLAG(run_options, no_cache, "no-cache", "on a GPU: neither take what was compiled from the cache nor keep it"),
    COMMON_OPTIONS(run_options),
};

/* ---------------------------------------------------------------- options */

/* grid = size ("," size)* of one to three sizes */
static tr_status parse_grid(const char *text, tr_grid *out_grid, tr_error *error)
{
    if (!text) return fail(error, TR_INVALID_ARGUMENT, "--grid is missing: how many programs run, X, X,Y or X,Y,Z");
    uint32_t sizes[3] = { 1, 1, 1 };
    const char *p = text;
    for (int i = 0; i < 3 && isdigit((unsigned char)*p); i++) {
        char *end;
        errno = 0;
        unsigned long long size = strtoull(p, &end, 10);
        if (errno || size > UINT32_MAX) {
            return fail(error, TR_INVALID_ARGUMENT, "--grid %s is too large", text);
        }
        sizes[i] = (uint32_t)size;
        p = end;
        if (*p == '\0') {
            *out_grid = (tr_grid){ sizes[0], sizes[1], sizes[2] };
            return TR_OK;
        }
        if (*p == ',' && p[1]) p++;
    }
    return fail(error, TR_INVALID_ARGUMENT, "--grid '%s' is not a grid: X, X,Y or X,Y,Z", text);
}

static tr_status load_kernel(cli_run *run, tr_error *error)
{
    const run_options *o = run->options;
    const tr_context_options context_options = {
        .threads = thread_count(o->threads), .python = o->python, .ptxas = o->ptxas, .no_cache = o->no_cache
    };
    tr_load load = { .device = o->device, .kernel = o->kernel, .metadata = o->metadata };
    if (o->level) {
        load.level = tr_level_from_name(o->level);
        if (!load.level) return fail(error, TR_INVALID_ARGUMENT, "there is no level '%s'", o->level);
    }
    tr_status status = tr_context_create(&context_options, &run->context, error);
    if (status != TR_OK) return status;
    return tr_kernel_load(run->context, o->common.operand, &load, &run->kernel, error);
}

/* A hint that does not hold is no error on the CPU, but on a GPU the kernel may go wrong. */
static void note_hints(const cli_run *run)
{
    for (int32_t i = 0; i < run->count; i++) {
        const tr_param *param = tr_kernel_param(run->kernel, i);
        tr_arg arg = value_arg(&run->values[i]);
        bool integer = arg.kind == TR_ARG_SCALAR && arg.dtype >= TR_I8 && arg.dtype <= TR_I64;
        if (param->divisibility <= 1 || !integer || (int64_t)arg.bits % param->divisibility == 0) continue;
        say("run", "note: the kernel was compiled for '%s' divisible by %lld, which %s is not", param->name,
            (long long)param->divisibility, run->texts[i]);
    }
}

/* ---------------------------------------------------------------- running */

static void report_launch(cli_run *run, double seconds)
{
    const tr_kernel *kernel = run->kernel;
    const char *level = tr_level_name(tr_kernel_level(kernel)), *device = tr_kernel_device(kernel);
    int threads = tr_context_threads(run->context);
    tr_grid g = run->grid;
    json_object_update_new(run->report, json_pack("{s:o, s:s, s:s, s:i, s:[I, I, I], s:f}", "kernel",
                                                  json_text(tr_kernel_name(kernel)), "level", level, "device", device,
                                                  "threads", threads, "grid", (json_int_t)g.x, (json_int_t)g.y,
                                                  (json_int_t)g.z, "time_ms", seconds * 1e3));
    if (run->options->common.json) return;
    printf("%s (%s) on %s, ", tr_kernel_name(kernel), level, device);
    if (strcmp(device, "cpu") == 0) printf("%d thread%s, ", threads, threads == 1 ? "" : "s");
    printf("grid %ux%ux%u: %.4g ms\n", g.x, g.y, g.z, seconds * 1e3);
}

/* tt.print: as it comes, in whole lines, from any thread. */
static void print_line(void *user, const char *text)
{
    (void)user;
    fputs(text, stderr);
}

/* The launch that counts, and what is made of its results. The launches that are timed come after it, so a kernel
 * that adds to its output is not seen to have run several times, and what it prints is printed once. */
static tr_status run_and_check(cli_run *run, tr_error *error)
{
    double seconds;
    tr_status status = launch(run, (tr_launch_options){ .profile = run->profile, .print = print_line }, &seconds,
                              error);
    if (status == TR_INTERRUPTED) {
        tr_error second; /* the buffers as the programs left them may be all that is left of hours */
        if (write_outs(run, &second) != TR_OK) say("run", "%s", second.message);
    }
    if (status == TR_OK) {
        report_launch(run, seconds);
        status = write_outs(run, error);
    }
    if (status == TR_OK) status = print_values(run, error);
    if (status == TR_OK && run->profile) report_profile(run);
    if (status == TR_OK) status = check_expects(run, error);
    if (status == TR_OK) status = time_launches(run, error);
    return status;
}

static tr_status run_kernel(cli_run *run, tr_error *error)
{
    const run_options *o = run->options;
    tr_status status = parse_grid(o->grid, &run->grid, error);
    if (status == TR_OK && o->programs) status = choose_programs(run, error);
    if (status == TR_OK) status = load_kernel(run, error);
    if (status == TR_OK) status = bind_args(run, error);
    if (status == TR_OK) status = make_values(run, error);
    if (status == TR_OK) status = check_names(run, error);
    bool profiled = o->profile || o->profile_steps;
    if (status == TR_OK && profiled) status = tr_profile_create(run->kernel, &run->profile, error);
    if (status != TR_OK) return status;
    note_hints(run);
    run->cancel = watch_interrupt();
    return run_and_check(run, error);
}

static enum exit_code run_command(void *any)
{
    cli_run run = { .options = any, .report = json_object() };
    tr_error error;
    tr_status status = run_kernel(&run, &error);
    enum exit_code code = run.differs ? EXIT_DIFFERS : EXIT_DONE;
    if (status != TR_OK) {
        fflush(stdout);
        code = report_error("run", run.options->common.json, &error);
    } else if (run.options->common.json) {
        json_object_set_new(run.report, "verdict", json_string(run.differs ? "differs" : "ok"));
        print_json(json_incref(run.report));
    }
    json_decref(run.report);
    free_values(&run);
    free(run.values);
    free(run.texts);
    free(run.programs);
    tr_profile_destroy(run.profile);
    tr_kernel_destroy(run.kernel);
    tr_context_destroy(run.context);
    return code;
}

static const char *const examples[] = {
    "triton-runner run add.ttir --grid 4 --arg x=rand:f32:4096 --arg y=ones:f32:4096 --arg out=zeros:f32:4096 --arg "
    "n=4096 --print out",
    "triton-runner run matmul.ttir --grid 16,16 --arg a=@a.npy --arg b=@b.npy --arg c=zeros:f32:512x256 --arg "
    "M=i32:512 "
    "--arg N=256 --arg K=128 --out c=c.npy",
    "triton-runner run ~/.triton/cache/ABC --kernel softmax --grid 256 --arg @out.npy --arg @x.npy --arg 781 --expect "
    "0=reference.npy --rtol 1e-5",
    "triton-runner run add.ttir --grid 1024 --arg rand:f32:1048576 --arg rand:f32:1048576 --arg empty:f32:1048576 "
    "--arg "
    "1048576 --repeat 20 --warmup 3",
    "triton-runner run add.ttir --grid 4 --programs 0,2-3 --profile --arg rand:4096 --arg rand:4096 --arg zeros:4096 "
    "--arg 4096",
    "triton-runner run add.ptx --device cuda --grid 4 --arg arange:f32:4096 --arg ones:f32:4096 --arg zeros:f32:4096 "
    "--arg 4096 --print 2",
    NULL,
};

const cli_command command_run = {
    .name = "run",
    .operand = "FILE|FOLDER",
    .summary = "run a kernel; save, check and time what it computes",
    .rows = rows,
    .options_size = sizeof(run_options),
    .notes = value_help,
    .examples = examples,
    .run = run_command,
};
