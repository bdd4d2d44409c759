#include "base/status.h"

#include <stdio.h>

#define EXCERPT_WIDTH ((size_t)160) /* bytes of the source line that an excerpt shows */
_Static_assert(2 * (EXCERPT_WIDTH + 6) + 4 <= sizeof(((tr_error *)0)->excerpt), "the line and its caret line fit");

const char *tr_status_name(tr_status status)
{
    switch (status) {
    case TR_OK: return "ok";
    case TR_INVALID_ARGUMENT: return "invalid argument";
    case TR_INVALID_INPUT: return "invalid input";
    case TR_NOT_FOUND: return "not found";
    case TR_MISMATCH: return "mismatch";
    case TR_UNSUPPORTED: return "unsupported";
    case TR_UNAVAILABLE: return "unavailable";
    case TR_OUT_OF_BOUNDS: return "out of bounds";
    case TR_TRAPPED: return "trapped";
    case TR_INTERRUPTED: return "interrupted";
    case TR_TIMED_OUT: return "timed out";
    case TR_DEADLOCK: return "deadlock";
    case TR_OUT_OF_MEMORY: return "out of memory";
    case TR_IO: return "input/output error";
    case TR_INTERNAL: return "internal error";
    }
    return "unknown status";
}

/* A byte inside a UTF-8 character, not at its beginning. */
static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Copies at most `room` - 1 bytes and the terminator; a cut falls between characters. */
static void copy_cut(char *to, size_t room, const char *from)
{
    size_t size = strnlen(from, room);
    if (size == room) {
        size = room - 1;
        while (size > 0 && is_continuation(from[size])) size--;
    }
    memcpy(to, from, size);
    to[size] = '\0';
}

/* Copies a path; one that is too long loses its beginning, which says less than its end. */
static void copy_path(char *to, size_t room, const char *path)
{
    size_t size = strlen(path);
    if (size < room) {
        memmove(to, path, size + 1);
        return;
    }
    const char *tail = path + size - (room - sizeof("..."));
    while (is_continuation(*tail)) tail++;
    memcpy(to, "...", 3);
    memmove(to + 3, tail, strlen(tail) + 1);
}

/* An argument may point into *error ("while loading: %s", error->message), so the text is made aside. Of a message
 * that is too long, the reason of `os_errno` is kept. */
static void set_message(tr_error *error, tr_status status, int os_errno, const char *format, va_list args)
{
    char buffer[128], reason[sizeof(buffer) + 2] = "";
    if (os_errno) snprintf(reason, sizeof(reason), ": %s", strerror_r(os_errno, buffer, sizeof(buffer)));

    char message[sizeof(error->message) + 1]; /* one more tells a message that just fits from one that is cut */
    if (vsnprintf(message, sizeof(message), format, args) < 0) message[0] = '\0';
    copy_cut(error->message, sizeof(error->message) - strlen(reason), message);
    size_t size = strlen(error->message);
    memcpy(error->message + size, reason, strlen(reason) + 1);

    error->status = status;
    error->os_errno = os_errno;
    error->line = error->column = 0;
    error->excerpt[0] = '\0';
}

tr_status tr_fail(tr_error *error, tr_status status, const char *format, ...)
{
    if (!error) return status;
    va_list args;
    va_start(args, format);
    set_message(error, status, 0, format, args);
    va_end(args);
    error->file[0] = '\0';
    return status;
}

tr_status tr_fail_errno(tr_error *error, tr_status status, int os_errno, const char *format, ...)
{
    if (!error) return status;
    va_list args;
    va_start(args, format);
    set_message(error, status, os_errno, format, args);
    va_end(args);
    error->file[0] = '\0';
    return status;
}

void tr_locate(tr_str text, size_t offset, uint32_t *out_line, uint32_t *out_column)
{
    if (!text.data) text = TR_STR(""); /* no arithmetic on a null pointer */
    if (offset > text.size) offset = text.size;
    const char *line = text.data, *at = text.data + offset;
    uint32_t number = 1;
    while (line < at) {
        const char *newline = memchr(line, '\n', (size_t)(at - line));
        if (!newline) break;
        line = newline + 1;
        number++;
    }
    *out_line = number;
    *out_column = (uint32_t)(at - line) + 1;
}

/* Writes the line around text[offset], and below it a caret. */
static void set_excerpt(tr_error *error, tr_str text, size_t offset)
{
    size_t begin = offset, end = offset;
    while (begin > 0 && text.data[begin - 1] != '\n') begin--;
    while (end < text.size && text.data[end] != '\n') end++;

    /* Of a long line, show a window with the caret in its middle. */
    bool cut_left = false, cut_right = false;
    if (offset - begin > EXCERPT_WIDTH / 2 && end - begin > EXCERPT_WIDTH) {
        size_t from = end - offset > EXCERPT_WIDTH / 2 ? offset - EXCERPT_WIDTH / 2 : end - EXCERPT_WIDTH;
        while (from < offset && is_continuation(text.data[from])) from++;
        begin = from;
        cut_left = true;
    }
    if (end - begin > EXCERPT_WIDTH) {
        end = begin + EXCERPT_WIDTH;
        while (end > offset && is_continuation(text.data[end])) end--;
        cut_right = true;
    }

    char *out = error->excerpt;
    size_t indent = 0; /* columns in front of the caret */
    if (cut_left) {
        memcpy(out, "...", 3);
        out += 3;
        indent = 3;
    }
    for (size_t i = begin; i < end; i++) {
        unsigned char c = (unsigned char)text.data[i];
        *out++ = c < 0x20 || c == 0x7f ? ' ' : (char)c;
        if (i < offset && !is_continuation((char)c)) indent++;
    }
    if (cut_right) {
        memcpy(out, "...", 3);
        out += 3;
    }
    *out++ = '\n';
    memset(out, ' ', indent);
    out += indent;
    *out++ = '^';
    *out = '\0';
}

tr_status tr_fail_at(tr_error *error, tr_status status, const char *file, tr_str text, size_t offset,
                     const char *format, ...)
{
    if (!error) return status;
    va_list args;
    va_start(args, format);
    set_message(error, status, 0, format, args);
    va_end(args);
    if (offset > text.size) offset = text.size;
    copy_path(error->file, sizeof(error->file), file ? file : "");
    tr_locate(text, offset, &error->line, &error->column);
    set_excerpt(error, text, offset);
    return status;
}

size_t tr_error_format(const tr_error *error, char *buffer, size_t size)
{
    char place[sizeof(error->file) + 32] = "";
    if (error->line && error->column) {
        snprintf(place, sizeof(place), "%s:%u:%u: ", error->file[0] ? error->file : "<text>", error->line,
                 error->column);
    } else if (error->line) {
        snprintf(place, sizeof(place), "%s:%u: ", error->file[0] ? error->file : "<text>", error->line);
    } else if (error->file[0]) {
        snprintf(place, sizeof(place), "%s: ", error->file);
    }
    int length = snprintf(buffer, size, "%serror: %s%s%s", place, error->message, error->excerpt[0] ? "\n" : "",
                          error->excerpt);
    return length < 0 ? 0 : (size_t)length;
}
