#include "interrupt.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>

#define FEW_ARGS 64

/* tt.print: as it comes, in whole lines, from any thread. */
static void print_line(void *user, const char *text)
{
    (void)user;
    fputs(text, stderr);
}

static tr_status launch_with(cli_run *run, const tr_arg *args, tr_launch_options options, double *out_seconds,
                             tr_error *error)
{
    cli_progress progress;
    progress_begin(&progress);
    options.timeout_seconds = run->options->timeout.value;
    options.cancel = run->cancel;
    options.progress = progress_show;
    options.progress_user = &progress;
    options.print = print_line;
    options.programs = run->programs;
    options.program_count = run->program_count;
    double begin = now_seconds();
    tr_status status = tr_launch(run->kernel, run->grid, args, run->count, &options, error);
    *out_seconds = now_seconds() - begin;
    progress_end(&progress);
    return status;
}

tr_status launch(cli_run *run, tr_launch_options options, double *out_seconds, tr_error *error)
{
    tr_arg few[FEW_ARGS], *args = run->count <= FEW_ARGS ? few : allocate((size_t)run->count, sizeof(*args));
    for (int32_t i = 0; i < run->count; i++) args[i] = value_arg(&run->values[i]);
    tr_status status = launch_with(run, args, options, out_seconds, error);
    if (args != few) free(args);
    return status;
}

/* ---------------------------------------------------------------- --repeat */

/* The arguments of launches that are timed. A GPU gets its buffers once, as the first launch left them, and keeps them
 * from launch to launch: copying would take longer than most kernels. */
typedef struct timed_args {
    tr_arg *args;
    void **memory; /* on the device; NULL where the argument stays as it is */
} timed_args;

/* A tensor map that the host has encoded is passed by its bytes. */
static bool is_encoded_map(const cli_run *run, int32_t index)
{
    enum { MAP_SIZE = 128 };
    const tr_param *param = tr_kernel_param(run->kernel, index);
    return value_arg(&run->values[index]).size == MAP_SIZE && !(param->is_pointer && param->dtype);
}

static tr_status move_to_device(const cli_run *run, timed_args *timed, int32_t index, tr_error *error)
{
    const char *device = tr_kernel_device(run->kernel);
    const tr_arg host = timed->args[index];
    void **memory = &timed->memory[index];
    if (host.kind != TR_ARG_BUFFER || host.size == 0 || is_encoded_map(run, index)) return TR_OK;
    tr_status status = tr_memory_create(run->context, device, host.size, memory, error);
    if (status == TR_OK) status = tr_memory_write(run->context, device, *memory, host.data, host.size, error);
    if (status != TR_OK) return status;
    timed->args[index] = tr_arg_device(*memory, host.size);
    timed->args[index].dtype = host.dtype;
    return TR_OK;
}

static tr_status make_timed_args(const cli_run *run, timed_args *timed, tr_error *error)
{
    *timed = (timed_args){ allocate((size_t)run->count, sizeof(*timed->args)),
                           allocate((size_t)run->count, sizeof(*timed->memory)) };
    const bool on_host = strcmp(tr_kernel_device(run->kernel), "cpu") == 0;
    tr_status status = TR_OK;
    for (int32_t i = 0; i < run->count; i++) timed->args[i] = value_arg(&run->values[i]);
    for (int32_t i = 0; i < run->count && !on_host && status == TR_OK; i++) {
        status = move_to_device(run, timed, i, error);
    }
    return status;
}

/* A launch's own failure is what counts: what a broken device says to giving memory back is not reported. */
static void free_timed_args(const cli_run *run, timed_args *timed)
{
    tr_error ignored;
    for (int32_t i = 0; i < run->count; i++) {
        if (!timed->memory[i]) continue;
        if (tr_memory_destroy(run->context, tr_kernel_device(run->kernel), timed->memory[i], &ignored) != TR_OK) break;
    }
    free(timed->memory);
    free(timed->args);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(const double *sorted, int64_t count)
{
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static double buffer_bytes(const cli_run *run)
{
    double bytes = 0;
    for (int32_t i = 0; i < run->count; i++) bytes += (double)value_arg(&run->values[i]).size;
    return bytes;
}

static void report_times(cli_run *run, const double *sorted, int64_t count)
{
    const run_options *o = run->options;
    double least = sorted[0], middle = median(sorted, count), bytes = buffer_bytes(run);
    json_t *row = json_pack("{s:I, s:I, s:f, s:f, s:f, s:f}", "repeat", (json_int_t)count, "warmup",
                            (json_int_t)o->warmup, "min_ms", least * 1e3, "median_ms", middle * 1e3, "buffer_bytes",
                            bytes, "gbytes_per_second", bytes / middle * 1e-9);
    if (o->flops.given) json_object_set_new(row, "gflops_per_second", json_number(o->flops.value / middle * 1e-9));
    json_object_set_new(run->report, "timing", row);
    if (o->common.json) return;
    printf("%lld launches after %lld to warm up: min %.4g ms, median %.4g ms; %.4g MB of buffers, %.3g GB/s",
           (long long)count, (long long)o->warmup, least * 1e3, middle * 1e3, bytes * 1e-6, bytes / middle * 1e-9);
    if (o->flops.given) printf(", %.4g GFLOP/s", o->flops.value / middle * 1e-9);
    printf("\n");
}

/* Fills `times` after the launches to warm up. */
static tr_status launch_repeatedly(cli_run *run, const tr_arg *args, double *times, tr_error *error)
{
    double seconds;
    tr_status status = TR_OK;
    for (int64_t i = 0; i < run->options->warmup && status == TR_OK; i++) {
        status = launch_with(run, args, (tr_launch_options){ 0 }, &seconds, error);
    }
    for (int64_t i = 0; i < run->options->repeat && status == TR_OK; i++) {
        status = launch_with(run, args, (tr_launch_options){ 0 }, &times[i], error);
    }
    return status;
}

tr_status time_launches(cli_run *run, tr_error *error)
{
    int64_t count = run->options->repeat;
    if (count == 0 && run->options->warmup == 0) return TR_OK;
    timed_args timed;
    double *times = allocate((size_t)count, sizeof(*times));
    tr_status status = make_timed_args(run, &timed, error);
    if (status == TR_OK) status = launch_repeatedly(run, timed.args, times, error);
    free_timed_args(run, &timed);
    if (status == TR_OK && count > 0) {
        qsort(times, (size_t)count, sizeof(*times), compare_doubles);
        report_times(run, times, count);
    }
    free(times);
    return status;
}
