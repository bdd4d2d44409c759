/* A kernel's metadata JSON: parse it, look at every value, and ask for what each level needs. */
#include "artifact/metadata.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tr_metadata *metadata;
    tr_error error;
    if (tr_metadata_parse((tr_str){ (const char *)data, size }, "fuzz.json", &metadata, &error) != TR_OK) {
        if (!error.message[0] || error.line == 0) abort();
        return 0;
    }
    const char *key, *text;
    int64_t number;
    for (int32_t i = 0; (key = tr_metadata_key(metadata, i)) != NULL; i++) {
        if (!tr_metadata_text(metadata, key)) abort();
        if (tr_metadata_int(metadata, key, &number, &error) == TR_OK) continue;
        if (tr_metadata_string(metadata, key, &text, &error) == TR_OK && !text) abort();
    }
    for (int level = TR_LEVEL_TTIR; level < TR_LEVEL_COUNT; level++) {
        if (tr_metadata_require(metadata, (tr_level)level, &error) != TR_OK && !error.message[0]) abort();
    }
    tr_metadata_destroy(metadata);
    return 0;
}
