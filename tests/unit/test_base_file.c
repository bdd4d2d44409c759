/* base/file: reading, writing aside, listing, and path pieces. */
#include "check.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of each test's own, removed with all in it. */
static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/tr-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    tr_names names;
    if (tr_folder_list(folder, &names, NULL) != TR_OK) return -1;
    for (size_t i = 0; i < names.count; i++) {
        char *path = tr_path_join(folder, names.items[i]);
        if (remove(path)) return -1;
        free(path);
    }
    tr_names_deinit(&names);
    return rmdir(folder);
}

/* A path in the folder; good until the next call but one. */
static const char *in_folder(const char *name)
{
    static char paths[2][PATH_MAX];
    static int next;
    next = !next;
    snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
    return paths[next];
}

static void write_text(const char *path, const char *text)
{
    tr_error error;
    check_ok(tr_file_write(path, text, strlen(text), &error), &error);
}

static void check_content(const char *path, const char *expected)
{
    tr_error error;
    char *data = NULL;
    size_t size = 0;
    check_ok(tr_file_read(path, &data, &size, &error), &error);
    assert_int_equal(size, strlen(expected));
    assert_string_equal(data, expected);
    free(data);
}

static void read_gives_back_what_was_written(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 1 << 20 };
    char *data = malloc(1 << 20);
    for (size_t i = 0; i < 1 << 20; i++) data[i] = (char)(i * 7);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        tr_error error;
        check_ok(tr_file_write(in_folder("a"), data, sizes[i], &error), &error);
        char *back = NULL;
        size_t size = 0;
        check_ok(tr_file_read(in_folder("a"), &back, &size, &error), &error);
        assert_int_equal(size, sizes[i]);
        assert_memory_equal(back, data, size);
        assert_int_equal(back[size], 0);
        free(back);
    }
    free(data);
}

static void read_of_a_missing_file(void **state)
{
    (void)state;
    tr_error error;
    char *data = NULL;
    size_t size = 0;
    check_fails(tr_file_read(in_folder("none"), &data, &size, &error), TR_NOT_FOUND, &error, "none");
    assert_int_equal(error.os_errno, ENOENT);
    write_text(in_folder("a"), "x");
    check_fails(tr_file_read(in_folder("a/b"), &data, &size, &error), TR_NOT_FOUND, &error, "Not a directory");
    check_fails(tr_file_read("", &data, &size, &error), TR_NOT_FOUND, &error, "No such file");
    assert_null(data);
}

static void read_of_a_folder(void **state)
{
    (void)state;
    tr_error error;
    char *data = NULL;
    size_t size = 0;
    check_fails(tr_file_read(folder, &data, &size, &error), TR_IO, &error, "Is a directory");
    assert_int_equal(error.os_errno, EISDIR);
}

static void read_of_a_file_without_a_size(void **state)
{
    (void)state;
    tr_error error;
    char *data = NULL;
    size_t size = 0;
    check_ok(tr_file_read("/proc/self/status", &data, &size, &error), &error);
    assert_true(size > 0);
    assert_int_equal(strlen(data), size);
    free(data);
}

static void *write_into_pipe(void *path)
{
    int fd = open(path, O_WRONLY);
    char block[1000];
    memset(block, 'p', sizeof(block));
    for (int i = 0; i < 100; i++) {
        if (write(fd, block, sizeof(block)) != sizeof(block)) break;
    }
    close(fd);
    return NULL;
}

static void read_of_a_pipe(void **state)
{
    (void)state;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s", in_folder("pipe"));
    assert_int_equal(mkfifo(path, 0600), 0);
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_into_pipe, path), 0);
    tr_error error;
    char *data = NULL;
    size_t size = 0;
    tr_status status = tr_file_read(path, &data, &size, &error);
    pthread_join(writer, NULL);
    check_ok(status, &error);
    assert_int_equal(size, 100000);
    free(data);
}

static void read_of_too_large_a_file(void **state)
{
    (void)state;
    int fd = open(in_folder("large"), O_WRONLY | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, ((off_t)1 << 30) + 1), 0); /* sparse: takes no room */
    close(fd);
    tr_error error;
    char *data = NULL;
    size_t size = 0;
    check_fails(tr_file_read(in_folder("large"), &data, &size, &error), TR_INVALID_INPUT, &error, "1 GiB");
}

static void read_survives_no_memory(void **state)
{
    (void)state;
    write_text(in_folder("a"), "x");
    tr_error error;
    char *data = NULL;
    size_t size = 0;
    tr_memory_fail_after(0);
    tr_status status = tr_file_read(in_folder("a"), &data, &size, &error);
    tr_memory_fail_after(-1);
    check_fails(status, TR_OUT_OF_MEMORY, &error, "out of memory");
    assert_null(data);
}

static size_t count_names(void)
{
    tr_names names;
    assert_int_equal(tr_folder_list(folder, &names, NULL), TR_OK);
    size_t count = names.count;
    tr_names_deinit(&names);
    return count;
}

static void write_replaces_and_leaves_nothing_beside(void **state)
{
    (void)state;
    write_text(in_folder("a"), "old");
    int old = open(in_folder("a"), O_RDONLY);
    write_text(in_folder("a"), "new text");
    check_content(in_folder("a"), "new text");
    char text[4] = "";
    assert_int_equal(read(old, text, 3), 3); /* a reader of the old file keeps it */
    assert_string_equal(text, "old");
    close(old);
    assert_int_equal(count_names(), 1);
}

