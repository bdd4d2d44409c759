/* Custom assembly by the formats of ops.def. */
#include "mlir/parser.h"
#include "mlir/types.h"
#include "mlir/verify.h"

#include <stdio.h>

static tr_value_spec *spec_of(const tr_op_info *info, int index)
{
    return index >= TR_RESULT ? &info->results[index - TR_RESULT] : &info->operands[index];
}

static tr_span *types_of(tr_op_state *state, int index)
{
    return index >= TR_RESULT ? &state->result_types[index - TR_RESULT] : &state->operand_types[index];
}

/* ---------------------------------------------------------------- attributes */

static tr_status fail_keyword(tr_parser *p, const tr_attr_spec *spec)
{
    char what[256];
    size_t used = (size_t)snprintf(what, sizeof(what), "one of");
    for (int i = 0; i < spec->enum_count && used < sizeof(what); i++) {
        used += (size_t)snprintf(what + used, sizeof(what) - used, "%s %.*s", i ? "," : "",
                                 TR_STR_ARG(spec->enum_items[i].word));
    }
    return tr_expected(p, what);
}

static int find_keyword(const tr_parser *p, const tr_attr_spec *spec)
{
    if (tr_peek_kind(p) != TR_TOKEN_WORD) return -1;
    tr_str word = tr_text_of(p, tr_peek(p));
    for (int i = 0; i < spec->enum_count; i++) {
        if (tr_str_equal(word, spec->enum_items[i].word)) return i;
    }
    return -1;
}

/* "<fast>" becomes #arith.fastmath<fast>, as generic form has it. */
static tr_status parse_dialect_part(tr_parser *p, const tr_attr_spec *spec, const tr_attr **out)
{
    tr_str part;
    TR_TRY(tr_parse_balanced(p, &part));
    size_t size = spec->text.size + part.size;
    char *text = tr_arena_alloc(p->arena, size + 1);
    if (!text) return tr_parse_oom(p);
    memcpy(text, spec->text.data, spec->text.size);
    memcpy(text + spec->text.size, part.data, part.size);
    tr_str whole = { text, size };
    return tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_OPAQUE, .text = whole, .source = whole }, out);
}

/* flags = word ('|' word)* */
static tr_status parse_barrier_flags(tr_parser *p, const tr_attr **out)
{
    int64_t value = 0;
    do {
        if (tr_take_word(p, "none")) continue;
        if (tr_take_word(p, "local")) {
            value |= 1;
        } else if (tr_take_word(p, "global_read")) {
            value |= 2;
        } else if (tr_take_word(p, "global_write")) {
            value |= 4;
        } else if (tr_take_word(p, "tensor_read")) {
            value |= 8;
        } else if (tr_take_word(p, "tensor_write")) {
            value |= 16;
        } else if (tr_take_word(p, "all")) {
            value |= 31;
        } else {
            return tr_expected(p, "one of none, local, global_read, global_write, tensor_read, tensor_write, all");
        }
    } while (tr_take(p, '|'));
    return tr_attr_int(p, value, p->i32, out);
}

/* ints = '[' (integer (',' integer)*)? ']' */
static tr_status parse_int_list(tr_parser *p, const tr_attr **out)
{
    const tr_attr *list;
    if (tr_peek_kind(p) != '[') return tr_expected(p, "'[' and numbers");
    uint32_t offset = tr_peek(p).begin;
    TR_TRY(tr_parse_attr(p, NULL, &list));
    int64_t *ints = TR_NEW_ARRAY(p->arena, int64_t, (size_t)list->count);
    if (!ints) return tr_parse_oom(p);
    for (int32_t i = 0; i < list->count; i++) {
        const tr_attr *item = list->items[i];
        if (item->kind != TR_ATTR_INTEGER || item->integer != (int32_t)item->integer) {
            return tr_parse_fail(p, offset, "expected a list of i32");
        }
        ints[i] = item->integer;
    }
    return tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_INTS, .type = p->i32, .ints = ints, .count = list->count }, out);
}

