/* The public face of this layer: a path in, a lower level out. */
#ifndef TR_LOWER_COMPILE_H
#define TR_LOWER_COMPILE_H

#include "triton_runner.h"

/* How to compile. Everything may be zero but `to`. */
typedef struct tr_compile_options {
    tr_level to;                /* below the level of the artifact */
    const char *target;         /* "sm_90"; NULL = that of the artifact */
    const char *kernel;         /* which one, where a folder holds several */
    tr_level level;             /* which one to take from a folder; TR_LEVEL_UNKNOWN = the highest */
    const char *metadata;       /* path of the metadata JSON; NULL = NAME.json beside the artifact, if there */
    const char *options;        /* JSON object of compiler options that beat those of the metadata: {"num_warps": 8} */
    const char *python;         /* which has Triton; NULL = TRITON_RUNNER_PYTHON, else python3 */
    const char *ptxas;          /* NULL = the first that fits (docs/lower.md) */
    const char *keep;           /* folder for every stage, also of a compilation that fails later; NULL = none */
    const char *cache;          /* folder of results; NULL = TRITON_RUNNER_CACHE, else ~/.cache/triton-runner */
    bool no_cache;              /* neither reads nor writes results */
    double timeout_seconds;     /* 0 = 600 */
    const volatile int *cancel; /* compiling stops soon after *cancel becomes nonzero */
    void (*progress)(void *user, tr_level making, double seconds); /* when a stage begins, and every second; level
                                                                      TR_LEVEL_UNKNOWN while Triton starts */
    void *progress_user;
} tr_compile_options;

typedef struct tr_compiled_stage {
    tr_level level;
    const void *data;
    uint64_t size;
} tr_compiled_stage;

typedef struct tr_compiled {
    int32_t count;
    const tr_compiled_stage *stages; /* from the level below the artifact's down to the one asked for */
    tr_level from;
    const char *path;     /* of the artifact's file */
    const char *kernel;   /* its name */
    const char *target;   /* "sm_90" */
    const char *metadata; /* JSON text that belongs to the last stage */
    const char *tools;    /* what made it: "Triton 3.4.0 (python3), ptxas 12.8 (/usr/bin/ptxas)" */
    const char *log;      /* what Triton and ptxas said on the way; "" for a result from the cache */
    bool cached;
    void *storage;
} tr_compiled;

/* Brings the artifact at `path`, a file or a folder, to a lower level: Triton's own stages in a process of Python,
 * and ptxas. */
TR_MUST_CHECK tr_status tr_compile(const char *path, const tr_compile_options *options, tr_compiled *out_compiled,
                                   tr_error *error);
void tr_compiled_destroy(tr_compiled *compiled);

#endif
