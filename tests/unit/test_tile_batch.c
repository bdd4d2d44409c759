/* Programs that run many at once give what they give one by one: chosen programs, even when they are all of them, never
 * run in batches. */
#include "tile_helpers.h"

#include <stdlib.h>

enum { ELEMENTS = 4096, BUFFERS = 3 };

typedef struct outcome {
    int32_t data[BUFFERS][ELEMENTS];
    tr_status status;
    tr_error error;
} outcome;

static void fill(outcome *o)
{
    uint32_t state = 1;
    for (int b = 0; b < BUFFERS; b++)
        for (int i = 0; i < ELEMENTS; i++) o->data[b][i] = (int32_t)(state = state * 1664525u + 1013904223u) >> 8;
}

/* Arguments: three buffers of i32 and two scalars. */
static void run(const char *text, tr_grid grid, int32_t n, int32_t m, int32_t threads, bool chosen, outcome *out)
{
    const uint64_t total = (uint64_t)grid.x * grid.y * grid.z;
    uint64_t *programs = malloc(total * sizeof(*programs));
    assert_non_null(programs);
    for (uint64_t i = 0; i < total; i++) programs[i] = i;
    const tr_launch_options options = { .programs = programs, .program_count = total };
    fill(out);
    const tr_arg args[] = { tr_arg_buffer(out->data[0], sizeof(out->data[0])),
                            tr_arg_buffer(out->data[1], sizeof(out->data[1])),
                            tr_arg_buffer(out->data[2], sizeof(out->data[2])), tr_arg_i32(n), tr_arg_i32(m) };
    out->status = run_text(text, threads, grid, args, 5, chosen ? &options : NULL, &out->error);
    free(programs);
}

static void check(const char *body, tr_grid grid, int32_t n, int32_t m, tr_status expected)
{
    static outcome single, batch;
    char text[8192];
    snprintf(text, sizeof(text),
             KERNEL("%%a: !tt.ptr<i32>, %%b: !tt.ptr<i32>, %%c: !tt.ptr<i32>, %%n: i32, %%m: i32", "%s"), body);
    run(text, grid, n, m, 1, true, &single);
    assert_int_equal(single.status, expected);
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        run(text, grid, n, m, threads, false, &batch);
        assert_int_equal(batch.status, expected);
        if (expected == TR_OK) assert_memory_equal(batch.data, single.data, sizeof(single.data));
        if (expected != TR_OK && threads == 1) assert_string_equal(batch.error.message, single.error.message);
    }
}

#define PROGRAM                                                                                                        \
    "    %pid = tt.get_program_id x : i32\n"                                                                           \
    "    %c16 = arith.constant 16 : i32\n"                                                                             \
    "    %start = arith.muli %pid, %c16 : i32\n" RANGE("16")
#define OFFSETS                                                                                                        \
    PROGRAM "    %s_start = tt.splat %start : i32 -> tensor<16xi32>\n"                                                 \
            "    %at = arith.addi %s_start, %i : tensor<16xi32>\n"
#define MASK                                                                                                           \
    "    %s_n = tt.splat %n : i32 -> tensor<16xi32>\n"                                                                 \
    "    %mask = arith.cmpi slt, %at, %s_n : tensor<16xi32>\n"
#define PLACES(name, base, at)                                                                                         \
    "    %s_" name " = tt.splat " base " : !tt.ptr<i32> -> tensor<16x!tt.ptr<i32>>\n"                                  \
    "    %" name " = tt.addptr %s_" name ", " at " : tensor<16x!tt.ptr<i32>>, tensor<16xi32>\n"
#define LOAD(name, from) "    %" name " = tt.load %" from " : tensor<16x!tt.ptr<i32>>\n"
#define LOAD_MASKED(name, from) "    %" name " = tt.load %" from ", %mask : tensor<16x!tt.ptr<i32>>\n"
#define STORE(to, value) "    tt.store %" to ", %" value " : tensor<16x!tt.ptr<i32>>\n"
#define STORE_MASKED(to, value) "    tt.store %" to ", %" value ", %mask : tensor<16x!tt.ptr<i32>>\n"
#define BINARY(name, op, x, y) "    %" name " = arith." op " %" x ", %" y " : tensor<16xi32>\n"

