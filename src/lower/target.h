/* Compute capabilities and the targets that artifacts name. */
#ifndef TR_LOWER_TARGET_H
#define TR_LOWER_TARGET_H

#include "base/status.h"

/* What a PTX file says at its top. */
typedef struct tr_ptx_head {
    int32_t isa;  /* 87 for ".version 8.7"; 0 = none found */
    int32_t arch; /* 90 for ".target sm_90a"; 0 = none found */
    char variant; /* 'a', 'f' or 0 */
} tr_ptx_head;
tr_ptx_head tr_ptx_read_head(tr_str ptx);

/* What ptxas takes as --gpu-name to bring this PTX to `arch`: "sm_90a". An architecture-specific target ('a') stays
 * on its own architecture; anything else goes upward. TR_MISMATCH names both sides. */
#define TR_GPU_NAME_SIZE 16
TR_MUST_CHECK tr_status tr_ptx_gpu_name(const tr_ptx_head *head, int32_t arch, const char *file,
                                        char out[TR_GPU_NAME_SIZE], tr_error *error);

/* The target that TTGIR names ("ttg.target" = "cuda:90"), 0 if it names none. */
int32_t tr_ttgir_arch(tr_str ttgir);

#endif
