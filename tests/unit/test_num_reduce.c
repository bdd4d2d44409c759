/* Reductions of rows: bit for bit what folding with the elementwise function gives, on every instruction set. */
#include "check.h"
#include "num/kernels.h"

#include <stdlib.h>

enum { ROWS_MOST = 37, LENGTH_MOST = 2048 };

static const char *const isa_names[TR_ISA_COUNT] = { "baseline", "avx2", "avx512" };

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 16;
}

/* Ordinary numbers, and as often as `special` of 8 one of those that have rules of their own. */
static void fill(tr_dtype dtype, void *data, size_t n, unsigned special, uint64_t seed)
{
    static const uint32_t f32_specials[] = { 0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001,
                                             0x7f800001, 0xffffffff, 0x7fffffff, 0x00000001, 0x80000001, 0x7f7fffff };
    static const uint64_t f64_specials[] = {
        0,         1ull << 63, 0x7ffull << 52,  0xfffull << 52, 0x7ff8ull << 48, 0xfff8000000000001, UINT64_MAX,
        INT64_MAX, 1,          (1ull << 63) + 1
    };
    uint64_t state = seed;
    for (size_t i = 0; i < n; i++) {
        const uint64_t r = next_random(&state);
        const bool is_special = next_random(&state) % 8 < special;
        if (dtype == TR_F32 && is_special)
            ((uint32_t *)data)[i] = f32_specials[r % (sizeof(f32_specials) / sizeof(f32_specials[0]))];
        else if (dtype == TR_F32)
            ((float *)data)[i] = (float)(int32_t)(uint32_t)r * 0x1p-20f;
        else if (dtype == TR_F64 && is_special)
            ((uint64_t *)data)[i] = f64_specials[r % (sizeof(f64_specials) / sizeof(f64_specials[0]))];
        else if (dtype == TR_F64)
            ((double *)data)[i] = (double)(int64_t)(r << 16) * 0x1p-40;
        else if (dtype == TR_I32)
            ((uint32_t *)data)[i] = is_special ? (uint32_t)INT32_MIN + (uint32_t)(r % 3) - 1 : (uint32_t)r;
        else
            ((uint64_t *)data)[i] = is_special ? (uint64_t)INT64_MIN + r % 3 - 1 : r << 16 | (r & 0xffff);
    }
}

static void fold(tr_run_fn *fn, size_t size, size_t n, void *row)
{
    for (; n > 1; n /= 2) fn(n / 2, row, row, (char *)row + n / 2 * size, NULL);
}

static void check_rows(const tr_kernels *kernels, int ew, tr_dtype dtype, size_t rows, size_t n, unsigned special)
{
    static _Alignas(64) char source[ROWS_MOST * LENGTH_MOST * 8], row[LENGTH_MOST * 8], out[(ROWS_MOST + 1) * 8];
    const size_t size = tr_dtype_size(dtype);
    fill(dtype, source, rows * n, special, rows * 31 + n + special);
    memset(out, 0x5a, sizeof(out));
    kernels->reduce_rows[ew][dtype](rows, n, out, source);
    for (size_t r = 0; r < rows; r++) {
        memcpy(row, source + r * n * size, n * size);
        fold(kernels->ew[ew][dtype], size, n, row);
        assert_memory_equal(out + r * size, row, size);
    }
    for (size_t i = rows * size; i < sizeof(out); i++) assert_int_equal(out[i], 0x5a);
}

static void test_every_reduction_folds(void **state)
{
    static const size_t rows[] = { 1, 2, 15, 16, 17, 37 };
    int functions = 0;
    (void)state;
    for (int isa = 0; isa < TR_ISA_COUNT; isa++) {
        const tr_kernels *kernels = tr_kernels_named(isa_names[isa]);
        if (!kernels) continue;
        for (int ew = 0; ew < TR_EW_COUNT; ew++) {
            for (int dtype = 0; dtype < TR_DTYPE_COUNT; dtype++) {
                if (!kernels->reduce_rows[ew][dtype]) continue;
                functions++;
                assert_non_null(kernels->ew[ew][dtype]);
                for (size_t n = TR_REDUCE_LEAST; n <= LENGTH_MOST; n *= 2)
                    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
                        for (unsigned special = 0; special <= 8; special += 4)
                            check_rows(kernels, ew, (tr_dtype)dtype, rows[r], n, special);
            }
        }
    }
    assert_true(functions >= 22);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_reduction_folds) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
