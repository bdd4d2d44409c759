/* lower: real Tritons, where tools/triton_venvs.sh has put them; without one its test is skipped. */
#include "test_lower.h"

/* The Python of a version, NULL where it isn't there. */
static const char *find_python(const char *version)
{
    const char *folder = getenv("TRITON_RUNNER_VENVS"), *home = getenv("HOME");
    const char *path = folder && *folder
                           ? format("%s/%s/bin/python", folder, version)
                           : format("%s/.cache/triton-runner/venvs/%s/bin/python", home ? home : "", version);
    return access(path, X_OK) == 0 ? path : NULL;
}

static const char *need_python(const char *version)
{
    const char *path = find_python(version);
    if (!path) {
        print_message("# SKIP no Triton %s\n", version);
        skip();
    }
    return path;
}

static const char *artifact(const char *version, const char *kernel, const char *suffix)
{
    return format("%s/examples/artifacts/%s/sm90/%s.%s", getenv("TRITON_RUNNER_SOURCE"), version, kernel, suffix);
}

/* Released with free(). */
static tr_str read_artifact(const char *version, const char *kernel, const char *suffix)
{
    char *data;
    size_t size;
    tr_error error;
    check_ok(tr_file_read(artifact(version, kernel, suffix), &data, &size, &error), &error);
    return (tr_str){ data, size };
}

static void check_stage(const tr_lowered *lowered, tr_level level, tr_str expected)
{
    for (int32_t i = 0; i < lowered->count; i++) {
        if (lowered->stages[i].level != level) continue;
        assert_int_equal(lowered->stages[i].size, expected.size);
        assert_memory_equal(lowered->stages[i].data, expected.data, expected.size);
        return;
    }
    fail_msg("no %s", tr_level_name(level));
}

/* From every level down to a cubin: the PTX and the cubin are Triton's own, byte for byte. */
static void lower_as_triton(const char *version, const char *kernel)
{
    const char *python = need_python(version);
    tr_lowering *lowering;
    tr_error error;
    const tr_lowering_options options = { .python = python, .cache = in_root("cache") };
    check_ok(tr_lowering_create(&options, &lowering, &error), &error);
    tr_str metadata = read_artifact(version, kernel, "json"), ptx = read_artifact(version, kernel, "ptx");
    tr_str cubin = read_artifact(version, kernel, "cubin");
    for (int level = TR_LEVEL_TTIR; level < TR_LEVEL_CUBIN; level++) {
        tr_str input = read_artifact(version, kernel, tr_level_name((tr_level)level));
        const tr_lower_request request = { .from = (tr_level)level,
                                           .bytes = input,
                                           .name = artifact(version, kernel, tr_level_name((tr_level)level)),
                                           .metadata = metadata.data,
                                           .to = TR_LEVEL_CUBIN,
                                           .timeout_seconds = 200 };
        for (int again = 0; again < 2; again++) {
            tr_lowered lowered;
            check_ok(tr_lower(lowering, &request, &lowered, &error), &error);
            assert_int_equal(lowered.count, TR_LEVEL_CUBIN - level);
            if (level < TR_LEVEL_PTX) check_stage(&lowered, TR_LEVEL_PTX, ptx);
            check_stage(&lowered, TR_LEVEL_CUBIN, cubin);
            assert_non_null(strstr(lowered.metadata, "\"shared\": "));
            assert_true(again == 0 || lowered.cached);
            assert_true(again == 1 || level == TR_LEVEL_PTX || !lowered.cached);
            tr_lowered_deinit(&lowered);
        }
        free((char *)input.data);
    }
    free((char *)metadata.data);
    free((char *)ptx.data);
    free((char *)cubin.data);
    tr_lowering_destroy(lowering);
    check_nothing_left();
}

static void triton_3_0(void **state)
{
    (void)state;
    lower_as_triton("3.0.0", "matmul_f16/matmul_kernel");
}

static void triton_3_4(void **state)
{
    (void)state;
    lower_as_triton("3.4.0", "matmul_f16/matmul_kernel");
}

static void triton_3_9(void **state)
{
    (void)state;
    lower_as_triton("3.9.0", "matmul_f16/matmul_kernel");
}

