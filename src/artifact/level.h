/* What a file is: told from its content, since a suffix may be missing or wrong. */
#ifndef TR_ARTIFACT_LEVEL_H
#define TR_ARTIFACT_LEVEL_H

#include "base/status.h"

/* ".ttir" and so on; TR_LEVEL_UNKNOWN if the name has none of these suffixes. */
tr_level tr_level_of_suffix(tr_str name);

/* The level of `bytes`. Where the text could be anything the suffix of `name` decides, so that damaged IR still
 * reaches its parser and gets an error with a place. TR_INVALID_INPUT when neither says. */
TR_MUST_CHECK tr_status tr_level_detect(tr_str bytes, const char *name, tr_level *out_level, tr_error *error);

/* True for TLX's TTIR, which has ops and attributes of the GPU dialect, so that only the suffix tells it from TTGIR. */
bool tr_level_is_tlx(tr_str text);

/* Calls `found` with each kernel (entry point) that the text or ELF declares, in its order, until it returns false.
 * A scan, no parser: for LLIR, PTX, cubin, and for IR that does not parse. */
void tr_level_scan_kernels(tr_level level, tr_str bytes, bool (*found)(void *user, tr_str name), void *user);

#endif
