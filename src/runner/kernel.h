/* A loaded kernel: an artifact, the device, and what the device's engine made of it. */
#ifndef TR_RUNNER_KERNEL_H
#define TR_RUNNER_KERNEL_H

#include "artifact/artifact.h"
#include "runner/context.h"
#include "tile/tile.h"

struct tr_kernel {
    tr_context *context;
    tr_artifact *artifact;
    const tr_device *device;
    tr_tile_code *code; /* NULL when it can't run: then `refusal` says why */
    tr_error refusal;
    tr_arena arena; /* of the op uses */
    tr_op_use *ops;
    int32_t op_count;
};

/* Counts the ops of the kernel and of the functions it calls. */
TR_MUST_CHECK tr_status tr_kernel_count_ops(tr_kernel *kernel, tr_error *error);

/* "'n' (i32)" of parameter `index`, for messages. */
#define TR_PARAM_TEXT_SIZE 160
const char *tr_param_text(const tr_kernel *kernel, int32_t index, char buffer[TR_PARAM_TEXT_SIZE]);

#endif
