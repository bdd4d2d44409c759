/* Kernel: what a loaded kernel says of itself. launch.c launches it. */
#include "core.h"

#include <structmember.h>

/* ---------------------------------------------------------------- parameters */

static PyStructSequence_Field param_fields[] = {
    { "name", NULL },
    { "type", "as in the artifact" },
    { "dtype", "of the scalar, or of what the pointer points to" },
    { "is_pointer", NULL },
    { "divisibility", NULL },
    { "written", "False: the kernel surely doesn't write through it" },
    { 0 },
};

PyStructSequence_Desc param_desc = { .name = "triton_runner._core.Param",
                                     .doc = "A parameter of an artifact's kernel",
                                     .fields = param_fields,
                                     .n_in_sequence = 6 };

static PyObject *make_param(core_state *state, const tr_param *param, bool written)
{
    PyObject *result = PyStructSequence_New(state->param_type);
    if (!result) return NULL;
    PyObject *items[] = {
        PyUnicode_FromString(param->name),
        PyUnicode_FromString(param->type),
        param->dtype ? PyUnicode_FromString(tr_dtype_name(param->dtype)) : Py_None,
        PyBool_FromLong(param->is_pointer),
        PyLong_FromLongLong(param->divisibility),
        PyBool_FromLong(written),
    };
    if (items[2] == Py_None) Py_INCREF(Py_None);
    bool complete = true;
    for (int i = 0; i < 6; i++) {
        PyStructSequence_SetItem(result, i, items[i]);
        complete = complete && items[i];
    }
    if (!complete) Py_CLEAR(result);
    return result;
}

/* PTX and cubins know sizes, PTX some types besides: "pointer", "f32", "128 bytes". */
static void read_layout(const tr_param *param, kernel_param *out)
{
    out->is_pointer = param->is_pointer;
    out->element = param->is_pointer ? param->dtype : TR_DTYPE_NONE;
    out->is_descriptor = strncmp(param->type, "!tt.tensordesc", 14) == 0;
    out->dtype = param->is_pointer ? TR_DTYPE_NONE : param->dtype;
    if (!out->dtype && !param->is_pointer) out->dtype = tr_dtype_from_name(param->type);
    if (out->dtype)
        out->size = (int)tr_dtype_size(out->dtype);
    else if (param->is_pointer)
        out->size = 8;
    else if (param->type[0] >= '0' && param->type[0] <= '9')
        out->size = (int)strtol(param->type, NULL, 10);
    if (!param->is_pointer && out->size == 128) out->is_descriptor = true;
    /* Types of registers say nothing of a value: .b32 may be a float. Only IR's are taken at their word. */
    if (!param->dtype) out->dtype = TR_DTYPE_NONE;
}

static bool read_params(core_state *state, kernel_object *self)
{
    const tr_kernel *kernel = self->kernel;
    self->param_count = tr_kernel_param_count(kernel);
    self->optional_params = tr_kernel_optional_param_count(kernel);
    self->layout = PyMem_Calloc((size_t)self->param_count + 1, sizeof(*self->layout));
    self->params = PyTuple_New(self->param_count);
    if (!self->layout || !self->params) {
        PyErr_NoMemory();
        return false;
    }
    for (int32_t i = 0; i < self->param_count; i++) {
        const tr_param *param = tr_kernel_param(kernel, i);
        read_layout(param, &self->layout[i]);
        self->layout[i].written = tr_kernel_param_written(kernel, i);
        PyObject *item = make_param(state, param, self->layout[i].written);
        if (!item) return false;
        PyTuple_SET_ITEM(self->params, i, item);
    }
    return true;
}

/* ---------------------------------------------------------------- the rest */

static bool read_stages(kernel_object *self)
{
    tr_stage stage;
    self->stages = PyDict_New();
    for (int32_t i = 0; self->stages && tr_kernel_stage(self->kernel, i, &stage); i++) {
        PyObject *data = PyBytes_FromStringAndSize(stage.data, (Py_ssize_t)stage.size);
        if (!data || PyDict_SetItemString(self->stages, tr_level_name(stage.level), data) < 0) Py_CLEAR(self->stages);
        Py_XDECREF(data);
    }
    return self->stages != NULL;
}

