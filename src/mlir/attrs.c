/* Attributes: parsing and printing. dense<...> is in dense.c. */
#include "mlir/parser.h"
#include "mlir/types.h"

/* ---------------------------------------------------------------- making them */

tr_status tr_attr_new(tr_parser *p, tr_attr wanted, const tr_attr **out)
{
    tr_attr *attr = TR_NEW(p->arena, tr_attr);
    if (!attr) return tr_parse_oom(p);
    *attr = wanted;
    *out = attr;
    return TR_OK;
}

tr_status tr_attr_int(tr_parser *p, int64_t value, const tr_type *type, const tr_attr **out)
{
    return tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_INTEGER, .integer = value, .type = type }, out);
}

tr_status tr_attr_str(tr_parser *p, tr_str text, const tr_attr **out)
{
    return tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_STRING, .text = text }, out);
}

tr_status tr_push_attr(tr_parser *p, tr_str name, const tr_attr *value)
{
    tr_named_attr entry = { name, value };
    return tr_vec_push(&p->attr_stack, entry) ? TR_OK : tr_parse_oom(p);
}

tr_status tr_pop_attrs(tr_parser *p, size_t first, const tr_named_attr **out, int32_t *out_count)
{
    size_t count = p->attr_stack.count - first;
    *out = NULL;
    if (count) {
        tr_named_attr *entries = TR_NEW_ARRAY(p->arena, tr_named_attr, count);
        if (!entries) return tr_parse_oom(p);
        memcpy(entries, p->attr_stack.items + first, count * sizeof(*entries));
        *out = entries;
    }
    *out_count = (int32_t)count;
    p->attr_stack.count = first;
    return TR_OK;
}

/* ---------------------------------------------------------------- parsing */

tr_status tr_parse_string(tr_parser *p, tr_str *out)
{
    tr_token token = tr_peek(p);
    TR_TRY(tr_expect(p, TR_TOKEN_STRING, "a string"));
    return tr_unescape(p->arena, tr_text_of(p, token), out, p->error);
}

tr_status tr_parse_symbol(tr_parser *p, tr_str *out)
{
    tr_token token = tr_peek(p);
    TR_TRY(tr_expect(p, TR_TOKEN_AT, "a name like '@kernel'"));
    tr_str name = tr_name_of(p, token);
    if (name.data[0] == '"') return tr_unescape(p->arena, name, out, p->error);
    *out = name;
    return TR_OK;
}

tr_status tr_parse_plain_integer(tr_parser *p, int64_t limit, int64_t *out)
{
    tr_token token = tr_peek(p);
    TR_TRY(tr_expect(p, TR_TOKEN_INTEGER, "an integer"));
    bool wide;
    TR_TRY(tr_number_integer(p, token, false, p->i64, out, &wide));
    if (*out < 0 || *out > limit) {
        return tr_parse_fail(p, token.begin, "this number is too large: at most %lld", (long long)limit);
    }
    return TR_OK;
}

/* number = '-'? (integer | float), of `type`. A type behind it comes from the caller. */
static tr_status make_number(tr_parser *p, tr_token token, bool negative, const tr_type *type, const tr_attr **out)
{
    tr_attr attr = { .type = type };
    bool wide = false;
    switch (type->kind) {
    case TR_TYPE_INTEGER:
    case TR_TYPE_INDEX:
        if (token.kind == TR_TOKEN_FLOAT) {
            return tr_parse_fail(p, token.begin, "a number with a point can't be %.*s", TR_STR_ARG(type->name));
        }
        attr.kind = type->bits == 1 ? TR_ATTR_BOOL : TR_ATTR_INTEGER;
        TR_TRY(tr_number_integer(p, token, negative, type, &attr.integer, &wide));
        if (wide) {
            size_t begin = token.begin;
            while (negative && p->text.data[begin] != '-') begin--;
            attr.text = (tr_str){ p->text.data + begin, token.begin + token.size - begin };
        }
        break;
    case TR_TYPE_FLOAT: {
        uint64_t bits;
        attr.kind = TR_ATTR_FLOAT;
        TR_TRY(tr_number_float(p, token, negative, type, &attr.real, &bits));
        attr.integer = (int64_t)bits;
        if (!bits && attr.real == 0) attr.text = tr_text_of(p, token); /* formats we don't know keep their text */
        break;
    }
    default: return tr_parse_fail(p, token.begin, "a number can't have this type");
    }
    return tr_attr_new(p, attr, out);
}

