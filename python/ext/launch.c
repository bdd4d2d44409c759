/* Kernel.launch */
#include "argument.h"

#include <pthread.h>

/* What a kernel prints, from any thread of the library, until the thread that launched it has time to hand it on. */
typedef struct print_buffer {
    pthread_mutex_t lock;
    char *text;
    size_t size, capacity;
    bool failed;
} print_buffer;

typedef struct launch {
    core_state *state;
    kernel_object *kernel;
    signal_watch watch;
    print_buffer printed;
    PyObject *allocator; /* borrowed; NULL if there is none */
    PyObject *scratch;   /* list: what the allocator gave stays until the launch is queued */
} launch;

/* ---------------------------------------------------------------- printing */

static void on_print(void *user, const char *text)
{
    print_buffer *buffer = &((launch *)user)->printed;
    const size_t size = strlen(text);
    pthread_mutex_lock(&buffer->lock);
    if (buffer->size + size > buffer->capacity) {
        const size_t capacity = 2 * (buffer->size + size);
        char *grown = PyMem_RawRealloc(buffer->text, capacity);
        if (grown) {
            buffer->text = grown;
            buffer->capacity = capacity;
        }
    }
    if (buffer->size + size <= buffer->capacity) {
        memcpy(buffer->text + buffer->size, text, size);
        buffer->size += size;
    } else {
        buffer->failed = true;
    }
    pthread_mutex_unlock(&buffer->lock);
}

static int write_out(const char *text, size_t size)
{
    PyObject *out = PySys_GetObject("stdout");
    if (!out || out == Py_None) return 0;
    PyObject *string = PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, "replace");
    if (!string) return -1;
    Py_INCREF(out);
    const int status = PyFile_WriteObject(string, out, Py_PRINT_RAW);
    Py_DECREF(out);
    Py_DECREF(string);
    return status;
}

/* With the GIL. */
static int flush_printed(print_buffer *buffer)
{
    pthread_mutex_lock(&buffer->lock);
    char *text = buffer->text;
    const size_t size = buffer->size;
    const bool failed = buffer->failed;
    buffer->text = NULL;
    buffer->size = buffer->capacity = 0;
    pthread_mutex_unlock(&buffer->lock);
    int status = size ? write_out(text, size) : 0;
    PyMem_RawFree(text);
    if (status == 0 && failed) {
        PyErr_NoMemory();
        status = -1;
    }
    return status;
}

/* ---------------------------------------------------------------- while it runs */

static bool has_printed(print_buffer *buffer)
{
    pthread_mutex_lock(&buffer->lock);
    const bool result = buffer->size > 0;
    pthread_mutex_unlock(&buffer->lock);
    return result;
}

static void on_progress(void *user, uint64_t done, uint64_t total)
{
    (void)done;
    (void)total;
    launch *l = user;
    signal_watch_check(&l->watch);
    if (l->watch.cancel || !has_printed(&l->printed)) return;
    PyEval_RestoreThread(l->watch.thread);
    if (flush_printed(&l->printed) < 0) {
        PyErr_Fetch(&l->watch.error[0], &l->watch.error[1], &l->watch.error[2]);
        l->watch.cancel = 1;
    }
    l->watch.thread = PyEval_SaveThread();
}

/* An int, or what data_ptr() gives. */
static void *address_of(core_state *state, PyObject *memory)
{
    PyObject *number = PyLong_Check(memory) ? memory : PyObject_CallMethodNoArgs(memory, state->names[NAME_ADDRESS]);
    if (!number) return NULL;
    void *address = (void *)(uintptr_t)PyLong_AsUnsignedLongLongMask(number);
    if (number != memory) Py_DECREF(number);
    return address;
}

