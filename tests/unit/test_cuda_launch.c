/* cuda: what a launch hands to the driver, scratch memory, what is refused, errors that come up later. */
#include "../fake_cuda/fixture.h"

#include "base/memory.h"

#include <stdlib.h>

static const tr_grid one = { 1, 1, 1 };

static void launches(const tr_cuda_kernel *kernel, tr_grid grid, const uint64_t *words, int32_t count)
{
    tr_error error;
    check_ok(tr_cuda_launch(kernel, grid, NULL, words, count, &error), &error);
}

static void launch_fails(const tr_cuda_kernel *kernel, tr_grid grid, const uint64_t *words, int32_t count,
                         tr_status status, const char *part)
{
    tr_error error;
    const int before = *fake->launch_count;
    check_fails(tr_cuda_launch(kernel, grid, NULL, words, count, &error), status, &error, part);
    assert_int_equal(*fake->launch_count, before);
}

static uint64_t word_of(const fake_launch *l, int param)
{
    uint64_t word;
    memcpy(&word, l->params[param], sizeof(word));
    return word;
}

/* ---------------------------------------------------------------- arguments */

/* Every scalar type, and a tensor map by value. */
static void every_type(void **state)
{
    (void)state;
    tr_tensor_map map;
    for (int i = 0; i < 16; i++) map.opaque[i] = 0x0101010101010101u * (unsigned)(i + 1);
    const tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(
        device,
        ptx_with(".param .u8 a, .param .u16 b, .param .u32 c, .param .u64 d, .param .f32 e, .param .f64 f, "
                 ".param .align 2 .b8 g[2], .param .align 64 .b8 h[128], " POINTER "i, .param .u8 j",
                 "", ""),
        &options);
    const float f = 1.5f;
    const double d = -2.25;
    uint64_t words[10] = {
        1, 0xbeef, 0xdeadbeef, 0x0123456789abcdef, 0, 0, 0x3c00, (uint64_t)(uintptr_t)&map, 0x7f0000001000, 0xff
    };
    memcpy(&words[4], &f, sizeof(f));
    memcpy(&words[5], &d, sizeof(d));
    launches(kernel, (tr_grid){ 7, 8, 9 }, words, 10);
    const fake_launch *l = &fake->launches[0];
    assert_string_equal(l->entry, "cuLaunchKernelEx");
    assert_string_equal(l->kernel, "k");
    assert_int_equal(l->grid[0], 7);
    assert_int_equal(l->grid[1], 8);
    assert_int_equal(l->grid[2], 9);
    assert_int_equal(l->block[0], 128);
    assert_int_equal(l->block[1] * l->block[2], 1);
    assert_int_equal(l->shared, 0);
    assert_null(l->stream);
    assert_int_equal(l->param_count, 10);
    assert_int_equal(l->params[0][0], 1);
    assert_memory_equal(l->params[1], &words[1], 2);
    assert_memory_equal(l->params[2], &words[2], 4);
    assert_memory_equal(l->params[3], &words[3], 8);
    assert_memory_equal(l->params[4], &f, 4);
    assert_memory_equal(l->params[5], &d, 8);
    assert_memory_equal(l->params[6], &words[6], 2);
    assert_memory_equal(l->params[7], &map, 128);
    assert_int_equal(word_of(l, 8), 0x7f0000001000);
    assert_int_equal(l->params[9][0], 0xff);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

/* More than fit on the stack. */
static void many_arguments(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    static char params[1 << 15];
    static uint64_t words[COUNT];
    size_t used = 0;
    for (int i = 0; i < COUNT; i++) {
        used += (size_t)snprintf(params + used, sizeof(params) - used, "%s.param .u64 p%d", i ? ", " : "", i);
        words[i] = (uint64_t)i * 3;
    }
    const tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with(params, "", ""), &options);
    launches(kernel, one, words, COUNT);
    for (int i = 0; i < COUNT; i++) assert_int_equal(word_of(&fake->launches[0], i), i * 3);
    tr_error error;
    tr_memory_fail_after(0);
    const tr_status status = tr_cuda_launch(kernel, one, NULL, words, COUNT, &error);
    tr_memory_fail_after(-1);
    check_fails(status, TR_OUT_OF_MEMORY, &error, "out of memory");
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

/* A launch of the usual kind asks for no memory of the host. */
static void allocates_nothing(void **state)
{
    (void)state;
    static char params[1 << 15];
    size_t used = 0;
    uint64_t words[TR_CUDA_FEW_ARGS] = { 0 };
    for (int i = 0; i < TR_CUDA_FEW_ARGS; i++) {
        used += (size_t)snprintf(params + used, sizeof(params) - used, "%s.param .u64 p%d", i ? ", " : "", i);
    }
    const tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with(params, "", ""), &options);
    tr_memory_fail_after(0);
    launches(kernel, one, words, TR_CUDA_FEW_ARGS);
    tr_memory_fail_after(-1);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

static void wrong_number_of_arguments(void **state)
{
    (void)state;
    uint64_t words[8] = { 0 };
    tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with(".param .u64 a, .param .u32 b", "", ""), &options);
    launch_fails(kernel, one, words, 1, TR_MISMATCH,
                 "too few arguments: kernel 'k' of 'k.ptx' has 2 parameters, got 1");
    launch_fails(kernel, one, words, 3, TR_MISMATCH, "too many arguments");
    launches(kernel, one, words, 2);
    tr_cuda_kernel_destroy(kernel);
    kernel = make_kernel(device, ptx_with(".param .u64 a, " POINTER "b, " POINTER "c", "", ""), &options);
    launch_fails(
        kernel, one, words, 0, TR_MISMATCH,
        "too few arguments: kernel 'k' of 'k.ptx' has 3 parameters, of which up to 2 are scratch memory's; got "
        "0");
    tr_cuda_kernel_destroy(kernel);
    options.hidden = 1;
    kernel = make_kernel(device, ptx_with(".param .u64 a, " POINTER "b, " POINTER "c", "", ""), &options);
    launch_fails(kernel, one, words, 3, TR_MISMATCH, "of which 1 is scratch memory's; got 3");
    launches(kernel, one, words, 2);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

/* What the number of arguments leaves over is hidden, and NULL. */
static void hidden_parameters(void **state)
{
    (void)state;
    const uint64_t words[3] = { 11, 22, 33 };
    const tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with(".param .u64 a, " POINTER "b, " POINTER "c", "", ""),
                                         &options);
    for (int count = 1; count <= 3; count++) {
        launches(kernel, one, words, count);
        const fake_launch *l = &fake->launches[count - 1];
        for (int i = 0; i < 3; i++) assert_int_equal(word_of(l, i), i < count ? words[i] : 0);
    }
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

/* ---------------------------------------------------------------- attributes */

static void attributes(void **state)
{
    (void)state;
    tr_cuda_kernel_options options = kernel_options();
    options.programmatic = options.cooperative = true;
    options.shared = 1000;
    memcpy(options.cluster, (uint32_t[]){ 2, 1, 2 }, sizeof(options.cluster));
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with("", "", ""), &options);
    launches(kernel, (tr_grid){ 3, 4, 5 }, NULL, 0);
    const fake_launch *l = &fake->launches[0];
    assert_int_equal(l->programmatic, 1);
    assert_int_equal(l->cooperative, 1);
    assert_int_equal(l->spread, TR_CU_CLUSTER_SCHEDULING_POLICY_SPREAD);
    assert_int_equal(l->cluster[0], 2);
    assert_int_equal(l->cluster[1], 1);
    assert_int_equal(l->cluster[2], 2);
    assert_int_equal(l->grid[0], 6); /* programs: each is a cluster */
    assert_int_equal(l->grid[1], 4);
    assert_int_equal(l->grid[2], 10);
    assert_int_equal(l->shared, 1000);
    tr_cuda_kernel_destroy(kernel);

    options = kernel_options();
    memcpy(options.cluster, (uint32_t[]){ 2, 1, 1 }, sizeof(options.cluster));
    options.grid_in_programs = false;
    kernel = make_kernel(device, ptx_with("", "", ""), &options);
    launches(kernel, (tr_grid){ 6, 1, 1 }, NULL, 0);
    assert_int_equal(fake->launches[1].grid[0], 6);
    assert_int_equal(fake->launches[1].cooperative, 0);
    launch_fails(kernel, (tr_grid){ 7, 1, 1 }, NULL, 0, TR_INVALID_ARGUMENT,
                 "the grid (7, 1, 1) is no multiple of the clusters of kernel 'k', 2 x 1 x 1 blocks");
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);

    fake->devices[0].arch = 80; /* knows no programmatic launch */
    device = open_device();
    options = kernel_options();
    options.programmatic = true;
    kernel = make_kernel(device, ptx_with("", "", ""), &options);
    launches(kernel, one, NULL, 0);
    assert_int_equal(fake->launches[2].programmatic, 0);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

