#include "mlir/printer.h"

#include "base/memory.h"

#include <stdio.h>

/* ---------------------------------------------------------------- pieces */

void tr_print_value(tr_printer *p, const tr_value *value)
{
    tr_text_puts(p->out, "%");
    tr_text_append(p->out, value->name);
}

void tr_print_values(tr_printer *p, tr_value *const *values, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (i) tr_put(p, ", ");
        tr_print_value(p, values[i]);
    }
}

void tr_print_loc(tr_printer *p, const tr_loc *loc)
{
    if (p->options.no_locations || !loc || (!loc->text.size && !loc->alias.size)) return;
    tr_put(p, " loc(");
    tr_text_append(p->out, loc->alias.size ? loc->alias : loc->text);
    tr_put(p, ")");
}

void tr_print_dict(tr_printer *p, const tr_op *op, const bool *skip, const char *keyword)
{
    bool any = false;
    for (int32_t i = 0; i < op->attr_count && !any; i++) any = !skip || !skip[i];
    if (!any) return;
    tr_put(p, keyword);
    tr_attrs_print(op->attrs, op->attr_count, skip, p->out);
}

static void print_indent(tr_printer *p)
{
    static const char blanks[] = "                                                                ";
    int left = p->indent;
    for (; left > 64; left -= 64) tr_text_append(p->out, (tr_str){ blanks, 64 });
    tr_text_append(p->out, (tr_str){ blanks, (size_t)left });
}

/* ---------------------------------------------------------------- blocks */

tr_str tr_block_label(const tr_printer *p, const tr_block *block)
{
    return block->label.size ? block->label : tr_str_of(p->entry_label); /* only an entry block can be without */
}

/* The number of a label "bb12", -1 if it has another form. */
static int64_t label_number(tr_str label)
{
    int64_t number = 0;
    if (!tr_str_starts_with(label, "bb") || label.size < 3 || label.size > 20) return -1;
    for (size_t i = 2; i < label.size; i++) {
        if (label.data[i] < '0' || label.data[i] > '9') return -1;
        number = number * 10 + (label.data[i] - '0');
    }
    return number;
}

/* "bb0" as MLIR has it, unless another block of the region has that label. */
static void name_entry(tr_printer *p, const tr_region *region)
{
    int64_t largest = -1;
    bool taken = false;
    for (const tr_block *block = region->first; block; block = block->next) {
        int64_t number = label_number(block->label);
        if (number > largest) largest = number;
        if (tr_str_is(block->label, "bb0")) taken = true;
    }
    snprintf(p->entry_label, sizeof(p->entry_label), "bb%lld", taken ? (long long)largest + 1 : 0);
}

static void print_label(tr_printer *p, const tr_block *block)
{
    tr_put(p, "^");
    tr_text_append(p->out, tr_block_label(p, block));
}

