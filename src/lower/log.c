#include "lower/log.h"

#include <stdio.h>
#include <stdlib.h>

size_t tr_log_find(tr_str s, const char *part)
{
    const char *at = s.size ? memmem(s.data, s.size, part, strlen(part)) : NULL;
    return at ? (size_t)(at - s.data) : (size_t)-1;
}

static bool contains(tr_str s, const char *part)
{
    return tr_log_find(s, part) != (size_t)-1;
}

bool tr_log_next_line(tr_str *rest, tr_str *out_line)
{
    if (rest->size == 0) return false;
    const char *end = memchr(rest->data, '\n', rest->size);
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    *out_line = (tr_str){ rest->data, size };
    size += end != NULL;
    *rest = (tr_str){ rest->data + size, rest->size - size };
    return true;
}

/* Reads a decimal number off the front of `s`. */
static bool take_number(tr_str *s, uint32_t *out)
{
    uint64_t value = 0;
    size_t digits = 0;
    while (digits < s->size && digits < 9 && s->data[digits] >= '0' && s->data[digits] <= '9') {
        value = value * 10 + (uint64_t)(s->data[digits++] - '0');
    }
    *out = (uint32_t)value;
    *s = (tr_str){ s->data + digits, s->size - digits };
    return digits > 0;
}

static bool take(tr_str *s, const char *text)
{
    if (!tr_str_starts_with(*s, text)) return false;
    size_t size = strlen(text);
    *s = (tr_str){ s->data + size, s->size - size };
    return true;
}

bool tr_log_find_place(tr_str log, const char *file, tr_log_place *out_place)
{
    tr_str line;
    while (tr_log_next_line(&log, &line)) {
        size_t at = tr_log_find(line, file);
        if (at == (size_t)-1) continue;
        tr_str s = { line.data + at + strlen(file), line.size - at - strlen(file) };
        tr_log_place place;
        take(&s, "\"");
        if (!take(&s, ":") || !take_number(&s, &place.line) || !take(&s, ":") || !take_number(&s, &place.column)) {
            continue;
        }
        take(&s, ")");
        if (!take(&s, ": error: ")) continue;
        place.message = s;
        *out_place = place;
        return true;
    }
    return false;
}

bool tr_log_find_llvm_place(tr_str log, tr_log_place *out_place)
{
    static const char sign[] = "LLVM ERROR: failed to parse IR: ", behind[] = "lineno: ";
    size_t at = tr_log_find(log, sign);
    if (at == (size_t)-1) return false;
    tr_str s = { log.data + at + strlen(sign), log.size - at - strlen(sign) };
    size_t end = tr_log_find(s, behind);
    if (end == (size_t)-1) return false;
    tr_str number = { s.data + end + strlen(behind), s.size - end - strlen(behind) };
    *out_place = (tr_log_place){ .message = { s.data, end } };
    return take_number(&number, &out_place->line);
}

bool tr_log_find_ptxas_place(tr_str log, tr_log_place *out_place)
{
    tr_str line;
    while (tr_log_next_line(&log, &line)) {
        size_t at = tr_log_find(line, ", line ");
        if (at == (size_t)-1) continue;
        tr_str s = { line.data + at, line.size - at };
        tr_log_place place = { 0 };
        if (!take(&s, ", line ") || !take_number(&s, &place.line)) continue;
        if (!take(&s, "; error") && !take(&s, "; fatal")) continue;
        while (take(&s, " ") || take(&s, ":")) continue;
        place.message = s;
        *out_place = place;
        return true;
    }
    return false;
}

static bool names_cause(tr_str line)
{
    static const char *const signs[] = { "error: ", "error   : ", "fatal   : ", "Assertion `", "LLVM ERROR" };
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (contains(line, signs[i])) return true;
    }
    return false;
}

tr_str tr_log_cause(tr_str log)
{
    tr_str line;
    while (tr_log_next_line(&log, &line)) {
        if (names_cause(line)) return line;
    }
    return (tr_str){ "", 0 };
}

/* Appends a line, cut to a width, while there is room. */
static void add_line(tr_error *error, size_t *used, tr_str line)
{
    enum { WIDEST = 160 };
    bool cut = line.size > WIDEST;
    size_t size = cut ? WIDEST : line.size, room = sizeof(error->excerpt) - *used;
    if (room < size + sizeof("\n...")) return;
    *used += (size_t)snprintf(error->excerpt + *used, room, "%s%.*s%s", *used ? "\n" : "", (int)size, line.data,
                              cut ? "..." : "");
}

void tr_log_excerpt(tr_str log, tr_error *error)
{
    enum { LAST = 5 };
    if (!error || error->excerpt[0]) return;
    size_t used = 0;
    tr_str rest = log, line, last[LAST];
    int count = 0;
    while (tr_log_next_line(&rest, &line)) {
        if (line.size == 0) continue;
        if (names_cause(line)) add_line(error, &used, line);
        last[count++ % LAST] = line;
    }
    if (used) return;
    for (int i = count > LAST ? count - LAST : 0; i < count; i++) add_line(error, &used, last[i % LAST]);
}
