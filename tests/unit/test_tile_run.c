/* The tile VM through the public API: forms of tiles, control flow, memory, traps. */
#include "tile_helpers.h"

#include <stdlib.h>

static const tr_grid one = { 1, 1, 1 };
#define ARG(array) tr_arg_buffer((array), sizeof(array))

/* ---------------------------------------------------------------- integer forms */

/* out[i] = f(i, n) for 8 elements; `body` defines %v from the range %i and the splat %s of %n. */
#define EIGHT(body)                                                                                                    \
    KERNEL("%o: !tt.ptr<i32>, %n: i32", RANGE("8") "    %s = tt.splat %n : i32 -> tensor<8xi32>\n" body POINTERS(      \
                                            "p", "%o", "8", "i32") "    tt.store %p, %v : tensor<8x!tt.ptr<i32>>\n")

static void check_eight(const char *text, int32_t n, const int32_t *expected)
{
    int32_t out[8] = { 0 };
    run_ok(text, one, (tr_arg[]){ ARG(out), tr_arg_i32(n) }, 2);
    for (int i = 0; i < 8; i++) assert_int_equal(out[i], expected[i]);
}

static void test_a_sum_that_wraps(void **state)
{
    (void)state;
    int32_t expected[8];
    for (int i = 0; i < 8; i++) expected[i] = (int32_t)((uint32_t)INT32_MAX - 3u + (uint32_t)i);
    check_eight(EIGHT("    %v = arith.addi %i, %s : tensor<8xi32>\n"), INT32_MAX - 3, expected);
}

