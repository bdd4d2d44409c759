/* Binder: the arguments of a call become those of a function's parameters, as Python's own calls do it. The messages are
 * those that Triton's users know, where a function made from the signature, dynamic_func, complains. */
#include "core.h"

#include <structmember.h>

typedef struct binder_object {
    PyObject_HEAD
    vectorcallfunc call;
    Py_ssize_t count, positional; /* `positional`: so many at most come by position */
    Py_ssize_t varargs;           /* number of the parameter that takes the rest, -1 = none */
    call_parameter *parameters;
    PyObject *names;
} binder_object;

/* ---------------------------------------------------------------- complaints */

/* "'a'", "'a' and 'b'", "'a', 'b', and 'c'" */
static PyObject *listed(PyObject *names)
{
    const Py_ssize_t count = PyList_GET_SIZE(names);
    PyObject *text = PyUnicode_FromString("");
    for (Py_ssize_t i = 0; text && i < count; i++) {
        const char *before = i == 0 ? "" : i < count - 1 ? ", " : count == 2 ? " and " : ", and ";
        PyObject *longer = PyUnicode_FromFormat("%U%s%R", text, before, PyList_GET_ITEM(names, i));
        Py_DECREF(text);
        text = longer;
    }
    return text;
}

static int missing(const binder_object *self, PyObject *const *slots)
{
    static const char *const kinds[] = { "positional", "keyword-only" };
    for (int keyword = 0; keyword < 2; keyword++) {
        PyObject *names = PyList_New(0);
        if (!names) return -1;
        for (Py_ssize_t i = 0; i < self->count; i++) {
            const call_parameter *p = &self->parameters[i];
            if (slots[i] || p->default_value || ((p->flags & FLAG_KEYWORD_ONLY) != 0) != keyword) continue;
            if (i != self->varargs && PyList_Append(names, p->name) < 0) {
                Py_DECREF(names);
                return -1;
            }
        }
        const Py_ssize_t count = PyList_GET_SIZE(names);
        PyObject *text = count ? listed(names) : NULL;
        Py_DECREF(names);
        if (text)
            PyErr_Format(PyExc_TypeError, "dynamic_func() missing %zd required %s argument%s: %U", count, kinds[keyword],
                         count == 1 ? "" : "s", text);
        Py_XDECREF(text);
        if (count) return -1;
    }
    return 0;
}

static int too_many(const binder_object *self, Py_ssize_t given)
{
    Py_ssize_t required = 0;
    for (Py_ssize_t i = 0; i < self->positional; i++) required += self->parameters[i].default_value == NULL;
    const char *were = given == 1 ? "was" : "were";
    if (required < self->positional)
        PyErr_Format(PyExc_TypeError, "dynamic_func() takes from %zd to %zd positional arguments but %zd %s given",
                     required, self->positional, given, were);
    else
        PyErr_Format(PyExc_TypeError, "dynamic_func() takes %zd positional argument%s but %zd %s given",
                     self->positional, self->positional == 1 ? "" : "s", given, were);
    return -1;
}

/* ---------------------------------------------------------------- binding */

static Py_ssize_t find_parameter(const binder_object *self, PyObject *name)
{
    for (Py_ssize_t i = 0; i < self->count; i++)
        if (self->parameters[i].name == name) return i; /* names are interned, as a rule on both sides */
    for (Py_ssize_t i = 0; i < self->count; i++)
        if (PyUnicode_Compare(self->parameters[i].name, name) == 0) return i;
    return -1;
}

/* Keyword arguments: to their parameters, else to the options. */
static int bind_keywords(const binder_object *self, PyObject *const *values, PyObject *names, PyObject **slots,
                         PyObject *options)
{
    const Py_ssize_t count = names ? PyTuple_GET_SIZE(names) : 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        const Py_ssize_t index = find_parameter(self, name);
        if (index < 0 || index == self->varargs) {
            if (PyDict_SetItem(options, name, values[i]) < 0) return -1;
        } else if (slots[index]) {
            PyErr_Format(PyExc_TypeError, "dynamic_func() got multiple values for argument '%U'", name);
            return -1;
        } else {
            Py_INCREF(values[i]);
            slots[index] = values[i];
        }
    }
    return 0;
}

