#include "mlir/lex.h"

#include "base/memory.h"

/* Classes of bytes. */
enum {
    BLANK = 1, /* space, tab, line ends */
    DIGIT = 2,
    LETTER = 4,    /* also '_' */
    NAME_SIGN = 8, /* $ . - : may stand in %names and the like */
    HEX = 16,
    SIGN = 32,      /* a token of one character */
    WORD_SIGN = 64, /* $ . : may stand in a word behind its first letter */
};

static const uint8_t classes[256] = {
    [' '] = BLANK,
    ['\t'] = BLANK,
    ['\n'] = BLANK,
    ['\r'] = BLANK,
    ['0' ... '9'] = DIGIT | HEX,
    ['a' ... 'f'] = LETTER | HEX,
    ['A' ... 'F'] = LETTER | HEX,
    ['g' ... 'z'] = LETTER,
    ['G' ... 'Z'] = LETTER,
    ['_'] = LETTER,
    ['$'] = NAME_SIGN | WORD_SIGN,
    ['.'] = NAME_SIGN | WORD_SIGN,
    ['-'] = NAME_SIGN | SIGN,
    ['('] = SIGN,
    [')'] = SIGN,
    ['{'] = SIGN,
    ['}'] = SIGN,
    ['['] = SIGN,
    [']'] = SIGN,
    ['<'] = SIGN,
    ['>'] = SIGN,
    [','] = SIGN,
    [':'] = SIGN,
    ['='] = SIGN,
    ['+'] = SIGN,
    ['*'] = SIGN,
    ['?'] = SIGN,
    ['|'] = SIGN,
    ['/'] = SIGN,
};

static inline bool is(char c, int mask)
{
    return classes[(uint8_t)c] & mask;
}

bool tr_is_name_char(char c)
{
    return is(c, DIGIT | LETTER | NAME_SIGN);
}

typedef struct lexer {
    tr_str text;
    const char *file;
    tr_error *error;
    const char *end;
    tr_token *items;
    size_t count, capacity;
} lexer;

#define FAIL(lexer, at, ...)                                                                                           \
    tr_fail_at((lexer)->error, TR_INVALID_INPUT, (lexer)->file, (lexer)->text, (size_t)((at) - (lexer)->text.data),    \
               __VA_ARGS__)

static tr_status grow(lexer *x)
{
    size_t capacity = x->capacity ? x->capacity * 2 : x->text.size / 5 + 16;
    tr_token *items = tr_realloc(x->items, capacity * sizeof(*items));
    if (!items) return TR_OOM(x->error);
    x->items = items;
    x->capacity = capacity;
    return TR_OK;
}

/* string = '"' (character | '\' escape)* '"', on one line. Leaves *cursor behind it. */
static tr_status lex_string(lexer *x, const char **cursor)
{
    const char *begin = *cursor, *s = begin + 1;
    for (;; s++) {
        if (s >= x->end || *s == '\n' || *s == '\r')
            return FAIL(x, begin, "this string has no closing '\"' on its line");
        if (*s == '"') break;
        if (*s != '\\') continue;
        if (s + 1 < x->end && (s[1] == '"' || s[1] == '\\' || s[1] == 'n' || s[1] == 't')) {
            s++;
        } else if (s + 2 < x->end && is(s[1], HEX) && is(s[2], HEX)) {
            s += 2;
        } else {
            return FAIL(x, s, "unknown escape in a string: expected \\\", \\\\, \\n, \\t or two hex digits");
        }
    }
    *cursor = s + 1;
    return TR_OK;
}

/* name = digit+ | (letter | [$._-]) (letter | digit | [$._-])*, behind the sign at *cursor. */
static tr_status lex_name(lexer *x, const char **cursor)
{
    const char *begin = *cursor, *s = begin + 1;
    if (*begin == '@' && s < x->end && *s == '"') {
        *cursor = s;
        return lex_string(x, cursor);
    }
    if (s < x->end && is(*s, DIGIT)) {
        while (s < x->end && is(*s, DIGIT)) s++;
    } else if (s < x->end && is(*s, LETTER | NAME_SIGN)) {
        while (s < x->end && is(*s, DIGIT | LETTER | NAME_SIGN)) s++;
    } else {
        return FAIL(x, begin, "expected a name behind '%c'", *begin);
    }
    *cursor = s;
    return TR_OK;
}

/* integer = digit+ | '0x' hex+;  float = digit+ '.' digit* ([eE] [+-]? digit+)? */
static tr_token_kind lex_number(lexer *x, const char **cursor)
{
    const char *s = *cursor, *end = x->end;
    tr_token_kind kind = TR_TOKEN_INTEGER;
    if (*s == '0' && end - s > 2 && s[1] == 'x' && is(s[2], HEX)) {
        s += 2;
        while (s < end && is(*s, HEX)) s++;
        *cursor = s;
        return kind;
    }
    while (s < end && is(*s, DIGIT)) s++;
    if (s < end && *s == '.') {
        kind = TR_TOKEN_FLOAT;
        s++;
        while (s < end && is(*s, DIGIT)) s++;
        if (s < end && (*s == 'e' || *s == 'E')) {
            const char *digits = s + 1;
            if (digits < end && (*digits == '+' || *digits == '-')) digits++;
            if (digits < end && is(*digits, DIGIT)) {
                s = digits;
                while (s < end && is(*s, DIGIT)) s++;
            }
        }
    }
    *cursor = s;
    return kind;
}

