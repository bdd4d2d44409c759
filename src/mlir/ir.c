#include "mlir/ir.h"

#include "mlir/row.h"

#include <stdio.h>

const tr_attr *tr_op_attr(const tr_op *op, const char *name)
{
    for (int32_t i = 0; i < op->attr_count; i++) {
        if (tr_str_is(op->attrs[i].name, name)) return op->attrs[i].value;
    }
    return NULL;
}

int64_t tr_op_attr_int(const tr_op *op, const char *name, int64_t otherwise)
{
    const tr_attr *attr = tr_op_attr(op, name);
    if (!attr) return otherwise;
    if (attr->kind == TR_ATTR_UNIT) return 1;
    return attr->kind == TR_ATTR_INTEGER || attr->kind == TR_ATTR_BOOL ? attr->integer : otherwise;
}

const tr_attr *tr_attr_entry(const tr_attr *dict, const char *name)
{
    if (!dict || dict->kind != TR_ATTR_DICT) return NULL;
    for (int32_t i = 0; i < dict->count; i++) {
        if (tr_str_is(dict->entries[i].name, name)) return dict->entries[i].value;
    }
    return NULL;
}

const tr_func *tr_module_func(const tr_module *module, tr_str name)
{
    for (int32_t i = 0; i < module->func_count; i++) {
        if (tr_str_equal(module->funcs[i].name, name)) return &module->funcs[i];
    }
    return NULL;
}

/* The chain of aliases can be as long as the text: no recursion. */
const tr_loc *tr_loc_file(const tr_loc *loc)
{
    while (loc && loc->kind != TR_LOC_FILE) loc = loc->child;
    return loc;
}

const tr_loc *tr_loc_caller_file(const tr_loc *loc)
{
    while (loc && loc->kind != TR_LOC_CALLSITE) loc = loc->child;
    return loc ? tr_loc_file(loc->caller) : NULL;
}

tr_status tr_fail_op(tr_error *error, tr_status status, const tr_module *module, const tr_op *op, const char *format,
                     ...)
{
    char message[768];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    /* The op's name, where it is a slice of the text; results may stand in front of it. */
    size_t offset = op->begin;
    const char *text = module->text.data;
    if (op->name.data >= text && op->name.data < text + module->text.size) offset = (size_t)(op->name.data - text);
    return tr_fail_at(error, status, module->file.data, module->text, offset, "%s", message);
}