static void write_gives_ordinary_permissions(void **state)
{
    (void)state;
    mode_t before = umask(022);
    write_text(in_folder("a"), "x");
    umask(before);
    struct stat info;
    assert_int_equal(stat(in_folder("a"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0644);
}

static void write_follows_links(void **state)
{
    (void)state;
    write_text(in_folder("real"), "old");
    assert_int_equal(symlink("real", in_folder("link")), 0);
    write_text(in_folder("link"), "new");
    check_content(in_folder("real"), "new");
    struct stat info;
    assert_int_equal(lstat(in_folder("link"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
}

static void write_to_a_device_does_not_replace_it(void **state)
{
    (void)state;
    write_text("/dev/null", "x");
    struct stat info;
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

static void write_that_cannot_work(void **state)
{
    (void)state;
    tr_error error;
    check_fails(tr_file_write(in_folder("none/a"), "x", 1, &error), TR_NOT_FOUND, &error, "none/a");
    check_fails(tr_file_write(folder, "x", 1, &error), TR_IO, &error, "Is a directory");
    check_fails(tr_file_write("/dev/full", "x", 1, &error), TR_IO, &error, "No space left");
    char name[300];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    check_fails(tr_file_write(in_folder(name), "x", 1, &error), TR_IO, &error, "too long");
    char path[PATH_MAX + 10];
    memset(path, '/', sizeof(path) - 1);
    path[sizeof(path) - 2] = 'x';
    path[sizeof(path) - 1] = '\0';
    check_fails(tr_file_write(path, "x", 1, &error), TR_IO, &error, "too long");
    assert_int_equal(count_names(), 0);
}

static void list_is_sorted(void **state)
{
    (void)state;
    static const char *const expected[] = { ".hidden", "B", "a", "a.ttir", "b" };
    for (size_t i = 5; i-- > 0;) write_text(in_folder(expected[i]), "");
    tr_error error;
    tr_names names;
    check_ok(tr_folder_list(folder, &names, &error), &error);
    assert_int_equal(names.count, 5);
    for (size_t i = 0; i < 5; i++) assert_string_equal(names.items[i], expected[i]);
    tr_names_deinit(&names);
    assert_int_equal(names.count, 0);
}

static void list_of_nothing(void **state)
{
    (void)state;
    tr_error error;
    tr_names names = { 0 };
    check_ok(tr_folder_list(folder, &names, &error), &error);
    assert_int_equal(names.count, 0);
    tr_names_deinit(&names);
    check_fails(tr_folder_list(in_folder("none"), &names, &error), TR_NOT_FOUND, &error, "none");
    write_text(in_folder("a"), "x");
    check_fails(tr_folder_list(in_folder("a"), &names, &error), TR_NOT_FOUND, &error, "Not a directory");
}

static void list_survives_no_memory(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        char name[8];
        snprintf(name, sizeof(name), "%d", i);
        write_text(in_folder(name), "");
    }
    for (long successes = 0;; successes++) {
        tr_error error;
        tr_names names = { 0 };
        tr_memory_fail_after(successes);
        tr_status status = tr_folder_list(folder, &names, &error);
        tr_memory_fail_after(-1);
        if (status == TR_OK) {
            assert_int_equal(names.count, 20);
            tr_names_deinit(&names);
            return;
        }
        assert_int_equal(status, TR_OUT_OF_MEMORY);
        assert_null(names.items);
    }
}

static void paths_that_exist(void **state)
{
    (void)state;
    write_text(in_folder("a"), "x");
    assert_true(tr_path_is_folder(folder));
    assert_true(tr_path_exists(folder));
    assert_false(tr_path_is_folder(in_folder("a")));
    assert_true(tr_path_exists(in_folder("a")));
    assert_false(tr_path_is_folder(in_folder("none")));
    assert_false(tr_path_exists(in_folder("none")));
}

static void pieces_of_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path, *base, *stem;
    } rows[] = {
        { "a/b/k.ttir", "k.ttir", "k" },
        { "k.ttir", "k.ttir", "k" },
        { "a.b/k", "k", "k" },
        { "k.tar.gz", "k.tar.gz", "k.tar" },
        { ".profile", ".profile", ".profile" },
        { "a/", "", "" },
        { "", "", "" },
        { "/k.", "k.", "k" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_true(tr_str_is(tr_path_base(rows[i].path), rows[i].base));
        assert_true(tr_str_is(tr_path_stem(rows[i].path), rows[i].stem));
    }
    static const struct {
        const char *folder, *name, *joined;
    } joins[] = { { "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "", "b", "b" }, { "/", "b", "/b" } };
    for (size_t i = 0; i < sizeof(joins) / sizeof(*joins); i++) {
        char *joined = tr_path_join(joins[i].folder, joins[i].name);
        assert_string_equal(joined, joins[i].joined);
        free(joined);
    }
    tr_memory_fail_after(0);
    char *none = tr_path_join("a", "b");
    tr_memory_fail_after(-1);
    assert_null(none);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(read_gives_back_what_was_written),
        IN_FOLDER(read_of_a_missing_file),
        IN_FOLDER(read_of_a_folder),
        IN_FOLDER(read_of_a_pipe),
        IN_FOLDER(read_of_too_large_a_file),
        IN_FOLDER(read_survives_no_memory),
        IN_FOLDER(write_replaces_and_leaves_nothing_beside),
        IN_FOLDER(write_gives_ordinary_permissions),
        IN_FOLDER(write_follows_links),
        IN_FOLDER(write_that_cannot_work),
        IN_FOLDER(list_is_sorted),
        IN_FOLDER(list_of_nothing),
        IN_FOLDER(list_survives_no_memory),
        IN_FOLDER(paths_that_exist),
        cmocka_unit_test(read_of_a_file_without_a_size),
        cmocka_unit_test(write_to_a_device_does_not_replace_it),
        cmocka_unit_test(pieces_of_paths),
    };
    return cmocka_run_group_tests_name("base/file", tests, NULL, NULL);
}