static void *on_allocate(void *user, uint64_t size, uint64_t alignment, void *stream)
{
    launch *l = user;
    PyEval_RestoreThread(l->watch.thread);
    PyObject *memory = PyObject_CallFunction(l->allocator, "KKK", (unsigned long long)size,
                                             (unsigned long long)alignment, (unsigned long long)(uintptr_t)stream);
    void *address = NULL;
    if (memory && PyList_Append(l->scratch, memory) == 0) address = address_of(l->state, memory);
    Py_XDECREF(memory);
    if (PyErr_Occurred()) {
        address = NULL;
        if (l->watch.error[0])
            PyErr_Clear();
        else
            PyErr_Fetch(&l->watch.error[0], &l->watch.error[1], &l->watch.error[2]);
    }
    l->watch.thread = PyEval_SaveThread();
    return address;
}

/* ---------------------------------------------------------------- launching */

static int run(launch *l, tr_grid grid, const argument_list *arguments, tr_launch_options *options)
{
    tr_error error;
    if (pthread_mutex_init(&l->printed.lock, NULL) != 0) {
        PyErr_NoMemory();
        return -1;
    }
    options->cancel = &l->watch.cancel;
    options->progress = on_progress;
    options->progress_user = l;
    options->print = on_print;
    options->print_user = l;
    options->asynchronous = !l->kernel->on_cpu;
    if (l->allocator) {
        options->allocate = on_allocate;
        options->allocate_user = l;
    }
    l->watch.thread = PyEval_SaveThread();
    const tr_status status = tr_launch(l->kernel->kernel, grid, arguments->items, arguments->count, options, &error);
    PyEval_RestoreThread(l->watch.thread);
    const int flushed = flush_printed(&l->printed);
    pthread_mutex_destroy(&l->printed.lock);
    if (flushed < 0 && (status != TR_OK || l->watch.error[0])) PyErr_Clear();
    if (signal_watch_raise(&l->watch)) return -1;
    if (status == TR_OK) return flushed;
    raise_error(l->state, &error);
    return -1;
}

static int collect(argument_list *list, PyObject *leaves)
{
    PyObject *fast = PySequence_Fast(leaves, "the leaves are a sequence of numbers");
    if (!fast) return -1;
    const leaf_list *have = &list->bound->leaves;
    int status = 0;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast) && status == 0; i++) {
        const Py_ssize_t number = PyLong_AsSsize_t(PySequence_Fast_GET_ITEM(fast, i));
        if (number == -1 && PyErr_Occurred()) {
            status = -1;
        } else if (number < 0 || number >= have->count) {
            PyErr_Format(PyExc_IndexError, "leaf %zd: the call has %zd", number, have->count);
            status = -1;
        } else {
            status = argument_list_add(list, &have->items[number]);
        }
    }
    Py_DECREF(fast);
    return status;
}

PyObject *kernel_launch(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = { "grid", "bound", "leaves", "stream", "allocator", "timeout", NULL };
    core_state *state = core_state_of_type(Py_TYPE(self));
    unsigned long long stream = 0;
    long long sizes[3];
    PyObject *bound, *leaves, *allocator = Py_None;
    tr_launch_options options = { 0 };
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "(LLL)O!O|KOd:launch", KEYWORDS(names), &sizes[0], &sizes[1], &sizes[2],
                                     state->bound_type, &bound, &leaves, &stream, &allocator,
                                     &options.timeout_seconds))
        return NULL;
    for (int i = 0; i < 3; i++) {
        if (sizes[i] >= 0 && sizes[i] <= INT32_MAX) continue;
        return raise_status(state, TR_INVALID_ARGUMENT, "the grid is (%lld, %lld, %lld); each must be 1 to %d", sizes[0],
                            sizes[1], sizes[2], INT32_MAX);
    }
    launch l = { .state = state, .kernel = (kernel_object *)self, .allocator = allocator == Py_None ? NULL : allocator };
    l.scratch = l.allocator ? PyList_New(0) : NULL;
    if (l.allocator && !l.scratch) return NULL;
    options.stream = (void *)(uintptr_t)stream;
    argument_list arguments;
    argument_list_begin(&arguments, l.kernel, (bound_object *)bound);
    int status = collect(&arguments, leaves);
    if (status == 0)
        status = run(&l, (tr_grid){ (uint32_t)sizes[0], (uint32_t)sizes[1], (uint32_t)sizes[2] }, &arguments, &options);
    argument_list_end(&arguments);
    Py_XDECREF(l.scratch);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}
