#include "base/str.h"

#include "base/memory.h"

#include <stdio.h>

bool tr_str_starts_with(tr_str s, const char *prefix)
{
    size_t size = strlen(prefix);
    return s.size >= size && memcmp(s.data, prefix, size) == 0;
}

bool tr_str_ends_with(tr_str s, const char *suffix)
{
    size_t size = strlen(suffix);
    return s.size >= size && memcmp(s.data + s.size - size, suffix, size) == 0;
}

/* Makes room for `extra` more bytes and the terminator. */
static bool reserve(tr_text *text, size_t extra)
{
    if (text->failed) return false;
    size_t wanted;
    if (__builtin_add_overflow(text->size, extra, &wanted) || __builtin_add_overflow(wanted, (size_t)1, &wanted)) {
        text->failed = true;
        return false;
    }
    if (wanted <= text->capacity) return true;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < wanted) {
        if (__builtin_mul_overflow(capacity, (size_t)2, &capacity)) capacity = wanted;
    }
    char *data = tr_realloc(text->data, capacity);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void tr_text_append(tr_text *text, tr_str piece)
{
    if (!reserve(text, piece.size)) return;
    if (piece.size) memcpy(text->data + text->size, piece.data, piece.size);
    text->size += piece.size;
    text->data[text->size] = '\0';
}

void tr_text_puts(tr_text *text, const char *terminated)
{
    tr_text_append(text, tr_str_of(terminated));
}

void tr_text_printf(tr_text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tr_text_vprintf(text, format, args);
    va_end(args);
}

void tr_text_vprintf(tr_text *text, const char *format, va_list args)
{
    /* Most pieces are short: try the room there is, and measure and print again only if it was too small. */
    if (!reserve(text, 64)) return;
    va_list again;
    va_copy(again, args);
    size_t room = text->capacity - text->size;
    int size = vsnprintf(text->data + text->size, room, format, args);
    if (size >= 0 && (size_t)size >= room) {
        text->data[text->size] = '\0';
        if (reserve(text, (size_t)size)) {
            size = vsnprintf(text->data + text->size, text->capacity - text->size, format, again);
        }
    }
    va_end(again);
    if (size < 0) {
        text->data[text->size] = '\0';
        text->failed = true;
    } else if (!text->failed) {
        text->size += (size_t)size;
    }
}

void tr_text_deinit(tr_text *text)
{
    free(text->data);
    *text = (tr_text){ 0 };
}

char *tr_text_take(tr_text *text)
{
    reserve(text, 0); /* an empty text becomes "" */
    char *data = text->failed ? NULL : text->data;
    if (data) data[text->size] = '\0';
    if (!data) free(text->data);
    *text = (tr_text){ 0 };
    return data;
}
