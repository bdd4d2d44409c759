/* runner: kernels on a GPU through the public interface, with a driver that has none. */
#include "../fake_cuda/fixture.h"

#include "test_lower.h"

static tr_context *context;

/* Without a ptxas, so that PTX goes to the driver, unless `ptxas` is one. */
static void open_context(const char *python, const char *ptxas)
{
    tr_error error;
    const tr_context_options options = { .threads = 1,
                                         .python = python ? python : "/nowhere/python",
                                         .no_cache = true,
                                         .ptxas = ptxas ? ptxas : "/nowhere/ptxas" };
    check_ok(tr_context_create(&options, &context, &error), &error);
}

static int begin(void **state)
{
    if (begin_test(state) || begin_fake(state)) return -1;
    open_context(NULL, NULL);
    return 0;
}

static int end(void **state)
{
    tr_context_destroy(context);
    end_fake(state);
    return end_test(state);
}

#define RUNNER_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

static const tr_grid one = { 1, 1, 1 };

static tr_status try_load(tr_str image, const tr_load *more, tr_kernel **out, tr_error *error)
{
    tr_load load = more ? *more : (tr_load){ 0 };
    load.device = "cuda";
    *error = (tr_error){ 0 };
    return tr_kernel_load_memory(context, image.data, image.size, "k.x", &load, out, error);
}

static tr_kernel *load(tr_str image, const tr_load *more)
{
    tr_error error;
    tr_kernel *kernel = NULL;
    check_ok(try_load(image, more, &kernel, &error), &error);
    return kernel;
}

static void load_fails(tr_str image, const tr_load *more, tr_status status, const char *part)
{
    tr_error error;
    tr_kernel *kernel = NULL;
    check_fails(try_load(image, more, &kernel, &error), status, &error, part);
    assert_null(kernel);
}

static void *word_of(int param)
{
    void *word;
    memcpy(&word, fake->launches[*fake->launch_count - 1].params[param], sizeof(word));
    return word;
}

static const char four_warps[] = "{\"name\": \"k\", \"num_warps\": 4, \"shared\": 0, \"triton_version\": \"3.2.0\"}";

/* ---------------------------------------------------------------- what a kernel tells */

static void resources(void **state)
{
    (void)state;
    tr_resources r;
    fake->function->registers = 33;
    fake->function->local_bytes = 16;
    fake->function->static_shared = 64;
    fake->function->max_threads = 512;
    tr_kernel *kernel = load(ptx_with(".param .u32 n", "", ""),
                             &(tr_load){ .metadata_text = "{\"name\": \"k\", \"num_warps\": 4, \"shared\": 2048}" });
    tr_kernel_resources(kernel, &r);
    assert_int_equal(r.registers, 33);
    assert_int_equal(r.local_bytes, 16);
    assert_int_equal(r.static_shared, 64);
    assert_int_equal(r.dynamic_shared, 2048);
    assert_int_equal(r.max_threads, 512);
    assert_non_null(r.function);
    assert_non_null(r.module);
    assert_ptr_not_equal(r.function, r.module);
    assert_true(tr_kernel_param_written(kernel, 0)); /* nobody knows */
    tr_kernel_destroy(kernel);
}

/* A ptxas whose machine code is the PTX itself, with which the fake driver is content. */
static const char *write_ptxas(void)
{
    return write_program("ptxas",
                         format("#!/bin/sh\ncase $1 in\n"
                                "--version) echo 'Cuda compilation tools, release 13.0, V13.0.99'; exit;;\n"
                                "--help) echo \"Allowed values: 'sm_80','sm_90','sm_90a'.\"; exit;;\nesac\n"
                                "for word; do case $word in *.ptx) in=$word;; *.cubin) out=$word;; esac; done\n"
                                "echo \"$@\" >%s\ncp $in $out\n",
                                in_root("options")));
}

