/* Devices, and the engine that runs a level on a device. */
#ifndef TR_RUNNER_DEVICE_H
#define TR_RUNNER_DEVICE_H

#include "base/status.h"

/* Levels in the order in which a device would take them from a folder, ended by TR_LEVEL_UNKNOWN. Those it can't run
 * come last, so that they can be shown. */
const tr_level *tr_device_preference(const char *device);

/* TR_OK when `device` is known and there. `device` NULL means the default, "cpu". */
TR_MUST_CHECK tr_status tr_device_check(const char *device, const tr_device **out_device, tr_error *error);

/* TR_OK when an engine runs `level` on `device`; else TR_UNSUPPORTED says what can. `path` stands in the message. */
TR_MUST_CHECK tr_status tr_engine_check(tr_level level, const char *device, const char *path, tr_error *error);

#endif
