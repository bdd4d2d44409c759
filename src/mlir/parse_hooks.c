/* Custom assembly that no format string describes: module, functions, structured control flow. */
#include "mlir/parser.h"

/* module = '@' name? ('attributes' dict)? region */
static tr_status parse_module(tr_parser *p, tr_op_state *state)
{
    if (tr_peek_kind(p) == TR_TOKEN_AT) {
        tr_str name;
        const tr_attr *attr;
        TR_TRY(tr_parse_symbol(p, &name));
        TR_TRY(tr_attr_str(p, name, &attr));
        TR_TRY(tr_push_attr(p, TR_STR("sym_name"), attr));
    }
    if (tr_take_word(p, "attributes")) TR_TRY(tr_parse_attr_dict(p));
    /* A module has one block even when it is empty. */
    return tr_parse_region(p, state, NULL, 0);
}

/* ---------------------------------------------------------------- functions */

typedef struct func_parts {
    size_t first_use, first_type, first_loc, first_attr; /* of the arguments, on the parser's stacks */
    size_t arg_count;
    bool named, attrs; /* arguments have names; some have attributes */
} func_parts;

/* dict?, as an attribute on item_stack (an empty one if there is none). *out_any: there is one. */
static tr_status parse_entry_attrs(tr_parser *p, bool *out_any)
{
    tr_attr attr = { .kind = TR_ATTR_DICT };
    const tr_attr *made;
    if (tr_peek_kind(p) == '{') {
        size_t first = p->attr_stack.count;
        TR_TRY(tr_parse_attr_dict(p));
        TR_TRY(tr_pop_attrs(p, first, &attr.entries, &attr.count));
        if (attr.count) *out_any = true;
    }
    TR_TRY(tr_attr_new(p, attr, &made));
    return tr_vec_push(&p->item_stack, made) ? TR_OK : tr_parse_oom(p);
}

/* arguments = '(' (argument (',' argument)*)? ')';  argument = (use ':')? type dict? location?
 * Each leaves its attributes and its location on item_stack, in this order. */
static tr_status parse_func_args(tr_parser *p, func_parts *parts)
{
    TR_TRY(tr_expect(p, '(', "'(' and the arguments of the function"));
    while (tr_peek_kind(p) != ')') {
        const tr_type *type;
        const tr_loc *loc;
        bool named = tr_peek_kind(p) == TR_TOKEN_PERCENT;
        if (parts->arg_count && named != parts->named) {
            return tr_expected(p, parts->named ? "an argument like '%x: i32'" : "the type of an argument");
        }
        parts->named = named;
        if (named) {
            TR_TRY(tr_parse_use(p));
            const tr_use *use = &p->uses.items[p->uses.count - 1];
            if (use->number) return tr_parse_fail(p, use->offset, "an argument can't have a '#'");
            TR_TRY(tr_expect(p, ':', "':' and the type of an argument"));
        }
        TR_TRY(tr_parse_type(p, &type));
        TR_TRY(parse_entry_attrs(p, &parts->attrs));
        TR_TRY(tr_parse_optional_loc(p, &loc));
        if (!tr_vec_push(&p->type_stack, type)) return tr_parse_oom(p);
        if (!tr_vec_push(&p->item_stack, (const tr_attr *)(const void *)loc)) return tr_parse_oom(p);
        parts->arg_count++;
        if (!tr_take(p, ',')) break;
    }
    return tr_expect(p, ')', "',' or ')' behind an argument");
}

/* results = '->' (type | '(' (type dict? (',' type dict?)*)? ')') */
static tr_status parse_func_results(tr_parser *p, bool *out_attrs)
{
    if (!tr_take(p, TR_TOKEN_ARROW)) return TR_OK;
    if (tr_peek_kind(p) != '(') return tr_parse_result_types(p);
    p->at++;
    while (tr_peek_kind(p) != ')') {
        const tr_type *type;
        TR_TRY(tr_parse_type(p, &type));
        if (!tr_vec_push(&p->type_stack, type)) return tr_parse_oom(p);
        TR_TRY(parse_entry_attrs(p, out_attrs));
        if (!tr_take(p, ',')) break;
    }
    return tr_expect(p, ')', "',' or ')' behind the type of a result");
}

/* A list attribute of every step-th attribute on item_stack. */
static tr_status push_dict_list(tr_parser *p, tr_str name, size_t first, size_t count, size_t step)
{
    tr_attr list = { .kind = TR_ATTR_LIST, .count = (int32_t)count };
    const tr_attr *attr;
    list.items = TR_NEW_ARRAY(p->arena, const tr_attr *, count);
    if (!list.items) return tr_parse_oom(p);
    for (size_t i = 0; i < count; i++) list.items[i] = p->item_stack.items[first + i * step];
    TR_TRY(tr_attr_new(p, list, &attr));
    return tr_push_attr(p, name, attr);
}

