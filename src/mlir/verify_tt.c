/* Checks of single ops that a row of ops.def cannot say: shapes that depend on attributes, regions, casts.
 *
 * Each says what Triton's own verifier says, no more: what one release of Triton accepts passes here.
 */
#include "mlir/verify.h"

#include <stdio.h>

typedef struct checker {
    const tr_module *module;
    const tr_op *op;
    tr_error *error;
} checker;

#define FAIL(c, ...) tr_fail_op((c)->error, TR_INVALID_INPUT, (c)->module, (c)->op, __VA_ARGS__)

/* "tensor<4xf32>", in storage that lives as long as the statement. */
typedef struct type_text {
    char text[160];
} type_text;

static type_text text_of(const tr_type *type)
{
    type_text result = { "?" };
    tr_text text = { 0 };
    tr_type_print(type, &text);
    if (text.data) snprintf(result.text, sizeof(result.text), "%s", text.data);
    tr_text_deinit(&text);
    return result;
}
#define TEXT(type) text_of(type).text

static const tr_type *operand_type(const checker *c, int i)
{
    return c->op->operands[i]->type;
}

static const tr_type *result_type(const checker *c, int i)
{
    return c->op->results[i].type;
}

static tr_status check_elements(const checker *c, const tr_type *a, const tr_type *b)
{
    if (tr_type_scalar(a) == tr_type_scalar(b)) return TR_OK;
    return FAIL(c, "'%.*s' needs one element type: got %s and %s", TR_STR_ARG(c->op->name), TEXT(a), TEXT(b));
}

static bool has_shape(const tr_type *type, int32_t rank, const int64_t *shape)
{
    if (type->kind != TR_TYPE_TENSOR || type->rank != rank) return false;
    for (int32_t i = 0; i < rank; i++) {
        if (type->shape[i] != shape[i]) return false;
    }
    return true;
}

static tr_status fail_shape(const checker *c, const tr_type *from, const tr_type *to)
{
    return FAIL(c, "'%.*s' can't make %s from %s", TR_STR_ARG(c->op->name), TEXT(to), TEXT(from));
}

/* ---------------------------------------------------------------- shapes */

static tr_status check_make_range(const checker *c)
{
    const tr_type *type = result_type(c, 0);
    int64_t start = tr_op_attr_int(c->op, "start", 0), end = tr_op_attr_int(c->op, "end", 0);
    if (type->element->bits != 32) return FAIL(c, "'tt.make_range' makes i32: got %s", TEXT(type));
    if (start > end) return FAIL(c, "'tt.make_range' begins behind its end");
    if (type->rank != 1 || type->shape[0] != end - start) {
        return FAIL(c, "'tt.make_range' from %lld to %lld can't be %s", (long long)start, (long long)end, TEXT(type));
    }
    return TR_OK;
}

static tr_status check_expand_dims(const checker *c)
{
    const tr_type *from = operand_type(c, 0), *to = result_type(c, 0);
    int64_t axis = tr_op_attr_int(c->op, "axis", 0);
    bool fits = from->element == to->element && to->rank == from->rank + 1 && axis >= 0 && axis < to->rank;
    for (int32_t i = 0; fits && i < to->rank; i++) {
        fits = to->shape[i] == (i == axis ? 1 : from->shape[i > axis ? i - 1 : i]);
    }
    return fits ? TR_OK : fail_shape(c, from, to);
}

static tr_status check_broadcast(const checker *c)
{
    const tr_type *from = operand_type(c, 0), *to = result_type(c, 0);
    TR_TRY(check_elements(c, from, to));
    if (from->rank != to->rank) return fail_shape(c, from, to);
    for (int32_t i = 0; i < to->rank; i++) {
        if (from->shape[i] != to->shape[i] && from->shape[i] != 1) return fail_shape(c, from, to);
    }
    return TR_OK;
}

static tr_status check_reshape(const checker *c)
{
    const tr_type *from = operand_type(c, 0), *to = result_type(c, 0);
    TR_TRY(check_elements(c, from, to));
    return from->count == to->count ? TR_OK : fail_shape(c, from, to);
}

