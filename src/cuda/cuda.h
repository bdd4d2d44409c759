/* CUDA devices through libcuda, which is loaded at run time: devices, memory, kernels, launches, tensor maps.
 *
 * Nothing here needs a CUDA toolkit, and without a driver every call ends in TR_UNAVAILABLE that says why. The library
 * is libcuda.so.1, else libcuda.so, else TRITON_RUNNER_CUDA_DRIVER=PATH alone.
 *
 * Contexts. A device uses its primary context, the one that CUDA's runtime and torch use. Every call makes it current
 * for itself and leaves the caller's current context as it was.
 *
 * Threads. A device and a kernel may be used by several threads at once; destroying is for one thread, after the
 * others are done. Streams are CUstream handles, NULL = the legacy default stream.
 *
 * Errors. Messages end with the driver's own name and text of the error, "(CUDA_ERROR_INVALID_PTX: ...)". A kernel
 * that accessed what it must not leaves the context unusable: every later call on the device returns that error.
 */
#ifndef TR_CUDA_CUDA_H
#define TR_CUDA_CUDA_H

#include "base/status.h"

/* ---------------------------------------------------------------- devices */

typedef struct tr_cuda_info {
    int32_t ordinal;
    char name[128];
    int32_t arch;           /* compute capability, 90 = 9.0 */
    int32_t driver_version; /* the newest CUDA that the driver knows, 13000 = 13.0 */
    int32_t ptx_version;    /* the newest PTX ISA that its compiler takes, 90 = 9.0 */
    uint64_t memory;        /* bytes */
    int32_t multiprocessors;
    int32_t max_threads;      /* a block */
    int32_t max_registers;    /* a block */
    int32_t max_shared;       /* bytes a block, without asking for more */
    int32_t max_shared_optin; /* bytes a block, static and dynamic together */
    uint32_t max_grid[3];
    bool clusters;
    bool cooperative;
    bool pools; /* stream-ordered allocation */
} tr_cuda_info;

/* TR_UNAVAILABLE says why there is none: no driver, no device, a driver that doesn't fit. */
TR_MUST_CHECK tr_status tr_cuda_device_count(int32_t *out_count, tr_error *error);
/* Makes no context. */
TR_MUST_CHECK tr_status tr_cuda_describe(int32_t ordinal, tr_cuda_info *out_info, tr_error *error);

typedef struct tr_cuda_device tr_cuda_device;

/* Retains the primary context of device `ordinal`. */
TR_MUST_CHECK tr_status tr_cuda_device_create(int32_t ordinal, tr_cuda_device **out_device, tr_error *error);
/* Waits for the device, unloads its modules and releases the context. Kernels, buffers and streams made from it must
 * be gone. */
void tr_cuda_device_destroy(tr_cuda_device *device);
const tr_cuda_info *tr_cuda_device_info(const tr_cuda_device *device);

/* ---------------------------------------------------------------- memory and streams */

/* At least 256-byte aligned. A size of 0 gives the address 0. */
TR_MUST_CHECK tr_status tr_cuda_alloc(tr_cuda_device *device, size_t size, uint64_t *out_address, tr_error *error);
/* Waits for kernels that may use it. An address of 0 is fine. */
TR_MUST_CHECK tr_status tr_cuda_free(tr_cuda_device *device, uint64_t address, tr_error *error);

/* Host to device, device to host, and every byte to `value`. In the stream's order; the first two return when the
 * copy is done, and then an error of an earlier kernel may come up (tr_cuda_synchronize first names the kernel). */
TR_MUST_CHECK tr_status tr_cuda_write(tr_cuda_device *device, uint64_t address, const void *data, size_t size,
                                      void *stream, tr_error *error);
TR_MUST_CHECK tr_status tr_cuda_read(tr_cuda_device *device, void *data, uint64_t address, size_t size, void *stream,
                                     tr_error *error);
TR_MUST_CHECK tr_status tr_cuda_fill(tr_cuda_device *device, uint64_t address, uint8_t value, size_t size, void *stream,
                                     tr_error *error);

