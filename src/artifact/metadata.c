#include "artifact/metadata.h"

#include "base/arena.h"
#include "base/file.h"

#include <inttypes.h>
#include <jansson.h>

/* ---------------------------------------------------------------- known keys */

enum { MAY_BE_INT = 1, MAY_BE_BOOL = 2, MAY_BE_STRING = 4, MAY_BE_LIST = 8, MAY_BE_OBJECT = 16, MAY_BE_NULL = 32 };

typedef struct key_type {
    unsigned kinds;
    const char *name;
} key_type;

static const key_type type_INT = { MAY_BE_INT, "an integer" };
static const key_type type_INT_OR_NULL = { MAY_BE_INT | MAY_BE_NULL, "an integer or null" };
static const key_type type_BOOL = { MAY_BE_BOOL, "true or false" };
static const key_type type_BOOL_OR_NULL = { MAY_BE_BOOL | MAY_BE_NULL, "true, false or null" };
static const key_type type_STRING = { MAY_BE_STRING, "a string" };
static const key_type type_STRING_OR_NULL = { MAY_BE_STRING | MAY_BE_NULL, "a string or null" };
static const key_type type_LIST = { MAY_BE_LIST, "a list" };
static const key_type type_OBJECT = { MAY_BE_OBJECT, "an object" };

/* Levels as a set of bits. */
#define LEVEL_BIT(level) (1u << (level))
#define ALL (~0u)
#define COMPILED (LEVEL_BIT(TR_LEVEL_LLIR) | LEVEL_BIT(TR_LEVEL_PTX) | LEVEL_BIT(TR_LEVEL_CUBIN))

typedef struct key_row {
    const char *name;
    const key_type *type;
    unsigned needed_by;
} key_row;

static const key_row key_rows[] = {
#define KEY(name, type, levels) { #name, &type_##type, levels },
#include "artifact/metadata.def"
};
#define KEY_ROW_COUNT (sizeof(key_rows) / sizeof(key_rows[0]))

typedef struct kind_row {
    unsigned kind;
    const char *name;
} kind_row;

static const kind_row kind_rows[] = {
    [JSON_OBJECT] = { MAY_BE_OBJECT, "an object" },
    [JSON_ARRAY] = { MAY_BE_LIST, "a list" },
    [JSON_STRING] = { MAY_BE_STRING, "a string" },
    [JSON_INTEGER] = { MAY_BE_INT, "an integer" },
    [JSON_REAL] = { 0, "a number" },
    [JSON_TRUE] = { MAY_BE_BOOL, "true" },
    [JSON_FALSE] = { MAY_BE_BOOL, "false" },
    [JSON_NULL] = { MAY_BE_NULL, "null" },
};

/* ---------------------------------------------------------------- parsing */

typedef struct entry {
    const char *key;
    const char *text;
    const json_t *value;
} entry;

struct tr_metadata {
    tr_arena arena; /* file, json, entries, and texts that jansson does not own */
    json_t *root;   /* an object */
    const char *file, *json;
    entry *entries;
    int32_t count;
};

/* Where `"key"` stands in front of a colon: jansson does not keep places. The text's size if nowhere. */
static size_t place_of_key(tr_str text, const char *key)
{
    size_t size = strlen(key);
    const char *end = text.data + text.size;
    for (const char *p = text.data; (p = memmem(p, (size_t)(end - p), key, size)) != NULL; p++) {
        if (p == text.data || p[-1] != '"' || p + size >= end || p[size] != '"') continue;
        const char *after = p + size + 1;
        while (after < end && (*after == ' ' || *after == '\n' || *after == '\t' || *after == '\r')) after++;
        if (after < end && *after == ':') return (size_t)(p - 1 - text.data);
    }
    return text.size;
}

static tr_status check_types(const tr_metadata *m, tr_str text, tr_error *error)
{
    for (size_t i = 0; i < KEY_ROW_COUNT; i++) {
        const key_row *row = &key_rows[i];
        const json_t *value = json_object_get(m->root, row->name);
        if (!value || (row->type->kinds & kind_rows[json_typeof(value)].kind)) continue;
        return tr_fail_at(error, TR_INVALID_INPUT, m->file, text, place_of_key(text, row->name),
                          "metadata key \"%s\" is %s; it must be %s", row->name, kind_rows[json_typeof(value)].name,
                          row->type->name);
    }
    return TR_OK;
}

static const char *copy_text(tr_metadata *m, const char *text)
{
    return text ? tr_arena_copy(&m->arena, tr_str_of(text)).data : NULL;
}

/* A value as text, NULL when memory is out. */
static const char *text_of(tr_metadata *m, const json_t *value)
{
    if (json_is_string(value)) return json_string_value(value);
    char *dump = json_dumps(value, JSON_ENCODE_ANY); /* separators as Python's json writes them */
    const char *text = copy_text(m, dump);
    free(dump);
    return text;
}

static tr_status make_entries(tr_metadata *m, tr_error *error)
{
    m->entries = TR_NEW_ARRAY(&m->arena, entry, json_object_size(m->root) + 1);
    if (!m->entries) return TR_OOM(error);
    const char *key;
    json_t *value;
    json_object_foreach(m->root, key, value)
    {
        entry e = { key, text_of(m, value), value };
        if (!e.text) return TR_OOM(error);
        m->entries[m->count++] = e;
    }
    return TR_OK;
}

