/* An artifact: one kernel at one level, with its metadata and its signature.
 *
 * Everything dies with the artifact. Read-only after opening, so several threads may use it at once.
 */
#ifndef TR_ARTIFACT_ARTIFACT_H
#define TR_ARTIFACT_ARTIFACT_H

#include "artifact/entry.h"
#include "artifact/metadata.h"
#include "mlir/ir.h"

typedef struct tr_artifact {
    tr_arena arena; /* path, kernel, params */
    tr_level level;
    const char *path;      /* the file, or the name given for memory */
    tr_str bytes;          /* the file's content, terminated; malloc's memory */
    const char *kernel;    /* name of the entry point */
    tr_metadata *metadata; /* NULL when there is none */
    tr_module *module;     /* TTIR; NULL for other levels, and for TTGIR that the parser can't read */
    const tr_func *func;   /* the kernel in `module` */
    tr_image *image;       /* PTX and cubin, else NULL */
    const tr_entry *entry; /* the kernel in `image` */
    tr_param *params;      /* the kernel's parameters, without hidden ones; none of TTGIR that the parser can't read */
    int32_t param_count;
    int32_t optional_params; /* how many of the last ones may be hidden: unknown which Triton wrote it */
} tr_artifact;

typedef struct tr_artifact_options {
    const char *kernel;         /* NULL = the only one */
    const char *metadata;       /* path; NULL = the JSON beside the artifact, if there */
    const char *metadata_text;  /* the JSON itself, instead of a path */
    tr_level level;             /* what a file or bytes are, for them to confirm; TR_LEVEL_UNKNOWN = look */
    const tr_level *preference; /* which level to take from a folder, best first; ends with TR_LEVEL_UNKNOWN */
} tr_artifact_options;

/* Opens a file, a folder, or a folder that holds such folders (a Triton cache). */
TR_MUST_CHECK tr_status tr_artifact_open(const char *path, const tr_artifact_options *options,
                                         tr_artifact **out_artifact, tr_error *error);

/* Opens bytes in memory (copied); `name` stands for the path. No JSON is looked for beside it. */
TR_MUST_CHECK tr_status tr_artifact_open_memory(tr_str bytes, const char *name, const tr_artifact_options *options,
                                                tr_artifact **out_artifact, tr_error *error);

void tr_artifact_destroy(tr_artifact *artifact);

/* Fills params and param_count from entry, from func, or from LLIR's text. `metadata`, which may be NULL, belongs to what
 * they are read from: its Triton says how many are hidden. */
TR_MUST_CHECK tr_status tr_artifact_read_signature(tr_artifact *artifact, const tr_metadata *metadata, tr_error *error);

#endif
