/* cuda: on a GPU, where there is one: the driver's compiler, arguments, shared memory, clusters, scratch memory, tensor
 * maps, and what becomes of kernels that do what they must not.
 *
 * TRITON_RUNNER_NO_FAULTS leaves the last out, for runs under compute-sanitizer. */
#include "check.h"

#include "base/file.h"
#include "cuda/device.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const tr_grid one = { 1, 1, 1 };

/* ---------------------------------------------------------------- faults */

/* Each in a process of its own, which it ruins. They come first: a process that has started CUDA can't fork. */

typedef struct fault_case {
    const char *body;
    tr_status status;
    const char *part;
} fault_case;

static int run_fault(const fault_case *c)
{
    tr_error error;
    tr_cuda_device *device;
    tr_cuda_kernel *kernel;
    uint64_t address;
    char text[1000];
    if (tr_cuda_device_create(0, &device, &error)) return error.status == TR_UNAVAILABLE ? 77 : 1;
    snprintf(text, sizeof(text),
             ".version 6.5\n.target sm_75\n.address_size 64\n.visible .entry k(.param .u64 a)\n{\n.reg .b64 %%rd<4>;\n"
             "ld.param.u64 %%rd1, [a];\n%s\nret;\n}\n",
             c->body);
    const tr_cuda_kernel_options options = { .file = "k.ptx", .num_warps = 1, .hidden = 0, .no_metadata = true };
    if (tr_cuda_alloc(device, 64, &address, &error)) return 2;
    if (tr_cuda_kernel_create(device, tr_str_of(text), &options, &kernel, &error)) return 3;
    if (tr_cuda_launch(kernel, one, NULL, &address, 1, &error)) return 4;
    tr_status status = tr_cuda_synchronize(device, NULL, kernel, &error);
    fprintf(stderr, "# %s: %s\n", tr_status_name(status), error.message);
    if (status != c->status || !strstr(error.message, c->part) || !strstr(error.message, "metadata JSON")) return 5;
    /* What comes after fails in the same way, and ends. */
    status = tr_cuda_launch(kernel, one, NULL, &address, 1, &error);
    if (status != c->status || !strstr(error.message, "since one before it failed")) return 6;
    tr_cuda_kernel_destroy(kernel);
    tr_cuda_device_destroy(device);
    return 0;
}

static bool has_gpu; /* as the first child found */

static void faults(void **state)
{
    (void)state;
    static const fault_case cases[] = {
        { "mov.b64 %rd2, 4096; st.global.b32 [%rd2], 1;", TR_OUT_OF_BOUNDS, "it accessed memory that is not its own" },
        { "add.u64 %rd2, %rd1, 1; st.global.b32 [%rd2], 1;", TR_TRAPPED, "not a multiple of the access's size" },
        { "trap;", TR_TRAPPED, "kernel 'k' of 'k.ptx' failed" },
    };
    const bool leave_out = getenv("TRITON_RUNNER_NO_FAULTS") != NULL;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int code = 0;
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) {
            tr_cuda_info info;
            if (leave_out) _exit(tr_cuda_describe(0, &info, NULL) ? 77 : 0);
            _exit(run_fault(&cases[i]));
        }
        assert_int_equal(waitpid(child, &code, 0), child);
        if (WIFEXITED(code) && WEXITSTATUS(code) == 77) skip();
        assert_true(WIFEXITED(code));
        has_gpu = true;
        assert_int_equal(WEXITSTATUS(code), 0);
    }
    if (leave_out) skip();
}

/* ---------------------------------------------------------------- the device of the other tests */

static tr_cuda_device *device;

static int begin(void **state)
{
    (void)state;
    tr_error error;
    if (!has_gpu || device) return 0;
    return tr_cuda_device_create(0, &device, &error) == TR_OK ? 0 : -1;
}

#define NEED_GPU()                                                                                                     \
    (void)state;                                                                                                       \
    if (!has_gpu) skip()

static uint64_t alloc(size_t size)
{
    tr_error error;
    uint64_t address = 0;
    check_ok(tr_cuda_alloc(device, size, &address, &error), &error);
    check_ok(tr_cuda_fill(device, address, 0xee, size, NULL, &error), &error);
    return address;
}