static tr_status parse_number(tr_parser *p, const tr_type *type, bool typed, const tr_attr **out)
{
    bool negative = tr_take(p, '-');
    tr_token token = tr_peek(p);
    if (token.kind != TR_TOKEN_INTEGER && token.kind != TR_TOKEN_FLOAT) return tr_expected(p, "a number behind '-'");
    p->at++;
    if (typed && tr_take(p, ':')) {
        TR_TRY(tr_parse_type(p, &type));
    } else if (!type) {
        type = token.kind == TR_TOKEN_FLOAT ? p->f64 : p->i64;
    }
    return make_number(p, token, negative, type, out);
}

/* list = '[' (attr (',' attr)*)? ']' */
static tr_status parse_list(tr_parser *p, const tr_attr **out)
{
    size_t first = p->item_stack.count;
    p->at++;
    if (tr_peek_kind(p) != ']') {
        do {
            const tr_attr *item;
            TR_TRY(tr_parse_attr(p, NULL, &item));
            if (!tr_vec_push(&p->item_stack, item)) return tr_parse_oom(p);
        } while (tr_take(p, ','));
    }
    TR_TRY(tr_expect(p, ']', "',' or ']' in a list"));
    size_t count = p->item_stack.count - first;
    tr_attr attr = { .kind = TR_ATTR_LIST, .count = (int32_t)count };
    attr.items = TR_NEW_ARRAY(p->arena, const tr_attr *, count);
    if (!attr.items) return tr_parse_oom(p);
    if (count) memcpy(attr.items, p->item_stack.items + first, count * sizeof(*attr.items));
    p->item_stack.count = first;
    return tr_attr_new(p, attr, out);
}

/* entry = (word | string) ('=' attr)?, unlike those on attr_stack from `first` on */
static tr_status parse_entry(tr_parser *p, size_t first)
{
    tr_token token = tr_peek(p);
    tr_str name = tr_text_of(p, token);
    if (token.kind == TR_TOKEN_STRING) {
        TR_TRY(tr_parse_string(p, &name));
        if (name.size == 0) return tr_parse_fail(p, token.begin, "an attribute needs a name");
    } else if (token.kind == TR_TOKEN_WORD) {
        p->at++;
    } else {
        return tr_expected(p, "the name of an attribute");
    }
    for (size_t i = first; i < p->attr_stack.count; i++) {
        if (tr_str_equal(p->attr_stack.items[i].name, name)) {
            return tr_parse_fail(p, token.begin, "attribute '%.*s' stands here twice", TR_STR_ARG(name));
        }
    }
    if (p->attr_stack.count - first > TR_LIMIT_ATTRS) {
        return tr_parse_fail(p, token.begin, "more than %d attributes", TR_LIMIT_ATTRS);
    }
    const tr_attr *value;
    if (tr_take(p, '=')) {
        TR_TRY(tr_parse_attr(p, NULL, &value));
    } else {
        TR_TRY(tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_UNIT }, &value));
    }
    return tr_push_attr(p, name, value);
}

/* dict = '{' (entry (',' entry)*)? '}' */
tr_status tr_parse_attr_dict(tr_parser *p)
{
    size_t first = p->attr_stack.count;
    TR_TRY(tr_expect(p, '{', "'{' before attributes"));
    if (tr_take(p, '}')) return TR_OK;
    do TR_TRY(parse_entry(p, first));
    while (tr_take(p, ','));
    return tr_expect(p, '}', "',' or '}' behind an attribute");
}