/* What a kernel was lowered to is kept, and the metadata that belongs to it. */
static void stages(void **state)
{
    (void)state;
    tr_stage stage;
    tr_context_destroy(context);
    open_context(NULL, write_ptxas());
    const tr_str image = ptx_with(".param .u32 n", ".reqntid 128, 1, 1", "");
    const tr_load how = { .metadata_text = four_warps, .options = "{\"enable_fp_fusion\": false}" };
    tr_kernel *kernel = load(image, &how);
    assert_true(tr_kernel_stage(kernel, 0, &stage));
    assert_int_equal(stage.level, TR_LEVEL_PTX);
    assert_int_equal(stage.size, image.size);
    assert_memory_equal(stage.data, image.data, image.size);
    assert_true(tr_kernel_stage(kernel, 1, &stage));
    assert_int_equal(stage.level, TR_LEVEL_CUBIN);
    assert_memory_equal(stage.data, image.data, image.size);
    assert_false(tr_kernel_stage(kernel, 2, &stage));
    assert_false(tr_kernel_stage(kernel, -1, &stage));
    /* The machine code's metadata has what its making added; the artifact's is as it was. */
    assert_non_null(strstr(tr_kernel_metadata_text(kernel), "\"enable_fp_fusion\": false"));
    assert_null(tr_kernel_metadata(kernel, "enable_fp_fusion"));
    char *words;
    size_t size;
    tr_error error;
    check_ok(tr_file_read(in_root("options"), &words, &size, &error), &error);
    assert_non_null(strstr(words, "--fmad=false"));
    free(words);
    tr_kernel_destroy(kernel);
    load_fails(image, &(tr_load){ .options = "{\"num_warps\": 8}" }, TR_INVALID_ARGUMENT,
               "the option 'num_warps' has no effect on PTX");
}

static void metadata_as_text(void **state)
{
    (void)state;
    const tr_str image = ptx_with(".param .u32 n", "", "");
    load_fails(image, NULL, TR_MISMATCH, "warps");
    tr_kernel *kernel = load(image, &(tr_load){ .metadata_text = four_warps });
    assert_string_equal(tr_kernel_metadata_text(kernel), four_warps);
    assert_string_equal(tr_kernel_metadata(kernel, "num_warps"), "4");
    tr_kernel_destroy(kernel);
    load_fails(image, &(tr_load){ .metadata_text = "{\"name\": 7}" }, TR_INVALID_INPUT, "\"name\"");
    load_fails(image, &(tr_load){ .metadata_text = "no" }, TR_INVALID_INPUT, "metadata is not JSON");
}

/* Where nothing is compiled, or the driver does it, options have nobody to read them. */
static void options_without_a_compiler(void **state)
{
    (void)state;
    const tr_str image = ptx_with("", ".reqntid 128, 1, 1", "");
    load_fails(image, &(tr_load){ .options = "{\"enable_fp_fusion\": false}" }, TR_UNAVAILABLE, "/nowhere/ptxas");
    load_fails(image, &(tr_load){ .options = "[1]" }, TR_INVALID_ARGUMENT, "must be a JSON object");
    load_fails(image, &(tr_load){ .options = "{" }, TR_INVALID_ARGUMENT, "must be a JSON object: ");
    tr_kernel_destroy(load(image, &(tr_load){ .options = "{}" }));
}

/* ---------------------------------------------------------------- arguments */

/* What a kernel gets for a buffer lies in its copy, as far behind its beginning as the argument says. */
static float seen[4];

static void look_back(const fake_launch *launch, void *const *params)
{
    (void)launch;
    float *pointer;
    memcpy(&pointer, params[0], sizeof(pointer));
    memcpy(seen, pointer - 2, sizeof(seen));
    pointer[-2] = 9;
}

