/* Types as text. */
#include "mlir/types.h"

static void print_list(const tr_type *const *types, int32_t count, tr_text *out)
{
    for (int32_t i = 0; i < count; i++) {
        if (i) tr_text_puts(out, ", ");
        tr_type_print(types[i], out);
    }
}

static void print_shaped(const tr_type *type, tr_text *out)
{
    for (int32_t i = 0; i < type->rank; i++) {
        if (type->shape[i] < 0) {
            tr_text_puts(out, "?x");
        } else {
            tr_text_printf(out, "%lldx", (long long)type->shape[i]);
        }
    }
    tr_type_print(type->element, out);
    if (type->encoding) {
        tr_text_puts(out, ", ");
        tr_attr_print(type->encoding, out);
    }
}

void tr_type_print_short(const tr_type *type, tr_text *out)
{
    if (type->kind == TR_TYPE_POINTER) {
        tr_text_puts(out, "<");
        tr_type_print(type->element, out);
        if (type->space.size) {
            tr_text_puts(out, ", ");
            tr_text_append(out, type->space);
        }
        tr_text_puts(out, ">");
    } else if (type->kind == TR_TYPE_TENSORDESC) {
        tr_text_puts(out, type->wrapped ? "<tensor<" : "<");
        print_shaped(type, out);
        tr_text_puts(out, type->wrapped ? ">>" : ">");
    } else {
        tr_type_print(type, out);
    }
}

void tr_type_print_results(const tr_type *const *types, int32_t count, tr_text *out)
{
    bool parens = count != 1 || types[0]->kind == TR_TYPE_FUNCTION;
    if (parens) tr_text_puts(out, "(");
    print_list(types, count, out);
    if (parens) tr_text_puts(out, ")");
}

void tr_type_print(const tr_type *type, tr_text *out)
{
    switch (type->kind) {
    case TR_TYPE_TENSOR:
        tr_text_puts(out, "tensor<");
        print_shaped(type, out);
        tr_text_puts(out, ">");
        break;
    case TR_TYPE_POINTER:
        tr_text_puts(out, "!tt.ptr");
        tr_type_print_short(type, out);
        break;
    case TR_TYPE_TENSORDESC:
        tr_text_puts(out, "!tt.tensordesc");
        tr_type_print_short(type, out);
        break;
    case TR_TYPE_FUNCTION:
        tr_text_puts(out, "(");
        print_list(type->inputs, type->input_count, out);
        tr_text_puts(out, ") -> ");
        tr_type_print_results(type->results, type->result_count, out);
        break;
    default: tr_text_append(out, type->name); break;
    }
}
