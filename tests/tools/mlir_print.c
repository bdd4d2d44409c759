/* Reads a module and prints it: mlir_print [--generic] [--no-locations] [--time N] FILE
 *
 * tools/check_print.py compares what it prints with what Triton prints. --time parses N times and prints the best
 * rate of one core instead. */
#include "base/file.h"
#include "mlir/parse.h"
#include "mlir/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static tr_status time_parse(tr_str text, const char *path, int times, tr_error *error)
{
    double best = 1e30;
    for (int i = 0; i < times; i++) {
        tr_module *module;
        double begin = seconds();
        TR_TRY(tr_module_parse(text, path, &module, error));
        double took = seconds() - begin;
        if (took < best) best = took;
        tr_module_destroy(module);
    }
    printf("%.1f MB/s, %.0f us\n", (double)text.size / best / 1e6, best * 1e6);
    return TR_OK;
}

static tr_status print(tr_str text, const char *path, const tr_print_options *options, tr_error *error)
{
    tr_module *module;
    tr_text out = { 0 };
    TR_TRY(tr_module_parse(text, path, &module, error));
    tr_status status = tr_module_print(module, options, &out, error);
    if (status == TR_OK) fwrite(out.data, 1, out.size, stdout);
    tr_text_deinit(&out);
    tr_module_destroy(module);
    return status;
}

int main(int argc, char **argv)
{
    tr_print_options options = { 0 };
    const char *path = NULL;
    int times = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--generic") == 0) {
            options.generic = true;
        } else if (strcmp(argv[i], "--no-locations") == 0) {
            options.no_locations = true;
        } else if (strcmp(argv[i], "--time") == 0 && i + 1 < argc) {
            times = (int)strtol(argv[++i], NULL, 10);
        } else {
            path = argv[i];
        }
    }
    if (!path) {
        fprintf(stderr, "usage: mlir_print [--generic] [--no-locations] [--time N] FILE\n");
        return 2;
    }
    char *data;
    size_t size;
    tr_error error;
    tr_status status = tr_file_read(path, &data, &size, &error);
    if (status == TR_OK) {
        tr_str text = { data, size };
        status = times > 0 ? time_parse(text, path, times, &error) : print(text, path, &options, &error);
        free(data);
    }
    if (status == TR_OK) return 0;
    char message[2048];
    tr_error_format(&error, message, sizeof(message));
    fprintf(stderr, "%s\n", message);
    return 3;
}
