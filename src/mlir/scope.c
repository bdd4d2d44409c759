#include "mlir/scope.h"

#include "base/memory.h"

void tr_scopes_deinit(tr_scopes *scopes)
{
    tr_vec_deinit(&scopes->entries);
    tr_vec_deinit(&scopes->undo);
    tr_vec_deinit(&scopes->forward_undo);
    tr_vec_deinit(&scopes->levels);
    free(scopes->slots);
    *scopes = (tr_scopes){ 0 };
}

/* Names are short and differ in their last characters: two words hold most of them. */
static uint64_t hash_name(tr_str name)
{
    const uint64_t k = 0x9e3779b97f4a7c15u;
    uint64_t hash = name.size * k;
    const char *s = name.data;
    size_t left = name.size;
    while (left >= 8) {
        uint64_t word;
        memcpy(&word, s, 8);
        hash = (hash ^ word) * k;
        hash ^= hash >> 29;
        s += 8;
        left -= 8;
    }
    uint64_t word = 0;
    memcpy(&word, s, left);
    hash = (hash ^ word) * k;
    return hash ^ hash >> 32;
}

static bool grow(tr_scopes *scopes)
{
    size_t count = scopes->slot_count ? scopes->slot_count * 2 : 256;
    uint32_t *slots = tr_calloc(count, sizeof(*slots));
    if (!slots) return false;
    for (size_t i = 0; i < scopes->entries.count; i++) {
        size_t at = scopes->entries.items[i].hash & (count - 1);
        while (slots[at]) at = (at + 1) & (count - 1);
        slots[at] = (uint32_t)i + 1;
    }
    free(scopes->slots);
    scopes->slots = slots;
    scopes->slot_count = count;
    return true;
}

uint32_t tr_scopes_entry(tr_scopes *scopes, tr_str name)
{
    if (scopes->entries.count * 2 >= scopes->slot_count && !grow(scopes)) return UINT32_MAX;
    uint64_t hash = hash_name(name);
    size_t at = hash & (scopes->slot_count - 1);
    while (scopes->slots[at]) {
        const tr_scope_entry *entry = &scopes->entries.items[scopes->slots[at] - 1];
        if (entry->hash == hash && tr_str_equal(entry->name, name)) return scopes->slots[at] - 1;
        at = (at + 1) & (scopes->slot_count - 1);
    }
    tr_scope_entry entry = { .name = name, .hash = hash };
    if (!tr_vec_push(&scopes->entries, entry)) return UINT32_MAX;
    scopes->slots[at] = (uint32_t)scopes->entries.count;
    return (uint32_t)scopes->entries.count - 1;
}

bool tr_scopes_save(tr_scopes *scopes, uint32_t entry)
{
    tr_scope_undo undo = { .entry = entry, .old = scopes->entries.items[entry] };
    return tr_vec_push(&scopes->undo, undo);
}

bool tr_scopes_save_forward(tr_scopes *scopes, uint32_t entry)
{
    tr_scope_undo undo = { .entry = entry, .old = scopes->entries.items[entry] };
    return tr_vec_push(&scopes->forward_undo, undo);
}

bool tr_scopes_enter(tr_scopes *scopes, bool isolated, size_t forward_count)
{
    tr_scope_level level = {
        .isolated = isolated,
        .undo_count = scopes->undo.count,
        .forward_undo_count = scopes->forward_undo.count,
        .forward_count = forward_count,
        .outer_isolated = scopes->isolated,
    };
    if (!tr_vec_push(&scopes->levels, level)) return false;
    if (isolated) scopes->isolated = (uint32_t)scopes->levels.count;
    return true;
}

size_t tr_scopes_leave(tr_scopes *scopes)
{
    tr_scope_level level = scopes->levels.items[--scopes->levels.count];
    while (scopes->undo.count > level.undo_count) {
        const tr_scope_undo *undo = &scopes->undo.items[--scopes->undo.count];
        tr_scope_entry *entry = &scopes->entries.items[undo->entry];
        entry->values = undo->old.values;
        entry->count = undo->old.count;
        entry->level = undo->old.level;
    }
    while (level.isolated && scopes->forward_undo.count > level.forward_undo_count) {
        const tr_scope_undo *undo = &scopes->forward_undo.items[--scopes->forward_undo.count];
        tr_scope_entry *entry = &scopes->entries.items[undo->entry];
        entry->forward = undo->old.forward;
        entry->forward_level = undo->old.forward_level;
    }
    scopes->isolated = level.outer_isolated;
    return level.isolated ? level.forward_count : SIZE_MAX;
}
