#include "base/vec.h"

#include "base/memory.h"

bool tr_vec_reserve_bytes(tr_vec_items *items, size_t count, size_t *capacity, size_t extra, size_t item_size)
{
    if (extra <= *capacity - count) return true;
    size_t wanted, bytes;
    if (__builtin_add_overflow(count, extra, &wanted)) return false;
    size_t grown = *capacity < 8 ? 8 : *capacity + *capacity / 2;
    if (grown < wanted) grown = wanted;
    if (__builtin_mul_overflow(grown, item_size, &bytes)) return false;
    void *memory = tr_realloc(*items, bytes);
    if (!memory) return false;
    *items = memory;
    *capacity = grown;
    return true;
}
