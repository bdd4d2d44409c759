/* Control flow and scalar steps. */
#include "tile/exec.h"
#include "tile/frame.h"

static int64_t reg_int(const tr_frame *frame, tr_dtype dtype, uint32_t reg)
{
    return tr_reg_int(dtype, frame->regs[reg]);
}

const tr_step *tr_exec_RETURN(tr_frame *frame, const tr_step *step)
{
    (void)step;
    frame->state = TR_FRAME_DONE;
    return NULL;
}

/* Goes to a step; a way back costs a piece of the time slice, so that a loop can't keep the thread for ever. */
static const tr_step *go(tr_frame *frame, const tr_step *step, uint32_t target)
{
    const tr_step *next = &frame->steps[target];
    if (next <= step && --frame->slice <= 0) {
        frame->next = next;
        return NULL;
    }
    return next;
}

const tr_step *tr_exec_JUMP(tr_frame *frame, const tr_step *step)
{
    return go(frame, step, step->x[0]);
}

const tr_step *tr_exec_BRANCH_FALSE(tr_frame *frame, const tr_step *step)
{
    return frame->regs[step->x[0]] & 1 ? step + 1 : go(frame, step, step->x[1]);
}

/* a < b in a loop's type; imm 1: unsigned. */
static bool loop_less(const tr_step *step, int64_t a, int64_t b)
{
    return step->imm ? (uint64_t)a < (uint64_t)b : a < b;
}

/* A loop bound: sign- or zero-extended as the loop compares. */
static int64_t loop_int(const tr_frame *frame, const tr_step *step, uint32_t reg)
{
    int64_t value = reg_int(frame, step->dtype, reg);
    return step->imm && step->dtype == TR_I32 ? (int64_t)(uint32_t)value : value;
}

const tr_step *tr_exec_FOR_TEST(tr_frame *frame, const tr_step *step)
{
    bool enter = loop_less(step, loop_int(frame, step, step->x[0]), loop_int(frame, step, step->x[1]));
    return enter ? step + 1 : &frame->steps[step->x[2]];
}

const tr_step *tr_exec_FOR_NEXT(tr_frame *frame, const tr_step *step)
{
    int64_t next;
    bool overflow = __builtin_add_overflow(loop_int(frame, step, step->x[1]), loop_int(frame, step, step->x[2]), &next);
    frame->regs[step->x[0]] = (uint64_t)next;
    if (overflow || !loop_less(step, next, loop_int(frame, step, step->x[3]))) return step + 1;
    return go(frame, step, step->x[4]);
}

const tr_step *tr_exec_MOV(tr_frame *frame, const tr_step *step)
{
    frame->regs[step->x[0]] = frame->regs[step->x[1]];
    return step + 1;
}

const tr_step *tr_exec_PROGRAM_ID(tr_frame *frame, const tr_step *step)
{
    frame->regs[step->x[0]] = frame->pid[step->imm];
    return step + 1;
}

const tr_step *tr_exec_NUM_PROGRAMS(tr_frame *frame, const tr_step *step)
{
    const tr_grid *grid = &frame->run->grid;
    const uint32_t sizes[3] = { grid->x, grid->y, grid->z };
    frame->regs[step->x[0]] = sizes[step->imm];
    return step + 1;
}

/* Arithmetic on the low 32 bits. */
#define SCALAR_I32(name, op)                                                                                           \
    const tr_step *tr_exec_##name(tr_frame *frame, const tr_step *step)                                                \
    {                                                                                                                  \
        frame->regs[step->x[0]] = (uint32_t)frame->regs[step->x[1]] op(uint32_t) frame->regs[step->x[2]];              \
        return step + 1;                                                                                               \
    }
SCALAR_I32(ADD_I32, +)
SCALAR_I32(SUB_I32, -)
SCALAR_I32(MUL_I32, *)

const tr_step *tr_exec_SCALAR(tr_frame *frame, const tr_step *step)
{
    uint64_t *regs = frame->regs;
    const void *b = step->x[2] == TR_NO_OPERAND ? NULL : &regs[step->x[2]];
    const void *c = step->x[3] == TR_NO_OPERAND ? NULL : &regs[step->x[3]];
    step->kernel(1, &regs[step->x[0]], &regs[step->x[1]], b, c);
    return step + 1;
}

const tr_step *tr_exec_ADDPTR(tr_frame *frame, const tr_step *step)
{
    uint64_t offset = (uint64_t)reg_int(frame, step->dtype, step->x[2]) * (uint64_t)step->imm;
    frame->regs[step->x[0]] = frame->regs[step->x[1]] + offset;
    return step + 1;
}

static const tr_step *assert_failed(tr_frame *frame, const tr_step *step)
{
    const tr_attr *message = tr_op_attr(step->op, step->op->code == TR_OP_cf_assert ? "msg" : "message");
    if (step->op->code == TR_OP_ub_unreachable)
        return tr_trap(frame, step, TR_TRAPPED, "the program reached what was said to be unreachable");
    return tr_trap(frame, step, TR_TRAPPED, "device assert failed: %.*s",
                   TR_STR_ARG(message ? message->text : TR_STR("(no message)")));
}

const tr_step *tr_exec_ASSERT(tr_frame *frame, const tr_step *step)
{
    return frame->regs[step->x[0]] & 1 ? step + 1 : assert_failed(frame, step);
}

const tr_step *tr_exec_TILE_ASSERT(tr_frame *frame, const tr_step *step)
{
    const tr_view *view = &frame->views[step->x[0]];
    const char *flags = tr_view_dense(frame, step, view);
    if (!flags) return NULL;
    if (frame->kernels->count_true((size_t)view->shape.count, flags) != (size_t)view->shape.count)
        return assert_failed(frame, step);
    tr_scratch_reset(frame);
    return step + 1;
}
