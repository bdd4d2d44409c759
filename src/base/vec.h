/* Growing arrays. TR_VEC(type) declares one; a zeroed one is empty. Memory is malloc's.
 *
 *     TR_VEC(int) v = { 0 };
 *     if (!tr_vec_push(&v, 3)) return TR_OOM(error);
 *     for (size_t i = 0; i < v.count; i++) use(v.items[i]);
 *     tr_vec_deinit(&v);
 */
#ifndef TR_BASE_VEC_H
#define TR_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define TR_VEC(type)                                                                                                   \
    struct {                                                                                                           \
        type *items;                                                                                                   \
        size_t count, capacity;                                                                                        \
    }

/* The `items` of any vector: the attribute lets one function set a pointer of whatever type. */
typedef void *tr_vec_items __attribute__((may_alias));

/* Makes room for `extra` more items; false when memory is out (the vector is unchanged). */
bool tr_vec_reserve_bytes(tr_vec_items *items, size_t count, size_t *capacity, size_t extra, size_t item_size);

#define tr_vec_reserve(v, extra)                                                                                       \
    tr_vec_reserve_bytes((tr_vec_items *)&(v)->items, (v)->count, &(v)->capacity, (extra), sizeof(*(v)->items))

#define tr_vec_push(v, ...) (tr_vec_reserve((v), 1) ? ((v)->items[(v)->count++] = (__VA_ARGS__), true) : false)

#define tr_vec_deinit(v) (free((v)->items), (v)->items = NULL, (v)->count = (v)->capacity = 0)

#endif
