/* Checks that the rows of ops.def and the structure of a module ask for. */
#include "mlir/verify.h"

#include "base/map.h"

/* Triton's own limit (TensorSizeTrait). */
#define MAX_TENSOR_ELEMENTS 1048576

typedef struct verifier {
    const tr_module *module;
    tr_op_table *table;
    tr_map funcs; /* name -> tr_func */
    tr_error *error;
} verifier;

#define FAIL(v, op, ...) tr_fail_op((v)->error, TR_INVALID_INPUT, (v)->module, op, __VA_ARGS__)

/* ---------------------------------------------------------------- operands and types */

bool tr_operand_counts(const tr_op_info *info, const tr_op *op, int *counts)
{
    int specs = info->operand_count, open = 0, fixed = 0;
    const tr_attr *segments = info->segments ? tr_op_attr(op, "operandSegmentSizes") : NULL;
    if (info->segments && (segments || !info->loose)) {
        int64_t total = 0;
        if (!segments || segments->kind != TR_ATTR_INTS || segments->count != specs) return false;
        for (int i = 0; i < specs; i++) {
            int64_t count = segments->ints[i];
            if (count < 0 || count > op->operand_count) return false;
            if (info->operands[i].arity == TR_ARITY_ONE && count != 1) return false;
            if (info->operands[i].arity == TR_ARITY_OPTIONAL && count > 1) return false;
            counts[i] = (int)count;
            total += count;
        }
        return total == op->operand_count;
    }
    for (int i = 0; i < specs; i++) {
        if (info->operands[i].arity == TR_ARITY_ONE) {
            fixed++;
        } else {
            open++;
        }
    }
    int rest = op->operand_count - fixed;
    if (info->loose) {
        if (rest < 0 || rest > open) return false;
        for (int i = 0; i < specs; i++) {
            counts[i] = info->operands[i].arity == TR_ARITY_ONE || rest-- > 0;
        }
        return true;
    }
    if (rest < 0 || (open == 0 && rest) || (open > 1 && (!info->equal_groups || rest % open))) return false;
    for (int i = 0; i < specs; i++) {
        counts[i] = info->operands[i].arity == TR_ARITY_ONE ? 1 : rest / open;
        if (info->operands[i].arity == TR_ARITY_OPTIONAL && counts[i] > 1) return false;
    }
    return true;
}

static bool is_signless(const tr_type *type)
{
    return type->kind == TR_TYPE_INTEGER && type->name.data[0] == 'i';
}

/* vector<...> is an opaque type here: whoever writes it knows what is in it. */
static bool is_vector(const tr_type *type)
{
    return type->kind == TR_TYPE_OPAQUE && tr_str_starts_with(type->name, "vector");
}

static bool fits_class(tr_class class_, const tr_type *type)
{
    const tr_type *scalar = tr_type_scalar(type);
    switch (class_) {
    case TR_CLASS_ANY: return true;
    case TR_CLASS_INT: return is_signless(scalar) || scalar->kind == TR_TYPE_INDEX || is_vector(type);
    case TR_CLASS_FIXINT: return is_signless(scalar) || is_vector(type);
    case TR_CLASS_FLOAT: return scalar->kind == TR_TYPE_FLOAT || is_vector(type);
    case TR_CLASS_BOOL: return (is_signless(scalar) && scalar->bits == 1) || is_vector(type);
    case TR_CLASS_PTR: return scalar->kind == TR_TYPE_POINTER;
    case TR_CLASS_BLOCKPTR: return type->kind == TR_TYPE_POINTER && type->element->kind == TR_TYPE_TENSOR;
    case TR_CLASS_DESC: return type->kind == TR_TYPE_TENSORDESC || type->kind == TR_TYPE_OPAQUE;
    case TR_CLASS_DESCPTR:
        return type->kind == TR_TYPE_TENSORDESC || type->kind == TR_TYPE_POINTER || type->kind == TR_TYPE_OPAQUE;
    case TR_CLASS_SCALAR: return type->kind != TR_TYPE_TENSOR;
    case TR_CLASS_TENSOR: return type->kind == TR_TYPE_TENSOR;
    case TR_CLASS_INTTENSOR: return type->kind == TR_TYPE_TENSOR && is_signless(scalar);
    case TR_CLASS_I1: return is_signless(type) && type->bits == 1;
    case TR_CLASS_I32: return is_signless(type) && type->bits == 32;
    case TR_CLASS_I64: return is_signless(type) && type->bits == 64;
    case TR_CLASS_INDEX: return type->kind == TR_TYPE_INDEX;
    }
    return false;
}

