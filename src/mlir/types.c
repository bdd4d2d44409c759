/* Types: parsing and uniquing. */
#include "base/memory.h"
#include "mlir/parser.h"
#include "mlir/types.h"

static const struct {
    const char *name;
    uint8_t bits;
    tr_dtype dtype;
} floats[] = {
    { "f16", 16, TR_F16 },
    { "bf16", 16, TR_BF16 },
    { "f32", 32, TR_F32 },
    { "f64", 64, TR_F64 },
    { "tf32", 32, TR_DTYPE_NONE },
    { "f8E4M3FN", 8, TR_F8E4M3FN },
    { "f8E5M2", 8, TR_F8E5M2 },
    { "f8E4M3FNUZ", 8, TR_F8E4M3FN }, /* how 3.0 and 3.1 spell f8E4M3FN */
    { "f8E5M2FNUZ", 8, TR_DTYPE_NONE },
    { "f8E4M3B11FNUZ", 8, TR_DTYPE_NONE },
    { "f8E3M4", 8, TR_DTYPE_NONE },
    { "f8E4M3", 8, TR_DTYPE_NONE },
    { "f8E8M0FNU", 8, TR_DTYPE_NONE },
    { "f6E2M3FN", 6, TR_DTYPE_NONE },
    { "f6E3M2FN", 6, TR_DTYPE_NONE },
    { "f4E2M1FN", 4, TR_DTYPE_NONE },
    { "f80", 80, TR_DTYPE_NONE },
    { "f128", 128, TR_DTYPE_NONE },
};

/* ---------------------------------------------------------------- uniquing */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t hash_type(const tr_type *t)
{
    uint64_t hash = mix((uint64_t)t->kind, t->bits);
    hash = mix(hash, (uint64_t)(uintptr_t)t->element);
    hash = mix(hash, (uint64_t)(uintptr_t)t->encoding);
    for (int32_t i = 0; i < t->rank; i++) hash = mix(hash, (uint64_t)t->shape[i]);
    if (t->name.size) hash = mix(hash, tr_hash(t->name));
    for (int32_t i = 0; i < t->input_count; i++) hash = mix(hash, (uint64_t)(uintptr_t)t->inputs[i]);
    for (int32_t i = 0; i < t->result_count; i++) hash = mix(hash, (uint64_t)(uintptr_t)t->results[i]);
    return hash;
}

static bool same_list(const void *a, const void *b, int32_t count, size_t size)
{
    return count == 0 || memcmp(a, b, (size_t)count * size) == 0;
}

static bool same_type(const tr_type *a, const tr_type *b)
{
    return a->kind == b->kind && a->bits == b->bits && a->element == b->element && a->encoding == b->encoding &&
           a->rank == b->rank && a->input_count == b->input_count && a->result_count == b->result_count &&
           tr_str_equal(a->name, b->name) && tr_str_equal(a->space, b->space) &&
           same_list(a->shape, b->shape, a->rank, sizeof(int64_t)) &&
           same_list(a->inputs, b->inputs, a->input_count, sizeof(tr_type *)) &&
           same_list(a->results, b->results, a->result_count, sizeof(tr_type *));
}

static bool grow_types(tr_parser *p)
{
    size_t capacity = p->type_capacity ? p->type_capacity * 2 : 128;
    const tr_type **types = tr_calloc(capacity, sizeof(*types));
    if (!types) return false;
    for (size_t i = 0; i < p->type_capacity; i++) {
        if (!p->types[i]) continue;
        size_t at = hash_type(p->types[i]) & (capacity - 1);
        while (types[at]) at = (at + 1) & (capacity - 1);
        types[at] = p->types[i];
    }
    free(p->types);
    p->types = types;
    p->type_capacity = capacity;
    return true;
}

static void *copy_array(tr_arena *arena, const void *items, int32_t count, size_t size)
{
    void *copy = tr_arena_alloc_array(arena, (size_t)count, size);
    if (copy && count) memcpy(copy, items, (size_t)count * size);
    return copy;
}

