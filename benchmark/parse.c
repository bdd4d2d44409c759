/* How fast the parser reads a file:
 *
 *     parse FILE [RUNS]
 *
 * Prints, as JSON, the file's size, and of RUNS (9) parses (lexing, building and verifying the module; freeing it isn't in
 * it) the best wall time and the best CPU time of the process, in ns; and the best wall time of as many copies of the text.
 * One thread; the text is in memory before the first run. On a machine that does other things, too, only the CPU time says
 * what the parser takes.
 */
#include "mlir/parse.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
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

typedef struct times {
    int64_t wall, cpu;
} times;

static times time_parse(const char *path, tr_str text)
{
    tr_module *module;
    tr_error error;
    const times begin = { now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID) };
    const tr_status status = tr_module_parse(text, path, &module, &error);
    const times took = { now(CLOCK_MONOTONIC) - begin.wall, now(CLOCK_PROCESS_CPUTIME_ID) - begin.cpu };
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
    const int64_t begin = now(CLOCK_MONOTONIC);
    memcpy(copy, text.data, text.size);
    __asm__ volatile("" : : "r"(copy) : "memory");
    return now(CLOCK_MONOTONIC) - begin;
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
    int64_t copy_ns = INT64_MAX;
    times parse = { INT64_MAX, INT64_MAX };
    for (int run = 0; run < runs; run++) {
        const times took = time_parse(argv[1], text);
        parse = (times){ smaller(parse.wall, took.wall), smaller(parse.cpu, took.cpu) };
        copy_ns = smaller(copy_ns, time_copy(copy, text));
    }
    printf("{\"bytes\": %zu, \"parse_ns\": %lld, \"parse_cpu_ns\": %lld, \"copy_ns\": %lld}\n", size,
           (long long)parse.wall, (long long)parse.cpu, (long long)copy_ns);
    free(copy);
    free(data);
    return 0;
}