static void views(void **state)
{
    (void)state;
    tr_error error;
    float x[4] = { 1, 2, 3, 4 };
    tr_kernel *kernel = load(ptx_with(".param .u64 x, .param .u32 n", "", ""),
                             &(tr_load){ .metadata_text = four_warps });
    *fake->work = look_back;
    const tr_arg args[] = { tr_arg_view(x, sizeof(x), 8), tr_arg_i32(5) };
    check_ok(tr_launch(kernel, one, args, 2, NULL, &error), &error);
    assert_memory_equal(seen, ((float[]){ 1, 2, 3, 4 }), sizeof(seen));
    assert_true(x[0] == 9 && x[1] == 2);
    const tr_arg beyond[] = { tr_arg_view(x, 16, 17), tr_arg_i32(5) };
    check_fails(tr_launch(kernel, one, beyond, 2, NULL, &error), TR_INVALID_ARGUMENT, &error,
                "points 17 bytes into a buffer of 16 bytes");
    const tr_arg lost[] = { tr_arg_view(NULL, 16, 0), tr_arg_i32(5) };
    check_fails(tr_launch(kernel, one, lost, 2, NULL, &error), TR_INVALID_ARGUMENT, &error, "NULL buffer of 16 bytes");
    *fake->work = NULL;
    const tr_arg none[] = { tr_arg_buffer(NULL, 0), tr_arg_i32(5) };
    check_ok(tr_launch(kernel, one, none, 2, NULL, &error), &error);
    assert_null(word_of(0));
    const tr_arg end_of[] = { tr_arg_view(x, 16, 16), tr_arg_i32(5) };
    check_ok(tr_launch(kernel, one, end_of, 2, NULL, &error), &error);
    tr_kernel_destroy(kernel);
}

/* Arguments that are taken where they stand, and those that aren't: what the kernel gets is the same. */
static void plain_and_other_arguments(void **state)
{
    (void)state;
    tr_error error;
    void *memory;
    check_ok(tr_memory_create(context, "cuda", 64, &memory, &error), &error);
    tr_kernel *kernel = load(ptx_with(".param .u64 p, .param .u32 n, .param .u32 u, .param .f32 f, .param .u64 q, "
                                      ".param .f64 d, .param .u16 h, .param .u8 b",
                                      "", ""),
                             &(tr_load){ .metadata_text = four_warps });
    tr_arg typed = tr_arg_device(memory, 64);
    typed.dtype = TR_F32;
    typed.bits = 32; /* not looked at */
    const tr_arg pointers[] = { tr_arg_device(memory, 64), typed };
    for (int p = 0; p < 2; p++) {
        const tr_arg args[] = { pointers[p],   tr_arg_i32(-2),   tr_arg_int(TR_U32, 7), tr_arg_f32(1.5f),
                                tr_arg_i64(4), tr_arg_f64(2.25), tr_arg_f16(1.0),       tr_arg_int(TR_U8, 200) };
        check_ok(tr_launch(kernel, one, args, 8, NULL, &error), &error);
        const fake_launch *l = &fake->launches[p];
        assert_ptr_equal(word_of(0), memory);
        assert_memory_equal(l->params[1], ((int32_t[]){ -2 }), 4);
        assert_memory_equal(l->params[2], ((int32_t[]){ 7 }), 4);
        assert_memory_equal(l->params[3], ((float[]){ 1.5f }), 4);
        assert_memory_equal(l->params[4], ((int64_t[]){ 4 }), 8);
        assert_memory_equal(l->params[5], ((double[]){ 2.25 }), 8);
        assert_memory_equal(l->params[6], ((uint16_t[]){ 0x3c00 }), 2);
        assert_int_equal(l->params[7][0], 200);
    }
    tr_arg wrong[8] = { pointers[0], tr_arg_i64(1) };
    for (int i = 2; i < 8; i++) wrong[i] = tr_arg_i32(0);
    check_fails(tr_launch(kernel, one, wrong, 8, NULL, &error), TR_INVALID_ARGUMENT, &error,
                "argument 1 is a parameter of 4 bytes, got i64");
    wrong[1] = pointers[0];
    check_fails(tr_launch(kernel, one, wrong, 8, NULL, &error), TR_INVALID_ARGUMENT, &error, "4 bytes, no buffer");
    wrong[1] = (tr_arg){ .kind = (tr_arg_kind)9 };
    check_fails(tr_launch(kernel, one, wrong, 8, NULL, &error), TR_INVALID_ARGUMENT, &error, "argument 1");
    check_fails(tr_launch(kernel, one, wrong, 1, NULL, &error), TR_MISMATCH, &error, "too few");
    assert_int_equal(*fake->launch_count, 2);
    tr_kernel_destroy(kernel);
    check_ok(tr_memory_destroy(context, "cuda", memory, &error), &error);
}

