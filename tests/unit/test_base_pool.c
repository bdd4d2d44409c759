/* base/pool: who runs what, many jobs in a row, several callers, forked children. */
#include "check.h"

#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 16 };

typedef struct tally {
    atomic_int runs[MOST]; /* of each worker */
    atomic_int inside;     /* jobs running now, at most one a worker */
    pthread_t caller;
    atomic_bool wrong_thread;
} tally;

static void count(void *user, int worker)
{
    tally *t = user;
    atomic_fetch_add(&t->runs[worker], 1);
    if ((worker == 0) != (bool)pthread_equal(pthread_self(), t->caller)) atomic_store(&t->wrong_thread, true);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

static void cpu_count_is_positive(void **state)
{
    (void)state;
    assert_true(tr_cpu_count() >= 1);
    assert_true(tr_cpu_count() <= sysconf(_SC_NPROCESSORS_CONF));
}

static void refuses_no_threads(void **state)
{
    (void)state;
    tr_error error;
    tr_pool *pool = NULL;
    check_fails(tr_pool_create(0, &pool, &error), TR_INVALID_ARGUMENT, &error, "not 0");
    check_fails(tr_pool_create(-3, &pool, &error), TR_INVALID_ARGUMENT, &error, "not -3");
    assert_null(pool);
    tr_pool_destroy(NULL);
}

static void every_worker_runs_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= MOST; threads++) {
        tr_pool *pool = NULL;
        assert_int_equal(tr_pool_create(threads, &pool, NULL), TR_OK);
        assert_int_equal(tr_pool_threads(pool), threads);
        for (int used = 1; used <= threads + 1; used++) { /* one too many counts as all */
            tally t = { .caller = pthread_self() };
            tr_pool_run(pool, used, count, &t);
            for (int i = 0; i < MOST; i++) assert_int_equal(atomic_load(&t.runs[i]), i < used && i < threads);
            assert_false(atomic_load(&t.wrong_thread));
        }
        tr_pool_destroy(pool);
    }
}

static void unused_pool_can_be_destroyed(void **state)
{
    (void)state;
    tr_pool *pool = NULL;
    assert_int_equal(tr_pool_create(4, &pool, NULL), TR_OK);
    tr_pool_destroy(pool);
}

static void sum_parts(void *user, int worker)
{
    long *sums = user;
    sums[worker * 8] += worker + 1; /* not atomic: the pool orders the jobs */
}

static void many_jobs_in_a_row(void **state)
{
    (void)state;
    tr_pool *pool = NULL;
    assert_int_equal(tr_pool_create(4, &pool, NULL), TR_OK);
    long sums[4 * 8] = { 0 };
    enum { JOBS = 20000 };
    for (int i = 0; i < JOBS; i++) {
        tr_pool_run(pool, 1 + i % 4, sum_parts, sums);
        if (i % 2000 == 0) pause_ms(1); /* so that workers are met asleep, too */
    }
    for (int worker = 0; worker < 4; worker++) {
        assert_int_equal(sums[worker * 8], (long)(JOBS - worker * JOBS / 4) * (worker + 1));
    }
    tr_pool_destroy(pool);
}

typedef struct shared_use {
    tr_pool *pool;
    int jobs;
    int *inside; /* of the whole pool; plain, as jobs take turns */
    atomic_int *total;
} shared_use;

static void take_part(void *user, int worker)
{
    shared_use *use = user;
    if (worker == 0) {
        if (++*use->inside != 1) atomic_store(use->total, -1000000);
        for (volatile int i = 0; i < 50; i++) continue;
        --*use->inside;
    }
    atomic_fetch_add(use->total, 1);
}

static void *use_the_pool(void *user)
{
    shared_use *use = user;
    for (int i = 0; i < use->jobs; i++) tr_pool_run(use->pool, 3, take_part, use);
    return NULL;
}

static void several_callers_take_turns(void **state)
{
    (void)state;
    tr_pool *pool = NULL;
    assert_int_equal(tr_pool_create(3, &pool, NULL), TR_OK);
    int inside = 0;
    atomic_int total = 0;
    shared_use use = { pool, 1000, &inside, &total };
    pthread_t callers[4];
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&callers[i], NULL, use_the_pool, &use), 0);
    for (int i = 0; i < 4; i++) pthread_join(callers[i], NULL);
    assert_int_equal(atomic_load(&total), 4 * 1000 * 3);
    tr_pool_destroy(pool);
}

static void note_mask(void *user, int worker)
{
    sigset_t *masks = user;
    pthread_sigmask(SIG_SETMASK, NULL, &masks[worker]);
}

