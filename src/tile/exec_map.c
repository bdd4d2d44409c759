/* Running a region once an element. */
#include "tile/exec.h"
#include "tile/map.h"

enum { TR_MAP_OPERANDS = 32 };

const tr_step *tr_exec_SUB_RETURN(tr_frame *frame, const tr_step *step)
{
    (void)step;
    frame->sub_done = true;
    return NULL;
}

bool tr_run_subroutine(tr_frame *frame, const tr_subroutine *subroutine)
{
    frame->sub_done = false;
    const tr_step *step = &frame->steps[subroutine->start];
    for (;;) {
        while (step) step = step->run(frame, step);
        if (frame->sub_done || frame->state == TR_FRAME_TRAPPED) break;
        step = frame->next; /* the time slice ran out inside: the program gives way at its next own jump back */
        frame->slice = 1;
    }
    return frame->state != TR_FRAME_TRAPPED;
}

const tr_step *tr_exec_MAP(tr_frame *frame, const tr_step *step)
{
    const tr_map_plan *plan = step->aux;
    const tr_subroutine *body = &plan->body;
    const char *src[TR_MAP_OPERANDS];
    char *dst[TR_MAP_OPERANDS];
    for (int32_t i = 0; i < plan->operand_count; i++) {
        src[i] = tr_view_dense(frame, step, &frame->views[plan->views[i]]);
        if (!src[i]) return NULL;
    }
    for (int32_t i = 0; i < plan->result_count; i++) {
        frame->tiles[plan->slots[i]].form = TR_FORM_DENSE;
        dst[i] = frame->tiles[plan->slots[i]].data;
    }
    const int64_t count = frame->views[plan->views[0]].shape.count;
    const int32_t pack = plan->pack;
    for (int64_t i = 0; i < count; i += pack) {
        for (int32_t a = 0; a < body->arg_count; a++) {
            const size_t size = body->arg_size[a];
            frame->regs[body->args[a]] = 0;
            memcpy(&frame->regs[body->args[a]], src[a / pack] + (size_t)(i + a % pack) * size, size);
        }
        if (!tr_run_subroutine(frame, body)) return NULL;
        for (int32_t r = 0; r < body->result_count; r++) {
            const size_t size = body->result_size[r];
            memcpy(dst[r / pack] + (size_t)(i + r % pack) * size, &frame->regs[body->results[r]], size);
        }
    }
    tr_scratch_reset(frame);
    return step + 1;
}
