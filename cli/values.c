#include "values.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char value_help[] =
    "VALUE is one of\n"
    "  4096, 1.5, true        a number, in the type of the kernel's parameter\n"
    "  i32:4096, f32:1.5      a number of that type: i1 i8 i16 i32 i64 u8..u64 f16 bf16 f32 f64; 0x10, inf, nan\n"
    "  @x.npy                 the array in a NumPy file; @x.npy:bf16 says what its elements are\n"
    "  zeros:f16:512x256      a new array; also ones:, empty:, arange:i32:100\n"
    "  rand:f32:1024:7        uniform in [0, 1), integers in [0, 100), with seed 7; randn: standard normal\n"
    "  null                   a buffer of no bytes\n"
    "The element type may be left out, zeros:512x256, where the parameter has it; without a seed the number of the\n"
    "parameter is the seed. PTX and cubins say only sizes: there 4096 is an integer, 1.5 a float, and buffers need a\n"
    "type; parameters that may be the compiler's own (show says which) may be left out.\n";

/* ---------------------------------------------------------------- pieces of text */

/* The piece in front of the first ':' at *cursor, which moves behind it; the rest when there is none. NULL at the
 * end. The caller frees it. */
static char *take_piece(const char **cursor)
{
    if (!*cursor) return NULL;
    size_t size = strcspn(*cursor, ":");
    char *piece = format_text("%.*s", (int)size, *cursor);
    *cursor = (*cursor)[size] ? *cursor + size + 1 : NULL;
    return piece;
}

static bool is_integer(tr_dtype dtype)
{
    return (dtype >= TR_I1 && dtype <= TR_I64) || (dtype >= TR_U8 && dtype <= TR_U64);
}

static bool is_float(tr_dtype dtype)
{
    return dtype >= TR_F8E4M3FN && dtype <= TR_F64;
}

/* ---------------------------------------------------------------- numbers */

/* integer = "-"? (digit+ | "0x" hexdigit+)      as 65 bits: magnitude and sign */
static bool parse_integer(const char *text, uint64_t *magnitude, bool *negative)
{
    *negative = *text == '-';
    if (*text == '-' || *text == '+') text++;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (!(text[0] >= '0' && text[0] <= '9')) return false; /* strtoull would take a space or a second sign */
    char *end;
    errno = 0;
    *magnitude = strtoull(text, &end, hex ? 16 : 10);
    return *end == '\0' && errno == 0;
}

/* An integer of n bits may be written as a signed or as an unsigned number: IR integers have no sign. */
static tr_status make_integer(const char *text, tr_dtype dtype, tr_arg *out, tr_error *error)
{
    uint64_t magnitude;
    bool negative;
    if (dtype == TR_I1 && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        *out = tr_arg_i1(text[0] == 't');
        return TR_OK;
    }
    if (!parse_integer(text, &magnitude, &negative)) {
        return fail(error, TR_INVALID_ARGUMENT, "'%s' is not an integer, as %s needs", text, tr_dtype_name(dtype));
    }
    int bits = dtype == TR_I1 ? 1 : 8 * (int)tr_dtype_size(dtype);
    bool is_unsigned = dtype >= TR_U8 || dtype == TR_I1;
    uint64_t most = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
    uint64_t least = is_unsigned ? 0 : 1ull << (bits - 1); /* how far below 0 */
    if (negative ? magnitude > least : magnitude > most) {
        return fail(error, TR_INVALID_ARGUMENT, "%s does not fit %s", text, tr_dtype_name(dtype));
    }
    *out = tr_arg_int(dtype, (int64_t)(negative ? 0 - magnitude : magnitude));
    return TR_OK;
}

static tr_status make_float(const char *text, tr_dtype dtype, tr_arg *out, tr_error *error)
{
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end || text[0] == ' ') {
        return fail(error, TR_INVALID_ARGUMENT, "'%s' is not a number, as %s needs", text, tr_dtype_name(dtype));
    }
    *out = dtype == TR_F32 ? tr_arg_f32((float)number) : tr_arg_float(dtype, number);
    tr_array stored = { .dtype = dtype, .count = 1, .data = &out->bits };
    if (isfinite(number) && isinf(tr_array_get(&stored, 0))) {
        return fail(error, TR_INVALID_ARGUMENT, "%s is too large for %s", text, tr_dtype_name(dtype));
    }
    return TR_OK;
}

