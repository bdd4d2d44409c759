/* lower: finding a ptxas, running it, what it complains about; with programs that stand in for it. */
#include "test_lower.h"

static const char ptx_90[] =
    ".version 8.4\n.target sm_90a\n.address_size 64\n\n.visible .entry add(\n)\n.reqntid 128, 1, 1\n{\n"
    "ret;\n}\n";
static const char ptx_75[] = ".version 6.5\n.target sm_75\n.visible .entry add()\n{\nret;\n}\n";

/* A ptxas of that release. Asked for its version or its help, it answers; else it does `work` with its options in the
 * file "options" beside it. $in and $out are its files. */
static const char *write_ptxas(const char *name, const char *release, const char *targets, const char *work)
{
    return write_program(name, format("#!/bin/sh\n"
                                      "case $1 in\n"
                                      "--version) echo 'Cuda compilation tools, release %s, V%s.99'; exit;;\n"
                                      "--help) echo \"Allowed values: %s.\"; exit;;\n"
                                      "esac\n"
                                      "echo \"$@\" >%s\n"
                                      "pwd >>%s\n"
                                      "for word; do case $word in *.ptx) in=$word;; *.cubin) out=$word;; esac; done\n"
                                      "%s\n",
                                      release, release, targets, in_root("options"), in_root("options"), work));
}

static const char copies[] = "echo 'ptxas info    : Used 8 registers' >&2; cp $in $out; echo end >>$out";

static tr_error last;
static char tools[512], metadata[2048], options_seen[1024];

static tr_status assemble(const char *ptxas, const tr_lower_request *request)
{
    tr_lowering *lowering;
    tr_lowered lowered;
    tr_error error;
    const tr_lowering_options options = { .python = "/nowhere/python", .ptxas = ptxas, .no_cache = true };
    check_ok(tr_lowering_create(&options, &lowering, &error), &error);
    last = (tr_error){ 0 };
    tr_status status = tr_lower(lowering, request, &lowered, &last);
    if (status == TR_OK) {
        assert_int_equal(lowered.count, 1);
        assert_int_equal(lowered.stages[0].level, TR_LEVEL_CUBIN);
        snprintf(tools, sizeof(tools), "%s", lowered.tools);
        snprintf(metadata, sizeof(metadata), "%s", lowered.metadata);
        tr_lowered_deinit(&lowered);
    }
    tr_lowering_destroy(lowering);
    check_nothing_left();
    char *text;
    size_t size;
    options_seen[0] = '\0';
    if (tr_file_read(in_root("options"), &text, &size, NULL) == TR_OK) {
        snprintf(options_seen, sizeof(options_seen), "%s", text);
        free(text);
    }
    return status;
}

static tr_lower_request ptx_request(const char *text)
{
    return (tr_lower_request){
        .from = TR_LEVEL_PTX, .bytes = tr_str_of(text), .name = "add.ptx", .to = TR_LEVEL_CUBIN, .timeout_seconds = 20
    };
}

static void assembling(void **state)
{
    (void)state;
    const char *ptxas = write_ptxas("ptxas", "12.4", "'sm_90','sm_90a'", copies);
    tr_lower_request request = ptx_request(ptx_90);
    check_ok(assemble(ptxas, &request), &last);
    assert_non_null(strstr(tools, "ptxas 12.4 ("));
    assert_non_null(strstr(options_seen, "-lineinfo -v --gpu-name=sm_90a /"));
    assert_null(strstr(options_seen, "fmad"));
    assert_null(strstr(options_seen, "regAlloc"));
    assert_non_null(strstr(options_seen, "\n/")); /* where it ran */
    char *here = getcwd(NULL, 0);
    assert_null(strstr(options_seen, format("\n%s\n", here)));
    free(here);
    assert_non_null(strstr(metadata, "\"name\": \"add\""));
    assert_non_null(strstr(metadata, "\"num_warps\": 4"));
    assert_non_null(strstr(metadata, "\"arch\": 90"));
}