tr_status tr_type_unique(tr_parser *p, const tr_type *wanted, const tr_type **out)
{
    if (p->type_count * 2 >= p->type_capacity && !grow_types(p)) return tr_parse_oom(p);
    size_t at = hash_type(wanted) & (p->type_capacity - 1);
    for (; p->types[at]; at = (at + 1) & (p->type_capacity - 1)) {
        if (!same_type(p->types[at], wanted)) continue;
        *out = p->types[at];
        return TR_OK;
    }
    tr_type *type = TR_NEW(p->arena, tr_type);
    if (!type) return tr_parse_oom(p);
    *type = *wanted;
    if (type->rank) type->shape = copy_array(p->arena, wanted->shape, wanted->rank, sizeof(int64_t));
    if (type->input_count) type->inputs = copy_array(p->arena, wanted->inputs, wanted->input_count, sizeof(tr_type *));
    if (type->result_count) {
        type->results = copy_array(p->arena, wanted->results, wanted->result_count, sizeof(tr_type *));
    }
    if ((type->rank && !type->shape) || (type->input_count && !type->inputs) ||
        (type->result_count && !type->results)) {
        return tr_parse_oom(p);
    }
    p->types[at] = type;
    p->type_count++;
    *out = type;
    return TR_OK;
}

static tr_dtype integer_dtype(uint32_t bits)
{
    switch (bits) {
    case 1: return TR_I1;
    case 8: return TR_I8;
    case 16: return TR_I16;
    case 32: return TR_I32;
    case 64: return TR_I64;
    default: return TR_DTYPE_NONE;
    }
}

static tr_status integer_type(tr_parser *p, const char *name, uint32_t bits, const tr_type **out)
{
    tr_type type = {
        .kind = TR_TYPE_INTEGER,
        .bits = bits,
        .dtype = integer_dtype(bits),
        .name = tr_str_of(name),
        .count = 1,
    };
    return tr_type_unique(p, &type, out);
}

tr_status tr_types_init(tr_parser *p)
{
    TR_TRY(integer_type(p, "i1", 1, &p->i1));
    TR_TRY(integer_type(p, "i32", 32, &p->i32));
    TR_TRY(integer_type(p, "i64", 64, &p->i64));
    tr_type f64 = { .kind = TR_TYPE_FLOAT, .bits = 64, .dtype = TR_F64, .name = TR_STR("f64"), .count = 1 };
    TR_TRY(tr_type_unique(p, &f64, &p->f64));
    tr_type index = { .kind = TR_TYPE_INDEX, .bits = 64, .dtype = TR_I64, .name = TR_STR("index"), .count = 1 };
    TR_TRY(tr_type_unique(p, &index, &p->index));
    tr_type none = { .kind = TR_TYPE_NONE, .name = TR_STR("none"), .count = 1 };
    return tr_type_unique(p, &none, &p->none);
}

tr_status tr_type_with_element(tr_parser *p, const tr_type *shaped, const tr_type *element, const tr_type **out)
{
    if (shaped->kind != TR_TYPE_TENSOR) {
        *out = element;
        return TR_OK;
    }
    tr_type type = *shaped;
    type.element = element;
    return tr_type_unique(p, &type, out);
}

tr_status tr_type_pointer_to(tr_parser *p, const tr_type *element, tr_str space, const tr_type **out)
{
    tr_type type = {
        .kind = TR_TYPE_POINTER, .dtype = TR_PTR, .bits = 64, .element = element, .space = space, .count = 1
    };
    return tr_type_unique(p, &type, out);
}

tr_status tr_type_function(tr_parser *p, const tr_type **inputs, size_t input_count, const tr_type **results,
                           size_t result_count, const tr_type **out)
{
    tr_type type = {
        .kind = TR_TYPE_FUNCTION,
        .inputs = inputs,
        .input_count = (int32_t)input_count,
        .results = results,
        .result_count = (int32_t)result_count,
        .count = 1,
    };
    return tr_type_unique(p, &type, out);
}

