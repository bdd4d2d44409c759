/* The extension triton_runner._core: what its files share.
 *
 * It knows the public C API and Python, neither Triton nor torch. Everything that changes lives in core_state, which the
 * module owns; functions that return PyObject * or int follow Python's convention (NULL or -1 with an exception set).
 */
#ifndef TR_PYTHON_CORE_H
#define TR_PYTHON_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include <triton_runner.h>

/* Flags of types that older Pythons spell otherwise or don't have. */
#ifdef Py_TPFLAGS_HAVE_VECTORCALL
#define TR_HAVE_VECTORCALL Py_TPFLAGS_HAVE_VECTORCALL
#else
#define TR_HAVE_VECTORCALL _Py_TPFLAGS_HAVE_VECTORCALL
#endif
#ifdef Py_TPFLAGS_DISALLOW_INSTANTIATION
#define TR_NO_NEW Py_TPFLAGS_DISALLOW_INSTANTIATION
#else
#define TR_NO_NEW 0
#endif

/* Python's functions take names of keywords that aren't const, and don't change them. */
#define KEYWORDS(names) ((char **)(uintptr_t)(names))

/* Attribute names and type names that are used again and again, as Python strings. */
enum {
#define N(id, text) NAME_##id,
#include "names.def"
#undef N
    NAME_COUNT
};

/* Element types of arrays, as Triton names them. */
typedef enum element_type {
#define E(id, type, dtype, size) ELEMENT_##id,
#include "elements.def"
#undef E
    ELEMENT_COUNT
} element_type;

typedef struct element_row {
    const char *type;
    tr_dtype dtype; /* TR_DTYPE_NONE for what only GPUs have */
    int size;
} element_row;
extern const element_row element_rows[ELEMENT_COUNT];

typedef struct core_state {
    PyTypeObject *context_type, *kernel_type, *param_type, *binder_type, *bound_type;
    PyObject *required;                        /* the default of a parameter that has none */
    PyObject *by_status;                       /* triton_runner.errors.BY_STATUS, once an error was raised */
    PyObject *exchange_types;                  /* {type: DLPack exchange API, None if it has none} */
    PyObject *numpy_array, *numpy_scalar;      /* numpy.ndarray and numpy.generic, once NumPy was seen */
    PyObject *names[NAME_COUNT];
    PyObject *pointer_types[2][ELEMENT_COUNT]; /* "*fp16" and "*kfp16" */
} core_state;

core_state *core_state_of(PyObject *module);
/* Of an object whose type is one of the module's. */
static inline core_state *core_state_of_type(PyTypeObject *type)
{
    return (core_state *)PyType_GetModuleState(type);
}

/* ---------------------------------------------------------------- errors.c */

/* Raises triton_runner.errors.BY_STATUS[...]; returns NULL. */
PyObject *raise_error(core_state *state, const tr_error *error);
/* The same from a message of our own. */
PyObject *raise_status(core_state *state, tr_status status, const char *format, ...);

/* ---------------------------------------------------------------- tensor*.c */

typedef enum tensor_device { ON_CPU, ON_CUDA } tensor_device;

/* Where an array's memory is. `address` is that of its first element, `low` and `size` its extent: from its lowest
 * element to the end of its highest. */
typedef struct array_view {
    element_type element;
    tensor_device device;
    bool read_only;
    bool bounded; /* the extent is known */
    uintptr_t address, low;
    uint64_t size;
    Py_buffer buffer; /* holds on to the memory if .obj is set */
    PyObject *capsule; /* so does this, if set */
} array_view;

/* Reads `object` if it is an array: 1, 0 if it isn't one, -1 with an exception that names argument `name`. */
int tensor_read(core_state *state, PyObject *object, PyObject *name, array_view *out);
void tensor_release(array_view *tensor);
int tensor_traverse(const array_view *tensor, visitproc visit, void *arg);

/* Each way of reading: as tensor_read, and 0 also if the object doesn't offer this way after all. */
int tensor_from_exchange(core_state *state, PyObject *object, array_view *out);                  /* DLPack's C API */
int tensor_from_buffer(core_state *state, PyObject *object, PyObject *name, array_view *out);    /* buffer protocol */
int tensor_from_interface(core_state *state, PyObject *object, PyObject *name, bool is_cuda, array_view *out);
int tensor_from_data_ptr(core_state *state, PyObject *object, PyObject *name, array_view *out);  /* torch */
int tensor_from_dlpack(core_state *state, PyObject *object, PyObject *name, array_view *out);    /* __dlpack__ */

/* The element type of that name ("float32", "torch.bfloat16", "fp16"); false if Triton has none. */
bool element_from_name(const char *name, element_type *out);
/* element_from_name(str(dtype)), else a TypeError. */
int element_from_dtype(PyObject *dtype, PyObject *name, element_type *out);
/* Sets the extent from a shape and strides in bytes. `strides` NULL: dense. False when it doesn't fit. */
bool tensor_set_extent(array_view *tensor, int64_t rank, const int64_t *shape, const int64_t *strides);
PyObject *numpy_scalar_type(core_state *state); /* borrowed; NULL without an exception where NumPy isn't loaded */

/* ---------------------------------------------------------------- specialize.c */

