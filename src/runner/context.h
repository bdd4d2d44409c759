/* A context: the threads and the SIMD kernels that every kernel loaded into it uses. */
#ifndef TR_RUNNER_CONTEXT_H
#define TR_RUNNER_CONTEXT_H

#include "base/pool.h"
#include "num/kernels.h"

struct tr_context {
    tr_pool *pool;
    const tr_kernels *kernels;
    int32_t threads;
};

#endif
