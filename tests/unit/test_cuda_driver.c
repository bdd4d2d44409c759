/* cuda: finding and starting the driver, what its errors become. */
#include "../fake_cuda/fixture.h"

#include <pthread.h>
#include <stdlib.h>

static void new_driver(void **state)
{
    (void)state;
    assert_int_equal(driver.version, 13000);
    assert_string_equal(driver.path, fake_path("fake_cuda"));
    assert_non_null(driver.cuLaunchKernelEx);
    assert_non_null(driver.cuMemFree);
}

/* Without cuGetProcAddress: by the names that are exported. */
static void old_driver(void **state)
{
    (void)state;
    tr_error error;
    tr_driver old;
    const fake_cuda_control *control = open_fake("fake_cuda_old");
    check_ok(tr_driver_load(fake_path("fake_cuda_old"), &old, &error), &error);
    assert_int_equal(old.version, 13000);
    assert_non_null(old.cuLaunchKernelEx);
    tr_cuda_device *device = NULL;
    check_ok(tr_cuda_device_create_with(&old, 0, &device, &error), &error);
    assert_int_equal(control->live().contexts, 1);
    tr_cuda_device_destroy(device);
    assert_int_equal(control->live().contexts, 0);
}

static void no_library(void **state)
{
    (void)state;
    tr_error error;
    tr_driver d;
    check_fails(tr_driver_load("/nowhere/libcuda.so.1", &d, &error), TR_UNAVAILABLE, &error,
                "there is no CUDA driver on this machine");
    assert_non_null(strstr(error.message, "/nowhere/libcuda.so.1"));
}

static void environment_names_the_library(void **state)
{
    (void)state;
    tr_error error;
    tr_driver d;
    setenv("TRITON_RUNNER_CUDA_DRIVER", fake_path("fake_cuda"), 1);
    check_ok(tr_driver_load(NULL, &d, &error), &error);
    assert_string_equal(d.path, fake_path("fake_cuda"));
    setenv("TRITON_RUNNER_CUDA_DRIVER", "/nowhere/else.so", 1);
    check_fails(tr_driver_load(NULL, &d, &error), TR_UNAVAILABLE, &error,
                "TRITON_RUNNER_CUDA_DRIVER is '/nowhere/else.so', which can't be loaded");
    unsetenv("TRITON_RUNNER_CUDA_DRIVER");
}

/* A library that is none of CUDA's. */
static void other_library(void **state)
{
    (void)state;
    tr_error error;
    tr_driver d;
    check_fails(tr_driver_load("libm.so.6", &d, &error), TR_UNAVAILABLE, &error,
                "the CUDA driver 'libm.so.6' (CUDA 0.0) has no cuInit");
}

static void missing_entry_points(void **state)
{
    (void)state;
    tr_error error;
    tr_driver d;
    for (int i = 0; fake->entry(i); i++) {
        const char *const name = fake->entry(i);
        fake->hide(name, true);
        const tr_status status = tr_driver_load(fake_path("fake_cuda"), &d, &error);
        fake->hide(name, false);
        if (status != TR_OK) {
            check_fails(status, TR_UNAVAILABLE, &error, "has no ");
            assert_non_null(strstr(error.message, name));
        }
    }
    static const char *const optional[] = { "cuLaunchKernelEx",     "cuLaunchCooperativeKernel",
                                            "cuMemFreeAsync",       "cuOccupancyMaxActiveClusters",
                                            "cuFuncSetCacheConfig", "cuTensorMapEncodeTiled" };
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) fake->hide(optional[i], true);
    check_ok(tr_driver_load(fake_path("fake_cuda"), &d, &error), &error);
    assert_null(d.cuLaunchKernelEx);
    assert_null(d.cuTensorMapEncodeTiled);
    fake->hide("cuCtxSetCurrent", true);
    *fake->version = 12040;
    check_fails(tr_driver_load(fake_path("fake_cuda"), &d, &error), TR_UNAVAILABLE, &error,
                "(CUDA 12.4) has no cuCtxSetCurrent, which CUDA 4.0 brought");
}

