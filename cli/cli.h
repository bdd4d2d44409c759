/* What the commands share: exit codes, talking to people, JSON.
 *
 * The command line stands on include/triton_runner.h alone: what it does, the library can do. stdout is data, stderr
 * is talk.
 */
#ifndef TR_CLI_CLI_H
#define TR_CLI_CLI_H

#include "triton_runner.h"

#include <jansson.h>

enum exit_code {
    EXIT_DONE = 0,
    EXIT_DIFFERS = 1,     /* a comparison failed */
    EXIT_USAGE = 2,       /* the command line makes no sense */
    EXIT_INPUT = 3,       /* a file, or what a kernel did with its arguments, is bad */
    EXIT_UNSUPPORTED = 4, /* understood, but nothing here runs it */
    EXIT_INTERNAL = 5,    /* a bug, or no memory */
    EXIT_TIMED_OUT = 124,
    EXIT_INTERRUPTED = 130,
};

enum exit_code exit_code_of(tr_status status);

/* Writes "triton-runner COMMAND: " and the text to stderr, with a newline. */
void say(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reports a failure: to stderr, and as {"error": ...} to stdout when the command writes JSON. Returns the exit code. */
enum exit_code report_error(const char *command, bool json, const tr_error *error);

/* A number of threads as the library takes it; it refuses what is too large. */
static inline int32_t thread_count(int64_t threads)
{
    return threads > INT32_MAX ? INT32_MAX : (int32_t)threads;
}

/* Fills *error and returns `status`. */
tr_status fail(tr_error *error, tr_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* malloc that ends the program with EXIT_INTERNAL when memory is out. Zeroed. */
void *allocate(size_t count, size_t size);
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints and releases. */
void print_json(json_t *value);
/* A string, or null for NULL. Bytes that are not UTF-8, which a path or damaged IR may hold, become '?'. */
json_t *json_text(const char *text);
/* A number, or null where it is not finite: JSON has no NaN. */
json_t *json_number(double value);

/* The name that is most like `name`, or NULL when none is near. `name_at(user, i)` is NULL behind the last. */
const char *nearest(const char *name, const char *(*name_at)(const void *user, int index), const void *user);

/* "512x256"; "()" for rank 0. */
#define SHAPE_TEXT_SIZE 352
const char *shape_text(const tr_array *array, char buffer[SHAPE_TEXT_SIZE]);

/* Element `index` as text with as many digits as its type has. */
#define ELEMENT_TEXT_SIZE 40
const char *element_text(const tr_array *array, int64_t index, char buffer[ELEMENT_TEXT_SIZE]);

#endif
