/* steps.def as a table, and the walk over a step's operands that the verifier, the planner and the printer share. */
#include "tile/block_access.h"
#include "tile/exec.h"
#include "tile/map.h"
#include "tile/print_plan.h"

const tr_step_info tr_step_table[TR_STEP_COUNT] = {
#define STEP(name_, operands_, summary_) [TR_STEP_##name_] = { #name_, operands_, tr_exec_##name_ },
#include "tile/steps.def"
#undef STEP
};

typedef void visitor(void *user, char kind, uint32_t operand);

static void visit_inputs(const tr_group *group, visitor *visit, void *user)
{
    for (int32_t i = 0; i < group->input_count; i++)
        if (group->inputs[i].operand != TR_NO_OPERAND) visit(user, 'v', group->inputs[i].operand);
}

static void visit_all(const uint32_t *operands, int32_t count, char kind, visitor *visit, void *user)
{
    for (int32_t i = 0; i < count; i++) visit(user, kind, operands[i]);
}

static void visit_group(const tr_group *group, visitor *visit, void *user)
{
    visit_inputs(group, visit, user);
    for (int32_t i = 0; i < group->output_count; i++) visit(user, 't', group->outputs[i].operand);
}

static void visit_subroutine(const tr_subroutine *body, visitor *visit, void *user)
{
    visit(user, 'j', body->start);
    visit_all(body->args, body->arg_count, 'R', visit, user);
    visit_all(body->results, body->result_count, 'r', visit, user);
}

static void visit_fold(const tr_fold *fold, visitor *visit, void *user)
{
    if (fold->combine)
        visit_inputs(fold->combine, visit, user);
    else
        visit_subroutine(fold->body, visit, user);
    visit_all(fold->views, fold->count, 'v', visit, user);
    visit_all(fold->results, fold->count, fold->scalar_result ? 'R' : 't', visit, user);
}

static void visit_map(const tr_map_plan *plan, visitor *visit, void *user)
{
    visit_subroutine(&plan->body, visit, user);
    visit_all(plan->views, plan->operand_count, 'v', visit, user);
    visit_all(plan->slots, plan->result_count, 't', visit, user);
}

static void visit_block(const tr_block_access *block, visitor *visit, void *user)
{
    visit(user, 'r', block->base);
    visit_all(block->shape, block->block.rank, 'r', visit, user);
    visit_all(block->stride, block->block.rank, 'r', visit, user);
    visit_all(block->index, block->block.rank, 'r', visit, user);
}

static void visit_print(const tr_print_plan *plan, visitor *visit, void *user)
{
    for (int32_t i = 0; i < plan->count; i++) visit(user, plan->items[i].tile ? 'v' : 'r', plan->items[i].operand);
}

static void visit_aux(const tr_step *step, visitor *visit, void *user)
{
    switch (step->code) {
    case TR_STEP_GROUP: visit_group(step->aux, visit, user); break;
    case TR_STEP_REDUCE:
    case TR_STEP_SCAN: visit_fold(step->aux, visit, user); break;
    case TR_STEP_MAP: visit_map(step->aux, visit, user); break;
    case TR_STEP_PRINT: visit_print(step->aux, visit, user); break;
    default: visit_block(step->aux, visit, user); break; /* BLOCK_ and ROWS_ */
    }
}

void tr_step_visit(const tr_step *step, void (*visit)(void *user, char kind, uint32_t operand), void *user)
{
    int index = 0;
    for (const char *kind = tr_step_table[step->code].operands; *kind; kind++) {
        if (*kind == '?') continue;
        if (*kind == '*') {
            visit_aux(step, visit, user);
            continue;
        }
        uint32_t operand = step->x[index++];
        if (operand == TR_NO_OPERAND && kind[1] == '?') continue;
        visit(user, *kind, operand);
    }
}

/* Where a step keeps the start of a region's steps; NULL if it has none. */
static uint32_t *subroutine_start(const tr_step *step)
{
    switch (step->code) {
    case TR_STEP_REDUCE:
    case TR_STEP_SCAN: {
        const tr_fold *fold = step->aux;
        return fold->body ? &fold->body->start : NULL;
    }
    case TR_STEP_MAP: return (uint32_t *)(uintptr_t)&((const tr_map_plan *)step->aux)->body.start;
    default: return NULL;
    }
}

void tr_step_retarget(tr_step *step, const uint32_t *moved_to)
{
    int index = 0;
    for (const char *kind = tr_step_table[step->code].operands; *kind; kind++) {
        if (*kind == '?' || *kind == '*') continue;
        if (*kind == 'j') step->x[index] = moved_to[step->x[index]];
        index++;
    }
    uint32_t *start = subroutine_start(step);
    if (start) *start = moved_to[*start];
}
