/* lower: the conversation with the Python process, whatever that process does. */
#include "test_lower.h"

#include "base/memory.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

/* ---------------------------------------------------------------- failures */

static tr_error last;

static tr_status lower_with(const char *python, const tr_lower_request *request)
{
    tr_lowering *lowering = create_lowering(python);
    tr_lowered lowered;
    last = (tr_error){ 0 };
    tr_status status = tr_lower(lowering, request, &lowered, &last);
    if (status == TR_OK) tr_lowered_deinit(&lowered);
    tr_lowering_destroy(lowering);
    check_nothing_left();
    return status;
}

static void absent_python(void **state)
{
    (void)state;
    tr_lower_request request = ttgir_request();
    check_fails(lower_with("/nowhere/python", &request), TR_UNAVAILABLE, &last, "/nowhere/python");
    assert_non_null(strstr(last.message, "TRITON_RUNNER_PYTHON"));
    assert_int_equal(last.os_errno, ENOENT);
}

static void python_comes_from_the_environment(void **state)
{
    (void)state;
    tr_lower_request request = ttgir_request();
    setenv("TRITON_RUNNER_PYTHON", "/nowhere/else", 1);
    check_fails(lower_with(NULL, &request), TR_UNAVAILABLE, &last, "/nowhere/else");
    request.python = "/nowhere/at/all";
    check_fails(lower_with(NULL, &request), TR_UNAVAILABLE, &last, "/nowhere/at/all");
}

static void python_without_triton(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_frame(&answer,
              "{\"event\": \"hello\", \"protocol\": 1, \"python\": \"3.11.2\", \"executable\": \"/p\", "
              "\"problem\": {\"kind\": \"absent\", \"message\": \"it has no Triton\"}}",
              "", 0);
    tr_lower_request request = ttgir_request();
    request.metadata = "{\"triton_version\": \"3.4.0\"}";
    const char *python = write_python("python", &answer, "cat >/dev/null");
    check_fails(lower_with(python, &request), TR_UNAVAILABLE, &last, "has no Triton");
    assert_non_null(strstr(last.message, "triton==3.4.0"));
    assert_non_null(strstr(last.message, python));
}

static void python_with_an_old_triton(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_frame(&answer,
              "{\"event\": \"hello\", \"protocol\": 1, \"problem\": {\"kind\": \"version\", \"message\": "
              "\"its Triton 2.1.0 is older than 3.0\"}}",
              "", 0);
    tr_lower_request request = ttgir_request();
    check_fails(lower_with(write_python("python", &answer, "cat >/dev/null"), &request), TR_UNSUPPORTED, &last,
                "older than 3.0");
}

static void garbage(void **state)
{
    (void)state;
    tr_lower_request request = ttgir_request();
    const char *python = write_program("python", "#!/bin/sh\necho welcome to another program\necho oops >&2\n"
                                                 "sleep 1000\n");
    check_fails(lower_with(python, &request), TR_TRAPPED, &last, "no answer: \"welc\"");
    assert_non_null(strstr(last.message, python));
    assert_non_null(strstr(last.message, "TRITON_RUNNER_PYTHON"));
}

static void another_protocol(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_frame(&answer, "{\"event\": \"hello\", \"protocol\": 2}", "", 0);
    tr_lower_request request = ttgir_request();
    check_fails(lower_with(write_python("python", &answer, "cat >/dev/null"), &request), TR_TRAPPED, &last,
                "another protocol");
}

static void death_before_hello(void **state)
{
    (void)state;
    tr_lower_request request = ttgir_request();
    const char *python = write_program("python", "#!/bin/sh\necho 'no module named x' >&2\nexit 3\n");
    check_fails(lower_with(python, &request), TR_TRAPPED, &last, "exited with status 3");
    assert_string_equal(last.excerpt, "no module named x");
    python = write_program("python2", "#!/bin/sh\nkill -ABRT $$\n");
    check_fails(lower_with(python, &request), TR_TRAPPED, &last, "killed by SIGABRT");
}

