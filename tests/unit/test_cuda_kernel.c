/* cuda: loading kernels, what is checked before the driver has its say, modules that are shared. */
#include "../fake_cuda/fixture.h"

#include "base/file.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- architecture and version */

static tr_str plain_ptx(const char *version, const char *target)
{
    static char text[400];
    snprintf(text, sizeof(text),
             ".version %s\n.target %s\n.address_size 64\n.visible .entry k() .reqntid 128\n{\nret;\n}\n", version,
             target);
    return tr_str_of(text);
}

static void ptx_architectures(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        int device;
        const char *refusal; /* NULL = runs */
    } cases[] = {
        { "sm_75", 90, NULL },
        { "sm_90", 90, NULL },
        { "sm_90a", 90, NULL },
        { "sm_90", 100, NULL },
        { "sm_100f", 103, NULL },
        { "sm_90a", 100, "'k.ptx' is for sm_90a, but device 0 (Fake H100) is sm_100: the 'a' ties it to exactly" },
        { "sm_90", 80, "is for sm_90, but device 0 (Fake H100) is sm_80: PTX runs on its own architecture and later" },
        { "sm_100f", 90,
          "is for sm_100f, but device 0 (Fake H100) is sm_90: the 'f' ties it to its family, sm_100 to "
          "sm_109" },
        { "sm_100f", 120, "is for sm_100f" },
        { "sm_120a", 90, "is for sm_120a" },
        { "sm_103f", 100, "is for sm_103f" },
    };
    const tr_cuda_kernel_options options = kernel_options();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake->devices[0].arch = cases[i].device;
        tr_cuda_device *device = open_device();
        const tr_str ptx = plain_ptx("8.7", cases[i].target);
        if (cases[i].refusal) {
            kernel_fails(device, ptx, &options, TR_MISMATCH, cases[i].refusal);
            assert_int_equal(fake->calls("cuModuleLoadDataEx"), i == 0 ? 0 : fake->calls("cuModuleGetFunction"));
        } else {
            tr_cuda_kernel_destroy(make_kernel(device, ptx, &options));
        }
        tr_cuda_device_destroy(device);
    }
}

static void ptx_newer_than_the_driver(void **state)
{
    (void)state;
    tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    options.ptxas_search = "TRITON_PTXAS_PATH, PATH";
    kernel_fails(device, plain_ptx("9.4", "sm_90a"), &options, TR_MISMATCH,
                 "'k.ptx' is PTX ISA 9.4, and the driver (CUDA 13.0) compiles up to 9.0; a newer ptxas could assemble "
                 "it, looked for in: TRITON_PTXAS_PATH, PATH");
    options.ptxas_search = NULL;
    kernel_fails(device, plain_ptx("9.1", "sm_90"), &options, TR_MISMATCH, "looked for in: nowhere");
    tr_cuda_kernel_destroy(make_kernel(device, plain_ptx("9.0", "sm_90"), &options));
    tr_cuda_device_destroy(device);
}

/* Real cubins, of sm_90a (both encodings), against other devices. */
static void cubin_architectures(void **state)
{
    (void)state;
    static const char *const versions[] = { "3.0.0", "3.4.0", "3.9.0" };
    tr_cuda_kernel_options options = kernel_options();
    options.file = "vector_add.cubin";
    for (size_t v = 0; v < 3; v++) {
        char path[PATH_MAX];
        char *bytes;
        size_t size;
        tr_error error;
        snprintf(path, sizeof(path), "%s/examples/artifacts/%s/sm90/vector_add_f32/vector_add_kernel.cubin",
                 getenv("TRITON_RUNNER_SOURCE"), versions[v]);
        check_ok(tr_file_read(path, &bytes, &size, &error), &error);
        const tr_str image = { bytes, size };
        fake->devices[0].arch = 90;
        tr_cuda_device *device = open_device();
        tr_cuda_kernel *kernel = make_kernel(device, image, &options);
        const tr_cuda_kernel_info *info = tr_cuda_kernel_info_of(kernel);
        assert_string_equal(info->name, "vector_add_kernel");
        assert_int_equal(info->param_count, 4 + (int)v);
        assert_int_equal(info->hidden_most, (int)v);
        assert_int_equal(info->threads, 128);
        tr_cuda_kernel_destroy(kernel);
        tr_cuda_device_destroy(device);

        fake->devices[0].arch = 80;
        device = open_device();
        kernel_fails(device, image, &options, TR_MISMATCH,
                     "'vector_add.cubin' is for sm_90a, but device 0 (Fake H100) is sm_80: the 'a' ties it");
        tr_cuda_device_destroy(device);
        free(bytes);
    }
}

