/* Control flow: structured (scf) and by blocks (cf), calls, functions.
 *
 * Values that cross an edge (loop-carried, results of if and while, block arguments) live in registers and slots of
 * their own; the edge moves them. Moves of one edge are parallel.
 */
#include "base/map.h"
#include "tile/lower.h"

/* ---------------------------------------------------------------- carried values and moves */

/* Gives `value` a register or slot that edges write. `like` (may be NULL) is the first value moved there: it tells
 * whether symbolic steps are worth it. */
static tr_status bind_carried(tr_compiler *c, const tr_value *value, const tr_value *like)
{
    uint32_t place;
    const int32_t parts = tr_part_count(value->type);
    if (parts) {
        uint32_t regs[1 + 3 * TR_AFFINE_RANK];
        for (int32_t i = 0; i < parts; i++) TR_TRY(tr_new_reg(c, 0, &regs[i]));
        return tr_bind_parts(c, value, regs, like && tr_binding_of(c, like)->pads_nan);
    }
    if (!tr_type_is_tensor(value->type)) return tr_bind_new_reg(c, value, &place);
    TR_TRY(tr_bind_new_slot(c, value, &place));
    if (like) {
        c->bindings[value->id].symbolic = c->bindings[like->id].symbolic;
        c->bindings[value->id].varies = c->bindings[like->id].varies;
    }
    return TR_OK;
}

static uint32_t view_slot(const tr_compiler *c, uint32_t view)
{
    return c->code->views.items[view].slot;
}

typedef struct move {
    uint32_t dst;      /* register or slot */
    uint32_t from;     /* register or view */
    bool tile, exchange, done;
} move;
typedef TR_VEC(move) move_list;

static tr_status emit_copy(tr_compiler *c, bool tile, uint32_t dst, uint32_t from)
{
    tr_dtype dtype = tile ? c->code->slots.items[dst].dtype : TR_DTYPE_NONE;
    tr_step *step = tr_emit(c, tile ? TR_STEP_COPY : TR_STEP_MOV, dtype);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = dst;
    step->x[1] = from;
    return TR_OK;
}

static tr_status emit_swap(tr_compiler *c, uint32_t a, uint32_t b)
{
    tr_step *step = tr_emit(c, TR_STEP_SWAP, c->code->slots.items[a].dtype);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = a;
    step->x[1] = b;
    c->code->slots.items[a].pinned = true;
    c->code->slots.items[b].pinned = true;
    return TR_OK;
}

/* A tile that dies with the region it was made in may trade its storage instead of being copied: an identity view of
 * a slot made since `fresh_from`, moved once. */
static bool may_exchange(const tr_compiler *c, const move_list *moves, size_t which, uint32_t fresh_from)
{
    const tr_view *view = &c->code->views.items[moves->items[which].from];
    const tr_slot *slot = &c->code->slots.items[view->slot];
    if (!view->identity || slot->constant || view->slot < fresh_from || slot->dtype != view->dtype) return false;
    if (!tr_shape_equal(&slot->shape, &view->shape)) return false;
    for (size_t i = 0; i < moves->count; i++)
        if (i != which && moves->items[i].tile && view_slot(c, moves->items[i].from) == view->slot) return false;
    return true;
}

static tr_status add_tile_move(tr_compiler *c, move_list *moves, const tr_value *value, uint32_t target_view)
{
    move m = { .tile = true, .dst = view_slot(c, target_view) };
    TR_TRY(tr_use_view(c, value, &m.from));
    const tr_view *view = &c->code->views.items[m.from];
    m.done = view->slot == m.dst && view->identity &&
             tr_shape_equal(&view->shape, &c->code->slots.items[m.dst].shape);
    return tr_vec_push(moves, m) ? TR_OK : TR_OOM(c->error);
}

static tr_status add_reg_move(tr_compiler *c, move_list *moves, uint32_t dst, uint32_t from)
{
    return tr_vec_push(moves, (move){ .dst = dst, .from = from, .done = dst == from }) ? TR_OK : TR_OOM(c->error);
}

