/* Triton's rules for what an argument is specialized to, in the spelling of 3.6 and later.
 *
 * | argument | type | specialization |
 * |---|---|---|
 * | None | constexpr | None |
 * | bool | u1 | None |
 * | int 1 | constexpr | 1 |
 * | int | i32, i64 or u64, the first that holds it | "D" if divisible by 16, else "" |
 * | float | fp32 | None |
 * | array | *fp16, *kfp16 if const | "D" if its address is divisible by 16, else "" |
 * | tuple | a tuple of types | a tuple of specializations |
 * | descriptor | tensordesc<fp16[64, 64]> | None |
 *
 * Without specialization (do_not_specialize) an int 1 is an i32, and "D" and "" are None. Without alignment "D" is "".
 * Members of tuples are specialized in any case.
 */
#include "core.h"

typedef struct rules {
    core_state *state;
    const call_parameter *parameter;
    int index;
    leaf_list *leaves;
} rules;

void leaf_list_clear(leaf_list *list)
{
    call_leaf *items = list->items;
    const Py_ssize_t count = list->count;
    *list = (leaf_list){ 0 }; /* what follows may run Python code */
    for (Py_ssize_t i = 0; i < count; i++) {
        tensor_release(&items[i].tensor);
        Py_CLEAR(items[i].value);
        Py_CLEAR(items[i].type);
        Py_CLEAR(items[i].spec);
        PyMem_Free(items[i].descriptor);
    }
    PyMem_Free(items);
}

/* A new leaf, all zeros. It stays where it is only until the next one is added. */
static call_leaf *add_leaf(rules *r)
{
    leaf_list *list = r->leaves;
    if (list->count == list->capacity) {
        const Py_ssize_t capacity = list->capacity ? 2 * list->capacity : 8;
        call_leaf *items = PyMem_Realloc(list->items, (size_t)capacity * sizeof(*items));
        if (!items) {
            PyErr_NoMemory();
            return NULL;
        }
        list->items = items;
        list->capacity = capacity;
    }
    call_leaf *result = &list->items[list->count];
    memset(result, 0, sizeof(*result));
    result->parameter = r->index;
    list->count++;
    return result;
}

/* Ends a leaf: it keeps the value, the type and the specialization, and gives the latter two to the caller. */
static int end_leaf(call_leaf *leaf, PyObject *value, PyObject *type, PyObject *spec, PyObject **out_type,
                    PyObject **out_spec)
{
    Py_INCREF(value);
    Py_INCREF(type);
    Py_INCREF(spec);
    leaf->value = value;
    leaf->type = type;
    leaf->spec = spec;
    Py_INCREF(type);
    Py_INCREF(spec);
    *out_type = type;
    *out_spec = spec;
    return 0;
}

static PyObject *aligned_or_not(const rules *r, bool is_aligned, int flags)
{
    if (flags & FLAG_NO_SPECIALIZE) return Py_None;
    return r->state->names[is_aligned && !(flags & FLAG_NO_ALIGNMENT) ? NAME_D : NAME_EMPTY];
}

/* ---------------------------------------------------------------- numbers */

static int specialize_integer(const rules *r, PyObject *value, int flags, PyObject **out_type, PyObject **out_spec)
{
    PyObject **names = r->state->names;
    int overflow;
    unsigned long long bits;
    const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (number == -1 && !overflow && PyErr_Occurred()) return -1;
    if (overflow) {
        bits = overflow > 0 ? PyLong_AsUnsignedLongLong(value) : 0;
        if (overflow < 0 || PyErr_Occurred()) {
            PyErr_Format(PyExc_OverflowError, "integer to be specialized too large to represent (argument '%U')",
                         r->parameter->name);
            return -1;
        }
        *out_type = names[NAME_U64];
    } else {
        bits = (unsigned long long)number;
        *out_type = names[number >= INT32_MIN && number <= INT32_MAX ? NAME_I32 : NAME_I64];
    }
    if (!overflow && number == 1 && !(flags & FLAG_NO_SPECIALIZE)) {
        *out_type = names[NAME_CONSTEXPR];
        *out_spec = value;
    } else {
        *out_spec = aligned_or_not(r, bits % 16 == 0, flags);
    }
    return 0;
}