static tr_status check_trans(const checker *c)
{
    const tr_type *from = operand_type(c, 0), *to = result_type(c, 0);
    const tr_attr *order = tr_op_attr(c->op, "order");
    if (from->kind != TR_TYPE_TENSOR || to->kind != TR_TYPE_TENSOR) return TR_OK; /* to 3.2 also on memory */
    TR_TRY(check_elements(c, from, to));
    if (order->count != from->rank || to->rank != from->rank) {
        return FAIL(c, "'tt.trans' of %s needs an order of %d numbers: got %d", TEXT(from), from->rank, order->count);
    }
    uint64_t seen = 0;
    for (int32_t i = 0; i < order->count; i++) {
        int64_t d = order->ints[i];
        if (d < 0 || d >= from->rank || seen & (uint64_t)1 << d) {
            return FAIL(c, "'tt.trans': the order must name each dimension once");
        }
        seen |= (uint64_t)1 << d;
        if (to->shape[i] != from->shape[d]) return fail_shape(c, from, to);
    }
    return TR_OK;
}

/* join: result = operand with a new last dimension of 2; split is the other way round. */
static tr_status check_pairs(const checker *c, const tr_type *one, const tr_type *both, const tr_type *from,
                             const tr_type *to)
{
    TR_TRY(check_elements(c, one, both));
    bool fits = both->rank == one->rank + 1 && both->shape[one->rank] == 2 && has_shape(one, one->rank, both->shape);
    return fits ? TR_OK : fail_shape(c, from, to);
}

static tr_status check_gather(const checker *c)
{
    const tr_type *from = operand_type(c, 0), *index = operand_type(c, 1), *to = result_type(c, 0);
    int64_t axis = tr_op_attr_int(c->op, "axis", 0);
    TR_TRY(check_elements(c, from, to));
    if (!has_shape(to, index->rank, index->shape)) {
        return FAIL(c, "'tt.gather': the result has the shape of the indices, %s: got %s", TEXT(index), TEXT(to));
    }
    if (index->rank != from->rank || axis < 0 || axis >= from->rank) {
        return FAIL(c, "'tt.gather': axis %lld and %s don't fit %s", (long long)axis, TEXT(index), TEXT(from));
    }
    for (int32_t i = 0; i < from->rank; i++) {
        if (i != axis && index->shape[i] != from->shape[i]) {
            return FAIL(c, "'tt.gather': dimension %d of %s and %s must be equal", i, TEXT(index), TEXT(from));
        }
    }
    return TR_OK;
}

static tr_status check_dot(const checker *c)
{
    const tr_type *a = operand_type(c, 0), *b = operand_type(c, 1), *d = result_type(c, 0);
    if (a->kind != TR_TYPE_TENSOR || b->kind != TR_TYPE_TENSOR) return TR_OK; /* to 3.1 also on memory */
    int32_t r = d->rank;
    bool fits = a->rank == r && b->rank == r && (r == 2 || r == 3) &&
                (r == 2 || (a->shape[0] == d->shape[0] && b->shape[0] == d->shape[0])) &&
                a->shape[r - 1] == b->shape[r - 2] && a->shape[r - 2] == d->shape[r - 2] &&
                b->shape[r - 1] == d->shape[r - 1];
    if (!fits) return FAIL(c, "'tt.dot' can't multiply %s by %s into %s", TEXT(a), TEXT(b), TEXT(d));
    if (a->element->bits != b->element->bits) {
        return FAIL(c, "'tt.dot' needs elements of one width: got %s and %s", TEXT(a), TEXT(b));
    }
    return TR_OK;
}

static tr_status check_descriptor_load(const checker *c)
{
    const tr_type *desc = operand_type(c, 0), *to = result_type(c, 0);
    if (desc->kind != TR_TYPE_TENSORDESC) return TR_OK;
    /* A descriptor writes its integers with a sign, si8 or ui8: the tensor's have none. */
    const bool same = desc->element == to->element ||
                      (desc->element->kind == TR_TYPE_INTEGER && to->element->kind == TR_TYPE_INTEGER &&
                       desc->element->bits == to->element->bits);
    if (same && desc->count == to->count) return TR_OK;
    return FAIL(c, "'%.*s' can't load %s through %s", TR_STR_ARG(c->op->name), TEXT(to), TEXT(desc));
}

