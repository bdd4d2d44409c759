/* Conversions of runs. Compiled once an instruction set.
 *
 * Every conversion is one loop: source to f32 (or f64), f32 to target, both branch-free. convert_f16.c replaces the
 * pairs of f16 and f32 where there are instructions for them.
 */
#include "num/float_integer.h"
#include "num/isa.h"

/* clang-format off */
/* Lists of types: X(name, signed C type, unsigned C type, dtype, ...). */
#define EACH_INT(X, ...)                                                                                 \
    X(i1, uint8_t, uint8_t, TR_I1, __VA_ARGS__)                                                          \
    X(i8, int8_t, uint8_t, TR_I8, __VA_ARGS__)                                                           \
    X(i16, int16_t, uint16_t, TR_I16, __VA_ARGS__)                                                       \
    X(i32, int32_t, uint32_t, TR_I32, __VA_ARGS__)                                                       \
    X(i64, int64_t, uint64_t, TR_I64, __VA_ARGS__)

/* X(name, C type, dtype, ...) of the formats narrower than f32. */
#define EACH_NARROW(X, ...)                                                                              \
    X(f8e4m3, uint8_t, TR_F8E4M3FN, __VA_ARGS__)                                                         \
    X(f8e5m2, uint8_t, TR_F8E5M2, __VA_ARGS__)                                                           \
    X(f16, uint16_t, TR_F16, __VA_ARGS__)                                                                \
    X(bf16, uint16_t, TR_BF16, __VA_ARGS__)

/* ---------------------------------------------------------------- integer to integer */

#define SEXT_FROM_i1(a) (-(int32_t)(a))
#define SEXT_FROM_i8(a) (a)
#define SEXT_FROM_i16(a) (a)
#define SEXT_FROM_i32(a) (a)
#define TRUNC_TO_i1(a) ((a) & 1)
#define TRUNC_TO_i8(a) (a)
#define TRUNC_TO_i16(a) (a)
#define TRUNC_TO_i32(a) (a)

/* X(narrow, its types, wide, its types) of every pair. */
#define EACH_WIDENING(X)                                                                                 \
    X(i1, uint8_t, uint8_t, TR_I1, i8, int8_t, TR_I8)                                                    \
    X(i1, uint8_t, uint8_t, TR_I1, i16, int16_t, TR_I16)                                                 \
    X(i1, uint8_t, uint8_t, TR_I1, i32, int32_t, TR_I32)                                                 \
    X(i1, uint8_t, uint8_t, TR_I1, i64, int64_t, TR_I64)                                                 \
    X(i8, int8_t, uint8_t, TR_I8, i16, int16_t, TR_I16)                                                  \
    X(i8, int8_t, uint8_t, TR_I8, i32, int32_t, TR_I32)                                                  \
    X(i8, int8_t, uint8_t, TR_I8, i64, int64_t, TR_I64)                                                  \
    X(i16, int16_t, uint16_t, TR_I16, i32, int32_t, TR_I32)                                              \
    X(i16, int16_t, uint16_t, TR_I16, i64, int64_t, TR_I64)                                              \
    X(i32, int32_t, uint32_t, TR_I32, i64, int64_t, TR_I64)