static const char *class_text(tr_class class_)
{
    static const char *const texts[] = {
        [TR_CLASS_ANY] = "anything",
        [TR_CLASS_INT] = "an integer, an index or a tensor of them",
        [TR_CLASS_FIXINT] = "an integer or a tensor of integers",
        [TR_CLASS_FLOAT] = "a float or a tensor of floats",
        [TR_CLASS_BOOL] = "i1 or a tensor of i1",
        [TR_CLASS_PTR] = "a pointer or a tensor of pointers",
        [TR_CLASS_BLOCKPTR] = "a pointer to a tensor",
        [TR_CLASS_DESC] = "a tensor descriptor",
        [TR_CLASS_DESCPTR] = "a tensor descriptor or a pointer",
        [TR_CLASS_SCALAR] = "a scalar",
        [TR_CLASS_TENSOR] = "a tensor",
        [TR_CLASS_INTTENSOR] = "a tensor of integers",
        [TR_CLASS_I1] = "i1",
        [TR_CLASS_I32] = "i32",
        [TR_CLASS_I64] = "i64",
        [TR_CLASS_INDEX] = "index",
    };
    return texts[class_];
}

static bool same_dims(const tr_type *a, const tr_type *b)
{
    if (a->kind != TR_TYPE_TENSOR || b->kind != TR_TYPE_TENSOR)
        return a->kind != TR_TYPE_TENSOR && b->kind != TR_TYPE_TENSOR;
    if (a->rank != b->rank) return false;
    for (int32_t i = 0; i < a->rank; i++) {
        if (a->shape[i] != b->shape[i]) return false;
    }
    return true;
}

/* Whether `type` is `from` with the element `element`. */
static bool has_element(const tr_type *type, const tr_type *from, const tr_type *element)
{
    if (from->kind != TR_TYPE_TENSOR) return type == element;
    return type->kind == TR_TYPE_TENSOR && type->element == element && same_dims(type, from) &&
           type->encoding == from->encoding;
}

static bool follows_rule(tr_rule rule, const tr_type *type, const tr_type *from)
{
    const tr_type *scalar = tr_type_scalar(type), *from_scalar = tr_type_scalar(from);
    switch (rule) {
    case TR_RULE_SAME: return type == from;
    case TR_RULE_POINTEE: return from_scalar->kind == TR_TYPE_POINTER && has_element(type, from, from_scalar->element);
    case TR_RULE_I1: return is_vector(from) || (fits_class(TR_CLASS_I1, scalar) && has_element(type, from, scalar));
    case TR_RULE_I32: return fits_class(TR_CLASS_I32, scalar) && has_element(type, from, scalar);
    case TR_RULE_SCALAR: return type == from_scalar;
    case TR_RULE_PTRTO:
        return type->kind == TR_TYPE_POINTER && from->kind == TR_TYPE_POINTER &&
               from->element->kind == TR_TYPE_TENSOR && type->element == from->element->element;
    default: return true;
    }
}

/* What was printed, or "?" if memory was out. */
static const char *text_or_mark(const tr_text *text)
{
    return text->data ? text->data : "?";
}

/* The types of the row's operands (from 0) and results (from TR_RESULT), NULL where there is none. */
typedef struct op_types {
    const tr_type *first[2 * TR_RESULT];
} op_types;

