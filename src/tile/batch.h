/* Batches: programs that follow one another in the grid, run with their addresses worked out once.
 *
 * In a function without jumps most steps compute where a program's data is. What they give is the same for all programs
 * of a row of the grid, or grows by the same amount from one to the next. A batch runs those steps for its first two
 * programs and its last one; the rest of the steps runs for every program, on values that are counted on.
 *
 * Docs: docs/tile.md. Which steps: batch.c. Running: exec_batch.c.
 */
#ifndef TR_TILE_BATCH_H
#define TR_TILE_BATCH_H

#include "tile/steps.h"

typedef struct tr_run tr_run;

/* A register or slot that grows by the same amount from program to program. */
typedef struct tr_batch_linear {
    uint32_t index;
    uint8_t size; /* of a register, in bytes: 4 or 8 */
    bool used;    /* by steps that run for every program */
} tr_batch_linear;

typedef struct tr_batch_step {
    uint32_t step;
    int32_t access; /* TILE_LOAD, AIM, TILE_STORE at a linear address: its number; else -1 */
} tr_batch_step;

/* What is known at compile time. */
typedef struct tr_batch {
    uint32_t *address;   /* steps run for three programs of the batch */
    tr_batch_step *rest; /* steps run for each */
    tr_batch_linear *regs, *slots;
    uint32_t *same, *masks; /* slots: the same for all programs; i1 that has to be true everywhere */
    int32_t address_count, rest_count, reg_count, slot_count, same_count, mask_count, access_count;
    int32_t group; /* loads, one group, its aimed store: in `rest` the place of the group; else -1 */
    uint64_t most; /* programs of one batch */
} tr_batch;

/* Fills code->batch; leaves NULL where programs can't run so. */
TR_MUST_CHECK tr_status tr_steps_batch(tr_tile_code *code, tr_error *error);

/* Runs `count` programs from `first` on, which follow one another along the first axis. False when their addresses are
 * not what a batch needs: nothing has happened then. Otherwise frame->state says how it went. */
bool tr_batch_run(tr_frame *frame, const tr_run *run, uint64_t first, uint64_t count);
enum { TR_BATCH_LEAST = 4 }; /* fewer programs are not worth it */

typedef struct tr_batch_state tr_batch_state;
void tr_batch_state_destroy(tr_batch_state *state);

#endif
