/* The end of a program, and asserts. */
#include "tile/exec.h"
#include "tile/frame.h"

const tr_step *tr_exec_RETURN(tr_frame *frame, const tr_step *step)
{
    (void)step;
    frame->state = TR_FRAME_DONE;
    return NULL;
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
