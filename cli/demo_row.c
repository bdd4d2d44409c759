#include "demo.h"
#include "device_args.h"
#include "interrupt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static tr_arg *make_args(const demo_case *c)
{
    tr_arg *args = allocate((size_t)c->count, sizeof(*args));
    for (int32_t i = 0; i < c->count; i++) {
        const demo_param *p = &c->params[i];
        bool is_float = p->dtype >= TR_F8E4M3FN && p->dtype <= TR_F64;
        args[i] = p->is_buffer ? tr_arg_array(&p->array)
                  : is_float   ? tr_arg_float(p->dtype, p->number)
                               : tr_arg_int(p->dtype, (int64_t)p->number);
    }
    return args;
}

/* Launches on a fresh set of arrays. The time is that of the launch, without copies. */
static tr_status launch(tr_context *context, tr_kernel *kernel, demo_case *c, double *out_ms, tr_error *error)
{
    tr_status status = demo_make_arrays(c, error);
    if (status != TR_OK) return status;
    device_args moved;
    tr_arg *args = make_args(c);
    status = device_args_create(context, kernel, args, c->count, &moved, error);
    free(args);
    if (status != TR_OK) return status;
    const tr_launch_options options = { .cancel = watch_interrupt() };
    double begin = now_seconds();
    status = tr_launch(kernel, c->grid, moved.args, c->count, &options, error);
    *out_ms = (now_seconds() - begin) * 1e3;
    if (status == TR_OK) status = device_args_read(&moved, error);
    device_args_destroy(&moved);
    return status;
}

/* Launches a few times, for a time that says something, and compares every output of the last one. */
static tr_status run_and_compare(tr_context *context, tr_kernel *kernel, demo_case *c, demo_row *row, tr_error *error)
{
    enum { LAUNCHES = 3 };
    tr_status status = TR_OK;
    for (int i = 0; i < LAUNCHES && status == TR_OK; i++) {
        double ms = 0;
        status = launch(context, kernel, c, &ms, error);
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
    const tr_load load = { .device = row->device };
    tr_kernel *kernel;
    tr_status status = tr_kernel_load(context, path, &load, &kernel, error);
    if (status != TR_OK) return status;
    status = run_and_compare(context, kernel, c, row, error);
    tr_kernel_destroy(kernel);
    return status;
}

/* Nothing here runs the kernel. On a GPU that includes what was made for another one, or for a newer driver. */
static bool is_unsupported(const demo_row *row, tr_status status)
{
    bool on_gpu = strcmp(row->device, "cpu") != 0;
    return status == TR_UNSUPPORTED || status == TR_UNAVAILABLE || (on_gpu && status == TR_MISMATCH);
}

demo_row demo_make_row(tr_context *context, const char *path, const char *device, demo_case *c)
{
    demo_row row = { .kernel = c->variant, .device = device, .time_ms = NAN, .max_error = NAN };
    tr_error error = { 0 };
    tr_status status = fill_row(context, path, c, &row, &error);
    demo_free_arrays(c);
    if (status == TR_OK) return row;
    row.time_ms = row.max_error = NAN;
    row.verdict = is_unsupported(&row, status) ? "unsupported" : "wrong";
    row.error = error;
    return row;
}