static void release(uint64_t address)
{
    tr_error error;
    check_ok(tr_cuda_free(device, address, &error), &error);
}

static void read_back(void *data, uint64_t address, size_t size)
{
    tr_error error;
    check_ok(tr_cuda_read(device, data, address, size, NULL, &error), &error);
}

static tr_cuda_kernel_options options_of(const char *file)
{
    return (tr_cuda_kernel_options){ .file = file, .num_warps = 1, .hidden = 0, .grid_in_programs = true };
}

/* `target` decides the ISA: 6.5 for sm_75, 8.0 for sm_90. */
static tr_cuda_kernel *compile(const char *target, const char *params, const char *body,
                               const tr_cuda_kernel_options *options)
{
    static char text[8000];
    tr_error error;
    tr_cuda_kernel *kernel = NULL;
    snprintf(text, sizeof(text),
             ".version %s\n.target %s\n.address_size 64\n.extern .shared .align 128 .b8 smem[];\n"
             ".visible .entry k(%s)\n{\n.reg .pred %%p<4>;\n.reg .b16 %%rs<8>;\n.reg .b32 %%r<32>;\n.reg .f32 %%f<4>;\n"
             ".reg .b64 %%rd<16>;\n.reg .f64 %%fd<4>;\n%s\nret;\n}\n",
             strcmp(target, "sm_90") == 0 ? "8.0" : "6.5", target, params, body);
    check_ok(tr_cuda_kernel_create(device, tr_str_of(text), options, &kernel, &error), &error);
    return kernel;
}

static void run(tr_cuda_kernel *kernel, tr_grid grid, const uint64_t *words, int32_t count)
{
    tr_error error;
    check_ok(tr_cuda_launch(kernel, grid, NULL, words, count, &error), &error);
    check_ok(tr_cuda_synchronize(device, NULL, kernel, &error), &error);
    tr_cuda_kernel_destroy(kernel);
}

/* ---------------------------------------------------------------- arguments */

static void facts(void **state)
{
    NEED_GPU();
    int32_t count = 0;
    tr_error error;
    const tr_cuda_info *info = tr_cuda_device_info(device);
    check_ok(tr_cuda_device_count(&count, &error), &error);
    assert_true(count >= 1);
    print_message("%s, sm_%d, driver %d, PTX %d, %d multiprocessors, %d bytes of shared memory, grid %u x %u x %u, "
                  "clusters %d, cooperative %d, pools %d\n",
                  info->name, info->arch, info->driver_version, info->ptx_version, info->multiprocessors,
                  info->max_shared_optin, info->max_grid[0], info->max_grid[1], info->max_grid[2], info->clusters,
                  info->cooperative, info->pools);
    assert_true(info->arch >= 70);
    assert_true(info->max_shared_optin >= info->max_shared);
}

static void every_type_of_argument(void **state)
{
    NEED_GPU();
    const uint64_t out = alloc(64);
    const float f = -0.75f;
    const double d = 1e100;
    unsigned char map[128];
    for (int i = 0; i < 128; i++) map[i] = (unsigned char)(i * 3 + 1);
    uint64_t words[8] = { out, 0xab, 0xbeef, 0xdeadbeef, 0x0123456789abcdef, 0, 0, (uint64_t)(uintptr_t)map };
    memcpy(&words[5], &f, 4);
    memcpy(&words[6], &d, 8);
    const tr_cuda_kernel_options options = options_of("types.ptx");
    run(compile(
            "sm_75",
            ".param .u64 o, .param .u8 a, .param .u16 b, .param .u32 c, .param .u64 d, .param .f32 e, .param .f64 f, "
            ".param .align 64 .b8 m[128]",
            "ld.param.u64 %rd1, [o];\n"
            "ld.param.u8 %rs1, [a]; st.global.u8 [%rd1], %rs1;\n"
            "ld.param.u16 %rs2, [b]; st.global.u16 [%rd1+2], %rs2;\n"
            "ld.param.u32 %r1, [c]; st.global.u32 [%rd1+4], %r1;\n"
            "ld.param.u64 %rd2, [d]; st.global.u64 [%rd1+8], %rd2;\n"
            "ld.param.f32 %f1, [e]; st.global.f32 [%rd1+16], %f1;\n"
            "ld.param.f64 %fd1, [f]; st.global.f64 [%rd1+24], %fd1;\n"
            "ld.param.u64 %rd3, [m]; st.global.u64 [%rd1+32], %rd3;\n"
            "ld.param.u64 %rd4, [m+120]; st.global.u64 [%rd1+40], %rd4;",
            &options),
        one, words, 8);
    unsigned char got[64];
    read_back(got, out, sizeof(got));
    assert_int_equal(got[0], 0xab);
    assert_memory_equal(got + 2, &words[2], 2);
    assert_memory_equal(got + 4, &words[3], 4);
    assert_memory_equal(got + 8, &words[4], 8);
    assert_memory_equal(got + 16, &f, 4);
    assert_memory_equal(got + 24, &d, 8);
    assert_memory_equal(got + 32, map, 8);
    assert_memory_equal(got + 40, map + 120, 8);
    release(out);
}

