/* A frame: one running program of the grid, on the heap.
 *
 * It may stop at any step and be resumed by any thread: everything a program has is here, nothing on the C stack.
 */
#ifndef TR_TILE_FRAME_H
#define TR_TILE_FRAME_H

#include "tile/steps.h"

typedef enum tr_frame_state {
    TR_FRAME_READY,     /* not finished; `next` is the step to go on with */
    TR_FRAME_DONE,
    TR_FRAME_TRAPPED,   /* `error` says why */
} tr_frame_state;

/* What all frames of a launch share. */
typedef struct tr_run {
    const tr_tile_launch *launch;
    const tr_tile_arg *args;
    int arg_count;
    tr_grid grid;
    const tr_launch_options *options; /* NULL without any */
    bool records_writers;
    tr_tile_profile *profile;
} tr_run;

typedef struct tr_scratch_block tr_scratch_block;

struct tr_frame {
    const tr_tile_code *code;
    const tr_kernels *kernels;
    const tr_run *run;
    uint64_t *regs;
    tr_tile *tiles;
    const tr_view *views;
    const tr_step *steps;
    char *temps;               /* strip temporaries */
    uint32_t pid[3];
    uint64_t program;          /* linear id */
    const tr_step *next;
    int64_t slice;             /* backward jumps left before the frame gives the thread back */
    bool waits;                /* did something by which programs wait for one another: an atomic, a volatile load */
    bool moved;                /* changed memory since the slice began */
    tr_frame_state state;
    int64_t poll_since;        /* nanoseconds, monotonic: when the poll in progress began, 0 = none */
    bool sub_done;             /* a region run by a step has reached its end */
    tr_error error;

    char *memory;              /* slot storage */
    tr_scratch_block *scratch; /* per-step scratch, newest block first */
    size_t scratch_used;
    struct tr_frame *link;     /* in a list of frames */
    struct tr_batch_state *batch; /* exec_batch.c; made when it is first needed */
};

TR_MUST_CHECK tr_status tr_frame_create(const tr_tile_code *code, tr_frame **out_frame, tr_error *error);
void tr_frame_destroy(tr_frame *frame);

/* Takes the launch's arguments, unless the frame has them. */
void tr_frame_prepare(tr_frame *frame, const tr_run *run);

/* Makes the frame ready to run program (x, y, z) from its start. */
void tr_frame_start(tr_frame *frame, const tr_run *run, uint64_t program);

/* Runs until the program is done, trapped or out of its time slice. */
void tr_frame_resume(tr_frame *frame);

/* Stops the frame; returns NULL for the step function to return. The message gets the op's Python line and the
 * program appended. */
