/* What a parsed module holds. */
#include "check.h"

#include "mlir/parse.h"

#include <math.h>

static tr_module *parse(const char *text)
{
    tr_module *module = NULL;
    tr_error error;
    check_ok(tr_module_parse(tr_str_of(text), "test.mlir", &module, &error), &error);
    return module;
}

static tr_op *first_op(const tr_module *module)
{
    return module->funcs[0].body->first->first;
}

/* The n-th op of the first block of the first function. */
static tr_op *op_at(const tr_module *module, int n)
{
    tr_op *op = first_op(module);
    while (n-- > 0) op = op->next;
    assert_non_null(op);
    return op;
}

static void assert_str(tr_str s, const char *wanted)
{
    char text[512];
    snprintf(text, sizeof(text), "%.*s", TR_STR_ARG(s));
    assert_string_equal(text, wanted);
}

static void assert_type(const tr_type *type, const char *wanted)
{
    tr_text text = { 0 };
    tr_type_print(type, &text);
    assert_string_equal(text.data, wanted);
    tr_text_deinit(&text);
}

static void test_functions(void **state)
{
    (void)state;
    tr_module *m = parse("module {\n"
                         "  tt.func public @k(%p: !tt.ptr<f32> {tt.divisibility = 16 : i32}, %n: i32 loc(\"n\"))"
                         " attributes {noinline = false} {\n"
                         "    tt.return\n"
                         "  }\n"
                         "  tt.func private @\"f()\"(%a: i32) -> (i32, f32) {\n"
                         "    %c = arith.constant 1.0 : f32\n"
                         "    tt.return %a, %c : i32, f32\n"
                         "  }\n"
                         "  tt.func private @g(i32) -> i32\n"
                         "}\n");
    assert_int_equal(m->func_count, 3);
    assert_false(m->bare);
    assert_int_equal(m->op->code, TR_OP_builtin_module);
    assert_int_equal(m->op->id, 0);
    assert_null(m->op->parent);

    const tr_func *k = &m->funcs[0], *f = tr_module_func(m, TR_STR("f()")), *g = tr_module_func(m, TR_STR("g"));
    assert_str(k->name, "k");
    assert_true(k->is_public);
    assert_type(k->type, "(!tt.ptr<f32>, i32) -> ()");
    assert_int_equal(tr_attr_entry(k->arg_attrs[0], "tt.divisibility")->integer, 16);
    assert_null(k->arg_attrs[1]);
    assert_int_equal(k->body->first->arg_count, 2);
    assert_str(k->body->first->args[0].name, "p");
    assert_ptr_equal(k->body->first->args[1].block, k->body->first);
    assert_str(k->body->first->args[1].loc->name, "n");
    assert_int_equal(tr_op_attr(k->op, "noinline")->kind, TR_ATTR_BOOL);
    assert_str(tr_op_attr(k->op, "sym_name")->text, "k");
    assert_str(tr_op_attr(k->op, "sym_visibility")->text, "public");
    assert_int_equal(tr_op_attr(k->op, "arg_attrs")->count, 2);

    assert_false(f->is_public);
    assert_int_equal(f->type->result_count, 2);
    assert_null(g->body);
    assert_null(tr_module_func(m, TR_STR("h")));
    tr_module_destroy(m);
}