static void options_as_triton_gives_them(void **state)
{
    (void)state;
    const char *ptxas = write_ptxas("ptxas", "13.4", "'sm_90','sm_90a'", copies);
    tr_lower_request request = ptx_request(ptx_90);
    request.metadata = "{\"name\": \"add\", \"triton_version\": \"3.9.0\", \"enable_fp_fusion\": false, "
                       "\"ptx_options\": \"--a  --b\", \"shared\": 77, \"num_warps\": 8}";
    check_ok(assemble(ptxas, &request), &last);
    assert_non_null(strstr(options_seen, "-lineinfo --fmad=false -v --regAllocOptLevel=2 --a --b --gpu-name=sm_90a "));
    assert_non_null(strstr(metadata, "\"shared\": 77"));
    assert_non_null(strstr(metadata, "\"num_warps\": 8"));
    request.options = "{\"enable_fp_fusion\": true, \"ptx_options\": null}";
    check_ok(assemble(ptxas, &request), &last);
    assert_non_null(strstr(options_seen, "-lineinfo -v --regAllocOptLevel=2 --gpu-name=sm_90a "));
    request.metadata = "{\"triton_version\": \"3.6.0\"}";
    request.options = NULL;
    setenv("TRITON_DEFAULT_FP_FUSION", "0", 1);
    setenv("DISABLE_PTXAS_OPT", "1", 1);
    setenv("TRITON_DISABLE_LINE_INFO", "1", 1);
    check_ok(assemble(ptxas, &request), &last);
    assert_non_null(
        strstr(options_seen, "-lineinfo -suppress-debug-info --fmad=false -v --opt-level 0 --gpu-name=sm_90a "));
}

static void options_without_effect(void **state)
{
    (void)state;
    const char *ptxas = write_ptxas("ptxas", "13.4", "'sm_90a'", copies);
    tr_lower_request request = ptx_request(ptx_90);
    request.options = "{\"num_warps\": 8}";
    check_fails(assemble(ptxas, &request), TR_INVALID_ARGUMENT, &last, "'num_warps' has no effect on PTX");
    request.options = "{\"enable_fp_fusion\": 1}";
    check_fails(assemble(ptxas, &request), TR_INVALID_ARGUMENT, &last, "takes bool");
    request.options = "{\"ptx_options\": 1}";
    check_fails(assemble(ptxas, &request), TR_INVALID_ARGUMENT, &last, "takes str");
}

static void upward(void **state)
{
    (void)state;
    const char *ptxas = write_ptxas("ptxas", "12.8", "'sm_75','sm_90','sm_90a','sm_120'", copies);
    tr_lower_request request = ptx_request(ptx_75);
    request.arch = 90;
    check_ok(assemble(ptxas, &request), &last);
    assert_non_null(strstr(options_seen, "--gpu-name=sm_90 "));
    assert_non_null(strstr(metadata, "\"arch\": 90"));
    request = ptx_request(ptx_90);
    request.arch = 120;
    check_fails(assemble(ptxas, &request), TR_MISMATCH, &last, "sm_90a");
    assert_non_null(strstr(last.message, "sm_120"));
}

static void the_first_that_fits(void **state)
{
    (void)state;
    const char *old = write_ptxas("old", "12.4", "'sm_75','sm_90a'", copies);
    const char *other = write_ptxas("other", "13.4", "'sm_120a'", copies);
    const char *good = write_ptxas("good", "13.0", "'sm_75','sm_90a'", copies);
    setenv("TRITON_PTXAS_PATH", old, 1);
    setenv("TRITON_PTXAS_BLACKWELL_PATH", other, 1);
    assert_int_equal(mkdir(in_root("bin"), 0777), 0);
    assert_int_equal(symlink(good, in_root("bin/ptxas")), 0);
    setenv("CUDA_HOME", root, 1);
    tr_lower_request request = ptx_request(".version 8.8\n.target sm_90a\n.visible .entry k()\n{}\n");
    check_ok(assemble(NULL, &request), &last);
    assert_non_null(strstr(tools, format("ptxas 13.0 (%s/bin/ptxas)", root)));
    request = ptx_request(ptx_75);
    check_ok(assemble(NULL, &request), &last);
    assert_non_null(strstr(tools, format("ptxas 12.4 (%s)", old)));
}