static void without_launch_ex(void **state)
{
    (void)state;
    const uint64_t word = 5;
    driver.cuLaunchKernelEx = NULL;
    tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with(".param .u64 a", "", ""), &options);
    launches(kernel, (tr_grid){ 2, 3, 4 }, &word, 1);
    assert_string_equal(fake->launches[0].entry, "cuLaunchKernel");
    assert_int_equal(fake->launches[0].grid[2], 4);
    assert_int_equal(word_of(&fake->launches[0], 0), 5);
    tr_cuda_kernel_destroy(kernel);
    options.cooperative = true;
    kernel = make_kernel(device, ptx_with(".param .u64 a", "", ""), &options);
    launches(kernel, (tr_grid){ 2, 3, 4 }, &word, 1);
    assert_string_equal(fake->launches[1].entry, "cuLaunchCooperativeKernel");
    tr_cuda_kernel_destroy(kernel);
    memcpy(options.cluster, (uint32_t[]){ 2, 1, 1 }, sizeof(options.cluster));
    kernel_fails(device, ptx_with("", "", ""), &options, TR_UNSUPPORTED, "has no clusters");
    tr_cuda_device_destroy(device);
}

/* ---------------------------------------------------------------- grids */

static void grids(void **state)
{
    (void)state;
    tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with("", "", ""), &options);
    launch_fails(kernel, (tr_grid){ 0, 1, 1 }, NULL, 0, TR_INVALID_ARGUMENT, "the grid (0, 1, 1) is 0 in x");
    launch_fails(kernel, (tr_grid){ 1, 1, 0 }, NULL, 0, TR_INVALID_ARGUMENT, "is 0 in z");
    launch_fails(kernel, (tr_grid){ 1, 70000, 1 }, NULL, 0, TR_INVALID_ARGUMENT,
                 "the grid (1, 70000, 1) is too large in y: device 0 (Fake H100) takes 65535 blocks");
    launch_fails(kernel, (tr_grid){ 2147483648u, 1, 1 }, NULL, 0, TR_INVALID_ARGUMENT, "too large in x");
    launches(kernel, (tr_grid){ 2147483647, 65535, 65535 }, NULL, 0);
    tr_cuda_kernel_destroy(kernel);
    memcpy(options.cluster, (uint32_t[]){ 1, 2, 1 }, sizeof(options.cluster));
    kernel = make_kernel(device, ptx_with("", "", ""), &options);
    launch_fails(kernel, (tr_grid){ 1, 32768, 1 }, NULL, 0, TR_INVALID_ARGUMENT,
                 "takes 65535 blocks, and every program is a cluster of several");
    launches(kernel, (tr_grid){ 1, 32767, 1 }, NULL, 0);
    tr_cuda_kernel_destroy(kernel);
    options = kernel_options();
    options.cooperative = true;
    kernel = make_kernel(device, ptx_with("", "", ""), &options);
    launch_fails(kernel, (tr_grid){ 265, 1, 1 }, NULL, 0, TR_INVALID_ARGUMENT,
                 "the grid (265, 1, 1) is too large for a cooperative launch: 264 blocks of kernel 'k' run at once on "
                 "device 0 (Fake H100), not 265");
    launches(kernel, (tr_grid){ 66, 2, 2 }, NULL, 0);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

