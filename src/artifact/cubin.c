#include "artifact/cubin.h"

#include "base/map.h"
#include "base/memory.h"
#include "base/vec.h"

/* ---------------------------------------------------------------- the format
 *
 * What nvcc's elf.h doesn't have. Names are those that cuobjdump prints. docs/cuda.md says how each was found. */

enum {
    MACHINE_CUDA = 190,
    TYPE_RELOCATABLE = 1,
    ABI_OF_CUDA_13 = 8, /* from this ABI version on the flags have the architecture in their second byte */
    OLD_FLAG_A = 0x800, /* sm_90a */
    NEW_FLAG_A = 0x8,   /* written by CUDA 12.8 and 12.9 only */
    SYMBOL_FUNCTION = 2,
    SYMBOL_KERNEL = 0x10, /* in st_other */
};

/* A record of .nv.info: a format byte, an attribute byte, two bytes of value or of the size of what follows. */
enum { FORMAT_NONE = 1, FORMAT_BYTE = 2, FORMAT_HALF = 3, FORMAT_SIZED = 4 };
enum {
    INFO_MAX_THREADS = 0x05,
    INFO_REQNTID = 0x10,
    INFO_KPARAM = 0x17,
    INFO_REGCOUNT = 0x2f,
    INFO_CTA_PER_CLUSTER = 0x3d,
    INFO_EXPLICIT_CLUSTER = 0x3e,
    INFO_KPARAM_V2 = 0x45, /* where the parameters take more than 4 KB */
};
enum { COMPAT_ACCELERATOR_TARGET = 0x09 }; /* of .nv.compat: 1 for sm_90a, sm_100a, ... */
enum { SPACE_GLOBAL = 4 };

/* ---------------------------------------------------------------- bytes */

typedef struct reader {
    tr_str bytes;
    const char *file;
    tr_error *error;
    tr_str section_names, symbol_names;
    uint64_t sections; /* offset of the section headers */
    uint32_t section_count;
    tr_map section_index; /* by name */
    tr_map entry_index;   /* by name */
    tr_image *image;
} reader;

static tr_status damaged(const reader *r, const char *what)
{
    return tr_fail(r->error, TR_INVALID_INPUT, "'%s' is a damaged cubin: %s", r->file, what);
}

static uint16_t get_u16(tr_str bytes, size_t at)
{
    const unsigned char *b = (const unsigned char *)bytes.data + at;
    return (uint16_t)(b[0] | b[1] << 8);
}

static uint32_t get_u32(tr_str bytes, size_t at)
{
    return get_u16(bytes, at) | (uint32_t)get_u16(bytes, at + 2) << 16;
}

static uint64_t get_u64(tr_str bytes, size_t at)
{
    return get_u32(bytes, at) | (uint64_t)get_u32(bytes, at + 4) << 32;
}

static bool slice(tr_str bytes, uint64_t offset, uint64_t size, tr_str *out)
{
    if (offset > bytes.size || size > bytes.size - offset) return false;
    *out = (tr_str){ bytes.data + offset, (size_t)size };
    return true;
}

/* The terminated text at `offset` of a string table. */
static bool text_at(tr_str table, uint64_t offset, tr_str *out)
{
    if (offset >= table.size) return false;
    const char *begin = table.data + offset;
    const char *end = memchr(begin, 0, table.size - (size_t)offset);
    if (!end) return false;
    *out = (tr_str){ begin, (size_t)(end - begin) };
    return true;
}

/* ---------------------------------------------------------------- ELF */

enum { HEADER_SIZE = 64, SECTION_SIZE = 64, SYMBOL_SIZE = 24, SECTION_NOBITS = 8 };

typedef struct section {
    uint32_t name, type;
    uint64_t offset, size;
    uint32_t link;
} section;

static section get_section(const reader *r, uint32_t index)
{
    const size_t at = (size_t)r->sections + (size_t)index * SECTION_SIZE;
    return (section){
        .name = get_u32(r->bytes, at),
        .type = get_u32(r->bytes, at + 4),
        .offset = get_u64(r->bytes, at + 24),
        .size = get_u64(r->bytes, at + 32),
        .link = get_u32(r->bytes, at + 40),
    };
}

static tr_status section_bytes(const reader *r, uint32_t index, tr_str *out)
{
    const section s = get_section(r, index);
    if (s.type == SECTION_NOBITS || !slice(r->bytes, s.offset, s.size, out)) {
        return damaged(r, "a section lies outside the file");
    }
    return TR_OK;
}

/* The index of the section of that name, or 0. */
static uint32_t find_section(const reader *r, tr_str name)
{
    const uint64_t *index = tr_map_get(&r->section_index, name);
    return index ? (uint32_t)*index : 0;
}