/* NumPy's scalars are Python's: 1 with the Python number in *out, 0 if it isn't one. */
static int number_of_numpy(core_state *state, PyObject *value, PyObject **out)
{
    PyObject *type = numpy_scalar_type(state);
    if (!type || !PyObject_TypeCheck(value, (PyTypeObject *)type)) return 0;
    PyObject *item = PyObject_CallMethodNoArgs(value, state->names[NAME_ITEM]);
    if (item && !PyBool_Check(item) && !PyLong_Check(item) && !PyFloat_Check(item) && PyNumber_Check(item) &&
        !PyComplex_Check(item)) {
        /* np.longdouble, and the scalars of ml_dtypes. */
        PyObject *number = PyNumber_Float(item);
        Py_DECREF(item);
        item = number;
    }
    if (!item) return -1;
    *out = item;
    return 1;
}

/* The leaf of a number: bool, int, float, or None. 0 if it is none of these. */
static int specialize_number(const rules *r, PyObject *value, int flags, call_leaf *leaf, PyObject **out_type,
                             PyObject **out_spec)
{
    PyObject **names = r->state->names, *type, *spec = Py_None;
    if (value == Py_None) {
        leaf->kind = LEAF_NONE;
        type = names[NAME_CONSTEXPR];
    } else if (PyBool_Check(value)) {
        leaf->kind = LEAF_BOOL;
        type = names[NAME_U1];
    } else if (PyLong_Check(value)) {
        leaf->kind = LEAF_INTEGER;
        if (specialize_integer(r, value, flags, &type, &spec) < 0) return -1;
    } else if (PyFloat_Check(value)) {
        leaf->kind = LEAF_FLOAT;
        type = names[NAME_FP32];
    } else {
        return 0;
    }
    end_leaf(leaf, value, type, spec, out_type, out_spec);
    return 1;
}

/* ---------------------------------------------------------------- objects of Triton's, known by what they offer */

/* The class is of that name, in a module of Triton's. */
static bool is_of_triton(core_state *state, PyObject *value, const char *class_name)
{
    const char *name = strrchr(Py_TYPE(value)->tp_name, '.');
    name = name ? name + 1 : Py_TYPE(value)->tp_name;
    if (strcmp(name, class_name) != 0) return false;
    PyObject *module = PyObject_GetAttr((PyObject *)Py_TYPE(value), state->names[NAME_MODULE]);
    const char *text = module && PyUnicode_Check(module) ? PyUnicode_AsUTF8(module) : NULL;
    const bool result = text && (strncmp(text, "triton.", 7) == 0 || strcmp(text, "triton") == 0);
    PyErr_Clear();
    Py_XDECREF(module);
    return result;
}

/* The attribute of the object; NULL without an exception if it has none. */
static PyObject *find(PyObject *object, PyObject *name)
{
    PyObject *value = PyObject_GetAttr(object, name);
    if (!value && PyErr_ExceptionMatches(PyExc_AttributeError)) PyErr_Clear();
    return value;
}

/* An encoded tensor map: its 128 bytes are handed on. */
static int specialize_tensor_map(const rules *r, PyObject *value, call_leaf *leaf, PyObject **out_type, PyObject **out_spec)
{
    PyObject *address = PyObject_CallMethodNoArgs(value, r->state->names[NAME_TMA_DESC]);
    if (!address) return -1;
    leaf->tensor.address = (uintptr_t)PyLong_AsUnsignedLongLongMask(address);
    Py_DECREF(address);
    if (PyErr_Occurred()) return -1;
    leaf->kind = LEAF_TENSOR_MAP;
    return end_leaf(leaf, value, r->state->names[NAME_NVTMADESC], Py_None, out_type, out_spec);
}

