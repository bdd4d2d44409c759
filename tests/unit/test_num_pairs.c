/* Two functions in one pass give the bits of one after the other: all pairs of hard values with each other, at every
 * instruction set, in place too. */
#include "check.h"
#include "num/kernels.h"

static const char *const isa_names[TR_ISA_COUNT] = { "baseline", "avx2", "avx512" };

static const uint32_t hard[] = {
    0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x3f800001, 0x40490fdb, 0xc2f6e979,
    0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f800000,
    0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0xffffffff, 0x33800000,
};
enum { HARD = sizeof(hard) / sizeof(hard[0]), COUNT = HARD * HARD * HARD };

static uint32_t a[COUNT], b[COUNT], c[COUNT], between[COUNT], expected[COUNT], got[COUNT];

static void check_pair(const tr_kernels *kernels, const tr_pair *pair)
{
    const bool unary = tr_ew_describe(pair->second)->arity == 1;
    kernels->ew[pair->first][TR_F32](COUNT, between, a, b, NULL);
    if (pair->side)
        kernels->ew[pair->second][TR_F32](COUNT, expected, c, between, NULL);
    else
        kernels->ew[pair->second][TR_F32](COUNT, expected, between, unary ? NULL : c, NULL);
    pair->fn(COUNT, got, a, b, unary ? NULL : c);
    assert_memory_equal(got, expected, sizeof(got));
    for (size_t n = 1; n < 40; n++) { /* the end of a run is another loop */
        memset(got, 0x5a, sizeof(got));
        pair->fn(n, got, a + 7, b + 7, unary ? NULL : c + 7);
        assert_memory_equal(got, expected + 7, n * 4);
        assert_int_equal(got[n], 0x5a5a5a5a);
    }
    uint32_t *const sources[] = { a, b, c };
    for (int s = 0; s < (unary ? 2 : 3); s++) {
        memcpy(got, sources[s], sizeof(got));
        pair->fn(COUNT, got, s == 0 ? got : a, s == 1 ? got : b, unary ? NULL : s == 2 ? got : c);
        assert_memory_equal(got, expected, sizeof(got));
    }
}

static void test_pairs(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        a[i] = hard[i % HARD];
        b[i] = hard[i / HARD % HARD];
        c[i] = hard[i / HARD / HARD];
    }
    for (int isa = 0; isa < TR_ISA_COUNT; isa++) {
        const tr_kernels *kernels = tr_kernels_named(isa_names[isa]);
        if (!kernels) continue;
        assert_true(kernels->pair_count >= 15);
        for (int i = 0; i < kernels->pair_count; i++) check_pair(kernels, &kernels->pairs[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_pairs) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
