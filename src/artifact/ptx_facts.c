#include "artifact/ptx_facts.h"

#include "base/map.h"
#include "base/memory.h"
#include "base/vec.h"

/* ---------------------------------------------------------------- tokens */

typedef enum kind {
    END,
    DIRECTIVE, /* .version: the dot and a name without dots */
    WORD,      /* a name or an instruction with its dots: k_param_0, ld.param.b64, %r1 */
    NUMBER,    /* starts with a digit: 8.7, 0x1F, 128 */
    STRING,
    PUNCTUATION,
} kind;

typedef struct token {
    kind kind;
    size_t begin; /* offset */
    tr_str text;
} token;

typedef struct lexer {
    tr_str text;
    const char *file;
    tr_error *error;
    size_t at;
    token now;
} lexer;

static tr_status fail_at(const lexer *l, size_t offset, const char *what)
{
    return tr_fail_at(l->error, TR_INVALID_INPUT, l->file, l->text, offset, "%s", what);
}

static tr_status fail_here(const lexer *l, const char *what)
{
    return fail_at(l, l->now.begin, what);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const lexer *l, size_t ahead)
{
    return l->at + ahead < l->text.size ? l->text.data[l->at + ahead] : 0;
}

static tr_status skip_space(lexer *l)
{
    while (l->at < l->text.size) {
        const char c = l->text.data[l->at];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
            l->at++;
        } else if (c == '/' && peek(l, 1) == '/') {
            const char *end = memchr(l->text.data + l->at, '\n', l->text.size - l->at);
            l->at = end ? (size_t)(end - l->text.data) : l->text.size;
        } else if (c == '/' && peek(l, 1) == '*') {
            const char *begin = l->text.data + l->at;
            const char *end = memmem(begin + 2, l->text.size - l->at - 2, "*/", 2);
            if (!end) return fail_at(l, l->at, "this comment does not end");
            l->at = (size_t)(end + 2 - l->text.data);
        } else {
            break;
        }
    }
    return TR_OK;
}

static tr_status lex_string(lexer *l)
{
    const size_t begin = l->at++;
    for (; l->at < l->text.size && l->text.data[l->at] != '\n'; l->at++) {
        if (l->text.data[l->at] == '\\') {
            l->at++;
        } else if (l->text.data[l->at] == '"') {
            l->at++;
            return TR_OK;
        }
    }
    return fail_at(l, begin, "this text does not end");
}

/* Moves to the next token, l->now. */
static tr_status advance(lexer *l)
{
    TR_TRY(skip_space(l));
    const size_t begin = l->at;
    const char c = peek(l, 0);
    kind is_a = PUNCTUATION;
    if (begin >= l->text.size) {
        is_a = END;
    } else if (c == '.' && is_letter(peek(l, 1))) {
        is_a = DIRECTIVE;
        for (l->at++; is_letter(peek(l, 0)) || is_digit(peek(l, 0));) l->at++;
    } else if (is_letter(c) || c == '%') {
        is_a = WORD;
        for (l->at++; is_letter(peek(l, 0)) || is_digit(peek(l, 0)) || peek(l, 0) == '.';) l->at++;
    } else if (is_digit(c)) {
        is_a = NUMBER;
        for (l->at++; is_letter(peek(l, 0)) || is_digit(peek(l, 0)) || peek(l, 0) == '.';) l->at++;
    } else if (c == '"') {
        is_a = STRING;
        TR_TRY(lex_string(l));
    } else if (c > ' ' && c < 0x7f) {
        l->at++;
    } else {
        return fail_at(l, begin, "a byte that PTX does not have");
    }
    l->now = (token){ is_a, begin, { l->text.data + begin, l->at - begin } };
    return TR_OK;
}

static bool is(const lexer *l, const char *text)
{
    return tr_str_is(l->now.text, text) && l->now.kind != STRING;
}

static tr_status expect(lexer *l, const char *text, const char *what)
{
    return is(l, text) ? advance(l) : fail_here(l, what);
}