/* The programs of a grid, and a stream of our own. */
static void grid_and_stream(void **state)
{
    NEED_GPU();
    enum { X = 5, Y = 3, Z = 2 };
    tr_error error;
    void *stream = NULL;
    uint32_t got[X * Y * Z];
    const uint64_t out = alloc(sizeof(got));
    const tr_cuda_kernel_options options = options_of("grid.ptx");
    tr_cuda_kernel *kernel = compile(
        "sm_75", ".param .u64 o",
        "ld.param.u64 %rd1, [o];\nmov.u32 %r1, %ctaid.z; mov.u32 %r2, %nctaid.y; mov.u32 %r3, %ctaid.y;\n"
        "mad.lo.u32 %r1, %r1, %r2, %r3;\nmov.u32 %r2, %nctaid.x; mov.u32 %r3, %ctaid.x;\n"
        "mad.lo.u32 %r1, %r1, %r2, %r3;\nmul.wide.u32 %rd2, %r1, 4; add.u64 %rd1, %rd1, %rd2;\n"
        "mul.lo.u32 %r1, %r1, 7; st.global.u32 [%rd1], %r1;",
        &options);
    check_ok(tr_cuda_stream_create(device, &stream, &error), &error);
    check_ok(tr_cuda_launch(kernel, (tr_grid){ X, Y, Z }, stream, &out, 1, &error), &error);
    check_ok(tr_cuda_read(device, got, out, sizeof(got), stream, &error), &error);
    for (uint32_t i = 0; i < X * Y * Z; i++) assert_int_equal(got[i], 7 * i);
    check_ok(tr_cuda_stream_destroy(device, stream, &error), &error);
    tr_cuda_kernel_destroy(kernel);
    release(out);
}

/* Cubins of Triton, with 0, 1 and 2 hidden parameters. */
static void cubins_of_triton(void **state)
{
    NEED_GPU();
    enum { N = 1000 };
    static const char *const versions[] = { "3.0.0", "3.4.0", "3.9.0" };
    float x[N], y[N], sum[N];
    tr_error error;
    if (tr_cuda_device_info(device)->arch != 90) skip();
    for (int i = 0; i < N; i++) x[i] = (float)i, y[i] = 0.5f * (float)i;
    const uint64_t dx = alloc(sizeof(x)), dy = alloc(sizeof(y)), out = alloc(sizeof(sum));
    check_ok(tr_cuda_write(device, dx, x, sizeof(x), NULL, &error), &error);
    check_ok(tr_cuda_write(device, dy, y, sizeof(y), NULL, &error), &error);
    for (size_t v = 0; v < 3; v++) {
        char path[PATH_MAX], *bytes;
        size_t size;
        tr_cuda_kernel *kernel = NULL;
        snprintf(path, sizeof(path), "%s/examples/artifacts/%s/sm90/vector_add_f32/vector_add_kernel.cubin",
                 getenv("TRITON_RUNNER_SOURCE"), versions[v]);
        check_ok(tr_file_read(path, &bytes, &size, &error), &error);
        tr_cuda_kernel_options options = options_of(path);
        options.num_warps = 0;
        options.shared = -1;
        options.hidden = -1;
        check_ok(tr_cuda_kernel_create(device, (tr_str){ bytes, size }, &options, &kernel, &error), &error);
        check_ok(tr_cuda_fill(device, out, 0, sizeof(sum), NULL, &error), &error);
        run(kernel, (tr_grid){ N, 1, 1 }, (uint64_t[]){ dx, dy, out, N }, 4);
        read_back(sum, out, sizeof(sum));
        for (int i = 0; i < N; i++) assert_true(sum[i] == x[i] + y[i]);
        free(bytes);
    }
    release(dx);
    release(dy);
    release(out);
}

