#include "artifact/level.h"

#include <ctype.h>

typedef struct level_row {
    const char *name;
    const char *suffix;
} level_row;

static const level_row levels[TR_LEVEL_COUNT] = {
    [TR_LEVEL_UNKNOWN] = { "unknown", NULL }, [TR_LEVEL_TTIR] = { "ttir", ".ttir" },
    [TR_LEVEL_TTGIR] = { "ttgir", ".ttgir" }, [TR_LEVEL_LLIR] = { "llir", ".llir" },
    [TR_LEVEL_PTX] = { "ptx", ".ptx" },       [TR_LEVEL_CUBIN] = { "cubin", ".cubin" },
};

const char *tr_level_name(tr_level level)
{
    return levels[level > TR_LEVEL_UNKNOWN && level < TR_LEVEL_COUNT ? level : TR_LEVEL_UNKNOWN].name;
}

tr_level tr_level_from_name(const char *name)
{
    for (int level = TR_LEVEL_TTIR; name && level < TR_LEVEL_COUNT; level++) {
        if (strcmp(levels[level].name, name) == 0) return (tr_level)level;
    }
    return TR_LEVEL_UNKNOWN;
}

tr_level tr_level_of_suffix(tr_str name)
{
    for (int level = TR_LEVEL_TTIR; level < TR_LEVEL_COUNT; level++) {
        if (tr_str_ends_with(name, levels[level].suffix)) return (tr_level)level;
    }
    return TR_LEVEL_UNKNOWN;
}

/* ---------------------------------------------------------------- text */

/* Where `needle` first stands at or after `from`; NULL if nowhere. */
static const char *find(tr_str text, const char *from, const char *needle)
{
    return memmem(from, (size_t)(text.data + text.size - from), needle, strlen(needle));
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '.' || c == '-';
}

/* The first line that is neither blank nor a comment beginning with `comment`. */
static tr_str first_line(tr_str text, const char *comment)
{
    const char *end = text.data + text.size;
    for (const char *line = text.data; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline ? newline : end;
        while (line < stop && isspace((unsigned char)*line)) line++;
        tr_str s = { line, (size_t)(stop - line) };
        if (s.size && !tr_str_starts_with(s, comment)) return s;
        line = newline ? newline + 1 : end;
    }
    return (tr_str){ end, 0 };
}

/* True when the word at `p` is an attribute's name, "ttg.num-warps" = 4, and not part of a path. */
static bool names_attribute(tr_str text, const char *p)
{
    const char *end = text.data + text.size, *close = memchr(p, '"', (size_t)(end - p));
    if (p == text.data || p[-1] != '"' || !close) return false;
    do close++;
    while (close < end && *close == ' ');
    return close < end && *close == '=';
}

/* TTGIR is TTIR with layouts and a number of warps; single ops of the GPU dialect are in TTIR too (ttg.barrier). */
static bool is_ttgir(tr_str text)
{
    static const char *const words[] = { "#ttg.", "#triton_gpu.", "ttg.num-warps", "triton_gpu.num-warps" };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (const char *p = text.data; (p = find(text, p, words[i])) != NULL; p++) {
            bool layout = words[i][0] == '#' && (p == text.data || (p[-1] != '/' && p[-1] != '"'));
            if (layout || names_attribute(text, p)) return true;
        }
    }
    return false;
}

bool tr_level_is_tlx(tr_str text)
{
    for (const char *p = text.data; (p = find(text, p, "tlx.")) != NULL; p++) {
        if (p > text.data && (p[-1] == '{' || p[-1] == ' ')) return true;
    }
    return false;
}

static bool is_ptx(tr_str text)
{
    return tr_str_starts_with(first_line(text, "//"), ".version");
}

static bool is_llir(tr_str text)
{
    static const char *const starts[] = { "source_filename", "target ", "define ", "declare ", "!", "@", "%",
                                          "attributes " };
    tr_str line = first_line(text, ";");
    if (tr_str_starts_with(text, "; ModuleID")) return true;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (tr_str_starts_with(line, starts[i])) return find(text, text.data, "define ") != NULL;
    }
    return false;
}

static bool is_mlir(tr_str text)
{
    static const char *const starts[] = { "module", "#", "!", "tt.func", "func.func", "\"builtin.module\"", "{-#" };
    tr_str line = first_line(text, "//");
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (tr_str_starts_with(line, starts[i])) return true;
    }
    return false;
}

/* ---------------------------------------------------------------- cubin */

#define ELF_MACHINE_CUDA 190
#define ELF_HEADER_SIZE 64
#define ELF_SECTION_SIZE 64

static uint64_t read_bits(tr_str bytes, uint64_t offset, int size)
{
    uint64_t value = 0;
    for (int i = size - 1; i >= 0; i--) value = value << 8 | (unsigned char)bytes.data[offset + (uint64_t)i];
    return value;
}

static bool is_elf(tr_str bytes)
{
    return bytes.size >= 4 && memcmp(bytes.data, "\177ELF", 4) == 0;
}