/* ---------------------------------------------------------------- parsing */

/* The bits of "i32", "si8", "ui64"; NOT_INTEGER if the name is no integer type. */
#define NOT_INTEGER UINT32_MAX
#define TOO_WIDE (UINT32_MAX - 1)
static uint32_t integer_bits(tr_str name)
{
    size_t i = 0;
    if (i < name.size && (name.data[i] == 's' || name.data[i] == 'u')) i++;
    if (i >= name.size || name.data[i] != 'i') return NOT_INTEGER;
    i++;
    if (i >= name.size) return NOT_INTEGER;
    uint32_t bits = 0;
    for (; i < name.size; i++) {
        if (name.data[i] < '0' || name.data[i] > '9') return NOT_INTEGER;
        bits = bits * 10 + (uint32_t)(name.data[i] - '0');
        if (bits > 16777215) return TOO_WIDE;
    }
    return bits;
}

/* A type of one word. *out stays NULL if the word is not one. */
static tr_status find_word_type(tr_parser *p, tr_str name, uint32_t offset, const tr_type **out)
{
    uint32_t bits = integer_bits(name);
    if (bits == TOO_WIDE) return tr_parse_fail(p, offset, "'%.*s' has too many bits", TR_STR_ARG(name));
    if (bits != NOT_INTEGER) {
        tr_type type = {
            .kind = TR_TYPE_INTEGER,
            .bits = bits,
            .dtype = integer_dtype(bits),
            .name = name,
            .count = 1,
        };
        return tr_type_unique(p, &type, out);
    }
    for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
        if (!tr_str_is(name, floats[i].name)) continue;
        tr_type type = {
            .kind = TR_TYPE_FLOAT,
            .bits = floats[i].bits,
            .dtype = floats[i].dtype,
            .name = name,
            .count = 1,
        };
        return tr_type_unique(p, &type, out);
    }
    if (tr_str_is(name, "index")) *out = p->index;
    if (tr_str_is(name, "none")) *out = p->none;
    return TR_OK;
}

/* The same; a few words are nearly all there are, so the last types found are kept by their letters. */
static tr_status word_type(tr_parser *p, tr_str name, uint32_t offset, const tr_type **out)
{
    if (name.size > 7) return find_word_type(p, name, offset, out);
    uint64_t key = 0;
    memcpy(&key, name.data, name.size);
    key |= (uint64_t)name.size << 56;
    tr_word_type *slot = &p->word_types[key * 0x9e3779b97f4a7c15u >> 59];
    if (slot->key != key) {
        TR_TRY(find_word_type(p, name, offset, out));
        *slot = (tr_word_type){ key, *out };
    }
    *out = slot->type;
    return TR_OK;
}

/* A type that only its text matters of: its spelling with aliases expanded is its name. */
static tr_status opaque_type(tr_parser *p, tr_type_kind kind, uint32_t begin, uint32_t first, const tr_type **out)
{
    tr_type type = { .kind = kind, .count = 1 };
    TR_TRY(tr_expand(p, begin, first, &type.name));
    return tr_type_unique(p, &type, out);
}

static bool digit_at(const tr_parser *p, size_t at)
{
    return at < p->text.size && p->text.data[at] >= '0' && p->text.data[at] <= '9';
}

static bool blank_at(const tr_parser *p, size_t at)
{
    return at < p->text.size && strchr(" \t\r\n", p->text.data[at]);
}

/* Fills in `count`, and checks that it can be counted. */
static tr_status count_elements(tr_parser *p, uint32_t offset, tr_type *type)
{
    type->count = 1;
    for (int32_t i = 0; i < type->rank; i++) {
        int64_t count;
        if (__builtin_mul_overflow(type->count, type->shape[i] < 0 ? 1 : type->shape[i], &count) || count > (int64_t)1
                                                                                                                << 48) {
            return tr_parse_fail(p, offset, "this shape has too many elements");
        }
        type->count = count;
    }
    return TR_OK;
}

