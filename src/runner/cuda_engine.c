/* CUDA as an engine: every level on a GPU.
 *
 * What is not a cubin is brought down to one for the device's architecture (lower); PTX for which no ptxas is found is
 * left to the driver's compiler. The driver is pointed at arguments where they stand, or at what was made of them; host
 * buffers are copied to the device and back.
 */
#include <jansson.h>

#include "base/memory.h"
#include "runner/kernel.h"

#define FEW_ARGS 64 /* so many fit on the stack */

/* What "tensordesc_meta" says of one descriptor parameter. */
typedef struct descriptor_meta {
    int32_t rank, block[TR_TENSOR_MAP_RANK];
    int32_t swizzle, elem_size, elem_type;
    bool fp4_padded, is_im2col;
} descriptor_meta;

struct tr_gpu_kernel {
    tr_cuda_kernel *kernel;
    tr_cuda_device *device;
    /* Arguments that are taken as they stand (point_at_plain): how many there may be, and for each parameter the two
     * kinds and types that are usual. What else it takes goes through all checks. */
    int32_t plain_least, plain_most;
    uint64_t usual[FEW_ARGS];
    uint16_t places[FEW_ARGS]; /* of the values of the usual ones, in bytes from the first argument */
    uint64_t also[FEW_ARGS];
    descriptor_meta *descriptors; /* in order of the parameters that are tensor maps */
    int32_t descriptor_count;
};

/* ---------------------------------------------------------------- metadata */

static int32_t int_of(const json_t *object, const char *key)
{
    return (int32_t)json_integer_value(json_object_get(object, key));
}

static void read_descriptor(const json_t *item, descriptor_meta *out)
{
    const json_t *block = json_object_get(item, "block_size");
    *out = (descriptor_meta){ .swizzle = int_of(item, "swizzle"),
                              .elem_size = int_of(item, "elem_size"),
                              .elem_type = int_of(item, "elem_type"),
                              .fp4_padded = json_is_true(json_object_get(item, "fp4_padded")),
                              .is_im2col = json_is_true(json_object_get(item, "is_im2col")) };
    const size_t rank = json_array_size(block);
    out->rank = (int32_t)(rank > TR_TENSOR_MAP_RANK ? TR_TENSOR_MAP_RANK : rank);
    for (int32_t d = 0; d < out->rank; d++)
        out->block[d] = (int32_t)json_integer_value(json_array_get(block, (size_t)d));
}

static tr_status read_descriptors(tr_gpu_kernel *gpu, const tr_metadata *metadata, tr_error *error)
{
    const char *text = metadata ? tr_metadata_text(metadata, "tensordesc_meta") : NULL;
    json_t *list = text ? json_loads(text, 0, NULL) : NULL;
    const size_t count = json_is_array(list) ? json_array_size(list) : 0;
    if (count > 0) {
        gpu->descriptors = tr_calloc(count, sizeof(*gpu->descriptors));
        if (!gpu->descriptors) {
            json_decref(list);
            return TR_OOM(error);
        }
        for (size_t i = 0; i < count; i++) read_descriptor(json_array_get(list, i), &gpu->descriptors[i]);
        gpu->descriptor_count = (int32_t)count;
    }
    json_decref(list);
    return TR_OK;
}

/* Clusters: "cluster_dims" to 3.5, then "num_ctas" along x. */
static void read_cluster(const tr_metadata *metadata, uint32_t cluster[3])
{
    const char *text = tr_metadata_text(metadata, "cluster_dims");
    json_t *dims = text ? json_loads(text, 0, NULL) : NULL;
    const int64_t ctas = tr_metadata_number(metadata, "num_ctas", 1);
    cluster[0] = ctas > 1 ? (uint32_t)ctas : 0;
    cluster[1] = cluster[2] = ctas > 1;
    for (size_t d = 0; ctas > 1 && json_array_size(dims) == 3 && d < 3; d++)
        cluster[d] = (uint32_t)json_integer_value(json_array_get(dims, d));
    json_decref(dims);
}

static tr_cuda_scratch read_scratch(const tr_metadata *metadata, const char *size, const char *align)
{
    return (tr_cuda_scratch){ (uint64_t)tr_metadata_number(metadata, size, 0),
                              (uint64_t)tr_metadata_number(metadata, align, 1) };
}

