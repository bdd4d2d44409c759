/* Hash maps from text, or from a pointer, to a 64-bit value. Keys are not copied. A zeroed map is empty. */
#ifndef TR_BASE_MAP_H
#define TR_BASE_MAP_H

#include "base/str.h"

typedef struct tr_map_slot tr_map_slot;
typedef struct tr_map {
    tr_map_slot *slots;
    size_t count, capacity;
} tr_map;

void tr_map_deinit(tr_map *map);
void tr_map_clear(tr_map *map); /* keeps the memory */

/* The value of `key`, or NULL. The pointer is good until the next insertion. */
uint64_t *tr_map_get(const tr_map *map, tr_str key);
/* The value of `key`, inserted as 0 if new; NULL when memory is out. *out_new may be NULL. */
uint64_t *tr_map_put(tr_map *map, tr_str key, bool *out_new);

/* The same with the pointer itself as key (hashes its address). A map holds keys of one kind. */
uint64_t *tr_map_get_ptr(const tr_map *map, const void *key);
uint64_t *tr_map_put_ptr(tr_map *map, const void *key, bool *out_new);

uint64_t tr_hash(tr_str bytes); /* stable within a process */

#endif
