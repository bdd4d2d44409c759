#include "mlir/row.h"

#include "mlir/format.h"

#include <ctype.h>

static const tr_row rows[TR_OP_COUNT] = {
#define OP(code, names, format, operands, results, attributes, traits)                                                 \
    [TR_OP_##code] = { names, format, operands, results, attributes, traits },
#include "mlir/ops.def"
#undef OP
};

static const struct {
    const char *name;
    int bits;
    const char *items;
} enums[] = {
#define ENUM(name, bits, items) { #name, bits, items },
#include "mlir/enums.def"
#undef ENUM
};

static const char *const class_names[] = {
    [TR_CLASS_ANY] = "any",
    [TR_CLASS_INT] = "int",
    [TR_CLASS_FIXINT] = "fixint",
    [TR_CLASS_FLOAT] = "float",
    [TR_CLASS_BOOL] = "bool",
    [TR_CLASS_PTR] = "ptr",
    [TR_CLASS_BLOCKPTR] = "blockptr",
    [TR_CLASS_DESC] = "desc",
    [TR_CLASS_DESCPTR] = "descptr",
    [TR_CLASS_SCALAR] = "scalar",
    [TR_CLASS_TENSOR] = "tensor",
    [TR_CLASS_INTTENSOR] = "inttensor",
    [TR_CLASS_I1] = "i1",
    [TR_CLASS_I32] = "i32",
    [TR_CLASS_I64] = "i64",
    [TR_CLASS_INDEX] = "index",
};

static const char *const rule_names[] = {
    [TR_RULE_POINTEE] = "pointee", [TR_RULE_I1] = "i1",       [TR_RULE_I32] = "i32",
    [TR_RULE_SCALAR] = "scalar",   [TR_RULE_PTRTO] = "ptrto", [TR_RULE_ATTR] = "attr",
};

static const char *const form_names[] = {
    [TR_FORM_ANY] = "any",   [TR_FORM_I32] = "i32",
    [TR_FORM_I64] = "i64",   [TR_FORM_BOOL] = "bool",
    [TR_FORM_UNIT] = "unit", [TR_FORM_STRING] = "str",
    [TR_FORM_TYPE] = "type", [TR_FORM_SYMBOL] = "symbol",
    [TR_FORM_I32S] = "i32s", [TR_FORM_BARRIER_FLAGS] = "barrier_flags",
};

static const char *const hook_names[] = {
#define HOOK(name) [TR_HOOK_##name] = #name,
#include "mlir/hooks.def"
#undef HOOK
};

/* Index of `name` in a list of names with gaps, -1 if it is not there. */
static int find(const char *const *list, size_t count, tr_str name)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] && tr_str_is(name, list[i])) return (int)i;
    }
    return -1;
}
#define FIND(list, name) find(list, sizeof(list) / sizeof((list)[0]), name)

const tr_row *tr_row_of(tr_opcode code)
{
    return code > TR_OP_UNKNOWN && code < TR_OP_COUNT ? &rows[code] : NULL;
}

/* Cuts the next word off the front of *rest; empty at the end. */
static tr_str next_word(const char **rest)
{
    const char *s = *rest;
    while (*s == ' ') s++;
    const char *begin = s;
    while (*s && *s != ' ') s++;
    *rest = s;
    return (tr_str){ begin, (size_t)(s - begin) };
}

static int count_words(const char *list)
{
    int count = 0;
    while (next_word(&list).size) count++;
    return count;
}

/* Cuts the letters, digits, '_' and '.' off the front of *rest. */
static tr_str cut_name(tr_str *rest)
{
    size_t n = 0;
    while (n < rest->size && (isalnum((unsigned char)rest->data[n]) || rest->data[n] == '_' || rest->data[n] == '.'))
        n++;
    tr_str name = { rest->data, n };
    rest->data += n;
    rest->size -= n;
    return name;
}

static bool cut_sign(tr_str *rest, char sign)
{
    if (rest->size == 0 || rest->data[0] != sign) return false;
    rest->data++;
    rest->size--;
    return true;
}

