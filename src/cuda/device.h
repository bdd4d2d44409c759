/* A device's inside: its context and its modules. */
#ifndef TR_CUDA_DEVICE_H
#define TR_CUDA_DEVICE_H

#include <pthread.h>

#include "cuda/cuda.h"
#include "cuda/driver.h"

typedef struct tr_cuda_module tr_cuda_module;

struct tr_cuda_device {
    const tr_driver *driver;
    tr_cuda_info info;
    tr_cu_device handle;
    tr_cu_context context;
    pthread_mutex_t lock; /* of what follows */
    tr_cuda_module *modules;
    uint64_t clock;  /* counts uses of modules, to tell the one that was idle longest */
    tr_cu_pool pool; /* scratch memory comes from it; NULL until a kernel needs some */
};

/* As tr_cuda_device_create, with another driver than the process's, for tests. */
TR_MUST_CHECK tr_status tr_cuda_device_create_with(const tr_driver *driver, int32_t ordinal,
                                                   tr_cuda_device **out_device, tr_error *error);

/* ---------------------------------------------------------------- the current context */

typedef struct tr_cuda_scope {
    bool changed;
    tr_cu_context previous;
} tr_cuda_scope;

/* Makes the device's context current; leave puts back the caller's. */
TR_MUST_CHECK tr_status tr_cuda_enter(const tr_cuda_device *device, tr_cuda_scope *scope, tr_error *error);
void tr_cuda_leave(const tr_cuda_device *device, const tr_cuda_scope *scope);

/* ---------------------------------------------------------------- modules */

/* Loaded code. Modules without users are kept for a while, since loading costs milliseconds. */
struct tr_cuda_module {
    tr_cuda_module *next;
    uint64_t key[2]; /* hash of the bytes */
    size_t size;     /* of them */
    int32_t users;
    uint64_t last_use;
    tr_cu_module handle;
};

#define TR_CUDA_IDLE_MODULES 64

/* The module of these bytes, loaded if it isn't. The context is current. */
TR_MUST_CHECK tr_status tr_cuda_module_get(tr_cuda_device *device, tr_str image, bool is_ptx, const char *file,
                                           tr_cuda_module **out_module, tr_error *error);
/* Ends a use. The context is current. */
void tr_cuda_module_put(tr_cuda_device *device, tr_cuda_module *module);
void tr_cuda_modules_unload(tr_cuda_device *device);

#endif