static void death_within_a_frame(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_frame(&answer, hello, "", 0);
    answer.size -= 10;
    tr_lower_request request = ttgir_request();
    check_fails(lower_with(write_python("python", &answer, "exit 0"), &request), TR_TRAPPED, &last,
                "exited with status 0 before it said hello");
}

static void death_within_a_stage(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_success(&answer, ".version 8.7\n", 13);
    answer.size -= 300;
    tr_lower_request request = ttgir_request();
    check_fails(lower_with(write_triton("python", "", &answer, "exit 7"), &request), TR_TRAPPED, &last,
                "exited with status 7");
}

static void abort_in_a_stage(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_frame(&answer, "{\"event\": \"begin\", \"level\": \"llir\"}", "", 0);
    const char *python = write_triton("python", "x.cpp:30: Assertion `false' failed.\n", &answer, "kill -ABRT $$");
    tr_lower_request request = ttgir_request();
    check_fails(lower_with(python, &request), TR_TRAPPED, &last,
                "Triton 3.4.0 can't bring this TTGIR to LLIR for sm_90: its process was killed by SIGABRT: x.cpp:30: "
                "Assertion `false' failed.");
    assert_string_equal(last.file, "some/k.ttgir");
    assert_non_null(strstr(last.excerpt, "Assertion"));
}

static void llvm_gives_up_on_another_target(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_frame(&answer, "{\"event\": \"begin\", \"level\": \"ptx\"}", "", 0);
    const char *python = write_triton("python", "LLVM ERROR: Cannot select: wgmma\n", &answer, "kill -ABRT $$");
    tr_lower_request request = ttgir_request();
    request.arch = 120;
    check_fails(lower_with(python, &request), TR_MISMATCH, &last,
                "can't bring this TTGIR from sm_90 to PTX for sm_120: LLVM ERROR: Cannot select: wgmma");
}

static void refusals(void **state)
{
    (void)state;
    tr_lower_request request = ttgir_request();
    tr_text answer = { 0 };
    add_frame(&answer, "{\"event\": \"failed\", \"kind\": \"option\", \"message\": \"no option 'x'\"}", "", 0);
    check_fails(lower_with(write_triton("a", "", &answer, "cat >/dev/null"), &request), TR_INVALID_ARGUMENT, &last,
                "no option 'x'");

    add_frame(&answer, "{\"event\": \"failed\", \"kind\": \"import\", \"message\": \"No module named 'setuptools'\"}",
              "", 0);
    check_fails(lower_with(write_triton("b", "", &answer, "cat >/dev/null"), &request), TR_UNAVAILABLE, &last,
                "can't be imported: No module named 'setuptools'");

    add_frame(&answer,
              "{\"event\": \"failed\", \"kind\": \"stage\", \"level\": \"ttgir\", \"message\": "
              "\"RuntimeError: Parse MLIR file failed.\"}",
              "", 0);
    request.metadata = "{\"triton_version\": \"3.9.0\"}";
    const char *python = write_triton("c", "loc(\"k.ttgir\":2:3): error: custom op is unknown\n", &answer,
                                      "cat >/dev/null");
    check_fails(lower_with(python, &request), TR_INVALID_INPUT, &last,
                "custom op is unknown; it was written by Triton "
                "3.9.0");
    assert_string_equal(last.file, "some/k.ttgir");
    assert_int_equal(last.line, 2);
    assert_int_equal(last.column, 3);
    assert_non_null(strstr(last.excerpt, "tt.func public @k()"));
}

static void strange_events(void **state)
{
    (void)state;
    static const char *const events[] = {
        "{\"event\": \"stage\", \"level\": \"cubin\"}",
        "{\"event\": \"stage\", \"level\": \"ttgir\"}",
        "{\"event\": \"what\"}",
        "{\"event\": \"done\"}",
        "{\"event\": \"done\", \"metadata\": {}}", /* without having made anything */
        "[1, 2]",
        "{\"event\": ",
    };
    tr_lower_request request = ttgir_request();
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        tr_text answer = { 0 };
        add_frame(&answer, events[i], "payload", 7);
        const char *python = write_python(format("python%d", (int)i), &answer, "cat >/dev/null");
        check_fails(lower_with(python, &request), TR_TRAPPED, &last, "the Python process");
    }
}