/* ---------------------------------------------------------------- blocks, shared memory, clusters */

static void threads_of_a_block(void **state)
{
    (void)state;
    tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    kernel_fails(device, ptx_with("", ".reqntid 256, 1, 1", ""), &options, TR_MISMATCH,
                 "kernel 'k' of 'k.ptx' requires blocks of 256 x 1 x 1 threads, but 4 warps were asked for, which are "
                 "128 threads");
    kernel_fails(device, ptx_with("", ".maxntid 64, 1, 1", ""), &options, TR_MISMATCH,
                 "allows 64 threads a block, but 128 were asked for");
    options.num_warps = 64;
    kernel_fails(device, ptx_with("", "", ""), &options, TR_UNSUPPORTED,
                 "kernel 'k' of 'k.ptx' needs blocks of 2048 threads; device 0 (Fake H100) has 1024 at most");
    options.num_warps = -1;
    kernel_fails(device, ptx_with("", "", ""), &options, TR_INVALID_ARGUMENT, "launched with -1 warps");
    options.num_warps = 0;
    options.no_metadata = true;
    kernel_fails(
        device, ptx_with("", "", ""), &options, TR_MISMATCH,
        "how many warps kernel 'k' of 'k.ptx' is launched with is not known: the file doesn't say it; there was "
        "no metadata JSON");
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with("", ".reqntid 64, 2", ""), &options);
    assert_int_equal(tr_cuda_kernel_info_of(kernel)->threads, 128);
    tr_cuda_kernel_destroy(kernel);
    kernel = make_kernel(device, ptx_with("", ".maxntid 256, 1, 1", ""), &options);
    assert_int_equal(tr_cuda_kernel_info_of(kernel)->threads, 256);
    tr_cuda_kernel_destroy(kernel);
    fake->function->registers = 168;
    fake->function->max_threads = 384;
    options.num_warps = 16;
    kernel_fails(
        device, ptx_with("", "", ""), &options, TR_UNSUPPORTED,
        "needs blocks of 512 threads; with the 168 registers that each takes, device 0 (Fake H100) runs 384 at "
        "most");
    tr_cuda_device_destroy(device);
}

#define USES_SHARED ".reg .b32 %r<2>; ld.shared.b32 %r1, [smem];"