static tr_status parse_attr_form(tr_parser *p, const tr_attr_spec *spec)
{
    const tr_attr *attr;
    tr_attr made = { 0 };
    switch (spec->form) {
    case TR_FORM_ENUM: {
        int i = find_keyword(p, spec);
        if (i < 0) return fail_keyword(p, spec);
        p->at++;
        TR_TRY(tr_attr_int(p, spec->enum_items[i].value, spec->enum_bits == 64 ? p->i64 : p->i32, &attr));
        break;
    }
    case TR_FORM_UNIT:
        made.kind = TR_ATTR_UNIT;
        TR_TRY(tr_attr_new(p, made, &attr));
        break;
    case TR_FORM_STRING:
        made.kind = TR_ATTR_STRING;
        TR_TRY(tr_parse_string(p, &made.text));
        TR_TRY(tr_attr_new(p, made, &attr));
        break;
    case TR_FORM_SYMBOL:
        if (tr_peek_kind(p) != TR_TOKEN_AT) return tr_expected(p, "a name like '@kernel'");
        TR_TRY(tr_parse_attr(p, NULL, &attr));
        break;
    case TR_FORM_I32: TR_TRY(tr_parse_attr_value(p, p->i32, false, &attr)); break;
    case TR_FORM_I64: TR_TRY(tr_parse_attr_value(p, p->i64, false, &attr)); break;
    case TR_FORM_DIALECT: TR_TRY(parse_dialect_part(p, spec, &attr)); break;
    case TR_FORM_I32S: TR_TRY(parse_int_list(p, &attr)); break;
    case TR_FORM_BARRIER_FLAGS: TR_TRY(parse_barrier_flags(p, &attr)); break;
    default: TR_TRY(tr_parse_attr(p, NULL, &attr)); break;
    }
    return tr_push_attr(p, spec->name, attr);
}

/* ---------------------------------------------------------------- types */

/* Shares the types of a function type out over the row's operands or results. Every operand's count is known from
 * the text; of the results, one may be variadic. */
static tr_status share_types(tr_parser *p, tr_op_state *state, bool results, size_t first, size_t count)
{
    const tr_op_info *info = state->info;
    int specs = results ? info->result_count : info->operand_count;
    size_t fixed = 0;
    int many = -1;
    for (int i = 0; i < specs; i++) {
        if (!results) {
            fixed += state->operands[i].count;
        } else if (info->results[i].arity == TR_ARITY_MANY) {
            many = i;
        } else {
            fixed++;
        }
    }
    if (many < 0 ? count != fixed : count < fixed) {
        return tr_parse_fail(p, state->offset, "'%.*s' has %zu %s, but %zu type%s for them",
                             TR_STR_ARG(state->op->name), fixed, results ? "results" : "operands", count,
                             count == 1 ? "" : "s");
    }
    for (int i = 0; i < specs; i++) {
        tr_span *span = results ? &state->result_types[i] : &state->operand_types[i];
        span->first = (uint32_t)first;
        span->count = results ? (i == many ? (uint32_t)(count - fixed) : 1) : state->operands[i].count;
        span->known = true;
        first += span->count;
    }
    return TR_OK;
}

/* functype = '(' types? ')' '->' (type | '(' types? ')') */
static tr_status parse_functype(tr_parser *p, tr_op_state *state)
{
    size_t first = p->type_stack.count;
    TR_TRY(tr_parse_type_parens(p));
    size_t middle = p->type_stack.count;
    TR_TRY(tr_expect(p, TR_TOKEN_ARROW, "'->' and the types of results"));
    TR_TRY(tr_parse_result_types(p));
    TR_TRY(share_types(p, state, false, first, middle - first));
    return share_types(p, state, true, middle, p->type_stack.count - middle);
}

static tr_status parse_type_item(tr_parser *p, tr_op_state *state, const tr_format_item *item)
{
    const tr_value_spec *spec = spec_of(state->info, item->index);
    tr_span *span = types_of(state, item->index);
    span->first = (uint32_t)p->type_stack.count;
    span->known = true;
    if (spec->arity == TR_ARITY_MANY) {
        TR_TRY(tr_parse_types(p));
    } else {
        const tr_type *type;
        if (item->kind == TR_FORMAT_SHORT_TYPE) {
            TR_TRY(tr_parse_short_type(p, spec->class_, &type));
        } else {
            TR_TRY(tr_parse_type(p, &type));
        }
        if (!tr_vec_push(&p->type_stack, type)) return tr_parse_oom(p);
    }
    span->count = (uint32_t)p->type_stack.count - span->first;
    return TR_OK;
}

/* ---------------------------------------------------------------- items of a format */

/* Whether an operand comes next; `%x =` begins the next op. */
static bool operand_begins(const tr_parser *p)
{
    return tr_peek_kind(p) == TR_TOKEN_PERCENT && tr_peek_second(p) != '=';
}