static void a_stage_twice(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_frame(&answer, "{\"event\": \"stage\", \"level\": \"llir\"}", "x", 1);
    add_frame(&answer, "{\"event\": \"stage\", \"level\": \"llir\"}", "x", 1);
    tr_lower_request request = ttgir_request();
    check_fails(lower_with(write_triton("python", "", &answer, "cat >/dev/null"), &request), TR_TRAPPED, &last,
                "twice");
}

static void unknown_target(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_success(&answer, "", 0);
    const char *python = write_triton("python", "'sm_100' is not a recognized processor for this target\n", &answer,
                                      "cat >/dev/null");
    tr_lower_request request = ttgir_request();
    request.arch = 100;
    check_fails(lower_with(python, &request), TR_UNSUPPORTED, &last, "Triton 3.4.0 does not know sm_100");
}

/* ---------------------------------------------------------------- time */

static void hang_before_hello(void **state)
{
    (void)state;
    tr_lower_request request = ttgir_request();
    request.timeout_seconds = 0.3;
    const char *python = write_program("python", "#!/bin/sh\nsleep 1000\n");
    double begin = tr_clock();
    check_fails(lower_with(python, &request), TR_TIMED_OUT, &last, "starting Triton was not done within 0.3 s");
    assert_non_null(strstr(last.message, python));
    assert_true(tr_clock() - begin < 5);
}

/* Everything that the process started goes with it. */
static void hang_in_a_stage(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_frame(&answer, "{\"event\": \"begin\", \"level\": \"llir\"}", "", 0);
    const char *pids = in_root("pids");
    const char *python = write_triton("python", "", &answer, format("sleep 1000 & echo $$ $! >%s; wait", pids));
    tr_lower_request request = ttgir_request();
    request.timeout_seconds = 1;
    check_fails(lower_with(python, &request), TR_TIMED_OUT, &last, "making LLIR was not done within 1 s");
    char *text;
    size_t size;
    check_ok(tr_file_read(pids, &text, &size, &last), &last);
    char *end;
    pid_t first = (pid_t)strtol(text, &end, 10), second = (pid_t)strtol(end, NULL, 10);
    free(text);
    assert_true(first > 0 && second > 0);
    assert_int_equal(kill(first, 0), -1);
    /* The grandchild is waited for by init, which may take a moment. */
    for (int i = 0; i < 100 && kill(second, 0) == 0; i++) usleep(20000);
    char state_path[64], *stat = NULL;
    snprintf(state_path, sizeof(state_path), "/proc/%d/stat", (int)second);
    bool gone = tr_file_read(state_path, &stat, &size, NULL) != TR_OK || strstr(stat, ") Z ");
    free(stat);
    assert_true(gone);
}

static volatile int cancel_now;

static void *cancel_soon(void *user)
{
    (void)user;
    usleep(200000);
    cancel_now = 1;
    return NULL;
}

static void cancelling(void **state)
{
    (void)state;
    tr_lower_request request = ttgir_request();
    cancel_now = 0;
    request.cancel = &cancel_now;
    pthread_t thread;
    pthread_create(&thread, NULL, cancel_soon, NULL);
    double begin = tr_clock();
    tr_status status = lower_with(write_program("python", "#!/bin/sh\nsleep 1000\n"), &request);
    pthread_join(thread, NULL);
    check_fails(status, TR_INTERRUPTED, &last, "interrupted while starting Triton");
    assert_true(tr_clock() - begin < 5);
}

typedef struct progress_seen {
    int calls;
    tr_level levels[32];
} progress_seen;

static void note_progress(void *user, tr_level making, double seconds)
{
    progress_seen *seen = user;
    assert_true(seconds >= 0);
    if (seen->calls < 32) seen->levels[seen->calls++] = making;
}

/* ---------------------------------------------------------------- success */

static const char ptx[] = ".version 8.7\n.target sm_90a\n.visible .entry k(\n)\n.reqntid 128\n{ ret; }\n";

