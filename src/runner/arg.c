#include "num/dtype.h"

static tr_arg scalar(tr_dtype dtype, const void *bytes, size_t size)
{
    tr_arg arg = { .kind = TR_ARG_SCALAR, .dtype = dtype };
    memcpy(&arg.bits, bytes, size);
    return arg;
}

tr_arg tr_arg_buffer(void *data, size_t size_bytes)
{
    return (tr_arg){ .kind = TR_ARG_BUFFER, .data = data, .size = size_bytes };
}

tr_arg tr_arg_view(void *data, size_t size_bytes, size_t offset_bytes)
{
    return (tr_arg){ .kind = TR_ARG_BUFFER, .data = data, .size = size_bytes, .bits = offset_bytes };
}

tr_arg tr_arg_array(const tr_array *array)
{
    tr_arg arg = tr_arg_buffer(array->data, (size_t)array->count * tr_dtype_size(array->dtype));
    arg.dtype = array->dtype;
    return arg;
}

tr_arg tr_arg_device(void *memory, size_t size_bytes)
{
    return (tr_arg){ .kind = TR_ARG_DEVICE, .data = memory, .size = size_bytes };
}

tr_arg tr_arg_i1(bool value)
{
    return tr_arg_int(TR_I1, value);
}

tr_arg tr_arg_i8(int8_t value)
{
    return tr_arg_int(TR_I8, value);
}

tr_arg tr_arg_i16(int16_t value)
{
    return tr_arg_int(TR_I16, value);
}

tr_arg tr_arg_i32(int32_t value)
{
    return tr_arg_int(TR_I32, value);
}

tr_arg tr_arg_i64(int64_t value)
{
    return tr_arg_int(TR_I64, value);
}

tr_arg tr_arg_f16(double value)
{
    return tr_arg_float(TR_F16, value);
}

tr_arg tr_arg_bf16(double value)
{
    return tr_arg_float(TR_BF16, value);
}

tr_arg tr_arg_f32(float value)
{
    return scalar(TR_F32, &value, sizeof(value)); /* not by way of double: a NaN keeps its bits */
}

tr_arg tr_arg_f64(double value)
{
    return scalar(TR_F64, &value, sizeof(value));
}

tr_arg tr_arg_int(tr_dtype dtype, int64_t value)
{
    uint64_t bytes = 0;
    tr_store_i64(dtype, &bytes, value);
    return scalar(dtype, &bytes, tr_dtype_size(dtype));
}

tr_arg tr_arg_float(tr_dtype dtype, double value)
{
    uint64_t bytes = 0;
    tr_store_f64(dtype, &bytes, value);
    return scalar(dtype, &bytes, tr_dtype_size(dtype));
}
