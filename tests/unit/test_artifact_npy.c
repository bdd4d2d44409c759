/* artifact/npy: headers of every version, conversions, and damaged files. */
#include "check.h"

#include "artifact/npy.h"

#include <stdlib.h>

/* A .npy file of version 1.0, 2.0 or 3.0 with this header text and payload. */
static tr_str make_file(int major, const char *header, const void *payload, size_t size)
{
    static char file[4096];
    size_t begin = major == 1 ? 10 : 12, length = strlen(header);
    assert_true(begin + length + size <= sizeof(file));
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (char)major;
    file[7] = 0;
    for (size_t i = 0; i < begin - 8; i++) file[8 + i] = (char)(length >> (8 * i) & 255);
    memcpy(file + begin, header, length);
    if (size) memcpy(file + begin + length, payload, size);
    return (tr_str){ file, begin + length + size };
}

static tr_npy parse(int major, const char *header, tr_dtype hint)
{
    tr_error error;
    tr_npy npy = { 0 };
    check_ok(tr_npy_parse(make_file(major, header, NULL, 0), "a.npy", hint, &npy, &error), &error);
    return npy;
}

static void fails(const char *header, tr_dtype hint, tr_status status, const char *part)
{
    tr_error error;
    tr_npy npy;
    check_fails(tr_npy_parse(make_file(1, header, NULL, 0), "a.npy", hint, &npy, &error), status, &error, part);
}

static void header_of_every_version(void **state)
{
    (void)state;
    for (int major = 1; major <= 3; major++) {
        tr_npy npy = parse(major, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }      \n", TR_DTYPE_NONE);
        assert_int_equal(npy.dtype, TR_F32);
        assert_int_equal(npy.rank, 2);
        assert_int_equal(npy.shape[0], 2);
        assert_int_equal(npy.shape[1], 3);
        assert_int_equal(npy.count, 6);
        assert_int_equal(npy.size, 24);
        assert_false(npy.fortran);
        assert_false(npy.swapped);
    }
}

static void header_in_other_words(void **state)
{
    (void)state;
    tr_npy npy = parse(1, "{\"shape\":(3L,4L),\"descr\":\">i8\",\"fortran_order\":True}", TR_DTYPE_NONE);
    assert_int_equal(npy.dtype, TR_I64);
    assert_true(npy.fortran);
    assert_true(npy.swapped);
    assert_int_equal(npy.count, 12);
    npy = parse(1, "{'descr': '|b1', 'fortran_order': False, 'shape': ()}", TR_DTYPE_NONE);
    assert_int_equal(npy.dtype, TR_I1);
    assert_int_equal(npy.rank, 0);
    assert_int_equal(npy.count, 1);
    npy = parse(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 5)}", TR_DTYPE_NONE);
    assert_int_equal(npy.count, 0);
    assert_int_equal(npy.size, 0);
}

#define HEADER(descr) "{'descr': '" descr "', 'fortran_order': False, 'shape': (4,), }"

/* What ml_dtypes 0.3 to 0.6 save, and what a hint makes of it. */
static void element_types_without_a_name(void **state)
{
    (void)state;
    assert_int_equal(parse(1, HEADER("<V2"), TR_DTYPE_NONE).dtype, TR_BF16);
    assert_int_equal(parse(1, HEADER("|V2"), TR_BF16).dtype, TR_BF16);
    assert_int_equal(parse(1, HEADER("<V1"), TR_F8E4M3FN).dtype, TR_F8E4M3FN);
    assert_int_equal(parse(1, HEADER("|V1"), TR_F8E5M2).dtype, TR_F8E5M2);
    assert_int_equal(parse(1, HEADER("<f1"), TR_DTYPE_NONE).dtype, TR_F8E5M2);
    fails(HEADER("<V1"), TR_DTYPE_NONE, TR_INVALID_ARGUMENT, "say which it is, f8e4m3fn or f8e5m2");
    fails(HEADER("<V1"), TR_BF16, TR_MISMATCH, "not bf16");
}

