/* Custom assembly by the formats of ops.def, with the spaces that MLIR's own generated printers make. */
#include "mlir/printer.h"

#include "base/memory.h"

#include <ctype.h>

typedef struct state {
    tr_printer *p;
    const tr_op *op;
    const tr_op_info *info;
    int operand_at[TR_MAX_SPECS], operand_count[TR_MAX_SPECS];
    int result_at[TR_MAX_SPECS], result_count[TR_MAX_SPECS];
    /* MLIR decides about spaces when it generates a printer, so a group counts even where it is not printed. */
    bool space, punctuation;
    bool mute;
} state;

static const tr_attr *find_attr(const state *s, const tr_attr_spec *spec)
{
    for (int32_t i = 0; i < s->op->attr_count; i++) {
        if (tr_str_equal(s->op->attrs[i].name, spec->name)) return s->op->attrs[i].value;
    }
    return NULL;
}

static bool is_default(const tr_attr_spec *spec, const tr_attr *attr)
{
    if (!spec->has_default) return false;
    switch (attr->kind) {
    case TR_ATTR_INTEGER:
    case TR_ATTR_BOOL: return attr->integer == spec->default_integer;
    case TR_ATTR_INTS: return attr->count == 0;
    case TR_ATTR_OPAQUE:
        return spec->default_text.size == 0 || (attr->text.size == spec->text.size + spec->default_text.size &&
                                                tr_str_ends_with(attr->text, spec->default_text.data) &&
                                                memcmp(attr->text.data, spec->text.data, spec->text.size) == 0);
    default: return false;
    }
}

/* Whether a format's $x can write this attribute; else it belongs into {}. */
static bool can_write(const tr_attr_spec *spec, const tr_attr *attr)
{
    if (spec->form == TR_FORM_UNIT) return attr->kind == TR_ATTR_UNIT;
    if (spec->form == TR_FORM_I32S) return attr->kind == TR_ATTR_INTS && !attr->alias.size;
    if (spec->form == TR_FORM_DIALECT) return attr->kind == TR_ATTR_OPAQUE && !attr->alias.size;
    return true;
}

static bool is_written(const state *s, int index)
{
    const tr_attr_spec *spec = &s->info->attrs[index];
    const tr_attr *attr = find_attr(s, spec);
    return attr && can_write(spec, attr) && !is_default(spec, attr);
}

/* ---------------------------------------------------------------- spaces */

static void put(const state *s, tr_str text)
{
    if (!s->mute) tr_text_append(s->p->out, text);
}

static void put_literal(state *s, tr_str text)
{
    bool single = text.size == 1;
    bool before = !single ? true : !strchr(s->punctuation ? ">)}]," : "<>(){}[],", text.data[0]);
    if (!single && !tr_str_is(text, "->")) before = true;
    if (s->space && before) put(s, TR_STR(" "));
    put(s, text);
    s->space = !single || !strchr("<({[", text.data[0]);
    s->punctuation = text.data[0] != '_' && !isalpha((unsigned char)text.data[0]);
}

static void put_space(state *s)
{
    if (s->space || !s->punctuation) put(s, TR_STR(" "));
    s->space = true;
    s->punctuation = false;
}

/* ---------------------------------------------------------------- items */

static void print_types(const state *s, int index, bool short_form)
{
    bool result = index >= TR_RESULT;
    int spec = result ? index - TR_RESULT : index;
    int at = result ? s->result_at[spec] : s->operand_at[spec];
    int count = result ? s->result_count[spec] : s->operand_count[spec];
    for (int i = 0; i < count && !s->mute; i++) {
        const tr_type *type = result ? s->op->results[at + i].type : s->op->operands[at + i]->type;
        if (i) put(s, TR_STR(", "));
        if (short_form) {
            tr_type_print_short(type, s->p->out);
        } else {
            tr_type_print(type, s->p->out);
        }
    }
}

static void print_functype(const state *s)
{
    tr_text *out = s->p->out;
    tr_text_puts(out, "(");
    for (int32_t i = 0; i < s->op->operand_count; i++) {
        if (i) tr_text_puts(out, ", ");
        tr_type_print(s->op->operands[i]->type, out);
    }
    tr_text_puts(out, ") -> ");
    bool parens = s->op->result_count != 1 || s->op->results[0].type->kind == TR_TYPE_FUNCTION;
    if (parens) tr_text_puts(out, "(");
    for (int32_t i = 0; i < s->op->result_count; i++) {
        if (i) tr_text_puts(out, ", ");
        tr_type_print(s->op->results[i].type, out);
    }
    if (parens) tr_text_puts(out, ")");
}

static void print_barrier_flags(const state *s, int64_t value)
{
    static const char *const words[] = { "local", "global_read", "global_write", "tensor_read", "tensor_write" };
    if (value == 0 || value == 31) {
        put(s, value ? TR_STR("all") : TR_STR("none"));
        return;
    }
    bool any = false;
    for (int i = 0; i < 5; i++) {
        if (!(value >> i & 1)) continue;
        if (any) put(s, TR_STR("|"));
        put(s, tr_str_of(words[i]));
        any = true;
    }
}