static void read_options(const tr_metadata *metadata, tr_cuda_kernel_options *options)
{
    options->shared = -1;
    options->hidden = -1;
    options->grid_in_programs = true;
    options->no_metadata = metadata == NULL;
    if (!metadata) return;
    const char *version = tr_metadata_text(metadata, "triton_version");
    if (version) options->hidden = tr_hidden_of_triton(version);
    options->num_warps = (int32_t)tr_metadata_number(metadata, "num_warps", 0);
    options->shared = tr_metadata_number(metadata, "shared", -1);
    read_cluster(metadata, options->cluster);
    options->cooperative = tr_metadata_number(metadata, "launch_cooperative_grid", 0) != 0;
    options->programmatic = tr_metadata_number(metadata, "launch_pdl", 0) != 0;
    options->global_scratch = read_scratch(metadata, "global_scratch_size", "global_scratch_align");
    options->profile_scratch = read_scratch(metadata, "profile_scratch_size", "profile_scratch_align");
}

/* ---------------------------------------------------------------- loading */

static tr_status create_kernel(tr_kernel *kernel, tr_gpu_kernel *gpu, tr_str image, const tr_metadata *metadata,
                               const char *ptxas_search, tr_error *error)
{
    tr_cuda_kernel_options options = { .file = kernel->artifact->path,
                                       .kernel = kernel->artifact->kernel,
                                       .ptxas_search = ptxas_search };
    read_options(metadata, &options);
    TR_TRY(tr_cuda_kernel_create(gpu->device, image, &options, &gpu->kernel, error));
    return read_descriptors(gpu, metadata, error);
}

/* TTGIR that can't be read doesn't say its parameters, and LLIR not all: the PTX made of them does. */
static tr_status adopt_signature(tr_artifact *artifact, const tr_lowered *lowered, const tr_metadata *metadata,
                                 tr_error *error)
{
    if (artifact->func || artifact->entry) return TR_OK;
    for (int32_t i = 0; i < lowered->count; i++) {
        const tr_lower_stage *stage = &lowered->stages[i];
        if (stage->level != TR_LEVEL_PTX) continue;
        TR_TRY(tr_image_read((tr_str){ stage->data, stage->size }, artifact->path, &artifact->image, error));
        TR_TRY(tr_image_find(artifact->image, artifact->kernel, artifact->path, &artifact->entry, error));
        return tr_artifact_read_signature(artifact, metadata, error);
    }
    return TR_OK;
}

static tr_status create_from_lowered(tr_kernel *kernel, tr_gpu_kernel *gpu, const tr_lowered *lowered, tr_error *error)
{
    tr_metadata *metadata = NULL;
    TR_TRY(tr_metadata_parse(tr_str_of(lowered->metadata), "the metadata of the lowered kernel", &metadata, error));
    tr_status status = adopt_signature(kernel->artifact, lowered, metadata, error);
    if (status == TR_OK) status = create_kernel(kernel, gpu, tr_lowered_bytes(lowered), metadata, NULL, error);
    tr_metadata_destroy(metadata);
    return status;
}

/* Brings the artifact down to a cubin for the GPU. */
static tr_status lower_artifact(tr_kernel *kernel, const tr_gpu_kernel *gpu, tr_lowered *out, tr_error *error)
{
    const tr_artifact *a = kernel->artifact;
    tr_lowering *lowering;
    TR_TRY(tr_context_lowering(kernel->context, &lowering, error));
    const tr_lower_request request = { .from = a->level,
                                       .bytes = a->bytes,
                                       .name = a->path,
                                       .metadata = a->metadata ? tr_metadata_json(a->metadata) : NULL,
                                       .options = kernel->options,
                                       .to = TR_LEVEL_CUBIN,
                                       .arch = tr_cuda_device_info(gpu->device)->arch };
    return tr_lower(lowering, &request, out, error);
}

static tr_status create(tr_kernel *kernel, tr_gpu_kernel *gpu, tr_error *error)
{
    const tr_artifact *a = kernel->artifact;
    tr_error lowering_error = { 0 };
    if (a->level == TR_LEVEL_CUBIN && kernel->options) return tr_fail_options(kernel, error);
    TR_TRY(tr_context_gpu(kernel->context, kernel->device.ordinal, &gpu->device, error));
    if (a->level == TR_LEVEL_CUBIN) return create_kernel(kernel, gpu, a->bytes, a->metadata, NULL, error);
    tr_status status = lower_artifact(kernel, gpu, &kernel->lowered, &lowering_error);
    if (status == TR_OK) return create_from_lowered(kernel, gpu, &kernel->lowered, error);
    /* Without a ptxas the driver compiles PTX, if it is not too new for it; it takes no options. */
    if (a->level == TR_LEVEL_PTX && status == TR_UNAVAILABLE && !kernel->options)
        return create_kernel(kernel, gpu, a->bytes, a->metadata, lowering_error.message, error);
    if (error) *error = lowering_error;
    return status;
}

