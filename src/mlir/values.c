/* Names of values: definitions, uses, and uses that stand before their definition. */
#include "mlir/parser.h"

/* use = '%' name ('#' number)? */
tr_status tr_parse_use(tr_parser *p)
{
    tr_token token = tr_peek(p);
    if (token.kind != TR_TOKEN_PERCENT) return tr_expected(p, "a value like '%x'");
    p->at++;
    tr_use use = { .name = tr_name_of(p, token), .offset = token.begin };
    if (tr_peek_kind(p) == TR_TOKEN_HASH) {
        tr_token number = tr_peek(p);
        tr_str digits = tr_name_of(p, number);
        int64_t value = 0;
        for (size_t i = 0; i < digits.size; i++) {
            if (digits.data[i] < '0' || digits.data[i] > '9' || value >= TR_LIMIT_PACK) {
                return tr_parse_fail(p, number.begin, "expected the number of a result behind '#'");
            }
            value = value * 10 + (digits.data[i] - '0');
        }
        use.number = (uint32_t)value;
        p->at++;
    }
    return tr_vec_push(&p->uses, use) ? TR_OK : tr_parse_oom(p);
}

/* uses = use (',' use)* */
tr_status tr_parse_uses(tr_parser *p)
{
    do TR_TRY(tr_parse_use(p));
    while (tr_take(p, ','));
    return TR_OK;
}

/* "%x" or "%x#2", for messages. */
static const char *use_name(const tr_use *use, char *buffer, size_t size)
{
    if (use->number) {
        snprintf(buffer, size, "%%%.*s#%u", TR_STR_ARG(use->name), use->number);
    } else {
        snprintf(buffer, size, "%%%.*s", TR_STR_ARG(use->name));
    }
    return buffer;
}

static tr_status fail_types(tr_parser *p, const tr_use *use, const tr_type *is, const tr_type *wanted)
{
    char name[128];
    tr_text a = { 0 }, b = { 0 };
    tr_type_print(is, &a);
    tr_type_print(wanted, &b);
    tr_status status = tr_parse_fail(p, use->offset, "'%s' has type %s, but is used here as %s",
                                     use_name(use, name, sizeof(name)), a.data ? a.data : "?", b.data ? b.data : "?");
    tr_text_deinit(&a);
    tr_text_deinit(&b);
    return status;
}

/* Whether `use` can be value `number` of a pack of `count`. */
static tr_status check_number(tr_parser *p, const tr_use *use, uint32_t count)
{
    if (use->number < count) return TR_OK;
    return tr_parse_fail(p, use->offset, "'%%%.*s' has %u result%s: there is no '#%u'", TR_STR_ARG(use->name), count,
                         count == 1 ? "" : "s", use->number);
}

static tr_status add_forward(tr_parser *p, uint32_t entry_index, const tr_use *use, const tr_type *type,
                             tr_value **slot)
{
    tr_scope_entry *entry = &p->scopes.entries.items[entry_index];
    if (entry->forward && entry->forward_level != p->scopes.isolated) {
        if (!tr_scopes_save_forward(&p->scopes, entry_index)) return tr_parse_oom(p);
        entry->forward = 0;
    }
    tr_forward forward = {
        .name = use->name,
        .number = use->number,
        .offset = use->offset,
        .type = type,
        .slot = slot,
        .next = entry->forward,
    };
    if (!tr_vec_push(&p->forwards, forward)) return tr_parse_oom(p);
    entry->forward = (uint32_t)p->forwards.count;
    entry->forward_level = p->scopes.isolated;
    p->has_blocks = true;
    return TR_OK;
}

tr_status tr_resolve(tr_parser *p, const tr_use *use, const tr_type *type, tr_value **slot)
{
    uint32_t index = tr_scopes_entry(&p->scopes, use->name);
    if (index == UINT32_MAX) return tr_parse_oom(p);
    const tr_scope_entry *entry = &p->scopes.entries.items[index];
    if (!tr_scopes_visible(&p->scopes, entry)) return add_forward(p, index, use, type, slot);
    if (use->number >= entry->count) return check_number(p, use, entry->count);
    tr_value *value = &entry->values[use->number];
    if (value->type != type) return fail_types(p, use, value->type, type);
    *slot = value;
    return TR_OK;
}

const tr_type *tr_use_type(tr_parser *p, const tr_use *use)
{
    uint32_t index = tr_scopes_entry(&p->scopes, use->name);
    if (index == UINT32_MAX) return NULL;
    const tr_scope_entry *entry = &p->scopes.entries.items[index];
    if (!tr_scopes_visible(&p->scopes, entry) || use->number >= entry->count) return NULL;
    return entry->values[use->number].type;
}

/* Gives the uses that came before it the value. */
static tr_status meet_forwards(tr_parser *p, tr_scope_entry *entry, tr_value *values, uint32_t count)
{
    for (uint32_t next = entry->forward; next;) {
        tr_forward *forward = &p->forwards.items[next - 1];
        tr_use use = { .name = forward->name, .number = forward->number, .offset = forward->offset };
        TR_TRY(check_number(p, &use, count));
        tr_value *value = &values[forward->number];
        if (value->type != forward->type) return fail_types(p, &use, value->type, forward->type);
        *forward->slot = value;
        next = forward->next;
        forward->slot = NULL;
    }
    entry->forward = 0;
    return TR_OK;
}

tr_status tr_define(tr_parser *p, tr_str name, uint32_t offset, tr_value *values, uint32_t count)
{
    uint32_t index = tr_scopes_entry(&p->scopes, name);
    if (index == UINT32_MAX) return tr_parse_oom(p);
    tr_scope_entry *entry = &p->scopes.entries.items[index];
    if (tr_scopes_visible(&p->scopes, entry)) {
        return tr_parse_fail(p, offset, "'%%%.*s' is defined twice", TR_STR_ARG(name));
    }
    if (entry->forward && entry->forward_level == p->scopes.isolated) TR_TRY(meet_forwards(p, entry, values, count));
    if (!tr_scopes_save(&p->scopes, index)) return tr_parse_oom(p);
    entry->values = values;
    entry->count = count;
    entry->level = (uint32_t)p->scopes.levels.count;
    return TR_OK;
}

tr_status tr_enter_region(tr_parser *p, bool isolated)
{
    return tr_scopes_enter(&p->scopes, isolated, p->forwards.count) ? TR_OK : tr_parse_oom(p);
}

tr_status tr_leave_region(tr_parser *p)
{
    size_t first = tr_scopes_leave(&p->scopes);
    if (first == SIZE_MAX) return TR_OK;
    for (size_t i = first; i < p->forwards.count; i++) {
        const tr_forward *forward = &p->forwards.items[i];
        if (!forward->slot) continue;
        char name[128];
        tr_use use = { .name = forward->name, .number = forward->number };
        return tr_parse_fail(p, forward->offset, "use of undefined value '%s'", use_name(&use, name, sizeof(name)));
    }
    p->forwards.count = first;
    return TR_OK;
}
