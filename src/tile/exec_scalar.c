/* Scalar steps and jumps. One does next to nothing, so that what it costs is getting to it: a row of them is run in one
 * function that jumps from step to step (tr_run_scalars), and returns at the first that is none of them. */
#include "tile/exec.h"
#include "tile/frame.h"

/* Goes to a step; a way back costs a piece of the time slice, so that a loop can't keep the thread for ever. */
static inline const tr_step *go(tr_frame *frame, const tr_step *step, uint32_t target)
{
    const tr_step *next = &frame->steps[target];
    if (next <= step && --frame->slice <= 0) {
        frame->next = next;
        return NULL;
    }
    return next;
}

/* a < b in a loop's type; imm 1: unsigned. */
static inline bool loop_less(const tr_step *step, int64_t a, int64_t b)
{
    return step->imm ? (uint64_t)a < (uint64_t)b : a < b;
}

/* A loop bound: sign- or zero-extended as the loop compares. */
static inline int64_t loop_int(const tr_step *step, uint64_t reg)
{
    const int64_t value = step->dtype == TR_I32 ? (int32_t)reg : tr_reg_int(step->dtype, reg);
    return step->imm && step->dtype == TR_I32 ? (int64_t)(uint32_t)value : value;
}

/* 32 bits, as num/kernels.h has it: x / 0 = all ones, x % 0 = x. */
static inline int32_t divide_i32(int32_t a, int32_t b)
{
    return b == 0 ? -1 : b == -1 ? (int32_t)(0 - (uint32_t)a) : a / b;
}
static inline int32_t remainder_i32(int32_t a, int32_t b)
{
    return b == 0 ? a : b == -1 ? 0 : a % b;
}

/* A TR_COMPARE_ imm: which of less, equal and greater are true. */
static inline bool compare_i32(int64_t imm, uint64_t ra, uint64_t rb)
{
    const uint32_t flip = imm & TR_COMPARE_UNSIGNED ? 0x80000000u : 0;
    const int32_t a = (int32_t)((uint32_t)ra ^ flip), b = (int32_t)((uint32_t)rb ^ flip);
    return imm >> (1 + (a > b) - (a < b)) & 1;
}

#define R(k) regs[step->x[k]]
#define NEXT                                                                                                           \
    do {                                                                                                               \
        if (one) return step;                                                                                          \
        goto *labels[step->code];                                                                                      \
    } while (0)
/* After a jump, which may have left the frame. */
#define NEXT_IF_ANY                                                                                                    \
    do {                                                                                                               \
        if (one || !step) return step;                                                                                 \
        goto *labels[step->code];                                                                                      \
    } while (0)
#define BINARY_I32(name, expression)                                                                                   \
    do_##name : R(0) = (uint32_t)(expression);                                                                         \
    step++;                                                                                                            \
    NEXT;
#define A ((uint32_t)R(1))
#define B ((uint32_t)R(2))

/* Runs the step, and unless `one` those behind it. */
static const tr_step *run(tr_frame *frame, const tr_step *step, bool one)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
    static const void *const labels[TR_STEP_COUNT] = {
        [0 ... TR_STEP_COUNT - 1] = &&leave,
#define SCALAR_STEP(name) [TR_STEP_##name] = &&do_##name,
#include "tile/scalar_steps.def"
#undef SCALAR_STEP
    };
#pragma GCC diagnostic pop
    uint64_t *const regs = frame->regs;
    goto *labels[step->code];

do_JUMP:
    step = go(frame, step, step->x[0]);
    NEXT_IF_ANY;
do_BRANCH_FALSE:
    step = R(0) & 1 ? step + 1 : go(frame, step, step->x[1]);
    NEXT_IF_ANY;
do_BRANCH_CMP:
    step = compare_i32(step->imm, R(0), R(1)) ? step + 1 : go(frame, step, step->x[2]);
    NEXT_IF_ANY;
do_FOR_TEST:
    step = loop_less(step, loop_int(step, R(0)), loop_int(step, R(1))) ? step + 1 : &frame->steps[step->x[2]];
    NEXT;
do_FOR_NEXT: {
    int64_t next;
    const bool overflow = __builtin_add_overflow(loop_int(step, R(1)), loop_int(step, R(2)), &next);
    R(0) = (uint64_t)next;
    if (overflow || !loop_less(step, next, loop_int(step, R(3))))
        step++;
    else
        step = go(frame, step, step->x[4]);
    NEXT_IF_ANY;
}
do_MOV:
    R(0) = R(1);
    step++;
    NEXT;
do_PROGRAM_ID:
    R(0) = frame->pid[step->imm];
    step++;
    NEXT;
do_NUM_PROGRAMS: {
    const tr_grid *grid = &frame->run->grid;
    R(0) = step->imm == 0 ? grid->x : step->imm == 1 ? grid->y : grid->z;
    step++;
    NEXT;
}
    BINARY_I32(ADD_I32, A + B)
    BINARY_I32(SUB_I32, A - B)
    BINARY_I32(MUL_I32, A * B)
    BINARY_I32(AND_I32, A & B)
    BINARY_I32(OR_I32, A | B)
    BINARY_I32(XOR_I32, A ^ B)
    BINARY_I32(DIV_I32, divide_i32((int32_t)A, (int32_t)B))
    BINARY_I32(REM_I32, remainder_i32((int32_t)A, (int32_t)B))
    BINARY_I32(CMP_I32, compare_i32(step->imm, A, B))
do_SCALAR: {
    const void *b = step->x[2] == TR_NO_OPERAND ? NULL : &R(2);
    const void *c = step->x[3] == TR_NO_OPERAND ? NULL : &R(3);
    step->kernel(1, &R(0), &R(1), b, c);
    step++;
    NEXT;
}
do_ADDPTR:
    R(0) = R(1) + (uint64_t)tr_reg_int(step->dtype, R(2)) * (uint64_t)step->imm;
    step++;
    NEXT;
leave:
    return step;
}

const tr_step *tr_run_scalars(tr_frame *frame, const tr_step *step)
{
    return run(frame, step, false);
}

#define SCALAR_STEP(name)                                                                                              \
    const tr_step *tr_exec_##name(tr_frame *frame, const tr_step *step)                                                \
    {                                                                                                                  \
        return run(frame, step, true);                                                                                   \
    }
#include "tile/scalar_steps.def"
#undef SCALAR_STEP
