#include "artifact/entry.h"

#include "artifact/cubin.h"
#include "artifact/ptx_facts.h"

#include <stdio.h>

bool tr_image_is_elf(tr_str bytes)
{
    return tr_str_starts_with(bytes, "\x7f"
                                     "ELF");
}

tr_status tr_image_read(tr_str bytes, const char *file, tr_image **out_image, tr_error *error)
{
    return tr_image_is_elf(bytes) ? tr_cubin_read(bytes, file, out_image, error)
                                  : tr_ptx_facts_read(bytes, file, out_image, error);
}

void tr_image_destroy(tr_image *image)
{
    if (!image) return;
    tr_arena_deinit(&image->arena);
    free(image);
}

/* "'a', 'b', 'c'", cut where the buffer ends. */
static const char *list_entries(const tr_image *image, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = 0;
    for (int32_t i = 0; i < image->entry_count && used + 1 < size; i++) {
        int written = snprintf(buffer + used, size - used, "%s'%s'", i ? ", " : "", image->entries[i].name);
        used += written > 0 ? (size_t)written : 0;
    }
    return buffer;
}

tr_status tr_image_find(const tr_image *image, const char *name, const char *file, const tr_entry **out_entry,
                        tr_error *error)
{
    char names[400];
    if (image->entry_count == 0) return tr_fail(error, TR_INVALID_INPUT, "'%s' holds no kernel", file);
    if (!name && image->entry_count == 1) {
        *out_entry = &image->entries[0];
        return TR_OK;
    }
    if (!name) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "'%s' holds several kernels, say which: %s", file,
                       list_entries(image, names, sizeof(names)));
    }
    for (int32_t i = 0; i < image->entry_count; i++) {
        if (strcmp(image->entries[i].name, name) == 0) {
            *out_entry = &image->entries[i];
            return TR_OK;
        }
    }
    return tr_fail(error, TR_NOT_FOUND, "'%s' has no kernel '%s'; it has %s", file, name,
                   list_entries(image, names, sizeof(names)));
}

const char *tr_image_target(const tr_image *image, char buffer[TR_TARGET_TEXT_SIZE])
{
    const char suffix[2] = { image->suffix, 0 };
    snprintf(buffer, TR_TARGET_TEXT_SIZE, "sm_%d%s", image->arch, suffix);
    return buffer;
}

/* ---------------------------------------------------------------- hidden parameters */

int32_t tr_entry_hidden_most(const tr_entry *entry)
{
    /* Versions of Triton that append scratch pointers mark pointers as such, so an unmarked one is the user's. */
    int32_t most = 0;
    while (most < TR_MOST_HIDDEN && most < entry->param_count) {
        const tr_entry_param *param = &entry->params[entry->param_count - 1 - most];
        if (param->size != 8 || !param->is_pointer) break;
        most++;
    }
    return most;
}

tr_status tr_entry_hidden(const tr_entry *entry, int32_t arg_count, int32_t known, const char *file,
                          int32_t *out_hidden, tr_error *error)
{
    const int32_t most = tr_entry_hidden_most(entry), hidden = known < 0 ? most : known;
    const int32_t left = entry->param_count - arg_count;
    if (known > most) {
        return tr_fail(
            error, TR_MISMATCH,
            "kernel '%s' of '%s' should end with %d scratch pointer%s, as its Triton version has it, but its "
            "%d parameters end with %d pointer%s",
            entry->name, file, known, known == 1 ? "" : "s", entry->param_count, most, most == 1 ? "" : "s");
    }
    if (known < 0 ? left >= 0 && left <= most : left == known) {
        *out_hidden = left;
        return TR_OK;
    }
    char of_which[80] = "";
    if (hidden > 0) {
        snprintf(of_which, sizeof(of_which), ", of which %s%d scratch pointer%s hidden", known < 0 ? "up to " : "",
                 hidden, hidden == 1 ? " is" : "s are");
    }
    return tr_fail(error, TR_MISMATCH, "too %s arguments: kernel '%s' of '%s' declares %d parameter%s%s; got %d",
                   left > hidden ? "few" : "many", entry->name, file, entry->param_count,
                   entry->param_count == 1 ? "" : "s", of_which, arg_count);
}

int32_t tr_hidden_of_triton(const char *version)
{
    unsigned major, minor;
    if (!version || sscanf(version, "%u.%u", &major, &minor) != 2) return -1;
    const unsigned number = major * 1000 + minor;
    return number < 3003 ? 0 : number < 3005 ? 1 : 2;
}
