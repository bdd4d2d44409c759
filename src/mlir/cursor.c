/* Walking over tokens: what is expected, errors, and text that is taken as it stands. */
#include "mlir/parser.h"

#include <stdio.h>

tr_status tr_parse_fail(tr_parser *p, uint32_t offset, const char *format, ...)
{
    if (!p->error) return TR_INVALID_INPUT; /* a form that did not fit: finding the line would be a waste */
    char message[sizeof(p->error->message)];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return tr_fail_at(p->error, TR_INVALID_INPUT, p->file, p->text, offset, "%s", message);
}

tr_status tr_expected(tr_parser *p, const char *what)
{
    tr_token token = tr_peek(p);
    if (!p->error) return TR_INVALID_INPUT;
    tr_str found = tr_token_text(p->text, token);
    if (token.kind == TR_TOKEN_END)
        return tr_parse_fail(p, token.begin, "expected %s, found the end of the file", what);
    int size = found.size > 40 ? 40 : (int)found.size;
    return tr_parse_fail(p, token.begin, "expected %s, found '%.*s%s'", what, size, found.data,
                         found.size > 40 ? "..." : "");
}

tr_status tr_expect_word(tr_parser *p, const char *word)
{
    if (tr_take_word(p, word)) return TR_OK;
    char what[64];
    snprintf(what, sizeof(what), "'%s'", word);
    return tr_expected(p, what);
}

static tr_status too_deep(tr_parser *p)
{
    return tr_parse_fail(p, tr_peek(p).begin, "types or attributes are nested deeper than %d", TR_LIMIT_NESTING);
}

tr_status tr_nest(tr_parser *p)
{
    return ++p->nesting <= TR_LIMIT_NESTING ? TR_OK : too_deep(p);
}

tr_status tr_parse_balanced(tr_parser *p, tr_str *out)
{
    char closing[TR_LIMIT_NESTING];
    int depth = 0;
    tr_token first = tr_peek(p);
    if (first.kind != '<') return tr_expected(p, "'<'");
    do {
        int kind = tr_peek_kind(p);
        if (kind == '<' || kind == '(' || kind == '[' || kind == '{') {
            if (depth == TR_LIMIT_NESTING) return too_deep(p);
            closing[depth++] = (char)(kind == '(' ? ')' : kind + 2);
        } else if (kind == '>' || kind == ')' || kind == ']' || kind == '}') {
            if (kind != closing[depth - 1]) {
                char what[] = "'?' to close a bracket";
                what[1] = closing[depth - 1];
                return tr_expected(p, what);
            }
            depth--;
        } else if (kind == TR_TOKEN_END) {
            return tr_parse_fail(p, first.begin, "this '<' is not closed");
        }
        p->at++;
    } while (depth);
    tr_token last = p->tokens[p->at - 1];
    *out = (tr_str){ p->text.data + first.begin, last.begin + last.size - first.begin };
    return TR_OK;
}

tr_status tr_expand(tr_parser *p, uint32_t begin, uint32_t first_token, tr_str *out)
{
    uint32_t end_token = p->at;
    tr_token last = p->tokens[end_token - 1];
    uint32_t end = last.begin + last.size, copied = begin;
    tr_text text = { 0 };
    tr_status status = TR_OK;
    for (uint32_t i = first_token; i < end_token && status == TR_OK; i++) {
        tr_token token = p->tokens[i];
        if (token.kind != TR_TOKEN_HASH || p->tokens[i + 1].kind == '<') continue;
        const tr_alias *alias;
        p->at = i;
        status = tr_find_alias(p, &alias);
        if (status != TR_OK || !alias || !alias->attr || alias->attr->kind != TR_ATTR_OPAQUE) continue;
        tr_text_append(&text, (tr_str){ p->text.data + copied, token.begin - copied });
        tr_text_append(&text, alias->attr->text);
        copied = token.begin + token.size;
        if (text.size > TR_LIMIT_EXPANSION)
            status = tr_parse_fail(p, begin, "this is too long once its aliases are expanded");
    }
    p->at = end_token;
    *out = (tr_str){ p->text.data + begin, end - begin };
    if (status == TR_OK && copied != begin) {
        tr_text_append(&text, (tr_str){ p->text.data + copied, end - copied });
        *out = text.failed ? (tr_str){ 0 } : tr_arena_copy(p->arena, (tr_str){ text.data, text.size });
        if (!out->data) status = tr_parse_oom(p);
    }
    tr_text_deinit(&text);
    return status;
}
