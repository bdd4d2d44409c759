/* Objects with data_ptr() and dtype: torch tensors where DLPack's C API isn't offered or refuses, Triton's own stand-ins
 * for tensors, and whatever else Triton takes.
 *
 * What more they offer is used: the device, and for the extent the number of elements, the element size, shape and
 * strides. Without these a kernel on the CPU can't be told where the array ends.
 */
#include "core.h"

/* The attribute, called if it can be; NULL without an exception if there is none or it fails. */
static PyObject *ask(PyObject *object, PyObject *name)
{
    PyObject *value = PyObject_GetAttr(object, name);
    if (value && PyCallable_Check(value)) {
        PyObject *result = PyObject_CallNoArgs(value);
        Py_DECREF(value);
        value = result;
    }
    if (!value) PyErr_Clear();
    return value;
}

static bool has(PyObject *object, PyObject *name)
{
    PyObject *value = PyObject_GetAttr(object, name);
    if (!value) PyErr_Clear();
    Py_XDECREF(value);
    return value != NULL;
}

/* torch.device("cuda", 0), "cuda:0", or an object with is_cuda. */
static tensor_device read_device(core_state *state, PyObject *object)
{
    tensor_device result = ON_CPU;
    PyObject *is_cuda = ask(object, state->names[NAME_IS_CUDA]);
    PyObject *device = is_cuda ? NULL : ask(object, state->names[NAME_DEVICE]);
    PyObject *kind = device ? ask(device, state->names[NAME_TYPE]) : NULL;
    PyObject *text = device ? PyObject_Str(kind ? kind : device) : NULL;
    const char *chars = text ? PyUnicode_AsUTF8(text) : NULL;
    if ((is_cuda && PyObject_IsTrue(is_cuda) == 1) || (chars && strncmp(chars, "cuda", 4) == 0)) result = ON_CUDA;
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(kind);
    Py_XDECREF(device);
    Py_XDECREF(is_cuda);
    return result;
}

/* Numbers of a tuple: how many, or -1 without an exception if it isn't one. */
static int64_t read_numbers(PyObject *sequence, int64_t out[])
{
    PyObject *fast = sequence ? PySequence_Fast(sequence, "") : NULL;
    Py_ssize_t count = fast ? PySequence_Fast_GET_SIZE(fast) : -1;
    if (count > TR_MAX_RANK) count = -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *number = PyNumber_Index(PySequence_Fast_GET_ITEM(fast, i));
        out[i] = number ? PyLong_AsLongLong(number) : -1;
        Py_XDECREF(number);
        if (PyErr_Occurred()) count = -1;
    }
    PyErr_Clear();
    Py_XDECREF(fast);
    return count;
}

/* From shape and stride() (in elements), else from numel(). */
static void read_extent(core_state *state, PyObject *object, array_view *out)
{
    int64_t shape[TR_MAX_RANK], strides[TR_MAX_RANK];
    const int64_t size = element_rows[out->element].size;
    PyObject *shape_object = ask(object, state->names[NAME_SHAPE]);
    PyObject *strides_object = ask(object, state->names[NAME_STRIDE]);
    const int64_t rank = read_numbers(shape_object, shape);
    if (rank >= 0 && read_numbers(strides_object, strides) == rank) {
        bool fits = true;
        for (int64_t d = 0; d < rank; d++) fits = fits && !__builtin_mul_overflow(strides[d], size, &strides[d]);
        out->bounded = fits && tensor_set_extent(out, rank, shape, strides);
    } else {
        PyObject *numel = ask(object, state->names[NAME_NUMEL]);
        const int64_t count = numel ? PyLong_AsLongLong(numel) : -1;
        PyErr_Clear();
        Py_XDECREF(numel);
        out->bounded = count >= 0 && tensor_set_extent(out, 1, &count, NULL);
    }
    Py_XDECREF(shape_object);
    Py_XDECREF(strides_object);
}

int tensor_from_data_ptr(core_state *state, PyObject *object, PyObject *name, array_view *out)
{
    if (PyType_Check(object) || !has(object, state->names[NAME_ADDRESS])) return 0;
    PyObject *dtype = PyObject_GetAttr(object, state->names[NAME_DTYPE]);
    if (!dtype) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
        PyErr_Clear();
        return 0;
    }
    const int status = element_from_dtype(dtype, name, &out->element);
    Py_DECREF(dtype);
    if (status < 0) return -1;
    PyObject *address = PyObject_CallMethodNoArgs(object, state->names[NAME_ADDRESS]);
    if (!address) return -1;
    out->address = (uintptr_t)PyLong_AsUnsignedLongLongMask(address);
    Py_DECREF(address);
    if (PyErr_Occurred()) return -1;
    out->device = read_device(state, object);
    if (out->device == ON_CPU) read_extent(state, object, out);
    return 1;
}