/* What has to move for `value` to be where `target` is bound; a value carried to its own place stays. */
static tr_status add_moves(tr_compiler *c, move_list *moves, const tr_value *value, const tr_value *target)
{
    const tr_binding binding = *tr_binding_of(c, target);
    if (binding.kind == TR_BOUND_TILE) return add_tile_move(c, moves, value, binding.index);
    if (binding.kind == TR_BOUND_REG) {
        uint32_t from;
        TR_TRY(tr_use_reg(c, value, &from));
        return add_reg_move(c, moves, binding.index, from);
    }
    const uint32_t *from;
    TR_TRY(tr_use_parts(c, value, &from));
    for (int32_t i = 0; i < tr_part_count(value->type); i++)
        TR_TRY(add_reg_move(c, moves, c->parts.items[binding.index + (uint32_t)i], from[i]));
    return TR_OK;
}

static bool is_clobbered(const tr_compiler *c, const move_list *moves, const move *m)
{
    const uint32_t place = m->tile ? view_slot(c, m->from) : m->from;
    for (size_t k = 0; k < moves->count; k++)
        if (moves->items[k].tile == m->tile && !moves->items[k].done && moves->items[k].dst == place) return true;
    return false;
}

/* Copies the source of a move to a place of its own. */
static tr_status set_aside(tr_compiler *c, move *m)
{
    uint32_t temp;
    if (m->tile) {
        const tr_slot slot = c->code->slots.items[m->dst];
        TR_TRY(tr_new_slot(c, slot.dtype, &slot.shape, NULL, &temp));
    } else {
        TR_TRY(tr_new_reg(c, 0, &temp));
    }
    TR_TRY(emit_copy(c, m->tile, temp, m->from));
    m->from = m->tile ? tr_identity_view(c, temp) : temp;
    return TR_OK;
}

static tr_status emit_moves(tr_compiler *c, move_list *moves, uint32_t fresh_from)
{
    for (size_t i = 0; i < moves->count; i++) {
        move *m = &moves->items[i];
        m->exchange = m->tile && !m->done && may_exchange(c, moves, i, fresh_from);
    }
    /* First set aside what another move is going to overwrite. */
    for (size_t i = 0; i < moves->count; i++) {
        move *m = &moves->items[i];
        if (!m->done && !m->exchange && is_clobbered(c, moves, m)) TR_TRY(set_aside(c, m));
    }
    for (size_t i = 0; i < moves->count; i++) {
        const move *m = &moves->items[i];
        if (m->done) continue;
        TR_TRY(m->exchange ? emit_swap(c, m->dst, view_slot(c, m->from)) : emit_copy(c, m->tile, m->dst, m->from));
    }
    return TR_OK;
}

/* Moves values to the places of `targets`, all at once. Tiles made since slot `fresh_from` are not needed afterwards. */
static tr_status move_values(tr_compiler *c, tr_value *const *values, tr_value *const *targets, int count,
                             uint32_t fresh_from)
{
    move_list moves = { 0 };
    tr_status status = TR_OK;
    for (int i = 0; i < count && status == TR_OK; i++) status = add_moves(c, &moves, values[i], targets[i]);
    if (status == TR_OK) status = emit_moves(c, &moves, fresh_from);
    tr_vec_deinit(&moves);
    return status;
}

/* Pointers to an op's results or a block's arguments, for move_values. */
static tr_value **value_list(tr_compiler *c, tr_value *values, int count)
{
    tr_value **list = TR_NEW_ARRAY(&c->code->arena, tr_value *, (size_t)count + 1);
    for (int i = 0; list && i < count; i++) list[i] = &values[i];
    return list;
}

static uint32_t slot_count(const tr_compiler *c)
{
    return (uint32_t)c->code->slots.count;
}

/* ---------------------------------------------------------------- blocks */

tr_status tr_lower_op(tr_compiler *c, const tr_op *op)
{
    const tr_exec_row *row = &tr_exec_rows[op->code];
    c->op = op;
    if (!row->lower)
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "'%.*s' has no engine", TR_STR_ARG(op->name));
    return row->lower(c, op, row);
}

/* Lowers the ops before the block's terminator. */
tr_status tr_lower_block(tr_compiler *c, const tr_block *block)
{
    for (const tr_op *op = block->first; op && op != block->last; op = op->next) TR_TRY(tr_lower_op(c, op));
    c->op = block->last;
    return TR_OK;
}

