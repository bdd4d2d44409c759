/* One request on its way down, in up to two legs: Triton's stages to PTX at most, and ptxas. Each leg has its own
 * cache entry. */
#ifndef TR_LOWER_DESCENT_H
#define TR_LOWER_DESCENT_H

#include "lower/cache.h"
#include "lower/helper.h"
#include "lower/ptxas.h"

typedef struct tr_descent {
    const tr_lower_request *request;
    const char *name;   /* never NULL */
    const char *python; /* never NULL */
    const char *ptxas;  /* NULL = choose one */
    const char *cache;  /* NULL = none */
    tr_helper *helper;
    tr_ptxas_list *known;
    tr_patience patience;

    json_t *options, *metadata; /* objects; the metadata becomes that of the last stage */
    int32_t source_arch, arch;
    tr_lower_stage stages[TR_LEVEL_COUNT];
    int32_t count;
    bool all_cached;
    tr_text tools, log;
} tr_descent;

/* The parts, in order. */
tr_status tr_descent_begin(tr_descent *d, tr_error *error);    /* options, metadata, target */
tr_status tr_descent_to_ptx(tr_descent *d, tr_error *error);   /* TTIR, TTGIR or LLIR to PTX at most */
tr_status tr_descent_to_cubin(tr_descent *d, tr_error *error); /* PTX to cubin */
tr_status tr_descent_end(tr_descent *d, tr_lowered *out, tr_error *error);
void tr_descent_deinit(tr_descent *d);

/* Takes a stage, writes it to the folder that keeps them. `data` becomes its own, also on failure. */
tr_status tr_descent_add_stage(tr_descent *d, tr_level level, char *data, size_t size, tr_error *error);

/* Writes STEM.`suffix` into the folder that keeps them, if there is one. */
tr_status tr_descent_keep(const tr_descent *d, const char *suffix, tr_str bytes, tr_error *error);

/* A string of the metadata, NULL if absent or no string. */
const char *tr_descent_metadata_text(const tr_descent *d, const char *key);

#endif
