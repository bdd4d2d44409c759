#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct show_options {
    struct common_options common;
    const char *kernel, *level, *metadata;
    bool steps, print, generic, strip_locations;
} show_options;

static const option_row rows[] = {
    FLAG(show_options, steps, "steps", "also print the steps that the tile VM runs (docs/tile.md)"),
    FLAG(show_options, print, "print", "print the kernel's text, and nothing else"),
    FLAG(show_options, generic, "generic", "print it with every op in MLIR's generic form"),
    FLAG(show_options, strip_locations, "strip-locations", "print it without loc(...)"),
    TEXT(show_options, kernel, "kernel", "NAME", "which kernel, where there are several"),
    TEXT(show_options, level, "level", "LEVEL", "which level to take from a folder: ttir ttgir llir ptx cubin"),
    TEXT(show_options, metadata, "metadata", "FILE", "the metadata JSON; NAME.json beside the kernel if not given"),
    COMMON_OPTIONS(show_options),
};

/* ---------------------------------------------------------------- several kernels */

/* True when the path holds more than one kernel, of which none is named. */
static bool holds_several(const tr_listing *listing, const show_options *options)
{
    if (options->kernel) return false;
    for (int32_t i = 1; i < listing->count; i++) {
        const tr_listing_entry *a = &listing->entries[0], *b = &listing->entries[i];
        size_t folder_a = (size_t)(strrchr(a->path, '/') ? strrchr(a->path, '/') - a->path : 0);
        size_t folder_b = (size_t)(strrchr(b->path, '/') ? strrchr(b->path, '/') - b->path : 0);
        if (strcmp(a->kernel, b->kernel) != 0) return true;
        if (folder_a != folder_b || strncmp(a->path, b->path, folder_a) != 0) return true;
    }
    return false;
}

static json_t *listing_json(const tr_listing *listing)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < listing->count; i++) {
        const tr_listing_entry *entry = &listing->entries[i];
        json_array_append_new(list, json_pack("{s:o, s:s, s:o, s:I}", "kernel", json_text(entry->kernel), "level",
                                              tr_level_name(entry->level), "path", json_text(entry->path), "size",
                                              (json_int_t)entry->size));
    }
    return list;
}

static void show_listing(const tr_listing *listing, const show_options *options)
{
    if (options->common.json) {
        print_json(
            json_pack("{s:o, s:o}", "path", json_text(options->common.operand), "kernels", listing_json(listing)));
        return;
    }
    printf("%s holds several kernels; name one with --kernel, or open its folder\n", options->common.operand);
    for (int32_t i = 0; i < listing->count; i++) {
        const tr_listing_entry *entry = &listing->entries[i];
        printf("  %-6s %-32s %8llu bytes  %s\n", tr_level_name(entry->level), entry->kernel,
               (unsigned long long)entry->size, entry->path);
    }
}

/* ---------------------------------------------------------------- one kernel */

/* What is shown only when asked for; NULL when it was not. */
typedef struct show_texts {
    char *steps, *ir;
} show_texts;

/* True for a parameter that may be one the compiler appended. */
static bool is_optional(const tr_kernel *kernel, int32_t index)
{
    return index >= tr_kernel_param_count(kernel) - tr_kernel_optional_param_count(kernel);
}

static json_t *params_json(const tr_kernel *kernel)
{
    json_t *list = json_array();
    const tr_param *param;
    for (int32_t i = 0; (param = tr_kernel_param(kernel, i)) != NULL; i++) {
        json_array_append_new(list,
                              json_pack("{s:i, s:o, s:o, s:s, s:b, s:I, s:b}", "index", (int)i, "name",
                                        json_text(param->name), "type", json_text(param->type), "dtype",
                                        tr_dtype_name(param->dtype), "is_pointer", param->is_pointer, "divisibility",
                                        (json_int_t)param->divisibility, "optional", is_optional(kernel, i)));
    }
    return list;
}

static json_t *ops_json(const tr_kernel *kernel)
{
    json_t *list = json_array();
    const tr_op_use *op;
    for (int32_t i = 0; (op = tr_kernel_op(kernel, i)) != NULL; i++) {
        json_t *source = json_null();
        if (op->source_file) {
            source = json_pack("{s:o, s:I, s:I}", "file", json_text(op->source_file), "line",
                               (json_int_t)op->source_line, "column", (json_int_t)op->source_column);
        }
        json_array_append_new(list,
                              json_pack("{s:o, s:i, s:b, s:o, s:I, s:I, s:o}", "name", json_text(op->name), "count",
                                        (int)op->count, "runs", op->runs, "reason", json_text(op->reason), "line",
                                        (json_int_t)op->line, "column", (json_int_t)op->column, "source", source));
    }
    return list;
}

