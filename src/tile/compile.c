/* A function to steps: what can't run is refused first, then every op is lowered, the steps are checked and their
 * storage is laid out. */
#include "tile/compile.h"

#include <stdio.h>

#include "tile/batch.h"
#include "tile/frame_list.h"

/* ---------------------------------------------------------------- refusal */

static const char *type_refusal(const tr_type *type, char *buffer, size_t size)
{
    const tr_type *scalar = tr_type_scalar(type);
    const int32_t parts = tr_part_count(type);
    if (type->kind == TR_TYPE_FUNCTION || type->kind == TR_TYPE_NONE) return NULL;
    if (parts > 0 && parts <= 1 + 3 * TR_AFFINE_RANK && tr_type_scalar(type)->element) return NULL;
    if (scalar->dtype == TR_DTYPE_NONE || parts > 0) {
        tr_text text = { 0 };
        tr_type_print(type, &text);
        snprintf(buffer, size, "the tile VM has no values of type %s", text.data ? text.data : "?");
        tr_text_deinit(&text);
        return buffer;
    }
    if (tr_type_is_tensor(type) && type->rank > TR_TILE_RANK) {
        snprintf(buffer, size, "the tile VM takes tensors of up to %d dimensions", TR_TILE_RANK);
        return buffer;
    }
    return NULL;
}

const char *tr_tile_refusal(const tr_op *op, char *buffer, size_t size)
{
    const tr_exec_row *row = &tr_exec_rows[op->code];
    const char *reason = NULL;
    if (row->structural && op->code != TR_OP_tt_func) return NULL;
    if (!row->lower && !row->structural) return row->refusal ? row->refusal : "the tile VM has no engine for it";
    for (int i = 0; !reason && i < op->operand_count; i++) reason = type_refusal(op->operands[i]->type, buffer, size);
    for (int i = 0; !reason && i < op->result_count; i++) reason = type_refusal(op->results[i].type, buffer, size);
    for (int r = 0; !reason && r < op->region_count; r++)
        for (const tr_block *b = op->regions[r]->first; b && !reason; b = b->next)
            for (int i = 0; !reason && i < b->arg_count; i++) reason = type_refusal(b->args[i].type, buffer, size);
    return reason;
}

/* "'tt.foo' can't run on the CPU: reason (kernel.py:12:5)" at the op's place in the text. */
static tr_status refuse(tr_compiler *c, const tr_op *op, const char *reason)
{
    const tr_loc *source = tr_loc_file(op->loc);
    if (!source)
        return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "'%.*s' can't run on the CPU: %s",
                          TR_STR_ARG(op->name), reason);
    return tr_fail_op(c->error, TR_UNSUPPORTED, c->module, op, "'%.*s' can't run on the CPU: %s (%.*s:%u)",
                      TR_STR_ARG(op->name), reason, TR_STR_ARG(source->file), source->line);
}

/* Ops below `func` and below what it calls; every function is looked at once. */
static tr_status check_function(tr_compiler *c, const tr_func *func, bool *seen)
{
    TR_VEC(const tr_op *) todo = { 0 };
    tr_status status = TR_OK;
    char buffer[160];
    if (!tr_vec_push(&todo, func->op)) return TR_OOM(c->error);
    for (size_t head = 0; head < todo.count && status == TR_OK; head++) {
        const tr_op *op = todo.items[head];
        const char *reason = tr_tile_refusal(op, buffer, sizeof(buffer));
        if (reason) {
            status = refuse(c, op, reason);
            break;
        }
        if (op->code == TR_OP_tt_call) {
            const tr_func *callee = tr_module_func(c->module, tr_op_attr(op, "callee")->text);
            if (!callee || !callee->body) {
                status = refuse(c, op, "the called function has no body in this file");
                break;
            }
            if (!seen[callee - c->module->funcs]) {
                seen[callee - c->module->funcs] = true;
                if (!tr_vec_push(&todo, callee->op)) status = TR_OOM(c->error);
            }
        }
        for (int r = 0; r < op->region_count; r++)
            for (const tr_block *b = op->regions[r]->first; b; b = b->next)
                for (const tr_op *inner = b->first; inner; inner = inner->next) {
                    for (int i = 0; i < inner->operand_count; i++) c->uses[inner->operands[i]->id]++;
                    for (int s = 0; s < inner->successor_count; s++)
                        for (int i = 0; i < inner->successors[s].arg_count; i++)
                            c->uses[inner->successors[s].args[i]->id]++;
                    if (status == TR_OK && !tr_vec_push(&todo, inner)) status = TR_OOM(c->error);
                }
    }
    tr_vec_deinit(&todo);
    return status;
}

