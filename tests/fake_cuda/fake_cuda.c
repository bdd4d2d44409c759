#include "fake_cuda.h"

#include "artifact/entry.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum {
#define D(name, symbol, abi, need, args) ENTRY_##name,
#include "cuda/driver.def"
    ENTRY_COUNT
};

typedef struct entry_row {
    const char *name, *symbol;
    int abi;
    int calls;
    bool hidden;
} entry_row;

static entry_row entries[ENTRY_COUNT] = {
#define D(name, symbol, abi, need, args) { #name, #symbol, abi, 0, false },
#include "cuda/driver.def"
};

/* ---------------------------------------------------------------- state */

enum {
    MOST_DEVICES = 4,
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    INVALID_PTX = 218,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    OUT_OF_RESOURCES = 701
};

typedef enum object_kind { MODULE, FUNCTION, ALLOCATION, POOL_ALLOCATION, POOL, STREAM } object_kind;

/* Anything that a context owns, in one list. */
typedef struct object {
    struct object *next;
    object_kind kind;
    int device;
    uint64_t begin; /* of memory; else the object's own address */
    size_t size;
    void *memory;
    tr_image *image;       /* of a module */
    struct object *module; /* of a function */
    const tr_entry *kernel;
    int dynamic_shared; /* what a launch of it may ask for */
    bool any_cluster;
} object;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool started;
static int device_count, version, retained[MOST_DEVICES];
static fake_device devices[MOST_DEVICES];
static fake_function function;
static const char *jit_log;
static object *objects;
static _Thread_local tr_cu_context current;
static int launch_count;
static fake_launch launches[FAKE_MOST_LAUNCHES];
static void (*work)(const fake_launch *launch, void *const *params);
static fake_tensor_map last_map;

static int fail_entry, fail_at, fail_result; /* entry -1 = any; at 0 = never */
static bool fail_lasting;
static int launch_fault, fault; /* the latter has come up */
static const char *last_failed;

static tr_cu_context context_of(int device)
{
    return (tr_cu_context)(void *)&retained[device];
}

static int device_of(tr_cu_context context)
{
    for (int i = 0; i < MOST_DEVICES; i++) {
        if (context == context_of(i) && retained[i] > 0) return i;
    }
    return -1;
}

static object *add(object_kind kind, int device)
{
    object *o = calloc(1, sizeof(*o));
    if (!o) abort();
    o->kind = kind;
    o->device = device;
    o->begin = (uint64_t)(uintptr_t)o;
    o->next = objects;
    objects = o;
    return o;
}

static object *find(object_kind kind, const void *handle)
{
    for (object *o = objects; o; o = o->next) {
        if (o->kind == kind && o == handle) return o;
    }
    return NULL;
}

static object *find_memory(uint64_t address, size_t size, bool at_begin)
{
    for (object *o = objects; o; o = o->next) {
        if (o->kind != ALLOCATION && o->kind != POOL_ALLOCATION) continue;
        if (at_begin ? address == o->begin : address >= o->begin && address - o->begin + size <= o->size) return o;
    }
    return NULL;
}

static void drop(object *gone)
{
    for (object **link = &objects; *link;) {
        object *o = *link;
        if (o != gone && !(o->module && o->module == gone)) {
            link = &o->next;
            continue;
        }
        *link = o->next;
        tr_image_destroy(o->image);
        free(o->memory);
        free(o);
    }
}

static void drop_all_of(int device)
{
    for (object *o = objects; o;) {
        if (o->device == device) {
            drop(o);
            o = objects;
        } else {
            o = o->next;
        }
    }
}

/* ---------------------------------------------------------------- calls */

/* What every entry point does first: nonzero = return that. */
static tr_cu_result enter(int entry, bool needs_context)
{
    entries[entry].calls++;
    if (fail_at > 0 && (fail_entry < 0 || fail_entry == entry)) {
        if (--fail_at == 0) {
            if (fail_lasting) fail_at = 1;
            last_failed = entries[entry].name;
            return fail_result;
        }
    }
    if (!started && entry != ENTRY_cuInit && entry != ENTRY_cuDriverGetVersion) return NOT_INITIALIZED;
    if (needs_context && device_of(current) < 0) return INVALID_CONTEXT;
    return needs_context ? fault : SUCCESS;
}

