#include "options.h"

#include <stdio.h>

typedef struct info_options {
    struct common_options common;
    int64_t threads;
} info_options;

static const option_row rows[] = {
    INT(info_options, threads, "threads", "N", 1, "count as if that many CPU threads were asked for"),
    COMMON_OPTIONS(info_options),
};

static json_t *devices_json(void)
{
    json_t *list = json_array();
    tr_device device;
    for (int i = 0; tr_device_get(i, &device); i++) {
        json_array_append_new(list, json_pack("{s:s, s:b, s:s}", "name", device.name, "available", device.available,
                                              "detail", device.detail));
    }
    return list;
}

static json_t *levels_json(void)
{
    json_t *list = json_array();
    for (int level = TR_LEVEL_TTIR; level < TR_LEVEL_COUNT; level++) {
        json_t *row = json_pack("{s:s}", "level", tr_level_name((tr_level)level));
        tr_device device;
        for (int i = 0; tr_device_get(i, &device); i++) {
            const char *reason = NULL;
            const char *engine = tr_engine_name((tr_level)level, device.name, &reason);
            json_object_set_new(row, device.name, json_pack("{s:s?, s:s?}", "engine", engine, "reason", reason));
        }
        json_array_append_new(list, row);
    }
    return list;
}

static void print_text(const tr_context *context)
{
    printf("triton-runner %s (%s)\n", tr_version(), tr_build_info());
    printf("threads: %d\nSIMD:    %s\n\ndevices\n", tr_context_threads(context), tr_context_isa(context));
    tr_device device;
    for (int i = 0; tr_device_get(i, &device); i++) {
        printf("  %-5s %s\n", device.name, device.detail);
    }
    printf("\nlevels\n");
    for (int level = TR_LEVEL_TTIR; level < TR_LEVEL_COUNT; level++) {
        for (int i = 0; tr_device_get(i, &device); i++) {
            const char *reason = NULL;
            const char *engine = tr_engine_name((tr_level)level, device.name, &reason);
            printf("  %-6s on %-5s %s%s\n", tr_level_name((tr_level)level), device.name,
                   engine ? "" : "no: ", engine ? engine : reason);
        }
    }
}

static enum exit_code run(void *any)
{
    info_options *options = any;
    tr_error error;
    tr_context *context;
    const tr_context_options context_options = { .threads = thread_count(options->threads) };
    if (tr_context_create(&context_options, &context, &error) != TR_OK) {
        return report_error("info", options->common.json, &error);
    }
    if (options->common.json) {
        print_json(json_pack("{s:s, s:s, s:i, s:s, s:o, s:o}", "version", tr_version(), "build", tr_build_info(),
                             "threads", (int)tr_context_threads(context), "isa", tr_context_isa(context), "devices",
                             devices_json(), "levels", levels_json()));
    } else {
        print_text(context);
    }
    tr_context_destroy(context);
    return EXIT_DONE;
}

static const char *const examples[] = { "triton-runner info", "triton-runner info --json", NULL };

const cli_command command_info = {
    .name = "info",
    .summary = "say what this build and this machine can run",
    .rows = rows,
    .options_size = sizeof(info_options),
    .notes = "Set TRITON_RUNNER_THREADS or TRITON_RUNNER_ISA (baseline, avx2, avx512) to change what is chosen.\n",
    .examples = examples,
    .run = run,
};
