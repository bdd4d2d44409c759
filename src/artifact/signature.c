#include "artifact/artifact.h"

#include "artifact/llir_facts.h"

/* "arg0", "arg12": what older versions print instead of a name. */
static bool is_numbered(tr_str name)
{
    if (!tr_str_starts_with(name, "arg") || name.size == 3) return false;
    for (size_t i = 3; i < name.size; i++) {
        if (name.data[i] < '0' || name.data[i] > '9') return false;
    }
    return true;
}

/* The name in the text; where that is only a number, the name that the location gives, if it gives one. */
static tr_str param_name(const tr_value *arg)
{
    const tr_loc *loc = arg->loc;
    bool named = loc && loc->kind == TR_LOC_NAME && loc->name.size > 0;
    return is_numbered(arg->name) && named ? loc->name : arg->name;
}

static tr_status read_param(tr_artifact *a, int32_t index, tr_error *error)
{
    const tr_value *arg = &a->func->body->first->args[index];
    const tr_type *type = arg->type;
    /* A descriptor is the address of its array. */
    bool pointer = type->kind == TR_TYPE_POINTER || type->kind == TR_TYPE_TENSORDESC;
    const tr_type *held = pointer ? type->element : type;
    bool scalar = held->kind == TR_TYPE_INTEGER || held->kind == TR_TYPE_FLOAT || held->kind == TR_TYPE_INDEX ||
                  held->kind == TR_TYPE_POINTER;
    tr_param param = { .is_pointer = pointer, .dtype = scalar ? held->dtype : TR_DTYPE_NONE };

    tr_text text = { 0 };
    tr_type_print(type, &text);
    param.type = text.failed ? NULL : tr_arena_copy(&a->arena, (tr_str){ text.data, text.size }).data;
    tr_text_deinit(&text);
    param.name = tr_arena_copy(&a->arena, param_name(arg)).data;
    if (!param.type || !param.name) return TR_OOM(error);

    const tr_attr *attrs = a->func->arg_attrs ? a->func->arg_attrs[index] : NULL;
    const tr_attr *divisibility = attrs ? tr_attr_entry(attrs, "tt.divisibility") : NULL;
    if (divisibility && divisibility->kind == TR_ATTR_INTEGER) param.divisibility = divisibility->integer;
    a->params[index] = param;
    return TR_OK;
}

static tr_status read_func(tr_artifact *artifact, tr_error *error)
{
    int32_t count = artifact->func->body->first->arg_count;
    artifact->params = TR_NEW_ARRAY(&artifact->arena, tr_param, (size_t)count + 1);
    if (!artifact->params) return TR_OOM(error);
    for (int32_t i = 0; i < count; i++) TR_TRY(read_param(artifact, i, error));
    artifact->param_count = count;
    return TR_OK;
}

/* ---------------------------------------------------------------- LLIR, PTX and cubins: sizes, sometimes types */

static tr_status read_entry_param(tr_artifact *a, const tr_entry *entry, int32_t index, tr_error *error)
{
    const tr_entry_param *from = &entry->params[index];
    tr_param param = { .is_pointer = from->is_pointer };
    tr_text name = { 0 }, type = { 0 };
    tr_text_printf(&name, "arg%d", index);
    if (from->is_pointer)
        tr_text_puts(&type, "pointer");
    else if (from->dtype != TR_DTYPE_NONE)
        tr_text_puts(&type, tr_dtype_name(from->dtype));
    else if (from->size == 0)
        tr_text_puts(&type, "aggregate");
    else
        tr_text_printf(&type, "%u bytes", from->size);
    param.name = name.failed ? NULL : tr_arena_copy(&a->arena, (tr_str){ name.data, name.size }).data;
    param.type = type.failed ? NULL : tr_arena_copy(&a->arena, (tr_str){ type.data, type.size }).data;
    tr_text_deinit(&name);
    tr_text_deinit(&type);
    if (!param.name || !param.type) return TR_OOM(error);
    a->params[index] = param;
    return TR_OK;
}

/* Hidden parameters are left out where it is known how many there are. */
static tr_status read_entry(tr_artifact *a, const tr_entry *entry, const tr_metadata *metadata, tr_error *error)
{
    const int32_t count = entry->param_count, most = tr_entry_hidden_most(entry);
    const char *version = metadata ? tr_metadata_text(metadata, "triton_version") : NULL;
    const int32_t known = version ? tr_hidden_of_triton(version) : -1;
    a->params = TR_NEW_ARRAY(&a->arena, tr_param, (size_t)count + 1);
    if (!a->params) return TR_OOM(error);
    for (int32_t i = 0; i < count; i++) TR_TRY(read_entry_param(a, entry, i, error));
    a->param_count = known >= 0 && known <= most ? count - known : count;
    a->optional_params = known >= 0 ? 0 : most;
    return TR_OK;
}

tr_status tr_artifact_read_signature(tr_artifact *artifact, const tr_metadata *metadata, tr_error *error)
{
    tr_entry entry;
    if (artifact->entry) return read_entry(artifact, artifact->entry, metadata, error);
    if (artifact->func) return read_func(artifact, error);
    const tr_status status = tr_llir_facts_read(artifact->bytes, artifact->kernel, artifact->path, &artifact->arena,
                                                &entry, error);
    if (status == TR_NOT_FOUND) return TR_OK; /* written in another way than LLVM does: what comes of it will tell */
    TR_TRY(status);
    return read_entry(artifact, &entry, metadata, error);
}
