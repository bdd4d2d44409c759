/* runner: contexts, devices, kernels, and every check of a launch. */
#include "check.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* out[i] = x[i] + y[i] for i < n, 16 elements a program. */
static const char add_text[] =
    "#loc = loc(\"add.py\":3:1)\n"
    "#loc1 = loc(\"add.py\":7:9)\n"
    "module {\n"
    "  tt.func public @add(%x: !tt.ptr<f32> loc(#loc), %y: !tt.ptr<f32> loc(#loc), %out: !tt.ptr<f32> loc(#loc), "
    "%n: i32 loc(#loc)) {\n"
    "    %c16 = arith.constant 16 : i32 loc(#loc)\n"
    "    %pid = tt.get_program_id x : i32 loc(#loc)\n"
    "    %start = arith.muli %pid, %c16 : i32 loc(#loc)\n"
    "    %range = tt.make_range {end = 16 : i32, start = 0 : i32} : tensor<16xi32> loc(#loc)\n"
    "    %base = tt.splat %start : i32 -> tensor<16xi32> loc(#loc)\n"
    "    %offsets = arith.addi %base, %range : tensor<16xi32> loc(#loc)\n"
    "    %limit = tt.splat %n : i32 -> tensor<16xi32> loc(#loc)\n"
    "    %mask = arith.cmpi slt, %offsets, %limit : tensor<16xi32> loc(#loc)\n"
    "    %xs = tt.splat %x : !tt.ptr<f32> -> tensor<16x!tt.ptr<f32>> loc(#loc)\n"
    "    %xp = tt.addptr %xs, %offsets : tensor<16x!tt.ptr<f32>>, tensor<16xi32> loc(#loc)\n"
    "    %a = tt.load %xp, %mask : tensor<16x!tt.ptr<f32>> loc(#loc1)\n"
    "    %ys = tt.splat %y : !tt.ptr<f32> -> tensor<16x!tt.ptr<f32>> loc(#loc)\n"
    "    %yp = tt.addptr %ys, %offsets : tensor<16x!tt.ptr<f32>>, tensor<16xi32> loc(#loc)\n"
    "    %b = tt.load %yp, %mask : tensor<16x!tt.ptr<f32>> loc(#loc1)\n"
    "    %sum = arith.addf %a, %b : tensor<16xf32> loc(#loc)\n"
    "    %os = tt.splat %out : !tt.ptr<f32> -> tensor<16x!tt.ptr<f32>> loc(#loc)\n"
    "    %op = tt.addptr %os, %offsets : tensor<16x!tt.ptr<f32>>, tensor<16xi32> loc(#loc)\n"
    "    tt.store %op, %sum, %mask : tensor<16x!tt.ptr<f32>> loc(#loc1)\n"
    "    tt.return loc(#loc)\n"
    "  } loc(#loc)\n"
    "} loc(#loc)\n";

static tr_context *context;

static int make_context(void **state)
{
    (void)state;
    return tr_context_create(&(tr_context_options){ .threads = 2 }, &context, NULL) == TR_OK ? 0 : -1;
}

static int destroy_context(void **state)
{
    (void)state;
    tr_context_destroy(context);
    return 0;
}

static tr_kernel *load_text(const char *text, const tr_load *options)
{
    tr_error error;
    tr_kernel *kernel = NULL;
    check_ok(tr_kernel_load_memory(context, text, strlen(text), "k.ttir", options, &kernel, &error), &error);
    return kernel;
}

/* A kernel that does nothing with parameters of these types. */
static tr_kernel *load_with(const char *params)
{
    char text[4096];
    snprintf(text, sizeof(text), "module {\n  tt.func public @k(%s) {\n    tt.return\n  }\n}\n", params);
    return load_text(text, NULL);
}

/* ---------------------------------------------------------------- context */

static void contexts(void **state)
{
    (void)state;
    tr_error error;
    tr_context *c;
    assert_int_equal(tr_context_threads(context), 2);
    assert_non_null(tr_context_isa(context));
    check_ok(tr_context_create(&(tr_context_options){ .threads = 1, .isa = "baseline" }, &c, &error), &error);
    assert_string_equal(tr_context_isa(c), "baseline");
    tr_context_destroy(c);
    check_fails(tr_context_create(&(tr_context_options){ .threads = -1 }, &c, &error), TR_INVALID_ARGUMENT, &error,
                "threads is -1");
    check_fails(tr_context_create(&(tr_context_options){ .isa = "mmx" }, &c, &error), TR_INVALID_ARGUMENT, &error,
                "instruction set 'mmx'");
    check_fails(tr_context_create(NULL, NULL, &error), TR_INVALID_ARGUMENT, &error, "context");
    tr_context_destroy(NULL);
}

