/* What the library and helper.py say to one another: frames of
 *
 *     4 bytes   "TRL1"
 *     4 bytes   size of the JSON, little-endian
 *     8 bytes   size of the payload, little-endian
 *     the JSON: an object
 *     the payload: IR
 *
 * The process greets with {"event": "hello", ...}. A request {"from", "to", "file", "arch", "options", "metadata",
 * "time_limit"} with the IR as payload is answered by events {"event": "begin", "level"}, {"event": "stage", "level"}
 * with that stage as payload, and at last {"event": "done", "name", "metadata"} or {"event": "failed", "kind",
 * "level", "message"}.
 */
#ifndef TR_LOWER_FRAME_H
#define TR_LOWER_FRAME_H

#include "lower/child.h"

#include <jansson.h>

typedef struct tr_frame {
    json_t *json;
    char *payload; /* terminated by a NUL that does not count */
    size_t size;
} tr_frame;

void tr_frame_deinit(tr_frame *frame);

/* *out_whole is false when the child was gone before all of the frame was written or read. A frame that is none is
 * TR_TRAPPED, and the message shows what came instead. */
TR_MUST_CHECK tr_status tr_frame_write(tr_child *child, const json_t *json, tr_str payload, tr_patience *patience,
                                       bool *out_whole, tr_error *error);
TR_MUST_CHECK tr_status tr_frame_read(tr_child *child, tr_patience *patience, tr_frame *out_frame, bool *out_whole,
                                      tr_error *error);

#endif
