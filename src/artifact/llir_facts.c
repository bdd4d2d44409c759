#include "artifact/llir_facts.h"

#include "base/vec.h"

#include <ctype.h>

typedef struct scanner {
    const char *p, *end;
} scanner;

/* Behind "@name(" or "@"name"(" of a line that begins with "define "; NULL when there is none. */
static const char *find_list(tr_str text, const char *name)
{
    const size_t size = strlen(name);
    const char *end = text.data + text.size, *line = text.data;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const tr_str s = { line, (size_t)((newline ? newline : end) - line) };
        const char *at = tr_str_starts_with(s, "define ") ? memchr(line, '@', s.size) : NULL;
        if (at) {
            const char *stop = s.data + s.size;
            const bool quoted = ++at < stop && *at == '"';
            at += quoted;
            if ((size_t)(stop - at) > size + 2 * quoted && memcmp(at, name, size) == 0) {
                at += size;
                if (!quoted || *at++ == '"') {
                    if (*at == '(') return at + 1;
                }
            }
        }
        line = newline ? newline + 1 : end;
    }
    return NULL;
}

/* One parameter, up to the comma or bracket that ends it; brackets of any kind and quotes hold what is in them. */
static bool next_param(scanner *s, tr_str *out)
{
    int depth = 0;
    const char *begin = s->p;
    for (; s->p < s->end; s->p++) {
        const char c = *s->p;
        if (c == '"') {
            const char *close = memchr(s->p + 1, '"', (size_t)(s->end - s->p - 1));
            if (!close) return false;
            s->p = close;
        } else if (strchr("([{<", c)) {
            depth++;
        } else if (depth > 0 && strchr(")]}>", c)) {
            depth--;
        } else if (depth == 0 && (c == ',' || c == ')')) {
            while (begin < s->p && isspace((unsigned char)*begin)) begin++;
            *out = (tr_str){ begin, (size_t)(s->p - begin) };
            return true;
        }
    }
    return false;
}

static const struct {
    const char *word;
    uint32_t size;
    tr_dtype dtype;
} types[] = {
    { "ptr", 8, TR_DTYPE_NONE }, { "i1", 1, TR_I1 },      { "i8", 1, TR_I8 },    { "i16", 2, TR_I16 },
    { "i32", 4, TR_I32 },        { "i64", 8, TR_I64 },    { "half", 2, TR_F16 }, { "bfloat", 2, TR_BF16 },
    { "float", 4, TR_F32 },      { "double", 8, TR_F64 },
};

/* "ptr addrspace(1) readonly %0", "i32 %n", "ptr byval([128 x i8]) align 64 %2": a tensor map, by value. */
static tr_entry_param param_of(tr_str text)
{
    static const char by_value[] = " byval([";
    const char *end = text.data + text.size;
    size_t size = 0;
    while (size < text.size && text.data[size] != ' ') size++;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!tr_str_is((tr_str){ text.data, size }, types[i].word)) continue;
        const char *value = i == 0 ? memmem(text.data, text.size, by_value, sizeof(by_value) - 1) : NULL;
        if (!value) return (tr_entry_param){ .size = types[i].size, .dtype = types[i].dtype, .is_pointer = i == 0 };
        uint32_t bytes = 0;
        for (value += sizeof(by_value) - 1; value < end && *value >= '0' && *value <= '9' && bytes < 100000; value++)
            bytes = 10 * bytes + (uint32_t)(*value - '0');
        return (tr_entry_param){ .size = bytes };
    }
    return (tr_entry_param){ 0 };
}

static tr_status read_params(tr_str text, scanner *s, const char *file, tr_arena *arena, tr_entry *out, tr_error *error)
{
    TR_VEC(tr_entry_param) params = { 0 };
    tr_str param;
    tr_status status = TR_OK;
    for (char stop = ','; stop == ',' && status == TR_OK; s->p++) {
        if (!next_param(s, &param)) {
            status = tr_fail_at(error, TR_INVALID_INPUT, file, text, (size_t)(s->p - text.data),
                                "the list of parameters of '%s' has no end", out->name);
            break;
        }
        stop = *s->p;
        const bool none = param.size == 0 && params.count == 0 && stop == ')';
        if (!none && !tr_vec_push(&params, param_of(param))) status = TR_OOM(error);
    }
    out->param_count = (int32_t)params.count;
    out->params = TR_NEW_ARRAY(arena, tr_entry_param, params.count + 1);
    if (status == TR_OK && !out->params) status = TR_OOM(error);
    if (status == TR_OK && params.count) memcpy(out->params, params.items, params.count * sizeof(*params.items));
    tr_vec_deinit(&params);
    return status;
}

tr_status tr_llir_facts_read(tr_str text, const char *name, const char *file, tr_arena *arena, tr_entry *out_entry,
                             tr_error *error)
{
    const char *list = find_list(text, name);
    if (!list) return tr_fail(error, TR_NOT_FOUND, "'%s' defines no '%s'", file, name);
    scanner s = { list, text.data + text.size };
    tr_entry entry = { .name = name };
    TR_TRY(read_params(text, &s, file, arena, &entry, error));
    *out_entry = entry;
    return TR_OK;
}
