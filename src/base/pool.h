/* A pool of worker threads that run one job at a time.
 *
 * The calling thread is worker 0 and takes part; a pool of one starts no thread. Threads sleep between jobs.
 * A forked child has no workers: a pool notices and starts new ones at its next job.
 */
#ifndef TR_BASE_POOL_H
#define TR_BASE_POOL_H

#include "base/status.h"

typedef struct tr_pool tr_pool;

/* Cores this process may run on (its affinity mask). */
int tr_cpu_count(void);

/* threads >= 1. Workers are started lazily, at the first job that needs them. */
TR_MUST_CHECK tr_status tr_pool_create(int threads, tr_pool **out_pool, tr_error *error);
void tr_pool_destroy(tr_pool *pool);
int tr_pool_threads(const tr_pool *pool);

/* Runs job(user, worker) once for each of the first `threads` workers (worker = 0 .. threads - 1, no more than the
 * pool has) and returns when all are back. Jobs from several threads take turns.
 *
 * Workers of a job must not wait for one another: where the system refuses a thread the caller stands in for it,
 * one worker after the other. A job must not run another one on its own pool. */
void tr_pool_run(tr_pool *pool, int threads, void (*job)(void *user, int worker), void *user);

#endif