/* ---------------------------------------------------------------- the function */

static tr_status compile_into(tr_compiler *c, const tr_func *func)
{
    tr_arena *arena = &c->code->arena;
    const size_t values = (size_t)c->module->value_count + 1;
    tr_tile_code *code = c->code;
    bool *seen = TR_NEW_ARRAY(arena, bool, (size_t)c->module->func_count + 1);
    c->bindings = TR_NEW_ARRAY(arena, tr_binding, values);
    c->uses = TR_NEW_ARRAY(arena, uint32_t, values);
    c->roots = TR_NEW_ARRAY(arena, uint64_t, values);
    if (!seen || !c->bindings || !c->uses || !c->roots) return TR_OOM(c->error);
    if (!func->body) return tr_fail_op(c->error, TR_INVALID_INPUT, c->module, func->op, "the function has no body");
    seen[func - c->module->funcs] = true;
    TR_TRY(check_function(c, func, seen));
    TR_TRY(tr_find_roots(c->module, func, c->roots, c->error));
    TR_TRY(tr_lower_function(c, func));
    code->reg_count = (uint32_t)c->regs.count;
    code->regs = TR_NEW_ARRAY(arena, uint64_t, c->regs.count + 1);
    if (!code->regs) return TR_OOM(c->error);
    if (c->regs.count) memcpy(code->regs, c->regs.items, c->regs.count * sizeof(*code->regs));
    TR_TRY(tr_steps_hoist(code, c->error));
    TR_TRY(tr_steps_tune(code, c->error));
    TR_TRY(tr_steps_borrow(code, c->error));
    TR_TRY(tr_steps_batch(code, c->error));
    TR_TRY(tr_steps_verify(code, c->error));
    tr_steps_link(code);
    return tr_steps_plan(code, c->error);
}

tr_status tr_tile_compile(const tr_module *module, const tr_func *func, const tr_kernels *kernels,
                          tr_tile_code **out_code, tr_error *error)
{
    tr_tile_code *code = calloc(1, sizeof(*code));
    if (!code) return TR_OOM(error);
    code->module = module;
    code->func = func;
    code->kernels = kernels;
    tr_compiler c = { .module = module, .code = code, .error = error };
    tr_status status = compile_into(&c, func);
    if (status == TR_OK) status = tr_frame_list_create(&code->idle, error);
    tr_vec_deinit(&c.regs);
    tr_vec_deinit(&c.parts);
    free(c.slot_view);
    if (status != TR_OK) {
        tr_tile_code_destroy(code);
        return status;
    }
    *out_code = code;
    return TR_OK;
}

void tr_tile_code_destroy(tr_tile_code *code)
{
    if (!code) return;
    tr_frame_list_destroy(code->idle);
    tr_vec_deinit(&code->steps);
    tr_vec_deinit(&code->slots);
    tr_vec_deinit(&code->views);
    tr_arena_deinit(&code->arena);
    free(code);
}

size_t tr_tile_step_count(const tr_tile_code *code)
{
    return code->steps.count;
}

tr_tile_step tr_tile_step_at(const tr_tile_code *code, size_t index)
{
    const tr_step *step = &code->steps.items[index];
    return (tr_tile_step){ tr_step_table[step->code].name, step->op };
}
