/* lower: results on disk; several processes at once, damage. */
#include "test_lower.h"

#include "lower/cache.h"

static const char key[] = "00112233445566778899aabbccddeeff";

static tr_lower_group make_group(const char *text, int size)
{
    tr_lower_group group = { .count = 2, .metadata = json_pack("{s:s, s:i}", "name", "k", "num_warps", 4) };
    group.stages[0] = (tr_lower_stage){ TR_LEVEL_LLIR, strdup("define\n"), 7 };
    char *data = malloc((size_t)size + 1);
    for (int i = 0; i < size; i++) data[i] = text[(size_t)i % strlen(text)];
    data[size] = '\0';
    group.stages[1] = (tr_lower_stage){ TR_LEVEL_PTX, data, (size_t)size };
    return group;
}

static void store(const char *cache, const char *text, int size)
{
    tr_lower_group group = make_group(text, size);
    tr_cache_store(cache, key, &group);
    tr_lower_group_deinit(&group);
}

static bool holds(const char *cache, const char *text, int size)
{
    tr_lower_group expected = make_group(text, size), found;
    bool same = tr_cache_load(cache, key, &found);
    if (same) {
        assert_int_equal(found.count, 2);
        assert_int_equal(found.stages[0].level, TR_LEVEL_LLIR);
        assert_string_equal(found.stages[0].data, "define\n");
        assert_int_equal(found.stages[1].level, TR_LEVEL_PTX);
        same = found.stages[1].size == (size_t)size &&
               memcmp(found.stages[1].data, expected.stages[1].data, (size_t)size) == 0;
        assert_true(json_equal(found.metadata, expected.metadata));
        tr_lower_group_deinit(&found);
    }
    tr_lower_group_deinit(&expected);
    return same;
}

static void what_is_stored_is_found(void **state)
{
    (void)state;
    const char *cache = in_root("cache/lower");
    assert_false(holds(cache, "abc", 100));
    store(cache, "abc", 100);
    assert_true(holds(cache, "abc", 100));
    assert_int_equal(count_entries(cache), 1); /* the folder "00", nothing aside */
    assert_int_equal(count_entries(in_root("cache/lower/00")), 1);
    store(cache, "xyz", 50); /* again: the later one stands */
    assert_true(holds(cache, "xyz", 50));
    assert_int_equal(count_entries(cache), 1);
    check_nothing_left();
}

/* Every file, cut or changed at any of some places, makes the entry absent; storing again mends it. */
static void damage(void **state)
{
    (void)state;
    static const char *const files[] = { "manifest", "kernel.llir", "kernel.ptx", "kernel.json" };
    char cache[100];
    snprintf(cache, sizeof(cache), "%s/cache", root);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        for (int kind = 0; kind < 4; kind++) {
            store(cache, "abc", 1000);
            const char *path = in_root(format("cache/00/%s/%s", key, files[i]));
            char *data;
            size_t size;
            tr_error error;
            check_ok(tr_file_read(path, &data, &size, &error), &error);
            if (kind == 0) check_ok(tr_file_write(path, data, size / 2, &error), &error);
            if (kind == 1) check_ok(tr_file_write(path, "", 0, &error), &error);
            if (kind == 2) {
                data[size / 2] ^= 1;
                check_ok(tr_file_write(path, data, size, &error), &error);
            }
            if (kind == 3) assert_int_equal(unlink(path), 0);
            free(data);
            /* A flipped bit of the manifest may leave JSON that says the same of other names. */
            bool found = holds(cache, "abc", 1000);
            assert_true(!found || (i == 0 && kind == 2));
            store(cache, "abc", 1000);
            assert_true(holds(cache, "abc", 1000));
            assert_int_equal(count_entries(cache), 1);
        }
    }
}

static void an_entry_that_is_a_file(void **state)
{
    (void)state;
    tr_error error;
    check_ok(tr_folder_make(in_root("cache/00"), &error), &error);
    check_ok(tr_file_write(in_root(format("cache/00/%s", key)), "x", 1, &error), &error);
    assert_false(holds(in_root("cache"), "abc", 10));
    store(in_root("cache"), "abc", 10); /* may fail, but quietly and without leavings */
    assert_int_equal(count_entries(in_root("cache")), 1);
}

