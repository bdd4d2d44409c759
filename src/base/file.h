/* Files and paths. */
#ifndef TR_BASE_FILE_H
#define TR_BASE_FILE_H

#include "base/status.h"

/* The whole file, terminated by a NUL that does not count in *out_size. Release with free(). TR_NOT_FOUND when it
 * does not exist, TR_IO otherwise (a folder is TR_IO with EISDIR); files over 1 GiB are TR_INVALID_INPUT. */
TR_MUST_CHECK tr_status tr_file_read(const char *path, char **out_data, size_t *out_size, tr_error *error);

/* Writes aside and renames into place: readers see the old file or the whole new one. */
TR_MUST_CHECK tr_status tr_file_write(const char *path, const void *data, size_t size, tr_error *error);

bool tr_path_is_folder(const char *path);
bool tr_path_exists(const char *path);

/* Names (not paths) in a folder, sorted, '.' and '..' left out. Release with tr_names_deinit. */
typedef struct tr_names {
    char **items;
    size_t count;
} tr_names;
TR_MUST_CHECK tr_status tr_folder_list(const char *path, tr_names *out_names, tr_error *error);
void tr_names_deinit(tr_names *names);

/* "folder/name" in malloc'd memory; NULL when memory is out. */
char *tr_path_join(const char *folder, const char *name);
/* The part behind the last '/', and that part without its last ".suffix". Slices of `path`. */
tr_str tr_path_base(const char *path);
tr_str tr_path_stem(const char *path);

#endif