/* The resource section, '{-#' ... '#-}': compiler state that has no meaning for a kernel. */
static tr_status skip_resources(lexer *x, const char **cursor)
{
    const char *begin = *cursor;
    for (const char *s = begin + 3; s + 2 < x->end;) {
        if (*s == '"') {
            TR_TRY(lex_string(x, &s));
        } else if (s[0] == '#' && s[1] == '-' && s[2] == '}') {
            *cursor = s + 3;
            return TR_OK;
        } else {
            s++;
        }
    }
    return FAIL(x, begin, "this resource section has no closing '#-}'");
}

/* The token at *cursor, which is no blank and no comment. */
static tr_status lex_token(lexer *x, const char **cursor, int *out_kind)
{
    const char *s = *cursor;
    if (is(*s, LETTER)) {
        while (s < x->end && is(*s, DIGIT | LETTER | WORD_SIGN)) s++;
        *cursor = s;
        *out_kind = TR_TOKEN_WORD;
        return TR_OK;
    }
    if (is(*s, DIGIT)) {
        *out_kind = lex_number(x, cursor);
        return TR_OK;
    }
    char next = s + 1 < x->end ? s[1] : '\0';
    switch (*s) {
    case '%': *out_kind = TR_TOKEN_PERCENT; return lex_name(x, cursor);
    case '@': *out_kind = TR_TOKEN_AT; return lex_name(x, cursor);
    case '#': *out_kind = TR_TOKEN_HASH; return lex_name(x, cursor);
    case '^': *out_kind = TR_TOKEN_CARET; return lex_name(x, cursor);
    case '!': *out_kind = TR_TOKEN_BANG; return lex_name(x, cursor);
    case '"': *out_kind = TR_TOKEN_STRING; return lex_string(x, cursor);
    case '-':
        *out_kind = next == '>' ? (int)TR_TOKEN_ARROW : '-';
        *cursor = s + (next == '>' ? 2 : 1);
        return TR_OK;
    case ':':
        *out_kind = next == ':' ? (int)TR_TOKEN_COLONS : ':';
        *cursor = s + (next == ':' ? 2 : 1);
        return TR_OK;
    case '.':
        if (next == '.' && s + 2 < x->end && s[2] == '.') {
            *out_kind = TR_TOKEN_ELLIPSIS;
            *cursor = s + 3;
            return TR_OK;
        }
        break;
    default:
        if (is(*s, SIGN)) {
            *out_kind = *s;
            *cursor = s + 1;
            return TR_OK;
        }
        break;
    }
    unsigned c = (uint8_t)*s;
    if (c > 32 && c < 127) return FAIL(x, s, "unexpected character '%c'", *s);
    return FAIL(x, s, "unexpected byte 0x%02x", c);
}

static tr_status lex_all(lexer *x)
{
    const char *s = x->text.data;
    for (;;) {
        while (s < x->end && is(*s, BLANK)) s++;
        if (s >= x->end) break;
        if (*s == '/' && s + 1 < x->end && s[1] == '/') {
            const char *line_end = memchr(s, '\n', (size_t)(x->end - s));
            s = line_end ? line_end : x->end;
            continue;
        }
        if (*s == '{' && x->end - s > 2 && s[1] == '-' && s[2] == '#') {
            TR_TRY(skip_resources(x, &s));
            continue;
        }
        const char *begin = s;
        int kind = TR_TOKEN_END;
        TR_TRY(lex_token(x, &s, &kind));
        if ((size_t)(s - begin) > TR_TOKEN_LIMIT) return FAIL(x, begin, "this token is longer than 32 MiB");
        if (x->count + 1 >= x->capacity) TR_TRY(grow(x));
        x->items[x->count++] = (tr_token){ .begin = (uint32_t)(begin - x->text.data),
                                           .kind = (unsigned)kind & 127,
                                           .size = (uint32_t)(s - begin) & TR_TOKEN_LIMIT };
    }
    if (x->count == x->capacity) TR_TRY(grow(x));
    x->items[x->count++] = (tr_token){ .begin = (uint32_t)x->text.size, .kind = TR_TOKEN_END };
    return TR_OK;
}

tr_status tr_lex(tr_str text, const char *file, tr_tokens *out_tokens, tr_error *error)
{
    lexer x = { .text = text, .file = file, .error = error, .end = text.data + text.size };
    tr_status status = lex_all(&x);
    if (status != TR_OK) {
        free(x.items);
        return status;
    }
    *out_tokens = (tr_tokens){ x.items, x.count };
    return TR_OK;
}

tr_str tr_token_text(tr_str text, tr_token token)
{
    if (token.kind == TR_TOKEN_END) return TR_STR("the end of the file");
    return (tr_str){ text.data + token.begin, token.size };
}

static int hex_value(char c)
{
    if (c <= '9') return c - '0';
    return (c | 32) - 'a' + 10;
}

tr_status tr_unescape(tr_arena *arena, tr_str quoted, tr_str *out, tr_error *error)
{
    tr_str inner = { quoted.data + 1, quoted.size - 2 };
    if (!memchr(inner.data, '\\', inner.size)) {
        *out = inner;
        return TR_OK;
    }
    tr_str copy = tr_arena_copy(arena, inner);
    if (!copy.data) return TR_OOM(error);
    char *to = (char *)copy.data;
    for (size_t i = 0; i < inner.size; i++) {
        char c = inner.data[i];
        if (c == '\\') {
            c = inner.data[++i];
            if (c == 'n') {
                c = '\n';
            } else if (c == 't') {
                c = '\t';
            } else if (c != '"' && c != '\\') {
                c = (char)(hex_value(c) << 4 | hex_value(inner.data[++i]));
            }
        }
        *to++ = c;
    }
    copy.size = (size_t)(to - copy.data);
    *to = '\0';
    *out = copy;
    return TR_OK;
}
