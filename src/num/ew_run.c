/* Select, fill, iota, counting and tf32 rounding. Compiled once an instruction set. */
#include "num/isa.h"

/* By bit masks, which every instruction set has. */
#define SELECT(bits)                                                                                                   \
    static void select_##bits(size_t n, void *dst, const void *va, const void *vb, const void *vc)                     \
    {                                                                                                                  \
        uint##bits##_t *d = dst;                                                                                       \
        const uint8_t *mask = va;                                                                                      \
        const uint##bits##_t *b = vb, *c = vc;                                                                         \
        SIMD for (size_t i = 0; i < n; i++)                                                                            \
        {                                                                                                              \
            const uint##bits##_t ones = (uint##bits##_t)(0 - (uint##bits##_t)(mask[i] != 0));                          \
            d[i] = (uint##bits##_t)((b[i] & ones) | (c[i] & ~ones));                                                   \
        }                                                                                                              \
    }
SELECT(8)
SELECT(16)
SELECT(32)
SELECT(64)

#define FILL(bits)                                                                                                     \
    static void fill_##bits(size_t n, void *dst, uint64_t value)                                                       \
    {                                                                                                                  \
        uint##bits##_t *d = dst;                                                                                       \
        const uint##bits##_t v = (uint##bits##_t)value;                                                                \
        SIMD for (size_t i = 0; i < n; i++) d[i] = v;                                                                  \
    }
FILL(8)
FILL(16)
FILL(32)
FILL(64)

#define IOTA(bits)                                                                                                     \
    static void iota_##bits(size_t n, void *dst, int64_t base, int64_t step)                                           \
    {                                                                                                                  \
        uint##bits##_t *d = dst;                                                                                       \
        const uint##bits##_t b = (uint##bits##_t)base, s = (uint##bits##_t)step;                                       \
        SIMD for (size_t i = 0; i < n; i++) d[i] = (uint##bits##_t)(b + (uint##bits##_t)i * (uint64_t)s);              \
    }
IOTA(8)
IOTA(16)
IOTA(32)
IOTA(64)

#define REPEAT(bits)                                                                                                   \
    static void repeat_##bits(size_t rows, size_t n, void *dst, const void *src, int64_t stride)                       \
    {                                                                                                                  \
        uint##bits##_t *d = dst;                                                                                       \
        const uint##bits##_t *s = src;                                                                                 \
        for (size_t r = 0; r < rows; r++, d += n, s += stride) {                                                       \
            const uint##bits##_t v = *s;                                                                               \
            SIMD for (size_t i = 0; i < n; i++) d[i] = v;                                                              \
        }                                                                                                              \
    }
REPEAT(8)
REPEAT(16)
REPEAT(32)
REPEAT(64)

static void round_tf32(size_t n, void *dst, const void *va)
{
    float *d = dst;
    const float *a = va;
    SIMD for (size_t i = 0; i < n; i++) d[i] = f32_to_tf32_rna(a[i]);
}

static size_t count_true(size_t n, const void *vmask)
{
    const uint8_t *mask = vmask;
    size_t total = 0;
    while (n) {
        const uint32_t strip = n < 65536 ? (uint32_t)n : 65536; /* a narrow sum makes wide vectors */
        uint32_t count = 0;
        for (uint32_t i = 0; i < strip; i++) count += mask[i] != 0;
        total += count;
        mask += strip, n -= strip;
    }
    return total;
}

void ISA_NAME(install_run)(tr_kernels *kernels)
{
    static tr_run_fn *const select_by_log2_size[] = { select_8, select_16, select_32, select_64 };
    for (int dtype = TR_DTYPE_NONE + 1; dtype < TR_DTYPE_COUNT; dtype++) {
        const int log2_size = __builtin_ctz((unsigned)tr_dtype_size((tr_dtype)dtype));
        kernels->ew[TR_EW_SELECT][dtype] = select_by_log2_size[log2_size];
    }
    kernels->fill[0] = fill_8;
    kernels->fill[1] = fill_16;
    kernels->fill[2] = fill_32;
    kernels->fill[3] = fill_64;
    kernels->iota[0] = iota_8;
    kernels->iota[1] = iota_16;
    kernels->iota[2] = iota_32;
    kernels->iota[3] = iota_64;
    kernels->repeat[0] = repeat_8;
    kernels->repeat[1] = repeat_16;
    kernels->repeat[2] = repeat_32;
    kernels->repeat[3] = repeat_64;
    kernels->round_tf32 = round_tf32;
    kernels->count_true = count_true;
}
