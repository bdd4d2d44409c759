/* A tr_error becomes an exception of triton_runner.errors. */
#include "core.h"

#include <stdarg.h>

static PyObject *table(core_state *state)
{
    if (!state->by_status) {
        PyObject *module = PyImport_ImportModule("triton_runner.errors");
        if (!module) return NULL;
        state->by_status = PyObject_GetAttrString(module, "BY_STATUS");
        Py_DECREF(module);
    }
    return state->by_status;
}

static PyObject *decode(const char *text)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

/* The keyword arguments of the exception. */
static PyObject *details(const tr_error *error)
{
    PyObject *file = decode(error->file), *excerpt = decode(error->excerpt);
    PyObject *result = file && excerpt ? Py_BuildValue("{s:s,s:O,s:I,s:I,s:O}", "status", tr_status_name(error->status),
                                                       "file", file, "line", error->line, "column", error->column,
                                                       "excerpt", excerpt)
                                       : NULL;
    Py_XDECREF(file);
    Py_XDECREF(excerpt);
    return result;
}

PyObject *raise_error(core_state *state, const tr_error *error)
{
    char text[sizeof(error->file) + sizeof(error->message) + sizeof(error->excerpt) + 64];
    PyObject *classes = table(state);
    PyObject *kind = classes ? PyMapping_GetItemString(classes, tr_status_name(error->status)) : NULL;
    if (!kind) return NULL;
    if (error->file[0])
        tr_error_format(error, text, sizeof(text));
    else
        snprintf(text, sizeof(text), "%s", error->message);
    PyObject *message = decode(text), *args = message ? PyTuple_Pack(1, message) : NULL;
    PyObject *keywords = args ? details(error) : NULL;
    PyObject *exception = keywords ? PyObject_Call(kind, args, keywords) : NULL;
    if (exception) PyErr_SetObject(kind, exception);
    Py_XDECREF(exception);
    Py_XDECREF(keywords);
    Py_XDECREF(args);
    Py_XDECREF(message);
    Py_DECREF(kind);
    return NULL;
}

PyObject *raise_status(core_state *state, tr_status status, const char *format, ...)
{
    tr_error error = { .status = status };
    va_list args;
    va_start(args, format);
    vsnprintf(error.message, sizeof(error.message), format, args);
    va_end(args);
    return raise_error(state, &error);
}