#define BEGIN(name, needs_context)                                                                                     \
    pthread_mutex_lock(&lock);                                                                                         \
    tr_cu_result result = enter(ENTRY_##name, needs_context);                                                          \
    if (result != SUCCESS) goto end
#define FAIL(error)                                                                                                    \
    do {                                                                                                               \
        result = (error);                                                                                              \
        goto end;                                                                                                      \
    } while (0)
#define END                                                                                                            \
    end:                                                                                                               \
    pthread_mutex_unlock(&lock);                                                                                       \
    return result

/* Each has the prototype of the table. */
#define D(name, symbol, abi, need, args) static tr_cu_result fake_##name args;
#include "cuda/driver.def"

static tr_cu_result fake_cuInit(unsigned flags)
{
    BEGIN(cuInit, false);
    if (flags) FAIL(INVALID_VALUE);
    if (device_count == 0) FAIL(NO_DEVICE);
    started = true;
    END;
}

static tr_cu_result fake_cuDriverGetVersion(int *out)
{
    BEGIN(cuDriverGetVersion, false);
    *out = version;
    END;
}

/* Names and texts never fail but for numbers that are none; a test gives its own numbers there. */
static tr_cu_result fake_cuGetErrorName(tr_cu_result error, const char **text)
{
    BEGIN(cuGetErrorName, false);
    static const struct {
        int number;
        const char *name;
    } names[] = {
#define E(name, number, status, explanation) { number, "CUDA_ERROR_" #name },
#include "cuda/errors.def"
        { 999, "CUDA_ERROR_UNKNOWN" },
    };
    *text = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].number == error) *text = names[i].name;
    }
    if (!*text) FAIL(INVALID_VALUE);
    END;
}

static tr_cu_result fake_cuGetErrorString(tr_cu_result error, const char **text)
{
    BEGIN(cuGetErrorString, false);
    *text = "the fake driver's text";
    if (error > 999) FAIL(INVALID_VALUE);
    END;
}

static tr_cu_result fake_cuDeviceGetCount(int *count)
{
    BEGIN(cuDeviceGetCount, false);
    *count = device_count;
    END;
}

static tr_cu_result fake_cuDeviceGet(tr_cu_device *device, int ordinal)
{
    BEGIN(cuDeviceGet, false);
    if (ordinal < 0 || ordinal >= device_count) FAIL(INVALID_DEVICE);
    *device = ordinal;
    END;
}

static tr_cu_result fake_cuDeviceGetName(char *name, int size, tr_cu_device device)
{
    BEGIN(cuDeviceGetName, false);
    snprintf(name, (size_t)size, "%s", devices[device].name);
    END;
}

static tr_cu_result fake_cuDeviceGetAttribute(int *value, tr_cu_device_attribute attribute, tr_cu_device device)
{
    BEGIN(cuDeviceGetAttribute, false);
    const fake_device *d = &devices[device];
    const struct {
        int attribute, value;
    } values[] = {
        { TR_CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, d->max_threads },
        { TR_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, (int)d->max_grid[0] },
        { TR_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, (int)d->max_grid[1] },
        { TR_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, (int)d->max_grid[2] },
        { TR_CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, d->max_shared },
        { TR_CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, d->max_registers },
        { TR_CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, d->multiprocessors },
        { TR_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, d->arch / 10 },
        { TR_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, d->arch % 10 },
        { TR_CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, d->cooperative },
        { TR_CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, d->max_shared_optin },
        { TR_CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, d->pools },
        { TR_CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH, d->clusters },
    };
    result = INVALID_VALUE;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (values[i].attribute != attribute || values[i].value < 0) continue;
        *value = values[i].value;
        result = SUCCESS;
    }
    END;
}

static tr_cu_result fake_cuDeviceTotalMem(size_t *bytes, tr_cu_device device)
{
    BEGIN(cuDeviceTotalMem, false);
    *bytes = devices[device].memory;
    END;
}

/* ---------------------------------------------------------------- contexts */

