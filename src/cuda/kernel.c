#include "cuda/kernel.h"

#include "base/memory.h"

#include <stdio.h>

/* ---------------------------------------------------------------- what launches have in common */

static void add_attribute(tr_cuda_kernel *k, tr_cu_launch_attribute attribute)
{
    k->attributes[k->config.attribute_count++] = attribute;
}

/* In the order of Triton's launchers. */
static void set_attributes(tr_cuda_kernel *k, const tr_cuda_kernel_options *options, const tr_cuda_shape *shape)
{
    const bool cluster = shape->cluster[0] > 1 || shape->cluster[1] > 1 || shape->cluster[2] > 1;
    if (options->programmatic && k->device->info.arch >= 90) {
        add_attribute(k, (tr_cu_launch_attribute){ .id = TR_CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION,
                                                   .value.programmatic = 1 });
    }
    if (options->cooperative) {
        add_attribute(k, (tr_cu_launch_attribute){ .id = TR_CU_LAUNCH_ATTRIBUTE_COOPERATIVE, .value.cooperative = 1 });
    }
    if (cluster) {
        add_attribute(k, (tr_cu_launch_attribute){
                             .id = TR_CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION,
                             .value.cluster = { shape->cluster[0], shape->cluster[1], shape->cluster[2] } });
        add_attribute(k,
                      (tr_cu_launch_attribute){ .id = TR_CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE,
                                                .value.cluster_scheduling = TR_CU_CLUSTER_SCHEDULING_POLICY_SPREAD });
    }
    k->config.attributes = k->attributes;
}

static void set_shape(tr_cuda_kernel *k, const tr_cuda_kernel_options *options, const tr_cuda_shape *shape)
{
    k->config.block_x = shape->block[0], k->config.block_y = shape->block[1], k->config.block_z = shape->block[2];
    k->config.shared = shape->shared;
    k->cooperative = options->cooperative;
    k->max_blocks = UINT64_MAX;
    k->info.threads = (int32_t)(shape->block[0] * shape->block[1] * shape->block[2]);
    k->info.dynamic_shared = (int32_t)shape->shared;
    memcpy(k->info.cluster, shape->cluster, sizeof(k->info.cluster));
    for (int i = 0; i < 3; i++) {
        k->grid_scale[i] = options->grid_in_programs ? shape->cluster[i] : 1;
        k->grid_most[i] = k->device->info.max_grid[i] / k->grid_scale[i];
        k->checks_blocks |= shape->cluster[i] != k->grid_scale[i];
    }
    k->checks_blocks |= options->cooperative;
    set_attributes(k, options, shape);
}

