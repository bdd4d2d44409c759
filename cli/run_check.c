#include "run.h"

#include <stdlib.h>
#include <string.h>

static const char *param_name(const cli_run *run, int32_t index)
{
    return tr_kernel_param(run->kernel, index)->name;
}

tr_status check_names(const cli_run *run, tr_error *error)
{
    const run_options *o = run->options;
    int32_t index;
    const char *file;
    tr_status status = TR_OK;
    for (int i = 0; i < o->outs.count && status == TR_OK; i++) {
        status = find_file(run, "out", o->outs.items[i], &index, &file, error);
    }
    for (int i = 0; i < o->expects.count && status == TR_OK; i++) {
        status = find_file(run, "expect", o->expects.items[i], &index, &file, error);
    }
    for (int i = 0; i < o->prints.count && status == TR_OK; i++) {
        status = find_array(run, "print", o->prints.items[i], &index, error);
    }
    return status;
}

/* ---------------------------------------------------------------- --out, --print */

static json_t *array_json(const cli_run *run, int32_t index)
{
    const tr_array *array = &run->values[index].array;
    json_t *shape = json_array();
    for (int32_t i = 0; i < array->rank; i++) json_array_append_new(shape, json_integer(array->shape[i]));
    return json_pack("{s:o, s:s, s:o}", "name", json_text(param_name(run, index)), "dtype", tr_dtype_name(array->dtype),
                     "shape", shape);
}

/* The list `key` of the report, made when it isn't there. */
static json_t *report_list(const cli_run *run, const char *key)
{
    json_t *list = json_object_get(run->report, key);
    if (list) return list;
    list = json_array();
    json_object_set_new(run->report, key, list);
    return list;
}

tr_status write_outs(cli_run *run, tr_error *error)
{
    for (int i = 0; i < run->options->outs.count; i++) {
        int32_t index;
        const char *file;
        tr_status status = find_file(run, "out", run->options->outs.items[i], &index, &file, error);
        const tr_array *array = &run->values[index].array;
        if (status == TR_OK) status = tr_array_save_npy(file, array, error);
        if (status != TR_OK) return status;
        json_t *row = array_json(run, index);
        json_object_set_new(row, "file", json_text(file));
        json_array_append_new(report_list(run, "outputs"), row);
        char shape[SHAPE_TEXT_SIZE];
        if (run->options->common.json) continue;
        printf("wrote %s to %s: %s %s\n", param_name(run, index), file, tr_dtype_name(array->dtype),
               shape_text(array, shape));
    }
    return TR_OK;
}