static tr_status make_number(const char *text, tr_dtype dtype, tr_arg *out, tr_error *error)
{
    if (is_integer(dtype)) return make_integer(text, dtype, out, error);
    if (is_float(dtype)) return make_float(text, dtype, out, error);
    return fail(error, TR_INVALID_ARGUMENT, "there are no numbers of type %s", tr_dtype_name(dtype));
}

/* What a parameter without an element type says of itself, in PTX and cubins. */
typedef struct bare_type {
    const char *type;
    tr_dtype integer, real; /* what a number without a type becomes; NONE where its size leaves a choice */
} bare_type;

static const bare_type bare_types[] = {
    { "u8", TR_I8, TR_DTYPE_NONE },   { "1 bytes", TR_I8, TR_DTYPE_NONE },
    { "u16", TR_I16, TR_DTYPE_NONE }, { "2 bytes", TR_I16, TR_DTYPE_NONE },
    { "u32", TR_I32, TR_F32 },        { "4 bytes", TR_I32, TR_F32 },
    { "u64", TR_I64, TR_F64 },        { "8 bytes", TR_I64, TR_F64 },
    { "f32", TR_F32, TR_F32 },        { "f64", TR_F64, TR_F64 },
};

/* The type of a number that is given without one. */
static tr_dtype number_type(const char *text, const tr_param *param)
{
    if (param->is_pointer || param->dtype) return param->is_pointer ? TR_DTYPE_NONE : param->dtype;
    uint64_t magnitude;
    bool negative, whole = parse_integer(text, &magnitude, &negative);
    for (size_t i = 0; i < sizeof(bare_types) / sizeof(bare_types[0]); i++) {
        if (strcmp(bare_types[i].type, param->type) != 0) continue;
        return whole ? bare_types[i].integer : bare_types[i].real;
    }
    return TR_DTYPE_NONE;
}

/* ---------------------------------------------------------------- arrays */

typedef struct fill_row {
    const char *name;
    tr_fill fill;
} fill_row;

static const fill_row fills[] = {
    { "zeros", TR_FILL_ZEROS }, { "ones", TR_FILL_ONES },   { "empty", TR_FILL_EMPTY },
    { "rand", TR_FILL_RAND },   { "randn", TR_FILL_RANDN }, { "arange", TR_FILL_ARANGE },
};
#define FILL_COUNT (sizeof(fills) / sizeof(fills[0]))

static const fill_row *find_fill(const char *name)
{
    for (size_t i = 0; i < FILL_COUNT; i++) {
        if (strcmp(fills[i].name, name) == 0) return &fills[i];
    }
    return NULL;
}

static const char *fill_at(const void *user, int index)
{
    (void)user;
    return index < (int)FILL_COUNT ? fills[index].name : NULL;
}

/* shape = size ("x" size)* */
static tr_status parse_shape(const char *text, int64_t shape[TR_MAX_RANK], int32_t *out_rank, tr_error *error)
{
    int32_t rank = 0;
    for (const char *p = text; rank < TR_MAX_RANK && *p >= '0' && *p <= '9';) {
        char *end;
        errno = 0;
        shape[rank++] = strtoll(p, &end, 10);
        if (errno) break;
        if (*end == '\0') {
            *out_rank = rank;
            return TR_OK;
        }
        if (*end != 'x') break;
        p = end + 1;
    }
    return fail(error, TR_INVALID_ARGUMENT, "'%s' is not a shape, such as 512x256", text);
}

/* fill = name (":" dtype)? ":" shape (":" seed)? */
static tr_status make_fill(const fill_row *row, const char *rest, const tr_param *param, int32_t index,
                           tr_array *out_array, tr_error *error)
{
    uint64_t seed = (uint64_t)index;
    int64_t shape[TR_MAX_RANK];
    int32_t rank = 0;
    bool negative = false;
    tr_dtype dtype = param->is_pointer ? param->dtype : TR_DTYPE_NONE;
    char *piece = take_piece(&rest);
    tr_status status = TR_OK;
    if (piece && !(piece[0] >= '0' && piece[0] <= '9')) {
        dtype = tr_dtype_from_name(piece);
        if (!dtype) status = fail(error, TR_INVALID_ARGUMENT, "'%s' is not an element type", piece);
        free(piece);
        piece = take_piece(&rest);
    }
    if (status == TR_OK && !piece) status = fail(error, TR_INVALID_ARGUMENT, "%s: needs a shape", row->name);
    if (status == TR_OK && !dtype) status = fail(error, TR_INVALID_ARGUMENT, "%s: needs an element type", row->name);
    if (status == TR_OK) status = parse_shape(piece, shape, &rank, error);
    if (status == TR_OK && rest && (!parse_integer(rest, &seed, &negative) || negative)) {
        status = fail(error, TR_INVALID_ARGUMENT, "'%s' is not a seed", rest);
    }
    free(piece);
    if (status != TR_OK) return status;
    return tr_array_create(dtype, rank, shape, row->fill, seed, out_array, error);
}

