/* Reads bytes as PTX. Whatever they are: facts, or an error with a place. */
#include "artifact/ptx_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tr_error error;
    tr_image *image;
    char text[TR_TARGET_TEXT_SIZE];
    const tr_status status = tr_ptx_facts_read((tr_str){ (const char *)data, size }, "fuzz.ptx", &image, &error);
    if (status != TR_OK) {
        if (status != TR_INVALID_INPUT || error.line == 0 || error.column == 0) __builtin_trap();
        return 0;
    }
    for (int32_t i = 0; i < image->entry_count; i++) {
        const tr_entry *e = &image->entries[i];
        for (int32_t p = 0; p < e->param_count; p++) {
            const tr_entry_param *param = &e->params[p];
            if (param->size == 0 || param->offset % param->align) __builtin_trap();
            if (p > 0 && param->offset < e->params[p - 1].offset + e->params[p - 1].size) __builtin_trap();
        }
    }
    if (image->ptx_version < 1 || strlen(tr_image_target(image, text)) < 5) __builtin_trap();
    tr_image_destroy(image);
    return 0;
}
