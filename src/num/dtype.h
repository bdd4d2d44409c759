/* Element types and exact conversions of single values.
 *
 * Storage: integers little-endian two's complement; i1 one byte, 0 or 1; f16, bf16 their 16 bits; fp8 their 8 bits.
 * Rounding is to nearest even unless "rtz". A NaN becomes the target's canonical quiet NaN with the sign dropped
 * where the target has one NaN (fp8), else it keeps its top payload bits. fp8 conversions saturate as Triton
 * defines them (cvt.rn.satfinite): overflow and infinities give the largest finite value of the same sign.
 * Tested over all codes against ml_dtypes and NumPy.
 */
#ifndef TR_NUM_DTYPE_H
#define TR_NUM_DTYPE_H

#include "triton_runner.h"

#include <string.h>

static inline bool tr_dtype_is_float(tr_dtype t)
{
    return t >= TR_F8E4M3FN && t <= TR_F64;
}
static inline bool tr_dtype_is_int(tr_dtype t)
{
    return t >= TR_I1 && t <= TR_I64;
}

float tr_f16_to_f32(uint16_t bits);
float tr_bf16_to_f32(uint16_t bits);
float tr_f8e4m3_to_f32(uint8_t bits);
float tr_f8e5m2_to_f32(uint8_t bits);

uint16_t tr_f32_to_f16(float value);     /* overflow gives infinity */
uint16_t tr_f32_to_f16_rtz(float value); /* overflow gives the largest finite value */
uint16_t tr_f32_to_bf16(float value);
uint16_t tr_f32_to_bf16_rtz(float value);
uint8_t tr_f32_to_f8e4m3(float value); /* saturating, NaN -> 0x7f */
uint8_t tr_f32_to_f8e4m3_rtz(float value);
uint8_t tr_f32_to_f8e5m2(float value); /* saturating (satfinite), NaN -> 0x7f */
uint8_t tr_f32_to_f8e5m2_rtz(float value);
uint16_t tr_f64_to_f16(double value); /* one rounding */
uint16_t tr_f64_to_bf16(double value);
float tr_f32_to_tf32(float value); /* 10 mantissa bits, nearest, ties away from zero (cvt.rna.tf32) */

/* One element at `data` as a double / as a signed 64-bit integer (pointers and unsigned zero-extended). */
double tr_load_f64(tr_dtype dtype, const void *data);
int64_t tr_load_i64(tr_dtype dtype, const void *data);
/* Writes `value` rounded to nearest even (integers: truncated toward zero and wrapped). */
void tr_store_f64(tr_dtype dtype, void *data, double value);
void tr_store_i64(tr_dtype dtype, void *data, int64_t value);

#endif