tr_status load_array(const char *text, tr_dtype otherwise, tr_array *out_array, tr_error *error)
{
    const char *colon = strrchr(text, ':');
    tr_dtype hint = colon ? tr_dtype_from_name(colon + 1) : TR_DTYPE_NONE;
    char *path = format_text("%.*s", hint ? (int)(colon - text) : (int)strlen(text), text);
    tr_status status = tr_array_load_npy(path, hint, out_array, error);
    if (status == TR_INVALID_ARGUMENT && !hint && otherwise) {
        /* fp8 without a type: the file doesn't say which, the kernel does. */
        tr_error again;
        if (tr_array_load_npy(path, otherwise, out_array, &again) == TR_OK) status = TR_OK;
    }
    free(path);
    return status;
}

/* ---------------------------------------------------------------- values */

static tr_status fail_unknown(const char *text, const char *word, const tr_param *param, tr_error *error)
{
    const char *near = nearest(word, fill_at, NULL);
    if (near) return fail(error, TR_INVALID_ARGUMENT, "cannot read '%s'; did you mean '%s:'?", text, near);
    if (param->is_pointer) {
        const char *type = param->dtype ? tr_dtype_name(param->dtype) : "f32";
        return fail(error, TR_INVALID_ARGUMENT,
                    "cannot read '%s': the parameter is a pointer and needs a buffer, such as @x.npy or zeros:%s:1024",
                    text, type);
    }
    if (!param->dtype) {
        return fail(error, TR_INVALID_ARGUMENT, "cannot read '%s': say its type, as in i32:4096 or f16:0.5", text);
    }
    return fail(error, TR_INVALID_ARGUMENT, "cannot read '%s' as a value", text);
}

static tr_status make_value(const char *text, const tr_param *param, int32_t index, cli_value *out, tr_error *error)
{
    if (text[0] == '@') {
        out->is_array = true;
        return load_array(text + 1, param->is_pointer ? param->dtype : TR_DTYPE_NONE, &out->array, error);
    }
    if (strcmp(text, "null") == 0) {
        out->arg = tr_arg_buffer(NULL, 0);
        return TR_OK;
    }
    const char *rest = text;
    char *word = take_piece(&rest);
    const fill_row *fill = find_fill(word);
    tr_dtype dtype = tr_dtype_from_name(word);
    tr_status status;
    if (fill) {
        out->is_array = true;
        status = make_fill(fill, rest, param, index, &out->array, error);
    } else if (dtype && rest) {
        status = make_number(rest, dtype, &out->arg, error);
    } else if (!rest && number_type(text, param)) {
        status = make_number(text, number_type(text, param), &out->arg, error);
    } else {
        status = fail_unknown(text, word, param, error);
    }
    free(word);
    return status;
}

tr_status value_create(const char *text, const tr_param *param, int32_t index, cli_value *out_value, tr_error *error)
{
    cli_value made = { 0 };
    tr_status status = make_value(text, param, index, &made, error);
    if (status == TR_OK) {
        *out_value = made;
        return TR_OK;
    }
    /* Which argument it was belongs in the message, the place in a file stays. */
    char message[sizeof(error->message)];
    snprintf(message, sizeof(message), "argument %d '%s' (%s): %.500s", index, param->name, param->type,
             error->message);
    memcpy(error->message, message, sizeof(message));
    return status;
}

void value_destroy(cli_value *value)
{
    if (value->is_array) tr_array_destroy(&value->array);
    value->is_array = false;
}

tr_arg value_arg(const cli_value *value)
{
    return value->is_array ? tr_arg_array(&value->array) : value->arg;
}
