/* A loaded kernel: an artifact, the device, and what the device's engine made of it. */
#ifndef TR_RUNNER_KERNEL_H
#define TR_RUNNER_KERNEL_H

#include "artifact/artifact.h"
#include "runner/context.h"
#include "runner/device.h"
#include "tile/tile.h"

typedef struct tr_gpu_kernel tr_gpu_kernel;

struct tr_kernel {
    const tr_engine *engine; /* NULL when it can't run: then `refusal` says why */
    tr_gpu_kernel *gpu;      /* of CUDA (cuda_engine.c) */
    tr_tile_code *code;      /* of the tile VM */
    tr_context *context;
    tr_artifact *artifact;
    tr_device_id device;
    char device_name[16];
    tr_error refusal;
    const char *options;     /* of the compiler, a JSON object for what is lowered; NULL = none. While loading */
    tr_lowered lowered;      /* what the artifact was brought down to; none when it runs as it is */
    tr_arena arena;          /* of the op uses */
    tr_op_use *ops;
    int32_t op_count;
};

/* Compiler options where there is nothing to compile. */
tr_status tr_fail_options(const tr_kernel *kernel, tr_error *error);

/* Counts the ops of the kernel and of the functions it calls. */
TR_MUST_CHECK tr_status tr_kernel_count_ops(tr_kernel *kernel, tr_error *error);

/* "'n' (i32)" of parameter `index`, for messages. */
#define TR_PARAM_TEXT_SIZE 160
const char *tr_param_text(const tr_kernel *kernel, int32_t index, char buffer[TR_PARAM_TEXT_SIZE]);

/* An argument checked against its parameter: a buffer's address and size, or a scalar's bits in the parameter's own
 * type. TR_INVALID_ARGUMENT names the argument, what it needs and what it got. */
TR_MUST_CHECK tr_status tr_check_arg(const tr_kernel *kernel, int32_t index, const tr_arg *arg, tr_tile_arg *out,
                                     tr_error *error);
/* That part of it which holds for a buffer of any type. */
TR_MUST_CHECK tr_status tr_check_buffer(const tr_kernel *kernel, int32_t index, const tr_arg *arg, tr_error *error);
/* 0 in a dimension, or beyond CUDA's limits, which kernels are written for. */
TR_MUST_CHECK tr_status tr_check_grid(tr_grid grid, tr_error *error);
/* Too few or too many arguments: the parameters in the message. */
tr_status tr_fail_arg_count(const tr_kernel *kernel, int32_t arg_count, tr_error *error);

#endif
