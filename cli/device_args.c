#include "device_args.h"

#include <stdlib.h>
#include <string.h>

/* A tensor map that the host has encoded is passed by its bytes. */
static bool is_encoded_map(const tr_kernel *kernel, int32_t index, const tr_arg *arg)
{
    enum { MAP_SIZE = 128 };
    const tr_param *param = tr_kernel_param(kernel, index);
    return arg->size == MAP_SIZE && param && !(param->is_pointer && param->dtype);
}

static tr_status move_to_device(device_args *args, int32_t index, tr_error *error)
{
    const tr_arg *host = &args->host[index];
    void **memory = &args->memory[index];
    tr_status status = tr_memory_create(args->context, args->device, host->size, memory, error);
    if (status == TR_OK) {
        status = tr_memory_write(args->context, args->device, *memory, host->data, host->size, error);
    }
    if (status != TR_OK) return status;
    args->args[index] = tr_arg_device(*memory, host->size);
    args->args[index].dtype = host->dtype;
    return TR_OK;
}

tr_status device_args_create(tr_context *context, const tr_kernel *kernel, const tr_arg *args, int32_t count,
                             device_args *out, tr_error *error)
{
    device_args made = { .context = context, .device = tr_kernel_device(kernel), .count = count };
    made.args = allocate((size_t)count, sizeof(*made.args));
    made.host = allocate((size_t)count, sizeof(*made.host));
    made.memory = allocate((size_t)count, sizeof(*made.memory));
    const bool stays = strcmp(made.device, "cpu") == 0;
    tr_status status = TR_OK;
    for (int32_t i = 0; i < count && status == TR_OK; i++) {
        made.args[i] = made.host[i] = args[i];
        if (stays || args[i].kind != TR_ARG_BUFFER || args[i].size == 0 || is_encoded_map(kernel, i, &args[i]))
            continue;
        status = move_to_device(&made, i, error);
    }
    if (status == TR_OK) {
        *out = made;
    } else {
        device_args_destroy(&made);
    }
    return status;
}

tr_status device_args_read(const device_args *args, tr_error *error)
{
    tr_status status = TR_OK;
    for (int32_t i = 0; i < args->count && status == TR_OK; i++) {
        const tr_arg *host = &args->host[i];
        if (!args->memory[i]) continue;
        status = tr_memory_read(args->context, args->device, host->data, args->memory[i], host->size, error);
    }
    return status;
}

/* A launch's own failure is what counts: what a broken device says to giving memory back is not reported. */
void device_args_destroy(device_args *args)
{
    tr_error ignored;
    for (int32_t i = 0; i < args->count; i++) {
        if (!args->memory[i]) continue;
        if (tr_memory_destroy(args->context, args->device, args->memory[i], &ignored) != TR_OK) break;
    }
    free(args->memory);
    free(args->host);
    free(args->args);
    *args = (device_args){ 0 };
}
