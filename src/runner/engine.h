/* An engine: what makes kernels of some levels run on a device. */
#ifndef TR_RUNNER_ENGINE_H
#define TR_RUNNER_ENGINE_H

#include "triton_runner.h"

typedef struct tr_engine {
    /* Makes the kernel ready: compiles it, loads it. On failure it leaves nothing behind. */
    tr_status (*load)(tr_kernel *kernel, tr_error *error);
    /* Checks everything: `args` may be NULL only when there are none. */
    tr_status (*launch)(tr_kernel *kernel, tr_grid grid, const tr_arg *args, int32_t arg_count,
                        const tr_launch_options *options, tr_error *error);
    tr_status (*synchronize)(tr_kernel *kernel, void *stream, tr_error *error);
    void (*resources)(const tr_kernel *kernel, tr_resources *out_resources); /* NULL = it has none to tell */
    void (*unload)(tr_kernel *kernel);
} tr_engine;

extern const tr_engine tr_engine_tile; /* the tile VM, on CPU threads */
extern const tr_engine tr_engine_cuda; /* machine code, on a GPU */

#endif