static void cannot_start(void **state)
{
    (void)state;
    tr_error error;
    tr_driver d;
    *fake->device_count = 0;
    check_fails(tr_driver_load(fake_path("fake_cuda"), &d, &error), TR_UNAVAILABLE, &error,
                "can't start: the driver sees no device");
    assert_non_null(strstr(error.message, "(CUDA_ERROR_NO_DEVICE: the fake driver's text)"));
    fake->refuse("cuInit", 1, 803, false);
    check_fails(tr_driver_load(fake_path("fake_cuda"), &d, &error), TR_UNAVAILABLE, &error,
                "libcuda and the kernel module have different versions");
    fake->refuse("cuDriverGetVersion", 1, 999, false);
    *fake->device_count = 1;
    check_fails(tr_driver_load(fake_path("fake_cuda"), &d, &error), TR_UNAVAILABLE, &error, "CUDA_ERROR_UNKNOWN");
}

/* ---------------------------------------------------------------- the process's driver */

#define THREADS 8

static void *get_driver(void *out)
{
    tr_error error;
    if (tr_driver_get(out, &error) != TR_OK) *(const tr_driver **)out = NULL;
    return NULL;
}

static void one_for_the_process(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    const tr_driver *found[THREADS];
    setenv("TRITON_RUNNER_CUDA_DRIVER", fake_path("fake_cuda"), 1);
    const int before = fake->calls("cuInit");
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, get_driver, &found[i]);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    unsetenv("TRITON_RUNNER_CUDA_DRIVER");
    assert_int_equal(fake->calls("cuInit"), before + 1);
    for (int i = 0; i < THREADS; i++) {
        assert_non_null(found[i]);
        assert_ptr_equal(found[i], found[0]);
    }
    tr_error error;
    int32_t count = 0;
    tr_cuda_info info;
    check_ok(tr_cuda_device_count(&count, &error), &error);
    assert_int_equal(count, 1);
    check_ok(tr_cuda_describe(0, &info, &error), &error);
    assert_string_equal(info.name, "Fake H100");
    tr_cuda_device *device;
    check_ok(tr_cuda_device_create(0, &device, &error), &error);
    tr_cuda_device_destroy(device);
    fake->refuse("cuDeviceGetCount", 1, 100, false);
    check_fails(tr_cuda_device_count(&count, &error), TR_UNAVAILABLE, &error, "no device");
    *fake->device_count = 0;
    check_fails(tr_cuda_device_count(&count, &error), TR_UNAVAILABLE, &error, "there is no CUDA device");
}

/* ---------------------------------------------------------------- errors */

static void texts_of_errors(void **state)
{
    (void)state;
    tr_error error;
    check_fails(
        tr_driver_fail(&driver, 700, &error, "kernel '%s'", "k"), TR_OUT_OF_BOUNDS, &error,
        "kernel 'k': it accessed memory that is not its own (CUDA_ERROR_ILLEGAL_ADDRESS: the fake driver's text)");
    check_fails(tr_driver_fail(&driver, 1, &error, "x"), TR_INVALID_ARGUMENT, &error,
                "x (CUDA_ERROR_INVALID_VALUE: the fake driver's text)");
    check_fails(tr_driver_fail(&driver, 4711, &error, "x"), TR_UNAVAILABLE, &error,
                "x (CUDA error 4711: the driver has no text for it)");
    assert_int_equal(tr_driver_fail(&driver, 2, NULL, "x"), TR_OUT_OF_MEMORY);
    fake->refuse("cuGetErrorName", 1, 3, true);
    check_fails(tr_driver_fail(&driver, 715, &error, "x"), TR_TRAPPED, &error, "CUDA_ERROR_ILLEGAL_INSTRUCTION");
    assert_true(tr_driver_is_fault(716));
    assert_false(tr_driver_is_fault(2));
    assert_int_equal(tr_driver_status(999), TR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(new_driver),      WITH_FAKE(old_driver),
        WITH_FAKE(no_library),      WITH_FAKE(environment_names_the_library),
        WITH_FAKE(other_library),   WITH_FAKE(missing_entry_points),
        WITH_FAKE(cannot_start),    WITH_FAKE(one_for_the_process),
        WITH_FAKE(texts_of_errors),
    };
    return cmocka_run_group_tests_name("cuda_driver", tests, NULL, NULL);
}
