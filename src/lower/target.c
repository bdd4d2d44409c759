#include "lower/target.h"

#include "lower/log.h"
#include "lower/lower.h"

#include <stdio.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static tr_str skip(tr_str s, size_t size)
{
    return (tr_str){ s.data + size, s.size - size };
}

static tr_str trim_front(tr_str s)
{
    while (s.size && is_space(s.data[0])) s = skip(s, 1);
    return s;
}

/* A number off the front; 0 when there is none. */
static int32_t take_number(tr_str *s)
{
    int32_t value = 0;
    while (s->size && s->data[0] >= '0' && s->data[0] <= '9' && value < 100000) {
        value = value * 10 + (s->data[0] - '0');
        *s = skip(*s, 1);
    }
    return value;
}

int32_t tr_lower_arch_from_name(const char *name)
{
    static const char *const prefixes[] = { "sm_", "sm", "cuda:", "" };
    tr_str s = tr_str_of(name);
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (!tr_str_starts_with(s, prefixes[i])) continue;
        tr_str rest = skip(s, strlen(prefixes[i]));
        int32_t arch = take_number(&rest);
        bool whole = rest.size == 0 || (rest.size == 1 && (rest.data[0] == 'a' || rest.data[0] == 'f'));
        if (arch >= 10 && arch < 1000 && whole) return arch;
    }
    return 0;
}

tr_ptx_head tr_ptx_read_head(tr_str ptx)
{
    tr_ptx_head head = { 0 };
    tr_str line;
    bool in_comment = false;
    while ((!head.isa || !head.arch) && tr_log_next_line(&ptx, &line)) {
        line = trim_front(line);
        if (in_comment || tr_str_starts_with(line, "/*")) {
            in_comment = tr_log_find(line, "*/") == (size_t)-1;
            continue;
        }
        if (tr_str_starts_with(line, ".version")) {
            line = trim_front(skip(line, strlen(".version")));
            int32_t major = take_number(&line);
            if (line.size && line.data[0] == '.') line = skip(line, 1);
            head.isa = major * 10 + take_number(&line);
        } else if (tr_str_starts_with(line, ".target")) {
            line = trim_front(skip(line, strlen(".target")));
            if (!tr_str_starts_with(line, "sm_")) continue;
            line = skip(line, strlen("sm_"));
            head.arch = take_number(&line);
            if (line.size && (line.data[0] == 'a' || line.data[0] == 'f')) head.variant = line.data[0];
        } else if (tr_str_starts_with(line, ".visible") || tr_str_starts_with(line, "{")) {
            break;
        }
    }
    return head;
}

tr_status tr_ptx_gpu_name(const tr_ptx_head *head, int32_t arch, const char *file, char out[TR_GPU_NAME_SIZE],
                          tr_error *error)
{
    char made_for[TR_GPU_NAME_SIZE];
    snprintf(made_for, sizeof(made_for), "sm_%d%.1s", (int)head->arch, &head->variant);
    if (!head->isa || !head->arch) {
        return tr_fail(error, TR_INVALID_INPUT, "%s has no .version or no .target, which PTX begins with", file);
    }
    if (arch == head->arch) {
        snprintf(out, TR_GPU_NAME_SIZE, "%s", made_for);
        return TR_OK;
    }
    if (arch < head->arch) {
        return tr_fail(error, TR_MISMATCH,
                       "%s is PTX for %s; PTX goes to newer targets, not back to sm_%d: lower its "
                       "TTIR for sm_%d instead",
                       file, made_for, (int)arch, (int)arch);
    }
    bool family = head->variant == 'f' && arch / 10 == head->arch / 10;
    if (head->variant && !family) {
        return tr_fail(error, TR_MISMATCH,
                       "%s is PTX for %s, which runs on sm_%d%s only and can't be brought to sm_%d: "
                       "lower its TTIR for sm_%d instead",
                       file, made_for, (int)head->arch, head->variant == 'f' ? " and its family" : "", (int)arch,
                       (int)arch);
    }
    snprintf(out, TR_GPU_NAME_SIZE, "sm_%d", (int)arch);
    return TR_OK;
}

int32_t tr_ttgir_arch(tr_str ttgir)
{
    /* "ttg.target" from 3.3, "triton_gpu.target" before. */
    size_t at = tr_log_find(ttgir, ".target = \"cuda:");
    if (at == (size_t)-1) return 0;
    tr_str rest = skip(ttgir, at + strlen(".target = \"cuda:"));
    return take_number(&rest);
}
