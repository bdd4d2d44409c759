#include "base/arena.h"

#include "base/memory.h"

#define ALIGNMENT ((size_t)16)
#define FIRST_BLOCK ((size_t)4096)
#define LARGEST_BLOCK ((size_t)1 << 20)

#if defined(__SANITIZE_ADDRESS__)
#define OWN_BLOCKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_BLOCKS 1
#endif
#endif
#ifndef OWN_BLOCKS
#define OWN_BLOCKS 0
#endif

struct tr_arena_block {
    tr_arena_block *next;
    size_t size; /* bytes behind this header */
};
_Static_assert(sizeof(tr_arena_block) % ALIGNMENT == 0, "objects start aligned behind the header");

void tr_arena_deinit(tr_arena *arena)
{
    for (tr_arena_block *block = arena->head; block;) {
        tr_arena_block *next = block->next;
        free(block);
        block = next;
    }
    *arena = (tr_arena){ 0 };
}

/* Adds a block whose first `size` bytes are the object asked for. */
static void *alloc_in_new_block(tr_arena *arena, size_t size)
{
    /* Blocks double up to a limit, so that a small arena stays small and a large one makes few calls. The address
     * sanitizer sees an overrun only at the end of a block: with it every object gets a block of its own. */
    size_t room = arena->head ? arena->head->size * 2 : FIRST_BLOCK - sizeof(tr_arena_block);
    if (room > LARGEST_BLOCK) room = LARGEST_BLOCK;
    if (room < size || OWN_BLOCKS) room = size;

    size_t bytes;
    if (__builtin_add_overflow(room, sizeof(tr_arena_block), &bytes)) return NULL;
    tr_arena_block *block = tr_calloc(1, bytes);
    if (!block) return NULL;
    block->size = room;
    arena->total += bytes;

    char *object = (char *)(block + 1);
    char *cursor = object + size, *end = object + room;
    if (arena->head && end - cursor < arena->end - arena->cursor) {
        /* A large object must not throw away the room left in the current block: it goes behind it. */
        block->next = arena->head->next;
        arena->head->next = block;
    } else {
        block->next = arena->head;
        arena->head = block;
        arena->cursor = cursor;
        arena->end = end;
    }
    return object;
}

void *tr_arena_alloc(tr_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT) return NULL;
    if (size == 0) size = 1; /* an empty object has an address too */
    if (!OWN_BLOCKS) size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (OWN_BLOCKS || size > (size_t)(arena->end - arena->cursor)) return alloc_in_new_block(arena, size);
    void *object = arena->cursor;
    arena->cursor += size;
    return object;
}

void *tr_arena_alloc_array(tr_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : tr_arena_alloc(arena, bytes);
}

tr_str tr_arena_copy(tr_arena *arena, tr_str s)
{
    char *copy = s.size < SIZE_MAX ? tr_arena_alloc(arena, s.size + 1) : NULL;
    if (!copy) return (tr_str){ 0 };
    if (s.size) memcpy(copy, s.data, s.size);
    return (tr_str){ copy, s.size }; /* the arena's memory is zeroed: terminated */
}