/* Kind and type of an argument as one number, as they stand beside one another in a tr_arg. */
static inline uint64_t look_of(const tr_arg *arg)
{
    uint64_t look;
    memcpy(&look, arg, sizeof(look));
    return look;
}
_Static_assert(offsetof(tr_arg, kind) == 0 && offsetof(tr_arg, dtype) == 4 && sizeof(tr_arg_kind) == 4 &&
                   sizeof(tr_dtype) == 4,
               "look_of counts on it");

static uint64_t look(tr_arg_kind kind, tr_dtype dtype)
{
    return look_of(&(tr_arg){ .kind = kind, .dtype = dtype });
}

/* Where in an argument its value stands. */
static size_t place_of(tr_arg_kind kind)
{
    return kind == TR_ARG_SCALAR ? offsetof(tr_arg, bits) : offsetof(tr_arg, data);
}

static void accept(tr_gpu_kernel *gpu, int32_t index, tr_arg_kind kind, tr_dtype dtype, uint64_t also)
{
    gpu->usual[index] = look(kind, dtype);
    gpu->also[index] = also;
    gpu->places[index] = (uint16_t)((size_t)index * sizeof(tr_arg) + place_of(kind));
}
_Static_assert(FEW_ARGS * sizeof(tr_arg) <= UINT16_MAX, "places has the room");

/* With types: an integer without a sign has the same bits. */
static void accept_type(tr_gpu_kernel *gpu, int32_t index, const tr_param *param)
{
    static const tr_dtype unsigned_of[TR_DTYPE_COUNT] = {
        [TR_I8] = TR_U8, [TR_I16] = TR_U16, [TR_I32] = TR_U32, [TR_I64] = TR_U64
    };
    const tr_dtype dtype = param->dtype, other = unsigned_of[dtype] ? unsigned_of[dtype] : dtype;
    if (param->is_pointer)
        accept(gpu, index, TR_ARG_DEVICE, TR_DTYPE_NONE, look(TR_ARG_DEVICE, dtype));
    else
        accept(gpu, index, TR_ARG_SCALAR, dtype, look(TR_ARG_SCALAR, other));
}

/* Without: what is usual of that size. */
static void accept_size(tr_gpu_kernel *gpu, int32_t index, int32_t size)
{
    static const tr_dtype usual[9] = { [1] = TR_I1, [2] = TR_I16, [4] = TR_I32 };
    static const tr_dtype also[9] = { [1] = TR_I8, [2] = TR_F16, [4] = TR_F32, [8] = TR_I64 };
    accept(gpu, index, size == 8 ? TR_ARG_DEVICE : TR_ARG_SCALAR, usual[size], look(TR_ARG_SCALAR, also[size]));
}

static void find_plain(tr_gpu_kernel *gpu, const tr_artifact *artifact)
{
    const bool typed = artifact->func != NULL;
    int32_t i = 0;
    for (; i < artifact->param_count && i < FEW_ARGS; i++) {
        const int32_t size = tr_cuda_kernel_param_size(gpu->kernel, i);
        if (size != 1 && size != 2 && size != 4 && size != 8) break;
        if (typed)
            accept_type(gpu, i, &artifact->params[i]);
        else
            accept_size(gpu, i, size);
    }
    gpu->plain_least = typed ? artifact->param_count : 0;
    gpu->plain_most = i;
}

static void destroy(tr_gpu_kernel *gpu)
{
    if (!gpu) return;
    if (gpu->kernel) tr_cuda_kernel_destroy(gpu->kernel);
    free(gpu->descriptors);
    free(gpu);
}

static tr_status load(tr_kernel *kernel, tr_error *error)
{
    tr_gpu_kernel *gpu = tr_calloc(1, sizeof(*gpu));
    if (!gpu) return TR_OOM(error);
    tr_status status = create(kernel, gpu, error);
    if (status != TR_OK) {
        destroy(gpu);
        return status;
    }
    find_plain(gpu, kernel->artifact);
    kernel->gpu = gpu;
    return TR_OK;
}

static void unload(tr_kernel *kernel)
{
    destroy(kernel->gpu);
}

