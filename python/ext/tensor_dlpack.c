/* Arrays by DLPack: its C exchange API, which torch has from 2.10 on, and __dlpack__().
 *
 * The structures are those of DLPack 1; the names follow its documentation.
 */
#include "core.h"

enum { DL_CPU = 1, DL_CUDA = 2, DL_CUDA_HOST = 3, DL_CUDA_MANAGED = 13 };
enum { DL_INT = 0, DL_UINT = 1, DL_FLOAT = 2, DL_BFLOAT = 4, DL_BOOL = 6, DL_E4M3FN = 10, DL_E4M3FNUZ = 11, DL_E5M2 = 12,
       DL_E5M2FNUZ = 13, DL_CODES = 14 };
enum { DL_READ_ONLY = 1 };

typedef struct dl_tensor {
    void *data;
    struct {
        int32_t type, id;
    } device;
    int32_t ndim;
    struct {
        uint8_t code, bits;
        uint16_t lanes;
    } dtype;
    int64_t *shape, *strides; /* in elements; strides may be NULL */
    uint64_t byte_offset;
} dl_tensor;
_Static_assert(sizeof(dl_tensor) == 48, "DLTensor of DLPack 1");

typedef struct dl_managed {
    dl_tensor tensor;
    void *manager;
    void (*deleter)(struct dl_managed *self);
} dl_managed;

typedef struct dl_managed_versioned {
    struct {
        uint32_t major, minor;
    } version;
    void *manager;
    void (*deleter)(struct dl_managed_versioned *self);
    uint64_t flags;
    dl_tensor tensor;
} dl_managed_versioned;
_Static_assert(sizeof(dl_managed_versioned) == 80, "DLManagedTensorVersioned of DLPack 1");

/* DLPackExchangeAPI. Of its functions only the one that looks into a tensor without taking part in its life. */
typedef struct dl_exchange {
    struct {
        uint32_t major, minor;
    } version;
    void *older;
    void *allocate, *from_object, *to_object;
    int (*look)(void *object, dl_tensor *out); /* dltensor_from_py_object_no_sync */
    void *current_stream;
} dl_exchange;

static bool element_of(const dl_tensor *from, element_type *out)
{
    /* By code, and log2 of the bytes. -1: none. */
    static const signed char rows[DL_CODES][4] = {
        [DL_INT] = { ELEMENT_I8, ELEMENT_I16, ELEMENT_I32, ELEMENT_I64 },
        [DL_UINT] = { ELEMENT_U8, ELEMENT_U16, ELEMENT_U32, ELEMENT_U64 },
        [DL_FLOAT] = { -1, ELEMENT_FP16, ELEMENT_FP32, ELEMENT_FP64 },
        [3] = { -1, -1, -1, -1 },
        [DL_BFLOAT] = { -1, ELEMENT_BF16, -1, -1 },
        [5] = { -1, -1, -1, -1 },
        [DL_BOOL] = { ELEMENT_U1, -1, -1, -1 },
        [7] = { -1, -1, -1, -1 },
        [8] = { -1, -1, -1, -1 },
        [9] = { -1, -1, -1, -1 },
        [DL_E4M3FN] = { ELEMENT_FP8E4NV, -1, -1, -1 },
        [DL_E4M3FNUZ] = { ELEMENT_FP8E4B8, -1, -1, -1 },
        [DL_E5M2] = { ELEMENT_FP8E5, -1, -1, -1 },
        [DL_E5M2FNUZ] = { ELEMENT_FP8E5B16, -1, -1, -1 },
    };
    const int bits = from->dtype.bits;
    const int log2 = bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : bits == 64 ? 3 : -1;
    if (from->dtype.lanes != 1 || from->dtype.code >= DL_CODES || log2 < 0) return false;
    const int found = rows[from->dtype.code][log2];
    if (found < 0) return false;
    *out = (element_type)found;
    return true;
}

