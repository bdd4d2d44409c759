#include "artifact/folder.h"

#include "artifact/level.h"
#include "base/file.h"

/* ---------------------------------------------------------------- finding */

static char *join(tr_arena *arena, const char *folder, const char *name)
{
    char *joined = tr_path_join(folder, name);
    char *copy = joined ? (char *)(uintptr_t)tr_arena_copy(arena, tr_str_of(joined)).data : NULL;
    free(joined);
    return copy;
}

static tr_status add_stages(tr_arena *arena, const char *folder, const tr_names *names, tr_stage_files *stages,
                            tr_error *error)
{
    for (size_t i = 0; i < names->count; i++) {
        tr_level level = tr_level_of_suffix(tr_str_of(names->items[i]));
        if (level == TR_LEVEL_UNKNOWN) continue;
        tr_stage_file stage = { .folder = folder, .level = level };
        stage.path = join(arena, folder, names->items[i]);
        stage.name = tr_arena_copy(arena, tr_path_stem(names->items[i])).data;
        if (!stage.path || !stage.name || !tr_vec_push(stages, stage)) return TR_OOM(error);
    }
    return TR_OK;
}

static tr_status stages_below(tr_arena *arena, const char *path, const tr_names *names, tr_stage_files *stages,
                              tr_error *error)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *folder = join(arena, path, names->items[i]);
        if (!folder) return TR_OOM(error);
        if (!tr_path_is_folder(folder)) continue;
        tr_names inner;
        TR_TRY(tr_folder_list(folder, &inner, error));
        tr_status status = add_stages(arena, folder, &inner, stages, error);
        tr_names_deinit(&inner);
        TR_TRY(status);
    }
    return TR_OK;
}

tr_status tr_folder_stages(tr_arena *arena, const char *path, tr_stage_files *stages, tr_error *error)
{
    const char *folder = tr_arena_copy(arena, tr_str_of(path)).data;
    if (!folder) return TR_OOM(error);
    tr_names names;
    TR_TRY(tr_folder_list(folder, &names, error));
    size_t before = stages->count;
    tr_status status = add_stages(arena, folder, &names, stages, error);
    if (status == TR_OK && stages->count == before) status = stages_below(arena, folder, &names, stages, error);
    tr_names_deinit(&names);
    return status;
}

/* ---------------------------------------------------------------- picking */

static bool has_name(const tr_stage_file *stage, const char *name)
{
    return !name || strcmp(stage->name, name) == 0 ||
           (strlen(stage->name) == TR_STAGE_NAME_LIMIT && strncmp(stage->name, name, TR_STAGE_NAME_LIMIT) == 0);
}

/* "folder/name" below the path that was asked for, or "name" in it. */
static void print_place(const char *path, const tr_stage_file *stage, bool folder_only, tr_text *out)
{
    const char *below = stage->folder + (strcmp(stage->folder, path) == 0 ? strlen(path) : 0);
    if (*below) {
        tr_str base = tr_path_base(stage->folder);
        tr_text_printf(out, "%.*s%s", TR_STR_ARG(base), folder_only ? "" : "/");
    }
    if (!folder_only) tr_text_puts(out, stage->name);
}

/* A list of the kernels of `name`, or of their folders; the message has room for some. */
static void print_choices(const char *path, const tr_stage_files *stages, const char *name, bool folder_only, tr_text *out)
{
    enum { SHOWN = 8 };
    size_t count = 0;
    const tr_stage_file *last = NULL;
    for (size_t i = 0; i < stages->count; i++) {
        const tr_stage_file *stage = &stages->items[i];
        if (!has_name(stage, name)) continue;
        if (last && strcmp(last->folder, stage->folder) == 0 && strcmp(last->name, stage->name) == 0) continue;
        last = stage;
        if (count++ >= SHOWN) continue;
        if (count > 1) tr_text_puts(out, ", ");
        print_place(path, stage, folder_only, out);
    }
    if (count > SHOWN) tr_text_printf(out, " and %zu more", count - SHOWN);
}

static tr_status fail_with_choices(tr_error *error, tr_status status, const char *path, const tr_stage_files *stages,
                                   const char *name, bool folder_only, const char *message)
{
    tr_text choices = { 0 };
    print_choices(path, stages, name, folder_only, &choices);
    tr_fail(error, status, "'%s' %s: %s", path, message, choices.data && !choices.failed ? choices.data : "");
    tr_text_deinit(&choices);
    return status;
}

/* The stages of a name must be one kernel's: same folder, same name. */
static tr_status check_single(const char *path, const tr_stage_files *stages, const char *name, const tr_stage_file **out_first,
                              tr_error *error)
{
    const tr_stage_file *first = NULL;
    for (size_t i = 0; i < stages->count; i++) {
        const tr_stage_file *stage = &stages->items[i];
        if (!has_name(stage, name)) continue;
        if (!first) first = stage;
        if (strcmp(first->name, stage->name) != 0) {
            return fail_with_choices(error, TR_INVALID_ARGUMENT, path, stages, name, false,
                                     "holds several kernels, name one");
        }
        if (strcmp(first->folder, stage->folder) != 0) {
            return fail_with_choices(error, TR_INVALID_ARGUMENT, path, stages, first->name, true,
                                     "holds this kernel in several folders, open one of them");
        }
    }
    *out_first = first;
    return TR_OK;
}

tr_status tr_folder_pick(const char *path, const tr_stage_files *stages, const char *name, const tr_level *preference,
                         const tr_stage_file **out_stage, tr_error *error)
{
    if (stages->count == 0) {
        return tr_fail(error, TR_NOT_FOUND,
                       "'%s' holds no kernel: no .ttir, .ttgir, .llir, .ptx or .cubin in it or in its folders", path);
    }
    const tr_stage_file *first = NULL;
    TR_TRY(check_single(path, stages, name, &first, error));
    if (!first) {
        /* A single file may hold a kernel of another name than its own. */
        if (check_single(path, stages, NULL, &first, NULL) != TR_OK) {
            tr_text message = { 0 };
            tr_text_printf(&message, "holds no kernel '%s'; there are", name);
            tr_status status = fail_with_choices(error, TR_NOT_FOUND, path, stages, NULL, false,
                                                 message.data && !message.failed ? message.data : "");
            tr_text_deinit(&message);
            return status;
        }
    }
    for (; *preference != TR_LEVEL_UNKNOWN; preference++) {
        for (size_t i = 0; i < stages->count; i++) {
            const tr_stage_file *stage = &stages->items[i];
            if (stage->level != *preference || strcmp(stage->folder, first->folder) != 0) continue;
            if (strcmp(stage->name, first->name) != 0) continue;
            *out_stage = stage;
            return TR_OK;
        }
    }
    tr_text levels = { 0 };
    for (size_t i = 0; i < stages->count; i++) {
        if (strcmp(stages->items[i].name, first->name) != 0) continue;
        tr_text_printf(&levels, "%s%s", levels.size ? ", " : "", tr_level_name(stages->items[i].level));
    }
    tr_status status = tr_fail(error, TR_NOT_FOUND,
                               "'%s' does not have the level that is asked for; kernel '%s' is there as %s", path,
                               first->name, levels.data && !levels.failed ? levels.data : "other levels");
    tr_text_deinit(&levels);
    return status;
}
