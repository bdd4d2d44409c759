/* The facts of a cubin that a launch needs (entry.h): an ELF file with NVIDIA's sections. docs/cuda.md has the format.
 *
 * Every offset and size is checked against the file: damaged input ends in TR_INVALID_INPUT.
 */
#ifndef TR_ARTIFACT_CUBIN_H
#define TR_ARTIFACT_CUBIN_H

#include "artifact/entry.h"

TR_MUST_CHECK tr_status tr_cubin_read(tr_str bytes, const char *file, tr_image **out_image, tr_error *error);

#endif
