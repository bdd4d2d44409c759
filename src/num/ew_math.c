/* Elementwise math functions: rows of type M. Compiled once an instruction set.
 *
 * f32 has its own polynomials (math_*.h); f64 calls the C library, one element after another.
 */
#include "num/isa.h"
#include "num/math_special.h"
#include "num/math_trig.h"

#include <math.h>

#define F32(name, ...) RUN_UNARY(name##_f32, float, float, __VA_ARGS__)
#define F32_2(name, ...) RUN_BINARY(name##_f32, float, float, __VA_ARGS__)
F32(EXP, f32_exp(a))
F32(EXP2, f32_exp2(a))
F32(EXPM1, f32_expm1(a))
F32(LOG, f32_log(a))
F32(LOG2, f32_log2(a))
F32(LOG10, f32_log10(a))
F32(LOG1P, f32_log1p(a))
F32(ASIN, f32_asin(a))
F32(ACOS, f32_acos(a))
F32(ATAN, f32_atan(a))
F32_2(ATAN2, f32_atan2(a, b))
F32(SINH, f32_sinh(a))
F32(COSH, f32_cosh(a))
F32(TANH, f32_tanh(a))
F32(ASINH, f32_asinh(a))
F32(ACOSH, f32_acosh(a))
F32(ATANH, f32_atanh(a))
F32(RSQRT, f32_rsqrt(a))
F32(CBRT, f32_cbrt(a))
F32_2(POWF, f32_pow(a, b))
F32(ERF, f32_erf(a))
F32(ERFC, f32_erfc(a))
RUN_BINARY_SCALAR(REMF_f32, float, float, f32_canonical(fmodf(a, b))) /* exact wherever it comes from */

/* Large arguments are rare: a strip that has one goes element by element. */
#define STRIP 256
#define F32_PERIODIC(name, near, any)                                                                                  \
    RUN_UNARY(name##_near, float, float, near(a))                                                                      \
    RUN_UNARY_SCALAR(name##_any, float, float, any(a))                                                                 \
    static void name##_f32(size_t n, void *dst, const void *va, const void *vb, const void *vc)                        \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i += STRIP) {                                                                        \
            const size_t count = n - i < STRIP ? n - i : STRIP;                                                        \
            const float *a = (const float *)va + i;                                                                    \
            (has_far(count, a) ? name##_any : name##_near)(count, (float *)dst + i, a, vb, vc);                        \
        }                                                                                                              \
    }

static bool has_far(size_t n, const float *a)
{
    int any = 0;
    for (size_t i = 0; i < n; i++) any |= f32_is_far(a[i]);
    return any;
}

F32_PERIODIC(SIN, f32_sin_near, f32_sin)
F32_PERIODIC(COS, f32_cos_near, f32_cos)
F32_PERIODIC(TAN, f32_tan_near, f32_tan)

#define F64(name, ...) RUN_UNARY_SCALAR(name##_f64, double, double, f64_canonical(__VA_ARGS__))
#define F64_2(name, ...) RUN_BINARY_SCALAR(name##_f64, double, double, f64_canonical(__VA_ARGS__))
F64(EXP, exp(a))
F64(EXP2, exp2(a))
F64(EXPM1, expm1(a))
F64(LOG, log(a))
F64(LOG2, log2(a))
F64(LOG10, log10(a))
F64(LOG1P, log1p(a))
F64(SIN, sin(a))
F64(COS, cos(a))
F64(TAN, tan(a))
F64(ASIN, asin(a))
F64(ACOS, acos(a))
F64(ATAN, atan(a))
F64_2(ATAN2, atan2(a, b))
F64(SINH, sinh(a))
F64(COSH, cosh(a))
F64(TANH, tanh(a))
F64(ASINH, asinh(a))
F64(ACOSH, acosh(a))
F64(ATANH, atanh(a))
F64(RSQRT, 1.0 / sqrt(a))
F64(CBRT, cbrt(a))
F64_2(POWF, pow(a, b))
F64(ERF, erf(a))
F64(ERFC, erfc(a))
F64_2(REMF, fmod(a, b))

void ISA_NAME(install_math)(tr_kernels *kernels)
{
#define ENTRIES_M(name)                                                                                                \
    kernels->ew[TR_EW_##name][TR_F32] = name##_f32;                                                                    \
    kernels->ew[TR_EW_##name][TR_F64] = name##_f64;
#define ENTRIES_F(name)
#define ENTRIES_H(name)
#define ENTRIES_I(name)
#define ENTRIES_P(name)
#define EW(name, arity, result, types) ENTRIES_##types(name)
#include "num/elementwise.def"
#undef EW
}