static tr_status fill(tr_metadata *m, tr_str text, const char *file, tr_error *error)
{
    m->file = copy_text(m, file);
    m->json = tr_arena_copy(&m->arena, text).data;
    if (!m->file || !m->json) return TR_OOM(error);
    json_error_t fault;
    m->root = json_loadb(text.data ? text.data : "", text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (!m->root) {
        if (json_error_code(&fault) == json_error_out_of_memory) return TR_OOM(error);
        size_t offset = fault.position > 0 ? (size_t)fault.position : 0;
        /* The position is behind the offending token; the last byte of it shows where. */
        if (offset > 0 && offset <= text.size) offset--;
        return tr_fail_at(error, TR_INVALID_INPUT, file, text, offset, "metadata is not JSON: %s", fault.text);
    }
    if (!json_is_object(m->root)) {
        return tr_fail_at(error, TR_INVALID_INPUT, file, text, 0, "metadata must be a JSON object, this is %s",
                          kind_rows[json_typeof(m->root)].name);
    }
    TR_TRY(check_types(m, text, error));
    return make_entries(m, error);
}

tr_status tr_metadata_parse(tr_str text, const char *file, tr_metadata **out_metadata, tr_error *error)
{
    tr_arena arena = { 0 };
    tr_metadata *m = TR_NEW(&arena, tr_metadata);
    if (!m) return TR_OOM(error);
    m->arena = arena;
    tr_status status = fill(m, text, file, error);
    if (status != TR_OK) {
        tr_metadata_destroy(m);
        return status;
    }
    *out_metadata = m;
    return TR_OK;
}

tr_status tr_metadata_read(const char *path, tr_metadata **out_metadata, tr_error *error)
{
    char *data;
    size_t size;
    TR_TRY(tr_file_read(path, &data, &size, error));
    tr_status status = tr_metadata_parse((tr_str){ data, size }, path, out_metadata, error);
    free(data);
    return status;
}

void tr_metadata_destroy(tr_metadata *metadata)
{
    if (!metadata) return;
    json_decref(metadata->root);
    tr_arena arena = metadata->arena; /* which holds *metadata too */
    tr_arena_deinit(&arena);
}

/* ---------------------------------------------------------------- reading */

const char *tr_metadata_file(const tr_metadata *metadata)
{
    return metadata->file;
}

static const entry *entry_of(const tr_metadata *m, const char *key)
{
    for (int32_t i = 0; i < m->count; i++) {
        if (strcmp(m->entries[i].key, key) == 0) return &m->entries[i];
    }
    return NULL;
}

const char *tr_metadata_text(const tr_metadata *metadata, const char *key)
{
    const entry *e = entry_of(metadata, key);
    return e ? e->text : NULL;
}

const char *tr_metadata_key(const tr_metadata *metadata, int32_t index)
{
    return index >= 0 && index < metadata->count ? metadata->entries[index].key : NULL;
}

static tr_status value_of(const tr_metadata *m, const char *key, const key_type *type, const json_t **out,
                          tr_error *error)
{
    const entry *e = entry_of(m, key);
    if (!e) return tr_fail(error, TR_INVALID_INPUT, "metadata '%s' lacks the key \"%s\"", m->file, key);
    if (!(type->kinds & kind_rows[json_typeof(e->value)].kind)) {
        return tr_fail(error, TR_INVALID_INPUT, "metadata '%s': \"%s\" is %s; it must be %s", m->file, key,
                       kind_rows[json_typeof(e->value)].name, type->name);
    }
    *out = e->value;
    return TR_OK;
}

tr_status tr_metadata_int(const tr_metadata *metadata, const char *key, int64_t *out, tr_error *error)
{
    const json_t *value;
    TR_TRY(value_of(metadata, key, &type_INT, &value, error));
    *out = json_integer_value(value);
    return TR_OK;
}

tr_status tr_metadata_string(const tr_metadata *metadata, const char *key, const char **out, tr_error *error)
{
    const json_t *value;
    TR_TRY(value_of(metadata, key, &type_STRING, &value, error));
    *out = json_string_value(value);
    return TR_OK;
}

const char *tr_metadata_json(const tr_metadata *metadata)
{
    return metadata->json;
}

int64_t tr_metadata_number(const tr_metadata *metadata, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(metadata->root, key);
    if (json_is_boolean(value)) return json_is_true(value);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

tr_status tr_metadata_require(const tr_metadata *metadata, tr_level level, tr_error *error)
{
    char names[256] = "";
    size_t size = 0;
    int missing = 0;
    for (size_t i = 0; i < KEY_ROW_COUNT; i++) {
        if (!(key_rows[i].needed_by & LEVEL_BIT(level)) || entry_of(metadata, key_rows[i].name)) continue;
        size += (size_t)snprintf(names + size, sizeof(names) - size, "%s\"%s\"", missing ? ", " : "", key_rows[i].name);
        missing++;
    }
    if (!missing) return TR_OK;
    return tr_fail(error, TR_INVALID_INPUT, "metadata '%s' lacks the key%s %s, which %s needs", metadata->file,
                   missing > 1 ? "s" : "", names, tr_level_name(level));
}
