/* One step down, or several: an artifact to any lower level.
 *
 * TTIR -> TTGIR -> LLIR -> PTX are Triton's own stages, run by a Python process that this layer starts and owns; PTX
 * -> cubin is ptxas. Whatever happens to either process (crash, abort, hang, garbage, absence) is a tr_error here with
 * the last lines of its log, and nothing stays behind: no process, no file, no descriptor.
 *
 * A tr_lowering owns at most one Python process, which serves request after request and is started when the first
 * one needs it. There is no global state. docs/lower.md has the whole picture.
 */
#ifndef TR_LOWER_LOWER_H
#define TR_LOWER_LOWER_H

#include "base/status.h"

typedef struct tr_lowering tr_lowering;

typedef struct tr_lowering_options {
    const char *python; /* which Python has Triton; NULL = TRITON_RUNNER_PYTHON, else python3 */
    const char *ptxas;  /* the one to use; NULL = the first that fits (docs/lower.md) */
    const char *cache;  /* folder of results; NULL = TRITON_RUNNER_CACHE, else $XDG_CACHE_HOME/triton-runner, else
                           ~/.cache/triton-runner. Results go to its folder "lower" */
    bool no_cache;      /* neither reads nor writes results */
} tr_lowering_options;

/* Cheap: starts nothing. `options` may be NULL; its strings are copied. */
TR_MUST_CHECK tr_status tr_lowering_create(const tr_lowering_options *options, tr_lowering **out_lowering,
                                           tr_error *error);
/* Ends the Python process. A forked child may destroy its copy: the process of the parent is left alone. */
void tr_lowering_destroy(tr_lowering *lowering);

/* What to lower. Strings belong to the caller and are not kept. */
typedef struct tr_lower_request {
    tr_level from;
    tr_str bytes;
    const char *name;       /* stands for the file name in messages; NULL = "kernel.<level>" */
    const char *metadata;   /* text of the metadata JSON that belongs to `bytes`; NULL = none */
    tr_level to;            /* lower than `from` */
    int32_t arch;           /* compute capability, 90 for sm_90; 0 = the one of the artifact */
    const char *options;    /* JSON object of compiler options that beat those of the metadata, {"num_warps": 8}; NULL =
                               none */
    const char *python;     /* for this request, where it is not the one of the tr_lowering; NULL = that one */
    const char *keep;       /* folder that gets every stage as soon as it is there, also before a failure, and the
                               metadata (or the log of the failure) at the end: STEM of `name`, .ttgir and so on, .json
                               or .log; NULL = none */
    double timeout_seconds; /* for everything together; 0 = TR_LOWER_TIMEOUT */
    const volatile int *cancel; /* the request ends with TR_INTERRUPTED soon after *cancel becomes nonzero */
    void (*progress)(void *user, tr_level making, double seconds); /* when a stage begins and about every second */
    void *progress_user;
} tr_lower_request;

#define TR_LOWER_TIMEOUT 600.0

typedef struct tr_lower_stage {
    tr_level level;
    char *data; /* terminated by a NUL that does not count */
    size_t size;
} tr_lower_stage;

typedef struct tr_lowered {
    tr_lower_stage stages[TR_LEVEL_COUNT]; /* from the level below the input down to the one asked for */
    int32_t count;
    char *name;     /* of the kernel */
    char *metadata; /* JSON text that belongs to the last stage, with Triton's keys */
    char *tools;    /* what made it: "Triton 3.4.0 (/x/bin/python), ptxas 12.8 (/x/ptxas)" */
    bool cached;    /* all of it came from the cache */
    char *log;      /* what Triton and ptxas said on the way, its last part; "" for a cached result */
    int32_t arch;   /* compute capability of the last stage */
} tr_lowered;

/* Thread-safe; requests of one tr_lowering take turns. *out is written on success only; release with
 * tr_lowered_deinit.
 *
 * TR_INVALID_ARGUMENT: `to` is not below `from`, no target is known, an option that Triton does not have.
 * TR_INVALID_INPUT: the text does not parse, or a stage refuses it; file, line, column and excerpt where known.
 * TR_MISMATCH: a target that the artifact can't be brought to; the message names both.
 * TR_UNSUPPORTED: a Triton that there is no adapter for.
 * TR_UNAVAILABLE: no Python, no Triton in it, no ptxas that fits: the message says what was looked at.
 * TR_TRAPPED: the process of Triton or ptxas died, or answered with something else than an answer.
 * TR_TIMED_OUT, TR_INTERRUPTED, TR_OUT_OF_MEMORY, TR_IO. */
TR_MUST_CHECK tr_status tr_lower(tr_lowering *lowering, const tr_lower_request *request, tr_lowered *out,
                                 tr_error *error);
void tr_lowered_deinit(tr_lowered *lowered);

/* The result: the last stage. */
static inline tr_str tr_lowered_bytes(const tr_lowered *lowered)
{
    const tr_lower_stage *last = &lowered->stages[lowered->count - 1];
    return (tr_str){ last->data, last->size };
}

/* The compute capability of "sm_90", "sm_90a", "sm90", "cuda:90" or "90"; 0 if it is none. */
int32_t tr_lower_arch_from_name(const char *name);

#endif