static tr_status set_params(tr_cuda_kernel *k, const tr_entry *entry, const tr_cuda_kernel_options *options,
                            tr_error *error)
{
    const int32_t most = tr_entry_hidden_most(entry), known = options->hidden;
    const tr_cuda_scratch *const given[TR_MOST_HIDDEN] = { &options->global_scratch, &options->profile_scratch };
    int32_t least = 0;
    for (int i = 0; i < TR_MOST_HIDDEN; i++) {
        k->scratch[i] = *given[i];
        if (given[i]->align & (given[i]->align - 1)) {
            return tr_fail(error, TR_INVALID_ARGUMENT, "the scratch memory of '%s' is to be aligned to %llu",
                           options->file, (unsigned long long)given[i]->align);
        }
        if (given[i]->size == 0) continue;
        k->has_scratch = true;
        least = i + 1;
    }
    if (known > most || (known >= 0 && known < least) || least > most) {
        return tr_fail(error, TR_MISMATCH,
                       "kernel '%s' of '%s' should end with %d scratch pointer%s, but its %d parameters end with %d "
                       "pointer%s that could be one",
                       entry->name, options->file, known > least ? known : least,
                       (known > least ? known : least) == 1 ? "" : "s", entry->param_count, most, most == 1 ? "" : "s");
    }
    k->info.param_count = k->param_count = entry->param_count;
    k->info.hidden_most = known >= 0 ? known : most;
    k->least_args = entry->param_count - k->info.hidden_most;
    k->most_args = entry->param_count - (known >= 0 ? known : least);
    if (entry->param_count == 0) return TR_OK;
    k->param_sizes = TR_NEW_ARRAY(&k->arena, uint32_t, (size_t)entry->param_count);
    if (!k->param_sizes) return TR_OOM(error);
    for (int32_t i = 0; i < entry->param_count; i++) {
        k->param_sizes[i] = entry->params[i].size;
        k->has_wide |= entry->params[i].size > sizeof(uint64_t);
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- the driver's part */

static tr_status get_attributes(tr_cuda_kernel *k, tr_error *error)
{
    const struct {
        tr_cu_function_attribute attribute;
        int32_t *out;
    } wanted[] = {
        { TR_CU_FUNC_ATTRIBUTE_NUM_REGS, &k->info.registers },
        { TR_CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, &k->info.local_bytes },
        { TR_CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, &k->info.static_shared },
        { TR_CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, &k->info.max_threads },
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        TR_CU_TRY(k->driver, error, cuFuncGetAttribute(wanted[i].out, wanted[i].attribute, k->function),
                  "asking for attribute %d of kernel '%s'", wanted[i].attribute, k->info.name);
    }
    return TR_OK;
}

/* All that there is, whatever this launch needs: other kernels may share the function. */
static tr_status allow_shared(tr_cuda_kernel *k, tr_error *error)
{
    const tr_cuda_info *device = &k->device->info;
    if (k->info.static_shared + k->info.dynamic_shared <= device->max_shared) return TR_OK;
    if (k->driver->cuFuncSetCacheConfig) {
        TR_CU_TRY(k->driver, error, cuFuncSetCacheConfig(k->function, TR_CU_FUNC_CACHE_PREFER_SHARED),
                  "preferring shared memory for kernel '%s'", k->info.name);
    }
    TR_CU_TRY(k->driver, error,
              cuFuncSetAttribute(k->function, TR_CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                 device->max_shared_optin - k->info.static_shared),
              "allowing kernel '%s' %d bytes of shared memory", k->info.name,
              device->max_shared_optin - k->info.static_shared);
    return TR_OK;
}

#define PORTABLE_CLUSTER 8 /* blocks that every device with clusters takes */

static tr_status allow_cluster(tr_cuda_kernel *k, tr_error *error)
{
    const uint32_t *c = k->info.cluster;
    const uint32_t blocks = c[0] * c[1] * c[2];
    if (blocks == 1) return TR_OK;
    if (blocks > PORTABLE_CLUSTER) {
        TR_CU_TRY(k->driver, error,
                  cuFuncSetAttribute(k->function, TR_CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1),
                  "allowing kernel '%s' clusters of %u blocks", k->info.name, blocks);
    }
    if (!k->driver->cuOccupancyMaxActiveClusters) return TR_OK;
    tr_cu_launch_config config = k->config;
    config.grid_x = c[0], config.grid_y = c[1], config.grid_z = c[2];
    int fitting = 0;
    TR_CU_TRY(k->driver, error, cuOccupancyMaxActiveClusters(&fitting, k->function, &config),
              "asking whether clusters of %u blocks fit kernel '%s'", blocks, k->info.name);
    if (fitting > 0) return TR_OK;
    return tr_fail(
        error, TR_UNSUPPORTED,
        "kernel '%s' of '%s' needs clusters of %u blocks with %d threads, %d registers a thread and %d bytes of "
        "shared memory each; device %d (%s) can't hold one",
        k->info.name, k->file, blocks, k->info.threads, k->info.registers,
        k->info.static_shared + k->info.dynamic_shared, k->device->info.ordinal, k->device->info.name);
}

static tr_status count_cooperative(tr_cuda_kernel *k, tr_error *error)
{
    if (!k->cooperative) return TR_OK;
    int blocks = 0;
    TR_CU_TRY(k->driver, error,
              cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, k->function, k->info.threads, k->config.shared),
              "asking how many blocks of kernel '%s' fit a multiprocessor", k->info.name);
    k->max_blocks = (uint64_t)blocks * (uint64_t)k->device->info.multiprocessors;
    k->info.max_blocks = k->max_blocks;
    return TR_OK;
}

static tr_status prepare(tr_cuda_kernel *k, tr_error *error)
{
    const tr_cu_result result = k->driver->cuModuleGetFunction(&k->function, k->module->handle, k->info.name);
    if (result)
        return tr_driver_fail(k->driver, result, error, "taking kernel '%s' out of '%s'", k->info.name, k->file);
    k->info.function = (void *)k->function;
    k->info.module = (void *)k->module->handle;
    TR_TRY(get_attributes(k, error));
    TR_TRY(tr_cuda_check_resources(k, error));
    TR_TRY(allow_shared(k, error));
    TR_TRY(allow_cluster(k, error));
    TR_TRY(count_cooperative(k, error));
    const uint32_t *scale = k->grid_scale;
    k->is_unusual = k->has_scratch || k->checks_blocks || scale[0] * scale[1] * scale[2] > 1;
    return k->has_scratch ? tr_cuda_scratch_prepare(k->device, error) : TR_OK;
}

static tr_status load(tr_cuda_kernel *k, tr_str image, bool is_ptx, tr_error *error)
{
    tr_cuda_scope scope;
    TR_TRY(tr_cuda_enter(k->device, &scope, error));
    tr_status status = tr_cuda_module_get(k->device, image, is_ptx, k->file, &k->module, error);
    if (status == TR_OK) {
        status = prepare(k, error);
        if (status != TR_OK) tr_cuda_module_put(k->device, k->module);
    }
    tr_cuda_leave(k->device, &scope);
    return status;
}

/* ---------------------------------------------------------------- life */

static tr_status build(tr_cuda_kernel *k, const tr_image *image, tr_str bytes, const tr_cuda_kernel_options *options,
                       tr_error *error)
{
    const tr_entry *entry;
    tr_cuda_shape shape;
    TR_TRY(tr_image_find(image, options->kernel, options->file, &entry, error));
    TR_TRY(tr_cuda_check_image(&k->device->info, image, options, error));
    TR_TRY(tr_cuda_check_shape(&k->device->info, entry, options, &shape, error));
    k->file = tr_arena_copy(&k->arena, tr_str_of(options->file)).data;
    k->info.name = tr_arena_copy(&k->arena, tr_str_of(entry->name)).data;
    if (!k->file || !k->info.name) return TR_OOM(error);
    k->no_metadata = options->no_metadata;
    set_shape(k, options, &shape);
    TR_TRY(set_params(k, entry, options, error));
    return load(k, bytes, !image->is_cubin, error);
}

tr_status tr_cuda_kernel_create(tr_cuda_device *device, tr_str image, const tr_cuda_kernel_options *options,
                                tr_cuda_kernel **out_kernel, tr_error *error)
{
    tr_image *facts;
    TR_TRY(tr_image_read(image, options->file, &facts, error));
    tr_cuda_kernel *k = tr_calloc(1, sizeof(*k));
    tr_status status = TR_OK;
    if (!k) {
        status = TR_OOM(error);
    } else {
        k->device = device;
        k->driver = device->driver;
        k->launch = device->driver->cuLaunchKernelEx;
        k->context = device->context;
        status = build(k, facts, image, options, error);
    }
    tr_image_destroy(facts);
    if (status != TR_OK) {
        if (k) tr_arena_deinit(&k->arena);
        free(k);
        return status;
    }
    *out_kernel = k;
    return TR_OK;
}

void tr_cuda_kernel_destroy(tr_cuda_kernel *kernel)
{
    if (!kernel) return;
    tr_cuda_scope scope;
    const bool entered = tr_cuda_enter(kernel->device, &scope, NULL) == TR_OK;
    tr_cuda_module_put(kernel->device, kernel->module);
    if (entered) tr_cuda_leave(kernel->device, &scope);
    tr_arena_deinit(&kernel->arena);
    free(kernel);
}

const tr_cuda_kernel_info *tr_cuda_kernel_info_of(const tr_cuda_kernel *kernel)
{
    return &kernel->info;
}

int32_t tr_cuda_kernel_param_size(const tr_cuda_kernel *kernel, int32_t index)
{
    return index >= 0 && index < kernel->info.param_count ? (int32_t)kernel->param_sizes[index] : 0;
}
