#include "cli.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- failures */

static const enum exit_code exit_codes[] = {
    [TR_OK] = EXIT_DONE,
    [TR_INVALID_ARGUMENT] = EXIT_USAGE,
    [TR_INVALID_INPUT] = EXIT_INPUT,
    [TR_NOT_FOUND] = EXIT_INPUT,
    [TR_MISMATCH] = EXIT_INPUT,
    [TR_UNSUPPORTED] = EXIT_UNSUPPORTED,
    [TR_UNAVAILABLE] = EXIT_UNSUPPORTED,
    [TR_OUT_OF_BOUNDS] = EXIT_INPUT,
    [TR_TRAPPED] = EXIT_INPUT,
    [TR_INTERRUPTED] = EXIT_INTERRUPTED,
    [TR_TIMED_OUT] = EXIT_TIMED_OUT,
    [TR_DEADLOCK] = EXIT_INPUT,
    [TR_OUT_OF_MEMORY] = EXIT_INTERNAL,
    [TR_IO] = EXIT_INPUT,
    [TR_INTERNAL] = EXIT_INTERNAL,
};

enum exit_code exit_code_of(tr_status status)
{
    return (size_t)status < sizeof(exit_codes) / sizeof(exit_codes[0]) ? exit_codes[status] : EXIT_INTERNAL;
}

void say(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "triton-runner%s%s: ", command ? " " : "", command ? command : "");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

static json_t *error_json(const tr_error *error)
{
    json_t *object = json_pack("{s:s, s:o}", "status", tr_status_name(error->status), "message",
                               json_text(error->message));
    if (error->file[0]) json_object_set_new(object, "file", json_text(error->file));
    if (error->line) json_object_set_new(object, "line", json_integer(error->line));
    if (error->column) json_object_set_new(object, "column", json_integer(error->column));
    return json_pack("{s:o}", "error", object);
}

enum exit_code report_error(const char *command, bool json, const tr_error *error)
{
    char text[2048];
    tr_error_format(error, text, sizeof(text));
    fprintf(stderr, "%s\n", text);
    if (error->status == TR_INVALID_ARGUMENT) {
        fprintf(stderr, "see triton-runner %s --help\n", command);
    }
    if (json) print_json(error_json(error));
    return exit_code_of(error->status);
}

tr_status fail(tr_error *error, tr_status status, const char *format, ...)
{
    *error = (tr_error){ .status = status };
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof(error->message), format, args);
    va_end(args);
    return status;
}

/* ---------------------------------------------------------------- memory */

static void *or_exit(void *memory)
{
    if (memory) return memory;
    fputs("triton-runner: out of memory\n", stderr);
    exit(EXIT_INTERNAL);
}

void *allocate(size_t count, size_t size)
{
    return or_exit(calloc(count ? count : 1, size));
}

char *format_text(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    return or_exit(length < 0 ? NULL : text);
}

/* ---------------------------------------------------------------- JSON */

void print_json(json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(15) | JSON_ENCODE_ANY);
    json_decref(value);
    puts(or_exit(text));
    free(text);
}

/* How many bytes the UTF-8 character at `p` has; 0 when it is none. */
static size_t utf8_size(const unsigned char *p)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t size = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    uint32_t code = size < 2 ? p[0] : p[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (p[i] >> 6 != 2) return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return size && code >= least[size] && code <= 0x10ffff && !surrogate ? size : 0;
}

json_t *json_text(const char *text)
{
    if (!text) return json_null();
    char *clean = format_text("%s", text);
    for (size_t i = 0, size; clean[i]; i += size ? size : 1) {
        size = utf8_size((const unsigned char *)clean + i);
        if (!size) clean[i] = '?';
    }
    json_t *string = json_string(clean);
    free(clean);
    return string;
}

json_t *json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* ---------------------------------------------------------------- names */

/* Edits that make `b` of `a`: insertions, deletions, changes, swaps of neighbours. Long names are cut. */
static int distance(const char *a, const char *b)
{
    enum { LONGEST = 40 };
    int rows[3][LONGEST + 1], *before = rows[0], *previous = rows[1], *current = rows[2];
    int a_size = (int)strnlen(a, LONGEST), b_size = (int)strnlen(b, LONGEST);
    for (int j = 0; j <= b_size; j++) previous[j] = j;
    for (int i = 1; i <= a_size; i++) {
        current[0] = i;
        for (int j = 1; j <= b_size; j++) {
            int best = previous[j - 1] + (a[i - 1] != b[j - 1]);
            if (previous[j] + 1 < best) best = previous[j] + 1;
            if (current[j - 1] + 1 < best) best = current[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
            current[j] = best;
        }
        int *oldest = before;
        before = previous;
        previous = current;
        current = oldest;
    }
    return previous[b_size];
}

const char *nearest(const char *name, const char *(*name_at)(const void *user, int index), const void *user)
{
    const char *best = NULL;
    int least = (int)strlen(name) / 3 + 2; /* a third of the letters, at least one, may be wrong */
    const char *other;
    for (int i = 0; (other = name_at(user, i)) != NULL; i++) {
        int edits = distance(name, other);
        if (edits >= least || edits >= (int)strlen(other)) continue;
        least = edits;
        best = other;
    }
    return best;
}

/* ---------------------------------------------------------------- arrays */

const char *shape_text(const tr_array *array, char buffer[SHAPE_TEXT_SIZE])
{
    size_t used = 0;
    for (int32_t i = 0; i < array->rank; i++) {
        used += (size_t)snprintf(buffer + used, SHAPE_TEXT_SIZE - used, "%s%lld", i ? "x" : "",
                                 (long long)array->shape[i]);
    }
    if (array->rank == 0) snprintf(buffer, SHAPE_TEXT_SIZE, "()");
    return buffer;
}

/* Digits that tell neighbours apart; 0 for integers. */
static const int digits[TR_DTYPE_COUNT] = {
    [TR_F8E4M3FN] = 3, [TR_F8E5M2] = 3, [TR_F16] = 5, [TR_BF16] = 4, [TR_F32] = 9, [TR_F64] = 17,
};

const char *element_text(const tr_array *array, int64_t index, char buffer[ELEMENT_TEXT_SIZE])
{
    if (digits[array->dtype]) {
        snprintf(buffer, ELEMENT_TEXT_SIZE, "%.*g", digits[array->dtype], tr_array_get(array, index));
    } else if (tr_dtype_size(array->dtype) == 8) { /* a double would lose its last digits */
        uint64_t bits;
        memcpy(&bits, (const char *)array->data + 8 * index, sizeof(bits));
        snprintf(buffer, ELEMENT_TEXT_SIZE, array->dtype == TR_I64 ? "%lld" : "%llu", (unsigned long long)bits);
    } else {
        snprintf(buffer, ELEMENT_TEXT_SIZE, "%.0f", tr_array_get(array, index));
    }
    return buffer;
}
