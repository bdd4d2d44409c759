/* A CUDA driver without a GPU, for tests: made from src/cuda/driver.def, it keeps count of what is alive, records calls
 * and launches, checks what the real one checks, and returns any error at any call.
 *
 * Two libraries: fake_cuda hands its entry points out through cuGetProcAddress, as drivers since CUDA 11.3 do;
 * fake_cuda_old exports them, as older ones did. Device memory is host memory, and kernels do nothing unless a test
 * gives a function that does their work.
 *
 * A test opens the library with dlopen and takes `fake_cuda` by dlsym. A whole program is steered by variables, read
 * when the library is loaded:
 *     FAKE_CUDA_FAIL=cuMemAlloc:2:2      the 2nd call of cuMemAlloc returns error 2; "any" counts all calls
 *     FAKE_CUDA_FAULT=700                every launch ends in this error, at the next synchronisation
 *     FAKE_CUDA_HIDE=cuLaunchKernelEx,.. entry points that this driver doesn't have
 *     FAKE_CUDA_ARCH=80, FAKE_CUDA_VERSION=12040, FAKE_CUDA_DEVICES=2
 */
#ifndef TR_TESTS_FAKE_CUDA_H
#define TR_TESTS_FAKE_CUDA_H

#include "cuda/cuda_abi.h"

#include <stdbool.h>

#define FAKE_MOST_PARAMS 600
#define FAKE_MOST_LAUNCHES 64

typedef struct fake_device {
    char name[64];
    int arch, multiprocessors, max_threads, max_registers, max_shared, max_shared_optin;
    unsigned max_grid[3];
    int clusters, cooperative, pools;
    size_t memory;
} fake_device;

/* What the driver says of every function. */
typedef struct fake_function {
    int registers, local_bytes, static_shared, max_threads;
    int active_clusters, active_blocks; /* occupancy */
} fake_function;

typedef struct fake_launch {
    const char *entry; /* "cuLaunchKernelEx" */
    char kernel[128];
    unsigned grid[3], block[3], shared;
    void *stream;
    int cooperative, programmatic, spread;
    unsigned cluster[3];
    int param_count;
    unsigned char params[FAKE_MOST_PARAMS][128]; /* the first 128 bytes of each */
} fake_launch;

typedef struct fake_tensor_map {
    int type, interleave, swizzle, promotion, fill;
    uint32_t rank;
    uint64_t address, shape[5], strides[5];
    uint32_t box[5], element_strides[5];
} fake_tensor_map;

typedef struct fake_live {
    int contexts, modules, allocations, pool_allocations, pools, streams;
} fake_live;

typedef struct fake_cuda_control {
    /* Forgets everything: one device, an H100; nothing alive; nothing fails. */
    void (*reset)(void);
    /* What the next calls see. */
    int *device_count, *version;
    fake_device *devices; /* 4 */
    fake_function *function;
    const char **jit_log; /* what the PTX compiler writes when loading fails */

    /* Call `nth` (from 1, counted from now) of `entry` (NULL = of any) returns `result` and does nothing. `lasting`:
     * so do all calls after it. */
    void (*refuse)(const char *entry, int nth, int result, bool lasting);
    /* Launches end in this error: it comes up at the next synchronisation and stays. 0 = none. */
    void (*fault)(int result);
    void (*hide)(const char *entry, bool hidden); /* until reset */

    int (*calls)(const char *entry); /* since reset; NULL = all */
    const char *(*entry)(int index); /* names of all entry points; NULL at the end */
    const char *(*last)(void);       /* the call that failed by order, NULL if none did */
    fake_live (*live)(void);
    bool (*known)(uint64_t address); /* inside an allocation that is alive */

    int *launch_count;
    fake_launch *launches;
    /* Does a kernel's work: params are those of the launch. */
    void (**work)(const fake_launch *launch, void *const *params);
    fake_tensor_map *tensor_map; /* the last one encoded */
} fake_cuda_control;

#endif