static const tr_grid row = { ELEMENTS / 16, 1, 1 };

static void test_one_long_tile(void **state)
{
    (void)state;
    const char *text = OFFSETS MASK PLACES("pa", "%a", "%at") LOAD_MASKED("x", "pa") PLACES("pb", "%b", "%at")
        LOAD_MASKED("y", "pb") BINARY("v", "addi", "x", "y") PLACES("pc", "%c", "%at") STORE_MASKED("pc", "v");
    check(text, row, ELEMENTS, 0, TR_OK);
    check(text, row, ELEMENTS - 1, 0, TR_OK);
    check(text, row, 777, 0, TR_OK);
    check(text, row, 0, 0, TR_OK);
    for (uint32_t x = 1; x < 12; x++) check(text, (tr_grid){ x, 1, 1 }, ELEMENTS, 0, TR_OK);
    check(text, (tr_grid){ 16, 5, 3 }, ELEMENTS, 0, TR_OK);
}

/* Programs that read what the one before them wrote: only one thread has a result to compare. */
static void check_shifted(const char *addend)
{
    static outcome single, batch;
    const char *pattern = OFFSETS PLACES("p", "%a", "%at")
        LOAD("x", "p") "    %v = arith.addi %x, ADDEND : tensor<16xi32>\n"
                       "    %s_m = tt.splat %m : i32 -> tensor<16xi32>\n"
                       "    %q = tt.addptr %p, %s_m : tensor<16x!tt.ptr<i32>>, tensor<16xi32>\n" STORE("q", "v");
    const char *at = strstr(pattern, "ADDEND");
    char text[4096];
    snprintf(text, sizeof(text),
             KERNEL("%%a: !tt.ptr<i32>, %%b: !tt.ptr<i32>, %%c: !tt.ptr<i32>, %%n: i32, %%m: i32", "%.*s%s%s"),
             (int)(at - pattern), pattern, addend, at + 6);
    for (char *size = text; (size = strstr(size, "16")); size += 2) memcpy(size, "64", 2); /* more than a vector */
    for (int32_t shift = 0; shift <= 160; shift += 8) {
        run(text, (tr_grid){ 50, 1, 1 }, 0, shift, 1, true, &single);
        run(text, (tr_grid){ 50, 1, 1 }, 0, shift, 1, false, &batch);
        assert_int_equal(single.status, TR_OK);
        assert_int_equal(batch.status, TR_OK);
        assert_memory_equal(batch.data, single.data, sizeof(single.data));
    }
}

static void test_in_place_and_shifted(void **state)
{
    (void)state;
    check_shifted("%x");       /* all programs as one tile, where nothing overlaps */
    check_shifted("%s_start"); /* ... and never */
}

static void test_gaps_between_programs(void **state)
{
    (void)state;
    const char *text = PROGRAM
        "    %wide = arith.muli %pid, %m : i32\n"
        "    %s_wide = tt.splat %wide : i32 -> tensor<16xi32>\n" BINARY("at", "addi", "s_wide", "i")
            PLACES("pa", "%a", "%at") LOAD("x", "pa") PLACES("pb", "%b", "%i") LOAD("y", "pb")
                BINARY("v", "muli", "x", "y") PLACES("pc", "%c", "%at") STORE("pc", "v");
    check(text, (tr_grid){ 50, 1, 1 }, 0, 40, TR_OK);
    check(text, (tr_grid){ 50, 1, 1 }, 0, 16, TR_OK);
    check(text, (tr_grid){ 50, 1, 1 }, 0, 90, TR_OUT_OF_BOUNDS);
    check(text, (tr_grid){ 50, 1, 1 }, 0, -16, TR_OUT_OF_BOUNDS);
    /* Backwards from the end. */
    check(PROGRAM "    %last = arith.constant 4080 : i32\n"
                  "    %back = arith.subi %last, %start : i32\n"
                  "    %s_back = tt.splat %back : i32 -> tensor<16xi32>\n" BINARY("at", "addi", "s_back", "i")
                      PLACES("pa", "%a", "%at") LOAD("x", "pa") BINARY("v", "addi", "x", "x") PLACES("pc", "%c", "%at")
                          STORE("pc", "v"),
          row, 0, 0, TR_OK);
}

