/* The module's functions: devices, engines, what a path holds, compiling. */
#include "core.h"

bool level_from_name(const char *name, tr_level *out)
{
    *out = name ? tr_level_from_name(name) : TR_LEVEL_UNKNOWN;
    if (!name || *out != TR_LEVEL_UNKNOWN) return true;
    PyErr_Format(PyExc_ValueError, "level '%s': known are ttir, ttgir, llir, ptx and cubin", name);
    return false;
}

PyObject *core_devices(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    PyObject *list = PyList_New(0);
    tr_device device;
    for (int32_t i = 0; list && i < tr_device_count(); i++) {
        if (!tr_device_get(i, &device)) continue;
        PyObject *item = Py_BuildValue("(sOsi)", device.name, device.available ? Py_True : Py_False, device.detail,
                                       (int)device.arch);
        if (!item || PyList_Append(list, item) < 0) Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

PyObject *core_engine(PyObject *module, PyObject *args, PyObject *kwargs)
{
    (void)module;
    static const char *const names[] = { "level", "device", NULL };
    const char *level_name, *device, *reason = NULL;
    tr_level level;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ss:engine", KEYWORDS(names), &level_name, &device)) return NULL;
    if (!level_from_name(level_name, &level)) return NULL;
    const char *engine = tr_engine_name(level, device, &reason);
    return Py_BuildValue("(zz)", engine, engine ? NULL : reason);
}

PyObject *core_listing(PyObject *module, PyObject *path)
{
    PyObject *bytes;
    if (!PyUnicode_FSConverter(path, &bytes)) return NULL;
    tr_listing listing;
    tr_error error;
    tr_status status;
    const char *text = PyBytes_AS_STRING(bytes);
    Py_BEGIN_ALLOW_THREADS;
    status = tr_listing_create(text, &listing, &error);
    Py_END_ALLOW_THREADS;
    Py_DECREF(bytes);
    if (status != TR_OK) return raise_error(core_state_of(module), &error);
    PyObject *list = PyList_New(0);
    for (int32_t i = 0; list && i < listing.count; i++) {
        const tr_listing_entry *entry = &listing.entries[i];
        PyObject *file = PyUnicode_DecodeFSDefault(entry->path);
        PyObject *item = file ? Py_BuildValue("(ssNK)", entry->kernel, tr_level_name(entry->level), file,
                                              (unsigned long long)entry->size)
                              : NULL;
        if (!item || PyList_Append(list, item) < 0) Py_CLEAR(list);
        Py_XDECREF(item);
    }
    tr_listing_destroy(&listing);
    return list;
}

/* ---------------------------------------------------------------- compile */

static void on_progress(void *user, tr_level making, double seconds)
{
    (void)making;
    (void)seconds;
    signal_watch_check(user);
}

static PyObject *stages_of(const tr_compiled *compiled)
{
    PyObject *stages = PyDict_New();
    for (int32_t i = 0; stages && i < compiled->count; i++) {
        const tr_stage *stage = &compiled->stages[i];
        PyObject *data = PyBytes_FromStringAndSize(stage->data, (Py_ssize_t)stage->size);
        if (!data || PyDict_SetItemString(stages, tr_level_name(stage->level), data) < 0) Py_CLEAR(stages);
        Py_XDECREF(data);
    }
    return stages;
}

static PyObject *compile(core_state *state, const char *path, tr_compile_options *options)
{
    signal_watch watch = { 0 };
    tr_compiled compiled;
    tr_error error;
    options->cancel = &watch.cancel;
    options->progress = on_progress;
    options->progress_user = &watch;
    watch.thread = PyEval_SaveThread();
    const tr_status status = tr_compile(path, options, &compiled, &error);
    PyEval_RestoreThread(watch.thread);
    if (signal_watch_raise(&watch)) {
        if (status == TR_OK) tr_compiled_destroy(&compiled);
        return NULL;
    }
    if (status != TR_OK) return raise_error(state, &error);
    PyObject *stages = stages_of(&compiled);
    PyObject *result = stages ? Py_BuildValue("{s:N,s:s,s:s,s:s,s:s,s:s,s:O}", "stages", stages, "kernel",
                                              compiled.kernel, "target", compiled.target, "metadata", compiled.metadata,
                                              "tools", compiled.tools, "log", compiled.log, "cached",
                                              compiled.cached ? Py_True : Py_False)
                              : NULL;
    tr_compiled_destroy(&compiled);
    return result;
}

/* PyUnicode_FSConverter that leaves NULL for None. */
static int optional_path(PyObject *object, void *out)
{
    if (object == Py_None) {
        *(PyObject **)out = NULL;
        return 1;
    }
    return PyUnicode_FSConverter(object, out);
}

static const char *text_of(PyObject *bytes)
{
    return bytes ? PyBytes_AS_STRING(bytes) : NULL;
}

PyObject *core_compile(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = { "path",   "to",    "target", "kernel", "level",    "metadata", "options",
                             "python", "ptxas", "keep",   "cache",  "no_cache", "timeout",  NULL };
    enum { PATH, METADATA, PYTHON, PTXAS, KEEP, CACHE, PATH_COUNT };
    PyObject *paths[PATH_COUNT] = { 0 };
    const char *to = NULL, *level = NULL;
    int no_cache = 0;
    tr_compile_options options = { 0 };
    PyObject *result = NULL;
    const int parsed = PyArg_ParseTupleAndKeywords(
        args, kwargs, "O&|$szzzO&zO&O&O&O&pd:compile", KEYWORDS(names), PyUnicode_FSConverter, &paths[PATH], &to, &options.target,
        &options.kernel, &level, optional_path, &paths[METADATA], &options.options, optional_path, &paths[PYTHON],
        optional_path, &paths[PTXAS], optional_path, &paths[KEEP], optional_path, &paths[CACHE], &no_cache,
        &options.timeout_seconds);
    if (parsed && !to) PyErr_SetString(PyExc_TypeError, "compile() missing required keyword argument 'to'");
    if (parsed && to && level_from_name(to, &options.to) && level_from_name(level, &options.level)) {
        options.metadata = text_of(paths[METADATA]);
        options.python = text_of(paths[PYTHON]);
        options.ptxas = text_of(paths[PTXAS]);
        options.keep = text_of(paths[KEEP]);
        options.cache = text_of(paths[CACHE]);
        options.no_cache = no_cache;
        result = compile(core_state_of(module), text_of(paths[PATH]), &options);
    }
    for (int i = 0; i < PATH_COUNT; i++) Py_XDECREF(paths[i]);
    return result;
}
