#include "cuda/device.h"
#include "cuda/kernel.h"

/* Every function: the context is made current, one call or two, and the caller's is put back. */

tr_status tr_cuda_alloc(tr_cuda_device *device, size_t size, uint64_t *out_address, tr_error *error)
{
    tr_cuda_scope scope;
    tr_cu_address address = 0;
    if (size > 0) {
        TR_TRY(tr_cuda_enter(device, &scope, error));
        const tr_cu_result result = device->driver->cuMemAlloc(&address, size);
        tr_cuda_leave(device, &scope);
        if (result) {
            return tr_driver_fail(device->driver, result, error, "allocating %zu bytes on device %d (%s)", size,
                                  device->info.ordinal, device->info.name);
        }
    }
    *out_address = address;
    return TR_OK;
}

tr_status tr_cuda_free(tr_cuda_device *device, uint64_t address, tr_error *error)
{
    tr_cuda_scope scope;
    if (!address) return TR_OK;
    TR_TRY(tr_cuda_enter(device, &scope, error));
    const tr_cu_result result = device->driver->cuMemFree(address);
    tr_cuda_leave(device, &scope);
    return result ? tr_driver_fail(device->driver, result, error, "freeing memory of device %d", device->info.ordinal)
                  : TR_OK;
}

/* A copy of pageable memory may return before it is done; the caller may change `data` after the call. */
static tr_status finish_copy(tr_cuda_device *device, tr_cu_result result, void *stream, size_t size, const char *way,
                             tr_error *error)
{
    if (!result) result = device->driver->cuStreamSynchronize(stream);
    if (!result) return TR_OK;
    return tr_driver_fail(device->driver, result, error, "%s %zu bytes %s device %d%s",
                          *way == 't' ? "copying" : "reading", size, way, device->info.ordinal,
                          tr_driver_is_fault(result) ? ", where a kernel failed" : "");
}

tr_status tr_cuda_write(tr_cuda_device *device, uint64_t address, const void *data, size_t size, void *stream,
                        tr_error *error)
{
    tr_cuda_scope scope;
    if (size == 0) return TR_OK;
    TR_TRY(tr_cuda_enter(device, &scope, error));
    const tr_cu_result result = device->driver->cuMemcpyHtoDAsync(address, data, size, stream);
    const tr_status status = finish_copy(device, result, stream, size, "to", error);
    tr_cuda_leave(device, &scope);
    return status;
}

tr_status tr_cuda_read(tr_cuda_device *device, void *data, uint64_t address, size_t size, void *stream, tr_error *error)
{
    tr_cuda_scope scope;
    if (size == 0) return TR_OK;
    TR_TRY(tr_cuda_enter(device, &scope, error));
    const tr_cu_result result = device->driver->cuMemcpyDtoHAsync(data, address, size, stream);
    const tr_status status = finish_copy(device, result, stream, size, "from", error);
    tr_cuda_leave(device, &scope);
    return status;
}

tr_status tr_cuda_fill(tr_cuda_device *device, uint64_t address, uint8_t value, size_t size, void *stream,
                       tr_error *error)
{
    tr_cuda_scope scope;
    if (size == 0) return TR_OK;
    TR_TRY(tr_cuda_enter(device, &scope, error));
    const tr_cu_result result = device->driver->cuMemsetD8Async(address, value, size, stream);
    tr_cuda_leave(device, &scope);
    return result ? tr_driver_fail(device->driver, result, error, "filling %zu bytes on device %d", size,
                                   device->info.ordinal)
                  : TR_OK;
}

tr_status tr_cuda_is_device_address(tr_cuda_device *device, uint64_t address, bool *out_usable,
                                    uint64_t *out_device_address, tr_error *error)
{
    tr_cuda_scope scope;
    tr_cu_address found = 0;
    TR_TRY(tr_cuda_enter(device, &scope, error));
    const tr_cu_result result = device->driver->cuPointerGetAttribute(&found, TR_CU_POINTER_ATTRIBUTE_DEVICE_POINTER,
                                                                      address);
    tr_cuda_leave(device, &scope);
    if (result && result != TR_CUDA_ERROR_INVALID_VALUE) {
        return tr_driver_fail(device->driver, result, error, "asking what an address is");
    }
    *out_usable = result == TR_CUDA_SUCCESS;
    *out_device_address = found;
    return TR_OK;
}

/* ---------------------------------------------------------------- streams */

tr_status tr_cuda_stream_create(tr_cuda_device *device, void **out_stream, tr_error *error)
{
    tr_cuda_scope scope;
    tr_cu_stream stream = NULL;
    TR_TRY(tr_cuda_enter(device, &scope, error));
    const tr_cu_result result = device->driver->cuStreamCreate(&stream, TR_CU_STREAM_NON_BLOCKING);
    tr_cuda_leave(device, &scope);
    if (result) {
        return tr_driver_fail(device->driver, result, error, "making a stream on device %d", device->info.ordinal);
    }
    *out_stream = stream;
    return TR_OK;
}

tr_status tr_cuda_stream_destroy(tr_cuda_device *device, void *stream, tr_error *error)
{
    tr_cuda_scope scope;
    if (!stream) return TR_OK;
    TR_TRY(tr_cuda_enter(device, &scope, error));
    const tr_cu_result result = device->driver->cuStreamDestroy(stream);
    tr_cuda_leave(device, &scope);
    return result ? tr_driver_fail(device->driver, result, error, "ending a stream of device %d", device->info.ordinal)
                  : TR_OK;
}

tr_status tr_cuda_synchronize(tr_cuda_device *device, void *stream, const tr_cuda_kernel *kernel, tr_error *error)
{
    tr_cuda_scope scope;
    TR_TRY(tr_cuda_enter(device, &scope, error));
    const tr_cu_result result = device->driver->cuStreamSynchronize(stream);
    tr_cuda_leave(device, &scope);
    if (!result) return TR_OK;
    if (kernel && tr_driver_is_fault(result)) return tr_cuda_fail_fault(kernel, result, error);
    return tr_driver_fail(device->driver, result, error, "waiting for device %d", device->info.ordinal);
}
