#include "cuda/device.h"

#include "base/memory.h"

#include <stdio.h>

/* ---------------------------------------------------------------- facts */

typedef struct fact_row {
    tr_cu_device_attribute attribute;
    size_t offset;
    enum { NUMBER, FLAG } kind;
} fact_row;

/* Attributes that an old driver doesn't know count as 0. */
static const fact_row facts[] = {
#define FACT(attribute, field, kind)                                                                                   \
    {                                                                                                                  \
        TR_CU_DEVICE_ATTRIBUTE_##attribute, offsetof(tr_cuda_info, field), kind                                        \
    }
    FACT(MULTIPROCESSOR_COUNT, multiprocessors, NUMBER),
    FACT(MAX_THREADS_PER_BLOCK, max_threads, NUMBER),
    FACT(MAX_REGISTERS_PER_BLOCK, max_registers, NUMBER),
    FACT(MAX_SHARED_MEMORY_PER_BLOCK, max_shared, NUMBER),
    FACT(MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, max_shared_optin, NUMBER),
    FACT(MAX_GRID_DIM_X, max_grid[0], NUMBER),
    FACT(MAX_GRID_DIM_Y, max_grid[1], NUMBER),
    FACT(MAX_GRID_DIM_Z, max_grid[2], NUMBER),
    FACT(CLUSTER_LAUNCH, clusters, FLAG),
    FACT(COOPERATIVE_LAUNCH, cooperative, FLAG),
    FACT(MEMORY_POOLS_SUPPORTED, pools, FLAG),
#undef FACT
};

static tr_status get_attribute(const tr_driver *driver, tr_cu_device device, tr_cu_device_attribute attribute, int *out,
                               tr_error *error)
{
    *out = 0;
    const tr_cu_result result = driver->cuDeviceGetAttribute(out, attribute, device);
    if (result == TR_CUDA_ERROR_INVALID_VALUE) *out = 0;
    if (result == TR_CUDA_SUCCESS || result == TR_CUDA_ERROR_INVALID_VALUE) return TR_OK;
    return tr_driver_fail(driver, result, error, "asking device %d for attribute %d", device, attribute);
}

/* The PTX ISA that came with a version of CUDA. */
static int32_t ptx_of_cuda(int version)
{
    const int major = version / 1000, minor = version / 10 % 100;
    if (major >= 13) return 90 + (major - 13) * 10 + minor;
    if (major == 12) return minor < 6 ? 80 + minor : 80 + minor - 1; /* 12.5 and 12.6 both have 8.5 */
    return major == 11 ? 70 + minor : 63 + minor;
}

static tr_status describe(const tr_driver *driver, int32_t ordinal, tr_cu_device *out_handle, tr_cuda_info *out,
                          tr_error *error)
{
    tr_cuda_info info = { .ordinal = ordinal, .driver_version = driver->version };
    int count = 0, value = 0, minor = 0;
    tr_cu_device device;
    size_t memory = 0;
    TR_CU_TRY(driver, error, cuDeviceGetCount(&count), "counting the CUDA devices");
    if (count == 0) return tr_driver_fail(driver, TR_CUDA_ERROR_NO_DEVICE, error, "there is no CUDA device");
    if (ordinal < 0 || ordinal >= count) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "there is no CUDA device %d: this machine has %d, counted from 0",
                       ordinal, count);
    }
    TR_CU_TRY(driver, error, cuDeviceGet(&device, ordinal), "opening CUDA device %d", ordinal);
    TR_CU_TRY(driver, error, cuDeviceGetName(info.name, sizeof(info.name), device), "naming CUDA device %d", ordinal);
    TR_CU_TRY(driver, error, cuDeviceTotalMem(&memory, device), "asking CUDA device %d for its memory", ordinal);
    TR_TRY(get_attribute(driver, device, TR_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, &value, error));
    TR_TRY(get_attribute(driver, device, TR_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, &minor, error));
    info.name[sizeof(info.name) - 1] = 0;
    info.arch = 10 * value + minor;
    info.memory = memory;
    info.ptx_version = ptx_of_cuda(driver->version);
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        TR_TRY(get_attribute(driver, device, facts[i].attribute, &value, error));
        char *const field = (char *)&info + facts[i].offset;
        if (facts[i].kind == FLAG) {
            *(bool *)field = value != 0;
        } else {
            memcpy(field, &value, sizeof(value));
        }
    }
    if (info.max_shared_optin < info.max_shared) info.max_shared_optin = info.max_shared;
    info.clusters &= driver->cuLaunchKernelEx != NULL;
    info.cooperative &= driver->cuLaunchKernelEx != NULL || driver->cuLaunchCooperativeKernel != NULL;
    info.pools &= driver->cuMemPoolCreate && driver->cuMemPoolDestroy && driver->cuMemPoolSetAttribute &&
                  driver->cuMemAllocFromPoolAsync && driver->cuMemFreeAsync;
    *out_handle = device;
    *out = info;
    return TR_OK;
}