/* What wraps is not linear, though the first programs don't show it. */
static void test_values_that_wrap(void **state)
{
    (void)state;
    const char *text = OFFSETS "    %f = arith.muli %pid, %m : i32\n"
                               "    %s_f = tt.splat %f : i32 -> tensor<16xi32>\n" PLACES("pa", "%a", "%at")
                                   LOAD("x", "pa") BINARY("v", "xori", "x", "s_f") PLACES("pc", "%c", "%at")
                                       STORE("pc", "v");
    const int32_t factors[] = { 3, -7, 1 << 23, 16777259, INT32_MIN, 715827883, INT32_MAX };
    for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) check(text, row, 0, factors[i], TR_OK);
    /* The upper half of the value after it has wrapped. */
    text = OFFSETS "    %f = arith.muli %pid, %m : i32\n"
                   "    %s_f = tt.splat %f : i32 -> tensor<16xi32>\n"
                   "    %w = arith.extsi %s_f : tensor<16xi32> to tensor<16xi64>\n"
                   "    %c32 = arith.constant dense<32> : tensor<16xi64>\n"
                   "    %u = arith.shrsi %w, %c32 : tensor<16xi64>\n"
                   "    %v = arith.trunci %u : tensor<16xi64> to tensor<16xi32>\n" PLACES("pc", "%c", "%at")
                       STORE("pc", "v");
    for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) check(text, row, 0, factors[i], TR_OK);
    /* A value that wraps as an offset. */
    const char *offset = PROGRAM
        "    %f = arith.muli %pid, %m : i32\n"
        "    %g = arith.addi %f, %start : i32\n"
        "    %s_g = tt.splat %g : i32 -> tensor<16xi32>\n" BINARY("at", "addi", "s_g", "i")
            PLACES("pa", "%a", "%at") "    %zero = arith.constant dense<0> : tensor<16xi32>\n"
                                      "    %low = arith.cmpi sge, %at, %zero : tensor<16xi32>\n" MASK
                                      "    %both = arith.andi %mask, %low : tensor<16xi1>\n"
                                      "    %x = tt.load %pa, %both, %zero : tensor<16x!tt.ptr<i32>>\n"
                                      "    %s_start = tt.splat %start : i32 -> tensor<16xi32>\n" BINARY(
                                          "to", "addi", "s_start", "i") PLACES("pc", "%c", "%to") STORE("pc", "x");
    check(offset, row, ELEMENTS, 0, TR_OK);
    check(offset, row, ELEMENTS, INT32_MIN, TR_OK);
    check(offset, row, ELEMENTS, 1 << 30, TR_OK);
    check(offset, row, ELEMENTS, 16, TR_OK);
}

/* Unequal at both ends says nothing about what is between them. */
static void test_a_mask_false_in_the_middle(void **state)
{
    (void)state;
    const char *pattern = OFFSETS
        "    %s_n = tt.splat %n : i32 -> tensor<16xi32>\n"
        "    %mask = arith.cmpi PREDICATE, %s_start, %s_n : tensor<16xi32>\n" PLACES("pa", "%a", "%at")
            LOAD_MASKED("x", "pa") PLACES("pc", "%c", "%at") STORE_MASKED("pc", "x");
    const char *predicates[] = { "eq", "ne", "slt", "sle", "sgt", "sge", "ult", "uge" };
    const char *at = strstr(pattern, "PREDICATE");
    for (size_t p = 0; p < sizeof(predicates) / sizeof(predicates[0]); p++) {
        char text[4096];
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - pattern), pattern, predicates[p], at + 9);
        check(text, row, 16 * 20, 0, TR_OK);
        check(text, row, 16 * 100, 0, TR_OK);
        check(text, row, -16, 0, TR_OK);
    }
}

