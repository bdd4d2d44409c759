/* Text to tokens. The whole file is cut up at once: a parser that tries several forms of an op goes back by setting
 * an index. */
#ifndef TR_MLIR_LEX_H
#define TR_MLIR_LEX_H

#include "base/arena.h"
#include "base/status.h"

typedef enum tr_token_kind {
    TR_TOKEN_END,
    TR_TOKEN_WORD,     /* tt.load, module, x4xf32 */
    TR_TOKEN_PERCENT,  /* %name */
    TR_TOKEN_AT,       /* @name, @"name" */
    TR_TOKEN_HASH,     /* #name, #3 */
    TR_TOKEN_CARET,    /* ^bb1 */
    TR_TOKEN_BANG,     /* !tt.ptr */
    TR_TOKEN_INTEGER,  /* 12, 0x7F */
    TR_TOKEN_FLOAT,    /* 1.0, 1.5e-3 */
    TR_TOKEN_STRING,   /* "text", with its quotes */
    TR_TOKEN_ARROW,    /* -> */
    TR_TOKEN_COLONS,   /* :: */
    TR_TOKEN_ELLIPSIS, /* ... */
    /* Signs of one character have that character's code. */
} tr_token_kind;

/* The text of a token is text.data[begin .. begin + size). A token is at most TR_TOKEN_LIMIT bytes long. */
typedef struct tr_token {
    uint32_t begin;
    uint32_t kind : 7;
    uint32_t size : 25;
} tr_token;
_Static_assert(sizeof(tr_token) == 8, "a file of 10 MB has millions of tokens");
#define TR_TOKEN_LIMIT ((1u << 25) - 1)

typedef struct tr_tokens {
    tr_token *items; /* malloc's; the last one is TR_TOKEN_END */
    size_t count;
} tr_tokens;

/* `text` is terminated. Release with free(out_tokens->items). Comments, blanks and the resource section at the end
 * of a file are left out. */
TR_MUST_CHECK tr_status tr_lex(tr_str text, const char *file, tr_tokens *out_tokens, tr_error *error);

/* "'%x'", "end of file": what stands at the token, for messages. */
tr_str tr_token_text(tr_str text, tr_token token);

/* The bytes of a string token (with its quotes) with escapes resolved: a slice of the text where it has none, else
 * an arena copy. */
TR_MUST_CHECK tr_status tr_unescape(tr_arena *arena, tr_str quoted, tr_str *out, tr_error *error);

/* Signs that may stand in a name behind its first character. */
bool tr_is_name_char(char c);

#endif
