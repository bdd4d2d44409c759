/* Tensor descriptors: triton.tools.tensor_descriptor.TensorDescriptor, Gluon's, and objects like them. */
#include "core.h"

static PyObject *find(PyObject *object, PyObject *name)
{
    PyObject *value = PyObject_GetAttr(object, name);
    if (!value && PyErr_ExceptionMatches(PyExc_AttributeError)) PyErr_Clear();
    return value;
}

static int read_numbers(PyObject *value, PyObject *name, const char *what, int rank, int64_t *out)
{
    PyObject *fast = PySequence_Fast(value, "a descriptor's shape and strides are sequences");
    if (!fast) return -1;
    const Py_ssize_t count = PySequence_Fast_GET_SIZE(fast);
    int status = 0;
    if (count > DESCRIPTOR_RANK || (rank >= 0 && count != rank)) {
        PyErr_Format(PyExc_ValueError, "argument '%U' is a descriptor with %zd %s", name, count, what);
        status = -1;
    }
    for (Py_ssize_t i = 0; i < count && status == 0; i++) {
        PyObject *number = PyNumber_Index(PySequence_Fast_GET_ITEM(fast, i));
        out[i] = number ? PyLong_AsLongLong(number) : -1;
        Py_XDECREF(number);
        if (PyErr_Occurred()) status = -1;
    }
    Py_DECREF(fast);
    return status < 0 ? -1 : (int)count;
}

/* "tensordesc<fp16[64, 64]>", with Gluon's layout behind a comma; or what the descriptor itself says. */
static PyObject *make_type(core_state *state, PyObject *value, PyObject *block, element_type element)
{
    PyObject *mangle = find(value, state->names[NAME_MANGLE]);
    if (mangle) {
        PyObject *result = PyObject_CallNoArgs(mangle);
        Py_DECREF(mangle);
        return result;
    }
    if (PyErr_Occurred()) return NULL;
    PyObject *layout = find(value, state->names[NAME_LAYOUT]);
    if (!layout && PyErr_Occurred()) return NULL;
    PyObject *list = PySequence_List(block);
    PyObject *result = !list   ? NULL
                       : layout ? PyUnicode_FromFormat("tensordesc<%s%S,%R>", element_rows[element].type, list, layout)
                                : PyUnicode_FromFormat("tensordesc<%s%S>", element_rows[element].type, list);
    Py_XDECREF(list);
    Py_XDECREF(layout);
    return result;
}

static int read_sizes(core_state *state, PyObject *value, PyObject *name, descriptor *out)
{
    PyObject *shape = PyObject_GetAttr(value, state->names[NAME_SHAPE]);
    PyObject *strides = shape ? PyObject_GetAttr(value, state->names[NAME_STRIDES]) : NULL;
    out->rank = strides ? read_numbers(shape, name, "sizes", -1, out->shape) : -1;
    const int status = out->rank >= 0 ? read_numbers(strides, name, "strides", out->rank, out->strides) : -1;
    Py_XDECREF(shape);
    Py_XDECREF(strides);
    return status < 0 ? -1 : 0;
}

static int read_choices(core_state *state, PyObject *value, descriptor *out)
{
    PyObject *padding = find(value, state->names[NAME_PADDING]);
    if (!padding && PyErr_Occurred()) return -1;
    out->nan_padding = padding && PyUnicode_Check(padding) && PyUnicode_CompareWithASCIIString(padding, "nan") == 0;
    Py_XDECREF(padding);
    PyObject *rounds = find(value, state->names[NAME_ROUND_TO_TF32]);
    if (!rounds && PyErr_Occurred()) return -1;
    const int is_true = rounds ? PyObject_IsTrue(rounds) : 0;
    out->round_to_tf32 = is_true > 0;
    Py_XDECREF(rounds);
    return is_true < 0 ? -1 : 0;
}

int descriptor_read(core_state *state, PyObject *value, PyObject *name, call_leaf *out, PyObject **out_type)
{
    PyObject *block = PyType_Check(value) ? NULL : find(value, state->names[NAME_BLOCK_SHAPE]);
    if (!block) return PyErr_Occurred() ? -1 : 0;
    PyObject *base = find(value, state->names[NAME_BASE]);
    if (!base) {
        Py_DECREF(block);
        return PyErr_Occurred() ? -1 : 0;
    }
    int status = tensor_read(state, base, name, &out->tensor);
    if (status == 0) PyErr_Format(PyExc_TypeError, "argument '%U' is a descriptor of %R, which is no array", name, base);
    Py_DECREF(base);
    out->descriptor = status > 0 ? PyMem_Calloc(1, sizeof(*out->descriptor)) : NULL;
    if (status > 0 && !out->descriptor) PyErr_NoMemory();
    PyObject *type = NULL;
    if (out->descriptor && read_sizes(state, value, name, out->descriptor) == 0 &&
        read_choices(state, value, out->descriptor) == 0)
        type = make_type(state, value, block, out->tensor.element);
    Py_DECREF(block);
    if (!type) return -1;
    out->kind = LEAF_DESCRIPTOR;
    *out_type = type;
    return 1;
}
