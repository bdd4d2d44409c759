/* Text slices and a growing text buffer. */
#ifndef TR_BASE_STR_H
#define TR_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A slice of bytes: not owned, not necessarily terminated. */
typedef struct tr_str {
    const char *data;
    size_t size;
} tr_str;

/* printf("%.*s", TR_STR_ARG(s)) */
#define TR_STR_ARG(s) (int)((s).size < 1000000 ? (s).size : 1000000), (s).data
#define TR_STR(literal) ((tr_str){ (literal), sizeof(literal) - 1 })

static inline tr_str tr_str_of(const char *terminated)
{
    return (tr_str){ terminated, terminated ? strlen(terminated) : 0 };
}

static inline bool tr_str_equal(tr_str a, tr_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool tr_str_is(tr_str a, const char *terminated)
{
    return tr_str_equal(a, tr_str_of(terminated));
}

bool tr_str_starts_with(tr_str s, const char *prefix);
bool tr_str_ends_with(tr_str s, const char *suffix);

/* Text that grows; always terminated. After an allocation failure `failed` is set, further calls do nothing, and
 * the owner checks it once at the end. */
typedef struct tr_text {
    char *data; /* NULL while empty */
    size_t size, capacity;
    bool failed;
} tr_text;

void tr_text_append(tr_text *text, tr_str piece);
void tr_text_puts(tr_text *text, const char *terminated);
void tr_text_printf(tr_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tr_text_vprintf(tr_text *text, const char *format, va_list args);
void tr_text_deinit(tr_text *text);
/* Hands the terminated text to the caller (free()); NULL if it failed. Leaves *text empty. */
char *tr_text_take(tr_text *text);

#endif
