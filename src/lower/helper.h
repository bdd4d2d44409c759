/* The Python process that runs Triton's stages (helper.py), started when needed and kept for the next request. */
#ifndef TR_LOWER_HELPER_H
#define TR_LOWER_HELPER_H

#include "lower/frame.h"

typedef struct tr_helper {
    tr_child child; /* TR_NO_CHILD = none runs */
    char *folder;   /* its private one */
    char *python;   /* as it was asked for */
    json_t *hello;
} tr_helper;

#define TR_NO_HELPER ((tr_helper){ .child = TR_NO_CHILD })

/* What runs when nothing else is said: TRITON_RUNNER_PYTHON, else "python3". */
const char *tr_helper_default_python(void);

/* Makes sure that a process of `python` runs and has said hello. Imports nothing: some 30 ms. */
TR_MUST_CHECK tr_status tr_helper_start(tr_helper *helper, const char *python, tr_patience *patience, tr_error *error);

/* Kills it. */
void tr_helper_stop(tr_helper *helper);
/* In a forked child: leaves the process to the parent. */
void tr_helper_forget(tr_helper *helper);

/* Fails with what is wrong when there is no usable Triton in it; `wanted` is the version that the metadata names, or
 * NULL. */
TR_MUST_CHECK tr_status tr_helper_need_triton(const tr_helper *helper, const char *wanted, tr_error *error);

/* Of its hello; NULL when it has no Triton. */
const char *tr_helper_triton(const tr_helper *helper);   /* "3.4.0" */
const char *tr_helper_identity(const tr_helper *helper); /* what must change a content key */
/* Path of "ptxas" or "ptxas-blackwell" in its wheel, and the compute capability from which this Triton takes the
 * second one (0 = never). */
const char *tr_helper_tool(const tr_helper *helper, const char *name);
int32_t tr_helper_blackwell_from(const tr_helper *helper);

typedef struct tr_helper_job {
    tr_level from, to;
    tr_str bytes;
    const char *name;    /* for messages */
    int32_t source_arch; /* that of the input, 0 = unknown */
    int32_t arch;
    const char *wrote;                /* the Triton version that the metadata names, or NULL */
    const json_t *options, *metadata; /* objects */
    /* Gets each stage when it is there; `data` becomes its own, also when it fails. */
    tr_status (*stage)(void *user, tr_level level, char *data, size_t size, tr_error *error);
    void *user;
} tr_helper_job;

/* *out_metadata is the metadata of the last stage. After a failure that leaves the process in doubt it is stopped; its
 * log is in helper->child.tail until then and copied to *log, when that is not NULL, in every case. */
TR_MUST_CHECK tr_status tr_helper_run(tr_helper *helper, const tr_helper_job *job, tr_patience *patience,
                                      json_t **out_metadata, tr_text *log, tr_error *error);

/* "TTIR", ..., "cubin" */
const char *tr_lower_level_title(tr_level level);

#endif