/* decimal, 0x, 0 (octal), 0b; an U at the end */
static tr_status parse_number(lexer *l, uint32_t *out, const char *what)
{
    char digits[40];
    size_t size = l->now.text.size;
    if (l->now.kind != NUMBER) return fail_here(l, what);
    if (l->now.text.data[size - 1] == 'U') size--;
    if (size == 0 || size >= sizeof(digits)) return fail_here(l, what);
    memcpy(digits, l->now.text.data, size);
    digits[size] = 0;
    const bool binary = digits[0] == '0' && (digits[1] == 'b' || digits[1] == 'B');
    char *end;
    const unsigned long long value = strtoull(binary ? digits + 2 : digits, &end, binary ? 2 : 0);
    if (*end || end == digits || value > UINT32_MAX) return fail_here(l, what);
    *out = (uint32_t)value;
    return advance(l);
}

/* The rest of a block whose '{' was read. */
static tr_status skip_block(lexer *l, size_t begin)
{
    for (int64_t depth = 1; depth > 0;) {
        if (l->now.kind == END) return fail_at(l, begin, "this block does not end");
        depth += is(l, "{") ? 1 : is(l, "}") ? -1 : 0;
        TR_TRY(advance(l));
    }
    return TR_OK;
}

/* To behind the next ';' outside of braces. */
static tr_status skip_statement(lexer *l)
{
    const size_t begin = l->now.begin;
    while (!is(l, ";")) {
        if (l->now.kind == END) return fail_at(l, begin, "this statement does not end");
        const bool block = is(l, "{");
        const size_t at = l->now.begin;
        TR_TRY(advance(l));
        if (block) TR_TRY(skip_block(l, at));
    }
    return advance(l);
}

/* ---------------------------------------------------------------- types and variables */

typedef struct type_row {
    const char *name;
    uint32_t size;
    tr_dtype dtype;
} type_row;

static const type_row types[] = {
    { ".b8", 1, TR_U8 },
    { ".u8", 1, TR_U8 },
    { ".s8", 1, TR_I8 },
    { ".b16", 2, TR_U16 },
    { ".u16", 2, TR_U16 },
    { ".s16", 2, TR_I16 },
    { ".f16", 2, TR_F16 },
    { ".bf16", 2, TR_BF16 },
    { ".b32", 4, TR_U32 },
    { ".u32", 4, TR_U32 },
    { ".s32", 4, TR_I32 },
    { ".f32", 4, TR_F32 },
    { ".f16x2", 4, TR_U32 },
    { ".bf16x2", 4, TR_U32 },
    { ".b64", 8, TR_U64 },
    { ".u64", 8, TR_U64 },
    { ".s64", 8, TR_I64 },
    { ".f64", 8, TR_F64 },
    { ".b128", 16, TR_DTYPE_NONE },
    { ".texref", 8, TR_U64 },
    { ".samplerref", 8, TR_U64 },
    { ".surfref", 8, TR_U64 },
};

static const type_row *find_type(tr_str name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (tr_str_is(name, types[i].name)) return &types[i];
    }
    return NULL;
}

/* A declaration behind its state space: .align 16 .b8 name[128], .u64 .ptr .global .align 1 name */
typedef struct variable {
    tr_str name;
    const type_row *type;
    uint64_t count; /* elements */
    uint32_t align;
    bool is_array, is_open, is_pointer; /* open: name[] */
} variable;

static tr_status parse_align(lexer *l, uint32_t *out)
{
    TR_TRY(advance(l));
    const size_t at = l->now.begin;
    TR_TRY(parse_number(l, out, "expected the alignment"));
    if (*out == 0 || (*out & (*out - 1)) || *out > 1u << 20) return fail_at(l, at, "not an alignment");
    return TR_OK;
}

/* name, name[128], name[] */
static tr_status parse_name(lexer *l, variable *v)
{
    if (l->now.kind != WORD) return fail_here(l, "expected a name");
    v->name = l->now.text;
    v->count = 1;
    v->is_array = v->is_open = false;
    TR_TRY(advance(l));
    while (is(l, "[")) {
        v->is_array = true;
        TR_TRY(advance(l));
        if (is(l, "]")) {
            v->is_open = true;
            v->count = 0;
        } else {
            uint32_t n;
            const size_t at = l->now.begin;
            TR_TRY(parse_number(l, &n, "expected the number of elements"));
            if (__builtin_mul_overflow(v->count, n, &v->count) || v->count > UINT32_MAX) {
                return fail_at(l, at, "too many elements");
            }
        }
        TR_TRY(expect(l, "]", "expected ']'"));
    }
    return TR_OK;
}