static void contexts_from_the_environment(void **state)
{
    (void)state;
    tr_error error;
    tr_context *c;
    setenv("TRITON_RUNNER_THREADS", "3", 1);
    setenv("TRITON_RUNNER_ISA", "baseline", 1);
    check_ok(tr_context_create(NULL, &c, &error), &error);
    assert_int_equal(tr_context_threads(c), 3);
    assert_string_equal(tr_context_isa(c), "baseline");
    tr_context_destroy(c);
    setenv("TRITON_RUNNER_THREADS", "many", 1);
    check_fails(tr_context_create(NULL, &c, &error), TR_INVALID_ARGUMENT, &error, "TRITON_RUNNER_THREADS is 'many'");
    setenv("TRITON_RUNNER_THREADS", "0", 1);
    check_fails(tr_context_create(NULL, &c, &error), TR_INVALID_ARGUMENT, &error, "TRITON_RUNNER_THREADS is 0");
    unsetenv("TRITON_RUNNER_THREADS");
    unsetenv("TRITON_RUNNER_ISA");
}

static void devices(void **state)
{
    (void)state;
    tr_device device;
    assert_true(tr_device_count() >= 2); /* without a GPU "cuda" says why it is not there */
    assert_true(tr_device_get(0, &device));
    assert_string_equal(device.name, "cpu");
    assert_true(device.available);
    assert_true(tr_device_get(1, &device));
    assert_string_equal(device.name, "cuda");
    assert_true(device.detail[0] != 0);
    assert_false(tr_device_get(tr_device_count(), &device));
    assert_false(tr_device_get(-1, &device));
    const char *reason = NULL;
    assert_string_equal(tr_engine_name(TR_LEVEL_TTIR, "cpu", &reason), "tile VM");
    assert_null(reason);
    for (int level = TR_LEVEL_TTIR; level < TR_LEVEL_COUNT; level++) {
        for (int i = 0; i < tr_device_count(); i++) {
            reason = NULL;
            assert_true(tr_device_get(i, &device));
            const char *engine = tr_engine_name((tr_level)level, device.name, &reason);
            assert_true((engine != NULL) != (reason != NULL));
        }
    }
    assert_null(tr_engine_name(TR_LEVEL_TTIR, "tpu", &reason));
    assert_null(tr_engine_name((tr_level)77, "cpu", NULL));
}

static void versions(void **state)
{
    (void)state;
    char expected[32];
    snprintf(expected, sizeof(expected), "%d.%d.%d", TR_VERSION_MAJOR, TR_VERSION_MINOR, TR_VERSION_PATCH);
    assert_string_equal(tr_version(), expected);
    assert_non_null(strstr(tr_build_info(), "jansson"));
}

/* ---------------------------------------------------------------- loading */

static void loading(void **state)
{
    (void)state;
    tr_kernel *k = load_text(add_text, NULL);
    assert_string_equal(tr_kernel_name(k), "add");
    assert_int_equal(tr_kernel_level(k), TR_LEVEL_TTIR);
    assert_string_equal(tr_kernel_path(k), "k.ttir");
    assert_int_equal(tr_kernel_size(k), strlen(add_text));
    assert_string_equal(tr_kernel_device(k), "cpu");
    assert_true(tr_kernel_runs(k));
    assert_int_equal(tr_kernel_param_count(k), 4);
    assert_string_equal(tr_kernel_param(k, 3)->name, "n");
    assert_null(tr_kernel_param(k, 4));
    assert_null(tr_kernel_param(k, -1));
    assert_null(tr_kernel_metadata(k, "name"));
    assert_null(tr_kernel_metadata_key(k, 0));
    char *steps = NULL;
    tr_error error;
    check_ok(tr_kernel_steps_text(k, &steps, &error), &error);
    assert_true(strlen(steps) > 100);
    free(steps);
    tr_kernel_destroy(k);
    tr_kernel_destroy(NULL);
}

