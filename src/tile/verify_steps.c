/* Checks of compiled steps: what the executor relies on without looking. */
#include "tile/steps.h"

typedef struct checker {
    const tr_tile_code *code;
    tr_error *error;
    const tr_step *step;
    tr_status status;
} checker;

static void fault(checker *c, const char *what, uint32_t operand)
{
    if (c->status != TR_OK) return;
    c->status = tr_fail(c->error, TR_INTERNAL, "step %zu (%s): %s %u", (size_t)(c->step - c->code->steps.items),
                        tr_step_table[c->step->code].name, what, operand);
}

static void check_operand(void *user, char kind, uint32_t operand)
{
    checker *c = user;
    const tr_tile_code *code = c->code;
    switch (kind) {
    case 'r':
    case 'R':
        if (operand >= code->reg_count) fault(c, "no register", operand);
        else if (kind == 'R' && operand < code->param_count) fault(c, "writes parameter register", operand);
        break;
    case 't':
    case 'x':
        if (operand >= code->slots.count) fault(c, "no slot", operand);
        else if (code->slots.items[operand].constant) fault(c, "writes constant slot", operand);
        break;
    case 'v':
        if (operand >= code->views.count) fault(c, "no view", operand);
        break;
    case 'j':
        if (operand >= code->steps.count) fault(c, "no step", operand);
        break;
    default: fault(c, "unknown operand kind", (uint32_t)kind);
    }
}

static void check_group(checker *c, const tr_group *group)
{
    for (int32_t i = 0; i < group->micro_count; i++) {
        const tr_micro *micro = &group->micros[i];
        if (!micro->fn) fault(c, "no kernel for micro step", (uint32_t)i);
        if (micro->dst >= group->temp_count) fault(c, "no temporary", micro->dst);
        for (int k = 0; k < 3; k++)
            if (micro->src[k] != TR_NO_TEMP && micro->src[k] >= group->temp_count)
                fault(c, "no temporary", micro->src[k]);
    }
    if ((size_t)group->temp_count * group->temp_size > c->code->temps_size) fault(c, "temporaries do not fit", 0);
}

static void check_views(checker *c)
{
    for (size_t i = 0; i < c->code->views.count && c->status == TR_OK; i++) {
        const tr_view *view = &c->code->views.items[i];
        if (view->slot >= c->code->slots.count) {
            c->status = tr_fail(c->error, TR_INTERNAL, "view %zu: no slot %u", i, view->slot);
            return;
        }
        const tr_shape *shape = &c->code->slots.items[view->slot].shape;
        for (int32_t d = 0; d < view->shape.rank; d++) {
            const int8_t from = view->map[d];
            if (from >= shape->rank || (from >= 0 && shape->dims[from] != view->shape.dims[d] && shape->dims[from] != 1))
                c->status = tr_fail(c->error, TR_INTERNAL, "view %zu: dimension %d walks no such dimension", i, d);
        }
    }
}

tr_status tr_steps_verify(const tr_tile_code *code, tr_error *error)
{
    checker c = { .code = code, .error = error };
    check_views(&c);
    for (size_t i = 0; i < code->steps.count && c.status == TR_OK; i++) {
        const tr_step *step = c.step = &code->steps.items[i];
        tr_step_visit(step, check_operand, &c);
        if (step->code == TR_STEP_SCALAR && !step->kernel) fault(&c, "no kernel", 0);
        if (step->code == TR_STEP_GROUP) check_group(&c, step->aux);
        if (step->code == TR_STEP_REDUCE || step->code == TR_STEP_SCAN) {
            const tr_fold *fold = step->aux;
            if (fold->combine) check_group(&c, fold->combine);
        }
    }
    if (c.status == TR_OK) {
        const size_t n = code->steps.count;
        const tr_step_code last = n ? code->steps.items[n - 1].code : TR_STEP_COUNT;
        if (last != TR_STEP_RETURN && last != TR_STEP_JUMP)
            c.status = tr_fail(error, TR_INTERNAL, "the steps run past their end");
    }
    return c.status;
}
