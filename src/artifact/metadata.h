/* Triton's metadata: the JSON that the compiler writes beside a kernel's stages.
 *
 * Read-only after parsing, so several threads may ask at once. Keys that no known Triton version writes are kept.
 */
#ifndef TR_ARTIFACT_METADATA_H
#define TR_ARTIFACT_METADATA_H

#include "base/status.h"

typedef struct tr_metadata tr_metadata;

/* Parses `text`. `file` stands in messages. Fails with line and column where the text is not JSON, and with the line
 * of the key where a key that Triton writes has another type than it gives it. */
TR_MUST_CHECK tr_status tr_metadata_parse(tr_str text, const char *file, tr_metadata **out_metadata, tr_error *error);
TR_MUST_CHECK tr_status tr_metadata_read(const char *path, tr_metadata **out_metadata, tr_error *error);
void tr_metadata_destroy(tr_metadata *metadata);

const char *tr_metadata_file(const tr_metadata *metadata);

/* All of it: the JSON text that it was parsed from. */
const char *tr_metadata_json(const tr_metadata *metadata);

/* An integer or boolean; `otherwise` where the key is absent, null, or something else. */
int64_t tr_metadata_number(const tr_metadata *metadata, const char *key, int64_t otherwise);

/* A value as text: strings as they are, lists and objects as JSON. NULL if absent. */
const char *tr_metadata_text(const tr_metadata *metadata, const char *key);
const char *tr_metadata_key(const tr_metadata *metadata, int32_t index); /* in file order; NULL at the end */

/* A value that must be there; TR_INVALID_INPUT names the file and the key when it is not. */
TR_MUST_CHECK tr_status tr_metadata_int(const tr_metadata *metadata, const char *key, int64_t *out, tr_error *error);
TR_MUST_CHECK tr_status tr_metadata_string(const tr_metadata *metadata, const char *key, const char **out,
                                           tr_error *error);

/* Fails, naming all of them, when keys are missing without which an artifact of `level` can't be used. */
TR_MUST_CHECK tr_status tr_metadata_require(const tr_metadata *metadata, tr_level level, tr_error *error);

#endif
