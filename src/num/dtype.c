/* Conversions of single values, and the names of types. */
#include "num/dtype.h"

#include "num/float_bits.h"

#include <math.h>
#include <strings.h>

/* clang-format off */
float tr_f16_to_f32(uint16_t bits) { return f16_to_f32(bits); }
float tr_bf16_to_f32(uint16_t bits) { return bf16_to_f32(bits); }
float tr_f8e4m3_to_f32(uint8_t bits) { return f8e4m3_to_f32(bits); }
float tr_f8e5m2_to_f32(uint8_t bits) { return f8e5m2_to_f32(bits); }

uint16_t tr_f32_to_f16(float value) { return f32_to_f16_rne(value); }
uint16_t tr_f32_to_f16_rtz(float value) { return f32_to_f16_rtz(value); }
uint16_t tr_f32_to_bf16(float value) { return f32_to_bf16_rne(value); }
uint16_t tr_f32_to_bf16_rtz(float value) { return f32_to_bf16_rtz(value); }
uint8_t tr_f32_to_f8e4m3(float value) { return f32_to_f8e4m3_rne(value); }
uint8_t tr_f32_to_f8e4m3_rtz(float value) { return f32_to_f8e4m3_rtz(value); }
uint8_t tr_f32_to_f8e5m2(float value) { return f32_to_f8e5m2_rne(value); }
uint8_t tr_f32_to_f8e5m2_rtz(float value) { return f32_to_f8e5m2_rtz(value); }
uint16_t tr_f64_to_f16(double value) { return f32_to_f16_rne(f64_to_f32_odd(value)); }
uint16_t tr_f64_to_bf16(double value) { return f32_to_bf16_rne(f64_to_f32_odd(value)); }
float tr_f32_to_tf32(float value) { return f32_to_tf32_rna(value); }
/* clang-format on */

/* ---------------------------------------------------------------- one element */

#define LOAD(T)                                                                                                        \
    do {                                                                                                               \
        T element;                                                                                                     \
        memcpy(&element, data, sizeof element);                                                                        \
        return (RESULT)element;                                                                                        \
    } while (0)

/* Toward zero, cut to the range of int64_t; NaN gives 0. */
static int64_t integer_of(double value)
{
    if (value != value) return 0;
    if (value >= 0x1p63) return INT64_MAX;
    if (value < -0x1p63) return INT64_MIN;
    return (int64_t)value;
}

static uint16_t load_u16(const void *data)
{
    uint16_t bits;
    memcpy(&bits, data, sizeof bits);
    return bits;
}

double tr_load_f64(tr_dtype dtype, const void *data)
{
#define RESULT double
    switch (dtype) {
    case TR_I1:
    case TR_U8: LOAD(uint8_t);
    case TR_I8: LOAD(int8_t);
    case TR_I16: LOAD(int16_t);
    case TR_I32: LOAD(int32_t);
    case TR_I64: LOAD(int64_t);
    case TR_U16: LOAD(uint16_t);
    case TR_U32: LOAD(uint32_t);
    case TR_U64:
    case TR_PTR: LOAD(uint64_t);
    case TR_F8E4M3FN: return f8e4m3_to_f32(*(const uint8_t *)data);
    case TR_F8E5M2: return f8e5m2_to_f32(*(const uint8_t *)data);
    case TR_F16: return f16_to_f32(load_u16(data));
    case TR_BF16: return bf16_to_f32(load_u16(data));
    case TR_F32: LOAD(float);
    case TR_F64: LOAD(double);
    case TR_DTYPE_NONE:
    case TR_DTYPE_COUNT: break;
    }
    return 0;
#undef RESULT
}

int64_t tr_load_i64(tr_dtype dtype, const void *data)
{
#define RESULT int64_t
    switch (dtype) {
    case TR_I1:
    case TR_U8: LOAD(uint8_t);
    case TR_I8: LOAD(int8_t);
    case TR_I16: LOAD(int16_t);
    case TR_I32: LOAD(int32_t);
    case TR_I64: LOAD(int64_t);
    case TR_U16: LOAD(uint16_t);
    case TR_U32: LOAD(uint32_t);
    case TR_U64:
    case TR_PTR: LOAD(uint64_t);
    default: return integer_of(tr_load_f64(dtype, data));
    }
#undef RESULT
}

/* Writes the low bytes of `bits`. */
static void store_bits(void *data, uint64_t bits, size_t size)
{
    unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(bits >> (8 * i));
}

/* value modulo 2^64, toward zero. */
static uint64_t wrapped(double value)
{
    if (!isfinite(value)) return 0;
    const double magnitude = fmod(trunc(fabs(value)), 0x1p64);
    const uint64_t bits = (uint64_t)magnitude;
    return value < 0 ? 0 - bits : bits;
}