static tr_status fail_types(const verifier *v, const tr_op *op, const tr_value_spec *spec, const tr_type *type,
                            const tr_value_spec *from, const tr_type *from_type)
{
    tr_text a = { 0 }, b = { 0 };
    tr_type_print(from_type, &a);
    tr_type_print(type, &b);
    tr_status status;
    if (spec->rule == TR_RULE_SAME) {
        status = FAIL(v, op, "'%.*s' needs '%.*s' and '%.*s' of one type: got %s and %s", TR_STR_ARG(op->name),
                      TR_STR_ARG(from->name), TR_STR_ARG(spec->name), text_or_mark(&a), text_or_mark(&b));
    } else {
        status = FAIL(v, op, "'%.*s': the type of '%.*s', %s, does not fit that of '%.*s', %s", TR_STR_ARG(op->name),
                      TR_STR_ARG(spec->name), text_or_mark(&b), TR_STR_ARG(from->name), text_or_mark(&a));
    }
    tr_text_deinit(&a);
    tr_text_deinit(&b);
    return status;
}

static const tr_value_spec *spec_of(const tr_op_info *info, int index)
{
    return index >= TR_RESULT ? &info->results[index - TR_RESULT] : &info->operands[index];
}

static tr_status check_value(const verifier *v, const tr_op *op, const tr_op_info *info, const op_types *types,
                             int index, const tr_type *type)
{
    const tr_value_spec *spec = spec_of(info, index);
    if (!fits_class(spec->class_, type)) {
        tr_text text = { 0 };
        tr_type_print(type, &text);
        tr_status status = FAIL(v, op, "'%.*s' needs %s for '%.*s': got %s", TR_STR_ARG(op->name),
                                class_text(spec->class_), TR_STR_ARG(spec->name), text_or_mark(&text));
        tr_text_deinit(&text);
        return status;
    }
    const tr_type *from = spec->rule == TR_RULE_NONE || spec->rule >= TR_RULE_ATTR ? NULL
                                                                                   : types->first[spec->rule_from];
    if (from && !follows_rule(spec->rule, type, from)) {
        return fail_types(v, op, spec, type, spec_of(info, spec->rule_from), from);
    }
    from = spec->relation == TR_RELATION_NONE ? NULL : types->first[spec->relation_from];
    if (from && !is_vector(from) && !same_dims(type, from)) {
        return fail_types(v, op, spec, type, spec_of(info, spec->relation_from), from);
    }
    return TR_OK;
}

/* Triton's ops take tensors of 2^n elements, up to a limit. */
static tr_status check_size(const verifier *v, const tr_op *op, const tr_type *type)
{
    if (type->kind != TR_TYPE_TENSOR) return TR_OK;
    if (type->count > MAX_TENSOR_ELEMENTS) {
        return FAIL(v, op, "'%.*s': a tensor of %lld elements; Triton's limit is %d", TR_STR_ARG(op->name),
                    (long long)type->count, MAX_TENSOR_ELEMENTS);
    }
    if (type->count & (type->count - 1)) {
        return FAIL(v, op, "'%.*s': a tensor of %lld elements; the number must be a power of two", TR_STR_ARG(op->name),
                    (long long)type->count);
    }
    return TR_OK;
}

