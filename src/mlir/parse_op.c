/* Ops, regions and blocks. */
#include "mlir/parser.h"
#include "mlir/verify.h"

#include <stdio.h>

/* ---------------------------------------------------------------- values of an op */

tr_status tr_fill_operands(tr_parser *p, tr_op *op, size_t first, size_t first_type, size_t count)
{
    if (count == 0) return TR_OK;
    op->operands = TR_NEW_ARRAY(p->arena, tr_value *, count);
    if (!op->operands) return tr_parse_oom(p);
    op->operand_count = (int32_t)count;
    for (size_t i = 0; i < count; i++) {
        TR_TRY(tr_resolve(p, &p->uses.items[first + i], p->type_stack.items[first_type + i], &op->operands[i]));
    }
    return TR_OK;
}

tr_status tr_fill_results(tr_parser *p, tr_op *op, const tr_type **types, size_t count)
{
    if (count == 0) return TR_OK;
    op->results = TR_NEW_ARRAY(p->arena, tr_value, count);
    if (!op->results) return tr_parse_oom(p);
    op->result_count = (int32_t)count;
    for (size_t i = 0; i < count; i++) {
        op->results[i] = (tr_value){ .type = types[i], .op = op, .index = (int32_t)i, .id = p->module->value_count++ };
    }
    return TR_OK;
}

tr_status tr_push_segments(tr_parser *p, const int32_t *counts, int count)
{
    const tr_attr *attr;
    int64_t *ints = TR_NEW_ARRAY(p->arena, int64_t, (size_t)count);
    if (!ints) return tr_parse_oom(p);
    for (int i = 0; i < count; i++) ints[i] = counts[i];
    TR_TRY(tr_attr_new(p, (tr_attr){ .kind = TR_ATTR_INTS, .type = p->i32, .ints = ints, .count = count }, &attr));
    return tr_push_attr(p, TR_STR("operandSegmentSizes"), attr);
}

/* ---------------------------------------------------------------- regions and blocks */

tr_status tr_new_block(tr_parser *p, tr_region *region, tr_block **out)
{
    tr_block *block = TR_NEW(p->arena, tr_block);
    if (!block) return tr_parse_oom(p);
    block->region = region;
    *out = block;
    return TR_OK;
}

static void append_block(tr_parser *p, tr_region *region, tr_block **last, tr_block *block)
{
    if (*last) {
        (*last)->next = block;
    } else {
        region->first = block;
    }
    *last = block;
    block->id = p->module->block_count++;
    region->block_count++;
}

/* The block of a label; made when it is first named. */
static tr_status find_label(tr_parser *p, tr_str label, uint32_t offset, bool defining, tr_block **out)
{
    bool is_new;
    uint64_t *slot = tr_map_put(&p->labels->blocks, label, &is_new);
    if (!slot) return tr_parse_oom(p);
    if (is_new) {
        tr_block *block = NULL;
        TR_TRY(tr_new_block(p, p->labels->region, &block));
        *slot = (uint64_t)(uintptr_t)block;
        /* A block that is only named has no label yet: that is how the two are told apart. */
        if (!defining && p->labels->undefined++ == 0) p->labels->first_undefined = offset;
        *out = block;
    } else {
        *out = (tr_block *)(uintptr_t)*slot;
        if (defining && (*out)->label.data) {
            return tr_parse_fail(p, offset, "block '^%.*s' is defined twice", TR_STR_ARG(label));
        }
        if (defining) p->labels->undefined--;
    }
    if (defining) (*out)->label = label;
    return TR_OK;
}

/* successor = '^' name */
tr_status tr_parse_successor(tr_parser *p, tr_block **out)
{
    tr_token token = tr_peek(p);
    TR_TRY(tr_expect(p, TR_TOKEN_CARET, "a block like '^bb1'"));
    if (!p->labels) return tr_parse_fail(p, token.begin, "there are no blocks to jump to here");
    return find_label(p, tr_name_of(p, token), token.begin, false, out);
}

tr_status tr_define_arg(tr_parser *p, tr_block *block, tr_value *value, uint32_t offset)
{
    value->block = block;
    value->id = p->module->value_count++;
    if (!value->loc) value->loc = p->no_loc;
    if (value->name.size == 0) return TR_OK;
    return tr_define(p, value->name, offset, value, 1);
}

