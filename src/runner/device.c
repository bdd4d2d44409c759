#include "runner/device.h"

#include <stdio.h>
#include <stdlib.h>

#include "cuda/cuda.h"

static const char *const kind_names[TR_DEVICE_KINDS] = { [TR_DEVICE_CPU] = "cpu", [TR_DEVICE_CUDA] = "cuda" };

static const tr_level preferences[TR_DEVICE_KINDS][TR_LEVEL_COUNT] = {
    [TR_DEVICE_CPU] = { TR_LEVEL_TTIR, TR_LEVEL_TTGIR, TR_LEVEL_PTX, TR_LEVEL_LLIR, TR_LEVEL_CUBIN },
    [TR_DEVICE_CUDA] = { TR_LEVEL_CUBIN, TR_LEVEL_PTX, TR_LEVEL_LLIR, TR_LEVEL_TTGIR, TR_LEVEL_TTIR },
};

typedef struct engine_row {
    const tr_engine *engine;
    const char *name, *reason;
} engine_row;

static const engine_row engines[TR_LEVEL_COUNT][TR_DEVICE_KINDS] = {
#define ENGINE(level, device, engine, name, reason)                                                                    \
    [TR_LEVEL_##level][TR_DEVICE_##device] = { engine, name, reason },
#include "runner/engines.def"
};

/* ---------------------------------------------------------------- names */

/* "cuda:3" is the fourth GPU, "cuda" the first. */
static bool parse_name(const char *name, tr_device_id *out_device)
{
    for (int kind = 0; kind < TR_DEVICE_KINDS; kind++) {
        const size_t size = strlen(kind_names[kind]);
        if (strncmp(name, kind_names[kind], size) != 0) continue;
        *out_device = (tr_device_id){ .kind = (tr_device_kind)kind };
        if (!name[size]) return true;
        char *end;
        if (kind != TR_DEVICE_CUDA || name[size] != ':' || !name[size + 1]) return false;
        const long ordinal = strtol(name + size + 1, &end, 10);
        out_device->ordinal = (int32_t)ordinal;
        return !*end && ordinal >= 0 && ordinal < 1024;
    }
    return false;
}

const tr_level *tr_device_preference(const char *device)
{
    tr_device_id id = { 0 };
    return preferences[device && parse_name(device, &id) ? id.kind : TR_DEVICE_CPU];
}

tr_status tr_device_check(const char *device, tr_device_id *out_device, tr_error *error)
{
    tr_device_id id = { 0 };
    if (device && !parse_name(device, &id))
        return tr_fail(error, TR_INVALID_ARGUMENT, "there is no device '%s'; there are 'cpu', 'cuda' and 'cuda:N'",
                       device);
    if (id.kind == TR_DEVICE_CUDA) {
        int32_t count;
        tr_error reason = { 0 };
        const tr_status status = tr_cuda_device_count(&count, &reason);
        if (status != TR_OK) return tr_fail(error, status, "device '%s' is not there: %s", device, reason.message);
        if (id.ordinal >= count)
            return tr_fail(error, TR_UNAVAILABLE, "there is no device '%s': this machine has %d GPU%s", device, count,
                           count == 1 ? "" : "s");
    }
    *out_device = id;
    return TR_OK;
}

/* ---------------------------------------------------------------- what there is */

static int32_t gpu_count(tr_error *error)
{
    int32_t count = 0;
    return tr_cuda_device_count(&count, error) == TR_OK ? count : 0;
}

int32_t tr_device_count(void)
{
    const int32_t gpus = gpu_count(NULL);
    return 1 + (gpus > 0 ? gpus : 1);
}

static void describe_gpu(int32_t ordinal, tr_device *out)
{
    tr_cuda_info info;
    tr_error error = { 0 };
    snprintf(out->name, sizeof(out->name), ordinal ? "cuda:%d" : "cuda", ordinal);
    out->available = gpu_count(&error) > 0 && tr_cuda_describe(ordinal, &info, &error) == TR_OK;
    if (!out->available) {
        snprintf(out->detail, sizeof(out->detail), "%.*s", (int)sizeof(out->detail) - 1, error.message);
        return;
    }
    out->arch = info.arch;
    snprintf(out->detail, sizeof(out->detail), "%s, sm_%d, %.0f GB, driver for CUDA %d.%d", info.name, info.arch,
             1e-9 * (double)info.memory, info.driver_version / 1000, info.driver_version % 1000 / 10);
}

bool tr_device_get(int32_t index, tr_device *out_device)
{
    if (index < 0 || index >= tr_device_count()) return false;
    *out_device = (tr_device){ .name = "cpu", .available = true, .detail = "this machine's processor, with SIMD" };
    if (index > 0) describe_gpu(index - 1, out_device);
    return true;
}

/* ---------------------------------------------------------------- engines */

static const engine_row *row_of(tr_level level, tr_device_kind kind)
{
    const bool known = level > TR_LEVEL_UNKNOWN && level < TR_LEVEL_COUNT;
    return known ? &engines[level][kind] : NULL;
}

const char *tr_engine_name(tr_level level, const char *device, const char **out_reason)
{
    tr_device_id id = { 0 };
    const engine_row *row = !device || parse_name(device, &id) ? row_of(level, id.kind) : NULL;
    if (row && row->engine) return row->name;
    if (out_reason) *out_reason = row ? row->reason : "an unknown level or device";
    return NULL;
}

tr_status tr_engine_find(tr_level level, tr_device_id device, const char *path, const tr_engine **out_engine,
                         tr_error *error)
{
    const engine_row *row = row_of(level, device.kind);
    if (!row || !row->engine)
        return tr_fail(error, TR_UNSUPPORTED, "'%s' is %s, which can't run here: %s", path, tr_level_name(level),
                       row ? row->reason : "an unknown level");
    *out_engine = row->engine;
    return TR_OK;
}
