/* A loaded kernel with all that its launches have in common. Read-only once it is made. */
#ifndef TR_CUDA_KERNEL_H
#define TR_CUDA_KERNEL_H

#include "artifact/entry.h"
#include "cuda/device.h"

#define TR_CUDA_MOST_ATTRIBUTES 4

struct tr_cuda_kernel {
    /* What every launch reads, in two cache lines. */
    tr_cu_result (*launch)(const tr_cu_launch_config *, tr_cu_function, void **, void **); /* cuLaunchKernelEx, or NULL */
    tr_cu_function function;
    tr_cu_launch_config config; /* but for the grid and the stream */
    uint32_t grid_most[3];      /* the largest grid, before it is multiplied */
    int32_t least_args, most_args, param_count;
    bool is_unusual; /* one of the two below, or a grid that is multiplied */
    bool has_scratch;
    bool checks_blocks; /* the grid must be a multiple of the cluster, or fit the device at once */
    bool has_wide;      /* a parameter is wider than a word */

    const tr_driver *driver;
    tr_cu_context context;
    uint32_t grid_scale[3]; /* the grid is multiplied by it */
    uint64_t max_blocks;    /* of a cooperative launch; else UINT64_MAX */
    tr_cu_launch_attribute attributes[TR_CUDA_MOST_ATTRIBUTES];
    tr_cuda_device *device;
    tr_cuda_module *module;
    uint32_t *param_sizes;
    tr_cuda_scratch scratch[TR_MOST_HIDDEN]; /* global, profile */
    tr_cuda_kernel_info info;
    tr_arena arena; /* of texts and param_sizes */
    const char *file;
    bool cooperative;
    bool no_metadata;
};

/* What the image and the options together say about launches; checked against the device. */
typedef struct tr_cuda_shape {
    uint32_t block[3];
    uint32_t shared;
    uint32_t cluster[3]; /* 1, 1, 1 = none */
} tr_cuda_shape;

/* The device can run code of this image: its architecture, its PTX version. */
TR_MUST_CHECK tr_status tr_cuda_check_image(const tr_cuda_info *info, const tr_image *image,
                                            const tr_cuda_kernel_options *options, tr_error *error);

/* Decides the shape, and checks what can be checked before the driver has seen the kernel. */
TR_MUST_CHECK tr_status tr_cuda_check_shape(const tr_cuda_info *info, const tr_entry *entry,
                                            const tr_cuda_kernel_options *options, tr_cuda_shape *out_shape,
                                            tr_error *error);

/* The same after the driver told registers and static shared memory. */
TR_MUST_CHECK tr_status tr_cuda_check_resources(const tr_cuda_kernel *kernel, tr_error *error);

/* The error of a kernel that did what it must not. */
tr_status tr_cuda_fail_fault(const tr_cuda_kernel *kernel, tr_cu_result result, tr_error *error);

/* Adds to the message that a metadata JSON might have helped, where there was none. */
void tr_cuda_advise(bool no_metadata, tr_error *error);

/* ---------------------------------------------------------------- scratch memory (scratch.c) */

/* The blocks of memory of one launch: `addresses` are what the kernel gets, `blocks` what is freed (none of an
 * allocator's). */
_Static_assert(TR_MOST_HIDDEN == TR_CUDA_MOST_HIDDEN, "callers make room for the scratch pointers");
typedef struct tr_cuda_scratch_memory {
    uint64_t addresses[TR_MOST_HIDDEN];
    tr_cu_address blocks[TR_MOST_HIDDEN];
} tr_cuda_scratch_memory;

/* Makes the pool that scratch memory comes from, where the device has pools. The context is current. */
TR_MUST_CHECK tr_status tr_cuda_scratch_prepare(tr_cuda_device *device, tr_error *error);
/* Allocates in the stream's order for a launch of `blocks` blocks, or has `allocator` do it; frees what it has when it
 * fails. */
TR_MUST_CHECK tr_status tr_cuda_scratch_alloc(const tr_cuda_kernel *kernel, uint64_t blocks, tr_cu_stream stream,
                                              const tr_cuda_allocator *allocator, tr_cuda_scratch_memory *out,
                                              tr_error *error);
/* Frees behind the launch. */
TR_MUST_CHECK tr_status tr_cuda_scratch_free(const tr_cuda_kernel *kernel, const tr_cuda_scratch_memory *memory,
                                             tr_cu_stream stream, tr_error *error);

#endif
