/* Elementwise math functions: rows of type M. Compiled once an instruction set.
 *
 * f32 has its own polynomials (math_f32.h); f64 calls the C library, one element after another.
 */
#include "num/isa.h"

#include <math.h>

#define F32(name, ...) RUN_UNARY_SCALAR(name##_f32, float, float, f32_canonical(__VA_ARGS__))
#define F32_2(name, ...) RUN_BINARY_SCALAR(name##_f32, float, float, f32_canonical(__VA_ARGS__))
F32(EXP, expf(a))
F32(EXP2, exp2f(a))
F32(EXPM1, expm1f(a))
F32(LOG, logf(a))
F32(LOG2, log2f(a))
F32(LOG10, log10f(a))
F32(LOG1P, log1pf(a))
F32(SIN, sinf(a))
F32(COS, cosf(a))
F32(TAN, tanf(a))
F32(ASIN, asinf(a))
F32(ACOS, acosf(a))
F32(ATAN, atanf(a))
F32_2(ATAN2, atan2f(a, b))
F32(SINH, sinhf(a))
F32(COSH, coshf(a))
F32(TANH, tanhf(a))
F32(ASINH, asinhf(a))
F32(ACOSH, acoshf(a))
F32(ATANH, atanhf(a))
F32(RSQRT, 1.0f / sqrtf(a))
F32(CBRT, cbrtf(a))
F32_2(POWF, powf(a, b))
F32(ERF, erff(a))
F32(ERFC, erfcf(a))
F32_2(REMF, fmodf(a, b))

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
#define ENTRIES_M(name)                                                                                  \
    kernels->ew[TR_EW_##name][TR_F32] = name##_f32;                                                      \
    kernels->ew[TR_EW_##name][TR_F64] = name##_f64;
#define ENTRIES_F(name)
#define ENTRIES_H(name)
#define ENTRIES_I(name)
#define ENTRIES_W(name)
#define ENTRIES_P(name)
#define EW(name, arity, result, types) ENTRIES_##types(name)
#include "num/elementwise.def"
#undef EW
}