static json_t *metadata_json(const tr_kernel *kernel)
{
    json_t *object = json_object();
    const char *key;
    for (int32_t i = 0; (key = tr_kernel_metadata_key(kernel, i)) != NULL; i++) {
        json_object_set_new(object, key, json_text(tr_kernel_metadata(kernel, key)));
    }
    return object;
}

static void show_json(const tr_kernel *kernel, const tr_listing *listing, const char *reason, const show_texts *texts)
{
    char target[TR_KERNEL_TARGET_SIZE];
    json_t *object = json_pack("{s:o, s:s, s:I, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "path",
                               json_text(tr_kernel_path(kernel)), "level", tr_level_name(tr_kernel_level(kernel)),
                               "size", (json_int_t)tr_kernel_size(kernel), "kernel", json_text(tr_kernel_name(kernel)),
                               "target", json_text(tr_kernel_target(kernel, target)), "kernels", listing_json(listing),
                               "runs", tr_kernel_runs(kernel), "reason", json_text(reason), "parameters",
                               params_json(kernel), "ops", ops_json(kernel), "metadata", metadata_json(kernel));
    if (texts->steps) json_object_set_new(object, "steps", json_text(texts->steps));
    if (texts->ir) json_object_set_new(object, "text", json_text(texts->ir));
    print_json(object);
}

/* What people look for first in the metadata. */
static const char *const telling_keys[] = {
    "triton_version", "target", "num_warps", "num_ctas", "num_stages", "shared"
};

static void print_head(const tr_kernel *kernel, const tr_listing *listing, const char *reason)
{
    const char *engine = tr_engine_name(tr_kernel_level(kernel), tr_kernel_device(kernel), NULL);
    printf("%s: %s, %llu bytes\nkernel %s\n", tr_kernel_path(kernel), tr_level_name(tr_kernel_level(kernel)),
           (unsigned long long)tr_kernel_size(kernel), tr_kernel_name(kernel));
    if (listing->count > 1) {
        printf("levels there:");
        for (int32_t i = 0; i < listing->count; i++) printf(" %s", tr_level_name(listing->entries[i].level));
        printf("\n");
    }
    char target[TR_KERNEL_TARGET_SIZE];
    if (tr_kernel_target(kernel, target)) printf("made for %s\n", target);
    for (size_t i = 0; i < sizeof(telling_keys) / sizeof(telling_keys[0]); i++) {
        const char *text = tr_kernel_metadata(kernel, telling_keys[i]);
        if (text) printf("%s: %s\n", telling_keys[i], text);
    }
    if (tr_kernel_runs(kernel)) {
        printf("runs on %s, %s\n", tr_kernel_device(kernel), engine ? engine : "");
    } else {
        printf("can't run: %s\n", reason);
    }
}

static void print_params(const tr_kernel *kernel)
{
    const tr_param *param;
    printf("\n%d parameters\n", tr_kernel_param_count(kernel));
    for (int32_t i = 0; (param = tr_kernel_param(kernel, i)) != NULL; i++) {
        printf("  %2d  %-16s %s", i, param->name, param->type);
        if (param->divisibility) printf("  divisible by %lld", (long long)param->divisibility);
        if (is_optional(kernel, i)) printf("  optional: it may be the compiler's own");
        printf("\n");
    }
}

static void print_ops(const tr_kernel *kernel)
{
    int64_t uses = 0, refused = 0;
    const tr_op_use *op;
    for (int32_t i = 0; (op = tr_kernel_op(kernel, i)) != NULL; i++) {
        uses += op->count;
        refused += !op->runs;
    }
    if (uses == 0) return;
    printf("\n%d ops, used %lld times\n", tr_kernel_op_count(kernel), (long long)uses);
    for (int32_t i = 0; (op = tr_kernel_op(kernel, i)) != NULL; i++) printf("  %4d  %s\n", op->count, op->name);
    if (refused == 0) return;
    printf("\n%lld of them can't run\n", (long long)refused);
    for (int32_t i = 0; (op = tr_kernel_op(kernel, i)) != NULL; i++) {
        if (op->runs) continue;
        printf("  %s: %s\n    at %s:%u:%u", op->name, op->reason, tr_kernel_path(kernel), op->line, op->column);
        if (op->source_file) printf(", from %s:%u", op->source_file, op->source_line);
        printf("\n");
    }
}