/* Every number of arguments, from none to more than are looked at together. */
static void every_count(void **state)
{
    (void)state;
    enum { MOST = 70 };
    tr_error error;
    tr_arg args[MOST];
    char params[MOST * 20] = "";
    for (int32_t count = 0; count <= MOST; count++) {
        tr_kernel *kernel = load(ptx_with(params, "", ""), &(tr_load){ .metadata_text = four_warps });
        *fake->launch_count = 0;
        check_ok(tr_launch(kernel, (tr_grid){ 5, 6, 7 }, args, count, NULL, &error), &error);
        const fake_launch *l = &fake->launches[0];
        assert_int_equal(l->param_count, count);
        assert_memory_equal(l->grid, ((unsigned[]){ 5, 6, 7 }), sizeof(l->grid));
        for (int32_t i = 0; i < count; i++) assert_memory_equal(l->params[i], ((int32_t[]){ 3 * i }), 4);
        for (int32_t i = 0; i < count; i++) {
            const tr_arg right = args[i];
            args[i] = tr_arg_i16(0);
            check_fails(tr_launch(kernel, one, args, count, NULL, &error), TR_INVALID_ARGUMENT, &error, "got i16");
            args[i] = right;
        }
        check_fails(tr_launch(kernel, (tr_grid){ 1, 0, 1 }, args, count, NULL, &error), TR_INVALID_ARGUMENT, &error,
                    "the grid (1, 0, 1) is 0 in y");
        assert_int_equal(*fake->launch_count, 1);
        tr_kernel_destroy(kernel);
        if (count == MOST) break;
        args[count] = tr_arg_i32(3 * count);
        snprintf(params + strlen(params), 20, "%s.param .u32 a%d", count ? ", " : "", count);
    }
}