/* Whether the text goes on with this item. */
static bool begins(const tr_parser *p, const tr_op_info *info, const tr_format_item *item)
{
    int kind = tr_peek_kind(p);
    switch (item->kind) {
    case TR_FORMAT_SIGN: return kind == item->index;
    case TR_FORMAT_WORD: return kind == TR_TOKEN_WORD && tr_str_equal(tr_text_of(p, tr_peek(p)), item->text);
    case TR_FORMAT_OPERAND: return operand_begins(p);
    case TR_FORMAT_SUCCESSOR: return kind == TR_TOKEN_CARET;
    case TR_FORMAT_ATTR: {
        const tr_attr_spec *spec = &info->attrs[item->index];
        if (spec->form == TR_FORM_ENUM) return find_keyword(p, spec) >= 0;
        if (spec->form == TR_FORM_DIALECT) return kind == '<';
        return kind == TR_TOKEN_STRING;
    }
    default: return false;
    }
}

static tr_status run_items(tr_parser *p, tr_op_state *state, const tr_format_item *items, int count);

/* any( | ): the groups that come, in any order, each once. */
static tr_status run_any(tr_parser *p, tr_op_state *state, const tr_format_item *items, int count)
{
    uint32_t done = 0;
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < count; i += items[i].length + 1) {
            if (done & 1u << i || !begins(p, state->info, &items[i + 1])) continue;
            TR_TRY(run_items(p, state, items + i + 1, items[i].length));
            done |= 1u << i;
            more = true;
        }
    }
    return TR_OK;
}

static tr_status expect_item(tr_parser *p, const tr_format_item *item, int kind)
{
    if (tr_take(p, kind)) return TR_OK;
    char what[32];
    snprintf(what, sizeof(what), "'%.*s'", TR_STR_ARG(item->text));
    return tr_expected(p, what);
}

static tr_status run_item(tr_parser *p, tr_op_state *state, const tr_format_item *item)
{
    switch (item->kind) {
    case TR_FORMAT_SIGN: return expect_item(p, item, item->index);
    case TR_FORMAT_WORD:
        if (begins(p, state->info, item)) return tr_take(p, TR_TOKEN_WORD) ? TR_OK : TR_INTERNAL;
        return expect_item(p, item, -1);
    case TR_FORMAT_OPERAND: {
        const tr_value_spec *spec = &state->info->operands[item->index];
        tr_span *span = &state->operands[item->index];
        span->first = (uint32_t)p->uses.count;
        bool there = operand_begins(p);
        if (spec->arity == TR_ARITY_ONE || (spec->arity == TR_ARITY_OPTIONAL && there)) {
            TR_TRY(tr_parse_use(p));
        } else if (there) {
            TR_TRY(tr_parse_uses(p));
        }
        span->count = (uint32_t)p->uses.count - span->first;
        return TR_OK;
    }
    case TR_FORMAT_ATTR: return parse_attr_form(p, &state->info->attrs[item->index]);
    case TR_FORMAT_DICT: return tr_peek_kind(p) == '{' ? tr_parse_attr_dict(p) : TR_OK;
    case TR_FORMAT_DICT_WORD: return tr_take_word(p, "attributes") ? tr_parse_attr_dict(p) : TR_OK;
    case TR_FORMAT_TYPE:
    case TR_FORMAT_SHORT_TYPE: return parse_type_item(p, state, item);
    case TR_FORMAT_FUNCTYPE: return parse_functype(p, state);
    case TR_FORMAT_SUCCESSOR: {
        tr_successor successor = { 0 };
        TR_TRY(tr_parse_successor(p, &successor.block));
        return tr_vec_push(&p->successor_stack, successor) ? TR_OK : tr_parse_oom(p);
    }
    default: return TR_OK;
    }
}

