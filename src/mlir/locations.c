/* Locations and aliases. */
#include "mlir/parser.h"

/* An alias; a location's object exists from its first use, and its contents from its definition on. */
typedef struct alias_entry {
    tr_alias alias; /* attr or type NULL: not defined yet */
    tr_loc *loc;
    uint32_t first_use;
} alias_entry;

static alias_entry *find_entry(tr_parser *p, tr_str name, bool create)
{
    if (!create) {
        const uint64_t *found = tr_map_get(&p->aliases, name);
        return found ? (alias_entry *)(uintptr_t)*found : NULL;
    }
    bool is_new;
    uint64_t *slot = tr_map_put(&p->aliases, name, &is_new);
    if (!slot) return NULL;
    if (is_new) {
        alias_entry *entry = TR_NEW(p->arena, alias_entry);
        *slot = (uint64_t)(uintptr_t)entry;
        if (entry) entry->alias.name = name;
        return entry;
    }
    return (alias_entry *)(uintptr_t)*slot;
}

tr_status tr_find_alias(tr_parser *p, const tr_alias **out)
{
    const alias_entry *entry = find_entry(p, tr_text_of(p, tr_peek(p)), false);
    *out = entry && (entry->alias.attr || entry->alias.type) ? &entry->alias : NULL;
    return TR_OK;
}

tr_status tr_locations_init(tr_parser *p)
{
    tr_loc *loc = TR_NEW(p->arena, tr_loc);
    if (!loc) return tr_parse_oom(p);
    p->no_loc = loc;
    return TR_OK;
}

static tr_status parse_location(tr_parser *p, bool forward, const tr_loc **out);

/* A location inside another one. */
static tr_status parse_inner(tr_parser *p, const tr_loc **out)
{
    TR_TRY(tr_nest(p));
    /* MLIR resolves these where they stand: their aliases must be defined already. */
    TR_TRY(parse_location(p, false, out));
    tr_unnest(p);
    return TR_OK;
}

/* file = string ':' integer ':' integer ('to' (integer? ':' integer)?)? | name = string ('(' location ')')? */
static tr_status parse_string_loc(tr_parser *p, tr_loc *loc)
{
    tr_str text;
    int64_t number;
    TR_TRY(tr_parse_string(p, &text));
    if (!tr_take(p, ':')) {
        loc->kind = TR_LOC_NAME;
        loc->name = text;
        if (!tr_take(p, '(')) return TR_OK;
        TR_TRY(parse_inner(p, &loc->child));
        return tr_expect(p, ')', "')' behind the location of a name");
    }
    loc->kind = TR_LOC_FILE;
    loc->file = text;
    TR_TRY(tr_parse_plain_integer(p, UINT32_MAX, &number));
    loc->line = (uint32_t)number;
    if (tr_take(p, ':')) {
        TR_TRY(tr_parse_plain_integer(p, UINT32_MAX, &number));
        loc->column = (uint32_t)number;
    }
    if (!tr_take_word(p, "to")) return TR_OK;
    if (tr_peek_kind(p) == TR_TOKEN_INTEGER) TR_TRY(tr_parse_plain_integer(p, UINT32_MAX, &number));
    TR_TRY(tr_expect(p, ':', "':' before the end column of a range"));
    return tr_parse_plain_integer(p, UINT32_MAX, &number);
}

/* fused = 'fused' ('<' attr '>')? '[' location (',' location)* ']' */
static tr_status parse_fused(tr_parser *p, tr_loc *loc)
{
    loc->kind = TR_LOC_FUSED;
    if (tr_take(p, '<')) {
        const tr_attr *metadata;
        TR_TRY(tr_parse_attr(p, NULL, &metadata));
        TR_TRY(tr_expect(p, '>', "'>' behind the metadata of a fused location"));
    }
    TR_TRY(tr_expect(p, '[', "'[' behind 'fused'"));
    if (tr_take(p, ']')) return TR_OK;
    do {
        const tr_loc *part;
        TR_TRY(parse_inner(p, &part));
        if (!loc->child) loc->child = part;
    } while (tr_take(p, ','));
    return tr_expect(p, ']', "',' or ']' in a fused location");
}

