/* The compiler's state, shared by the files that lower ops to steps (lower_*.c, control.c, group_build.c). */
#ifndef TR_TILE_COMPILE_H
#define TR_TILE_COMPILE_H

#include "tile/exec.h"
#include "tile/steps.h"

/* Where a value is. */
typedef enum tr_binding_kind {
    TR_BOUND_NOWHERE,
    TR_BOUND_REG,     /* index: register */
    TR_BOUND_TILE,    /* index: view */
    TR_BOUND_PENDING, /* index: node of the open group of its shape */
    TR_BOUND_PARTS,   /* index: first of its registers in tr_compiler.parts: a descriptor or block pointer */
} tr_binding_kind;

typedef struct tr_binding {
    tr_binding_kind kind;
    uint32_t index;
    bool pads_nan;  /* PARTS: loads outside of the array give NaN */
    bool symbolic;  /* likely uniform, affine or a box at run time: worth a SYM_ step */
    uint32_t varies;/* symbolic: the dimensions along which it may change, one bit each */
} tr_binding;

/* A value of a group being built: an input, or the result of a micro step. */
typedef struct tr_node {
    tr_run_fn *fn;  /* NULL: an input */
    const char *name;
    const tr_op *op;
    const tr_value *value; /* NULL for an intermediate of our own */
    uint32_t view;         /* of an input */
    int32_t src[3];        /* nodes, -1 = none */
    tr_dtype dtype;
    uint32_t inner_uses;   /* by ops of the group */
} tr_node;

typedef struct tr_open_group {
    tr_shape shape;
    int32_t count;
    tr_node nodes[TR_GROUP_TEMPS];
} tr_open_group;

enum { TR_OPEN_GROUPS = 4, TR_CALL_DEPTH = 32 };

typedef struct tr_call_frame tr_call_frame;

typedef struct tr_compiler {
    const tr_module *module;
    tr_tile_code *code;
    tr_error *error;
    tr_binding *bindings; /* by value id */
    uint32_t *uses;       /* by value id: operand uses in the module */
    uint64_t *roots;      /* by value id */
    uint32_t *slot_view;  /* by slot: its identity view (grows with the slots) */
    size_t slot_view_capacity;
    TR_VEC(uint64_t) regs;
    TR_VEC(uint32_t) parts;
    tr_open_group *open[TR_OPEN_GROUPS];
    const tr_op *op;      /* being lowered */
    tr_call_frame *call;  /* innermost */
    int call_depth;
} tr_compiler;

/* What exec.def says of an op. */
typedef struct tr_exec_row {
    tr_status (*lower)(tr_compiler *c, const tr_op *op, const struct tr_exec_row *row);
    const char *refusal; /* when `lower` is NULL: why, NULL for no particular reason */
    bool structural;     /* part of another op, lowered with it */
    int function;        /* tr_ew, tr_cvt, predicate base ...: what `lower` needs */
    tr_step_code symbolic; /* the SYM_ step that does it on symbolic operands, TR_STEP_COUNT = none */
} tr_exec_row;
extern const tr_exec_row tr_exec_rows[TR_OP_COUNT];

/* ---------------------------------------------------------------- emit.c: registers, slots, views, steps */

tr_shape tr_shape_of(const tr_type *type);
bool tr_shape_equal(const tr_shape *a, const tr_shape *b);
tr_dtype tr_value_dtype(const tr_value *value);

tr_status tr_new_reg(tr_compiler *c, uint64_t initial, uint32_t *out_reg);
tr_status tr_new_slot(tr_compiler *c, tr_dtype dtype, const tr_shape *shape, const tr_value *value,
                      uint32_t *out_slot);
/* A slot whose contents are set when the frame is made. */
tr_status tr_new_constant(tr_compiler *c, tr_dtype dtype, const tr_shape *shape, tr_tile initial, uint32_t *out_slot);
tr_status tr_new_view(tr_compiler *c, const tr_view *view, uint32_t *out_view);
uint32_t tr_identity_view(const tr_compiler *c, uint32_t slot);

/* Appends a step of the current op with zeroed operands set to TR_NO_OPERAND. The pointer is good until the next. */
tr_step *tr_emit(tr_compiler *c, tr_step_code code, tr_dtype dtype);
uint32_t tr_here(const tr_compiler *c); /* index of the next step */