static void hints(void **state)
{
    (void)state;
    assert_int_equal(parse(1, HEADER("<u2"), TR_BF16).dtype, TR_BF16);
    assert_int_equal(parse(1, HEADER("|u1"), TR_F8E5M2).dtype, TR_F8E5M2);
    assert_int_equal(parse(1, HEADER("<f4"), TR_F32).dtype, TR_F32);
    fails(HEADER("<f4"), TR_BF16, TR_MISMATCH, "holds f32 ('<f4'), not bf16");
    fails(HEADER("<f2"), TR_BF16, TR_MISMATCH, "holds f16");
    fails(HEADER("<u4"), TR_BF16, TR_MISMATCH, "holds u32");
}

static void damaged_headers(void **state)
{
    (void)state;
    static const struct {
        const char *header, *part;
    } cases[] = {
        { "  ", "expected '{' at byte 2, found the end" },
        { "{ ", "expected a quoted key or '}'" },
        { "{'descr", "expected a closing quote" },
        { "{'descr' '<f4'}", "expected ':'" },
        { "{'descr': <f4}", "expected the element type" },
        { "{'descr': '<f4'", "expected ',' or '}'" },
        { "{'descr': '<f4', 'shape': (4,)}", "lacks the key 'fortran_order'" },
        { "{'descr': '<f4', 'fortran_order': False}", "lacks the key 'shape'" },
        { "{'fortran_order': False, 'shape': (4,)}", "lacks the key 'descr'" },
        { "{'descr': '<f4', 'descr': '<f4'}", "twice the key 'descr'" },
        { "{'size': 3}", "unknown key 'size'" },
        { "{'descr': '<f4', 'fortran_order': Maybe}", "expected True or False" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': 4}", "expected the shape, '('" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (-4,)}", "expected a size" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (4 4)}", "expected ',' or ')'" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "too large" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", "more elements than memory" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}", "more than 16" },
        { "{'descr': '<c8', 'fortran_order': False, 'shape': (4,)}", "elements of type '<c8'" },
        { "{'descr': '<f3', 'fortran_order': False, 'shape': (4,)}", "elements of type '<f3'" },
        { "{'descr': '', 'fortran_order': False, 'shape': (4,)}", "elements of type ''" },
        { "{'descr': '<U8', 'fortran_order': False, 'shape': (4,)}", "elements of type '<U8'" },
        { "{'descr': '|O', 'fortran_order': False, 'shape': (4,)}", "elements of type '|O'" },
        { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,)}", "structured elements" },
        { HEADER("<f4") " x", "expected the end of the header" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        fails(cases[i].header, TR_DTYPE_NONE, TR_INVALID_INPUT, cases[i].part);
    }
}

static void damaged_beginnings(void **state)
{
    (void)state;
    tr_error error;
    size_t size;
    static const struct {
        const char *bytes;
        size_t size;
        const char *part;
    } cases[] = {
        { "", 0, "is empty" },
        { "\x93NUM", 4, "truncated" },
        { "\x93NUMPY\x01\x00\x10", 9, "truncated" },
        { "PK\x03\x04zip and more", 16, "not a .npy file" },
        { "\x93NUMPY\x04\x00\x10\x00\x00\x00", 12, "version 4.0" },
        { "\x93NUMPY\x01\x01\x10\x00\x00\x00", 12, "version 1.1" },
        { "\x93NUMPY\x02\x00\xff\xff\xff\xff", 12, "claims a header of 4294967295 bytes" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        tr_str prefix = { cases[i].bytes, cases[i].size };
        check_fails(tr_npy_header_size(prefix, "a.npy", &size, &error), TR_INVALID_INPUT, &error, cases[i].part);
    }
    tr_str file = make_file(1, HEADER("<f4"), NULL, 0);
    tr_npy npy;
    file.size -= 5;
    check_fails(tr_npy_parse(file, "a.npy", TR_DTYPE_NONE, &npy, &error), TR_INVALID_INPUT, &error, "truncated");
}

static void truncated_data(void **state)
{
    (void)state;
    tr_error error;
    tr_npy npy = parse(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 5), }", TR_DTYPE_NONE);
    check_ok(tr_npy_check_size(&npy, "a.npy", npy.data_begin + 80, &error), &error);
    check_ok(tr_npy_check_size(&npy, "a.npy", npy.data_begin + 99, &error), &error);
    check_fails(tr_npy_check_size(&npy, "a.npy", npy.data_begin + 60, &error), TR_INVALID_INPUT, &error,
                "'a.npy' is truncated: f32 of shape 4x5 takes 80 bytes of data, the file has 60");
}

static void converts_order_and_bytes(void **state)
{
    (void)state;
    tr_npy npy = parse(1, "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 3), }", TR_DTYPE_NONE);
    /* Columns (0, 1), (2, 3), (4, 5), big-endian. */
    static const unsigned char payload[] = { 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 1, 5 };
    uint16_t out[6];
    assert_true(tr_npy_needs_conversion(&npy));
    tr_npy_convert(&npy, payload, out);
    static const uint16_t expected[] = { 0, 2, 4, 1, 3, 0x105 };
    assert_memory_equal(out, expected, sizeof(expected));
}

static void converts_order_of_three_dimensions(void **state)
{
    (void)state;
    tr_npy npy = parse(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }", TR_DTYPE_NONE);
    unsigned char payload[24], out[24];
    for (unsigned char i = 0; i < 24; i++) payload[i] = i;
    tr_npy_convert(&npy, payload, out);
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 3; j++) {
            for (int k = 0; k < 4; k++) assert_int_equal(out[(i * 3 + j) * 4 + k], i + 2 * j + 6 * k);
        }
    }
}