static PyObject *text_or_none(const char *text)
{
    if (!text) Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

static bool read_texts(kernel_object *self)
{
    char buffer[TR_KERNEL_TARGET_SIZE];
    const tr_kernel *kernel = self->kernel;
    self->name = text_or_none(tr_kernel_name(kernel));
    self->level = text_or_none(tr_level_name(tr_kernel_level(kernel)));
    self->device = text_or_none(tr_kernel_device(kernel));
    self->path = PyUnicode_DecodeFSDefault(tr_kernel_path(kernel));
    self->target = text_or_none(tr_kernel_target(kernel, buffer));
    const char *metadata = tr_kernel_metadata_text(kernel);
    self->metadata = text_or_none(metadata ? metadata : "{}");
    return self->name && self->level && self->device && self->path && self->target && self->metadata;
}

static void read_numbers(kernel_object *self)
{
    tr_resources resources;
    tr_kernel_resources(self->kernel, &resources);
    self->n_regs = resources.registers;
    self->n_spills = resources.local_bytes / 4;
    self->n_max_threads = resources.max_threads;
    self->shared = resources.static_shared + resources.dynamic_shared;
    self->function = (uintptr_t)resources.function;
    self->module = (uintptr_t)resources.module;
    self->on_cpu = strcmp(tr_kernel_device(self->kernel), "cpu") == 0;
}

PyObject *kernel_wrap(core_state *state, context_object *owner, tr_kernel *kernel)
{
    kernel_object *self = (kernel_object *)state->kernel_type->tp_alloc(state->kernel_type, 0);
    if (!self) {
        tr_kernel_destroy(kernel);
        return NULL;
    }
    Py_INCREF(owner);
    self->owner = owner;
    self->kernel = kernel;
    read_numbers(self);
    if (read_texts(self) && read_params(state, self) && read_stages(self)) return (PyObject *)self;
    Py_DECREF(self);
    return NULL;
}

static int kernel_traverse(PyObject *object, visitproc visit, void *arg)
{
    kernel_object *self = (kernel_object *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->owner);
    Py_VISIT(self->params);
    Py_VISIT(self->stages);
    return 0;
}

static void kernel_dealloc(PyObject *object)
{
    kernel_object *self = (kernel_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    tr_kernel_destroy(self->kernel);
    PyMem_Free(self->layout);
    PyObject *held[] = { self->name,   self->level,    self->device, self->path,
                         self->target, self->metadata, self->params, self->stages };
    for (size_t i = 0; i < sizeof(held) / sizeof(*held); i++) Py_XDECREF(held[i]);
    Py_XDECREF(self->owner); /* after the kernel, which is of that context */
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *kernel_steps(PyObject *object, PyObject *unused)
{
    (void)unused;
    char *text;
    tr_error error;
    if (tr_kernel_steps_text(((kernel_object *)object)->kernel, &text, &error) != TR_OK)
        return raise_error(core_state_of_type(Py_TYPE(object)), &error);
    PyObject *result = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
    free(text);
    return result;
}

static PyObject *kernel_synchronize(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = { "stream", NULL };
    unsigned long long stream = 0;
    tr_error error;
    tr_status status;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|K:synchronize", KEYWORDS(names), &stream)) return NULL;
    Py_BEGIN_ALLOW_THREADS;
    status = tr_synchronize(((kernel_object *)object)->kernel, (void *)(uintptr_t)stream, &error);
    Py_END_ALLOW_THREADS;
    if (status != TR_OK) return raise_error(core_state_of_type(Py_TYPE(object)), &error);
    Py_RETURN_NONE;
}

static PyMethodDef kernel_methods[] = {
    { "launch", (PyCFunction)(void (*)(void))kernel_launch, METH_VARARGS | METH_KEYWORDS,
      "launch(grid, bound, leaves, stream=0, allocator=None, timeout=0.0)" },
    { "synchronize", (PyCFunction)(void (*)(void))kernel_synchronize, METH_VARARGS | METH_KEYWORDS,
      "synchronize(stream=0): waits for what was launched" },
    { "steps", kernel_steps, METH_NOARGS, "The compiled steps of the tile VM as text" },
    { 0 },
};

#define TEXT(field, doc) { #field, T_OBJECT, offsetof(kernel_object, field), READONLY, doc }
static PyMemberDef kernel_members[] = {
    TEXT(name, NULL),
    TEXT(level, NULL),
    TEXT(device, NULL),
    TEXT(path, "the file that it came from, or the name given"),
    TEXT(target, "the GPU that its machine code is for"),
    TEXT(params, "its parameters"),
    TEXT(metadata, "JSON text"),
    TEXT(stages, "{level: bytes}: the artifact, and all that it was lowered to"),
    { "optional_params", T_INT, offsetof(kernel_object, optional_params), READONLY, "a launch may leave out so many" },
    { "n_regs", T_INT, offsetof(kernel_object, n_regs), READONLY, "registers a thread" },
    { "n_spills", T_INT, offsetof(kernel_object, n_spills), READONLY, "local memory a thread, in words" },
    { "n_max_threads", T_INT, offsetof(kernel_object, n_max_threads), READONLY, "most threads a block" },
    { "shared", T_INT, offsetof(kernel_object, shared), READONLY, "bytes of shared memory, static and dynamic" },
    { "function", T_ULONGLONG, offsetof(kernel_object, function), READONLY, "CUfunction" },
    { "module", T_ULONGLONG, offsetof(kernel_object, module), READONLY, "CUmodule" },
    { 0 },
};

static PyType_Slot kernel_slots[] = {
    { Py_tp_doc, (char *)"A kernel ready to be launched on its device" },
    { Py_tp_traverse, kernel_traverse },
    { Py_tp_dealloc, kernel_dealloc },
    { Py_tp_methods, kernel_methods },
    { Py_tp_members, kernel_members },
    { 0, NULL },
};

PyType_Spec kernel_spec = {
    .name = "triton_runner._core.Kernel",
    .basicsize = sizeof(kernel_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | TR_NO_NEW,
    .slots = kernel_slots,
};