static void loading_that_fails(void **state)
{
    (void)state;
    tr_error error;
    tr_kernel *k;
    check_fails(tr_kernel_load(context, "none.ttir", NULL, &k, &error), TR_NOT_FOUND, &error, "none.ttir");
    check_fails(tr_kernel_load(context, "none.ttir", &(tr_load){ .device = "cuda" }, &k, &error), TR_UNAVAILABLE,
                &error, "device 'cuda' is not there: ");
    check_fails(tr_kernel_load(context, "none.ttir", &(tr_load){ .device = "tpu" }, &k, &error), TR_INVALID_ARGUMENT,
                &error, "there is no device 'tpu'; there are 'cpu', 'cuda'");
    check_fails(tr_kernel_load(NULL, "none.ttir", NULL, &k, &error), TR_INVALID_ARGUMENT, &error, "no context");
    check_fails(tr_kernel_load_memory(context, "module", 6, "k.ttir", NULL, &k, &error), TR_INVALID_INPUT, &error, "");
    static const char ptx[] = ".version 8.0\n.target sm_90\n.visible .entry k()\n{\n  ret;\n}\n";
    check_fails(tr_kernel_load_memory(context, ptx, strlen(ptx), "k.ptx", NULL, &k, &error), TR_UNSUPPORTED, &error,
                "'k.ptx' is ptx, which can't run here: there is no engine for ptx on 'cpu' yet; 'cpu' runs ttir, "
                "'cuda' every level");
}

static void loading_with_options(void **state)
{
    (void)state;
    tr_error error;
    tr_kernel *k = NULL;
    tr_stage stage;
    tr_resources resources = { .registers = 1 };
    static const char metadata[] = "{\"name\": \"add\",  \"num_warps\": 4, \"num_stages\": 3}";
    k = load_text(add_text, &(tr_load){ .metadata_text = metadata, .options = " {} ", .level = TR_LEVEL_TTIR });
    assert_string_equal(tr_kernel_metadata(k, "num_stages"), "3");
    assert_string_equal(tr_kernel_metadata_text(k), metadata);
    assert_true(tr_kernel_stage(k, 0, &stage));
    assert_int_equal(stage.level, TR_LEVEL_TTIR);
    assert_int_equal(stage.size, strlen(add_text));
    assert_string_equal((const char *)stage.data, add_text);
    assert_false(tr_kernel_stage(k, 1, &stage));
    tr_kernel_resources(k, &resources);
    assert_int_equal(resources.registers, 0);
    tr_kernel_destroy(k);

    k = load_text(add_text, NULL);
    assert_null(tr_kernel_metadata_text(k));
    tr_kernel_destroy(k);

    const struct {
        tr_load load;
        tr_status status;
        const char *part;
    } wrong[] = {
        { { .metadata_text = metadata, .metadata = "k.json" },
          TR_INVALID_ARGUMENT,
          "given twice: as the file 'k.json'" },
        { { .metadata_text = "{\"name\": \"mul\"}" },
          TR_MISMATCH,
          "metadata '<metadata>' disagree: that is of kernel 'mul'" },
        { { .metadata_text = "{\"name\": \"mul\"}", .kernel = "add" }, TR_MISMATCH, "'mul', not of 'add'" },
        { { .metadata_text = "" }, TR_INVALID_INPUT, "metadata is not JSON" },
        { { .options = "{\"num_warps\": 8}" }, TR_INVALID_ARGUMENT, "'k.ttir' is ttir, which 'cpu' runs as it is" },
        { { .options = "[]" }, TR_INVALID_ARGUMENT, "the compiler options must be a JSON object" },
        { { .options = "{\"a\": 1, \"a\": 2}" }, TR_INVALID_ARGUMENT, "must be a JSON object: duplicate" },
        { { .level = TR_LEVEL_PTX }, TR_MISMATCH, "'k.ttir' is ttir, not ptx as the call says" },
        { { .level = TR_LEVEL_COUNT }, TR_INVALID_ARGUMENT, "there is no level 6" },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const tr_status status = tr_kernel_load_memory(context, add_text, strlen(add_text), "k.ttir", &wrong[i].load,
                                                       &k, &error);
        check_fails(status, wrong[i].status, &error, wrong[i].part);
    }
    /* Text that could be anything is what the caller says, and then that is what is wrong with it. */
    static const char anything[] = "hello";
    check_fails(tr_kernel_load_memory(context, anything, 5, "x", NULL, &k, &error), TR_INVALID_INPUT, &error,
                "'x' is not a kernel");
    check_fails(tr_kernel_load_memory(context, anything, 5, "x", &(tr_load){ .level = TR_LEVEL_TTIR }, &k, &error),
                TR_INVALID_INPUT, &error, "expected");
    check_fails(tr_kernel_load_memory(context, anything, 5, "x", &(tr_load){ .level = TR_LEVEL_CUBIN }, &k, &error),
                TR_INVALID_INPUT, &error, "'x' is not a");
}

