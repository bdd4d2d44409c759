/* cuda: every call of every entry point fails once. Each of our functions then fails too, can be called again, and in
 * the end nothing is left alive. */
#include "../fake_cuda/fixture.h"

#include "base/memory.h"

#include <stdlib.h>

enum { SIZE = 1000 };

static int failures; /* of our functions, in the scenario so far */

/* A failed call left nothing behind: the same call succeeds now that the driver does. */
#define STEP(call)                                                                                                     \
    do {                                                                                                               \
        error = (tr_error){ 0 };                                                                                       \
        const tr_status status_ = (call);                                                                              \
        if (status_ == TR_OK) break;                                                                                   \
        failures++;                                                                                                    \
        assert_int_equal(error.status, status_);                                                                       \
        assert_true(strlen(error.message) > 10);                                                                       \
        check_ok((call), &error);                                                                                      \
    } while (0)

/* Everything that src/cuda does, with a kernel of every kind. */
static void run_scenario(void)
{
    tr_error error;
    tr_cuda_device *device = NULL;
    tr_cuda_kernel *kernel = NULL, *cooperative = NULL;
    void *stream = NULL;
    uint64_t address = 0, named = 0;
    bool usable = false;
    unsigned char in[SIZE], out[SIZE];
    memset(in, 3, sizeof(in));

    STEP(tr_cuda_device_create_with(&driver, 0, &device, &error));
    STEP(tr_cuda_stream_create(device, &stream, &error));
    STEP(tr_cuda_alloc(device, SIZE, &address, &error));
    STEP(tr_cuda_write(device, address, in, SIZE, stream, &error));
    STEP(tr_cuda_fill(device, address, 9, 10, stream, &error));
    STEP(tr_cuda_is_device_address(device, address, &usable, &named, &error));

    tr_cuda_kernel_options options = kernel_options();
    options.shared = 100000;
    options.global_scratch = (tr_cuda_scratch){ 64, 128 };
    options.profile_scratch = (tr_cuda_scratch){ 64, 128 };
    if (fake->devices[0].clusters) memcpy(options.cluster, (uint32_t[]){ 16, 1, 1 }, sizeof(options.cluster));
    const tr_str image = ptx_with(".param .u64 x, " POINTER "a, " POINTER "b", "", "");
    STEP(tr_cuda_kernel_create(device, image, &options, &kernel, &error));
    STEP(tr_cuda_launch(kernel, (tr_grid){ 2, 1, 1 }, stream, &address, 1, &error));
    STEP(tr_cuda_synchronize(device, stream, kernel, &error));

    options = kernel_options();
    options.cooperative = true;
    STEP(tr_cuda_kernel_create(device, image, &options, &cooperative, &error));
    STEP(tr_cuda_launch(cooperative, (tr_grid){ 2, 1, 1 }, stream, (uint64_t[]){ address, 0, 0 }, 3, &error));
    tr_cuda_kernel_destroy(cooperative);

    if (driver.cuTensorMapEncodeTiled) {
        tr_tensor_map map;
        const tr_tensor_map_spec spec = { .address = address,
                                          .rank = 1,
                                          .shape = { 64 },
                                          .strides = { 1 },
                                          .block = { 32 },
                                          .elem_size = 2,
                                          .elem_type = 6 };
        STEP(tr_tensor_map_encode(device, &spec, &map, &error));
    }
    STEP(tr_cuda_read(device, out, address, SIZE, stream, &error));
    memset(in, 9, 10);
    assert_memory_equal(in, out, SIZE);

    tr_cuda_kernel_destroy(kernel);
    STEP(tr_cuda_free(device, address, &error));
    STEP(tr_cuda_stream_destroy(device, stream, &error));
    tr_cuda_device_destroy(device);
}

/* Whose failure nobody needs to hear of: a way out that has another way beside it, or the end of all things. */
static bool may_be_silent(const char *entry)
{
    static const char *const names[] = { "cuCtxGetCurrent", /* asked again when a launch enters */
                                         "cuCtxSetCurrent", /* put back: tried twice */
                                         "cuCtxSynchronize",          "cuModuleUnload", "cuMemPoolDestroy",
                                         "cuDevicePrimaryCtxRelease", "cuMemFreeAsync" /* then it is freed at once */ };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], entry) == 0) return true;
    }
    return false;
}

static void fail_each_call(const char *entry)
{
    /* How often the scenario calls it when all goes well. */
    const int before = fake->calls(entry);
    run_scenario();
    const int count = fake->calls(entry) - before;
    check_nothing_alive();
    for (int nth = 1; nth <= count; nth++) {
        tr_cu_context current = NULL;
        failures = 0;
        fake->refuse(entry, nth, 999, false);
        run_scenario();
        assert_string_equal(fake->last(), entry);
        if (!may_be_silent(entry)) assert_int_equal(failures, 1);
        if (strcmp(entry, "cuDevicePrimaryCtxRelease") == 0) {
            assert_int_equal(driver.cuDevicePrimaryCtxRelease(0), 0); /* the one thing that nobody can mend */
        }
        check_nothing_alive();
        assert_int_equal(driver.cuCtxGetCurrent(&current), 0);
        assert_null(current);
    }
    *fake->launch_count = 0;
}

