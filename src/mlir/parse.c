/* The whole text: aliases, modules, and what goes around them. */
#include "mlir/parse.h"

#include "mlir/parser.h"
#include "mlir/verify.h"

#include "base/memory.h"

/* The module around ops that have none, or around several modules. */
static tr_status make_container(tr_parser *p, tr_op **out_op, tr_block **out_block)
{
    tr_op *op = TR_NEW(p->arena, tr_op);
    tr_region *region = TR_NEW(p->arena, tr_region);
    if (!op || !region) return tr_parse_oom(p);
    op->regions = TR_NEW_ARRAY(p->arena, tr_region *, 1);
    if (!op->regions) return tr_parse_oom(p);
    op->code = TR_OP_builtin_module;
    op->name = TR_STR("module");
    op->regions[0] = region;
    op->region_count = 1;
    op->loc = p->no_loc;
    region->op = op;
    region->block_count = 1;
    TR_TRY(tr_new_block(p, region, &region->first));
    *out_op = op;
    *out_block = region->first;
    return TR_OK;
}

/* file = (alias | op)* */
static tr_status parse_file(tr_parser *p)
{
    tr_op *container = NULL;
    tr_block *block = NULL;
    TR_TRY(make_container(p, &container, &block));
    TR_TRY(tr_enter_region(p, true));
    while (tr_peek_kind(p) != TR_TOKEN_END) {
        int kind = tr_peek_kind(p);
        if ((kind == TR_TOKEN_HASH || kind == TR_TOKEN_BANG) && tr_peek_second(p) == '=') {
            TR_TRY(tr_parse_alias(p));
        } else if (kind == TR_TOKEN_HASH || kind == TR_TOKEN_BANG) {
            p->at++;
            return tr_expected(p, "'=' behind the name of an alias");
        } else {
            TR_TRY(tr_parse_op(p, block));
            p->module->op = block->first;
        }
    }
    TR_TRY(tr_leave_region(p));
    TR_TRY(tr_locations_check(p));

    tr_module *module = p->module;
    tr_op *only = block->first;
    if (only && !only->next && only->code == TR_OP_builtin_module && only->result_count == 0) {
        only->parent = NULL;
        module->op = only;
        return TR_OK;
    }
    container->id = module->op_count++;
    container->end = (uint32_t)module->text.size;
    block->id = module->block_count++;
    module->op = container;
    module->bare = true;
    return TR_OK;
}

static tr_status copy_lists(tr_parser *p)
{
    tr_module *module = p->module;
    module->func_count = (int32_t)p->funcs.count;
    module->funcs = TR_NEW_ARRAY(p->arena, tr_func, p->funcs.count);
    module->alias_count = (int32_t)p->alias_list.count;
    module->aliases = TR_NEW_ARRAY(p->arena, tr_alias, p->alias_list.count);
    if (!module->funcs || !module->aliases) return tr_parse_oom(p);
    if (p->funcs.count) memcpy(module->funcs, p->funcs.items, p->funcs.count * sizeof(tr_func));
    if (p->alias_list.count) memcpy(module->aliases, p->alias_list.items, p->alias_list.count * sizeof(tr_alias));
    return TR_OK;
}

static void parser_deinit(tr_parser *p)
{
    tr_op_table_deinit(&p->table);
    free(p->types);
    tr_map_deinit(&p->aliases);
    tr_map_deinit(&p->encodings);
    tr_vec_deinit(&p->alias_list);
    tr_vec_deinit(&p->pending_locs);
    tr_scopes_deinit(&p->scopes);
    tr_vec_deinit(&p->forwards);
    tr_vec_deinit(&p->uses);
    tr_vec_deinit(&p->type_stack);
    tr_vec_deinit(&p->attr_stack);
    tr_vec_deinit(&p->item_stack);
    tr_vec_deinit(&p->result_names);
    tr_vec_deinit(&p->elements);
    tr_vec_deinit(&p->region_stack);
    tr_vec_deinit(&p->successor_stack);
    tr_vec_deinit(&p->funcs);
    if (p->c_locale) freelocale(p->c_locale);
}

/* Room on every stack, so that none is ever without memory: NULL + 0 is no pointer. */
static tr_status reserve_stacks(tr_parser *p)
{
    bool reserved = tr_vec_reserve(&p->uses, 64) && tr_vec_reserve(&p->type_stack, 64) &&
                    tr_vec_reserve(&p->attr_stack, 64) && tr_vec_reserve(&p->item_stack, 64) &&
                    tr_vec_reserve(&p->elements, 64) && tr_vec_reserve(&p->region_stack, 16) &&
                    tr_vec_reserve(&p->successor_stack, 16) && tr_vec_reserve(&p->result_names, 16);
    return reserved ? TR_OK : tr_parse_oom(p);
}

static tr_status parse_module(tr_parser *p)
{
    TR_TRY(reserve_stacks(p));
    TR_TRY(tr_op_table_init(&p->table, p->error));
    TR_TRY(tr_types_init(p));
    TR_TRY(tr_locations_init(p));
    TR_TRY(parse_file(p));
    TR_TRY(copy_lists(p));
    return tr_module_verify(p->module, &p->table, p->has_blocks, p->error);
}

tr_status tr_module_parse(tr_str text, const char *file, tr_module **out_module, tr_error *error)
{
    if (text.size > TR_LIMIT_TEXT) {
        return tr_fail(error, TR_INVALID_INPUT, "%s: the text is longer than 1 GiB", file);
    }
    tr_module *module = tr_calloc(1, sizeof(*module));
    if (!module) return TR_OOM(error);
    module->text = tr_arena_copy(&module->arena, text);
    module->file = tr_arena_copy(&module->arena, tr_str_of(file));
    tr_status status = module->text.data && module->file.data ? TR_OK : TR_OOM(error);

    /* Errors while a form is tried are not written down: there `error` is NULL. So there must be one. */
    tr_error scratch;
    tr_parser p = {
        .module = module,
        .arena = &module->arena,
        .error = error ? error : &scratch,
        .text = module->text,
        .file = module->file.data,
    };
    tr_tokens tokens = { 0 };
    if (status == TR_OK) status = tr_lex(p.text, p.file, &tokens, p.error);
    if (status == TR_OK) {
        p.tokens = tokens.items;
        status = parse_module(&p);
        free(tokens.items);
    }
    parser_deinit(&p);
    if (status != TR_OK) {
        tr_module_destroy(module);
        return status;
    }
    *out_module = module;
    return TR_OK;
}

void tr_module_destroy(tr_module *module)
{
    if (!module) return;
    tr_arena arena = module->arena;
    free(module);
    tr_arena_deinit(&arena);
}
