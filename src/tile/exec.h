/* The functions behind steps.def, one a row; and limits they share with the compiler. */
#ifndef TR_TILE_EXEC_H
#define TR_TILE_EXEC_H

#include "tile/steps.h"

enum {
    TR_GROUP_TEMPS = 48, /* temporaries of one group */
    TR_GROUP_IO = 32,    /* inputs, and outputs, of one group */
    TR_TEMP_BYTES = 16384, /* strip temporaries of a group together: they live in the first-level cache */
};

/* Runs scalar steps until there is another one. */
const tr_step *tr_run_scalars(tr_frame *frame, const tr_step *step);

#define STEP(name, ...) const tr_step *tr_exec_##name(tr_frame *frame, const tr_step *step);
#include "tile/steps.def"
#undef STEP

#endif
