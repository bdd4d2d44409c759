/* What each kernel of src/num costs, in ns an element, on every instruction set this CPU has, beside a reference
 * measured in the same run:
 *
 *     num [PATTERN]      rows whose name contains PATTERN
 *
 * Runs of 4096 elements within the caches, best of many repetitions.
 */
#include "num/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N = 4096, SOURCES = 3 };

static _Alignas(64) unsigned char source[SOURCES][N * 8], result[N * 8];
static const char *const isa_names[TR_ISA_COUNT] = { "baseline", "avx2", "avx512" };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Best time of one call of `body`, in ns. */
#define BEST(out, body)                                                                                                \
    do {                                                                                                               \
        double best_ = 1e9;                                                                                            \
        int repeat_ = 1;                                                                                               \
        for (int trial_ = 0; trial_ < 25; trial_++) {                                                                  \
            const double begin_ = now();                                                                               \
            for (int r_ = 0; r_ < repeat_; r_++) {                                                                     \
                body;                                                                                                  \
                __asm__ volatile("" ::: "memory");                                                                     \
            }                                                                                                          \
            const double seconds_ = now() - begin_;                                                                    \
            if (seconds_ < 2e-4 && trial_ < 8) {                                                                       \
                repeat_ *= 4, trial_--;                                                                                \
                if (repeat_ > 1 << 24) break;                                                                          \
                continue;                                                                                              \
            }                                                                                                          \
            if (seconds_ / repeat_ < best_) best_ = seconds_ / repeat_;                                                \
        }                                                                                                              \
        (out) = best_ * 1e9;                                                                                           \
    } while (0)

static void fill_sources(tr_dtype dtype, double low, double high)
{
    uint64_t state = 1;
    for (int s = 0; s < SOURCES; s++) {
        for (int i = 0; i < N; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            const double unit = (double)(state >> 11) * 0x1p-53;
            tr_store_f64(dtype, source[s] + (size_t)i * tr_dtype_size(dtype), low + unit * (high - low));
        }
    }
}

static void run_ew(const char *pattern, tr_ew ew, tr_dtype dtype, double low, double high)
{
    char name[64];
    const tr_ew_info *info = tr_ew_describe(ew);
    snprintf(name, sizeof name, "%s %s", info->name, tr_dtype_name(dtype));
    if (!strstr(name, pattern)) return;
    fill_sources(dtype, low, high);
    if (ew == TR_EW_SELECT) {
        for (int i = 0; i < N; i++) source[0][i] = source[0][i * 3 % N] & 1;
    }
    printf("%-24s", name);
    for (int isa = 0; isa < TR_ISA_COUNT; isa++) {
        const tr_kernels *kernels = tr_kernels_named(isa_names[isa]);
        double ns = NAN;
        if (kernels) {
            tr_run_fn *const run = kernels->ew[ew][dtype];
            BEST(ns, run(N, result, source[0], source[1], source[2]));
        }
        printf(" %9.3f", ns / N);
    }
    printf("\n");
}

static void run_convert(const char *pattern, tr_cvt kind, tr_dtype from, tr_dtype to)
{
    static const char *const kinds[] = { "sext",     "zext",     "trunc", "si_to_fp", "ui_to_fp",
                                         "fp_to_si", "fp_to_ui", "fp",    "fp_rtz" };
    char name[64];
    snprintf(name, sizeof name, "%s %s %s", kinds[kind], tr_dtype_name(from), tr_dtype_name(to));
    if (!strstr(name, pattern)) return;
    fill_sources(from, -100, 100);
    printf("%-24s", name);
    for (int isa = 0; isa < TR_ISA_COUNT; isa++) {
        const tr_kernels *kernels = tr_kernels_named(isa_names[isa]);
        double ns = NAN;
        if (kernels) BEST(ns, kernels->convert[kind][from][to](N, result, source[0], NULL, NULL));
        printf(" %9.3f", ns / N);
    }
    printf("\n");
}

static void run_dot(const char *pattern, tr_dtype dtype, int64_t m, int64_t n, int64_t k)
{
    static _Alignas(64) unsigned char a[256 * 256 * 8], b[256 * 256 * 8], c[256 * 256 * 8], d[256 * 256 * 8];
    char name[64];
    snprintf(name, sizeof name, "dot %s %dx%dx%d", tr_dtype_name(dtype), (int)m, (int)n, (int)k);
    if (!strstr(name, pattern)) return;
    const size_t size = tr_dtype_size(dtype);
    for (size_t i = 0; i < sizeof a / size; i++) {
        tr_store_f64(dtype, a + i * size, (double)(i % 17) - 8);
        tr_store_f64(dtype, b + i * size, (double)(i % 13) - 6);
    }
    memset(c, 0, sizeof c);
    const tr_dot dot = { m, n, k, a, b, c, d, k, n, n, n };
    printf("%-24s", name);
    for (int isa = 0; isa < TR_ISA_COUNT; isa++) {
        const tr_kernels *kernels = tr_kernels_named(isa_names[isa]);
        double ns = NAN;
        if (kernels) {
            tr_dot_fn *const run = dtype == TR_F32   ? kernels->dot_f32
                                   : dtype == TR_F64 ? kernels->dot_f64
                                                     : kernels->dot_i32;
            BEST(ns, run(&dot));
        }
        printf(" %9.2f", 2.0 * (double)(m * n * k) / ns);
    }
    printf("   GFLOP/s\n");
}