tr_str tr_opcode_name(tr_opcode code)
{
    const tr_row *row = tr_row_of(code);
    const char *names = row ? row->names : "";
    return next_word(&names);
}

static tr_status bad_row(const tr_op_info *info, tr_str part, const char *why, tr_error *error)
{
    return tr_fail(error, TR_INTERNAL, "row '%s' of ops.def: '%.*s': %s", info->row->names, TR_STR_ARG(part), why);
}

/* Index of the operand or result of that name in the words of the row, -1 if there is none. */
static int find_value(const tr_op_info *info, tr_str name)
{
    for (int side = 0; side < 2; side++) {
        const char *rest = side ? info->row->results : info->row->operands;
        for (int i = 0;; i++) {
            tr_str word = next_word(&rest);
            if (word.size == 0) break;
            if (tr_str_equal(cut_name(&word), name)) return i + side * TR_RESULT;
        }
    }
    return -1;
}

/* name ('?' | '*')? ':' class ('=' rule)? ('~' relation '(' name ')')? ('^' digit)? */
static tr_status read_value(const tr_op_info *info, tr_str word, tr_value_spec *out, tr_error *error)
{
    tr_str rest = word;
    *out = (tr_value_spec){ .successor = -1 };
    out->name = cut_name(&rest);
    if (cut_sign(&rest, '?')) out->arity = TR_ARITY_OPTIONAL;
    if (cut_sign(&rest, '*')) out->arity = TR_ARITY_MANY;
    if (!cut_sign(&rest, ':')) return bad_row(info, word, "expected ':'", error);
    int class_ = FIND(class_names, cut_name(&rest));
    if (class_ < 0) return bad_row(info, word, "unknown class", error);
    out->class_ = (tr_class)class_;
    if (cut_sign(&rest, '=')) {
        tr_str name = cut_name(&rest);
        out->rule = TR_RULE_SAME;
        if (cut_sign(&rest, '(')) {
            int rule = FIND(rule_names, name);
            if (rule < 0) return bad_row(info, word, "unknown rule", error);
            out->rule = (tr_rule)rule;
            name = cut_name(&rest);
            if (!cut_sign(&rest, ')')) return bad_row(info, word, "expected ')'", error);
        } else if (tr_str_is(name, "i1")) {
            out->rule = TR_RULE_PLAIN_I1;
        }
        int from = out->rule == TR_RULE_ATTR ? 0 : find_value(info, name);
        if (from < 0 && out->rule != TR_RULE_PLAIN_I1) return bad_row(info, word, "unknown operand in a rule", error);
        out->rule_from = (int8_t)from;
    }
    if (cut_sign(&rest, '~')) {
        tr_str name = cut_name(&rest);
        out->relation = tr_str_is(name, "dims") ? TR_RELATION_DIMS : TR_RELATION_SHAPE;
        if (!cut_sign(&rest, '(')) return bad_row(info, word, "expected '('", error);
        int from = find_value(info, cut_name(&rest));
        if (from < 0 || !cut_sign(&rest, ')')) return bad_row(info, word, "unknown operand in a relation", error);
        out->relation_from = (int8_t)from;
    }
    if (cut_sign(&rest, '^')) {
        out->successor = (int8_t)(rest.size ? rest.data[0] - '0' : 0);
        if (rest.size) cut_name(&rest);
    }
    return rest.size ? bad_row(info, word, "unexpected text at the end", error) : TR_OK;
}

static tr_status read_values(tr_op_table *table, const tr_op_info *info, const char *list, tr_value_spec **out_specs,
                             int *out_count, tr_error *error)
{
    int count = count_words(list);
    if (count > TR_MAX_SPECS) return bad_row(info, tr_str_of(list), "too many", error);
    tr_value_spec *specs = TR_NEW_ARRAY(&table->arena, tr_value_spec, (size_t)count);
    if (!specs) return TR_OOM(error);
    for (int i = 0; i < count; i++) TR_TRY(read_value(info, next_word(&list), &specs[i], error));
    *out_specs = specs;
    *out_count = count;
    return TR_OK;
}

