/* A leaf of a call becomes what a kernel's parameters take. */
#include "argument.h"

#define POINTER_TYPE_ERROR "Pointer argument must be either uint64 or have data_ptr method"

/* A parameter that isn't there: the launch is refused for its number of arguments, not for this one. */
static const kernel_param no_param;

static const kernel_param *param_at(const argument_list *list, int offset)
{
    const int index = list->count + offset;
    return index < list->kernel->param_count ? &list->kernel->layout[index] : &no_param;
}

static int add(argument_list *list, tr_arg arg)
{
    if (list->count == list->capacity) {
        const int capacity = 2 * list->capacity;
        tr_arg *items = PyMem_Malloc((size_t)capacity * sizeof(*items));
        if (!items) {
            PyErr_NoMemory();
            return -1;
        }
        memcpy(items, list->items, (size_t)list->count * sizeof(*items));
        if (list->items != list->few) PyMem_Free(list->items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = arg;
    return 0;
}

void argument_list_begin(argument_list *list, kernel_object *kernel, bound_object *bound)
{
    list->kernel = kernel;
    list->bound = bound;
    list->items = list->few;
    list->count = 0;
    list->position = 0;
    list->capacity = ARGUMENTS_ON_STACK;
}

void argument_list_end(argument_list *list)
{
    if (list->items != list->few) PyMem_Free(list->items);
}

static PyObject *name_of(const argument_list *list, const call_leaf *leaf)
{
    return PyTuple_GET_ITEM(list->bound->names, leaf->parameter);
}

/* ---------------------------------------------------------------- scalars */

static bool is_float(tr_dtype dtype)
{
    return dtype >= TR_F8E4M3FN && dtype <= TR_F64;
}
_Static_assert(TR_F8E4M3FN < TR_F8E5M2 && TR_F8E5M2 < TR_F16 && TR_F16 < TR_BF16 && TR_BF16 < TR_F32 && TR_F32 < TR_F64,
               "is_float counts on the order");

/* What the leaf's own type says, where the parameter's is not known. */
static tr_dtype dtype_of_leaf(const call_leaf *leaf)
{
    element_type element;
    const char *type = PyUnicode_Check(leaf->type) ? PyUnicode_AsUTF8(leaf->type) : NULL;
    if (type && element_from_name(type, &element)) return element_rows[element].dtype;
    PyErr_Clear();
    switch (leaf->kind) {
    case LEAF_BOOL:
        return TR_I1;
    case LEAF_FLOAT:
        return TR_F32;
    default:
        return TR_I32;
    }
}

static tr_dtype dtype_for(const kernel_param *param, const call_leaf *leaf)
{
    static const tr_dtype floats[9] = { [1] = TR_F8E5M2, [2] = TR_F16, [4] = TR_F32, [8] = TR_F64 };
    static const tr_dtype integers[9] = { [1] = TR_I8, [2] = TR_I16, [4] = TR_I32, [8] = TR_I64 };
    if (param->dtype) return param->dtype;
    const tr_dtype dtype = dtype_of_leaf(leaf);
    if (param->size < 1 || param->size > 8 || (int)tr_dtype_size(dtype) == param->size) return dtype;
    const tr_dtype other = (is_float(dtype) ? floats : integers)[param->size];
    return other ? other : dtype;
}

static int convert_integer(const argument_list *list, const call_leaf *leaf, tr_dtype dtype, tr_arg *out)
{
    if (PyFloat_Check(leaf->value)) {
        PyErr_Format(PyExc_TypeError, "argument '%U' is a float, and its parameter takes an integer (%s)",
                     name_of(list, leaf), tr_dtype_name(dtype));
        return -1;
    }
    PyObject *number = PyNumber_Index(leaf->value);
    if (!number) return -1;
    int overflow;
    const int width = 8 * (int)tr_dtype_size(dtype);
    long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
    bool fits = overflow == 0;
    if (overflow > 0) {
        value = (long long)PyLong_AsUnsignedLongLong(number);
        fits = !PyErr_Occurred() && width == 64;
        PyErr_Clear();
    } else if (fits && width < 64) {
        fits = value >= -(1ll << (width - 1)) && value < 1ll << width;
    }
    if (!fits)
        PyErr_Format(PyExc_OverflowError, "argument '%U' is %R, which its parameter (%s) does not hold",
                     name_of(list, leaf), leaf->value, tr_dtype_name(dtype));
    Py_DECREF(number);
    *out = tr_arg_int(dtype, value);
    return fits ? 0 : -1;
}

/* bf16 is cut off, not rounded, as Triton's launchers do it; a finite number that becomes an infinite fp16 is refused, as
 * there too. */
static int convert_float(const argument_list *list, const call_leaf *leaf, tr_dtype dtype, tr_arg *out)
{
    const double value = PyFloat_AsDouble(leaf->value);
    if (value == -1.0 && PyErr_Occurred()) return -1;
    if (dtype == TR_BF16) {
        const float single = (float)value;
        uint32_t bits;
        memcpy(&bits, &single, sizeof(bits));
        *out = (tr_arg){ .kind = TR_ARG_SCALAR, .dtype = TR_BF16, .bits = bits >> 16 };
        return 0;
    }
    *out = dtype == TR_F32 ? tr_arg_f32((float)value) : tr_arg_float(dtype, value);
    if (dtype == TR_F16 && (out->bits & 0x7fff) == 0x7c00 && value - value == 0) {
        PyErr_Format(PyExc_OverflowError, "float too large to pack with e format (argument '%U')", name_of(list, leaf));
        return -1;
    }
    return 0;
}

static int add_scalar(argument_list *list, const call_leaf *leaf)
{
    const tr_dtype dtype = dtype_for(param_at(list, 0), leaf);
    tr_arg arg;
    if (leaf->kind == LEAF_NONE || leaf->kind == LEAF_OBJECT || leaf->kind == LEAF_TENSOR ||
        leaf->kind == LEAF_TENSOR_MAP) {
        /* An array of one number where a number is asked for is none: its parameter is a scalar of that name. */
        PyErr_Format(PyExc_TypeError, "argument '%U' is a %s, and its parameter takes a number (%s)",
                     name_of(list, leaf), Py_TYPE(leaf->value)->tp_name, tr_dtype_name(dtype));
        return -1;
    }
    int status;
    if (dtype == TR_I1) {
        const int truth = PyObject_IsTrue(leaf->value);
        status = truth < 0 ? -1 : 0;
        arg = tr_arg_i1(truth > 0);
    } else {
        status = (is_float(dtype) ? convert_float : convert_integer)(list, leaf, dtype, &arg);
    }
    return status < 0 ? -1 : add(list, arg);
}

static int add_integer(argument_list *list, int64_t value, tr_dtype dtype)
{
    const kernel_param *param = param_at(list, 0);
    if (param->dtype) dtype = param->dtype;
    return add(list, tr_arg_int(dtype, value));
}

/* ---------------------------------------------------------------- pointers */

/* Where user memory ends on every 64-bit Linux. */
#define MEMORY_END ((uintptr_t)1 << 47)

/* An address without a known extent: the kernel is trusted with everything behind it. */
static tr_arg raw_address(uintptr_t address)
{
    const size_t size = address && address < MEMORY_END ? MEMORY_END - address : 0;
    return tr_arg_buffer((void *)address, size);
}

/* The array's type, for the launch to compare with the pointer's. Integers also stand for the bits of floats that NumPy
 * hasn't got. */
static tr_dtype dtype_to_check(const kernel_param *param, element_type element)
{
    const tr_dtype dtype = element_rows[element].dtype;
    const bool foreign = param->element == TR_BF16 || param->element == TR_F8E4M3FN || param->element == TR_F8E5M2;
    const bool bits = foreign && !is_float(dtype) && tr_dtype_size(dtype) == tr_dtype_size(param->element);
    return bits ? TR_DTYPE_NONE : dtype;
}

static int host_memory(const argument_list *list, const call_leaf *leaf, tr_arg *out)
{
    const array_view *tensor = &leaf->tensor;
    const kernel_param *param = param_at(list, 0);
    core_state *state = core_state_of_type(Py_TYPE(list->kernel));
    if (tensor->device != ON_CPU) {
        raise_status(state, TR_MISMATCH, "argument '%s' is in the memory of a GPU, and the kernel runs on the CPU",
                     PyUnicode_AsUTF8(name_of(list, leaf)));
        return -1;
    }
    if (tensor->read_only && param->written) {
        raise_status(state, TR_INVALID_ARGUMENT, "argument '%s' is a read-only array, and the kernel may write to it",
                     PyUnicode_AsUTF8(name_of(list, leaf)));
        return -1;
    }
    *out = tensor->bounded ? tr_arg_view((void *)tensor->low, tensor->size, tensor->address - tensor->low)
                           : raw_address(tensor->address);
    out->dtype = dtype_to_check(param, tensor->element);
    return 0;
}

static int device_memory(const argument_list *list, const call_leaf *leaf, tr_arg *out)
{
    const array_view *tensor = &leaf->tensor;
    void *address = (void *)tensor->address;
    if (tensor->device != ON_CUDA && address) {
        tr_error error;
        if (tr_memory_locate(list->kernel->owner->context, PyUnicode_AsUTF8(list->kernel->device), address, &address,
                             &error) != TR_OK) {
            PyErr_Format(PyExc_ValueError, "Pointer argument (at %d) cannot be accessed from Triton (cpu tensor?)",
                         list->position);
            return -1;
        }
    }
    *out = tr_arg_device(address, 0);
    return 0;
}

static int address_of(const argument_list *list, const call_leaf *leaf, tr_arg *out)
{
    const bool on_cpu = list->kernel->on_cpu;
    unsigned long long address = 0;
    switch (leaf->kind) {
    case LEAF_TENSOR:
    case LEAF_DESCRIPTOR:
        return (on_cpu ? host_memory : device_memory)(list, leaf, out);
    case LEAF_NONE:
        break;
    case LEAF_INTEGER:
        address = PyLong_AsUnsignedLongLong(leaf->value);
        if (PyErr_Occurred()) return -1;
        break;
    default:
        PyErr_Format(PyExc_TypeError, POINTER_TYPE_ERROR " (argument '%U')", name_of(list, leaf));
        return -1;
    }
    *out = on_cpu ? raw_address((uintptr_t)address) : tr_arg_device((void *)(uintptr_t)address, 0);
    return 0;
}

static int add_address(argument_list *list, const call_leaf *leaf)
{
    tr_arg arg;
    return address_of(list, leaf, &arg) < 0 ? -1 : add(list, arg);
}

/* ---------------------------------------------------------------- descriptors */

static int add_sizes(argument_list *list, const descriptor *d, tr_dtype sizes)
{
    for (int i = 0; i < d->rank; i++)
        if (add_integer(list, d->shape[i], sizes) < 0) return -1;
    for (int i = 0; i < d->rank; i++)
        if (add_integer(list, d->strides[i], TR_I64) < 0) return -1;
    return 0;
}

/* A descriptor stands for its array, sizes and strides; where the compiler took it apart, for the base, sizes and strides
 * as 64-bit numbers, up to two choices of one byte (Triton 3.5: padding; 3.7: rounding), and sizes and strides again. */
static int add_descriptor(argument_list *list, const call_leaf *leaf)
{
    const descriptor *d = leaf->descriptor;
    const bool whole = param_at(list, 0)->is_descriptor;
    if (whole && list->kernel->on_cpu && (d->nan_padding || d->round_to_tf32)) {
        raise_status(core_state_of_type(Py_TYPE(list->kernel)), TR_UNSUPPORTED,
                     "argument '%s': %s of a tensor descriptor has no engine on the CPU",
                     PyUnicode_AsUTF8(name_of(list, leaf)), d->nan_padding ? "padding=\"nan\"" : "round_f32_to_tf32");
        return -1;
    }
    if (add_address(list, leaf) < 0) return -1;
    if (whole) {
        tr_arg *arg = &list->items[list->count - 1];
        if (arg->kind == TR_ARG_DEVICE)
            arg->bits = (d->nan_padding ? TR_DESCRIPTOR_NAN_PADDING : 0) | (d->round_to_tf32 ? TR_DESCRIPTOR_ROUND_TO_TF32 : 0);
        return add_sizes(list, d, TR_I32);
    }
    if (add_sizes(list, d, TR_I64) < 0) return -1;
    const bool choices[] = { d->nan_padding, d->round_to_tf32 };
    for (int i = 0; i < 2 && param_at(list, 0)->size == 1; i++)
        if (add(list, tr_arg_i1(choices[i])) < 0) return -1;
    return add_sizes(list, d, TR_I32);
}

/* ---------------------------------------------------------------- any call_leaf */

static bool is_pointer_type(const call_leaf *leaf)
{
    return PyUnicode_Check(leaf->type) && PyUnicode_GET_LENGTH(leaf->type) > 0 &&
           PyUnicode_READ_CHAR(leaf->type, 0) == '*';
}

int argument_list_add(argument_list *list, const call_leaf *leaf)
{
    const kernel_param *param = param_at(list, 0);
    int status;
    if (leaf->kind == LEAF_DESCRIPTOR)
        status = add_descriptor(list, leaf);
    else if (leaf->kind == LEAF_TENSOR_MAP)
        status = add(list, tr_arg_buffer((void *)leaf->tensor.address, 128));
    else if (param->is_pointer || leaf->kind == LEAF_TENSOR || leaf->kind == LEAF_NONE ||
             (!param->dtype && is_pointer_type(leaf)))
        status = add_address(list, leaf);
    else
        status = add_scalar(list, leaf);
    list->position++;
    return status;
}
