#include "base/memory.h"
#include "cuda/device.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* ---------------------------------------------------------------- the compiler's log */

/* "ptxas application ptx input, line 12; error   : Unknown symbol 'x'": the line, 0 if the log names none, and the
 * text behind the first "error" or "fatal" with its spaces and colon. */
static tr_str read_log(const char *log, uint32_t *out_line)
{
    const char *error = strstr(log, "error"), *fatal = strstr(log, "fatal");
    const char *first = error && (!fatal || error < fatal) ? error : fatal;
    const char *line = strstr(log, ", line ");
    *out_line = 0;
    if (!first) return (tr_str){ log, strcspn(log, "\n") };
    if (line && line < first) *out_line = (uint32_t)strtoul(line + strlen(", line "), NULL, 10);
    first += strlen("error");
    first += strspn(first, " :");
    return (tr_str){ first, strcspn(first, "\n") };
}

/* The offset of the first character of a line that isn't space. */
static size_t offset_of_line(tr_str text, uint32_t line)
{
    size_t at = 0;
    for (uint32_t i = 1; i < line; i++) {
        const char *end = memchr(text.data + at, '\n', text.size - at);
        if (!end) break;
        at = (size_t)(end + 1 - text.data);
    }
    while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\t')) at++;
    return at;
}

static tr_status fail_load(const tr_cuda_device *device, tr_cu_result result, tr_str image, bool is_ptx,
                           const char *file, const char *log, tr_error *error)
{
    if (!is_ptx || !*log) {
        return tr_driver_fail(device->driver, result, error, "'%s' can't be loaded on device %d (%s)", file,
                              device->info.ordinal, device->info.name);
    }
    uint32_t line;
    const tr_str text = read_log(log, &line);
    const tr_status status = tr_driver_fail(device->driver, result, error,
                                            "the driver's PTX compiler refuses '%s': %.*s", file, TR_STR_ARG(text));
    if (line > 0 && error) {
        char message[sizeof(error->message)];
        memcpy(message, error->message, sizeof(message));
        return tr_fail_at(error, status, file, image, offset_of_line(image, line), "%s", message);
    }
    return status;
}

/* ---------------------------------------------------------------- loading */

static tr_status load(const tr_cuda_device *device, tr_str image, bool is_ptx, const char *file, tr_cu_module *out,
                      tr_error *error)
{
    char log[4096] = "";
    tr_cu_jit_option options[] = { TR_CU_JIT_ERROR_LOG_BUFFER, TR_CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES };
    void *values[] = { log, (void *)(uintptr_t)(sizeof(log) - 1) };
    char *terminated = NULL;
    if (is_ptx) {
        terminated = tr_malloc(image.size + 1);
        if (!terminated) return TR_OOM(error);
        memcpy(terminated, image.data, image.size);
        terminated[image.size] = 0;
    }
    const tr_cu_result result = device->driver->cuModuleLoadDataEx(out, is_ptx ? terminated : image.data,
                                                                   is_ptx ? 2 : 0, options, values);
    free(terminated);
    log[sizeof(log) - 1] = 0;
    return result ? fail_load(device, result, image, is_ptx, file, log, error) : TR_OK;
}

static tr_cuda_module *find(const tr_cuda_device *device, const uint64_t key[2], size_t size)
{
    for (tr_cuda_module *m = device->modules; m; m = m->next) {
        if (m->key[0] == key[0] && m->key[1] == key[1] && m->size == size) return m;
    }
    return NULL;
}

static tr_status add(tr_cuda_device *device, tr_str image, bool is_ptx, const char *file, const uint64_t key[2],
                     tr_cuda_module **out, tr_error *error)
{
    tr_cuda_module *m = tr_calloc(1, sizeof(*m));
    if (!m) return TR_OOM(error);
    const tr_status status = load(device, image, is_ptx, file, &m->handle, error);
    if (status != TR_OK) {
        free(m);
        return status;
    }
    memcpy(m->key, key, sizeof(m->key));
    m->size = image.size;
    m->next = device->modules;
    device->modules = m;
    *out = m;
    return TR_OK;
}

tr_status tr_cuda_module_get(tr_cuda_device *device, tr_str image, bool is_ptx, const char *file,
                             tr_cuda_module **out_module, tr_error *error)
{
    const XXH128_hash_t hash = XXH3_128bits(image.data, image.size);
    const uint64_t key[2] = { hash.low64, hash.high64 };
    tr_status status = TR_OK;
    /* Loading under the lock makes others wait that could load beside it, but no bytes are ever loaded twice. */
    pthread_mutex_lock(&device->lock);
    tr_cuda_module *m = find(device, key, image.size);
    if (!m) status = add(device, image, is_ptx, file, key, &m, error);
    if (status == TR_OK) {
        m->users++;
        m->last_use = ++device->clock;
        *out_module = m;
    }
    pthread_mutex_unlock(&device->lock);
    return status;
}

/* ---------------------------------------------------------------- unloading */

static void unload(tr_cuda_device *device, tr_cuda_module **link)
{
    tr_cuda_module *m = *link;
    *link = m->next;
    device->driver->cuModuleUnload(m->handle);
    free(m);
}

void tr_cuda_module_put(tr_cuda_device *device, tr_cuda_module *module)
{
    pthread_mutex_lock(&device->lock);
    module->users--;
    module->last_use = ++device->clock;
    size_t idle = 0;
    tr_cuda_module **oldest = NULL;
    for (tr_cuda_module **link = &device->modules; *link; link = &(*link)->next) {
        if ((*link)->users > 0) continue;
        idle++;
        if (!oldest || (*link)->last_use < (*oldest)->last_use) oldest = link;
    }
    if (idle > TR_CUDA_IDLE_MODULES) {
        device->driver->cuCtxSynchronize(); /* a launch of it may still be running */
        unload(device, oldest);
    }
    pthread_mutex_unlock(&device->lock);
}

void tr_cuda_modules_unload(tr_cuda_device *device)
{
    while (device->modules) unload(device, &device->modules);
}