static void test_steps_that_are_not_fused(void **state)
{
    (void)state;
    /* A reduction, two stores, a scalar store and a tile made of the program's index. */
    check(OFFSETS PLACES("pa", "%a", "%at")
              LOAD("x", "pa") "    %sum = \"tt.reduce\"(%x) <{axis = 0 : i32}> ({\n"
                              "    ^bb0(%l: i32, %r: i32):\n"
                              "      %t = arith.addi %l, %r : i32\n"
                              "      tt.reduce.return %t : i32\n"
                              "    }) : (tensor<16xi32>) -> i32\n"
                              "    %s_sum = tt.splat %sum : i32 -> tensor<16xi32>\n" BINARY("v", "subi", "x", "s_sum")
                                  BINARY("w", "muli", "v", "at") PLACES("pb", "%b", "%at") STORE("pb", "v")
                                      PLACES("pc", "%c", "%at")
                                          STORE("pc", "w") "    %one = tt.addptr %c, %start : !tt.ptr<i32>, i32\n"
                                                           "    tt.store %one, %sum : !tt.ptr<i32>\n",
          row, 0, 0, TR_OK);
    /* An index loaded from memory. */
    check(OFFSETS PLACES("pa", "%a", "%at") LOAD(
              "x", "pa") "    %c511 = arith.constant dense<511> : tensor<16xi32>\n" BINARY("k", "andi", "x", "c511")
              PLACES("pb", "%b", "%k") LOAD("y", "pb") PLACES("pc", "%c", "%at") STORE("pc", "y"),
          row, 0, 0, TR_OK);
    check(OFFSETS PLACES("pa", "%a", "%at") LOAD("x", "pa") PLACES("pb", "%b", "%x") LOAD("y", "pb")
              PLACES("pc", "%c", "%at") STORE("pc", "y"),
          row, 0, 0, TR_OUT_OF_BOUNDS);
    /* Read again after it was written. */
    check(OFFSETS PLACES("pa", "%a", "%at") LOAD("x", "pa") BINARY("v", "addi", "x", "x") STORE("pa", "v")
              LOAD("y", "pa") BINARY("w", "addi", "y", "x") PLACES("pc", "%c", "%at") STORE("pc", "w"),
          row, 0, 0, TR_OK);
    /* The offsets themselves, and a copy. */
    check(OFFSETS PLACES("pc", "%c", "%at") STORE("pc", "at"), row, 0, 0, TR_OK);
    check(OFFSETS PLACES("pa", "%a", "%at") LOAD("x", "pa") PLACES("pc", "%c", "%at") STORE("pc", "x"), row, 0, 0,
          TR_OK);
}

/* 64-bit offsets, and an index along the second axis. */
static void test_wide_offsets(void **state)
{
    (void)state;
    check(PROGRAM "    %pid_y = tt.get_program_id y : i32\n"
                  "    %wide = arith.extsi %pid : i32 to i64\n"
                  "    %c16w = arith.constant 16 : i64\n"
                  "    %c512 = arith.constant 512 : i32\n"
                  "    %first = arith.muli %wide, %c16w : i64\n"
                  "    %line = arith.muli %pid_y, %c512 : i32\n"
                  "    %line_w = arith.extsi %line : i32 to i64\n"
                  "    %begin = arith.addi %first, %line_w : i64\n"
                  "    %s_begin = tt.splat %begin : i64 -> tensor<16xi64>\n"
                  "    %i_w = arith.extsi %i : tensor<16xi32> to tensor<16xi64>\n"
                  "    %at = arith.addi %s_begin, %i_w : tensor<16xi64>\n"
                  "    %s_a = tt.splat %a : !tt.ptr<i32> -> tensor<16x!tt.ptr<i32>>\n"
                  "    %p = tt.addptr %s_a, %at : tensor<16x!tt.ptr<i32>>, tensor<16xi64>\n" LOAD("x", "p")
                      BINARY("v", "addi", "x", "x") "    %s_c = tt.splat %c : !tt.ptr<i32> -> tensor<16x!tt.ptr<i32>>\n"
                                                    "    %q = tt.addptr %s_c, %at : tensor<16x!tt.ptr<i32>>, "
                                                    "tensor<16xi64>\n" STORE("q", "v"),
          (tr_grid){ 32, 8, 1 }, 0, 0, TR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_long_tile),
        cmocka_unit_test(test_in_place_and_shifted),
        cmocka_unit_test(test_gaps_between_programs),
        cmocka_unit_test(test_values_that_wrap),
        cmocka_unit_test(test_a_mask_false_in_the_middle),
        cmocka_unit_test(test_steps_that_are_not_fused),
        cmocka_unit_test(test_wide_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
