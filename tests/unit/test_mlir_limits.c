/* Hostile texts and lack of memory end in an error. */
#include "check.h"

#include "base/memory.h"
#include "mlir/parse.h"
#include "mlir/print.h"
#include "mlir/splice.h"

#include <stdlib.h>

/* `open` a number of times, `middle`, `close` as often. */
static char *nested(const char *before, const char *open, int times, const char *middle, const char *close,
                    const char *after)
{
    tr_text text = { 0 };
    tr_text_puts(&text, before);
    for (int i = 0; i < times; i++) tr_text_puts(&text, open);
    tr_text_puts(&text, middle);
    for (int i = 0; i < times; i++) tr_text_puts(&text, close);
    tr_text_puts(&text, after);
    return tr_text_take(&text);
}

static void expect_error(char *text, const char *part)
{
    tr_module *module = NULL;
    tr_error error;
    tr_status status = tr_module_parse(tr_str_of(text), "deep.mlir", &module, &error);
    tr_module_destroy(module);
    check_fails(status, TR_INVALID_INPUT, &error, part);
    free(text);
}

static void test_nesting(void **state)
{
    (void)state;
    const int deep = 100000;
    expect_error(nested("tt.func @k(%c: i1) {", "scf.if %c {", deep, "", "}", "tt.return }"), "deeper than");
    expect_error(nested("", "module {", deep, "", "}", ""), "deeper than");
    expect_error(nested("", "\"x\"() ({", deep, "", "}) : () -> ()", ""), "deeper than");
    expect_error(nested("tt.func @k(%a: ", "!tt.ptr<", deep, "f32", ">", ") { tt.return }"), "deeper than");
    expect_error(nested("tt.func @k(%a: ", "tensor<4x", deep, "f32", ">", ") { tt.return }"), "deeper than");
    expect_error(nested("tt.func @k(%a: ", "(", deep, "f32", ") -> f32", ") { tt.return }"), "deeper than");
    expect_error(nested("tt.func @k(%a: !x.y<", "<", deep, "f32", ">", ">) { tt.return }"), "deeper than");
    expect_error(nested("module attributes {a.b = ", "[", deep, "1", "]", "} {}"), "deeper than");
    expect_error(nested("module attributes {a.b = ", "{a = ", deep, "1", "}", "} {}"), "deeper than");
    expect_error(nested("module {} loc(", "callsite(\"a\" at ", deep, "\"b\"", ")", ")"), "deeper than");
    expect_error(nested("module {} loc(", "fused[", deep, "\"b\"", "]", ")"), "deeper than");
    expect_error(nested("module {} loc(", "\"a\"(", deep, "\"b\"", ")", ")"), "deeper than");
    expect_error(nested("module attributes {a.b = dense<", "[", deep, "1", "]", "> : tensor<1xi32>} {}"), "too deep");
    expect_error(nested("tt.func @k(%a: tensor<", "1x", deep, "f32", "", ">) { tt.return }"), "dimensions");
}

/* Each alias is twice as long as the one before it. */
static void test_aliases_that_explode(void **state)
{
    (void)state;
    tr_text text = { 0 };
    tr_text_puts(&text, "#a0 = #x.y<z>\n");
    for (int i = 1; i < 64; i++) tr_text_printf(&text, "#a%d = #x.y<#a%d, #a%d>\n", i, i - 1, i - 1);
    tr_text_puts(&text, "module {}\n");
    expect_error(tr_text_take(&text), "too long");
}

static void test_long_location_chains(void **state)
{
    (void)state;
    tr_text text = { 0 };
    tr_text_puts(&text, "#loc0 = loc(\"f\":1:2)\n");
    for (int i = 1; i < 20000; i++) tr_text_printf(&text, "#loc%d = loc(\"n\"(#loc%d))\n", i, i - 1);
    tr_text_puts(&text, "module {} loc(#loc19999)\n");
    tr_module *module;
    tr_error error;
    check_ok(tr_module_parse((tr_str){ text.data, text.size }, "chain.mlir", &module, &error), &error);
    assert_int_equal(tr_loc_file(module->op->loc)->column, 2);
    tr_module_destroy(module);
    tr_text_deinit(&text);
}