/* ---------------------------------------------------------------- scratch memory */

static size_t usable_bytes; /* of the scratch memory that the kernel of below saw */
static uint64_t seen[2];

static void look_at_scratch(const fake_launch *launch, void *const *params)
{
    (void)params;
    const int last = launch->param_count - 1;
    seen[0] = word_of(launch, last - 1);
    seen[1] = word_of(launch, last);
    if (seen[0] && usable_bytes) memset((void *)(uintptr_t)seen[0], 1, usable_bytes); /* a sanitizer would object */
}

static void scratch_memory(void **state)
{
    (void)state;
    const uint64_t word = 7;
    tr_error error;
    void *stream = NULL;
    tr_cuda_kernel_options options = kernel_options();
    options.global_scratch = (tr_cuda_scratch){ 256, 128 };
    memcpy(options.cluster, (uint32_t[]){ 2, 1, 1 }, sizeof(options.cluster));
    tr_cuda_device *device = open_device();
    const tr_str ptx = ptx_with(".param .u64 a, " POINTER "b, " POINTER "c", "", "");
    *fake->work = look_at_scratch;
    check_ok(tr_cuda_stream_create(device, &stream, &error), &error);
    tr_cuda_kernel *kernel = make_kernel(device, ptx, &options);
    usable_bytes = 3 * 4 * 5 * 2 * 256; /* programs, blocks of each, bytes */
    check_ok(tr_cuda_launch(kernel, (tr_grid){ 3, 4, 5 }, stream, &word, 1, &error), &error);
    assert_true(seen[0] != 0 && seen[0] % 128 == 0);
    assert_int_equal(seen[1], 0);
    assert_ptr_equal(fake->launches[0].stream, stream);
    assert_int_equal(fake->live().pool_allocations, 0);
    assert_int_equal(fake->calls("cuMemAllocFromPoolAsync"), 1);
    assert_int_equal(fake->calls("cuMemFreeAsync"), 1);
    assert_int_equal(fake->calls("cuStreamSynchronize"), 0);
    assert_int_equal(fake->live().pools, 1);
    launch_fails(kernel, one, (uint64_t[]){ 1, 2, 3 }, 3, TR_MISMATCH, "too many arguments");
    tr_cuda_kernel_destroy(kernel);

    /* Both kinds, and an alignment that the driver doesn't give by itself. */
    options.profile_scratch = (tr_cuda_scratch){ 100, 4096 };
    kernel = make_kernel(device, ptx, &options);
    usable_bytes = 2 * 256;
    check_ok(tr_cuda_launch(kernel, one, NULL, &word, 1, &error), &error);
    assert_true(seen[1] != 0 && seen[1] % 4096 == 0);
    assert_int_equal(fake->live().pool_allocations, 0);
    assert_int_equal(fake->live().pools, 1);
    launch_fails(kernel, one, (uint64_t[]){ 1, 2 }, 2, TR_MISMATCH, "too many arguments");
    tr_cuda_kernel_destroy(kernel);

    options.global_scratch.size = UINT64_MAX / 2;
    kernel = make_kernel(device, ptx, &options);
    launch_fails(kernel, (tr_grid){ 2, 1, 1 }, &word, 1, TR_UNSUPPORTED,
                 "wants 9223372036854775807 bytes of global scratch memory for each of 4 blocks");
    tr_cuda_kernel_destroy(kernel);
    options.global_scratch.size = (uint64_t)1 << 33;
    kernel = make_kernel(device, ptx, &options);
    launch_fails(kernel, one, &word, 1, TR_OUT_OF_MEMORY,
                 "allocating 17179869184 bytes of global scratch memory for kernel 'k'");
    tr_cuda_kernel_destroy(kernel);
    check_ok(tr_cuda_stream_destroy(device, stream, &error), &error);
    tr_cuda_device_destroy(device);
}

