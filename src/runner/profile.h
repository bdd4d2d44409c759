/* tr_profile's insides. */
#ifndef TR_RUNNER_PROFILE_H
#define TR_RUNNER_PROFILE_H

#include "runner/kernel.h"

struct tr_profile {
    const tr_kernel *kernel;
    tr_arena arena;
    tr_tile_profile times;
    tr_profile_row *rows;
    int32_t count;
};

#endif
