#include "artifact/npy.h"

#include <stdio.h>

/* ---------------------------------------------------------------- element types */

typedef struct npy_type {
    char kind;
    size_t size;
    tr_dtype dtype;    /* what it holds; NONE when only a hint says */
    const char *descr; /* how np.save writes it */
} npy_type;

/* The first row of a dtype is the form that is written. ml_dtypes gives bf16 and most fp8 the kind 'V' and f8e5m2 'f';
 * np.load refuses '<f1', so that one is only read. */
static const npy_type npy_types[] = {
    { 'b', 1, TR_I1, "|b1" },   { 'i', 1, TR_I8, "|i1" },         { 'i', 2, TR_I16, "<i2" },
    { 'i', 4, TR_I32, "<i4" },  { 'i', 8, TR_I64, "<i8" },        { 'u', 1, TR_U8, "|u1" },
    { 'u', 2, TR_U16, "<u2" },  { 'u', 4, TR_U32, "<u4" },        { 'u', 8, TR_U64, "<u8" },
    { 'f', 2, TR_F16, "<f2" },  { 'f', 4, TR_F32, "<f4" },        { 'f', 8, TR_F64, "<f8" },
    { 'V', 2, TR_BF16, "<V2" }, { 'V', 1, TR_DTYPE_NONE, "<V1" }, { 'f', 1, TR_F8E5M2, "<V1" },
};
#define NPY_TYPE_COUNT (sizeof(npy_types) / sizeof(npy_types[0]))

static const char *descr_of(tr_dtype dtype)
{
    for (size_t i = 0; i < NPY_TYPE_COUNT; i++) {
        if (npy_types[i].dtype == dtype) return npy_types[i].descr;
    }
    return dtype == TR_PTR ? "<u8" : "<V1"; /* f8e4m3fn has no row of its own */
}

/* ---------------------------------------------------------------- prefix */

static const char magic[] = "\x93NUMPY";
#define MAGIC_SIZE (sizeof(magic) - 1)

tr_status tr_npy_header_size(tr_str prefix, const char *file, size_t *out_size, tr_error *error)
{
    size_t known = prefix.size < MAGIC_SIZE ? prefix.size : MAGIC_SIZE;
    if (known == 0) return tr_fail(error, TR_INVALID_INPUT, "'%s' is empty, not a .npy file", file);
    if (memcmp(prefix.data, magic, known) != 0) {
        return tr_fail(error, TR_INVALID_INPUT, "'%s' is not a .npy file: it does not begin with \\x93NUMPY", file);
    }
    if (prefix.size < TR_NPY_PREFIX) {
        return tr_fail(error, TR_INVALID_INPUT, "'%s' is truncated: it ends within the .npy header", file);
    }
    const unsigned char *p = (const unsigned char *)prefix.data;
    unsigned major = p[6], minor = p[7];
    if (major < 1 || major > 3 || minor != 0) {
        return tr_fail(error, TR_INVALID_INPUT, "'%s' has .npy version %u.%u; versions 1.0, 2.0 and 3.0 are known",
                       file, major, minor);
    }
    size_t text = p[8] | (size_t)p[9] << 8, begin = 10;
    if (major > 1) {
        text |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
        begin = 12;
    }
    if (text > TR_NPY_LARGEST_HEADER) {
        return tr_fail(error, TR_INVALID_INPUT, "'%s' claims a header of %zu bytes; at most %zu are read", file, text,
                       TR_NPY_LARGEST_HEADER);
    }
    *out_size = begin + text;
    return TR_OK;
}

/* ---------------------------------------------------------------- header text */

typedef struct reader {
    const char *cursor, *end;
    const char *begin; /* of the header text */
    const char *file;
    tr_dtype hint;
    tr_npy *npy;
    tr_error *error;
} reader;

static tr_status expected(const reader *r, const char *what)
{
    char found[8] = "the end";
    if (r->cursor < r->end) snprintf(found, sizeof(found), *r->cursor >= ' ' ? "'%c'" : "a byte", *r->cursor);
    return tr_fail(r->error, TR_INVALID_INPUT, "'%s': the .npy header is damaged: expected %s at byte %td, found %s",
                   r->file, what, r->cursor - r->begin, found);
}

static void skip_space(reader *r)
{
    while (r->cursor < r->end && (*r->cursor == ' ' || *r->cursor == '\n' || *r->cursor == '\t')) r->cursor++;
}