/* What the scenario can't call, since it is called when the driver is loaded, or when something fails. */
static bool is_elsewhere(const char *entry)
{
    static const char *const names[] = { "cuInit", "cuDriverGetVersion", "cuGetErrorName", "cuGetErrorString" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], entry) == 0) return true;
    }
    return false;
}

static void every_call(void **state)
{
    (void)state;
    static const char *const old_ways[] = { "cuLaunchKernel", "cuLaunchCooperativeKernel", "cuMemAlloc", "cuMemFree" };
    for (int i = 0; fake->entry(i); i++) {
        bool old = false;
        for (size_t k = 0; k < sizeof(old_ways) / sizeof(old_ways[0]); k++) {
            old |= strcmp(old_ways[k], fake->entry(i)) == 0;
        }
        fail_each_call(fake->entry(i));
        if (!old && !is_elsewhere(fake->entry(i)) && fake->calls(fake->entry(i)) == 0) {
            fail_msg("the scenario never calls %s", fake->entry(i));
        }
    }
}

/* A driver without cuLaunchKernelEx and a device without pools and clusters. */
static void every_call_of_an_old_driver(void **state)
{
    (void)state;
    driver.cuLaunchKernelEx = NULL;
    driver.cuFuncSetCacheConfig = NULL;
    driver.cuTensorMapEncodeTiled = NULL;
    fake->devices[0].arch = 80;
    fake->devices[0].max_shared_optin = 166912;
    fake->devices[0].clusters = fake->devices[0].pools = 0;
    for (int i = 0; fake->entry(i); i++) fail_each_call(fake->entry(i));
    assert_true(fake->calls("cuLaunchKernel") > 0);
    assert_true(fake->calls("cuLaunchCooperativeKernel") > 0);
    assert_int_equal(fake->calls("cuMemAllocFromPoolAsync"), 0);
}

/* A context in ruins: from some call on, every call fails. Nothing crashes or loses memory of the host. */
static tr_status run_until_failure(void)
{
    tr_error error;
    tr_cuda_device *device = NULL;
    tr_cuda_kernel *kernel = NULL;
    uint64_t address = 0;
    tr_cuda_kernel_options options = kernel_options();
    options.global_scratch = (tr_cuda_scratch){ 64, 128 };
    tr_status status = tr_cuda_device_create_with(&driver, 0, &device, &error);
    if (status != TR_OK) return status;
    status = tr_cuda_alloc(device, SIZE, &address, &error);
    if (status == TR_OK) {
        status = tr_cuda_kernel_create(device, ptx_with(POINTER "a", "", ""), &options, &kernel, &error);
    }
    if (status == TR_OK) status = tr_cuda_launch(kernel, (tr_grid){ 1, 1, 1 }, NULL, NULL, 0, &error);
    if (status == TR_OK) status = tr_cuda_synchronize(device, NULL, kernel, &error);
    if (address) {
        const tr_status freed = tr_cuda_free(device, address, &error);
        if (status == TR_OK) status = freed;
    }
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
    return status;
}

static void lasting_failures(void **state)
{
    (void)state;
    const int before = fake->calls(NULL);
    assert_int_equal(run_until_failure(), TR_OK);
    const int count = fake->calls(NULL) - before;
    assert_true(count > 20);
    for (int nth = 1; nth <= count; nth++) {
        fake->reset();
        assert_int_equal(driver.cuInit(0), 0);
        fake->refuse(NULL, nth, 700, true);
        const tr_status status = run_until_failure();
        if (status != TR_OK) assert_int_equal(status, TR_OUT_OF_BOUNDS);
    }
    fake->reset();
}

/* ---------------------------------------------------------------- the host's memory */

static void out_of_host_memory(void **state)
{
    (void)state;
    tr_error error;
    tr_cuda_device *device = NULL;
    tr_cuda_kernel *kernel = NULL;
    for (long n = 0;; n++) {
        tr_memory_fail_after(n);
        const tr_status status = tr_cuda_device_create_with(&driver, 0, &device, &error);
        tr_memory_fail_after(-1);
        if (status == TR_OK) break;
        assert_int_equal(status, TR_OUT_OF_MEMORY);
        check_nothing_alive();
    }
    const tr_cuda_kernel_options options = kernel_options();
    long n = 0;
    for (;; n++) {
        char body[40];
        snprintf(body, sizeof(body), "bar.sync %ld;", n); /* never the module that is there already */
        const tr_str image = ptx_with(".param .u64 x", ".pragma \"nounroll\";", body);
        tr_memory_fail_after(n);
        const tr_status status = tr_cuda_kernel_create(device, image, &options, &kernel, &error);
        tr_memory_fail_after(-1);
        if (status == TR_OK) break;
        assert_int_equal(status, TR_OUT_OF_MEMORY);
        assert_null(kernel);
        assert_true(n < 100);
    }
    assert_true(n > 5);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(every_call),
        WITH_FAKE(every_call_of_an_old_driver),
        WITH_FAKE(lasting_failures),
        WITH_FAKE(out_of_host_memory),
    };
    return cmocka_run_group_tests_name("cuda_failures", tests, NULL, NULL);
}