static const char unknown_op[] = "#loc = loc(\"k.py\":9:4)\n"
                                 "module {\n"
                                 "  tt.func public @k(%n: i32) {\n"
                                 "    %0 = \"tt.frobnicate\"(%n) : (i32) -> i32 loc(#loc)\n"
                                 "    %1 = \"tt.frobnicate\"(%0) : (i32) -> i32 loc(#loc)\n"
                                 "    tt.return\n"
                                 "  }\n"
                                 "}\n";

static void what_cannot_run_can_be_inspected(void **state)
{
    (void)state;
    tr_error error;
    tr_kernel *k;
    check_fails(tr_kernel_load_memory(context, unknown_op, strlen(unknown_op), "k.ttir", NULL, &k, &error),
                TR_UNSUPPORTED, &error, "tt.frobnicate");
    assert_int_equal(error.line, 4);
    assert_non_null(strstr(error.message, "k.py:9"));

    k = load_text(unknown_op, &(tr_load){ .inspect_only = true });
    assert_false(tr_kernel_runs(k));
    assert_int_equal(tr_kernel_op_count(k), 2);
    const tr_op_use *op = tr_kernel_op(k, 0);
    assert_string_equal(op->name, "tt.frobnicate");
    assert_int_equal(op->count, 2);
    assert_false(op->runs);
    assert_non_null(op->reason);
    assert_int_equal(op->line, 4);
    assert_string_equal(op->source_file, "k.py");
    assert_int_equal(op->source_line, 9);
    assert_true(tr_kernel_op(k, 1)->runs);
    assert_null(tr_kernel_op(k, 2));
    tr_arg arg = tr_arg_i32(1);
    char *steps;
    check_fails(tr_launch(k, (tr_grid){ 1, 1, 1 }, &arg, 1, NULL, &error), TR_UNSUPPORTED, &error, "tt.frobnicate");
    check_fails(tr_kernel_steps_text(k, &steps, &error), TR_UNSUPPORTED, &error, "tt.frobnicate");
    tr_kernel_destroy(k);
}

/* Ops of functions that the kernel calls count, those of others don't. */
static void reachable_ops(void **state)
{
    (void)state;
    static const char text[] = "module {\n"
                               "  tt.func public @k(%n: i32) {\n"
                               "    tt.call @f(%n) : (i32) -> ()\n"
                               "    tt.return\n"
                               "  }\n"
                               "  tt.func private @f(%n: i32) {\n"
                               "    %0 = arith.addi %n, %n : i32\n"
                               "    tt.return\n"
                               "  }\n"
                               "  tt.func private @g(%n: i32) {\n"
                               "    %0 = arith.muli %n, %n : i32\n"
                               "    tt.return\n"
                               "  }\n"
                               "}\n";
    tr_kernel *k = load_text(text, NULL);
    assert_int_equal(tr_kernel_op_count(k), 3);
    assert_string_equal(tr_kernel_op(k, 0)->name, "arith.addi");
    assert_string_equal(tr_kernel_op(k, 1)->name, "tt.call");
    assert_string_equal(tr_kernel_op(k, 2)->name, "tt.return");
    assert_int_equal(tr_kernel_op(k, 2)->count, 2);
    tr_kernel_destroy(k);
}

static void parameters_without_an_argument(void **state)
{
    (void)state;
    tr_error error;
    tr_kernel *k;
    static const char text[] = "module {\n"
                               "  tt.func public @k(%d: !tt.tensordesc<tensor<16x32xf32>>) {\n"
                               "    tt.return\n"
                               "  }\n"
                               "}\n";
    check_fails(tr_kernel_load_memory(context, text, strlen(text), "k.ttir", NULL, &k, &error), TR_UNSUPPORTED, &error,
                "descriptor parameter 'd' is not followed by its 2 sizes and strides");
}

/* ---------------------------------------------------------------- launching */

static void launching(void **state)
{
    (void)state;
    enum { N = 100 };
    float x[N], y[N], out[N + 1];
    for (int i = 0; i < N; i++) {
        x[i] = (float)i;
        y[i] = 0.5f;
    }
    out[N] = -1;
    tr_kernel *k = load_text(add_text, NULL);
    tr_error error;
    const tr_arg args[] = { tr_arg_buffer(x, sizeof(x)), tr_arg_buffer(y, sizeof(y)), tr_arg_buffer(out, sizeof(out)),
                            tr_arg_i32(N) };
    check_ok(tr_launch(k, (tr_grid){ 7, 1, 1 }, args, 4, NULL, &error), &error);
    for (int i = 0; i < N; i++) assert_true(out[i] == (float)i + 0.5f);
    assert_true(out[N] == -1);
    tr_kernel_destroy(k);
}