/* Binding results. tr_bind_slot makes a new slot for `value` and binds it. */
void tr_bind(tr_compiler *c, const tr_value *value, tr_binding binding);
tr_status tr_bind_new_reg(tr_compiler *c, const tr_value *value, uint32_t *out_reg);
tr_status tr_bind_new_slot(tr_compiler *c, const tr_value *value, uint32_t *out_slot);

/* Operands. A pending value's group is closed first. */
tr_status tr_use_reg(tr_compiler *c, const tr_value *value, uint32_t *out_reg);
tr_status tr_use_view(tr_compiler *c, const tr_value *value, uint32_t *out_view);
/* A tensor's view, or a splat of a scalar to `shape`. */
tr_status tr_use_as_tile(tr_compiler *c, const tr_value *value, const tr_shape *shape, uint32_t *out_view);
const tr_binding *tr_binding_of(const tr_compiler *c, const tr_value *value);

/* The element type a pointer, or a tensor of pointers, points to. */
tr_dtype tr_pointee_dtype(const tr_value *pointer);

/* ---------------------------------------------------------------- lower_descriptor.c */

/* A register with `reg` sign-extended to 64 bits; `reg` itself when it has them. */
tr_status tr_widen_reg(tr_compiler *c, uint32_t reg, tr_dtype dtype, uint32_t *out_reg);

/* Registers that a descriptor or block pointer takes: base, shape, strides, and a block pointer's offsets; 0 for any
 * other type. */
int32_t tr_part_count(const tr_type *type);
tr_status tr_bind_parts(tr_compiler *c, const tr_value *value, const uint32_t *regs, bool pads_nan);
tr_status tr_use_parts(tr_compiler *c, const tr_value *value, const uint32_t **out_regs);
tr_status tr_lower_block_load(tr_compiler *c, const tr_op *op);
tr_status tr_lower_block_store(tr_compiler *c, const tr_op *op);

/* ---------------------------------------------------------------- group_build.c */

/* The open group for a shape with room for `need` more nodes; operands pending in other groups are closed. */
tr_status tr_group_open(tr_compiler *c, const tr_shape *shape, const tr_value *const *operands, int operand_count,
                        int need, tr_open_group **out_group);
/* The node of an operand: its own when it is pending in this group, else an input. */
tr_status tr_group_operand(tr_compiler *c, tr_open_group *group, const tr_value *value, int32_t *out_node);
tr_status tr_group_input_view(tr_compiler *c, tr_open_group *group, uint32_t view, int32_t *out_node);
/* A node that is fn(src ...); `value` is the SSA value it computes, NULL for an intermediate of our own. */
tr_status tr_group_add(tr_compiler *c, tr_open_group *group, tr_run_fn *fn, const char *name, tr_dtype dtype,
                       const int32_t *src, int src_count, const tr_value *value, int32_t *out_node);
tr_status tr_close_groups(tr_compiler *c);

/* The common case: result = fn(operands). */
tr_status tr_group_op(tr_compiler *c, tr_run_fn *fn, const char *name, const tr_value *result,
                      const tr_value *const *operands, int operand_count);

/* Whether a region of scalar ops (of a reduction, a scan) is a chain of kernels that fits a group. */
bool tr_region_is_chain(const tr_compiler *c, const tr_region *region);
/* Such a region as a group over runs. */
tr_status tr_group_from_region(tr_compiler *c, const tr_region *region, int64_t longest, tr_group **out_group);

/* ---------------------------------------------------------------- functions of rows, for groups from regions */

/* The kernel that computes `op` element by element, NULL if it is not elementwise. `out_dtype` is the result's. */
tr_run_fn *tr_elementwise_kernel(const tr_kernels *kernels, const tr_op *op, const char **out_name);

/* ---------------------------------------------------------------- control.c */

tr_status tr_lower_block(tr_compiler *c, const tr_block *block);
tr_status tr_lower_op(tr_compiler *c, const tr_op *op);
tr_status tr_lower_function(tr_compiler *c, const tr_func *func);

/* A region, of any number of blocks, as scalar steps that another step runs by itself (tr_run_subroutine). The entry
 * block's arguments are bound to registers already; the returned values go to `result_regs`. */
tr_status tr_lower_subroutine(tr_compiler *c, const tr_region *region, uint32_t *out_start,
                              const uint32_t *result_regs);

/* ---------------------------------------------------------------- roots.c */



/* Which arguments each pointer may come from, by value id. */
tr_status tr_find_roots(const tr_module *module, const tr_func *func, uint64_t *roots, tr_error *error);

#endif
