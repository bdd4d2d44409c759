/* Modules, ops, regions and blocks. */
#include "mlir/parse.h"

#include "mlir/parser.h"
#include "mlir/verify.h"

#include "base/memory.h"

#include <stdio.h>

/* ---------------------------------------------------------------- errors and tokens */

tr_status tr_parse_fail(tr_parser *p, uint32_t offset, const char *format, ...)
{
    if (!p->error) return TR_INVALID_INPUT; /* a form that did not fit: finding the line would be a waste */
    char message[sizeof(p->error->message)];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return tr_fail_at(p->error, TR_INVALID_INPUT, p->file, p->text, offset, "%s", message);
}

tr_status tr_expected(tr_parser *p, const char *what)
{
    tr_token token = tr_peek(p);
    if (!p->error) return TR_INVALID_INPUT;
    tr_str found = tr_token_text(p->text, token);
    if (token.kind == TR_TOKEN_END) return tr_parse_fail(p, token.begin, "expected %s, found the end of the file", what);
    int size = found.size > 40 ? 40 : (int)found.size;
    return tr_parse_fail(p, token.begin, "expected %s, found '%.*s%s'", what, size, found.data, found.size > 40 ? "..." : "");
}

tr_status tr_expect_word(tr_parser *p, const char *word)
{
    if (tr_take_word(p, word)) return TR_OK;
    char what[64];
    snprintf(what, sizeof(what), "'%s'", word);
    return tr_expected(p, what);
}

static tr_status too_deep(tr_parser *p)
{
    return tr_parse_fail(p, tr_peek(p).begin, "types or attributes are nested deeper than %d", TR_LIMIT_NESTING);
}

tr_status tr_nest(tr_parser *p)
{
    return ++p->nesting <= TR_LIMIT_NESTING ? TR_OK : too_deep(p);
}

tr_status tr_parse_balanced(tr_parser *p, tr_str *out)
{
    char closing[TR_LIMIT_NESTING];
    int depth = 0;
    tr_token first = tr_peek(p);
    if (first.kind != '<') return tr_expected(p, "'<'");
    do {
        int kind = tr_peek_kind(p);
        if (kind == '<' || kind == '(' || kind == '[' || kind == '{') {
            if (depth == TR_LIMIT_NESTING) return too_deep(p);
            closing[depth++] = (char)(kind == '(' ? ')' : kind + 2);
        } else if (kind == '>' || kind == ')' || kind == ']' || kind == '}') {
            if (kind != closing[depth - 1]) {
                char what[] = "'?' to close a bracket";
                what[1] = closing[depth - 1];
                return tr_expected(p, what);
            }
            depth--;
        } else if (kind == TR_TOKEN_END) {
            return tr_parse_fail(p, first.begin, "this '<' is not closed");
        }
        p->at++;
    } while (depth);
    tr_token last = p->tokens[p->at - 1];
    *out = (tr_str){ p->text.data + first.begin, last.begin + last.size - first.begin };
    return TR_OK;
}

tr_status tr_expand(tr_parser *p, uint32_t begin, uint32_t first_token, tr_str *out)
{
    uint32_t end_token = p->at;
    tr_token last = p->tokens[end_token - 1];
    uint32_t end = last.begin + last.size, copied = begin;
    tr_text text = { 0 };
    tr_status status = TR_OK;
    for (uint32_t i = first_token; i < end_token && status == TR_OK; i++) {
        tr_token token = p->tokens[i];
        if (token.kind != TR_TOKEN_HASH) continue;
        const tr_alias *alias;
        p->at = i;
        status = tr_find_alias(p, &alias);
        if (status != TR_OK || !alias || !alias->attr || alias->attr->kind != TR_ATTR_OPAQUE) continue;
        tr_text_append(&text, (tr_str){ p->text.data + copied, token.begin - copied });
        tr_text_append(&text, alias->attr->text);
        copied = token.begin + token.size;
        if (text.size > TR_LIMIT_EXPANSION) status = tr_parse_fail(p, begin, "this is too long once its aliases are expanded");
    }
    p->at = end_token;
    *out = (tr_str){ p->text.data + begin, end - begin };
    if (status == TR_OK && copied != begin) {
        tr_text_append(&text, (tr_str){ p->text.data + copied, end - copied });
        *out = text.failed ? (tr_str){ 0 } : tr_arena_copy(p->arena, (tr_str){ text.data, text.size });
        if (!out->data) status = tr_parse_oom(p);
    }
    tr_text_deinit(&text);
    return status;
}

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

static tr_status parse_op(tr_parser *p, tr_block *block);

static tr_status new_block(tr_parser *p, tr_region *region, tr_block **out)
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
        TR_TRY(new_block(p, p->labels->region, &block));
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
        TR_TRY(parse_op(p, block));
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
        TR_TRY(new_block(p, region, &entry));
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
        .name = name->text, .type = type->type, .op = op,
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
static tr_status parse_op(tr_parser *p, tr_block *block)
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

/* ---------------------------------------------------------------- the whole text */

/* The module around ops that have none, or around several modules. */
static tr_status make_container(tr_parser *p, tr_op **out_op, tr_block **out_block)
{
    tr_op *op = TR_NEW(p->arena, tr_op);
    tr_region *region = TR_NEW(p->arena, tr_region);
    if (!op || !region) return tr_parse_oom(p);
    op->regions = TR_NEW_ARRAY(p->arena, tr_region *, 1);
    if (!op->regions) return tr_parse_oom(p);
    op->code = TR_OP_builtin_module;
    op->name = TR_STR("module");
    op->regions[0] = region;
    op->region_count = 1;
    op->loc = p->no_loc;
    region->op = op;
    region->block_count = 1;
    TR_TRY(new_block(p, region, &region->first));
    *out_op = op;
    *out_block = region->first;
    return TR_OK;
}