/* The values of the entry block; NULL for a function whose arguments have no names. */
static tr_status make_func_args(tr_parser *p, const func_parts *parts, tr_value **out)
{
    tr_value *args = TR_NEW_ARRAY(p->arena, tr_value, parts->arg_count);
    if (!args) return tr_parse_oom(p);
    for (size_t i = 0; i < parts->arg_count; i++) {
        args[i].type = p->type_stack.items[parts->first_type + i];
        args[i].loc = (const tr_loc *)(const void *)p->item_stack.items[parts->first_loc + 2 * i + 1];
        if (parts->named) args[i].name = p->uses.items[parts->first_use + i].name;
    }
    *out = args;
    return TR_OK;
}

/* func = ('public' | 'private' | 'nested')? '@' name arguments results? ('attributes' dict)? region? */
static tr_status parse_func(tr_parser *p, tr_op_state *state)
{
    func_parts parts = { .first_use = p->uses.count,
                         .first_type = p->type_stack.count,
                         .first_loc = p->item_stack.count };
    const tr_attr *attr, *visibility = NULL;
    tr_str name;
    if (tr_peek_is(p, "public") || tr_peek_is(p, "private") || tr_peek_is(p, "nested")) {
        TR_TRY(tr_attr_str(p, tr_text_of(p, tr_peek(p)), &visibility));
        p->at++;
    }
    TR_TRY(tr_parse_symbol(p, &name));
    TR_TRY(tr_attr_str(p, name, &attr));
    TR_TRY(tr_push_attr(p, TR_STR("sym_name"), attr));

    TR_TRY(parse_func_args(p, &parts));
    size_t result_type = p->type_stack.count, result_item = p->item_stack.count;
    bool result_attrs = false;
    TR_TRY(parse_func_results(p, &result_attrs));
    size_t result_count = p->type_stack.count - result_type;

    tr_attr type = { .kind = TR_ATTR_TYPE };
    TR_TRY(tr_type_function(p, p->type_stack.items + parts.first_type, parts.arg_count,
                            p->type_stack.items + result_type, result_count, &type.type));
    TR_TRY(tr_attr_new(p, type, &attr));
    TR_TRY(tr_push_attr(p, TR_STR("function_type"), attr));
    if (visibility) TR_TRY(tr_push_attr(p, TR_STR("sym_visibility"), visibility));
    if (parts.attrs) TR_TRY(push_dict_list(p, TR_STR("arg_attrs"), parts.first_loc, parts.arg_count, 2));
    if (result_attrs) TR_TRY(push_dict_list(p, TR_STR("res_attrs"), result_item, result_count, 1));
    if (tr_take_word(p, "attributes")) TR_TRY(tr_parse_attr_dict(p));

    if (tr_peek_kind(p) == '{') {
        tr_value *args = NULL;
        if (parts.arg_count && !parts.named) return tr_expected(p, "no body: the arguments have no names");
        TR_TRY(make_func_args(p, &parts, &args));
        p->item_stack.count = parts.first_loc;
        TR_TRY(tr_parse_region(p, state, args, (int32_t)parts.arg_count));
    } else {
        tr_region *region = TR_NEW(p->arena, tr_region);
        if (!region || !tr_vec_push(&p->region_stack, region)) return tr_parse_oom(p);
        region->op = state->op;
        p->item_stack.count = parts.first_loc;
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- scf */

/* pairs = '(' (use '=' use (',' use '=' use)*)? ')': names of region arguments and what they begin with. The names
 * are left at uses[first + 2 i], the values behind them. */
static tr_status parse_pairs(tr_parser *p)
{
    TR_TRY(tr_expect(p, '(', "'(' and what the loop carries"));
    while (tr_peek_kind(p) != ')') {
        TR_TRY(tr_parse_use(p));
        TR_TRY(tr_expect(p, '=', "'=' and the value that the argument begins with"));
        TR_TRY(tr_parse_use(p));
        if (!tr_take(p, ',')) break;
    }
    return tr_expect(p, ')', "',' or ')' behind a value that the loop carries");
}

/* The arguments of a region, named by every other use from `first` on; args[0 .. skip) are there already. */
static void name_args(const tr_parser *p, size_t first, size_t count, size_t first_type, tr_value *args)
{
    for (size_t i = 0; i < count; i++) {
        args[i].name = p->uses.items[first + 2 * i].name;
        args[i].type = p->type_stack.items[first_type + i];
    }
}

/* Fills operands [at ..] from every other use from `first` on. */
static tr_status resolve_pairs(tr_parser *p, tr_op *op, int32_t at, size_t first, size_t count, size_t first_type)
{
    for (size_t i = 0; i < count; i++) {
        TR_TRY(tr_resolve(p, &p->uses.items[first + 2 * i + 1], p->type_stack.items[first_type + i],
                          &op->operands[at + (int32_t)i]));
    }
    return TR_OK;
}

/* for = 'unsigned'? use '=' use 'to' use 'step' use ('iter_args' pairs '->' types)? (':' type)? region dict? */
static tr_status parse_for(tr_parser *p, tr_op_state *state)
{
    tr_op *op = state->op;
    const tr_attr *unit;
    if (tr_take_word(p, "unsigned")) {
        TR_TRY(tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_UNIT }, &unit));
        TR_TRY(tr_push_attr(p, TR_STR("unsignedCmp"), unit));
    }
    size_t first = p->uses.count, first_type = p->type_stack.count;
    TR_TRY(tr_parse_use(p));
    TR_TRY(tr_expect(p, '=', "'=' behind the loop's variable"));
    TR_TRY(tr_parse_use(p));
    TR_TRY(tr_expect_word(p, "to"));
    TR_TRY(tr_parse_use(p));
    TR_TRY(tr_expect_word(p, "step"));
    TR_TRY(tr_parse_use(p));
    size_t pairs = p->uses.count;
    uint32_t offset = tr_peek(p).begin;
    if (tr_take_word(p, "iter_args")) {
        TR_TRY(parse_pairs(p));
        TR_TRY(tr_expect(p, TR_TOKEN_ARROW, "'->' and the types that the loop carries"));
        TR_TRY(tr_parse_result_types(p));
    }
    size_t count = (p->uses.count - pairs) / 2;
    if (p->type_stack.count - first_type != count) {
        return tr_parse_fail(p, offset, "the loop carries %zu value%s, but has %zu type%s for them", count,
                             count == 1 ? "" : "s", p->type_stack.count - first_type,
                             p->type_stack.count - first_type == 1 ? "" : "s");
    }
    const tr_type *type = p->index;
    if (tr_take(p, ':')) TR_TRY(tr_parse_type(p, &type));

    op->operands = TR_NEW_ARRAY(p->arena, tr_value *, count + 3);
    tr_value *args = TR_NEW_ARRAY(p->arena, tr_value, count + 1);
    if (!op->operands || !args) return tr_parse_oom(p);
    op->operand_count = (int32_t)count + 3;
    for (size_t i = 0; i < 3; i++) TR_TRY(tr_resolve(p, &p->uses.items[first + 1 + i], type, &op->operands[i]));
    TR_TRY(resolve_pairs(p, op, 3, pairs, count, first_type));
    args[0].name = p->uses.items[first].name;
    args[0].type = type;
    name_args(p, pairs, count, first_type, args + 1);
    TR_TRY(tr_fill_results(p, op, p->type_stack.items + first_type, count));
    TR_TRY(tr_parse_region(p, state, args, (int32_t)count + 1));
    return tr_peek_kind(p) == '{' ? tr_parse_attr_dict(p) : TR_OK;
}