/* Lowers a block that ends in scf.yield and moves what it yields to `targets`. */
static tr_status lower_yielding(tr_compiler *c, const tr_region *region, tr_value *const *targets, int count)
{
    const tr_block *block = region->first;
    const uint32_t fresh = slot_count(c);
    const tr_op *last = block->last;
    /* A region without results may leave its yield out of the text. */
    if (last && last->code == TR_OP_scf_yield) {
        TR_TRY(tr_lower_block(c, block));
        TR_TRY(tr_close_groups(c));
        return move_values(c, last->operands, targets, count, fresh);
    }
    for (const tr_op *op = block->first; op; op = op->next) TR_TRY(tr_lower_op(c, op));
    return tr_close_groups(c);
}

static tr_status emit_jump(tr_compiler *c, uint32_t target)
{
    tr_step *step = tr_emit(c, TR_STEP_JUMP, TR_DTYPE_NONE);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = target;
    return TR_OK;
}

static tr_status emit_branch_false(tr_compiler *c, uint32_t reg, uint32_t *out_step)
{
    *out_step = tr_here(c);
    tr_step *step = tr_emit(c, TR_STEP_BRANCH_FALSE, TR_I1);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = reg;
    return TR_OK;
}

static void patch(tr_compiler *c, uint32_t step, int operand)
{
    c->code->steps.items[step].x[operand] = tr_here(c);
}

/* Goes on if the register is `value`, else jumps; the jump is patched later. */
static tr_status branch_unless_equal(tr_compiler *c, tr_dtype dtype, uint32_t reg, uint64_t value, uint32_t *out_step)
{
    uint32_t constant, equal;
    TR_TRY(tr_new_reg(c, value, &constant));
    TR_TRY(tr_new_reg(c, 0, &equal));
    tr_step *step = tr_emit(c, TR_STEP_SCALAR, dtype);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = equal;
    step->x[1] = reg;
    step->x[2] = constant;
    step->kernel = c->code->kernels->ew[TR_EW_CMPI_EQ][dtype];
    step->kernel_name = tr_ew_describe(TR_EW_CMPI_EQ)->name;
    return emit_branch_false(c, equal, out_step);
}

/* ---------------------------------------------------------------- scf */

TR_LOWER(for)
{
    const tr_block *body = op->regions[0]->first;
    const tr_value *counter = &body->args[0];
    const tr_dtype dtype = tr_value_dtype(counter);
    const int carried = op->operand_count - 3;
    const int64_t is_unsigned = tr_op_attr_int(op, "unsignedCmp", 0);
    uint32_t lower, upper, step_reg, iv;
    (void)row;

    TR_TRY(tr_close_groups(c));
    TR_TRY(tr_use_reg(c, op->operands[0], &lower));
    TR_TRY(tr_use_reg(c, op->operands[1], &upper));
    TR_TRY(tr_use_reg(c, op->operands[2], &step_reg));
    TR_TRY(tr_bind_new_reg(c, counter, &iv));
    TR_TRY(emit_copy(c, false, iv, lower));
    for (int i = 0; i < carried; i++) TR_TRY(bind_carried(c, &body->args[1 + i], op->operands[3 + i]));
    tr_value **args = value_list(c, body->args + 1, carried);
    if (!args) return TR_OOM(c->error);
    TR_TRY(move_values(c, op->operands + 3, args, carried, TR_NO_OPERAND));

    const uint32_t test = tr_here(c);
    tr_step *step = tr_emit(c, TR_STEP_FOR_TEST, dtype);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = iv;
    step->x[1] = upper;
    step->imm = is_unsigned;

    const uint32_t start = tr_here(c);
    TR_TRY(lower_yielding(c, op->regions[0], args, carried));
    c->op = op;
    step = tr_emit(c, TR_STEP_FOR_NEXT, dtype);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = iv;
    step->x[1] = iv;
    step->x[2] = step_reg;
    step->x[3] = upper;
    step->x[4] = start;
    step->imm = is_unsigned;
    patch(c, test, 2);
    /* The results are what the carried values hold when the loop ends. */
    for (int i = 0; i < op->result_count; i++) tr_bind(c, &op->results[i], *tr_binding_of(c, args[i]));
    return TR_OK;
}

