/* The printer: Triton's own text comes out as it was, other text in Triton's layout. */
#include "check.h"

#include "base/file.h"
#include "mlir/parse.h"
#include "mlir/print.h"

#include <stdlib.h>

static char *print(const char *text, const tr_print_options *options)
{
    tr_module *module = NULL;
    tr_error error;
    tr_text out = { 0 };
    check_ok(tr_module_parse(tr_str_of(text), "test.mlir", &module, &error), &error);
    check_ok(tr_module_print(module, options, &out, &error), &error);
    tr_module_destroy(module);
    return tr_text_take(&out);
}

static void check_print(const char *text, const tr_print_options *options, const char *wanted)
{
    char *printed = print(text, options);
    assert_string_equal(printed, wanted);
    free(printed);
}

/* Calls `visit` with every file below the folder whose name ends in `suffix`. */
static int walk(const char *folder, const char *suffix, void (*visit)(const char *path))
{
    tr_names names;
    tr_error error;
    int count = 0;
    check_ok(tr_folder_list(folder, &names, &error), &error);
    for (size_t i = 0; i < names.count; i++) {
        char *path = tr_path_join(folder, names.items[i]);
        assert_non_null(path);
        if (tr_path_is_folder(path)) {
            count += walk(path, suffix, visit);
        } else if (tr_str_ends_with(tr_str_of(path), suffix)) {
            visit(path);
            count++;
        }
        free(path);
    }
    tr_names_deinit(&names);
    return count;
}

static void check_file(const char *path)
{
    char *data;
    size_t size;
    tr_error error;
    check_ok(tr_file_read(path, &data, &size, &error), &error);
    check_print(data, NULL, data);
    /* Generic form says the same: printed and read again, it prints the same. */
    const tr_print_options generic = { .generic = true };
    char *first = print(data, &generic);
    check_print(first, NULL, first);
    free(first);
    free(data);
}

static void test_examples_come_out_as_they_were(void **state)
{
    (void)state;
    char folder[1024];
    const char *source = getenv("TRITON_RUNNER_SOURCE");
    snprintf(folder, sizeof(folder), "%s/examples/artifacts", source ? source : ".");
    assert_true(walk(folder, ".ttir", check_file) > 30);
}

static const char messy[] = "// a comment\n"
                            "#loc=loc(\"k.py\":1:2)\n"
                            "#unused = 5:i32\n"
                            "module {\n"
                            "tt.func @k( %p :!tt.ptr< f32 ,1>{tt.z=1:i32,tt.a},%n:i32 loc( #loc )){\n"
                            "%0=tt.get_program_id x{b=2,a}:i32 loc(\"n\"( #loc ))\n"
                            "%1=tt.load %p evictionPolicy=evict_last cacheModifier=ca {isVolatile=false}:!tt.ptr<f32>\n"
                            "%2=arith.constant 255:i8 %3=arith.constant dense<[[1.5,2.5e10]]>:tensor<1x2xf32>\n"
                            "scf.for %i=%n to %n step %n:i32{} {k}\n"
                            "cf.br ^x\n"
                            "^x:cf.br ^y^y:tt.return}}\n";

static void test_layout(void **state)
{
    (void)state;
    check_print(messy, NULL,
                "#loc = loc(\"k.py\":1:2)\n"
                "#unused = 5 : i32\n"
                "module {\n"
                "  tt.func @k(%p: !tt.ptr<f32> {tt.a, tt.z = 1 : i32}, %n: i32 loc(#loc)) {\n"
                "    %0 = tt.get_program_id x {a, b = 2 : i64} : i32 loc(\"n\"( #loc ))\n"
                "    %1 = tt.load %p cacheModifier = ca evictionPolicy = evict_last : !tt.ptr<f32>\n"
                "    %2 = arith.constant -1 : i8\n"
                "    %3 = arith.constant dense<[[1.500000e+00, 2.500000e+10]]> : tensor<1x2xf32>\n"
                "    scf.for %i = %n to %n step %n  : i32 {\n"
                "    } {k}\n"
                "    cf.br ^x\n"
                "  ^x:  // pred: ^bb0\n"
                "    cf.br ^y\n"
                "  ^y:  // pred: ^x\n"
                "    tt.return\n"
                "  }\n"
                "}\n");
}

static void test_without_locations(void **state)
{
    (void)state;
    const tr_print_options options = { .no_locations = true };
    char *printed = print(messy, &options);
    assert_null(strstr(printed, "loc"));
    assert_non_null(strstr(printed, "%0 = tt.get_program_id x {a, b = 2 : i64} : i32\n"));
    free(printed);
}

