#include "base/file.h"

#include "base/memory.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST_FILE ((size_t)1 << 30)

static tr_status fail_to(tr_error *error, const char *verb, const char *path, int os_errno)
{
    bool missing = os_errno == ENOENT || os_errno == ENOTDIR;
    return tr_fail_errno(error, missing ? TR_NOT_FOUND : TR_IO, os_errno, "cannot %s '%s'", verb, path);
}

/* read() until `size` bytes or the end of the file. Returns the bytes read, or -1 with errno. */
static ssize_t read_fully(int fd, char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, data + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static tr_status read_open_file(int fd, const char *path, char **out_data, size_t *out_size, tr_error *error)
{
    struct stat info;
    if (fstat(fd, &info)) return fail_to(error, "read", path, errno);
    if (S_ISDIR(info.st_mode)) return fail_to(error, "read", path, EISDIR);

    /* The size is a hint: a pipe or a file of /proc has none, and a file may grow while it is read. */
    size_t capacity = info.st_size > 0 ? (size_t)info.st_size : 4096, size = 0;
    char *data = NULL;
    for (;;) {
        if (capacity > LARGEST_FILE) {
            free(data);
            return tr_fail(error, TR_INVALID_INPUT, "'%s' is larger than 1 GiB", path);
        }
        char *grown = tr_realloc(data, capacity + 1);
        if (!grown) {
            free(data);
            return TR_OOM(error);
        }
        data = grown;
        /* One byte more than is expected tells the end from a full buffer; the terminator takes its place. */
        ssize_t n = read_fully(fd, data + size, capacity + 1 - size);
        if (n < 0) {
            int os_errno = errno;
            free(data);
            return fail_to(error, "read", path, os_errno);
        }
        size += (size_t)n;
        if (size <= capacity) break;
        capacity = capacity < LARGEST_FILE / 2 ? capacity * 2 : capacity < LARGEST_FILE ? LARGEST_FILE : capacity + 1;
    }
    data[size] = '\0';
    *out_data = data;
    *out_size = size;
    return TR_OK;
}

tr_status tr_file_read(const char *path, char **out_data, size_t *out_size, tr_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_to(error, "read", path, errno);
    tr_status status = read_open_file(fd, path, out_data, out_size, error);
    close(fd);
    return status;
}

/* Writes everything and closes `fd`. Returns 0, or -1 with errno. */
static int write_and_close(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            int os_errno = errno;
            close(fd);
            errno = os_errno;
            return -1;
        }
        data += n;
        size -= (size_t)n;
    }
    return close(fd); /* a network file system may report a failed write only here */
}

/* Creates a file of a new name beside `path`, with the permissions an ordinary new file gets (mkstemp would make it
 * private). `name` has room for PATH_MAX bytes. Returns the descriptor, or -1 with errno. */
static int create_beside(const char *path, char *name)
{
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        int size = snprintf(name, PATH_MAX, "%s.%ld.%u.tmp", path, (long)getpid(), attempt);
        if (size >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

tr_status tr_file_write(const char *path, const void *data, size_t size, tr_error *error)
{
    /* What a link points at is replaced, not the link; and a device or pipe is written to, not replaced. */
    char target[PATH_MAX];
    struct stat info;
    if (realpath(path, target)) {
        if (stat(target, &info) == 0 && !S_ISREG(info.st_mode)) {
            int fd = open(target, O_WRONLY | O_CLOEXEC);
            if (fd < 0 || write_and_close(fd, data, size)) return fail_to(error, "write", path, errno);
            return TR_OK;
        }
    } else if (snprintf(target, sizeof(target), "%s", path) >= (int)sizeof(target)) {
        return fail_to(error, "write", path, ENAMETOOLONG);
    }

    char aside[PATH_MAX];
    int fd = create_beside(target, aside);
    if (fd < 0) return fail_to(error, "write", path, errno);
    if (write_and_close(fd, data, size) || rename(aside, target)) {
        int os_errno = errno;
        unlink(aside);
        return fail_to(error, "write", path, os_errno);
    }
    return TR_OK;
}

bool tr_path_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool tr_path_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *copy_name(const char *name)
{
    size_t size = strlen(name) + 1;
    char *copy = tr_malloc(size);
    return copy ? memcpy(copy, name, size) : NULL;
}

tr_status tr_folder_list(const char *path, tr_names *out_names, tr_error *error)
{
    DIR *folder = opendir(path);
    if (!folder) return fail_to(error, "list", path, errno);

    TR_VEC(char *) names = { 0 };
    tr_status status = TR_OK;
    while (status == TR_OK) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry) {
            if (errno) status = fail_to(error, "list", path, errno);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char *name = copy_name(entry->d_name);
        if (!name || !tr_vec_push(&names, name)) {
            free(name);
            status = TR_OOM(error);
        }
    }
    closedir(folder);

    tr_names list = { names.items, names.count };
    if (status != TR_OK) {
        tr_names_deinit(&list);
        return status;
    }
    if (list.count) qsort(list.items, list.count, sizeof(*list.items), compare_names);
    *out_names = list;
    return TR_OK;
}

void tr_names_deinit(tr_names *names)
{
    for (size_t i = 0; i < names->count; i++) free(names->items[i]);
    free(names->items);
    *names = (tr_names){ 0 };
}

char *tr_path_join(const char *folder, const char *name)
{
    bool slash = *folder && folder[strlen(folder) - 1] != '/';
    tr_text path = { 0 };
    tr_text_printf(&path, "%s%s%s", folder, slash ? "/" : "", name);
    return tr_text_take(&path);
}

tr_str tr_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return tr_str_of(slash ? slash + 1 : path);
}

tr_str tr_path_stem(const char *path)
{
    tr_str base = tr_path_base(path);
    const char *dot = base.size ? memrchr(base.data, '.', base.size) : NULL;
    if (dot && dot != base.data) base.size = (size_t)(dot - base.data); /* ".profile" has no suffix */
    return base;
}