static tr_status parse_variable(lexer *l, variable *v)
{
    uint32_t align = 0;
    *v = (variable){ 0 };
    while (l->now.kind == DIRECTIVE) {
        const type_row *type = find_type(l->now.text);
        if (is(l, ".align")) {
            /* Behind .ptr it is that of what the pointer points to. */
            uint32_t a;
            TR_TRY(parse_align(l, &a));
            if (!v->is_pointer) align = a;
            continue;
        }
        if (type) v->type = type;
        v->is_pointer |= is(l, ".ptr");
        TR_TRY(advance(l));
    }
    if (!v->type) return fail_here(l, "expected a type");
    v->align = align > v->type->size ? align : v->type->size;
    return parse_name(l, v);
}

/* ---------------------------------------------------------------- the module */

/* A variable in shared memory. A kernel uses it when its body names it, or any function does. */
typedef struct shared_variable {
    tr_str name;
    uint64_t size;
    bool is_open;
    bool in_function;
    int32_t in_kernel; /* the last one, counted from 1 */
} shared_variable;

typedef struct reader {
    lexer l;
    tr_image *image;
    bool has_version, has_target;
    TR_VEC(tr_entry) entries;
    TR_VEC(shared_variable) shared;
    tr_map shared_index; /* by name */
} reader;

static tr_status parse_version(reader *r)
{
    lexer *l = &r->l;
    TR_TRY(advance(l));
    /* digits '.' digits */
    tr_str s = l->now.text;
    uint32_t parts[2] = { 0, 0 };
    size_t part = 0, digits = 0;
    bool good = l->now.kind == NUMBER;
    for (size_t i = 0; good && i < s.size; i++) {
        if (s.data[i] == '.') {
            good = part++ == 0 && digits > 0;
            digits = 0;
        } else {
            good = is_digit(s.data[i]) && ++digits < 4;
            if (good) parts[part] = parts[part] * 10 + (uint32_t)(s.data[i] - '0');
        }
    }
    if (!good || part != 1 || digits == 0 || parts[0] == 0 || parts[1] > 9)
        return fail_here(l, "expected a version such as 8.7");
    r->image->ptx_version = (int32_t)(parts[0] * 10 + parts[1]);
    r->has_version = true;
    return advance(l);
}

/* sm_90a */
static bool read_target(tr_str s, tr_image *image)
{
    if (!tr_str_starts_with(s, "sm_") && !tr_str_starts_with(s, "compute_")) return false;
    size_t i = (size_t)((const char *)memchr(s.data, '_', s.size) - s.data) + 1, begin = i;
    int32_t arch = 0;
    for (; i < s.size && is_digit(s.data[i]) && i - begin < 4; i++) arch = arch * 10 + (s.data[i] - '0');
    const bool suffix = i + 1 == s.size && (s.data[i] == 'a' || s.data[i] == 'f');
    if (arch < 10 || (i < s.size && !suffix)) return false;
    image->arch = arch;
    image->suffix = suffix ? s.data[i] : 0;
    return true;
}

static tr_status parse_target(reader *r)
{
    lexer *l = &r->l;
    do {
        TR_TRY(advance(l));
        if (l->now.kind != WORD) return fail_here(l, "expected a target such as sm_90");
        if (!r->has_target && !read_target(l->now.text, r->image)) {
            return fail_here(l, "expected a target such as sm_90");
        }
        r->has_target = true;
        TR_TRY(advance(l));
    } while (is(l, ","));
    return TR_OK;
}

/* .file 1 "name" [, time, size] */
static tr_status skip_file(reader *r)
{
    lexer *l = &r->l;
    TR_TRY(advance(l));
    while (l->now.kind == NUMBER || l->now.kind == STRING || is(l, ",")) TR_TRY(advance(l));
    return TR_OK;
}

