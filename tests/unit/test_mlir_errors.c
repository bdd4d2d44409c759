/* Errors stand at the right place and say the right thing. In each text a comment marks the place in the line above it
 * and gives the message: "//   ^ message"; "//< message" marks the first column, "//$ message" the end of the text. */
#include "check.h"

#include "mlir/parse.h"

#include <stdlib.h>

static const char *const cases[] = {
    /* tokens */
    "tt.func @k() {\n"
    "  ; tt.return\n"
    "//^ unexpected character ';'\n"
    "}\n",
    "module attributes {a.b = \"text} {\n"
    "//                       ^ this string has no closing '\"' on its line\n"
    "}\n",
    "module attributes {a.b = \"te\\xt\"} {\n"
    "//                          ^ unknown escape in a string: expected \\\", \\\\, \\n, \\t or two hex digits\n"
    "}\n",
    "module attributes {a.b = %} {\n"
    "//                       ^ expected a name behind '%'\n"
    "}\n",
    /* structure */
    "module {\n"
    "  tt.func @k() {\n"
    "    tt.return\n"
    "  }\n"
    "//$ expected an op or '}', found the end of the file\n",
    "tt.func @k(%a: i32, %b: i32 {\n"
    "  tt.return\n"
    "}\n"
    "//$ expected ',' or ')' behind an argument, found the end of the file\n",
    "tt.func @k(%a: i32) {\n"
    "  tt.return\n"
    "}\n"
    "}\n"
    "//< expected an op, found '}'\n",
    "tt.func @k(%a: i32) {\n"
    "  %0 = arith.addi %a %a : i32\n"
    "//                   ^ expected ',', found '%a'\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: i32) {\n"
    "  %0 = arith.addi %a, %a\n"
    "  tt.return\n"
    "//^ expected ':', found 'tt.return'\n"
    "}\n",
    "tt.func @k(%a: i32) {\n"
    "  %0 = tt.foo %a : i32\n"
    "//     ^ 'tt.foo' is not an op that Triton Runner knows in custom form; it can be read in generic form, "
    "\"tt.foo\"(...)\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: tensor<4xi32>) {\n"
    "  %0 = tt.reduce %a : i32\n"
    "//     ^ 'tt.reduce' has no custom form: expected \"tt.reduce\"(...)\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: i32) {\n"
    "  %0 = arith.cmpi lt, %a, %a : i32\n"
    "//                ^ expected one of eq, ne, slt, sle, sgt, sge, ult, ule, ugt, uge, found 'lt'\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%c: i1) {\n"
    "  scf.if %c {\n"
    "  } otherwise {\n"
    "//  ^ expected an op, found 'otherwise'\n"
    "  }\n"
    "  tt.return\n"
    "}\n",
    /* types */
    "tt.func @k(%a: f33) {\n"
    "//             ^ unknown type 'f33'\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: tensor<4x8xf33>) {\n"
    "//                        ^ unknown type 'f33'\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: tensor<4x8>) {\n"
    "//                       ^ expected 'x' and an element type behind a dimension\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: tensor<4xf32) {\n"
    "//                         ^ expected '>' at the end of the tensor type, found ')'\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: tensor<*xf32>) {\n"
    "//             ^ tensors without a rank are not supported\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: tensor<1099511627776x1099511627776xf32>) {\n"
    "//             ^ this shape has too many elements\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: !foo) {\n"
    "//             ^ unknown type '!foo'\n"
    "  tt.return\n"
    "}\n",
    /* attributes */
    "tt.func @k() {\n"
    "  %0 = arith.constant 256 : i8\n"
    "//                    ^ this number does not fit into i8\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k() {\n"
    "  %0 = arith.constant 1 : f32\n"
    "//                    ^ a decimal integer can't be f32: write 1.0 or the bits in hex\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k() {\n"
    "  %0 = arith.constant \"x\"\n"
    "//     ^ 'arith.constant' needs a number or dense<...> with a type\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k() {\n"
    "  %0 = arith.constant dense<[[1, 2], [3]]> : tensor<2x2xi32>\n"
    "//                                   ^ lists of 2 and of 1 elements in one dense<...>\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k() {\n"
    "  %0 = arith.constant dense<[1, 2]> : tensor<4xi32>\n"
    "//                          ^ the list in dense<...> has another shape than tensor<4xi32>\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k() {\n"
    "  %0 = arith.constant dense<[1, 2.0]> : tensor<2xi32>\n"
    "//                              ^ a number with a point can't be i32\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: i32) {\n"
    "  %0 = arith.addi %a, %a {k = 1, k = 2} : i32\n"
    "//                               ^ attribute 'k' stands here twice\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: tensor<4xf32, #blocked>) {\n"
    "//                           ^ '#blocked' is not defined here; an attribute's alias stands before its uses\n"
    "  tt.return\n"
    "}\n"
    "#blocked = \"b\"\n",
    "tt.func @k() {\n"
    "  tt.return {k = #a.b<[1, 2}>}\n"
    "//                         ^ expected ']' to close a bracket, found '}'\n"
    "}\n",
    /* locations */
    "tt.func @k() {\n"
    "  tt.return loc(#loc1)\n"
    "//              ^ '#loc1' is not defined anywhere\n"
    "}\n",
    "tt.func @k() {\n"
    "  tt.return loc(\"x\"(#loc1))\n"
    "//                  ^ '#loc1' is not defined yet; inside another location it has to be\n"
    "}\n"
    "#loc1 = loc(unknown)\n",
    "tt.func @k() {\n"
    "  tt.return loc(nowhere)\n"
    "//              ^ expected a location, found 'nowhere'\n"
    "}\n",
    /* values */
    "tt.func @k(%a: i32) {\n"
    "  %0 = arith.addi %a, %b : i32\n"
    "//                    ^ use of undefined value '%b'\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: i32) {\n"
    "  %0 = arith.addi %a, %a : i32\n"
    "  %0 = arith.addi %a, %a : i32\n"
    "//^ '%0' is defined twice\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: i32, %b: i64) {\n"
    "  %0 = arith.addi %a, %b : i32\n"
    "//                    ^ '%b' has type i64, but is used here as i32\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: i32) {\n"
    "  %0:2 = arith.mului_extended %a, %a : i32\n"
    "  %1 = arith.addi %0#2, %a : i32\n"
    "//                ^ '%0' has 2 results: there is no '#2'\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: i32) {\n"
    "  %0:2 = arith.addi %a, %a : i32\n"
    "//^ 'arith.addi' has 1 result, but 2 are named\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: i32) {\n"
    "  cf.br ^bb1\n"
    "^bb1:\n"
    "  %0 = arith.addi %1, %a : i32\n"
    "//     ^ 'arith.addi' uses '%1' where its definition has not been reached on every path\n"
    "  tt.return\n"
    "^bb2:\n"
    "  %1 = arith.addi %a, %a : i32\n"
    "  cf.br ^bb1\n"
    "}\n",
    /* blocks and functions */
    "tt.func @k() {\n"
    "  cf.br ^bb7\n"
    "//      ^ jump to a block that is not defined in this region\n"
    "}\n",
    "tt.func @k(%x: i32) {\n"
    "  cf.br ^bb1(%x : i32)\n"
    "//^ 'cf.br' passes 1 value to '^bb1', which takes 0\n"
    "^bb1:\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%x: i32) {\n"
    "  %0 = arith.addi %x, %x : i32\n"
    "//     ^ a block of 'tt.func' must end in 'tt.return', not in 'arith.addi'\n"
    "}\n",
    "tt.func @k(%x: i32) {\n"
    "  tt.return\n"
    "//^ 'tt.return' must be the last op of its block\n"
    "  %0 = arith.addi %x, %x : i32\n"
    "}\n",
    "tt.func @k(%x: i32) -> i64 {\n"
    "  tt.return %x : i32\n"
    "//^ 'tt.return': operand 0 is i32, but must be i64\n"
    "}\n",
    "tt.func @k(%x: i32) {\n"
    "  tt.call @f(%x) : (i32) -> ()\n"
    "//^ 'tt.call': there is no function '@f'\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k() {\n"
    "  tt.return\n"
    "}\n"
    "tt.func @k() {\n"
    "//< function '@k' is defined twice\n"
    "  tt.return\n"
    "}\n",
    /* rows */
    "tt.func @k(%a: i32, %b: tensor<4xi32>) {\n"
    "  %0 = \"arith.addi\"(%b, %a) : (tensor<4xi32>, i32) -> tensor<4xi32>\n"
    "//      ^ 'arith.addi' needs 'lhs' and 'rhs' of one type: got tensor<4xi32> and i32\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: f32) {\n"
    "  %0 = arith.addi %a, %a : f32\n"
    "//     ^ 'arith.addi' needs an integer, an index or a tensor of them for 'lhs': got f32\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: f32) {\n"
    "  %0 = tt.load %a : f32\n"
    "//     ^ 'tt.load' needs a pointer or a tensor of pointers for 'ptr', got f32\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: tensor<4x!tt.ptr<f32>>, %m: tensor<8xi1>) {\n"
    "  %0 = tt.load %a, %m : tensor<4x!tt.ptr<f32>>\n"
    "//                 ^ '%m' has type tensor<8xi1>, but is used here as tensor<4xi1>\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: i32) {\n"
    "  %0 = \"arith.cmpi\"(%a, %a) : (i32, i32) -> i1\n"
    "//      ^ 'arith.cmpi' needs an attribute 'predicate'\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: f32) {\n"
    "  %0 = tt.splat %a : f32 -> tensor<3xf32>\n"
    "//     ^ 'tt.splat': a tensor of 3 elements; the number must be a power of two\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%a: f32) {\n"
    "  %0 = tt.splat %a : f32 -> tensor<2097152xf32>\n"
    "//     ^ 'tt.splat': a tensor of 2097152 elements; Triton's limit is 1048576\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%x: tensor<8xf32>) {\n"
    "  %0 = \"tt.reduce\"(%x) <{axis = 0 : i32}> ({\n"
    "//      ^ 'tt.reduce': argument 1 of its region is f16, but must be f32\n"
    "  ^bb0(%a: f32, %b: f16):\n"
    "    tt.reduce.return %a : f32\n"
    "  }) : (tensor<8xf32>) -> f32\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%x: tensor<8xf32>) {\n"
    "  %0 = \"tt.reduce\"(%x) <{axis = 0 : i32}> ({\n"
    "  ^bb0(%a: f32, %b: f32):\n"
    "    tt.reduce.return %a, %b : f32, f32\n"
    "//  ^ 'tt.reduce.return' gives 2 values, but 'tt.reduce' needs 1\n"
    "  }) : (tensor<8xf32>) -> f32\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%l: i32, %x: f32) {\n"
    "  %r = scf.for %i = %l to %l step %l iter_args(%a = %x) -> (f32)  : i32 {\n"
    "    scf.yield %i : i32\n"
    "//  ^ 'scf.yield': value 0 is i32, but 'scf.for' needs f32\n"
    "  }\n"
    "  tt.return\n"
    "}\n",
    "tt.func @k(%c: i1, %x: f32) {\n"
    "  %r = scf.if %c -> (f32) {\n"
    "//     ^ 'scf.if' has results, so it needs an 'else'\n"
    "    scf.yield %x : f32\n"
    "  }\n"
    "  tt.return\n"
    "}\n",
};

