#include "runner/device.h"

typedef struct device_row {
    tr_device device;
    tr_level preference[TR_LEVEL_COUNT];
} device_row;

enum { DEVICE_cpu, DEVICE_cuda, DEVICE_COUNT };

static const device_row devices[DEVICE_COUNT] = {
    [DEVICE_cpu] = { { "cpu", true, "this machine's processor, with SIMD" },
                     { TR_LEVEL_TTIR, TR_LEVEL_TTGIR, TR_LEVEL_PTX, TR_LEVEL_LLIR, TR_LEVEL_CUBIN } },
    [DEVICE_cuda] = { { "cuda", false, "not there yet: this version of Triton Runner has no CUDA engine" },
                      { TR_LEVEL_CUBIN, TR_LEVEL_PTX, TR_LEVEL_LLIR, TR_LEVEL_TTGIR, TR_LEVEL_TTIR } },
};

typedef struct engine_row {
    const char *engine;
    const char *reason;
} engine_row;

static const engine_row engines[TR_LEVEL_COUNT][DEVICE_COUNT] = {
#define ENGINE(level, device, engine, reason) [TR_LEVEL_##level][DEVICE_##device] = { engine, reason },
#include "runner/engines.def"
};

static int index_of(const char *name)
{
    for (int i = 0; i < DEVICE_COUNT; i++) {
        if (strcmp(devices[i].device.name, name) == 0) return i;
    }
    return -1;
}

int32_t tr_device_count(void)
{
    return DEVICE_COUNT;
}

const tr_device *tr_device_at(int32_t index)
{
    return index >= 0 && index < DEVICE_COUNT ? &devices[index].device : NULL;
}

const tr_level *tr_device_preference(const char *device)
{
    int index = index_of(device);
    return devices[index < 0 ? DEVICE_cpu : index].preference;
}

const char *tr_engine_name(tr_level level, const char *device, const char **out_reason)
{
    int index = index_of(device ? device : "cpu");
    const char *reason = "an unknown level or device";
    const char *engine = NULL;
    if (index >= 0 && level > TR_LEVEL_UNKNOWN && level < TR_LEVEL_COUNT) {
        engine = engines[level][index].engine;
        reason = engines[level][index].reason;
    }
    if (!engine && out_reason) *out_reason = reason;
    return engine;
}

tr_status tr_device_check(const char *device, const tr_device **out_device, tr_error *error)
{
    int index = index_of(device ? device : "cpu");
    if (index < 0) {
        char names[128] = "";
        for (size_t i = 0, size = 0; i < DEVICE_COUNT && size < sizeof(names); i++) {
            size += (size_t)snprintf(names + size, sizeof(names) - size, "%s'%s'", i ? ", " : "",
                                     devices[i].device.name);
        }
        return tr_fail(error, TR_INVALID_ARGUMENT, "there is no device '%s'; there are %s", device, names);
    }
    const tr_device *found = &devices[index].device;
    if (!found->available) {
        return tr_fail(error, TR_UNAVAILABLE, "device '%s' is %s", found->name, found->detail);
    }
    *out_device = found;
    return TR_OK;
}

tr_status tr_engine_check(tr_level level, const char *device, const char *path, tr_error *error)
{
    const char *reason = NULL;
    if (tr_engine_name(level, device, &reason)) return TR_OK;
    return tr_fail(error, TR_UNSUPPORTED, "'%s' is %s, which can't run here: %s", path, tr_level_name(level), reason);
}