/* Skips space and then `c` if it is next. */
static bool take(reader *r, char c)
{
    skip_space(r);
    if (r->cursor == r->end || *r->cursor != c) return false;
    r->cursor++;
    return true;
}

static bool take_word(reader *r, const char *word)
{
    skip_space(r);
    size_t size = strlen(word);
    if ((size_t)(r->end - r->cursor) < size || memcmp(r->cursor, word, size) != 0) return false;
    r->cursor += size;
    return true;
}

/* string = "'" char* "'" | '"' char* '"'      no escapes: NumPy writes none here */
static tr_status read_string(reader *r, const char *what, tr_str *out)
{
    skip_space(r);
    if (r->cursor == r->end || (*r->cursor != '\'' && *r->cursor != '"')) return expected(r, what);
    char quote = *r->cursor++;
    const char *begin = r->cursor;
    while (r->cursor < r->end && *r->cursor != quote) r->cursor++;
    if (r->cursor == r->end) return expected(r, "a closing quote");
    *out = (tr_str){ begin, (size_t)(r->cursor - begin) };
    r->cursor++;
    return TR_OK;
}

/* What a hint makes of a type that the file names, or fails. */
static tr_status apply_hint(const reader *r, const npy_type *type, tr_str descr)
{
    tr_dtype hint = r->hint;
    r->npy->dtype = type->dtype;
    if (hint == TR_DTYPE_NONE && type->dtype == TR_DTYPE_NONE) {
        return tr_fail(
            r->error, TR_INVALID_ARGUMENT,
            "'%s' holds elements of 1 byte without a type ('%.*s', as ml_dtypes saves fp8): say which it is, "
            "f8e4m3fn or f8e5m2",
            r->file, TR_STR_ARG(descr));
    }
    if (hint == TR_DTYPE_NONE || hint == type->dtype) return TR_OK;
    bool open = type->kind == 'V' || type->kind == 'u' || type->kind == 'i';
    if (open && tr_dtype_size(hint) == type->size) {
        r->npy->dtype = hint;
        return TR_OK;
    }
    const char *held = type->dtype ? tr_dtype_name(type->dtype) : "elements of 1 byte";
    return tr_fail(r->error, TR_MISMATCH, "'%s' holds %s ('%.*s'), not %s", r->file, held, TR_STR_ARG(descr),
                   tr_dtype_name(hint));
}

/* descr = [<>|=]? kind size      a list is a structured dtype */
static tr_status read_descr(reader *r)
{
    skip_space(r);
    if (r->cursor < r->end && *r->cursor == '[') {
        return tr_fail(r->error, TR_INVALID_INPUT, "'%s' holds structured elements; plain numbers are needed", r->file);
    }
    tr_str descr, rest;
    TR_TRY(read_string(r, "the element type, a quoted string", &descr));
    rest = descr;
    char order = '|';
    if (rest.size && memchr("<>|=", rest.data[0], 4)) {
        order = rest.data[0];
        rest.data++;
        rest.size--;
    }
    size_t size = 0;
    bool digits = rest.size >= 2 && rest.size <= 4;
    for (size_t i = 1; i < rest.size && digits; i++) {
        digits = rest.data[i] >= '0' && rest.data[i] <= '9';
        size = size * 10 + (size_t)(rest.data[i] - '0');
    }
    for (size_t i = 0; i < NPY_TYPE_COUNT && digits; i++) {
        if (npy_types[i].kind != rest.data[0] || npy_types[i].size != size) continue;
        r->npy->swapped = order == '>' && size > 1;
        return apply_hint(r, &npy_types[i], descr);
    }
    return tr_fail(r->error, TR_INVALID_INPUT,
                   "'%s' holds elements of type '%.*s'; known are b1, i1..i8, u1..u8, f2, f4, f8, V2 (bf16) and V1 "
                   "(fp8)",
                   r->file, TR_STR_ARG(descr));
}

/* bool = "True" | "False" */
static tr_status read_order(reader *r)
{
    r->npy->fortran = take_word(r, "True");
    if (!r->npy->fortran && !take_word(r, "False")) return expected(r, "True or False");
    return TR_OK;
}

