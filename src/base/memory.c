#include "base/memory.h"

#include <stdbool.h>

/* Per thread, so that a test that fails allocations doesn't disturb the workers of a pool. */
static _Thread_local long successes_left = -1;

static bool must_fail(void)
{
    if (__builtin_expect(successes_left < 0, 1)) return false;
    if (successes_left == 0) return true;
    successes_left--;
    return false;
}

void *tr_malloc(size_t size)
{
    return must_fail() ? NULL : malloc(size);
}

void *tr_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : calloc(count, size);
}

void *tr_realloc(void *memory, size_t size)
{
    return must_fail() ? NULL : realloc(memory, size);
}

void *tr_aligned_alloc(size_t alignment, size_t size)
{
    size_t rounded;
    if (must_fail() || __builtin_add_overflow(size, alignment - 1, &rounded)) return NULL;
    return aligned_alloc(alignment, rounded & ~(alignment - 1));
}

void tr_memory_fail_after(long successes)
{
    successes_left = successes;
}