static void a_whole_request(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_success(&answer, ptx, sizeof(ptx) - 1);
    tr_lowering *lowering = create_lowering(write_triton("python", "", &answer, "cat >/dev/null"));
    tr_lower_request request = ttgir_request();
    progress_seen seen = { 0 };
    request.progress = note_progress;
    request.progress_user = &seen;
    request.keep = in_root("keep/deeper");
    tr_lowered lowered;
    tr_error error;
    check_ok(tr_lower(lowering, &request, &lowered, &error), &error);
    assert_int_equal(lowered.count, 2);
    assert_int_equal(lowered.stages[0].level, TR_LEVEL_LLIR);
    assert_int_equal(lowered.stages[1].level, TR_LEVEL_PTX);
    assert_true(tr_str_is(tr_lowered_bytes(&lowered), ptx));
    assert_string_equal(lowered.name, "k");
    assert_int_equal(lowered.arch, 90);
    assert_false(lowered.cached);
    assert_non_null(strstr(lowered.metadata, "\"num_warps\": 4"));
    assert_non_null(strstr(lowered.tools, "Triton 3.4.0 ("));
    assert_int_equal(seen.calls, 3);
    assert_int_equal(seen.levels[0], TR_LEVEL_UNKNOWN);
    assert_int_equal(seen.levels[1], TR_LEVEL_LLIR);
    assert_int_equal(seen.levels[2], TR_LEVEL_PTX);
    assert_true(tr_path_exists(in_root("keep/deeper/k.llir")));
    assert_true(tr_path_exists(in_root("keep/deeper/k.ptx")));
    assert_true(tr_path_exists(in_root("keep/deeper/k.json")));
    assert_int_equal(count_entries(in_root("keep/deeper")), 3);
    tr_lowered_deinit(&lowered);
    tr_lowering_destroy(lowering);
    check_nothing_left();
}

static void stages_are_kept_before_a_failure(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_success(&answer, "", 0);
    answer.size -= 100;
    tr_lower_request request = ttgir_request();
    request.keep = in_root("keep");
    const char *python = write_triton("python", "the end\n", &answer, "kill -SEGV $$");
    check_fails(lower_with(python, &request), TR_TRAPPED, &last, "SIGSEGV");
    assert_true(tr_path_exists(in_root("keep/k.llir")));
    char *log;
    size_t size;
    check_ok(tr_file_read(in_root("keep/k.log"), &log, &size, &last), &last);
    assert_string_equal(log, "the end\n");
    free(log);
}

static void folder_that_cannot_be_made(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_success(&answer, ptx, sizeof(ptx) - 1);
    tr_lower_request request = ttgir_request();
    request.keep = "/proc/nothing/here";
    check_fails(lower_with(write_triton("python", "", &answer, "cat >/dev/null"), &request), TR_IO, &last,
                "/proc/nothing");
}

/* The process is killed between two requests; the next one gets a new process. */
static void a_new_process_where_the_old_one_died(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_success(&answer, ptx, sizeof(ptx) - 1);
    tr_lowering *lowering = create_lowering(write_triton("python", "", &answer, "echo x >>$2/../../starts"));
    tr_lower_request request = ttgir_request();
    for (int i = 0; i < 3; i++) {
        tr_lowered lowered;
        tr_error error;
        check_ok(tr_lower(lowering, &request, &lowered, &error), &error);
        tr_lowered_deinit(&lowered);
        usleep(100000);
    }
    tr_lowering_destroy(lowering);
    check_nothing_left();
    char *starts;
    size_t size;
    check_ok(tr_file_read(in_root("starts"), &starts, &size, &last), &last);
    free(starts);
    assert_int_equal(size, 6);
}

/* The first request's failure leaves the process in order, so the second is answered by it. */
static void a_process_serves_several_requests(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_frame(&answer, "{\"event\": \"failed\", \"kind\": \"option\", \"message\": \"first\"}", "", 0);
    add_success(&answer, ptx, sizeof(ptx) - 1);
    tr_lowering *lowering = create_lowering(write_triton("python", "", &answer, "cat >/dev/null"));
    tr_lower_request request = ttgir_request();
    tr_lowered lowered;
    tr_error error;
    check_fails(tr_lower(lowering, &request, &lowered, &error), TR_INVALID_ARGUMENT, &error, "first");
    check_ok(tr_lower(lowering, &request, &lowered, &error), &error);
    tr_lowered_deinit(&lowered);
    tr_lowering_destroy(lowering);
    check_nothing_left();
}

