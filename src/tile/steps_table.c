/* steps.def as a table, and the walk over a step's operands that the verifier, the planner and the printer share. */
#include "tile/exec.h"

const tr_step_info tr_step_table[TR_STEP_COUNT] = {
#define STEP(name_, operands_, summary_) [TR_STEP_##name_] = { #name_, operands_, tr_exec_##name_ },
#include "tile/steps.def"
#undef STEP
};

static void visit_group(const tr_group *group, void (*visit)(void *, char, uint32_t), void *user)
{
    for (int32_t i = 0; i < group->input_count; i++)
        if (group->inputs[i].operand != TR_NO_OPERAND) visit(user, 'v', group->inputs[i].operand);
}

void tr_step_visit(const tr_step *step, void (*visit)(void *user, char kind, uint32_t operand), void *user)
{
    int index = 0;
    for (const char *kind = tr_step_table[step->code].operands; *kind; kind++) {
        if (*kind == '?') continue;
        if (*kind == '*') {
            if (step->code == TR_STEP_GROUP) {
                const tr_group *group = step->aux;
                visit_group(group, visit, user);
                for (int32_t i = 0; i < group->output_count; i++) visit(user, 't', group->outputs[i].operand);
            } else {
                const tr_fold *fold = step->aux;
                visit_group(fold->combine, visit, user);
                for (int32_t i = 0; i < fold->count; i++) visit(user, 'v', fold->views[i]);
                for (int32_t i = 0; i < fold->count; i++)
                    visit(user, fold->scalar_result ? 'R' : 't', fold->results[i]);
            }
            continue;
        }
        uint32_t operand = step->x[index++];
        if (operand == TR_NO_OPERAND && kind[1] == '?') continue;
        visit(user, *kind, operand);
    }
}
