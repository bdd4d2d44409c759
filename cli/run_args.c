#include "run.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- parameters */

static const char *param_at(const void *user, int index)
{
    const tr_param *param = tr_kernel_param(user, index);
    return param ? param->name : NULL;
}

/* "x: !tt.ptr<f32>, n: i32"; malloc'd. With `texts` only those before `count` that have none. */
static char *list_params(const tr_kernel *kernel, const char *const *texts, int32_t count)
{
    char *list = format_text("%s", "");
    for (int32_t i = 0; i < count; i++) {
        const tr_param *param = tr_kernel_param(kernel, i);
        if (texts && texts[i]) continue;
        char *longer = format_text("%s%s%s: %s", list, *list ? ", " : "", param->name, param->type);
        free(list);
        list = longer;
    }
    return list;
}

int32_t find_param(const tr_kernel *kernel, const char *name, tr_error *error)
{
    int32_t count = tr_kernel_param_count(kernel);
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(tr_kernel_param(kernel, i)->name, name) == 0) return i;
    }
    char *end;
    long index = strtol(name, &end, 10);
    if (isdigit((unsigned char)name[0]) && *end == '\0' && index < count) return (int32_t)index;

    char *params = list_params(kernel, NULL, count);
    const char *near = isdigit((unsigned char)name[0]) ? NULL : nearest(name, param_at, kernel);
    fail(error, TR_INVALID_ARGUMENT, "kernel '%s' has no parameter '%s'%s%s%s; it takes %s", tr_kernel_name(kernel),
         name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", *params ? params : "none");
    free(params);
    return -1;
}

bool split_name(const char *text, char **out_name, const char **out_value)
{
    size_t size = 0;
    while (isalnum((unsigned char)text[size]) || text[size] == '_' || text[size] == '.' || text[size] == '$') size++;
    *out_name = NULL;
    if (size == 0 || text[size] != '=') return false;
    *out_name = format_text("%.*s", (int)size, text);
    *out_value = text + size + 1;
    return true;
}

/* ---------------------------------------------------------------- binding */

static tr_status bind_to(cli_run *run, int32_t index, const char *text, tr_error *error)
{
    if (run->texts[index]) {
        return fail(error, TR_INVALID_ARGUMENT, "argument '%s' is given twice: '%s' and '%s'",
                    tr_kernel_param(run->kernel, index)->name, run->texts[index], text);
    }
    run->texts[index] = text;
    return TR_OK;
}

static tr_status bind_named(cli_run *run, const char *text, bool *out_named, tr_error *error)
{
    char *name;
    const char *value;
    *out_named = split_name(text, &name, &value);
    if (!*out_named) return TR_OK;
    int32_t index = find_param(run->kernel, name, error);
    free(name);
    return index < 0 ? error->status : bind_to(run, index, value, error);
}

/* Those without a name fill, in order, the places that are left. */
static tr_status bind_unnamed(cli_run *run, const bool *named, tr_error *error)
{
    const text_list *args = &run->options->args;
    const int32_t count = run->count;
    int32_t place = 0;
    for (int i = 0; i < args->count; i++) {
        if (named[i]) continue;
        while (place < count && run->texts[place]) place++;
        if (place < count) {
            run->texts[place] = args->items[i];
            continue;
        }
        char *params = list_params(run->kernel, NULL, count);
        tr_status status = fail(error, TR_INVALID_ARGUMENT,
                                "too many arguments: '%s' is one too many; kernel '%s' takes %s", args->items[i],
                                tr_kernel_name(run->kernel), *params ? params : "none");
        free(params);
        return status;
    }
    return TR_OK;
}

/* The last ones that have no value and may be left out are. */
static tr_status check_bound(cli_run *run, tr_error *error)
{
    const int32_t count = run->count, needed = count - tr_kernel_optional_param_count(run->kernel);
    while (run->count > needed && !run->texts[run->count - 1]) run->count--;
    char *missing = list_params(run->kernel, run->texts, run->count);
    tr_status status = TR_OK;
    if (*missing) {
        char *params = list_params(run->kernel, NULL, count);
        status = fail(error, TR_INVALID_ARGUMENT, "too few arguments: missing %s (kernel '%s' takes %s)", missing,
                      tr_kernel_name(run->kernel), params);
        free(params);
    }
    free(missing);
    return status;
}

tr_status bind_args(cli_run *run, tr_error *error)
{
    const text_list *args = &run->options->args;
    run->count = tr_kernel_param_count(run->kernel);
    run->texts = allocate((size_t)run->count, sizeof(*run->texts));
    run->values = allocate((size_t)run->count, sizeof(*run->values));
    bool *named = allocate((size_t)args->count, sizeof(*named));
    tr_status status = TR_OK;
    for (int i = 0; i < args->count && status == TR_OK; i++) {
        status = bind_named(run, args->items[i], &named[i], error);
    }
    if (status == TR_OK) status = bind_unnamed(run, named, error);
    free(named);
    return status == TR_OK ? check_bound(run, error) : status;
}

/* ---------------------------------------------------------------- values */

void free_values(cli_run *run)
{
    for (int32_t i = 0; i < run->count; i++) value_destroy(&run->values[i]);
}

tr_status make_values(cli_run *run, tr_error *error)
{
    free_values(run);
    for (int32_t i = 0; i < run->count; i++) {
        const tr_param *param = tr_kernel_param(run->kernel, i);
        tr_status status = value_create(run->texts[i], param, i, &run->values[i], error);
        if (status != TR_OK) return status;
    }
    return TR_OK;
}

tr_status find_array(const cli_run *run, const char *option, const char *name, int32_t *out_index, tr_error *error)
{
    int32_t index = find_param(run->kernel, name, error);
    if (index < 0) return error->status;
    if (!run->values[index].is_array) {
        return fail(error, TR_INVALID_ARGUMENT, "--%s: argument '%s' is not a buffer", option,
                    tr_kernel_param(run->kernel, index)->name);
    }
    *out_index = index;
    return TR_OK;
}

tr_status find_file(const cli_run *run, const char *option, const char *text, int32_t *out_index, const char **out_file,
                    tr_error *error)
{
    char *name = NULL;
    tr_status status;
    if (split_name(text, &name, out_file) && **out_file) {
        status = find_array(run, option, name, out_index, error);
    } else {
        status = fail(error, TR_INVALID_ARGUMENT, "--%s needs NAME=FILE, not '%s'", option, text);
    }
    free(name);
    return status;
}
