/* Splicing changes what it is told to change and no other byte. */
#include "check.h"

#include "mlir/parse.h"
#include "mlir/splice.h"

#include <stdlib.h>

static void check_splice(const char *text, const tr_edit *edits, size_t count, const char *wanted)
{
    tr_text out = { 0 };
    tr_error error;
    check_ok(tr_splice(tr_str_of(text), "test.mlir", edits, count, &out, &error), &error);
    assert_string_equal(out.data ? out.data : "", wanted);
    tr_text_deinit(&out);
}

static void check_refused(const char *text, const tr_edit *edits, size_t count, const char *part)
{
    tr_text out = { 0 };
    tr_error error;
    tr_status status = tr_splice(tr_str_of(text), "test.mlir", edits, count, &out, &error);
    check_fails(status, TR_INVALID_ARGUMENT, &error, part);
    tr_text_deinit(&out);
}

static void test_edits(void **state)
{
    (void)state;
    check_splice("abc", NULL, 0, "abc");
    check_splice("abc", (tr_edit[]){ { 1, 2, TR_STR("XY") } }, 1, "aXYc");
    check_splice("abc", (tr_edit[]){ { 3, 3, TR_STR("!") }, { 0, 0, TR_STR(">") } }, 2, ">abc!");
    /* At one place in the order of the list, and before what is replaced there. */
    check_splice("abc", (tr_edit[]){ { 1, 2, TR_STR("-") }, { 1, 1, TR_STR("1") }, { 1, 1, TR_STR("2") } }, 3, "a12-c");
    check_splice("abc", (tr_edit[]){ { 0, 1, { 0 } }, { 1, 3, { 0 } } }, 2, "");
    check_splice("", (tr_edit[]){ { 0, 0, TR_STR("x") } }, 1, "x");
}

static void test_refused_edits(void **state)
{
    (void)state;
    check_refused("abc", (tr_edit[]){ { 0, 2, { 0 } }, { 1, 3, { 0 } } }, 2, "edits 0 and 1 overlap");
    check_refused("abc", (tr_edit[]){ { 1, 1, { 0 } }, { 0, 2, { 0 } } }, 2, "edits 1 and 0 overlap");
    check_refused("abc", (tr_edit[]){ { 2, 4, { 0 } } }, 1, "edit 0 is of bytes 2 to 4, but the text has 3");
    check_refused("abc", (tr_edit[]){ { 2, 1, { 0 } } }, 1, "edit 0 is of bytes 2 to 1");
}

static void test_ops(void **state)
{
    (void)state;
    const char *text = "// kept as it is\n"
                       "tt.func @k(%a:i32) {\n"
                       "    %0 = arith.addi   %a,%a : i32  // also kept\n"
                       "    %c = arith.cmpi eq, %0, %a : i32\n"
                       "    scf.if %c { %1 = arith.addi %a, %a : i32 }\n"
                       "    %2 = arith.constant dense<[1,\n"
                       "        2]> : tensor<2xi32> loc(\"f\":1:2)\n"
                       "\ttt.return }\n";
    tr_module *m = NULL;
    tr_error error;
    check_ok(tr_module_parse(tr_str_of(text), "test.mlir", &m, &error), &error);
    const tr_op *add = m->funcs[0].body->first->first, *branch = add->next->next;
    const tr_op *inner = branch->regions[0]->first->first, *two_lines = branch->next, *end = two_lines->next;
    assert_int_equal(tr_op_indent(m, add).size, 4);
    assert_int_equal(tr_op_indent(m, inner).size, 0);
    assert_int_equal(tr_op_indent(m, end).data[0], '\t');
    const tr_edit edits[] = {
        tr_edit_before(m, add, TR_STR("    // before\n")),
        tr_edit_after(m, add, TR_STR("    // after\n")),
        tr_edit_before(m, inner, TR_STR("%x = arith.constant 1 : i32 ")),
        tr_edit_remove(m, inner),
        tr_edit_remove(m, two_lines),
        tr_edit_before(m, end, TR_STR("\t// the end\n")),
    };
    check_splice(text, edits, sizeof(edits) / sizeof(edits[0]),
                 "// kept as it is\n"
                 "tt.func @k(%a:i32) {\n"
                 "    // before\n"
                 "    %0 = arith.addi   %a,%a : i32  // also kept\n"
                 "    // after\n"
                 "    %c = arith.cmpi eq, %0, %a : i32\n"
                 "    scf.if %c { %x = arith.constant 1 : i32  }\n"
                 "\t// the end\n"
                 "\ttt.return }\n");
    tr_module_destroy(m);
}

/* Every op of the text can be taken out by its range, and put back. */
static void test_ranges_are_exact(void **state)
{
    (void)state;
    const char
        *text = "module {\n  tt.func @k(%a: i32) {\n    %0:2 = arith.mului_extended %a, %a {k} : i32 loc(\"a\")\n"
                "    %1 = \"x.y\"(%a) ({\n    }) : (i32) -> i32\n    tt.return\n  } loc(\"b\")\n} loc(\"c\")\n";
    static const char *const wanted[] = {
        "%0:2 = arith.mului_extended %a, %a {k} : i32 loc(\"a\")",
        "%1 = \"x.y\"(%a) ({\n    }) : (i32) -> i32",
        "tt.return",
    };
    tr_module *m = NULL;
    tr_error error;
    check_ok(tr_module_parse(tr_str_of(text), "test.mlir", &m, &error), &error);
    int i = 0;
    for (const tr_op *op = m->funcs[0].body->first->first; op; op = op->next, i++) {
        char slice[256];
        snprintf(slice, sizeof(slice), "%.*s", (int)(op->end - op->begin), text + op->begin);
        assert_string_equal(slice, wanted[i]);
    }
    assert_int_equal(i, 3);
    assert_int_equal(m->op->begin, 0);
    assert_int_equal(m->op->end, strlen(text) - 1);
    tr_module_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edits),
        cmocka_unit_test(test_refused_edits),
        cmocka_unit_test(test_ops),
        cmocka_unit_test(test_ranges_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
