/* The parts of `triton-runner demo`: the launches of examples/launches.json, the references, and one row. */
#ifndef TR_CLI_DEMO_H
#define TR_CLI_DEMO_H

#include "cli.h"

/* A parameter of an example. */
typedef struct demo_param {
    const char *name;
    bool is_buffer, is_output;
    tr_dtype dtype;
    double number;    /* of a scalar */
    const char *init; /* of a buffer, and what it is made from */
    double low, high;
    int32_t rank;
    int64_t shape[TR_MAX_RANK];
    tr_array array;    /* as the kernel gets it */
    tr_array before;   /* the same elements as f64, for the references */
    tr_array expected; /* f64, of an output; holds `before` until a reference fills it */
} demo_param;

/* An example: a variant of a kernel and how it is launched. */
typedef struct demo_case {
    const char *variant, *kernel, *reference;
    tr_grid grid;
    tr_tolerance tolerance;
    demo_param *params;
    int32_t count;
} demo_case;

typedef struct demo_cases {
    json_t *root; /* owns the texts */
    demo_case *items;
    int count;
} demo_cases;

/* Reads FOLDER/launches.json. */
tr_status demo_read(const char *folder, demo_cases *out_cases, tr_error *error);
void demo_free(demo_cases *cases);

/* Makes the arrays of a case anew, always the same ones. */
tr_status demo_make_arrays(demo_case *c, tr_error *error);
void demo_free_arrays(demo_case *c);

/* Fills the `expected` of a case's outputs, in f64. TR_UNSUPPORTED when there is no reference of that name. */
tr_status demo_compute_reference(const demo_case *c, tr_error *error);

/* What came of one example at one level on one device. */
typedef struct demo_row {
    const char *kernel, *triton, *device;
    tr_level level;
    double time_ms, max_error; /* NAN = there is none */
    const char *verdict;
    tr_error error; /* why it is not ok; status TR_OK when the numbers say it */
} demo_row;

/* Runs the artifact at `path`. A failure is a row too: "unsupported" when nothing here runs the kernel, "wrong" when it
 * should have run. The caller sets `triton` and `level`. */
demo_row demo_make_row(tr_context *context, const char *path, const char *device, demo_case *c);

#endif