static tr_status skip_section(reader *r)
{
    lexer *l = &r->l;
    TR_TRY(advance(l));
    while (!is(l, "{")) {
        if (l->now.kind != WORD && l->now.kind != DIRECTIVE) return fail_here(l, "expected '{' of the section");
        TR_TRY(advance(l));
    }
    const size_t begin = l->now.begin;
    TR_TRY(advance(l));
    return skip_block(l, begin);
}

static tr_status keep_shared(reader *r, const variable *v)
{
    const shared_variable s = { .name = v->name, .size = v->count * v->type->size, .is_open = v->is_open };
    uint64_t *index = tr_map_put(&r->shared_index, v->name, NULL);
    if (!index || !tr_vec_push(&r->shared, s)) return TR_OOM(r->l.error);
    *index = r->shared.count - 1;
    return TR_OK;
}

/* .shared VARIABLE, name[2], ... ; at module level or in a body */
static tr_status parse_shared(reader *r)
{
    lexer *l = &r->l;
    variable v;
    TR_TRY(advance(l));
    TR_TRY(parse_variable(l, &v));
    TR_TRY(keep_shared(r, &v));
    while (is(l, ",")) {
        TR_TRY(advance(l));
        TR_TRY(parse_name(l, &v));
        TR_TRY(keep_shared(r, &v));
    }
    return skip_statement(l);
}

/* ---------------------------------------------------------------- kernels */

static tr_status keep_param(tr_entry_param *p, const variable *v, uint64_t *offset, const lexer *l, size_t at)
{
    const uint64_t size = v->count * v->type->size;
    const uint64_t begin = (*offset + v->align - 1) & ~(uint64_t)(v->align - 1);
    if (v->is_open || size == 0 || begin + size > UINT32_MAX) return fail_at(l, at, "a parameter of no known size");
    *p = (tr_entry_param){
        .offset = (uint32_t)begin,
        .size = (uint32_t)size,
        .align = v->align,
        .dtype = v->is_array ? TR_DTYPE_NONE : v->type->dtype,
        .is_pointer = v->is_pointer,
    };
    *offset = begin + size;
    return TR_OK;
}

typedef TR_VEC(tr_entry_param) param_list;

/* '(' .param VARIABLE, ... ')' */
static tr_status parse_params(reader *r, param_list *params)
{
    lexer *l = &r->l;
    uint64_t offset = 0;
    TR_TRY(advance(l));
    while (!is(l, ")")) {
        const size_t at = l->now.begin;
        variable v;
        tr_entry_param p = { 0 };
        TR_TRY(expect(l, ".param", "expected '.param'"));
        TR_TRY(parse_variable(l, &v));
        TR_TRY(keep_param(&p, &v, &offset, l, at));
        if (!tr_vec_push(params, p)) return TR_OOM(l->error);
        if (!is(l, ",")) break;
        TR_TRY(advance(l));
    }
    return expect(l, ")", "expected ')'");
}

/* x [, y [, z]] */
static tr_status parse_three(lexer *l, uint32_t out[3])
{
    out[0] = out[1] = out[2] = 1;
    for (int i = 0; i < 3; i++) {
        const size_t at = l->now.begin;
        TR_TRY(parse_number(l, &out[i], "expected a size"));
        if (out[i] == 0) return fail_at(l, at, "a size of 0");
        if (!is(l, ",")) break;
        TR_TRY(advance(l));
    }
    return TR_OK;
}

static uint32_t saturated_product(const uint32_t v[3])
{
    const uint64_t xy = (uint64_t)v[0] * v[1];
    return xy > UINT32_MAX || xy * v[2] > UINT32_MAX ? UINT32_MAX : (uint32_t)(xy * v[2]);
}

/* .pragma "text", ... ; */
static tr_status skip_pragma(lexer *l)
{
    while (l->now.kind == STRING || is(l, ",")) TR_TRY(advance(l));
    return expect(l, ";", "expected ';'");
}