/* ".nv.info." and the like before a kernel's name. */
static tr_status find_section_of(reader *r, const char *prefix, const char *kernel, uint32_t *out_index)
{
    tr_text name = { 0 };
    tr_text_puts(&name, prefix);
    tr_text_puts(&name, kernel);
    const bool failed = name.failed;
    if (!failed) *out_index = find_section(r, (tr_str){ name.data, name.size });
    tr_text_deinit(&name);
    return failed ? TR_OOM(r->error) : TR_OK;
}

static tr_status read_header(reader *r)
{
    const tr_str b = r->bytes;
    if (!tr_image_is_elf(b)) return tr_fail(r->error, TR_INVALID_INPUT, "'%s' is not an ELF file", r->file);
    if (b.size < HEADER_SIZE) return damaged(r, "its header is cut off");
    if (b.data[4] != 2 || b.data[5] != 1) return damaged(r, "it is not a 64-bit little-endian file");
    if (get_u16(b, 18) != MACHINE_CUDA) {
        return tr_fail(r->error, TR_INVALID_INPUT, "'%s' is an ELF file, but not for NVIDIA GPUs (machine %u, not %d)",
                       r->file, get_u16(b, 18), MACHINE_CUDA);
    }
    if (get_u16(b, 16) == TYPE_RELOCATABLE) {
        return tr_fail(r->error, TR_UNSUPPORTED, "'%s' is relocatable device code, which must be linked (nvlink) first",
                       r->file);
    }
    const uint32_t flags = get_u32(b, 48);
    if ((unsigned char)b.data[8] >= ABI_OF_CUDA_13) {
        r->image->arch = flags >> 8 & 0xff;
        r->image->suffix = flags & NEW_FLAG_A ? 'a' : 0;
    } else {
        r->image->arch = flags & 0xff;
        r->image->suffix = flags & OLD_FLAG_A ? 'a' : 0;
    }
    if (r->image->arch < 10) return damaged(r, "its flags name no architecture");
    return TR_OK;
}