#define DEFINE(narrow, NS, NU, narrow_dtype, wide, WS, wide_dtype)                                       \
    RUN_UNARY(sext_##narrow##_##wide, WS, NS, SEXT_FROM_##narrow(a))                                     \
    RUN_UNARY(zext_##narrow##_##wide, WS, NU, a)                                                         \
    RUN_UNARY(trunc_##wide##_##narrow, NU, WS, TRUNC_TO_##narrow(a))
EACH_WIDENING(DEFINE)
#undef DEFINE

/* ---------------------------------------------------------------- integer to float and back */

RUN_UNARY(si_i1_f32, float, uint8_t, odd_s_i1(a))
RUN_UNARY(si_i8_f32, float, int8_t, odd_s_i8(a))
RUN_UNARY(si_i16_f32, float, int16_t, odd_s_i16(a))
RUN_UNARY(si_i32_f32, float, int32_t, a)
RUN_UNARY_SCALAR(si_i64_f32, float, int64_t, a)
RUN_UNARY(ui_i1_f32, float, uint8_t, odd_u_i1(a))
RUN_UNARY(ui_i8_f32, float, uint8_t, odd_u_i8(a))
RUN_UNARY(ui_i16_f32, float, uint16_t, odd_u_i16(a))
RUN_UNARY(ui_i32_f32, float, uint32_t, f64_of_u32(a))
RUN_UNARY_SCALAR(ui_i64_f32, float, uint64_t, a)

RUN_UNARY(si_i1_f64, double, uint8_t, (double)-(int32_t)a)
RUN_UNARY(si_i8_f64, double, int8_t, (double)(int32_t)a)
RUN_UNARY(si_i16_f64, double, int16_t, (double)(int32_t)a)
RUN_UNARY(si_i32_f64, double, int32_t, (double)a)
RUN_UNARY_SCALAR(si_i64_f64, double, int64_t, a)
RUN_UNARY(ui_i1_f64, double, uint8_t, (double)(int32_t)a)
RUN_UNARY(ui_i8_f64, double, uint8_t, (double)(int32_t)a)
RUN_UNARY(ui_i16_f64, double, uint16_t, (double)(int32_t)a)
RUN_UNARY(ui_i32_f64, double, uint32_t, f64_of_u32(a))
RUN_UNARY_SCALAR(ui_i64_f64, double, uint64_t, a)

#define LOOP_i1 RUN_UNARY
#define LOOP_i8 RUN_UNARY
#define LOOP_i16 RUN_UNARY
#define LOOP_i32 RUN_UNARY
#define LOOP_i64 RUN_UNARY_SCALAR

#define DEFINE(f, F, f_dtype, i, S, U, ...)                                                              \
    LOOP_##i(si_##i##_##f, F, S, f32_to_##f##_rne(odd_s_##i(a)))                                         \
    LOOP_##i(ui_##i##_##f, F, U, f32_to_##f##_rne(odd_u_##i(a)))                                         \
    LOOP_##i(fp_to_s_##f##_##i, S, F, f32_to_s_##i(f##_to_f32(a)))                                       \
    LOOP_##i(fp_to_u_##f##_##i, U, F, f32_to_u_##i(f##_to_f32(a)))
#define DEFINE_INT(i, S, U, i_dtype, ...)                                                                \
    EACH_NARROW(DEFINE, i, S, U)                                                                         \
    LOOP_##i(fp_to_s_f32_##i, S, float, f32_to_s_##i(a))                                                 \
    LOOP_##i(fp_to_u_f32_##i, U, float, f32_to_u_##i(a))                                                 \
    LOOP_##i(fp_to_s_f64_##i, S, double, f64_to_s_##i(a))                                                \
    LOOP_##i(fp_to_u_f64_##i, U, double, f64_to_u_##i(a))
EACH_INT(DEFINE_INT, )
#undef DEFINE
#undef DEFINE_INT

/* ---------------------------------------------------------------- float to float */

#define DEFINE(f, F, ...)                                                                                \
    RUN_UNARY(widen_##f##_f32, float, F, f##_to_f32(a))                                                  \
    RUN_UNARY(widen_##f##_f64, double, F, (double)f##_to_f32(a))                                         \
    RUN_UNARY(rne_f32_##f, F, float, f32_to_##f##_rne(a))                                                \
    RUN_UNARY(rtz_f32_##f, F, float, f32_to_##f##_rtz(a))                                                \
    RUN_UNARY(rne_f64_##f, F, double, f32_to_##f##_rne(f64_to_f32_odd(a)))                               \
    RUN_UNARY(rtz_f64_##f, F, double, f32_to_##f##_rtz(f64_to_f32_rtz(a)))
EACH_NARROW(DEFINE, )
#undef DEFINE

RUN_UNARY(widen_f32_f64, double, float, (double)a)
RUN_UNARY(rne_f64_f32, float, double, (float)a)
RUN_UNARY(rtz_f64_f32, float, double, f64_to_f32_rtz(a))

/* Between two narrow formats: X(from, its type, its dtype, to, its type, its dtype). */
#define EACH_NARROW_PAIR(X)                                                                              \
    X(f8e4m3, uint8_t, TR_F8E4M3FN, f8e5m2, uint8_t, TR_F8E5M2)                                          \
    X(f8e4m3, uint8_t, TR_F8E4M3FN, f16, uint16_t, TR_F16)                                               \
    X(f8e4m3, uint8_t, TR_F8E4M3FN, bf16, uint16_t, TR_BF16)                                             \
    X(f8e5m2, uint8_t, TR_F8E5M2, f8e4m3, uint8_t, TR_F8E4M3FN)                                          \
    X(f8e5m2, uint8_t, TR_F8E5M2, f16, uint16_t, TR_F16)                                                 \
    X(f8e5m2, uint8_t, TR_F8E5M2, bf16, uint16_t, TR_BF16)                                               \
    X(f16, uint16_t, TR_F16, f8e4m3, uint8_t, TR_F8E4M3FN)                                               \
    X(f16, uint16_t, TR_F16, f8e5m2, uint8_t, TR_F8E5M2)                                                 \
    X(f16, uint16_t, TR_F16, bf16, uint16_t, TR_BF16)                                                    \
    X(bf16, uint16_t, TR_BF16, f8e4m3, uint8_t, TR_F8E4M3FN)                                             \
    X(bf16, uint16_t, TR_BF16, f8e5m2, uint8_t, TR_F8E5M2)                                               \
    X(bf16, uint16_t, TR_BF16, f16, uint16_t, TR_F16)

#define DEFINE(from, F, from_dtype, to, T, to_dtype)                                                     \
    RUN_UNARY(rne_##from##_##to, T, F, f32_to_##to##_rne(from##_to_f32(a)))                              \
    RUN_UNARY(rtz_##from##_##to, T, F, f32_to_##to##_rtz(from##_to_f32(a)))
EACH_NARROW_PAIR(DEFINE)
#undef DEFINE

/* A type to itself: the bits as they are. */
RUN_UNARY(copy_8, uint8_t, uint8_t, a)
RUN_UNARY(copy_16, uint16_t, uint16_t, a)
RUN_UNARY(copy_32, uint32_t, uint32_t, a)
RUN_UNARY(copy_64, uint64_t, uint64_t, a)

/* ---------------------------------------------------------------- the table */

#define SET(kind, from, to, function) kernels->convert[TR_CVT_##kind][from][to] = (function);
#define SET_FP(from, to, rne, rtz) SET(FP, from, to, rne) SET(FP_RTZ, from, to, rtz)

static void install_integers(tr_kernels *kernels)
{
#define ROW(narrow, NS, NU, narrow_dtype, wide, WS, wide_dtype)                                          \
    SET(SEXT, narrow_dtype, wide_dtype, sext_##narrow##_##wide)                                          \
    SET(ZEXT, narrow_dtype, wide_dtype, zext_##narrow##_##wide)                                          \
    SET(TRUNC, wide_dtype, narrow_dtype, trunc_##wide##_##narrow)
    EACH_WIDENING(ROW)
#undef ROW
#define ROW(f, F, f_dtype, i, i_dtype)                                                                   \
    SET(SI_TO_FP, i_dtype, f_dtype, si_##i##_##f)                                                        \
    SET(UI_TO_FP, i_dtype, f_dtype, ui_##i##_##f)                                                        \
    SET(FP_TO_SI, f_dtype, i_dtype, fp_to_s_##f##_##i)                                                   \
    SET(FP_TO_UI, f_dtype, i_dtype, fp_to_u_##f##_##i)
#define ROW_INT(i, S, U, i_dtype, ...)                                                                   \
    EACH_NARROW(ROW, i, i_dtype)                                                                         \
    ROW(f32, float, TR_F32, i, i_dtype)                                                                  \
    ROW(f64, double, TR_F64, i, i_dtype)
    EACH_INT(ROW_INT, )
#undef ROW
#undef ROW_INT
}

static void install_floats(tr_kernels *kernels)
{
#define ROW(f, F, dtype, ...)                                                                            \
    SET_FP(dtype, dtype, sizeof(F) == 1 ? copy_8 : copy_16, sizeof(F) == 1 ? copy_8 : copy_16)           \
    SET_FP(dtype, TR_F32, widen_##f##_f32, widen_##f##_f32)                                              \
    SET_FP(dtype, TR_F64, widen_##f##_f64, widen_##f##_f64)                                              \
    SET_FP(TR_F32, dtype, rne_f32_##f, rtz_f32_##f)                                                      \
    SET_FP(TR_F64, dtype, rne_f64_##f, rtz_f64_##f)
    EACH_NARROW(ROW, )
#undef ROW
#define ROW(from, F, from_dtype, to, T, to_dtype)                                                        \
    SET_FP(from_dtype, to_dtype, rne_##from##_##to, rtz_##from##_##to)
    EACH_NARROW_PAIR(ROW)
#undef ROW
    SET_FP(TR_F32, TR_F32, copy_32, copy_32)
    SET_FP(TR_F64, TR_F64, copy_64, copy_64)
    SET_FP(TR_F32, TR_F64, widen_f32_f64, widen_f32_f64)
    SET_FP(TR_F64, TR_F32, rne_f64_f32, rtz_f64_f32)
}
/* clang-format on */

void ISA_NAME(install_convert)(tr_kernels *kernels)
{
    install_integers(kernels);
    install_floats(kernels);
}