/* arguments = '(' use ':' type location? (',' ...)* ')' */
static tr_status parse_block_args(tr_parser *p, tr_block *block)
{
    size_t first = p->uses.count, first_type = p->type_stack.count, first_loc = p->item_stack.count;
    TR_TRY(tr_expect(p, '(', "'(' before arguments"));
    if (tr_peek_kind(p) != ')') {
        do {
            const tr_type *type;
            const tr_loc *loc;
            TR_TRY(tr_parse_use(p));
            TR_TRY(tr_expect(p, ':', "':' and the type of a block argument"));
            TR_TRY(tr_parse_type(p, &type));
            TR_TRY(tr_parse_optional_loc(p, &loc));
            if (!tr_vec_push(&p->type_stack, type)) return tr_parse_oom(p);
            /* item_stack holds attributes, but a pointer is a pointer. */
            if (!tr_vec_push(&p->item_stack, (const tr_attr *)(const void *)loc)) return tr_parse_oom(p);
        } while (tr_take(p, ','));
    }
    TR_TRY(tr_expect(p, ')', "',' or ')' behind a block argument"));
    size_t count = p->uses.count - first;
    block->args = TR_NEW_ARRAY(p->arena, tr_value, count);
    if (!block->args) return tr_parse_oom(p);
    block->arg_count = (int32_t)count;
    for (size_t i = 0; i < count; i++) {
        const tr_use *use = &p->uses.items[first + i];
        tr_value *value = &block->args[i];
        if (use->number) return tr_parse_fail(p, use->offset, "a block argument can't have a '#'");
        value->name = use->name;
        value->type = p->type_stack.items[first_type + i];
        value->loc = (const tr_loc *)(const void *)p->item_stack.items[first_loc + i];
        value->index = (int32_t)i;
        TR_TRY(tr_define_arg(p, block, value, use->offset));
    }
    p->uses.count = first;
    p->type_stack.count = first_type;
    p->item_stack.count = first_loc;
    return TR_OK;
}

/* ops up to a label or the end of the region */
static tr_status parse_block_ops(tr_parser *p, tr_block *block)
{
    while (tr_peek_kind(p) != '}' && tr_peek_kind(p) != TR_TOKEN_CARET) {
        if (tr_peek_kind(p) == TR_TOKEN_END) return tr_expected(p, "an op or '}'");
        TR_TRY(tr_parse_op(p, block));
    }
    return TR_OK;
}

/* blocks = ops? (label arguments? ':' ops)* '}' */
static tr_status parse_blocks(tr_parser *p, tr_region *region, tr_value *args, int32_t arg_count)
{
    tr_block *last = NULL;
    bool given = arg_count >= 0;
    if (given || tr_peek_kind(p) != TR_TOKEN_CARET) {
        if (!given && tr_peek_kind(p) == '}') return TR_OK; /* a region without blocks */
        tr_block *entry = NULL;
        TR_TRY(tr_new_block(p, region, &entry));
        append_block(p, region, &last, entry);
        entry->args = args;
        entry->arg_count = given ? arg_count : 0;
        for (int32_t i = 0; i < arg_count; i++) {
            args[i].index = i;
            TR_TRY(tr_define_arg(p, entry, &args[i], tr_peek(p).begin));
        }
        TR_TRY(parse_block_ops(p, entry));
    }
    while (tr_peek_kind(p) == TR_TOKEN_CARET) {
        tr_token token = tr_peek(p);
        tr_block *block = NULL;
        p->at++;
        TR_TRY(find_label(p, tr_name_of(p, token), token.begin, true, &block));
        append_block(p, region, &last, block);
        if (region->block_count > 1) p->has_blocks = true;
        if (tr_peek_kind(p) == '(') TR_TRY(parse_block_args(p, block));
        TR_TRY(tr_expect(p, ':', "':' behind the label of a block"));
        TR_TRY(parse_block_ops(p, block));
    }
    return TR_OK;
}

/* A region without results may leave out its scf.yield. */
static tr_status add_implied_end(tr_parser *p, const tr_op_state *state, tr_region *region)
{
    if (!state->info || state->info->region_end != TR_OP_scf_yield || state->op->generic) return TR_OK;
    if (region->block_count != 1) return TR_OK;
    tr_block *block = region->first;
    if (block->last && block->last->code == TR_OP_scf_yield) return TR_OK;
    tr_op *op = TR_NEW(p->arena, tr_op);
    if (!op) return tr_parse_oom(p);
    op->code = TR_OP_scf_yield;
    op->name = TR_STR("scf.yield");
    op->loc = p->no_loc;
    op->id = p->module->op_count++;
    op->begin = op->end = tr_peek(p).begin;
    op->parent = block;
    op->implied = true;
    if (block->last) {
        block->last->next = op;
    } else {
        block->first = op;
    }
    block->last = op;
    return TR_OK;
}

