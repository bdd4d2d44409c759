/* Custom assembly that no format string describes: module, functions, structured control flow. */
#include "mlir/printer.h"

#include "base/memory.h"

/* Marks the op's attributes of these names (separated by spaces) to be left out. */
static tr_status skip_names(const tr_printer *p, const tr_op *op, const char *names, bool **out_skip)
{
    bool *skip = tr_calloc((size_t)op->attr_count + 1, sizeof(bool));
    if (!skip) return TR_OOM(p->error);
    for (int32_t i = 0; i < op->attr_count; i++) {
        tr_str name = op->attrs[i].name;
        for (const char *s = names; *s && !skip[i];) {
            size_t size = strcspn(s, " ");
            skip[i] = tr_str_equal(name, (tr_str){ s, size });
            s += size + (s[size] == ' ');
        }
    }
    *out_skip = skip;
    return TR_OK;
}

static tr_status print_dict_without(tr_printer *p, const tr_op *op, const char *names, const char *keyword)
{
    bool *skip = NULL;
    TR_TRY(skip_names(p, op, names, &skip));
    tr_print_dict(p, op, skip, keyword);
    free(skip);
    return TR_OK;
}

static tr_status print_module(tr_printer *p, const tr_op *op)
{
    const tr_attr *name = tr_op_attr(op, "sym_name");
    if (name && name->kind == TR_ATTR_STRING) {
        tr_put(p, " ");
        tr_symbol_print(name->text, p->out);
    }
    TR_TRY(print_dict_without(p, op, "sym_name", " attributes "));
    tr_put(p, " ");
    return tr_print_region(p, op->regions[0], false, true);
}

/* ---------------------------------------------------------------- functions */

/* The dictionary of argument or result i, NULL if it has none or an empty one. */
static const tr_attr *entry_attrs(const tr_attr *list, int32_t i)
{
    if (!list || list->kind != TR_ATTR_LIST || i >= list->count) return NULL;
    const tr_attr *dict = list->items[i];
    return dict->kind == TR_ATTR_DICT && dict->count ? dict : NULL;
}

static void print_entry_attrs(tr_printer *p, const tr_attr *list, int32_t i)
{
    const tr_attr *dict = entry_attrs(list, i);
    if (!dict) return;
    tr_put(p, " ");
    tr_attr_print(dict, p->out);
}

static tr_status print_func(tr_printer *p, const tr_op *op)
{
    const tr_attr *name = tr_op_attr(op, "sym_name"), *visibility = tr_op_attr(op, "sym_visibility");
    const tr_attr *arg_attrs = tr_op_attr(op, "arg_attrs"), *res_attrs = tr_op_attr(op, "res_attrs");
    const tr_type *type = tr_op_attr(op, "function_type")->type;
    const tr_block *entry = op->regions[0]->first;
    if (visibility) {
        tr_put(p, " ");
        tr_text_append(p->out, visibility->text);
    }
    tr_put(p, " ");
    tr_symbol_print(name->text, p->out);
    tr_put(p, "(");
    for (int32_t i = 0; i < type->input_count; i++) {
        if (i) tr_put(p, ", ");
        if (entry) {
            tr_print_value(p, &entry->args[i]);
            tr_put(p, ": ");
        }
        tr_type_print(type->inputs[i], p->out);
        print_entry_attrs(p, arg_attrs, i);
        if (entry) tr_print_loc(p, entry->args[i].loc);
    }
    tr_put(p, ")");
    if (type->result_count) {
        bool parens = type->result_count > 1 || type->results[0]->kind == TR_TYPE_FUNCTION || entry_attrs(res_attrs, 0);
        tr_put(p, parens ? " -> (" : " -> ");
        for (int32_t i = 0; i < type->result_count; i++) {
            if (i) tr_put(p, ", ");
            tr_type_print(type->results[i], p->out);
            print_entry_attrs(p, res_attrs, i);
        }
        if (parens) tr_put(p, ")");
    }
    TR_TRY(print_dict_without(p, op, "sym_name function_type sym_visibility arg_attrs res_attrs", " attributes "));
    if (!entry) return TR_OK;
    tr_put(p, " ");
    return tr_print_region(p, op->regions[0], false, true);
}

/* ---------------------------------------------------------------- scf */

static void print_result_types(tr_printer *p, const tr_op *op)
{
    for (int32_t i = 0; i < op->result_count; i++) {
        if (i) tr_put(p, ", ");
        tr_type_print(op->results[i].type, p->out);
    }
}

/* "(%a = %x, %b = %y)" */
static void print_pairs(tr_printer *p, const tr_value *args, tr_value *const *values, int32_t count)
{
    tr_put(p, "(");
    for (int32_t i = 0; i < count; i++) {
        if (i) tr_put(p, ", ");
        tr_print_value(p, &args[i]);
        tr_put(p, " = ");
        tr_print_value(p, values[i]);
    }
    tr_put(p, ")");
}