static tr_status check_values(const verifier *v, const tr_op *op, const tr_op_info *info)
{
    int counts[TR_MAX_SPECS], result_counts[TR_MAX_SPECS];
    int specs = info->result_count, open = 0;
    if (!tr_operand_counts(info, op, counts)) {
        if (info->segments) {
            return FAIL(v, op, "'%.*s': its %d operands don't agree with 'operandSegmentSizes'", TR_STR_ARG(op->name),
                        op->operand_count);
        }
        return FAIL(v, op, "'%.*s' can't have %d operand%s", TR_STR_ARG(op->name), op->operand_count,
                    op->operand_count == 1 ? "" : "s");
    }
    for (int i = 0; i < specs; i++) open += info->results[i].arity == TR_ARITY_MANY;
    if (open ? op->result_count < specs - open : op->result_count != specs) {
        return FAIL(v, op, "'%.*s' can't have %d result%s", TR_STR_ARG(op->name), op->result_count,
                    op->result_count == 1 ? "" : "s");
    }
    for (int i = 0; i < specs; i++) {
        result_counts[i] = info->results[i].arity == TR_ARITY_MANY ? op->result_count - (specs - open) : 1;
    }

    op_types types = { 0 };
    int32_t at = 0;
    for (int i = 0; i < info->operand_count; at += counts[i++]) {
        if (counts[i]) types.first[i] = op->operands[at]->type;
    }
    at = 0;
    for (int i = 0; i < specs; at += result_counts[i++]) {
        if (result_counts[i]) types.first[TR_RESULT + i] = op->results[at].type;
    }
    bool sizes = tr_str_starts_with(tr_str_of(info->row->names), "tt.");
    at = 0;
    for (int i = 0; i < info->operand_count; i++) {
        for (int k = 0; k < counts[i]; k++, at++) {
            TR_TRY(check_value(v, op, info, &types, i, op->operands[at]->type));
            if (sizes) TR_TRY(check_size(v, op, op->operands[at]->type));
        }
    }
    at = 0;
    for (int i = 0; i < specs; i++) {
        for (int k = 0; k < result_counts[i]; k++, at++) {
            TR_TRY(check_value(v, op, info, &types, TR_RESULT + i, op->results[at].type));
            if (sizes) TR_TRY(check_size(v, op, op->results[at].type));
        }
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- attributes */

static bool is_integer(const tr_attr *attr, uint32_t bits)
{
    return attr->kind == TR_ATTR_INTEGER && attr->type && attr->type->kind == TR_TYPE_INTEGER &&
           attr->type->bits == bits;
}

/* NULL if the attribute is what the row says, else what it should be. */
static const char *wrong_form(const tr_attr_spec *spec, const tr_attr *attr)
{
    switch (spec->form) {
    case TR_FORM_I32:
    case TR_FORM_BARRIER_FLAGS: return is_integer(attr, 32) ? NULL : "an i32";
    case TR_FORM_I64: return is_integer(attr, 64) ? NULL : "an i64";
    case TR_FORM_BOOL: return attr->kind == TR_ATTR_BOOL ? NULL : "true or false";
    case TR_FORM_UNIT: return attr->kind == TR_ATTR_UNIT || attr->kind == TR_ATTR_BOOL ? NULL : "without a value";
    case TR_FORM_STRING: return attr->kind == TR_ATTR_STRING ? NULL : "a string";
    case TR_FORM_TYPE: return attr->kind == TR_ATTR_TYPE ? NULL : "a type";
    case TR_FORM_SYMBOL: return attr->kind == TR_ATTR_SYMBOL ? NULL : "a name like '@f'";
    case TR_FORM_I32S: return attr->kind == TR_ATTR_INTS && attr->type->bits == 32 ? NULL : "array<i32: ...>";
    case TR_FORM_ENUM:
        if (!is_integer(attr, (uint32_t)spec->enum_bits)) return spec->enum_bits == 64 ? "an i64" : "an i32";
        return spec->enum_count == 0 || tr_attr_spec_word(spec, attr->integer).size ? NULL
                                                                                    : "a number that has a meaning";
    default: return NULL;
    }
}

static tr_status check_attrs(const verifier *v, const tr_op *op, const tr_op_info *info)
{
    for (int i = 0; i < info->attr_count; i++) {
        const tr_attr_spec *spec = &info->attrs[i];
        const tr_attr *attr = NULL;
        for (int32_t k = 0; k < op->attr_count && !attr; k++) {
            if (tr_str_equal(op->attrs[k].name, spec->name)) attr = op->attrs[k].value;
        }
        if (!attr && !spec->optional) {
            return FAIL(v, op, "'%.*s' needs an attribute '%.*s'", TR_STR_ARG(op->name), TR_STR_ARG(spec->name));
        }
        const char *wanted = attr ? wrong_form(spec, attr) : NULL;
        if (wanted) {
            return FAIL(v, op, "'%.*s': attribute '%.*s' must be %s", TR_STR_ARG(op->name), TR_STR_ARG(spec->name),
                        wanted);
        }
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- functions */

static tr_status check_type_list(const verifier *v, const tr_op *op, const char *what, int32_t count, int32_t wanted)
{
    if (count == wanted) return TR_OK;
    return FAIL(v, op, "'%.*s' has %d %s%s, but needs %d", TR_STR_ARG(op->name), count, what, count == 1 ? "" : "s",
                wanted);
}

static tr_status check_type(const verifier *v, const tr_op *op, const char *what, int32_t index, const tr_type *is,
                            const tr_type *wanted)
{
    if (is == wanted) return TR_OK;
    tr_text a = { 0 }, b = { 0 };
    tr_type_print(is, &a);
    tr_type_print(wanted, &b);
    tr_status status = FAIL(v, op, "'%.*s': %s %d is %s, but must be %s", TR_STR_ARG(op->name), what, index,
                            text_or_mark(&a), text_or_mark(&b));
    tr_text_deinit(&a);
    tr_text_deinit(&b);
    return status;
}

static tr_status check_return(const verifier *v, const tr_op *op)
{
    const tr_op *func = op->parent ? op->parent->region->op : NULL;
    bool ours = func && (op->code == TR_OP_tt_return ? func->code == TR_OP_tt_func : func->code == TR_OP_func_func);
    if (!ours) return FAIL(v, op, "'%.*s' stands outside of a function's own blocks", TR_STR_ARG(op->name));
    const tr_attr *attr = tr_op_attr(func, "function_type");
    const tr_type *type = attr->type;
    TR_TRY(check_type_list(v, op, "operand", op->operand_count, type->result_count));
    for (int32_t i = 0; i < op->operand_count; i++) {
        TR_TRY(check_type(v, op, "operand", i, op->operands[i]->type, type->results[i]));
    }
    return TR_OK;
}

static tr_status check_call(const verifier *v, const tr_op *op)
{
    const tr_attr *callee = tr_op_attr(op, "callee");
    const uint64_t *found = callee ? tr_map_get(&v->funcs, callee->text) : NULL;
    if (!found) {
        return FAIL(v, op, "'%.*s': there is no function '@%.*s'", TR_STR_ARG(op->name),
                    TR_STR_ARG(callee ? callee->text : TR_STR("?")));
    }
    const tr_type *type = ((const tr_func *)(uintptr_t)*found)->type;
    TR_TRY(check_type_list(v, op, "operand", op->operand_count, type->input_count));
    TR_TRY(check_type_list(v, op, "result", op->result_count, type->result_count));
    for (int32_t i = 0; i < op->operand_count; i++) {
        TR_TRY(check_type(v, op, "operand", i, op->operands[i]->type, type->inputs[i]));
    }
    for (int32_t i = 0; i < op->result_count; i++) {
        TR_TRY(check_type(v, op, "result", i, op->results[i].type, type->results[i]));
    }
    return TR_OK;
}

static tr_status check_func(const verifier *v, const tr_op *op)
{
    const tr_attr *attr = tr_op_attr(op, "function_type");
    if (op->region_count != 1) return FAIL(v, op, "'%.*s' needs one region", TR_STR_ARG(op->name));
    const tr_block *entry = op->regions[0]->first;
    if (!entry) {
        const tr_attr *visibility = tr_op_attr(op, "sym_visibility");
        if (visibility && tr_str_is(visibility->text, "private")) return TR_OK;
        return FAIL(v, op, "a function without a body must be private");
    }
    TR_TRY(check_type_list(v, op, "argument", entry->arg_count, attr->type->input_count));
    for (int32_t i = 0; i < entry->arg_count; i++) {
        TR_TRY(check_type(v, op, "argument", i, entry->args[i].type, attr->type->inputs[i]));
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- structure */

static tr_status check_successors(const verifier *v, const tr_op *op, const tr_op_info *info)
{
    if (info && op->successor_count != info->successors) {
        return FAIL(v, op, "'%.*s' has %d successor%s, but needs %d", TR_STR_ARG(op->name), op->successor_count,
                    op->successor_count == 1 ? "" : "s", info->successors);
    }
    if (op->successor_count && op->next) {
        return FAIL(v, op, "'%.*s' jumps, so it must be the last op of its block", TR_STR_ARG(op->name));
    }
    for (int32_t i = 0; i < op->successor_count; i++) {
        const tr_successor *successor = &op->successors[i];
        const tr_block *block = successor->block;
        if (block == block->region->first) {
            return FAIL(v, op, "'%.*s' jumps to the entry block", TR_STR_ARG(op->name));
        }
        if (!info) continue;
        if (successor->arg_count != block->arg_count) {
            return FAIL(v, op, "'%.*s' passes %d value%s to '^%.*s', which takes %d", TR_STR_ARG(op->name),
                        successor->arg_count, successor->arg_count == 1 ? "" : "s", TR_STR_ARG(block->label),
                        block->arg_count);
        }
        for (int32_t k = 0; k < block->arg_count; k++) {
            TR_TRY(check_type(v, op, "block argument", k, successor->args[k]->type, block->args[k].type));
        }
    }
    return TR_OK;
}

static tr_status verify_region(const verifier *v, const tr_op *op, const tr_op_info *info, const tr_region *region);

static tr_status check_block_end(const verifier *v, const tr_op *op, const tr_op_info *info, const tr_block *block)
{
    const tr_op *last = block->last;
    if (!info || !info->has_region || info->region_graph) return TR_OK;
    const tr_op_info *last_info = NULL;
    if (last) TR_TRY(tr_op_table_info(v->table, last->code, &last_info, v->error));
    if (last && (!last_info || last_info->terminator)) return TR_OK; /* an op we don't know may be a terminator */
    bool any = info->any_region_end;
    tr_str wanted = any ? TR_STR("a terminator") : tr_opcode_name(info->region_end);
    const char *quote = any ? "" : "'";
    if (!last) {
        return FAIL(v, op, "a block of '%.*s' must end in %s%.*s%s, but is empty", TR_STR_ARG(op->name), quote,
                    TR_STR_ARG(wanted), quote);
    }
    return FAIL(v, last, "a block of '%.*s' must end in %s%.*s%s, not in '%.*s'", TR_STR_ARG(op->name), quote,
                TR_STR_ARG(wanted), quote, TR_STR_ARG(last->name));
}

static tr_status verify_op(const verifier *v, const tr_op *op)
{
    const tr_op_info *info;
    TR_TRY(tr_op_table_info(v->table, op->code, &info, v->error));
    if (info) {
        TR_TRY(check_attrs(v, op, info));
        TR_TRY(check_values(v, op, info));
        if (info->terminator && op->next) {
            return FAIL(v, op, "'%.*s' must be the last op of its block", TR_STR_ARG(op->name));
        }
    }
    TR_TRY(check_successors(v, op, info));
    for (int32_t i = 0; i < op->region_count; i++) TR_TRY(verify_region(v, op, info, op->regions[i]));
    switch (op->code) {
    case TR_OP_tt_return:
    case TR_OP_func_return: return check_return(v, op);
    case TR_OP_tt_call:
    case TR_OP_func_call: return check_call(v, op);
    case TR_OP_tt_func:
    case TR_OP_func_func: return check_func(v, op);
    default: return tr_verify_op(v->module, op, v->error);
    }
}

/* Recursion is as deep as regions are nested, which the parser limits. */
static tr_status verify_region(const verifier *v, const tr_op *op, const tr_op_info *info, const tr_region *region)
{
    for (const tr_block *block = region->first; block; block = block->next) {
        for (const tr_op *inner = block->first; inner; inner = inner->next) TR_TRY(verify_op(v, inner));
        TR_TRY(check_block_end(v, op, info, block));
    }
    return TR_OK;
}

static tr_status collect_funcs(verifier *v)
{
    for (int32_t i = 0; i < v->module->func_count; i++) {
        const tr_func *func = &v->module->funcs[i];
        bool is_new;
        uint64_t *slot = tr_map_put(&v->funcs, func->name, &is_new);
        if (!slot) return TR_OOM(v->error);
        if (!is_new && func->op->parent == ((const tr_func *)(uintptr_t)*slot)->op->parent) {
            return FAIL(v, func->op, "function '@%.*s' is defined twice", TR_STR_ARG(func->name));
        }
        *slot = (uint64_t)(uintptr_t)func;
    }
    return TR_OK;
}

tr_status tr_module_verify(const tr_module *module, tr_op_table *table, bool dominance, tr_error *error)
{
    verifier v = { .module = module, .table = table, .error = error };
    tr_status status = collect_funcs(&v);
    if (status == TR_OK) status = verify_op(&v, module->op);
    tr_map_deinit(&v.funcs);
    for (int32_t i = 0; status == TR_OK && dominance && i < module->op->region_count; i++) {
        status = tr_verify_dominance(module, module->op->regions[i], error);
    }
    return status;
}