/* ---------------------------------------------------------------- shared memory, clusters, scratch memory */

static void much_shared_memory(void **state)
{
    NEED_GPU();
    const int32_t most = tr_cuda_device_info(device)->max_shared_optin;
    const int32_t sizes[] = { 1024, 48 * 1024, most - 1024 };
    const uint64_t out = alloc(4);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t got = 0;
        tr_cuda_kernel_options options = options_of("shared.ptx");
        options.shared = sizes[i];
        tr_cuda_kernel *kernel = compile(
            "sm_75", ".param .u64 o, .param .u32 last",
            "ld.param.u64 %rd1, [o]; ld.param.u32 %r1, [last];\nmov.u32 %r2, smem; add.u32 %r2, %r2, %r1;\n"
            "mov.u32 %r3, 12345; st.shared.u32 [%r2], %r3; ld.shared.u32 %r4, [%r2]; st.global.u32 [%rd1], %r4;",
            &options);
        const int32_t fixed = tr_cuda_kernel_info_of(kernel)->static_shared;
        run(kernel, one, (uint64_t[]){ out, (uint64_t)sizes[i] - 4 }, 2);
        read_back(&got, out, 4);
        print_message("%d bytes of shared memory, and %d static\n", sizes[i], fixed);
        assert_int_equal(got, 12345);
    }
    release(out);
}

static void clusters(void **state)
{
    NEED_GPU();
    if (!tr_cuda_device_info(device)->clusters) skip();
    static const uint32_t sizes[] = { 2, 8, 16 };
    for (size_t i = 0; i < 3; i++) {
        enum { PROGRAMS = 3 };
        uint32_t got[PROGRAMS * 16 * 2];
        const uint32_t n = sizes[i];
        const uint64_t out = alloc(sizeof(got));
        tr_cuda_kernel_options options = options_of("cluster.ptx");
        memcpy(options.cluster, (uint32_t[]){ n, 1, 1 }, sizeof(options.cluster));
        tr_cuda_kernel *kernel = compile(
            "sm_90", ".param .u64 o",
            "ld.param.u64 %rd1, [o]; mov.u32 %r1, %ctaid.x; mul.wide.u32 %rd2, %r1, 8; add.u64 %rd1, %rd1, %rd2;\n"
            "mov.u32 %r2, %cluster_ctarank; mov.u32 %r3, %cluster_nctarank;\n"
            "st.global.u32 [%rd1], %r2; st.global.u32 [%rd1+4], %r3;",
            &options);
        run(kernel, (tr_grid){ PROGRAMS, 1, 1 }, &out, 1);
        read_back(got, out, sizeof(got));
        for (uint32_t b = 0; b < PROGRAMS * n; b++) {
            assert_int_equal(got[2 * b], b % n);
            assert_int_equal(got[2 * b + 1], n);
        }
        release(out);
    }
}