static void writers_are_recorded(void **state)
{
    (void)state;
    enum { N = 64 };
    float x[N] = { 0 }, out[N] = { 0 };
    uint32_t writer[N] = { 0 };
    tr_kernel *k = load_text(add_text, NULL);
    tr_error error;
    const tr_arg args[] = { tr_arg_buffer(x, sizeof(x)), tr_arg_buffer(x, sizeof(x)), tr_arg_buffer(out, sizeof(out)),
                            tr_arg_i32(40) };
    const tr_launch_options options = { .writes_of_arg = 2, .writer = writer, .writer_granule = sizeof(float) };
    check_ok(tr_launch(k, (tr_grid){ 4, 1, 1 }, args, 4, &options, &error), &error);
    for (uint32_t i = 0; i < N; i++) assert_int_equal(writer[i], i < 40 ? 1 + i / 16 : 0);
    tr_kernel_destroy(k);
}

static void out_of_bounds(void **state)
{
    (void)state;
    float x[40] = { 0 }, out[64];
    tr_kernel *k = load_text(add_text, NULL);
    tr_error error;
    const tr_arg args[] = { tr_arg_buffer(out, sizeof(out)), tr_arg_buffer(x, sizeof(x)),
                            tr_arg_buffer(out, sizeof(out)), tr_arg_i32(64) };
    const tr_launch_options options = { .threads = 1 };
    tr_status status = tr_launch(k, (tr_grid){ 4, 1, 1 }, args, 4, &options, &error);
    check_fails(status, TR_OUT_OF_BOUNDS, &error, "'y'");
    assert_non_null(strstr(error.message, "(2, 0, 0)"));
    assert_non_null(strstr(error.message, "40"));
    assert_non_null(strstr(error.message, "add.py:7"));
    tr_kernel_destroy(k);
}

static void grids(void **state)
{
    (void)state;
    static const struct {
        tr_grid grid;
        const char *part;
    } cases[] = {
        { { 0, 1, 1 }, "the grid (0, 1, 1) is 0 in x" },
        { { 1, 0, 1 }, "is 0 in y" },
        { { 1, 1, 0 }, "is 0 in z" },
        { { 0x80000000u, 1, 1 }, "too large in x; the most is 2147483647" },
        { { 1, 65536, 1 }, "too large in y; the most is 65535" },
        { { 1, 1, UINT32_MAX }, "too large in z; the most is 65535" },
    };
    tr_kernel *k = load_with("");
    tr_error error;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        check_fails(tr_launch(k, cases[i].grid, NULL, 0, NULL, &error), TR_INVALID_ARGUMENT, &error, cases[i].part);
    }
    check_ok(tr_launch(k, (tr_grid){ 3, 2, 2 }, NULL, 0, NULL, &error), &error);
    tr_kernel_destroy(k);
}

static void numbers_of_arguments(void **state)
{
    (void)state;
    tr_kernel *k = load_with("%x: !tt.ptr<f32>, %n: i32");
    tr_error error;
    float x[4];
    const tr_arg args[] = { tr_arg_buffer(x, sizeof(x)), tr_arg_i32(4), tr_arg_i32(5) };
    check_fails(tr_launch(k, (tr_grid){ 1, 1, 1 }, args, 1, NULL, &error), TR_INVALID_ARGUMENT, &error,
                "too few arguments: kernel 'k' takes 2, got 1 (x: !tt.ptr<f32>, [missing:] n: i32)");
    check_fails(tr_launch(k, (tr_grid){ 1, 1, 1 }, args, 3, NULL, &error), TR_INVALID_ARGUMENT, &error,
                "too many arguments: kernel 'k' takes 2, got 3 (x: !tt.ptr<f32>, n: i32)");
    check_fails(tr_launch(k, (tr_grid){ 1, 1, 1 }, args, -1, NULL, &error), TR_INVALID_ARGUMENT, &error, "too few");
    check_fails(tr_launch(k, (tr_grid){ 1, 1, 1 }, NULL, 2, NULL, &error), TR_INVALID_ARGUMENT, &error, "no arguments");
    check_fails(tr_launch(NULL, (tr_grid){ 1, 1, 1 }, args, 2, NULL, &error), TR_INVALID_ARGUMENT, &error, "no kernel");
    tr_kernel_destroy(k);
}