static void scratch_memory_without_pools(void **state)
{
    (void)state;
    tr_cuda_kernel_options options = kernel_options();
    options.global_scratch = (tr_cuda_scratch){ 64, 1 };
    options.profile_scratch = (tr_cuda_scratch){ 64, 1 };
    fake->devices[0].pools = 0;
    *fake->work = look_at_scratch;
    usable_bytes = 64;
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with(POINTER "b, " POINTER "c", "", ""), &options);
    launches(kernel, one, NULL, 0);
    assert_true(seen[0] && seen[1]);
    assert_int_equal(fake->calls("cuStreamSynchronize"), 2);
    assert_int_equal(fake->calls("cuMemAlloc"), 2);
    assert_int_equal(fake->live().allocations, 0);
    assert_int_equal(fake->live().pools, 0);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

/* ---------------------------------------------------------------- errors of kernels */

static void faults(void **state)
{
    (void)state;
    static const struct {
        int result;
        tr_status status;
        const char *part;
    } cases[] = {
        { 700, TR_OUT_OF_BOUNDS, "kernel 'k' of 'k.ptx' failed: it accessed memory that is not its own" },
        { 716, TR_TRAPPED, "kernel 'k' of 'k.ptx' failed: it accessed an address that is not a multiple" },
        { 715, TR_TRAPPED, "it executed an illegal instruction (CUDA_ERROR_ILLEGAL_INSTRUCTION: " },
        { 710, TR_TRAPPED, "a device assertion failed" },
        { 702, TR_TIMED_OUT, "waiting for device 0: it ran longer than the system allows" },
    };
    tr_error error;
    const tr_cuda_kernel_options options = kernel_options();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tr_cuda_device *device = open_device();
        tr_cuda_kernel *kernel = make_kernel(device, ptx_with("", "", ""), &options);
        fake->fault(cases[i].result);
        launches(kernel, one, NULL, 0);
        check_fails(tr_cuda_synchronize(device, NULL, kernel, &error), cases[i].status, &error, cases[i].part);
        assert_null(strstr(error.message, "JSON"));
        /* From here on every call fails so. */
        if (cases[i].status != TR_TIMED_OUT) {
            launch_fails(kernel, one, NULL, 0, cases[i].status,
                         "kernel 'k' can't be launched, since one before it failed: ");
        }
        fake->fault(0);
        tr_cuda_kernel_destroy(kernel);
        tr_cuda_device_destroy(device);
    }
}

