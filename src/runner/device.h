/* Devices, and the engine that runs a level on a device. */
#ifndef TR_RUNNER_DEVICE_H
#define TR_RUNNER_DEVICE_H

#include "base/status.h"
#include "runner/engine.h"

typedef enum tr_device_kind { TR_DEVICE_CPU, TR_DEVICE_CUDA, TR_DEVICE_KINDS } tr_device_kind;

/* One device, by its name: "cpu", "cuda" (the first GPU), "cuda:1". */
typedef struct tr_device_id {
    tr_device_kind kind;
    int32_t ordinal;
} tr_device_id;

/* Levels in the order in which a device would take them from a folder, ended by TR_LEVEL_UNKNOWN. Those it can't run
 * come last, so that they can be shown. */
const tr_level *tr_device_preference(const char *device);

/* TR_OK when `device` is known and there. NULL means the default, "cpu". */
TR_MUST_CHECK tr_status tr_device_check(const char *device, tr_device_id *out_device, tr_error *error);

/* The engine that runs `level` on the device; else TR_UNSUPPORTED says what can. `path` stands in the message. */
TR_MUST_CHECK tr_status tr_engine_find(tr_level level, tr_device_id device, const char *path,
                                       const tr_engine **out_engine, tr_error *error);

#endif