/* A stream that doesn't wait for the default stream. */
TR_MUST_CHECK tr_status tr_cuda_stream_create(tr_cuda_device *device, void **out_stream, tr_error *error);
TR_MUST_CHECK tr_status tr_cuda_stream_destroy(tr_cuda_device *device, void *stream, tr_error *error);

typedef struct tr_cuda_kernel tr_cuda_kernel;

/* Waits for everything in `stream`. `kernel`, which may be NULL, is the one that the error message names:
 * TR_OUT_OF_BOUNDS for an illegal address, TR_TRAPPED for a misaligned one, an illegal instruction or a device assert.
 */
TR_MUST_CHECK tr_status tr_cuda_synchronize(tr_cuda_device *device, void *stream, const tr_cuda_kernel *kernel,
                                            tr_error *error);

/* What `address` is: true when a kernel on `device` can use it as it stands (device, managed or pinned memory). Then
 * *out_device_address is how a kernel names it, which may differ. */
TR_MUST_CHECK tr_status tr_cuda_is_device_address(tr_cuda_device *device, uint64_t address, bool *out_usable,
                                                  uint64_t *out_device_address, tr_error *error);

/* ---------------------------------------------------------------- kernels */

/* Memory that the kernel wants for itself, bytes a program instance (and CTA of its cluster). */
typedef struct tr_cuda_scratch {
    uint64_t size;
    uint64_t align; /* 0 = 1 */
} tr_cuda_scratch;

typedef struct tr_cuda_kernel_options {
    const char *file;      /* stands for the image in messages */
    const char *kernel;    /* entry point; NULL = the only one */
    int32_t num_warps;     /* of a block, all of them ("num_warps" of the metadata); 0 = what the image requires */
    int64_t shared;        /* dynamic shared memory ("shared"), bytes; -1 = unknown, an error where it is used */
    uint32_t cluster[3];   /* zeros = what the image requires, else no cluster */
    bool grid_in_programs; /* the grid counts programs, each a cluster: it is multiplied by `cluster` (every stock
                              Triton); otherwise it counts blocks */
    bool cooperative;      /* "launch_cooperative_grid" */
    bool programmatic;     /* "launch_pdl": may begin before the kernel before it has ended. sm_90 on; else ignored */
    int32_t hidden; /* scratch pointers behind the user's parameters, if known from elsewhere (tr_hidden_of_triton);
                       -1 = what the number of arguments leaves over */
    tr_cuda_scratch global_scratch, profile_scratch;
    bool no_metadata;         /* there was no metadata JSON: errors that it could have prevented advise to add it */
    const char *ptxas_search; /* where a ptxas was looked for, for the message when PTX is too new; NULL = nowhere */
} tr_cuda_kernel_options;

/* What the driver says of a loaded kernel, and how it will be launched. */
typedef struct tr_cuda_kernel_info {
    const char *name;
    int32_t param_count; /* hidden ones included */
    int32_t hidden_most; /* how many of them may be hidden, or exactly are when options.hidden said so */
    int32_t registers;   /* a thread */
    int32_t local_bytes; /* a thread: spilled registers and arrays */
    int32_t static_shared, dynamic_shared; /* bytes a block */
    int32_t threads;                       /* a block */
    int32_t max_threads;                   /* that its registers allow */
    uint32_t cluster[3];                   /* 1, 1, 1 = none */
    uint64_t max_blocks;                   /* of a cooperative launch, 0 = any */
    void *function, *module;               /* CUfunction, CUmodule */
} tr_cuda_kernel_info;

/* Loads a cubin or PTX (which the driver compiles) and freezes how it is launched. `image` need not outlive the call.
 * The same bytes are one module on a device, however often they are loaded.
 *
 * Fails, before the driver would, with both sides named: TR_MISMATCH for another architecture, PTX newer than the
 * driver, a block other than the image requires; TR_UNSUPPORTED for more threads, shared memory or clusters than the
 * device has; TR_INVALID_INPUT where the driver's compiler refuses PTX, with its log and the line. */
TR_MUST_CHECK tr_status tr_cuda_kernel_create(tr_cuda_device *device, tr_str image,
                                              const tr_cuda_kernel_options *options, tr_cuda_kernel **out_kernel,
                                              tr_error *error);
