/* Random well-typed TTIR functions, from bytes.
 *
 * The same bytes give the same function; where they end, a generator that they seed goes on. `opaque` writes the same
 * function so that nothing is known of its indices when it is compiled: ranges, program ids and integer constants are
 * loaded from memory that holds them. Every access is within bounds, so that every launch succeeds; programs write to
 * memory of their own, so that every launch gives the same bits.
 *
 * The function's parameters, in order: an input of each of tp_types, of TP_INPUT elements; an output of each, of
 * TP_SLAB elements a program; an i32 array 0, 1, 2, ... of TP_IOTA; the i64 array tp_constants; scalars n, m (i32), k
 * (i64) and x (f32).
 */
#ifndef TR_TESTS_TILE_PROGRAM_H
#define TR_TESTS_TILE_PROGRAM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "triton_runner.h"

enum {
    TP_INPUT = 777,    /* elements of an input: no power of two */
    TP_SLAB = 1 << 14, /* elements of an output that one program may write */
    TP_IOTA = 4096,
    TP_TILE = 1024, /* elements of a tile at most */
    TP_VALUES = 256,
    TP_TEXT = 1 << 18,
    TP_STATEMENTS = 40,
    TP_DEPTH = 3, /* regions within regions */
    TP_RANK = 3,
};

static const tr_dtype tp_types[] = { TR_I8, TR_I16, TR_I32, TR_I64, TR_F16, TR_BF16, TR_F32, TR_F64 };
enum { TP_TYPES = sizeof(tp_types) / sizeof(tp_types[0]), TP_INT_TYPES = 4 };

/* What goes wrong at integers: around zero, powers of two, the ends of each width. */
static const int64_t tp_constants[] = {
    0,       1,          2,         3,         4,          5,          7,          8,           16,
    31,      32,         33,        63,        64,         100,        127,        128,         255,
    256,     777,        1000,      32767,     32768,      65535,      -1,         -2,          -3,
    -7,      -8,         -16,       -128,      -129,       -777,       -32768,     2147483647,  -2147483648,
    1 << 20, -(1 << 20), INT64_MAX, INT64_MIN, 4294967296, 4294967295, 1073741824, -4294967296,
};
enum { TP_CONSTANTS = sizeof(tp_constants) / sizeof(tp_constants[0]) };

/* ---------------------------------------------------------------- state */

typedef struct tp_type {
    tr_dtype dtype; /* TR_I1 too */
    int rank;       /* 0 = scalar */
    int shape[TP_RANK];
} tp_type;

typedef struct tp_value {
    int id;
    tp_type type;
} tp_value;

typedef struct tp_program {
    const uint8_t *data;
    size_t size, at;
    uint64_t random;
    bool opaque;
    bool straight; /* no jumps and no atomics, so that programs can run in batches */
    char *text; /* TP_TEXT bytes */
    size_t length;
    int indent;
    int next_id;
    tp_value values[TP_VALUES]; /* those that can be used here, innermost region last */
    int value_count;
    int statements_left;
    int depth;
    int stored[TP_TYPES]; /* elements of the slab of each output written so far */
} tp_program;

