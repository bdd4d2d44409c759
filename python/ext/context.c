/* Context: threads and tools; kernels are loaded by it. */
#include "core.h"

#include <structmember.h>

static PyObject *context_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = { "threads", "isa", "python", "ptxas", "no_cache", NULL };
    tr_context_options options = { 0 };
    tr_error error;
    int threads = 0, no_cache = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$izzzp:Context", KEYWORDS(names), &threads, &options.isa, &options.python,
                                     &options.ptxas, &no_cache))
        return NULL;
    options.threads = threads;
    options.no_cache = no_cache;
    context_object *self = (context_object *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->loading = PyThread_allocate_lock();
    if (!self->loading) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    if (tr_context_create(&options, &self->context, &error) != TR_OK) {
        Py_DECREF(self);
        return raise_error(core_state_of_type(type), &error);
    }
    return (PyObject *)self;
}

static int context_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void context_dealloc(PyObject *object)
{
    context_object *self = (context_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    tr_context_destroy(self->context);
    if (self->loading) PyThread_free_lock(self->loading);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *context_threads(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLong(tr_context_threads(((context_object *)self)->context));
}

static PyObject *context_isa(PyObject *self, void *closure)
{
    (void)closure;
    return PyUnicode_FromString(tr_context_isa(((context_object *)self)->context));
}

/* ---------------------------------------------------------------- loading */

typedef struct source {
    const char *path; /* or the name that stands for one */
    const char *data; /* NULL: in the file at `path` */
    size_t size;
} source;

static PyObject *load(context_object *self, const source *from, const tr_load *options)
{
    core_state *state = core_state_of_type(Py_TYPE(self));
    tr_kernel *kernel = NULL;
    tr_error error;
    tr_status status;
    Py_BEGIN_ALLOW_THREADS;
    PyThread_acquire_lock(self->loading, WAIT_LOCK);
    status = from->data ? tr_kernel_load_memory(self->context, from->data, from->size, from->path, options, &kernel,
                                                &error)
                        : tr_kernel_load(self->context, from->path, options, &kernel, &error);
    PyThread_release_lock(self->loading);
    Py_END_ALLOW_THREADS;
    return status == TR_OK ? kernel_wrap(state, self, kernel) : raise_error(state, &error);
}

static PyObject *context_load(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = { "data", "name", "device", "level", "kernel", "metadata", "options", NULL };
    tr_load options = { 0 };
    const char *name, *level = NULL;
    Py_buffer data;
    options.device = "cpu";
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s*s|$szzzz:load", KEYWORDS(names), &data, &name, &options.device, &level,
                                     &options.kernel, &options.metadata_text, &options.options))
        return NULL;
    PyObject *result = NULL;
    if (level_from_name(level, &options.level)) {
        const source from = { .path = name, .data = data.buf ? data.buf : "", .size = (size_t)data.len };
        result = load((context_object *)self, &from, &options);
    }
    PyBuffer_Release(&data);
    return result;
}

static PyObject *context_load_path(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = { "path", "device", "level", "kernel", "metadata", "options", NULL };
    tr_load options = { 0 };
    const char *level = NULL;
    PyObject *path = NULL, *metadata_object = Py_None, *metadata = NULL, *result = NULL;
    options.device = "cpu";
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$szzOz:load_path", KEYWORDS(names), PyUnicode_FSConverter, &path,
                                     &options.device, &level, &options.kernel, &metadata_object, &options.options))
        return NULL;
    if (level_from_name(level, &options.level) &&
        (metadata_object == Py_None || PyUnicode_FSConverter(metadata_object, &metadata))) {
        options.metadata = metadata ? PyBytes_AS_STRING(metadata) : NULL;
        const source from = { .path = PyBytes_AS_STRING(path) };
        result = load((context_object *)self, &from, &options);
    }
    Py_XDECREF(metadata);
    Py_DECREF(path);
    return result;
}

static PyMethodDef context_methods[] = {
    { "load", (PyCFunction)(void (*)(void))context_load, METH_VARARGS | METH_KEYWORDS,
      "load(data, name, *, device='cpu', level=None, kernel=None, metadata=None, options=None): a Kernel from memory" },
    { "load_path", (PyCFunction)(void (*)(void))context_load_path, METH_VARARGS | METH_KEYWORDS,
      "load_path(path, *, device='cpu', level=None, kernel=None, metadata=None, options=None): a Kernel from a file" },
    { 0 },
};

static PyGetSetDef context_getset[] = {
    { "threads", context_threads, NULL, "worker threads of the CPU", NULL },
    { "isa", context_isa, NULL, "instruction set of the CPU", NULL },
    { 0 },
};

static PyType_Slot context_slots[] = {
    { Py_tp_doc, (char *)"Context(*, threads=0, isa=None, python=None, ptxas=None, no_cache=False)" },
    { Py_tp_new, context_new },
    { Py_tp_traverse, context_traverse },
    { Py_tp_dealloc, context_dealloc },
    { Py_tp_methods, context_methods },
    { Py_tp_getset, context_getset },
    { 0, NULL },
};

PyType_Spec context_spec = {
    .name = "triton_runner._core.Context",
    .basicsize = sizeof(context_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = context_slots,
};
