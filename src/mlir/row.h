/* The rows of ops.def, read into a form that parser, printer and verifier work from.
 *
 * A row is read when its op is first met; a table belongs to one parse or one print.
 */
#ifndef TR_MLIR_ROW_H
#define TR_MLIR_ROW_H

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "mlir/opcode.h"

/* A row as it stands in ops.def. */
typedef struct tr_row {
    const char *names, *format, *operands, *results, *attributes, *traits;
} tr_row;

typedef enum tr_arity { TR_ARITY_ONE, TR_ARITY_OPTIONAL, TR_ARITY_MANY } tr_arity;

/* What an operand or result may be. "like": the scalar or a tensor of it. */
typedef enum tr_class {
    TR_CLASS_ANY,
    TR_CLASS_INT,    /* signless integer or index, like */
    TR_CLASS_FIXINT, /* signless integer, like */
    TR_CLASS_FLOAT,  /* like */
    TR_CLASS_BOOL,   /* i1, like */
    TR_CLASS_PTR,    /* like */
    TR_CLASS_BLOCKPTR,
    TR_CLASS_DESC,
    TR_CLASS_DESCPTR, /* a descriptor, or up to 3.2 a pointer to a raw one */
    TR_CLASS_SCALAR,  /* anything but a tensor */
    TR_CLASS_TENSOR,
    TR_CLASS_INTTENSOR,
    TR_CLASS_I1, /* these four are types: nothing else can say what the value is */
    TR_CLASS_I32,
    TR_CLASS_I64,
    TR_CLASS_INDEX,
} tr_class;

/* How a type follows from another operand's, result's or attribute's. */
typedef enum tr_rule {
    TR_RULE_NONE,
    TR_RULE_SAME,
    TR_RULE_POINTEE,
    TR_RULE_I1,
    TR_RULE_I32,
    TR_RULE_SCALAR,
    TR_RULE_PTRTO,
    TR_RULE_ATTR,
    TR_RULE_PLAIN_I1, /* the scalar, if nothing else is said; no check */
} tr_rule;

typedef enum tr_relation { TR_RELATION_NONE, TR_RELATION_SHAPE, TR_RELATION_DIMS } tr_relation;

/* An operand or result of the row: operands count from 0, results from TR_RESULT. */
#define TR_RESULT 64
typedef struct tr_value_spec {
    tr_str name;
    tr_arity arity;
    tr_class class_;
    tr_rule rule;
    tr_relation relation;
    int8_t rule_from, relation_from;
    int8_t successor; /* whose argument it is, -1 for none */
} tr_value_spec;

typedef enum tr_attr_form {
    TR_FORM_ANY,
    TR_FORM_I32,
    TR_FORM_I64,
    TR_FORM_BOOL,
    TR_FORM_UNIT,
    TR_FORM_STRING,
    TR_FORM_TYPE,
    TR_FORM_SYMBOL,
    TR_FORM_I32S,
    TR_FORM_ENUM,
    TR_FORM_DIALECT,       /* "#arith.fastmath" and the part in <> */
    TR_FORM_BARRIER_FLAGS, /* of ttg.barrier: local|global_read */
} tr_attr_form;

typedef struct tr_enum_item {
    tr_str word;
    int64_t value;
} tr_enum_item;

typedef struct tr_attr_spec {
    tr_str name;
    tr_attr_form form;
    bool optional, has_default;
    int64_t default_integer;
    tr_str text; /* DIALECT: "#arith.fastmath" */
    tr_str default_text;
    int enum_bits, enum_count;
    const tr_enum_item *enum_items;
} tr_attr_spec;

typedef enum tr_hook {
    TR_HOOK_NONE,
#define HOOK(name) TR_HOOK_##name,
#include "mlir/hooks.def"
#undef HOOK
    TR_HOOK_COUNT
} tr_hook;

typedef enum tr_format_kind {
    TR_FORMAT_SIGN,    /* a token of kind `index` */
    TR_FORMAT_WORD,    /* `text` */
    TR_FORMAT_OPERAND, /* `index` */
    TR_FORMAT_ATTR,    /* `index` */
    TR_FORMAT_DICT,
    TR_FORMAT_DICT_WORD, /* attributes {} */
    TR_FORMAT_TYPE,      /* of operand or result `index` */
    TR_FORMAT_SHORT_TYPE,
    TR_FORMAT_FUNCTYPE,
    TR_FORMAT_SUCCESSOR, /* `index` */
    TR_FORMAT_GROUP,     /* the `length` items behind it are optional together */
    TR_FORMAT_ANY,       /* the `length` items behind it are groups, in any order */
    TR_FORMAT_GLUE,      /* no space */
    TR_FORMAT_SPACE,
} tr_format_kind;

typedef struct tr_format_item {
    tr_format_kind kind;
    int16_t index;
    uint16_t length;
    tr_str text;
} tr_format_item;

#define TR_MAX_FORMS 4
typedef struct tr_format {
    int form_count; /* 0: generic form only */
    const tr_format_item *items[TR_MAX_FORMS];
    int counts[TR_MAX_FORMS];
} tr_format;

#define TR_MAX_SPECS 16
typedef struct tr_op_info {
    tr_opcode code;
    const tr_row *row;
    tr_value_spec *operands, *results;
    tr_attr_spec *attrs;
    int operand_count, result_count, attr_count;
    bool terminator, isolated, segments, loose, equal_groups;
    int successors;
    bool has_region, any_region_end, region_graph; /* region_graph: no terminator, no order (a module) */
    tr_opcode region_end;
    tr_hook hook;
    tr_format format;
} tr_op_info;

typedef struct tr_op_table {
    tr_arena arena;
    tr_map names;
    tr_op_info *infos[TR_OP_COUNT];
} tr_op_table;

TR_MUST_CHECK tr_status tr_op_table_init(tr_op_table *table, tr_error *error);
void tr_op_table_deinit(tr_op_table *table);

/* TR_OP_UNKNOWN if no row has the name. */
tr_opcode tr_op_table_find(const tr_op_table *table, tr_str name);
/* The row's info; *out_info is NULL for TR_OP_UNKNOWN. Fails when memory is out, or on a row that makes no sense. */
TR_MUST_CHECK tr_status tr_op_table_info(tr_op_table *table, tr_opcode code, const tr_op_info **out_info,
                                         tr_error *error);

const tr_row *tr_row_of(tr_opcode code); /* NULL for TR_OP_UNKNOWN */
/* "tt.load"; the newest name. */
tr_str tr_opcode_name(tr_opcode code);

/* Index of the attribute in the row, -1 if it is not the row's. */
int tr_op_info_attr(const tr_op_info *info, tr_str name);
/* The keyword of an enum's integer, empty if it has none. */
tr_str tr_attr_spec_word(const tr_attr_spec *spec, int64_t value);

#endif