static void names_that_lead_elsewhere(void **state)
{
    (void)state;
    const char *cache = in_root("cache"), *entry = in_root(format("cache/00/%s", key));
    tr_error error;
    check_ok(tr_folder_make(entry, &error), &error);
    check_ok(tr_file_write(in_root("secret"), "x", 1, &error), &error);
    const char *manifest = format("{\"format\": 1, \"stages\": [{\"level\": \"ptx\", \"file\": \"../../../secret\", "
                                  "\"hash\": \"0\"}], \"metadata\": {}}");
    check_ok(tr_file_write(format("%s/manifest", entry), manifest, strlen(manifest), &error), &error);
    assert_false(holds(cache, "abc", 10));
}

static void a_cache_that_cannot_be_written(void **state)
{
    (void)state;
    tr_error error;
    check_ok(tr_file_write(in_root("file"), "x", 1, &error), &error);
    store(in_root("file/cache"), "abc", 10);
    assert_false(holds(in_root("file/cache"), "abc", 10));
    store("/proc/cache", "abc", 10);
    assert_false(holds("/proc/cache", "abc", 10));
    check_nothing_left();
}

/* Writers of the same key and a reader: the reader sees a whole entry or none. */
static void several_processes(void **state)
{
    (void)state;
    enum { WRITERS = 4, TIMES = 60, SIZE = 20000 };
    const char *cache = in_root("cache");
    pid_t writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        if (writers[i] == 0) {
            for (int n = 0; n < TIMES; n++) store(cache, "abcdefg", SIZE);
            _exit(0);
        }
    }
    int found = 0;
    for (int n = 0; n < 2000 && found < 200; n++) {
        found += holds(cache, "abcdefg", SIZE);
        usleep(500);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        waitpid(writers[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_true(found > 0);
    assert_true(holds(cache, "abcdefg", SIZE));
    assert_int_equal(count_entries(cache), 1);
    check_nothing_left();
}

static void keys(void **state)
{
    (void)state;
    char texts[5][33];
    for (int i = 0; i < 5; i++) {
        tr_cache_key k;
        assert_true(tr_cache_key_begin(&k));
        tr_cache_key_add_text(&k, i == 1 ? "a" : "ab");
        tr_cache_key_add_text(&k, i == 1 ? "bc" : "c");
        json_t *object = i == 2 ? json_pack("{s:i, s:i}", "y", 2, "x", 1) : json_pack("{s:i, s:i}", "x", 1, "y", 2);
        tr_cache_key_add_json(&k, object);
        json_decref(object);
        if (i == 3) setenv("TRITON_TEST_VARIABLE", "1", 1);
        if (i == 4) setenv("TRITON_RUNNER_TEST_VARIABLE", "1", 1);
        tr_cache_key_add_environment(&k);
        tr_cache_key_end(&k);
        unsetenv("TRITON_TEST_VARIABLE");
        unsetenv("TRITON_RUNNER_TEST_VARIABLE");
        memcpy(texts[i], k.text, sizeof(texts[i]));
    }
    assert_int_equal(strlen(texts[0]), 32);
    assert_string_not_equal(texts[0], texts[1]);
    assert_string_equal(texts[0], texts[2]);
    assert_string_not_equal(texts[0], texts[3]);
    assert_string_equal(texts[0], texts[4]);
}

static void where_the_cache_is(void **state)
{
    (void)state;
    char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
    setenv("HOME", "/h", 1);
    char *path = tr_cache_root(NULL);
    assert_string_equal(path, "/h/.cache/triton-runner/lower");
    free(path);
    setenv("XDG_CACHE_HOME", "/x", 1);
    path = tr_cache_root(NULL);
    assert_string_equal(path, "/x/triton-runner/lower");
    free(path);
    setenv("TRITON_RUNNER_CACHE", "/r", 1);
    path = tr_cache_root(NULL);
    assert_string_equal(path, "/r/lower");
    free(path);
    path = tr_cache_root("/given");
    assert_string_equal(path, "/given/lower");
    free(path);
    unsetenv("TRITON_RUNNER_CACHE");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    assert_null(tr_cache_root(NULL));
    if (home) setenv("HOME", home, 1);
    free(home);
}

/* ---------------------------------------------------------------- through tr_lower */

static int count_lines(const char *path)
{
    char *text;
    size_t size;
    int lines = 0;
    if (tr_file_read(path, &text, &size, NULL) != TR_OK) return 0;
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    free(text);
    return lines;
}

/* Runs a request and says whether its result was in the cache. */
static bool is_cached(tr_lowering *lowering, const tr_lower_request *request)
{
    tr_lowered lowered;
    tr_error error;
    check_ok(tr_lower(lowering, request, &lowered, &error), &error);
    bool cached = lowered.cached;
    assert_string_equal(lowered.stages[lowered.count - 1].data, "the ptx");
    tr_lowered_deinit(&lowered);
    return cached;
}

/* Answers every request alike, after a line in the file "asked". */
static const char answering_program[] = "#!/usr/bin/env python3\n"
                                        "import os, struct\n"
                                        "read = lambda size: os.read(0, size) if size else b''\n"
                                        "os.write(1, open('%s/hello', 'rb').read())\n"
                                        "while head := read(16):\n"
                                        "    rest = sum(struct.unpack('<IQ', head[4:]))\n"
                                        "    while rest: rest -= len(read(rest))\n"
                                        "    print('asked', file=open('%s/asked', 'a'))\n"
                                        "    os.write(1, open('%s/answer', 'rb').read())\n";

static void requests_and_results(void **state)
{
    (void)state;
    tr_text answer = { 0 };
    tr_error error;
    add_frame(&answer, hello, "", 0);
    check_ok(tr_file_write(in_root("hello"), answer.data, answer.size, &error), &error);
    tr_text_deinit(&answer);
    add_success(&answer, "the ptx", 7);
    check_ok(tr_file_write(in_root("answer"), answer.data, answer.size, &error), &error);
    tr_text_deinit(&answer);
    const char *python = write_program("python", format(answering_program, root, root, root));
    const tr_lowering_options options = { .python = python, .cache = in_root("cache") };
    tr_lowering *lowering;
    check_ok(tr_lowering_create(&options, &lowering, &error), &error);
    tr_lower_request request = ttgir_request();
    assert_false(is_cached(lowering, &request));
    assert_true(is_cached(lowering, &request));
    assert_int_equal(count_lines(in_root("asked")), 1);
    request.keep = in_root("keep");
    assert_true(is_cached(lowering, &request));
    assert_int_equal(count_entries(in_root("keep")), 3);
    request.keep = NULL;
    request.options = "{\"num_stages\": 4}";
    assert_false(is_cached(lowering, &request));
    request.options = NULL;
    request.arch = 120;
    assert_false(is_cached(lowering, &request));
    request.arch = 0;
    request.metadata = "{\"num_stages\": 4}";
    assert_false(is_cached(lowering, &request));
    request.metadata = NULL;
    request.name = "elsewhere/k.ttgir";
    assert_true(is_cached(lowering, &request));
    request.name = "other.ttgir";
    assert_false(is_cached(lowering, &request));
    setenv("MLIR_SOMETHING", "1", 1);
    assert_false(is_cached(lowering, &request));
    unsetenv("MLIR_SOMETHING");
    assert_true(is_cached(lowering, &request));
    tr_lowering_destroy(lowering);
    check_nothing_left();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_stored_is_found),
        TEST(damage),
        TEST(an_entry_that_is_a_file),
        TEST(names_that_lead_elsewhere),
        TEST(a_cache_that_cannot_be_written),
        TEST(several_processes),
        TEST(keys),
        TEST(where_the_cache_is),
        TEST(requests_and_results),
    };
    return cmocka_run_group_tests_name("lower cache", tests, NULL, NULL);
}