TR_LOWER(if)
{
    uint32_t condition, branch, jump;
    tr_value **results = value_list(c, op->results, op->result_count);
    (void)row;
    if (!results) return TR_OOM(c->error);
    TR_TRY(tr_close_groups(c));
    TR_TRY(tr_use_reg(c, op->operands[0], &condition));
    for (int i = 0; i < op->result_count; i++) TR_TRY(bind_carried(c, &op->results[i], NULL));
    TR_TRY(emit_branch_false(c, condition, &branch));
    TR_TRY(lower_yielding(c, op->regions[0], results, op->result_count));
    c->op = op;
    if (op->region_count < 2 || !op->regions[1]->first) {
        patch(c, branch, 1);
        return TR_OK;
    }
    jump = tr_here(c);
    TR_TRY(emit_jump(c, 0));
    patch(c, branch, 1);
    TR_TRY(lower_yielding(c, op->regions[1], results, op->result_count));
    c->op = op;
    patch(c, jump, 0);
    return TR_OK;
}

TR_LOWER(while)
{
    const tr_block *before = op->regions[0]->first, *after = op->regions[1]->first;
    uint32_t condition, branch;
    tr_value **before_args = value_list(c, before->args, before->arg_count);
    tr_value **results = value_list(c, op->results, op->result_count);
    (void)row;
    if (!before_args || !results) return TR_OOM(c->error);
    TR_TRY(tr_close_groups(c));
    for (int i = 0; i < before->arg_count; i++) TR_TRY(bind_carried(c, &before->args[i], op->operands[i]));
    for (int i = 0; i < op->result_count; i++) TR_TRY(bind_carried(c, &op->results[i], NULL));
    TR_TRY(move_values(c, op->operands, before_args, before->arg_count, TR_NO_OPERAND));

    const uint32_t header = tr_here(c), fresh = slot_count(c);
    TR_TRY(tr_lower_block(c, before));
    const tr_op *test = before->last; /* scf.condition(flag) values */
    TR_TRY(tr_close_groups(c));
    TR_TRY(tr_use_reg(c, test->operands[0], &condition));
    TR_TRY(move_values(c, test->operands + 1, results, op->result_count, fresh));
    TR_TRY(emit_branch_false(c, condition, &branch));
    for (int i = 0; i < after->arg_count; i++) tr_bind(c, &after->args[i], *tr_binding_of(c, &op->results[i]));
    TR_TRY(lower_yielding(c, op->regions[1], before_args, before->arg_count));
    c->op = op;
    TR_TRY(emit_jump(c, header));
    patch(c, branch, 1);
    return TR_OK;
}

/* The cases one after another: is it this one? The default region is the first one. */
TR_LOWER(index_switch)
{
    const tr_attr *cases = tr_op_attr(op, "cases");
    tr_value **results = value_list(c, op->results, op->result_count);
    TR_VEC(uint32_t) ends = { 0 };
    uint32_t index;
    tr_status status = TR_OK;
    (void)row;
    if (!results) return TR_OOM(c->error);
    TR_TRY(tr_close_groups(c));
    TR_TRY(tr_use_reg(c, op->operands[0], &index));
    for (int i = 0; i < op->result_count; i++) TR_TRY(bind_carried(c, &op->results[i], NULL));
    for (int32_t i = 0; i < cases->count && status == TR_OK; i++) {
        uint32_t branch = 0;
        status = branch_unless_equal(c, TR_I64, index, (uint64_t)cases->ints[i], &branch);
        if (status == TR_OK) status = lower_yielding(c, op->regions[1 + i], results, op->result_count);
        c->op = op;
        if (status == TR_OK && !tr_vec_push(&ends, tr_here(c))) status = TR_OOM(c->error);
        if (status == TR_OK) status = emit_jump(c, 0);
        if (status == TR_OK) patch(c, branch, 1);
    }
    if (status == TR_OK) status = lower_yielding(c, op->regions[0], results, op->result_count);
    c->op = op;
    for (size_t i = 0; i < ends.count && status == TR_OK; i++) patch(c, ends.items[i], 0);
    tr_vec_deinit(&ends);
    return status;
}