/* region = '{' blocks '}'. The entry block has these arguments, which the op's own syntax names; arg_count is
 * TR_ARGS_IN_TEXT where a label does. */
tr_status tr_parse_region(tr_parser *p, tr_op_state *state, tr_value *args, int32_t arg_count)
{
    tr_region *region = TR_NEW(p->arena, tr_region);
    if (!region || !tr_vec_push(&p->region_stack, region)) return tr_parse_oom(p);
    region->op = state->op;
    if (++p->region_depth > TR_LIMIT_REGION_DEPTH) {
        return tr_parse_fail(p, tr_peek(p).begin, "regions are nested deeper than %d", TR_LIMIT_REGION_DEPTH);
    }
    TR_TRY(tr_expect(p, '{', "'{' and a region"));

    TR_TRY(tr_enter_region(p, state->info && state->info->isolated));
    const char *default_dialect = p->default_dialect;
    p->default_dialect = state->op->code == TR_OP_func_func ? "func." : NULL;
    tr_labels labels = { .outer = p->labels, .region = region };
    p->labels = &labels; /* nothing may return before it is put back */
    tr_status status = parse_blocks(p, region, args, arg_count);
    if (status == TR_OK && labels.undefined) {
        status = tr_parse_fail(p, labels.first_undefined, "jump to a block that is not defined in this region");
    }
    tr_map_deinit(&labels.blocks);
    p->labels = labels.outer;
    TR_TRY(status);
    TR_TRY(add_implied_end(p, state, region));
    TR_TRY(tr_expect(p, '}', "'}' at the end of the region"));
    TR_TRY(tr_leave_region(p));
    p->default_dialect = default_dialect;
    p->region_depth--;
    return TR_OK;
}

/* ---------------------------------------------------------------- ops */

/* generic = string '(' uses? ')' ('[' successors ']')? ('<' dict '>')? ('(' regions ')')? dict? ':' function-type */
static tr_status parse_generic(tr_parser *p, tr_op_state *state)
{
    tr_op *op = state->op;
    size_t first = p->uses.count, first_type = p->type_stack.count, first_attr = p->attr_stack.count;
    TR_TRY(tr_expect(p, '(', "'(' and the operands of the op"));
    if (tr_peek_kind(p) != ')') TR_TRY(tr_parse_uses(p));
    TR_TRY(tr_expect(p, ')', "',' or ')' behind an operand"));
    if (tr_take(p, '[')) {
        do {
            tr_successor successor = { 0 };
            TR_TRY(tr_parse_successor(p, &successor.block));
            if (!tr_vec_push(&p->successor_stack, successor)) return tr_parse_oom(p);
        } while (tr_take(p, ','));
        TR_TRY(tr_expect(p, ']', "',' or ']' behind a successor"));
    }
    if (tr_take(p, '<')) {
        TR_TRY(tr_parse_attr_dict(p));
        TR_TRY(tr_expect(p, '>', "'>' behind properties"));
        op->property_count = (int32_t)(p->attr_stack.count - first_attr);
    }
    if (tr_peek_kind(p) == '(') {
        do {
            p->at++;
            TR_TRY(tr_parse_region(p, state, NULL, TR_ARGS_IN_TEXT));
        } while (tr_peek_kind(p) == ',');
        TR_TRY(tr_expect(p, ')', "',' or ')' behind a region"));
    }
    if (tr_peek_kind(p) == '{') TR_TRY(tr_parse_attr_dict(p));
    TR_TRY(tr_expect(p, ':', "':' and the op's type"));
    TR_TRY(tr_parse_type_parens(p));
    size_t middle = p->type_stack.count;
    TR_TRY(tr_expect(p, TR_TOKEN_ARROW, "'->' and the types of results"));
    TR_TRY(tr_parse_result_types(p));
    size_t count = p->uses.count - first;
    if (count != middle - first_type) {
        return tr_parse_fail(p, state->offset, "%zu operands, but %zu types for them", count, middle - first_type);
    }
    TR_TRY(tr_fill_operands(p, op, first, first_type, count));
    return tr_fill_results(p, op, p->type_stack.items + middle, p->type_stack.count - middle);
}