enum {
    FLAG_CONSTEXPR = 1,
    FLAG_CONST = 2,
    FLAG_NO_SPECIALIZE = 4,
    FLAG_NO_ALIGNMENT = 8,
    FLAG_KEYWORD_ONLY = 16,
    FLAG_VARARGS = 32,
};

typedef enum annotation_kind {
    ANNOTATION_NONE,
    ANNOTATION_PLAIN,   /* floats and u1: never specialized */
    ANNOTATION_INTEGER,
    ANNOTATION_POINTER,
} annotation_kind;

typedef struct call_parameter {
    PyObject *name;
    PyObject *annotation;    /* NULL if there is none */
    PyObject *default_value; /* NULL if there is none */
    int flags;
    annotation_kind kind;
} call_parameter;

typedef enum leaf_kind {
    LEAF_OBJECT, /* a constant that no kernel can be given */
    LEAF_NONE,
    LEAF_BOOL,
    LEAF_INTEGER,
    LEAF_FLOAT,
    LEAF_NUMBER, /* something else with __index__ or __float__, where a number is asked for */
    LEAF_TENSOR,
    LEAF_DESCRIPTOR,
    LEAF_TENSOR_MAP, /* an encoded one: its address is in `tensor` */
} leaf_kind;

#define DESCRIPTOR_RANK 8 /* CUDA's most is 5 */

typedef struct descriptor {
    int rank;
    int64_t shape[DESCRIPTOR_RANK], strides[DESCRIPTOR_RANK]; /* in elements */
    bool nan_padding, round_to_tf32, is_im2col;
} descriptor;

typedef struct call_leaf {
    int parameter;
    leaf_kind kind;
    PyObject *value, *type, *spec; /* strong */
    array_view tensor;                 /* of LEAF_TENSOR and LEAF_DESCRIPTOR */
    descriptor *descriptor;        /* of LEAF_DESCRIPTOR */
} call_leaf;

typedef struct leaf_list {
    call_leaf *items;
    Py_ssize_t count, capacity;
} leaf_list;

void leaf_list_clear(leaf_list *list);

/* The type and specialization of argument `value`, as Triton's rules have it. Its leaves are added to `leaves`. */
int specialize(core_state *state, const call_parameter *parameter, int index, PyObject *value, leaf_list *leaves,
               PyObject **out_type, PyObject **out_spec);

/* ---------------------------------------------------------------- descriptor.c */

/* 1 if `value` is a tensor descriptor: fills the leaf and its type. 0 if it isn't one. */
int descriptor_read(core_state *state, PyObject *value, PyObject *name, call_leaf *out, PyObject **out_type);

/* ---------------------------------------------------------------- key.c */

/* Hashable, and equal exactly when types, specs and options are. */
PyObject *make_key(core_state *state, PyObject *types, PyObject *specs, PyObject *options);

/* ---------------------------------------------------------------- binder.c, bound.c */

typedef struct bound_object {
    PyObject_HEAD
    PyObject *names, *values, *options, *types, *specs;
    PyObject *key, *leaf_tuple; /* made when asked for */
    leaf_list leaves;
} bound_object;

extern PyType_Spec binder_spec, bound_spec;

/* ---------------------------------------------------------------- context.c, kernel.c */

typedef struct context_object {
    PyObject_HEAD
    tr_context *context;
    PyThread_type_lock loading; /* kernels are loaded one after the other */
} context_object;

/* What a launch has to know of a parameter. */
typedef struct kernel_param {
    tr_dtype dtype;   /* of a scalar; TR_DTYPE_NONE where only the size is known */
    tr_dtype element; /* of what a pointer points to; TR_DTYPE_NONE = unknown */
    int size;       /* bytes; 0 = unknown */
    bool is_pointer, is_descriptor, written;
} kernel_param;

typedef struct kernel_object {
    PyObject_HEAD
    context_object *owner;
    tr_kernel *kernel;
    kernel_param *layout;
    int param_count, optional_params;
    bool on_cpu;
    PyObject *name, *level, *device, *path, *target, *params, *metadata, *stages;
    int n_regs, n_spills, n_max_threads, shared;
    unsigned long long function, module;
} kernel_object;

extern PyType_Spec context_spec, kernel_spec;
extern PyStructSequence_Desc param_desc;

/* Takes over `kernel`, also when it fails. */
PyObject *kernel_wrap(core_state *state, context_object *owner, tr_kernel *kernel);
PyObject *kernel_launch(PyObject *self, PyObject *args, PyObject *kwargs);

/* False with an exception for a name that no level has. NULL is TR_LEVEL_UNKNOWN. */
bool level_from_name(const char *name, tr_level *out);

/* ---------------------------------------------------------------- functions of the module */

PyObject *core_devices(PyObject *module, PyObject *unused);
PyObject *core_engine(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *core_listing(PyObject *module, PyObject *path);
PyObject *core_compile(PyObject *module, PyObject *args, PyObject *kwargs);

/* Runs Python's signal handlers, from a callback of the library in a thread that gave up the GIL. */
typedef struct signal_watch {
    PyThreadState *thread; /* as PyEval_SaveThread() returned it */
    volatile int cancel;   /* for the library */
    PyObject *error[3];    /* what a handler raised */
} signal_watch;
void signal_watch_check(signal_watch *watch);
/* Puts back what a handler raised, after the GIL is held again: true if there was something. */
bool signal_watch_raise(signal_watch *watch);

#endif
