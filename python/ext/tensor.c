/* Which object is an array, and how its memory is found. */
#include "core.h"

#define E(id, type, dtype, size) { type, dtype, size },
const element_row element_rows[ELEMENT_COUNT] = {
#include "elements.def"
};
#undef E

/* What NumPy, ml_dtypes, torch and Triton call them. */
static const struct {
    const char *name;
    element_type element;
} aliases[] = {
    { "float32", ELEMENT_FP32 },          { "float16", ELEMENT_FP16 },
    { "bfloat16", ELEMENT_BF16 },         { "float64", ELEMENT_FP64 },
    { "int32", ELEMENT_I32 },             { "int64", ELEMENT_I64 },
    { "int16", ELEMENT_I16 },             { "int8", ELEMENT_I8 },
    { "uint8", ELEMENT_U8 },              { "uint16", ELEMENT_U16 },
    { "uint32", ELEMENT_U32 },            { "uint64", ELEMENT_U64 },
    { "bool", ELEMENT_U1 },               { "int1", ELEMENT_U1 },
    { "uint1", ELEMENT_U1 },              { "i1", ELEMENT_U1 },
    { "float8_e4m3fn", ELEMENT_FP8E4NV }, { "float8_e5m2", ELEMENT_FP8E5 },
    { "float8e4nv", ELEMENT_FP8E4NV },    { "float8e5", ELEMENT_FP8E5 },
    { "float8e4b15", ELEMENT_FP8E4B15 },  { "float8e4b8", ELEMENT_FP8E4B8 },
    { "float8e5b16", ELEMENT_FP8E5B16 },  { "float8_e4m3fnuz", ELEMENT_FP8E4B8 },
    { "half", ELEMENT_FP16 },             { "float8_e5m2fnuz", ELEMENT_FP8E5B16 },
    { "float", ELEMENT_FP32 },            { "double", ELEMENT_FP64 },
    { "int", ELEMENT_I32 },
};

bool element_from_name(const char *name, element_type *out)
{
    const char *dot = strrchr(name, '.');
    if (dot) name = dot + 1;
    for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
        if (strcmp(aliases[i].name, name) != 0) continue;
        *out = aliases[i].element;
        return true;
    }
    for (int i = 0; i < ELEMENT_COUNT; i++) {
        if (strcmp(element_rows[i].type, name) != 0) continue;
        *out = (element_type)i;
        return true;
    }
    return false;
}

int element_from_dtype(PyObject *dtype, PyObject *name, element_type *out)
{
    PyObject *text = PyObject_Str(dtype);
    const char *chars = text ? PyUnicode_AsUTF8(text) : NULL;
    int result = chars && element_from_name(chars, out) ? 0 : -1;
    if (chars && result < 0)
        PyErr_Format(PyExc_TypeError, "argument '%U' is an array of %R, for which Triton has no pointer type", name,
                     dtype);
    Py_XDECREF(text);
    return result;
}

bool tensor_set_extent(array_view *tensor, int64_t rank, const int64_t *shape, const int64_t *strides)
{
    const int64_t size = element_rows[tensor->element].size;
    int64_t low = 0, high = 0, dense = size;
    tensor->bounded = true;
    tensor->low = tensor->address;
    tensor->size = 0;
    for (int64_t d = rank - 1; d >= 0; d--) {
        if (shape[d] <= 0) return true;
        int64_t reach;
        if (__builtin_mul_overflow(shape[d] - 1, strides ? strides[d] : dense, &reach)) return false;
        if (__builtin_mul_overflow(dense, shape[d], &dense)) return false;
        int64_t *end = reach < 0 ? &low : &high;
        if (__builtin_add_overflow(*end, reach, end)) return false;
    }
    tensor->low = tensor->address + (uintptr_t)low;
    tensor->size = (uint64_t)(high - low) + (uint64_t)size;
    return true;
}

void tensor_release(array_view *tensor)
{
    if (tensor->buffer.obj) PyBuffer_Release(&tensor->buffer);
    Py_CLEAR(tensor->capsule);
}

int tensor_traverse(const array_view *tensor, visitproc visit, void *arg)
{
    Py_VISIT(tensor->buffer.obj);
    Py_VISIT(tensor->capsule);
    return 0;
}

/* numpy.ndarray and numpy.generic, from the NumPy that the caller has loaded. */
static bool find_numpy(core_state *state)
{
    if (state->numpy_array) return true;
    PyObject *numpy = PyDict_GetItemString(PyImport_GetModuleDict(), "numpy");
    if (!numpy) return false;
    Py_INCREF(numpy);
    state->numpy_array = PyObject_GetAttrString(numpy, "ndarray");
    state->numpy_scalar = PyObject_GetAttrString(numpy, "generic");
    Py_DECREF(numpy);
    if (state->numpy_array && state->numpy_scalar && PyType_Check(state->numpy_array) &&
        PyType_Check(state->numpy_scalar))
        return true;
    PyErr_Clear(); /* a NumPy that is half imported */
    Py_CLEAR(state->numpy_array);
    Py_CLEAR(state->numpy_scalar);
    return false;
}

PyObject *numpy_scalar_type(core_state *state)
{
    return find_numpy(state) ? state->numpy_scalar : NULL;
}

static bool has_attribute(PyObject *object, PyObject *name)
{
    PyObject *value = PyObject_GetAttr(object, name);
    if (!value) PyErr_Clear();
    Py_XDECREF(value);
    return value != NULL;
}

static int read_array(core_state *state, PyObject *object, PyObject *name, array_view *out)
{
    int found = tensor_from_buffer(state, object, name, out);
    return found ? found : tensor_from_interface(state, object, name, false, out);
}

int tensor_read(core_state *state, PyObject *object, PyObject *name, array_view *out)
{
    PyTypeObject *type = Py_TYPE(object);
    memset(out, 0, sizeof(*out));
    if (find_numpy(state) && type == (PyTypeObject *)state->numpy_array) return read_array(state, object, name, out);
    int found = tensor_from_exchange(state, object, out);
    if (found) return found;
    /* Bytes don't change and text is no array, whatever else they offer. */
    if (PyBytes_Check(object) || PyUnicode_Check(object)) return 0;
    if (PyObject_CheckBuffer(object) || has_attribute(object, state->names[NAME_ARRAY_INTERFACE])) {
        found = read_array(state, object, name, out);
        if (found) return found;
    }
    /* Before CUDA's array interface: torch refuses that one for tensors with gradients. */
    found = tensor_from_data_ptr(state, object, name, out);
    if (found) return found;
    found = tensor_from_interface(state, object, name, true, out);
    return found ? found : tensor_from_dlpack(state, object, name, out);
}