/* f16 operands to f32, the product, and back, as the tile VM does it. */
static void run_dot_f16(const char *pattern, int64_t m, int64_t n, int64_t k)
{
    static _Alignas(64) uint16_t a[128 * 128], b[128 * 128];
    static _Alignas(64) float wide_a[128 * 128], wide_b[128 * 128], d[128 * 128];
    char name[64];
    snprintf(name, sizeof name, "dot f16 %dx%dx%d", (int)m, (int)n, (int)k);
    if (!strstr(name, pattern)) return;
    for (int i = 0; i < 128 * 128; i++)
        a[i] = tr_f32_to_f16((float)(i % 17) - 8), b[i] = tr_f32_to_f16((float)(i % 13));
    memset(d, 0, sizeof d);
    const tr_dot dot = { m, n, k, wide_a, wide_b, d, d, k, n, n, n };
    printf("%-24s", name);
    for (int isa = 0; isa < TR_ISA_COUNT; isa++) {
        const tr_kernels *kernels = tr_kernels_named(isa_names[isa]);
        double ns = NAN;
        if (kernels) {
            tr_run_fn *const widen = kernels->convert[TR_CVT_FP][TR_F16][TR_F32];
            BEST(ns, (widen((size_t)(m * k), wide_a, a, NULL, NULL), widen((size_t)(k * n), wide_b, b, NULL, NULL),
                      kernels->dot_f32(&dot)));
        }
        printf(" %9.0f", ns);
    }
    printf("   ns with both conversions\n");
}

static void run_reference(const char *pattern, const char *name, double ns)
{
    if (strstr(name, pattern)) printf("%-24s %9.3f\n", name, ns / N);
}

int main(int argc, char **argv)
{
    const char *pattern = argc > 1 ? argv[1] : "";
    double ns;
    printf("%-24s %9s %9s %9s   ns an element unless it says otherwise\n", "", "baseline", "avx2", "avx512");

    BEST(ns, memcpy(result, source[0], N * 4));
    run_reference(pattern, "memcpy of f32", ns);
    float *const x = (float *)(void *)source[0], *const y = (float *)(void *)result;
    fill_sources(TR_F32, -10, 10);
    BEST(ns, for (int i = 0; i < N; i++) y[i] = expf(x[i]));
    run_reference(pattern, "libm expf", ns);
    BEST(ns, for (int i = 0; i < N; i++) y[i] = sinf(x[i]));
    run_reference(pattern, "libm sinf", ns);
    BEST(ns, for (int i = 0; i < N; i++) y[i] = logf(x[i]));
    run_reference(pattern, "libm logf", ns);
    BEST(ns, for (int i = 0; i < N; i++) y[i] = erff(x[i]));
    run_reference(pattern, "libm erff", ns);

    for (int ew = TR_EW_NONE + 1; ew < TR_EW_COUNT; ew++) {
        static const tr_dtype dtypes[] = { TR_I1, TR_I8, TR_I16, TR_I32, TR_I64, TR_F16, TR_BF16, TR_F32, TR_F64 };
        for (size_t t = 0; t < sizeof dtypes / sizeof *dtypes; t++) {
            const bool is_int = tr_dtype_is_int(dtypes[t]);
            if (tr_kernels_best()->ew[ew][dtypes[t]])
                run_ew(pattern, (tr_ew)ew, dtypes[t], is_int ? 1 : 0.1, is_int ? 100 : 0.9);
        }
    }
    for (int kind = 0; kind < TR_CVT_COUNT; kind++) {
        for (int from = TR_I1; from <= TR_F64; from++) {
            for (int to = TR_I1; to <= TR_F64; to++) {
                if (tr_kernels_best()->convert[kind][from][to])
                    run_convert(pattern, (tr_cvt)kind, (tr_dtype)from, (tr_dtype)to);
            }
        }
    }
    static const int shapes[][3] = { { 16, 16, 16 },   { 16, 32, 16 },   { 32, 32, 32 },
                                     { 64, 64, 32 },   { 128, 128, 32 }, { 128, 128, 128 },
                                     { 128, 256, 64 }, { 7, 5, 9 },      { 33, 33, 33 } };
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        run_dot(pattern, TR_F32, shapes[s][0], shapes[s][1], shapes[s][2]);
        run_dot(pattern, TR_F64, shapes[s][0], shapes[s][1], shapes[s][2]);
        run_dot(pattern, TR_I32, shapes[s][0], shapes[s][1], shapes[s][2]);
    }
    run_dot_f16(pattern, 32, 32, 32);
    run_dot_f16(pattern, 64, 64, 32);
    run_dot_f16(pattern, 128, 128, 32);
    return 0;
}
