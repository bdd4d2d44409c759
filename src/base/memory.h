/* Allocation, with a hook through which tests make the Nth allocation fail.
 *
 * malloc's memory: release with free(). The hook costs a load and a branch on calls that take a lock or a page
 * anyway, so it is in every build.
 */
#ifndef TR_BASE_MEMORY_H
#define TR_BASE_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

void *tr_malloc(size_t size);
void *tr_calloc(size_t count, size_t size); /* zeroed */
void *tr_realloc(void *memory, size_t size);
void *tr_aligned_alloc(size_t alignment, size_t size); /* a power of two; `size` need not be a multiple of it */

/* For tests: after `successes` more allocations of this thread every further one returns NULL. Negative = never
 * fail, which is how a thread starts. */
void tr_memory_fail_after(long successes);

#endif
