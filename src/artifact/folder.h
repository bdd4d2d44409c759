/* Folders of artifacts: NAME.ttir, NAME.ttgir, NAME.llir, NAME.ptx, NAME.cubin and NAME.json, as a Triton cache
 * folder holds them, for one or several names; or a folder of such folders.
 */
#ifndef TR_ARTIFACT_FOLDER_H
#define TR_ARTIFACT_FOLDER_H

#include "base/arena.h"
#include "base/status.h"
#include "base/vec.h"

typedef struct tr_stage_file {
    const char *path;
    const char *folder; /* without the name */
    const char *name;   /* without the suffix: the kernel's name, cut to 150 characters by Triton */
    tr_level level;     /* by its suffix */
} tr_stage_file;

typedef TR_VEC(tr_stage_file) tr_stage_files;

/* Triton cuts names in its cache to this length. */
#define TR_STAGE_NAME_LIMIT 150

/* Appends every stage in `path`, or, where it has none, in its folders. Texts go to `arena`; the caller frees the
 * vector. In order of path. */
TR_MUST_CHECK tr_status tr_folder_stages(tr_arena *arena, const char *path, tr_stage_files *stages, tr_error *error);

/* Picks the stage of the kernel `name` (NULL = the only one) whose level comes first in `preference`, which ends with
 * TR_LEVEL_UNKNOWN. A failure lists what there is. */
TR_MUST_CHECK tr_status tr_folder_pick(const char *path, const tr_stage_files *stages, const char *name,
                                       const tr_level *preference, const tr_stage_file **out_stage, tr_error *error);

#endif