/* ---------------------------------------------------------------- arguments */

/* A host buffer's copy on the device. */
typedef struct staged {
    void *host;
    size_t size;
    uint64_t address;
} staged;

typedef struct packing {
    tr_kernel *kernel;
    tr_gpu_kernel *gpu;
    const tr_arg *args;
    int32_t count;
    void *stream;
    tr_cuda_allocator allocator; /* NULL = none */
    uint64_t *words;
    void **params; /* where each argument's value is: its word, or a map */
    staged *copies;
    int32_t copy_count;
    tr_tensor_map *maps;
    int32_t map_count;
} packing;

static tr_status stage(packing *p, const tr_arg *arg, uint64_t *out_address, tr_error *error)
{
    staged *copy = &p->copies[p->copy_count];
    *copy = (staged){ .host = arg->data, .size = arg->size };
    TR_TRY(tr_cuda_alloc(p->gpu->device, arg->size, &copy->address, error));
    p->copy_count++;
    *out_address = copy->address + arg->bits;
    return arg->size ? tr_cuda_write(p->gpu->device, copy->address, arg->data, arg->size, p->stream, error) : TR_OK;
}

static tr_status buffer_address(packing *p, int32_t index, uint64_t *out_address, tr_error *error)
{
    const tr_arg *arg = &p->args[index];
    TR_TRY(tr_check_buffer(p->kernel, index, arg, error));
    if (arg->kind == TR_ARG_BUFFER && arg->data) return stage(p, arg, out_address, error);
    *out_address = (uint64_t)(uintptr_t)arg->data;
    return TR_OK;
}

/* The scalar argument `index` as an integer, for the sizes and strides behind a descriptor. */
static tr_status following(const packing *p, int32_t index, int64_t *out, tr_error *error)
{
    if (index >= p->count || p->args[index].kind != TR_ARG_SCALAR)
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "argument %d must be a size or stride of the tensor descriptor before it", index);
    *out = tr_load_i64(p->args[index].dtype, &p->args[index].bits);
    return TR_OK;
}

/* A parameter that is a tensor map: made from the buffer, the sizes and strides behind it, and the compiler's
 * description. Without one the argument is the map's own 128 bytes. */
static tr_status pack_map(packing *p, int32_t index, tr_error *error)
{
    const tr_arg *arg = &p->args[index];
    tr_tensor_map *map = &p->maps[p->map_count];
    p->params[index] = map;
    if (arg->kind == TR_ARG_SCALAR)
        return tr_fail(error, TR_INVALID_ARGUMENT, "argument %d is a tensor descriptor and needs a buffer", index);
    if (p->map_count >= p->gpu->descriptor_count) {
        if (arg->size != sizeof(*map) || arg->kind != TR_ARG_BUFFER || !arg->data || arg->bits)
            return tr_fail(error, TR_INVALID_ARGUMENT,
                           "argument %d is a tensor map that the metadata does not describe: pass its %zu bytes", index,
                           sizeof(*map));
        memcpy(map, arg->data, sizeof(*map));
        p->map_count++;
        return TR_OK;
    }
    const descriptor_meta *meta = &p->gpu->descriptors[p->map_count++];
    tr_tensor_map_spec spec = { .rank = meta->rank,
                                .swizzle = meta->swizzle,
                                .elem_size = meta->elem_size,
                                .elem_type = meta->elem_type,
                                .fp4_padded = meta->fp4_padded,
                                .is_im2col = meta->is_im2col };
    memcpy(spec.block, meta->block, sizeof(spec.block));
    if (arg->kind == TR_ARG_DEVICE) {
        spec.nan_padding = arg->bits & TR_DESCRIPTOR_NAN_PADDING;
        spec.round_to_tf32 = arg->bits & TR_DESCRIPTOR_ROUND_TO_TF32;
    }
    TR_TRY(buffer_address(p, index, &spec.address, error));
    for (int32_t d = 0; d < meta->rank; d++) {
        TR_TRY(following(p, index + 1 + d, &spec.shape[d], error));
        TR_TRY(following(p, index + 1 + meta->rank + d, &spec.strides[d], error));
    }
    return tr_tensor_map_encode(p->gpu->device, &spec, map, error);
}