/* Launches a kernel of one parameter. */
static tr_status launch_one(const char *param, tr_arg arg, tr_error *error)
{
    tr_kernel *k = load_with(param);
    tr_status status = tr_launch(k, (tr_grid){ 1, 1, 1 }, &arg, 1, NULL, error);
    tr_kernel_destroy(k);
    return status;
}

static void kinds_and_types_of_arguments(void **state)
{
    (void)state;
    tr_error error;
    float data[4];
    tr_array f32 = { .dtype = TR_F32, .rank = 1, .shape = { 4 }, .count = 4, .data = data };
    tr_array u32 = f32, i8 = f32;
    u32.dtype = TR_U32;
    i8.dtype = TR_I8;
    check_fails(launch_one("%x: !tt.ptr<f32>", tr_arg_i32(1), &error), TR_INVALID_ARGUMENT, &error,
                "argument 0 'x' (!tt.ptr<f32>) needs a buffer, got a scalar i32");
    check_fails(launch_one("%n: i32", tr_arg_array(&f32), &error), TR_INVALID_ARGUMENT, &error,
                "argument 0 'n' (i32) needs a scalar, got a buffer");
    check_fails(launch_one("%x: !tt.ptr<f16>", tr_arg_array(&f32), &error), TR_INVALID_ARGUMENT, &error,
                "argument 0 'x' (!tt.ptr<f16>) needs a buffer of f16, got one of f32");
    check_fails(launch_one("%x: !tt.ptr<i32>", tr_arg_array(&f32), &error), TR_INVALID_ARGUMENT, &error, "of i32");
    check_ok(launch_one("%x: !tt.ptr<i32>", tr_arg_array(&u32), &error), &error);
    check_ok(launch_one("%x: !tt.ptr<i1>", tr_arg_array(&i8), &error), &error);
    check_ok(launch_one("%x: !tt.ptr<f16>", tr_arg_buffer(data, sizeof(data)), &error), &error);
    check_ok(launch_one("%x: !tt.ptr<f16>", tr_arg_buffer(NULL, 0), &error), &error);
    check_fails(launch_one("%x: !tt.ptr<f16>", tr_arg_buffer(NULL, 8), &error), TR_INVALID_ARGUMENT, &error,
                "is a NULL buffer of 8 bytes");
    check_fails(launch_one("%n: i32", tr_arg_f32(1), &error), TR_INVALID_ARGUMENT, &error,
                "needs a scalar i32, got f32");
    check_fails(launch_one("%n: f32", tr_arg_i32(1), &error), TR_INVALID_ARGUMENT, &error,
                "needs a scalar f32, got i32");
    check_fails(launch_one("%n: f32", tr_arg_f64(1), &error), TR_INVALID_ARGUMENT, &error,
                "needs a scalar f32, got f64");
    check_fails(launch_one("%n: f16", tr_arg_bf16(1), &error), TR_INVALID_ARGUMENT, &error, "needs a scalar f16");
    check_ok(launch_one("%n: f32", tr_arg_f32(1), &error), &error);
    check_ok(launch_one("%n: f64", tr_arg_f64(1), &error), &error);
    check_ok(launch_one("%n: f16", tr_arg_f16(1), &error), &error);
    check_ok(launch_one("%n: bf16", tr_arg_bf16(1), &error), &error);
}

static void ranges_of_integers(void **state)
{
    (void)state;
    tr_error error;
    check_ok(launch_one("%n: i32", tr_arg_i32(-1), &error), &error);
    check_ok(launch_one("%n: i32", tr_arg_i64(INT32_MIN), &error), &error);
    check_ok(launch_one("%n: i32", tr_arg_i64(UINT32_MAX), &error), &error);
    check_ok(launch_one("%n: i32", tr_arg_i8(-5), &error), &error);
    check_ok(launch_one("%n: i64", tr_arg_int(TR_U64, -1), &error), &error);
    check_ok(launch_one("%n: i1", tr_arg_i32(1), &error), &error);
    check_ok(launch_one("%n: i1", tr_arg_i1(true), &error), &error);
    check_ok(launch_one("%n: i8", tr_arg_int(TR_U8, 255), &error), &error);
    check_fails(launch_one("%n: i32", tr_arg_i64(1ll << 32), &error), TR_INVALID_ARGUMENT, &error,
                "argument 0 'n' (i32) does not hold 4294967296: its range is -2147483648 to 4294967295");
    check_fails(launch_one("%n: i32", tr_arg_i64((int64_t)INT32_MIN - 1), &error), TR_INVALID_ARGUMENT, &error,
                "-2147483649");
    check_fails(launch_one("%n: i8", tr_arg_i32(256), &error), TR_INVALID_ARGUMENT, &error, "256");
    check_fails(launch_one("%n: i1", tr_arg_i32(-1), &error), TR_INVALID_ARGUMENT, &error, "0 to 1");
    check_fails(launch_one("%n: i32", tr_arg_int(TR_U64, -1), &error), TR_INVALID_ARGUMENT, &error,
                "18446744073709551615");
}

