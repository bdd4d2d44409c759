/* Attributes as text, as MLIR prints them. */
#include "mlir/numbers.h"
#include "mlir/types.h"

#include <stdlib.h>

/* MLIR prints longer lists of elements as the bytes in hex. */
#define HEX_ABOVE 100

/* Whether the type of a number is written. */
typedef enum elision {
    ALWAYS,  /* 1 : i64 */
    DEFAULT, /* not for i64 and f64, which is what a number is without a type: in lists */
    NEVER,
} elision;

static void print_attr(const tr_attr *attr, elision types, tr_text *out);

void tr_quoted_print(tr_str text, tr_text *out)
{
    tr_text_puts(out, "\"");
    size_t copied = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 32 && c < 127 && c != '"' && c != '\\') continue;
        tr_text_append(out, (tr_str){ text.data + copied, i - copied });
        if (c == '\\') {
            tr_text_puts(out, "\\\\");
        } else {
            tr_text_printf(out, "\\%02X", c);
        }
        copied = i + 1;
    }
    tr_text_append(out, (tr_str){ text.data + copied, text.size - copied });
    tr_text_puts(out, "\"");
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Whether the text can stand as a word: letter (letter | digit | [$.])*. */
static bool is_word(tr_str name)
{
    if (name.size == 0 || !is_letter(name.data[0])) return false;
    for (size_t i = 1; i < name.size; i++) {
        char c = name.data[i];
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '$' && c != '.') return false;
    }
    return true;
}

void tr_symbol_print(tr_str name, tr_text *out)
{
    tr_text_puts(out, "@");
    if (is_word(name)) {
        tr_text_append(out, name);
    } else {
        tr_quoted_print(name, out);
    }
}

static void print_int(const tr_type *type, int64_t value, tr_text *out)
{
    if (type && type->kind == TR_TYPE_INTEGER && type->bits == 1) {
        tr_text_puts(out, value ? "true" : "false");
    } else if (type && type->kind == TR_TYPE_INTEGER && type->name.data[0] == 'u') {
        tr_text_printf(out, "%llu", (unsigned long long)value);
    } else {
        tr_text_printf(out, "%lld", (long long)value);
    }
}

static void print_type_suffix(const tr_attr *attr, elision types, tr_text *out)
{
    if (!attr->type || types == NEVER) return;
    bool plain = attr->kind == TR_ATTR_INTEGER ? tr_str_is(attr->type->name, "i64")
                                               : tr_str_is(attr->type->name, "f64");
    if (types == DEFAULT && plain) return;
    tr_text_puts(out, " : ");
    tr_type_print(attr->type, out);
}

/* array<i32: 1, 0> */
static void print_ints(const tr_attr *attr, tr_text *out)
{
    tr_text_puts(out, "array<");
    tr_type_print(attr->type, out);
    for (int32_t i = 0; i < attr->count; i++) {
        tr_text_puts(out, i ? ", " : ": ");
        if (attr->type->kind == TR_TYPE_FLOAT) {
            const tr_float_format *format = tr_float_format_of(attr->type);
            double real = format ? tr_float_from_bits(format, (uint64_t)attr->ints[i]) : 0;
            tr_float_print(attr->type, real, (uint64_t)attr->ints[i], out);
        } else {
            print_int(attr->type, attr->ints[i], out);
        }
    }
    tr_text_puts(out, ">");
}

/* ---------------------------------------------------------------- dense */

static void print_element(const tr_type *element, const char *data, size_t i, tr_text *out)
{
    size_t size = tr_dtype_size(element->dtype);
    uint64_t bits = 0;
    memcpy(&bits, data + i * size, size);
    if (element->kind == TR_TYPE_FLOAT) {
        const tr_float_format *format = tr_float_format_of(element);
        tr_float_print(element, format ? tr_float_from_bits(format, bits) : 0, bits, out);
        return;
    }
    int shift = 64 - 8 * (int)size;
    bool is_unsigned = element->kind == TR_TYPE_INTEGER && element->name.data[0] == 'u';
    print_int(element, is_unsigned ? (int64_t)bits : (int64_t)(bits << shift) >> shift, out);
}

static void print_hex(const tr_type *type, const char *data, tr_text *out)
{
    const tr_type *element = type->element;
    size_t size = tr_dtype_size(element->dtype), count = (size_t)type->count;
    static const char digits[] = "0123456789ABCDEF";
    tr_text_puts(out, "\"0x");
    if (element->bits == 1) {
        for (size_t i = 0; i < count; i += 8) {
            unsigned byte = 0;
            for (size_t k = 0; k < 8 && i + k < count; k++) byte |= (unsigned)(data[i + k] & 1) << k;
            tr_text_printf(out, "%02X", byte);
        }
    } else {
        for (size_t i = 0; i < count * size; i++) {
            unsigned char byte = (unsigned char)data[i];
            char pair[2] = { digits[byte >> 4], digits[byte & 15] };
            tr_text_append(out, (tr_str){ pair, 2 });
        }
    }
    tr_text_puts(out, "\"");
}

static void print_list_of_elements(const tr_type *type, const char *data, tr_text *out)
{
    /* A bracket opens before element i in each dimension whose block of elements begins there. */
    for (int64_t i = 0; i < type->count; i++) {
        int64_t block = type->count;
        if (i) tr_text_puts(out, ", ");
        for (int32_t d = 0; d < type->rank; d++) {
            if (i % block == 0) tr_text_puts(out, "[");
            block /= type->shape[d];
        }
        print_element(type->element, data, (size_t)i, out);
        block = 1;
        for (int32_t d = type->rank - 1; d >= 0; d--) {
            block *= type->shape[d];
            if ((i + 1) % block == 0) tr_text_puts(out, "]");
        }
    }
}

