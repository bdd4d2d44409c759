/* Results on disk: ROOT/KEY[0..1]/KEY/ holds the stages, the metadata and a manifest with the size and hash of each.
 *
 * A folder is written aside and renamed into place as a whole, so several processes may share a cache, on a network
 * file system too. An entry that isn't what its manifest says counts as absent and is replaced. Nothing here fails a
 * request: without a cache results are made again.
 */
#ifndef TR_LOWER_CACHE_H
#define TR_LOWER_CACHE_H

#include "lower/lower.h"

#include <jansson.h>
#include <xxhash.h>

/* Some stages one below the other, and the metadata of the last. */
typedef struct tr_lower_group {
    tr_lower_stage stages[TR_LEVEL_COUNT];
    int32_t count;
    json_t *metadata;
} tr_lower_group;
void tr_lower_group_deinit(tr_lower_group *group);

/* The folder of results in malloc'd memory; NULL when there is none: no `folder`, variable or home folder. */
char *tr_cache_root(const char *folder);

/* What a result depends on, hashed. */
typedef struct tr_cache_key {
    XXH3_state_t *state;
    char text[33];
} tr_cache_key;
bool tr_cache_key_begin(tr_cache_key *key); /* false when memory is out */
void tr_cache_key_add(tr_cache_key *key, tr_str bytes);
void tr_cache_key_add_text(tr_cache_key *key, const char *text); /* NULL counts as "" */
void tr_cache_key_add_int(tr_cache_key *key, int64_t value);
void tr_cache_key_add_json(tr_cache_key *key, const json_t *value); /* the order of keys does not count */
/* Variables that change what Triton and ptxas do. */
void tr_cache_key_add_environment(tr_cache_key *key);
void tr_cache_key_end(tr_cache_key *key); /* fills text */

/* True when a sound entry was found; then *out is filled. */
bool tr_cache_load(const char *root, const char *key, tr_lower_group *out);
void tr_cache_store(const char *root, const char *key, const tr_lower_group *group);

#endif