/* The values themselves arrive: each parameter is stored to a buffer. */
static void scalars_arrive(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        tr_arg arg;
        size_t size;
        uint64_t bits;
    } cases[] = {
        { "i8", { .kind = TR_ARG_SCALAR, .dtype = TR_I64, .bits = (uint64_t)-2 }, 1, 0xfe },
        { "i16", { .kind = TR_ARG_SCALAR, .dtype = TR_U16, .bits = 0xffee }, 2, 0xffee },
        { "i32", { .kind = TR_ARG_SCALAR, .dtype = TR_I8, .bits = 0xff }, 4, 0xffffffff },
        { "i64", { .kind = TR_ARG_SCALAR, .dtype = TR_I32, .bits = 0xfffffffe }, 8, (uint64_t)-2 },
        { "i64", { .kind = TR_ARG_SCALAR, .dtype = TR_U32, .bits = 0xfffffffe }, 8, 0xfffffffe },
        { "f32", { .kind = TR_ARG_SCALAR, .dtype = TR_F32, .bits = 0x7fc12345 }, 4, 0x7fc12345 },
        { "bf16", { .kind = TR_ARG_SCALAR, .dtype = TR_BF16, .bits = 0x3f80 }, 2, 0x3f80 },
        { "f64", { .kind = TR_ARG_SCALAR, .dtype = TR_F64, .bits = 0x3ff0000000000001 }, 8, 0x3ff0000000000001 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[512];
        snprintf(text, sizeof(text),
                 "module {\n  tt.func public @k(%%out: !tt.ptr<%s>, %%x: %s) {\n"
                 "    tt.store %%out, %%x : !tt.ptr<%s>\n    tt.return\n  }\n}\n",
                 cases[i].type, cases[i].type, cases[i].type);
        tr_kernel *k = load_text(text, NULL);
        uint64_t out = 0;
        const tr_arg args[] = { tr_arg_buffer(&out, cases[i].size), cases[i].arg };
        tr_error error;
        check_ok(tr_launch(k, (tr_grid){ 1, 1, 1 }, args, 2, NULL, &error), &error);
        assert_true(out == cases[i].bits);
        tr_kernel_destroy(k);
    }
}