static int bind_positions(const binder_object *self, PyObject *const *values, Py_ssize_t given, PyObject **slots)
{
    const Py_ssize_t direct = given < self->positional ? given : self->positional;
    for (Py_ssize_t i = 0; i < direct; i++) {
        Py_INCREF(values[i]);
        slots[i] = values[i];
    }
    if (self->varargs < 0) return given > direct ? too_many(self, given) : 0;
    PyObject *rest = PyTuple_New(given - direct);
    if (!rest) return -1;
    for (Py_ssize_t i = direct; i < given; i++) {
        Py_INCREF(values[i]);
        PyTuple_SET_ITEM(rest, i - direct, values[i]);
    }
    slots[self->varargs] = rest;
    return 0;
}

static int fill_defaults(const binder_object *self, PyObject **slots)
{
    for (Py_ssize_t i = 0; i < self->count; i++) {
        PyObject *value = self->parameters[i].default_value;
        if (slots[i]) continue;
        if (!value) return missing(self, slots);
        Py_INCREF(value);
        slots[i] = value;
    }
    return 0;
}

static int specialize_all(core_state *state, const binder_object *self, bound_object *bound)
{
    bound->types = PyTuple_New(self->count);
    bound->specs = PyTuple_New(self->count);
    if (!bound->types || !bound->specs) return -1;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        PyObject *type, *spec;
        if (specialize(state, &self->parameters[i], (int)i, PyTuple_GET_ITEM(bound->values, i), &bound->leaves, &type,
                       &spec) < 0)
            return -1;
        PyTuple_SET_ITEM(bound->types, i, type);
        PyTuple_SET_ITEM(bound->specs, i, spec);
    }
    return 0;
}

static PyObject *binder_call(PyObject *self_object, PyObject *const *args, size_t nargsf, PyObject *keywords)
{
    binder_object *self = (binder_object *)self_object;
    core_state *state = core_state_of_type(Py_TYPE(self));
    const Py_ssize_t given = PyVectorcall_NARGS(nargsf);
    PyTypeObject *type = state->bound_type;
    bound_object *bound = (bound_object *)type->tp_alloc(type, 0);
    if (!bound) return NULL;
    Py_INCREF(self->names);
    bound->names = self->names;
    bound->options = PyDict_New();
    bound->values = PyTuple_New(self->count);
    if (bound->options && bound->values) {
        /* Nobody else has seen the tuple: its items can be set in any order. */
        PyObject **slots = &PyTuple_GET_ITEM(bound->values, 0);
        if (bind_positions(self, args, given, slots) == 0 &&
            bind_keywords(self, args + given, keywords, slots, bound->options) == 0 && fill_defaults(self, slots) == 0 &&
            specialize_all(state, self, bound) == 0)
            return (PyObject *)bound;
    }
    Py_DECREF(bound);
    return NULL;
}

/* ---------------------------------------------------------------- making one */

static bool read_annotation(call_parameter *p, PyObject *annotation)
{
    if (annotation == Py_None) return true;
    const char *text = PyUnicode_Check(annotation) ? PyUnicode_AsUTF8(annotation) : NULL;
    if (!text) {
        if (!PyErr_Occurred()) PyErr_Format(PyExc_TypeError, "the annotation of parameter '%U' is no text", p->name);
        return false;
    }
    if (!*text) return true;
    p->kind = *text == '*'                                                                       ? ANNOTATION_POINTER
              : !strcmp(text, "u1") || !strncmp(text, "fp", 2) || !strncmp(text, "bf", 2) ? ANNOTATION_PLAIN
                                                                                                 : ANNOTATION_INTEGER;
    Py_INCREF(annotation);
    p->annotation = annotation;
    return true;
}

