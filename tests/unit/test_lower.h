/* What the tests of src/lower share: a place of their own for every file, programs that stand in for Python and
 * ptxas, and a look at what was left behind. */
#ifndef TR_TESTS_TEST_LOWER_H
#define TR_TESTS_TEST_LOWER_H

#include "check.h"

#include "base/file.h"
#include "lower/folder.h"
#include "lower/lower.h"
#include "lower/patience.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64];      /* of everything that a test writes */
static char temporary[80]; /* TMPDIR while it runs: must be empty again at its end */
static int descriptors;    /* open when it began */

__attribute__((unused)) static int count_entries(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    if (!folder) return -1;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static int count_descriptors(void)
{
    return count_entries("/proc/self/fd");
}

/* Nothing of the machine's own may play a part. */
__attribute__((unused)) static int begin_test(void **state)
{
    (void)state;
    static const char *const variables[] = {
        "TRITON_RUNNER_PYTHON",
        "TRITON_RUNNER_CACHE",
        "XDG_CACHE_HOME",
        "TRITON_PTXAS_PATH",
        "TRITON_PTXAS_BLACKWELL_PATH",
        "CUDA_HOME",
        "CUDA_PATH",
        "TRITON_DEFAULT_FP_FUSION",
        "DISABLE_PTXAS_OPT",
        "TRITON_DISABLE_LINE_INFO",
    };
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) unsetenv(variables[i]);
    snprintf(root, sizeof(root), "/tmp/tr-lower-XXXXXX");
    if (!mkdtemp(root)) return -1;
    snprintf(temporary, sizeof(temporary), "%s/tmp", root);
    if (mkdir(temporary, 0777) != 0) return -1;
    setenv("TMPDIR", temporary, 1);
    descriptors = count_descriptors();
    return 0;
}

/* No temporary file, no descriptor, no process. */
__attribute__((unused)) static void check_nothing_left(void)
{
    assert_int_equal(count_entries(temporary), 0);
    assert_int_equal(count_descriptors(), descriptors);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

__attribute__((unused)) static int end_test(void **state)
{
    (void)state;
    unsetenv("TMPDIR");
    tr_folder_remove(root);
    return 0;
}

/* A path below the root, good until many calls later. */
__attribute__((unused)) static const char *in_root(const char *name)
{
    static char paths[64][160];
    static int next;
    next = (next + 1) % 64;
    snprintf(paths[next], sizeof(paths[next]), "%s/%s", root, name);
    return paths[next];
}

/* An executable file. */
__attribute__((unused)) static const char *write_program(const char *name, const char *text)
{
    const char *path = in_root(name);
    tr_error error;
    check_ok(tr_file_write(path, text, strlen(text), &error), &error);
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

__attribute__((unused)) static const char *format(const char *pattern, ...)
{
    static char texts[8][4096];
    static int next;
    next = (next + 1) % 8;
    va_list args;
    va_start(args, pattern);
    vsnprintf(texts[next], sizeof(texts[next]), pattern, args);
    va_end(args);
    return texts[next];
}

/* ---------------------------------------------------------------- a Python that is none */

/* Appends a frame with `size` bytes of payload. */
__attribute__((unused)) static void add_frame(tr_text *out, const char *json, const char *payload, size_t size)
{
    unsigned char head[16] = "TRL1";
    size_t json_size = strlen(json);
    for (int i = 0; i < 4; i++) head[4 + i] = (unsigned char)(json_size >> (8 * i));
    for (int i = 0; i < 8; i++) head[8 + i] = (unsigned char)((uint64_t)size >> (8 * i));
    tr_text_append(out, (tr_str){ (const char *)head, sizeof(head) });
    tr_text_append(out, tr_str_of(json));
    tr_text_append(out, (tr_str){ payload, size });
}

static const char hello[] = "{\"event\": \"hello\", \"protocol\": 1, \"python\": \"3.x\", \"executable\": \"fake\", "
                            "\"triton\": {\"version\": \"3.4.0\", \"identity\": \"i\", \"tools\": {}}}";

/* What helper.py answers when it has made PTX of TTGIR. */
__attribute__((unused)) static void add_success(tr_text *out, const char *ptx, size_t size)
{
    add_frame(out, "{\"event\": \"begin\", \"level\": \"llir\"}", "", 0);
    add_frame(out, "{\"event\": \"stage\", \"level\": \"llir\"}", "define void @k()\n", 17);
    add_frame(out, "{\"event\": \"begin\", \"level\": \"ptx\"}", "", 0);
    add_frame(out, "{\"event\": \"stage\", \"level\": \"ptx\"}", ptx, size);
    add_frame(out,
              "{\"event\": \"done\", \"name\": \"k\", \"metadata\": {\"name\": \"k\", \"num_warps\": 4, "
              "\"target\": {\"arch\": 90}}}",
              "", 0);
}

/* A program that says what is in `answer`, and then does `then`, a line of shell. */
__attribute__((unused)) static const char *write_python(const char *name, tr_text *answer, const char *then)
{
    tr_error error;
    const char *data = in_root(format("%s.answer", name));
    check_ok(tr_file_write(data, answer->data ? answer->data : "", answer->size, &error), &error);
    tr_text_deinit(answer);
    return write_program(name, format("#!/bin/sh\ncat %s\n%s\n", data, then));
}

/* One that says hello, waits for a request, says on stderr what is in `log`, and then as above. */
__attribute__((unused)) static const char *write_triton(const char *name, const char *log, tr_text *answer,
                                                        const char *then)
{
    tr_error error;
    tr_text greeting = { 0 };
    add_frame(&greeting, hello, "", 0);
    const char *first = in_root(format("%s.hello", name)), *data = in_root(format("%s.answer", name));
    const char *said = in_root(format("%s.log", name));
    check_ok(tr_file_write(said, log, strlen(log), &error), &error);
    check_ok(tr_file_write(first, greeting.data, greeting.size, &error), &error);
    tr_text_deinit(&greeting);
    check_ok(tr_file_write(data, answer->data ? answer->data : "", answer->size, &error), &error);
    tr_text_deinit(answer);
    return write_program(
        name, format("#!/bin/sh\ncat %s\nhead -c 16 >/dev/null\ncat %s >&2\ncat %s\n%s\n", first, said, data, then));
}

static const char ttgir[] = "module attributes {\"ttg.num-warps\" = 4 : i32, ttg.target = \"cuda:90\"} {\n"
                            "  tt.func public @k() {\n    tt.return\n  }\n}\n";

__attribute__((unused)) static tr_lower_request ttgir_request(void)
{
    return (tr_lower_request){ .from = TR_LEVEL_TTGIR,
                               .bytes = { ttgir, sizeof(ttgir) - 1 },
                               .name = "some/k.ttgir",
                               .to = TR_LEVEL_PTX,
                               .timeout_seconds = 20 };
}

__attribute__((unused)) static tr_lowering *create_lowering(const char *python)
{
    tr_lowering *lowering;
    tr_error error;
    check_ok(tr_lowering_create(&(tr_lowering_options){ .python = python, .no_cache = true }, &lowering, &error),
             &error);
    return lowering;
}

#endif