/* A ladder of blocks that each jump to the next two, and loops back: dominance stays fast. */
static void test_many_blocks(void **state)
{
    (void)state;
    const int count = 20000;
    tr_text text = { 0 };
    tr_text_puts(&text, "tt.func @k(%c: i1) {\n  cf.br ^b0\n");
    for (int i = 0; i < count; i++) {
        tr_text_printf(&text, "^b%d:\n  cf.cond_br %%c, ^b%d, ^b%d\n", i, i + 1, i % 7 ? i + 2 : i / 2);
    }
    tr_text_printf(&text, "^b%d:\n  cf.br ^b%d\n^b%d:\n  tt.return\n}\n", count, count + 1, count + 1);
    tr_module *module;
    tr_error error;
    check_ok(tr_module_parse((tr_str){ text.data, text.size }, "blocks.mlir", &module, &error), &error);
    assert_int_equal(module->block_count, count + 4);
    tr_module_destroy(module);
    tr_text_deinit(&text);
}

static void test_every_prefix(void **state)
{
    (void)state;
    const char
        *text = "#a = #x.y<z>\nmodule attributes {\"t.u\" = #a} {\n  tt.func @k(%a: tensor<4xi32> loc(\"f\":1:2)) {\n"
                "    %0:2 = \"x.y\"(%a) <{k = [1, {l = -1.5e3 : f16}]}> ({\n    ^bb0(%b: i32):\n    }) : "
                "(tensor<4xi32>) -> (f32, f32)\n    %1 = arith.constant dense<[1, 2]> : tensor<2xi8>\n"
                "    tt.return loc(callsite(fused[\"a\"] at \"b\"(unknown)))\n  }\n}\n";
    for (size_t size = 0; size <= strlen(text); size++) {
        tr_module *module = NULL;
        tr_error error;
        tr_status status = tr_module_parse((tr_str){ text, size }, "prefix.mlir", &module, &error);
        if (status != TR_OK) assert_int_equal(status, TR_INVALID_INPUT);
        tr_module_destroy(module);
    }
}

/* Fails the first allocation, then the second, and so on until all goes well. */
static void test_lack_of_memory(void **state)
{
    (void)state;
    const tr_str text = TR_STR("#a = #x.y<z>\n#b = #x.y<#a>\n"
                               "tt.func @f(%a: i32 {a.b = 1}) -> (i32, f32 {c.d}) {\n"
                               "  %0 = arith.constant dense<[1, 2]> : tensor<2xi32>\n"
                               "  %c = arith.constant {k = array<i32: 1, 2>, l = \"\\0A\", m = #b} true\n"
                               "  %1:2 = scf.if %c -> (i32, f32) {\n"
                               "    %2 = arith.constant 1.00000000000000000001e30 : f32\n"
                               "    scf.yield %a, %2 : i32, f32\n"
                               "  } else {\n"
                               "    %2 = \"tt.unknown\"(%a) ({\n    ^bb0(%x: i32):\n    }) : (i32) -> f32\n"
                               "    scf.yield %a, %2 : i32, f32\n"
                               "  }\n"
                               "  cf.br ^bb2(%a : i32)\n"
                               "^bb1:\n"
                               "  %y = arith.select %c, %x, %x : i32\n"
                               "  %z:2 = tt.call @f(%y) : (i32) -> (i32, f32)\n"
                               "  tt.return %1#0, %1#1 : i32, f32 loc(#loc1)\n"
                               "^bb2(%x: i32 loc(\"x\")):\n"
                               "  cf.cond_br %c, ^bb1, ^bb2(%x : i32)\n"
                               "}\n"
                               "#loc1 = loc(fused[\"a\"(\"b\":1:2), unknown])\n");
    for (long successes = 0;; successes++) {
        tr_module *module = NULL;
        tr_text out = { 0 };
        tr_error error;
        assert_true(successes < 100000);
        tr_memory_fail_after(successes);
        tr_status status = tr_module_parse(text, "memory.mlir", &module, &error);
        if (status == TR_OK) status = tr_module_print(module, NULL, &out, &error);
        const tr_edit edit = { 0, 0, TR_STR("// edited\n") };
        if (status == TR_OK) status = tr_splice(text, "memory.mlir", &edit, 1, &out, &error);
        tr_memory_fail_after(-1);
        tr_module_destroy(module);
        tr_text_deinit(&out);
        if (status == TR_OK) break;
        if (status != TR_OUT_OF_MEMORY) check_ok(status, &error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_aliases_that_explode),
        cmocka_unit_test(test_long_location_chains),
        cmocka_unit_test(test_many_blocks),
        cmocka_unit_test(test_every_prefix),
        cmocka_unit_test(test_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
