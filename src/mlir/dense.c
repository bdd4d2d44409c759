/* dense<...>: tensor constants. */
#include "mlir/numbers.h"
#include "mlir/parser.h"

/* One element of a list: its token, and whether '-' stands before it. */
#define NEGATIVE 0x80000000u

/* literal = 'true' | 'false' | '-'? number */
static tr_status parse_element(tr_parser *p)
{
    uint32_t flag = tr_take(p, '-') ? NEGATIVE : 0;
    int kind = tr_peek_kind(p);
    bool word = tr_peek_is(p, "true") || tr_peek_is(p, "false");
    if (kind != TR_TOKEN_INTEGER && kind != TR_TOKEN_FLOAT && !(word && !flag))
        return tr_expected(p, "a number, 'true', 'false' or '['");
    if (!tr_vec_push(&p->elements, p->at | flag)) return tr_parse_oom(p);
    p->at++;
    return TR_OK;
}

/* elements = literal | '[' (elements (',' elements)*)? ']'. The lists at one depth must be of one length: shape[depth],
 * -1 before the first of them ends. */
static tr_status parse_elements(tr_parser *p, int depth, int *out_rank, int64_t *shape)
{
    if (tr_peek_kind(p) != '[') {
        if (*out_rank >= 0 && *out_rank != depth) {
            return tr_parse_fail(p, tr_peek(p).begin, "the lists in dense<...> are not nested alike");
        }
        *out_rank = depth;
        return parse_element(p);
    }
    uint32_t offset = tr_peek(p).begin;
    if (depth == TR_LIMIT_RANK) return tr_parse_fail(p, offset, "lists are nested too deep");
    p->at++;
    int64_t count = 0;
    if (tr_peek_kind(p) != ']') {
        do {
            TR_TRY(parse_elements(p, depth + 1, out_rank, shape));
            count++;
        } while (tr_take(p, ','));
    } else if (*out_rank >= 0 && *out_rank != depth + 1) {
        return tr_parse_fail(p, offset, "the lists in dense<...> are not nested alike");
    } else {
        *out_rank = depth + 1;
    }
    if (shape[depth] >= 0 && shape[depth] != count) {
        return tr_parse_fail(p, offset, "lists of %lld and of %lld elements in one dense<...>", (long long)shape[depth],
                             (long long)count);
    }
    shape[depth] = count;
    return tr_expect(p, ']', "',' or ']' in a list of elements");
}

static void store(tr_dtype dtype, char *data, size_t i, uint64_t bits)
{
    size_t size = tr_dtype_size(dtype);
    memcpy(data + i * size, &bits, size); /* storage is little-endian, and so are we */
}

static tr_status convert_element(tr_parser *p, uint32_t element, const tr_type *type, uint64_t *out_bits)
{
    tr_token token = p->tokens[element & ~NEGATIVE];
    bool negative = element & NEGATIVE, wide;
    if (token.kind == TR_TOKEN_WORD) {
        if (type->kind != TR_TYPE_INTEGER || type->bits != 1) {
            return tr_parse_fail(p, token.begin, "'true' and 'false' are of type i1");
        }
        *out_bits = p->text.data[token.begin] == 't';
        return TR_OK;
    }
    if (type->kind == TR_TYPE_FLOAT) {
        double real;
        return tr_number_float(p, token, negative, type, &real, out_bits);
    }
    if (type->kind != TR_TYPE_INTEGER && type->kind != TR_TYPE_INDEX) {
        return tr_parse_fail(p, token.begin, "dense<...> needs a tensor of integers or floats");
    }
    if (token.kind == TR_TOKEN_FLOAT) {
        return tr_parse_fail(p, token.begin, "a number with a point can't be %.*s", TR_STR_ARG(type->name));
    }
    int64_t value;
    TR_TRY(tr_number_integer(p, token, negative, type, &value, &wide));
    *out_bits = (uint64_t)value;
    return TR_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* '"0x' hex digits '"': the bytes of all elements, or of the one that fills the tensor. i1 is packed, eight a byte. */
static tr_status convert_hex(tr_parser *p, tr_token token, tr_attr *attr)
{
    const tr_type *element = attr->type->element;
    tr_str text = { p->text.data + token.begin + 1, token.size - 2 };
    if (text.size < 2 || text.data[0] != '0' || text.data[1] != 'x' || text.size % 2) {
        return tr_parse_fail(p, token.begin, "expected \"0x\" and pairs of hex digits");
    }
    for (size_t i = 2; i < text.size; i++) {
        if (hex_digit(text.data[i]) < 0) return tr_parse_fail(p, token.begin + 1 + (uint32_t)i, "expected a hex digit");
    }
    int64_t bytes = (int64_t)(text.size - 2) / 2;
    int64_t count = attr->type->count, size = (element->bits + 7) / 8;
    bool packed = element->bits == 1;
    if (element->kind != TR_TYPE_FLOAT && element->kind != TR_TYPE_INTEGER && element->kind != TR_TYPE_INDEX) {
        return tr_parse_fail(p, token.begin, "dense<...> needs a tensor of integers or floats");
    }
    bool whole = bytes == (packed ? (count + 7) / 8 : count * size);
    bool one = bytes == size;
    if (packed && bytes == 1 && count != 1) {
        /* 0x00 and 0xFF say the same as a splat and as packed bits; anything else is bits. */
        int byte = hex_digit(text.data[2]) << 4 | hex_digit(text.data[3]);
        one = byte == 0 || byte == 0xff;
        if (one) whole = false;
    }
    if (!whole && !one) {
        return tr_parse_fail(p, token.begin, "%lld bytes for %lld elements of %.*s", (long long)bytes, (long long)count,
                             TR_STR_ARG(element->name));
    }
    attr->splat = !whole || count == 1;
    if (element->dtype == TR_DTYPE_NONE) return TR_OK;
    size_t stored = attr->splat ? 1 : (size_t)count;
    char *data = tr_arena_alloc_array(p->arena, stored, tr_dtype_size(element->dtype));
    if (!data) return tr_parse_oom(p);
    for (size_t i = 0; i < stored; i++) {
        uint64_t bits = 0;
        if (packed) {
            int byte = hex_digit(text.data[2 + i / 8 * 2]) << 4 | hex_digit(text.data[3 + i / 8 * 2]);
            bits = (uint64_t)byte >> (i & 7) & 1;
        } else {
            for (size_t k = 0; k < (size_t)size; k++) {
                size_t at = 2 + (i * (size_t)size + k) * 2;
                bits |= (uint64_t)(hex_digit(text.data[at]) << 4 | hex_digit(text.data[at + 1])) << (8 * k);
            }
        }
        store(element->dtype, data, i, bits);
    }
    attr->data = data;
    return TR_OK;
}

static tr_status convert_list(tr_parser *p, size_t first, int rank, const int64_t *shape, uint32_t offset,
                              tr_attr *attr)
{
    const tr_type *type = attr->type;
    size_t count = p->elements.count - first;
    attr->splat = rank == 0;
    if (!attr->splat) {
        bool fits = rank == type->rank;
        for (int i = 0; fits && i < rank; i++) fits = shape[i] == type->shape[i];
        if (!fits) {
            tr_text is = { 0 };
            tr_type_print(type, &is);
            tr_status status = tr_parse_fail(p, offset, "the list in dense<...> has another shape than %s",
                                             is.data ? is.data : "?");
            tr_text_deinit(&is);
            return status;
        }
    }
    tr_dtype dtype = type->element->dtype;
    size_t size = dtype == TR_DTYPE_NONE ? 0 : tr_dtype_size(dtype);
    char *data = tr_arena_alloc_array(p->arena, count, size);
    if (!data) return tr_parse_oom(p);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        TR_TRY(convert_element(p, p->elements.items[first + i], type->element, &bits));
        if (size) store(dtype, data, i, bits);
    }
    attr->data = size ? data : NULL;
    if (count == 1) attr->splat = true;
    return TR_OK;
}