static tr_status read_sections(reader *r)
{
    r->sections = get_u64(r->bytes, 40);
    r->section_count = get_u16(r->bytes, 60);
    const uint32_t names = get_u16(r->bytes, 62);
    const uint64_t segments_size = (uint64_t)get_u16(r->bytes, 54) * get_u16(r->bytes, 56);
    tr_str table;
    if (!slice(r->bytes, get_u64(r->bytes, 32), segments_size, &table)) {
        return damaged(r, "its program headers lie outside the file");
    }
    if (r->section_count == 0) return damaged(r, "it has no sections");
    if (get_u16(r->bytes, 58) != SECTION_SIZE) return damaged(r, "its section headers have another size than 64 bytes");
    if (!slice(r->bytes, r->sections, (uint64_t)r->section_count * SECTION_SIZE, &table)) {
        return damaged(r, "its section headers lie outside the file");
    }
    if (names >= r->section_count) return damaged(r, "the section of section names does not exist");
    TR_TRY(section_bytes(r, names, &r->section_names));
    for (uint32_t i = 1; i < r->section_count; i++) {
        const section s = get_section(r, i);
        tr_str name, bytes;
        bool fresh;
        if (!text_at(r->section_names, s.name, &name)) return damaged(r, "a section has no name");
        /* All of them: the driver, which gets the file next, trusts it. */
        if (s.type != SECTION_NOBITS && !slice(r->bytes, s.offset, s.size, &bytes)) {
            return damaged(r, "a section lies outside the file");
        }
        uint64_t *index = tr_map_put(&r->section_index, name, &fresh);
        if (!index) return TR_OOM(r->error);
        if (fresh) *index = i;
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- kernels */

typedef TR_VEC(tr_entry) entry_list;

/* Kernels are the functions that are marked so in the symbol table. `symbols` maps symbol indices to entries. */
static tr_status read_kernels(reader *r, entry_list *entries, tr_str *symbols)
{
    const uint32_t index = find_section(r, TR_STR(".symtab"));
    if (!index) return damaged(r, "it has no symbol table");
    const section table = get_section(r, index);
    if (table.link >= r->section_count) return damaged(r, "the section of symbol names does not exist");
    TR_TRY(section_bytes(r, index, symbols));
    TR_TRY(section_bytes(r, table.link, &r->symbol_names));
    for (size_t at = 0; at + SYMBOL_SIZE <= symbols->size; at += SYMBOL_SIZE) {
        const unsigned char info = (unsigned char)symbols->data[at + 4], other = (unsigned char)symbols->data[at + 5];
        if ((info & 0xf) != SYMBOL_FUNCTION || !(other & SYMBOL_KERNEL)) continue;
        tr_str name;
        if (!text_at(r->symbol_names, get_u32(*symbols, at), &name) || name.size == 0) {
            return damaged(r, "a kernel has no name");
        }
        const tr_entry entry = { .name = tr_arena_copy(&r->image->arena, name).data };
        if (!entry.name || !tr_vec_push(entries, entry)) return TR_OOM(r->error);
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- .nv.info */

typedef struct record {
    uint8_t format, attribute;
    uint16_t value; /* of BYTE and HALF */
    tr_str payload; /* of SIZED */
} record;

/* The record at *at, which moves behind it. False at the end; a cut-off record sets *out_damaged. */
static bool next_record(tr_str info, size_t *at, record *out, bool *out_damaged)
{
    if (*at >= info.size) return false;
    *out_damaged = info.size - *at < 4;
    if (*out_damaged) return false;
    *out = (record){ (uint8_t)info.data[*at], (uint8_t)info.data[*at + 1], get_u16(info, *at + 2), { NULL, 0 } };
    *at += 4;
    if (out->format != FORMAT_SIZED) return true;
    *out_damaged = !slice(info, *at, out->value, &out->payload);
    *at += out->value;
    return !*out_damaged;
}

typedef struct param_record {
    uint32_t ordinal;
    tr_entry_param param;
} param_record;

typedef TR_VEC(param_record) param_list;

static bool read_param(const record *rec, param_record *out)
{
    if (rec->payload.size < 12) return false;
    out->ordinal = get_u16(rec->payload, 4);
    out->param = (tr_entry_param){ .offset = get_u16(rec->payload, 6) };
    if (rec->attribute == INFO_KPARAM) {
        const uint32_t bits = get_u32(rec->payload, 8);
        out->param.size = bits >> 18;
        out->param.is_pointer = (bits >> 8 & 0xf) == SPACE_GLOBAL;
    } else {
        out->param.size = get_u16(rec->payload, 8);
        out->param.is_pointer = (uint8_t)rec->payload.data[11] == SPACE_GLOBAL;
    }
    return true;
}

static bool read_three(const record *rec, uint32_t out[3])
{
    if (rec->payload.size < 12) return false;
    for (size_t i = 0; i < 3; i++) out[i] = get_u32(rec->payload, 4 * i);
    return true;
}

static uint32_t saturated_product(const uint32_t v[3])
{
    const uint64_t xy = (uint64_t)v[0] * v[1];
    return xy > UINT32_MAX || xy * v[2] > UINT32_MAX ? UINT32_MAX : (uint32_t)(xy * v[2]);
}

static bool read_record(const record *rec, tr_entry *entry, param_list *params, bool *out_of_memory)
{
    uint32_t three[3];
    param_record param;
    switch (rec->attribute) {
    case INFO_KPARAM:
    case INFO_KPARAM_V2:
        if (!read_param(rec, &param)) return false;
        *out_of_memory = !tr_vec_push(params, param);
        return true;
    case INFO_MAX_THREADS:
        if (!read_three(rec, three)) return false;
        entry->max_threads = saturated_product(three);
        return true;
    case INFO_REQNTID:
        if (!read_three(rec, entry->block)) return false;
        entry->max_threads = saturated_product(entry->block);
        return true;
    case INFO_CTA_PER_CLUSTER: return read_three(rec, entry->cluster);
    case INFO_EXPLICIT_CLUSTER: entry->explicit_cluster = true; return true;
    default: return true;
    }
}

/* Records come in any order; each ordinal must be there once. */
static tr_status place_params(reader *r, const param_list *list, tr_entry *entry)
{
    if (list->count == 0) return TR_OK;
    entry->params = TR_NEW_ARRAY(&r->image->arena, tr_entry_param, list->count);
    bool *seen = tr_calloc(list->count, sizeof(*seen));
    bool complete = entry->params && seen;
    for (size_t i = 0; complete && i < list->count; i++) {
        const param_record *p = &list->items[i];
        complete = p->ordinal < list->count && !seen[p->ordinal] && p->param.size > 0;
        if (!complete) break;
        seen[p->ordinal] = true;
        entry->params[p->ordinal] = p->param;
    }
    const bool out_of_memory = !entry->params || !seen;
    free(seen);
    if (out_of_memory) return TR_OOM(r->error);
    entry->param_count = (int32_t)list->count;
    return complete ? TR_OK : damaged(r, "the records of a kernel's parameters contradict each other");
}

static tr_status read_info_into(reader *r, tr_str info, tr_entry *entry, param_list *params)
{
    record rec;
    size_t at = 0;
    bool broken = false, out_of_memory = false;
    while (next_record(info, &at, &rec, &broken)) {
        if (!read_record(&rec, entry, params, &out_of_memory)) return damaged(r, "a record of a kernel is too short");
        if (out_of_memory) return TR_OOM(r->error);
    }
    if (broken) return damaged(r, "the records of a kernel are cut off");
    return place_params(r, params, entry);
}

static tr_status read_kernel(reader *r, tr_entry *entry)
{
    uint32_t index = 0;
    TR_TRY(find_section_of(r, ".nv.info.", entry->name, &index));
    if (index) {
        tr_str info;
        param_list params = { 0 };
        TR_TRY(section_bytes(r, index, &info));
        const tr_status status = read_info_into(r, info, entry, &params);
        tr_vec_deinit(&params);
        TR_TRY(status);
    }
    /* The section is there, though it may be empty, when the text declares shared memory of a size left open. */
    TR_TRY(find_section_of(r, ".nv.shared.", entry->name, &index));
    if (index) {
        entry->shared = TR_SHARED_DYNAMIC;
        entry->static_shared = get_section(r, index).size;
    }
    return TR_OK;
}

/* .nv.info without a name holds what belongs to functions by symbol. */
static tr_status read_registers(reader *r, tr_str symbols)
{
    const uint32_t index = find_section(r, TR_STR(".nv.info"));
    if (!index) return TR_OK;
    tr_str info;
    TR_TRY(section_bytes(r, index, &info));
    record rec;
    size_t at = 0;
    bool broken = false;
    while (next_record(info, &at, &rec, &broken)) {
        if (rec.attribute != INFO_REGCOUNT || rec.payload.size < 8) continue;
        const uint64_t symbol = (uint64_t)get_u32(rec.payload, 0) * SYMBOL_SIZE;
        tr_str name;
        if (symbol + SYMBOL_SIZE > symbols.size) continue;
        if (!text_at(r->symbol_names, get_u32(symbols, (size_t)symbol), &name)) continue;
        const uint64_t *entry = tr_map_get(&r->entry_index, name);
        if (entry) r->image->entries[*entry].registers = get_u32(rec.payload, 4);
    }
    return broken ? damaged(r, "its records are cut off") : TR_OK;
}

static tr_status read_compat(reader *r)
{
    const uint32_t index = find_section(r, TR_STR(".nv.compat"));
    if (!index) return TR_OK;
    tr_str info;
    TR_TRY(section_bytes(r, index, &info));
    record rec;
    size_t at = 0;
    bool broken = false;
    while (next_record(info, &at, &rec, &broken)) {
        if (rec.format == FORMAT_BYTE && rec.attribute == COMPAT_ACCELERATOR_TARGET && (rec.value & 0xff) == 1) {
            r->image->suffix = 'a';
        }
    }
    return broken ? damaged(r, "its records of compatibility are cut off") : TR_OK;
}

static tr_status keep_entries(reader *r, const entry_list *entries)
{
    if (entries->count == 0) return TR_OK;
    r->image->entries = TR_NEW_ARRAY(&r->image->arena, tr_entry, entries->count);
    if (!r->image->entries) return TR_OOM(r->error);
    memcpy(r->image->entries, entries->items, entries->count * sizeof(tr_entry));
    r->image->entry_count = (int32_t)entries->count;
    for (size_t i = 0; i < entries->count; i++) {
        bool fresh = false;
        uint64_t *index = tr_map_put(&r->entry_index, tr_str_of(entries->items[i].name), &fresh);
        if (!index) return TR_OOM(r->error);
        if (!fresh) return damaged(r, "two kernels have one name");
        *index = i;
    }
    return TR_OK;
}

static tr_status read_all(reader *r)
{
    tr_str symbols;
    entry_list entries = { 0 };
    TR_TRY(read_header(r));
    TR_TRY(read_sections(r));
    tr_status status = read_kernels(r, &entries, &symbols);
    if (status == TR_OK) status = keep_entries(r, &entries);
    tr_vec_deinit(&entries);
    TR_TRY(status);
    for (int32_t i = 0; i < r->image->entry_count; i++) TR_TRY(read_kernel(r, &r->image->entries[i]));
    TR_TRY(read_registers(r, symbols));
    return read_compat(r);
}

tr_status tr_cubin_read(tr_str bytes, const char *file, tr_image **out_image, tr_error *error)
{
    tr_image *image = tr_calloc(1, sizeof(*image));
    if (!image) return TR_OOM(error);
    image->is_cubin = true;
    reader r = { .bytes = bytes, .file = file, .error = error, .image = image };
    const tr_status status = read_all(&r);
    tr_map_deinit(&r.section_index);
    tr_map_deinit(&r.entry_index);
    if (status != TR_OK) {
        tr_image_destroy(image);
        return status;
    }
    *out_image = image;
    return TR_OK;
}
