/* The in-memory form of a module of Triton's textual IR.
 *
 * Everything lives in the module's arena and dies with it; nothing is changed after parsing. Types are uniqued:
 * two equal types of one module are the same pointer. Names (tr_str) are slices of the module's own copy of the
 * text, or arena copies.
 *
 * An op in custom assembly has exactly the operands and attributes that its generic form has, whatever version
 * wrote it: keywords become the enum's integer ("predicate" = 2 : i64 for `arith.cmpi slt`, "axis" = 0 : i32 for
 * `tt.get_program_id x`), optional operands are counted by "operandSegmentSizes" where the op has several
 * variable groups. Older names of an op get the code of the newest one; `name` keeps the spelling of the text.
 */
#ifndef TR_MLIR_IR_H
#define TR_MLIR_IR_H

#include "base/arena.h"
#include "base/status.h"
#include "mlir/opcode.h"

typedef struct tr_type tr_type;
typedef struct tr_attr tr_attr;
typedef struct tr_loc tr_loc;
typedef struct tr_value tr_value;
typedef struct tr_op tr_op;
typedef struct tr_block tr_block;
typedef struct tr_region tr_region;
typedef struct tr_module tr_module;

/* ---------------------------------------------------------------- types */

typedef enum tr_type_kind {
    TR_TYPE_INTEGER, /* i1 .. i128; `bits`; si/ui variants keep their spelling in `name` */
    TR_TYPE_FLOAT,   /* f16 bf16 f32 f64 tf32 f8E4M3FN f8E5M2 ... */
    TR_TYPE_INDEX,
    TR_TYPE_NONE,
    TR_TYPE_TENSOR,     /* `element`, `shape`, `encoding` (NULL if none) */
    TR_TYPE_POINTER,    /* !tt.ptr<element, space> */
    TR_TYPE_TENSORDESC, /* !tt.tensordesc<...>; `element` is the element type, `shape` the block, either spelling */
    TR_TYPE_MEMDESC,    /* !ttg.memdesc<...>; `name` keeps the text */
    TR_TYPE_TOKEN,      /* !ttg.async.token */
    TR_TYPE_FUNCTION,   /* `inputs`, `results` */
    TR_TYPE_OPAQUE,     /* any other dialect's type; `name` is its whole text */
} tr_type_kind;

struct tr_type {
    tr_type_kind kind;
    tr_dtype dtype; /* INTEGER, FLOAT, INDEX (I64), POINTER (PTR): storage; NONE if no engine has it */
    uint32_t bits;  /* INTEGER, FLOAT */
    tr_str name;    /* the spelling of INTEGER, FLOAT; the text of OPAQUE, MEMDESC */
    const tr_type *element;
    int32_t rank;
    const int64_t *shape;
    int64_t count; /* product of shape, 1 for rank 0 */
    const tr_attr *encoding;
    tr_str space; /* POINTER: address space as written, "" for the default */
    bool wrapped; /* TENSORDESC: its block is written tensor<...> (to 3.7) */
    const tr_type **inputs, **results;
    int32_t input_count, result_count;
};

/* The scalar type of a tensor, or the type itself. */
static inline const tr_type *tr_type_scalar(const tr_type *t)
{
    return t->kind == TR_TYPE_TENSOR ? t->element : t;
}
static inline bool tr_type_is_tensor(const tr_type *t)
{
    return t->kind == TR_TYPE_TENSOR;
}

/* ---------------------------------------------------------------- attributes */

typedef enum tr_attr_kind {
    TR_ATTR_UNIT,
    TR_ATTR_BOOL,     /* `integer` is 0 or 1 */
    TR_ATTR_INTEGER,  /* `integer`, `type`; wider than 64 bits: `text` only */
    TR_ATTR_FLOAT,    /* `real`, and `integer` = the bits in the type's own format; `type` */
    TR_ATTR_STRING,   /* `text`, escapes resolved */
    TR_ATTR_TYPE,     /* `type` */
    TR_ATTR_SYMBOL,   /* @name; `text` without '@' and quotes */
    TR_ATTR_LIST,     /* [a, b]; `items` */
    TR_ATTR_DICT,     /* {k = v}; `entries` */
    TR_ATTR_INTS,     /* array<i32: 1, 0>; `ints`, `count`, `type` = the element type */
    TR_ATTR_ELEMENTS, /* dense<...> : tensor; `type`, `data`, `splat` */
    TR_ATTR_LOC,      /* loc(...); `loc` */
    TR_ATTR_OPAQUE,   /* #dialect.name<...>; `text` is all of it */
} tr_attr_kind;

typedef struct tr_named_attr {
    tr_str name;
    const tr_attr *value;
} tr_named_attr;

struct tr_attr {
    tr_attr_kind kind;
    int64_t integer;
    double real;
    tr_str text;
    tr_str alias; /* "#blocked" when written through an alias, else empty */
    const tr_type *type;
    int32_t count; /* items, entries or ints */
    const tr_attr **items;
    const tr_named_attr *entries;
    const int64_t *ints;
    /* ELEMENTS: `data` holds type->count elements in storage format (tr_dtype), or one if `splat`. NULL when no
     * engine has the element type. */
    const void *data;
    bool splat;
    const tr_loc *loc;
    tr_str source; /* OPAQUE: as written, where `text` has aliases expanded; ELEMENTS: what stands in dense<>;
                    * SYMBOL: as written if it is nested, @a::@b */
};