/* False: a device or a type that isn't ours. */
static bool convert(const dl_tensor *from, array_view *out)
{
    int64_t strides[TR_MAX_RANK];
    const int32_t device = from->device.type;
    if (from->ndim < 0 || from->ndim > TR_MAX_RANK || !element_of(from, &out->element)) return false;
    if (device != DL_CPU && device != DL_CUDA && device != DL_CUDA_HOST && device != DL_CUDA_MANAGED) return false;
    out->device = device == DL_CUDA || device == DL_CUDA_MANAGED ? ON_CUDA : ON_CPU;
    out->address = (uintptr_t)from->data + from->byte_offset;
    for (int32_t d = 0; from->strides && d < from->ndim; d++)
        if (__builtin_mul_overflow(from->strides[d], element_rows[out->element].size, &strides[d])) return false;
    return tensor_set_extent(out, from->ndim, from->shape, from->strides ? strides : NULL);
}

/* ---------------------------------------------------------------- the exchange API */

/* The API of a type, found once: it stays for as long as the type does, which the dictionary sees to. */
static const dl_exchange *find_exchange(core_state *state, PyTypeObject *type)
{
    PyObject *known = PyDict_GetItemWithError(state->exchange_types, (PyObject *)type);
    if (!known) {
        if (PyErr_Occurred()) return NULL;
        /* Of the type, not of its instances: torch's __getattr__ is slow, and others answer to every name. */
        known = PyObject_GetAttr((PyObject *)type, state->names[NAME_DLPACK_EXCHANGE]);
        if (!known) {
            if (PyErr_ExceptionMatches(PyExc_AttributeError)) PyErr_Clear();
            return NULL;
        }
        const int status = PyCapsule_IsValid(known, "dlpack_exchange_api")
                               ? PyDict_SetItem(state->exchange_types, (PyObject *)type, known)
                               : 0;
        Py_DECREF(known);
        if (status < 0) return NULL;
        known = PyDict_GetItemWithError(state->exchange_types, (PyObject *)type);
        if (!known) return NULL;
    }
    return PyCapsule_GetPointer(known, "dlpack_exchange_api");
}

int tensor_from_exchange(core_state *state, PyObject *object, array_view *out)
{
    dl_tensor found;
    const dl_exchange *api = find_exchange(state, Py_TYPE(object));
    if (!api) return PyErr_Occurred() ? -1 : 0;
    if (api->version.major != 1 || !api->look) return 0;
    if (api->look(object, &found) != 0) {
        PyErr_Clear(); /* a subclass without memory of its own, a type that DLPack lacks: data_ptr() says more */
        return 0;
    }
    return convert(&found, out);
}

/* ---------------------------------------------------------------- __dlpack__ */

int tensor_from_dlpack(core_state *state, PyObject *object, PyObject *name, array_view *out)
{
    if (PyType_Check(object)) return 0;
    PyObject *method = PyObject_GetAttr(object, state->names[NAME_DLPACK]);
    if (!method) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
        PyErr_Clear();
        return 0;
    }
    PyObject *capsule = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    if (!capsule) return -1;
    const dl_tensor *found = NULL;
    if (PyCapsule_IsValid(capsule, "dltensor_versioned")) {
        const dl_managed_versioned *managed = PyCapsule_GetPointer(capsule, "dltensor_versioned");
        found = managed->version.major == 1 ? &managed->tensor : NULL;
        out->read_only = managed->flags & DL_READ_ONLY;
    } else if (PyCapsule_IsValid(capsule, "dltensor")) {
        found = &((const dl_managed *)PyCapsule_GetPointer(capsule, "dltensor"))->tensor;
    }
    if (!found || !convert(found, out)) {
        PyErr_Format(PyExc_TypeError, "argument '%U' is an array that DLPack describes, but no kernel takes: %s", name,
                     found ? "its type or its device" : "its version of DLPack");
        Py_DECREF(capsule);
        return -1;
    }
    /* A capsule that isn't renamed frees its tensor when it goes. */
    out->capsule = capsule;
    return 1;
}
