/* cuda: devices, the caller's context, memory, streams. */
#include "../fake_cuda/fixture.h"

#include <stdlib.h>

static void facts_of_a_device(void **state)
{
    (void)state;
    tr_cuda_device *device = open_device();
    const tr_cuda_info *info = tr_cuda_device_info(device);
    assert_string_equal(info->name, "Fake H100");
    assert_int_equal(info->arch, 90);
    assert_int_equal(info->driver_version, 13000);
    assert_int_equal(info->ptx_version, 90);
    assert_int_equal(info->memory, (uint64_t)80 << 30);
    assert_int_equal(info->multiprocessors, 132);
    assert_int_equal(info->max_threads, 1024);
    assert_int_equal(info->max_registers, 65536);
    assert_int_equal(info->max_shared, 49152);
    assert_int_equal(info->max_shared_optin, 232448);
    assert_int_equal(info->max_grid[0], 2147483647);
    assert_int_equal(info->max_grid[2], 65535);
    assert_true(info->clusters);
    assert_true(info->cooperative);
    assert_true(info->pools);
    tr_cuda_device_destroy(device);
}

static void ptx_of_drivers(void **state)
{
    (void)state;
    static const int pairs[][2] = { { 10020, 65 }, { 11000, 70 }, { 11080, 78 }, { 12000, 80 },
                                    { 12040, 84 }, { 12050, 85 }, { 12060, 85 }, { 12080, 87 },
                                    { 12090, 88 }, { 13000, 90 }, { 13010, 91 }, { 13040, 94 } };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        driver.version = pairs[i][0];
        tr_cuda_device *device = open_device();
        assert_int_equal(tr_cuda_device_info(device)->ptx_version, pairs[i][1]);
        tr_cuda_device_destroy(device);
    }
}

/* An old driver doesn't know newer attributes: they count as "no". */
static void unknown_attributes(void **state)
{
    (void)state;
    fake->devices[0].clusters = fake->devices[0].pools = fake->devices[0].max_shared_optin = -1;
    tr_cuda_device *device = open_device();
    assert_false(tr_cuda_device_info(device)->clusters);
    assert_false(tr_cuda_device_info(device)->pools);
    assert_int_equal(tr_cuda_device_info(device)->max_shared_optin, 49152);
    tr_cuda_device_destroy(device);
}

static void wrong_ordinal(void **state)
{
    (void)state;
    tr_error error;
    tr_cuda_device *device = NULL;
    *fake->device_count = 2;
    check_fails(tr_cuda_device_create_with(&driver, 2, &device, &error), TR_INVALID_ARGUMENT, &error,
                "there is no CUDA device 2: this machine has 2, counted from 0");
    check_fails(tr_cuda_device_create_with(&driver, -1, &device, &error), TR_INVALID_ARGUMENT, &error, "device -1");
    *fake->device_count = 0;
    check_fails(tr_cuda_device_create_with(&driver, 0, &device, &error), TR_UNAVAILABLE, &error,
                "there is no CUDA device");
    assert_null(device);
}

/* ---------------------------------------------------------------- contexts */

/* The caller has a context of its own, of another device; no call of ours may leave another behind. */
static void callers_context(void **state)
{
    (void)state;
    tr_error error;
    tr_cu_context own, now;
    uint64_t address = 0;
    char bytes[16] = "abc";
    *fake->device_count = 2;
    assert_int_equal(driver.cuDevicePrimaryCtxRetain(&own, 1), 0);
    for (int with_context = 0; with_context < 2; with_context++) {
        assert_int_equal(driver.cuCtxSetCurrent(with_context ? own : NULL), 0);
        tr_cuda_device *device = open_device();
        check_ok(tr_cuda_alloc(device, 16, &address, &error), &error);
        check_ok(tr_cuda_write(device, address, bytes, 16, NULL, &error), &error);
        const tr_cuda_kernel_options options = kernel_options();
        tr_cuda_kernel *kernel = make_kernel(device, ptx_with("", "", ""), &options);
        check_ok(tr_cuda_launch(kernel, (tr_grid){ 1, 1, 1 }, NULL, NULL, 0, &error), &error);
        check_ok(tr_cuda_synchronize(device, NULL, kernel, &error), &error);
        check_ok(tr_cuda_free(device, address, &error), &error);
        tr_cuda_kernel_destroy(kernel);
        tr_cuda_device_destroy(device);
        assert_int_equal(driver.cuCtxGetCurrent(&now), 0);
        assert_ptr_equal(now, with_context ? own : NULL);
    }
    assert_int_equal(driver.cuCtxSetCurrent(NULL), 0);
    assert_int_equal(driver.cuDevicePrimaryCtxRelease(1), 0);
}

static void context_is_shared(void **state)
{
    (void)state;
    tr_cuda_device *a = open_device(), *b = open_device();
    assert_ptr_equal(a->context, b->context);
    assert_int_equal(fake->live().contexts, 2);
    tr_cuda_device_destroy(a);
    assert_int_equal(fake->live().contexts, 1);
    tr_cuda_device_destroy(b);
}

