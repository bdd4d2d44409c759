#include "mlir/format.h"

#include "base/vec.h"
#include "mlir/lex.h"

#include <ctype.h>

typedef TR_VEC(tr_format_item) item_list;

typedef struct reader {
    const tr_op_info *info;
    const char *s;
    item_list items;
    tr_error *error;
} reader;

static tr_status bad_format(const reader *r, const char *why)
{
    return tr_fail(r->error, TR_INTERNAL, "row '%s' of ops.def: %s at '%s'", r->info->row->names, why, r->s);
}

static void skip_blanks(reader *r)
{
    while (*r->s == ' ') r->s++;
}

static bool take(reader *r, const char *piece)
{
    size_t size = strlen(piece);
    if (strncmp(r->s, piece, size) != 0) return false;
    r->s += size;
    return true;
}

static tr_str take_name(reader *r)
{
    const char *begin = r->s;
    while (isalnum((unsigned char)*r->s) || *r->s == '_') r->s++;
    return (tr_str){ begin, (size_t)(r->s - begin) };
}

static tr_status add(reader *r, tr_format_kind kind, int index, tr_str text)
{
    tr_format_item item = { .kind = kind, .index = (int16_t)index, .text = text };
    return tr_vec_push(&r->items, item) ? TR_OK : TR_OOM(r->error);
}

/* The operand or result of that name, -1 if there is none. */
static int find_value(const tr_op_info *info, tr_str name)
{
    for (int i = 0; i < info->operand_count; i++) {
        if (tr_str_equal(info->operands[i].name, name)) return i;
    }
    for (int i = 0; i < info->result_count; i++) {
        if (tr_str_equal(info->results[i].name, name)) return TR_RESULT + i;
    }
    return -1;
}

static tr_status read_type(reader *r, tr_format_kind kind)
{
    int value = find_value(r->info, take_name(r));
    if (value < 0 || !take(r, ")")) return bad_format(r, "unknown operand");
    return add(r, kind, value, (tr_str){ 0 });
}

static tr_status read_items(reader *r, char closing);

/* The items up to `closing`, as one group or as a set of groups. */
static tr_status read_nested(reader *r, tr_format_kind kind, char closing)
{
    size_t at = r->items.count;
    TR_TRY(add(r, kind, 0, (tr_str){ 0 }));
    TR_TRY(read_items(r, closing));
    r->items.items[at].length = (uint16_t)(r->items.count - at - 1);
    return TR_OK;
}

static tr_status read_item(reader *r)
{
    if (take(r, "type(")) return read_type(r, TR_FORMAT_TYPE);
    if (take(r, "short(")) return read_type(r, TR_FORMAT_SHORT_TYPE);
    if (take(r, "functype")) return add(r, TR_FORMAT_FUNCTYPE, 0, (tr_str){ 0 });
    if (take(r, "attributes{}")) return add(r, TR_FORMAT_DICT_WORD, 0, (tr_str){ 0 });
    if (take(r, "{}")) return add(r, TR_FORMAT_DICT, 0, (tr_str){ 0 });
    if (take(r, "->")) return add(r, TR_FORMAT_SIGN, TR_TOKEN_ARROW, TR_STR("->"));
    if (take(r, "~")) return add(r, TR_FORMAT_GLUE, 0, (tr_str){ 0 });
    if (take(r, "any(")) {
        size_t at = r->items.count;
        TR_TRY(add(r, TR_FORMAT_ANY, 0, (tr_str){ 0 }));
        do TR_TRY(read_nested(r, TR_FORMAT_GROUP, '|'));
        while (take(r, "|"));
        if (!take(r, ")")) return bad_format(r, "expected ')'");
        r->items.items[at].length = (uint16_t)(r->items.count - at - 1);
        return TR_OK;
    }
    if (take(r, "(")) {
        TR_TRY(read_nested(r, TR_FORMAT_GROUP, ')'));
        return take(r, ")?") ? TR_OK : bad_format(r, "expected ')?'");
    }
    if (take(r, "%")) {
        int value = find_value(r->info, take_name(r));
        if (value < 0 || value >= TR_RESULT) return bad_format(r, "unknown operand");
        return add(r, TR_FORMAT_OPERAND, value, (tr_str){ 0 });
    }
    if (take(r, "$")) {
        int attr = tr_op_info_attr(r->info, take_name(r));
        return attr < 0 ? bad_format(r, "unknown attribute") : add(r, TR_FORMAT_ATTR, attr, (tr_str){ 0 });
    }
    if (take(r, "^")) {
        if (!isdigit((unsigned char)*r->s)) return bad_format(r, "expected a digit");
        return add(r, TR_FORMAT_SUCCESSOR, *r->s++ - '0', (tr_str){ 0 });
    }
    if (isalpha((unsigned char)*r->s)) return add(r, TR_FORMAT_WORD, 0, take_name(r));
    if (take(r, "' '")) return add(r, TR_FORMAT_SPACE, 0, (tr_str){ 0 });
    if (*r->s == '\'' && r->s[1] && r->s[2] == '\'') {
        r->s += 3;
        return add(r, TR_FORMAT_SIGN, r->s[-2], (tr_str){ r->s - 2, 1 });
    }
    if (ispunct((unsigned char)*r->s)) {
        r->s++;
        return add(r, TR_FORMAT_SIGN, r->s[-1], (tr_str){ r->s - 1, 1 });
    }
    return bad_format(r, "unexpected text");
}

/* Up to `closing` (left in place) or the end of a form; inside any( | ) a ')' closes too. */
static tr_status read_items(reader *r, char closing)
{
    for (;;) {
        skip_blanks(r);
        if (*r->s == '\0' || *r->s == closing || (closing == '|' && *r->s == ')')) return TR_OK;
        if (closing == '\0' && r->s[0] == '|' && r->s[1] == '|') return TR_OK;
        TR_TRY(read_item(r));
    }
}

tr_status tr_format_read(tr_arena *arena, const tr_op_info *info, tr_format *out_format, tr_error *error)
{
    *out_format = (tr_format){ 0 };
    if (info->row->format[0] == '\0') return TR_OK;
    reader r = { .info = info, .s = info->row->format, .error = error };
    tr_status status = TR_OK;
    do {
        r.items.count = 0;
        status = out_format->form_count < TR_MAX_FORMS ? read_items(&r, '\0') : bad_format(&r, "too many forms");
        if (status != TR_OK) break;
        tr_format_item *items = TR_NEW_ARRAY(arena, tr_format_item, r.items.count);
        if (!items) {
            status = TR_OOM(error);
            break;
        }
        if (r.items.count) memcpy(items, r.items.items, r.items.count * sizeof(*items));
        out_format->items[out_format->form_count] = items;
        out_format->counts[out_format->form_count] = (int)r.items.count;
        out_format->form_count++;
    } while (take(&r, "||"));
    tr_vec_deinit(&r.items);
    return status;
}