/* A dot for sm_100 aborts the process of 3.1.0. The next request gets a new one. */
static void triton_3_1_aborts(void **state)
{
    (void)state;
    tr_lowering *lowering = create_lowering(need_python("3.1.0"));
    tr_str input = read_artifact("3.0.0", "matmul_f16/matmul_kernel", "ttir");
    tr_lower_request request = { .from = TR_LEVEL_TTIR,
                                 .bytes = input,
                                 .name = "matmul.ttir",
                                 .to = TR_LEVEL_CUBIN,
                                 .arch = 100,
                                 .timeout_seconds = 200 };
    tr_lowered lowered;
    tr_error error;
    check_fails(tr_lower(lowering, &request, &lowered, &error), TR_TRAPPED, &error,
                "Triton 3.1.0 can't bring this TTIR to TTGIR for sm_100: its process was killed by SIGABRT");
    assert_non_null(strstr(error.message, "computeCapability not supported"));
    request.arch = 80;
    request.to = TR_LEVEL_TTGIR;
    check_ok(tr_lower(lowering, &request, &lowered, &error), &error);
    tr_lowered_deinit(&lowered);
    free((char *)input.data);
    tr_lowering_destroy(lowering);
    check_nothing_left();
}

/* TTGIR of sm_75 goes to sm_90; TTGIR of sm_90 with a wgmma does not go to sm_120. */
static void ttgir_goes_upward(void **state)
{
    (void)state;
    tr_lowering *lowering = create_lowering(need_python("3.4.0"));
    tr_str input = read_artifact("3.4.0", "matmul_f16/matmul_kernel", "ttir");
    tr_lower_request request = { .from = TR_LEVEL_TTIR,
                                 .bytes = input,
                                 .name = "matmul.ttir",
                                 .to = TR_LEVEL_TTGIR,
                                 .arch = 75,
                                 .timeout_seconds = 200 };
    tr_lowered old, lowered;
    tr_error error;
    check_ok(tr_lower(lowering, &request, &old, &error), &error);
    request.from = TR_LEVEL_TTGIR;
    request.bytes = tr_lowered_bytes(&old);
    request.metadata = old.metadata;
    request.name = "matmul.ttgir";
    request.to = TR_LEVEL_CUBIN;
    request.arch = 90;
    check_ok(tr_lower(lowering, &request, &lowered, &error), &error);
    assert_non_null(strstr(lowered.stages[1].data, ".target sm_90a"));
    assert_int_equal(lowered.arch, 90);
    tr_lowered_deinit(&lowered);
    tr_lowered_deinit(&old);
    free((char *)input.data);

    input = read_artifact("3.4.0", "matmul_f16/matmul_kernel", "ttgir");
    request.bytes = input;
    request.metadata = NULL;
    request.arch = 120;
    check_fails(tr_lower(lowering, &request, &lowered, &error), TR_MISMATCH, &error, "sm_90");
    assert_non_null(strstr(error.message, "sm_120"));
    free((char *)input.data);
    tr_lowering_destroy(lowering);
    check_nothing_left();
}

static void damaged_text(void **state)
{
    (void)state;
    tr_lowering *lowering = create_lowering(need_python("3.4.0"));
    tr_lower_request request = { .from = TR_LEVEL_TTIR,
                                 .bytes = TR_STR("module {\n  tt.func public @k() {\n    tt.what\n  }\n}\n"),
                                 .name = "folder/k.ttir",
                                 .to = TR_LEVEL_PTX,
                                 .arch = 90,
                                 .timeout_seconds = 200 };
    tr_lowered lowered;
    tr_error error;
    check_fails(tr_lower(lowering, &request, &lowered, &error), TR_INVALID_INPUT, &error, "tt.what");
    assert_string_equal(error.file, "folder/k.ttir");
    assert_int_equal(error.line, 3);
    assert_non_null(strstr(error.excerpt, "tt.what"));
    request.options = "{\"num_wraps\": 4}";
    request.bytes = TR_STR("module {\n  tt.func public @k() {\n    tt.return\n  }\n}\n");
    check_fails(tr_lower(lowering, &request, &lowered, &error), TR_INVALID_ARGUMENT, &error, "no option 'num_wraps'");
    request.options = "{\"num_warps\": 8}";
    check_ok(tr_lower(lowering, &request, &lowered, &error), &error);
    assert_non_null(strstr(tr_lowered_bytes(&lowered).data, ".reqntid 256"));
    assert_non_null(strstr(lowered.metadata, "\"num_warps\": 8"));
    tr_lowered_deinit(&lowered);
    tr_lowering_destroy(lowering);
    check_nothing_left();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(triton_3_0),        TEST(triton_3_4),        TEST(triton_3_9),
        TEST(triton_3_1_aborts), TEST(ttgir_goes_upward), TEST(damaged_text),
    };
    return cmocka_run_group_tests_name("lower triton", tests, NULL, NULL);
}
