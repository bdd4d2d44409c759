/* An arena: objects that die together. Freeing is one call; there is no per-object free.
 *
 * Not thread-safe. All memory comes zeroed and 16-byte aligned unless stated.
 */
#ifndef TR_BASE_ARENA_H
#define TR_BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

typedef struct tr_arena_block tr_arena_block;
typedef struct tr_arena {
    tr_arena_block *head;
    char *cursor, *end;
    size_t total; /* bytes taken from the system */
} tr_arena;

/* A zeroed arena is ready for use. */
void tr_arena_deinit(tr_arena *arena);

/* NULL when memory is out or count * size overflows. */
void *tr_arena_alloc(tr_arena *arena, size_t size);
void *tr_arena_alloc_array(tr_arena *arena, size_t count, size_t size);

/* A terminated copy; `.data` is NULL when memory is out. */
tr_str tr_arena_copy(tr_arena *arena, tr_str s);

#define TR_NEW(arena, type) ((type *)tr_arena_alloc((arena), sizeof(type)))
#define TR_NEW_ARRAY(arena, type, count) ((type *)tr_arena_alloc_array((arena), (count), sizeof(type)))

#endif