static tr_status parse_directive(lexer *l, tr_entry *entry)
{
    const tr_str name = l->now.text;
    uint32_t most[3];
    TR_TRY(advance(l));
    if (tr_str_is(name, ".pragma")) return skip_pragma(l);
    if (tr_str_is(name, ".reqntid")) {
        TR_TRY(parse_three(l, entry->block));
        entry->max_threads = saturated_product(entry->block);
        return TR_OK;
    }
    if (tr_str_is(name, ".maxntid")) {
        TR_TRY(parse_three(l, most));
        if (entry->block[0] == 0) entry->max_threads = saturated_product(most);
        return TR_OK;
    }
    if (tr_str_is(name, ".reqnctapercluster")) return parse_three(l, entry->cluster);
    if (tr_str_is(name, ".maxnreg")) return parse_number(l, &entry->registers, "expected a number of registers");
    entry->explicit_cluster |= tr_str_is(name, ".explicitcluster");
    /* Others say nothing that a launch needs. */
    while (l->now.kind == NUMBER || l->now.kind == WORD || is(l, ",")) TR_TRY(advance(l));
    return TR_OK;
}

static void use_shared(reader *r, tr_str name, tr_entry *entry)
{
    const uint64_t *index = tr_map_get(&r->shared_index, name);
    if (!index) return;
    shared_variable *v = &r->shared.items[*index];
    const int32_t kernel = (int32_t)r->entries.count + 1;
    if (!entry) {
        v->in_function = true;
    } else if (v->in_kernel != kernel) {
        v->in_kernel = kernel;
        entry->static_shared += v->size;
        if (v->is_open) entry->shared = TR_SHARED_DYNAMIC;
    }
}

/* The body of a kernel, or of a function when `entry` is NULL: which shared memory it uses. */
static tr_status scan_body(reader *r, tr_entry *entry)
{
    lexer *l = &r->l;
    const size_t begin = l->now.begin;
    int64_t depth = 0;
    do {
        if (l->now.kind == END) return fail_at(l, begin, "this body does not end");
        if (is(l, ".shared")) {
            TR_TRY(parse_shared(r));
            continue;
        }
        depth += is(l, "{") ? 1 : is(l, "}") ? -1 : 0;
        if (l->now.kind == WORD) use_shared(r, l->now.text, entry);
        TR_TRY(advance(l));
    } while (depth > 0);
    return TR_OK;
}

static tr_status keep_entry(reader *r, tr_entry *entry, const param_list *params)
{
    if (params->count) {
        entry->params = TR_NEW_ARRAY(&r->image->arena, tr_entry_param, params->count);
        if (!entry->params) return TR_OOM(r->l.error);
        memcpy(entry->params, params->items, params->count * sizeof(tr_entry_param));
        entry->param_count = (int32_t)params->count;
    }
    return tr_vec_push(&r->entries, *entry) ? TR_OK : TR_OOM(r->l.error);
}

/* What follows the name: parameters, directives, and a body, without which nothing is defined. */
static tr_status parse_entry_rest(reader *r, tr_entry *entry, param_list *params)
{
    lexer *l = &r->l;
    if (is(l, "(")) TR_TRY(parse_params(r, params));
    while (l->now.kind == DIRECTIVE) TR_TRY(parse_directive(l, entry));
    if (is(l, ";")) return advance(l);
    if (!is(l, "{")) return fail_here(l, "expected the body of the kernel");
    TR_TRY(scan_body(r, entry));
    return keep_entry(r, entry, params);
}

static tr_status parse_entry(reader *r)
{
    lexer *l = &r->l;
    TR_TRY(advance(l));
    if (l->now.kind != WORD) return fail_here(l, "expected the name of the kernel");
    tr_entry entry = { .name = tr_arena_copy(&r->image->arena, l->now.text).data };
    if (!entry.name) return TR_OOM(l->error);
    TR_TRY(advance(l));
    param_list params = { 0 };
    const tr_status status = parse_entry_rest(r, &entry, &params);
    tr_vec_deinit(&params);
    return status;
}

/* .func [(results)] name [(parameters)] directives, then a body or ';' */
static tr_status parse_function(reader *r)
{
    lexer *l = &r->l;
    const size_t begin = l->now.begin;
    while (!is(l, "{") && !is(l, ";")) {
        if (l->now.kind == END) return fail_at(l, begin, "this function does not end");
        if (is(l, ".pragma")) {
            TR_TRY(advance(l));
            TR_TRY(skip_pragma(l));
        } else {
            TR_TRY(advance(l));
        }
    }
    return is(l, ";") ? advance(l) : scan_body(r, NULL);
}

