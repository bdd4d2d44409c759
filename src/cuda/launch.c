#include "base/memory.h"
#include "cuda/kernel.h"

#include <inttypes.h>

/* A launch costs the driver a few microseconds; what is done here must not be seen beside that. Checks of a sound call
 * compare numbers that the kernel holds ready, and whatever a message needs is worked out where one is due. */

#define RARE __attribute__((cold, noinline))

/* ---------------------------------------------------------------- refusals */

RARE static tr_status fail_count(const tr_cuda_kernel *k, int32_t count, tr_error *error)
{
    const int32_t hidden = k->info.hidden_most;
    const char *const way = count < k->least_args ? "few" : "many";
    if (k->least_args == k->most_args && hidden == 0) {
        return tr_fail(error, TR_MISMATCH, "too %s arguments: kernel '%s' of '%s' has %d parameter%s, got %d", way,
                       k->info.name, k->file, k->info.param_count, k->info.param_count == 1 ? "" : "s", count);
    }
    return tr_fail(error, TR_MISMATCH,
                   "too %s arguments: kernel '%s' of '%s' has %d parameters, of which %s%d %s scratch memory's; got %d",
                   way, k->info.name, k->file, k->info.param_count, k->least_args == k->most_args ? "" : "up to ",
                   hidden, hidden == 1 ? "is" : "are", count);
}

RARE static tr_status fail_grid(const tr_cuda_kernel *k, tr_grid grid, tr_error *error)
{
    const uint32_t sizes[3] = { grid.x, grid.y, grid.z };
    const tr_cuda_info *device = &k->device->info;
    for (int i = 0; i < 3; i++) {
        if (sizes[i] == 0) {
            return tr_fail(error, TR_INVALID_ARGUMENT, "the grid (%u, %u, %u) is 0 in %c; it must be 1 or more", grid.x,
                           grid.y, grid.z, "xyz"[i]);
        }
        if (sizes[i] > k->grid_most[i]) {
            return tr_fail(error, TR_INVALID_ARGUMENT,
                           "the grid (%u, %u, %u) is too large in %c: device %d (%s) takes %u blocks%s", grid.x, grid.y,
                           grid.z, "xyz"[i], device -> ordinal, device -> name, device -> max_grid[i],
                           k -> grid_scale[i] > 1 ? ", and every program is a cluster of several" : "");
        }
    }
    return TR_INTERNAL;
}

static uint64_t count_of(tr_grid blocks)
{
    return (uint64_t)blocks.x * blocks.y * blocks.z; /* at most 2^31 x 2^16 x 2^16 */
}

static tr_status check_blocks(const tr_cuda_kernel *k, tr_grid grid, tr_grid blocks, tr_error *error)
{
    const uint32_t sizes[3] = { blocks.x, blocks.y, blocks.z };
    for (int i = 0; i < 3; i++) {
        if (sizes[i] % k->info.cluster[i] == 0) continue;
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "the grid (%u, %u, %u) is no multiple of the clusters of kernel '%s', %u x %u x %u blocks",
                       grid.x, grid.y, grid.z, k->info.name, k->info.cluster[0], k->info.cluster[1],
                       k->info.cluster[2]);
    }
    if (count_of(blocks) <= k->max_blocks) return TR_OK;
    return tr_fail(error, TR_INVALID_ARGUMENT,
                   "the grid (%u, %u, %u) is too large for a cooperative launch: %" PRIu64
                   " blocks of kernel '%s' run at "
                   "once on device %d (%s), not %" PRIu64,
                   grid.x, grid.y, grid.z, k->max_blocks, k->info.name, k->device->info.ordinal, k->device->info.name,
                   count_of(blocks));
}

RARE static tr_status fail_launch(const tr_cuda_kernel *k, tr_cu_result result, tr_error *error)
{
    if (tr_driver_is_fault(result)) {
        return tr_driver_fail(k->driver, result, error, "kernel '%s' can't be launched, since one before it failed",
                              k->info.name);
    }
    const tr_status status = tr_driver_fail(k->driver, result, error, "launching kernel '%s' of '%s'", k->info.name,
                                            k->file);
    tr_cuda_advise(k->no_metadata, error);
    return status;
}

/* ---------------------------------------------------------------- launches */

RARE static tr_cu_result call_old_driver(const tr_cuda_kernel *k, const tr_cu_launch_config *c, void **params)
{
    if (k->cooperative) {
        return k->driver->cuLaunchCooperativeKernel(k->function, c->grid_x, c->grid_y, c->grid_z, c->block_x,
                                                    c->block_y, c->block_z, c->shared, c->stream, params);
    }
    return k->driver->cuLaunchKernel(k->function, c->grid_x, c->grid_y, c->grid_z, c->block_x, c->block_y, c->block_z,
                                     c->shared, c->stream, params, NULL);
}

/* `blocks` is the grid as the driver counts it. */
static inline tr_cu_result call_driver(const tr_cuda_kernel *k, tr_grid blocks, tr_cu_stream stream, void **params)
{
    tr_cu_launch_config config = k->config;
    config.grid_x = blocks.x, config.grid_y = blocks.y, config.grid_z = blocks.z;
    config.stream = stream;
    if (__builtin_expect(!k->launch, 0)) return call_old_driver(k, &config, params);
    return k->launch(&config, k->function, params, NULL);
}

