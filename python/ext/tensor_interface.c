/* Arrays by __array_interface__ (NumPy arrays of ml_dtypes, which the buffer protocol has no names for) and by
 * __cuda_array_interface__ (CuPy, Numba).
 *
 * Both are dictionaries: shape, typestr ("<f4"), data (address, read-only), strides in bytes or None.
 */
#include "core.h"

/* "<f4": byte order, kind, size. */
static bool element_from_typestr(const char *typestr, element_type *out)
{
    static const struct {
        const char *text;
        element_type element;
    } rows[] = {
        { "b1", ELEMENT_U1 },   { "i1", ELEMENT_I8 },   { "i2", ELEMENT_I16 },  { "i4", ELEMENT_I32 },
        { "i8", ELEMENT_I64 },  { "u1", ELEMENT_U8 },   { "u2", ELEMENT_U16 },  { "u4", ELEMENT_U32 },
        { "u8", ELEMENT_U64 },  { "f2", ELEMENT_FP16 }, { "f4", ELEMENT_FP32 }, { "f8", ELEMENT_FP64 },
    };
    if (*typestr != '<' && *typestr != '|' && *typestr != '=') return false;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (strcmp(rows[i].text, typestr + 1) != 0) continue;
        *out = rows[i].element;
        return true;
    }
    return false;
}

/* The dtype's own name says more than "<V2": 1 found, 0 it doesn't say either. */
static int element_from_dtype_name(core_state *state, PyObject *object, element_type *out)
{
    PyObject *dtype = PyObject_GetAttr(object, state->names[NAME_DTYPE]);
    PyObject *text = dtype ? PyObject_GetAttr(dtype, state->names[NAME_NAME]) : NULL;
    const char *chars = text && PyUnicode_Check(text) ? PyUnicode_AsUTF8(text) : NULL;
    const int found = chars && element_from_name(chars, out);
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(dtype);
    return found;
}

static int read_element(core_state *state, PyObject *object, PyObject *interface, PyObject *name, element_type *out)
{
    PyObject *typestr = PyDict_GetItemWithError(interface, state->names[NAME_TYPESTR]);
    const char *chars = typestr && PyUnicode_Check(typestr) ? PyUnicode_AsUTF8(typestr) : NULL;
    if (chars && element_from_typestr(chars, out)) return 0;
    const bool swapped = chars && *chars == '>';
    if (!swapped && element_from_dtype_name(state, object, out)) return 0;
    PyErr_Format(PyExc_TypeError,
                 "argument '%U' is an array of type '%s', for which Triton has no pointer type%s", name,
                 chars ? chars : "?", swapped ? " (it is big-endian)" : "");
    return -1;
}

/* Up to TR_MAX_RANK numbers of a tuple; -1 with an exception if it isn't that. */
static int64_t read_numbers(PyObject *tuple, int64_t out[])
{
    PyObject *fast = PySequence_Fast(tuple, "an array interface has a shape that is no sequence");
    if (!fast) return -1;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(fast);
    if (count > TR_MAX_RANK) {
        PyErr_Format(PyExc_ValueError, "an array with %zd dimensions; the most is %d", count, TR_MAX_RANK);
        count = -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        out[i] = PyLong_AsLongLong(PySequence_Fast_GET_ITEM(fast, i));
        if (out[i] == -1 && PyErr_Occurred()) count = -1;
    }
    Py_DECREF(fast);
    return count;
}

static int read_extent(core_state *state, PyObject *interface, PyObject *name, array_view *out)
{
    int64_t shape[TR_MAX_RANK], strides[TR_MAX_RANK];
    PyObject *shape_object = PyDict_GetItemWithError(interface, state->names[NAME_SHAPE]);
    PyObject *strides_object = PyDict_GetItemWithError(interface, state->names[NAME_STRIDES]);
    if (strides_object == Py_None) strides_object = NULL;
    int64_t rank = shape_object ? read_numbers(shape_object, shape) : -1;
    int64_t stride_count = strides_object && rank >= 0 ? read_numbers(strides_object, strides) : rank;
    if (PyErr_Occurred()) return -1;
    if (rank < 0 || stride_count != rank || !tensor_set_extent(out, rank, shape, strides_object ? strides : NULL)) {
        PyErr_Format(PyExc_ValueError, "argument '%U' has an array interface whose shape makes no sense", name);
        return -1;
    }
    return 0;
}

static int read_data(core_state *state, PyObject *interface, PyObject *name, array_view *out)
{
    PyObject *data = PyDict_GetItemWithError(interface, state->names[NAME_DATA]);
    if (!data || !PyTuple_Check(data) || PyTuple_GET_SIZE(data) != 2) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_TypeError, "argument '%U' has an array interface without the address of its data", name);
        return -1;
    }
    out->address = (uintptr_t)PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(data, 0));
    if (PyErr_Occurred()) return -1;
    const int read_only = PyObject_IsTrue(PyTuple_GET_ITEM(data, 1));
    out->read_only = read_only > 0;
    return read_only < 0 ? -1 : 0;
}

int tensor_from_interface(core_state *state, PyObject *object, PyObject *name, bool is_cuda, array_view *out)
{
    PyObject *attribute = state->names[is_cuda ? NAME_CUDA_ARRAY_INTERFACE : NAME_ARRAY_INTERFACE];
    PyObject *interface = PyObject_GetAttr(object, attribute);
    if (!interface) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
        PyErr_Clear();
        return 0;
    }
    if (!PyDict_Check(interface)) {
        Py_DECREF(interface);
        return 0;
    }
    out->device = is_cuda ? ON_CUDA : ON_CPU;
    int result = 1;
    if (read_data(state, interface, name, out) < 0 ||
        read_element(state, object, interface, name, &out->element) < 0 ||
        read_extent(state, interface, name, out) < 0)
        result = -1;
    Py_DECREF(interface);
    return result;
}
