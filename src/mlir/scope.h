/* Names of values and how far they reach: one table for a whole parse, with an undo log.
 *
 * A name is visible in its region and the regions inside it, up to an isolated region (a function), which sees
 * nothing from outside.
 */
#ifndef TR_MLIR_SCOPE_H
#define TR_MLIR_SCOPE_H

#include "base/vec.h"
#include "mlir/ir.h"

typedef struct tr_scope_entry {
    tr_str name;
    uint64_t hash;
    tr_value *values; /* NULL: not defined */
    uint32_t count;
    uint32_t level;         /* of the region that defines it */
    uint32_t forward;       /* 1 + index of the first forward use, 0 = none */
    uint32_t forward_level; /* the isolated region that `forward` belongs to */
} tr_scope_entry;

typedef struct tr_scope_undo {
    uint32_t entry;
    tr_scope_entry old;
} tr_scope_undo;

typedef struct tr_scope_level {
    bool isolated;
    size_t undo_count, forward_undo_count, forward_count;
    uint32_t outer_isolated;
} tr_scope_level;

typedef struct tr_scopes {
    TR_VEC(tr_scope_entry) entries;
    TR_VEC(tr_scope_undo) undo;         /* of definitions: back at the end of a region */
    TR_VEC(tr_scope_undo) forward_undo; /* of forward uses: back at the end of an isolated region only */
    TR_VEC(tr_scope_level) levels;
    uint32_t isolated; /* level of the innermost isolated region */
    uint32_t *slots;   /* 1 + index of an entry; open addressing */
    size_t slot_count;
} tr_scopes;

void tr_scopes_deinit(tr_scopes *scopes);
/* The entry of `name`, made if it is new; UINT32_MAX when memory is out. */
uint32_t tr_scopes_entry(tr_scopes *scopes, tr_str name);
/* Whether the entry's value can be seen from here. */
static inline bool tr_scopes_visible(const tr_scopes *scopes, const tr_scope_entry *entry)
{
    return entry->values && entry->level >= scopes->isolated;
}
/* Notes the entry's definition, or its forward uses, before they change. */
bool tr_scopes_save(tr_scopes *scopes, uint32_t entry);
bool tr_scopes_save_forward(tr_scopes *scopes, uint32_t entry);
bool tr_scopes_enter(tr_scopes *scopes, bool isolated, size_t forward_count);
/* Returns the number of forward uses there were when the level was entered, or SIZE_MAX if it is not isolated. */
size_t tr_scopes_leave(tr_scopes *scopes);

#endif
