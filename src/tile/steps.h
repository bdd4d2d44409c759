/* Steps: the form between the compiler and the executor of the tile VM.
 *
 * A function is a flat list of steps with an explicit program counter. A step names what it does (a row of
 * steps.def), its operands by number, and the op it came from. Operands are
 *   - registers: scalars, 8 bytes each, the value in storage format in the low bytes;
 *   - slots: tiles, with a static element type and shape, and at run time one of the forms below;
 *   - views: how an operand reads a slot: its shape, and for each of its dimensions the slot's dimension it walks
 *     (or none: the value repeats). expand_dims, broadcast and trans are views and cost nothing.
 *
 * Docs: docs/tile.md. Checked by verify.c, printed by print.c.
 */
#ifndef TR_TILE_STEPS_H
#define TR_TILE_STEPS_H

#include "base/arena.h"
#include "base/vec.h"
#include "tile/tile.h"

enum {
    TR_TILE_RANK = 24,  /* dimensions a tile may have: tl.sort makes one of 2s for each bit of the size */
    TR_AFFINE_RANK = 5, /* ... and may have in affine or box form */
    TR_STEP_OPERANDS = 6,
    TR_NO_OPERAND = 0xffffffff,
    TR_ROOT_ANY = 63,   /* bit of tr_step.roots: any argument's memory; argument i < 63 has bit i */
};

/* What a slot holds at run time. DENSE is always possible; the others save the memory traffic.
 *
 * Invariant: the elements of an AFFINE integer tile, computed without wrapping, all lie in the range of its dtype, so
 * that widening it changes nothing. */
typedef enum tr_form {
    TR_FORM_DENSE,   /* row-major elements at `data` */
    TR_FORM_UNIFORM, /* every element is `base` (integers sign-extended, floats their bits) */
    TR_FORM_AFFINE,  /* element [i, j, ...] = base + stride[0] * i + stride[1] * j + ...; integers and pointers */
    TR_FORM_BOX,     /* i1: true where lo[d] <= index[d] < hi[d] in every dimension */
} tr_form;

typedef struct tr_tile {
    void *data; /* storage for the dense form, exclusive to this tile at this time */
    int64_t base;
    union {
        int64_t stride[TR_AFFINE_RANK]; /* pointers: in bytes */
        struct {
            int32_t lo[TR_AFFINE_RANK], hi[TR_AFFINE_RANK];
        } box;
    };
    tr_form form;
} tr_tile;

typedef struct tr_shape {
    int32_t rank;
    int64_t count;
    int64_t dims[TR_TILE_RANK];
} tr_shape;

typedef struct tr_slot {
    tr_dtype dtype;
    tr_shape shape;
    bool constant;       /* set when the frame is made, never written by a step */
    bool pinned;         /* its storage may be exchanged with another slot's: it shares with none */
    tr_tile initial;     /* of a constant; `data` NULL unless DENSE */
    size_t offset;       /* of its storage in the frame's memory */
    const tr_value *value; /* for messages and the text dump; may be NULL */
} tr_slot;

typedef struct tr_view {
    uint32_t slot;
    tr_dtype dtype;
    bool identity;       /* reads the slot as it is */
    tr_shape shape;
    int8_t map[TR_TILE_RANK]; /* slot dimension, or -1 */
} tr_view;

typedef enum tr_step_code {
#define STEP(name, ...) TR_STEP_##name,
#include "tile/steps.def"
#undef STEP
    TR_STEP_COUNT
} tr_step_code;

typedef struct tr_frame tr_frame;
typedef struct tr_step tr_step;
typedef struct tr_group tr_group;

/* Executes a step; returns the one to go on with, or NULL to leave the frame (frame->state says why). */
typedef const tr_step *tr_step_fn(tr_frame *frame, const tr_step *step);

struct tr_step {
    tr_step_fn *run;
    tr_step_code code;
    tr_dtype dtype;                 /* of the elements it works on */
    uint32_t x[TR_STEP_OPERANDS];   /* registers, slots, views, targets: steps.def says which */
    int64_t imm;                    /* axis, element size, predicate ...: steps.def says which */
    tr_run_fn *kernel;              /* where one does all the work */
    const char *kernel_name;
    const void *aux;                /* a tr_group, tr_fold, tr_dot_plan ... */
    uint64_t roots;                 /* memory steps: the arguments its pointer may come from (roots.h) */
    const tr_op *op;
};

/* ---------------------------------------------------------------- fused elementwise work */

/* One kernel call on a strip. Temporaries are numbered runs of tr_group.strip elements. */
typedef struct tr_micro {
    tr_run_fn *fn;
    const char *name;
    uint16_t dst, src[3]; /* TR_NO_TEMP beyond the arity */
    const tr_op *op;
} tr_micro;
enum { TR_NO_TEMP = 0xffff };

