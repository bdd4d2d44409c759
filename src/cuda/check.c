#include "cuda/kernel.h"

#include <inttypes.h>
#include <stdio.h>

/* Checks that come before the driver's own, whose messages ("invalid argument") name neither side. */

void tr_cuda_advise(bool no_metadata, tr_error *error)
{
    if (!no_metadata || !error) return;
    const size_t used = strlen(error->message);
    snprintf(
        error->message + used, sizeof(error->message) - used,
        "; there was no metadata JSON, which says what a file alone doesn't (warps, shared memory, scratch memory): "
        "add it");
}

/* ---------------------------------------------------------------- architecture */

/* Machine code runs on its generation from its own minor version on, PTX on every later architecture; either with 'a'
 * exactly where it says, and PTX with 'f' on its generation. */
static bool runs_on(const tr_image *image, int32_t arch)
{
    const bool generation = image->arch / 10 == arch / 10 && arch >= image->arch;
    if (image->suffix == 'a') return arch == image->arch;
    if (image->suffix == 'f' || image->is_cubin) return generation;
    return arch >= image->arch;
}

static tr_status check_arch(const tr_cuda_info *info, const tr_image *image, const char *file, tr_error *error)
{
    if (runs_on(image, info->arch)) return TR_OK;
    char target[TR_TARGET_TEXT_SIZE], reason[160];
    if (image->suffix == 'a') {
        snprintf(reason, sizeof(reason), "the 'a' ties it to exactly that architecture");
    } else if (image->suffix == 'f') {
        snprintf(reason, sizeof(reason), "the 'f' ties it to its family, sm_%d to sm_%d", image->arch,
                 image->arch / 10 * 10 + 9);
    } else if (image->is_cubin) {
        snprintf(reason, sizeof(reason),
                 "machine code runs on sm_%d to sm_%d only; PTX or an IR of the kernel can be "
                 "brought to sm_%d",
                 image->arch, image->arch / 10 * 10 + 9, info->arch);
    } else {
        snprintf(reason, sizeof(reason), "PTX runs on its own architecture and later ones");
    }
    return tr_fail(error, TR_MISMATCH, "'%s' is for %s, but device %d (%s) is sm_%d: %s", file,
                   tr_image_target(image, target), info->ordinal, info->name, info->arch, reason);
}

static tr_status check_ptx_version(const tr_cuda_info *info, const tr_image *image,
                                   const tr_cuda_kernel_options *options, tr_error *error)
{
    if (image->ptx_version <= info->ptx_version) return TR_OK;
    return tr_fail(error, TR_MISMATCH,
                   "'%s' is PTX ISA %d.%d, and the driver (CUDA %d.%d) compiles up to %d.%d; a newer ptxas could "
                   "assemble it, looked for in: %s",
                   options->file, image->ptx_version / 10, image->ptx_version % 10, info->driver_version / 1000,
                   info->driver_version / 10 % 100, info->ptx_version / 10, info->ptx_version % 10,
                   options->ptxas_search ? options->ptxas_search : "nowhere");
}

tr_status tr_cuda_check_image(const tr_cuda_info *info, const tr_image *image, const tr_cuda_kernel_options *options,
                              tr_error *error)
{
    TR_TRY(check_arch(info, image, options->file, error));
    return image->is_cubin ? TR_OK : check_ptx_version(info, image, options, error);
}

/* ---------------------------------------------------------------- blocks */

static uint64_t product(const uint32_t v[3])
{
    const uint64_t xy = (uint64_t)v[0] * v[1];
    return xy > UINT32_MAX ? xy : xy * v[2]; /* no overflow, and still larger than any limit */
}

static tr_status choose_block(const tr_entry *entry, const tr_cuda_kernel_options *options, uint32_t block[3],
                              tr_error *error)
{
    const bool required = entry->block[0] > 0;
    if (options->num_warps < 0 || options->num_warps > 1024) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "'%s' is to be launched with %d warps", options->file,
                       options->num_warps);
    }
    block[0] = 32 * (uint32_t)options->num_warps, block[1] = block[2] = 1;
    if (options->num_warps > 0) {
        if (required && memcmp(block, entry->block, sizeof(entry->block)) != 0) {
            return tr_fail(error, TR_MISMATCH,
                           "kernel '%s' of '%s' requires blocks of %u x %u x %u threads, but %d warps were asked for, "
                           "which are %u threads",
                           entry->name, options->file, entry->block[0], entry->block[1], entry->block[2],
                           options->num_warps, block[0]);
        }
    } else if (required) {
        memcpy(block, entry->block, sizeof(entry->block));
    } else if (entry->max_threads > 0) {
        block[0] = entry->max_threads; /* Triton up to 3.1 states the block so */
    } else {
        tr_fail(error, TR_MISMATCH,
                "how many warps kernel '%s' of '%s' is launched with is not known: the file doesn't say it",
                entry->name, options->file);
        tr_cuda_advise(options->no_metadata, error);
        return TR_MISMATCH;
    }
    if (entry->max_threads > 0 && product(block) > entry->max_threads) {
        return tr_fail(error, TR_MISMATCH,
                       "kernel '%s' of '%s' allows %u threads a block, but %" PRIu64 " were asked for", entry->name,
                       options->file, entry->max_threads, product(block));
    }
    return TR_OK;
}

static tr_status check_block(const tr_cuda_info *info, const tr_entry *entry, const char *file, const uint32_t block[3],
                             tr_error *error)
{
    if (product(block) <= (uint64_t)info->max_threads) return TR_OK;
    return tr_fail(error, TR_UNSUPPORTED,
                   "kernel '%s' of '%s' needs blocks of %" PRIu64 " threads; device %d (%s) has %d at most",
                   entry->name, file, product(block), info->ordinal, info->name, info->max_threads);
}