/* ---------------------------------------------------------------- statements of the module */

static tr_status parse_address_size(reader *r)
{
    uint32_t bits;
    TR_TRY(advance(&r->l));
    const size_t at = r->l.now.begin;
    TR_TRY(parse_number(&r->l, &bits, "expected the address size"));
    return bits == 64 ? TR_OK : fail_at(&r->l, at, "only 64-bit addresses are supported");
}

static tr_status skip_linking(reader *r)
{
    return advance(&r->l);
}

static tr_status skip_variable(reader *r)
{
    return skip_statement(&r->l);
}

typedef struct statement_row {
    const char *directive;
    tr_status (*parse)(reader *r);
} statement_row;

static const statement_row statements[] = {
    { ".version", parse_version }, { ".target", parse_target },  { ".entry", parse_entry },
    { ".func", parse_function },   { ".shared", parse_shared },  { ".section", skip_section },
    { ".file", skip_file },        { ".visible", skip_linking }, { ".extern", skip_linking },
    { ".weak", skip_linking },     { ".common", skip_linking },  { ".global", skip_variable },
    { ".const", skip_variable },   { ".local", skip_variable },  { ".tex", skip_variable },
    { ".pragma", skip_variable },  { ".alias", skip_variable },  { ".address_size", parse_address_size },
};

static tr_status parse_statement(reader *r)
{
    lexer *l = &r->l;
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        if (is(l, statements[i].directive)) return statements[i].parse(r);
    }
    /* ".loc" and "@@DWARF" of old compilers end with their line. */
    if (is(l, ".loc") || is(l, "@")) {
        const char *end = memchr(l->text.data + l->now.begin, '\n', l->text.size - l->now.begin);
        l->at = end ? (size_t)(end - l->text.data) : l->text.size;
        return advance(l);
    }
    return fail_here(l, "expected a declaration");
}

static tr_status parse_module(reader *r)
{
    lexer *l = &r->l;
    TR_TRY(advance(l));
    while (l->now.kind != END) {
        if (!r->has_version && !is(l, ".version")) {
            return fail_here(l, "this is not PTX: it does not begin with .version");
        }
        TR_TRY(parse_statement(r));
    }
    if (!r->has_version) return fail_here(l, "this is not PTX: it is empty");
    if (!r->has_target) return fail_here(l, "there is no .target");
    return TR_OK;
}

static void add_shared_of_functions(reader *r)
{
    for (size_t i = 0; i < r->shared.count; i++) {
        const shared_variable *v = &r->shared.items[i];
        for (size_t k = 0; v->in_function && k < r->entries.count; k++) {
            r->entries.items[k].static_shared += v->size;
            if (v->is_open) r->entries.items[k].shared = TR_SHARED_DYNAMIC;
        }
    }
}

static tr_status keep_entries(reader *r)
{
    tr_image *image = r->image;
    if (r->entries.count == 0) return TR_OK;
    image->entries = TR_NEW_ARRAY(&image->arena, tr_entry, r->entries.count);
    if (!image->entries) return TR_OOM(r->l.error);
    memcpy(image->entries, r->entries.items, r->entries.count * sizeof(tr_entry));
    image->entry_count = (int32_t)r->entries.count;
    return TR_OK;
}

tr_status tr_ptx_facts_read(tr_str text, const char *file, tr_image **out_image, tr_error *error)
{
    tr_image *image = tr_calloc(1, sizeof(*image));
    if (!image) return TR_OOM(error);
    while (text.size && text.data[text.size - 1] == 0) text.size--; /* PTX is often kept with its terminator */
    reader r = { .l = { .text = text, .file = file, .error = error }, .image = image };
    tr_status status = parse_module(&r);
    if (status == TR_OK) {
        add_shared_of_functions(&r);
        status = keep_entries(&r);
    }
    tr_vec_deinit(&r.entries);
    tr_vec_deinit(&r.shared);
    tr_map_deinit(&r.shared_index);
    if (status != TR_OK) {
        tr_image_destroy(image);
        return status;
    }
    *out_image = image;
    return TR_OK;
}