/* Where the text names no type: the size decides. */
static tr_status pack_by_size(packing *p, int32_t index, int32_t size, tr_error *error)
{
    const tr_arg *arg = &p->args[index];
    if (arg->kind != TR_ARG_SCALAR) {
        if (size != 8)
            return tr_fail(error, TR_INVALID_ARGUMENT, "argument %d is a parameter of %d bytes, no buffer", index,
                           size);
        return buffer_address(p, index, &p->words[index], error);
    }
    if ((int32_t)tr_dtype_size(arg->dtype) != size)
        return tr_fail(error, TR_INVALID_ARGUMENT, "argument %d is a parameter of %d bytes, got %s", index, size,
                       tr_dtype_name(arg->dtype));
    p->words[index] = arg->bits;
    return TR_OK;
}

static tr_status pack(packing *p, int32_t index, tr_error *error)
{
    const tr_arg *arg = &p->args[index];
    const int32_t size = tr_cuda_kernel_param_size(p->gpu->kernel, index);
    p->params[index] = &p->words[index];
    if (size == (int32_t)sizeof(tr_tensor_map)) return pack_map(p, index, error);
    if (!p->kernel->artifact->func) return pack_by_size(p, index, size, error);
    tr_tile_arg checked;
    TR_TRY(tr_check_arg(p->kernel, index, arg, &checked, error));
    p->words[index] = checked.bits;
    return arg->kind == TR_ARG_SCALAR ? TR_OK : buffer_address(p, index, &p->words[index], error);
}

/* Copies back what the kernel left in host buffers, and frees the copies, also after a failure. */
static tr_status unstage(packing *p, tr_status status, tr_error *error)
{
    for (int32_t i = 0; i < p->copy_count; i++) {
        const staged *copy = &p->copies[i];
        if (status == TR_OK && copy->size)
            status = tr_cuda_read(p->gpu->device, copy->host, copy->address, copy->size, p->stream, error);
        tr_status freed = tr_cuda_free(p->gpu->device, copy->address, status == TR_OK ? error : NULL);
        if (status == TR_OK) status = freed;
    }
    return status;
}

/* ---------------------------------------------------------------- launching */

static tr_status check_options(const tr_launch_options *options, tr_error *error)
{
    const char *what = options->programs  ? "chosen programs"
                       : options->profile ? "a profile"
                       : options->writer  ? "a record of writers"
                                          : NULL;
    if (what) return tr_fail(error, TR_UNSUPPORTED, "a GPU has no %s: launch on 'cpu' for it", what);
    return TR_OK;
}

static bool has_host_buffers(const tr_arg *args, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (args[i].kind == TR_ARG_BUFFER) return true;
    return false;
}

static tr_status run(packing *p, tr_grid grid, bool wait, tr_error *error)
{
    tr_status status = TR_OK;
    for (int32_t i = 0; i < p->count && status == TR_OK; i++) status = pack(p, i, error);
    if (status == TR_OK)
        status = tr_cuda_launch_params(p->gpu->kernel, grid, p->stream, p->params, p->count,
                                       p->allocator.allocate ? &p->allocator : NULL, error);
    if (status == TR_OK && wait) status = tr_cuda_synchronize(p->gpu->device, p->stream, p->gpu->kernel, error);
    return unstage(p, status, error);
}

/* The launch with room for `count` arguments of any kind. */
static tr_status run_with_room(packing *p, tr_grid grid, bool wait, tr_error *error)
{
    tr_arena room = { 0 };
    const size_t n = (size_t)p->count + 1;
    p->words = TR_NEW_ARRAY(&room, uint64_t, n);
    p->params = TR_NEW_ARRAY(&room, void *, n + TR_CUDA_MOST_HIDDEN);
    p->copies = TR_NEW_ARRAY(&room, staged, n);
    p->maps = TR_NEW_ARRAY(&room, tr_tensor_map, n + 1);
    /* The arena gives 16-byte alignment; a tensor map wants 128. */
    if (p->maps) p->maps = (tr_tensor_map *)(((uintptr_t)p->maps + 127) & ~(uintptr_t)127);
    tr_status status = p->words && p->params && p->copies && p->maps ? run(p, grid, wait, error) : TR_OOM(error);
    tr_arena_deinit(&room);
    return status;
}

/* A launch with arguments of any kind. By itself, so that the other one stays small: a driver leaves little of it in
 * the caches. */
