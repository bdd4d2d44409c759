#include "base/pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Before a thread goes to sleep it looks this long for work: waking it takes longer than that, so launches that
 * follow each other closely gain, and an idle process still uses no time. */
#define SPIN_NANOSECONDS 20000

typedef struct task {
    void (*run)(void *user, int worker);
    void *user;
} task;

typedef struct worker {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t wake;
    atomic_uint ticket; /* one more for each job given to this worker; read without the lock while spinning */
    bool sleeping;
    bool quit;
    task next;
    int index;
    tr_pool *pool;
} __attribute__((aligned(64))) worker;

struct tr_pool {
    int threads;
    bool may_spin;
    _Atomic(pid_t) process; /* whose threads the workers are; negative while that process sets them up */
    int started;            /* workers 1 .. started run */
    pthread_mutex_t turn;   /* held by the thread whose job is running */
    pthread_mutex_t mutex;
    pthread_cond_t all_back;      /* with `mutex` */
    _Alignas(64) atomic_int away; /* workers that still run the job */
    worker workers[];             /* worker 0 is the caller: unused */
};

int tr_cpu_count(void)
{
    /* The kernel refuses a set that is smaller than its own. */
    for (int cpus = 1024; cpus <= 1 << 20; cpus *= 4) {
        cpu_set_t *set = CPU_ALLOC(cpus);
        if (!set) break;
        size_t size = CPU_ALLOC_SIZE(cpus);
        int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (count > 0) return count;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

static int64_t now_nanoseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---------------------------------------------------------------- the worker's side */

/* Waits for a ticket other than `seen`; false when the worker shall end. */
static bool next_task(worker *w, unsigned seen, task *out_task)
{
    if (w->pool->may_spin) {
        int64_t end = now_nanoseconds() + SPIN_NANOSECONDS;
        do {
            for (int i = 0; i < 32 && atomic_load_explicit(&w->ticket, memory_order_relaxed) == seen; i++) relax();
        } while (atomic_load_explicit(&w->ticket, memory_order_relaxed) == seen && now_nanoseconds() < end);
    }
    pthread_mutex_lock(&w->mutex);
    w->sleeping = true;
    while (atomic_load_explicit(&w->ticket, memory_order_relaxed) == seen) pthread_cond_wait(&w->wake, &w->mutex);
    w->sleeping = false;
    *out_task = w->next;
    bool quit = w->quit;
    pthread_mutex_unlock(&w->mutex);
    return !quit;
}

static void *work(void *argument)
{
    worker *w = argument;
    tr_pool *pool = w->pool;
    task t;
    for (unsigned seen = 0; next_task(w, seen, &t); seen++) {
        t.run(t.user, w->index);
        if (atomic_fetch_sub_explicit(&pool->away, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->all_back);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
    return NULL;
}

/* ---------------------------------------------------------------- the caller's side */

static void hand_out(worker *w, task t, bool quit)
{
    pthread_mutex_lock(&w->mutex);
    w->next = t;
    w->quit = quit;
    atomic_fetch_add_explicit(&w->ticket, 1, memory_order_relaxed);
    bool sleeping = w->sleeping;
    pthread_mutex_unlock(&w->mutex);
    if (sleeping) pthread_cond_signal(&w->wake);
}

static void wait_until_all_are_back(tr_pool *pool)
{
    if (pool->may_spin) {
        int64_t end = now_nanoseconds() + SPIN_NANOSECONDS;
        do {
            for (int i = 0; i < 32; i++) {
                if (atomic_load_explicit(&pool->away, memory_order_acquire) == 0) return;
                relax();
            }
        } while (now_nanoseconds() < end);
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load_explicit(&pool->away, memory_order_acquire) > 0) {
        pthread_cond_wait(&pool->all_back, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
}

/* Starts workers until 1 .. `last` run. The system may refuse: then fewer do. */
static void start_workers(tr_pool *pool, int last)
{
    if (pool->started >= last) return;
    /* Signals are for the program's own threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->started < last) {
        worker *w = &pool->workers[pool->started + 1];
        if (pthread_create(&w->thread, NULL, work, w)) break;
        char name[16];
        snprintf(name, sizeof(name), "tr-worker-%d", w->index);
        pthread_setname_np(w->thread, name);
        pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Brings everything but the sizes to its first state. */
static void reset(tr_pool *pool)
{
    pool->started = 0;
    atomic_init(&pool->away, 0);
    pthread_mutex_init(&pool->turn, NULL);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->all_back, NULL);
    for (int i = 1; i < pool->threads; i++) {
        worker *w = &pool->workers[i];
        *w = (worker){ .index = i, .pool = pool };
        pthread_mutex_init(&w->mutex, NULL);
        pthread_cond_init(&w->wake, NULL);
    }
}

/* A forked child has a copy of the pool but not its threads, and finds the locks as they were at that moment: the
 * first of its threads that comes here makes them new. */
static void adopt(tr_pool *pool)
{
    pid_t process = getpid();
    for (;;) {
        pid_t owner = atomic_load_explicit(&pool->process, memory_order_acquire);
        if (owner == process) return;
        if (owner == -process) {
            sched_yield(); /* another thread of this process is at it */
        } else if (atomic_compare_exchange_strong(&pool->process, &owner, -process)) {
            reset(pool);
            atomic_store_explicit(&pool->process, process, memory_order_release);
            return;
        }
    }
}

tr_status tr_pool_create(int threads, tr_pool **out_pool, tr_error *error)
{
    if (threads < 1) return tr_fail(error, TR_INVALID_ARGUMENT, "a pool needs at least one thread, not %d", threads);
    size_t size = sizeof(tr_pool) + (size_t)threads * sizeof(worker);
    tr_pool *pool = tr_aligned_alloc(_Alignof(tr_pool), size);
    if (!pool) return TR_OOM(error);
    pool->threads = threads;
    pool->may_spin = tr_cpu_count() > 1;
    reset(pool);
    atomic_init(&pool->process, getpid());
    *out_pool = pool;
    return TR_OK;
}

void tr_pool_destroy(tr_pool *pool)
{
    if (!pool) return;
    adopt(pool);
    for (int i = 1; i <= pool->started; i++) hand_out(&pool->workers[i], (task){ 0 }, true);
    for (int i = 1; i <= pool->started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    for (int i = 1; i < pool->threads; i++) {
        pthread_mutex_destroy(&pool->workers[i].mutex);
        pthread_cond_destroy(&pool->workers[i].wake);
    }
    pthread_mutex_destroy(&pool->turn);
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->all_back);
    free(pool);
}

int tr_pool_threads(const tr_pool *pool)
{
    return pool->threads;
}

void tr_pool_run(tr_pool *pool, int threads, void (*run)(void *user, int worker), void *user)
{
    if (threads > pool->threads) threads = pool->threads;
    adopt(pool);
    pthread_mutex_lock(&pool->turn);
    start_workers(pool, threads - 1);
    int helpers = pool->started < threads - 1 ? pool->started : threads - 1;
    atomic_store_explicit(&pool->away, helpers, memory_order_relaxed);
    for (int i = 1; i <= helpers; i++) hand_out(&pool->workers[i], (task){ run, user }, false);
    run(user, 0);
    for (int i = helpers + 1; i < threads; i++) run(user, i); /* for the threads that the system refused */
    if (helpers > 0) wait_until_all_are_back(pool);
    pthread_mutex_unlock(&pool->turn);
}
