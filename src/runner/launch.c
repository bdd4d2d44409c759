#include "runner/kernel.h"

/* A launch may cost a microsecond: checks of a sound call allocate nothing and print nothing. */

#define RARE __attribute__((cold, noinline))

/* ---------------------------------------------------------------- grid */

#define MOST_X 2147483647u
#define MOST_YZ 65535u

RARE static tr_status fail_grid(tr_grid grid, tr_error *error)
{
    const uint32_t sizes[3] = { grid.x, grid.y, grid.z }, most[3] = { MOST_X, MOST_YZ, MOST_YZ };
    for (int i = 0; i < 3; i++) {
        if (sizes[i] == 0) {
            return tr_fail(error, TR_INVALID_ARGUMENT, "the grid (%u, %u, %u) is 0 in %c; it must be 1 or more", grid.x,
                           grid.y, grid.z, "xyz"[i]);
        }
        if (sizes[i] > most[i]) {
            return tr_fail(error, TR_INVALID_ARGUMENT, "the grid (%u, %u, %u) is too large in %c; the most is %u",
                           grid.x, grid.y, grid.z, "xyz"[i], most[i]);
        }
    }
    return TR_INTERNAL;
}

tr_status tr_check_grid(tr_grid grid, tr_error *error)
{
    const bool sound = grid.x - 1u < MOST_X && grid.y - 1u < MOST_YZ && grid.z - 1u < MOST_YZ;
    return sound ? TR_OK : fail_grid(grid, error);
}

/* ---------------------------------------------------------------- arguments */

static bool is_integer(tr_dtype dtype)
{
    return (dtype >= TR_I1 && dtype <= TR_I64) || (dtype >= TR_U8 && dtype <= TR_U64);
}

static tr_dtype as_signed(tr_dtype dtype)
{
    return dtype >= TR_U8 && dtype <= TR_U64 ? (tr_dtype)(dtype - TR_U8 + TR_I8) : dtype;
}
_Static_assert(TR_U64 - TR_U8 == TR_I64 - TR_I8 && TR_U16 - TR_U8 == TR_I16 - TR_I8, "as_signed counts on the order");

/* IR integers have no sign and booleans take a byte in memory. */
static tr_dtype memory_type(tr_dtype dtype)
{
    dtype = as_signed(dtype);
    return dtype == TR_I1 ? TR_I8 : dtype;
}

static const char *describe(const tr_arg *arg)
{
    return arg->dtype ? tr_dtype_name(arg->dtype) : "unknown type";
}

tr_status tr_check_buffer(const tr_kernel *kernel, int32_t index, const tr_arg *arg, tr_error *error)
{
    char text[TR_PARAM_TEXT_SIZE];
    if (!arg->data && arg->size) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "argument %d %s is a NULL buffer of %zu bytes", index,
                       tr_param_text(kernel, index, text), arg->size);
    }
    if (arg->kind == TR_ARG_BUFFER && arg->bits > arg->size) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "argument %d %s points %llu bytes into a buffer of %zu bytes", index,
                       tr_param_text(kernel, index, text), (unsigned long long)arg->bits, arg->size);
    }
    return TR_OK;
}

static tr_status set_buffer(const tr_kernel *kernel, int32_t index, const tr_arg *arg, tr_tile_arg *out,
                            tr_error *error)
{
    const tr_param *param = &kernel->artifact->params[index];
    char text[TR_PARAM_TEXT_SIZE];
    if (arg->kind == TR_ARG_SCALAR) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "argument %d %s needs a buffer, got a scalar %s", index,
                       tr_param_text(kernel, index, text), describe(arg));
    }
    if (arg->dtype && param->dtype && memory_type(arg->dtype) != memory_type(param->dtype)) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "argument %d %s needs a buffer of %s, got one of %s", index,
                       tr_param_text(kernel, index, text), tr_dtype_name(param->dtype), describe(arg));
    }
    TR_TRY(tr_check_buffer(kernel, index, arg, error));
    out->data = arg->data;
    out->size = arg->size;
    out->bits = arg->kind == TR_ARG_BUFFER ? arg->bits : 0;
    return TR_OK;
}

