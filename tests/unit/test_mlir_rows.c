/* The rows of ops.def make sense. */
#include "check.h"

#include "mlir/row.h"

static void test_every_row_is_read(void **state)
{
    (void)state;
    tr_op_table table;
    tr_error error;
    check_ok(tr_op_table_init(&table, &error), &error);
    for (int code = 1; code < TR_OP_COUNT; code++) {
        const tr_op_info *info = NULL;
        check_ok(tr_op_table_info(&table, (tr_opcode)code, &info, &error), &error);
        assert_non_null(info);
        assert_int_equal(info->code, code);
        assert_int_equal(tr_op_table_find(&table, tr_opcode_name((tr_opcode)code)), code);
    }
    assert_int_equal(tr_op_table_find(&table, TR_STR("tt.nothing")), TR_OP_UNKNOWN);
    assert_int_equal(tr_opcode_name(TR_OP_UNKNOWN).size, 0);
    tr_op_table_deinit(&table);
}

static void test_what_a_row_says(void **state)
{
    (void)state;
    tr_op_table table;
    tr_error error;
    const tr_op_info *load, *cmpi, *dot_scaled;
    check_ok(tr_op_table_init(&table, &error), &error);
    check_ok(tr_op_table_info(&table, TR_OP_tt_load, &load, &error), &error);
    check_ok(tr_op_table_info(&table, TR_OP_arith_cmpi, &cmpi, &error), &error);
    check_ok(tr_op_table_info(&table, TR_OP_tt_dot_scaled, &dot_scaled, &error), &error);
    assert_int_equal(load->operand_count, 3);
    assert_true(tr_str_is(load->operands[1].name, "mask"));
    assert_int_equal(load->operands[1].arity, TR_ARITY_OPTIONAL);
    assert_int_equal(load->operands[2].rule, TR_RULE_POINTEE);
    assert_int_equal(load->operands[2].rule_from, 0);
    assert_int_equal(load->results[0].class_, TR_CLASS_ANY);
    assert_true(load->segments);
    assert_int_equal(load->format.form_count, 1);
    assert_int_equal(dot_scaled->format.form_count, 3);

    const tr_attr_spec *predicate = &cmpi->attrs[tr_op_info_attr(cmpi, TR_STR("predicate"))];
    assert_int_equal(predicate->form, TR_FORM_ENUM);
    assert_int_equal(predicate->enum_bits, 64);
    assert_true(tr_str_is(tr_attr_spec_word(predicate, 9), "uge"));
    assert_int_equal(tr_attr_spec_word(predicate, 10).size, 0);
    assert_int_equal(tr_op_info_attr(cmpi, TR_STR("axis")), -1);
    tr_op_table_deinit(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_read),
        cmocka_unit_test(test_what_a_row_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
