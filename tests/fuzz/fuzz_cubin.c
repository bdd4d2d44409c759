/* Reads bytes as a cubin. Whatever they are: facts or an error. */
#include "artifact/cubin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tr_error error;
    tr_image *image;
    const tr_entry *entry;
    int32_t hidden;
    if (tr_cubin_read((tr_str){ (const char *)data, size }, "fuzz.cubin", &image, &error) != TR_OK) return 0;
    for (int32_t i = 0; i < image->entry_count; i++) {
        const tr_entry *e = &image->entries[i];
        for (int32_t p = 0; p < e->param_count; p++) {
            if (e->params[p].size == 0) __builtin_trap();
        }
        if (tr_entry_hidden(e, e->param_count / 2, -1, "fuzz.cubin", &hidden, &error) == TR_OK && hidden > 2) {
            __builtin_trap();
        }
        if (tr_image_find(image, e->name, "fuzz.cubin", &entry, &error) != TR_OK) __builtin_trap();
    }
    tr_image_destroy(image);
    return 0;
}
