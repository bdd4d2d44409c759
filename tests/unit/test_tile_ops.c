/* Ops of the tile VM that few kernels have: microscaled products, regions and switches, ways of rounding. */
#include "tile_helpers.h"

static const tr_grid one = { 1, 1, 1 };
#define ARG(array) tr_arg_buffer((array), sizeof(array))

static void check_refused(const char *text, tr_status status, const char *message)
{
    tr_context *context = test_context(1);
    tr_kernel *kernel = NULL;
    tr_error error;
    check_fails(tr_kernel_load_memory(context, text, strlen(text), "k.ttir", NULL, &kernel, &error), status, &error,
                message);
    tr_context_destroy(context);
}

/* ---------------------------------------------------------------- dot_scaled */

/* %tNAME: an argument's `count` elements as a tile of `shape`. */
#define TILE_OF(name, count, shape, t)                                                                                 \
    "    %i" name " = tt.make_range {end = " count " : i32, start = 0 : i32} : tensor<" count "xi32>\n"                \
    "    %b" name " = tt.splat %" name " : !tt.ptr<" t "> -> tensor<" count "x!tt.ptr<" t ">>\n"                       \
    "    %p" name " = tt.addptr %b" name ", %i" name " : tensor<" count "x!tt.ptr<" t ">>, tensor<" count "xi32>\n"    \
    "    %v" name " = tt.load %p" name " : tensor<" count "x!tt.ptr<" t ">>\n"                                         \
    "    %t" name " = tt.reshape %v" name " : tensor<" count "x" t "> -> tensor<" shape "x" t ">\n"

/* a[2][32] . b[32][2] + 0 into %o: 4 f32; `line` defines %r. */
#define PRODUCT(a, as, b, line)                                                                                        \
    KERNEL("%a: !tt.ptr<i8>, %as: !tt.ptr<i8>, %b: !tt.ptr<i8>, %o: !tt.ptr<f32>",                                     \
           a as b TILE_OF("o", "4", "4", "f32")                                                                        \
           "    %zero = arith.constant dense<0.000000e+00> : tensor<2x2xf32>\n" line                                   \
           "    %flat = tt.reshape %r : tensor<2x2xf32> -> tensor<4xf32>\n"                                            \
           "    tt.store %po, %flat : tensor<4x!tt.ptr<f32>>\n")
#define SCALES TILE_OF("as", "2", "2x1", "i8")

static void test_scales_of_the_left_operand(void **state)
{
    (void)state;
    uint8_t a[64], scales[2] = { 128, 255 }, b[64];
    float out[4];
    memset(a, 0x38, sizeof(a)); /* 1.0 in f8E4M3FN */
    memset(b, 0x40, sizeof(b)); /* 2.0 */
    run_ok(PRODUCT(TILE_OF("a", "64", "2x32", "i8"), SCALES, TILE_OF("b", "64", "32x2", "i8"),
                   "    %r = tt.dot_scaled %ta scale %tas, %tb, %zero lhs = e4m3 rhs = e4m3 {fastMath = false} : "
                   "tensor<2x32xi8>, tensor<2x1xi8> * tensor<32x2xi8> -> tensor<2x2xf32>\n"),
           one, (tr_arg[]){ ARG(a), ARG(scales), ARG(b), ARG(out) }, 4);
    for (int n = 0; n < 2; n++) {
        assert_true(out[n] == 128.0f); /* 32 * 1 * 2 * 2^1 */
        assert_true(out[2 + n] != out[2 + n]);
    }
}

/* The lower half of a byte is the first row, the upper half the second. */
static void test_halves_packed_along_rows(void **state)
{
    (void)state;
    uint8_t a[32], scales[2] = { 127, 127 }, b[64];
    float out[4];
    memset(a, 0x79, sizeof(a)); /* -0.5 below, 6.0 above */
    memset(b, 0x38, sizeof(b));
    b[1] = 0xb8; /* row 0, column 1: -1 */
    run_ok(PRODUCT(TILE_OF("a", "32", "1x32", "i8"), SCALES, TILE_OF("b", "64", "32x2", "i8"),
                   "    %r = tt.dot_scaled %ta scale %tas, %tb, %zero lhs = e2m1 rhs = e4m3 "
                   "{fastMath = false, lhs_k_pack = false} : "
                   "tensor<1x32xi8>, tensor<2x1xi8> * tensor<32x2xi8> -> tensor<2x2xf32>\n"),
           one, (tr_arg[]){ ARG(a), ARG(scales), ARG(b), ARG(out) }, 4);
    const float expected[4] = { -16, -15, 192, 180 };
    for (int i = 0; i < 4; i++) assert_true(out[i] == expected[i]);
}

static void test_operands_that_do_not_fit(void **state)
{
    (void)state;
    const char *text = PRODUCT(TILE_OF("a", "64", "2x32", "i8"), TILE_OF("as", "2", "1x2", "i8"),
                               TILE_OF("b", "64", "32x2", "i8"),
                               "    %r = tt.dot_scaled %ta scale %tas, %tb, %zero lhs = e4m3 rhs = e4m3 "
                               "{fastMath = false} : tensor<2x32xi8>, tensor<1x2xi8> * tensor<32x2xi8> -> "
                               "tensor<2x2xf32>\n");
    check_refused(text, TR_INVALID_INPUT, "the left operand has scales of another shape");
}