typedef struct tr_group_io {
    uint32_t operand; /* input: view; output: slot */
    uint16_t temp;
    uint8_t size;     /* bytes an element */
} tr_group_io;

/* A chain of elementwise ops over one shape, run strip by strip. Also the body of a reduction or scan, whose inputs
 * and outputs are then runs given by the step (`operand` is its number). */
struct tr_group {
    tr_shape shape;
    int64_t strip;      /* elements */
    tr_micro *micros;
    tr_group_io *inputs, *outputs;
    int32_t micro_count, input_count, output_count, temp_count;
    size_t temp_size;   /* bytes of one temporary */
    int64_t long_strip; /* elements of a strip, and bytes of a temporary, where the tiles of many programs are one */
    size_t long_temp_size;
};

/* Operands of a step that has more than tr_step.x has room for: a reduction, a scan. */
typedef struct tr_fold {
    tr_group *combine;  /* inputs 0 .. n-1: the accumulated values, n .. 2n-1 the new ones; or NULL and */
    struct tr_subroutine *body; /* ... the same arguments, element by element (map.h) */
    tr_reduce_fn *rows; /* of a reduction of rows that one kernel does at once; else NULL */
    int32_t count;      /* operands */
    uint32_t *views;
    uint32_t *results;  /* slots; registers when scalar */
    bool scalar_result;
    bool reverse;       /* scan */
    int64_t outer, length, inner; /* the operand as [outer, length, inner], `length` along the axis */
} tr_fold;

/* ---------------------------------------------------------------- code */

struct tr_tile_code {
    const tr_module *module;
    const tr_func *func;
    const tr_kernels *kernels;
    tr_arena arena;
    TR_VEC(tr_step) steps;
    TR_VEC(tr_slot) slots;
    TR_VEC(tr_view) views;
    uint32_t reg_count;
    uint64_t *regs;       /* initial values: constants; the first ones are the parameters */
    uint32_t param_count;
    uint32_t prologue;    /* the first steps, which don't depend on the program: run once a frame and launch */
    size_t memory_size;   /* bytes of slot storage a frame needs */
    size_t temps_size;    /* bytes of strip temporaries a frame needs */
    struct tr_frame_list *idle; /* frames kept for the next launch */
    const struct tr_batch *batch; /* how programs run many at once (batch.h); NULL = they don't */
};

typedef struct tr_step_info {
    const char *name;
    const char *operands; /* one letter an operand, steps.def */
    tr_step_fn *run;
} tr_step_info;
extern const tr_step_info tr_step_table[TR_STEP_COUNT];

/* Calls visit(user, kind, operand) for every operand of a step, those in aux too. Kinds: 'r' register read, 'R'
 * register written, 'v' view read, 't' slot written, 'x' slot exchanged or updated in place, 'j' step jumped to. */
void tr_step_visit(const tr_step *step, void (*visit)(void *user, char kind, uint32_t operand), void *user);

/* Renumbers the steps that a step jumps to. */
void tr_step_retarget(tr_step *step, const uint32_t *moved_to);

/* Brings the steps that give every program of a launch the same to the front (hoist.c). */
TR_MUST_CHECK tr_status tr_steps_hoist(tr_tile_code *code, tr_error *error);

/* Lets loads borrow the argument's memory where nothing writes memory before their last use (borrow.c). */
TR_MUST_CHECK tr_status tr_steps_borrow(tr_tile_code *code, tr_error *error);

/* tr_step.imm of TILE_LOAD. */
enum { TR_LOAD_VOLATILE = 1, TR_LOAD_BORROWS = 2 };

/* tr_step.imm of CMP_I32 and BRANCH_CMP: what is true. */
enum { TR_COMPARE_LESS = 1, TR_COMPARE_EQUAL = 2, TR_COMPARE_GREATER = 4, TR_COMPARE_UNSIGNED = 8 };

/* Makes scalar steps cheap (tune.c); after tr_steps_hoist. */
TR_MUST_CHECK tr_status tr_steps_tune(tr_tile_code *code, tr_error *error);

/* Sets every step's function: scalar steps go on to the next by themselves. What runs a single step takes its function
 * from tr_step_table. */
void tr_steps_link(tr_tile_code *code);

/* Checks that every operand exists, is of the right kind and type, and every jump lands. TR_INTERNAL otherwise. */
TR_MUST_CHECK tr_status tr_steps_verify(const tr_tile_code *code, tr_error *error);

/* Lays out the slots' storage: slots that are not alive at the same time share. */
TR_MUST_CHECK tr_status tr_steps_plan(tr_tile_code *code, tr_error *error);

static inline tr_dtype tr_storage(tr_dtype t) { return t == TR_PTR ? TR_I64 : t; }

#endif