static int64_t read_integer(tr_str digits)
{
    int64_t value = 0;
    for (size_t i = 0; i < digits.size; i++) value = value * 10 + (digits.data[i] - '0');
    return value;
}

/* The keywords of the enum `name`; false if there is no such enum. */
static tr_status read_enum(tr_op_table *table, tr_str name, tr_attr_spec *spec, bool *out_found, tr_error *error)
{
    for (size_t i = 0; i < sizeof(enums) / sizeof(enums[0]); i++) {
        if (!tr_str_is(name, enums[i].name)) continue;
        const char *rest = enums[i].items;
        int count = count_words(rest) / 2;
        tr_enum_item *items = TR_NEW_ARRAY(&table->arena, tr_enum_item, (size_t)count);
        if (!items) return TR_OOM(error);
        for (int k = 0; k < count; k++) {
            items[k].word = next_word(&rest);
            items[k].value = read_integer(next_word(&rest));
        }
        spec->form = TR_FORM_ENUM;
        spec->enum_bits = enums[i].bits;
        spec->enum_count = count;
        spec->enum_items = items;
        *out_found = true;
        return TR_OK;
    }
    *out_found = false;
    return TR_OK;
}

/* name '?'? ':' kind ('=' default)? */
static tr_status read_attr(tr_op_table *table, const tr_op_info *info, tr_str word, tr_attr_spec *out, tr_error *error)
{
    tr_str rest = word;
    *out = (tr_attr_spec){ .name = cut_name(&rest) };
    out->optional = cut_sign(&rest, '?');
    if (!cut_sign(&rest, ':')) return bad_row(info, word, "expected ':'", error);
    const char *begin = rest.data;
    if (cut_sign(&rest, '#')) {
        tr_str name = cut_name(&rest);
        out->form = TR_FORM_DIALECT;
        out->text = (tr_str){ begin, name.size + 1 };
    } else {
        tr_str name = cut_name(&rest);
        int form = FIND(form_names, name);
        bool is_enum = false;
        if (form < 0) TR_TRY(read_enum(table, name, out, &is_enum, error));
        if (form < 0 && !is_enum) return bad_row(info, word, "unknown kind of attribute", error);
        if (!is_enum) out->form = (tr_attr_form)form;
    }
    if (cut_sign(&rest, '=')) {
        out->has_default = true;
        out->default_text = rest;
        if (rest.size && isdigit((unsigned char)rest.data[0])) out->default_integer = read_integer(rest);
    } else if (rest.size) {
        return bad_row(info, word, "unexpected text at the end", error);
    }
    return TR_OK;
}

static tr_opcode find_code(const tr_op_table *table, tr_str code)
{
    /* Codes are names with '_' for '.': few traits name one, so a walk will do. */
    (void)table;
    for (int i = 1; i < TR_OP_COUNT; i++) {
        tr_str name = tr_opcode_name((tr_opcode)i);
        if (name.size != code.size) continue;
        bool same = true;
        for (size_t k = 0; k < name.size && same; k++) {
            same = code.data[k] == (name.data[k] == '.' ? '_' : name.data[k]);
        }
        if (same) return (tr_opcode)i;
    }
    return TR_OP_UNKNOWN;
}

static tr_status read_traits(const tr_op_table *table, tr_op_info *info, tr_error *error)
{
    const char *rest = info->row->traits;
    for (;;) {
        tr_str word = next_word(&rest);
        if (word.size == 0) return TR_OK;
        tr_str value = word, name = cut_name(&value);
        cut_sign(&value, '=');
        if (tr_str_is(name, "terminator")) {
            info->terminator = true;
        } else if (tr_str_is(name, "isolated")) {
            info->isolated = true;
        } else if (tr_str_is(name, "segments")) {
            info->segments = true;
        } else if (tr_str_is(name, "loose")) {
            info->loose = true;
        } else if (tr_str_is(name, "equal_groups")) {
            info->equal_groups = true;
        } else if (tr_str_is(name, "successors")) {
            info->successors = (int)read_integer(value);
        } else if (tr_str_is(name, "region")) {
            info->has_region = true;
            info->any_region_end = tr_str_is(value, "any");
            info->region_graph = tr_str_is(value, "none");
            if (!info->any_region_end && !info->region_graph) {
                info->region_end = find_code(table, value);
                if (info->region_end == TR_OP_UNKNOWN) return bad_row(info, word, "unknown op", error);
            }
        } else {
            return bad_row(info, word, "unknown trait", error);
        }
    }
}