static tr_status parse_named(tr_parser *p, tr_str name, uint32_t offset, const tr_type **out);

/* shaped = (integer 'x')* element. The lexer takes "4x8xf32" as an integer and a word, so dimensions are read from
 * the text itself; the element may begin inside a word. */
static tr_status parse_shaped(tr_parser *p, int64_t *shape, int32_t *out_rank, const tr_type **out_element)
{
    size_t at = tr_peek(p).begin;
    int32_t rank = 0;
    while (digit_at(p, at) || (at < p->text.size && p->text.data[at] == '?')) {
        if (rank == TR_LIMIT_RANK) return tr_parse_fail(p, (uint32_t)at, "more than %d dimensions", TR_LIMIT_RANK);
        size_t begin = at;
        int64_t dimension = 0;
        if (p->text.data[at] == '?') {
            dimension = -1;
            at++;
        }
        for (; digit_at(p, at); at++) {
            dimension = dimension * 10 + (p->text.data[at] - '0');
            if (dimension > (int64_t)1 << 40) return tr_parse_fail(p, (uint32_t)begin, "this dimension is too large");
        }
        shape[rank++] = dimension;
        while (blank_at(p, at)) at++;
        if (at >= p->text.size || p->text.data[at] != 'x') {
            return tr_parse_fail(p, (uint32_t)at, "expected 'x' and an element type behind a dimension");
        }
        at++;
        while (blank_at(p, at)) at++;
    }
    *out_rank = rank;
    while (tr_peek_kind(p) != TR_TOKEN_END && tr_peek(p).begin + tr_peek(p).size <= at) p->at++;
    tr_token token = tr_peek(p);
    if (token.begin >= at) return tr_parse_type(p, out_element);
    p->at++;
    tr_str rest = { p->text.data + at, token.begin + token.size - at };
    return parse_named(p, rest, (uint32_t)at, out_element);
}

/* The attribute that stands for all with the same text: two tensors are of one type if their encodings are. */
static tr_status unique_encoding(tr_parser *p, const tr_attr *attr, const tr_attr **out)
{
    tr_str key = attr->text;
    if (attr->kind != TR_ATTR_OPAQUE) {
        tr_text text = { 0 };
        tr_attr_print(attr, &text);
        key = text.failed ? (tr_str){ 0 } : tr_arena_copy(p->arena, (tr_str){ text.data, text.size });
        tr_text_deinit(&text);
        if (!key.data) return tr_parse_oom(p);
    }
    bool is_new;
    uint64_t *slot = tr_map_put(&p->encodings, key, &is_new);
    if (!slot) return tr_parse_oom(p);
    if (is_new) *slot = (uint64_t)(uintptr_t)attr;
    *out = (const tr_attr *)(uintptr_t)*slot;
    return TR_OK;
}

/* tensor = 'tensor' '<' shaped (',' attribute)? '>' */
static tr_status parse_tensor(tr_parser *p, uint32_t offset, const tr_type **out)
{
    int64_t shape[TR_LIMIT_RANK];
    tr_type type = { .kind = TR_TYPE_TENSOR, .shape = shape };
    TR_TRY(tr_expect(p, '<', "'<' behind 'tensor'"));
    if (tr_peek_kind(p) == '*') return tr_parse_fail(p, offset, "tensors without a rank are not supported");
    TR_TRY(parse_shaped(p, shape, &type.rank, &type.element));
    TR_TRY(count_elements(p, offset, &type));
    if (type.element->kind == TR_TYPE_TENSOR || type.element->kind == TR_TYPE_FUNCTION) {
        return tr_parse_fail(p, offset, "the elements of a tensor can't be tensors or functions");
    }
    if (tr_take(p, ',')) {
        const tr_attr *encoding;
        TR_TRY(tr_parse_attr(p, NULL, &encoding));
        TR_TRY(unique_encoding(p, encoding, &type.encoding));
    }
    TR_TRY(tr_expect(p, '>', "'>' at the end of the tensor type"));
    return tr_type_unique(p, &type, out);
}

