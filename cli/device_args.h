/* Arguments in the memory of a kernel's device, to launch without copying. */
#ifndef TR_CLI_DEVICE_ARGS_H
#define TR_CLI_DEVICE_ARGS_H

#include "cli.h"

typedef struct device_args {
    tr_context *context;
    const char *device;
    int32_t count;
    tr_arg *args;
    tr_arg *host;  /* as they were given */
    void **memory; /* NULL where the argument stays as it is */
} device_args;

/* Copies the buffers among `args` to the kernel's device; on the CPU they stay where they are. */
tr_status device_args_create(tr_context *context, const tr_kernel *kernel, const tr_arg *args, int32_t count,
                             device_args *out, tr_error *error);
/* Copies them back. */
tr_status device_args_read(const device_args *args, tr_error *error);
void device_args_destroy(device_args *args);

#endif
