/* The module: its state, its types, its constants. */
#include "core.h"

#define N(id, text) text,
static const char *const name_texts[NAME_COUNT] = {
#include "names.def"
};
#undef N

core_state *core_state_of(PyObject *module)
{
    return (core_state *)PyModule_GetState(module);
}

static int add_type(PyObject *module, PyType_Spec *spec, const char *name, bool can_be_made,
                    PyTypeObject **out)
{
    *out = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    if (!*out) return -1;
    if (!can_be_made) (*out)->tp_new = NULL; /* Python 3.9 has no flag for it */
    Py_INCREF(*out);
    if (PyModule_AddObject(module, name, (PyObject *)*out) < 0) {
        Py_DECREF(*out);
        return -1;
    }
    return 0;
}

static int make_strings(core_state *state)
{
    for (int i = 0; i < NAME_COUNT; i++) {
        state->names[i] = PyUnicode_InternFromString(name_texts[i]);
        if (!state->names[i]) return -1;
    }
    for (int i = 0; i < ELEMENT_COUNT; i++) {
        state->pointer_types[0][i] = PyUnicode_FromFormat("*%s", element_rows[i].type);
        state->pointer_types[1][i] = PyUnicode_FromFormat("*k%s", element_rows[i].type);
        if (!state->pointer_types[0][i] || !state->pointer_types[1][i]) return -1;
    }
    return 0;
}

static int add_constants(PyObject *module, core_state *state)
{
    static const struct {
        const char *name;
        int value;
    } flags[] = {
        { "CONSTEXPR", FLAG_CONSTEXPR },
        { "CONST", FLAG_CONST },
        { "NO_SPECIALIZE", FLAG_NO_SPECIALIZE },
        { "NO_ALIGNMENT", FLAG_NO_ALIGNMENT },
        { "KEYWORD_ONLY", FLAG_KEYWORD_ONLY },
        { "VARARGS", FLAG_VARARGS },
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        if (PyModule_AddIntConstant(module, flags[i].name, flags[i].value) < 0) return -1;
    if (PyModule_AddStringConstant(module, "version", tr_version()) < 0) return -1;
    if (PyModule_AddStringConstant(module, "build_info", tr_build_info()) < 0) return -1;
    state->required = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    if (!state->required) return -1;
    Py_INCREF(state->required);
    if (PyModule_AddObject(module, "REQUIRED", state->required) < 0) {
        Py_DECREF(state->required);
        return -1;
    }
    return 0;
}

static int core_exec(PyObject *module)
{
    core_state *state = core_state_of(module);
    if (make_strings(state) < 0 || add_constants(module, state) < 0) return -1;
    state->exchange_types = PyDict_New();
    if (!state->exchange_types) return -1;
    state->param_type = PyStructSequence_NewType(&param_desc);
    if (!state->param_type) return -1;
    Py_INCREF(state->param_type);
    if (PyModule_AddObject(module, "Param", (PyObject *)state->param_type) < 0) {
        Py_DECREF(state->param_type);
        return -1;
    }
    return add_type(module, &context_spec, "Context", true, &state->context_type) < 0 ||
                   add_type(module, &kernel_spec, "Kernel", false, &state->kernel_type) < 0 ||
                   add_type(module, &binder_spec, "Binder", true, &state->binder_type) < 0 ||
                   add_type(module, &bound_spec, "Bound", false, &state->bound_type) < 0
               ? -1
               : 0;
}

static int core_traverse(PyObject *module, visitproc visit, void *arg)
{
    core_state *state = core_state_of(module);
    Py_VISIT(state->context_type);
    Py_VISIT(state->kernel_type);
    Py_VISIT(state->param_type);
    Py_VISIT(state->binder_type);
    Py_VISIT(state->bound_type);
    Py_VISIT(state->by_status);
    Py_VISIT(state->exchange_types);
    Py_VISIT(state->numpy_array);
    Py_VISIT(state->numpy_scalar);
    return 0;
}

static int core_clear(PyObject *module)
{
    core_state *state = core_state_of(module);
    Py_CLEAR(state->context_type);
    Py_CLEAR(state->kernel_type);
    Py_CLEAR(state->param_type);
    Py_CLEAR(state->binder_type);
    Py_CLEAR(state->bound_type);
    Py_CLEAR(state->by_status);
    Py_CLEAR(state->exchange_types);
    Py_CLEAR(state->numpy_array);
    Py_CLEAR(state->numpy_scalar);
    Py_CLEAR(state->required);
    for (int i = 0; i < NAME_COUNT; i++) Py_CLEAR(state->names[i]);
    for (int i = 0; i < ELEMENT_COUNT; i++) {
        Py_CLEAR(state->pointer_types[0][i]);
        Py_CLEAR(state->pointer_types[1][i]);
    }
    return 0;
}

static void core_free(void *module)
{
    core_clear(module);
}

static PyMethodDef methods[] = {
    { "devices", core_devices, METH_NOARGS, "(name, available, detail) of every device that is known" },
    { "engine", (PyCFunction)(void (*)(void))core_engine, METH_VARARGS | METH_KEYWORDS,
      "engine(level, device): what runs it, or None and the reason" },
    { "listing", core_listing, METH_O, "(kernel, level, path, bytes) of every artifact in a path" },
    { "compile", (PyCFunction)(void (*)(void))core_compile, METH_VARARGS | METH_KEYWORDS,
      "Brings an artifact to a lower level" },
    { 0 },
};

static PyModuleDef_Slot slots[] = {
    { Py_mod_exec, core_exec },
#if PY_VERSION_HEX >= 0x030c0000
    { Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED },
#endif
    { 0, NULL },
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "triton_runner._core",
    .m_doc = "Triton Runner's C API, Triton's specialization rules, and launches.",
    .m_size = sizeof(core_state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = core_traverse,
    .m_clear = core_clear,
    .m_free = core_free,
};

PyMODINIT_FUNC PyInit__core(void); /* Python finds it by its name */
PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