static int compare_preds(const void *a, const void *b)
{
    const tr_pred *x = a, *y = b;
    if (x->to != y->to) return x->to < y->to ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

/* Every edge between blocks of the region, by target. */
static tr_status find_preds(tr_printer *p, const tr_region *region, tr_pred **out_preds, size_t *out_count)
{
    size_t count = 0;
    for (const tr_block *block = region->first; block; block = block->next) {
        if (block->last) count += (size_t)block->last->successor_count;
    }
    tr_pred *preds = tr_calloc(count + 1, sizeof(*preds));
    if (!preds) return TR_OOM(p->error);
    size_t at = 0;
    for (const tr_block *block = region->first; block; block = block->next) {
        for (int32_t i = 0; block->last && i < block->last->successor_count; i++) {
            preds[at++] = (tr_pred){ .to = block->last->successors[i].block->id, .from = block->id, .block = block };
        }
    }
    qsort(preds, count, sizeof(*preds), compare_preds);
    *out_preds = preds;
    *out_count = count;
    return TR_OK;
}

/* "  // 2 preds: ^bb0, ^bb3"; `preds` are the block's own. */
static void print_preds(tr_printer *p, const tr_pred *preds, size_t count)
{
    if (count == 0) {
        tr_put(p, "  // no predecessors");
        return;
    }
    if (count == 1) {
        tr_put(p, "  // pred: ");
    } else {
        tr_text_printf(p->out, "  // %zu preds: ", count);
    }
    for (size_t i = 0; i < count; i++) {
        if (i) tr_put(p, ", ");
        print_label(p, preds[i].block);
    }
}

static void print_block_header(tr_printer *p, const tr_block *block)
{
    print_indent(p);
    print_label(p, block);
    for (int32_t i = 0; i < block->arg_count; i++) {
        tr_put(p, i ? ", " : "(");
        tr_print_value(p, &block->args[i]);
        tr_put(p, ": ");
        tr_type_print(block->args[i].type, p->out);
        tr_print_loc(p, block->args[i].loc);
    }
    if (block->arg_count) tr_put(p, ")");
    tr_put(p, ":");
}

static tr_status print_op(tr_printer *p, const tr_op *op);

static tr_status print_ops(tr_printer *p, const tr_block *block, bool end)
{
    p->indent += 2;
    for (const tr_op *op = block->first; op; op = op->next) {
        if (!end && !op->next) break;
        TR_TRY(print_op(p, op));
    }
    p->indent -= 2;
    return TR_OK;
}

static tr_status print_blocks(tr_printer *p, const tr_region *region, bool labels, bool ends, const tr_pred *preds,
                              size_t count)
{
    size_t at = 0;
    for (const tr_block *block = region->first; block; block = block->next) {
        bool entry = block == region->first;
        size_t own = 0;
        while (at < count && preds[at].to < block->id) at++;
        while (at + own < count && preds[at + own].to == block->id) own++;
        bool empty = entry && !block->first && labels && !block->arg_count;
        if (entry ? (labels && block->arg_count) || empty : true) {
            print_block_header(p, block);
            if (!entry || own) print_preds(p, preds + at, own);
            tr_put(p, "\n");
        }
        TR_TRY(print_ops(p, block, ends));
    }
    return TR_OK;
}

tr_status tr_print_region(tr_printer *p, const tr_region *region, bool labels, bool ends)
{
    tr_pred *preds = NULL;
    size_t count = 0;
    char outer_label[sizeof(p->entry_label)];
    memcpy(outer_label, p->entry_label, sizeof(outer_label));
    name_entry(p, region);
    tr_put(p, "{\n");
    if (region->block_count > 1) TR_TRY(find_preds(p, region, &preds, &count));
    tr_status status = print_blocks(p, region, labels, ends, preds, count);
    free(preds);
    memcpy(p->entry_label, outer_label, sizeof(outer_label));
    print_indent(p);
    tr_put(p, "}");
    return status;
}

/* ---------------------------------------------------------------- ops */

static tr_str pack_name(tr_str name)
{
    const char *sign = memchr(name.data, '#', name.size);
    if (sign) name.size = (size_t)(sign - name.data);
    return name;
}

/* "%a, %b:2 = " */
static void print_results(tr_printer *p, const tr_op *op)
{
    if (!op->result_count || !op->results[0].name.size) return;
    for (int32_t i = 0; i < op->result_count;) {
        tr_str name = op->results[i].name, base = pack_name(name);
        int32_t count = 1;
        while (base.size != name.size && i + count < op->result_count) {
            /* The next pack begins at its own #0. */
            tr_str next = op->results[i + count].name;
            if (!tr_str_equal(pack_name(next), base) || tr_str_ends_with(next, "#0")) break;
            count++;
        }
        tr_put(p, i ? ", %" : "%");
        tr_text_append(p->out, base);
        if (count > 1) tr_text_printf(p->out, ":%d", count);
        i += count;
    }
    tr_put(p, " = ");
}

static void print_function_type(tr_printer *p, const tr_op *op)
{
    tr_put(p, "(");
    for (int32_t i = 0; i < op->operand_count; i++) {
        if (i) tr_put(p, ", ");
        tr_type_print(op->operands[i]->type, p->out);
    }
    tr_put(p, ") -> ");
    bool parens = op->result_count != 1 || op->results[0].type->kind == TR_TYPE_FUNCTION;
    if (parens) tr_put(p, "(");
    for (int32_t i = 0; i < op->result_count; i++) {
        if (i) tr_put(p, ", ");
        tr_type_print(op->results[i].type, p->out);
    }
    if (parens) tr_put(p, ")");
}

/* Whether the attribute is one of the op's own: those stand in <{...}>. */
static bool is_property(const tr_op *op, const tr_op_info *info, int32_t i)
{
    if (op->generic || !info) return i < op->property_count;
    if (info->segments && tr_str_is(op->attrs[i].name, "operandSegmentSizes")) return true;
    return tr_op_info_attr(info, op->attrs[i].name) >= 0;
}

static tr_status print_generic(tr_printer *p, const tr_op *op, const tr_op_info *info)
{
    bool short_name = info && !memchr(op->name.data, '.', op->name.size); /* `module`, `call` in func.func */
    tr_quoted_print(short_name ? tr_opcode_name(op->code) : op->name, p->out);
    tr_put(p, "(");
    tr_print_values(p, op->operands, op->operand_count);
    tr_put(p, ")");
    for (int32_t i = 0; i < op->successor_count; i++) {
        tr_put(p, i ? ", " : "[");
        print_label(p, op->successors[i].block);
    }
    if (op->successor_count) tr_put(p, "]");

    bool *skip = tr_calloc((size_t)op->attr_count + 1, sizeof(bool));
    if (!skip) return TR_OOM(p->error);
    int32_t properties = 0;
    for (int32_t i = 0; i < op->attr_count; i++) {
        skip[i] = !is_property(op, info, i);
        properties += !skip[i];
    }
    if (properties) {
        tr_print_dict(p, op, skip, " <");
        tr_put(p, ">");
    }
    tr_status status = TR_OK;
    for (int32_t i = 0; i < op->region_count && status == TR_OK; i++) {
        tr_put(p, i ? ", " : " (");
        status = tr_print_region(p, op->regions[i], true, true);
    }
    if (op->region_count) tr_put(p, ")");
    for (int32_t i = 0; i < op->attr_count; i++) skip[i] = !skip[i];
    tr_print_dict(p, op, skip, " ");
    free(skip);
    tr_put(p, " : ");
    print_function_type(p, op);
    return status;
}

static tr_status print_op_inline(tr_printer *p, const tr_op *op)
{
    const tr_op_info *info;
    TR_TRY(tr_op_table_info(&p->table, op->code, &info, p->error));
    print_results(p, op);
    if (op->generic || p->options.generic || !info) {
        TR_TRY(print_generic(p, op, info));
    } else {
        tr_text_append(p->out, op->name);
        TR_TRY(info->hook ? tr_print_hook(p, op, info) : tr_print_format(p, op, info));
    }
    tr_print_loc(p, op->loc);
    return TR_OK;
}

static tr_status print_op(tr_printer *p, const tr_op *op)
{
    print_indent(p);
    TR_TRY(print_op_inline(p, op));
    tr_put(p, "\n");
    return TR_OK;
}

/* ---------------------------------------------------------------- the module */

static void print_alias(tr_printer *p, const tr_alias *alias)
{
    if (alias->attr && alias->attr->kind == TR_ATTR_LOC) {
        if (p->options.no_locations && !p->module->locs_in_attrs) return;
        tr_text_append(p->out, alias->name);
        tr_put(p, " = loc(");
        tr_text_append(p->out, alias->attr->loc->text);
        tr_put(p, ")\n");
        return;
    }
    tr_text_append(p->out, alias->name);
    tr_put(p, " = ");
    if (alias->type) {
        tr_type_print(alias->type, p->out);
    } else {
        tr_attr plain = *alias->attr;
        plain.alias.size = 0;
        tr_attr_print(&plain, p->out);
    }
    tr_put(p, "\n");
}

static tr_status print_module(tr_printer *p)
{
    const tr_module *module = p->module;
    for (int32_t i = 0; i < module->alias_count; i++) {
        if (!module->aliases[i].after) print_alias(p, &module->aliases[i]);
    }
    TR_TRY(print_op(p, module->op));
    for (int32_t i = 0; i < module->alias_count; i++) {
        if (module->aliases[i].after) print_alias(p, &module->aliases[i]);
    }
    return p->out->failed ? TR_OOM(p->error) : TR_OK;
}

tr_status tr_module_print(const tr_module *module, const tr_print_options *options, tr_text *out, tr_error *error)
{
    tr_printer p = { .module = module, .out = out, .error = error };
    if (options) p.options = *options;
    TR_TRY(tr_op_table_init(&p.table, error));
    tr_status status = print_module(&p);
    tr_op_table_deinit(&p.table);
    return status;
}