static void booleans_are_0_or_1(void **state)
{
    (void)state;
    tr_npy npy = parse(1, HEADER("|b1"), TR_DTYPE_NONE);
    unsigned char out[4];
    tr_npy_convert(&npy, "\x00\x01\x02\xff", out);
    assert_memory_equal(out, "\x00\x01\x01\x01", 4);
}

static void header_reads_back(void **state)
{
    (void)state;
    static const int64_t shape[] = { 7, 2, 5 };
    for (int dtype = TR_I1; dtype < TR_PTR; dtype++) {
        for (int rank = 0; rank <= 3; rank++) {
            tr_text text = { 0 };
            tr_error error;
            tr_npy npy;
            tr_npy_print_header((tr_dtype)dtype, rank, shape, &text);
            assert_int_equal(text.size % 64, 0);
            assert_int_equal(text.data[text.size - 1], '\n');
            check_ok(tr_npy_parse((tr_str){ text.data, text.size }, "a.npy", (tr_dtype)dtype, &npy, &error), &error);
            assert_int_equal(npy.dtype, dtype);
            assert_int_equal(npy.rank, rank);
            assert_false(npy.fortran || npy.swapped);
            assert_memory_equal(npy.shape, shape, (size_t)rank * sizeof(*shape));
            assert_int_equal(npy.data_begin, text.size);
            tr_text_deinit(&text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_of_every_version),
        cmocka_unit_test(header_in_other_words),
        cmocka_unit_test(element_types_without_a_name),
        cmocka_unit_test(hints),
        cmocka_unit_test(damaged_headers),
        cmocka_unit_test(damaged_beginnings),
        cmocka_unit_test(truncated_data),
        cmocka_unit_test(converts_order_and_bytes),
        cmocka_unit_test(converts_order_of_three_dimensions),
        cmocka_unit_test(booleans_are_0_or_1),
        cmocka_unit_test(header_reads_back),
    };
    return cmocka_run_group_tests_name("artifact/npy", tests, NULL, NULL);
}
