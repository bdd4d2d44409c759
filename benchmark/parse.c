/* How fast the parser reads a file:
 *
 *     parse FILE [RUNS]
 *
 * Prints, as JSON, the file's size and the best time in ns of RUNS (9) parses (lexing, building and verifying the
 * module; freeing it isn't in it) and of as many copies of the text.
 */
#include "mlir/parse.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static char *read_text(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) goto fail;
    const long end = ftell(file);
    if (end <= 0) goto fail;
    rewind(file);
    *size = (size_t)end;
    char *text = malloc(*size);
    if (!text || fread(text, 1, *size, file) != *size) goto fail;
    fclose(file);
    return text;
fail:
    perror(path);
    exit(2);
}

static int64_t time_parse(const char *path, tr_str text)
{
    tr_module *module;
    tr_error error;
    const int64_t begin = now();
    const tr_status status = tr_module_parse(text, path, &module, &error);
    const int64_t took = now() - begin;
    if (status) {
        char message[2048];
        tr_error_format(&error, message, sizeof message);
        fprintf(stderr, "%s\n", message);
        exit(1);
    }
    tr_module_destroy(module);
    return took;
}

static int64_t time_copy(char *copy, tr_str text)
{
    const int64_t begin = now();
    memcpy(copy, text.data, text.size);
    __asm__ volatile("" : : "r"(copy) : "memory");
    return now() - begin;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: parse FILE [RUNS]\n");
        return 2;
    }
    const int runs = argc > 2 ? atoi(argv[2]) : 9;
    size_t size;
    char *data = read_text(argv[1], &size), *copy = malloc(size);
    const tr_str text = { data, size };
    if (!copy) return 2;
    int64_t parse_ns = INT64_MAX, copy_ns = INT64_MAX;
    for (int run = 0; run < runs; run++) {
        parse_ns = smaller(parse_ns, time_parse(argv[1], text));
        copy_ns = smaller(copy_ns, time_copy(copy, text));
    }
    printf("{\"bytes\": %zu, \"parse_ns\": %lld, \"copy_ns\": %lld}\n", size, (long long)parse_ns,
           (long long)copy_ns);
    free(copy);
    free(data);
    return 0;
}