/* ints = 'array' '<' type (':' number (',' number)*)? '>' */
static tr_status parse_ints(tr_parser *p, const tr_attr **out)
{
    tr_attr attr = { .kind = TR_ATTR_INTS };
    size_t first = p->item_stack.count;
    p->at++;
    TR_TRY(tr_expect(p, '<', "'<' behind 'array'"));
    uint32_t offset = tr_peek(p).begin;
    TR_TRY(tr_parse_type(p, &attr.type));
    if (attr.type->dtype == TR_DTYPE_NONE || (attr.type->kind != TR_TYPE_INTEGER && attr.type->kind != TR_TYPE_FLOAT)) {
        return tr_parse_fail(p, offset, "the elements of 'array' must be integers or floats");
    }
    if (tr_take(p, ':')) {
        do {
            const tr_attr *item;
            if (attr.type->bits == 1 && (tr_peek_is(p, "true") || tr_peek_is(p, "false"))) {
                TR_TRY(tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_BOOL, .integer = tr_peek_is(p, "true") }, &item));
                p->at++;
            } else {
                TR_TRY(parse_number(p, attr.type, false, &item));
            }
            if (!tr_vec_push(&p->item_stack, item)) return tr_parse_oom(p);
        } while (tr_take(p, ','));
    }
    TR_TRY(tr_expect(p, '>', "',' or '>' in 'array'"));
    size_t count = p->item_stack.count - first;
    int64_t *ints = TR_NEW_ARRAY(p->arena, int64_t, count);
    if (!ints) return tr_parse_oom(p);
    for (size_t i = 0; i < count; i++) ints[i] = p->item_stack.items[first + i]->integer;
    p->item_stack.count = first;
    attr.ints = ints;
    attr.count = (int32_t)count;
    return tr_attr_new(p, attr, out);
}

/* symbol = '@' name ('::' '@' name)* */
static tr_status parse_symbol_ref(tr_parser *p, const tr_attr **out)
{
    tr_attr attr = { .kind = TR_ATTR_SYMBOL };
    uint32_t first = p->at;
    TR_TRY(tr_parse_symbol(p, &attr.text));
    while (tr_take(p, TR_TOKEN_COLONS)) {
        tr_str name;
        TR_TRY(tr_parse_symbol(p, &name));
        uint32_t begin = p->tokens[first].begin + 1;
        tr_token last = p->tokens[p->at - 1];
        attr.text = (tr_str){ p->text.data + begin, last.begin + last.size - begin };
        attr.source = (tr_str){ attr.text.data - 1, attr.text.size + 1 };
    }
    return tr_attr_new(p, attr, out);
}

/* opaque = '#' name ('<' ... '>')? | alias */
static tr_status parse_hash(tr_parser *p, const tr_attr **out)
{
    tr_token token = tr_peek(p);
    tr_str name = tr_name_of(p, token);
    if (!memchr(name.data, '.', name.size) && tr_peek_second(p) != '<') {
        const tr_alias *alias;
        TR_TRY(tr_find_alias(p, &alias));
        if (!alias || !alias->attr) {
            return tr_parse_fail(p, token.begin,
                                 "'#%.*s' is not defined here; an attribute's alias stands before its uses",
                                 TR_STR_ARG(name));
        }
        p->at++;
        *out = alias->attr;
        if (alias->attr->kind == TR_ATTR_LOC) p->module->locs_in_attrs = true;
        return TR_OK;
    }
    tr_attr attr = { .kind = TR_ATTR_OPAQUE };
    uint32_t first = p->at++;
    if (tr_peek_kind(p) == '<') {
        tr_str text;
        TR_TRY(tr_parse_balanced(p, &text));
    }
    tr_token last = p->tokens[p->at - 1];
    attr.source = (tr_str){ p->text.data + token.begin, last.begin + last.size - token.begin };
    TR_TRY(tr_expand(p, token.begin, first, &attr.text));
    return tr_attr_new(p, attr, out);
}