static void cooperative_and_programmatic(void **state)
{
    NEED_GPU();
    tr_error error;
    uint32_t got = 0;
    const uint64_t out = alloc(4);
    tr_cuda_kernel_options options = options_of("grid.ptx");
    options.cooperative = options.programmatic = true;
    tr_cuda_kernel *kernel = compile("sm_75", ".param .u64 o",
                                     "ld.param.u64 %rd1, [o]; mov.u32 %r1, 77; st.global.u32 [%rd1], %r1;", &options);
    const uint64_t most = tr_cuda_kernel_info_of(kernel)->max_blocks;
    assert_true(most >= (uint64_t)tr_cuda_device_info(device)->multiprocessors);
    check_fails(tr_cuda_launch(kernel, (tr_grid){ (uint32_t)most + 1, 1, 1 }, NULL, &out, 1, &error),
                TR_INVALID_ARGUMENT, &error, "too large for a cooperative launch");
    check_ok(tr_cuda_launch(kernel, (tr_grid){ (uint32_t)most, 1, 1 }, NULL, &out, 1, &error), &error);
    run(kernel, (tr_grid){ (uint32_t)most, 1, 1 }, &out, 1);
    read_back(&got, out, 4);
    assert_int_equal(got, 77);
    release(out);
}

/* Every block writes its number into all of its scratch memory, and reads it back. */
static void scratch_memory(void **state)
{
    NEED_GPU();
    enum { BLOCKS = 300, LAUNCHES = 50 };
    tr_error error;
    uint32_t got[BLOCKS * 2];
    const uint64_t out = alloc(sizeof(got));
    tr_cuda_kernel_options options = options_of("scratch.ptx");
    options.hidden = 2;
    options.global_scratch = (tr_cuda_scratch){ 256, 128 };
    options.profile_scratch = (tr_cuda_scratch){ 64, 4096 };
    tr_cuda_kernel *kernel = compile(
        "sm_75", ".param .u64 o, .param .u64 .ptr .global .align 1 g, .param .u64 .ptr .global .align 1 p",
        "ld.param.u64 %rd1, [o]; ld.param.u64 %rd2, [g]; ld.param.u64 %rd3, [p];\nmov.u32 %r1, %ctaid.x;\n"
        "mul.wide.u32 %rd4, %r1, 256; add.u64 %rd2, %rd2, %rd4; mul.wide.u32 %rd4, %r1, 64; add.u64 %rd3, %rd3, %rd4;\n"
        "mov.u32 %r2, 0; mul.lo.u32 %r3, %r1, 10;\n"
        "FILL: cvt.u64.u32 %rd5, %r2; add.u64 %rd6, %rd2, %rd5; st.volatile.global.u32 [%rd6], %r3;\n"
        "add.u32 %r2, %r2, 4; setp.lt.u32 %p1, %r2, 256; @%p1 bra FILL;\n"
        "st.volatile.global.u32 [%rd3+60], %r1;\n"
        "ld.volatile.global.u32 %r4, [%rd2+252]; ld.volatile.global.u32 %r5, [%rd3+60];\n"
        "mul.wide.u32 %rd4, %r1, 8; add.u64 %rd1, %rd1, %rd4; st.global.u32 [%rd1], %r4; st.global.u32 [%rd1+4], %r5;",
        &options);
    for (int i = 0; i < LAUNCHES; i++) {
        check_ok(tr_cuda_launch(kernel, (tr_grid){ BLOCKS, 1, 1 }, NULL, &out, 1, &error), &error);
    }
    run(kernel, (tr_grid){ BLOCKS, 1, 1 }, &out, 1);
    read_back(got, out, sizeof(got));
    for (uint32_t b = 0; b < BLOCKS; b++) {
        assert_int_equal(got[2 * b], 10 * b);
        assert_int_equal(got[2 * b + 1], b);
    }
    release(out);
}

/* ---------------------------------------------------------------- tensor maps */

enum { ROWS = 64, COLUMNS = 40, BLOCK_ROWS = 16, BLOCK_COLUMNS = 32, X = 16, Y = 56 };

