#include "cuda/driver.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* ---------------------------------------------------------------- loading */

typedef enum need { OPTIONAL, REQUIRED } need;

typedef struct row {
    const char *name, *symbol;
    int abi;
    need need;
    size_t offset; /* of the pointer in tr_driver */
} row;

static const row rows[] = {
#define D(name, symbol, abi, need, args) { #name, #symbol, abi, need, offsetof(tr_driver, name) },
#include "cuda/driver.def"
};

typedef struct library {
    void *handle;
    tr_cu_get_proc_address_v12000 get_v12;
    tr_cu_get_proc_address_v11030 get_v11;
} library;

static void set_pointer(void *place, void *value)
{
    memcpy(place, &value, sizeof(value)); /* ISO C has no cast from an object's to a function's address */
}

static tr_status open_library(const char *path, library *lib, tr_driver *driver, tr_error *error)
{
    const char *const env = getenv("TRITON_RUNNER_CUDA_DRIVER");
    const bool from_env = !path && env && *env;
    const char *const names[] = { path       ? path
                                  : from_env ? env
                                             : "libcuda.so.1",
                                  path || from_env ? NULL : "libcuda.so" };
    char reason[300] = "";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && names[i]; i++) {
        lib->handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (lib->handle) {
            snprintf(driver->path, sizeof(driver->path), "%s", names[i]);
            return TR_OK;
        }
        const char *text = dlerror();
        if (!reason[0]) snprintf(reason, sizeof(reason), "%s", text ? text : "no reason given");
    }
    if (from_env) {
        return tr_fail(error, TR_UNAVAILABLE, "TRITON_RUNNER_CUDA_DRIVER is '%s', which can't be loaded: %s", env,
                       reason);
    }
    return tr_fail(error, TR_UNAVAILABLE, "there is no CUDA driver on this machine: %s", reason);
}

static void *find_symbol(const library *lib, const row *r)
{
    void *found = NULL;
    const uint64_t flags = TR_CU_GET_PROC_ADDRESS_LEGACY_STREAM;
    if (lib->get_v12) {
        tr_cu_proc_address_result how;
        if (lib->get_v12(r->name, &found, r->abi, flags, &how) == TR_CUDA_SUCCESS && found) return found;
    } else if (lib->get_v11) {
        if (lib->get_v11(r->name, &found, r->abi, flags) == TR_CUDA_SUCCESS && found) return found;
    }
    return dlsym(lib->handle, r->symbol);
}

static tr_status find_symbols(const library *lib, tr_driver *driver, tr_error *error)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *const found = find_symbol(lib, &rows[i]);
        set_pointer((char *)driver + rows[i].offset, found);
        if (found || rows[i].need == OPTIONAL) continue;
        int version = 0;
        if (driver->cuDriverGetVersion) driver->cuDriverGetVersion(&version);
        return tr_fail(error, TR_UNAVAILABLE, "the CUDA driver '%s' (CUDA %d.%d) has no %s, which CUDA %d.%d brought",
                       driver->path, version / 1000, version / 10 % 100, rows[i].symbol, rows[i].abi / 1000,
                       rows[i].abi / 10 % 100);
    }
    return TR_OK;
}

tr_status tr_driver_load(const char *path, tr_driver *out_driver, tr_error *error)
{
    library lib = { 0 };
    tr_driver driver = { 0 };
    TR_TRY(open_library(path, &lib, &driver, error));
    set_pointer(&lib.get_v12, dlsym(lib.handle, "cuGetProcAddress_v2"));
    set_pointer(&lib.get_v11, dlsym(lib.handle, "cuGetProcAddress"));
    TR_TRY(find_symbols(&lib, &driver, error));
    TR_CU_TRY(&driver, error, cuInit(0), "the CUDA driver '%s' can't start", driver.path);
    TR_CU_TRY(&driver, error, cuDriverGetVersion(&driver.version), "the CUDA driver '%s' doesn't tell its version",
              driver.path);
    *out_driver = driver;
    return TR_OK;
}

static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static tr_driver the_driver;
static tr_status the_status;
static tr_error the_error;

static void load(void)
{
    the_status = tr_driver_load(NULL, &the_driver, &the_error);
}

tr_status tr_driver_get(const tr_driver **out_driver, tr_error *error)
{
    pthread_once(&load_once, load);
    if (the_status != TR_OK) {
        if (error) *error = the_error;
        return the_status;
    }
    *out_driver = &the_driver;
    return TR_OK;
}

/* ---------------------------------------------------------------- errors */

typedef struct error_row {
    const char *name;
    tr_cu_result number;
    tr_status status;
    const char *explanation;
} error_row;

static const error_row errors[] = {
#define E(name, number, status, explanation) { "CUDA_ERROR_" #name, number, status, explanation },
#include "cuda/errors.def"
};

static const error_row *find_error(tr_cu_result result)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].number == result) return &errors[i];
    }
    return NULL;
}

tr_status tr_driver_status(tr_cu_result result)
{
    const error_row *known = find_error(result);
    return known ? known->status : TR_UNAVAILABLE;
}

bool tr_driver_is_fault(tr_cu_result result)
{
    const tr_status status = tr_driver_status(result);
    return status == TR_OUT_OF_BOUNDS || status == TR_TRAPPED;
}

tr_status tr_driver_fail(const tr_driver *driver, tr_cu_result result, tr_error *error, const char *format, ...)
{
    char what[600];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    const error_row *known = find_error(result);
    const char *name = NULL, *text = NULL;
    if (driver->cuGetErrorName(result, &name) != TR_CUDA_SUCCESS || !name) name = known ? known->name : NULL;
    if (driver->cuGetErrorString(result, &text) != TR_CUDA_SUCCESS || !text) text = "the driver has no text for it";
    char number[32];
    if (!name) snprintf(number, sizeof(number), "CUDA error %d", result);
    const char *explanation = known && known->explanation ? known->explanation : "";
    return tr_fail(error, known ? known->status : TR_UNAVAILABLE, "%s%s%s (%s: %s)", what, *explanation ? ": " : "",
                   explanation, name ? name : number, text);
}