const tr_step *tr_trap(tr_frame *frame, const tr_step *step, tr_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Memory that lasts until the step ends; 64-byte aligned. NULL (and the frame is trapped) when memory is out. */
void *tr_scratch(tr_frame *frame, const tr_step *step, size_t size);
static inline void tr_scratch_reset(tr_frame *frame) { frame->scratch_used = 0; }

/* ---------------------------------------------------------------- reading tiles (tile_read.c) */

/* A view's element function: base + sum of stride * index, when its slot is UNIFORM or AFFINE. */
typedef struct tr_affine {
    int64_t base;
    int64_t stride[TR_AFFINE_RANK];
    bool uniform; /* all strides are 0 */
} tr_affine;

/* False when the view's slot is dense or a box. */
bool tr_view_affine(const tr_frame *frame, const tr_view *view, tr_affine *out);

/* A view of i1 as a box over the view's own dimensions: `lo` and `hi` of view->shape.rank entries. False when it is
 * dense. An empty box has lo = hi = 0 everywhere. */
typedef struct tr_box {
    int64_t lo[TR_AFFINE_RANK], hi[TR_AFFINE_RANK];
    bool empty, full;
} tr_box;
bool tr_view_box(const tr_frame *frame, const tr_view *view, tr_box *out);

/* Reads a view run by run: what does not change between runs is worked out once. */
typedef struct tr_reader {
    const tr_kernels *kernels;
    const tr_shape *shape;
    const char *data;
    int32_t rank;
    tr_form form;
    uint8_t log_size;
    bool linear; /* dense and in the view's own order */
    union {
        tr_affine affine;
        tr_box box;
        int64_t strides[TR_TILE_RANK];
    };
} tr_reader;
void tr_reader_open(tr_reader *reader, const tr_frame *frame, const tr_view *view);

/* Elements [start, start + n) of the view in its row-major order and storage format: in place when they lie so, else
 * in `temp`. */
const void *tr_reader_run(const tr_reader *reader, int64_t start, int64_t n, void *temp);

/* Whether all strips of `n` elements are alike: whole rows, and only the innermost index counts. */
bool tr_reader_repeats(const tr_reader *reader, int64_t n);

/* The same as tr_reader_run, always copied to `dst`. */
void tr_view_read(const tr_frame *frame, const tr_view *view, int64_t start, int64_t n, void *dst);

/* All elements of the view: in place when it is a dense identity, else copied to scratch. NULL: memory is out. */
const void *tr_view_dense(tr_frame *frame, const tr_step *step, const tr_view *view);

/* Element strides of a dense view, per view dimension. */
void tr_view_strides(const tr_frame *frame, const tr_view *view, int64_t *strides);

/* ---------------------------------------------------------------- memory (access.c) */

/* The argument that holds all of [lo, hi), among `roots`; NULL if none does. */
const tr_tile_arg *tr_find_arg(const tr_frame *frame, uint64_t roots, uint64_t lo, uint64_t hi);

/* Traps with "out of bounds": an access of `size` bytes at `address` by element `index` of a view (linear, -1 for a
 * scalar access). */
const tr_step *tr_trap_bounds(tr_frame *frame, const tr_step *step, uint64_t address, size_t size, const char *what,
                              const tr_shape *shape, int64_t index);

/* The address of the whole tile that a TILE_LOAD, AIM or TILE_STORE accesses, where it lies in memory as in storage:
 * row-major, aligned, all of it in one argument, nothing masked off. NULL if it doesn't. */
void *tr_whole_tile(const tr_frame *frame, const tr_step *step);

/* Notes that [address, address + size) was written, for tr_launch_options.writer. */
void tr_record_write(tr_frame *frame, uint64_t address, size_t size);

/* ---------------------------------------------------------------- groups (exec_group.c) */

/* Runs one strip of `n` elements: runs[t] is the run of temporary t, inputs already set; outputs are left in
 * runs[output temp]. */
void tr_group_strip(const tr_group *group, size_t n, void **runs);

/* Runs the group over the first `count` elements of its inputs and outputs, which may be more than the tiles have: then
 * the tiles of other programs lie behind them. */
void tr_group_run(tr_frame *frame, const tr_group *group, int64_t count, int64_t strip, size_t temp_size);

static inline int64_t tr_reg_int(tr_dtype dtype, uint64_t reg)
{
    switch (dtype) {
    case TR_I1: return (int64_t)(reg & 1);
    case TR_I8: return (int8_t)reg;
    case TR_I16: return (int16_t)reg;
    case TR_I32: return (int32_t)reg;
    case TR_I64:
    case TR_PTR: return (int64_t)reg;
    default: return (int64_t)reg;
    }
}

/* Smallest and largest value of an integer dtype (i1: 0 and 1). */
static inline int64_t tr_int_min(tr_dtype t)
{
    return t == TR_I8 ? INT8_MIN : t == TR_I16 ? INT16_MIN : t == TR_I32 ? INT32_MIN : t == TR_I1 ? 0 : INT64_MIN;
}
static inline int64_t tr_int_max(tr_dtype t)
{
    return t == TR_I8 ? INT8_MAX : t == TR_I16 ? INT16_MAX : t == TR_I32 ? INT32_MAX : t == TR_I1 ? 1 : INT64_MAX;
}

#endif