/* ---------------------------------------------------------------- functions */

/* A call or an scf.execute_region being inlined, or a region being lowered to a subroutine. */
struct tr_call_frame {
    const tr_func *func;
    const tr_op *call;    /* NULL for the kernel itself and for a subroutine */
    const uint32_t *result_regs; /* of a subroutine, else NULL */
    bool branches;        /* several blocks: returns move to the results' places and jump to the end */
    TR_VEC(uint32_t) returns; /* jumps to patch */
    tr_call_frame *parent;
};

static tr_status return_from_subroutine(tr_compiler *c, const tr_op *op)
{
    for (int i = 0; i < op->operand_count; i++) {
        uint32_t reg;
        TR_TRY(tr_use_reg(c, op->operands[i], &reg));
        TR_TRY(emit_copy(c, false, c->call->result_regs[i], reg));
    }
    return tr_emit(c, TR_STEP_SUB_RETURN, TR_DTYPE_NONE) ? TR_OK : TR_OUT_OF_MEMORY;
}

static tr_status lower_return(tr_compiler *c, const tr_op *op)
{
    tr_call_frame *frame = c->call;
    TR_TRY(tr_close_groups(c));
    if (frame->result_regs) return return_from_subroutine(c, op);
    if (!frame->call) return tr_emit(c, TR_STEP_RETURN, TR_DTYPE_NONE) ? TR_OK : TR_OUT_OF_MEMORY;
    if (!frame->branches) {
        for (int i = 0; i < op->operand_count; i++)
            tr_bind(c, &frame->call->results[i], *tr_binding_of(c, op->operands[i]));
        return TR_OK;
    }
    tr_value **results = value_list(c, frame->call->results, frame->call->result_count);
    if (!results) return TR_OOM(c->error);
    TR_TRY(move_values(c, op->operands, results, op->operand_count, TR_NO_OPERAND));
    if (!tr_vec_push(&frame->returns, tr_here(c))) return TR_OOM(c->error);
    return emit_jump(c, 0);
}

/* A jump to a block that may not have been lowered yet. */
typedef struct block_jump {
    uint32_t step;
    const tr_block *block;
} block_jump;

typedef struct block_plan {
    const tr_block **order; /* reachable blocks, a dominator before what it dominates */
    int count;
    tr_map starts;          /* block -> first step */
    TR_VEC(block_jump) jumps;
} block_plan;

/* Reverse postorder from the entry, without recursion. */
static tr_status order_blocks(tr_compiler *c, const tr_region *region, block_plan *plan)
{
    typedef struct visit {
        const tr_block *block;
        int next;
    } visit;
    tr_arena scratch = { 0 };
    const size_t n = (size_t)region->block_count;
    visit *stack = TR_NEW_ARRAY(&scratch, visit, n + 1);
    tr_map seen = { 0 };
    size_t depth = 0, done = n;
    tr_status status = TR_OK;

    plan->order = TR_NEW_ARRAY(&c->code->arena, const tr_block *, n + 1);
    if (!stack || !plan->order || !tr_map_put_ptr(&seen, region->first, NULL)) {
        status = TR_OOM(c->error);
    } else {
        stack[depth++] = (visit){ region->first, 0 };
        while (depth > 0 && status == TR_OK) {
            visit *top = &stack[depth - 1];
            const tr_op *last = top->block->last;
            if (last && top->next < last->successor_count) {
                const tr_block *next = last->successors[top->next++].block;
                bool is_new = false;
                if (!tr_map_put_ptr(&seen, next, &is_new)) status = TR_OOM(c->error);
                if (is_new) stack[depth++] = (visit){ next, 0 };
            } else {
                plan->order[--done] = top->block;
                depth--;
            }
        }
    }
    if (status == TR_OK) {
        plan->count = (int)(n - done);
        memmove(plan->order, plan->order + done, (n - done) * sizeof(plan->order[0]));
    }
    tr_map_deinit(&seen);
    tr_arena_deinit(&scratch);
    return status;
}