/* Launches of it may still be running: the module outlives them. */
void tr_cuda_kernel_destroy(tr_cuda_kernel *kernel);

const tr_cuda_kernel_info *tr_cuda_kernel_info_of(const tr_cuda_kernel *kernel);
int32_t tr_cuda_kernel_param_size(const tr_cuda_kernel *kernel, int32_t index); /* bytes, 0 out of range */

/* Queues one launch and returns. words[i] is argument i: its value in the low bytes, or, for a parameter of more than
 * 8 bytes (a tensor map), the address of its bytes. Scratch pointers are not among them: their memory is allocated and
 * freed in the stream's order.
 *
 * Allocates nothing on the host for up to TR_CUDA_FEW_ARGS arguments. Thread-safe. */
#define TR_CUDA_FEW_ARGS 256
#define TR_CUDA_MOST_HIDDEN 2 /* scratch pointers behind the arguments */
TR_MUST_CHECK tr_status tr_cuda_launch(const tr_cuda_kernel *kernel, tr_grid grid, void *stream, const uint64_t *words,
                                       int32_t count, tr_error *error);

/* Where the caller has scratch memory come from: memory of the device for a whole grid, which stays until the launch has
 * ended and is not freed here; NULL = there is none. */
typedef struct tr_cuda_allocator {
    void *(*allocate)(void *user, uint64_t size, uint64_t alignment, void *stream);
    void *user;
} tr_cuda_allocator;

/* The same with params[i] pointing at the value of argument i: as many bytes as the parameter has. `params` has room for
 * `count` + TR_CUDA_MOST_HIDDEN, since it is completed and handed to the driver as it stands. `allocator` may be NULL.
 */
TR_MUST_CHECK tr_status tr_cuda_launch_params(const tr_cuda_kernel *kernel, tr_grid grid, void *stream, void **params,
                                              int32_t count, const tr_cuda_allocator *allocator, tr_error *error);

/* ---------------------------------------------------------------- tensor maps */

#define TR_TENSOR_MAP_RANK 5

/* A tensor descriptor as a parameter (CUtensorMap). */
typedef struct tr_tensor_map {
    _Alignas(128) uint64_t opaque[16]; /* CUDA 13 aligns it so; the driver asks for 64 */
} tr_tensor_map;

/* Dimensions in Triton's order, the contiguous one last. */
typedef struct tr_tensor_map_spec {
    uint64_t address;                    /* on the device, 16-byte aligned */
    int32_t rank;                        /* 1 to 5 */
    int64_t shape[TR_TENSOR_MAP_RANK];   /* in elements */
    int64_t strides[TR_TENSOR_MAP_RANK]; /* in elements; the last is 1 */
    /* An item of "tensordesc_meta": */
    int32_t block[TR_TENSOR_MAP_RANK]; /* "block_size" */
    int32_t swizzle;                   /* 0 none, 1, 2, 3: 32, 64, 128 bytes */
    int32_t elem_size;                 /* bytes */
    int32_t elem_type;                 /* as the compiler numbers it */
    bool fp4_padded;                   /* two elements a byte: the last dimension counts double */
    bool is_im2col;                    /* "is_im2col": refused, only tiled copies are supported */
    /* What the descriptor's owner chose: */
    bool nan_padding; /* reading outside gives NaN, not 0 */
    bool round_to_tf32;
} tr_tensor_map_spec;

/* Each rule of the hardware that is broken has its own message. TR_UNAVAILABLE when the driver is older than 12.0. */
TR_MUST_CHECK tr_status tr_tensor_map_encode(tr_cuda_device *device, const tr_tensor_map_spec *spec,
                                             tr_tensor_map *out_map, tr_error *error);

/* The descriptors of Triton 3.0 to 3.4's fill_1d_tma_descriptor and fill_2d_tma_descriptor, whose swizzle follows from
 * the block: rank 1 or 2, contiguous, elements of 1, 2 or 4 bytes. Uses address, rank, shape, block, elem_size. */
TR_MUST_CHECK tr_status tr_tensor_map_encode_raw(tr_cuda_device *device, const tr_tensor_map_spec *spec,
                                                 tr_tensor_map *out_map, tr_error *error);

#endif