tr_status print_values(cli_run *run, tr_error *error)
{
    enum { SHOWN = 32 };
    for (int i = 0; i < run->options->prints.count; i++) {
        int32_t index;
        tr_status status = find_array(run, "print", run->options->prints.items[i], &index, error);
        if (status != TR_OK) return status;
        const tr_array *array = &run->values[index].array;
        int64_t shown = array->count < SHOWN ? array->count : SHOWN;
        json_t *values = json_array();
        for (int64_t e = 0; e < shown; e++) json_array_append_new(values, json_number(tr_array_get(array, e)));
        json_t *row = array_json(run, index);
        json_object_set_new(row, "count", json_integer(array->count));
        json_object_set_new(row, "values", values);
        json_array_append_new(report_list(run, "values"), row);
        if (run->options->common.json) continue;
        char shape[SHAPE_TEXT_SIZE], element[ELEMENT_TEXT_SIZE];
        printf("%s: %s %s:", param_name(run, index), tr_dtype_name(array->dtype), shape_text(array, shape));
        for (int64_t e = 0; e < shown; e++) printf(" %s", element_text(array, e, element));
        printf(shown < array->count ? " ...\n" : "\n");
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- --expect */

/* Without a tolerance that of torch.testing.assert_close, which follows the precision of the type; fp8 gets one unit
 * in the last place. Integers must be equal. */
static const tr_tolerance default_tolerances[TR_DTYPE_COUNT] = {
    [TR_F8E4M3FN] = { .rtol = 0.125, .atol = 0.002 }, [TR_F8E5M2] = { .rtol = 0.25, .atol = 0.00002 },
    [TR_F16] = { .rtol = 1e-3, .atol = 1e-5 },        [TR_BF16] = { .rtol = 1.6e-2, .atol = 1e-5 },
    [TR_F32] = { .rtol = 1.3e-6, .atol = 1e-5 },      [TR_F64] = { .rtol = 1e-7, .atol = 1e-7 },
};

static tr_tolerance tolerance_for(const run_options *o, tr_dtype dtype)
{
    bool given = o->rtol.given || o->atol.given || o->ulp > 0;
    tr_tolerance t = default_tolerances[dtype];
    if (given) t = (tr_tolerance){ .rtol = o->rtol.value, .atol = o->atol.value, .ulp = (uint64_t)o->ulp };
    t.equal_nan = o->equal_nan;
    return t;
}

enum { NO_WRITER = -1, UNKNOWN_WRITER = -2 };

/* The linear id of the program that wrote element `element` of argument `index` last, from another launch with the
 * same arguments that records it. A GPU can't. */
static int64_t find_writer(cli_run *run, int32_t index, int64_t element)
{
    tr_error error;
    if (strcmp(tr_kernel_device(run->kernel), "cpu") != 0) return UNKNOWN_WRITER;
    if (make_values(run, &error) != TR_OK) return UNKNOWN_WRITER;
    const tr_array *array = &run->values[index].array;
    tr_launch_options options = { .writes_of_arg = index, .writer_granule = (uint32_t)tr_dtype_size(array->dtype) };
    options.writer = calloc((size_t)array->count, sizeof(*options.writer));
    if (!options.writer) return UNKNOWN_WRITER;
    double seconds;
    int64_t program = UNKNOWN_WRITER;
    if (launch(run, options, &seconds, &error) == TR_OK)
        program = (int64_t)options.writer[element] - 1; /* 0 is NO_WRITER */
    free(options.writer);
    return program;
}

/* One --expect. */
typedef struct expect_check {
    int32_t index;
    const char *file;
    tr_comparison comparison;
    /* Of the first difference, if there is one. */
    int64_t position[TR_MAX_RANK];
    char actual[ELEMENT_TEXT_SIZE], expected[ELEMENT_TEXT_SIZE];
    int64_t program; /* linear id of the one that wrote it, or NO_WRITER, UNKNOWN_WRITER */
    uint32_t x, y, z;
} expect_check;

static tr_status compare(cli_run *run, const char *text, expect_check *check, tr_error *error)
{
    tr_status status = find_file(run, "expect", text, &check->index, &check->file, error);
    if (status != TR_OK) return status;
    const tr_array *array = &run->values[check->index].array;
    const char *path = check->file[0] == '@' ? check->file + 1 : check->file;
    tr_tolerance tolerance = tolerance_for(run->options, array->dtype);
    tr_array expected;
    status = load_array(path, array->dtype, &expected, error);
    if (status != TR_OK) return status;
    status = tr_array_compare(array, &expected, &tolerance, &check->comparison, error);
    int64_t first = check->comparison.first_index;
    if (status == TR_OK && check->comparison.differing) {
        for (int32_t i = array->rank - 1; i >= 0; i--) {
            check->position[i] = first % array->shape[i];
            first /= array->shape[i];
        }
        element_text(array, check->comparison.first_index, check->actual);
        element_text(&expected, check->comparison.first_index, check->expected);
    }
    tr_array_destroy(&expected);
    return status;
}

static void set_writer(cli_run *run, expect_check *check)
{
    check->program = find_writer(run, check->index, check->comparison.first_index);
    uint64_t id = check->program < 0 ? 0 : (uint64_t)check->program;
    check->x = (uint32_t)(id % run->grid.x);
    check->y = (uint32_t)(id / run->grid.x % run->grid.y);
    check->z = (uint32_t)(id / run->grid.x / run->grid.y);
}

static json_t *first_json(const cli_run *run, const expect_check *check)
{
    const tr_comparison *c = &check->comparison;
    if (!c->differing) return json_null();
    json_t *position = json_array(), *program = json_null();
    for (int32_t i = 0; i < run->values[check->index].array.rank; i++) {
        json_array_append_new(position, json_integer(check->position[i]));
    }
    if (check->program >= 0) {
        program = json_pack("[I, I, I]", (json_int_t)check->x, (json_int_t)check->y, (json_int_t)check->z);
    }
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "index", (json_int_t)c->first_index, "position", position, "actual",
                     json_number(c->first_actual), "expected", json_number(c->first_expected), "program", program);
}

static void report_check(const cli_run *run, const expect_check *check)
{
    const tr_comparison *c = &check->comparison;
    json_t *row = array_json(run, check->index);
    json_t *more = json_pack("{s:o, s:I, s:I, s:o, s:o, s:I, s:s, s:o}", "file", json_text(check->file), "count",
                             (json_int_t)c->count, "differing", (json_int_t)c->differing, "max_abs_error",
                             json_number(c->max_abs_error), "max_rel_error", json_number(c->max_rel_error),
                             "max_ulp_error", (json_int_t)c->max_ulp_error, "verdict", c->differing ? "differs" : "ok",
                             "first", first_json(run, check));
    json_object_update(row, more);
    json_decref(more);
    json_array_append_new(report_list(run, "comparisons"), row);
}

static void print_check(const cli_run *run, const expect_check *check)
{
    const tr_comparison *c = &check->comparison;
    const char *name = param_name(run, check->index);
    if (c->differing) {
        printf("%s DIFFERS from %s: %lld of %lld elements", name, check->file, (long long)c->differing,
               (long long)c->count);
    } else {
        printf("%s agrees with %s: %lld elements", name, check->file, (long long)c->count);
    }
    printf("; largest error %.3g absolute, %.3g relative, %llu ulp\n", c->max_abs_error, c->max_rel_error,
           (unsigned long long)c->max_ulp_error);
    if (!c->differing) return;
    printf("  the first at [");
    for (int32_t i = 0; i < run->values[check->index].array.rank; i++) {
        printf("%s%lld", i ? ", " : "", (long long)check->position[i]);
    }
    printf("] (element %lld): %s, expected %s", (long long)c->first_index, check->actual, check->expected);
    if (check->program == NO_WRITER) printf("; no program wrote it");
    if (check->program >= 0) printf("; written by program (%u, %u, %u)", check->x, check->y, check->z);
    printf("\n");
}

tr_status check_expects(cli_run *run, tr_error *error)
{
    const text_list *expects = &run->options->expects;
    expect_check *checks = allocate((size_t)expects->count, sizeof(*checks));
    tr_status status = TR_OK;
    /* All are compared before a second launch makes the buffers anew. */
    for (int i = 0; i < expects->count && status == TR_OK; i++) {
        status = compare(run, expects->items[i], &checks[i], error);
    }
    for (int i = 0; i < expects->count && status == TR_OK; i++) {
        if (checks[i].comparison.differing) set_writer(run, &checks[i]);
        run->differs |= checks[i].comparison.differing > 0;
        report_check(run, &checks[i]);
        if (!run->options->common.json) print_check(run, &checks[i]);
    }
    free(checks);
    return status;
}