/* The op whose name is the word that is next. */
static tr_status find_custom(tr_parser *p, tr_op_state *state)
{
    tr_token token = tr_peek(p);
    tr_str name = tr_text_of(p, token);
    tr_op *op = state->op;
    op->name = name;
    op->code = tr_op_table_find(&p->table, name);
    if (op->code == TR_OP_UNKNOWN && p->default_dialect && !memchr(name.data, '.', name.size) && name.size < 64) {
        char full[80];
        int size = snprintf(full, sizeof(full), "%s%.*s", p->default_dialect, TR_STR_ARG(name));
        op->code = tr_op_table_find(&p->table, (tr_str){ full, (size_t)size });
    }
    TR_TRY(tr_op_table_info(&p->table, op->code, &state->info, p->error));
    if (!state->info) {
        if (!memchr(name.data, '.', name.size)) return tr_expected(p, "an op");
        return tr_parse_fail(p, token.begin,
                             "'%.*s' is not an op that Triton Runner knows in custom form; it can be read in generic "
                             "form, \"%.*s\"(...)",
                             TR_STR_ARG(name), TR_STR_ARG(name));
    }
    if (!state->info->hook && state->info->format.form_count == 0) {
        return tr_parse_fail(p, token.begin, "'%.*s' has no custom form: expected \"%.*s\"(...)", TR_STR_ARG(name),
                             TR_STR_ARG(name));
    }
    p->at++;
    return TR_OK;
}

/* names = '%' name (':' integer)? (',' ...)* '=', pushed on result_names */
static tr_status parse_result_names(tr_parser *p)
{
    do {
        tr_token token = tr_peek(p);
        TR_TRY(tr_expect(p, TR_TOKEN_PERCENT, "the name of a result"));
        int64_t count = 1;
        if (tr_take(p, ':')) {
            uint32_t offset = tr_peek(p).begin;
            TR_TRY(tr_parse_plain_integer(p, TR_LIMIT_PACK, &count));
            if (count == 0) return tr_parse_fail(p, offset, "a name must stand for at least one result");
        }
        tr_result_name name = { .name = tr_name_of(p, token), .count = (uint32_t)count, .offset = token.begin };
        if (!tr_vec_push(&p->result_names, name)) return tr_parse_oom(p);
    } while (tr_take(p, ','));
    return tr_expect(p, '=', "',' or '=' behind the name of a result");
}

/* Gives the results their names; from here on they can be used. */
static tr_status define_results(tr_parser *p, tr_op *op, size_t first)
{
    size_t total = 0;
    for (size_t i = first; i < p->result_names.count; i++) total += p->result_names.items[i].count;
    if (p->result_names.count > first && total != (size_t)op->result_count) {
        return tr_parse_fail(p, op->begin, "'%.*s' has %d result%s, but %zu %s named", TR_STR_ARG(op->name),
                             op->result_count, op->result_count == 1 ? "" : "s", total, total == 1 ? "is" : "are");
    }
    tr_value *values = op->results;
    for (size_t i = first; i < p->result_names.count; i++) {
        tr_result_name name = p->result_names.items[i];
        TR_TRY(tr_define(p, name.name, name.offset, values, name.count));
        if (name.count == 1) values->name = name.name;
        for (uint32_t k = 0; k < name.count && name.count > 1; k++) {
            size_t size = name.name.size + 12;
            char *text = tr_arena_alloc(p->arena, size);
            if (!text) return tr_parse_oom(p);
            int written = snprintf(text, size, "%.*s#%u", TR_STR_ARG(name.name), k);
            values[k].name = (tr_str){ text, (size_t)written };
        }
        values += name.count;
    }
    p->result_names.count = first;
    return TR_OK;
}

/* Hands successors the operands that are theirs. */
static void share_successor_args(const tr_op_info *info, tr_op *op)
{
    if (!info || !op->successor_count) return;
    int counts[TR_MAX_SPECS];
    if (!tr_operand_counts(info, op, counts)) return; /* the verifier says what is wrong */
    int32_t at = 0;
    for (int i = 0; i < info->operand_count; i++) {
        int successor = info->operands[i].successor;
        if (successor >= 0 && successor < op->successor_count && counts[i]) {
            op->successors[successor].args = op->operands + at;
            op->successors[successor].arg_count = counts[i];
        }
        at += counts[i];
    }
}