/* ---------------------------------------------------------------- control flow */

/* o[program] = what the body makes of the program's number: the i32 %v. */
#define PER_PROGRAM(body)                                                                                              \
    KERNEL("%o: !tt.ptr<i32>", "    %pid = tt.get_program_id x : i32\n"                                                \
                               "    %c1 = arith.constant 1 : i32\n    %c3 = arith.constant 3 : i32\n" body             \
                               "    %p = tt.addptr %o, %pid : !tt.ptr<i32>, i32\n    tt.store %p, %v : !tt.ptr<i32>\n")

static void check_programs(const char *text, const int32_t *expected, uint32_t count)
{
    int32_t out[8] = { 0 };
    run_ok(text, (tr_grid){ count, 1, 1 }, (tr_arg[]){ ARG(out) }, 1);
    for (uint32_t i = 0; i < count; i++) assert_int_equal(out[i], expected[i]);
}

static void test_index_switch(void **state)
{
    (void)state;
    check_programs(PER_PROGRAM("    %less = arith.subi %pid, %c1 : i32\n"
                               "    %at = arith.index_cast %less : i32 to index\n"
                               "    %v, %w = scf.index_switch %at -> i32, i32\n"
                               "    case -1 {\n      scf.yield %c3, %pid : i32, i32\n    }\n"
                               "    case 2 {\n      %x = arith.muli %pid, %c3 : i32\n      scf.yield %x, %c1 : i32, i32\n    }\n"
                               "    default {\n      scf.yield %less, %c1 : i32, i32\n    }\n"),
                   (int32_t[]){ 3, 0, 1, 9, 3 }, 5);
    check_programs(PER_PROGRAM("    %at = arith.index_cast %pid : i32 to index\n"
                               "    scf.index_switch %at\n    default {\n    }\n"
                               "    %v = arith.addi %pid, %c1 : i32\n"),
                   (int32_t[]){ 1, 2 }, 2);
}

static void test_execute_region(void **state)
{
    (void)state;
    check_programs(PER_PROGRAM("    %v = scf.execute_region -> i32 {\n"
                               "      %s = arith.cmpi slt, %pid, %c3 : i32\n"
                               "      cf.cond_br %s, ^bb1(%pid : i32), ^bb2\n"
                               "    ^bb1(%x: i32):\n"
                               "      %y = arith.addi %x, %c1 : i32\n"
                               "      %t = arith.cmpi slt, %y, %c3 : i32\n"
                               "      cf.cond_br %t, ^bb1(%y : i32), ^bb3(%y : i32)\n"
                               "    ^bb2:\n"
                               "      scf.yield %c1 : i32\n"
                               "    ^bb3(%z: i32):\n"
                               "      %w = arith.addi %z, %pid : i32\n"
                               "      scf.yield %w : i32\n"
                               "    }\n"),
                   (int32_t[]){ 3, 4, 5, 1, 1 }, 5);
    check_programs(PER_PROGRAM("    %v = scf.execute_region -> i32 {\n"
                               "      %w = scf.execute_region -> i32 no_inline {\n        scf.yield %c3 : i32\n      }\n"
                               "      %x = arith.addi %w, %pid : i32\n      scf.yield %x : i32\n    }\n"),
                   (int32_t[]){ 3, 4 }, 2);
}

static void test_ends_of_blocks(void **state)
{
    (void)state;
    check_refused(PER_PROGRAM("    %v = scf.execute_region -> i32 {\n"
                              "      cf.br ^bb1\n    ^bb1:\n      tt.return %c1 : i32\n    }\n"),
                  TR_INVALID_INPUT, "'tt.return' stands outside of a function's own blocks");
    check_refused(KERNEL("", "    cf.br ^bb1\n  ^bb1:\n    scf.yield\n  ^bb2:\n"), TR_INVALID_INPUT,
                  "'scf.yield' can't end a block here");
}

static void test_rounding_that_has_no_engine(void **state)
{
    (void)state;
    check_refused(KERNEL("%x: f32", "    %y = arith.truncf %x upward : f32 to f16\n"), TR_UNSUPPORTED,
                  "rounds to the nearest even or toward zero");
}

static void test_types_that_have_no_engine(void **state)
{
    (void)state;
    check_refused(KERNEL("%x: f8E5M2", "    %y = math.isnormal %x : f8E5M2\n"), TR_UNSUPPORTED,
                  "'math.isnormal' has no engine for this type");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scales_of_the_left_operand),
        cmocka_unit_test(test_halves_packed_along_rows),
        cmocka_unit_test(test_operands_that_do_not_fit),
        cmocka_unit_test(test_index_switch),
        cmocka_unit_test(test_execute_region),
        cmocka_unit_test(test_ends_of_blocks),
        cmocka_unit_test(test_rounding_that_has_no_engine),
        cmocka_unit_test(test_types_that_have_no_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