static tr_cu_result fake_cuDevicePrimaryCtxRetain(tr_cu_context *context, tr_cu_device device)
{
    BEGIN(cuDevicePrimaryCtxRetain, false);
    retained[device]++;
    *context = context_of(device);
    END;
}

static tr_cu_result fake_cuDevicePrimaryCtxRelease(tr_cu_device device)
{
    BEGIN(cuDevicePrimaryCtxRelease, false);
    if (retained[device] == 0) FAIL(INVALID_CONTEXT);
    if (--retained[device] == 0) {
        drop_all_of(device);
        fault = 0;
    }
    END;
}

static tr_cu_result fake_cuCtxGetCurrent(tr_cu_context *context)
{
    BEGIN(cuCtxGetCurrent, false);
    *context = current;
    END;
}

static tr_cu_result fake_cuCtxSetCurrent(tr_cu_context context)
{
    BEGIN(cuCtxSetCurrent, false);
    if (context && device_of(context) < 0) FAIL(INVALID_CONTEXT);
    current = context;
    END;
}

static tr_cu_result fake_cuCtxSynchronize(void)
{
    BEGIN(cuCtxSynchronize, true);
    if (launch_fault && launch_count > 0) result = fault = launch_fault;
    END;
}

/* ---------------------------------------------------------------- modules */

/* A cubin says its size by its headers' places: those of sections and of segments come last. */
static tr_str image_bytes(const char *image)
{
    uint64_t places[2];
    uint16_t counts[2];
    if (memcmp(image, "\177ELF", 4) != 0) return tr_str_of(image);
    memcpy(places, image + 32, sizeof(places)); /* segments, sections */
    memcpy(&counts[0], image + 56, 2);
    memcpy(&counts[1], image + 60, 2);
    const uint64_t ends[2] = { places[0] + (uint64_t)counts[0] * 56, places[1] + (uint64_t)counts[1] * 64 };
    return (tr_str){ image, (size_t)(ends[0] > ends[1] ? ends[0] : ends[1]) };
}