static void options_of_a_launch(void **state)
{
    (void)state;
    tr_kernel *k = load_with("%x: !tt.ptr<f32>, %n: i32");
    tr_error error;
    uint32_t writer[4];
    float x[4];
    const tr_arg args[] = { tr_arg_buffer(x, sizeof(x)), tr_arg_i32(4) };
    static const struct {
        tr_launch_options options;
        tr_grid grid;
        const char *part;
    } cases[] = {
        { { .threads = 3 }, { 1, 1, 1 }, "a launch on 3 threads: the context has 2" },
        { { .threads = -1 }, { 1, 1, 1 }, "-1 threads" },
        { { .timeout_seconds = -1 }, { 1, 1, 1 }, "the time limit is -1 seconds" },
        { { .timeout_seconds = NAN }, { 1, 1, 1 }, "the time limit is" },
        { { .writes_of_arg = 1 }, { 1, 1, 1 }, "wanted, 1, is not a buffer" },
        { { .writes_of_arg = 7 }, { 1, 1, 1 }, "wanted, 7, is not a buffer" },
        { { .writes_of_arg = 1ll << 40 }, { 1, 1, 1 }, "is not a buffer" },
        { { .writes_of_arg = 0 }, { 1, 1, 1 }, "writer_granule" },
        { { .writes_of_arg = 0, .writer_granule = 4 }, { 2147483647, 3, 1 }, "2^32 programs" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        tr_launch_options options = cases[i].options;
        if (i >= 4) options.writer = writer;
        check_fails(tr_launch(k, cases[i].grid, args, 2, &options, &error), TR_INVALID_ARGUMENT, &error, cases[i].part);
    }
    check_ok(tr_launch(k, (tr_grid){ 1, 1, 1 }, args, 2, &(tr_launch_options){ .threads = 1 }, &error), &error);
    tr_kernel_destroy(k);
}

/* More than fit on the stack. */
static void many_arguments(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    tr_text params = { 0 };
    tr_arg args[COUNT];
    for (int i = 0; i < COUNT; i++) {
        tr_text_printf(&params, "%s%%n%d: i32", i ? ", " : "", i);
        args[i] = tr_arg_i32(i);
    }
    tr_kernel *k = load_with(params.data);
    tr_error error;
    check_ok(tr_launch(k, (tr_grid){ 1, 1, 1 }, args, COUNT, NULL, &error), &error);
    args[99] = tr_arg_f32(1);
    check_fails(tr_launch(k, (tr_grid){ 1, 1, 1 }, args, COUNT, NULL, &error), TR_INVALID_ARGUMENT, &error,
                "argument 99 'n99' (i32)");
    tr_kernel_destroy(k);
    tr_text_deinit(&params);
}

/* Each allocation fails in turn: loading ends with TR_OUT_OF_MEMORY and leaves nothing behind (the address sanitizer
 * looks), until there is enough. */
static void loading_survives_no_memory(void **state)
{
    (void)state;
    tr_error error;
    tr_kernel *k = NULL;
    tr_status status = TR_OUT_OF_MEMORY;
    long after = 0;
    for (; status != TR_OK; after++) {
        tr_memory_fail_after(after);
        status = tr_kernel_load_memory(context, add_text, strlen(add_text), "k.ttir", NULL, &k, &error);
        tr_memory_fail_after(-1);
        if (status != TR_OK) check_fails(status, TR_OUT_OF_MEMORY, &error, "out of memory");
        assert_true(after < 10000);
    }
    assert_true(after > 20);
    tr_kernel_destroy(k);
}

static void contexts_survive_no_memory(void **state)
{
    (void)state;
    tr_error error;
    tr_context *c = NULL;
    tr_status status = TR_OUT_OF_MEMORY;
    for (long after = 0; status != TR_OK; after++) {
        tr_memory_fail_after(after);
        status = tr_context_create(&(tr_context_options){ .threads = 2 }, &c, &error);
        tr_memory_fail_after(-1);
        if (status != TR_OK) check_fails(status, TR_OUT_OF_MEMORY, &error, "out of memory");
    }
    tr_context_destroy(c);
}

static const char endless[] = "module {\n"
                              "  tt.func public @k(%n: i32) {\n"
                              "    cf.br ^bb1\n"
                              "  ^bb1:\n"
                              "    cf.br ^bb1\n"
                              "  }\n"
                              "}\n";

static void endless_kernels_can_be_stopped(void **state)
{
    (void)state;
    tr_kernel *k = load_text(endless, NULL);
    tr_error error;
    tr_arg arg = tr_arg_i32(1);
    static const volatile int cancel = 1;
    check_fails(tr_launch(k, (tr_grid){ 4, 1, 1 }, &arg, 1, &(tr_launch_options){ .cancel = &cancel }, &error),
                TR_INTERRUPTED, &error, "");
    check_fails(tr_launch(k, (tr_grid){ 4, 1, 1 }, &arg, 1, &(tr_launch_options){ .timeout_seconds = 0.05 }, &error),
                TR_TIMED_OUT, &error, "");
    tr_kernel_destroy(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contexts),
        cmocka_unit_test(contexts_from_the_environment),
        cmocka_unit_test(devices),
        cmocka_unit_test(versions),
        cmocka_unit_test(loading),
        cmocka_unit_test(loading_with_options),
        cmocka_unit_test(loading_that_fails),
        cmocka_unit_test(what_cannot_run_can_be_inspected),
        cmocka_unit_test(reachable_ops),
        cmocka_unit_test(parameters_without_an_argument),
        cmocka_unit_test(launching),
        cmocka_unit_test(writers_are_recorded),
        cmocka_unit_test(out_of_bounds),
        cmocka_unit_test(grids),
        cmocka_unit_test(numbers_of_arguments),
        cmocka_unit_test(kinds_and_types_of_arguments),
        cmocka_unit_test(ranges_of_integers),
        cmocka_unit_test(scalars_arrive),
        cmocka_unit_test(options_of_a_launch),
        cmocka_unit_test(many_arguments),
        cmocka_unit_test(loading_survives_no_memory),
        cmocka_unit_test(contexts_survive_no_memory),
        cmocka_unit_test(endless_kernels_can_be_stopped),
    };
    return cmocka_run_group_tests_name("runner", tests, make_context, destroy_context);
}
