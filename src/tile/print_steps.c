/* Steps as text: one a line, "number  NAME dtype operands  ; op at place". */
#include "tile/batch.h"
#include "tile/steps.h"

typedef struct printer {
    const tr_tile_code *code;
    tr_text *out;
} printer;

static void print_shape(tr_text *out, const tr_shape *shape, tr_dtype dtype)
{
    for (int32_t d = 0; d < shape->rank; d++) tr_text_printf(out, "%lldx", (long long)shape->dims[d]);
    tr_text_puts(out, tr_dtype_name(dtype));
}

static void print_view(tr_text *out, const tr_tile_code *code, uint32_t index)
{
    const tr_view *view = &code->views.items[index];
    tr_text_printf(out, " t%u", view->slot);
    if (view->identity && view->dtype == code->slots.items[view->slot].dtype) return;
    tr_text_puts(out, "[");
    for (int32_t d = 0; d < view->shape.rank; d++) {
        if (d) tr_text_puts(out, ",");
        if (view->map[d] < 0)
            tr_text_printf(out, "*%lld", (long long)view->shape.dims[d]);
        else
            tr_text_printf(out, "%d", view->map[d]);
    }
    tr_text_puts(out, "]");
    if (view->dtype != code->slots.items[view->slot].dtype) tr_text_printf(out, ":%s", tr_dtype_name(view->dtype));
}

static void print_operand(void *user, char kind, uint32_t operand)
{
    printer *p = user;
    switch (kind) {
    case 'r': tr_text_printf(p->out, " r%u", operand); break;
    case 'R': tr_text_printf(p->out, " =r%u", operand); break;
    case 't': tr_text_printf(p->out, " =t%u", operand); break;
    case 'x': tr_text_printf(p->out, " t%u", operand); break;
    case 'v': print_view(p->out, p->code, operand); break;
    default: tr_text_printf(p->out, " ->%u", operand); break;
    }
}

static void print_group(const tr_tile_code *code, tr_text *out, const tr_group *group)
{
    tr_text_printf(out, "          strips of %lld:", (long long)group->strip);
    for (int32_t i = 0; i < group->input_count; i++) {
        tr_text_printf(out, " %%%u =", group->inputs[i].temp);
        if (group->inputs[i].operand == TR_NO_OPERAND)
            tr_text_printf(out, " #%d", i);
        else
            print_view(out, code, group->inputs[i].operand);
        tr_text_puts(out, ";");
    }
    tr_text_puts(out, "\n");
    for (int32_t i = 0; i < group->micro_count; i++) {
        const tr_micro *micro = &group->micros[i];
        tr_text_printf(out, "          %%%u = %s", micro->dst, micro->name);
        for (int k = 0; k < 3 && micro->src[k] != TR_NO_TEMP; k++) tr_text_printf(out, " %%%u", micro->src[k]);
        tr_text_puts(out, "\n");
    }
    tr_text_puts(out, "          out:");
    for (int32_t i = 0; i < group->output_count; i++) tr_text_printf(out, " %%%u", group->outputs[i].temp);
    tr_text_puts(out, "\n");
}

static void print_place(tr_text *out, const tr_op *op)
{
    if (!op) return;
    tr_text_printf(out, "  ; %.*s", TR_STR_ARG(op->name));
    const tr_loc *loc = tr_loc_file(op->loc);
    if (loc) tr_text_printf(out, " at %.*s:%u", TR_STR_ARG(loc->file), loc->line);
}

static void print_slot(tr_text *out, const tr_tile_code *code, size_t index)
{
    const tr_slot *slot = &code->slots.items[index];
    tr_text_printf(out, "  t%zu: ", index);
    print_shape(out, &slot->shape, slot->dtype);
    if (!slot->constant) {
        tr_text_printf(out, " at %zu%s", slot->offset, slot->pinned ? ", its own" : "");
    } else if (slot->initial.form == TR_FORM_UNIFORM) {
        tr_text_printf(out, " = uniform 0x%llx", (unsigned long long)slot->initial.base);
    } else if (slot->initial.form == TR_FORM_AFFINE) {
        tr_text_printf(out, " = range from %lld", (long long)slot->initial.base);
    } else {
        tr_text_puts(out, " = elements");
    }
    if (slot->value && slot->value->name.size) tr_text_printf(out, "  %%%.*s", TR_STR_ARG(slot->value->name));
    tr_text_puts(out, "\n");
}

static void print_batch(tr_text *out, const tr_batch *batch)
{
    tr_text_printf(out, "up to %llu programs at once; worked out for three of them:", (unsigned long long)batch->most);
    for (int32_t i = 0; i < batch->address_count; i++) tr_text_printf(out, " %u", batch->address[i]);
    tr_text_puts(out, "\n");
}

void tr_tile_code_print(const tr_tile_code *code, tr_text *out)
{
    tr_text_printf(out, "steps of @%.*s: %zu steps, %u registers, %zu slots in %zu bytes a program\n",
                   TR_STR_ARG(code->func->name), code->steps.count, code->reg_count, code->slots.count,
                   code->memory_size);
    for (uint32_t i = 0; i < code->param_count; i++)
        tr_text_printf(out, "  r%u: parameter %%%.*s\n", i, TR_STR_ARG(code->func->body->first->args[i].name));
    for (size_t i = 0; i < code->slots.count; i++) print_slot(out, code, i);
    for (size_t i = 0; i < code->steps.count; i++) {
        const tr_step *step = &code->steps.items[i];
        printer p = { .code = code, .out = out };
        tr_text_printf(out, "%6zu  %s", i, tr_step_table[step->code].name);
        if (step->dtype != TR_DTYPE_NONE) tr_text_printf(out, " %s", tr_dtype_name(step->dtype));
        if (step->kernel_name) tr_text_printf(out, " %s", step->kernel_name);
        tr_step_visit(step, print_operand, &p);
        if (step->imm) tr_text_printf(out, " imm=%lld", (long long)step->imm);
        print_place(out, step->op);
        tr_text_puts(out, "\n");
        if (step->code == TR_STEP_GROUP) print_group(code, out, step->aux);
        if (step->code == TR_STEP_REDUCE || step->code == TR_STEP_SCAN) {
            const tr_fold *fold = step->aux;
            if (fold->combine) print_group(code, out, fold->combine);
        }
    }
    if (code->batch) print_batch(out, code->batch);
}
