/* cuda: tensor descriptors as Triton's launchers encode them, and the rules that are checked first. */
#include "../fake_cuda/fixture.h"

/* 100 x 64 halves in rows of 72, blocks of 32 x 64, as tensordesc_meta describes them. */
static tr_tensor_map_spec halves(void)
{
    return (tr_tensor_map_spec){ .address = 0x7f0000001000,
                                 .rank = 2,
                                 .shape = { 100, 64 },
                                 .strides = { 72, 1 },
                                 .block = { 32, 64 },
                                 .swizzle = 3,
                                 .elem_size = 2,
                                 .elem_type = 6 };
}

static void tiled(void **state)
{
    (void)state;
    tr_error error;
    tr_tensor_map map;
    tr_cuda_device *device = open_device();
    tr_tensor_map_spec spec = halves();
    check_ok(tr_tensor_map_encode(device, &spec, &map, &error), &error);
    const fake_tensor_map *m = fake->tensor_map;
    assert_int_equal(m->type, 6);
    assert_int_equal(m->rank, 2);
    assert_int_equal(m->address, 0x7f0000001000);
    assert_int_equal(m->shape[0], 64);
    assert_int_equal(m->shape[1], 100);
    assert_int_equal(m->strides[0], 144);
    assert_int_equal(m->box[0], 64);
    assert_int_equal(m->box[1], 32);
    assert_int_equal(m->element_strides[0], 1);
    assert_int_equal(m->element_strides[1], 1);
    assert_int_equal(m->interleave, 0);
    assert_int_equal(m->swizzle, 3);
    assert_int_equal(m->promotion, 2);
    assert_int_equal(m->fill, 0);
    spec.nan_padding = true;
    check_ok(tr_tensor_map_encode(device, &spec, &map, &error), &error);
    assert_int_equal(m->fill, 1);
    tr_cuda_device_destroy(device);
}

/* The compiler's numbers of types and the driver's differ for three. */
static void types(void **state)
{
    (void)state;
    static const int expected[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 10, 8, 9, 11, 12, 13, 14, 15 };
    tr_error error;
    tr_tensor_map map;
    tr_cuda_device *device = open_device();
    for (int i = 0; i < 16; i++) {
        tr_tensor_map_spec spec = halves();
        spec.elem_type = i;
        check_ok(tr_tensor_map_encode(device, &spec, &map, &error), &error);
        assert_int_equal(fake->tensor_map->type, expected[i]);
    }
    tr_tensor_map_spec spec = halves();
    spec.elem_type = 7;
    spec.elem_size = 4;
    spec.block[1] = 32;
    spec.round_to_tf32 = true;
    check_ok(tr_tensor_map_encode(device, &spec, &map, &error), &error);
    assert_int_equal(fake->tensor_map->type, 11);
    spec = halves();
    spec.elem_size = 1;
    spec.elem_type = 14;
    spec.fp4_padded = true;
    spec.strides[0] = 64;
    spec.block[1] = 128;
    check_ok(tr_tensor_map_encode(device, &spec, &map, &error), &error);
    assert_int_equal(fake->tensor_map->shape[0], 128);
    assert_int_equal(fake->tensor_map->strides[0], 64);
    tr_cuda_device_destroy(device);
}

static void ranks(void **state)
{
    (void)state;
    tr_error error;
    tr_tensor_map map;
    tr_cuda_device *device = open_device();
    const tr_tensor_map_spec five = { .address = 4096,
                                      .rank = 5,
                                      .shape = { 2, 3, 4, 5, 64 },
                                      .strides = { 3840, 1280, 320, 64, 1 },
                                      .block = { 1, 1, 2, 4, 32 },
                                      .elem_size = 4,
                                      .elem_type = 7 };
    check_ok(tr_tensor_map_encode(device, &five, &map, &error), &error);
    const uint64_t strides[4] = { 256, 1280, 5120, 15360 };
    for (int i = 0; i < 5; i++) {
        assert_int_equal(fake->tensor_map->shape[i], five.shape[4 - i]);
        assert_int_equal(fake->tensor_map->box[i], five.block[4 - i]);
        if (i < 4) assert_int_equal(fake->tensor_map->strides[i], strides[i]);
    }
    const tr_tensor_map_spec line = { .address = 4096,
                                      .rank = 1,
                                      .shape = { 1000 },
                                      .strides = { 1 },
                                      .block = { 256 },
                                      .elem_size = 4,
                                      .elem_type = 7 };
    check_ok(tr_tensor_map_encode(device, &line, &map, &error), &error);
    assert_int_equal(fake->tensor_map->rank, 1);
    tr_cuda_device_destroy(device);
}

