/* Bound: the arguments of one call, and the memory that they are in. */
#include "core.h"

#include <structmember.h>

static PyObject *bound_key(PyObject *object, void *closure)
{
    (void)closure;
    bound_object *self = (bound_object *)object;
    if (!self->key) {
        PyObject *key = make_key(core_state_of_type(Py_TYPE(self)), self->types, self->specs, self->options);
        if (!key) return NULL;
        if (self->key) /* made meanwhile by Python code that ran for it */
            Py_DECREF(key);
        else
            self->key = key;
    }
    Py_INCREF(self->key);
    return self->key;
}

/* "cuda" as soon as one array is there. */
static PyObject *bound_device(PyObject *object, void *closure)
{
    (void)closure;
    const leaf_list *leaves = &((bound_object *)object)->leaves;
    const char *device = NULL;
    for (Py_ssize_t i = 0; i < leaves->count; i++) {
        const call_leaf *leaf = &leaves->items[i];
        if (leaf->kind != LEAF_TENSOR && leaf->kind != LEAF_DESCRIPTOR) continue;
        if (leaf->tensor.device == ON_CUDA) return PyUnicode_FromString("cuda");
        device = "cpu";
    }
    if (device) return PyUnicode_FromString(device);
    Py_RETURN_NONE;
}

static PyObject *bound_leaves(PyObject *object, void *closure)
{
    (void)closure;
    bound_object *self = (bound_object *)object;
    if (!self->leaf_tuple) {
        PyObject *tuple = PyTuple_New(self->leaves.count);
        for (Py_ssize_t i = 0; tuple && i < self->leaves.count; i++) {
            const call_leaf *leaf = &self->leaves.items[i];
            PyObject *item = Py_BuildValue("(iOO)", leaf->parameter, leaf->type, leaf->spec);
            if (!item) Py_CLEAR(tuple);
            if (item) PyTuple_SET_ITEM(tuple, i, item);
        }
        if (!tuple) return NULL;
        self->leaf_tuple = tuple;
    }
    Py_INCREF(self->leaf_tuple);
    return self->leaf_tuple;
}

static PyObject *bound_arguments(PyObject *object, PyObject *unused)
{
    (void)unused;
    bound_object *self = (bound_object *)object;
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict && i < PyTuple_GET_SIZE(self->names); i++)
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(self->names, i), PyTuple_GET_ITEM(self->values, i)) < 0)
            Py_CLEAR(dict);
    return dict;
}

static int bound_traverse(PyObject *object, visitproc visit, void *arg)
{
    bound_object *self = (bound_object *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->values);
    Py_VISIT(self->options);
    Py_VISIT(self->types);
    Py_VISIT(self->specs);
    Py_VISIT(self->key);
    Py_VISIT(self->leaf_tuple);
    for (Py_ssize_t i = 0; i < self->leaves.count; i++) {
        const call_leaf *leaf = &self->leaves.items[i];
        Py_VISIT(leaf->value);
        Py_VISIT(leaf->spec);
        const int status = tensor_traverse(&leaf->tensor, visit, arg);
        if (status) return status;
    }
    return 0;
}

static int bound_clear(PyObject *object)
{
    bound_object *self = (bound_object *)object;
    leaf_list_clear(&self->leaves);
    Py_CLEAR(self->names);
    Py_CLEAR(self->values);
    Py_CLEAR(self->options);
    Py_CLEAR(self->types);
    Py_CLEAR(self->specs);
    Py_CLEAR(self->key);
    Py_CLEAR(self->leaf_tuple);
    return 0;
}

static void bound_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    bound_clear(object);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMethodDef bound_methods[] = {
    { "arguments", bound_arguments, METH_NOARGS, "{name: value}, as a callable grid gets it" },
    { 0 },
};

static PyMemberDef bound_members[] = {
    { "values", T_OBJECT, offsetof(bound_object, values), READONLY, "one a parameter, defaults filled in" },
    { "names", T_OBJECT, offsetof(bound_object, names), READONLY, "of the parameters" },
    { "options", T_OBJECT, offsetof(bound_object, options), READONLY, "keyword arguments that are no parameters" },
    { "types", T_OBJECT, offsetof(bound_object, types), READONLY, "one a parameter" },
    { "specs", T_OBJECT, offsetof(bound_object, specs), READONLY, "one a parameter" },
    { 0 },
};

static PyGetSetDef bound_getset[] = {
    { "key", bound_key, NULL, "equal exactly when types, specs and options are", NULL },
    { "device", bound_device, NULL, "'cpu' or 'cuda', of the arrays; None if there are none", NULL },
    { "leaves", bound_leaves, NULL, "(parameter, type, spec) of each value that is no tuple", NULL },
    { 0 },
};

static PyType_Slot bound_slots[] = {
    { Py_tp_doc, (char *)"The arguments of one call" },
    { Py_tp_traverse, bound_traverse },
    { Py_tp_clear, bound_clear },
    { Py_tp_dealloc, bound_dealloc },
    { Py_tp_methods, bound_methods },
    { Py_tp_members, bound_members },
    { Py_tp_getset, bound_getset },
    { 0, NULL },
};

PyType_Spec bound_spec = {
    .name = "triton_runner._core.Bound",
    .basicsize = sizeof(bound_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | TR_NO_NEW,
    .slots = bound_slots,
};