/* ---------------------------------------------------------------- shared memory */

static tr_status choose_shared(const tr_cuda_info *info, const tr_entry *entry, const tr_cuda_kernel_options *options,
                               uint32_t *out, tr_error *error)
{
    if (options->shared < 0 && entry->shared == TR_SHARED_DYNAMIC) {
        tr_fail(error, TR_MISMATCH,
                "how much shared memory kernel '%s' of '%s' needs is not known: the file says only that it uses some",
                entry->name, options->file);
        tr_cuda_advise(options->no_metadata, error);
        return TR_MISMATCH;
    }
    const int64_t shared = options->shared < 0 ? 0 : options->shared;
    if (shared > info->max_shared_optin) {
        return tr_fail(error, TR_UNSUPPORTED,
                       "kernel '%s' of '%s' needs %" PRId64
                       " bytes of shared memory; device %d (%s) has %d for a block",
                       entry->name, options->file, shared, info->ordinal, info->name, info->max_shared_optin);
    }
    *out = (uint32_t)shared;
    return TR_OK;
}

/* ---------------------------------------------------------------- clusters */

#define LARGEST_CLUSTER 16

static tr_status choose_cluster(const tr_cuda_info *info, const tr_entry *entry, const tr_cuda_kernel_options *options,
                                uint32_t cluster[3], tr_error *error)
{
    const bool asked = options->cluster[0] > 0, required = entry->cluster[0] > 0;
    if (asked && (options->cluster[1] == 0 || options->cluster[2] == 0)) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "a cluster of %u x %u x %u blocks", options->cluster[0],
                       options->cluster[1], options->cluster[2]);
    }
    if (asked && required && memcmp(options->cluster, entry->cluster, sizeof(entry->cluster)) != 0) {
        return tr_fail(error, TR_MISMATCH,
                       "kernel '%s' of '%s' requires clusters of %u x %u x %u blocks, but %u x %u x %u were asked for",
                       entry->name, options->file, entry->cluster[0], entry->cluster[1], entry->cluster[2],
                       options->cluster[0], options->cluster[1], options->cluster[2]);
    }
    cluster[0] = cluster[1] = cluster[2] = 1;
    if (asked || required) memcpy(cluster, asked ? options->cluster : entry->cluster, sizeof(entry->cluster));
    const uint64_t blocks = product(cluster);
    if (blocks == 1) return TR_OK;
    if (!info->clusters) {
        return tr_fail(error, TR_UNSUPPORTED,
                       "kernel '%s' of '%s' needs clusters of %" PRIu64
                       " blocks; device %d (%s, sm_%d) has no clusters%s",
                       entry->name, options->file, blocks, info->ordinal, info->name, info->arch,
                       info->arch < 90 ? ", which begin with sm_90" : "");
    }
    if (blocks > LARGEST_CLUSTER) {
        return tr_fail(error, TR_UNSUPPORTED,
                       "kernel '%s' of '%s' needs clusters of %" PRIu64 " blocks; a cluster has %d at most",
                       entry->name, options->file, blocks, LARGEST_CLUSTER);
    }
    return TR_OK;
}

static tr_status check_cooperative(const tr_cuda_info *info, const tr_entry *entry,
                                   const tr_cuda_kernel_options *options, tr_error *error)
{
    if (!options->cooperative || info->cooperative) return TR_OK;
    return tr_fail(error, TR_UNSUPPORTED,
                   "kernel '%s' of '%s' needs a cooperative launch, which device %d (%s) or its "
                   "driver doesn't have",
                   entry->name, options->file, info->ordinal, info->name);
}

tr_status tr_cuda_check_shape(const tr_cuda_info *info, const tr_entry *entry, const tr_cuda_kernel_options *options,
                              tr_cuda_shape *out_shape, tr_error *error)
{
    TR_TRY(choose_block(entry, options, out_shape->block, error));
    TR_TRY(check_block(info, entry, options->file, out_shape->block, error));
    TR_TRY(choose_shared(info, entry, options, &out_shape->shared, error));
    TR_TRY(choose_cluster(info, entry, options, out_shape->cluster, error));
    return check_cooperative(info, entry, options, error);
}

/* ---------------------------------------------------------------- after loading */

tr_status tr_cuda_check_resources(const tr_cuda_kernel *kernel, tr_error *error)
{
    const tr_cuda_info *device = &kernel->device->info;
    const tr_cuda_kernel_info *k = &kernel->info;
    if (k->threads > k->max_threads) {
        return tr_fail(
            error, TR_UNSUPPORTED,
            "kernel '%s' of '%s' needs blocks of %d threads; with the %d registers that each takes, device %d "
            "(%s) runs %d at most",
            k->name, kernel->file, k->threads, k->registers, device->ordinal, device->name, k->max_threads);
    }
    const int64_t shared = (int64_t)k->static_shared + k->dynamic_shared;
    if (shared > device->max_shared_optin) {
        return tr_fail(
            error, TR_UNSUPPORTED,
            "kernel '%s' of '%s' needs %" PRId64 " bytes of shared memory (%d of them static); device %d (%s) "
            "has %d for a block",
            k->name, kernel->file, shared, k->static_shared, device->ordinal, device->name, device->max_shared_optin);
    }
    return TR_OK;
}

tr_status tr_cuda_fail_fault(const tr_cuda_kernel *kernel, tr_cu_result result, tr_error *error)
{
    const tr_status status = tr_driver_fail(kernel->driver, result, error, "kernel '%s' of '%s' failed",
                                            kernel->info.name, kernel->file);
    tr_cuda_advise(kernel->no_metadata, error);
    return status;
}