/* A terminated name in the section that holds the names; empty when it points outside. */
static tr_str section_name(tr_str bytes, uint64_t table_begin, uint64_t table_size, uint64_t offset)
{
    if (offset >= table_size) return (tr_str){ 0 };
    const char *name = bytes.data + table_begin + offset;
    return (tr_str){ name, strnlen(name, (size_t)(table_size - offset)) };
}

/* Every kernel has a bank of constants of its own for its parameters; a device function has none. */
static void scan_cubin(tr_str bytes, bool (*found)(void *user, tr_str name), void *user)
{
    static const char prefix[] = ".nv.constant0.";
    if (bytes.size < ELF_HEADER_SIZE) return;
    uint64_t begin = read_bits(bytes, 40, 8), size = read_bits(bytes, 58, 2);
    uint64_t count = read_bits(bytes, 60, 2), names = read_bits(bytes, 62, 2);
    if (size != ELF_SECTION_SIZE || begin > bytes.size || count * size > bytes.size - begin || names >= count) return;

    uint64_t table_begin = read_bits(bytes, begin + names * size + 24, 8);
    uint64_t table_size = read_bits(bytes, begin + names * size + 32, 8);
    if (table_begin > bytes.size || table_size > bytes.size - table_begin) return;
    for (uint64_t i = 0; i < count; i++) {
        tr_str name = section_name(bytes, table_begin, table_size, read_bits(bytes, begin + i * size, 4));
        if (!tr_str_starts_with(name, prefix)) continue;
        if (!found(user, (tr_str){ name.data + sizeof(prefix) - 1, name.size - (sizeof(prefix) - 1) })) return;
    }
}

/* ---------------------------------------------------------------- both */

tr_status tr_level_detect(tr_str bytes, const char *name, tr_level *out_level, tr_error *error)
{
    if (is_elf(bytes)) {
        uint64_t machine = bytes.size >= ELF_HEADER_SIZE ? read_bits(bytes, 18, 2) : 0;
        if (machine != ELF_MACHINE_CUDA) {
            return tr_fail(error, TR_INVALID_INPUT, "'%s' is %s, not a cubin", name,
                           machine ? "an ELF file for another machine" : "a truncated ELF file");
        }
        *out_level = TR_LEVEL_CUBIN;
        return TR_OK;
    }
    tr_level suffix = tr_level_of_suffix(tr_str_of(name));
    tr_level level = is_ptx(bytes)    ? TR_LEVEL_PTX
                     : is_llir(bytes) ? TR_LEVEL_LLIR
                     : is_mlir(bytes) ? TR_LEVEL_TTIR
                                      : suffix;
    if (level == TR_LEVEL_TTIR && is_ttgir(bytes) && !(suffix == TR_LEVEL_TTIR && tr_level_is_tlx(bytes)))
        level = TR_LEVEL_TTGIR;
    if (first_line(bytes, "\n").size == 0) {
        return tr_fail(error, TR_INVALID_INPUT, "'%s' is empty", name);
    }
    if (level == TR_LEVEL_CUBIN) { /* by its suffix only */
        return tr_fail(error, TR_INVALID_INPUT, "'%s' is not a cubin: it does not begin as an ELF file does", name);
    }
    if (level == TR_LEVEL_UNKNOWN) {
        return tr_fail(error, TR_INVALID_INPUT,
                       "'%s' is not a kernel: neither Triton IR (TTIR, TTGIR), LLVM IR, PTX nor a cubin", name);
    }
    *out_level = level;
    return TR_OK;
}

/* What stands in front of a kernel's name. LLIR of Triton <= 3.2 marks kernels in metadata only; there every
 * definition with external linkage is one. */
typedef struct scan_row {
    tr_level level;
    const char *before;
} scan_row;

static const scan_row scan_rows[] = {
    { TR_LEVEL_TTIR, "tt.func public @" },
    { TR_LEVEL_TTGIR, "tt.func public @" },
    { TR_LEVEL_LLIR, "define ptx_kernel void @" },
    { TR_LEVEL_LLIR, "define void @" },
    { TR_LEVEL_PTX, ".entry " },
};

void tr_level_scan_kernels(tr_level level, tr_str bytes, bool (*found)(void *user, tr_str name), void *user)
{
    if (level == TR_LEVEL_CUBIN) {
        scan_cubin(bytes, found, user);
        return;
    }
    const char *end = bytes.data + bytes.size;
    for (size_t i = 0; i < sizeof(scan_rows) / sizeof(scan_rows[0]); i++) {
        if (scan_rows[i].level != level) continue;
        bool any = false;
        for (const char *p = bytes.data; (p = find(bytes, p, scan_rows[i].before)) != NULL;) {
            p += strlen(scan_rows[i].before);
            bool quoted = p < end && *p == '"';
            if (quoted) p++;
            const char *begin = p;
            while (p < end && (quoted ? *p != '"' : is_word(*p))) p++;
            if (p == begin) continue;
            any = true;
            if (!found(user, (tr_str){ begin, (size_t)(p - begin) })) return;
        }
        if (any) return; /* a level's later rows are for older text */
    }
}