__attribute__((cold, noinline)) static tr_status launch_any(tr_kernel *kernel, tr_grid grid, const tr_arg *args,
                                                            int32_t arg_count, const tr_launch_options *options,
                                                            tr_error *error)
{
    const bool asynchronous = options && options->asynchronous, staging = has_host_buffers(args, arg_count);
    packing p = { .kernel = kernel,
                  .gpu = kernel->gpu,
                  .args = args,
                  .count = arg_count,
                  .stream = options ? options->stream : NULL };
    if (options) p.allocator = (tr_cuda_allocator){ options->allocate, options->allocate_user };
    TR_TRY(tr_check_grid(grid, error));
    if (kernel->artifact->func && arg_count != kernel->artifact->param_count)
        return tr_fail_arg_count(kernel, arg_count, error);
    if (options) TR_TRY(check_options(options, error));
    if (asynchronous && staging)
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "an asynchronous launch can't copy host buffers back: use memory of the device");
    if (staging || kernel->gpu->descriptor_count > 0 || arg_count > FEW_ARGS)
        return run_with_room(&p, grid, !asynchronous, error);
    uint64_t words[FEW_ARGS];
    void *params[FEW_ARGS + TR_CUDA_MOST_HIDDEN];
    tr_tensor_map map;
    p.words = words;
    p.params = params;
    p.maps = &map;
    return run(&p, grid, !asynchronous, error);
}

/* The same for arguments of which some are the other kind that is taken. */
static bool point_at_either(const tr_gpu_kernel *gpu, const tr_arg *args, int32_t count, void **params)
{
    for (int32_t i = 0; i < count; i++) {
        const tr_arg *arg = &args[i];
        if (look_of(arg) != gpu->usual[i] && look_of(arg) != gpu->also[i]) return false;
        params[i] = (char *)(uintptr_t)arg + place_of(arg->kind);
    }
    return true;
}

/* Points at the value of argument `i` where a usual one has it; 0 when it is one. */
static inline uint64_t point_at_usual(const tr_gpu_kernel *gpu, const tr_arg *args, int32_t i, void **params)
{
    params[i] = (char *)(uintptr_t)args + gpu->places[i];
    return look_of(&args[i]) ^ gpu->usual[i];
}

/* Points at the values of arguments that are taken as they stand, where they stand; false when one is not. What the
 * usual ones need is done for all of them, without a branch, and then it is seen whether they were. */
static inline bool point_at_plain(const tr_gpu_kernel *gpu, const tr_arg *args, int32_t count, void **params)
{
    uint64_t even = 0, odd = 0;
    int32_t i = 0;
    if (count < gpu->plain_least || count > gpu->plain_most) return false;
    for (; i + 1 < count; i += 2) { /* two at a time: the loop itself would be a third of the work */
        even |= point_at_usual(gpu, args, i, params);
        odd |= point_at_usual(gpu, args, i + 1, params);
    }
    if (i < count) even |= point_at_usual(gpu, args, i, params);
    return (even | odd) == 0 || point_at_either(gpu, args, count, params);
}

static tr_status launch(tr_kernel *kernel, tr_grid grid, const tr_arg *args, int32_t arg_count,
                        const tr_launch_options *options, tr_error *error)
{
    const tr_gpu_kernel *gpu = kernel->gpu;
    const bool usual = !options || (!options->programs && !options->profile && !options->writer && !options->allocate);
    void *params[FEW_ARGS + TR_CUDA_MOST_HIDDEN];
    if (!usual || !point_at_plain(gpu, args, arg_count, params))
        return launch_any(kernel, grid, args, arg_count, options, error);
    void *stream = options ? options->stream : NULL;
    const tr_status status = tr_cuda_launch_params(gpu->kernel, grid, stream, params, arg_count, NULL, error);
    if (status != TR_OK || (options && options->asynchronous)) return status;
    return tr_cuda_synchronize(gpu->device, stream, gpu->kernel, error);
}

static tr_status synchronize(tr_kernel *kernel, void *stream, tr_error *error)
{
    return tr_cuda_synchronize(kernel->gpu->device, stream, kernel->gpu->kernel, error);
}

static void resources(const tr_kernel *kernel, tr_resources *out)
{
    const tr_cuda_kernel_info *info = tr_cuda_kernel_info_of(kernel->gpu->kernel);
    *out = (tr_resources){ .registers = info->registers,
                           .local_bytes = info->local_bytes,
                           .static_shared = info->static_shared,
                           .dynamic_shared = info->dynamic_shared,
                           .max_threads = info->max_threads,
                           .function = info->function,
                           .module = info->module };
}

const tr_engine tr_engine_cuda = {
    .load = load, .launch = launch, .synchronize = synchronize, .resources = resources, .unload = unload
};