/* dense = 'dense' '<' (elements | string)? '>' ':' type | 'dense_resource' '<' name '>' ':' type */
tr_status tr_parse_dense(tr_parser *p, const tr_attr **out)
{
    tr_attr attr = { .kind = TR_ATTR_ELEMENTS };
    int64_t shape[TR_LIMIT_RANK];
    int rank = -1;
    memset(shape, -1, sizeof(shape));
    uint32_t offset = tr_peek(p).begin;
    bool resource = tr_str_is(tr_text_of(p, tr_peek(p)), "dense_resource");
    p->at++;
    TR_TRY(tr_expect(p, '<', "'<' behind 'dense'"));
    uint32_t begin = tr_peek(p).begin;
    tr_token token = tr_peek(p);
    size_t first = p->elements.count;
    if (resource) {
        if (token.kind != TR_TOKEN_WORD && token.kind != TR_TOKEN_STRING)
            return tr_expected(p, "the name of a resource");
        p->at++;
    } else if (token.kind == TR_TOKEN_STRING) {
        p->at++;
    } else if (token.kind != '>') {
        TR_TRY(parse_elements(p, 0, &rank, shape));
    }
    tr_token closing = tr_peek(p);
    TR_TRY(tr_expect(p, '>', "'>' at the end of dense<...>"));
    attr.source = (tr_str){ p->text.data + begin, closing.begin - begin };
    TR_TRY(tr_expect(p, ':', "':' and the type behind dense<...>"));
    uint32_t type_offset = tr_peek(p).begin;
    TR_TRY(tr_parse_type(p, &attr.type));
    if (attr.type->kind != TR_TYPE_TENSOR) {
        bool vector = attr.type->kind == TR_TYPE_OPAQUE && tr_str_starts_with(attr.type->name, "vector");
        if (!vector) return tr_parse_fail(p, type_offset, "the type of dense<...> must be a tensor");
        p->elements.count = first;
        return tr_attr_new(p, attr, out); /* no engine has vectors: the text is enough */
    }
    for (int32_t i = 0; i < attr.type->rank; i++) {
        if (attr.type->shape[i] < 0) return tr_parse_fail(p, type_offset, "the type of dense<...> needs a known shape");
    }
    if (resource) {
        attr.text = (tr_str){ p->text.data + offset, closing.begin + 1 - offset };
    } else if (token.kind == TR_TOKEN_STRING) {
        TR_TRY(convert_hex(p, token, &attr));
    } else if (token.kind == '>') {
        if (attr.type->count != 0) return tr_parse_fail(p, offset, "dense<> has no elements, but its type has");
    } else {
        TR_TRY(convert_list(p, first, rank, shape, begin, &attr));
    }
    p->elements.count = first;
    return tr_attr_new(p, attr, out);
}