static void print_elements(const tr_attr *attr, tr_text *out)
{
    if (attr->text.size) {
        tr_text_append(out, attr->text); /* dense_resource<...> */
        return;
    }
    const tr_type *type = attr->type;
    tr_text_puts(out, "dense<");
    if (!attr->data && !(type->kind == TR_TYPE_TENSOR && type->count == 0)) {
        tr_text_append(out, attr->source);
    } else if (type->count == 0) {
        /* dense<> */
    } else if (attr->splat) {
        print_element(type->element, attr->data, 0, out);
    } else if (type->count > HEX_ABOVE) {
        print_hex(type, attr->data, out);
    } else {
        print_list_of_elements(type, attr->data, out);
    }
    tr_text_puts(out, ">");
}

/* ---------------------------------------------------------------- dictionaries */

/* Order of names by their bytes. */
static int compare_names(const void *a, const void *b)
{
    tr_str x = ((const tr_named_attr *)a)->name, y = ((const tr_named_attr *)b)->name;
    size_t size = x.size < y.size ? x.size : y.size;
    int order = memcmp(x.data, y.data, size);
    return order ? order : (x.size > y.size) - (x.size < y.size);
}

void tr_attrs_print(const tr_named_attr *entries, int32_t count, const bool *skip, tr_text *out)
{
    tr_named_attr few[16], *sorted = few;
    int32_t used = 0;
    if (count > 16) sorted = malloc((size_t)count * sizeof(*sorted));
    if (!sorted) {
        out->failed = true;
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        if (!skip || !skip[i]) sorted[used++] = entries[i];
    }
    /* Nearly always in order already: then there is nothing to do. */
    bool in_order = true;
    for (int32_t i = 1; i < used && in_order; i++) in_order = compare_names(&sorted[i - 1], &sorted[i]) < 0;
    if (!in_order) qsort(sorted, (size_t)used, sizeof(*sorted), compare_names);
    tr_text_puts(out, "{");
    for (int32_t i = 0; i < used; i++) {
        if (i) tr_text_puts(out, ", ");
        if (is_word(sorted[i].name)) {
            tr_text_append(out, sorted[i].name);
        } else {
            tr_quoted_print(sorted[i].name, out);
        }
        if (sorted[i].value->kind == TR_ATTR_UNIT) continue;
        tr_text_puts(out, " = ");
        print_attr(sorted[i].value, ALWAYS, out);
    }
    tr_text_puts(out, "}");
    if (sorted != few) free(sorted);
}

/* ---------------------------------------------------------------- any attribute */

static void print_attr(const tr_attr *attr, elision types, tr_text *out)
{
    if (attr->alias.size) {
        tr_text_append(out, attr->alias);
        return;
    }
    switch (attr->kind) {
    case TR_ATTR_UNIT: tr_text_puts(out, "unit"); break;
    case TR_ATTR_BOOL: tr_text_puts(out, attr->integer ? "true" : "false"); break;
    case TR_ATTR_INTEGER:
        if (attr->text.size) {
            tr_text_append(out, attr->text);
        } else {
            print_int(attr->type, attr->integer, out);
        }
        print_type_suffix(attr, types, out);
        break;
    case TR_ATTR_FLOAT:
        if (attr->text.size && !tr_float_format_of(attr->type)) {
            tr_text_append(out, attr->text);
        } else {
            tr_float_print(attr->type, attr->real, (uint64_t)attr->integer, out);
        }
        print_type_suffix(attr, types, out);
        break;
    case TR_ATTR_STRING:
        tr_quoted_print(attr->text, out);
        if (attr->type && attr->type->kind != TR_TYPE_NONE) {
            tr_text_puts(out, " : ");
            tr_type_print(attr->type, out);
        }
        break;
    case TR_ATTR_TYPE: tr_type_print(attr->type, out); break;
    case TR_ATTR_SYMBOL:
        if (attr->source.size) {
            tr_text_append(out, attr->source);
        } else {
            tr_symbol_print(attr->text, out);
        }
        break;
    case TR_ATTR_LIST:
        tr_text_puts(out, "[");
        for (int32_t i = 0; i < attr->count; i++) {
            if (i) tr_text_puts(out, ", ");
            print_attr(attr->items[i], DEFAULT, out);
        }
        tr_text_puts(out, "]");
        break;
    case TR_ATTR_DICT: tr_attrs_print(attr->entries, attr->count, NULL, out); break;
    case TR_ATTR_INTS: print_ints(attr, out); break;
    case TR_ATTR_ELEMENTS:
        print_elements(attr, out);
        if (types == NEVER) break;
        tr_text_puts(out, " : ");
        tr_type_print(attr->type, out);
        break;
    case TR_ATTR_LOC:
        tr_text_puts(out, "loc(");
        tr_text_append(out, attr->loc->alias.size ? attr->loc->alias : attr->loc->text);
        tr_text_puts(out, ")");
        break;
    case TR_ATTR_OPAQUE: tr_text_append(out, attr->source.size ? attr->source : attr->text); break;
    }
}

void tr_attr_print(const tr_attr *attr, tr_text *out)
{
    print_attr(attr, ALWAYS, out);
}

void tr_attr_print_untyped(const tr_attr *attr, tr_text *out)
{
    print_attr(attr, NEVER, out);
}