/* When our context is the current one already, nothing is set. */
static void current_already(void **state)
{
    (void)state;
    tr_error error;
    tr_cuda_device *device = open_device();
    assert_int_equal(driver.cuCtxSetCurrent(device->context), 0);
    const int before = fake->calls("cuCtxSetCurrent");
    check_ok(tr_cuda_synchronize(device, NULL, NULL, &error), &error);
    assert_int_equal(fake->calls("cuCtxSetCurrent"), before);
    tr_cuda_device_destroy(device);
    assert_int_equal(driver.cuCtxSetCurrent(NULL), 0);
}

/* ---------------------------------------------------------------- memory */

static void copies(void **state)
{
    (void)state;
    tr_error error;
    uint64_t address = 0;
    char in[1000], out[1000];
    tr_cuda_device *device = open_device();
    for (int i = 0; i < 1000; i++) in[i] = (char)(i * 7);
    check_ok(tr_cuda_alloc(device, sizeof(in), &address, &error), &error);
    assert_int_equal(address % 256, 0);
    check_ok(tr_cuda_write(device, address, in, sizeof(in), NULL, &error), &error);
    check_ok(tr_cuda_read(device, out, address, sizeof(out), NULL, &error), &error);
    assert_memory_equal(in, out, sizeof(in));
    check_ok(tr_cuda_fill(device, address + 10, 0x5a, 20, NULL, &error), &error);
    check_ok(tr_cuda_read(device, out, address, sizeof(out), NULL, &error), &error);
    memset(in + 10, 0x5a, 20);
    assert_memory_equal(in, out, sizeof(in));
    check_fails(tr_cuda_write(device, address, in, sizeof(in) + 256 * 8, NULL, &error), TR_INVALID_ARGUMENT, &error,
                "copying 3048 bytes to device 0");
    check_ok(tr_cuda_free(device, address, &error), &error);
    check_fails(tr_cuda_free(device, address, &error), TR_INVALID_ARGUMENT, &error, "freeing memory of device 0");
    tr_cuda_device_destroy(device);
}

static void nothing_to_copy(void **state)
{
    (void)state;
    tr_error error;
    uint64_t address = 1;
    tr_cuda_device *device = open_device();
    const int before = fake->calls(NULL);
    check_ok(tr_cuda_alloc(device, 0, &address, &error), &error);
    assert_int_equal(address, 0);
    check_ok(tr_cuda_write(device, 0, NULL, 0, NULL, &error), &error);
    check_ok(tr_cuda_read(device, NULL, 0, 0, NULL, &error), &error);
    check_ok(tr_cuda_fill(device, 0, 1, 0, NULL, &error), &error);
    check_ok(tr_cuda_free(device, 0, &error), &error);
    assert_int_equal(fake->calls(NULL), before);
    tr_cuda_device_destroy(device);
}

static void out_of_memory(void **state)
{
    (void)state;
    tr_error error;
    uint64_t address = 0;
    tr_cuda_device *device = open_device();
    check_fails(tr_cuda_alloc(device, (size_t)1 << 40, &address, &error), TR_OUT_OF_MEMORY, &error,
                "allocating 1099511627776 bytes on device 0 (Fake H100): the device has not enough free memory");
    tr_cuda_device_destroy(device);
}

static void addresses(void **state)
{
    (void)state;
    tr_error error;
    uint64_t address = 0, named = 0;
    bool usable = false;
    int here;
    tr_cuda_device *device = open_device();
    check_ok(tr_cuda_alloc(device, 64, &address, &error), &error);
    check_ok(tr_cuda_is_device_address(device, address + 8, &usable, &named, &error), &error);
    assert_true(usable);
    assert_int_equal(named, address + 8);
    check_ok(tr_cuda_is_device_address(device, (uint64_t)(uintptr_t)&here, &usable, &named, &error), &error);
    assert_false(usable);
    fake->refuse("cuPointerGetAttribute", 1, 201, false);
    check_fails(tr_cuda_is_device_address(device, address, &usable, &named, &error), TR_INTERNAL, &error,
                "asking what an address is");
    check_ok(tr_cuda_free(device, address, &error), &error);
    tr_cuda_device_destroy(device);
}

static void streams(void **state)
{
    (void)state;
    tr_error error;
    void *stream = NULL;
    tr_cuda_device *device = open_device();
    check_ok(tr_cuda_stream_create(device, &stream, &error), &error);
    assert_non_null(stream);
    check_ok(tr_cuda_synchronize(device, stream, NULL, &error), &error);
    check_ok(tr_cuda_stream_destroy(device, stream, &error), &error);
    check_fails(tr_cuda_synchronize(device, stream, NULL, &error), TR_INVALID_ARGUMENT, &error,
                "a stream or another handle is not of this device");
    check_fails(tr_cuda_stream_destroy(device, stream, &error), TR_INVALID_ARGUMENT, &error, "ending a stream");
    check_ok(tr_cuda_stream_destroy(device, NULL, &error), &error);
    tr_cuda_device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(facts_of_a_device), WITH_FAKE(ptx_of_drivers),  WITH_FAKE(unknown_attributes),
        WITH_FAKE(wrong_ordinal),     WITH_FAKE(callers_context), WITH_FAKE(context_is_shared),
        WITH_FAKE(current_already),   WITH_FAKE(copies),          WITH_FAKE(nothing_to_copy),
        WITH_FAKE(out_of_memory),     WITH_FAKE(addresses),       WITH_FAKE(streams),
    };
    return cmocka_run_group_tests_name("cuda_device", tests, NULL, NULL);
}
