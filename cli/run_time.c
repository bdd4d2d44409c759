#include "interrupt.h"
#include "run.h"

#include <stdlib.h>

#define FEW_ARGS 64

/* tt.print: as it comes, in whole lines, from any thread. */
static void print_line(void *user, const char *text)
{
    (void)user;
    fputs(text, stderr);
}

tr_status launch(cli_run *run, tr_launch_options options, double *out_seconds, tr_error *error)
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
    tr_arg few[FEW_ARGS], *args = run->count <= FEW_ARGS ? few : allocate((size_t)run->count, sizeof(*args));
    for (int32_t i = 0; i < run->count; i++) args[i] = value_arg(&run->values[i]);
    double begin = now_seconds();
    tr_status status = tr_launch(run->kernel, run->grid, args, run->count, &options, error);
    *out_seconds = now_seconds() - begin;
    if (args != few) free(args);
    progress_end(&progress);
    return status;
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

tr_status time_launches(cli_run *run, tr_error *error)
{
    int64_t count = run->options->repeat;
    if (count == 0 && run->options->warmup == 0) return TR_OK;
    double seconds;
    tr_status status = TR_OK;
    for (int64_t i = 0; i < run->options->warmup && status == TR_OK; i++) {
        status = launch(run, (tr_launch_options){ 0 }, &seconds, error);
    }
    double *times = allocate((size_t)count, sizeof(*times));
    for (int64_t i = 0; i < count && status == TR_OK; i++) {
        status = launch(run, (tr_launch_options){ 0 }, &times[i], error);
    }
    if (status == TR_OK && count > 0) {
        qsort(times, (size_t)count, sizeof(*times), compare_doubles);
        report_times(run, times, count);
    }
    free(times);
    return status;
}