static tr_status launch_with_scratch(const tr_cuda_kernel *k, tr_grid blocks, tr_cu_stream stream, void **params,
                                     int32_t count, const tr_cuda_allocator *allocator, tr_error *error)
{
    tr_cuda_scratch_memory memory;
    tr_cuda_scope scope;
    TR_TRY(tr_cuda_enter(k->device, &scope, error));
    tr_status status = tr_cuda_scratch_alloc(k, count_of(blocks), stream, allocator, &memory, error);
    if (status == TR_OK) {
        for (int32_t i = count; i < k->info.param_count; i++) params[i] = &memory.addresses[i - count];
        const tr_cu_result result = call_driver(k, blocks, stream, params);
        status = tr_cuda_scratch_free(k, &memory, stream, result ? NULL : error);
        if (result) status = fail_launch(k, result, error);
    }
    tr_cuda_leave(k->device, &scope);
    return status;
}

/* The driver refuses a kernel of another context than the current one. To find that out beforehand would cost every
 * launch a call; so it is found out when it happens. */
RARE static tr_status launch_again(const tr_cuda_kernel *k, tr_grid blocks, tr_cu_stream stream, void **params,
                                   tr_cu_result result, tr_error *error)
{
    tr_cuda_scope scope;
    if (result != TR_CUDA_ERROR_INVALID_CONTEXT && result != TR_CUDA_ERROR_INVALID_HANDLE) {
        return fail_launch(k, result, error);
    }
    TR_TRY(tr_cuda_enter(k->device, &scope, error));
    if (scope.changed) result = call_driver(k, blocks, stream, params);
    tr_cuda_leave(k->device, &scope);
    return result ? fail_launch(k, result, error) : TR_OK;
}

/* Parameters that are wider than a word are where their word says. `count` may be wrong yet. */
static void point_at(const tr_cuda_kernel *k, const uint64_t *words, int32_t count, void **params)
{
    for (int32_t i = 0; i < count; i++) params[i] = (void *)(uintptr_t)&words[i];
    for (int32_t i = 0; k->has_wide && i < count && i < k->param_count; i++) {
        if (k->param_sizes[i] > sizeof(uint64_t)) params[i] = (void *)(uintptr_t)words[i];
    }
}

/* With clusters, scratch memory, or a grid that must fit the device at once. */
RARE static tr_status launch_unusual(const tr_cuda_kernel *k, tr_grid grid, tr_cu_stream stream, void **params,
                                     int32_t count, const tr_cuda_allocator *allocator, tr_error *error)
{
    const tr_grid blocks = { grid.x * k->grid_scale[0], grid.y * k->grid_scale[1], grid.z * k->grid_scale[2] };
    if (k->checks_blocks) TR_TRY(check_blocks(k, grid, blocks, error));
    if (k->has_scratch) return launch_with_scratch(k, blocks, stream, params, count, allocator, error);
    const tr_cu_result result = call_driver(k, blocks, stream, params);
    return result ? launch_again(k, blocks, stream, params, result, error) : TR_OK;
}

tr_status tr_cuda_launch_params(const tr_cuda_kernel *kernel, tr_grid grid, void *stream, void **params, int32_t count,
                                const tr_cuda_allocator *allocator, tr_error *error)
{
    static uint64_t null; /* a kernel that wants no scratch memory doesn't read its pointers */
    const tr_cuda_kernel *k = kernel;
    if (count < k->least_args || count > k->most_args) return fail_count(k, count, error);
    if (grid.x - 1u >= k->grid_most[0] || grid.y - 1u >= k->grid_most[1] || grid.z - 1u >= k->grid_most[2])
        return fail_grid(k, grid, error);
    /* At most TR_CUDA_MOST_HIDDEN, and nobody reads those that are none: no loop. */
    params[count] = params[count + 1] = &null;
    if (__builtin_expect(k->is_unusual, 0)) return launch_unusual(k, grid, stream, params, count, allocator, error);
    const tr_cu_result result = call_driver(k, grid, stream, params);
    return __builtin_expect(result != TR_CUDA_SUCCESS, 0) ? launch_again(k, grid, stream, params, result, error)
                                                          : TR_OK;
}
_Static_assert(TR_CUDA_MOST_HIDDEN == 2, "tr_cuda_launch_params sets as many");

/* More arguments than the stack is used for. */
RARE static tr_status launch_many(const tr_cuda_kernel *k, tr_grid grid, void *stream, const uint64_t *words,
                                  int32_t count, tr_error *error)
{
    if (count > k->most_args) return fail_count(k, count, error);
    void **params = tr_malloc(((size_t)count + TR_MOST_HIDDEN) * sizeof(*params));
    if (!params) return TR_OOM(error);
    point_at(k, words, count, params);
    const tr_status status = tr_cuda_launch_params(k, grid, stream, params, count, NULL, error);
    free(params);
    return status;
}

tr_status tr_cuda_launch(const tr_cuda_kernel *kernel, tr_grid grid, void *stream, const uint64_t *words, int32_t count,
                         tr_error *error)
{
    void *params[TR_CUDA_FEW_ARGS + TR_MOST_HIDDEN];
    if (count > TR_CUDA_FEW_ARGS) return launch_many(kernel, grid, stream, words, count, error);
    point_at(kernel, words, count, params);
    return tr_cuda_launch_params(kernel, grid, stream, params, count, NULL, error);
}
