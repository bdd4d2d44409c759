/* Scalar steps: moves that are left out, comparisons that jump, arithmetic with steps of its own. */
#include "tile_helpers.h"

static const tr_grid one = { 1, 1, 1 };

/* Runs a body that stores i32 results through %o, and compares the first `count` of them. */
static void check(const char *body, const int32_t *args, const int32_t *expected, int count)
{
    int32_t out[16] = { 0 };
    char text[8192];
    snprintf(text, sizeof(text), KERNEL("%%o: !tt.ptr<i32>, %%x: i32, %%y: i32, %%n: i32", "%s"), body);
    run_ok(text, one,
           (tr_arg[]){ tr_arg_buffer(out, sizeof(out)), tr_arg_i32(args[0]), tr_arg_i32(args[1]), tr_arg_i32(args[2]) },
           4);
    for (int i = 0; i < count; i++) assert_int_equal(out[i], expected[i]);
}

#define CONSTANTS                                                                                                      \
    "    %c0 = arith.constant 0 : i32\n    %c1 = arith.constant 1 : i32\n    %c2 = arith.constant 2 : i32\n"           \
    "    %c3 = arith.constant 3 : i32\n"
#define PUT(index, value)                                                                                              \
    "    %p" #index " = tt.addptr %o, %c" #index " : !tt.ptr<i32>, i32\n"                                              \
    "    tt.store %p" #index ", " value " : !tt.ptr<i32>\n"

/* Carried values that change places each turn: they can't share registers with what they become. */
static void test_values_that_rotate(void **state)
{
    (void)state;
    const char *body = CONSTANTS
        "    %r:4 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %y, %c = %c2, %d = %c3)"
        " -> (i32, i32, i32, i32) : i32 {\n"
        "      %s = arith.addi %a, %b : i32\n"
        "      scf.yield %b, %s, %d, %c : i32, i32, i32, i32\n"
        "    }\n" PUT(0, "%r#0") PUT(1, "%r#1") PUT(2, "%r#2") PUT(3, "%r#3");
    for (int32_t n = 0; n < 8; n++) {
        int32_t a = 5, b = 7;
        for (int32_t i = 0; i < n; i++) {
            const int32_t s = a + b;
            a = b, b = s;
        }
        check(body, (int32_t[]){ 5, 7, n }, (int32_t[]){ a, b, n % 2 ? 3 : 2, n % 2 ? 2 : 3 }, 4);
    }
}

/* A value from before the loop, and one turn's value, are still needed when the next ones are there. */
static void test_values_needed_later(void **state)
{
    (void)state;
    const char *body = CONSTANTS
        "    %first = arith.addi %x, %c3 : i32\n"
        "    %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %first, %sum = %c0) -> (i32, i32) : i32 {\n"
        "      %next = arith.muli %a, %y : i32\n"
        "      %difference = arith.subi %next, %a : i32\n"
        "      %more = arith.addi %sum, %difference : i32\n"
        "      %odd = arith.andi %i, %c1 : i32\n"
        "      %is_odd = arith.cmpi eq, %odd, %c1 : i32\n"
        "      %kept = scf.if %is_odd -> (i32) {\n"
        "        scf.yield %a : i32\n"
        "      } else {\n"
        "        scf.yield %next : i32\n"
        "      }\n"
        "      scf.yield %kept, %more : i32, i32\n"
        "    }\n" PUT(0, "%r#0") PUT(1, "%r#1") PUT(2, "%first");
    for (int32_t n = 0; n < 9; n++) {
        int32_t a = 4, sum = 0;
        for (int32_t i = 0; i < n; i++) {
            const int32_t next = a * 3;
            sum += next - a;
            a = i & 1 ? a : next;
        }
        check(body, (int32_t[]){ 1, 3, n }, (int32_t[]){ a, sum, 4 }, 3);
    }
}