static void workers_take_no_signals(void **state)
{
    (void)state;
    tr_pool *pool = NULL;
    assert_int_equal(tr_pool_create(2, &pool, NULL), TR_OK);
    sigset_t masks[2];
    tr_pool_run(pool, 2, note_mask, masks);
    assert_false(sigismember(&masks[0], SIGINT));
    assert_true(sigismember(&masks[1], SIGINT));
    tr_pool_destroy(pool);
}

/* Runs `body` in a forked child; the child must end with 0 within the time. */
static void in_child(void (*body)(tr_pool *), tr_pool *pool)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        body(pool);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void run_some(tr_pool *pool)
{
    tally t = { .caller = pthread_self() };
    for (int i = 0; i < 100; i++) tr_pool_run(pool, 4, count, &t);
    for (int i = 0; i < 4; i++) {
        if (atomic_load(&t.runs[i]) != 100) _exit(1);
    }
}

static void run_and_destroy(tr_pool *pool)
{
    run_some(pool);
    tr_pool_destroy(pool);
}

static void run_and_fork_again(tr_pool *pool)
{
    run_some(pool);
    in_child(run_some, pool);
    run_some(pool);
}

static void *run_some_in_thread(void *pool)
{
    for (int i = 0; i < 100; i++) {
        tally t = { .caller = pthread_self() };
        tr_pool_run(pool, 4, count, &t);
        for (int j = 0; j < 4; j++) {
            if (atomic_load(&t.runs[j]) != 1) _exit(1);
        }
    }
    return NULL;
}

static void run_from_two_threads(tr_pool *pool)
{
    pthread_t other;
    if (pthread_create(&other, NULL, run_some_in_thread, pool)) _exit(2);
    run_some_in_thread(pool);
    pthread_join(other, NULL);
}

static void forked_child_starts_its_own_workers(void **state)
{
    (void)state;
    tr_pool *pool = NULL;
    assert_int_equal(tr_pool_create(4, &pool, NULL), TR_OK);
    in_child(run_and_destroy, pool); /* before the parent has any worker */
    run_some(pool);
    in_child(tr_pool_destroy, pool);
    in_child(run_and_destroy, pool);
    in_child(run_from_two_threads, pool);
    in_child(run_and_fork_again, pool);
    run_some(pool);
    tr_pool_destroy(pool);
}

static void *keep_busy(void *user)
{
    tr_pool *pool = ((void **)user)[0];
    atomic_bool *stop = ((void **)user)[1];
    while (!atomic_load(stop)) run_some(pool);
    return NULL;
}

static void fork_during_a_job(void **state)
{
    (void)state;
    tr_pool *pool = NULL;
    assert_int_equal(tr_pool_create(4, &pool, NULL), TR_OK);
    atomic_bool stop = false;
    void *arguments[] = { pool, &stop };
    pthread_t busy;
    assert_int_equal(pthread_create(&busy, NULL, keep_busy, arguments), 0);
    for (int i = 0; i < 30; i++) in_child(run_some, pool); /* finds the locks in every state */
    atomic_store(&stop, true);
    pthread_join(busy, NULL);
    tr_pool_destroy(pool);
}

static void run_everything_alone(tr_pool *pool)
{
    /* The limit counts the user's processes: at 1 no more threads can be made, unless one is root. */
    if (setrlimit(RLIMIT_NPROC, &(struct rlimit){ 1, 1 }) || (getuid() == 0 && setuid(65534))) _exit(77);
    tally t = { .caller = pthread_self() };
    tr_pool_run(pool, 4, count, &t);
    for (int i = 0; i < 4; i++) {
        if (atomic_load(&t.runs[i]) != 1) _exit(1);
    }
}

static void caller_stands_in_for_refused_threads(void **state)
{
    (void)state;
    tr_pool *pool = NULL;
    assert_int_equal(tr_pool_create(4, &pool, NULL), TR_OK);
    in_child(run_everything_alone, pool);
    tr_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_count_is_positive),   cmocka_unit_test(refuses_no_threads),
        cmocka_unit_test(every_worker_runs_once),  cmocka_unit_test(unused_pool_can_be_destroyed),
        cmocka_unit_test(many_jobs_in_a_row),      cmocka_unit_test(several_callers_take_turns),
        cmocka_unit_test(workers_take_no_signals), cmocka_unit_test(forked_child_starts_its_own_workers),
        cmocka_unit_test(fork_during_a_job),       cmocka_unit_test(caller_stands_in_for_refused_threads),
    };
    return cmocka_run_group_tests_name("base/pool", tests, NULL, NULL);
}