static void test_generic_form(void **state)
{
    (void)state;
    const tr_print_options options = { .generic = true };
    check_print(
        "tt.func public @k(%p: !tt.ptr<f32> {tt.x}, %n: i32) attributes {noinline = false} {\n"
        "  %c = arith.cmpi slt, %n, %n {k} : i32\n"
        "  %0 = tt.load %p, %c : !tt.ptr<f32>\n"
        "  scf.if %c {\n"
        "  }\n"
        "  cf.br ^bb1(%n : i32)\n"
        "^bb1(%x: i32):\n"
        "  tt.return\n"
        "}\n",
        &options,
        "\"builtin.module\"() ({\n"
        "  \"tt.func\"() <{arg_attrs = [{tt.x}, {}], function_type = (!tt.ptr<f32>, i32) -> (), sym_name = \"k\", "
        "sym_visibility = \"public\"}> ({\n"
        "  ^bb0(%p: !tt.ptr<f32>, %n: i32):\n"
        "    %c = \"arith.cmpi\"(%n, %n) <{predicate = 2 : i64}> {k} : (i32, i32) -> i1\n"
        "    %0 = \"tt.load\"(%p, %c) <{operandSegmentSizes = array<i32: 1, 1, 0>}> : (!tt.ptr<f32>, i1) -> f32\n"
        "    \"scf.if\"(%c) ({\n"
        "      \"scf.yield\"() : () -> ()\n"
        "    }, {\n"
        "    }) : (i1) -> ()\n"
        "    \"cf.br\"(%n)[^bb1] : (i32) -> ()\n"
        "  ^bb1(%x: i32):  // pred: ^bb0\n"
        "    \"tt.return\"() : () -> ()\n"
        "  }) {noinline = false} : () -> ()\n"
        "}) : () -> ()\n");
}

/* Each comes out as it is: what a version writes in its own way. */
static void test_spellings(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "%0 = tt.load %p {cachePolicy = #tt.cache_policy<cache_modifier = cg, eviction_policy = evict_normal>} "
        ": !tt.ptr<f32>",
        "%0 = tt.load %p cacheModifier = cg : !tt.ptr<f32>",
        "%0 = tt.reshape %t {allow_reorder = false} : tensor<2x2xf32> -> tensor<4xf32>",
        "%0 = tt.reshape %t allow_reorder efficient_layout : tensor<2x2xf32> -> tensor<4xf32>",
        "tt.assert %c, \"m\", \"file\", \"func\", 12 : i1",
        "%0 = \"tt.reduce\"(%t) <{axis = 0 : i32}> ({\n"
        "    ^bb0(%a: f32, %b: f32):\n"
        "      tt.reduce.return %a : f32\n"
        "    }) : (tensor<2x2xf32>) -> tensor<2xf32>",
        "%0:2 = scf.while (%a = %n, %b = %c) : (i32, i1) -> (i32, i1) {\n"
        "      scf.condition(%b) %a, %b : i32, i1\n"
        "    } do {\n"
        "    ^bb0(%a: i32, %b: i1):\n"
        "      scf.yield %a, %b : i32, i1\n"
        "    } attributes {k}",
        "scf.index_switch %x \n"
        "    case 3 {\n"
        "    }\n"
        "    default {\n"
        "    }",
        "%x_0, %y:2 = \"m.n\"() : () -> (i32, i32, i32)",
        "%0 = arith.constant {b = dense<0> : tensor<2xi8>, c = array<i32>, d = [1, 2 : i8], \"e-f\"} 0x7F800000 : f32",
        "tt.print \" x\\0A\\22\\\\: \" {hex = false, isSigned = array<i32: 1>} : %n : i32",
        "tt.call @\"a b\"() : () -> ()",
        "%0 = ub.poison : f32",
        "ttg.barrier local|global_read",
        "%0 = math.clampf %f to [%f, %f] fastmath<fast> : f32",
        "%0 = tt.make_tensor_ptr %p, [%l], [%l], [%n] {order = array<i32: 0>} : <tensor<8xf32>>",
        "%0 = tt.load %q : !tt.ptr<f32, \"constant\">",
        "%0 = tt.descriptor_load %d[%n, %n] : !tt.tensordesc<tensor<2x2xf32>> -> tensor<2x2xf32>",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[2048];
        snprintf(
            text, sizeof(text),
            "module {\n"
            "  tt.func private @\"a b\"()\n"
            "  tt.func @k(%%p: !tt.ptr<f32>, %%t: tensor<2x2xf32>, %%c: i1, %%n: i32, %%x: index, %%f: f32, %%l: i64, "
            "%%q: !tt.ptr<f32, \"constant\">, %%d: !tt.tensordesc<tensor<2x2xf32>>) {\n"
            "    %s\n"
            "    tt.return\n"
            "  }\n"
            "}\n",
            lines[i]);
        check_print(text, NULL, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_come_out_as_they_were),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_without_locations),
        cmocka_unit_test(test_generic_form),
        cmocka_unit_test(test_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
