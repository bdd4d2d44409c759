/* Memory of a device, for callers that keep it from launch to launch. */
#include "base/memory.h"
#include "runner/context.h"
#include "runner/device.h"

enum { HOST_ALIGNMENT = 64 };

/* The GPU that `device` names, or NULL for the CPU. */
static tr_status gpu_of(tr_context *context, const char *device, tr_cuda_device **out_gpu, tr_error *error)
{
    tr_device_id id;
    *out_gpu = NULL;
    if (!context) return tr_fail(error, TR_INVALID_ARGUMENT, "no context");
    TR_TRY(tr_device_check(device, &id, error));
    return id.kind == TR_DEVICE_CUDA ? tr_context_gpu(context, id.ordinal, out_gpu, error) : TR_OK;
}

tr_status tr_memory_create(tr_context *context, const char *device, size_t size, void **out_memory, tr_error *error)
{
    tr_cuda_device *gpu;
    if (!out_memory) return tr_fail(error, TR_INVALID_ARGUMENT, "nowhere to put the memory");
    TR_TRY(gpu_of(context, device, &gpu, error));
    if (gpu) {
        uint64_t address;
        TR_TRY(tr_cuda_alloc(gpu, size, &address, error));
        *out_memory = (void *)(uintptr_t)address;
        return TR_OK;
    }
    void *memory = tr_aligned_alloc(HOST_ALIGNMENT, size ? size : 1);
    if (!memory) return TR_OOM(error);
    *out_memory = memory;
    return TR_OK;
}

tr_status tr_memory_destroy(tr_context *context, const char *device, void *memory, tr_error *error)
{
    tr_cuda_device *gpu;
    TR_TRY(gpu_of(context, device, &gpu, error));
    if (gpu) return tr_cuda_free(gpu, (uint64_t)(uintptr_t)memory, error);
    free(memory);
    return TR_OK;
}

tr_status tr_memory_locate(tr_context *context, const char *device, const void *address, void **out_address,
                           tr_error *error)
{
    tr_cuda_device *gpu;
    if (!out_address) return tr_fail(error, TR_INVALID_ARGUMENT, "nowhere to put the address");
    TR_TRY(gpu_of(context, device, &gpu, error));
    uint64_t found = (uint64_t)(uintptr_t)address;
    bool usable = true;
    if (gpu && address) TR_TRY(tr_cuda_is_device_address(gpu, found, &usable, &found, error));
    if (!usable)
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "%p is no memory that device '%s' can access: neither its own, nor pinned, nor managed memory",
                       address, device);
    *out_address = (void *)(uintptr_t)found;
    return TR_OK;
}

tr_status tr_memory_write(tr_context *context, const char *device, void *memory, const void *data, size_t size,
                          tr_error *error)
{
    tr_cuda_device *gpu;
    TR_TRY(gpu_of(context, device, &gpu, error));
    if (gpu) return tr_cuda_write(gpu, (uint64_t)(uintptr_t)memory, data, size, NULL, error);
    if (size) memcpy(memory, data, size);
    return TR_OK;
}

tr_status tr_memory_read(tr_context *context, const char *device, void *data, const void *memory, size_t size,
                         tr_error *error)
{
    tr_cuda_device *gpu;
    TR_TRY(gpu_of(context, device, &gpu, error));
    if (gpu) return tr_cuda_read(gpu, data, (uint64_t)(uintptr_t)memory, size, NULL, error);
    if (size) memcpy(data, memory, size);
    return TR_OK;
}