static void shared_memory(void **state)
{
    (void)state;
    tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    const tr_str uses = ptx_with("", "", USES_SHARED);
    options.shared = -1;
    kernel_fails(
        device, uses, &options, TR_MISMATCH,
        "how much shared memory kernel 'k' of 'k.ptx' needs is not known: the file says only that it uses some");
    options.shared = 300000;
    kernel_fails(
        device, uses, &options, TR_UNSUPPORTED,
        "kernel 'k' of 'k.ptx' needs 300000 bytes of shared memory; device 0 (Fake H100) has 232448 for a block");
    options.shared = 232448;
    fake->function->static_shared = 1024;
    kernel_fails(device, uses, &options, TR_UNSUPPORTED,
                 "needs 233472 bytes of shared memory (1024 of them static); device 0 (Fake H100) has 232448");
    assert_int_equal(fake->calls("cuFuncSetAttribute"), 0);

    options.shared = 40000;
    tr_cuda_kernel_destroy(make_kernel(device, uses, &options));
    assert_int_equal(fake->calls("cuFuncSetAttribute"), 0);
    options.shared = 232448 - 1024;
    tr_cuda_kernel *most = make_kernel(device, uses, &options);
    assert_int_equal(fake->calls("cuFuncSetAttribute"), 1);
    assert_int_equal(fake->calls("cuFuncSetCacheConfig"), 1);
    assert_int_equal(tr_cuda_kernel_info_of(most)->dynamic_shared, 232448 - 1024);
    /* Another kernel of the same function with less must not take it away. */
    options.shared = 50000;
    tr_cuda_kernel *less = make_kernel(device, uses, &options);
    tr_error error;
    check_ok(tr_cuda_launch(most, (tr_grid){ 1, 1, 1 }, NULL, NULL, 0, &error), &error);
    assert_int_equal(fake->launches[0].shared, 232448 - 1024);
    tr_cuda_kernel_destroy(most);
    tr_cuda_kernel_destroy(less);

    options.shared = -1; /* unknown, but not used either */
    tr_cuda_kernel_destroy(make_kernel(device, ptx_with("", "", ""), &options));
    tr_cuda_device_destroy(device);
}

static void clusters(void **state)
{
    (void)state;
    tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    const tr_str plain = ptx_with("", "", ""), of_two = ptx_with("", ".explicitcluster .reqnctapercluster 2", "");
    memcpy(options.cluster, (uint32_t[]){ 4, 1, 1 }, sizeof(options.cluster));
    kernel_fails(device, of_two, &options, TR_MISMATCH,
                 "kernel 'k' of 'k.ptx' requires clusters of 2 x 1 x 1 blocks, but 4 x 1 x 1 were asked for");
    memcpy(options.cluster, (uint32_t[]){ 4, 0, 1 }, sizeof(options.cluster));
    kernel_fails(device, plain, &options, TR_INVALID_ARGUMENT, "a cluster of 4 x 0 x 1 blocks");
    memcpy(options.cluster, (uint32_t[]){ 32, 1, 1 }, sizeof(options.cluster));
    kernel_fails(device, plain, &options, TR_UNSUPPORTED, "needs clusters of 32 blocks; a cluster has 16 at most");
    memcpy(options.cluster, (uint32_t[]){ 4, 1, 1 }, sizeof(options.cluster));
    fake->function->active_clusters = 0;
    kernel_fails(
        device, plain, &options, TR_UNSUPPORTED,
        "needs clusters of 4 blocks with 128 threads, 32 registers a thread and 0 bytes of shared memory each; "
        "device 0 (Fake H100) can't hold one");
    fake->function->active_clusters = 1;
    assert_int_equal(fake->calls("cuFuncSetAttribute"), 0);
    memcpy(options.cluster, (uint32_t[]){ 16, 1, 1 }, sizeof(options.cluster));
    tr_cuda_kernel_destroy(make_kernel(device, plain, &options));
    assert_int_equal(fake->calls("cuFuncSetAttribute"), 1);
    memset(options.cluster, 0, sizeof(options.cluster));
    tr_cuda_kernel *kernel = make_kernel(device, of_two, &options);
    assert_int_equal(tr_cuda_kernel_info_of(kernel)->cluster[0], 2);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);

    fake->devices[0].arch = 80;
    fake->devices[0].clusters = 0;
    device = open_device();
    kernel_fails(device, of_two, &options, TR_UNSUPPORTED,
                 "needs clusters of 2 blocks; device 0 (Fake H100, sm_80) has no clusters, which begin with sm_90");
    tr_cuda_device_destroy(device);
}

static void cooperative(void **state)
{
    (void)state;
    tr_cuda_kernel_options options = kernel_options();
    options.cooperative = true;
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *kernel = make_kernel(device, ptx_with("", "", ""), &options);
    assert_int_equal(tr_cuda_kernel_info_of(kernel)->max_blocks, 264);
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
    fake->devices[0].cooperative = 0;
    device = open_device();
    kernel_fails(device, ptx_with("", "", ""), &options, TR_UNSUPPORTED, "needs a cooperative launch, which device 0");
    tr_cuda_device_destroy(device);
}