/* Megabytes in all directions: a log nobody asked for, a request that nobody reads at first, a large stage. */
static void large_amounts(void **state)
{
    (void)state;
    enum { SIZE = 6 << 20 };
    char *large = malloc(SIZE);
    memset(large, 'x', SIZE);
    tr_text answer = { 0 };
    add_frame(&answer, hello, "", 0);
    tr_error error;
    check_ok(tr_file_write(in_root("a"), answer.data, answer.size, &error), &error);
    tr_text_deinit(&answer);
    add_success(&answer, large, SIZE);
    check_ok(tr_file_write(in_root("b"), answer.data, answer.size, &error), &error);
    tr_text_deinit(&answer);
    const char *python = write_program("python",
                                       format("#!/bin/sh\ncat %s\nhead -c 3000000 /dev/zero | tr '\\0' y >&2\n"
                                              "head -c %d >/dev/null\ncat %s\necho end >&2\ncat >/dev/null\n",
                                              in_root("a"), SIZE, in_root("b")));
    tr_lowering *lowering = create_lowering(python);
    tr_lower_request request = ttgir_request();
    request.bytes = (tr_str){ large, SIZE };
    request.arch = 90;
    tr_lowered lowered;
    check_ok(tr_lower(lowering, &request, &lowered, &error), &error);
    assert_int_equal(tr_lowered_bytes(&lowered).size, SIZE);
    assert_memory_equal(tr_lowered_bytes(&lowered).data, large, SIZE);
    assert_true(strlen(lowered.log) <= 128 * 1024 && strlen(lowered.log) >= 32 * 1024);
    tr_lowered_deinit(&lowered);
    tr_lowering_destroy(lowering);
    free(large);
    check_nothing_left();
}

/* Writing to a process that is gone is an error, not a SIGPIPE. */
static void nobody_reads_the_request(void **state)
{
    (void)state;
    enum { SIZE = 4 << 20 };
    tr_text answer = { 0 };
    add_frame(&answer, hello, "", 0);
    char *large = calloc(1, SIZE);
    tr_lower_request request = ttgir_request();
    request.bytes = (tr_str){ large, SIZE };
    request.arch = 90;
    check_fails(lower_with(write_python("python", &answer, "exit 5"), &request), TR_TRAPPED, &last,
                "exited with status 5");
    free(large);
}

/* A caller may have closed its standard streams: the new descriptors then get their numbers. */
static void standard_streams_are_closed(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_success(&answer, ptx, sizeof(ptx) - 1);
    const char *python = write_triton("python", "", &answer, "cat >/dev/null");
    int kept[3];
    for (int i = 0; i < 3; i++) kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
    for (int i = 0; i < 3; i++) close(i);
    tr_lowering *lowering = NULL;
    tr_lowered lowered;
    tr_error error;
    tr_lower_request request = ttgir_request();
    tr_status created = tr_lowering_create(&(tr_lowering_options){ .python = python, .no_cache = true }, &lowering,
                                           &error);
    tr_status status = created == TR_OK ? tr_lower(lowering, &request, &lowered, &error) : created;
    if (status == TR_OK) tr_lowered_deinit(&lowered);
    tr_lowering_destroy(lowering);
    for (int i = 0; i < 3; i++) {
        dup2(kept[i], i);
        close(kept[i]);
    }
    check_ok(status, &error);
    check_nothing_left();
}

/* Where the program ignores SIGCHLD, children vanish without being waited for. */
static void ignored_children(void **state)
{
    (void)state;
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
    sigaction(SIGCHLD, &ignore, &before);
    tr_lower_request request = ttgir_request();
    tr_status status = lower_with(write_program("python", "#!/bin/sh\nexit 3\n"), &request);
    sigaction(SIGCHLD, &before, NULL);
    check_fails(status, TR_TRAPPED, &last, "ended before it said hello");
}