/* A block at (Y, X) through the copy engine; it reaches over both edges. */
static void copy_block(bool nan_padding, float got[BLOCK_ROWS * BLOCK_COLUMNS])
{
    tr_error error;
    tr_tensor_map map;
    float tensor[ROWS * COLUMNS];
    for (int i = 0; i < ROWS * COLUMNS; i++) tensor[i] = (float)i + 1;
    const uint64_t in = alloc(sizeof(tensor)), out = alloc(BLOCK_ROWS * BLOCK_COLUMNS * 4);
    check_ok(tr_cuda_write(device, in, tensor, sizeof(tensor), NULL, &error), &error);
    const tr_tensor_map_spec spec = { .address = in,
                                      .rank = 2,
                                      .shape = { ROWS, COLUMNS },
                                      .strides = { COLUMNS, 1 },
                                      .block = { BLOCK_ROWS, BLOCK_COLUMNS },
                                      .elem_size = 4,
                                      .elem_type = 7,
                                      .nan_padding = nan_padding };
    check_ok(tr_tensor_map_encode(device, &spec, &map, &error), &error);
    tr_cuda_kernel_options options = options_of("tma.ptx");
    options.shared = 4096;
    tr_cuda_kernel *kernel = compile(
        "sm_90", ".param .align 64 .b8 map[128], .param .u64 o",
        "mov.b64 %rd1, map; cvta.param.u64 %rd2, %rd1; ld.param.u64 %rd3, [o];\n"
        "mov.u32 %r1, %tid.x; mov.u32 %r2, smem; add.u32 %r3, %r2, 2048; setp.ne.u32 %p1, %r1, 0;\n"
        "@%p1 bra WAIT;\n"
        "mbarrier.init.shared.b64 [%r3], 1; fence.mbarrier_init.release.cluster;\n"
        "mbarrier.arrive.expect_tx.shared.b64 %rd4, [%r3], 2048;\n"
        "mov.u32 %r4, 16; mov.u32 %r5, 56;\n"
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%rd2, {%r4, %r5}], "
        "[%r3];\n"
        "WAIT: bar.sync 0;\n"
        "TRY: mbarrier.try_wait.parity.shared.b64 %p2, [%r3], 0; @!%p2 bra TRY;\n"
        "mov.u32 %r6, 0; shl.b32 %r7, %r1, 2;\n"
        "COPY: add.u32 %r8, %r2, %r7; ld.shared.u32 %r9, [%r8]; cvt.u64.u32 %rd5, %r7; add.u64 %rd6, %rd3, %rd5;\n"
        "st.global.u32 [%rd6], %r9; add.u32 %r7, %r7, 128; add.u32 %r6, %r6, 1; setp.lt.u32 %p3, %r6, 16;\n"
        "@%p3 bra COPY;",
        &options);
    run(kernel, one, (uint64_t[]){ (uint64_t)(uintptr_t)&map, out }, 2);
    read_back(got, out, BLOCK_ROWS * BLOCK_COLUMNS * 4);
    release(in);
    release(out);
}

static void tensor_maps(void **state)
{
    NEED_GPU();
    if (tr_cuda_device_info(device)->arch < 90) skip();
    for (int nan_padding = 0; nan_padding < 2; nan_padding++) {
        float got[BLOCK_ROWS * BLOCK_COLUMNS];
        copy_block(nan_padding, got);
        for (int r = 0; r < BLOCK_ROWS; r++) {
            for (int c = 0; c < BLOCK_COLUMNS; c++) {
                const float value = got[r * BLOCK_COLUMNS + c];
                const bool inside = Y + r < ROWS && X + c < COLUMNS;
                if (inside) assert_true(value == (float)((Y + r) * COLUMNS + X + c) + 1);
                if (!inside) assert_true(nan_padding ? isnan(value) : value == 0);
            }
        }
    }
}

/* ---------------------------------------------------------------- other contexts, captures */

/* Entry points that src/cuda doesn't need. */
static void *cuda_symbol(const char *name)
{
    static void *library;
    if (!library) library = dlopen("libcuda.so.1", RTLD_NOW);
    void *found = library ? dlsym(library, name) : NULL;
    if (!found) fail_msg("no %s", name);
    return found;
}

#define CUDA(name, ...) ((tr_cu_result(*)(__VA_ARGS__))cuda_symbol(#name))