static tr_cu_result fake_cuModuleLoadDataEx(tr_cu_module *module, const void *image, unsigned count,
                                            tr_cu_jit_option *options, void **values)
{
    BEGIN(cuModuleLoadDataEx, true);
    tr_image *facts = NULL;
    if (tr_image_read(image_bytes(image), "image", &facts, NULL) != TR_OK) FAIL(INVALID_IMAGE);
    object *o = add(MODULE, device_of(current));
    o->image = facts;
    *module = (tr_cu_module)(void *)o;
end:
    if (result != SUCCESS && jit_log) {
        char *buffer = NULL;
        size_t size = 0;
        for (unsigned i = 0; i < count; i++) {
            if (options[i] == TR_CU_JIT_ERROR_LOG_BUFFER) buffer = values[i];
            if (options[i] == TR_CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) size = (size_t)(uintptr_t)values[i];
        }
        if (buffer) snprintf(buffer, size, "%s", jit_log);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static tr_cu_result fake_cuModuleUnload(tr_cu_module module)
{
    BEGIN(cuModuleUnload, true);
    object *o = find(MODULE, module);
    if (!o) FAIL(INVALID_HANDLE);
    drop(o);
    END;
}

static tr_cu_result fake_cuModuleGetFunction(tr_cu_function *out, tr_cu_module module, const char *name)
{
    BEGIN(cuModuleGetFunction, true);
    object *o = find(MODULE, module);
    const tr_entry *kernel;
    if (!o) FAIL(INVALID_HANDLE);
    if (tr_image_find(o->image, name, "image", &kernel, NULL) != TR_OK) FAIL(NOT_FOUND);
    for (object *f = objects; f; f = f->next) {
        if (f->kind == FUNCTION && f->module == o && f->kernel == kernel) {
            *out = (tr_cu_function)(void *)f; /* the same function each time, as the driver has it */
            goto end;
        }
    }
    object *f = add(FUNCTION, o->device);
    f->module = o;
    f->kernel = kernel;
    f->dynamic_shared = devices[o->device].max_shared - function.static_shared;
    *out = (tr_cu_function)(void *)f;
    END;
}

static tr_cu_result fake_cuFuncGetAttribute(int *value, tr_cu_function_attribute attribute, tr_cu_function handle)
{
    BEGIN(cuFuncGetAttribute, true);
    if (!find(FUNCTION, handle)) FAIL(INVALID_HANDLE);
    switch (attribute) {
    case TR_CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = function.max_threads; break;
    case TR_CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES: *value = function.static_shared; break;
    case TR_CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES: *value = function.local_bytes; break;
    case TR_CU_FUNC_ATTRIBUTE_NUM_REGS: *value = function.registers; break;
    default: result = INVALID_VALUE;
    }
    END;
}

static tr_cu_result fake_cuFuncSetAttribute(tr_cu_function handle, tr_cu_function_attribute attribute, int value)
{
    BEGIN(cuFuncSetAttribute, true);
    object *f = find(FUNCTION, handle);
    if (!f) FAIL(INVALID_HANDLE);
    if (attribute == TR_CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) {
        if (value < 0 || value + function.static_shared > devices[f->device].max_shared_optin) FAIL(INVALID_VALUE);
        f->dynamic_shared = value;
    } else if (attribute == TR_CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED) {
        f->any_cluster = value != 0;
    } else {
        result = INVALID_VALUE;
    }
    END;
}

static tr_cu_result fake_cuFuncSetCacheConfig(tr_cu_function handle, tr_cu_function_cache config)
{
    BEGIN(cuFuncSetCacheConfig, true);
    if (!find(FUNCTION, handle)) FAIL(INVALID_HANDLE);
    if (config != TR_CU_FUNC_CACHE_PREFER_SHARED) FAIL(INVALID_VALUE);
    END;
}

static tr_cu_result fake_cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, tr_cu_function handle, int threads,
                                                                     size_t shared)
{
    BEGIN(cuOccupancyMaxActiveBlocksPerMultiprocessor, true);
    const object *f = find(FUNCTION, handle);
    if (!f || threads < 1 || shared > (size_t)f->dynamic_shared) FAIL(INVALID_VALUE);
    *blocks = function.active_blocks;
    END;
}

static tr_cu_result fake_cuOccupancyMaxActiveClusters(int *clusters, tr_cu_function handle,
                                                      const tr_cu_launch_config *config)
{
    BEGIN(cuOccupancyMaxActiveClusters, true);
    const object *f = find(FUNCTION, handle);
    if (!f || config->shared > (unsigned)f->dynamic_shared || config->grid_x == 0) FAIL(INVALID_VALUE);
    *clusters = function.active_clusters;
    END;
}

/* ---------------------------------------------------------------- launches */

static void take_attributes(fake_launch *l, const tr_cu_launch_attribute *attributes, unsigned count)
{
    l->cluster[0] = l->cluster[1] = l->cluster[2] = 1;
    for (unsigned i = 0; i < count; i++) {
        const tr_cu_launch_value *v = &attributes[i].value;
        switch (attributes[i].id) {
        case TR_CU_LAUNCH_ATTRIBUTE_COOPERATIVE: l->cooperative = v->cooperative; break;
        case TR_CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION: l->programmatic = v->programmatic; break;
        case TR_CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE: l->spread = v->cluster_scheduling; break;
        case TR_CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
            l->cluster[0] = v->cluster.x, l->cluster[1] = v->cluster.y, l->cluster[2] = v->cluster.z;
            break;
        default: break;
        }
    }
}

static tr_cu_result check_launch(const object *f, const fake_launch *l)
{
    const fake_device *d = &devices[f->device];
    const unsigned blocks = l->cluster[0] * l->cluster[1] * l->cluster[2];
    const unsigned threads = l->block[0] * l->block[1] * l->block[2];
    if (f->device != device_of(current)) return INVALID_HANDLE;
    if (threads == 0 || threads > (unsigned)d->max_threads || l->shared > (unsigned)f->dynamic_shared) {
        return INVALID_VALUE;
    }
    if (threads > (unsigned)function.max_threads) return OUT_OF_RESOURCES;
    for (int i = 0; i < 3; i++) {
        if (l->grid[i] == 0 || l->grid[i] > d->max_grid[i] || l->grid[i] % l->cluster[i]) return INVALID_VALUE;
    }
    return blocks > 8 && !f->any_cluster ? 912 : SUCCESS;
}

static tr_cu_result launch(fake_launch *l, tr_cu_function handle, void **params)
{
    const object *f = find(FUNCTION, handle);
    if (!f) return INVALID_HANDLE;
    if (l->stream && !find(STREAM, l->stream)) return INVALID_HANDLE;
    const tr_cu_result result = check_launch(f, l);
    if (result) return result;
    snprintf(l->kernel, sizeof(l->kernel), "%s", f->kernel->name);
    l->param_count = f->kernel->param_count;
    for (int i = 0; i < l->param_count && i < FAKE_MOST_PARAMS; i++) {
        const size_t size = f->kernel->params[i].size;
        memcpy(l->params[i], params[i], size < 128 ? size : 128);
    }
    if (launch_count < FAKE_MOST_LAUNCHES) launches[launch_count] = *l;
    launch_count++;
    if (work) work(l, params);
    return SUCCESS;
}

static tr_cu_result fake_cuLaunchKernelEx(const tr_cu_launch_config *c, tr_cu_function handle, void **params,
                                          void **extra)
{
    static fake_launch l;
    BEGIN(cuLaunchKernelEx, true);
    if (extra) FAIL(INVALID_VALUE);
    l = (fake_launch){ .entry = "cuLaunchKernelEx",
                       .grid = { c->grid_x, c->grid_y, c->grid_z },
                       .block = { c->block_x, c->block_y, c->block_z },
                       .shared = c->shared,
                       .stream = c->stream };
    take_attributes(&l, c->attributes, c->attribute_count);
    result = launch(&l, handle, params);
    END;
}

static tr_cu_result fake_cuLaunchKernel(tr_cu_function handle, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                                        unsigned by, unsigned bz, unsigned shared, tr_cu_stream stream, void **params,
                                        void **extra)
{
    static fake_launch l;
    BEGIN(cuLaunchKernel, true);
    if (extra) FAIL(INVALID_VALUE);
    l = (fake_launch){ .entry = "cuLaunchKernel",
                       .grid = { gx, gy, gz },
                       .block = { bx, by, bz },
                       .shared = shared,
                       .stream = stream,
                       .cluster = { 1, 1, 1 } };
    result = launch(&l, handle, params);
    END;
}

static tr_cu_result fake_cuLaunchCooperativeKernel(tr_cu_function handle, unsigned gx, unsigned gy, unsigned gz,
                                                   unsigned bx, unsigned by, unsigned bz, unsigned shared,
                                                   tr_cu_stream stream, void **params)
{
    static fake_launch l;
    BEGIN(cuLaunchCooperativeKernel, true);
    l = (fake_launch){ .entry = "cuLaunchCooperativeKernel",
                       .grid = { gx, gy, gz },
                       .block = { bx, by, bz },
                       .shared = shared,
                       .stream = stream,
                       .cooperative = 1,
                       .cluster = { 1, 1, 1 } };
    result = launch(&l, handle, params);
    END;
}

/* ---------------------------------------------------------------- memory */

static tr_cu_result alloc(object_kind kind, tr_cu_address *address, size_t size)
{
    if (size == 0) return INVALID_VALUE;
    void *memory = size < (size_t)1 << 32 ? aligned_alloc(256, (size + 255) / 256 * 256) : NULL;
    if (!memory) return OUT_OF_MEMORY;
    object *o = add(kind, device_of(current));
    memset(memory, 0xa5, size);
    o->memory = memory;
    o->begin = *address = (uint64_t)(uintptr_t)memory;
    o->size = size;
    return SUCCESS;
}

static tr_cu_result fake_cuMemAlloc(tr_cu_address *address, size_t size)
{
    BEGIN(cuMemAlloc, true);
    result = alloc(ALLOCATION, address, size);
    END;
}

static tr_cu_result fake_cuMemFree(tr_cu_address address)
{
    BEGIN(cuMemFree, true);
    object *o = find_memory(address, 0, true);
    if (!o) FAIL(INVALID_VALUE);
    drop(o);
    END;
}

static tr_cu_result fake_cuMemcpyHtoDAsync(tr_cu_address to, const void *from, size_t size, tr_cu_stream stream)
{
    BEGIN(cuMemcpyHtoDAsync, true);
    if (!find_memory(to, size, false)) FAIL(INVALID_VALUE);
    if (stream && !find(STREAM, stream)) FAIL(INVALID_HANDLE);
    memcpy((void *)(uintptr_t)to, from, size);
    END;
}

static tr_cu_result fake_cuMemcpyDtoHAsync(void *to, tr_cu_address from, size_t size, tr_cu_stream stream)
{
    BEGIN(cuMemcpyDtoHAsync, true);
    if (!find_memory(from, size, false)) FAIL(INVALID_VALUE);
    if (stream && !find(STREAM, stream)) FAIL(INVALID_HANDLE);
    memcpy(to, (const void *)(uintptr_t)from, size);
    END;
}

static tr_cu_result fake_cuMemsetD8Async(tr_cu_address address, unsigned char value, size_t size, tr_cu_stream stream)
{
    BEGIN(cuMemsetD8Async, true);
    if (!find_memory(address, size, false)) FAIL(INVALID_VALUE);
    if (stream && !find(STREAM, stream)) FAIL(INVALID_HANDLE);
    memset((void *)(uintptr_t)address, value, size);
    END;
}

static tr_cu_result fake_cuPointerGetAttribute(void *value, tr_cu_pointer_attribute attribute, tr_cu_address address)
{
    BEGIN(cuPointerGetAttribute, true);
    if (attribute != TR_CU_POINTER_ATTRIBUTE_DEVICE_POINTER || !find_memory(address, 1, false)) FAIL(INVALID_VALUE);
    memcpy(value, &address, sizeof(address));
    END;
}

static tr_cu_result fake_cuMemPoolCreate(tr_cu_pool *pool, const tr_cu_pool_props *props)
{
    BEGIN(cuMemPoolCreate, false); /* the device stands in the props */
    if (props->type != TR_CU_MEM_ALLOCATION_TYPE_PINNED || props->location.type != TR_CU_MEM_LOCATION_TYPE_DEVICE) {
        FAIL(INVALID_VALUE);
    }
    *pool = (tr_cu_pool)(void *)add(POOL, props->location.id);
    END;
}

static tr_cu_result fake_cuMemPoolDestroy(tr_cu_pool pool)
{
    BEGIN(cuMemPoolDestroy, false);
    object *o = find(POOL, pool);
    if (!o) FAIL(INVALID_VALUE);
    drop(o);
    END;
}

static tr_cu_result fake_cuMemPoolSetAttribute(tr_cu_pool pool, tr_cu_pool_attribute attribute, void *value)
{
    BEGIN(cuMemPoolSetAttribute, false);
    if (!find(POOL, pool) || attribute != TR_CU_MEMPOOL_ATTR_RELEASE_THRESHOLD || !value) FAIL(INVALID_VALUE);
    END;
}

static tr_cu_result fake_cuMemAllocFromPoolAsync(tr_cu_address *address, size_t size, tr_cu_pool pool,
                                                 tr_cu_stream stream)
{
    BEGIN(cuMemAllocFromPoolAsync, true);
    if (!find(POOL, pool)) FAIL(INVALID_VALUE);
    if (stream && !find(STREAM, stream)) FAIL(INVALID_HANDLE);
    result = alloc(POOL_ALLOCATION, address, size);
    END;
}

static tr_cu_result fake_cuMemFreeAsync(tr_cu_address address, tr_cu_stream stream)
{
    BEGIN(cuMemFreeAsync, true);
    object *o = find_memory(address, 0, true);
    if (!o) FAIL(INVALID_VALUE);
    if (stream && !find(STREAM, stream)) FAIL(INVALID_HANDLE);
    drop(o);
    END;
}

/* ---------------------------------------------------------------- streams, tensor maps */

static tr_cu_result fake_cuStreamCreate(tr_cu_stream *stream, unsigned flags)
{
    BEGIN(cuStreamCreate, true);
    if (flags > 1) FAIL(INVALID_VALUE);
    *stream = (tr_cu_stream)(void *)add(STREAM, device_of(current));
    END;
}

static tr_cu_result fake_cuStreamDestroy(tr_cu_stream stream)
{
    BEGIN(cuStreamDestroy, true);
    object *o = find(STREAM, stream);
    if (!o) FAIL(INVALID_HANDLE);
    drop(o);
    END;
}

static tr_cu_result fake_cuStreamSynchronize(tr_cu_stream stream)
{
    BEGIN(cuStreamSynchronize, true);
    if (stream && !find(STREAM, stream)) FAIL(INVALID_HANDLE);
    if (launch_fault && launch_count > 0) result = fault = launch_fault;
    END;
}

static tr_cu_result fake_cuTensorMapEncodeTiled(tr_cu_tensor_map *map, tr_cu_tensor_map_data_type type, uint32_t rank,
                                                void *address, const uint64_t *shape, const uint64_t *strides,
                                                const uint32_t *box, const uint32_t *element_strides,
                                                tr_cu_tensor_map_interleave interleave,
                                                tr_cu_tensor_map_swizzle swizzle, tr_cu_tensor_map_promotion promotion,
                                                tr_cu_tensor_map_fill fill)
{
    BEGIN(cuTensorMapEncodeTiled, true);
    if ((uintptr_t)map % 64 || rank < 1 || rank > 5) FAIL(INVALID_VALUE);
    last_map = (fake_tensor_map){ .type = type,
                                  .interleave = interleave,
                                  .swizzle = swizzle,
                                  .promotion = promotion,
                                  .fill = fill,
                                  .rank = rank,
                                  .address = (uint64_t)(uintptr_t)address };
    for (uint32_t i = 0; i < rank; i++) {
        last_map.shape[i] = shape[i];
        last_map.box[i] = box[i];
        last_map.element_strides[i] = element_strides[i];
        if (i + 1 < rank) last_map.strides[i] = strides[i];
    }
    memset(map, 0xff, 128);
    END;
}

/* ---------------------------------------------------------------- handing out */

#ifdef FAKE_OLD

#define D(name, symbol, abi, need, args) EXPORT tr_cu_result symbol args __attribute__((alias("fake_" #name)));
#include "cuda/driver.def"

#else

typedef tr_cu_result (*any_function)(void);

static const any_function functions[ENTRY_COUNT] = {
#define D(name, symbol, abi, need, args) [ENTRY_##name] = (any_function)(void (*)(void))fake_##name,
#include "cuda/driver.def"
};

EXPORT tr_cu_result cuGetProcAddress_v2(const char *symbol, void **out, int cuda_version, uint64_t flags,
                                        tr_cu_proc_address_result *found);

EXPORT tr_cu_result cuGetProcAddress_v2(const char *symbol, void **out, int cuda_version, uint64_t flags,
                                        tr_cu_proc_address_result *found)
{
    *out = NULL;
    *found = 1;
    if (flags != TR_CU_GET_PROC_ADDRESS_LEGACY_STREAM) return INVALID_VALUE;
    for (int i = 0; i < ENTRY_COUNT; i++) {
        if (strcmp(entries[i].name, symbol) != 0 || entries[i].hidden) continue;
        if (cuda_version != entries[i].abi) return INVALID_VALUE;
        memcpy(out, &functions[i], sizeof(*out));
        *found = 0;
        return SUCCESS;
    }
    return NOT_FOUND;
}

#endif

/* ---------------------------------------------------------------- control */

static const fake_device h100 = {
    .name = "Fake H100",
    .arch = 90,
    .multiprocessors = 132,
    .max_threads = 1024,
    .max_registers = 65536,
    .max_shared = 49152,
    .max_shared_optin = 232448,
    .max_grid = { 2147483647, 65535, 65535 },
    .clusters = 1,
    .cooperative = 1,
    .pools = 1,
    .memory = (size_t)80 << 30,
};

static int find_entry(const char *name)
{
    for (int i = 0; name && i < ENTRY_COUNT; i++) {
        if (strcmp(entries[i].name, name) == 0) return i;
    }
    if (name && strcmp(name, "any") != 0) {
        fprintf(stderr, "fake_cuda: there is no entry point %s\n", name);
        abort();
    }
    return -1;
}

static void refuse(const char *entry, int nth, int result, bool lasting)
{
    pthread_mutex_lock(&lock);
    fail_entry = find_entry(entry);
    fail_at = nth;
    fail_result = result;
    fail_lasting = lasting;
    last_failed = NULL;
    pthread_mutex_unlock(&lock);
}

static void set_fault(int result)
{
    launch_fault = result;
}

static void hide(const char *entry, bool hidden)
{
    entries[find_entry(entry)].hidden = hidden;
}

static int calls(const char *entry)
{
    int sum = 0;
    pthread_mutex_lock(&lock);
    const int only = find_entry(entry);
    for (int i = 0; i < ENTRY_COUNT; i++) sum += only < 0 || only == i ? entries[i].calls : 0;
    pthread_mutex_unlock(&lock);
    return sum;
}

static const char *entry_name(int index)
{
    return index >= 0 && index < ENTRY_COUNT ? entries[index].name : NULL;
}

static const char *last(void)
{
    return last_failed;
}

static fake_live live(void)
{
    fake_live l = { 0 };
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MOST_DEVICES; i++) l.contexts += retained[i];
    for (const object *o = objects; o; o = o->next) {
        l.modules += o->kind == MODULE;
        l.allocations += o->kind == ALLOCATION;
        l.pool_allocations += o->kind == POOL_ALLOCATION;
        l.pools += o->kind == POOL;
        l.streams += o->kind == STREAM;
    }
    pthread_mutex_unlock(&lock);
    return l;
}

