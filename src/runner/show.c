/* What a loaded kernel looks like: its text, and what its image says of itself. */
#include "base/memory.h"
#include "mlir/print.h"
#include "runner/kernel.h"

/* ---------------------------------------------------------------- text */

/* Modules that were read are printed; what has a text but no module comes as it is. */
static tr_status print_kernel(const tr_artifact *a, uint32_t flags, tr_text *text, tr_error *error)
{
    const tr_print_options options = { .generic = flags & TR_IR_TEXT_GENERIC,
                                       .no_locations = flags & TR_IR_TEXT_NO_LOCATIONS };
    if (a->module) return tr_module_print(a->module, &options, text, error);
    if (a->level == TR_LEVEL_CUBIN)
        return tr_fail(error, TR_UNSUPPORTED, "'%s' is a cubin, which has no text to print", a->path);
    if (flags)
        return tr_fail(error, TR_UNSUPPORTED, "'%s' is %s, which can only be printed as it is", a->path,
                       tr_level_name(a->level));
    tr_text_append(text, a->bytes);
    return TR_OK;
}

tr_status tr_kernel_ir_text(const tr_kernel *kernel, uint32_t flags, char **out_text, tr_error *error)
{
    if (!kernel || !out_text) return tr_fail(error, TR_INVALID_ARGUMENT, "no kernel, or nowhere to put the text");
    tr_text text = { 0 };
    tr_status status = print_kernel(kernel->artifact, flags, &text, error);
    if (status != TR_OK) {
        tr_text_deinit(&text);
        return status;
    }
    char *taken = tr_text_take(&text);
    if (!taken) return TR_OOM(error);
    *out_text = taken;
    return TR_OK;
}

/* ---------------------------------------------------------------- facts */

int32_t tr_kernel_optional_param_count(const tr_kernel *kernel)
{
    return kernel->artifact->optional_params;
}

_Static_assert(TR_KERNEL_TARGET_SIZE >= TR_TARGET_TEXT_SIZE, "a target fits the caller's buffer");

const char *tr_kernel_target(const tr_kernel *kernel, char buffer[TR_KERNEL_TARGET_SIZE])
{
    const tr_artifact *a = kernel->artifact;
    if (a->level != TR_LEVEL_PTX && a->level != TR_LEVEL_CUBIN) return NULL;
    return a->image ? tr_image_target(a->image, buffer) : NULL;
}