static tr_status read_row(tr_op_table *table, tr_opcode code, tr_op_info **out_info, tr_error *error)
{
    tr_op_info *info = TR_NEW(&table->arena, tr_op_info);
    if (!info) return TR_OOM(error);
    info->code = code;
    info->row = &rows[code];
    TR_TRY(read_values(table, info, info->row->operands, &info->operands, &info->operand_count, error));
    TR_TRY(read_values(table, info, info->row->results, &info->results, &info->result_count, error));

    const char *rest = info->row->attributes;
    info->attr_count = count_words(rest);
    info->attrs = TR_NEW_ARRAY(&table->arena, tr_attr_spec, (size_t)info->attr_count);
    if (!info->attrs) return TR_OOM(error);
    for (int i = 0; i < info->attr_count; i++) {
        TR_TRY(read_attr(table, info, next_word(&rest), &info->attrs[i], error));
    }

    TR_TRY(read_traits(table, info, error));

    tr_str format = tr_str_of(info->row->format);
    if (tr_str_starts_with(format, "custom(")) {
        int hook = FIND(hook_names, ((tr_str){ format.data + 7, format.size - 8 }));
        if (hook < 0) return bad_row(info, format, "unknown function", error);
        info->hook = (tr_hook)hook;
    } else {
        TR_TRY(tr_format_read(&table->arena, info, &info->format, error));
    }
    *out_info = info;
    return TR_OK;
}

tr_status tr_op_table_info(tr_op_table *table, tr_opcode code, const tr_op_info **out_info, tr_error *error)
{
    if (code == TR_OP_UNKNOWN || code >= TR_OP_COUNT) {
        *out_info = NULL;
        return TR_OK;
    }
    if (!table->infos[code]) TR_TRY(read_row(table, code, &table->infos[code], error));
    *out_info = table->infos[code];
    return TR_OK;
}

tr_status tr_op_table_init(tr_op_table *table, tr_error *error)
{
    *table = (tr_op_table){ 0 };
    for (int i = 1; i < TR_OP_COUNT; i++) {
        const char *names = rows[i].names;
        for (;;) {
            tr_str name = next_word(&names);
            if (name.size == 0) break;
            uint64_t *code = tr_map_put(&table->names, name, NULL);
            if (!code) {
                tr_op_table_deinit(table);
                return TR_OOM(error);
            }
            *code = (uint64_t)i;
        }
    }
    return TR_OK;
}

void tr_op_table_deinit(tr_op_table *table)
{
    tr_map_deinit(&table->names);
    tr_arena_deinit(&table->arena);
    *table = (tr_op_table){ 0 };
}

tr_opcode tr_op_table_find(const tr_op_table *table, tr_str name)
{
    const uint64_t *code = tr_map_get(&table->names, name);
    return code ? (tr_opcode)*code : TR_OP_UNKNOWN;
}

int tr_op_info_attr(const tr_op_info *info, tr_str name)
{
    for (int i = 0; i < info->attr_count; i++) {
        if (tr_str_equal(info->attrs[i].name, name)) return i;
    }
    return -1;
}

tr_str tr_attr_spec_word(const tr_attr_spec *spec, int64_t value)
{
    for (int i = 0; i < spec->enum_count; i++) {
        if (spec->enum_items[i].value == value) return spec->enum_items[i].word;
    }
    return (tr_str){ 0 };
}