/* A kernel whose text has types, and machine code of a Triton that is none. */
static void typed_arguments(void **state)
{
    (void)state;
    static const char ttir[] = "module {\n  tt.func public @k(%x: !tt.ptr<f32>, %n: i32, %f: f32) {\n    tt.return\n  "
                               "}\n}\n";
    tr_error error;
    tr_text answer = { 0 };
    const tr_str ptx = ptx_with(".param .u64 x, .param .u32 n, .param .f32 f", ".reqntid 128, 1, 1", "");
    add_success(&answer, ptx.data, ptx.size);
    const char *python = write_triton("python", "", &answer, "cat >/dev/null");
    tr_context_destroy(context);
    open_context(python, write_ptxas());
    tr_kernel *kernel = load(tr_str_of(ttir), NULL);
    tr_stage stage;
    assert_true(tr_kernel_stage(kernel, 0, &stage) && stage.level == TR_LEVEL_TTIR);
    assert_true(tr_kernel_stage(kernel, 1, &stage) && stage.level == TR_LEVEL_LLIR);
    assert_true(tr_kernel_stage(kernel, 3, &stage) && stage.level == TR_LEVEL_CUBIN);

    tr_arg memory = tr_arg_device((void *)0x1000, 64);
    const tr_arg counts[] = { tr_arg_i32(5), tr_arg_int(TR_U32, 5), tr_arg_i64(5), tr_arg_i8(5) };
    for (int i = 0; i < 8; i++) {
        memory.dtype = i % 2 ? TR_F32 : TR_DTYPE_NONE;
        const tr_arg args[] = { memory, counts[i / 2], tr_arg_f32(0.5f) };
        check_ok(tr_launch(kernel, one, args, 3, NULL, &error), &error);
        const fake_launch *l = &fake->launches[i];
        assert_ptr_equal(word_of(0), (void *)0x1000);
        assert_memory_equal(l->params[1], ((int32_t[]){ 5 }), 4);
        assert_memory_equal(l->params[2], ((float[]){ 0.5f }), 4);
    }
    const struct {
        tr_arg args[3];
        int32_t count;
        const char *part;
    } wrong[] = {
        { { memory, counts[0] }, 2, "too few arguments: kernel 'k' takes 3, got 2" },
        { { counts[0], counts[0], tr_arg_f32(0) },
          3,
          "argument 0 'x' (!tt.ptr<f32>) needs a buffer, got a scalar i32" },
        { { memory, memory, tr_arg_f32(0) }, 3, "argument 1 'n' (i32) needs a scalar, got a buffer" },
        { { memory, tr_arg_i64(1ll << 40), tr_arg_f32(0) }, 3, "argument 1 'n' (i32) does not hold 1099511627776" },
        { { memory, counts[0], tr_arg_f64(0) }, 3, "argument 2 'f' (f32) needs a scalar f32, got f64" },
        { { { TR_ARG_DEVICE, TR_F16, (void *)8, 8, 0 }, counts[0], tr_arg_f32(0) },
          3,
          "needs a buffer of f32, got one of f16" },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check_fails(tr_launch(kernel, one, wrong[i].args, wrong[i].count, NULL, &error), TR_INVALID_ARGUMENT, &error,
                    wrong[i].part);
    assert_int_equal(*fake->launch_count, 8);
    tr_kernel_destroy(kernel);
}

/* ---------------------------------------------------------------- scratch memory */

typedef struct wishes {
    int count;
    uint64_t sizes[4], alignments[4];
    void *stream, *answers[4];
} wishes;

static void *allocate(void *user, uint64_t size, uint64_t alignment, void *stream)
{
    wishes *w = user;
    w->sizes[w->count] = size;
    w->alignments[w->count] = alignment;
    w->stream = stream;
    return w->answers[w->count++];
}

static void scratch_of_the_caller(void **state)
{
    (void)state;
    tr_error error;
    static const char wants[] = "{\"name\": \"k\", \"num_warps\": 4, \"shared\": 0, \"triton_version\": \"3.6.0\", "
                                "\"global_scratch_size\": 100, \"global_scratch_align\": 128, "
                                "\"profile_scratch_size\": 8}";
    tr_kernel *kernel = load(ptx_with(".param .u32 n, " POINTER "g, " POINTER "p", "", ""),
                             &(tr_load){ .metadata_text = wants });
    const tr_arg n = tr_arg_i32(1);
    wishes w = { .answers = { (void *)0x10000, (void *)0x20008 } };
    tr_launch_options options = { .allocate = allocate, .allocate_user = &w };
    const int before = fake->calls("cuMemAllocFromPoolAsync") + fake->calls("cuMemFreeAsync");
    check_ok(tr_launch(kernel, (tr_grid){ 3, 2, 1 }, &n, 1, &options, &error), &error);
    assert_int_equal(w.count, 2);
    assert_int_equal(w.sizes[0], 600); /* of the whole grid */
    assert_int_equal(w.alignments[0], 128);
    assert_int_equal(w.sizes[1], 48);
    assert_int_equal(w.alignments[1], 1);
    assert_ptr_equal(word_of(1), (void *)0x10000);
    assert_ptr_equal(word_of(2), (void *)0x20008);

    w = (wishes){ 0 };
    check_fails(tr_launch(kernel, one, &n, 1, &options, &error), TR_OUT_OF_MEMORY, &error,
                "no 100 bytes of global scratch memory for kernel 'k'");
    w = (wishes){ .answers = { (void *)0x10000 } };
    check_fails(tr_launch(kernel, one, &n, 1, &options, &error), TR_OUT_OF_MEMORY, &error,
                "no 8 bytes of profile scratch memory");
    w = (wishes){ .answers = { (void *)0x10040, (void *)1 } };
    check_fails(tr_launch(kernel, one, &n, 1, &options, &error), TR_INVALID_ARGUMENT, &error, "aligned to 128 bytes");
    assert_int_equal(*fake->launch_count, 1);
    assert_int_equal(fake->calls("cuMemAllocFromPoolAsync") + fake->calls("cuMemFreeAsync"), before);

    options.allocate = NULL;
    check_ok(tr_launch(kernel, one, &n, 1, &options, &error), &error);
    assert_int_equal(fake->calls("cuMemAllocFromPoolAsync") + fake->calls("cuMemFreeAsync"), before + 4);
    tr_kernel_destroy(kernel);
}

/* ---------------------------------------------------------------- memory */

static void locating_memory(void **state)
{
    (void)state;
    tr_error error;
    void *memory, *found = NULL;
    int here = 0;
    check_ok(tr_memory_create(context, "cuda", 64, &memory, &error), &error);
    check_ok(tr_memory_locate(context, "cuda", (char *)memory + 8, &found, &error), &error);
    assert_ptr_equal(found, (char *)memory + 8);
    check_fails(tr_memory_locate(context, "cuda", &here, &found, &error), TR_INVALID_ARGUMENT, &error,
                "is no memory that device 'cuda' can access");
    assert_ptr_equal(found, (char *)memory + 8);
    fake->refuse("cuPointerGetAttribute", 1, 700, false);
    check_fails(tr_memory_locate(context, "cuda", memory, &found, &error), TR_OUT_OF_BOUNDS, &error,
                "asking what an address is");
    check_ok(tr_memory_locate(context, "cuda", NULL, &found, &error), &error);
    assert_null(found);
    check_ok(tr_memory_locate(context, "cpu", &here, &found, &error), &error);
    assert_ptr_equal(found, &here);
    check_fails(tr_memory_locate(context, "cpu", &here, NULL, &error), TR_INVALID_ARGUMENT, &error, "nowhere");
    check_fails(tr_memory_locate(context, "tpu", &here, &found, &error), TR_INVALID_ARGUMENT, &error, "tpu");
    check_ok(tr_memory_destroy(context, "cuda", memory, &error), &error);
}

/* ---------------------------------------------------------------- failures */

/* Loading, a launch with host buffers, a tensor descriptor and scratch memory, and waiting for it. */
static tr_status load_and_launch(tr_error *error)
{
    static const char metadata[] =
        "{\"name\": \"k\", \"num_warps\": 4, \"shared\": 0, \"triton_version\": \"3.6.0\", \"global_scratch_size\": "
        "64, "
        "\"global_scratch_align\": 128, \"tensordesc_meta\": [{\"block_size\": [32], \"swizzle\": 0, \"elem_size\": 4, "
        "\"elem_type\": 7}]}";
    float x[64] = { 0 }, y[64] = { 0 };
    const tr_arg args[] = { tr_arg_buffer(x, sizeof(x)), tr_arg_i64(64), tr_arg_i64(1), tr_arg_view(y, sizeof(y), 8) };
    tr_kernel *kernel = NULL;
    TR_TRY(try_load(ptx_with(".param .align 64 .b8 d[128], .param .u64 n, .param .u64 s, .param .u64 y, " POINTER
                             "g, " POINTER "p",
                             "", ""),
                    &(tr_load){ .metadata_text = metadata }, &kernel, error));
    tr_status status = tr_launch(kernel, (tr_grid){ 2, 1, 1 }, args, 4, NULL, error);
    if (status == TR_OK) status = tr_synchronize(kernel, NULL, error);
    tr_kernel_destroy(kernel);
    return status;
}

static void reopen_context(void)
{
    tr_context_destroy(context);
    context = NULL;
    open_context(NULL, NULL);
}

/* Each call of the driver fails once; ours then fail too, and leave nothing. */
static void every_call_fails_once(void **state)
{
    (void)state;
    tr_error error = { 0 };
    const int before = fake->calls(NULL);
    check_ok(load_and_launch(&error), &error);
    reopen_context();
    const int count = fake->calls(NULL) - before;
    assert_true(count > 40);
    int failures = 0;
    for (int nth = 1; nth <= count; nth++) {
        error = (tr_error){ 0 };
        fake->refuse(NULL, nth, 999, false);
        const tr_status status = load_and_launch(&error);
        reopen_context();
        assert_int_equal(status, error.status);
        failures += status != TR_OK;
        if (strcmp(fake->last(), "cuDevicePrimaryCtxRelease") == 0)
            assert_int_equal(driver.cuDevicePrimaryCtxRelease(0), 0); /* the one thing that nobody can mend */
        check_nothing_alive();
    }
    assert_true(failures > count / 3);
    check_ok(load_and_launch(&error), &error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNER_TEST(resources),
        RUNNER_TEST(stages),
        RUNNER_TEST(metadata_as_text),
        RUNNER_TEST(options_without_a_compiler),
        RUNNER_TEST(views),
        RUNNER_TEST(plain_and_other_arguments),
        RUNNER_TEST(every_count),
        RUNNER_TEST(typed_arguments),
        RUNNER_TEST(scratch_of_the_caller),
        RUNNER_TEST(locating_memory),
        RUNNER_TEST(every_call_fails_once),
    };
    setenv("TRITON_RUNNER_CUDA_DRIVER", fake_path("fake_cuda"), 1);
    return cmocka_run_group_tests_name("runner_cuda", tests, NULL, NULL);
}