/* Blocks that jump back into each other with two values exchanged on one of the ways. */
static void test_blocks_that_exchange(void **state)
{
    (void)state;
    const char *text = "module {\n  tt.func public @k(%o: !tt.ptr<i32>, %x: i32, %y: i32, %n: i32) {\n" CONSTANTS
                       "    cf.br ^head(%x, %y, %c0 : i32, i32, i32)\n"
                       "  ^head(%a: i32, %b: i32, %i: i32):\n"
                       "    %more = arith.cmpi slt, %i, %n : i32\n"
                       "    cf.cond_br %more, ^body, ^end\n"
                       "  ^body:\n"
                       "    %j = arith.addi %i, %c1 : i32\n"
                       "    %t = arith.remsi %i, %c3 : i32\n"
                       "    %swap = arith.cmpi ne, %t, %c0 : i32\n"
                       "    cf.cond_br %swap, ^head(%b, %a, %j : i32, i32, i32), ^head(%j, %b, %j : i32, i32, i32)\n"
                       "  ^end:\n" PUT(0, "%a") PUT(1, "%b") "    tt.return\n  }\n}\n";
    for (int32_t n = 0; n < 9; n++) {
        int32_t out[2] = { 0 }, a = 100, b = 200;
        for (int32_t i = 0; i < n; i++) {
            const int32_t old = a;
            a = i % 3 ? b : i + 1;
            b = i % 3 ? old : b;
        }
        run_ok(text, one,
               (tr_arg[]){ tr_arg_buffer(out, sizeof(out)), tr_arg_i32(100), tr_arg_i32(200), tr_arg_i32(n) }, 4);
        assert_int_equal(out[0], a);
        assert_int_equal(out[1], b);
    }
}

static const int32_t hard[] = { 0, 1, -1, 2, -2, 7, -7, INT32_MAX, INT32_MIN, INT32_MIN + 1, 1 << 30 };
enum { HARD = sizeof(hard) / sizeof(hard[0]) };

static void test_arithmetic(void **state)
{
    (void)state;
    const char *body = CONSTANTS "    %v0 = arith.divsi %x, %y : i32\n"
                                 "    %v1 = arith.remsi %x, %y : i32\n"
                                 "    %v2 = arith.xori %x, %y : i32\n"
                                 "    %and = arith.andi %x, %y : i32\n"
                                 "    %or = arith.ori %x, %y : i32\n"
                                 "    %v3 = arith.subi %or, %and : i32\n" PUT(0, "%v0") PUT(1, "%v1") PUT(2, "%v2")
                                     PUT(3, "%v3");
    for (int i = 0; i < HARD; i++) {
        for (int k = 0; k < HARD; k++) {
            const int64_t a = hard[i], b = hard[k];
            const int32_t quotient = b == 0 ? -1 : (int32_t)(uint32_t)(a / b),
                          rest = b == 0 ? (int32_t)a : (int32_t)(a % b);
            check(body, (int32_t[]){ hard[i], hard[k], 0 },
                  (int32_t[]){ quotient, rest, hard[i] ^ hard[k], hard[i] ^ hard[k] }, 4);
        }
    }
}

/* As a value and as a jump. */
static void test_comparisons(void **state)
{
    static const char *const predicates[] = { "eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge" };
    (void)state;
    for (int p = 0; p < 10; p++) {
        char body[2048];
        snprintf(body, sizeof(body),
                 "%s    %%m = arith.cmpi %s, %%x, %%y : i32\n    %%v0 = arith.extui %%m : i1 to i32\n"
                 "    %%q = arith.cmpi %s, %%x, %%y : i32\n"
                 "    %%v1 = scf.if %%q -> (i32) {\n      scf.yield %%c3 : i32\n    } else {\n      scf.yield %%c2 : "
                 "i32\n    }\n%s",
                 CONSTANTS, predicates[p], predicates[p], PUT(0, "%v0") PUT(1, "%v1"));
        for (int i = 0; i < HARD; i++) {
            for (int k = 0; k < HARD; k++) {
                const int32_t a = hard[i], b = hard[k];
                const uint32_t ua = (uint32_t)a, ub = (uint32_t)b;
                const bool truth[] = { a == b, a != b, a<b, a <= b, a> b, a >= b, ua<ub, ua <= ub, ua> ub, ua >= ub };
                check(body, (int32_t[]){ a, b, 0 }, (int32_t[]){ truth[p], truth[p] ? 3 : 2 }, 2);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_that_rotate),   cmocka_unit_test(test_values_needed_later),
        cmocka_unit_test(test_blocks_that_exchange), cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_comparisons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