/* ---------------------------------------------------------------- the command */

/* Why the kernel does not run, "" when it does. */
static void find_reason(const tr_kernel *kernel, tr_error *out_reason)
{
    char *steps = NULL;
    *out_reason = (tr_error){ 0 };
    if (tr_kernel_steps_text(kernel, &steps, out_reason) == TR_OK) free(steps);
}

static bool wants_text(const show_options *options)
{
    return options->print || options->generic || options->strip_locations;
}

static tr_status make_texts(const tr_kernel *kernel, const show_options *options, show_texts *texts, tr_error *error)
{
    const uint32_t flags = (options->generic ? TR_IR_TEXT_GENERIC : 0u) |
                           (options->strip_locations ? TR_IR_TEXT_NO_LOCATIONS : 0u);
    tr_status status = options->steps ? tr_kernel_steps_text(kernel, &texts->steps, error) : TR_OK;
    if (status == TR_OK && wants_text(options)) status = tr_kernel_ir_text(kernel, flags, &texts->ir, error);
    return status;
}

static void show_text(const tr_kernel *kernel, const tr_listing *listing, const char *reason, const show_texts *texts)
{
    if (texts->ir) {
        fputs(texts->ir, stdout);
        return;
    }
    print_head(kernel, listing, reason);
    print_params(kernel);
    print_ops(kernel);
    if (texts->steps) printf("\n%s", texts->steps);
}

static tr_status show_kernel(const tr_kernel *kernel, const tr_listing *listing, const show_options *options,
                             tr_error *error)
{
    tr_error reason;
    show_texts texts = { 0 };
    find_reason(kernel, &reason);
    tr_status status = make_texts(kernel, options, &texts, error);
    if (status == TR_OK && options->common.json) {
        show_json(kernel, listing, reason.message[0] ? reason.message : NULL, &texts);
    } else if (status == TR_OK) {
        show_text(kernel, listing, reason.message, &texts);
    }
    free(texts.steps);
    free(texts.ir);
    return status;
}

static tr_status load_and_show(const show_options *options, const tr_listing *listing, tr_error *error)
{
    tr_load load = { .kernel = options->kernel, .metadata = options->metadata, .inspect_only = true };
    if (options->steps && wants_text(options) && !options->common.json) {
        return fail(error, TR_INVALID_ARGUMENT, "--steps and --print both want stdout; with --json they share it");
    }
    if (options->level) {
        load.level = tr_level_from_name(options->level);
        if (!load.level) return fail(error, TR_INVALID_ARGUMENT, "there is no level '%s'", options->level);
    }
    tr_context *context;
    tr_status status = tr_context_create(&(tr_context_options){ .threads = 1 }, &context, error);
    if (status != TR_OK) return status;
    tr_kernel *kernel = NULL;
    status = tr_kernel_load(context, options->common.operand, &load, &kernel, error);
    if (status == TR_OK) status = show_kernel(kernel, listing, options, error);
    tr_kernel_destroy(kernel);
    tr_context_destroy(context);
    return status;
}

static enum exit_code run_command(void *any)
{
    const show_options *options = any;
    tr_error error;
    tr_listing listing = { 0 };
    tr_status status = tr_listing_create(options->common.operand, &listing, &error);
    if (status == TR_OK && holds_several(&listing, options)) {
        show_listing(&listing, options);
    } else if (status == TR_OK) {
        status = load_and_show(options, &listing, &error);
    }
    tr_listing_destroy(&listing);
    if (status == TR_OK) return EXIT_DONE;
    return report_error("show", options->common.json, &error);
}

static const char *const examples[] = {
    "triton-runner show add.ttir",
    "triton-runner show ~/.triton/cache --kernel softmax --json",
    "triton-runner show matmul.ttir --steps",
    "triton-runner show matmul.ttir --print --generic --strip-locations",
    NULL,
};

const cli_command command_show = {
    .name = "show",
    .operand = "FILE|FOLDER",
    .summary = "say what a file or folder holds: level, signature, ops, what can't run",
    .rows = rows,
    .options_size = sizeof(show_options),
    .examples = examples,
    .run = run_command,
};