/* file = (alias | op)* */
static tr_status parse_file(tr_parser *p)
{
    tr_op *container = NULL;
    tr_block *block = NULL;
    TR_TRY(make_container(p, &container, &block));
    TR_TRY(tr_enter_region(p, true));
    while (tr_peek_kind(p) != TR_TOKEN_END) {
        int kind = tr_peek_kind(p);
        if ((kind == TR_TOKEN_HASH || kind == TR_TOKEN_BANG) && tr_peek_second(p) == '=') {
            TR_TRY(tr_parse_alias(p));
        } else if (kind == TR_TOKEN_HASH || kind == TR_TOKEN_BANG) {
            p->at++;
            return tr_expected(p, "'=' behind the name of an alias");
        } else {
            TR_TRY(parse_op(p, block));
            p->module->op = block->first;
        }
    }
    TR_TRY(tr_leave_region(p));
    TR_TRY(tr_locations_check(p));

    tr_module *module = p->module;
    tr_op *only = block->first;
    if (only && !only->next && only->code == TR_OP_builtin_module && only->result_count == 0) {
        only->parent = NULL;
        module->op = only;
        return TR_OK;
    }
    container->id = module->op_count++;
    container->end = (uint32_t)module->text.size;
    block->id = module->block_count++;
    module->op = container;
    module->bare = true;
    return TR_OK;
}

static tr_status copy_lists(tr_parser *p)
{
    tr_module *module = p->module;
    module->func_count = (int32_t)p->funcs.count;
    module->funcs = TR_NEW_ARRAY(p->arena, tr_func, p->funcs.count);
    module->alias_count = (int32_t)p->alias_list.count;
    module->aliases = TR_NEW_ARRAY(p->arena, tr_alias, p->alias_list.count);
    if (!module->funcs || !module->aliases) return tr_parse_oom(p);
    if (p->funcs.count) memcpy(module->funcs, p->funcs.items, p->funcs.count * sizeof(tr_func));
    if (p->alias_list.count) memcpy(module->aliases, p->alias_list.items, p->alias_list.count * sizeof(tr_alias));
    return TR_OK;
}

static void parser_deinit(tr_parser *p)
{
    tr_op_table_deinit(&p->table);
    free(p->types);
    tr_map_deinit(&p->aliases);
    tr_map_deinit(&p->encodings);
    tr_vec_deinit(&p->alias_list);
    tr_vec_deinit(&p->pending_locs);
    tr_scopes_deinit(&p->scopes);
    tr_vec_deinit(&p->forwards);
    tr_vec_deinit(&p->uses);
    tr_vec_deinit(&p->type_stack);
    tr_vec_deinit(&p->attr_stack);
    tr_vec_deinit(&p->item_stack);
    tr_vec_deinit(&p->result_names);
    tr_vec_deinit(&p->elements);
    tr_vec_deinit(&p->region_stack);
    tr_vec_deinit(&p->successor_stack);
    tr_vec_deinit(&p->funcs);
    if (p->c_locale) freelocale(p->c_locale);
}

/* Room on every stack, so that none is ever without memory: NULL + 0 is no pointer. */
static tr_status reserve_stacks(tr_parser *p)
{
    bool reserved = tr_vec_reserve(&p->uses, 64) && tr_vec_reserve(&p->type_stack, 64) &&
                    tr_vec_reserve(&p->attr_stack, 64) && tr_vec_reserve(&p->item_stack, 64) &&
                    tr_vec_reserve(&p->elements, 64) && tr_vec_reserve(&p->region_stack, 16) &&
                    tr_vec_reserve(&p->successor_stack, 16) && tr_vec_reserve(&p->result_names, 16);
    return reserved ? TR_OK : tr_parse_oom(p);
}

static tr_status parse_module(tr_parser *p)
{
    TR_TRY(reserve_stacks(p));
    TR_TRY(tr_op_table_init(&p->table, p->error));
    TR_TRY(tr_types_init(p));
    TR_TRY(tr_locations_init(p));
    TR_TRY(parse_file(p));
    TR_TRY(copy_lists(p));
    return tr_module_verify(p->module, &p->table, p->has_blocks, p->error);
}

tr_status tr_module_parse(tr_str text, const char *file, tr_module **out_module, tr_error *error)
{
    if (text.size > TR_LIMIT_TEXT) {
        return tr_fail(error, TR_INVALID_INPUT, "%s: the text is longer than 1 GiB", file);
    }
    tr_module *module = tr_calloc(1, sizeof(*module));
    if (!module) return TR_OOM(error);
    module->text = tr_arena_copy(&module->arena, text);
    module->file = tr_arena_copy(&module->arena, tr_str_of(file));
    tr_status status = module->text.data && module->file.data ? TR_OK : TR_OOM(error);

    /* Errors while a form is tried are not written down: there `error` is NULL. So there must be one. */
    tr_error scratch;
    tr_parser p = {
        .module = module, .arena = &module->arena, .error = error ? error : &scratch, .text = module->text,
        .file = module->file.data,
    };
    tr_tokens tokens = { 0 };
    if (status == TR_OK) status = tr_lex(p.text, p.file, &tokens, p.error);
    if (status == TR_OK) {
        p.tokens = tokens.items;
        status = parse_module(&p);
        free(tokens.items);
    }
    parser_deinit(&p);
    if (status != TR_OK) {
        tr_module_destroy(module);
        return status;
    }
    *out_module = module;
    return TR_OK;
}

void tr_module_destroy(tr_module *module)
{
    if (!module) return;
    tr_arena arena = module->arena;
    free(module);
    tr_arena_deinit(&arena);
}