static int specialize_object(const rules *r, PyObject *value, call_leaf *leaf, PyObject **out_type, PyObject **out_spec)
{
    PyObject **names = r->state->names;
    leaf->kind = LEAF_OBJECT;
    PyObject *found = find(value, names[NAME_CACHE_KEY]);
    if (found) { /* a decorated function */
        end_leaf(leaf, value, names[NAME_CONSTEXPR], found, out_type, out_spec);
        Py_DECREF(found);
        return 0;
    }
    if (PyErr_Occurred()) return -1;
    if (is_of_triton(r->state, value, "constexpr") || is_of_triton(r->state, value, "dtype"))
        return end_leaf(leaf, value, names[NAME_CONSTEXPR], value, out_type, out_spec);
    found = find(value, names[NAME_TMA_DESC]);
    if (found) {
        Py_DECREF(found);
        return specialize_tensor_map(r, value, leaf, out_type, out_spec);
    }
    if (PyErr_Occurred()) return -1;
    PyObject *type;
    const int status = descriptor_read(r->state, value, r->parameter->name, leaf, &type);
    if (status > 0) {
        end_leaf(leaf, value, type, Py_None, out_type, out_spec);
        Py_DECREF(type);
        return 0;
    }
    if (status == 0)
        PyErr_Format(PyExc_TypeError, "failed to specialize argument of type: %s (argument '%U')",
                     Py_TYPE(value)->tp_name, r->parameter->name);
    return -1;
}

/* ---------------------------------------------------------------- tuples */

static int specialize_value(rules *r, PyObject *value, int flags, PyObject **out_type, PyObject **out_spec);

/* type(like)(*items) for a NamedTuple, else the tuple itself. Takes over `items`. */
static PyObject *tuple_like(core_state *state, PyObject *like, PyObject *items)
{
    if (PyTuple_CheckExact(like)) return items;
    PyObject *fields = find(like, state->names[NAME_FIELDS]);
    if (!fields) {
        if (!PyErr_Occurred()) return items;
        Py_DECREF(items);
        return NULL;
    }
    Py_DECREF(fields);
    PyObject *result = PyObject_Call((PyObject *)Py_TYPE(like), items, NULL);
    Py_DECREF(items);
    return result;
}

static int specialize_tuple(rules *r, PyObject *tuple, PyObject **out_type, PyObject **out_spec)
{
    const Py_ssize_t count = PyTuple_GET_SIZE(tuple);
    PyObject *types = PyTuple_New(count), *specs = PyTuple_New(count);
    int status = types && specs ? 0 : -1;
    if (Py_EnterRecursiveCall(" while an argument was specialized")) {
        Py_XDECREF(types);
        Py_XDECREF(specs);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count && status == 0; i++) {
        PyObject *type, *spec;
        status = specialize_value(r, PyTuple_GET_ITEM(tuple, i), 0, &type, &spec);
        if (status < 0) break;
        PyTuple_SET_ITEM(types, i, type);
        PyTuple_SET_ITEM(specs, i, spec);
    }
    Py_LeaveRecursiveCall();
    if (status == 0) {
        types = tuple_like(r->state, tuple, types);
        specs = types ? tuple_like(r->state, tuple, specs) : specs;
        status = types && specs ? 0 : -1;
    }
    if (status < 0) {
        Py_XDECREF(types);
        Py_XDECREF(specs);
        return -1;
    }
    *out_type = types;
    *out_spec = specs;
    return 0;
}

/* ---------------------------------------------------------------- any value */

static int specialize_array(const rules *r, PyObject *value, int flags, call_leaf *leaf, PyObject **out_type,
                            PyObject **out_spec)
{
    const int found = tensor_read(r->state, value, r->parameter->name, &leaf->tensor);
    if (found <= 0) return found;
    leaf->kind = LEAF_TENSOR;
    end_leaf(leaf, value, r->state->pointer_types[(flags & FLAG_CONST) != 0][leaf->tensor.element],
             aligned_or_not(r, leaf->tensor.address % 16 == 0, flags), out_type, out_spec);
    return 1;
}