/* ---------------------------------------------------------------- parameters */

static void parameters(void **state)
{
    (void)state;
    tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    const tr_str two_pointers = ptx_with(".param .u32 a, " POINTER "b, " POINTER "c", "", "");
    tr_cuda_kernel *kernel = make_kernel(device, two_pointers, &options);
    assert_int_equal(tr_cuda_kernel_info_of(kernel)->hidden_most, 2);
    assert_int_equal(tr_cuda_kernel_param_size(kernel, 0), 4);
    assert_int_equal(tr_cuda_kernel_param_size(kernel, 2), 8);
    assert_int_equal(tr_cuda_kernel_param_size(kernel, 3), 0);
    assert_int_equal(tr_cuda_kernel_param_size(kernel, -1), 0);
    tr_cuda_kernel_destroy(kernel);
    const tr_str one_pointer = ptx_with(POINTER "a, .param .u64 b, " POINTER "c", "", "");
    options.hidden = 2;
    kernel_fails(device, one_pointer, &options, TR_MISMATCH,
                 "should end with 2 scratch pointers, but its 3 parameters end with 1 pointer that could be one");
    options.hidden = -1;
    options.profile_scratch = (tr_cuda_scratch){ 16, 16 };
    kernel_fails(device, one_pointer, &options, TR_MISMATCH, "should end with 2 scratch pointers");
    options.profile_scratch = (tr_cuda_scratch){ 16, 24 };
    kernel_fails(device, two_pointers, &options, TR_INVALID_ARGUMENT, "is to be aligned to 24");
    options.profile_scratch = (tr_cuda_scratch){ 0, 1 };
    options.global_scratch = (tr_cuda_scratch){ 16, 16 };
    options.hidden = 0;
    kernel_fails(device, two_pointers, &options, TR_MISMATCH, "should end with 1 scratch pointer");
    tr_cuda_device_destroy(device);
}

/* ---------------------------------------------------------------- images */

static void damaged_images(void **state)
{
    (void)state;
    const tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    kernel_fails(device, tr_str_of("ret;"), &options, TR_INVALID_INPUT, "this is not PTX");
    kernel_fails(device, (tr_str){ "\177ELF\2\1", 6 }, &options, TR_INVALID_INPUT, "damaged cubin");
    kernel_fails(device, tr_str_of(".version 8.0 .target sm_80"), &options, TR_INVALID_INPUT, "holds no kernel");
    tr_cuda_kernel_options other = options;
    other.kernel = "other";
    kernel_fails(device, ptx_with("", "", ""), &other, TR_NOT_FOUND, "'k.ptx' has no kernel 'other'; it has 'k'");
    assert_int_equal(fake->calls("cuModuleLoadDataEx"), 0);
    tr_cuda_device_destroy(device);
}

static void compiler_log(void **state)
{
    (void)state;
    tr_error error;
    tr_cuda_kernel *kernel = NULL;
    const tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    *fake->jit_log = "ptxas application ptx input, line 7; error   : Unknown symbol '%r9'\n"
                     "ptxas fatal   : Ptx assembly aborted due to errors\n";
    fake->refuse("cuModuleLoadDataEx", 1, 218, false);
    check_fails(tr_cuda_kernel_create(device, ptx_with("", "", "    mov.b32 %r1, %r9;"), &options, &kernel, &error),
                TR_INVALID_INPUT, &error,
                "the driver's PTX compiler refuses 'k.ptx': Unknown symbol '%r9' (CUDA_ERROR_INVALID_PTX: ");
    assert_string_equal(error.file, "k.ptx");
    assert_int_equal(error.line, 7);
    assert_int_equal(error.column, 5);
    assert_non_null(strstr(error.excerpt, "mov.b32 %r1, %r9;"));
    *fake->jit_log = "ptxas fatal   : SM version specified by .target is higher than default SM version assumed\n";
    fake->refuse("cuModuleLoadDataEx", 1, 218, false);
    kernel_fails(device, ptx_with("", "", ""), &options, TR_INVALID_INPUT,
                 "refuses 'k.ptx': SM version specified by .target is higher");
    *fake->jit_log = "something else\n";
    fake->refuse("cuModuleLoadDataEx", 1, 218, false);
    kernel_fails(device, ptx_with("", "", ""), &options, TR_INVALID_INPUT, "refuses 'k.ptx': something else (CUDA");
    *fake->jit_log = NULL;
    fake->refuse("cuModuleLoadDataEx", 1, 221, false);
    kernel_fails(device, ptx_with("", "", ""), &options, TR_UNAVAILABLE,
                 "'k.ptx' can't be loaded on device 0 (Fake H100): the driver's PTX compiler "
                 "(libnvidia-ptxjitcompiler.so.1) is missing");
    tr_cuda_device_destroy(device);
}