static void advice_to_add_metadata(void **state)
{
    (void)state;
    tr_error error;
    tr_cuda_kernel_options options = kernel_options();
    options.no_metadata = true;
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with("", "", ""), &options);
    fake->fault(700);
    launches(kernel, one, NULL, 0);
    check_fails(
        tr_cuda_synchronize(device, NULL, kernel, &error), TR_OUT_OF_BOUNDS, &error,
        "kernel 'k' of 'k.ptx' failed: it accessed memory that is not its own (CUDA_ERROR_ILLEGAL_ADDRESS: the fake "
        "driver's text); there was no metadata JSON, which says what a file alone doesn't (warps, shared memory, "
        "scratch memory): add it");
    check_fails(tr_cuda_synchronize(device, NULL, NULL, &error), TR_OUT_OF_BOUNDS, &error, "waiting for device 0");
    fake->fault(0);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

/* A copy may be the first to hear of it. */
static void fault_at_a_copy(void **state)
{
    (void)state;
    tr_error error;
    uint64_t address = 0;
    char byte;
    const tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with("", "", ""), &options);
    check_ok(tr_cuda_alloc(device, 1, &address, &error), &error);
    fake->fault(700);
    launches(kernel, one, NULL, 0);
    check_fails(tr_cuda_read(device, &byte, address, 1, NULL, &error), TR_OUT_OF_BOUNDS, &error,
                "reading 1 bytes from device 0, where a kernel failed: it accessed memory");
    fake->fault(0);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

static void refused_launches(void **state)
{
    (void)state;
    const tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with("", "", ""), &options);
    fake->refuse("cuLaunchKernelEx", 1, 701, false);
    launch_fails(kernel, one, NULL, 0, TR_UNSUPPORTED,
                 "launching kernel 'k' of 'k.ptx': a block needs more registers or shared memory than there is");
    fake->refuse("cuLaunchKernelEx", 1, 900, false);
    launch_fails(kernel, one, NULL, 0, TR_UNSUPPORTED, "a stream is being captured");
    tr_error error;
    int nothing;
    check_fails(tr_cuda_launch(kernel, one, &nothing, NULL, 0, &error), TR_INVALID_ARGUMENT, &error,
                "a stream or another handle is not of this device");
    assert_int_equal(tr_cuda_launch(kernel, (tr_grid){ 0, 0, 0 }, NULL, NULL, 0, NULL), TR_INVALID_ARGUMENT);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(every_type),
        WITH_FAKE(many_arguments),
        WITH_FAKE(allocates_nothing),
        WITH_FAKE(wrong_number_of_arguments),
        WITH_FAKE(hidden_parameters),
        WITH_FAKE(attributes),
        WITH_FAKE(without_launch_ex),
        WITH_FAKE(grids),
        WITH_FAKE(scratch_memory),
        WITH_FAKE(scratch_memory_without_pools),
        WITH_FAKE(faults),
        WITH_FAKE(advice_to_add_metadata),
        WITH_FAKE(fault_at_a_copy),
        WITH_FAKE(refused_launches),
    };
    return cmocka_run_group_tests_name("cuda_launch", tests, NULL, NULL);
}