/* ---------------------------------------------------------------- what is asked for */

static void requests_that_make_no_sense(void **state)
{
    (void)state;
    tr_lower_request request = ttgir_request();
    request.to = TR_LEVEL_TTGIR;
    check_fails(lower_with("/nowhere", &request), TR_INVALID_ARGUMENT, &last, "is TTGIR already");
    request.to = TR_LEVEL_TTIR;
    check_fails(lower_with("/nowhere", &request), TR_INVALID_ARGUMENT, &last, "not up to TTIR");
    request.to = TR_LEVEL_UNKNOWN;
    check_fails(lower_with("/nowhere", &request), TR_INVALID_ARGUMENT, &last, "was not said");
    request = ttgir_request();
    request.from = TR_LEVEL_UNKNOWN;
    check_fails(lower_with("/nowhere", &request), TR_INVALID_ARGUMENT, &last, "was not said");
    request = ttgir_request();
    request.options = "{";
    check_fails(lower_with("/nowhere", &request), TR_INVALID_ARGUMENT, &last, "the compiler options are no JSON");
    request.options = "[]";
    check_fails(lower_with("/nowhere", &request), TR_INVALID_ARGUMENT, &last, "no JSON object");
    request = ttgir_request();
    request.metadata = "nonsense";
    check_fails(lower_with("/nowhere", &request), TR_INVALID_INPUT, &last, "the metadata are no JSON");
    request = ttgir_request();
    request.from = TR_LEVEL_TTIR;
    request.bytes = TR_STR("module {}");
    check_fails(lower_with("/nowhere", &request), TR_INVALID_ARGUMENT, &last, "no target was given");
}

/* ---------------------------------------------------------------- memory */

/* Whichever allocation fails, the answer is "out of memory" or all is well, and nothing stays behind. */
static void memory_runs_out(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    add_success(&answer, ptx, sizeof(ptx) - 1);
    const char *python = write_triton("python", "", &answer, "cat >/dev/null");
    tr_lower_request request = ttgir_request();
    request.keep = in_root("keep");
    int successes = 0;
    for (; successes < 300; successes++) {
        tr_memory_fail_after(successes);
        tr_lowering *lowering = NULL;
        tr_lowered lowered;
        tr_error error = { 0 };
        tr_status status = tr_lowering_create(&(tr_lowering_options){ .python = python, .no_cache = true }, &lowering,
                                              &error);
        if (status == TR_OK) status = tr_lower(lowering, &request, &lowered, &error);
        tr_memory_fail_after(-1);
        if (status == TR_OK) tr_lowered_deinit(&lowered);
        tr_lowering_destroy(lowering);
        check_nothing_left();
        if (status == TR_OK) break;
        assert_int_equal(status, TR_OUT_OF_MEMORY);
    }
    assert_true(successes > 10 && successes < 300);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(absent_python),
        TEST(python_comes_from_the_environment),
        TEST(python_without_triton),
        TEST(python_with_an_old_triton),
        TEST(garbage),
        TEST(another_protocol),
        TEST(death_before_hello),
        TEST(death_within_a_frame),
        TEST(death_within_a_stage),
        TEST(abort_in_a_stage),
        TEST(llvm_gives_up_on_another_target),
        TEST(refusals),
        TEST(strange_events),
        TEST(a_stage_twice),
        TEST(unknown_target),
        TEST(hang_before_hello),
        TEST(hang_in_a_stage),
        TEST(cancelling),
        TEST(a_whole_request),
        TEST(stages_are_kept_before_a_failure),
        TEST(folder_that_cannot_be_made),
        TEST(a_new_process_where_the_old_one_died),
        TEST(a_process_serves_several_requests),
        TEST(large_amounts),
        TEST(nobody_reads_the_request),
        TEST(standard_streams_are_closed),
        TEST(ignored_children),
        TEST(requests_that_make_no_sense),
        TEST(memory_runs_out),
    };
    return cmocka_run_group_tests_name("lower", tests, NULL, NULL);
}
