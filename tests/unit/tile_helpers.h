/* Small TTIR functions, compiled and run in tests of the tile VM. */
#ifndef TR_TEST_TILE_HELPERS_H
#define TR_TEST_TILE_HELPERS_H

#include "check.h"

#include "triton_runner.h"

/* A module with one kernel: its parameters and its body. */
#define KERNEL(params, body) "module {\n  tt.func public @k(" params ") {\n" body "    tt.return\n  }\n}\n"

/* %i = the i32 range [0, n) and %p = pointers base + range, for a pointer argument %base of element type t. */
#define RANGE(n) "    %i = tt.make_range {end = " n " : i32, start = 0 : i32} : tensor<" n "xi32>\n"
#define POINTERS(name, base, n, t)                                                                                     \
    "    %s_" name " = tt.splat " base " : !tt.ptr<" t "> -> tensor<" n "x!tt.ptr<" t ">>\n"                           \
    "    %" name " = tt.addptr %s_" name ", %i : tensor<" n "x!tt.ptr<" t ">>, tensor<" n "xi32>\n"

static inline tr_context *test_context(int32_t threads)
{
    tr_context *context = NULL;
    tr_error error;
    check_ok(tr_context_create(&(tr_context_options){ .threads = threads }, &context, &error), &error);
    return context;
}

static inline tr_kernel *test_kernel(tr_context *context, const char *text)
{
    tr_kernel *kernel = NULL;
    tr_error error;
    check_ok(tr_kernel_load_memory(context, text, strlen(text), "k.ttir", NULL, &kernel, &error), &error);
    return kernel;
}

/* Loads, launches, destroys; returns the launch's status. */
static inline tr_status run_text(const char *text, int32_t threads, tr_grid grid, const tr_arg *args, int32_t count,
                                 const tr_launch_options *options, tr_error *error)
{
    tr_context *context = test_context(threads);
    tr_kernel *kernel = test_kernel(context, text);
    tr_status status = tr_launch(kernel, grid, args, count, options, error);
    tr_kernel_destroy(kernel);
    tr_context_destroy(context);
    return status;
}

static inline void run_ok(const char *text, tr_grid grid, const tr_arg *args, int32_t count)
{
    tr_error error;
    check_ok(run_text(text, 1, grid, args, count, NULL, &error), &error);
}

#endif
