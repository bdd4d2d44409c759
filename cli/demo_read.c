#include "demo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- launches.json */

/* launches.json is written by examples/generate.py; what it writes is checked, not repaired. */
static tr_status fail_case(tr_error *error, const char *variant, const char *problem, const char *name)
{
    return fail(error, TR_INVALID_INPUT, "examples/launches.json: variant '%s' %s '%s'", variant ? variant : "?",
                problem, name ? name : "?");
}

static tr_dtype read_dtype(const char *name)
{
    return name && strcmp(name, "f8e4m3") == 0 ? TR_F8E4M3FN : tr_dtype_from_name(name);
}

static bool read_shape(const json_t *list, demo_param *p)
{
    size_t rank = json_array_size(list);
    if (!json_is_array(list) || rank > TR_MAX_RANK) return false;
    p->rank = (int32_t)rank;
    for (size_t i = 0; i < rank; i++) p->shape[i] = json_integer_value(json_array_get(list, i));
    return true;
}

static tr_status read_param(const json_t *row, const char *variant, demo_param *p, tr_error *error)
{
    const char *kind = json_string_value(json_object_get(row, "kind"));
    const char *role = json_string_value(json_object_get(row, "role"));
    p->name = json_string_value(json_object_get(row, "name"));
    p->dtype = read_dtype(json_string_value(json_object_get(row, "dtype")));
    p->is_buffer = kind && strcmp(kind, "buffer") == 0;
    p->is_output = role && strcmp(role, "in") != 0;
    p->number = json_number_value(json_object_get(row, "value"));
    p->init = json_string_value(json_object_get(row, "init"));
    p->low = json_number_value(json_object_get(row, "low"));
    p->high = json_number_value(json_object_get(row, "high"));
    if (!p->name || !p->dtype || !kind) return fail_case(error, variant, "has a damaged parameter", p->name);
    if (p->is_buffer && (!p->init || !read_shape(json_object_get(row, "shape"), p))) {
        return fail_case(error, variant, "has a buffer without a sound init or shape", p->name);
    }
    return TR_OK;
}

static tr_status read_case(const json_t *row, demo_case *c, tr_error *error)
{
    int grid[3];
    const json_t *params = json_object_get(row, "params");
    if (json_unpack((json_t *)(uintptr_t)row, "{s:s, s:s, s:s, s:[i, i, i], s:F, s:F}", "variant", &c->variant,
                    "kernel", &c->kernel, "reference", &c->reference, "grid", &grid[0], &grid[1], &grid[2], "rtol",
                    &c->tolerance.rtol, "atol", &c->tolerance.atol) != 0 ||
        !json_is_array(params)) {
        return fail_case(error, c->variant, "lacks a key of", "variant kernel reference grid rtol atol params");
    }
    c->grid = (tr_grid){ (uint32_t)grid[0], (uint32_t)grid[1], (uint32_t)grid[2] };
    c->count = (int32_t)json_array_size(params);
    c->params = allocate((size_t)c->count, sizeof(*c->params));
    for (int32_t i = 0; i < c->count; i++) {
        tr_status status = read_param(json_array_get(params, (size_t)i), c->variant, &c->params[i], error);
        if (status != TR_OK) return status;
    }
    return TR_OK;
}

tr_status demo_read(const char *folder, demo_cases *out_cases, tr_error *error)
{
    char *path = format_text("%s/launches.json", folder);
    json_error_t fault;
    demo_cases cases = { .root = json_load_file(path, 0, &fault) };
    tr_status status = TR_OK;
    if (!json_is_array(cases.root)) {
        status = fail(error, TR_INVALID_INPUT, "'%s' is not a list of launches: %s", path,
                      cases.root ? "another JSON value" : fault.text);
    }
    cases.count = (int)json_array_size(cases.root);
    cases.items = allocate((size_t)cases.count, sizeof(*cases.items));
    for (int i = 0; i < cases.count && status == TR_OK; i++) {
        status = read_case(json_array_get(cases.root, (size_t)i), &cases.items[i], error);
    }
    free(path);
    if (status == TR_OK) {
        *out_cases = cases;
    } else {
        demo_free(&cases);
    }
    return status;
}

void demo_free(demo_cases *cases)
{
    for (int i = 0; i < cases->count; i++) {
        demo_free_arrays(&cases->items[i]);
        free(cases->items[i].params);
    }
    free(cases->items);
    json_decref(cases->root);
    *cases = (demo_cases){ 0 };
}

/* ---------------------------------------------------------------- arrays */

typedef struct init_row {
    const char *name;
    tr_fill fill;
} init_row;

static const init_row inits[] = {
    { "zeros", TR_FILL_ZEROS }, { "ones", TR_FILL_ONES },     { "rand", TR_FILL_RAND },
    { "randn", TR_FILL_RANDN }, { "arange", TR_FILL_ARANGE },
};

/* Integers in [low, high), from uniform ones. */
static tr_status fill_range(demo_param *p, double low, double high, uint64_t seed, tr_error *error)
{
    tr_array uniform;
    tr_status status = tr_array_create(TR_F64, p->rank, p->shape, TR_FILL_RAND, seed, &uniform, error);
    if (status != TR_OK) return status;
    for (int64_t i = 0; i < p->array.count; i++) {
        tr_array_set(&p->array, i, low + floor(tr_array_get(&uniform, i) * (high - low)));
    }
    tr_array_destroy(&uniform);
    return TR_OK;
}

static tr_status make_array(demo_param *p, uint64_t seed, tr_error *error)
{
    for (size_t i = 0; i < sizeof(inits) / sizeof(inits[0]); i++) {
        if (strcmp(inits[i].name, p->init) != 0) continue;
        return tr_array_create(p->dtype, p->rank, p->shape, inits[i].fill, seed, &p->array, error);
    }
    bool bits = strcmp(p->init, "bits") == 0; /* all values that the type has */
    if (!bits && strcmp(p->init, "randint") != 0) {
        return fail(error, TR_INVALID_INPUT, "examples/launches.json: unknown init '%s'", p->init);
    }
    tr_status status = tr_array_create(p->dtype, p->rank, p->shape, TR_FILL_EMPTY, 0, &p->array, error);
    if (status != TR_OK) return status;
    double half = ldexp(1, 8 * (int)tr_dtype_size(p->dtype) - 1);
    return bits ? fill_range(p, -half, half, seed, error) : fill_range(p, p->low, p->high, seed, error);
}

static tr_status copy_as_f64(const tr_array *array, tr_array *out, tr_error *error)
{
    tr_status status = tr_array_create(TR_F64, array->rank, array->shape, TR_FILL_EMPTY, 0, out, error);
    if (status != TR_OK) return status;
    double *to = out->data;
    for (int64_t i = 0; i < array->count; i++) to[i] = tr_array_get(array, i);
    return TR_OK;
}

tr_status demo_make_arrays(demo_case *c, tr_error *error)
{
    demo_free_arrays(c);
    tr_status status = TR_OK;
    for (int32_t i = 0; i < c->count && status == TR_OK; i++) {
        demo_param *p = &c->params[i];
        if (!p->is_buffer) continue;
        status = make_array(p, (uint64_t)i, error);
        if (status == TR_OK) status = copy_as_f64(&p->array, &p->before, error);
        if (status == TR_OK && p->is_output) status = copy_as_f64(&p->array, &p->expected, error);
    }
    return status;
}

void demo_free_arrays(demo_case *c)
{
    for (int32_t i = 0; i < c->count; i++) {
        tr_array_destroy(&c->params[i].array);
        tr_array_destroy(&c->params[i].before);
        tr_array_destroy(&c->params[i].expected);
    }
}
