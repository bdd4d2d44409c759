/* num: select, fill, iota, tf32 rounding, counting. */
#include "test_num_reference.h"

static _Alignas(64) uint64_t mask[LONGEST + 1], a[LONGEST + 1], b[LONGEST + 1], got[LONGEST + 1];

/* Runs body for each set and length, with `got` filled with 0xa5. */
#define EACH_RUN(body)                                                                                                 \
    do {                                                                                                               \
        const tr_kernels *sets[TR_ISA_COUNT];                                                                          \
        const int count_ = kernel_sets(sets);                                                                          \
        for (int s_ = 0; s_ < count_; s_++) {                                                                          \
            for (size_t l_ = 0; l_ < LENGTH(lengths); l_++) {                                                          \
                const tr_kernels *const set = sets[s_];                                                                \
                const size_t n = lengths[l_];                                                                          \
                memset(got, 0xa5, sizeof got);                                                                         \
                body;                                                                                                  \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

static uint64_t element(const void *run, size_t i, size_t size)
{
    uint64_t bits = 0;
    memcpy(&bits, (const char *)run + i * size, size);
    return bits;
}

static void check_untouched(size_t n, size_t size)
{
    assert_int_equal(((unsigned char *)got)[n * size], 0xa5);
}

static void select_takes_either(void **state)
{
    (void)state;
    uint64_t random = 1;
    fill_values(TR_I1, LONGEST, mask, &random);
    fill_values(TR_I64, LONGEST, a, &random);
    fill_values(TR_I64, LONGEST, b, &random);
    for (int t = 1; t < TR_DTYPE_COUNT; t++) {
        const size_t size = tr_dtype_size((tr_dtype)t);
        EACH_RUN({
            set->ew[TR_EW_SELECT][t](n, got, mask, a, b);
            for (size_t i = 0; i < n; i++) {
                assert_true(element(got, i, size) == element(((uint8_t *)mask)[i] ? a : b, i, size));
            }
            check_untouched(n, size);
        });
    }
}

static void fill_repeats_and_iota_counts(void **state)
{
    (void)state;
    for (int log2_size = 0; log2_size < 4; log2_size++) {
        const size_t size = (size_t)1 << log2_size;
        const uint64_t all = UINT64_MAX >> (64 - 8 * size);
        EACH_RUN({
            set->fill[log2_size](n, got, 0xfedcba9876543210);
            for (size_t i = 0; i < n; i++) assert_true(element(got, i, size) == (0xfedcba9876543210 & all));
            check_untouched(n, size);
        });
        EACH_RUN({
            set->iota[log2_size](n, got, -5, 1000003);
            for (size_t i = 0; i < n; i++) assert_true(element(got, i, size) == (((uint64_t)-5 + i * 1000003) & all));
            check_untouched(n, size);
        });
        EACH_RUN({
            set->iota[log2_size](n, got, INT64_MAX, INT64_MIN);
            for (size_t i = 0; i < n; i++) {
                assert_true(element(got, i, size) == (((uint64_t)INT64_MAX + i * (uint64_t)INT64_MIN) & all));
            }
        });
    }
}

static void repeat_makes_rows(void **state)
{
    (void)state;
    uint64_t random = 1;
    fill_values(TR_I64, LONGEST, a, &random);
    for (int log2_size = 0; log2_size < 4; log2_size++) {
        const size_t size = (size_t)1 << log2_size;
        EACH_RUN({
            for (int64_t stride = 0; stride <= 2; stride++) {
                const size_t row = n < 7 ? n : 7;
                const size_t rows = n / row;
                if (rows * (size_t)stride > LONGEST) continue;
                memset(got, 0xa5, sizeof got);
                set->repeat[log2_size](rows, row, got, a, stride);
                for (size_t i = 0; i < rows * row; i++)
                    assert_true(element(got, i, size) == element(a, i / row * (size_t)stride, size));
                check_untouched(rows * row, size);
            }
        });
    }
}

static void tf32_rounds_each(void **state)
{
    (void)state;
    uint64_t random = 1;
    fill_values(TR_F32, LONGEST, a, &random);
    EACH_RUN({
        set->round_tf32(n, got, a);
        for (size_t i = 0; i < n; i++) {
            const float expected = tr_f32_to_tf32(((float *)a)[i]);
            assert_memory_equal((float *)got + i, &expected, sizeof expected);
        }
        check_untouched(n, 4);
    });
}

static void count_true_counts(void **state)
{
    (void)state;
    static uint8_t bytes[5000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = 1;
    EACH_RUN(assert_int_equal(set->count_true(n, bytes), n));
    EACH_RUN(assert_int_equal(set->count_true(n * 5, bytes), n * 5));
    uint64_t random = 1;
    fill_values(TR_I1, sizeof bytes, bytes, &random);
    EACH_RUN({
        size_t expected = 0;
        for (size_t i = 0; i < n; i++) expected += bytes[i];
        assert_int_equal(set->count_true(n, bytes), expected);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_takes_either),
        cmocka_unit_test(fill_repeats_and_iota_counts),
        cmocka_unit_test(repeat_makes_rows),
        cmocka_unit_test(tf32_rounds_each),
        cmocka_unit_test(count_true_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