/* A region that the text may leave out. */
static tr_status push_empty_region(tr_parser *p, tr_op_state *state)
{
    tr_region *region = TR_NEW(p->arena, tr_region);
    if (!region || !tr_vec_push(&p->region_stack, region)) return tr_parse_oom(p);
    region->op = state->op;
    return TR_OK;
}

/* if = use ('->' types)? region ('else' region)? dict? */
static tr_status parse_if(tr_parser *p, tr_op_state *state)
{
    size_t first = p->uses.count, first_type = p->type_stack.count;
    if (!tr_vec_push(&p->type_stack, p->i1)) return tr_parse_oom(p);
    TR_TRY(tr_parse_use(p));
    TR_TRY(tr_fill_operands(p, state->op, first, first_type, 1));
    if (tr_take(p, TR_TOKEN_ARROW)) TR_TRY(tr_parse_result_types(p));
    TR_TRY(tr_fill_results(p, state->op, p->type_stack.items + first_type + 1, p->type_stack.count - first_type - 1));
    TR_TRY(tr_parse_region(p, state, NULL, 0));
    if (tr_take_word(p, "else")) {
        TR_TRY(tr_parse_region(p, state, NULL, 0));
    } else {
        TR_TRY(push_empty_region(p, state));
    }
    return tr_peek_kind(p) == '{' ? tr_parse_attr_dict(p) : TR_OK;
}

