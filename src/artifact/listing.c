#include "artifact/folder.h"
#include "artifact/level.h"
#include "base/file.h"

#include <sys/stat.h>

typedef struct lister {
    tr_arena arena; /* the entries' texts, and itself */
    TR_VEC(tr_listing_entry) entries;
    const char *path; /* of the file that is scanned */
    tr_level level;
    uint64_t size;
    bool failed;
} lister;

static bool add_entry(void *user, tr_str kernel)
{
    lister *l = user;
    tr_listing_entry entry = { tr_arena_copy(&l->arena, kernel).data, l->level, l->path, l->size };
    l->failed |= !entry.kernel || !tr_vec_push(&l->entries, entry);
    return !l->failed;
}

static tr_status list_file(lister *l, const char *path, tr_error *error)
{
    char *data;
    size_t size;
    TR_TRY(tr_file_read(path, &data, &size, error));
    tr_str bytes = { data, size };
    l->path = tr_arena_copy(&l->arena, tr_str_of(path)).data;
    l->size = size;
    l->failed |= !l->path;
    tr_status status = tr_level_detect(bytes, path, &l->level, error);
    if (status == TR_OK) tr_level_scan_kernels(l->level, bytes, add_entry, l);
    free(data);
    return status;
}

/* A folder's files are not opened: their names say what they hold. */
static tr_status list_folder(lister *l, const char *path, tr_error *error)
{
    tr_stage_files stages = { 0 };
    tr_status status = tr_folder_stages(&l->arena, path, &stages, error);
    for (size_t i = 0; i < stages.count && status == TR_OK; i++) {
        struct stat info;
        l->path = stages.items[i].path;
        l->level = stages.items[i].level;
        l->size = stat(l->path, &info) == 0 ? (uint64_t)info.st_size : 0;
        add_entry(l, tr_str_of(stages.items[i].name));
    }
    tr_vec_deinit(&stages);
    return status;
}

static void destroy(lister *l)
{
    tr_vec_deinit(&l->entries);
    tr_arena arena = l->arena; /* which holds *l too */
    tr_arena_deinit(&arena);
}

tr_status tr_listing_create(const char *path, tr_listing *out_listing, tr_error *error)
{
    if (!path || !out_listing) return tr_fail(error, TR_INVALID_ARGUMENT, "no path, or nowhere to put the listing");
    tr_arena arena = { 0 };
    lister *l = TR_NEW(&arena, lister);
    if (!l) return TR_OOM(error);
    l->arena = arena;
    tr_status status = tr_path_is_folder(path) ? list_folder(l, path, error) : list_file(l, path, error);
    if (status == TR_OK && l->failed) status = TR_OOM(error);
    if (status != TR_OK) {
        destroy(l);
        return status;
    }
    *out_listing = (tr_listing){ (int32_t)l->entries.count, l->entries.items, l };
    return TR_OK;
}

void tr_listing_destroy(tr_listing *listing)
{
    if (!listing || !listing->storage) return;
    destroy(listing->storage);
    *listing = (tr_listing){ 0 };
}