/* The bit that drivers up to 13.1 set for small tensors; the fake one sets all. */
static void small_tensors(void **state)
{
    (void)state;
    tr_error error;
    tr_tensor_map map;
    tr_tensor_map_spec spec = halves();
    tr_cuda_device *device = open_device();
    check_ok(tr_tensor_map_encode(device, &spec, &map, &error), &error);
    assert_int_equal(map.opaque[1], ~(UINT64_C(1) << 21));
    assert_int_equal(map.opaque[0], UINT64_MAX);
    spec.shape[0] = 911; /* 910 rows of 144 and 128 bytes: the last byte is number 131167 */
    check_ok(tr_tensor_map_encode(device, &spec, &map, &error), &error);
    assert_int_equal(map.opaque[1], UINT64_MAX);
    tr_cuda_device_destroy(device);
    driver.version = 13020;
    device = open_device();
    spec = halves();
    check_ok(tr_tensor_map_encode(device, &spec, &map, &error), &error);
    assert_int_equal(map.opaque[1], UINT64_MAX);
    tr_cuda_device_destroy(device);
}

static void rules(void **state)
{
    (void)state;
#define CASE(status, part, ...)                                                                                        \
    {                                                                                                                  \
        status, part, __VA_ARGS__                                                                                      \
    }
    static const struct {
        tr_status status;
        const char *part;
        tr_tensor_map_spec change; /* fields that are not 0 replace those of halves() */
    } cases[] = {
        CASE(TR_INVALID_ARGUMENT, "of rank 6: it must be 1 to 5", { .rank = 6 }),
        CASE(TR_INVALID_ARGUMENT, "address 0x1008 is not a multiple of 16", { .address = 0x1008 }),
        CASE(TR_INVALID_ARGUMENT, "of elements of 3 bytes", { .elem_size = 3 }),
        CASE(TR_INVALID_ARGUMENT, "dimension 0 of a tensor descriptor has the size -1", { .shape = { -1, 64 } }),
        CASE(TR_INVALID_ARGUMENT, "block has the size -2", { .block = { 32, -2 } }),
        CASE(TR_INVALID_ARGUMENT, "must be contiguous: its stride is 2", { .strides = { 72, 2 } }),
        CASE(TR_INVALID_ARGUMENT,
             "stride 0 of a tensor descriptor, 70 elements, is 140 bytes: it must be a multiple of 16",
             { .strides = { 70, 1 } }),
        CASE(TR_INVALID_ARGUMENT, "is not from 0 to less than 2^40", { .strides = { INT64_MAX, 1 } }),
        CASE(TR_INVALID_ARGUMENT, "is not from 0 to less than 2^40", { .strides = { -8, 1 } }),
        CASE(TR_UNSUPPORTED, "dimension 0 of a tensor descriptor's block has 512 elements; 256 is the most",
             { .block = { 512, 64 } }),
        CASE(TR_INVALID_ARGUMENT, "block is 14 bytes: it must be a multiple of 16", { .block = { 32, 7 } }),
        CASE(TR_INVALID_ARGUMENT, "block is 256 bytes, more than its swizzle's 128", { .block = { 32, 128 } }),
        CASE(TR_INVALID_ARGUMENT, "of element type 16 and swizzle 3", { .elem_type = 16 }),
        CASE(TR_INVALID_ARGUMENT, "of element type 6 and swizzle 7", { .swizzle = 7 }),
    };
    tr_error error;
    tr_tensor_map map;
    tr_cuda_device *device = open_device();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const tr_tensor_map_spec *c = &cases[i].change;
        tr_tensor_map_spec spec = halves();
        if (c->rank) spec.rank = c->rank;
        if (c->address) spec.address = c->address;
        if (c->elem_size) spec.elem_size = c->elem_size;
        if (c->elem_type) spec.elem_type = c->elem_type;
        if (c->swizzle) spec.swizzle = c->swizzle;
        if (c->shape[0]) memcpy(spec.shape, c->shape, sizeof(spec.shape));
        if (c->strides[0]) memcpy(spec.strides, c->strides, sizeof(spec.strides));
        if (c->block[0]) memcpy(spec.block, c->block, sizeof(spec.block));
        check_fails(tr_tensor_map_encode(device, &spec, &map, &error), cases[i].status, &error, cases[i].part);
    }
    tr_tensor_map_spec im2col = halves();
    im2col.is_im2col = true;
    check_fails(tr_tensor_map_encode(device, &im2col, &map, &error), TR_UNSUPPORTED, &error, "of im2col mode");
    assert_int_equal(fake->calls("cuTensorMapEncodeTiled"), 0);
    const tr_tensor_map_spec good = halves();
    fake->refuse("cuTensorMapEncodeTiled", 1, 1, false);
    check_fails(tr_tensor_map_encode(device, &good, &map, &error), TR_INVALID_ARGUMENT, &error,
                "encoding a tensor descriptor of rank 2, 2 bytes an element, type 6, swizzle 3 (CUDA_ERROR");
    tr_cuda_device_destroy(device);
    driver.cuTensorMapEncodeTiled = NULL;
    driver.version = 11080;
    device = open_device();
    check_fails(tr_tensor_map_encode(device, &good, &map, &error), TR_UNAVAILABLE, &error,
                "tensor descriptors need a driver of CUDA 12.0; this one is 11.8");
    tr_cuda_device_destroy(device);
}