/* size = digit+ "L"?      Python 2 wrote the L */
static tr_status read_size(reader *r, int64_t *out)
{
    skip_space(r);
    if (r->cursor == r->end || *r->cursor < '0' || *r->cursor > '9') return expected(r, "a size");
    int64_t value = 0;
    while (r->cursor < r->end && *r->cursor >= '0' && *r->cursor <= '9') {
        int digit = *r->cursor++ - '0';
        if (__builtin_mul_overflow(value, (int64_t)10, &value) || __builtin_add_overflow(value, digit, &value)) {
            return tr_fail(r->error, TR_INVALID_INPUT, "'%s': a size in the shape is too large", r->file);
        }
    }
    if (r->cursor < r->end && *r->cursor == 'L') r->cursor++;
    *out = value;
    return TR_OK;
}

/* shape = "(" (size ("," size)* ","?)? ")" */
static tr_status read_shape(reader *r)
{
    tr_npy *npy = r->npy;
    npy->rank = 0;
    if (!take(r, '(')) return expected(r, "the shape, '('");
    while (!take(r, ')')) {
        if (npy->rank == TR_MAX_RANK) {
            return tr_fail(r->error, TR_INVALID_INPUT, "'%s' has more than %d dimensions", r->file, TR_MAX_RANK);
        }
        TR_TRY(read_size(r, &npy->shape[npy->rank]));
        npy->rank++;
        if (take(r, ',')) continue;
        if (!take(r, ')')) return expected(r, "',' or ')'");
        break;
    }
    return TR_OK;
}

typedef struct header_key {
    const char *name;
    tr_status (*read)(reader *r);
} header_key;

static const header_key header_keys[] = {
    { "descr", read_descr },
    { "fortran_order", read_order },
    { "shape", read_shape },
};
#define HEADER_KEY_COUNT (sizeof(header_keys) / sizeof(header_keys[0]))

/* header = "{" (key ":" value ("," key ":" value)* ","?)? "}" */
static tr_status read_header(reader *r)
{
    bool seen[HEADER_KEY_COUNT] = { false };
    if (!take(r, '{')) return expected(r, "'{'");
    while (!take(r, '}')) {
        tr_str name;
        TR_TRY(read_string(r, "a quoted key or '}'", &name));
        size_t key = 0;
        while (key < HEADER_KEY_COUNT && !tr_str_is(name, header_keys[key].name)) key++;
        if (key == HEADER_KEY_COUNT || seen[key]) {
            return tr_fail(r->error, TR_INVALID_INPUT, "'%s': the .npy header has %s key '%.*s'", r->file,
                           key == HEADER_KEY_COUNT ? "the unknown" : "twice the", TR_STR_ARG(name));
        }
        seen[key] = true;
        if (!take(r, ':')) return expected(r, "':'");
        TR_TRY(header_keys[key].read(r));
        if (take(r, ',')) continue;
        if (!take(r, '}')) return expected(r, "',' or '}'");
        break;
    }
    skip_space(r);
    if (r->cursor < r->end) return expected(r, "the end of the header");
    for (size_t key = 0; key < HEADER_KEY_COUNT; key++) {
        if (seen[key]) continue;
        return tr_fail(r->error, TR_INVALID_INPUT, "'%s': the .npy header lacks the key '%s'", r->file,
                       header_keys[key].name);
    }
    return TR_OK;
}

static tr_status compute_size(tr_npy *npy, const char *file, tr_error *error)
{
    size_t size = tr_dtype_size(npy->dtype);
    bool empty = false, overflow = false;
    for (int32_t i = 0; i < npy->rank; i++) empty |= npy->shape[i] == 0;
    for (int32_t i = 0; i < npy->rank && !empty; i++) {
        overflow |= __builtin_mul_overflow(size, (uint64_t)npy->shape[i], &size);
    }
    if (overflow || size > (size_t)INT64_MAX) {
        return tr_fail(error, TR_INVALID_INPUT, "'%s': the shape has more elements than memory can hold", file);
    }
    npy->size = empty ? 0 : size;
    npy->count = (int64_t)(npy->size / tr_dtype_size(npy->dtype));
    return TR_OK;
}

