/* Keys of calls. Python finds 1, True and 1.0 equal, 0.0 and -0.0 too, and no NaN itself; a compiled kernel differs.
 * So a constant becomes (type, value), with what distinguishes it in place of the value. */
#include "core.h"

static PyObject *freeze(core_state *state, PyObject *value);

/* (type, item, item...) */
static PyObject *freeze_tuple(core_state *state, PyObject *tuple)
{
    const Py_ssize_t count = PyTuple_GET_SIZE(tuple);
    PyObject *result = PyTuple_New(count + 1);
    if (!result) return NULL;
    Py_INCREF(Py_TYPE(tuple));
    PyTuple_SET_ITEM(result, 0, (PyObject *)Py_TYPE(tuple));
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = freeze(state, PyTuple_GET_ITEM(tuple, i));
        if (!item) {
            Py_DECREF(result);
            return NULL;
        }
        PyTuple_SET_ITEM(result, i + 1, item);
    }
    return result;
}

static PyObject *bits_of(PyObject *value)
{
    const double number = PyFloat_AS_DOUBLE(value);
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    return PyLong_FromUnsignedLongLong(bits);
}

/* What stands for the value in a key: new reference. */
static PyObject *distinguishing(core_state *state, PyObject *value)
{
    if (PyFloat_Check(value)) return bits_of(value);
    if (PyComplex_Check(value)) return PyObject_Repr(value);
    if (value == Py_None || PyLong_Check(value) || PyUnicode_CheckExact(value) || PyType_Check(value)) {
        Py_INCREF(value);
        return value;
    }
    PyObject *key = PyObject_GetAttr(value, state->names[NAME_CACHE_KEY]);
    if (key) return key;
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return NULL;
    PyErr_Clear();
    const char *name = strrchr(Py_TYPE(value)->tp_name, '.');
    if (strcmp(name ? name + 1 : Py_TYPE(value)->tp_name, "constexpr") == 0) {
        /* Its == makes another constexpr of the two. */
        PyObject *inner = PyObject_GetAttr(value, state->names[NAME_VALUE]);
        if (inner) {
            PyObject *frozen = freeze(state, inner);
            Py_DECREF(inner);
            return frozen;
        }
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return NULL;
        PyErr_Clear();
    }
    PyObject *scalar = numpy_scalar_type(state);
    if (scalar && PyObject_TypeCheck(value, (PyTypeObject *)scalar)) return PyObject_Repr(value);
    const Py_hash_t hash = PyObject_Hash(value);
    if (hash != -1) {
        Py_INCREF(value);
        return value;
    }
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return NULL;
    PyErr_Clear();
    return PyObject_Repr(value); /* a list, a dict: it may change, so its text it is */
}

static PyObject *freeze(core_state *state, PyObject *value)
{
    PyObject *result = NULL;
    if (Py_EnterRecursiveCall(" while a key was made")) return NULL;
    if (PyTuple_Check(value)) {
        result = freeze_tuple(state, value);
    } else {
        PyObject *item = distinguishing(state, value);
        if (item) {
            result = PyTuple_Pack(2, (PyObject *)Py_TYPE(value), item);
            Py_DECREF(item);
        }
    }
    Py_LeaveRecursiveCall();
    return result;
}

/* Of dict {name: value}: ((name, frozen value)...) in order of name. */
static PyObject *freeze_options(core_state *state, PyObject *options)
{
    PyObject *names = PyMapping_Keys(options);
    if (!names || PyList_Sort(names) < 0) {
        Py_XDECREF(names);
        return NULL;
    }
    const Py_ssize_t count = PyList_GET_SIZE(names);
    PyObject *result = PyTuple_New(count);
    for (Py_ssize_t i = 0; result && i < count; i++) {
        PyObject *name = PyList_GET_ITEM(names, i), *value = PyDict_GetItemWithError(options, name);
        PyObject *frozen = value ? freeze(state, value) : NULL;
        PyObject *pair = frozen ? PyTuple_Pack(2, name, frozen) : NULL;
        Py_XDECREF(frozen);
        if (!pair) {
            Py_CLEAR(result);
            break;
        }
        PyTuple_SET_ITEM(result, i, pair);
    }
    Py_DECREF(names);
    return result;
}

/* Specializations beside their types: "D" and "" stay as they are, constants are frozen. */
PyObject *make_key(core_state *state, PyObject *types, PyObject *specs, PyObject *options)
{
    PyObject *frozen_types = freeze(state, types);
    PyObject *frozen_specs = frozen_types ? freeze(state, specs) : NULL;
    PyObject *frozen_options = frozen_specs ? freeze_options(state, options) : NULL;
    PyObject *key = frozen_options ? PyTuple_Pack(3, frozen_types, frozen_specs, frozen_options) : NULL;
    Py_XDECREF(frozen_types);
    Py_XDECREF(frozen_specs);
    Py_XDECREF(frozen_options);
    return key;
}
