/* Folders on disk: private ones that go away again, and missing parents. */
#ifndef TR_LOWER_FOLDER_H
#define TR_LOWER_FOLDER_H

#include "base/status.h"

/* A new empty folder "PARENT/triton-runner-XXXXXX" that only this user can enter; PARENT = NULL: TMPDIR, else /tmp.
 * Release with tr_folder_remove and free. */
TR_MUST_CHECK tr_status tr_folder_create_private(const char *parent, char **out_path, tr_error *error);

/* Removes it with everything in it, following no links. Quiet: there is nothing to do about a failure. */
void tr_folder_remove(const char *path);

/* Makes `path` and its parents where they are missing. */
TR_MUST_CHECK tr_status tr_folder_make(const char *path, tr_error *error);

#endif