static tr_status jump_to_block(tr_compiler *c, block_plan *plan, const tr_successor *successor)
{
    tr_value **args = value_list(c, successor->block->args, successor->block->arg_count);
    if (!args) return TR_OOM(c->error);
    TR_TRY(move_values(c, successor->args, args, successor->arg_count, TR_NO_OPERAND));
    if (!tr_vec_push(&plan->jumps, (block_jump){ tr_here(c), successor->block })) return TR_OOM(c->error);
    return emit_jump(c, 0);
}

/* An assert that fails, and an end that nothing runs past. */
static tr_status lower_unreachable(tr_compiler *c)
{
    uint32_t never;
    TR_TRY(tr_new_reg(c, 0, &never));
    tr_step *step = tr_emit(c, TR_STEP_ASSERT, TR_I1);
    if (!step) return TR_OUT_OF_MEMORY;
    step->x[0] = never;
    return tr_emit(c, TR_STEP_RETURN, TR_DTYPE_NONE) ? TR_OK : TR_OUT_OF_MEMORY;
}

static tr_status lower_terminator(tr_compiler *c, block_plan *plan, const tr_op *op)
{
    uint32_t condition, branch;
    TR_TRY(tr_close_groups(c));
    /* A function or a region of scalars doesn't yield, and nothing returns out of an execute_region. */
    const bool yields = c->call->call && c->call->call->code == TR_OP_scf_execute_region;
    if (tr_exec_rows[op->code].structural && op->successor_count == 0 && op->code != TR_OP_ub_unreachable &&
        yields != (op->code == TR_OP_scf_yield))
        return tr_fail_op(c->error, TR_INVALID_INPUT, c->module, op, "'%.*s' can't end a block here",
                          TR_STR_ARG(op->name));
    switch (op->code) {
    case TR_OP_scf_yield:
    case TR_OP_tt_return:
    case TR_OP_tt_reduce_return:
    case TR_OP_tt_scan_return:
    case TR_OP_tt_map_elementwise_return: return lower_return(c, op);
    case TR_OP_cf_br: return jump_to_block(c, plan, &op->successors[0]);
    case TR_OP_cf_cond_br:
        TR_TRY(tr_use_reg(c, op->operands[0], &condition));
        TR_TRY(emit_branch_false(c, condition, &branch));
        TR_TRY(jump_to_block(c, plan, &op->successors[0]));
        patch(c, branch, 1);
        return jump_to_block(c, plan, &op->successors[1]);
    case TR_OP_ub_unreachable: return lower_unreachable(c);
    default:
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "'%.*s' has no engine", TR_STR_ARG(op->name));
    }
}

static tr_status lower_blocks(tr_compiler *c, const tr_region *region, block_plan *plan)
{
    TR_TRY(order_blocks(c, region, plan));
    for (int b = 1; b < plan->count; b++)
        for (int i = 0; i < plan->order[b]->arg_count; i++)
            TR_TRY(bind_carried(c, &plan->order[b]->args[i], NULL));
    for (int b = 0; b < plan->count; b++) {
        uint64_t *start = tr_map_put_ptr(&plan->starts, plan->order[b], NULL);
        if (!start) return TR_OOM(c->error);
        *start = tr_here(c);
        TR_TRY(tr_lower_block(c, plan->order[b]));
        if (!plan->order[b]->last)
            return tr_fail_op(c->error, TR_INVALID_INPUT, c->module, region->op, "a block without a terminator");
        TR_TRY(lower_terminator(c, plan, plan->order[b]->last));
    }
    for (size_t i = 0; i < plan->jumps.count; i++)
        c->code->steps.items[plan->jumps.items[i].step].x[0] =
            (uint32_t)*tr_map_get_ptr(&plan->starts, plan->jumps.items[i].block);
    return TR_OK;
}

static tr_status lower_body(tr_compiler *c, const tr_region *region)
{
    block_plan plan = { 0 };
    tr_status status = lower_blocks(c, region, &plan);
    tr_vec_deinit(&plan.jumps);
    tr_map_deinit(&plan.starts);
    return status;
}