static int specialize_value(rules *r, PyObject *value, int flags, PyObject **out_type, PyObject **out_spec)
{
    if (PyTuple_Check(value)) return specialize_tuple(r, value, out_type, out_spec);
    call_leaf *leaf = add_leaf(r);
    if (!leaf) return -1;
    int status = specialize_number(r, value, flags, leaf, out_type, out_spec);
    if (status) return status < 0 ? -1 : 0;
    PyObject *number;
    status = number_of_numpy(r->state, value, &number);
    if (status > 0) {
        status = specialize_number(r, number, flags, leaf, out_type, out_spec);
        if (status == 0)
            PyErr_Format(PyExc_TypeError, "failed to specialize argument of type: %s (argument '%U')",
                         Py_TYPE(value)->tp_name, r->parameter->name);
        Py_DECREF(number);
        return status > 0 ? 0 : -1;
    }
    if (status < 0) return -1;
    status = specialize_array(r, value, flags, leaf, out_type, out_spec);
    if (status) return status < 0 ? -1 : 0;
    return specialize_object(r, value, leaf, out_type, out_spec);
}

/* ---------------------------------------------------------------- parameters */

/* A constexpr parameter's value, which may be anything, is one constant. */
static int specialize_constexpr(rules *r, PyObject *value, PyObject **out_type, PyObject **out_spec)
{
    call_leaf *leaf = add_leaf(r);
    if (!leaf) return -1;
    leaf->kind = value == Py_None        ? LEAF_NONE
                 : PyBool_Check(value)   ? LEAF_BOOL
                 : PyLong_Check(value)   ? LEAF_INTEGER
                 : PyFloat_Check(value)  ? LEAF_FLOAT
                                         : LEAF_OBJECT;
    return end_leaf(leaf, value, r->state->names[NAME_CONSTEXPR], value, out_type, out_spec);
}

/* Where the annotation says that it is a number, any object that can be made one will do. */
static int specialize_annotated_number(rules *r, PyObject *value, PyObject **out_type, PyObject **out_spec)
{
    call_leaf *leaf = add_leaf(r);
    if (!leaf) return -1;
    PyObject *type, *spec, *annotation = r->parameter->annotation;
    if (r->parameter->kind == ANNOTATION_INTEGER) {
        const int status = specialize_number(r, value, r->parameter->flags, leaf, &type, &spec);
        if (status < 0) return -1;
        if (status > 0) {
            Py_DECREF(type);
            *out_type = annotation;
            *out_spec = spec;
            Py_INCREF(annotation);
            Py_INCREF(annotation);
            Py_DECREF(leaf->type);
            leaf->type = annotation;
            return 0;
        }
    }
    leaf->kind = value == Py_None        ? LEAF_NONE
                 : PyBool_Check(value)   ? LEAF_BOOL
                 : PyLong_Check(value)   ? LEAF_INTEGER
                 : PyFloat_Check(value)  ? LEAF_FLOAT
                                         : LEAF_NUMBER;
    return end_leaf(leaf, value, annotation, Py_None, out_type, out_spec);
}

/* The annotation beats the type of the argument. */
static int specialize_annotated(rules *r, PyObject *value, PyObject **out_type, PyObject **out_spec)
{
    PyObject *annotation = r->parameter->annotation;
    const Py_ssize_t first = r->leaves->count;
    if (specialize_value(r, value, r->parameter->flags, out_type, out_spec) < 0) return -1;
    if (r->leaves->count == first + 1) {
        call_leaf *leaf = &r->leaves->items[first];
        Py_INCREF(annotation);
        Py_DECREF(leaf->type);
        leaf->type = annotation;
    }
    Py_INCREF(annotation);
    Py_DECREF(*out_type);
    *out_type = annotation;
    return 0;
}

int specialize(core_state *state, const call_parameter *parameter, int index, PyObject *value, leaf_list *leaves,
               PyObject **out_type, PyObject **out_spec)
{
    rules r = { .state = state, .parameter = parameter, .index = index, .leaves = leaves };
    if (parameter->flags & FLAG_CONSTEXPR) return specialize_constexpr(&r, value, out_type, out_spec);
    switch (parameter->kind) {
    case ANNOTATION_PLAIN:
    case ANNOTATION_INTEGER:
        if (!PyTuple_Check(value)) return specialize_annotated_number(&r, value, out_type, out_spec);
        return specialize_annotated(&r, value, out_type, out_spec);
    case ANNOTATION_POINTER:
        return specialize_annotated(&r, value, out_type, out_spec);
    case ANNOTATION_NONE:
        break;
    }
    return specialize_value(&r, value, parameter->flags, out_type, out_spec);
}