static void test_remainder_inside_and_across_a_period(void **state)
{
    (void)state;
    const char *text = EIGHT("    %v = arith.remsi %i, %s : tensor<8xi32>\n");
    check_eight(text, 8, (int32_t[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
    check_eight(text, 3, (int32_t[]){ 0, 1, 2, 0, 1, 2, 0, 1 });
}

static void test_division(void **state)
{
    (void)state;
    const char *text = EIGHT("    %v = arith.divsi %i, %s : tensor<8xi32>\n");
    check_eight(text, 100, (int32_t[]){ 0, 0, 0, 0, 0, 0, 0, 0 });
    check_eight(text, 2, (int32_t[]){ 0, 0, 1, 1, 2, 2, 3, 3 });
    check_eight(text, -2, (int32_t[]){ 0, 0, -1, -1, -2, -2, -3, -3 });
}

static void test_minimum_across_and_beside_the_bound(void **state)
{
    (void)state;
    const char *text = EIGHT("    %v = arith.minsi %i, %s : tensor<8xi32>\n");
    check_eight(text, 100, (int32_t[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
    check_eight(text, -1, (int32_t[]){ -1, -1, -1, -1, -1, -1, -1, -1 });
    check_eight(text, 5, (int32_t[]){ 0, 1, 2, 3, 4, 5, 5, 5 });
}

static void test_zero_extension_of_negative_elements(void **state)
{
    (void)state;
    check_eight(EIGHT("    %d = arith.subi %i, %s : tensor<8xi32>\n"
                      "    %w = arith.extui %d : tensor<8xi32> to tensor<8xi64>\n"
                      "    %c = arith.constant dense<1> : tensor<8xi64>\n"
                      "    %h = arith.shrui %w, %c : tensor<8xi64>\n"
                      "    %v = arith.trunci %h : tensor<8xi64> to tensor<8xi32>\n"),
                2, (int32_t[]){ INT32_MAX, INT32_MAX, 0, 0, 1, 1, 2, 2 });
}

static void check_comparison(const char *predicate, int32_t n, const int32_t *expected)
{
    const char *pattern = EIGHT("    %m = arith.cmpi PRED, %i, %s : tensor<8xi32>\n"
                                "    %v = arith.extui %m : tensor<8xi1> to tensor<8xi32>\n");
    const char *at = strstr(pattern, "PRED");
    char text[2048];
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - pattern), pattern, predicate, at + 4);
    check_eight(text, n, expected);
}

static void test_comparisons(void **state)
{
    (void)state;
    check_comparison("slt", 3, (int32_t[]){ 1, 1, 1, 0, 0, 0, 0, 0 });
    check_comparison("sle", 3, (int32_t[]){ 1, 1, 1, 1, 0, 0, 0, 0 });
    check_comparison("sgt", 3, (int32_t[]){ 0, 0, 0, 0, 1, 1, 1, 1 });
    check_comparison("sge", 3, (int32_t[]){ 0, 0, 0, 1, 1, 1, 1, 1 });
    check_comparison("eq", 3, (int32_t[]){ 0, 0, 0, 1, 0, 0, 0, 0 });
    check_comparison("ne", 3, (int32_t[]){ 1, 1, 1, 0, 1, 1, 1, 1 });
    check_comparison("ult", 3, (int32_t[]){ 1, 1, 1, 0, 0, 0, 0, 0 });
    check_comparison("uge", 3, (int32_t[]){ 0, 0, 0, 1, 1, 1, 1, 1 });
    check_comparison("slt", -1, (int32_t[]){ 0, 0, 0, 0, 0, 0, 0, 0 });
    check_comparison("ult", -1, (int32_t[]){ 1, 1, 1, 1, 1, 1, 1, 1 });
    check_comparison("sge", -1, (int32_t[]){ 1, 1, 1, 1, 1, 1, 1, 1 });
    check_comparison("eq", 99, (int32_t[]){ 0, 0, 0, 0, 0, 0, 0, 0 });
    check_comparison("slt", INT32_MIN, (int32_t[]){ 0, 0, 0, 0, 0, 0, 0, 0 });
}

/* ---------------------------------------------------------------- ops of several kernels */

/* A comparison that changes along both dimensions is often the same everywhere: above and below a diagonal. */
static void test_comparisons_across_a_diagonal(void **state)
{
    static const char *const predicates[] = { "eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge" };
    const char *pattern =
        KERNEL("%o: !tt.ptr<i32>, %n: i32",
               RANGE("8") "    %rows = tt.expand_dims %i {axis = 1 : i32} : tensor<8xi32> -> tensor<8x1xi32>\n"
                          "    %cols = tt.expand_dims %i {axis = 0 : i32} : tensor<8xi32> -> tensor<1x8xi32>\n"
                          "    %s_n = tt.splat %n : i32 -> tensor<1x8xi32>\n"
                          "    %moved = arith.addi %cols, %s_n : tensor<1x8xi32>\n"
                          "    %a = tt.broadcast %rows : tensor<8x1xi32> -> tensor<8x8xi32>\n"
                          "    %b = tt.broadcast %moved : tensor<1x8xi32> -> tensor<8x8xi32>\n"
                          "    %m = arith.cmpi PRED, %a, %b : tensor<8x8xi32>\n"
                          "    %v = arith.extui %m : tensor<8x8xi1> to tensor<8x8xi32>\n"
                          "    %c8 = arith.constant dense<8> : tensor<8x1xi32>\n"
                          "    %lines = arith.muli %rows, %c8 : tensor<8x1xi32>\n"
                          "    %l = tt.broadcast %lines : tensor<8x1xi32> -> tensor<8x8xi32>\n"
                          "    %k = tt.broadcast %cols : tensor<1x8xi32> -> tensor<8x8xi32>\n"
                          "    %at = arith.addi %l, %k : tensor<8x8xi32>\n"
                          "    %s = tt.splat %o : !tt.ptr<i32> -> tensor<8x8x!tt.ptr<i32>>\n"
                          "    %p = tt.addptr %s, %at : tensor<8x8x!tt.ptr<i32>>, tensor<8x8xi32>\n"
                          "    tt.store %p, %v : tensor<8x8x!tt.ptr<i32>>\n");
    const char *place = strstr(pattern, "PRED");
    (void)state;
    for (int32_t p = 0; p < 10; p++) {
        char text[4096];
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(place - pattern), pattern, predicates[p], place + 4);
        for (int32_t n = -9; n <= 9; n++) {
            int32_t out[64];
            memset(out, 0x5a, sizeof(out));
            run_ok(text, one, (tr_arg[]){ ARG(out), tr_arg_i32(n) }, 2);
            for (int32_t k = 0; k < 64; k++) {
                const int32_t a = k / 8, b = k % 8 + n;
                const uint32_t ua = (uint32_t)a, ub = (uint32_t)b;
                const bool truth[] = { a == b, a != b,  a < b,   a <= b,  a > b,
                                       a >= b, ua < ub, ua <= ub, ua > ub, ua >= ub };
                assert_int_equal(out[k], truth[p]);
            }
        }
    }
}

static void test_floats_by_class_and_power(void **state)
{
    (void)state;
    const char *text = KERNEL("%x: !tt.ptr<f32>, %a: !tt.ptr<i8>, %b: !tt.ptr<f32>, %c: !tt.ptr<f32>",
                              RANGE("8") POINTERS("px", "%x", "8", "f32") POINTERS("pa", "%a", "8", "i8")
                              POINTERS("pb", "%b", "8", "f32") POINTERS("pc", "%c", "8", "f32")
                              "    %v = tt.load %px : tensor<8x!tt.ptr<f32>>\n"
                              "    %n = math.isnormal %v : tensor<8xf32>\n"
                              "    %n8 = arith.extui %n : tensor<8xi1> to tensor<8xi8>\n"
                              "    tt.store %pa, %n8 : tensor<8x!tt.ptr<i8>>\n"
                              "    %f = \"arith.flush_denormals\"(%v) : (tensor<8xf32>) -> tensor<8xf32>\n"
                              "    tt.store %pb, %f : tensor<8x!tt.ptr<f32>>\n"
                              "    %p = math.fpowi %v, %i : tensor<8xf32>, tensor<8xi32>\n"
                              "    tt.store %pc, %p : tensor<8x!tt.ptr<f32>>\n");
    float x[8] = { 2, -0.0f, 1e-40f, -1e-40f, __builtin_inff(), __builtin_nanf(""), -2, 1.5f }, b[8], c[8];
    int8_t a[8];
    run_ok(text, one, (tr_arg[]){ ARG(x), ARG(a), ARG(b), ARG(c) }, 4);
    const int8_t normal[8] = { 1, 0, 0, 0, 0, 0, 1, 1 };
    assert_memory_equal(a, normal, sizeof(a));
    assert_true(b[2] == 0 && !__builtin_signbit(b[2]) && b[3] == 0 && __builtin_signbit(b[3]) && b[7] == 1.5f);
    assert_true(c[0] == 1 && c[6] == 64 && c[7] > 17.0858f && c[7] < 17.0860f);
}

/* ---------------------------------------------------------------- views */

/* out[i][j] = 10 * j + i for a 4 x 2 tile: expand, broadcast, transpose. */
static void test_views(void **state)
{
    (void)state;
    const char *text = KERNEL(
        "%o: !tt.ptr<i32>",
        "    %r = tt.make_range {end = 4 : i32, start = 0 : i32} : tensor<4xi32>\n"
        "    %q = tt.make_range {end = 2 : i32, start = 0 : i32} : tensor<2xi32>\n"
        "    %r2 = tt.expand_dims %r {axis = 0 : i32} : tensor<4xi32> -> tensor<1x4xi32>\n"
        "    %q2 = tt.expand_dims %q {axis = 1 : i32} : tensor<2xi32> -> tensor<2x1xi32>\n"
        "    %ten = arith.constant dense<10> : tensor<2x1xi32>\n"
        "    %q10 = arith.muli %q2, %ten : tensor<2x1xi32>\n"
        "    %rb = tt.broadcast %r2 : tensor<1x4xi32> -> tensor<2x4xi32>\n"
        "    %qb = tt.broadcast %q10 : tensor<2x1xi32> -> tensor<2x4xi32>\n"
        "    %sum = arith.addi %rb, %qb : tensor<2x4xi32>\n"
        "    %t = tt.trans %sum {order = array<i32: 1, 0>} : tensor<2x4xi32> -> tensor<4x2xi32>\n"
        "    %flat = tt.reshape %t : tensor<4x2xi32> -> tensor<8xi32>\n" RANGE("8") POINTERS("p", "%o", "8", "i32")
        "    tt.store %p, %flat : tensor<8x!tt.ptr<i32>>\n");
    int32_t out[8];
    run_ok(text, one, (tr_arg[]){ ARG(out) }, 1);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 2; j++) assert_int_equal(out[2 * i + j], 10 * j + i);
}

/* ---------------------------------------------------------------- control flow */

/* Two tiles change places every turn, and a third stays: moves of one edge are parallel. */
static void test_loop_carried_tiles_change_places(void **state)
{
    (void)state;
    const char *text = KERNEL(
        "%x: !tt.ptr<f32>, %y: !tt.ptr<f32>, %n: i32",
        RANGE("4") POINTERS("px", "%x", "4", "f32") POINTERS("py", "%y", "4", "f32")
        "    %a = tt.load %px : tensor<4x!tt.ptr<f32>>\n"
        "    %b = tt.load %py : tensor<4x!tt.ptr<f32>>\n"
        "    %c0 = arith.constant 0 : i32\n"
        "    %c1 = arith.constant 1 : i32\n"
        "    %r:3 = scf.for %k = %c0 to %n step %c1 iter_args(%u = %a, %v = %b, %w = %a) -> (tensor<4xf32>, "
        "tensor<4xf32>, tensor<4xf32>)  : i32 {\n"
        "      %s = arith.addf %u, %w : tensor<4xf32>\n"
        "      scf.yield %v, %s, %w : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>\n"
        "    }\n"
        "    tt.store %px, %r#0 : tensor<4x!tt.ptr<f32>>\n"
        "    tt.store %py, %r#1 : tensor<4x!tt.ptr<f32>>\n");
    for (int n = 0; n < 6; n++) {
        float x[4] = { 1, 2, 3, 4 }, y[4] = { 10, 20, 30, 40 }, u = 1, v = 10;
        run_ok(text, one, (tr_arg[]){ ARG(x), ARG(y), tr_arg_i32(n) }, 3);
        for (int k = 0; k < n; k++) {
            float s = u + 1;
            u = v;
            v = s;
        }
        assert_true(x[0] == u && y[0] == v && x[3] == 4 * u && y[3] == 4 * v);
    }
}

/* Collatz steps of n: while with scalars, if with results inside. */
static void test_while_and_if(void **state)
{
    (void)state;
    const char *text = KERNEL("%o: !tt.ptr<i32>, %n: i32",
                              "    %c0 = arith.constant 0 : i32\n"
                              "    %c1 = arith.constant 1 : i32\n"
                              "    %c2 = arith.constant 2 : i32\n"
                              "    %c3 = arith.constant 3 : i32\n"
                              "    %r:2 = scf.while (%a = %n, %s = %c0) : (i32, i32) -> (i32, i32) {\n"
                              "      %go = arith.cmpi ne, %a, %c1 : i32\n"
                              "      scf.condition(%go) %a, %s : i32, i32\n"
                              "    } do {\n"
                              "    ^bb0(%a: i32, %s: i32):\n"
                              "      %odd = arith.remsi %a, %c2 : i32\n"
                              "      %isodd = arith.cmpi eq, %odd, %c1 : i32\n"
                              "      %next = scf.if %isodd -> (i32) {\n"
                              "        %m = arith.muli %a, %c3 : i32\n"
                              "        %m1 = arith.addi %m, %c1 : i32\n"
                              "        scf.yield %m1 : i32\n"
                              "      } else {\n"
                              "        %h = arith.divsi %a, %c2 : i32\n"
                              "        scf.yield %h : i32\n"
                              "      }\n"
                              "      %s1 = arith.addi %s, %c1 : i32\n"
                              "      scf.yield %next, %s1 : i32, i32\n"
                              "    }\n"
                              "    tt.store %o, %r#1 : !tt.ptr<i32>\n");
    int32_t out;
    run_ok(text, one, (tr_arg[]){ tr_arg_buffer(&out, 4), tr_arg_i32(27) }, 2);
    assert_int_equal(out, 111);
}

/* Blocks: a loop by branches, with a tile as block argument, and an early return. */
static void test_blocks(void **state)
{
    (void)state;
    const char *text =
        "module {\n  tt.func public @k(%o: !tt.ptr<i32>, %n: i32) {\n" RANGE("4") POINTERS("p", "%o", "4", "i32")
        "    %c0 = arith.constant 0 : i32\n"
        "    %c1 = arith.constant 1 : i32\n"
        "    %neg = arith.cmpi slt, %n, %c0 : i32\n"
        "    cf.cond_br %neg, ^out, ^head(%c0, %i : i32, tensor<4xi32>)\n"
        "  ^head(%k: i32, %t: tensor<4xi32>):\n"
        "    %go = arith.cmpi slt, %k, %n : i32\n"
        "    cf.cond_br %go, ^body, ^store\n"
        "  ^body:\n"
        "    %k1 = arith.addi %k, %c1 : i32\n"
        "    %t1 = arith.addi %t, %t : tensor<4xi32>\n"
        "    cf.br ^head(%k1, %t1 : i32, tensor<4xi32>)\n"
        "  ^store:\n"
        "    tt.store %p, %t : tensor<4x!tt.ptr<i32>>\n"
        "    tt.return\n"
        "  ^out:\n"
        "    tt.return\n"
        "  }\n}\n";
    int32_t out[4] = { -1, -1, -1, -1 };
    run_ok(text, one, (tr_arg[]){ ARG(out), tr_arg_i32(-1) }, 2);
    assert_int_equal(out[3], -1);
    run_ok(text, one, (tr_arg[]){ ARG(out), tr_arg_i32(5) }, 2);
    for (int i = 0; i < 4; i++) assert_int_equal(out[i], 32 * i);
}

static void test_calls(void **state)
{
    (void)state;
    const char *text =
        "module {\n"
        "  tt.func public @k(%o: !tt.ptr<i32>, %n: i32) {\n"
        "    %a = tt.call @clamp(%n) : (i32) -> i32\n"
        "    %b = tt.call @clamp(%a) : (i32) -> i32\n"
        "    %c = arith.addi %a, %b : i32\n"
        "    tt.store %o, %c : !tt.ptr<i32>\n"
        "    tt.return\n"
        "  }\n"
        "  tt.func private @clamp(%x: i32) -> i32 attributes {noinline = true} {\n"
        "    %c10 = arith.constant 10 : i32\n"
        "    %big = arith.cmpi sgt, %x, %c10 : i32\n"
        "    cf.cond_br %big, ^high, ^low\n"
        "  ^high:\n"
        "    tt.return %c10 : i32\n"
        "  ^low:\n"
        "    tt.return %x : i32\n"
        "  }\n"
        "}\n";
    int32_t out;
    run_ok(text, one, (tr_arg[]){ tr_arg_buffer(&out, 4), tr_arg_i32(99) }, 2);
    assert_int_equal(out, 20);
    run_ok(text, one, (tr_arg[]){ tr_arg_buffer(&out, 4), tr_arg_i32(3) }, 2);
    assert_int_equal(out, 6);
}

/* ---------------------------------------------------------------- traps */

#define COPY_KERNEL                                                                                                    \
    KERNEL("%x: !tt.ptr<f32>, %y: !tt.ptr<f32>",                                                                       \
           RANGE("8") POINTERS("px", "%x", "8", "f32") POINTERS("py", "%y", "8", "f32")                                \
           "    %v = tt.load %px : tensor<8x!tt.ptr<f32>>\n    tt.store %py, %v : tensor<8x!tt.ptr<f32>>\n")

static void check_trap(const char *text, const tr_arg *args, int32_t count, tr_status status, const char *part)
{
    tr_error error;
    check_fails(run_text(text, 1, one, args, count, NULL, &error), status, &error, part);
    assert_true(error.line > 0);
}

static void test_load_and_store_out_of_bounds(void **state)
{
    (void)state;
    float x[8] = { 0 }, y[8] = { 0 };
    check_trap(COPY_KERNEL, (tr_arg[]){ tr_arg_buffer(x, 20), ARG(y) }, 2, TR_OUT_OF_BOUNDS,
               "load out of bounds of argument 'x': element 5 (byte 20) of 5 elements");
    check_trap(COPY_KERNEL, (tr_arg[]){ ARG(x), tr_arg_buffer(y, 28) }, 2, TR_OUT_OF_BOUNDS, "argument 'y': element 7");
    check_trap(COPY_KERNEL, (tr_arg[]){ ARG(x), tr_arg_buffer(y, 28) }, 2, TR_OUT_OF_BOUNDS, "program (0, 0, 0)");
    check_trap(COPY_KERNEL, (tr_arg[]){ ARG(x), tr_arg_buffer(NULL, 0) }, 2, TR_OUT_OF_BOUNDS, "null");
}

/* Both halves lie in arguments, but the pointer came from the first one: an overrun into a neighbour is caught. */
static void test_overrun_into_a_neighbour(void **state)
{
    (void)state;
    float both[8] = { 0 }, y[8];
    check_trap(KERNEL("%x: !tt.ptr<f32>, %y: !tt.ptr<f32>, %z: !tt.ptr<f32>",
                      RANGE("8") POINTERS("px", "%x", "8", "f32") POINTERS("pz", "%z", "8", "f32")
                      "    %v = tt.load %px : tensor<8x!tt.ptr<f32>>\n    tt.store %pz, %v : tensor<8x!tt.ptr<f32>>\n"),
               (tr_arg[]){ tr_arg_buffer(both, 16), tr_arg_buffer(both + 4, 16), ARG(y) }, 3, TR_OUT_OF_BOUNDS,
               "argument 'x': element 4");
}

static void test_masked_off_elements_are_not_accessed(void **state)
{
    (void)state;
    const char *text = KERNEL("%x: !tt.ptr<f32>, %n: i32",
                              RANGE("8") POINTERS("px", "%x", "8", "f32")
                              "    %s = tt.splat %n : i32 -> tensor<8xi32>\n"
                              "    %m = arith.cmpi slt, %i, %s : tensor<8xi32>\n"
                              "    %o = arith.constant dense<7.0> : tensor<8xf32>\n"
                              "    %v = tt.load %px, %m, %o : tensor<8x!tt.ptr<f32>>\n"
                              "    %w = arith.addf %v, %v : tensor<8xf32>\n"
                              "    tt.store %px, %w, %m : tensor<8x!tt.ptr<f32>>\n");
    float x[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    run_ok(text, one, (tr_arg[]){ tr_arg_buffer(x, 12), tr_arg_i32(3) }, 2);
    assert_true(x[2] == 6 && x[3] == 4);
    check_trap(text, (tr_arg[]){ tr_arg_buffer(x, 12), tr_arg_i32(4) }, 2, TR_OUT_OF_BOUNDS, "element 3");
}

/* A tile that lies in the argument's memory is stored over that very memory in another order. */
static void test_transposed_in_place(void **state)
{
    const char *text =
        KERNEL("%o: !tt.ptr<i32>",
               RANGE("32") "    %rows = tt.expand_dims %i {axis = 1 : i32} : tensor<32xi32> -> tensor<32x1xi32>\n"
                           "    %cols = tt.expand_dims %i {axis = 0 : i32} : tensor<32xi32> -> tensor<1x32xi32>\n"
                           "    %c = arith.constant dense<32> : tensor<32x1xi32>\n"
                           "    %d = arith.constant dense<32> : tensor<1x32xi32>\n"
                           "    %lines = arith.muli %rows, %c : tensor<32x1xi32>\n"
                           "    %columns = arith.muli %cols, %d : tensor<1x32xi32>\n"
                           "    %l = tt.broadcast %lines : tensor<32x1xi32> -> tensor<32x32xi32>\n"
                           "    %k = tt.broadcast %cols : tensor<1x32xi32> -> tensor<32x32xi32>\n"
                           "    %r = tt.broadcast %rows : tensor<32x1xi32> -> tensor<32x32xi32>\n"
                           "    %m = tt.broadcast %columns : tensor<1x32xi32> -> tensor<32x32xi32>\n"
                           "    %at = arith.addi %l, %k : tensor<32x32xi32>\n"
                           "    %to = arith.addi %r, %m : tensor<32x32xi32>\n"
                           "    %s = tt.splat %o : !tt.ptr<i32> -> tensor<32x32x!tt.ptr<i32>>\n"
                           "    %p = tt.addptr %s, %at : tensor<32x32x!tt.ptr<i32>>, tensor<32x32xi32>\n"
                           "    %q = tt.addptr %s, %to : tensor<32x32x!tt.ptr<i32>>, tensor<32x32xi32>\n"
                           "    %x = tt.load %p : tensor<32x32x!tt.ptr<i32>>\n"
                           "    tt.store %q, %x : tensor<32x32x!tt.ptr<i32>>\n");
    int32_t out[32 * 32];
    (void)state;
    for (int32_t i = 0; i < 32 * 32; i++) out[i] = i;
    run_ok(text, one, (tr_arg[]){ ARG(out) }, 1);
    for (int32_t i = 0; i < 32 * 32; i++) assert_int_equal(out[i], i % 32 * 32 + i / 32);
}

static void test_assert(void **state)
{
    (void)state;
    const char *text = KERNEL("%n: i32", RANGE("8") "    %s = tt.splat %n : i32 -> tensor<8xi32>\n"
                                                    "    %m = arith.cmpi slt, %i, %s : tensor<8xi32>\n"
                                                    "    tt.assert %m, \"too small\" : tensor<8xi1>\n");
    run_ok(text, one, (tr_arg[]){ tr_arg_i32(8) }, 1);
    check_trap(text, (tr_arg[]){ tr_arg_i32(7) }, 1, TR_TRAPPED, "too small");
}

static void test_refusal_names_the_op(void **state)
{
    (void)state;
    tr_context *context = test_context(1);
    tr_kernel *kernel = NULL;
    tr_error error;
    const char *text = KERNEL("%n: i32", RANGE("8") "    %r = tt.elementwise_inline_asm \"mov.b32 $0, $1;\" "
                                                   "{constraints = \"=r,r\", packed_element = 1 : i32, pure = true} "
                                                   "%i : tensor<8xi32> -> tensor<8xi32>\n");
    check_fails(tr_kernel_load_memory(context, text, strlen(text), "k.ttir", NULL, &kernel, &error), TR_UNSUPPORTED,
                &error, "tt.elementwise_inline_asm");
    assert_int_equal(error.line, 4);
    tr_context_destroy(context);
}

/* ---------------------------------------------------------------- options */

static void collect(void *user, const char *text)
{
    tr_text_puts(user, text);
}

static void test_print(void **state)
{
    (void)state;
    tr_text text = { 0 };
    tr_error error;
    const tr_launch_options options = { .print = collect, .print_user = &text };
    check_ok(run_text(KERNEL("%n: i32", "    tt.print \" n: \" {hex = false, isSigned = array<i32: 1>} : %n : i32\n"), 1,
                      (tr_grid){ 2, 1, 1 }, (tr_arg[]){ tr_arg_i32(-5) }, 1, &options, &error),
             &error);
    assert_string_equal(text.data, "pid (0, 0, 0) idx () n: -5\npid (1, 0, 0) idx () n: -5\n");
    tr_text_deinit(&text);
}

#define PID_KERNEL                                                                                                     \
    KERNEL("%o: !tt.ptr<i32>", "    %p = tt.get_program_id x : i32\n"                                                  \
                               "    %q = tt.addptr %o, %p : !tt.ptr<i32>, i32\n"                                       \
                               "    %c1 = arith.constant 1 : i32\n    %v = arith.addi %p, %c1 : i32\n"                 \
                               "    tt.store %q, %v : !tt.ptr<i32>\n")

static void test_chosen_programs_and_writers(void **state)
{
    (void)state;
    int32_t out[8] = { 0 };
    uint32_t writer[8] = { 0 };
    const uint64_t programs[] = { 6, 1 };
    const tr_launch_options options = { .programs = programs, .program_count = 2, .writer = writer,
                                        .writer_granule = 4 };
    tr_error error;
    check_ok(run_text(PID_KERNEL, 1, (tr_grid){ 8, 1, 1 }, (tr_arg[]){ ARG(out) }, 1, &options, &error), &error);
    for (int i = 0; i < 8; i++) {
        int32_t expected = i == 6 || i == 1 ? i + 1 : 0;
        assert_int_equal(out[i], expected);
        assert_int_equal(writer[i], expected);
    }
}

/* ---------------------------------------------------------------- pointers into buffers */

/* y[i] = x[i - 4] for i < 8: element -4 is there when the pointer is behind the beginning. */
#define BACK_KERNEL                                                                                                    \
    KERNEL("%x: !tt.ptr<f32>, %y: !tt.ptr<f32>",                                                                       \
           RANGE("8") POINTERS("px", "%x", "8", "f32") POINTERS("py", "%y", "8", "f32")                                \
           "    %back = arith.constant dense<-4> : tensor<8xi32>\n"                                                    \
           "    %pb = tt.addptr %px, %back : tensor<8x!tt.ptr<f32>>, tensor<8xi32>\n"                                  \
           "    %v = tt.load %pb : tensor<8x!tt.ptr<f32>>\n    tt.store %py, %v : tensor<8x!tt.ptr<f32>>\n")

static void test_pointers_into_buffers(void **state)
{
    (void)state;
    float x[8], y[8];
    for (int i = 0; i < 8; i++) x[i] = (float)i;
    run_ok(BACK_KERNEL, one, (tr_arg[]){ tr_arg_view(x, sizeof(x), 16), ARG(y) }, 2);
    assert_memory_equal(x, y, sizeof(x));
    check_trap(BACK_KERNEL, (tr_arg[]){ tr_arg_view(x, sizeof(x), 12), ARG(y) }, 2, TR_OUT_OF_BOUNDS,
               "load out of bounds of argument 'x': element -4 (byte -16) of elements -3 to 4 (bytes -12 to 19)");
    check_trap(BACK_KERNEL, (tr_arg[]){ tr_arg_view(x, sizeof(x), 20), ARG(y) }, 2, TR_OUT_OF_BOUNDS,
               "element 3 (byte 12) of elements -5 to 2 (bytes -20 to 11)");
    check_trap(BACK_KERNEL, (tr_arg[]){ tr_arg_view(x, 0, 0), ARG(y) }, 2, TR_OUT_OF_BOUNDS, "of 0 elements");
    tr_error error;
    tr_status status = run_text(BACK_KERNEL, 1, one, (tr_arg[]){ tr_arg_view(x, 32, 33), ARG(y) }, 2, NULL, &error);
    check_fails(status, TR_INVALID_ARGUMENT, &error,
                "argument 0 'x' (!tt.ptr<f32>) points 33 bytes into a buffer of 32 bytes");
}

/* ---------------------------------------------------------------- what is written */

/* Which of the parameters of a kernel with two pointers and an integer may be written through, one letter each. */
static void check_written(const char *text, const char *expected)
{
    tr_context *context = test_context(1);
    tr_kernel *kernel = test_kernel(context, text);
    for (int32_t i = 0; i < tr_kernel_param_count(kernel); i++)
        assert_int_equal(tr_kernel_param_written(kernel, i), expected[i] == 'w');
    assert_true(tr_kernel_param_written(kernel, -1));
    assert_true(tr_kernel_param_written(kernel, tr_kernel_param_count(kernel)));
    tr_kernel_destroy(kernel);
    tr_context_destroy(context);
}

#define TWO "%x: !tt.ptr<f32>, %y: !tt.ptr<f32>, %n: i32"

static void test_parameters_that_are_written(void **state)
{
    (void)state;
    check_written(COPY_KERNEL, "-w");
    check_written(KERNEL(TWO, "    %v = tt.load %x : !tt.ptr<f32>\n"), "---");
    check_written(KERNEL(TWO, "    %f = arith.sitofp %n : i32 to f32\n"
                              "    %true = arith.constant true\n"
                              "    %v = tt.atomic_rmw fadd, acq_rel, gpu, %x, %f, %true : (!tt.ptr<f32>, f32, i1) -> f32\n"),
                  "w--");
    /* Either of two. */
    check_written(KERNEL(TWO, "    %c = arith.constant true\n    %f = arith.constant 1.0 : f32\n"
                              "    %p = arith.select %c, %x, %y : !tt.ptr<f32>\n    tt.store %p, %f : !tt.ptr<f32>\n"),
                  "ww-");
    /* From anywhere. */
    check_written(KERNEL(TWO, "    %f = arith.constant 1.0 : f32\n    %i = tt.ptr_to_int %x : !tt.ptr<f32> -> i64\n"
                              "    %p = tt.int_to_ptr %i : i64 -> !tt.ptr<f32>\n    tt.store %p, %f : !tt.ptr<f32>\n"),
                  "ww-");
    /* By a function that is called. */
    check_written("module {\n  tt.func private @f(%p: !tt.ptr<f32>) attributes {noinline = true} {\n"
                  "    %f = arith.constant 1.0 : f32\n    tt.store %p, %f : !tt.ptr<f32>\n    tt.return\n  }\n"
                  "  tt.func public @k(" TWO ") {\n    tt.call @f(%y) : (!tt.ptr<f32>) -> ()\n    tt.return\n  }\n}\n",
                  "-w-");
    /* Through a descriptor. */
    check_written(KERNEL(TWO, "    %s = arith.constant 1 : i64\n    %z = arith.constant 0 : i32\n"
                              "    %v = arith.constant dense<1.0> : tensor<8xf32>\n"
                              "    %d = tt.make_tensor_descriptor %x, [%n], [%s] : <f32>, <tensor<8xf32>>\n"
                              "    tt.descriptor_store %d[%z], %v : !tt.tensordesc<tensor<8xf32>>, tensor<8xf32>\n"),
                  "w--");
}

static void test_profile(void **state)
{
    (void)state;
    int32_t out[8] = { 0 };
    tr_error error;
    tr_context *context = test_context(1);
    tr_kernel *kernel = test_kernel(context, PID_KERNEL);
    tr_profile *profile = NULL;
    check_ok(tr_profile_create(kernel, &profile, &error), &error);
    const tr_launch_options options = { .profile = profile };
    check_ok(tr_launch(kernel, (tr_grid){ 8, 1, 1 }, (tr_arg[]){ ARG(out) }, 1, &options, &error), &error);
    bool found = false;
    for (int32_t i = 0; i < tr_profile_count(profile); i++) {
        const tr_profile_row *row = tr_profile_get(profile, i);
        assert_int_equal(row->count, 8);
        found = found || (strcmp(row->step_name, "STORE") == 0 && strcmp(row->op, "tt.store") == 0);
    }
    assert_true(found);
    assert_null(tr_profile_get(profile, -1));
    tr_profile_destroy(profile);
    tr_kernel_destroy(kernel);
    tr_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sum_that_wraps),
        cmocka_unit_test(test_remainder_inside_and_across_a_period),
        cmocka_unit_test(test_division),
        cmocka_unit_test(test_minimum_across_and_beside_the_bound),
        cmocka_unit_test(test_zero_extension_of_negative_elements),
        cmocka_unit_test(test_comparisons),
        cmocka_unit_test(test_comparisons_across_a_diagonal),
        cmocka_unit_test(test_floats_by_class_and_power),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_loop_carried_tiles_change_places),
        cmocka_unit_test(test_while_and_if),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_load_and_store_out_of_bounds),
        cmocka_unit_test(test_overrun_into_a_neighbour),
        cmocka_unit_test(test_masked_off_elements_are_not_accessed),
        cmocka_unit_test(test_transposed_in_place),
        cmocka_unit_test(test_assert),
        cmocka_unit_test(test_refusal_names_the_op),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_chosen_programs_and_writers),
        cmocka_unit_test(test_pointers_into_buffers),
        cmocka_unit_test(test_parameters_that_are_written),
        cmocka_unit_test(test_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