static void print_attr(state *s, int index)
{
    const tr_attr_spec *spec = &s->info->attrs[index];
    const tr_attr *attr = find_attr(s, spec);
    if (spec->form == TR_FORM_UNIT) return; /* its keyword says it */
    put_space(s);
    if (!attr || s->mute) return;
    switch (spec->form) {
    case TR_FORM_ENUM: put(s, tr_attr_spec_word(spec, attr->integer)); break;
    case TR_FORM_I32:
    case TR_FORM_I64: tr_attr_print_untyped(attr, s->p->out); break;
    case TR_FORM_I32S:
        put(s, TR_STR("["));
        for (int32_t i = 0; i < attr->count; i++) {
            tr_text_printf(s->p->out, i ? ", %lld" : "%lld", (long long)attr->ints[i]);
        }
        put(s, TR_STR("]"));
        break;
    case TR_FORM_BARRIER_FLAGS: print_barrier_flags(s, attr->integer); break;
    case TR_FORM_DIALECT: {
        tr_str part = attr->text;
        part.data += spec->text.size;
        part.size -= spec->text.size;
        put(s, part);
        break;
    }
    default: tr_attr_print(attr, s->p->out); break;
    }
}

/* The attributes that the form does not write elsewhere and that are no defaults. */
static tr_status print_dict(const state *s, const char *keyword)
{
    bool few[32] = { false }, *skip = few;
    if (s->mute || s->op->attr_count == 0) return TR_OK;
    if (s->op->attr_count > 32) skip = tr_calloc((size_t)s->op->attr_count, sizeof(bool));
    if (!skip) return TR_OOM(s->p->error);
    const tr_format *format = &s->info->format;
    for (int32_t i = 0; i < s->op->attr_count; i++) {
        int index = tr_op_info_attr(s->info, s->op->attrs[i].name);
        if (index < 0) {
            skip[i] = s->info->segments && tr_str_is(s->op->attrs[i].name, "operandSegmentSizes");
            continue;
        }
        const tr_attr_spec *spec = &s->info->attrs[index];
        skip[i] = is_default(spec, s->op->attrs[i].value);
        const tr_format_item *items = format->items[s->op->form];
        for (int k = 0; k < format->counts[s->op->form]; k++) {
            if (items[k].kind == TR_FORMAT_ATTR && items[k].index == index && can_write(spec, s->op->attrs[i].value)) {
                skip[i] = true;
            }
        }
    }
    tr_print_dict(s->p, s->op, skip, keyword);
    if (skip != few) free(skip);
    return TR_OK;
}

/* Whether a group is printed: its first operand, attribute or type says so. */
static bool is_there(const state *s, const tr_format_item *items, int count)
{
    for (int i = 0; i < count; i++) {
        switch (items[i].kind) {
        case TR_FORMAT_OPERAND: return s->operand_count[items[i].index] > 0;
        case TR_FORMAT_ATTR: return is_written(s, items[i].index);
        case TR_FORMAT_TYPE:
        case TR_FORMAT_SHORT_TYPE:
            return items[i].index >= TR_RESULT ? s->result_count[items[i].index - TR_RESULT] > 0
                                               : s->operand_count[items[i].index] > 0;
        default: break;
        }
    }
    return false;
}

static tr_status print_items(state *s, const tr_format_item *items, int count)
{
    for (int i = 0; i < count; i++) {
        const tr_format_item *item = &items[i];
        switch (item->kind) {
        case TR_FORMAT_SIGN:
        case TR_FORMAT_WORD: put_literal(s, item->text); break;
        case TR_FORMAT_GLUE:
            s->punctuation = true;
            s->space = false;
            break;
        case TR_FORMAT_SPACE:
            put(s, TR_STR(" "));
            s->punctuation = false;
            s->space = false;
            break;
        case TR_FORMAT_OPERAND:
            put_space(s);
            if (s->mute || !s->operand_count[item->index]) break;
            tr_print_values(s->p, s->op->operands + s->operand_at[item->index], s->operand_count[item->index]);
            break;
        case TR_FORMAT_ATTR: print_attr(s, item->index); break;
        case TR_FORMAT_DICT:
            TR_TRY(print_dict(s, " "));
            s->punctuation = false;
            break;
        case TR_FORMAT_DICT_WORD:
            TR_TRY(print_dict(s, " attributes "));
            s->punctuation = false;
            break;
        case TR_FORMAT_TYPE:
        case TR_FORMAT_SHORT_TYPE:
            put_space(s);
            print_types(s, item->index, item->kind == TR_FORMAT_SHORT_TYPE);
            break;
        case TR_FORMAT_FUNCTYPE:
            put_space(s);
            if (!s->mute) print_functype(s);
            break;
        case TR_FORMAT_SUCCESSOR:
            put_space(s);
            put(s, TR_STR("^"));
            if (!s->mute) put(s, tr_block_label(s->p, s->op->successors[item->index].block));
            break;
        case TR_FORMAT_GROUP: {
            bool mute = s->mute;
            s->mute = mute || !is_there(s, item + 1, item->length);
            TR_TRY(print_items(s, item + 1, item->length));
            s->mute = mute;
            i += item->length;
            break;
        }
        case TR_FORMAT_ANY:
            TR_TRY(print_items(s, item + 1, item->length));
            i += item->length;
            break;
        }
    }
    return TR_OK;
}

tr_status tr_print_format(tr_printer *p, const tr_op *op, const tr_op_info *info)
{
    state s = { .p = p, .op = op, .info = info, .space = true };
    if (!tr_operand_counts(info, op, s.operand_count))
        return tr_fail(p->error, TR_INTERNAL, "operands can't be shared out");
    int at = 0, fixed = 0;
    for (int i = 0; i < info->operand_count; at += s.operand_count[i++]) s.operand_at[i] = at;
    for (int i = 0; i < info->result_count; i++) fixed += info->results[i].arity != TR_ARITY_MANY;
    at = 0;
    for (int i = 0; i < info->result_count; at += s.result_count[i++]) {
        s.result_at[i] = at;
        s.result_count[i] = info->results[i].arity == TR_ARITY_MANY ? op->result_count - fixed : 1;
    }
    return print_items(&s, info->format.items[op->form], info->format.counts[op->form]);
}