/* ---------------------------------------------------------------- modules */

static void same_bytes_are_one_module(void **state)
{
    (void)state;
    const tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *a = make_kernel(device, ptx_with("", "", ""), &options);
    tr_cuda_kernel *b = make_kernel(device, ptx_with("", "", ""), &options);
    tr_cuda_kernel *c = make_kernel(device, ptx_with("", "", "bar.sync 0;"), &options);
    assert_int_equal(fake->calls("cuModuleLoadDataEx"), 2);
    assert_int_equal(fake->live().modules, 2);
    tr_cuda_kernel_destroy(a);
    tr_cuda_kernel_destroy(b);
    tr_cuda_kernel_destroy(c);
    /* Idle ones are kept: a kernel that is made again is there at once. */
    assert_int_equal(fake->live().modules, 2);
    tr_cuda_kernel_destroy(make_kernel(device, ptx_with("", "", ""), &options));
    assert_int_equal(fake->calls("cuModuleLoadDataEx"), 2);
    tr_cuda_device_destroy(device);
    assert_int_equal(fake->calls("cuModuleUnload"), 2);
}

static void idle_modules_are_few(void **state)
{
    (void)state;
    char body[40];
    const tr_cuda_kernel_options options = kernel_options();
    tr_cuda_device *device = open_device();
    tr_cuda_kernel *used = make_kernel(device, ptx_with("", "", ""), &options);
    for (int i = 0; i < TR_CUDA_IDLE_MODULES + 10; i++) {
        snprintf(body, sizeof(body), "bar.sync %d;", i);
        tr_cuda_kernel_destroy(make_kernel(device, ptx_with("", "", body), &options));
    }
    assert_int_equal(fake->live().modules, TR_CUDA_IDLE_MODULES + 1);
    assert_int_equal(fake->calls("cuCtxSynchronize"), 10); /* launches of what goes may still run */
    /* The oldest went, the last stayed. */
    const int loads = fake->calls("cuModuleLoadDataEx");
    tr_cuda_kernel_destroy(make_kernel(device, ptx_with("", "", body), &options));
    assert_int_equal(fake->calls("cuModuleLoadDataEx"), loads);
    tr_cuda_kernel_destroy(make_kernel(device, ptx_with("", "", "bar.sync 0;"), &options));
    assert_int_equal(fake->calls("cuModuleLoadDataEx"), loads + 1);
    tr_cuda_kernel_destroy(used);
    tr_cuda_device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(ptx_architectures),
        WITH_FAKE(ptx_newer_than_the_driver),
        WITH_FAKE(cubin_architectures),
        WITH_FAKE(threads_of_a_block),
        WITH_FAKE(shared_memory),
        WITH_FAKE(clusters),
        WITH_FAKE(cooperative),
        WITH_FAKE(parameters),
        WITH_FAKE(damaged_images),
        WITH_FAKE(compiler_log),
        WITH_FAKE(same_bytes_are_one_module),
        WITH_FAKE(idle_modules_are_few),
    };
    return cmocka_run_group_tests_name("cuda_kernel", tests, NULL, NULL);
}
