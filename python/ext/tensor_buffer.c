/* Arrays by Python's buffer protocol: NumPy's, array.array, memoryview. */
#include "core.h"

/* Format characters of the struct module. Their sizes come with the buffer, since 'l' differs between systems. */
static bool element_from_format(const char *format, Py_ssize_t size, element_type *out)
{
    static const element_type integers[2][4] = { { ELEMENT_I8, ELEMENT_I16, ELEMENT_I32, ELEMENT_I64 },
                                            { ELEMENT_U8, ELEMENT_U16, ELEMENT_U32, ELEMENT_U64 } };
    const int log2 = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : size == 8 ? 3 : -1;
    if (*format == '@' || *format == '=' || *format == '<') format++;
    if (!format[0] || format[1] || log2 < 0) return false;
    if (strchr("bhilqn", *format)) {
        *out = integers[0][log2];
    } else if (strchr("BHILQN", *format)) {
        *out = integers[1][log2];
    } else if (*format == '?' && size == 1) {
        *out = ELEMENT_U1;
    } else if (*format == 'e' && size == 2) {
        *out = ELEMENT_FP16;
    } else if (*format == 'f' && size == 4) {
        *out = ELEMENT_FP32;
    } else if (*format == 'd' && size == 8) {
        *out = ELEMENT_FP64;
    } else {
        return false;
    }
    return true;
}

int tensor_from_buffer(core_state *state, PyObject *object, PyObject *name, array_view *out)
{
    (void)state;
    Py_buffer *buffer = &out->buffer;
    if (PyObject_GetBuffer(object, buffer, PyBUF_RECORDS_RO) < 0) {
        buffer->obj = NULL;
        /* NumPy has a ValueError or a BufferError for types that the protocol can't name. */
        if (PyErr_ExceptionMatches(PyExc_BufferError) || PyErr_ExceptionMatches(PyExc_ValueError) ||
            PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_NotImplementedError)) {
            PyErr_Clear();
            return 0;
        }
        return -1;
    }
    const char *format = buffer->format ? buffer->format : "B";
    if (!element_from_format(format, buffer->itemsize, &out->element)) {
        PyErr_Format(PyExc_TypeError,
                     "argument '%U' is an array with elements of format '%s', for which Triton has no pointer type%s",
                     name, format, *format == '>' || *format == '!' ? " (it is big-endian)" : "");
        PyBuffer_Release(buffer);
        return -1;
    }
    _Static_assert(sizeof(Py_ssize_t) == sizeof(int64_t), "shapes and strides are 64-bit");
    out->device = ON_CPU;
    out->read_only = buffer->readonly;
    out->address = (uintptr_t)buffer->buf;
    if (!tensor_set_extent(out, buffer->ndim, (const int64_t *)buffer->shape, (const int64_t *)buffer->strides)) {
        PyErr_Format(PyExc_ValueError, "argument '%U' is larger than memory", name);
        PyBuffer_Release(buffer);
        return -1;
    }
    return 1;
}