static void test_custom_form_has_the_attributes_of_generic_form(void **state)
{
    (void)state;
    tr_module *m = parse("tt.func @k(%p: tensor<4x!tt.ptr<f32>>, %m: tensor<4xi1>, %a: i32, %f: f32) {\n"
                         "  %0 = arith.cmpi slt, %a, %a : i32\n"
                         "  %1 = arith.cmpf une, %f, %f : f32\n"
                         "  %2 = tt.get_program_id z : i32\n"
                         "  %3 = tt.load %p, %m cacheModifier = cg evictionPolicy = evict_last {isVolatile = true} "
                         ": tensor<4x!tt.ptr<f32>>\n"
                         "  %4 = tt.atomic_rmw fadd, acq_rel, sys, %p, %3, %m "
                         ": (tensor<4x!tt.ptr<f32>>, tensor<4xf32>, tensor<4xi1>) -> tensor<4xf32>\n"
                         "  %5 = arith.addi %a, %a overflow<nsw, nuw> {x} : i32\n"
                         "  tt.assert %m, \"a\\0Ab\" : tensor<4xi1>\n"
                         "  %6 = tt.load %p : tensor<4x!tt.ptr<f32>>\n"
                         "  tt.return\n"
                         "}\n");
    const tr_op *cmpi = op_at(m, 0), *cmpf = op_at(m, 1), *load = op_at(m, 3), *rmw = op_at(m, 4), *add = op_at(m, 5);
    assert_int_equal(tr_op_attr_int(cmpi, "predicate", -1), 2);
    assert_type(tr_op_attr(cmpi, "predicate")->type, "i64");
    assert_type(cmpi->results[0].type, "i1");
    assert_int_equal(tr_op_attr_int(cmpf, "predicate", -1), 13);
    assert_int_equal(tr_op_attr_int(op_at(m, 2), "axis", -1), 2);
    assert_type(tr_op_attr(op_at(m, 2), "axis")->type, "i32");

    assert_type(load->results[0].type, "tensor<4xf32>");
    assert_int_equal(tr_op_attr_int(load, "cache", -1), 3);
    assert_int_equal(tr_op_attr_int(load, "evict", -1), 3);
    assert_int_equal(tr_op_attr_int(load, "isVolatile", -1), 1);
    const tr_attr *segments = tr_op_attr(load, "operandSegmentSizes");
    assert_int_equal(segments->kind, TR_ATTR_INTS);
    assert_int_equal(segments->count, 3);
    assert_true(segments->ints[0] == 1 && segments->ints[1] == 1 && segments->ints[2] == 0);

    assert_int_equal(tr_op_attr_int(rmw, "atomic_rmw_op", -1), 5);
    assert_int_equal(tr_op_attr_int(rmw, "sem", -1), 4);
    assert_int_equal(tr_op_attr_int(rmw, "scope", -1), 3);
    assert_str(tr_op_attr(add, "overflowFlags")->text, "#arith.overflow<nsw, nuw>");
    assert_int_equal(tr_op_attr(add, "x")->kind, TR_ATTR_UNIT);
    assert_str(tr_op_attr(op_at(m, 6), "message")->text, "a\nb");
    /* A default that is not written is not there. */
    assert_null(tr_op_attr(op_at(m, 7), "cache"));
    assert_int_equal(tr_op_attr_int(op_at(m, 7), "cache", 1), 1);
    tr_module_destroy(m);
}

static void test_older_names_have_the_newest_code(void **state)
{
    (void)state;
    tr_module *m = parse("tt.func @k(%d: !tt.ptr<i8>, %i: i32) {\n"
                         "  %0 = tt.experimental_descriptor_load %d[%i] : !tt.ptr<i8> -> tensor<4xf32>\n"
                         "  tt.return\n"
                         "}\n");
    assert_int_equal(first_op(m)->code, TR_OP_tt_descriptor_load);
    assert_str(first_op(m)->name, "tt.experimental_descriptor_load");
    tr_module_destroy(m);
}

static void test_constants(void **state)
{
    (void)state;
    tr_module *m = parse("tt.func @k() {\n"
                         "  %0 = arith.constant -5 : i32\n"
                         "  %1 = arith.constant 255 : i8\n"
                         "  %2 = arith.constant true\n"
                         "  %3 = arith.constant 0x7FC00000 : f32\n"
                         "  %4 = arith.constant 0.1 : f16\n"
                         "  %5 = arith.constant dense<[[1, -2], [3, 4]]> : tensor<2x2xi16>\n"
                         "  %6 = arith.constant dense<1.5> : tensor<8xbf16>\n"
                         "  %7 = arith.constant dense<\"0x0000803F00000040\"> : tensor<2xf32>\n"
                         "  %8 = arith.constant dense<[true, false]> : tensor<2xi1>\n"
                         "  %9 = arith.constant dense<1> : tensor<2xi77>\n"
                         "  %10 = arith.constant 18446744073709551615 : i64\n"
                         "  tt.return\n"
                         "}\n");
    const tr_attr *value[11];
    for (int i = 0; i < 11; i++) value[i] = tr_op_attr(op_at(m, i), "value");
    assert_int_equal(value[0]->integer, -5);
    assert_int_equal(value[1]->integer, -1);
    assert_int_equal(value[2]->kind, TR_ATTR_BOOL);
    assert_type(op_at(m, 2)->results[0].type, "i1");
    assert_true(isnan(value[3]->real));
    assert_int_equal(value[3]->integer, 0x7fc00000);
    assert_int_equal(value[4]->integer, 0x2e66);
    assert_true(value[4]->real == 0.0999755859375);

    const int16_t wanted[4] = { 1, -2, 3, 4 };
    assert_false(value[5]->splat);
    assert_memory_equal(value[5]->data, wanted, sizeof(wanted));
    uint16_t bf16;
    memcpy(&bf16, value[6]->data, 2);
    assert_true(value[6]->splat);
    assert_int_equal(bf16, 0x3fc0);
    const float floats[2] = { 1, 2 };
    assert_memory_equal(value[7]->data, floats, sizeof(floats));
    assert_int_equal(((const char *)value[8]->data)[0], 1);
    assert_int_equal(((const char *)value[8]->data)[1], 0);
    assert_null(value[9]->data);
    assert_true(value[10]->integer == -1);
    tr_module_destroy(m);
}