/* location = alias | string ... | 'unknown' | 'callsite' '(' location 'at' location ')' | fused */
static tr_status parse_location(tr_parser *p, bool forward, const tr_loc **out)
{
    tr_token token = tr_peek(p);
    if (token.kind == TR_TOKEN_HASH && !memchr(p->text.data + token.begin, '.', token.size)) {
        alias_entry *entry = find_entry(p, tr_text_of(p, token), forward);
        if (forward && !entry) return tr_parse_oom(p);
        bool defined = entry && (entry->alias.attr || entry->alias.type);
        if (defined && !(entry->alias.attr && entry->alias.attr->kind == TR_ATTR_LOC)) {
            return tr_parse_fail(p, token.begin, "'%.*s' is not a location", TR_STR_ARG(tr_text_of(p, token)));
        }
        if (!defined && !forward) {
            return tr_parse_fail(p, token.begin, "'%.*s' is not defined yet; inside another location it has to be",
                                 TR_STR_ARG(tr_text_of(p, token)));
        }
        if (!entry->loc) {
            entry->loc = TR_NEW(p->arena, tr_loc);
            if (!entry->loc || !tr_vec_push(&p->pending_locs, token.begin)) return tr_parse_oom(p);
            entry->loc->alias = entry->alias.name;
            entry->first_use = token.begin;
        }
        p->at++;
        *out = entry->loc;
        return TR_OK;
    }

    tr_loc *loc = TR_NEW(p->arena, tr_loc);
    if (!loc) return tr_parse_oom(p);
    if (token.kind == TR_TOKEN_STRING) {
        TR_TRY(parse_string_loc(p, loc));
    } else if (tr_take_word(p, "unknown")) {
        loc->kind = TR_LOC_UNKNOWN;
    } else if (tr_take_word(p, "callsite")) {
        loc->kind = TR_LOC_CALLSITE;
        TR_TRY(tr_expect(p, '(', "'(' behind 'callsite'"));
        TR_TRY(parse_inner(p, &loc->child));
        TR_TRY(tr_expect_word(p, "at"));
        TR_TRY(parse_inner(p, &loc->caller));
        TR_TRY(tr_expect(p, ')', "')' at the end of 'callsite'"));
    } else if (tr_take_word(p, "fused")) {
        TR_TRY(parse_fused(p, loc));
    } else if (token.kind == TR_TOKEN_HASH) {
        const tr_attr *attr; /* a dialect's own kind, as metadata: #llvm.di_... */
        TR_TRY(tr_parse_attr(p, NULL, &attr));
        loc->kind = TR_LOC_UNKNOWN;
    } else {
        return tr_expected(p, "a location");
    }
    tr_token last = p->tokens[p->at - 1];
    loc->text = (tr_str){ p->text.data + token.begin, last.begin + last.size - token.begin };
    *out = loc;
    return TR_OK;
}

tr_status tr_parse_loc(tr_parser *p, bool forward, const tr_loc **out)
{
    p->at++;
    TR_TRY(tr_expect(p, '(', "'(' behind 'loc'"));
    TR_TRY(parse_location(p, forward, out));
    return tr_expect(p, ')', "')' at the end of the location");
}

/* ('loc' '(' location ')')? */
tr_status tr_parse_optional_loc(tr_parser *p, const tr_loc **out)
{
    *out = p->no_loc;
    if (tr_peek_kind(p) != TR_TOKEN_WORD || !tr_peek_is(p, "loc") || tr_peek_second(p) != '(') return TR_OK;
    return tr_parse_loc(p, true, out);
}

/* The location of an alias fills the object that uses before it have been given. */
static tr_status define_location(tr_parser *p, alias_entry *entry)
{
    const tr_loc *loc;
    p->at++;
    TR_TRY(tr_expect(p, '(', "'(' behind 'loc'"));
    uint32_t begin = tr_peek(p).begin;
    TR_TRY(parse_location(p, false, &loc));
    tr_token last = p->tokens[p->at - 1];
    TR_TRY(tr_expect(p, ')', "')' at the end of the location"));
    if (!entry->loc) {
        entry->loc = TR_NEW(p->arena, tr_loc);
        if (!entry->loc) return tr_parse_oom(p);
    }
    *entry->loc = *loc;
    entry->loc->alias = entry->alias.name;
    entry->loc->text = (tr_str){ p->text.data + begin, last.begin + last.size - begin };
    return tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_LOC, .loc = entry->loc, .alias = entry->alias.name },
                       &entry->alias.attr);
}

/* alias = '#' name '=' attr | '!' name '=' type */
tr_status tr_parse_alias(tr_parser *p)
{
    tr_token token = tr_peek(p);
    tr_str name = tr_text_of(p, token);
    if (memchr(name.data, '.', name.size)) {
        return tr_parse_fail(p, token.begin, "the name of an alias can't have a '.'");
    }
    alias_entry *entry = find_entry(p, name, true);
    if (!entry) return tr_parse_oom(p);
    if (entry->alias.attr || entry->alias.type) {
        return tr_parse_fail(p, token.begin, "'%.*s' is defined twice", TR_STR_ARG(name));
    }
    p->at++;
    TR_TRY(tr_expect(p, '=', "'=' behind the name of an alias"));
    if (token.kind == TR_TOKEN_BANG) {
        TR_TRY(tr_parse_type(p, &entry->alias.type));
    } else if (tr_peek_is(p, "loc") && tr_peek_second(p) == '(') {
        TR_TRY(define_location(p, entry));
    } else {
        const tr_attr *attr;
        TR_TRY(tr_parse_attr(p, NULL, &attr));
        tr_attr named = *attr;
        named.alias = entry->alias.name;
        TR_TRY(tr_attr_new(p, named, &entry->alias.attr));
    }
    if (entry->loc && (!entry->alias.attr || entry->alias.attr->kind != TR_ATTR_LOC)) {
        return tr_parse_fail(p, entry->first_use, "'%.*s' is not a location", TR_STR_ARG(name));
    }
    entry->alias.after = p->module->op != NULL;
    return tr_vec_push(&p->alias_list, entry->alias) ? TR_OK : tr_parse_oom(p);
}

tr_status tr_locations_check(tr_parser *p)
{
    for (size_t i = 0; i < p->pending_locs.count; i++) {
        uint32_t offset = p->pending_locs.items[i];
        uint32_t end = offset + 1;
        while (end < p->text.size && tr_is_name_char(p->text.data[end])) end++;
        tr_str name = { p->text.data + offset, end - offset };
        const alias_entry *entry = find_entry(p, name, false);
        if (!entry || !entry->alias.attr) {
            return tr_parse_fail(p, offset, "'%.*s' is not defined anywhere", TR_STR_ARG(name));
        }
    }
    return TR_OK;
}