/* while = pairs? ':' function-type region 'do' region ('attributes' dict)? */
static tr_status parse_while(tr_parser *p, tr_op_state *state)
{
    tr_op *op = state->op;
    size_t first = p->uses.count, first_type = p->type_stack.count;
    if (tr_peek_kind(p) == '(') TR_TRY(parse_pairs(p));
    TR_TRY(tr_expect(p, ':', "':' and the type of the loop"));
    uint32_t offset = tr_peek(p).begin;
    TR_TRY(tr_parse_type_parens(p));
    size_t middle = p->type_stack.count, count = (p->uses.count - first) / 2;
    if (middle - first_type != count) {
        return tr_parse_fail(p, offset, "the loop carries %zu value%s, but has %zu type%s for them", count,
                             count == 1 ? "" : "s", middle - first_type, middle - first_type == 1 ? "" : "s");
    }
    TR_TRY(tr_expect(p, TR_TOKEN_ARROW, "'->' and the types of results"));
    TR_TRY(tr_parse_result_types(p));

    op->operands = TR_NEW_ARRAY(p->arena, tr_value *, count);
    tr_value *args = TR_NEW_ARRAY(p->arena, tr_value, count);
    if (!op->operands || !args) return tr_parse_oom(p);
    op->operand_count = (int32_t)count;
    TR_TRY(resolve_pairs(p, op, 0, first, count, first_type));
    name_args(p, first, count, first_type, args);
    TR_TRY(tr_fill_results(p, op, p->type_stack.items + middle, p->type_stack.count - middle));
    TR_TRY(tr_parse_region(p, state, args, (int32_t)count));
    TR_TRY(tr_expect_word(p, "do"));
    TR_TRY(tr_parse_region(p, state, NULL, TR_ARGS_IN_TEXT));
    return tr_take_word(p, "attributes") ? tr_parse_attr_dict(p) : TR_OK;
}

/* execute_region = ('->' types)? 'no_inline'? region dict? */
static tr_status parse_execute_region(tr_parser *p, tr_op_state *state)
{
    size_t first_type = p->type_stack.count;
    if (tr_take(p, TR_TOKEN_ARROW)) TR_TRY(tr_parse_result_types(p));
    TR_TRY(tr_fill_results(p, state->op, p->type_stack.items + first_type, p->type_stack.count - first_type));
    if (tr_take_word(p, "no_inline")) {
        const tr_attr *unit;
        TR_TRY(tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_UNIT }, &unit));
        TR_TRY(tr_push_attr(p, TR_STR("no_inline"), unit));
    }
    TR_TRY(tr_parse_region(p, state, NULL, TR_ARGS_IN_TEXT));
    return tr_peek_kind(p) == '{' ? tr_parse_attr_dict(p) : TR_OK;
}

/* index_switch = use dict? ('->' type (',' type)*)? ('case' integer region)* 'default' region
 * The default region is the first one, as in generic form. */
static tr_status parse_index_switch(tr_parser *p, tr_op_state *state)
{
    size_t first = p->uses.count, first_type = p->type_stack.count, first_region = p->region_stack.count;
    if (!tr_vec_push(&p->type_stack, p->index)) return tr_parse_oom(p);
    TR_TRY(tr_parse_use(p));
    TR_TRY(tr_fill_operands(p, state->op, first, first_type, 1));
    if (tr_peek_kind(p) == '{') TR_TRY(tr_parse_attr_dict(p));
    if (tr_take(p, TR_TOKEN_ARROW)) TR_TRY(tr_parse_types(p));
    TR_TRY(tr_fill_results(p, state->op, p->type_stack.items + first_type + 1, p->type_stack.count - first_type - 1));

    if (!tr_vec_push(&p->region_stack, NULL)) return tr_parse_oom(p);
    size_t first_item = p->item_stack.count;
    while (tr_take_word(p, "case")) {
        const tr_attr *value;
        TR_TRY(tr_parse_attr_value(p, p->i64, false, &value));
        if (value->kind != TR_ATTR_INTEGER) return tr_expected(p, "an integer behind 'case'");
        if (!tr_vec_push(&p->item_stack, value)) return tr_parse_oom(p);
        TR_TRY(tr_parse_region(p, state, NULL, 0));
    }
    TR_TRY(tr_expect_word(p, "default"));
    TR_TRY(tr_parse_region(p, state, NULL, 0));
    p->region_stack.items[first_region] = p->region_stack.items[--p->region_stack.count];

    size_t count = p->item_stack.count - first_item;
    int64_t *ints = TR_NEW_ARRAY(p->arena, int64_t, count);
    const tr_attr *cases;
    if (!ints) return tr_parse_oom(p);
    for (size_t i = 0; i < count; i++) ints[i] = p->item_stack.items[first_item + i]->integer;
    p->item_stack.count = first_item;
    TR_TRY(tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_INTS, .type = p->i64, .ints = ints, .count = (int32_t)count },
                       &cases));
    return tr_push_attr(p, TR_STR("cases"), cases);
}

tr_status tr_parse_hook(tr_parser *p, tr_op_state *state)
{
    static tr_status (*const hooks[TR_HOOK_COUNT])(tr_parser *, tr_op_state *) = {
#define HOOK(name) [TR_HOOK_##name] = parse_##name,
#include "mlir/hooks.def"
#undef HOOK
    };
    return hooks[state->info->hook](p, state);
}