static tr_status add_func(tr_parser *p, tr_op *op, uint32_t offset)
{
    const tr_attr *name = tr_op_attr(op, "sym_name"), *type = tr_op_attr(op, "function_type");
    const tr_attr *visibility = tr_op_attr(op, "sym_visibility"), *arg_attrs = tr_op_attr(op, "arg_attrs");
    if (!name || name->kind != TR_ATTR_STRING || !type || type->kind != TR_ATTR_TYPE ||
        type->type->kind != TR_TYPE_FUNCTION) {
        return tr_parse_fail(p, offset, "a function needs attributes 'sym_name' and 'function_type'");
    }
    tr_func func = {
        .name = name->text,
        .type = type->type,
        .op = op,
        .is_public = !visibility || (visibility->kind == TR_ATTR_STRING && tr_str_is(visibility->text, "public")),
    };
    if (op->region_count && op->regions[0]->block_count) func.body = op->regions[0];
    int32_t count = func.type->input_count;
    func.arg_attrs = TR_NEW_ARRAY(p->arena, const tr_attr *, (size_t)count);
    if (!func.arg_attrs) return tr_parse_oom(p);
    if (arg_attrs && arg_attrs->kind == TR_ATTR_LIST && arg_attrs->count == count) {
        for (int32_t i = 0; i < count; i++) {
            const tr_attr *dict = arg_attrs->items[i];
            if (dict->kind == TR_ATTR_DICT && dict->count) func.arg_attrs[i] = dict;
        }
    }
    return tr_vec_push(&p->funcs, func) ? TR_OK : tr_parse_oom(p);
}

/* Moves what the op collected on the stacks into it. */
static tr_status close_lists(tr_parser *p, tr_op *op, size_t first_attr, size_t first_region, size_t first_successor)
{
    TR_TRY(tr_pop_attrs(p, first_attr, &op->attrs, &op->attr_count));
    size_t regions = p->region_stack.count - first_region;
    if (regions) {
        op->regions = TR_NEW_ARRAY(p->arena, tr_region *, regions);
        if (!op->regions) return tr_parse_oom(p);
        memcpy(op->regions, p->region_stack.items + first_region, regions * sizeof(*op->regions));
        op->region_count = (int32_t)regions;
        p->region_stack.count = first_region;
    }
    size_t successors = p->successor_stack.count - first_successor;
    if (successors) {
        op->successors = TR_NEW_ARRAY(p->arena, tr_successor, successors);
        if (!op->successors) return tr_parse_oom(p);
        memcpy(op->successors, p->successor_stack.items + first_successor, successors * sizeof(*op->successors));
        op->successor_count = (int32_t)successors;
        p->successor_stack.count = first_successor;
    }
    return TR_OK;
}

/* op = names? (generic | custom) location? */
tr_status tr_parse_op(tr_parser *p, tr_block *block)
{
    tr_op *op = TR_NEW(p->arena, tr_op);
    if (!op) return tr_parse_oom(p);
    tr_op_state state = { .op = op, .first_attr = p->attr_stack.count };
    size_t first_use = p->uses.count, first_type = p->type_stack.count, first_attr = p->attr_stack.count;
    size_t first_region = p->region_stack.count, first_name = p->result_names.count;
    size_t first_successor = p->successor_stack.count;
    op->id = p->module->op_count++;
    op->begin = tr_peek(p).begin;
    op->parent = block;
    if (tr_peek_kind(p) == TR_TOKEN_PERCENT) TR_TRY(parse_result_names(p));

    tr_token token = tr_peek(p);
    state.offset = token.begin;
    if (token.kind == TR_TOKEN_STRING) {
        TR_TRY(tr_parse_string(p, &op->name));
        op->generic = true;
        op->code = tr_op_table_find(&p->table, op->name);
        TR_TRY(tr_op_table_info(&p->table, op->code, &state.info, p->error));
        TR_TRY(parse_generic(p, &state));
    } else if (token.kind == TR_TOKEN_WORD) {
        TR_TRY(find_custom(p, &state));
        TR_TRY(state.info->hook ? tr_parse_hook(p, &state) : tr_parse_format(p, &state));
    } else {
        return tr_expected(p, "an op");
    }
    TR_TRY(close_lists(p, op, first_attr, first_region, first_successor));
    share_successor_args(state.info, op);
    p->uses.count = first_use;
    p->type_stack.count = first_type;

    TR_TRY(tr_parse_optional_loc(p, &op->loc));
    tr_token last = p->tokens[p->at - 1];
    op->end = last.begin + last.size;
    TR_TRY(define_results(p, op, first_name));
    if (op->code == TR_OP_tt_func || op->code == TR_OP_func_func) TR_TRY(add_func(p, op, state.offset));

    if (block->last) {
        block->last->next = op;
    } else {
        block->first = op;
    }
    block->last = op;
    return TR_OK;
}
