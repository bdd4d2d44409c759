/* Elementwise integer functions: rows of type I and W. Compiled once an instruction set. */
#include "num/integer_bodies.h"
#include "num/isa.h"
#include "num/reduce_rows.h"

#define S int8_t
#define U uint8_t
#define W uint32_t
#define X i8
#define BITS 8
#include "num/ew_int_width.h"

#define S int16_t
#define U uint16_t
#define W uint32_t
#define X i16
#define BITS 16
#include "num/ew_int_width.h"

#define S int32_t
#define U uint32_t
#define W uint32_t
#define X i32
#define BITS 32
#include "num/ew_int_width.h"

#define S int64_t
#define U uint64_t
#define W uint64_t
#define X i64
#define BITS 64
#include "num/ew_int_width.h"

/* i1: bytes 0 and 1, arithmetic modulo 2, where a signed 1 is -1. */
/* clang-format off */
#define BINARY(name, ...) RUN_BINARY(name##_i1, uint8_t, uint8_t, __VA_ARGS__)
BINARY(ADDI, a ^ b)
BINARY(SUBI, a ^ b)
BINARY(MULI, a & b)
BINARY(DIVSI, a | (b ^ 1)) /* a / 1 = a, a / 0 = all ones; -1 / -1 wraps to -1 */
BINARY(DIVUI, a | (b ^ 1))
BINARY(REMSI, a & (b ^ 1)) /* a % 1 = 0, a % 0 = a */
BINARY(REMUI, a & (b ^ 1))
BINARY(CEILDIVSI, a | (b ^ 1))
BINARY(CEILDIVUI, a | (b ^ 1))
BINARY(FLOORDIVSI, a | (b ^ 1))
BINARY(POWSI, ((void)a, (void)b, 1)) /* 0 ^ 0 = -1 ^ 0 = 1, -1 ^ -1 = -1, 0 ^ -1 = 1 / 0 */
BINARY(ANDI, a & b)
BINARY(ORI, a | b)
BINARY(XORI, a ^ b)
BINARY(SHLI, a & (b ^ 1)) /* by 1 is by the whole width */
BINARY(SHRSI, ((void)b, a))
BINARY(SHRUI, a & (b ^ 1))
BINARY(MAXSI, a & b)
BINARY(MINSI, a | b)
BINARY(MAXUI, a | b)
BINARY(MINUI, a & b)
BINARY(CMPI_EQ, a ^ b ^ 1)
BINARY(CMPI_NE, a ^ b)
BINARY(CMPI_SLT, a > b)
BINARY(CMPI_SLE, a >= b)
BINARY(CMPI_SGT, a < b)
BINARY(CMPI_SGE, a <= b)
BINARY(CMPI_ULT, a < b)
BINARY(CMPI_ULE, a <= b)
BINARY(CMPI_UGT, a > b)
BINARY(CMPI_UGE, a >= b)
BINARY(MULHIUI, ((void)a, (void)b, 0))
BINARY(MULHISI, ((void)a, (void)b, 0)) /* -1 * -1 = 1, which is in the lower half */
#undef BINARY
RUN_UNARY(ABSI_i1, uint8_t, uint8_t, a) /* 1 is no signed bit: it wraps to -1 */
RUN_UNARY(CTPOP_i1, uint8_t, uint8_t, a)
RUN_UNARY(CTLZ_i1, uint8_t, uint8_t, a ^ 1)
RUN_UNARY(CTTZ_i1, uint8_t, uint8_t, a ^ 1)
/* clang-format on */

void ISA_NAME(install_int)(tr_kernels *kernels)
{
#define ENTRY(name, suffix, dtype) kernels->ew[TR_EW_##name][dtype] = name##_##suffix;
#define ENTRIES_W(name)                                                                                                \
    ENTRY(name, i8, TR_I8)                                                                                             \
    ENTRY(name, i8, TR_U8)                                                                                             \
    ENTRY(name, i16, TR_I16)                                                                                           \
    ENTRY(name, i16, TR_U16)                                                                                           \
    ENTRY(name, i32, TR_I32)                                                                                           \
    ENTRY(name, i32, TR_U32)                                                                                           \
    ENTRY(name, i64, TR_I64)                                                                                           \
    ENTRY(name, i64, TR_U64)                                                                                           \
    ENTRY(name, i64, TR_PTR)
#define ENTRIES_I(name) ENTRY(name, i1, TR_I1) ENTRIES_W(name)
#define ENTRIES_F(name)
#define ENTRIES_H(name)
#define ENTRIES_M(name)
#define ENTRIES_P(name)
#define EW(name, arity, result, types) ENTRIES_##types(name)
#include "num/elementwise.def"
#undef EW
#define REDUCTION(name)                                                                                                \
    kernels->reduce_rows[TR_EW_##name][TR_I32] = rows_##name##_i32;                                                    \
    kernels->reduce_rows[TR_EW_##name][TR_I64] = rows_##name##_i64;
    REDUCTION(ADDI)
    REDUCTION(MAXSI)
    REDUCTION(MINSI)
    REDUCTION(ANDI)
    REDUCTION(ORI)
    REDUCTION(XORI)
}