/* A type that begins with a bare word; the word is read already. */
static tr_status parse_named(tr_parser *p, tr_str name, uint32_t offset, const tr_type **out)
{
    *out = NULL;
    TR_TRY(word_type(p, name, offset, out));
    if (*out) return TR_OK;
    if (tr_str_is(name, "tensor")) {
        TR_TRY(tr_nest(p)); /* tensor<4xtensor<... comes here without tr_parse_type */
        TR_TRY(parse_tensor(p, offset, out));
        tr_unnest(p);
        return TR_OK;
    }
    if (tr_str_is(name, "vector") || tr_str_is(name, "memref") || tr_str_is(name, "complex") ||
        tr_str_is(name, "tuple")) {
        uint32_t first = p->at;
        tr_str text;
        TR_TRY(tr_parse_balanced(p, &text));
        return opaque_type(p, TR_TYPE_OPAQUE, offset, first, out);
    }
    return tr_parse_fail(p, offset, "unknown type '%.*s'", TR_STR_ARG(name));
}

/* pointer = '<' type (',' (integer | string))? '>' */
static tr_status parse_pointer(tr_parser *p, const tr_type **out)
{
    const tr_type *element;
    tr_str space = { 0 };
    TR_TRY(tr_expect(p, '<', "'<' behind '!tt.ptr'"));
    TR_TRY(tr_parse_type(p, &element));
    if (tr_take(p, ',')) {
        tr_token token = tr_peek(p);
        if (token.kind != TR_TOKEN_INTEGER && token.kind != TR_TOKEN_STRING) return tr_expected(p, "an address space");
        p->at++;
        space = tr_text_of(p, token);
        /* The default is left out when it is printed: the two spellings are one type. */
        if (tr_str_is(space, "1") || tr_str_is(space, "\"global\"")) space.size = 0;
    }
    TR_TRY(tr_expect(p, '>', "'>' at the end of the pointer type"));
    return tr_type_pointer_to(p, element, space, out);
}

/* tensordesc = '<' (shaped (',' attribute)? | tensor) '>' */
static tr_status parse_tensordesc(tr_parser *p, const tr_type **out)
{
    int64_t shape[TR_LIMIT_RANK];
    tr_type type = { .kind = TR_TYPE_TENSORDESC, .shape = shape };
    uint32_t offset = tr_peek(p).begin;
    TR_TRY(tr_expect(p, '<', "'<' behind '!tt.tensordesc'"));
    if (tr_peek_is(p, "tensor")) {
        const tr_type *block;
        TR_TRY(tr_parse_type(p, &block));
        type.wrapped = true;
        type.element = block->element;
        type.rank = block->rank;
        type.shape = block->shape;
        type.encoding = block->encoding;
    } else {
        TR_TRY(parse_shaped(p, shape, &type.rank, &type.element));
        if (tr_take(p, ',')) {
            const tr_attr *encoding;
            TR_TRY(tr_parse_attr(p, NULL, &encoding));
            TR_TRY(unique_encoding(p, encoding, &type.encoding));
        }
    }
    TR_TRY(count_elements(p, offset, &type));
    TR_TRY(tr_expect(p, '>', "'>' at the end of the descriptor type"));
    return tr_type_unique(p, &type, out);
}

