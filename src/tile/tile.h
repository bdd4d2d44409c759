/* The tile VM: runs a function of TTIR, a program of the grid at a time, on CPU threads.
 *
 * compile turns a tt.func into steps (steps.h), once; run executes them over a grid. docs/tile.md has the design.
 */
#ifndef TR_TILE_TILE_H
#define TR_TILE_TILE_H

#include "base/pool.h"
#include "mlir/ir.h"
#include "num/kernels.h"

typedef struct tr_tile_code tr_tile_code;

/* Why the tile VM can't run `op`, or NULL when it can. Looks at the op itself (name, types, attributes), not into
 * its regions. The text is written to `buffer` when it needs one. */
const char *tr_tile_refusal(const tr_op *op, char *buffer, size_t size);

/* Compiles `func` and the functions it calls for the given kernels. TR_UNSUPPORTED names the op that can't run, its
 * place in the text and its Python line. `module` and `kernels` must outlive the code. */
TR_MUST_CHECK tr_status tr_tile_compile(const tr_module *module, const tr_func *func, const tr_kernels *kernels,
                                        tr_tile_code **out_code, tr_error *error);
void tr_tile_code_destroy(tr_tile_code *code);

/* Appends the steps as text (docs/tile.md describes the form). */
void tr_tile_code_print(const tr_tile_code *code, tr_text *out);

/* False when nothing that the code does can write memory through parameter `index`. */
bool tr_tile_code_writes(const tr_tile_code *code, int32_t index);

/* One argument of a launch: a buffer (`data` not NULL or size 0) or a scalar's bits. The function's parameter types
 * decide which; run checks nothing but the memory accesses. */
typedef struct tr_tile_arg {
    uint64_t bits;   /* a scalar's bytes in the low bytes; of a buffer, how far behind `data` the pointer is */
    void *data;      /* a buffer */
    size_t size;     /* in bytes */
    const char *name;/* for messages */
} tr_tile_arg;

/* Time and number of runs of every step, summed over launches and threads. */
typedef struct tr_tile_profile {
    uint64_t *nanoseconds, *counts; /* one a step */
} tr_tile_profile;

typedef struct tr_tile_step {
    const char *name;
    const tr_op *op; /* NULL for a step of the compiler's own */
} tr_tile_step;
size_t tr_tile_step_count(const tr_tile_code *code);
tr_tile_step tr_tile_step_at(const tr_tile_code *code, size_t index);

typedef struct tr_tile_launch {
    tr_pool *pool;
    int threads;          /* 1 .. tr_pool_threads(pool) */
    tr_grid grid;         /* every dimension >= 1 */
    const tr_tile_arg *args; /* one a parameter */
    int arg_count;
    const tr_launch_options *options; /* timeout, cancel, progress, writer, print, programs; may be NULL */
    tr_tile_profile *profile; /* NULL: none */
} tr_tile_launch;

/* Runs every program of the grid. Thread-safe: one code may run several launches at once. */
TR_MUST_CHECK tr_status tr_tile_run(tr_tile_code *code, const tr_tile_launch *launch, tr_error *error);

#endif
