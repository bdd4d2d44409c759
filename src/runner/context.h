/* A context: what all kernels loaded into it share. */
#ifndef TR_RUNNER_CONTEXT_H
#define TR_RUNNER_CONTEXT_H

#include <pthread.h>

#include "base/arena.h"
#include "base/pool.h"
#include "cuda/cuda.h"
#include "lower/lower.h"
#include "num/kernels.h"

enum { TR_MOST_GPUS = 64 };

struct tr_context {
    tr_pool *pool;
    const tr_kernels *kernels;
    int32_t threads;
    tr_arena arena;             /* strings of `lowering_options` */
    tr_lowering_options lowering_options;
    pthread_mutex_t lock;       /* of the two below, which are made when first needed */
    tr_cuda_device *gpus[TR_MOST_GPUS];
    tr_lowering *lowering;
};

TR_MUST_CHECK tr_status tr_context_gpu(tr_context *context, int32_t ordinal, tr_cuda_device **out_device,
                                       tr_error *error);
TR_MUST_CHECK tr_status tr_context_lowering(tr_context *context, tr_lowering **out_lowering, tr_error *error);

#endif
