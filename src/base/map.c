#include "base/map.h"

#include "base/memory.h"

#define XXH_INLINE_ALL /* keys are short: a call costs as much as the hash */
#include <xxhash.h>

/* Open addressing with linear probing, at most three quarters full. */
struct tr_map_slot {
    const char *data; /* text, or the pointer key itself */
    size_t size;      /* of the text; 0 for a pointer key */
    uint64_t hash;    /* 0 = the slot is free */
    uint64_t value;
};

#define FIRST_CAPACITY 16

uint64_t tr_hash(tr_str bytes)
{
    return XXH3_64bits(bytes.data, bytes.size);
}

static uint64_t hash_text(tr_str key)
{
    uint64_t hash = tr_hash(key);
    return hash ? hash : 1;
}

static uint64_t hash_pointer(const void *key)
{
    /* The finalizer of MurmurHash3: addresses differ in the middle bits only. */
    uint64_t hash = (uint64_t)(uintptr_t)key;
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
    hash ^= hash >> 33;
    return hash ? hash : 1;
}

/* The slot that holds `key`, or the free one where it belongs. The map has a free slot. */
static tr_map_slot *find_text(const tr_map *map, tr_str key, uint64_t hash)
{
    for (size_t i = hash & (map->capacity - 1);; i = (i + 1) & (map->capacity - 1)) {
        tr_map_slot *slot = &map->slots[i];
        if (slot->hash == 0) return slot;
        if (slot->hash == hash && tr_str_equal((tr_str){ slot->data, slot->size }, key)) return slot;
    }
}

static tr_map_slot *find_pointer(const tr_map *map, const void *key, uint64_t hash)
{
    for (size_t i = hash & (map->capacity - 1);; i = (i + 1) & (map->capacity - 1)) {
        tr_map_slot *slot = &map->slots[i];
        if (slot->hash == 0 || slot->data == key) return slot;
    }
}

static tr_map_slot *find_free(const tr_map *map, uint64_t hash)
{
    size_t i = hash & (map->capacity - 1);
    while (map->slots[i].hash) i = (i + 1) & (map->capacity - 1);
    return &map->slots[i];
}

static bool grow(tr_map *map)
{
    tr_map bigger = { .count = map->count, .capacity = map->capacity ? map->capacity * 2 : FIRST_CAPACITY };
    bigger.slots = tr_calloc(bigger.capacity, sizeof(tr_map_slot));
    if (!bigger.slots) return false;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].hash) *find_free(&bigger, map->slots[i].hash) = map->slots[i];
    }
    free(map->slots);
    *map = bigger;
    return true;
}

/* Adds a key that the map doesn't hold yet. */
static uint64_t *insert(tr_map *map, const char *data, size_t size, uint64_t hash)
{
    if (map->count >= map->capacity / 4 * 3 && !grow(map)) return NULL;
    tr_map_slot *slot = find_free(map, hash);
    *slot = (tr_map_slot){ .data = data, .size = size, .hash = hash };
    map->count++;
    return &slot->value;
}

void tr_map_deinit(tr_map *map)
{
    free(map->slots);
    *map = (tr_map){ 0 };
}

void tr_map_clear(tr_map *map)
{
    if (map->capacity) memset(map->slots, 0, map->capacity * sizeof(tr_map_slot));
    map->count = 0;
}

uint64_t *tr_map_get(const tr_map *map, tr_str key)
{
    if (map->count == 0) return NULL;
    tr_map_slot *slot = find_text(map, key, hash_text(key));
    return slot->hash ? &slot->value : NULL;
}

uint64_t *tr_map_put(tr_map *map, tr_str key, bool *out_new)
{
    uint64_t hash = hash_text(key);
    tr_map_slot *slot = map->count ? find_text(map, key, hash) : NULL;
    bool found = slot && slot->hash;
    uint64_t *value = found ? &slot->value : insert(map, key.data, key.size, hash);
    if (out_new && value) *out_new = !found;
    return value;
}

uint64_t *tr_map_get_ptr(const tr_map *map, const void *key)
{
    if (map->count == 0) return NULL;
    tr_map_slot *slot = find_pointer(map, key, hash_pointer(key));
    return slot->hash ? &slot->value : NULL;
}

uint64_t *tr_map_put_ptr(tr_map *map, const void *key, bool *out_new)
{
    uint64_t hash = hash_pointer(key);
    tr_map_slot *slot = map->count ? find_pointer(map, key, hash) : NULL;
    bool found = slot && slot->hash;
    uint64_t *value = found ? &slot->value : insert(map, key, 0, hash);
    if (out_new && value) *out_new = !found;
    return value;
}