tr_status tr_lower_subroutine(tr_compiler *c, const tr_region *region, uint32_t *out_start,
                              const uint32_t *result_regs)
{
    tr_call_frame frame = { .func = c->call->func, .result_regs = result_regs, .parent = c->call };
    TR_TRY(tr_close_groups(c)); /* not between the jump and its target */
    const uint32_t over = tr_here(c);
    TR_TRY(emit_jump(c, 0));
    *out_start = tr_here(c);
    c->call = &frame;
    tr_status status = lower_body(c, region);
    c->call = frame.parent;
    patch(c, over, 0);
    return status;
}

TR_LOWER(call)
{
    const tr_func *func = tr_module_func(c->module, tr_op_attr(op, "callee")->text);
    tr_call_frame frame = { .func = func, .call = op, .parent = c->call };
    (void)row;
    if (!func || !func->body)
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "the called function has no body here");
    int depth = 0;
    for (const tr_call_frame *f = c->call; f; f = f->parent, depth++)
        if ((f->func == func && !f->result_regs) || depth >= TR_CALL_DEPTH)
            return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "recursive calls have no engine");
    TR_TRY(tr_close_groups(c));
    for (int i = 0; i < op->operand_count; i++)
        tr_bind(c, &func->body->first->args[i], *tr_binding_of(c, op->operands[i]));
    frame.branches = func->body->block_count > 1;
    for (int i = 0; frame.branches && i < op->result_count; i++) TR_TRY(bind_carried(c, &op->results[i], NULL));
    c->call = &frame;
    tr_status status = lower_body(c, func->body);
    c->call = frame.parent;
    c->op = op;
    for (size_t i = 0; i < frame.returns.count; i++) patch(c, frame.returns.items[i], 0);
    tr_vec_deinit(&frame.returns);
    return status;
}

/* A body of blocks where it stands: as a call of it would be. */
TR_LOWER(execute_region)
{
    tr_call_frame frame = { .func = c->call->func, .call = op, .branches = true, .parent = c->call };
    (void)row;
    TR_TRY(tr_close_groups(c));
    for (int i = 0; i < op->result_count; i++) TR_TRY(bind_carried(c, &op->results[i], NULL));
    c->call = &frame;
    tr_status status = lower_body(c, op->regions[0]);
    c->call = frame.parent;
    c->op = op;
    for (size_t i = 0; i < frame.returns.count; i++) patch(c, frame.returns.items[i], 0);
    tr_vec_deinit(&frame.returns);
    return status;
}

/* A descriptor parameter is the address of its array; the shape and the strides are the parameters behind it, as Triton
 * passes them: i32 sizes, then i64 strides. */
static tr_status bind_descriptor_param(tr_compiler *c, const tr_block *entry, int index)
{
    const tr_value *param = &entry->args[index];
    const int32_t rank = param->type->rank;
    uint32_t regs[1 + 3 * TR_AFFINE_RANK];
    regs[0] = (uint32_t)index;
    for (int32_t i = 0; i < 2 * rank; i++) {
        const int at = index + 1 + i;
        const tr_dtype expected = i < rank ? TR_I32 : TR_I64;
        if (at >= entry->arg_count || entry->args[at].type->kind != TR_TYPE_INTEGER ||
            entry->args[at].type->dtype != expected)
            return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, c->op,
                              "descriptor parameter '%.*s' is not followed by its %d sizes and strides",
                              TR_STR_ARG(param->name), rank);
        regs[1 + i] = (uint32_t)at;
        if (i < rank) TR_TRY(tr_widen_reg(c, (uint32_t)at, TR_I32, &regs[1 + i]));
    }
    return tr_bind_parts(c, param, regs, false);
}

tr_status tr_lower_function(tr_compiler *c, const tr_func *func)
{
    tr_call_frame frame = { .func = func };
    const tr_block *entry = func->body->first;
    c->call = &frame;
    c->op = func->op;
    c->code->param_count = (uint32_t)entry->arg_count;
    for (int i = 0; i < entry->arg_count; i++) {
        uint32_t reg;
        TR_TRY(tr_bind_new_reg(c, &entry->args[i], &reg));
    }
    for (int i = 0; i < entry->arg_count; i++)
        if (entry->args[i].type->kind == TR_TYPE_TENSORDESC) TR_TRY(bind_descriptor_param(c, entry, i));
    tr_status status = lower_body(c, func->body);
    c->call = NULL;
    return status;
}