static bool known(uint64_t address)
{
    pthread_mutex_lock(&lock);
    const bool found = find_memory(address, 1, false) != NULL;
    pthread_mutex_unlock(&lock);
    return found;
}

static void reset(void)
{
    pthread_mutex_lock(&lock);
    while (objects) drop(objects);
    for (int i = 0; i < ENTRY_COUNT; i++) entries[i].calls = 0, entries[i].hidden = false;
    for (int i = 0; i < MOST_DEVICES; i++) devices[i] = h100, retained[i] = 0;
    function = (fake_function){ .registers = 32, .max_threads = 1024, .active_clusters = 8, .active_blocks = 2 };
    device_count = 1;
    version = 13000;
    started = false;
    current = NULL;
    jit_log = NULL;
    work = NULL;
    launch_count = fail_at = launch_fault = fault = 0;
    last_failed = NULL;
    memset(launches, 0, sizeof(launches));
    pthread_mutex_unlock(&lock);
}

static int number_from(const char *variable, int standard)
{
    const char *text = getenv(variable);
    return text && *text ? (int)strtol(text, NULL, 10) : standard;
}

__attribute__((constructor)) static void read_variables(void)
{
    char word[80];
    int nth, result;
    reset();
    device_count = number_from("FAKE_CUDA_DEVICES", 1);
    version = number_from("FAKE_CUDA_VERSION", version);
    launch_fault = number_from("FAKE_CUDA_FAULT", 0);
    for (int i = 0; i < MOST_DEVICES; i++) {
        devices[i].arch = number_from("FAKE_CUDA_ARCH", 90);
        devices[i].clusters = devices[i].arch >= 90;
    }
    const char *text = getenv("FAKE_CUDA_FAIL");
    if (text && sscanf(text, "%79[^:]:%d:%d", word, &nth, &result) == 3) refuse(word, nth, result, false);
    for (text = getenv("FAKE_CUDA_HIDE"); text && *text;) {
        const size_t size = strcspn(text, ",");
        snprintf(word, sizeof(word), "%.*s", (int)size, text);
        hide(word, true);
        text += size + (text[size] == ',');
    }
}

extern EXPORT const fake_cuda_control fake_cuda;
const fake_cuda_control fake_cuda = {
    .reset = reset,
    .device_count = &device_count,
    .version = &version,
    .devices = devices,
    .function = &function,
    .jit_log = &jit_log,
    .refuse = refuse,
    .fault = set_fault,
    .hide = hide,
    .calls = calls,
    .entry = entry_name,
    .last = last,
    .live = live,
    .known = known,
    .launch_count = &launch_count,
    .launches = launches,
    .work = &work,
    .tensor_map = &last_map,
};