static bool read_parameter(core_state *state, PyObject *item, call_parameter *p)
{
    PyObject *name, *annotation, *default_value;
    PyObject *tuple = PySequence_Tuple(item);
    if (!tuple) return false;
    if (!PyArg_ParseTuple(tuple, "UiOO;a parameter is (name, flags, annotation, default)", &name, &p->flags, &annotation,
                          &default_value)) {
        Py_DECREF(tuple);
        return false;
    }
    Py_INCREF(name);
    p->name = name;
    PyUnicode_InternInPlace(&p->name);
    if (default_value != state->required) {
        Py_INCREF(default_value);
        p->default_value = default_value;
    }
    const bool fine = read_annotation(p, annotation);
    Py_DECREF(tuple);
    return fine;
}

static bool read_parameters(core_state *state, binder_object *self, PyObject *list)
{
    const Py_ssize_t count = PySequence_Fast_GET_SIZE(list);
    self->parameters = PyMem_Calloc((size_t)count + 1, sizeof(*self->parameters));
    self->names = PyTuple_New(count);
    if (!self->parameters || !self->names) {
        PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        call_parameter *p = &self->parameters[i];
        self->count = i + 1;
        if (!read_parameter(state, PySequence_Fast_GET_ITEM(list, i), p)) return false;
        Py_INCREF(p->name);
        PyTuple_SET_ITEM(self->names, i, p->name);
        const bool by_keyword = p->flags & FLAG_KEYWORD_ONLY, varargs = p->flags & FLAG_VARARGS;
        if (varargs && (self->varargs >= 0 || by_keyword)) {
            PyErr_Format(PyExc_ValueError, "parameter '%U' can't take the rest of the arguments", p->name);
            return false;
        }
        if (varargs) self->varargs = i;
        if (!by_keyword && !varargs) {
            if (self->positional != i) {
                PyErr_Format(PyExc_ValueError, "parameter '%U' stands behind one that comes by keyword only", p->name);
                return false;
            }
            self->positional = i + 1;
        }
    }
    return true;
}

static PyObject *binder_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = { "params", NULL };
    PyObject *params;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Binder", KEYWORDS(names), &params)) return NULL;
    PyObject *list = PySequence_Fast(params, "the parameters are no sequence");
    binder_object *self = list ? (binder_object *)type->tp_alloc(type, 0) : NULL;
    if (self) {
        self->call = binder_call;
        self->varargs = -1;
        if (!read_parameters(core_state_of_type(type), self, list)) Py_CLEAR(self);
    }
    Py_XDECREF(list);
    return (PyObject *)self;
}

static int binder_traverse(PyObject *object, visitproc visit, void *arg)
{
    binder_object *self = (binder_object *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->names);
    for (Py_ssize_t i = 0; i < self->count; i++) Py_VISIT(self->parameters[i].default_value);
    return 0;
}

static int binder_clear(PyObject *object)
{
    binder_object *self = (binder_object *)object;
    const Py_ssize_t count = self->count;
    self->count = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_CLEAR(self->parameters[i].name);
        Py_CLEAR(self->parameters[i].annotation);
        Py_CLEAR(self->parameters[i].default_value);
    }
    Py_CLEAR(self->names);
    return 0;
}

static void binder_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    binder_clear(object);
    PyMem_Free(((binder_object *)object)->parameters);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMemberDef binder_members[] = {
    { "__vectorcalloffset__", T_PYSSIZET, offsetof(binder_object, call), READONLY, NULL },
    { "names", T_OBJECT, offsetof(binder_object, names), READONLY, "of the parameters" },
    { 0 },
};

static PyType_Slot binder_slots[] = {
    { Py_tp_doc, (char *)"Binder(params): binds the arguments of calls to a function's parameters by Triton's rules" },
    { Py_tp_new, binder_new },
    { Py_tp_call, PyVectorcall_Call },
    { Py_tp_traverse, binder_traverse },
    { Py_tp_clear, binder_clear },
    { Py_tp_dealloc, binder_dealloc },
    { Py_tp_members, binder_members },
    { 0, NULL },
};

PyType_Spec binder_spec = {
    .name = "triton_runner._core.Binder",
    .basicsize = sizeof(binder_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | TR_HAVE_VECTORCALL,
    .slots = binder_slots,
};