static void raw(void **state)
{
    (void)state;
    static const struct {
        int width, size, type, swizzle, box;
    } cases[] = {
        { 64, 2, 1, 3, 64 }, { 128, 2, 1, 3, 64 }, { 32, 2, 1, 2, 32 },
        { 16, 2, 1, 1, 16 }, { 32, 1, 0, 1, 32 },  { 256, 4, 2, 3, 32 },
    };
    tr_error error;
    tr_tensor_map map;
    tr_cuda_device *device = open_device();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const tr_tensor_map_spec spec = { .address = 4096,
                                          .rank = 2,
                                          .shape = { 100, 512 },
                                          .block = { 16, cases[i].width },
                                          .elem_size = cases[i].size };
        check_ok(tr_tensor_map_encode_raw(device, &spec, &map, &error), &error);
        assert_int_equal(fake->tensor_map->type, cases[i].type);
        assert_int_equal(fake->tensor_map->swizzle, cases[i].swizzle);
        assert_int_equal(fake->tensor_map->box[0], cases[i].box);
        assert_int_equal(fake->tensor_map->box[1], 16);
        assert_int_equal(fake->tensor_map->strides[0], 512 * cases[i].size);
        assert_int_equal(fake->tensor_map->promotion, 2);
    }
    tr_tensor_map_spec line = { .address = 4096, .rank = 1, .shape = { 1000 }, .block = { 128 }, .elem_size = 4 };
    check_ok(tr_tensor_map_encode_raw(device, &line, &map, &error), &error);
    assert_int_equal(fake->tensor_map->swizzle, 0);
    assert_int_equal(fake->tensor_map->promotion, 0);
    line.block[0] = 4;
    check_fails(tr_tensor_map_encode_raw(device, &line, &map, &error), TR_INVALID_ARGUMENT, &error,
                "block is 16 bytes: it must be 32 or more");
    line.rank = 3;
    line.shape[1] = line.shape[2] = line.block[1] = line.block[2] = 64;
    check_fails(tr_tensor_map_encode_raw(device, &line, &map, &error), TR_INVALID_ARGUMENT, &error, "of rank 3");
    line.rank = 2;
    line.shape[1] = 63;
    check_fails(tr_tensor_map_encode_raw(device, &line, &map, &error), TR_INVALID_ARGUMENT, &error,
                "a row of a raw tensor descriptor is 252 bytes");
    tr_cuda_device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(tiled),         WITH_FAKE(types), WITH_FAKE(ranks),
        WITH_FAKE(small_tensors), WITH_FAKE(rules), WITH_FAKE(raw),
    };
    return cmocka_run_group_tests_name("cuda_tensor_map", tests, NULL, NULL);
}
