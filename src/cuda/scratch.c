#include "cuda/kernel.h"

#include <inttypes.h>

/* Scratch memory is allocated and freed in the order of the launch's stream, so that launches on several streams never
 * share any, and nobody waits. It comes from a pool of the device's own that keeps what was freed: the default pool
 * gives it back to the system at each synchronisation, and its settings are the program's. */

#define NATURAL_ALIGNMENT 256 /* of every allocation */

tr_status tr_cuda_scratch_prepare(tr_cuda_device *device, tr_error *error)
{
    const tr_driver *driver = device->driver;
    const tr_cu_pool_props props = {
        .type = TR_CU_MEM_ALLOCATION_TYPE_PINNED,
        .location = { TR_CU_MEM_LOCATION_TYPE_DEVICE, device->handle },
    };
    if (!device->info.pools) return TR_OK;
    pthread_mutex_lock(&device->lock);
    tr_cu_result result = TR_CUDA_SUCCESS;
    tr_cu_pool pool = NULL;
    if (!device->pool) result = driver->cuMemPoolCreate(&pool, &props);
    if (!result && pool) {
        uint64_t threshold = UINT64_MAX;
        result = driver->cuMemPoolSetAttribute(pool, TR_CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &threshold);
        if (result) driver->cuMemPoolDestroy(pool);
        if (!result) device->pool = pool;
    }
    pthread_mutex_unlock(&device->lock);
    return result ? tr_driver_fail(driver, result, error, "making a memory pool on device %d", device->info.ordinal)
                  : TR_OK;
}

/* Without pools: synchronous, which is slow and always right. */
static tr_cu_result free_block(const tr_cuda_kernel *kernel, tr_cu_address block, tr_cu_stream stream)
{
    const tr_driver *driver = kernel->driver;
    if (kernel->device->pool) {
        if (driver->cuMemFreeAsync(block, stream) == TR_CUDA_SUCCESS) return TR_CUDA_SUCCESS;
    }
    const tr_cu_result result = driver->cuStreamSynchronize(stream);
    const tr_cu_result freed = driver->cuMemFree(block);
    return result ? result : freed;
}

static const char *const names[TR_MOST_HIDDEN] = { "global", "profile" };

static tr_status ask_allocator(const tr_cuda_kernel *kernel, int index, uint64_t size, tr_cu_stream stream,
                               const tr_cuda_allocator *allocator, uint64_t *out_address, tr_error *error)
{
    const uint64_t align = kernel->scratch[index].align ? kernel->scratch[index].align : 1;
    const uint64_t address = (uint64_t)(uintptr_t)allocator->allocate(allocator->user, size, align, stream);
    if (!address)
        return tr_fail(error, TR_OUT_OF_MEMORY,
                       "the caller's allocator has no %" PRIu64 " bytes of %s scratch memory for kernel '%s'", size,
                       names[index], kernel->info.name);
    if (address & (align - 1))
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "the caller's allocator gave 0x%" PRIx64 " as %s scratch memory for kernel '%s', which must be "
                       "aligned to %" PRIu64 " bytes",
                       address, names[index], kernel->info.name, align);
    *out_address = address;
    return TR_OK;
}

static tr_status alloc_one(const tr_cuda_kernel *kernel, int index, uint64_t blocks, tr_cu_stream stream,
                           const tr_cuda_allocator *allocator, tr_cuda_scratch_memory *memory, tr_error *error)
{
    const tr_driver *driver = kernel->driver;
    const tr_cuda_scratch *scratch = &kernel->scratch[index];
    uint64_t size;
    const uint64_t extra = scratch->align > NATURAL_ALIGNMENT && !allocator ? scratch->align : 0;
    if (__builtin_mul_overflow(blocks, scratch->size, &size) || __builtin_add_overflow(size, extra, &size)) {
        return tr_fail(error, TR_UNSUPPORTED,
                       "kernel '%s' of '%s' wants %" PRIu64 " bytes of %s scratch memory for each "
                       "of %" PRIu64 " blocks: more than can be counted",
                       kernel->info.name, kernel->file, scratch->size, names[index], blocks);
    }
    if (allocator) return ask_allocator(kernel, index, size, stream, allocator, &memory->addresses[index], error);
    tr_cu_address block = 0;
    const tr_cu_result result = kernel->device->pool
                                    ? driver->cuMemAllocFromPoolAsync(&block, size, kernel->device->pool, stream)
                                    : driver->cuMemAlloc(&block, size);
    if (result) {
        return tr_driver_fail(driver, result, error,
                              "allocating %" PRIu64 " bytes of %s scratch memory for kernel '%s'", size, names[index],
                              kernel->info.name);
    }
    memory->blocks[index] = block;
    memory->addresses[index] = extra ? (block + extra - 1) & ~(extra - 1) : block;
    return TR_OK;
}

tr_status tr_cuda_scratch_alloc(const tr_cuda_kernel *kernel, uint64_t blocks, tr_cu_stream stream,
                                const tr_cuda_allocator *allocator, tr_cuda_scratch_memory *out, tr_error *error)
{
    *out = (tr_cuda_scratch_memory){ 0 };
    for (int i = 0; i < TR_MOST_HIDDEN; i++) {
        if (kernel->scratch[i].size == 0) continue;
        const tr_status status = alloc_one(kernel, i, blocks, stream, allocator, out, error);
        if (status != TR_OK) {
            if (i > 0 && out->blocks[0]) free_block(kernel, out->blocks[0], stream);
            return status;
        }
    }
    return TR_OK;
}

tr_status tr_cuda_scratch_free(const tr_cuda_kernel *kernel, const tr_cuda_scratch_memory *memory, tr_cu_stream stream,
                               tr_error *error)
{
    tr_cu_result first = TR_CUDA_SUCCESS;
    for (int i = 0; i < TR_MOST_HIDDEN; i++) {
        if (!memory->blocks[i]) continue;
        const tr_cu_result result = free_block(kernel, memory->blocks[i], stream);
        if (!first) first = result;
    }
    if (!first) return TR_OK;
    if (tr_driver_is_fault(first)) return tr_cuda_fail_fault(kernel, first, error);
    return tr_driver_fail(kernel->driver, first, error, "freeing scratch memory of kernel '%s'", kernel->info.name);
}