static tr_status run_items(tr_parser *p, tr_op_state *state, const tr_format_item *items, int count)
{
    for (int i = 0; i < count; i++) {
        const tr_format_item *item = &items[i];
        if (item->kind == TR_FORMAT_GROUP) {
            if (begins(p, state->info, item + 1)) TR_TRY(run_items(p, state, item + 1, item->length));
            i += item->length;
        } else if (item->kind == TR_FORMAT_ANY) {
            TR_TRY(run_any(p, state, item + 1, item->length));
            i += item->length;
        } else {
            TR_TRY(run_item(p, state, item));
        }
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- types that the text leaves out */

static tr_status fail_rule(tr_parser *p, const tr_op_state *state, const tr_value_spec *from, const char *what,
                           const tr_type *is)
{
    tr_text text = { 0 };
    tr_type_print(is, &text);
    tr_status status = tr_parse_fail(p, state->offset, "'%.*s' needs %s for '%.*s', got %s",
                                     TR_STR_ARG(state->op->name), what, TR_STR_ARG(from->name),
                                     text.data ? text.data : "?");
    tr_text_deinit(&text);
    return status;
}

static tr_status apply_rule(tr_parser *p, const tr_op_state *state, tr_rule rule, const tr_value_spec *from,
                            const tr_type *type, const tr_type **out)
{
    const tr_type *scalar = tr_type_scalar(type);
    switch (rule) {
    case TR_RULE_SAME: *out = type; return TR_OK;
    case TR_RULE_I1: return tr_type_with_element(p, type, p->i1, out);
    case TR_RULE_I32: return tr_type_with_element(p, type, p->i32, out);
    case TR_RULE_SCALAR: *out = scalar; return TR_OK;
    case TR_RULE_POINTEE:
        if (scalar->kind != TR_TYPE_POINTER)
            return fail_rule(p, state, from, "a pointer or a tensor of pointers", type);
        return tr_type_with_element(p, type, scalar->element, out);
    case TR_RULE_PTRTO:
        if (type->kind != TR_TYPE_POINTER || type->element->kind != TR_TYPE_TENSOR) {
            return fail_rule(p, state, from, "a pointer to a tensor", type);
        }
        return tr_type_pointer_to(p, type->element->element, type->space, out);
    default: return tr_fail(p->error, TR_INTERNAL, "a rule without a meaning");
    }
}

/* The type of an attribute that stands in the text. */
static tr_status attr_type(tr_parser *p, const tr_op_state *state, const tr_type **out)
{
    tr_str name = state->info->attrs[0].name;
    for (size_t i = state->first_attr; i < p->attr_stack.count; i++) {
        const tr_named_attr *entry = &p->attr_stack.items[i];
        if (!tr_str_equal(entry->name, name)) continue;
        *out = entry->value->type;
        if (*out && entry->value->kind != TR_ATTR_TYPE) return TR_OK;
    }
    return tr_parse_fail(p, state->offset, "'%.*s' needs a number or dense<...> with a type",
                         TR_STR_ARG(state->op->name));
}

/* Finds the type of one value if it can be found now. */
static tr_status infer(tr_parser *p, tr_op_state *state, const tr_value_spec *spec, uint32_t count, tr_span *span)
{
    const tr_type *type = NULL;
    switch (spec->class_) {
    case TR_CLASS_I1: type = p->i1; break;
    case TR_CLASS_I32: type = p->i32; break;
    case TR_CLASS_I64: type = p->i64; break;
    case TR_CLASS_INDEX: type = p->index; break;
    default: break;
    }
    if (!type && spec->rule == TR_RULE_PLAIN_I1) type = p->i1;
    if (!type && spec->rule == TR_RULE_ATTR) TR_TRY(attr_type(p, state, &type));
    if (!type && spec->rule != TR_RULE_NONE) {
        const tr_span *from = types_of(state, spec->rule_from);
        if (!from->known || from->count != 1) return TR_OK;
        TR_TRY(apply_rule(p, state, spec->rule, spec_of(state->info, spec->rule_from), p->type_stack.items[from->first],
                          &type));
    }
    if (!type) return TR_OK;
    span->first = (uint32_t)p->type_stack.count;
    span->count = count;
    span->known = true;
    for (uint32_t i = 0; i < count; i++) {
        if (!tr_vec_push(&p->type_stack, type)) return tr_parse_oom(p);
    }
    return TR_OK;
}

static tr_status infer_types(tr_parser *p, tr_op_state *state)
{
    const tr_op_info *info = state->info;
    /* A rule may need what another one finds: the longest chain in the table is two. */
    for (int pass = 0; pass < 3; pass++) {
        bool all = true;
        for (int i = 0; i < info->operand_count; i++) {
            tr_span *span = &state->operand_types[i];
            if (span->known || state->operands[i].count == 0) continue;
            TR_TRY(infer(p, state, &info->operands[i], state->operands[i].count, span));
            all = all && span->known;
        }
        for (int i = 0; i < info->result_count; i++) {
            tr_span *span = &state->result_types[i];
            if (span->known) continue;
            TR_TRY(infer(p, state, &info->results[i], 1, span));
            all = all && span->known;
        }
        if (all) return TR_OK;
    }
    return tr_fail(p->error, TR_INTERNAL, "row '%s' of ops.def leaves types open", info->row->names);
}

static tr_status add_segments(tr_parser *p, const tr_op_state *state)
{
    int32_t counts[TR_MAX_SPECS];
    for (size_t i = state->first_attr; i < p->attr_stack.count; i++) {
        if (tr_str_is(p->attr_stack.items[i].name, "operandSegmentSizes")) return TR_OK;
    }
    for (int i = 0; i < state->info->operand_count; i++) counts[i] = (int32_t)state->operands[i].count;
    return tr_push_segments(p, counts, state->info->operand_count);
}

tr_status tr_finish_typed(tr_parser *p, tr_op_state *state)
{
    const tr_op_info *info = state->info;
    TR_TRY(infer_types(p, state));
    if (info->segments) TR_TRY(add_segments(p, state));

    size_t count = 0;
    for (int i = 0; i < info->operand_count; i++) {
        if (state->operands[i].count != state->operand_types[i].count && state->operands[i].count) {
            return tr_parse_fail(p, state->offset, "'%.*s' has %u operands '%.*s', but %u types for them",
                                 TR_STR_ARG(state->op->name), state->operands[i].count,
                                 TR_STR_ARG(info->operands[i].name), state->operand_types[i].count);
        }
        count += state->operands[i].count;
    }
    tr_op *op = state->op;
    if (count) {
        op->operands = TR_NEW_ARRAY(p->arena, tr_value *, count);
        if (!op->operands) return tr_parse_oom(p);
        op->operand_count = (int32_t)count;
    }
    tr_value **slot = op->operands;
    for (int i = 0; i < info->operand_count; i++) {
        for (uint32_t k = 0; k < state->operands[i].count; k++) {
            const tr_type *type = p->type_stack.items[state->operand_types[i].first + k];
            TR_TRY(tr_resolve(p, &p->uses.items[state->operands[i].first + k], type, slot++));
        }
    }
    const tr_type *results[TR_MAX_SPECS];
    if (info->result_count == 1) {
        return tr_fill_results(p, op, p->type_stack.items + state->result_types[0].first, state->result_types[0].count);
    }
    for (int i = 0; i < info->result_count; i++) results[i] = p->type_stack.items[state->result_types[i].first];
    return tr_fill_results(p, op, results, (size_t)info->result_count);
}

/* ---------------------------------------------------------------- forms */

static void clear_spans(tr_op_state *state)
{
    memset(state->operands, 0, sizeof(state->operands[0]) * (size_t)state->info->operand_count);
    memset(state->operand_types, 0, sizeof(state->operand_types[0]) * (size_t)state->info->operand_count);
    memset(state->result_types, 0, sizeof(state->result_types[0]) * (size_t)state->info->result_count);
}

tr_status tr_parse_format(tr_parser *p, tr_op_state *state)
{
    const tr_format *format = &state->info->format;
    tr_error *error = p->error;
    uint32_t begin = p->at, best_at = 0;
    size_t uses = p->uses.count, types = p->type_stack.count, attrs = p->attr_stack.count;
    size_t successors = p->successor_stack.count;
    int nesting = p->nesting, best = 0;
    tr_status status = TR_OK;
    /* The last round is the form that got furthest once more, to say what is wrong with it. */
    for (int i = 0; i <= format->form_count; i++) {
        bool only = format->form_count == 1, last = i == format->form_count;
        int form = last ? best : i;
        p->at = begin;
        p->uses.count = uses;
        p->type_stack.count = types;
        p->attr_stack.count = attrs;
        p->successor_stack.count = successors;
        p->nesting = nesting;
        clear_spans(state);
        p->error = last || only ? error : NULL;
        status = run_items(p, state, format->items[form], format->counts[form]);
        p->error = error;
        if (status == TR_OK) {
            state->op->form = (uint8_t)form;
            return tr_finish_typed(p, state);
        }
        if (only || last) break;
        if (status != TR_INVALID_INPUT) return tr_parse_oom(p);
        if (p->at > best_at) {
            best_at = p->at;
            best = i;
        }
    }
    return status;
}
