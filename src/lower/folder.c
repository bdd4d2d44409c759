#include "lower/folder.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

tr_status tr_folder_create_private(const char *parent, char **out_path, tr_error *error)
{
    if (!parent) parent = getenv("TMPDIR");
    if (!parent || !*parent) parent = "/tmp";
    char *path = tr_path_join(parent, "triton-runner-XXXXXX");
    if (!path) return TR_OOM(error);
    if (!mkdtemp(path)) {
        int cause = errno;
        free(path);
        return tr_fail_errno(error, TR_IO, cause, "cannot make a folder for temporary files in %s", parent);
    }
    *out_path = path;
    return TR_OK;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    remove(path);
    return 0;
}

void tr_folder_remove(const char *path)
{
    enum { OPEN_AT_ONCE = 8 };
    nftw(path, remove_entry, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS);
}

tr_status tr_folder_make(const char *path, tr_error *error)
{
    size_t size = strlen(path);
    char *copy = tr_malloc(size + 1);
    if (!copy) return TR_OOM(error);
    memcpy(copy, path, size + 1);
    tr_status status = TR_OK;
    for (size_t i = 1; i <= size && status == TR_OK; i++) {
        if (copy[i] != '/' && copy[i] != '\0') continue;
        copy[i] = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
            /* A parent that we may not write to is fine as long as the next one is there. */
            int cause = errno;
            if (i == size || !tr_path_is_folder(copy)) {
                status = tr_fail_errno(error, TR_IO, cause, "cannot make the folder %s", copy);
            }
        }
        if (i < size) copy[i] = '/';
    }
    free(copy);
    if (status == TR_OK && !tr_path_is_folder(path)) status = tr_fail(error, TR_IO, "%s is not a folder", path);
    return status;
}