static void tp_print(tp_program *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tp_print(tp_program *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(p->text + p->length, TP_TEXT - p->length, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= TP_TEXT - p->length) abort(); /* TP_TEXT is too small for TP_STATEMENTS */
    p->length += (size_t)length;
}

static void tp_line(tp_program *p)
{
    tp_print(p, "\n%*s", p->indent * 2, "");
}

/* ---------------------------------------------------------------- choices */

static uint32_t tp_byte(tp_program *p)
{
    if (p->at < p->size) return p->data[p->at++];
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (uint32_t)(p->random >> 32) & 255;
}

/* 0 .. count - 1 */
static int tp_below(tp_program *p, int count)
{
    const uint32_t high = count > 256 ? tp_byte(p) : 0;
    return (int)((high << 8 | tp_byte(p)) % (uint32_t)count);
}

static bool tp_chance(tp_program *p, int percent)
{
    return tp_below(p, 100) < percent;
}

static bool tp_is_int(tr_dtype dtype)
{
    return dtype >= TR_I8 && dtype <= TR_I64;
}

static bool tp_is_float(tr_dtype dtype)
{
    return dtype == TR_F16 || dtype == TR_BF16 || dtype == TR_F32 || dtype == TR_F64;
}

static int tp_bits(tr_dtype dtype)
{
    return dtype == TR_I1 ? 1 : 8 * (int)tr_dtype_size(dtype);
}

static int tp_count(const tp_type *type)
{
    int count = 1;
    for (int i = 0; i < type->rank; i++) count *= type->shape[i];
    return count;
}

static bool tp_same_shape(const tp_type *a, const tp_type *b)
{
    return a->rank == b->rank && memcmp(a->shape, b->shape, sizeof(int) * (size_t)a->rank) == 0;
}

static tp_type tp_with(tp_type type, tr_dtype dtype)
{
    type.dtype = dtype;
    return type;
}

static tp_type tp_scalar(tr_dtype dtype)
{
    return (tp_type){ .dtype = dtype };
}

static tp_type tp_random_shape(tp_program *p, tr_dtype dtype)
{
    tp_type type = { .dtype = dtype, .rank = 1 + tp_below(p, TP_RANK) };
    int left = 10; /* log2 of TP_TILE */
    for (int i = 0; i < type.rank; i++) {
        const int log = tp_below(p, (left < 6 ? left : 6) + 1);
        type.shape[i] = 1 << log;
        left -= log;
    }
    return type;
}

/* ---------------------------------------------------------------- text */

static void tp_print_type(tp_program *p, const tp_type *type, const char *before, const char *after)
{
    if (type->rank > 0) {
        tp_print(p, "tensor<");
        for (int i = 0; i < type->rank; i++) tp_print(p, "%dx", type->shape[i]);
    }
    tp_print(p, "%s%s%s", before, tr_dtype_name(type->dtype), after);
    if (type->rank > 0) tp_print(p, ">");
}

static void tp_type_of(tp_program *p, const tp_type *type)
{
    tp_print_type(p, type, "", "");
}

static void tp_pointer_type(tp_program *p, const tp_type *type)
{
    tp_print_type(p, type, "!tt.ptr<", ">");
}

static tp_value tp_new(tp_program *p, tp_type type)
{
    return (tp_value){ .id = p->next_id++, .type = type };
}

/* Begins a line "%vN = op", the value not yet usable. */
static tp_value tp_begin(tp_program *p, tp_type type, const char *op)
{
    const tp_value value = tp_new(p, type);
    tp_line(p);
    tp_print(p, "%%v%d = %s", value.id, op);
    return value;
}

/* Lets later statements use a value. */
static tp_value tp_keep(tp_program *p, tp_value value)
{
    if (p->value_count < TP_VALUES) p->values[p->value_count++] = value;
    return value;
}

/* ---------------------------------------------------------------- leaves */

static tp_value tp_unary(tp_program *p, const char *op, tp_value a, tp_type type)
{
    const tp_value value = tp_begin(p, type, op);
    tp_print(p, " %%v%d : ", a.id);
    tp_type_of(p, &a.type);
    return value;
}

static tp_value tp_convert(tp_program *p, const char *op, tp_value a, tp_type type, const char *arrow)
{
    const tp_value value = tp_unary(p, op, a, type);
    tp_print(p, " %s ", arrow);
    tp_type_of(p, &type);
    return value;
}

static tp_value tp_binary(tp_program *p, const char *op, tp_value a, tp_value b, tp_type type)
{
    const tp_value value = tp_begin(p, type, op);
    tp_print(p, " %%v%d, %%v%d : ", a.id, b.id);
    tp_type_of(p, &a.type);
    return value;
}

static tp_value tp_splat(tp_program *p, tp_value a, tp_type type)
{
    return type.rank == 0 ? a : tp_convert(p, "tt.splat", a, type, "->");
}

/* %pN: a scalar pointer to element `index` of an argument. */
static int tp_element(tp_program *p, const char *argument, tr_dtype dtype, const char *index, const char *index_type)
{
    const int id = p->next_id++;
    tp_line(p);
    tp_print(p, "%%p%d = tt.addptr %%%s, %s : !tt.ptr<%s>, %s", id, argument, index, tr_dtype_name(dtype), index_type);
    return id;
}

static tp_value tp_load_scalar(tp_program *p, int pointer, tr_dtype dtype)
{
    const tp_value value = tp_begin(p, tp_scalar(dtype), "tt.load");
    tp_print(p, " %%p%d : !tt.ptr<%s>", pointer, tr_dtype_name(dtype));
    return value;
}

static tp_value tp_integer(tp_program *p, int constant, tr_dtype dtype)
{
    char index[32];
    snprintf(index, sizeof(index), "%%c%d", constant);
    const tp_value loaded = tp_load_scalar(p, tp_element(p, "constants", TR_I64, index, "i32"), TR_I64);
    return dtype == TR_I64 ? loaded : tp_convert(p, "arith.trunci", loaded, tp_scalar(dtype), "to");
}

static int64_t tp_wrapped(int64_t value, tr_dtype dtype)
{
    const int unused = 64 - tp_bits(dtype);
    return (int64_t)((uint64_t)value << unused) >> unused;
}

/* A constant of any type: for integers one of tp_constants. */
static tp_value tp_constant(tp_program *p, tp_type type)
{
    if (tp_is_float(type.dtype)) {
        static const char *const literals[] = { "0.0", "-0.0", "1.0", "-1.5", "0.3", "1.0e4", "-2.5e-5" };
        const tp_value value = tp_begin(p, type, "arith.constant ");
        tp_print(p, type.rank ? "dense<%s> : " : "%s : ", literals[tp_below(p, 7)]);
        tp_type_of(p, &type);
        return value;
    }
    if (type.dtype == TR_I1) {
        const tp_value value = tp_begin(p, type, "arith.constant ");
        tp_print(p, type.rank ? "dense<%s> : " : "%s", tp_chance(p, 50) ? "true" : "false");
        if (type.rank) tp_type_of(p, &type);
        return value;
    }
    const int constant = tp_below(p, tp_chance(p, 60) ? 16 : TP_CONSTANTS);
    if (p->opaque) return tp_splat(p, tp_integer(p, constant, type.dtype), type);
    const tp_value value = tp_begin(p, type, "arith.constant ");
    tp_print(p, type.rank ? "dense<%lld> : " : "%lld : ", (long long)tp_wrapped(tp_constants[constant], type.dtype));
    tp_type_of(p, &type);
    return value;
}

/* start .. start + count - 1 */
static tp_value tp_range(tp_program *p, int start, int count)
{
    const tp_type type = { .dtype = TR_I32, .rank = 1, .shape = { count } };
    const tp_value value = tp_begin(p, type, "tt.make_range");
    tp_print(p, " {end = %d : i32, start = %d : i32} : ", start + count, start);
    tp_type_of(p, &type);
    if (!p->opaque) return value;
    const int base = p->next_id++, place = p->next_id++;
    tp_line(p);
    tp_print(p, "%%p%d = tt.splat %%iota : !tt.ptr<i32> -> ", base);
    tp_pointer_type(p, &type);
    tp_line(p);
    tp_print(p, "%%p%d = tt.addptr %%p%d, %%v%d : ", place, base, value.id);
    tp_pointer_type(p, &type);
    tp_print(p, ", ");
    tp_type_of(p, &type);
    const tp_value loaded = tp_begin(p, type, "tt.load");
    tp_print(p, " %%p%d : ", place);
    tp_pointer_type(p, &type);
    return loaded;
}

/* A range along one axis of a shape: expanded, not yet broadcast. */
static tp_value tp_axis_range(tp_program *p, const tp_type *shape, int axis, int start)
{
    tp_value value = tp_range(p, start, shape->shape[axis]);
    for (int i = 0; i < shape->rank; i++) {
        if (i == axis) continue;
        tp_type type = value.type;
        type.rank++;
        for (int k = 0; k < type.rank; k++) type.shape[k] = 1;
        type.shape[i < axis ? type.rank - 1 : axis] = shape->shape[axis];
        const tp_value expanded = tp_begin(p, type, "tt.expand_dims");
        tp_print(p, " %%v%d {axis = %d : i32} : ", value.id, i < axis ? 0 : type.rank - 1);
        tp_type_of(p, &value.type);
        tp_print(p, " -> ");
        tp_type_of(p, &type);
        value = expanded;
    }
    return value;
}

static tp_value tp_broadcast(tp_program *p, tp_value a, tp_type type)
{
    return tp_same_shape(&a.type, &type) ? a : tp_convert(p, "tt.broadcast", a, tp_with(type, a.type.dtype), "->");
}

/* An integer of a type, not one of tp_constants and known in the opaque form too. */
static tp_value tp_known(tp_program *p, int number, tp_type type)
{
    const tp_value value = tp_begin(p, type, "arith.constant ");
    tp_print(p, type.rank ? "dense<%d> : " : "%d : ", number);
    tp_type_of(p, &type);
    return value;
}

/* 0, 1, 2, ... in row-major order: a different number for each element. */
static tp_value tp_linear(tp_program *p, tp_type shape)
{
    shape.dtype = TR_I32;
    tp_value sum = { 0 };
    int step = 1;
    for (int axis = shape.rank - 1; axis >= 0; axis--) {
        tp_value part = tp_axis_range(p, &shape, axis, 0);
        if (step > 1) part = tp_binary(p, "arith.muli", part, tp_known(p, step, part.type), part.type);
        part = tp_broadcast(p, part, shape);
        sum = axis == shape.rank - 1 ? part : tp_binary(p, "arith.addi", sum, part, shape);
        step *= shape.shape[axis];
    }
    return sum;
}

/* An index tile of a shape: ranges along some axes, with strides. */
static tp_value tp_index(tp_program *p, tp_type shape)
{
    shape.dtype = TR_I32;
    tp_value sum = tp_constant(p, shape);
    for (int axis = 0; axis < shape.rank; axis++) {
        if (tp_chance(p, 25)) continue;
        tp_value part = tp_axis_range(p, &shape, axis, tp_chance(p, 70) ? 0 : tp_below(p, 1000));
        if (tp_chance(p, 60)) part = tp_binary(p, "arith.muli", part, tp_constant(p, part.type), part.type);
        sum = tp_binary(p, tp_chance(p, 80) ? "arith.addi" : "arith.subi", sum, tp_broadcast(p, part, shape), shape);
    }
    return sum;
}

static tp_value tp_program_id(tp_program *p)
{
    static const char *const axes[] = { "x", "y" };
    const int axis = tp_below(p, 2);
    const tp_value id = tp_begin(p, tp_scalar(TR_I32), "tt.get_program_id");
    tp_print(p, " %s : i32", axes[axis]);
    if (!p->opaque) return id;
    char index[32];
    snprintf(index, sizeof(index), "%%v%d", id.id);
    return tp_load_scalar(p, tp_element(p, "iota", TR_I32, index, "i32"), TR_I32);
}

/* One of the scalar arguments; in the opaque form through an addition that nobody can see through. */
static tp_value tp_argument(tp_program *p)
{
    static const struct {
        const char *name;
        tr_dtype dtype;
    } arguments[] = {
        { "n", TR_I32 },
        { "m", TR_I32 },
        { "k", TR_I64 },
        { "x", TR_F32 },
    };
    const int chosen = tp_below(p, 4);
    const tp_type type = tp_scalar(arguments[chosen].dtype);
    const tp_value value = tp_begin(p, type, "arith.bitcast");
    tp_print(p, " %%%s : %s to %s", arguments[chosen].name, tr_dtype_name(type.dtype), tr_dtype_name(type.dtype));
    if (!p->opaque || type.dtype == TR_F32) return value;
    const tp_value zero = tp_integer(p, 0, type.dtype);
    return tp_binary(p, "arith.addi", value, zero, type);
}

/* ---------------------------------------------------------------- finding operands */

typedef bool tp_filter(const tp_type *type, const void *context);

static bool tp_find(tp_program *p, tp_filter *filter, const void *context, tp_value *out)
{
    const int start = p->value_count ? tp_below(p, p->value_count) : 0;
    for (int i = 0; i < p->value_count; i++) {
        const tp_value *value = &p->values[(start + i) % p->value_count];
        if (!filter(&value->type, context)) continue;
        *out = *value;
        return true;
    }
    return false;
}

static bool tp_filter_same(const tp_type *type, const void *context)
{
    const tp_type *wanted = context;
    return type->dtype == wanted->dtype && tp_same_shape(type, wanted);
}

static bool tp_filter_any(const tp_type *type, const void *context)
{
    (void)type, (void)context;
    return true;
}

static bool tp_filter_tile(const tp_type *type, const void *context)
{
    (void)context;
    return type->rank > 0;
}

static bool tp_filter_numeric(const tp_type *type, const void *context)
{
    (void)context;
    return type->dtype != TR_I1;
}

static bool tp_filter_integer(const tp_type *type, const void *context)
{
    (void)context;
    return tp_is_int(type->dtype);
}

static bool tp_filter_float(const tp_type *type, const void *context)
{
    (void)context;
    return tp_is_float(type->dtype);
}

static bool tp_filter_index(const tp_type *type, const void *context)
{
    (void)context;
    return type->rank > 0 && (type->dtype == TR_I32 || type->dtype == TR_I64);
}

static bool tp_filter_ends_in_two(const tp_type *type, const void *context)
{
    (void)context;
    return type->rank > 1 && type->shape[type->rank - 1] == 2;
}

/* A value of that very type: an old one or a constant. */
static tp_value tp_of_type(tp_program *p, tp_type type)
{
    tp_value value;
    if (tp_chance(p, 80) && tp_find(p, tp_filter_same, &type, &value)) return value;
    if (type.dtype == TR_I32 && type.rank > 0 && tp_chance(p, 50)) return tp_index(p, type);
    return tp_constant(p, type);
}

static tp_value tp_any_tile(tp_program *p)
{
    tp_value value;
    if (tp_chance(p, 90) && tp_find(p, tp_filter_tile, NULL, &value)) return value;
    return tp_keep(p, tp_index(p, tp_random_shape(p, TR_I32)));
}

/* ---------------------------------------------------------------- elementwise statements */

static void tp_do_leaf(tp_program *p)
{
    switch (tp_below(p, 4)) {
    case 0: tp_keep(p, tp_program_id(p)); break;
    case 1: tp_keep(p, tp_argument(p)); break;
    default: tp_keep(p, tp_index(p, tp_random_shape(p, TR_I32))); break;
    }
}

static void tp_do_integer(tp_program *p)
{
    static const char *const ops[] = {
        "arith.addi",  "arith.subi",  "arith.muli",  "arith.divsi", "arith.divui", "arith.remsi",
        "arith.remui", "arith.andi",  "arith.ori",   "arith.xori",  "arith.shli",  "arith.shrsi",
        "arith.shrui", "arith.maxsi", "arith.maxui", "arith.minsi", "arith.minui", "arith.addi",
        "arith.muli",  "arith.remsi", "arith.divsi", "arith.andi",
    };
    tp_value a;
    if (!tp_find(p, tp_filter_integer, NULL, &a)) return;
    const tp_value b = tp_of_type(p, a.type);
    const char *op = ops[tp_below(p, sizeof(ops) / sizeof(ops[0]))];
    tp_keep(p, tp_chance(p, 80) ? tp_binary(p, op, a, b, a.type) : tp_binary(p, op, b, a, a.type));
}

static void tp_do_float(tp_program *p)
{
    static const char *const ops[] = { "arith.addf",    "arith.subf",    "arith.mulf",     "arith.divf",
                                       "arith.maxnumf", "arith.minnumf", "arith.maximumf", "arith.minimumf" };
    static const char *const functions[] = { "arith.negf", "math.absf", "math.sqrt", "math.floor",
                                             "math.exp2",  "math.sin",  "math.log",  "math.tanh" };
    tp_value a;
    if (!tp_find(p, tp_filter_float, NULL, &a)) return;
    if (tp_chance(p, 30)) {
        tp_keep(p, tp_unary(p, functions[tp_below(p, 8)], a, a.type));
        return;
    }
    tp_keep(p, tp_binary(p, ops[tp_below(p, 8)], a, tp_of_type(p, a.type), a.type));
}

static void tp_do_compare(tp_program *p)
{
    static const char *const integer[] = { "eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge" };
    static const char *const floating[] = { "oeq", "une", "olt", "ole", "ogt", "oge", "ult", "uge", "uno", "ord" };
    tp_value a;
    char op[32];
    if (!tp_find(p, tp_filter_numeric, NULL, &a)) return;
    const tp_value b = tp_of_type(p, a.type);
    const bool is_int = tp_is_int(a.type.dtype);
    const int predicate = tp_below(p, 10);
    snprintf(op, sizeof(op), is_int ? "arith.cmpi %s," : "arith.cmpf %s,",
             is_int ? integer[predicate] : floating[predicate]);
    tp_keep(p, tp_binary(p, op, a, b, tp_with(a.type, TR_I1)));
}

static void tp_do_logic(tp_program *p)
{
    static const char *const ops[] = { "arith.andi", "arith.ori", "arith.xori" };
    tp_type type = tp_chance(p, 20) ? tp_scalar(TR_I1) : tp_with(tp_any_tile(p).type, TR_I1);
    const tp_value a = tp_of_type(p, type), b = tp_of_type(p, type);
    tp_keep(p, tp_binary(p, ops[tp_below(p, 3)], a, b, type));
}

static void tp_do_select(tp_program *p)
{
    tp_value a;
    if (!tp_find(p, tp_filter_any, NULL, &a)) return;
    const tp_value condition = tp_of_type(p, tp_with(a.type, TR_I1)), b = tp_of_type(p, a.type);
    const tp_value value = tp_begin(p, a.type, "arith.select");
    tp_print(p, " %%v%d, %%v%d, %%v%d : ", condition.id, a.id, b.id);
    if (a.type.rank) {
        tp_type_of(p, &condition.type);
        tp_print(p, ", ");
    }
    tp_type_of(p, &a.type);
    tp_keep(p, value);
}

static tp_value tp_cast_from_integer(tp_program *p, tp_value a)
{
    if (a.type.dtype != TR_I1 && tp_chance(p, 40)) {
        const tp_type type = tp_with(a.type, tp_types[TP_INT_TYPES + tp_below(p, TP_TYPES - TP_INT_TYPES)]);
        return tp_convert(p, tp_chance(p, 50) ? "arith.sitofp" : "arith.uitofp", a, type, "to");
    }
    const tp_type type = tp_with(a.type, tp_types[tp_below(p, TP_INT_TYPES)]);
    if (type.dtype == a.type.dtype) return a;
    if (tp_bits(type.dtype) < tp_bits(a.type.dtype)) return tp_convert(p, "arith.trunci", a, type, "to");
    return tp_convert(p, tp_chance(p, 60) ? "arith.extsi" : "arith.extui", a, type, "to");
}

static tp_value tp_cast_from_float(tp_program *p, tp_value a)
{
    if (tp_chance(p, 40)) {
        const tp_type type = tp_with(a.type, tp_types[tp_below(p, TP_INT_TYPES)]);
        return tp_convert(p, tp_chance(p, 70) ? "arith.fptosi" : "arith.fptoui", a, type, "to");
    }
    const tp_type type = tp_with(a.type, tp_types[TP_INT_TYPES + tp_below(p, TP_TYPES - TP_INT_TYPES)]);
    if (type.dtype == a.type.dtype || tp_bits(type.dtype) == tp_bits(a.type.dtype)) return a;
    const bool wider = tp_bits(type.dtype) > tp_bits(a.type.dtype);
    return tp_convert(p, wider ? "arith.extf" : "arith.truncf", a, type, "to");
}

static void tp_do_cast(tp_program *p)
{
    static const tr_dtype other[TR_DTYPE_COUNT] = {
        [TR_I16] = TR_F16, [TR_F16] = TR_BF16, [TR_BF16] = TR_I16, [TR_I32] = TR_F32,
        [TR_F32] = TR_I32, [TR_I64] = TR_F64,  [TR_F64] = TR_I64,
    };
    tp_value a;
    if (!tp_find(p, tp_filter_any, NULL, &a)) return;
    if (other[a.type.dtype] && tp_chance(p, 20)) {
        tp_keep(p, tp_convert(p, "tt.bitcast", a, tp_with(a.type, other[a.type.dtype]), "->"));
        return;
    }
    const tp_value cast = tp_is_float(a.type.dtype) ? tp_cast_from_float(p, a) : tp_cast_from_integer(p, a);
    if (cast.id != a.id) tp_keep(p, cast);
}

/* ---------------------------------------------------------------- shapes */

static void tp_do_splat(tp_program *p)
{
    tp_value a;
    if (!tp_find(p, tp_filter_any, NULL, &a) || a.type.rank > 0) return;
    tp_keep(p, tp_splat(p, a, tp_with(tp_any_tile(p).type, a.type.dtype)));
}

static void tp_do_expand(tp_program *p)
{
    const tp_value a = tp_any_tile(p);
    if (a.type.rank == TP_RANK) return;
    const int axis = tp_below(p, a.type.rank + 1);
    tp_type type = { .dtype = a.type.dtype, .rank = a.type.rank + 1 };
    for (int i = 0; i < type.rank; i++) {
        type.shape[i] = i == axis ? 1 : a.type.shape[i < axis ? i : i - 1];
    }
    const tp_value value = tp_begin(p, type, "tt.expand_dims");
    tp_print(p, " %%v%d {axis = %d : i32} : ", a.id, axis);
    tp_type_of(p, &a.type);
    tp_print(p, " -> ");
    tp_type_of(p, &type);
    tp_keep(p, value);
}

static void tp_do_broadcast(tp_program *p)
{
    const tp_value a = tp_any_tile(p);
    tp_type type = a.type;
    for (int i = 0; i < type.rank; i++) {
        if (type.shape[i] == 1 && tp_chance(p, 70)) type.shape[i] = 1 << tp_below(p, 5);
    }
    if (tp_count(&type) <= TP_TILE && !tp_same_shape(&type, &a.type)) tp_keep(p, tp_broadcast(p, a, type));
}

static void tp_do_reshape(tp_program *p)
{
    const tp_value a = tp_any_tile(p);
    tp_type type = { .dtype = a.type.dtype, .rank = 1 + tp_below(p, TP_RANK) };
    int left = tp_count(&a.type);
    for (int i = 0; i < type.rank - 1; i++) {
        type.shape[i] = 1 << tp_below(p, 4);
        if (type.shape[i] > left) type.shape[i] = left;
        left /= type.shape[i];
    }
    type.shape[type.rank - 1] = left;
    tp_keep(p, tp_convert(p, "tt.reshape", a, type, "->"));
}

static void tp_do_trans(tp_program *p)
{
    const tp_value a = tp_any_tile(p);
    if (a.type.rank < 2) return;
    int order[TP_RANK] = { 0, 1, 2 };
    for (int i = a.type.rank - 1; i > 0; i--) {
        const int other = tp_below(p, i + 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    tp_type type = a.type;
    for (int i = 0; i < type.rank; i++) type.shape[i] = a.type.shape[order[i]];
    const tp_value value = tp_begin(p, type, "tt.trans");
    tp_print(p, " %%v%d {order = array<i32: %d", a.id, order[0]);
    for (int i = 1; i < type.rank; i++) tp_print(p, ", %d", order[i]);
    tp_print(p, ">} : ");
    tp_type_of(p, &a.type);
    tp_print(p, " -> ");
    tp_type_of(p, &type);
    tp_keep(p, value);
}

static void tp_do_join(tp_program *p)
{
    const tp_value a = tp_any_tile(p);
    if (a.type.rank == TP_RANK || 2 * tp_count(&a.type) > TP_TILE) return;
    const tp_value b = tp_of_type(p, a.type);
    tp_type type = a.type;
    type.shape[type.rank++] = 2;
    const tp_value value = tp_begin(p, type, "tt.join");
    tp_print(p, " %%v%d, %%v%d : ", a.id, b.id);
    tp_type_of(p, &a.type);
    tp_print(p, " -> ");
    tp_type_of(p, &type);
    tp_keep(p, value);
}

static void tp_do_split(tp_program *p)
{
    tp_value a;
    if (!tp_find(p, tp_filter_ends_in_two, NULL, &a)) return;
    tp_type type = a.type;
    type.rank--;
    const tp_value left = tp_new(p, type), right = tp_new(p, type);
    tp_line(p);
    tp_print(p, "%%v%d, %%v%d = tt.split %%v%d : ", left.id, right.id, a.id);
    tp_type_of(p, &a.type);
    tp_print(p, " -> ");
    tp_type_of(p, &type);
    tp_keep(p, left);
    tp_keep(p, right);
}

/* ---------------------------------------------------------------- reductions and scans */

/* The combining op of a type, such that any order gives the same bits. */
static const char *tp_combiner(tp_program *p, tr_dtype dtype)
{
    static const char *const integer[] = { "arith.addi", "arith.maxsi", "arith.minui", "arith.xori", "arith.muli" };
    static const char *const floating[] = { "arith.maxnumf", "arith.minimumf", "arith.addf", "arith.mulf",
                                            "arith.addf" };
    static const char *const logic[] = { "arith.andi", "arith.ori", "arith.xori", "arith.andi", "arith.ori" };
    const int chosen = tp_below(p, 5);
    return dtype == TR_I1 ? logic[chosen] : tp_is_int(dtype) ? integer[chosen] : floating[chosen];
}

static void tp_combine_region(tp_program *p, const char *op, tr_dtype dtype, const char *terminator)
{
    const int a = p->next_id++, b = p->next_id++, c = p->next_id++;
    const char *type = tr_dtype_name(dtype);
    tp_line(p);
    tp_print(p, "^bb0(%%v%d: %s, %%v%d: %s):", a, type, b, type);
    tp_line(p);
    tp_print(p, "  %%v%d = %s %%v%d, %%v%d : %s", c, op, a, b, type);
    tp_line(p);
    tp_print(p, "  %s %%v%d : %s", terminator, c, type);
    tp_line(p);
}

static void tp_do_reduce(tp_program *p)
{
    const tp_value a = tp_any_tile(p);
    const int axis = tp_below(p, a.type.rank);
    tp_type type = { .dtype = a.type.dtype, .rank = a.type.rank - 1 };
    for (int i = 0; i < type.rank; i++) type.shape[i] = a.type.shape[i < axis ? i : i + 1];
    const char *op = tp_combiner(p, type.dtype);
    const tp_value value = tp_begin(p, type, "\"tt.reduce\"");
    tp_print(p, "(%%v%d) <{axis = %d : i32}> ({", a.id, axis);
    tp_combine_region(p, op, type.dtype, "tt.reduce.return");
    tp_print(p, "}) : (");
    tp_type_of(p, &a.type);
    tp_print(p, ") -> ");
    tp_type_of(p, &type);
    tp_keep(p, value);
}

static void tp_do_scan(tp_program *p)
{
    const tp_value a = tp_any_tile(p);
    const int axis = tp_below(p, a.type.rank);
    const char *op = tp_combiner(p, a.type.dtype);
    const tp_value value = tp_begin(p, a.type, "\"tt.scan\"");
    tp_print(p, "(%%v%d) <{axis = %d : i32, reverse = %s}> ({", a.id, axis, tp_chance(p, 40) ? "true" : "false");
    tp_combine_region(p, op, a.type.dtype, "tt.scan.return");
    tp_print(p, "}) : (");
    tp_type_of(p, &a.type);
    tp_print(p, ") -> ");
    tp_type_of(p, &a.type);
    tp_keep(p, value);
}

/* ---------------------------------------------------------------- memory */

/* %pN: pointers to the elements `offset` of an argument. */
static int tp_pointers(tp_program *p, const char *argument, tr_dtype dtype, tp_value offset)
{
    const tp_type type = tp_with(offset.type, dtype);
    const int base = p->next_id++, place = p->next_id++;
    tp_line(p);
    tp_print(p, "%%p%d = tt.splat %%%s : !tt.ptr<%s> -> ", base, argument, tr_dtype_name(dtype));
    tp_pointer_type(p, &type);
    tp_line(p);
    tp_print(p, "%%p%d = tt.addptr %%p%d, %%v%d : ", place, base, offset.id);
    tp_pointer_type(p, &type);
    tp_print(p, ", ");
    tp_type_of(p, &offset.type);
    return place;
}

static int tp_further(tp_program *p, int pointers, tr_dtype dtype, tp_value offset)
{
    const tp_type type = tp_with(offset.type, dtype);
    const int place = p->next_id++;
    tp_line(p);
    tp_print(p, "%%p%d = tt.addptr %%p%d, %%v%d : ", place, pointers, offset.id);
    tp_pointer_type(p, &type);
    tp_print(p, ", ");
    tp_type_of(p, &offset.type);
    return place;
}

static tp_value tp_compare(tp_program *p, const char *op, tp_value a, int number)
{
    return tp_binary(p, op, a, tp_known(p, number, a.type), tp_with(a.type, TR_I1));
}

/* 0 <= index < size, in one of the ways in which programs write it. */
static tp_value tp_within(tp_program *p, tp_value index, int size)
{
    if (tp_chance(p, 25)) return tp_compare(p, "arith.cmpi ult,", index, size);
    const tp_value low = tp_compare(p, "arith.cmpi sge,", index, 0);
    const tp_value high = tp_chance(p, 70) ? tp_compare(p, "arith.cmpi slt,", index, size)
                                           : tp_compare(p, "arith.cmpi sle,", index, size - 1);
    return tp_binary(p, "arith.andi", low, high, low.type);
}

static tp_value tp_wide(tp_program *p, tp_value index)
{
    return index.type.dtype == TR_I64 ? index : tp_convert(p, "arith.extsi", index, tp_with(index.type, TR_I64), "to");
}

static tp_value tp_load(tp_program *p, int pointers, tp_type type, const tp_value *mask, const tp_value *other)
{
    const tp_value value = tp_begin(p, type, "tt.load");
    tp_print(p, " %%p%d", pointers);
    if (mask) tp_print(p, ", %%v%d", mask->id);
    if (other) tp_print(p, ", %%v%d", other->id);
    tp_print(p, " : ");
    tp_pointer_type(p, &type);
    return value;
}

static tp_value tp_any_index(tp_program *p)
{
    tp_value index;
    if (tp_chance(p, 70) && tp_find(p, tp_filter_index, NULL, &index)) return index;
    return tp_keep(p, tp_index(p, tp_random_shape(p, TR_I32)));
}

/* index % TP_INPUT: no mask needed. */
static void tp_do_load_modulo(tp_program *p)
{
    const tp_value index = tp_any_index(p);
    const tr_dtype dtype = tp_types[tp_below(p, TP_TYPES)];
    char argument[16];
    snprintf(argument, sizeof(argument), "in_%s", tr_dtype_name(dtype));
    const tp_value inside = tp_binary(p, "arith.remui", index, tp_known(p, TP_INPUT, index.type), index.type);
    tp_keep(p, tp_load(p, tp_pointers(p, argument, dtype, inside), tp_with(index.type, dtype), NULL, NULL));
}

static void tp_do_load_masked(tp_program *p)
{
    const tp_value index = tp_any_index(p);
    const tr_dtype dtype = tp_types[tp_below(p, TP_TYPES)];
    const tp_type type = tp_with(index.type, dtype);
    char argument[16];
    snprintf(argument, sizeof(argument), "in_%s", tr_dtype_name(dtype));
    int pointers = tp_pointers(p, argument, dtype, index);
    tp_value place = index;
    if (tp_chance(p, 30)) { /* in two steps, whose sum may need 64 bits; 64 bits wrap as addresses do */
        const tp_value second = tp_index(p, index.type);
        pointers = tp_further(p, pointers, dtype, second);
        place = tp_binary(p, "arith.addi", tp_wide(p, place), tp_wide(p, second), tp_with(index.type, TR_I64));
    }
    tp_value mask = tp_within(p, place, TP_INPUT);
    if (tp_chance(p, 30)) mask = tp_binary(p, "arith.andi", mask, tp_of_type(p, mask.type), mask.type);
    if (tp_chance(p, 70)) {
        const tp_value other = tp_of_type(p, type);
        tp_keep(p, tp_load(p, pointers, type, &mask, &other));
    } else {
        tp_keep(p, tp_load(p, pointers, type, &mask, NULL));
    }
}

/* Stores a value to this program's part of an output: all of it, or where a condition holds. */
static void tp_store(tp_program *p, tp_value value, bool masked)
{
    if (value.type.dtype == TR_I1) {
        value = tp_convert(p, "arith.extui", value, tp_with(value.type, TR_I8), "to");
    }
    int which = 0;
    while (tp_types[which] != value.type.dtype) which++;
    const int count = tp_count(&value.type), step = value.type.rank && tp_chance(p, 30) ? 2 : 1;
    if (p->stored[which] + count * step > TP_SLAB) return;
    char argument[16], index[32];
    snprintf(argument, sizeof(argument), "slab_%s", tr_dtype_name(value.type.dtype));
    if (value.type.rank == 0) {
        snprintf(index, sizeof(index), "%%v%d", tp_known(p, p->stored[which], tp_scalar(TR_I32)).id);
        const int pointer = tp_element(p, argument, value.type.dtype, index, "i32");
        tp_line(p);
        tp_print(p, "tt.store %%p%d, %%v%d : !tt.ptr<%s>", pointer, value.id, tr_dtype_name(value.type.dtype));
    } else {
        tp_value place = tp_linear(p, value.type);
        if (step > 1) place = tp_binary(p, "arith.muli", place, tp_known(p, step, place.type), place.type);
        const bool backward = tp_chance(p, 20);
        const tp_value start = tp_known(p, p->stored[which] + (backward ? (count - 1) * step : 0), place.type);
        place = tp_binary(p, backward ? "arith.subi" : "arith.addi", start, place, place.type);
        const int pointers = tp_pointers(p, argument, value.type.dtype, place);
        const tp_value mask = masked ? tp_of_type(p, tp_with(value.type, TR_I1)) : value;
        tp_line(p);
        tp_print(p, "tt.store %%p%d, %%v%d", pointers, value.id);
        if (masked) tp_print(p, ", %%v%d", mask.id);
        tp_print(p, " : ");
        tp_pointer_type(p, &value.type);
    }
    p->stored[which] += count * step;
}

static void tp_do_store(tp_program *p)
{
    tp_value value;
    if (tp_find(p, tp_filter_any, NULL, &value)) tp_store(p, value, tp_chance(p, 60));
}

/* Reads what this program may have stored before. */
static void tp_do_reload(tp_program *p)
{
    const tp_value index = tp_any_index(p);
    const int which = tp_below(p, TP_TYPES);
    const tr_dtype dtype = tp_types[which];
    char argument[16];
    snprintf(argument, sizeof(argument), "slab_%s", tr_dtype_name(dtype));
    const tp_value mask = tp_within(p, index, TP_SLAB);
    tp_keep(p, tp_load(p, tp_pointers(p, argument, dtype, index), tp_with(index.type, dtype), &mask, NULL));
}

/* ---------------------------------------------------------------- gathers, products, atomics, block pointers */

/* An input's elements in row-major order, from a place on. */
static tp_value tp_load_dense(tp_program *p, tp_type type)
{
    char argument[16];
    snprintf(argument, sizeof(argument), "in_%s", tr_dtype_name(type.dtype));
    const tp_value linear = tp_linear(p, type);
    const tp_value place = tp_binary(p, "arith.addi", linear, tp_known(p, tp_below(p, 100), linear.type), linear.type);
    const tp_value inside = tp_binary(p, "arith.remui", place, tp_known(p, TP_INPUT, place.type), place.type);
    return tp_load(p, tp_pointers(p, argument, type.dtype, inside), type, NULL, NULL);
}

static void tp_do_dot(tp_program *p)
{
    static const struct {
        tr_dtype operand, result;
    } kinds[] = {
        { TR_F32, TR_F32 }, { TR_F16, TR_F32 }, { TR_BF16, TR_F32 },
        { TR_F16, TR_F16 }, { TR_I8, TR_I32 },  { TR_F64, TR_F64 },
    };
    const int kind = tp_below(p, 6), m = 16, n = 16 << tp_below(p, 2), k = 16;
    const tr_dtype operand = kinds[kind].operand;
    const tp_value a = tp_load_dense(p, (tp_type){ .dtype = operand, .rank = 2, .shape = { m, k } });
    const tp_value b = tp_load_dense(p, (tp_type){ .dtype = operand, .rank = 2, .shape = { k, n } });
    const tp_value c = tp_of_type(p, (tp_type){ .dtype = kinds[kind].result, .rank = 2, .shape = { m, n } });
    const tp_value value = tp_begin(p, c.type, "tt.dot");
    tp_print(p, " %%v%d, %%v%d, %%v%d%s : ", a.id, b.id, c.id,
             operand == TR_F32 && tp_chance(p, 50) ? ", inputPrecision = tf32" : "");
    tp_type_of(p, &a.type);
    tp_print(p, " * ");
    tp_type_of(p, &b.type);
    tp_print(p, " -> ");
    tp_type_of(p, &c.type);
    tp_keep(p, value);
}

/* Elements of a tile along its last axis, by any other tile of indices made to fit. */
static void tp_do_gather(tp_program *p)
{
    const tp_value a = tp_any_tile(p);
    const int axis = a.type.rank - 1;
    tp_type type = tp_with(a.type, TR_I32);
    type.shape[axis] = 1 << tp_below(p, 5);
    if (tp_count(&type) > TP_TILE) return;
    const tp_value index = tp_of_type(p, type);
    const tp_value inside = tp_binary(p, "arith.remui", index, tp_known(p, a.type.shape[axis], type), type);
    type.dtype = a.type.dtype;
    const tp_value value = tp_begin(p, type, "tt.gather");
    tp_print(p, " %%v%d[%%v%d] {axis = %d : i32} : (", a.id, inside.id, axis);
    tp_type_of(p, &a.type);
    tp_print(p, ", ");
    tp_type_of(p, &inside.type);
    tp_print(p, ") -> ");
    tp_type_of(p, &type);
    tp_keep(p, value);
}

/* To this program's part of an output, several elements perhaps to one address: what was there isn't looked at. */
static void tp_do_atomic(tp_program *p)
{
    static const char *const ops[] = { "add", "max", "umin", "xor", "or" };
    const tp_value index = tp_any_index(p);
    const tr_dtype dtype = tp_chance(p, 50) ? TR_I32 : TR_I64;
    const tp_type type = tp_with(index.type, dtype);
    const tp_value operand = tp_of_type(p, type);
    const tp_value inside = tp_binary(p, "arith.remui", index, tp_known(p, TP_SLAB, index.type), index.type);
    const tp_value mask = tp_of_type(p, tp_with(type, TR_I1));
    const int pointers = tp_pointers(p, dtype == TR_I32 ? "slab_i32" : "slab_i64", dtype, inside);
    tp_begin(p, type, "tt.atomic_rmw");
    tp_print(p, " %s, acq_rel, gpu, %%p%d, %%v%d, %%v%d : (", ops[tp_below(p, 5)], pointers, operand.id, mask.id);
    tp_pointer_type(p, &type);
    tp_print(p, ", ");
    tp_type_of(p, &type);
    tp_print(p, ", ");
    tp_type_of(p, &mask.type);
    tp_print(p, ") -> ");
    tp_type_of(p, &type);
}

/* A tile of an input read as a matrix, perhaps beyond its edges. */
static void tp_do_block(tp_program *p)
{
    enum { ROWS = 27, COLUMNS = 28 };
    const tr_dtype dtype = tp_types[tp_below(p, TP_TYPES)];
    const tp_type type = { .dtype = dtype, .rank = 2, .shape = { 1 << tp_below(p, 5), 1 << tp_below(p, 5) } };
    const tp_value rows = tp_known(p, ROWS, tp_scalar(TR_I64)), columns = tp_known(p, COLUMNS, tp_scalar(TR_I64)),
                   one = tp_known(p, 1, tp_scalar(TR_I64));
    const tp_value first = tp_of_type(p, tp_scalar(TR_I32)), second = tp_of_type(p, tp_scalar(TR_I32));
    const int pointer = p->next_id++;
    tp_line(p);
    tp_print(p,
             "%%p%d = tt.make_tensor_ptr %%in_%s, [%%v%d, %%v%d], [%%v%d, %%v%d], [%%v%d, %%v%d] "
             "{order = array<i32: 1, 0>} : <",
             pointer, tr_dtype_name(dtype), rows.id, columns.id, columns.id, one.id, first.id, second.id);
    tp_type_of(p, &type);
    tp_print(p, ">");
    const tp_value value = tp_begin(p, type, "tt.load");
    tp_print(p, " %%p%d {boundaryCheck = array<i32: 0, 1>, padding = 1 : i32} : !tt.ptr<", pointer);
    tp_type_of(p, &type);
    tp_print(p, ">");
    tp_keep(p, value);
}

/* ---------------------------------------------------------------- control flow */

static void tp_statement(tp_program *p);

static void tp_body(tp_program *p, int statements)
{
    p->depth++;
    p->indent++;
    for (int i = 0; i < statements; i++) tp_statement(p);
}

static void tp_end_body(tp_program *p, int value_count)
{
    p->value_count = value_count;
    p->indent--;
    p->depth--;
}

static void tp_print_types(tp_program *p, const tp_value *values, int count)
{
    for (int i = 0; i < count; i++) {
        if (i) tp_print(p, ", ");
        tp_type_of(p, &values[i].type);
    }
}

/* "op %a, %b : T, U" with values of the carried types. */
static void tp_yield(tp_program *p, const char *op, const tp_value *carried, int count)
{
    int ids[3];
    for (int i = 0; i < count; i++) ids[i] = tp_of_type(p, carried[i].type).id;
    tp_line(p);
    tp_print(p, "%s", op);
    for (int i = 0; i < count; i++) tp_print(p, "%s%%v%d", i ? ", " : " ", ids[i]);
    tp_print(p, " : ");
    tp_print_types(p, carried, count);
}

static int tp_pick_carried(tp_program *p, tp_value *carried)
{
    const int wanted = 1 + tp_below(p, 3);
    int count = 0;
    while (count < wanted && tp_find(p, tp_filter_any, NULL, &carried[count])) count++;
    return count;
}

/* "%vN:count = " or "%vN = ", and the results, not yet usable. The id stands for result 0; others are "%vN#i". */
static int tp_begin_results(tp_program *p, int count)
{
    const int id = p->next_id++;
    tp_line(p);
    if (count > 1) {
        tp_print(p, "%%r%d:%d = ", id, count);
    } else {
        tp_print(p, "%%r%d = ", id);
    }
    return id;
}

/* Gives each result a name of its own, by an op that does nothing. */
static void tp_name_results(tp_program *p, int id, const tp_value *carried, int count)
{
    for (int i = 0; i < count; i++) {
        const tp_value value = tp_begin(p, carried[i].type, "arith.bitcast");
        if (count > 1) {
            tp_print(p, " %%r%d#%d : ", id, i);
        } else {
            tp_print(p, " %%r%d : ", id);
        }
        tp_type_of(p, &value.type);
        tp_print(p, " to ");
        tp_type_of(p, &value.type);
        tp_keep(p, value);
    }
}

static void tp_do_for(tp_program *p)
{
    tp_value carried[3], inner[3];
    const int count = tp_pick_carried(p, carried);
    if (count == 0) return;
    const int low = tp_below(p, 3), high = tp_below(p, 6), step = 1 + tp_below(p, 2);
    const tp_value from = tp_known(p, low, tp_scalar(TR_I32)), to = tp_known(p, high, tp_scalar(TR_I32)),
                   by = tp_known(p, step, tp_scalar(TR_I32));
    const int value_count = p->value_count, id = tp_begin_results(p, count);
    const tp_value counter = tp_new(p, tp_scalar(TR_I32));
    tp_print(p, "scf.for %%v%d = %%v%d to %%v%d step %%v%d iter_args(", counter.id, from.id, to.id, by.id);
    for (int i = 0; i < count; i++) {
        inner[i] = tp_new(p, carried[i].type);
        tp_print(p, "%s%%v%d = %%v%d", i ? ", " : "", inner[i].id, carried[i].id);
    }
    tp_print(p, ") -> (");
    tp_print_types(p, carried, count);
    tp_print(p, ")  : i32 {");
    tp_keep(p, counter);
    for (int i = 0; i < count; i++) tp_keep(p, inner[i]);
    tp_body(p, 2 + tp_below(p, 6));
    tp_yield(p, "scf.yield", carried, count);
    tp_end_body(p, value_count);
    tp_line(p);
    tp_print(p, "}");
    tp_name_results(p, id, carried, count);
}

static void tp_do_if(tp_program *p)
{
    tp_value carried[3];
    const int count = tp_pick_carried(p, carried);
    if (count == 0) return;
    const tp_value condition = tp_of_type(p, tp_scalar(TR_I1));
    const int value_count = p->value_count, id = tp_begin_results(p, count);
    tp_print(p, "scf.if %%v%d -> (", condition.id);
    tp_print_types(p, carried, count);
    tp_print(p, ") {");
    tp_body(p, 1 + tp_below(p, 4));
    tp_yield(p, "scf.yield", carried, count);
    tp_end_body(p, value_count);
    tp_line(p);
    tp_print(p, "} else {");
    tp_body(p, 1 + tp_below(p, 4));
    tp_yield(p, "scf.yield", carried, count);
    tp_end_body(p, value_count);
    tp_line(p);
    tp_print(p, "}");
    tp_name_results(p, id, carried, count);
}

/* A loop that counts to a few, and carries a value besides. */
static void tp_do_while(tp_program *p)
{
    tp_value carried;
    if (!tp_find(p, tp_filter_any, NULL, &carried)) return;
    const tp_value zero = tp_known(p, 0, tp_scalar(TR_I32)), most = tp_known(p, tp_below(p, 5), tp_scalar(TR_I32)),
                   one = tp_known(p, 1, tp_scalar(TR_I32));
    tp_value both[2] = { zero, carried };
    const int value_count = p->value_count, id = tp_begin_results(p, 2);
    const tp_value before[2] = { tp_new(p, zero.type), tp_new(p, carried.type) };
    const tp_value after[2] = { tp_new(p, zero.type), tp_new(p, carried.type) };
    tp_print(p, "scf.while (%%v%d = %%v%d, %%v%d = %%v%d) : (", before[0].id, zero.id, before[1].id, carried.id);
    tp_print_types(p, both, 2);
    tp_print(p, ") -> (");
    tp_print_types(p, both, 2);
    tp_print(p, ") {");
    tp_keep(p, before[0]);
    tp_keep(p, before[1]);
    tp_body(p, tp_below(p, 2));
    const tp_value more = tp_binary(p, "arith.cmpi slt,", before[0], most, tp_scalar(TR_I1));
    tp_line(p);
    tp_print(p, "scf.condition(%%v%d) %%v%d, %%v%d : ", more.id, before[0].id, before[1].id);
    tp_print_types(p, both, 2);
    tp_end_body(p, value_count);
    tp_line(p);
    tp_print(p, "} do {");
    tp_line(p);
    tp_print(p, "^bb0(%%v%d: i32, %%v%d: ", after[0].id, after[1].id);
    tp_type_of(p, &carried.type);
    tp_print(p, "):");
    tp_keep(p, after[0]);
    tp_keep(p, after[1]);
    tp_body(p, 1 + tp_below(p, 4));
    const tp_value next = tp_binary(p, "arith.addi", after[0], one, zero.type);
    const tp_value last = tp_of_type(p, carried.type);
    tp_line(p);
    tp_print(p, "scf.yield %%v%d, %%v%d : ", next.id, last.id);
    tp_print_types(p, both, 2);
    tp_end_body(p, value_count);
    tp_line(p);
    tp_print(p, "}");
    tp_name_results(p, id, both, 2);
}

/* A tile of pointers carried by a loop, with the places that they point to beside them. */
static void tp_do_pointer_loop(tp_program *p)
{
    static const int steps[] = { 1, 16, 64, 7, -1, -20, 0, 300 };
    const tr_dtype dtype = tp_types[tp_below(p, TP_INT_TYPES)];
    const tp_type shape = tp_random_shape(p, TR_I32), type = tp_with(shape, dtype);
    char argument[16];
    snprintf(argument, sizeof(argument), "in_%s", tr_dtype_name(dtype));
    const tp_value start = tp_index(p, shape), zero = tp_known(p, 0, type);
    const int pointers = tp_pointers(p, argument, dtype, start);
    const tp_value step = tp_known(p, steps[tp_below(p, 8)], shape), from = tp_known(p, 0, tp_scalar(TR_I32)),
                   to = tp_known(p, tp_below(p, 5), tp_scalar(TR_I32)), by = tp_known(p, 1, tp_scalar(TR_I32));
    const tp_value counter = tp_new(p, tp_scalar(TR_I32)), place = tp_new(p, shape), sum = tp_new(p, type);
    const int inner = p->next_id++, id = p->next_id++;
    tp_line(p);
    tp_print(
        p,
        "%%r%d:3 = scf.for %%v%d = %%v%d to %%v%d step %%v%d iter_args(%%p%d = %%p%d, %%v%d = %%v%d, %%v%d = %%v%d)"
        " -> (",
        id, counter.id, from.id, to.id, by.id, inner, pointers, place.id, start.id, sum.id, zero.id);
    tp_pointer_type(p, &type);
    const tp_value carried[2] = { place, sum };
    tp_print(p, ", ");
    tp_print_types(p, carried, 2);
    tp_print(p, ")  : i32 {");
    p->indent++;
    const tp_value mask = tp_within(p, place, TP_INPUT);
    const tp_value loaded = tp_load(p, inner, type, &mask, NULL);
    const tp_value next_sum = tp_binary(p, tp_chance(p, 50) ? "arith.addi" : "arith.xori", sum, loaded, type);
    const tp_value next_place = tp_binary(p, "arith.addi", place, step, shape);
    const int next = tp_further(p, inner, dtype, step);
    tp_line(p);
    tp_print(p, "scf.yield %%p%d, %%v%d, %%v%d : ", next, next_place.id, next_sum.id);
    tp_pointer_type(p, &type);
    tp_print(p, ", ");
    tp_print_types(p, carried, 2);
    p->indent--;
    tp_line(p);
    tp_print(p, "}");
    const tp_value result = tp_begin(p, type, "arith.bitcast");
    tp_print(p, " %%r%d#2 : ", id);
    tp_type_of(p, &type);
    tp_print(p, " to ");
    tp_type_of(p, &type);
    tp_keep(p, result);
}

/* ---------------------------------------------------------------- the function */

typedef void tp_do(tp_program *p);

static void tp_statement(tp_program *p)
{
    /* How often each is chosen. */
    static const struct {
        tp_do *function;
        int weight;
    } kinds[] = {
        { tp_do_leaf, 6 },         { tp_do_integer, 18 },    { tp_do_float, 12 },       { tp_do_compare, 8 },
        { tp_do_logic, 4 },        { tp_do_select, 6 },      { tp_do_cast, 12 },        { tp_do_splat, 4 },
        { tp_do_expand, 4 },       { tp_do_broadcast, 5 },   { tp_do_reshape, 4 },      { tp_do_trans, 3 },
        { tp_do_join, 2 },         { tp_do_split, 3 },       { tp_do_reduce, 5 },       { tp_do_scan, 3 },
        { tp_do_store, 4 },        { tp_do_load_modulo, 8 }, { tp_do_load_masked, 12 }, { tp_do_reload, 3 },
        { tp_do_dot, 2 },          { tp_do_gather, 2 },      { tp_do_block, 2 },        { tp_do_atomic, 2 },
        { tp_do_pointer_loop, 4 }, { tp_do_for, 4 },         { tp_do_if, 4 },           { tp_do_while, 2 },
    };
    enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), NESTING = 3, NOT_STRAIGHT = 5 };
    if (p->statements_left <= 0) return;
    p->statements_left--;
    const int usable = KINDS - (p->straight ? NOT_STRAIGHT : p->depth >= TP_DEPTH ? NESTING : 0);
    int total = 0, chosen = 0;
    for (int i = 0; i < usable; i++) total += kinds[i].weight;
    for (int left = tp_below(p, total); left >= kinds[chosen].weight; chosen++) left -= kinds[chosen].weight;
    kinds[chosen].function(p);
}

static void tp_parameters(tp_program *p)
{
    tp_print(p, "module {\n  tt.func public @kernel(");
    for (int i = 0; i < TP_TYPES; i++) {
        const char *name = tr_dtype_name(tp_types[i]);
        tp_print(p, "%%in_%s: !tt.ptr<%s>, ", name, name);
    }
    for (int i = 0; i < TP_TYPES; i++) {
        const char *name = tr_dtype_name(tp_types[i]);
        tp_print(p, "%%out_%s: !tt.ptr<%s>, ", name, name);
    }
    tp_print(p, "%%iota: !tt.ptr<i32>, %%constants: !tt.ptr<i64>, %%n: i32, %%m: i32, %%k: i64, %%x: f32) "
                "attributes {noinline = false} {");
}

/* %slab_T: where this program's part of each output begins. */
static void tp_slabs(tp_program *p)
{
    tp_print(p,
             "\n    %%pid_x = tt.get_program_id x : i32\n    %%pid_y = tt.get_program_id y : i32"
             "\n    %%grid_x = tt.get_num_programs x : i32\n    %%slab_size = arith.constant %d : i32"
             "\n    %%row = arith.muli %%pid_y, %%grid_x : i32\n    %%program = arith.addi %%row, %%pid_x : i32"
             "\n    %%slab = arith.muli %%program, %%slab_size : i32",
             TP_SLAB);
    for (int i = 0; i < TP_TYPES; i++) {
        const char *name = tr_dtype_name(tp_types[i]);
        tp_print(p, "\n    %%slab_%s = tt.addptr %%out_%s, %%slab : !tt.ptr<%s>, i32", name, name, name);
    }
    for (int i = 0; i < TP_CONSTANTS; i++) tp_print(p, "\n    %%c%d = arith.constant %d : i32", i, i);
}

/* Every tile and scalar that is left, so that nothing computed goes unseen. */
static void tp_store_all(tp_program *p)
{
    const int count = p->value_count;
    for (int i = 0; i < count; i++) tp_store(p, p->values[i], false);
}

/* The text of a function, in p->text, which must have TP_TEXT bytes. */
static void tp_generate(tp_program *p, const uint8_t *data, size_t size, bool opaque, char *text)
{
    *p = (tp_program){ .data = data, .size = size, .random = 0x9e3779b97f4a7c15u, .opaque = opaque, .text = text };
    for (size_t i = 0; i < size; i++) p->random = (p->random ^ data[i]) * 0x100000001b3u;
    if (p->random == 0) p->random = 1;
    p->indent = 2;
    p->statements_left = TP_STATEMENTS;
    p->straight = tp_below(p, 2) == 0;
    if (p->straight) p->statements_left = 1 + tp_below(p, TP_STATEMENTS);
    tp_parameters(p);
    tp_slabs(p);
    for (int i = 0; i < 3; i++) tp_do_leaf(p);
    while (p->statements_left > 0) tp_statement(p);
    tp_store_all(p);
    tp_print(p, "\n    tt.return\n  }\n}\n");
}

#endif
