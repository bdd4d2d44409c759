#include "lower/cache.h"

#include <stdio.h>
#include <stdlib.h>

extern char **environ;

bool tr_cache_key_begin(tr_cache_key *key)
{
    *key = (tr_cache_key){ .state = XXH3_createState() };
    return key->state && XXH3_128bits_reset(key->state) == XXH_OK; /* which never fails for a state */
}

void tr_cache_key_add_int(tr_cache_key *key, int64_t value)
{
    XXH3_128bits_update(key->state, &value, sizeof(value));
}

/* With its size, so that "ab", "c" and "a", "bc" are different. */
void tr_cache_key_add(tr_cache_key *key, tr_str bytes)
{
    tr_cache_key_add_int(key, (int64_t)bytes.size);
    if (bytes.size) XXH3_128bits_update(key->state, bytes.data, bytes.size);
}

void tr_cache_key_add_text(tr_cache_key *key, const char *text)
{
    tr_cache_key_add(key, tr_str_of(text ? text : ""));
}

void tr_cache_key_add_json(tr_cache_key *key, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    tr_cache_key_add_text(key, text);
    free(text);
}

/* Triton and LLVM read dozens of variables (knobs.py lists them); a variable too many only costs a miss. Ours and
 * those that say where something is kept don't count. */
static bool changes_results(tr_str entry)
{
    static const char *const never[] = { "TRITON_RUNNER_", "TRITON_CACHE_DIR=", "TRITON_HOME=", "TRITON_DUMP_DIR=" };
    static const char *const prefixes[] = { "TRITON_", "MLIR_",  "LLVM_", "NVPTX_", "PTXAS_", "DISABLE_",
                                            "ENABLE_", "ALLOW_", "USE_",  "STORE_", "CUDA_",  "NVIDIA_" };
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (tr_str_starts_with(entry, never[i])) return false;
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (tr_str_starts_with(entry, prefixes[i])) return true;
    }
    return false;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void tr_cache_key_add_environment(tr_cache_key *key)
{
    enum { MOST = 256 };
    const char *entries[MOST];
    size_t count = 0;
    for (char **entry = environ; entry && *entry && count < MOST; entry++) {
        if (changes_results(tr_str_of(*entry))) entries[count++] = *entry;
    }
    qsort(entries, count, sizeof(entries[0]), by_text);
    for (size_t i = 0; i < count; i++) tr_cache_key_add_text(key, entries[i]);
    tr_cache_key_add_int(key, (int64_t)count);
}

void tr_cache_key_end(tr_cache_key *key)
{
    XXH128_hash_t hash = XXH3_128bits_digest(key->state);
    snprintf(key->text, sizeof(key->text), "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
    XXH3_freeState(key->state);
    key->state = NULL;
}