tr_status tr_npy_parse(tr_str bytes, const char *file, tr_dtype hint, tr_npy *out_npy, tr_error *error)
{
    size_t size;
    TR_TRY(tr_npy_header_size(bytes, file, &size, error));
    if (size > bytes.size) {
        return tr_fail(error, TR_INVALID_INPUT, "'%s' is truncated: its .npy header has %zu bytes, the file %zu", file,
                       size, bytes.size);
    }
    size_t text = bytes.data[6] == 1 ? 10 : 12; /* where the header text begins: behind its length */
    tr_npy npy = { .data_begin = size };
    reader r = { .cursor = bytes.data + text,
                 .end = bytes.data + size,
                 .begin = bytes.data + text,
                 .file = file,
                 .hint = hint,
                 .npy = &npy,
                 .error = error };
    TR_TRY(read_header(&r));
    TR_TRY(compute_size(&npy, file, error));
    *out_npy = npy;
    return TR_OK;
}

tr_status tr_npy_check_size(const tr_npy *npy, const char *file, uint64_t file_size, tr_error *error)
{
    uint64_t there = file_size > npy->data_begin ? file_size - npy->data_begin : 0;
    if (there >= npy->size) return TR_OK; /* np.load takes no notice of what follows either */
    tr_text shape = { 0 };
    for (int32_t i = 0; i < npy->rank; i++) tr_text_printf(&shape, "%s%lld", i ? "x" : "", (long long)npy->shape[i]);
    tr_status status = tr_fail(error, TR_INVALID_INPUT,
                               "'%s' is truncated: %s of shape %s takes %zu bytes of data, the file has %llu", file,
                               tr_dtype_name(npy->dtype), shape.data && !shape.failed ? shape.data : "()", npy->size,
                               (unsigned long long)there);
    tr_text_deinit(&shape);
    return status;
}

/* ---------------------------------------------------------------- payload */

bool tr_npy_needs_conversion(const tr_npy *npy)
{
    return npy->swapped || (npy->fortran && npy->rank > 1) || npy->dtype == TR_I1;
}

static void copy_element(char *to, const char *from, size_t size, bool swapped)
{
    if (!swapped) {
        memcpy(to, from, size);
        return;
    }
    for (size_t i = 0; i < size; i++) to[i] = from[size - 1 - i];
}

void tr_npy_convert(const tr_npy *npy, const void *payload, void *out)
{
    if (npy->count == 0) return;
    const char *from = payload;
    char *to = out;
    size_t size = tr_dtype_size(npy->dtype);

    /* Strides of the file's order; the counter walks through ours. */
    int64_t stride[TR_MAX_RANK] = { 0 }, at[TR_MAX_RANK] = { 0 }, step = 1;
    for (int32_t i = 0; i < npy->rank; i++) {
        int32_t dimension = npy->fortran ? i : npy->rank - 1 - i;
        stride[dimension] = step;
        step *= npy->shape[dimension];
    }
    int64_t source = 0;
    for (int64_t i = 0; i < npy->count; i++) {
        copy_element(to + (size_t)i * size, from + (size_t)source * size, size, npy->swapped);
        for (int32_t d = npy->rank - 1; d >= 0; d--) {
            source += stride[d];
            if (++at[d] < npy->shape[d]) break;
            source -= stride[d] * npy->shape[d];
            at[d] = 0;
        }
    }
    if (npy->dtype == TR_I1) {
        for (int64_t i = 0; i < npy->count; i++) to[i] = to[i] != 0;
    }
}

void tr_npy_print_header(tr_dtype dtype, int32_t rank, const int64_t *shape, tr_text *out)
{
    tr_text dict = { 0 };
    tr_text_printf(&dict, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr_of(dtype));
    for (int32_t i = 0; i < rank; i++) {
        tr_text_printf(&dict, "%s%lld", i ? ", " : "", (long long)shape[i]);
    }
    tr_text_printf(&dict, "%s), }", rank == 1 ? "," : "");
    /* Spaces and a newline bring the data to a multiple of 64 bytes, as NumPy does. */
    while ((MAGIC_SIZE + 4 + dict.size + 1) % 64 != 0 && !dict.failed) tr_text_puts(&dict, " ");
    tr_text_puts(&dict, "\n");

    char prefix[10];
    memcpy(prefix, magic, MAGIC_SIZE);
    prefix[6] = 1;
    prefix[7] = 0;
    prefix[8] = (char)(dict.size & 0xff);
    prefix[9] = (char)(dict.size >> 8); /* TR_MAX_RANK sizes fit easily */
    tr_text_append(out, (tr_str){ prefix, sizeof(prefix) });
    tr_text_append(out, (tr_str){ dict.data, dict.failed ? 0 : dict.size });
    out->failed |= dict.failed;
    tr_text_deinit(&dict);
}