static void test_types_are_unique(void **state)
{
    (void)state;
    tr_module *m = parse("#enc = #ttg.blocked<{order = [0]}>\n"
                         "tt.func @k(%a: tensor<4x8xf32>, %b: tensor<4x8xf32>, %c: tensor<8x4xf32>,\n"
                         "  %d: !tt.ptr<f32, 1>, %e: !tt.ptr<f32>, %f: !tt.ptr<f32, \"constant\">,\n"
                         "  %g: tensor<4xf32, #enc>, %h: tensor<4xf32, #ttg.blocked<{order = [0]}>>,\n"
                         "  %i: !tt.tensordesc<tensor<4x8xf16>>, %j: !tt.tensordesc<4x8xf16>,\n"
                         "  %k: f8E4M3FNUZ, %l: !ttg.memdesc<4xf32, #enc>, %m: !ttg.async.token) {\n"
                         "  tt.return\n"
                         "}\n");
    const tr_value *a = m->funcs[0].body->first->args;
    assert_ptr_equal(a[0].type, a[1].type);
    assert_ptr_not_equal(a[0].type, a[2].type);
    assert_int_equal(a[0].type->count, 32);
    assert_int_equal(a[0].type->shape[1], 8);
    assert_ptr_equal(a[3].type, a[4].type);
    assert_ptr_not_equal(a[4].type, a[5].type);
    assert_str(a[5].type->space, "\"constant\"");
    assert_ptr_equal(a[6].type, a[7].type);
    assert_str(a[6].type->encoding->text, "#ttg.blocked<{order = [0]}>");
    assert_str(a[6].type->encoding->alias, "#enc");
    assert_int_equal(a[8].type->kind, TR_TYPE_TENSORDESC);
    assert_type(a[8].type->element, "f16");
    assert_int_equal(a[9].type->rank, 2);
    assert_int_equal(a[10].type->dtype, TR_F8E4M3FN);
    assert_str(a[10].type->name, "f8E4M3FNUZ");
    assert_int_equal(a[11].type->kind, TR_TYPE_MEMDESC);
    assert_str(a[11].type->name, "!ttg.memdesc<4xf32, #ttg.blocked<{order = [0]}>>");
    assert_int_equal(a[12].type->kind, TR_TYPE_TOKEN);
    tr_module_destroy(m);
}

static void test_locations(void **state)
{
    (void)state;
    tr_module *m = parse("tt.func @k(%a: i32) {\n"
                         "  %0 = arith.addi %a, %a : i32 loc(#loc2)\n"
                         "  %1 = arith.addi %a, %a : i32 loc(fused[\"n\"(\"f.py\":1:2), \"g.py\":3:4])\n"
                         "  %2 = arith.addi %a, %a : i32\n"
                         "  tt.return\n"
                         "}\n"
                         "#loc = loc(\"k.py\":10:4)\n"
                         "#loc1 = loc(\"lib.py\":20:8)\n"
                         "#loc2 = loc(\"sum\"(callsite(#loc1 at #loc)))\n");
    const tr_loc *inlined = op_at(m, 0)->loc, *fused = op_at(m, 1)->loc, *none = op_at(m, 2)->loc;
    assert_int_equal(inlined->kind, TR_LOC_NAME);
    assert_str(inlined->alias, "#loc2");
    assert_int_equal(tr_loc_file(inlined)->line, 20);
    assert_str(tr_loc_file(inlined)->file, "lib.py");
    assert_int_equal(tr_loc_caller_file(inlined)->line, 10);
    assert_int_equal(tr_loc_file(fused)->column, 2);
    assert_null(tr_loc_caller_file(fused));
    assert_int_equal(none->kind, TR_LOC_UNKNOWN);
    assert_null(tr_loc_file(none));
    tr_module_destroy(m);
}