void tr_store_f64(tr_dtype dtype, void *data, double value)
{
    switch (dtype) {
    case TR_F8E4M3FN: store_bits(data, f32_to_f8e4m3_rne(f64_to_f32_odd(value)), 1); return;
    case TR_F8E5M2: store_bits(data, f32_to_f8e5m2_rne(f64_to_f32_odd(value)), 1); return;
    case TR_F16: store_bits(data, tr_f64_to_f16(value), 2); return;
    case TR_BF16: store_bits(data, tr_f64_to_bf16(value), 2); return;
    case TR_F32: store_bits(data, f32_bits((float)value), 4); return;
    case TR_F64: store_bits(data, f64_bits(value), 8); return;
    default: tr_store_i64(dtype, data, (int64_t)wrapped(value)); return;
    }
}

/* Cuts an integer to what a double holds, to odd, so that one more rounding to a narrow format is right. */
static double odd_double(int64_t value)
{
    const uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    const uint64_t cut = magnitude >> 53 ? (magnitude & ~0xfffull) | (magnitude & 0xfffull ? 0x1000u : 0u) : magnitude;
    return value < 0 ? -(double)cut : (double)cut;
}

void tr_store_i64(tr_dtype dtype, void *data, int64_t value)
{
    switch (dtype) {
    case TR_I1: store_bits(data, (uint64_t)value & 1, 1); return;
    case TR_F32: store_bits(data, f32_bits((float)value), 4); return;
    case TR_F64: store_bits(data, f64_bits((double)value), 8); return;
    case TR_F8E4M3FN:
    case TR_F8E5M2:
    case TR_F16:
    case TR_BF16: tr_store_f64(dtype, data, odd_double(value)); return;
    default: store_bits(data, (uint64_t)value, tr_dtype_size(dtype)); return;
    }
}

/* ---------------------------------------------------------------- names */

static const struct {
    const char *name;
    size_t size;
} types[TR_DTYPE_COUNT] = {
    [TR_DTYPE_NONE] = { "none", 0 },
    [TR_I1] = { "i1", 1 },
    [TR_I8] = { "i8", 1 },
    [TR_I16] = { "i16", 2 },
    [TR_I32] = { "i32", 4 },
    [TR_I64] = { "i64", 8 },
    [TR_F8E4M3FN] = { "f8e4m3fn", 1 },
    [TR_F8E5M2] = { "f8e5m2", 1 },
    [TR_F16] = { "f16", 2 },
    [TR_BF16] = { "bf16", 2 },
    [TR_F32] = { "f32", 4 },
    [TR_F64] = { "f64", 8 },
    [TR_U8] = { "u8", 1 },
    [TR_U16] = { "u16", 2 },
    [TR_U32] = { "u32", 4 },
    [TR_U64] = { "u64", 8 },
    [TR_PTR] = { "ptr", 8 },
};

/* Names other than our own, as Triton, NumPy, ml_dtypes and torch have them; case does not matter. */
static const struct {
    const char *name;
    tr_dtype dtype;
} aliases[] = {
    { "int1", TR_I1 },
    { "bool", TR_I1 },
    { "int8", TR_I8 },
    { "int16", TR_I16 },
    { "int32", TR_I32 },
    { "int64", TR_I64 },
    { "uint8", TR_U8 },
    { "uint16", TR_U16 },
    { "uint32", TR_U32 },
    { "uint64", TR_U64 },
    { "fp16", TR_F16 },
    { "float16", TR_F16 },
    { "half", TR_F16 },
    { "bfloat16", TR_BF16 },
    { "fp32", TR_F32 },
    { "float32", TR_F32 },
    { "float", TR_F32 },
    { "fp64", TR_F64 },
    { "float64", TR_F64 },
    { "double", TR_F64 },
    { "fp8e4nv", TR_F8E4M3FN },
    { "float8e4nv", TR_F8E4M3FN },
    { "float8_e4m3fn", TR_F8E4M3FN },
    { "fp8e4m3fn", TR_F8E4M3FN },
    { "fp8e5", TR_F8E5M2 },
    { "float8e5", TR_F8E5M2 },
    { "float8_e5m2", TR_F8E5M2 },
    { "fp8e5m2", TR_F8E5M2 },
    { "pointer", TR_PTR },
};

static bool known(tr_dtype dtype)
{
    return (unsigned)dtype < TR_DTYPE_COUNT;
}

size_t tr_dtype_size(tr_dtype dtype)
{
    return known(dtype) ? types[dtype].size : 0;
}

const char *tr_dtype_name(tr_dtype dtype)
{
    return known(dtype) ? types[dtype].name : types[0].name;
}

tr_dtype tr_dtype_from_name(const char *name)
{
    if (!name) return TR_DTYPE_NONE;
    for (int i = 1; i < TR_DTYPE_COUNT; i++) {
        if (!strcasecmp(name, types[i].name)) return (tr_dtype)i;
    }
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (!strcasecmp(name, aliases[i].name)) return aliases[i].dtype;
    }
    return TR_DTYPE_NONE;
}