/* The caller works in a context of its own, or in none. */
static void other_contexts(void **state)
{
    NEED_GPU();
    tr_error error;
    tr_cu_context own = NULL, now = NULL;
    uint32_t got = 0;
    const uint64_t out = alloc(4);
    const tr_cuda_kernel_options options = options_of("context.ptx");
    tr_cuda_kernel *kernel = compile("sm_75", ".param .u64 o, .param .u32 v",
                                     "ld.param.u64 %rd1, [o]; ld.param.u32 %r1, [v]; st.global.u32 [%rd1], %r1;",
                                     &options);
    assert_int_equal(CUDA(cuCtxCreate_v2, tr_cu_context *, unsigned, int)(&own, 0, 0), 0);
    for (uint64_t i = 1; i <= 2; i++) {
        const tr_cu_context wanted = i == 1 ? own : NULL;
        assert_int_equal(CUDA(cuCtxSetCurrent, tr_cu_context)(wanted), 0);
        check_ok(tr_cuda_launch(kernel, one, NULL, (uint64_t[]){ out, i * 1000 }, 2, &error), &error);
        check_ok(tr_cuda_synchronize(device, NULL, kernel, &error), &error);
        read_back(&got, out, 4);
        assert_int_equal(got, i * 1000);
        assert_int_equal(CUDA(cuCtxGetCurrent, tr_cu_context *)(&now), 0);
        assert_ptr_equal(now, wanted);
    }
    assert_int_equal(CUDA(cuCtxDestroy_v2, tr_cu_context)(own), 0);
    tr_cuda_kernel_destroy(kernel);
    release(out);
}

/* Launches are captured into a graph, one with scratch memory among them, and replayed. */
static void captures(void **state)
{
    NEED_GPU();
    enum { REPLAYS = 3 };
    tr_error error;
    void *stream = NULL, *graph = NULL, *replay = NULL;
    uint32_t got = 0;
    const uint64_t out = alloc(4);
    tr_cuda_kernel_options options = options_of("capture.ptx");
    options.hidden = 1;
    options.global_scratch = (tr_cuda_scratch){ 64, 64 };
    tr_cuda_kernel *kernel = compile(
        "sm_75", ".param .u64 o, .param .u64 .ptr .global .align 1 g",
        "ld.param.u64 %rd1, [o]; ld.param.u64 %rd2, [g]; mov.u32 %r1, %tid.x; setp.ne.u32 %p1, %r1, 0; @%p1 ret;\n"
        "ld.global.u32 %r2, [%rd1]; add.u32 %r2, %r2, 5; st.volatile.global.u32 [%rd2], %r2;\n"
        "ld.volatile.global.u32 %r3, [%rd2]; st.global.u32 [%rd1], %r3;",
        &options);
    check_ok(tr_cuda_fill(device, out, 0, 4, NULL, &error), &error);
    check_ok(tr_cuda_synchronize(device, NULL, NULL, &error), &error);
    check_ok(tr_cuda_stream_create(device, &stream, &error), &error);
    assert_int_equal(CUDA(cuCtxSetCurrent, tr_cu_context)(device->context), 0);
    assert_int_equal(CUDA(cuStreamBeginCapture_v2, void *, int)(stream, 1), 0);
    check_ok(tr_cuda_launch(kernel, one, stream, &out, 1, &error), &error);
    check_ok(tr_cuda_launch(kernel, one, stream, &out, 1, &error), &error);
    assert_int_equal(CUDA(cuStreamEndCapture, void *, void **)(stream, &graph), 0);
    assert_int_equal(CUDA(cuGraphInstantiateWithFlags, void **, void *, unsigned long long)(&replay, graph, 0), 0);
    read_back(&got, out, 4);
    assert_int_equal(got, 0);
    for (int i = 0; i < REPLAYS; i++) assert_int_equal(CUDA(cuGraphLaunch, void *, void *)(replay, stream), 0);
    check_ok(tr_cuda_synchronize(device, stream, kernel, &error), &error);
    read_back(&got, out, 4);
    assert_int_equal(got, 5 * 2 * REPLAYS);
    assert_int_equal(CUDA(cuGraphExecDestroy, void *)(replay), 0);
    assert_int_equal(CUDA(cuGraphDestroy, void *)(graph), 0);
    assert_int_equal(CUDA(cuCtxSetCurrent, tr_cu_context)(NULL), 0);
    check_ok(tr_cuda_stream_destroy(device, stream, &error), &error);
    tr_cuda_kernel_destroy(kernel);
    release(out);
}