/* Words that begin an attribute and are no type. */
static tr_status parse_word(tr_parser *p, const tr_type *type, bool typed, bool *out_taken, const tr_attr **out)
{
    *out_taken = true;
    tr_str word = tr_text_of(p, tr_peek(p));
    if (tr_str_is(word, "true") || tr_str_is(word, "false")) {
        p->at++;
        return tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_BOOL, .integer = word.data[0] == 't', .type = p->i1 }, out);
    }
    if (tr_str_is(word, "unit")) {
        p->at++;
        return tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_UNIT }, out);
    }
    if (tr_str_is(word, "array") && tr_peek_second(p) == '<') return parse_ints(p, out);
    if (tr_str_is(word, "dense") || tr_str_is(word, "dense_resource")) return tr_parse_dense(p, out);
    if (tr_str_is(word, "loc") && tr_peek_second(p) == '(') {
        tr_attr attr = { .kind = TR_ATTR_LOC };
        p->module->locs_in_attrs = true;
        TR_TRY(tr_parse_loc(p, false, &attr.loc));
        return tr_attr_new(p, attr, out);
    }
    bool raw = tr_str_is(word, "affine_map") || tr_str_is(word, "affine_set") || tr_str_is(word, "sparse") ||
               tr_str_is(word, "strided");
    if (raw && tr_peek_second(p) == '<') {
        tr_attr attr = { .kind = TR_ATTR_OPAQUE };
        uint32_t begin = tr_peek(p).begin;
        p->at++;
        TR_TRY(tr_parse_balanced(p, &attr.source));
        attr.source.size += (size_t)(attr.source.data - (p->text.data + begin));
        attr.source.data = p->text.data + begin;
        attr.text = attr.source;
        return tr_attr_new(p, attr, out);
    }
    (void)type;
    (void)typed;
    *out_taken = false;
    return TR_OK;
}

static tr_status parse_attr_inner(tr_parser *p, const tr_type *type, bool typed, const tr_attr **out)
{
    tr_attr attr = { 0 };
    switch (tr_peek_kind(p)) {
    case TR_TOKEN_INTEGER:
    case TR_TOKEN_FLOAT:
    case '-': return parse_number(p, type, typed, out);
    case TR_TOKEN_STRING:
        attr.kind = TR_ATTR_STRING;
        TR_TRY(tr_parse_string(p, &attr.text));
        if (typed && tr_take(p, ':')) TR_TRY(tr_parse_type(p, &attr.type));
        return tr_attr_new(p, attr, out);
    case TR_TOKEN_AT: return parse_symbol_ref(p, out);
    case TR_TOKEN_HASH: return parse_hash(p, out);
    case '[': return parse_list(p, out);
    case '{': {
        size_t first = p->attr_stack.count;
        attr.kind = TR_ATTR_DICT;
        TR_TRY(tr_parse_attr_dict(p));
        TR_TRY(tr_pop_attrs(p, first, &attr.entries, &attr.count));
        return tr_attr_new(p, attr, out);
    }
    case TR_TOKEN_WORD: {
        bool taken;
        TR_TRY(parse_word(p, type, typed, &taken, out));
        if (taken) return TR_OK;
        break;
    }
    case TR_TOKEN_BANG:
    case '(': break;
    default: return tr_expected(p, "an attribute");
    }
    attr.kind = TR_ATTR_TYPE;
    TR_TRY(tr_parse_type(p, &attr.type));
    return tr_attr_new(p, attr, out);
}

tr_status tr_parse_attr_value(tr_parser *p, const tr_type *type, bool typed, const tr_attr **out)
{
    TR_TRY(tr_nest(p));
    TR_TRY(parse_attr_inner(p, type, typed, out));
    tr_unnest(p);
    return TR_OK;
}

/* attr = number (':' type)? | bool | string | symbol | list | dict | array | dense | type | opaque | alias | loc */
tr_status tr_parse_attr(tr_parser *p, const tr_type *type, const tr_attr **out)
{
    return tr_parse_attr_value(p, type, true, out);
}