/* Any integer that the parameter's type holds, as a signed or as an unsigned value. */
static tr_status set_integer(const tr_kernel *kernel, int32_t index, const tr_arg *arg, tr_tile_arg *out,
                             tr_error *error)
{
    tr_dtype dtype = kernel->artifact->params[index].dtype;
    int width = dtype == TR_I1 ? 1 : 8 * (int)tr_dtype_size(dtype);
    int64_t value = tr_load_i64(arg->dtype, &arg->bits);
    bool huge = arg->dtype == TR_U64 && value < 0; /* 2^63 or more */
    int64_t least = width == 1 || width == 64 ? 0 : -(int64_t)(1ull << (width - 1));
    if (width < 64 && (huge || value < least || value > (int64_t)((1ull << width) - 1))) {
        char text[TR_PARAM_TEXT_SIZE], number[32];
        snprintf(number, sizeof(number), huge ? "%llu" : "%lld", (long long)value);
        return tr_fail(error, TR_INVALID_ARGUMENT, "argument %d %s does not hold %s: its range is %lld to %llu", index,
                       tr_param_text(kernel, index, text), number, (long long)least, (1ull << width) - 1);
    }
    out->bits = width == 64 ? (uint64_t)value : (uint64_t)value & ((1ull << width) - 1);
    return TR_OK;
}

static tr_status set_scalar(const tr_kernel *kernel, int32_t index, const tr_arg *arg, tr_tile_arg *out,
                            tr_error *error)
{
    tr_dtype dtype = kernel->artifact->params[index].dtype;
    char text[TR_PARAM_TEXT_SIZE];
    if (arg->kind != TR_ARG_SCALAR) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "argument %d %s needs a scalar, got a buffer", index,
                       tr_param_text(kernel, index, text));
    }
    if (is_integer(dtype) && is_integer(arg->dtype)) return set_integer(kernel, index, arg, out, error);
    if (arg->dtype != dtype) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "argument %d %s needs a scalar %s, got %s", index,
                       tr_param_text(kernel, index, text), tr_dtype_name(dtype), describe(arg));
    }
    size_t size = tr_dtype_size(dtype);
    out->bits = size < 8 ? arg->bits & ((1ull << 8 * size) - 1) : arg->bits;
    return TR_OK;
}

tr_status tr_check_arg(const tr_kernel *kernel, int32_t index, const tr_arg *arg, tr_tile_arg *out, tr_error *error)
{
    const tr_param *param = &kernel->artifact->params[index];
    *out = (tr_tile_arg){ .name = param->name };
    return param->is_pointer ? set_buffer(kernel, index, arg, out, error) : set_scalar(kernel, index, arg, out, error);
}

tr_status tr_fail_arg_count(const tr_kernel *kernel, int32_t arg_count, tr_error *error)
{
    const tr_artifact *a = kernel->artifact;
    tr_text params = { 0 };
    bool few = arg_count < a->param_count;
    int32_t missing = few ? (arg_count > 0 ? arg_count : 0) : -1; /* the first of them */
    for (int32_t i = 0; i < a->param_count; i++) {
        const tr_param *param = &a->params[i];
        tr_text_printf(&params, "%s%s%s: %s", i ? ", " : "", i == missing ? "[missing:] " : "", param->name,
                       param->type);
    }
    tr_status status = tr_fail(error, TR_INVALID_ARGUMENT, "too %s arguments: kernel '%s' takes %d, got %d (%s)",
                               few ? "few" : "many", a->kernel, a->param_count, arg_count,
                               params.data && !params.failed ? params.data : "no parameters");
    tr_text_deinit(&params);
    return status;
}

/* ---------------------------------------------------------------- launch */

RARE static tr_status refuse(const tr_kernel *kernel, tr_error *error)
{
    if (!kernel || kernel->engine) return tr_fail(error, TR_INVALID_ARGUMENT, "no kernel or no arguments");
    if (error) *error = kernel->refusal;
    return kernel->refusal.status;
}

tr_status tr_launch(tr_kernel *kernel, tr_grid grid, const tr_arg *args, int32_t arg_count,
                    const tr_launch_options *options, tr_error *error)
{
    if (!kernel || !kernel->engine || (!args && arg_count > 0)) return refuse(kernel, error);
    return kernel->engine->launch(kernel, grid, args, arg_count, options, error);
}

tr_status tr_synchronize(tr_kernel *kernel, void *stream, tr_error *error)
{
    if (!kernel) return tr_fail(error, TR_INVALID_ARGUMENT, "no kernel to wait for");
    return kernel->engine ? kernel->engine->synchronize(kernel, stream, error) : TR_OK;
}
