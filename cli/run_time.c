#include "device_args.h"
#include "interrupt.h"
#include "run.h"

#include <stdlib.h>

#define FEW_ARGS 64

static tr_status launch_with(cli_run *run, const tr_arg *args, tr_launch_options options, double *out_seconds,
                             tr_error *error)
{
    cli_progress progress;
    progress_begin(&progress);
    options.timeout_seconds = run->options->timeout.value;
    options.cancel = run->cancel;
    options.progress = progress_show;
    options.progress_user = &progress;
    options.programs = run->programs;
    options.program_count = run->program_count;
    double begin = now_seconds();
    tr_status status = tr_launch(run->kernel, run->grid, args, run->count, &options, error);
    *out_seconds = now_seconds() - begin;
    progress_end(&progress);
    return status;
}

static tr_arg *make_args(const cli_run *run, tr_arg few[FEW_ARGS])
{
    tr_arg *args = run->count <= FEW_ARGS ? few : allocate((size_t)run->count, sizeof(*args));
    for (int32_t i = 0; i < run->count; i++) args[i] = value_arg(&run->values[i]);
    return args;
}

tr_status launch(cli_run *run, tr_launch_options options, double *out_seconds, tr_error *error)
{
    tr_arg few[FEW_ARGS], *args = make_args(run, few);
    tr_status status = launch_with(run, args, options, out_seconds, error);
    if (args != few) free(args);
    return status;
}

/* ---------------------------------------------------------------- --repeat */

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

/* A GPU gets its buffers once, as the first launch left them, and keeps them from launch to launch: copying would take
 * longer than most kernels. */
static tr_status launch_on_device(cli_run *run, double *times, tr_error *error)
{
    device_args moved;
    tr_arg few[FEW_ARGS], *args = make_args(run, few);
    tr_status status = device_args_create(run->context, run->kernel, args, run->count, &moved, error);
    if (args != few) free(args);
    if (status != TR_OK) return status;
    status = launch_repeatedly(run, moved.args, times, error);
    device_args_destroy(&moved);
    return status;
}

tr_status time_launches(cli_run *run, tr_error *error)
{
    int64_t count = run->options->repeat;
    if (count == 0 && run->options->warmup == 0) return TR_OK;
    double *times = allocate((size_t)count, sizeof(*times));
    tr_status status = launch_on_device(run, times, error);
    if (status == TR_OK && count > 0) {
        qsort(times, (size_t)count, sizeof(*times), compare_doubles);
        report_times(run, times, count);
    }
    free(times);
    return status;
}
