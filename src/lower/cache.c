#include "lower/cache.h"

#include "lower/folder.h"
#include "lower/patience.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORMAT = 1 };

void tr_lower_group_deinit(tr_lower_group *group)
{
    for (int32_t i = 0; i < group->count; i++) free(group->stages[i].data);
    json_decref(group->metadata);
    *group = (tr_lower_group){ 0 };
}

char *tr_cache_root(const char *folder)
{
    const char *ours = getenv("TRITON_RUNNER_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (!folder && ours && *ours) folder = ours;
    if (folder) return tr_path_join(folder, "lower");
    if (xdg && *xdg) return tr_path_join(xdg, "triton-runner/lower");
    return home && *home ? tr_path_join(home, ".cache/triton-runner/lower") : NULL;
}

/* ROOT/ab/ab12...: not too many folders in one. */
static char *entry_path(const char *root, const char *key)
{
    tr_text text = { 0 };
    tr_text_printf(&text, "%s/%.2s/%s", root, key, key);
    return tr_text_take(&text);
}

static void hash_text(tr_str bytes, char out[33])
{
    XXH128_hash_t hash = XXH3_128bits(bytes.data, bytes.size);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}

/* ---------------------------------------------------------------- reading */

/* A file of an entry, when it is what its row in the manifest says. */
static char *read_checked(const char *folder, const json_t *row, size_t *out_size)
{
    const char *file = json_string_value(json_object_get(row, "file"));
    const char *hash = json_string_value(json_object_get(row, "hash"));
    if (!file || !hash || strchr(file, '/')) return NULL;
    char *path = tr_path_join(folder, file), *data = NULL, actual[33];
    bool sound = path && tr_file_read(path, &data, out_size, NULL) == TR_OK;
    free(path);
    if (sound) {
        hash_text((tr_str){ data, *out_size }, actual);
        sound = strcmp(hash, actual) == 0;
    }
    if (sound) return data;
    free(data);
    return NULL;
}

static bool read_stage(const char *folder, const json_t *row, tr_lower_group *out)
{
    const char *name = json_string_value(json_object_get(row, "level"));
    tr_lower_stage stage = { .level = name ? tr_level_from_name(name) : TR_LEVEL_UNKNOWN };
    if (stage.level == TR_LEVEL_UNKNOWN || out->count == TR_LEVEL_COUNT) return false;
    stage.data = read_checked(folder, row, &stage.size);
    if (stage.data) out->stages[out->count++] = stage;
    return stage.data != NULL;
}

static bool read_entry(const char *folder, const json_t *manifest, tr_lower_group *out)
{
    if (json_integer_value(json_object_get(manifest, "format")) != FORMAT) return false;
    size_t i, size;
    json_t *row, *stages = json_object_get(manifest, "stages");
    json_array_foreach(stages, i, row)
    {
        if (!read_stage(folder, row, out)) return false;
    }
    char *text = read_checked(folder, json_object_get(manifest, "metadata"), &size);
    if (text) out->metadata = json_loadb(text, size, 0, NULL);
    free(text);
    return out->count > 0 && json_is_object(out->metadata);
}

bool tr_cache_load(const char *root, const char *key, tr_lower_group *out)
{
    char *folder = entry_path(root, key), *path = folder ? tr_path_join(folder, "manifest") : NULL;
    char *text = NULL;
    size_t size;
    json_t *manifest = NULL;
    *out = (tr_lower_group){ 0 };
    if (path && tr_file_read(path, &text, &size, NULL) == TR_OK) manifest = json_loadb(text, size, 0, NULL);
    bool found = manifest && read_entry(folder, manifest, out);
    if (!found) tr_lower_group_deinit(out);
    json_decref(manifest);
    free(text);
    free(path);
    free(folder);
    return found;
}

/* ---------------------------------------------------------------- writing */

/* Writes one file and returns its row of the manifest; NULL on failure. */
static json_t *write_file(const char *folder, const char *suffix, tr_str bytes)
{
    char file[32], hash[33];
    snprintf(file, sizeof(file), "kernel.%s", suffix);
    char *path = tr_path_join(folder, file);
    bool written = path && tr_file_write(path, bytes.data, bytes.size, NULL) == TR_OK;
    free(path);
    if (!written) return NULL;
    hash_text(bytes, hash);
    return json_pack("{s:s, s:s}", "file", file, "hash", hash);
}

static bool write_stages(const char *folder, const tr_lower_group *group, json_t *manifest)
{
    json_t *stages = json_array();
    bool fine = json_object_set_new(manifest, "stages", stages) == 0;
    for (int32_t i = 0; i < group->count && fine; i++) {
        const tr_lower_stage *stage = &group->stages[i];
        const char *level = tr_level_name(stage->level);
        json_t *row = write_file(folder, level, (tr_str){ stage->data, stage->size });
        fine = row && json_object_set_new(row, "level", json_string(level)) == 0 && json_array_append(stages, row) == 0;
        json_decref(row);
    }
    return fine;
}

static bool write_entry(const char *folder, const tr_lower_group *group)
{
    json_t *manifest = json_pack("{s:i}", "format", FORMAT);
    char *metadata = json_dumps(group->metadata, 0), *text = NULL;
    bool fine = manifest && metadata && write_stages(folder, group, manifest) &&
                json_object_set_new(manifest, "metadata", write_file(folder, "json", tr_str_of(metadata))) == 0 &&
                (text = json_dumps(manifest, 0)) != NULL;
    char *path = fine ? tr_path_join(folder, "manifest") : NULL;
    fine = path && tr_file_write(path, text, strlen(text), NULL) == TR_OK;
    free(path);
    free(text);
    free(metadata);
    json_decref(manifest);
    return fine;
}

/* A new folder in `root`, open to whom the umask allows. */
static char *make_aside(const char *root)
{
    for (unsigned i = 0; i < 100; i++) {
        tr_text text = { 0 };
        tr_text_printf(&text, "%s/aside-%ld-%llx-%u", root, (long)getpid(),
                       (unsigned long long)(tr_clock() * 1e9) ^ (unsigned long long)(uintptr_t)&text, i);
        char *path = tr_text_take(&text);
        if (!path || mkdir(path, 0777) == 0) return path;
        free(path);
    }
    return NULL;
}

/* Renames over what stands there: a damaged entry, or the same one that another process was first with. */
static bool move_in(const char *root, const char *aside, const char *entry)
{
    if (rename(aside, entry) == 0) return true;
    char *old = make_aside(root);
    if (!old) return false;
    bool moved = rename(entry, old) == 0 && rename(aside, entry) == 0;
    tr_folder_remove(old);
    free(old);
    return moved;
}

static bool make_parent(const char *root, const char *key)
{
    char *entry = entry_path(root, key);
    char *slash = entry ? strrchr(entry, '/') : NULL;
    if (slash) *slash = '\0';
    bool made = slash && tr_folder_make(entry, NULL) == TR_OK;
    free(entry);
    return made;
}

void tr_cache_store(const char *root, const char *key, const tr_lower_group *group)
{
    if (!make_parent(root, key)) return;
    char *aside = make_aside(root), *entry = entry_path(root, key);
    if (aside && (!entry || !write_entry(aside, group) || !move_in(root, aside, entry))) tr_folder_remove(aside);
    free(entry);
    free(aside);
}