static void test_regions_packs_and_ranges(void **state)
{
    (void)state;
    const char *text = "tt.func @k(%l: i32, %x: f32) {\n"
                       "  %r:2 = scf.for %i = %l to %l step %l iter_args(%a = %x, %b = %l) -> (f32, i32)  : i32 {\n"
                       "    scf.yield %a, %i : f32, i32\n"
                       "  } {tt.num_stages = 3 : i32} loc(\"f\":1:1)\n"
                       "  %q = arith.addi %r#1, %l : i32\n"
                       "  %c = arith.cmpi eq, %q, %l : i32\n"
                       "  scf.if %c {\n"
                       "  }\n"
                       "  tt.return\n"
                       "}\n";
    tr_module *m = parse(text);
    const tr_op *loop = op_at(m, 0), *add = op_at(m, 1), *branch = op_at(m, 3);
    assert_int_equal(loop->operand_count, 5);
    assert_int_equal(loop->regions[0]->first->arg_count, 3);
    assert_str(loop->regions[0]->first->args[0].name, "i");
    assert_ptr_equal(loop->regions[0]->op, loop);
    assert_int_equal(tr_op_attr_int(loop, "tt.num_stages", 0), 3);
    assert_str(loop->results[1].name, "r#1");
    assert_ptr_equal(add->operands[0], &loop->results[1]);
    assert_true(strncmp(text + loop->begin, "%r:2 = scf.for", 14) == 0);
    assert_true(strncmp(text + loop->end - 10, "(\"f\":1:1)\n", 9) == 0 || text[loop->end - 1] == ')');
    assert_int_equal(text[loop->end], '\n');

    /* The regions of an scf.if are two, and a yield that is left out is there. */
    assert_int_equal(branch->region_count, 2);
    assert_int_equal(branch->regions[0]->first->first->code, TR_OP_scf_yield);
    assert_true(branch->regions[0]->first->first->implied);
    assert_null(branch->regions[1]->first);
    tr_module_destroy(m);
}

static void test_blocks(void **state)
{
    (void)state;
    tr_module *m = parse(
        "tt.func @k(%c: i1, %x: f32) {\n"
        "  cf.cond_br %c, ^bb1(%x : f32), ^bb2\n"
        "^bb1(%y: f32):\n"
        "  cf.br ^bb2\n"
        "^bb2:\n"
        "  \"cf.cond_br\"(%c, %x)[^bb1, ^bb3] <{operandSegmentSizes = array<i32: 1, 1, 0>}> : (i1, f32) -> ()\n"
        "^bb3:\n"
        "  tt.return\n"
        "}\n");
    const tr_region *body = m->funcs[0].body;
    const tr_block *bb1 = body->first->next, *bb2 = bb1->next;
    assert_int_equal(body->block_count, 4);
    assert_str(bb1->label, "bb1");
    assert_int_equal(body->first->label.size, 0);
    for (int i = 0; i < 2; i++) {
        const tr_op *branch = i ? bb2->last : body->first->last;
        assert_int_equal(branch->operand_count, 2);
        assert_int_equal(branch->successor_count, 2);
        assert_ptr_equal(branch->successors[0].block, bb1);
        assert_int_equal(branch->successors[0].arg_count, 1);
        assert_ptr_equal(branch->successors[0].args[0], &body->first->args[1]);
        assert_int_equal(branch->successors[1].arg_count, 0);
    }
    tr_module_destroy(m);
}

static void test_several_modules_become_one(void **state)
{
    (void)state;
    tr_module *m = parse("// a dump\nmodule {\n  tt.func @a() {\n    tt.return\n  }\n}\n// -----\n"
                         "module {\n  tt.func @b() {\n    tt.return\n  }\n}\n"
                         "{-# external_resources: { x: { y: \"#-}\" } } #-}\n");
    assert_int_equal(m->func_count, 2);
    assert_true(m->bare);
    assert_int_equal(m->op->code, TR_OP_builtin_module);
    assert_int_equal(m->op_count, 7);
    tr_module_destroy(m);
}

static void test_unknown_ops_are_taken_in_generic_form(void **state)
{
    (void)state;
    tr_module *m = parse("tt.func @k(%a: i32) {\n"
                         "  %0:2 = \"my.op\"(%a) <{p = 1 : i32}> ({\n"
                         "  ^bb0(%x: i32):\n"
                         "    \"my.end\"(%x) : (i32) -> ()\n"
                         "  }) {q} : (i32) -> (f32, !my.type<3>)\n"
                         "  tt.return\n"
                         "}\n");
    const tr_op *op = first_op(m);
    assert_int_equal(op->code, TR_OP_UNKNOWN);
    assert_true(op->generic);
    assert_str(op->name, "my.op");
    assert_int_equal(op->property_count, 1);
    assert_int_equal(op->attr_count, 2);
    assert_int_equal(op->results[1].type->kind, TR_TYPE_OPAQUE);
    assert_str(op->results[1].type->name, "!my.type<3>");
    tr_module_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_custom_form_has_the_attributes_of_generic_form),
        cmocka_unit_test(test_older_names_have_the_newest_code),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_types_are_unique),
        cmocka_unit_test(test_locations),
        cmocka_unit_test(test_regions_packs_and_ranges),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_several_modules_become_one),
        cmocka_unit_test(test_unknown_ops_are_taken_in_generic_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
