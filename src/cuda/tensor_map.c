#include "cuda/device.h"

#include <inttypes.h>

/* Descriptors of the bulk tensor copy engine, encoded as Triton's launchers do. CUDA counts dimensions from the
 * contiguous one, Triton ends with it. */

_Static_assert(sizeof(tr_tensor_map) == 128, "what the driver fills");

typedef struct encoding {
    int type;
    uint32_t rank;
    uint64_t shape[TR_TENSOR_MAP_RANK], strides[TR_TENSOR_MAP_RANK]; /* strides in bytes, of dimension 1 on */
    uint32_t box[TR_TENSOR_MAP_RANK];
    int swizzle, promotion, fill;
} encoding;

/* ---------------------------------------------------------------- the hardware's rules */

#define MOST_BOX 256u

static tr_status check_common(const tr_tensor_map_spec *spec, tr_error *error)
{
    if (spec->rank < 1 || spec->rank > TR_TENSOR_MAP_RANK) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "a tensor descriptor of rank %d: it must be 1 to %d", spec->rank,
                       TR_TENSOR_MAP_RANK);
    }
    if (spec->address % 16) {
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "a tensor descriptor's address 0x%" PRIx64 " is not a multiple of 16", spec->address);
    }
    if (spec->elem_size != 1 && spec->elem_size != 2 && spec->elem_size != 4 && spec->elem_size != 8) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "a tensor descriptor of elements of %d bytes", spec->elem_size);
    }
    for (int32_t i = 0; i < spec->rank; i++) {
        if (spec->shape[i] < 1 || spec->shape[i] > INT64_C(1) << 31) {
            return tr_fail(error, TR_INVALID_ARGUMENT,
                           "dimension %d of a tensor descriptor has the size %" PRId64 ": it must be 1 to 2^31", i,
                           spec->shape[i]);
        }
        if (spec->block[i] < 1) {
            return tr_fail(error, TR_INVALID_ARGUMENT, "dimension %d of a tensor descriptor's block has the size %d", i,
                           spec->block[i]);
        }
    }
    return TR_OK;
}

static tr_status check_strides(const tr_tensor_map_spec *spec, tr_error *error)
{
    const int32_t last = spec->rank - 1;
    if (spec->strides[last] != 1) {
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "the last dimension of a tensor descriptor must be contiguous: its stride is %" PRId64,
                       spec->strides[last]);
    }
    for (int32_t i = 0; i < last; i++) {
        int64_t bytes;
        const bool huge = __builtin_mul_overflow(spec->strides[i], spec->elem_size, &bytes);
        if (huge || bytes < 0 || bytes >= INT64_C(1) << 40) {
            return tr_fail(error, TR_INVALID_ARGUMENT,
                           "stride %d of a tensor descriptor, %" PRId64
                           " elements, is not from 0 to less than 2^40 bytes",
                           i, spec->strides[i]);
        }
        if (bytes % 16) {
            return tr_fail(error, TR_INVALID_ARGUMENT,
                           "stride %d of a tensor descriptor, %" PRId64 " elements, is %" PRId64
                           " bytes: it must be a multiple of 16",
                           i, spec->strides[i], bytes);
        }
    }
    return TR_OK;
}

static tr_status check_box(const encoding *e, int32_t elem_size, bool packed, tr_error *error)
{
    static const uint32_t widths[] = { 0, 32, 64, 128 };
    for (uint32_t i = 0; i < e->rank; i++) {
        if (e->box[i] > MOST_BOX) {
            return tr_fail(error, TR_UNSUPPORTED,
                           "dimension %u of a tensor descriptor's block has %u elements; %u is the "
                           "most that a copy moves",
                           e->rank - 1 - i, e->box[i], MOST_BOX);
        }
    }
    const uint32_t bytes = e->box[0] * (uint32_t)elem_size;
    if (packed) return TR_OK; /* several elements a byte: their rules are the driver's to check */
    if (bytes % 16) {
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "the last dimension of a tensor descriptor's block is %u bytes: it must be a multiple of 16",
                       bytes);
    }
    if (e->swizzle > 0 && e->swizzle < 4 && bytes > widths[e->swizzle]) {
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "the last dimension of a tensor descriptor's block is %u bytes, more than its swizzle's %u",
                       bytes, widths[e->swizzle]);
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- encoding */

/* Drivers up to 13.1 let small tensors' descriptors have a bit that they must not; as Triton 3.8 and CUTLASS do. */
static void mend_small(const encoding *e, int32_t elem_size, tr_tensor_map *map)
{
    uint64_t last = 0;
    for (uint32_t i = 0; i < e->rank; i++) {
        const uint64_t stride = i == 0 ? (uint64_t)elem_size : e->strides[i - 1];
        last += (e->shape[i] - 1) * stride; /* less than 5 * 2^71: wraps for tensors that no memory holds */
    }
    if (last + 1 < 128 * 1024) map->opaque[1] &= ~(UINT64_C(1) << 21);
}

