/* Ops of the tile VM that few kernels have: microscaled products. */
#include "tile_helpers.h"

static const tr_grid one = { 1, 1, 1 };
#define ARG(array) tr_arg_buffer((array), sizeof(array))

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
    tr_context *context = test_context(1);
    tr_kernel *kernel = NULL;
    tr_error error;
    const char *text = PRODUCT(TILE_OF("a", "64", "2x32", "i8"), TILE_OF("as", "2", "1x2", "i8"),
                               TILE_OF("b", "64", "32x2", "i8"),
                               "    %r = tt.dot_scaled %ta scale %tas, %tb, %zero lhs = e4m3 rhs = e4m3 "
                               "{fastMath = false} : tensor<2x32xi8>, tensor<1x2xi8> * tensor<32x2xi8> -> "
                               "tensor<2x2xf32>\n");
    check_fails(tr_kernel_load_memory(context, text, strlen(text), "k.ttir", NULL, &kernel, &error), TR_INVALID_INPUT,
                &error, "the left operand has scales of another shape");
    tr_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scales_of_the_left_operand),
        cmocka_unit_test(test_halves_packed_along_rows),
        cmocka_unit_test(test_operands_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