static tr_status check_elementwise(const checker *c)
{
    const tr_type *shaped = NULL;
    for (int32_t i = 0; i < c->op->operand_count + c->op->result_count; i++) {
        const tr_type *type = i < c->op->operand_count ? operand_type(c, i) : result_type(c, i - c->op->operand_count);
        if (type->kind != TR_TYPE_TENSOR) continue;
        if (!shaped) shaped = type;
        if (!has_shape(type, shaped->rank, shaped->shape)) {
            return FAIL(c, "'%.*s' needs tensors of one shape: got %s and %s", TR_STR_ARG(c->op->name), TEXT(shaped),
                        TEXT(type));
        }
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- casts */

static tr_status check_cast(const checker *c, int direction)
{
    const tr_type *from = operand_type(c, 0), *to = result_type(c, 0);
    const tr_type *a = tr_type_scalar(from), *b = tr_type_scalar(to);
    if (a->kind == TR_TYPE_OPAQUE || b->kind == TR_TYPE_OPAQUE) return TR_OK;
    bool fits = direction > 0 ? b->bits > a->bits : direction < 0 ? b->bits < a->bits : a->bits == b->bits;
    return fits ? TR_OK : fail_shape(c, from, to);
}

static tr_status check_arith_bitcast(const checker *c)
{
    const tr_type *a = tr_type_scalar(operand_type(c, 0)), *b = tr_type_scalar(result_type(c, 0));
    if (a->kind == TR_TYPE_POINTER || b->kind == TR_TYPE_POINTER) {
        return FAIL(c, "'arith.bitcast' is for integers and floats: got %s", TEXT(operand_type(c, 0)));
    }
    return check_cast(c, 0);
}

static tr_status check_tt_bitcast(const checker *c)
{
    const tr_type *a = tr_type_scalar(operand_type(c, 0)), *b = tr_type_scalar(result_type(c, 0));
    if ((a->kind == TR_TYPE_POINTER) != (b->kind == TR_TYPE_POINTER)) {
        return FAIL(c, "'tt.bitcast' can't turn %s into %s", TEXT(operand_type(c, 0)), TEXT(result_type(c, 0)));
    }
    return a->kind == TR_TYPE_POINTER ? TR_OK : check_cast(c, 0);
}

static tr_status check_pointer_width(const checker *c, const tr_type *integer)
{
    if (tr_type_scalar(integer)->bits == 64) return TR_OK;
    return FAIL(c, "'%.*s': an address is an i64: got %s", TR_STR_ARG(c->op->name), TEXT(integer));
}

static tr_status check_fp_to_fp(const checker *c)
{
    const tr_type *from = operand_type(c, 0), *to = result_type(c, 0);
    bool narrows = tr_type_scalar(to)->bits < tr_type_scalar(from)->bits;
    if (!narrows || tr_op_attr(c->op, "rounding")) return TR_OK;
    return FAIL(c, "'tt.fp_to_fp' to a narrower type needs 'rounding = rtne' or 'rounding = rtz'");
}

static tr_status check_select(const checker *c)
{
    const tr_type *condition = operand_type(c, 0), *to = result_type(c, 0);
    if (condition->kind != TR_TYPE_TENSOR || has_shape(to, condition->rank, condition->shape)) return TR_OK;
    return FAIL(c, "'arith.select': the condition is i1 or has the shape of the values: got %s for %s", TEXT(condition),
                TEXT(to));
}

/* <nsw, nuw> of overflow, <fast> of fastmath: words of the list, between commas. */
static tr_status check_flags(const checker *c, const char *name, const char *allowed)
{
    const tr_attr *attr = tr_op_attr(c->op, name);
    if (!attr || attr->kind != TR_ATTR_OPAQUE) return TR_OK;
    const char *s = memchr(attr->text.data, '<', attr->text.size), *end = attr->text.data + attr->text.size;
    while (s && s < end) {
        while (s < end && strchr("<>, ", *s)) s++;
        const char *word = s;
        while (s < end && !strchr("<>, ", *s)) s++;
        size_t size = (size_t)(s - word);
        if (!size) break;
        bool found = false;
        for (const char *at = allowed; *at && !found; at += strcspn(at, " ") + (at[strcspn(at, " ")] == ' ')) {
            found = strcspn(at, " ") == size && memcmp(at, word, size) == 0;
        }
        if (!found) {
            return FAIL(c, "'%.*s': '%.*s' is not one of: %s", TR_STR_ARG(c->op->name), (int)size, word, allowed);
        }
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- regions */

static tr_status check_regions(const checker *c, int32_t count)
{
    if (c->op->region_count == count) return TR_OK;
    return FAIL(c, "'%.*s' needs %d region%s: got %d", TR_STR_ARG(c->op->name), count, count == 1 ? "" : "s",
                c->op->region_count);
}

/* An op that ends a region must hand over values of these types. */
static tr_status check_end(const checker *c, const tr_op *end, int32_t skip, int32_t count, const tr_value *values)
{
    int32_t has = end->operand_count - skip;
    if (has != count) {
        return tr_fail_op(c->error, TR_INVALID_INPUT, c->module, end,
                          "'%.*s' gives %d value%s, but '%.*s' needs %d here", TR_STR_ARG(end->name), has,
                          has == 1 ? "" : "s", TR_STR_ARG(c->op->name), count);
    }
    for (int32_t i = 0; i < count; i++) {
        if (end->operands[skip + i]->type == values[i].type) continue;
        return tr_fail_op(c->error, TR_INVALID_INPUT, c->module, end, "'%.*s': value %d is %s, but '%.*s' needs %s",
                          TR_STR_ARG(end->name), i, TEXT(end->operands[skip + i]->type), TR_STR_ARG(c->op->name),
                          TEXT(values[i].type));
    }
    return TR_OK;
}

/* Every block of the region that ends in `code` gives these values; other ends (cf.br) are fine in between. */
static tr_status check_ends(const checker *c, const tr_region *region, tr_opcode code, const tr_value *values,
                            int32_t count)
{
    for (const tr_block *block = region->first; block; block = block->next) {
        if (block->last && block->last->code == code) TR_TRY(check_end(c, block->last, 0, count, values));
    }
    return TR_OK;
}

static tr_status check_args(const checker *c, const tr_block *entry, int32_t first, int32_t count,
                            const tr_value *values)
{
    if (!entry || entry->arg_count - first != count) {
        return FAIL(c, "'%.*s' needs a region of %d argument%s: got %d", TR_STR_ARG(c->op->name), first + count,
                    first + count == 1 ? "" : "s", entry ? entry->arg_count : 0);
    }
    for (int32_t i = 0; i < count; i++) {
        if (entry->args[first + i].type == values[i].type) continue;
        return FAIL(c, "'%.*s': argument %d of its region is %s, but must be %s", TR_STR_ARG(c->op->name), first + i,
                    TEXT(entry->args[first + i].type), TEXT(values[i].type));
    }
    return TR_OK;
}

/* Region of an op on elements: `groups` arguments for each operand, scalars of its element type, `each` of a group
 * side by side. */
static tr_status check_element_region(const checker *c, int32_t groups, int32_t each, tr_opcode end)
{
    const tr_op *op = c->op;
    TR_TRY(check_regions(c, 1));
    const tr_block *entry = op->regions[0]->first;
    int64_t wanted = (int64_t)groups * each * op->operand_count;
    if (!entry || entry->arg_count != wanted) {
        return FAIL(c, "'%.*s' needs a region of %lld arguments: got %d", TR_STR_ARG(op->name), (long long)wanted,
                    entry ? entry->arg_count : 0);
    }
    for (int32_t i = 0; i < entry->arg_count; i++) {
        const tr_type *type = tr_type_scalar(operand_type(c, i / each % op->operand_count));
        if (entry->args[i].type != type) {
            return FAIL(c, "'%.*s': argument %d of its region is %s, but must be %s", TR_STR_ARG(op->name), i,
                        TEXT(entry->args[i].type), TEXT(type));
        }
    }
    for (const tr_block *block = op->regions[0]->first; block; block = block->next) {
        const tr_op *last = block->last;
        if (!last || last->code != end) continue;
        if (last->operand_count != (int64_t)op->result_count * each) {
            return tr_fail_op(c->error, TR_INVALID_INPUT, c->module, last,
                              "'%.*s' gives %d value%s, but '%.*s' needs %d", TR_STR_ARG(last->name),
                              last->operand_count, last->operand_count == 1 ? "" : "s", TR_STR_ARG(op->name),
                              op->result_count * each);
        }
        for (int32_t i = 0; i < last->operand_count; i++) {
            const tr_type *type = tr_type_scalar(result_type(c, i / each));
            if (last->operands[i]->type == type) continue;
            return tr_fail_op(c->error, TR_INVALID_INPUT, c->module, last, "'%.*s': value %d is %s, but must be %s",
                              TR_STR_ARG(last->name), i, TEXT(last->operands[i]->type), TEXT(type));
        }
    }
    return TR_OK;
}

static tr_status check_same_shapes(const checker *c)
{
    const tr_type *first = c->op->operand_count ? operand_type(c, 0) : NULL;
    if (!first) return FAIL(c, "'%.*s' needs at least one operand", TR_STR_ARG(c->op->name));
    return check_elementwise(c);
}

static tr_status check_reduce(const checker *c)
{
    const tr_op *op = c->op;
    if (!op->operand_count || op->result_count != op->operand_count) {
        return FAIL(c, "'tt.reduce' needs as many results as operands, one at least: got %d and %d", op->result_count,
                    op->operand_count);
    }
    int64_t axis = tr_op_attr_int(op, "axis", 0);
    for (int32_t i = 0; i < op->operand_count; i++) {
        const tr_type *from = operand_type(c, i), *to = result_type(c, i);
        if (!has_shape(from, operand_type(c, 0)->rank, operand_type(c, 0)->shape)) {
            return FAIL(c, "'tt.reduce' needs operands of one shape: got %s and %s", TEXT(operand_type(c, 0)),
                        TEXT(from));
        }
        if (axis < 0 || axis >= from->rank)
            return FAIL(c, "'tt.reduce': %s has no axis %lld", TEXT(from), (long long)axis);
        bool fits = tr_type_scalar(to) == from->element &&
                    (to->kind == TR_TYPE_TENSOR ? to->rank : 0) == from->rank - 1;
        for (int32_t d = 0, k = 0; fits && d < from->rank; d++) {
            if (d != axis) fits = to->shape[k++] == from->shape[d];
        }
        if (!fits) return fail_shape(c, from, to);
    }
    return check_element_region(c, 2, 1, TR_OP_tt_reduce_return);
}

static tr_status check_scan(const checker *c)
{
    const tr_op *op = c->op;
    int64_t axis = tr_op_attr_int(op, "axis", 0);
    TR_TRY(check_same_shapes(c));
    if (op->result_count != op->operand_count) return FAIL(c, "'tt.scan' needs as many results as operands");
    if (axis < 0 || axis >= operand_type(c, 0)->rank) {
        return FAIL(c, "'tt.scan': %s has no axis %lld", TEXT(operand_type(c, 0)), (long long)axis);
    }
    for (int32_t i = 0; i < op->operand_count; i++) TR_TRY(check_elements(c, operand_type(c, i), result_type(c, i)));
    return check_element_region(c, 2, 1, TR_OP_tt_scan_return);
}

static tr_status check_map_elementwise(const checker *c)
{
    int64_t pack = tr_op_attr_int(c->op, "pack", 1);
    if (pack < 1 || pack > 1024) return FAIL(c, "'tt.map_elementwise': 'pack' is at least 1");
    TR_TRY(check_same_shapes(c));
    return check_element_region(c, 1, (int32_t)pack, TR_OP_tt_map_elementwise_return);
}

static tr_status check_for(const checker *c)
{
    const tr_op *op = c->op;
    TR_TRY(check_regions(c, 1));
    int32_t count = op->operand_count - 3;
    const tr_block *entry = op->regions[0]->first;
    if (op->result_count != count) {
        return FAIL(c, "'scf.for' carries %d value%s, but has %d results", count, count == 1 ? "" : "s",
                    op->result_count);
    }
    for (int32_t i = 0; i < count; i++) {
        if (op->operands[3 + i]->type == op->results[i].type) continue;
        return FAIL(c, "'scf.for' carries %s, but its result is %s", TEXT(op->operands[3 + i]->type),
                    TEXT(op->results[i].type));
    }
    TR_TRY(check_args(c, entry, 1, count, op->results));
    if (entry->next) return FAIL(c, "the body of 'scf.for' is one block");
    if (entry->args[0].type != op->operands[0]->type) {
        return FAIL(c, "'scf.for': its variable is %s, but its bounds are %s", TEXT(entry->args[0].type),
                    TEXT(op->operands[0]->type));
    }
    return check_ends(c, op->regions[0], TR_OP_scf_yield, op->results, op->result_count);
}

static tr_status check_if(const checker *c)
{
    const tr_op *op = c->op;
    TR_TRY(check_regions(c, 2));
    for (int32_t i = 0; i < 2; i++) {
        const tr_block *entry = op->regions[i]->first;
        if (!entry && i == 0) return FAIL(c, "'scf.if' needs a region");
        if (!entry && op->result_count) return FAIL(c, "'scf.if' has results, so it needs an 'else'");
        if (!entry) return TR_OK;
        if (entry->next) return FAIL(c, "a region of 'scf.if' is one block");
        TR_TRY(check_args(c, entry, 0, 0, NULL));
        TR_TRY(check_ends(c, op->regions[i], TR_OP_scf_yield, op->results, op->result_count));
    }
    return TR_OK;
}

static tr_status check_while(const checker *c)
{
    const tr_op *op = c->op;
    TR_TRY(check_regions(c, 2));
    const tr_block *before = op->regions[0]->first, *after = op->regions[1]->first;
    if (!before || !after || before->next || after->next) return FAIL(c, "a region of 'scf.while' is one block");
    if (before->arg_count != op->operand_count) {
        return FAIL(c, "'scf.while' carries %d values, but its region takes %d", op->operand_count, before->arg_count);
    }
    for (int32_t i = 0; i < op->operand_count; i++) {
        if (before->args[i].type == op->operands[i]->type) continue;
        return FAIL(c, "'scf.while' begins with %s, but its region takes %s", TEXT(op->operands[i]->type),
                    TEXT(before->args[i].type));
    }
    const tr_op *condition = before->last, *yield = after->last;
    if (!condition || condition->code != TR_OP_scf_condition) {
        return FAIL(c, "the first region of 'scf.while' ends in 'scf.condition'");
    }
    if (!yield || yield->code != TR_OP_scf_yield)
        return FAIL(c, "the second region of 'scf.while' ends in 'scf.yield'");
    TR_TRY(check_args(c, after, 0, op->result_count, op->results));
    TR_TRY(check_end(c, condition, 1, op->result_count, op->results));
    return check_end(c, yield, 0, before->arg_count, before->args);
}

static tr_status check_switch(const checker *c)
{
    const tr_op *op = c->op;
    const tr_attr *cases = tr_op_attr(op, "cases");
    if (!cases || cases->kind != TR_ATTR_INTS) return FAIL(c, "'scf.index_switch': 'cases' must be array<i64: ...>");
    TR_TRY(check_regions(c, cases->count + 1));
    for (int32_t i = 0; i < op->region_count; i++) {
        if (!op->regions[i]->first) return FAIL(c, "a region of 'scf.index_switch' is one block");
        TR_TRY(check_ends(c, op->regions[i], TR_OP_scf_yield, op->results, op->result_count));
    }
    return TR_OK;
}

static tr_status check_execute_region(const checker *c)
{
    TR_TRY(check_regions(c, 1));
    if (!c->op->regions[0]->first) return FAIL(c, "'scf.execute_region' needs a block");
    return check_ends(c, c->op->regions[0], TR_OP_scf_yield, c->op->results, c->op->result_count);
}

/* The op that the terminator's region belongs to. */
static tr_status check_parent(const checker *c, tr_opcode wanted)
{
    const tr_op *parent = c->op->parent ? c->op->parent->region->op : NULL;
    if (parent && parent->code == wanted) return TR_OK;
    tr_str name = tr_opcode_name(wanted);
    return FAIL(c, "'%.*s' belongs into '%.*s'", TR_STR_ARG(c->op->name), TR_STR_ARG(name));
}

static tr_status check_module(const checker *c)
{
    TR_TRY(check_regions(c, 1));
    if (c->op->regions[0]->block_count != 1) return FAIL(c, "a module has one block");
    for (int32_t i = 0; i < c->op->attr_count; i++) {
        tr_str name = c->op->attrs[i].name;
        if (memchr(name.data, '.', name.size) || tr_str_starts_with(name, "sym_")) continue;
        return FAIL(c, "attribute '%.*s' of a module needs a dialect's prefix, like 'ttg.%.*s'", TR_STR_ARG(name),
                    TR_STR_ARG(name));
    }
    return TR_OK;
}

#define FASTMATH_FLAGS "none reassoc nnan ninf nsz arcp contract afn fast"

tr_status tr_verify_op(const tr_module *module, const tr_op *op, tr_error *error)
{
    checker checker_ = { .module = module, .op = op, .error = error }, *c = &checker_;
    switch (op->code) {
    case TR_OP_builtin_module: return check_module(c);
    case TR_OP_tt_make_range: return check_make_range(c);
    case TR_OP_tt_splat: return check_elements(c, operand_type(c, 0), result_type(c, 0));
    case TR_OP_tt_unsplat:
        return operand_type(c, 0)->count == 1 ? TR_OK : FAIL(c, "'tt.unsplat' needs a tensor of one element");
    case TR_OP_tt_expand_dims: return check_expand_dims(c);
    case TR_OP_tt_broadcast: return check_broadcast(c);
    case TR_OP_tt_reshape: return check_reshape(c);
    case TR_OP_tt_trans: return check_trans(c);
    case TR_OP_tt_cat: return check_elements(c, operand_type(c, 0), result_type(c, 0));
    case TR_OP_tt_join:
        return check_pairs(c, operand_type(c, 0), result_type(c, 0), operand_type(c, 0), result_type(c, 0));
    case TR_OP_tt_split:
        return check_pairs(c, result_type(c, 0), operand_type(c, 0), operand_type(c, 0), result_type(c, 0));
    case TR_OP_tt_gather: return check_gather(c);
    case TR_OP_tt_dot: return check_dot(c);
    case TR_OP_tt_descriptor_load: return check_descriptor_load(c);
    case TR_OP_tt_extern_elementwise: return check_elementwise(c);
    case TR_OP_tt_assert:
        if (tr_type_scalar(operand_type(c, 0))->bits == 1) return TR_OK;
        return FAIL(c, "'tt.assert' needs i1 or a tensor of i1: got %s", TEXT(operand_type(c, 0)));
    case TR_OP_tt_reduce: return check_reduce(c);
    case TR_OP_tt_scan: return check_scan(c);
    case TR_OP_tt_map_elementwise: return check_map_elementwise(c);
    case TR_OP_tt_reduce_return: return check_parent(c, TR_OP_tt_reduce);
    case TR_OP_tt_scan_return: return check_parent(c, TR_OP_tt_scan);
    case TR_OP_tt_map_elementwise_return: return check_parent(c, TR_OP_tt_map_elementwise);
    case TR_OP_tt_bitcast: return check_tt_bitcast(c);
    case TR_OP_tt_ptr_to_int: return check_pointer_width(c, result_type(c, 0));
    case TR_OP_tt_int_to_ptr: return check_pointer_width(c, operand_type(c, 0));
    case TR_OP_tt_fp_to_fp: return check_fp_to_fp(c);
    case TR_OP_arith_addi:
    case TR_OP_arith_subi:
    case TR_OP_arith_muli:
    case TR_OP_arith_shli: return check_flags(c, "overflowFlags", "none nsw nuw");
    case TR_OP_arith_trunci: TR_TRY(check_flags(c, "overflowFlags", "none nsw nuw")); return check_cast(c, -1);
    case TR_OP_arith_extsi:
    case TR_OP_arith_extui: return check_cast(c, 1);
    case TR_OP_arith_extf: TR_TRY(check_flags(c, "fastmath", FASTMATH_FLAGS)); return check_cast(c, 1);
    case TR_OP_arith_truncf: TR_TRY(check_flags(c, "fastmath", FASTMATH_FLAGS)); return check_cast(c, -1);
    case TR_OP_arith_bitcast: return check_arith_bitcast(c);
    case TR_OP_arith_select: return check_select(c);
    case TR_OP_scf_for: return check_for(c);
    case TR_OP_scf_if: return check_if(c);
    case TR_OP_scf_while: return check_while(c);
    case TR_OP_scf_index_switch: return check_switch(c);
    case TR_OP_scf_execute_region: return check_execute_region(c);
    case TR_OP_scf_condition: return check_parent(c, TR_OP_scf_while);
    default: return check_flags(c, "fastmath", FASTMATH_FLAGS);
    }
}