typedef struct mark {
    uint32_t line, column;
    char message[512];
} mark;

static mark find_mark(const char *text)
{
    mark m = { .line = 0 };
    for (const char *s = text; *s; m.line++) {
        size_t length = strcspn(s, "\n");
        const char *sign = s[0] == '/' ? s + strcspn(s, "^<$") : s + length;
        if (sign < s + length) {
            if (*sign == '$') m.line++; /* the text ends with the line of the mark */
            m.column = *sign == '^' ? (uint32_t)(sign - s) + 1 : 1;
            snprintf(m.message, sizeof(m.message), "%.*s", (int)(s + length - sign - 2), sign + 2);
            if (*sign == '$') m.line++;
            return m;
        }
        s += length + 1;
    }
    fail_msg("no mark in:\n%s", text);
    return m;
}

static void test_places_and_messages(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tr_error error;
        tr_module *module = NULL;
        mark m = find_mark(cases[i]);
        tr_status status = tr_module_parse(tr_str_of(cases[i]), "case.mlir", &module, &error);
        if (status == TR_INVALID_INPUT && error.line == m.line && error.column == m.column &&
            strcmp(error.message, m.message) == 0) {
            assert_string_equal(error.file, "case.mlir");
            assert_non_null(strchr(error.excerpt, '^'));
            continue;
        }
        wrong++;
        if (status == TR_OK) {
            print_error("accepted:\n%s\n", cases[i]);
        } else {
            print_error("%u:%u: %s\ninstead of %u:%u: %s\n%s\n", error.line, error.column, error.message, m.line,
                        m.column, m.message, cases[i]);
        }
        tr_module_destroy(module);
    }
    assert_int_equal(wrong, 0);
}

static void test_without_error_object(void **state)
{
    (void)state;
    tr_module *module = NULL;
    assert_int_equal(tr_module_parse(TR_STR("tt.func @k() {"), "x", &module, NULL), TR_INVALID_INPUT);
    assert_int_equal(tr_module_parse(TR_STR("module {}"), "x", &module, NULL), TR_OK);
    tr_module_destroy(module);
    tr_module_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_and_messages),
        cmocka_unit_test(test_without_error_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