static tr_status print_for(tr_printer *p, const tr_op *op)
{
    const tr_block *body = op->regions[0]->first;
    int32_t count = op->operand_count - 3;
    if (tr_op_attr(op, "unsignedCmp")) tr_put(p, " unsigned");
    tr_put(p, " ");
    tr_print_value(p, &body->args[0]);
    tr_put(p, " = ");
    tr_print_value(p, op->operands[0]);
    tr_put(p, " to ");
    tr_print_value(p, op->operands[1]);
    tr_put(p, " step ");
    tr_print_value(p, op->operands[2]);
    if (count) {
        tr_put(p, " iter_args");
        print_pairs(p, body->args + 1, op->operands + 3, count);
        tr_put(p, " -> (");
        print_result_types(p, op);
        tr_put(p, ")");
    }
    tr_put(p, " ");
    if (body->args[0].type->kind != TR_TYPE_INDEX) {
        tr_put(p, " : ");
        tr_type_print(body->args[0].type, p->out);
        tr_put(p, " ");
    }
    TR_TRY(tr_print_region(p, op->regions[0], false, count > 0));
    return print_dict_without(p, op, "unsignedCmp", " ");
}

static tr_status print_if(tr_printer *p, const tr_op *op)
{
    bool ends = op->result_count > 0;
    tr_put(p, " ");
    tr_print_value(p, op->operands[0]);
    if (ends) {
        tr_put(p, " -> (");
        print_result_types(p, op);
        tr_put(p, ")");
    }
    tr_put(p, " ");
    TR_TRY(tr_print_region(p, op->regions[0], false, ends));
    if (op->regions[1]->first) {
        tr_put(p, " else ");
        TR_TRY(tr_print_region(p, op->regions[1], false, ends));
    }
    return print_dict_without(p, op, "", " ");
}

static tr_status print_while(tr_printer *p, const tr_op *op)
{
    tr_put(p, " ");
    if (op->operand_count) {
        print_pairs(p, op->regions[0]->first->args, op->operands, op->operand_count);
        tr_put(p, " ");
    }
    tr_put(p, ": (");
    for (int32_t i = 0; i < op->operand_count; i++) {
        if (i) tr_put(p, ", ");
        tr_type_print(op->operands[i]->type, p->out);
    }
    tr_put(p, op->result_count == 1 ? ") -> " : ") -> (");
    print_result_types(p, op);
    tr_put(p, op->result_count == 1 ? " " : ") ");
    TR_TRY(tr_print_region(p, op->regions[0], false, true));
    tr_put(p, " do ");
    TR_TRY(tr_print_region(p, op->regions[1], true, true));
    return print_dict_without(p, op, "", " attributes ");
}

/* " -> T" or " -> (T, U)", nothing without results. */
static void print_arrow(tr_printer *p, const tr_op *op)
{
    if (!op->result_count) return;
    tr_put(p, op->result_count == 1 ? " -> " : " -> (");
    print_result_types(p, op);
    if (op->result_count > 1) tr_put(p, ")");
}

static tr_status print_execute_region(tr_printer *p, const tr_op *op)
{
    print_arrow(p, op);
    tr_put(p, tr_op_attr(op, "no_inline") ? " no_inline " : " ");
    TR_TRY(tr_print_region(p, op->regions[0], false, true));
    return print_dict_without(p, op, "no_inline", " ");
}

static tr_status print_index_switch(tr_printer *p, const tr_op *op)
{
    const tr_attr *cases = tr_op_attr(op, "cases");
    bool ends = op->result_count > 0;
    tr_put(p, " ");
    tr_print_value(p, op->operands[0]);
    TR_TRY(print_dict_without(p, op, "cases", " "));
    if (op->result_count) {
        tr_put(p, " -> "); /* a list without parentheses */
        print_result_types(p, op);
    }
    tr_put(p, " ");
    for (int32_t i = 0; i < cases->count; i++) {
        tr_text_printf(p->out, "\n%*scase %lld ", p->indent, "", (long long)cases->ints[i]);
        TR_TRY(tr_print_region(p, op->regions[i + 1], false, ends));
    }
    tr_text_printf(p->out, "\n%*sdefault ", p->indent, "");
    return tr_print_region(p, op->regions[0], false, ends);
}

tr_status tr_print_hook(tr_printer *p, const tr_op *op, const tr_op_info *info)
{
    static tr_status (*const hooks[TR_HOOK_COUNT])(tr_printer *, const tr_op *) = {
#define HOOK(name) [TR_HOOK_##name] = print_##name,
#include "mlir/hooks.def"
#undef HOOK
    };
    return hooks[info->hook](p, op);
}