/* ---------------------------------------------------------------- refusals */

static void refused(const char *text, const tr_cuda_kernel_options *options, tr_status status, const char *part,
                    uint32_t line)
{
    tr_error error;
    tr_cuda_kernel *kernel = NULL;
    check_fails(tr_cuda_kernel_create(device, tr_str_of(text), options, &kernel, &error), status, &error, part);
    print_message("%s\n", error.message);
    assert_int_equal(error.line, line);
}

static void refusals(void **state)
{
    NEED_GPU();
    const int32_t ptx = tr_cuda_device_info(device)->ptx_version;
    char text[300];
    const tr_cuda_kernel_options options = options_of("k.ptx");
    refused(
        ".version 6.5\n.target sm_75\n.address_size 64\n.visible .entry k()\n{\n  mov.b32 %r1, nonsense;\n  ret;\n}\n",
        &options, TR_INVALID_INPUT, "the driver's PTX compiler refuses 'k.ptx'", 6);
    refused(".version 6.5\n.target sm_75\n.address_size 64\n.visible .entry k()\n{\n  frobnicate;\n}\n", &options,
            TR_INVALID_INPUT, "the driver's PTX compiler refuses 'k.ptx'", 6);
    snprintf(text, sizeof(text), ".version %d.%d\n.target sm_75\n.address_size 64\n.visible .entry k() { ret; }\n",
             (ptx + 1) / 10, (ptx + 1) % 10);
    refused(text, &options, TR_MISMATCH, "a newer ptxas could assemble it", 0);
    refused(".version 8.0\n.target sm_250\n.address_size 64\n.visible .entry k() { ret; }\n", &options, TR_MISMATCH,
            "is for sm_250, but device 0", 0);
    tr_cuda_kernel_options many = options;
    many.num_warps = 64;
    refused(".version 6.5\n.target sm_75\n.address_size 64\n.visible .entry k() { ret; }\n", &many, TR_UNSUPPORTED,
            "needs blocks of 2048 threads", 0);
}

/* The newest PTX that we take is one that the driver takes. */
static void newest_ptx(void **state)
{
    NEED_GPU();
    tr_error error;
    tr_cuda_kernel *kernel = NULL;
    const int32_t ptx = tr_cuda_device_info(device)->ptx_version;
    char text[300];
    const tr_cuda_kernel_options options = options_of("k.ptx");
    snprintf(text, sizeof(text), ".version %d.%d\n.target sm_75\n.address_size 64\n.visible .entry k() { ret; }\n",
             ptx / 10, ptx % 10);
    check_ok(tr_cuda_kernel_create(device, tr_str_of(text), &options, &kernel, &error), &error);
    tr_cuda_kernel_destroy(kernel);
}

static void addresses(void **state)
{
    NEED_GPU();
    tr_error error;
    bool usable = false;
    int here = 0;
    uint64_t named = 0;
    const uint64_t address = alloc(256);
    check_ok(tr_cuda_is_device_address(device, address + 16, &usable, &named, &error), &error);
    assert_true(usable);
    assert_int_equal(named, address + 16);
    check_ok(tr_cuda_is_device_address(device, (uint64_t)(uintptr_t)&here, &usable, &named, &error), &error);
    assert_false(usable);
    release(address);
}

static void end(void **state)
{
    NEED_GPU();
    tr_cuda_device_destroy(device);
    device = NULL;
    has_gpu = false;
}

#define ON_GPU(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),
        ON_GPU(facts),
        ON_GPU(every_type_of_argument),
        ON_GPU(grid_and_stream),
        ON_GPU(cubins_of_triton),
        ON_GPU(much_shared_memory),
        ON_GPU(clusters),
        ON_GPU(cooperative_and_programmatic),
        ON_GPU(scratch_memory),
        ON_GPU(tensor_maps),
        ON_GPU(other_contexts),
        ON_GPU(captures),
        ON_GPU(refusals),
        ON_GPU(newest_ptx),
        ON_GPU(addresses),
        cmocka_unit_test(end),
    };
    return cmocka_run_group_tests_name("cuda_gpu", tests, NULL, NULL);
}
