/* What tests of src/cuda share: the fake driver, opened; PTX to load; nothing alive at the end. */
#ifndef TR_TESTS_FAKE_CUDA_FIXTURE_H
#define TR_TESTS_FAKE_CUDA_FIXTURE_H

#include "check.h"

#include "cuda/cuda.h"
#include "cuda/device.h"
#include "fake_cuda.h"

#include <dlfcn.h>
#include <limits.h>
#include <unistd.h>

static const fake_cuda_control *fake __attribute__((unused));
static tr_driver driver __attribute__((unused));

/* build/tests/fake_cuda/libNAME.so, seen from build/tests/unit/test_cuda_... */
static inline const char *fake_path(const char *name)
{
    static char path[PATH_MAX];
    const ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 64);
    assert_true(size > 0);
    path[size] = 0;
    for (int i = 0; i < 2; i++) *strrchr(path, '/') = 0;
    const size_t used = strlen(path);
    snprintf(path + used, sizeof(path) - used, "/fake_cuda/lib%s.so", name);
    return path;
}

static inline const fake_cuda_control *open_fake(const char *name)
{
    void *handle = dlopen(fake_path(name), RTLD_NOW | RTLD_LOCAL);
    if (!handle) fail_msg("%s", dlerror());
    const fake_cuda_control *control = dlsym(handle, "fake_cuda");
    assert_non_null(control);
    return control;
}

/* Before and after each test. */
static inline int begin_fake(void **state)
{
    (void)state;
    tr_error error;
    if (!fake) fake = open_fake("fake_cuda");
    fake->reset();
    return tr_driver_load(fake_path("fake_cuda"), &driver, &error) == TR_OK ? 0 : -1;
}

static inline void check_nothing_alive(void)
{
    const fake_live live = fake->live();
    assert_int_equal(live.modules, 0);
    assert_int_equal(live.allocations, 0);
    assert_int_equal(live.pool_allocations, 0);
    assert_int_equal(live.pools, 0);
    assert_int_equal(live.streams, 0);
    assert_int_equal(live.contexts, 0);
}

static inline int end_fake(void **state)
{
    (void)state;
    check_nothing_alive();
    return 0;
}

#define WITH_FAKE(test) cmocka_unit_test_setup_teardown(test, begin_fake, end_fake)

static inline tr_cuda_device *open_device(void)
{
    tr_error error;
    tr_cuda_device *device = NULL;
    check_ok(tr_cuda_device_create_with(&driver, 0, &device, &error), &error);
    return device;
}

/* A kernel "k" with these parameters and directives, in PTX of ISA 8.7 for sm_80. Good until the next call but three.
 */
static inline tr_str ptx_with(const char *params, const char *directives, const char *body)
{
    static char texts[4][1 << 16];
    static int next;
    char *text = texts[next++ % 4];
    snprintf(text, sizeof(texts[0]),
             ".version 8.7\n.target sm_80\n.address_size 64\n.extern .shared .align 16 .b8 smem[];\n"
             ".visible .entry k(%s) %s\n{\n%s\nret;\n}\n",
             params, directives, body);
    return tr_str_of(text);
}

#define POINTER ".param .u64 .ptr .global .align 1 "

static inline tr_cuda_kernel_options kernel_options(void)
{
    return (tr_cuda_kernel_options){ .file = "k.ptx", .num_warps = 4, .hidden = -1, .grid_in_programs = true };
}

static inline tr_cuda_kernel *make_kernel(tr_cuda_device *device, tr_str image, const tr_cuda_kernel_options *options)
{
    tr_error error;
    tr_cuda_kernel *kernel = NULL;
    check_ok(tr_cuda_kernel_create(device, image, options, &kernel, &error), &error);
    return kernel;
}

static inline void kernel_fails(tr_cuda_device *device, tr_str image, const tr_cuda_kernel_options *options,
                                tr_status status, const char *part)
{
    tr_error error;
    tr_cuda_kernel *kernel = NULL;
    check_fails(tr_cuda_kernel_create(device, image, options, &kernel, &error), status, &error, part);
    assert_null(kernel);
}

#endif
