/* Programs that run at once: atomics, waiting for one another, deadlock, time limits, cancelling. */
#include "tile_helpers.h"

#define COUNT_KERNEL                                                                                                   \
    KERNEL("%o: !tt.ptr<i32>, %f: !tt.ptr<f32>",                                                                       \
           "    %c1 = arith.constant 1 : i32\n    %t = arith.constant true\n    %h = arith.constant 0.5 : f32\n"       \
           "    %a = tt.atomic_rmw add, acq_rel, gpu, %o, %c1, %t : (!tt.ptr<i32>, i32, i1) -> i32\n"                  \
           "    %b = tt.atomic_rmw fadd, acq_rel, gpu, %f, %h, %t : (!tt.ptr<f32>, f32, i1) -> f32\n")

static void test_atomics_between_threads(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 8; threads *= 2) {
        int32_t count = 0;
        float sum = 0;
        tr_error error;
        check_ok(run_text(COUNT_KERNEL, threads, (tr_grid){ 1000, 1, 1 },
                          (tr_arg[]){ tr_arg_buffer(&count, 4), tr_arg_buffer(&sum, 4) }, 2, NULL, &error),
                 &error);
        assert_int_equal(count, 1000);
        assert_true(sum == 500);
    }
}

/* Program i waits until *turn is n - 1 - i, then counts it up: every program waits for all that come after it. */
#define TURN_KERNEL                                                                                                    \
    KERNEL("%turn: !tt.ptr<i32>, %n: i32",                                                                             \
           "    %c0 = arith.constant 0 : i32\n    %c1 = arith.constant 1 : i32\n    %t = arith.constant true\n"        \
           "    %p = tt.get_program_id x : i32\n    %n1 = arith.subi %n, %c1 : i32\n"                                  \
           "    %mine = arith.subi %n1, %p : i32\n"                                                                    \
           "    scf.while : () -> () {\n"                                                                              \
           "      %now = tt.atomic_rmw add, acq_rel, gpu, %turn, %c0, %t : (!tt.ptr<i32>, i32, i1) -> i32\n"           \
           "      %go = arith.cmpi ne, %now, %mine : i32\n"                                                            \
           "      scf.condition(%go)\n    } do {\n      scf.yield\n    }\n"                                            \
           "    %x = tt.atomic_rmw add, acq_rel, gpu, %turn, %c1, %t : (!tt.ptr<i32>, i32, i1) -> i32\n")

static void test_programs_wait_for_later_ones(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        int32_t turn = 0;
        tr_error error;
        check_ok(run_text(TURN_KERNEL, threads, (tr_grid){ 24, 1, 1 },
                          (tr_arg[]){ tr_arg_buffer(&turn, 4), tr_arg_i32(24) }, 2, NULL, &error),
                 &error);
        assert_int_equal(turn, 24);
    }
}

static void test_deadlock_is_reported(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        int32_t turn = -5; /* nobody's turn ever comes */
        tr_error error;
        check_fails(run_text(TURN_KERNEL, threads, (tr_grid){ 5, 1, 1 },
                             (tr_arg[]){ tr_arg_buffer(&turn, 4), tr_arg_i32(5) }, 2, NULL, &error),
                    TR_DEADLOCK, &error, "program (");
    }
}

/* Counts to 2^31 - 1: long enough for any limit here. */
#define LONG_KERNEL                                                                                                    \
    KERNEL("%o: !tt.ptr<i32>",                                                                                         \
           "    %c0 = arith.constant 0 : i32\n    %c1 = arith.constant 1 : i32\n"                                      \
           "    %n = arith.constant 2147483647 : i32\n"                                                                \
           "    %r = scf.for %k = %c0 to %n step %c1 iter_args(%a = %c0) -> (i32)  : i32 {\n"                          \
           "      %b = arith.xori %a, %k : i32\n      scf.yield %b : i32\n    }\n"                                     \
           "    tt.store %o, %r : !tt.ptr<i32>\n")

static void test_time_limit(void **state)
{
    (void)state;
    int32_t out = 0;
    tr_error error;
    const tr_launch_options options = { .timeout_seconds = 0.05 };
    check_fails(run_text(LONG_KERNEL, 2, (tr_grid){ 4, 1, 1 }, (tr_arg[]){ tr_arg_buffer(&out, 4) }, 1, &options,
                         &error),
                TR_TIMED_OUT, &error, "0.05 s");
}

static void cancel_soon(void *user, uint64_t done, uint64_t total)
{
    (void)done;
    (void)total;
    __atomic_store_n((volatile int *)user, 1, __ATOMIC_RELAXED); /* other workers look at it meanwhile */
}

static void test_cancel(void **state)
{
    (void)state;
    int32_t turn = 0;
    volatile int cancel = 1;
    tr_error error;
    tr_launch_options options = { .cancel = &cancel };
    check_fails(run_text(LONG_KERNEL, 2, (tr_grid){ 4, 1, 1 }, (tr_arg[]){ tr_arg_buffer(&turn, 4) }, 1, &options,
                         &error),
                TR_INTERRUPTED, &error, "interrupted");
    /* From the progress callback, while programs wait for a turn that does not come. */
    cancel = 0;
    turn = -5;
    options.progress = cancel_soon;
    options.progress_user = (void *)(uintptr_t)&cancel;
    check_fails(run_text(TURN_KERNEL, 1, (tr_grid){ 5, 1, 1 }, (tr_arg[]){ tr_arg_buffer(&turn, 4), tr_arg_i32(5) }, 2,
                         &options, &error),
                TR_INTERRUPTED, &error, "interrupted");
}

/* Only program %which counts. */
#define ONE_LONG_KERNEL                                                                                                \
    KERNEL("%o: !tt.ptr<i32>, %which: i32",                                                                            \
           "    %c0 = arith.constant 0 : i32\n    %c1 = arith.constant 1 : i32\n"                                      \
           "    %most = arith.constant 2147483647 : i32\n    %p = tt.get_program_id x : i32\n"                        \
           "    %long = arith.cmpi eq, %p, %which : i32\n    %n = arith.select %long, %most, %c0 : i32\n"             \
           "    %r = scf.for %k = %c0 to %n step %c1 iter_args(%a = %c0) -> (i32)  : i32 {\n"                          \
           "      %b = arith.xori %a, %k : i32\n      scf.yield %b : i32\n    }\n"                                     \
           "    tt.store %o, %r : !tt.ptr<i32>\n")

/* The thread that calls hears of progress also when only the other one still works: it may be the one that signals
 * reach. */
static void test_progress_to_the_end(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        int32_t out = 0;
        volatile int cancel = 0;
        tr_error error;
        const tr_launch_options options = { .cancel = &cancel, .progress = cancel_soon,
                                            .progress_user = (void *)(uintptr_t)&cancel };
        check_fails(run_text(ONE_LONG_KERNEL, 2, (tr_grid){ 2, 1, 1 },
                             (tr_arg[]){ tr_arg_buffer(&out, 4), tr_arg_i32(which) }, 2, &options, &error),
                    TR_INTERRUPTED, &error, "interrupted");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_atomics_between_threads), cmocka_unit_test(test_programs_wait_for_later_ones),
        cmocka_unit_test(test_deadlock_is_reported),    cmocka_unit_test(test_time_limit),
        cmocka_unit_test(test_cancel),                  cmocka_unit_test(test_progress_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