static tr_status encode(tr_cuda_device *device, const tr_tensor_map_spec *spec, const encoding *e, tr_tensor_map *out,
                        tr_error *error)
{
    static const uint32_t ones[TR_TENSOR_MAP_RANK] = { 1, 1, 1, 1, 1 };
    const tr_driver *driver = device->driver;
    tr_tensor_map map = { 0 };
    if (!driver->cuTensorMapEncodeTiled) {
        return tr_fail(error, TR_UNAVAILABLE, "tensor descriptors need a driver of CUDA 12.0; this one is %d.%d",
                       driver->version / 1000, driver->version / 10 % 100);
    }
    /* The driver asks for a current context, though the descriptor depends on none. */
    tr_cuda_scope scope;
    TR_TRY(tr_cuda_enter(device, &scope, error));
    const tr_cu_result result = driver->cuTensorMapEncodeTiled(
        (tr_cu_tensor_map *)&map, e->type, e->rank, (void *)(uintptr_t)spec->address, e->shape, e->strides, e->box,
        ones, TR_CU_TENSOR_MAP_INTERLEAVE_NONE, e->swizzle, e->promotion, e->fill);
    tr_cuda_leave(device, &scope);
    if (result != TR_CUDA_SUCCESS) {
        return tr_driver_fail(driver, result, error,
                              "encoding a tensor descriptor of rank %u, %d bytes an element, type %d, swizzle %d",
                              e->rank, spec->elem_size, e->type, e->swizzle);
    }
    if (driver->version <= 13010) mend_small(e, spec->elem_size, &map);
    *out = map;
    return TR_OK;
}

/* The compiler's numbers of three types differ from the driver's. */
static int host_type(int elem_type)
{
    static const int types[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 10, 8, 9, 11, 12, 13, 14, 15 };
    return types[elem_type];
}

#define FIRST_PACKED_TYPE 13 /* 4 and 6 bits an element */

tr_status tr_tensor_map_encode(tr_cuda_device *device, const tr_tensor_map_spec *spec, tr_tensor_map *out_map,
                               tr_error *error)
{
    if (spec->is_im2col) {
        return tr_fail(error, TR_UNSUPPORTED, "a tensor descriptor of im2col mode: only tiled ones are supported");
    }
    TR_TRY(check_common(spec, error));
    TR_TRY(check_strides(spec, error));
    if (spec->elem_type < 0 || spec->elem_type > 15 || spec->swizzle < 0 || spec->swizzle > 6) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "a tensor descriptor of element type %d and swizzle %d",
                       spec->elem_type, spec->swizzle);
    }
    encoding e = {
        .type = spec->round_to_tf32 ? TR_CU_TENSOR_MAP_DATA_TYPE_TFLOAT32 : host_type(spec->elem_type),
        .rank = (uint32_t)spec->rank,
        .swizzle = spec->swizzle,
        .promotion = TR_CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
        .fill = spec->nan_padding ? TR_CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA
                                  : TR_CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE,
    };
    const int32_t last = spec->rank - 1;
    for (int32_t i = 0; i <= last; i++) {
        e.shape[last - i] = (uint64_t)spec->shape[i];
        e.box[last - i] = (uint32_t)spec->block[i];
        if (i < last) e.strides[last - 1 - i] = (uint64_t)spec->strides[i] * (uint64_t)spec->elem_size;
    }
    if (spec->fp4_padded) e.shape[0] *= 2;
    /* The driver reads one stride less; Triton gives the whole tensor's size as the last. */
    e.strides[last] = e.shape[last] * (last == 0 ? (uint64_t)spec->elem_size : e.strides[last - 1]);
    TR_TRY(check_box(&e, spec->elem_size, e.type >= FIRST_PACKED_TYPE, error));
    return encode(device, spec, &e, out_map, error);
}

tr_status tr_tensor_map_encode_raw(tr_cuda_device *device, const tr_tensor_map_spec *spec, tr_tensor_map *out_map,
                                   tr_error *error)
{
    TR_TRY(check_common(spec, error));
    if (spec->rank > 2 || spec->elem_size > 4) {
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "a raw tensor descriptor of rank %d and %d bytes an element: they have "
                       "rank 1 or 2 and 1, 2 or 4 bytes",
                       spec->rank, spec->elem_size);
    }
    const int32_t last = spec->rank - 1;
    const uint32_t size = (uint32_t)spec->elem_size;
    const uint32_t bytes = spec->block[last] > 1 << 20 ? UINT32_MAX : (uint32_t)spec->block[last] * size;
    if (bytes < 32) {
        return tr_fail(error, TR_INVALID_ARGUMENT,
                       "the last dimension of a raw tensor descriptor's block is %u bytes: it must be 32 or more",
                       bytes);
    }
    encoding e = {
        .type = size == 1   ? TR_CU_TENSOR_MAP_DATA_TYPE_UINT8
                : size == 2 ? TR_CU_TENSOR_MAP_DATA_TYPE_UINT16
                            : TR_CU_TENSOR_MAP_DATA_TYPE_UINT32,
        .rank = (uint32_t)spec->rank,
        .promotion = TR_CU_TENSOR_MAP_L2_PROMOTION_NONE,
    };
    for (int32_t i = 0; i <= last; i++) {
        e.shape[last - i] = (uint64_t)spec->shape[i];
        e.box[last - i] = (uint32_t)spec->block[i];
    }
    e.strides[0] = e.shape[0] * size;
    if (spec->rank == 2) {
        /* The compiler counts on this swizzle, and moves a wider block in several copies. */
        e.swizzle = bytes >= 128  ? TR_CU_TENSOR_MAP_SWIZZLE_128B
                    : bytes >= 64 ? TR_CU_TENSOR_MAP_SWIZZLE_64B
                                  : TR_CU_TENSOR_MAP_SWIZZLE_32B;
        e.promotion = TR_CU_TENSOR_MAP_L2_PROMOTION_L2_128B;
        e.strides[1] = e.strides[0] * e.shape[1];
        if (bytes > 128) e.box[0] = 128 / size;
        if (e.strides[0] % 16) {
            return tr_fail(error, TR_INVALID_ARGUMENT,
                           "a row of a raw tensor descriptor is %" PRIu64 " bytes: it must be a multiple of 16",
                           e.strides[0]);
        }
    }
    TR_TRY(check_box(&e, spec->elem_size, false, error));
    return encode(device, spec, &e, out_map, error);
}