tr_status tr_cuda_device_count(int32_t *out_count, tr_error *error)
{
    const tr_driver *driver;
    int count = 0;
    TR_TRY(tr_driver_get(&driver, error));
    TR_CU_TRY(driver, error, cuDeviceGetCount(&count), "counting the CUDA devices");
    if (count == 0) return tr_driver_fail(driver, TR_CUDA_ERROR_NO_DEVICE, error, "there is no CUDA device");
    *out_count = count;
    return TR_OK;
}

tr_status tr_cuda_describe(int32_t ordinal, tr_cuda_info *out_info, tr_error *error)
{
    const tr_driver *driver;
    tr_cu_device handle;
    TR_TRY(tr_driver_get(&driver, error));
    return describe(driver, ordinal, &handle, out_info, error);
}

/* ---------------------------------------------------------------- the current context */

tr_status tr_cuda_enter(const tr_cuda_device *device, tr_cuda_scope *scope, tr_error *error)
{
    const tr_driver *driver = device->driver;
    *scope = (tr_cuda_scope){ 0 };
    TR_CU_TRY(driver, error, cuCtxGetCurrent(&scope->previous), "asking for the current context");
    if (scope->previous == device->context) return TR_OK;
    TR_CU_TRY(driver, error, cuCtxSetCurrent(device->context), "making the context of device %d current",
              device->info.ordinal);
    scope->changed = true;
    return TR_OK;
}

void tr_cuda_leave(const tr_cuda_device *device, const tr_cuda_scope *scope)
{
    if (!scope->changed) return;
    /* The call may report the error of an earlier kernel instead of doing its work, once. */
    if (device->driver->cuCtxSetCurrent(scope->previous) != TR_CUDA_SUCCESS) {
        device->driver->cuCtxSetCurrent(scope->previous);
    }
}

/* ---------------------------------------------------------------- life */

tr_status tr_cuda_device_create_with(const tr_driver *driver, int32_t ordinal, tr_cuda_device **out_device,
                                     tr_error *error)
{
    tr_cuda_device *device = tr_calloc(1, sizeof(*device));
    if (!device) return TR_OOM(error);
    device->driver = driver;
    tr_status status = describe(driver, ordinal, &device->handle, &device->info, error);
    if (status == TR_OK) {
        const tr_cu_result result = driver->cuDevicePrimaryCtxRetain(&device->context, device->handle);
        if (result) status = tr_driver_fail(driver, result, error, "making a context on CUDA device %d", ordinal);
    }
    if (status != TR_OK) {
        free(device);
        return status;
    }
    pthread_mutex_init(&device->lock, NULL);
    *out_device = device;
    return TR_OK;
}

tr_status tr_cuda_device_create(int32_t ordinal, tr_cuda_device **out_device, tr_error *error)
{
    const tr_driver *driver;
    TR_TRY(tr_driver_get(&driver, error));
    return tr_cuda_device_create_with(driver, ordinal, out_device, error);
}

void tr_cuda_device_destroy(tr_cuda_device *device)
{
    if (!device) return;
    const tr_driver *driver = device->driver;
    tr_cuda_scope scope;
    /* What a call can't free here, a context in ruins for instance, goes with the context. */
    const bool entered = tr_cuda_enter(device, &scope, NULL) == TR_OK;
    if (entered) driver->cuCtxSynchronize();
    tr_cuda_modules_unload(device);
    if (entered && device->pool) driver->cuMemPoolDestroy(device->pool);
    if (entered) tr_cuda_leave(device, &scope);
    driver->cuDevicePrimaryCtxRelease(device->handle);
    pthread_mutex_destroy(&device->lock);
    free(device);
}

const tr_cuda_info *tr_cuda_device_info(const tr_cuda_device *device)
{
    return &device->info;
}