static void none_that_fits(void **state)
{
    (void)state;
    const char *old = write_ptxas("old", "12.4", "'sm_90a'", copies);
    setenv("TRITON_PTXAS_PATH", old, 1);
    setenv("TRITON_PTXAS_BLACKWELL_PATH", write_program("broken", "#!/bin/sh\nexit 1\n"), 1);
    setenv("CUDA_HOME", "/nowhere", 1);
    tr_lower_request request = ptx_request(".version 99.9\n.target sm_90a\n.visible .entry k()\n{}\n");
    check_fails(assemble(NULL, &request), TR_UNAVAILABLE, &last, "PTX 99.9 for sm_90a");
    assert_non_null(strstr(last.message, format("%s (12.4: PTX up to 8.4)", old)));
    assert_non_null(strstr(last.message, "broken (not a ptxas that runs here)"));
    check_fails(assemble(old, &request), TR_UNAVAILABLE, &last, format("%s (12.4: PTX up to 8.4)", old));
    check_fails(assemble("/nowhere/ptxas", &request), TR_UNAVAILABLE, &last, "/nowhere/ptxas (not a ptxas");
    request = ptx_request(".version 8.0\n.target sm_121a\n.visible .entry k()\n{}\n");
    check_fails(assemble(old, &request), TR_UNAVAILABLE, &last, "without that target");
}

/* One in the folder where we are: it runs elsewhere all the same. */
static void a_relative_path(void **state)
{
    (void)state;
    write_ptxas("ptxas", "12.4", "'sm_90a'", copies);
    char *here = getcwd(NULL, 0);
    assert_int_equal(chdir(root), 0);
    tr_lower_request request = ptx_request(ptx_90);
    tr_status status = assemble("./ptxas", &request);
    assert_int_equal(chdir(here), 0);
    free(here);
    check_ok(status, &last);
}

static void complaints(void **state)
{
    (void)state;
    tr_lower_request request = ptx_request(ptx_90);
    const char *ptxas = write_ptxas("a", "12.4", "'sm_90a'",
                                    "echo \"ptxas $in, line 9; error   : Unknown modifier\" >&2; "
                                    "echo 'ptxas fatal   : aborted' >&2; exit 255");
    check_fails(assemble(ptxas, &request), TR_INVALID_INPUT, &last, "ptxas 12.4 for sm_90a: Unknown modifier");
    assert_string_equal(last.file, "add.ptx");
    assert_int_equal(last.line, 9);
    assert_non_null(strstr(last.excerpt, "ret;"));
    ptxas = write_ptxas("b", "12.4", "'sm_90a'", "echo 'ptxas fatal   : SM version is higher' >&2; exit 255");
    check_fails(assemble(ptxas, &request), TR_INVALID_INPUT, &last, "exited with status 255");
    assert_non_null(strstr(last.message, "SM version is higher"));
    ptxas = write_ptxas("c", "12.4", "'sm_90a'", "kill -SEGV $$");
    check_fails(assemble(ptxas, &request), TR_TRAPPED, &last, "was killed by SIGSEGV");
    ptxas = write_ptxas("d", "12.4", "'sm_90a'", "exit 0"); /* and nothing written */
    check_fails(assemble(ptxas, &request), TR_NOT_FOUND, &last, "kernel.cubin");
    ptxas = write_ptxas("e", "12.4", "'sm_90a'", "echo \"ptxas $in, line 99999; error   : far away\" >&2; exit 255");
    check_fails(assemble(ptxas, &request), TR_INVALID_INPUT, &last, "far away");
}

static void hangs(void **state)
{
    (void)state;
    tr_lower_request request = ptx_request(ptx_90);
    request.timeout_seconds = 0.5;
    const char *ptxas = write_ptxas("a", "12.4", "'sm_90a'", "sleep 1000");
    check_fails(assemble(ptxas, &request), TR_TIMED_OUT, &last, "making a cubin was not done within 0.5 s");
    ptxas = write_program("b", "#!/bin/sh\nsleep 1000\n");
    check_fails(assemble(ptxas, &request), TR_TIMED_OUT, &last, "was not done within 0.5 s");
}

static void ptx_without_a_head(void **state)
{
    (void)state;
    tr_lower_request request = ptx_request("hello");
    request.arch = 90;
    check_fails(assemble("/nowhere", &request), TR_INVALID_INPUT, &last, "no .version or no .target");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(assembling),
        TEST(options_as_triton_gives_them),
        TEST(options_without_effect),
        TEST(upward),
        TEST(the_first_that_fits),
        TEST(none_that_fits),
        TEST(a_relative_path),
        TEST(complaints),
        TEST(hangs),
        TEST(ptx_without_a_head),
    };
    return cmocka_run_group_tests_name("lower ptxas", tests, NULL, NULL);
}