/* dialect-type = '!' name ('<' ... '>')? | alias */
static tr_status parse_dialect_type(tr_parser *p, const tr_type **out)
{
    tr_token token = tr_peek(p);
    tr_str name = tr_name_of(p, token);
    if (!memchr(name.data, '.', name.size) && tr_peek_second(p) != '<') {
        const tr_alias *alias;
        TR_TRY(tr_find_alias(p, &alias));
        if (!alias || !alias->type) return tr_parse_fail(p, token.begin, "unknown type '!%.*s'", TR_STR_ARG(name));
        p->at++;
        *out = alias->type;
        return TR_OK;
    }
    uint32_t first = p->at++;
    if (tr_str_is(name, "tt.ptr")) return parse_pointer(p, out);
    if (tr_str_is(name, "tt.tensordesc")) return parse_tensordesc(p, out);
    if (tr_peek_kind(p) == '<') {
        tr_str text;
        TR_TRY(tr_parse_balanced(p, &text));
    }
    tr_type_kind kind = TR_TYPE_OPAQUE;
    if (tr_str_is(name, "ttg.memdesc") || tr_str_is(name, "tt.memdesc")) kind = TR_TYPE_MEMDESC;
    if (tr_str_is(name, "ttg.async.token") || tr_str_is(name, "triton_gpu.async.token")) kind = TR_TYPE_TOKEN;
    return opaque_type(p, kind, token.begin, first, out);
}

/* types = type (',' type)* */
tr_status tr_parse_types(tr_parser *p)
{
    do {
        const tr_type *type;
        TR_TRY(tr_parse_type(p, &type));
        if (!tr_vec_push(&p->type_stack, type)) return tr_parse_oom(p);
    } while (tr_take(p, ','));
    return TR_OK;
}

/* '(' types? ')' */
tr_status tr_parse_type_parens(tr_parser *p)
{
    TR_TRY(tr_expect(p, '(', "'(' before types"));
    if (tr_take(p, ')')) return TR_OK;
    TR_TRY(tr_parse_types(p));
    return tr_expect(p, ')', "',' or ')' behind a type");
}

/* type | '(' types? ')' */
tr_status tr_parse_result_types(tr_parser *p)
{
    if (tr_peek_kind(p) == '(') return tr_parse_type_parens(p);
    const tr_type *type;
    TR_TRY(tr_parse_type(p, &type));
    return tr_vec_push(&p->type_stack, type) ? TR_OK : tr_parse_oom(p);
}

/* function-type = '(' types? ')' '->' (type | '(' types? ')') */
static tr_status parse_function_type(tr_parser *p, const tr_type **out)
{
    size_t first = p->type_stack.count;
    TR_TRY(tr_parse_type_parens(p));
    size_t middle = p->type_stack.count;
    TR_TRY(tr_expect(p, TR_TOKEN_ARROW, "'->' in a function type"));
    TR_TRY(tr_parse_result_types(p));
    size_t end = p->type_stack.count;
    const tr_type **types = p->type_stack.items;
    TR_TRY(tr_type_function(p, types + first, middle - first, types + middle, end - middle, out));
    p->type_stack.count = first;
    return TR_OK;
}

static tr_status parse_type_inner(tr_parser *p, const tr_type **out)
{
    tr_token token = tr_peek(p);
    switch ((int)token.kind) {
    case TR_TOKEN_WORD: p->at++; return parse_named(p, tr_text_of(p, token), token.begin, out);
    case TR_TOKEN_BANG: return parse_dialect_type(p, out);
    case '(': return parse_function_type(p, out);
    default: return tr_expected(p, "a type");
    }
}

tr_status tr_parse_type(tr_parser *p, const tr_type **out)
{
    TR_TRY(tr_nest(p));
    TR_TRY(parse_type_inner(p, out));
    tr_unnest(p);
    return TR_OK;
}

tr_status tr_parse_short_type(tr_parser *p, tr_class class_, const tr_type **out)
{
    if (tr_peek_kind(p) != '<') return tr_parse_type(p, out);
    if (class_ == TR_CLASS_DESC) return parse_tensordesc(p, out);
    return parse_pointer(p, out);
}