/* ---------------------------------------------------------------- locations */

typedef enum tr_loc_kind { TR_LOC_UNKNOWN, TR_LOC_FILE, TR_LOC_NAME, TR_LOC_CALLSITE, TR_LOC_FUSED } tr_loc_kind;

struct tr_loc {
    tr_loc_kind kind;
    tr_str file;           /* FILE */
    uint32_t line, column; /* FILE, as written (Triton <= 3.7 writes columns from 0) */
    tr_str name;           /* NAME */
    const tr_loc *child;   /* NAME: its child or NULL; CALLSITE: the callee; FUSED: the first part */
    const tr_loc *caller;  /* CALLSITE */
    tr_str text;           /* as written, without "loc(" and ")"; empty where the text has no location */
    tr_str alias;          /* "#loc3" when written through an alias, else empty */
};

/* The innermost file location (callee first, first part of a fusion), or NULL. */
const tr_loc *tr_loc_file(const tr_loc *loc);
/* The file location of the call that brought this one in, or NULL when it is not inlined. */
const tr_loc *tr_loc_caller_file(const tr_loc *loc);

/* ---------------------------------------------------------------- values, ops, blocks, regions */

struct tr_value {
    const tr_type *type;
    tr_str name;       /* without '%': "0", "acc_12"; results of a pack "82#1" */
    tr_op *op;         /* the op whose result it is, NULL for a block argument */
    tr_block *block;   /* the block whose argument it is, NULL for a result */
    int32_t index;     /* among the op's results or the block's arguments */
    uint32_t id;       /* dense within the module */
    const tr_loc *loc; /* of a block argument */
};

typedef struct tr_successor {
    tr_block *block;
    tr_value **args;
    int32_t arg_count;
} tr_successor;

struct tr_op {
    tr_opcode code; /* TR_OP_UNKNOWN when no row of ops.def has its name */
    tr_str name;    /* "tt.load", as written */
    tr_value **operands;
    tr_value *results;          /* an array */
    const tr_named_attr *attrs; /* properties and discardable ones, in text order */
    tr_region **regions;
    tr_successor *successors;
    int32_t operand_count, result_count, attr_count, region_count, successor_count;
    const tr_loc *loc;      /* never NULL */
    uint32_t id;            /* dense within the module, in text order */
    uint32_t begin, end;    /* byte range in the text: from its first result to behind its trailing location */
    tr_block *parent;       /* NULL for the module op */
    tr_op *next;            /* in its block */
    bool generic;           /* written in generic form, "tt.load"(...) */
    bool implied;           /* not in the text: the scf.yield that a region without results may leave out */
    uint8_t form;           /* custom form: which of the row's formats it was written in */
    int32_t property_count; /* generic form: that many of its attributes, the first ones, stood in <{...}> */
};

struct tr_block {
    tr_str label;   /* "bb1", empty for an entry block without one */
    tr_value *args; /* an array */
    int32_t arg_count;
    tr_op *first, *last;
    tr_region *region;
    tr_block *next; /* in its region */
    uint32_t id;    /* dense within the module */
};

struct tr_region {
    tr_block *first;
    int32_t block_count;
    tr_op *op;
};

/* A function: tt.func or func.func. */
typedef struct tr_func {
    tr_str name; /* without '@' and quotes */
    bool is_public;
    const tr_type *type;
    tr_region *body; /* NULL for a declaration */
    tr_op *op;
    const tr_attr **arg_attrs; /* one dict an argument, NULL where it has none */
} tr_func;

/* #name = attribute, #name = loc(...), !name = type */
typedef struct tr_alias {
    tr_str name;         /* with '#' or '!' */
    const tr_attr *attr; /* a location is an attribute of kind TR_ATTR_LOC */
    const tr_type *type;
    bool after; /* it stands behind the module */
} tr_alias;

struct tr_module {
    tr_arena arena;
    tr_str text; /* own copy, terminated */
    tr_str file; /* for messages */
    tr_op *op;   /* builtin.module (made up when the text has none) */
    tr_func *funcs;
    int32_t func_count;
    uint32_t op_count, value_count, block_count;
    tr_alias *aliases; /* in text order */
    int32_t alias_count;
    bool locs_in_attrs; /* some attribute is or holds a location */
    bool bare;          /* the text has no module around its ops, or several: `op` is made up */
};

const tr_attr *tr_op_attr(const tr_op *op, const char *name); /* NULL if absent */
/* An INTEGER or BOOL attribute's value, UNIT = 1; `otherwise` if absent. */
int64_t tr_op_attr_int(const tr_op *op, const char *name, int64_t otherwise);
const tr_attr *tr_attr_entry(const tr_attr *dict, const char *name);
const tr_func *tr_module_func(const tr_module *module, tr_str name); /* NULL if absent */

/* Appends the type's text, "tensor<4x8xf32>". */
void tr_type_print(const tr_type *type, tr_text *out);

/* Fails with the op's file:line:column, its text line and a caret. */
tr_status tr_fail_op(tr_error *error, tr_status status, const tr_module *module, const tr_op *op, const char *format,
                     ...) __attribute__((format(printf, 5, 6)));

#endif
