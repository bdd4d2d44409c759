/* num: matrix products of every shape up to a few blocks, against one fused multiply-add after another. */
#include "test_num_reference.h"

enum { MOST = 72 * 80 };
static _Alignas(64) uint64_t a[MOST], b[MOST], c[MOST], d[MOST], expected[MOST];

static void reference(tr_dtype dtype, const tr_dot *dot)
{
    for (int64_t i = 0; i < dot->m; i++) {
        for (int64_t j = 0; j < dot->n; j++) {
            for (int64_t l = 0; l < dot->k; l++) {
                const int64_t at_a = i * dot->a_stride + l, at_b = l * dot->b_stride + j, at_d = i * dot->d_stride + j;
                if (dtype == TR_F32) {
                    float *sum = (float *)dot->d + at_d;
                    if (l == 0) *sum = ((const float *)dot->c)[i * dot->c_stride + j];
                    *sum = fmaf(((const float *)dot->a)[at_a], ((const float *)dot->b)[at_b], *sum);
                    if (isnan(*sum)) memcpy(sum, &(uint32_t){ 0x7fffffff }, 4);
                } else if (dtype == TR_F64) {
                    double *sum = (double *)dot->d + at_d;
                    if (l == 0) *sum = ((const double *)dot->c)[i * dot->c_stride + j];
                    *sum = fma(((const double *)dot->a)[at_a], ((const double *)dot->b)[at_b], *sum);
                    if (isnan(*sum)) memcpy(sum, &(uint64_t){ 0x7ff8000000000000 }, 8);
                } else {
                    uint32_t *sum = (uint32_t *)dot->d + at_d;
                    if (l == 0) *sum = ((const uint32_t *)dot->c)[i * dot->c_stride + j];
                    *sum += ((const uint32_t *)dot->a)[at_a] * ((const uint32_t *)dot->b)[at_b];
                }
            }
        }
    }
}

static tr_dot_fn *function(const tr_kernels *set, tr_dtype dtype)
{
    return dtype == TR_F32 ? set->dot_f32 : dtype == TR_F64 ? set->dot_f64 : set->dot_i32;
}

/* `padding` elements between rows, which nothing may write. */
static void check_shape(tr_dtype dtype, int64_t m, int64_t n, int64_t k, int64_t padding, bool in_place)
{
    const tr_kernels *sets[TR_ISA_COUNT];
    const int count = kernel_sets(sets);
    tr_dot dot = { m, n, k, a, b, c, expected, k + padding, n + padding, n + padding, n + padding };
    memset(expected, 0xa5, sizeof expected);
    reference(dtype, &dot);
    for (int s = 0; s < count; s++) {
        memset(d, 0xa5, sizeof d);
        if (in_place) {
            const size_t size = tr_dtype_size(dtype), row = (size_t)(n + padding) * size;
            for (int64_t i = 0; i < m; i++)
                memcpy((char *)d + (size_t)i * row, (char *)c + (size_t)i * row, (size_t)n * size);
        }
        dot.c = in_place ? d : c;
        dot.d = d;
        function(sets[s], dtype)(&dot);
        char name[64];
        snprintf(name, sizeof name, "dot %dx%dx%d", (int)m, (int)n, (int)k);
        check_same(name, sets[s]->name, dtype, sizeof d / tr_dtype_size(dtype), d, expected);
    }
}

static void fill(tr_dtype dtype, bool special)
{
    uint64_t random = 11;
    uint64_t *const matrices[] = { a, b, c };
    for (int i = 0; i < 3; i++) {
        if (special || dtype == TR_I32) {
            fill_values(dtype, sizeof a / tr_dtype_size(dtype), matrices[i], &random);
            continue;
        }
        for (size_t e = 0; e < sizeof a / tr_dtype_size(dtype); e++) {
            tr_store_f64(dtype, (char *)matrices[i] + e * tr_dtype_size(dtype),
                         (double)(int64_t)next_random(&random) * 0x1p-63);
        }
    }
}

static void every_shape(void **state)
{
    (void)state;
    static const tr_dtype dtypes[] = { TR_F32, TR_F64, TR_I32 };
    static const int64_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 65 };
    static const int64_t depths[] = { 1, 2, 3, 16, 33, 65 };
    for (size_t t = 0; t < LENGTH(dtypes); t++) {
        fill(dtypes[t], false);
        for (size_t i = 0; i < LENGTH(sizes); i++) {
            for (size_t j = 0; j < LENGTH(sizes); j++) {
                for (size_t l = 0; l < LENGTH(depths); l++) {
                    check_shape(dtypes[t], sizes[i], sizes[j], depths[l], (int64_t)(i + j) % 3, (i + l) % 2);
                }
            }
        }
        check_shape(dtypes[t], 3, 5, 700, 0, false);
    }
}

static void infinities_and_nan(void **state)
{
    (void)state;
    fill(TR_F32, true);
    check_shape(TR_F32, 33, 37, 4, 1, false);
    check_shape(TR_F32, 8, 32, 2, 0, true);
    check_shape(TR_F32, 64, 64, 1, 0, true);
    fill(TR_F64, true);
    check_shape(TR_F64, 33, 37, 4, 1, false);
    check_shape(TR_F64, 64, 64, 1, 0, true);
    fill(TR_I32, true);
    check_shape(TR_I32, 33, 37, 9, 1, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape),
        cmocka_unit_test(infinities_and_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
