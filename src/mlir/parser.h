/* What the files of the parser share. Private to src/mlir. */
#ifndef TR_MLIR_PARSER_H
#define TR_MLIR_PARSER_H

#include "base/vec.h"
#include "mlir/ir.h"
#include "mlir/lex.h"
#include "mlir/row.h"
#include "mlir/scope.h"

#include <locale.h>

/* Limits. Real kernels stay far below them; they keep the stack and the memory of a hostile text bounded. */
#define TR_LIMIT_REGION_DEPTH 128 /* regions in regions */
#define TR_LIMIT_NESTING 64       /* types, attributes and locations in each other */
#define TR_LIMIT_TEXT ((size_t)1 << 30)
#define TR_LIMIT_PACK 65536      /* results of one op */
#define TR_LIMIT_ATTRS 4096      /* of one op or dictionary: each is compared with all others */
#define TR_LIMIT_RANK 64         /* dimensions of a shape */
#define TR_LIMIT_EXPANSION 65536 /* bytes of an attribute's text with aliases expanded */

/* A value that an op names, before its type is known. */
typedef struct tr_use {
    tr_str name;
    uint32_t number; /* of "%x#number" */
    uint32_t offset;
} tr_use;

/* A use of a value whose definition has not come yet. */
typedef struct tr_forward {
    tr_str name;
    uint32_t number, offset;
    const tr_type *type;
    tr_value **slot;
    uint32_t next; /* 1 + index of the next one with that name, 0 = none */
} tr_forward;

/* Labels of the region being parsed. */
typedef struct tr_labels {
    tr_map blocks;
    uint32_t first_undefined; /* offset of the first use of a label that has no block yet */
    int undefined;
    struct tr_labels *outer;
    tr_region *region;
} tr_labels;

typedef struct tr_span {
    uint32_t first, count;
    bool known;
} tr_span;

/* The op being parsed. Its lists stand on the parser's stacks until it is done. */
typedef struct tr_op_state {
    tr_op *op;
    const tr_op_info *info; /* NULL: unknown op */
    uint32_t offset;        /* of its name */
    size_t first_attr;      /* where its attributes begin on attr_stack */
    tr_span operands[TR_MAX_SPECS], operand_types[TR_MAX_SPECS], result_types[TR_MAX_SPECS];
} tr_op_state;

typedef struct tr_result_name {
    tr_str name;
    uint32_t count, offset;
} tr_result_name;

/* A word of up to seven letters and the type that it is, NULL if it is none. */
typedef struct tr_word_type {
    uint64_t key;
    const tr_type *type;
} tr_word_type;

typedef struct tr_parser {
    tr_module *module;
    tr_arena *arena; /* the module's */
    tr_error *error; /* NULL while a form of an op is tried */
    tr_str text;
    const char *file;
    const tr_token *tokens;
    uint32_t at;       /* index of the token to read next */
    uint32_t furthest; /* the last token that a failed form got to */
    int nesting, region_depth;
    tr_op_table table;

    const tr_type **types; /* open addressing, see types.c */
    size_t type_count, type_capacity;
    tr_word_type word_types[32];
    const tr_type *i1, *i32, *i64, *f64, *index, *none;
    tr_map aliases;   /* "#name" -> tr_alias_entry *, "!name" too */
    tr_map encodings; /* text -> the attribute that stands for it */
    TR_VEC(tr_alias) alias_list;
    TR_VEC(uint32_t) pending_locs; /* offsets of uses of location aliases not defined yet */
    const tr_loc *no_loc;

    tr_scopes scopes;
    TR_VEC(tr_forward) forwards;
    tr_labels *labels;

    TR_VEC(tr_use) uses;
    TR_VEC(const tr_type *) type_stack;
    TR_VEC(tr_named_attr) attr_stack;
    TR_VEC(const tr_attr *) item_stack;
    TR_VEC(tr_result_name) result_names;
    TR_VEC(uint32_t) elements; /* tokens of dense<...> */
    TR_VEC(tr_region *) region_stack;
    TR_VEC(tr_successor) successor_stack;
    TR_VEC(tr_func) funcs;
    const char *default_dialect; /* "func." inside func.func: its ops are written without it */
    locale_t c_locale;
    bool has_blocks; /* some region has several blocks, or a use stands before its definition */
} tr_parser;

/* ---------------------------------------------------------------- cursor.c */

static inline tr_token tr_peek(const tr_parser *p)
{
    return p->tokens[p->at];
}
static inline int tr_peek_kind(const tr_parser *p)
{
    return (int)p->tokens[p->at].kind;
}
/* The kind of the token behind the next one. */
static inline int tr_peek_second(const tr_parser *p)
{
    return p->tokens[p->at].kind == TR_TOKEN_END ? (int)TR_TOKEN_END : (int)p->tokens[p->at + 1].kind;
}
static inline tr_str tr_text_of(const tr_parser *p, tr_token token)
{
    return (tr_str){ p->text.data + token.begin, token.size };
}
/* The next token without its first character: the name behind a '%'. */
static inline tr_str tr_name_of(const tr_parser *p, tr_token token)
{
    return (tr_str){ p->text.data + token.begin + 1, token.size - 1 };
}
static inline bool tr_take(tr_parser *p, int kind)
{
    if (tr_peek_kind(p) != kind) return false;
    p->at++;
    return true;
}
static inline bool tr_peek_is(const tr_parser *p, const char *word)
{
    return tr_peek_kind(p) == TR_TOKEN_WORD && tr_str_is(tr_text_of(p, tr_peek(p)), word);
}
static inline bool tr_take_word(tr_parser *p, const char *word)
{
    if (!tr_peek_is(p, word)) return false;
    p->at++;
    return true;
}
/* Fails at the next token: "expected WHAT, found 'x'". */
tr_status tr_expected(tr_parser *p, const char *what);
tr_status tr_parse_fail(tr_parser *p, uint32_t offset, const char *format, ...) __attribute__((format(printf, 3, 4)));
static inline tr_status tr_expect(tr_parser *p, int kind, const char *what)
{
    return __builtin_expect(tr_take(p, kind), 1) ? TR_OK : tr_expected(p, what);
}
tr_status tr_expect_word(tr_parser *p, const char *word);
static inline tr_status tr_parse_oom(tr_parser *p)
{
    return TR_OOM(p->error);
}
/* Begins and ends a level of types or attributes in each other. */
tr_status tr_nest(tr_parser *p);
static inline void tr_unnest(tr_parser *p)
{
    p->nesting--;
}
/* The text from the '<' that is next to its '>': brackets pair up. */
tr_status tr_parse_balanced(tr_parser *p, tr_str *out);
/* The text from `begin` to the end of the last token read, with attribute aliases replaced by what they stand for;
 * first_token: where to look for them. */
tr_status tr_expand(tr_parser *p, uint32_t begin, uint32_t first_token, tr_str *out);

/* ---------------------------------------------------------------- types.c */

tr_status tr_types_init(tr_parser *p);
tr_status tr_parse_type(tr_parser *p, const tr_type **out);
/* type (',' type)*, pushed on type_stack */
tr_status tr_parse_types(tr_parser *p);
/* '(' types? ')', pushed on type_stack */
tr_status tr_parse_type_parens(tr_parser *p);
/* type | '(' types? ')', pushed on type_stack */
tr_status tr_parse_result_types(tr_parser *p);
/* A type, of which the dialect's name may be left out: `<f32>`. `class_` says which type is meant. */
tr_status tr_parse_short_type(tr_parser *p, tr_class class_, const tr_type **out);
/* The one object for `wanted`, which is copied if it is new. */
tr_status tr_type_unique(tr_parser *p, const tr_type *wanted, const tr_type **out);
/* `shaped` with another element: i1 for i32, tensor<4xi1> for tensor<4xi32>. */
tr_status tr_type_with_element(tr_parser *p, const tr_type *shaped, const tr_type *element, const tr_type **out);
tr_status tr_type_pointer_to(tr_parser *p, const tr_type *element, tr_str space, const tr_type **out);
tr_status tr_type_function(tr_parser *p, const tr_type **inputs, size_t input_count, const tr_type **results,
                           size_t result_count, const tr_type **out);

/* ---------------------------------------------------------------- attrs.c, dense.c, numbers.c */

/* `type`: what a number without a type has (NULL: i64, f64). */
tr_status tr_parse_attr(tr_parser *p, const tr_type *type, const tr_attr **out);
tr_status tr_parse_attr_value(tr_parser *p, const tr_type *type, bool typed, const tr_attr **out);
/* '{' (name ('=' attr)?),* '}', pushed on attr_stack */
tr_status tr_parse_attr_dict(tr_parser *p);
tr_status tr_parse_dense(tr_parser *p, const tr_attr **out);
tr_status tr_attr_new(tr_parser *p, tr_attr wanted, const tr_attr **out);
tr_status tr_attr_int(tr_parser *p, int64_t value, const tr_type *type, const tr_attr **out);
tr_status tr_attr_str(tr_parser *p, tr_str text, const tr_attr **out);
tr_status tr_push_attr(tr_parser *p, tr_str name, const tr_attr *value);
/* Takes what lies on attr_stack from `first` on into arena memory. */
tr_status tr_pop_attrs(tr_parser *p, size_t first, const tr_named_attr **out, int32_t *out_count);
/* The string token that is next, unescaped. */
tr_status tr_parse_string(tr_parser *p, tr_str *out);
/* '@' name: the name without '@' and quotes. */
tr_status tr_parse_symbol(tr_parser *p, tr_str *out);
/* A non-negative integer without a type, at most `limit`. */
tr_status tr_parse_plain_integer(tr_parser *p, int64_t limit, int64_t *out);
/* Converts the number token to `type`: INTEGER, INDEX or FLOAT. *out_wide: it has more than 64 bits. */
tr_status tr_number_integer(tr_parser *p, tr_token token, bool negative, const tr_type *type, int64_t *out,
                            bool *out_wide);
tr_status tr_number_float(tr_parser *p, tr_token token, bool negative, const tr_type *type, double *out,
                          uint64_t *out_bits);

/* ---------------------------------------------------------------- locations.c */

tr_status tr_locations_init(tr_parser *p);
/* 'loc' '(' ... ')'. An alias that is defined later may stand where `forward` is set. */
tr_status tr_parse_loc(tr_parser *p, bool forward, const tr_loc **out);
tr_status tr_parse_optional_loc(tr_parser *p, const tr_loc **out);
/* '#name' '=' attribute | '!name' '=' type, at the top level */
tr_status tr_parse_alias(tr_parser *p);
tr_status tr_find_alias(tr_parser *p, const tr_alias **out); /* the next token; *out NULL if it has no definition */
tr_status tr_locations_check(tr_parser *p);

/* ---------------------------------------------------------------- values.c */

/* '%' name ('#' number)?, pushed on `uses` */
tr_status tr_parse_use(tr_parser *p);
tr_status tr_parse_uses(tr_parser *p); /* use (',' use)* */
tr_status tr_resolve(tr_parser *p, const tr_use *use, const tr_type *type, tr_value **slot);
tr_status tr_define(tr_parser *p, tr_str name, uint32_t offset, tr_value *values, uint32_t count);
tr_status tr_enter_region(tr_parser *p, bool isolated);
tr_status tr_leave_region(tr_parser *p);
/* Type of the value named by `use` if it is defined already, else NULL. */
const tr_type *tr_use_type(tr_parser *p, const tr_use *use);

/* ---------------------------------------------------------------- parse_op.c, parse_format.c, parse_hooks.c */

/* Parses one op and puts it at the end of the block. */
tr_status tr_parse_op(tr_parser *p, tr_block *block);
tr_status tr_new_block(tr_parser *p, tr_region *region, tr_block **out);
#define TR_ARGS_IN_TEXT (-1)
tr_status tr_parse_region(tr_parser *p, tr_op_state *state, tr_value *args, int32_t arg_count);
/* An argument of a region that the op's own syntax names: the name and type of values[i] are set. */
tr_status tr_define_arg(tr_parser *p, tr_block *block, tr_value *value, uint32_t offset);
tr_status tr_parse_successor(tr_parser *p, tr_block **out);
tr_status tr_parse_format(tr_parser *p, tr_op_state *state);
tr_status tr_parse_hook(tr_parser *p, tr_op_state *state);
/* Finds types that the text left out by the row's rules, and fills the op's operands and results. */
tr_status tr_finish_typed(tr_parser *p, tr_op_state *state);
/* Fills operands from uses[first ..] with types type_stack[first_type ..]. */
tr_status tr_fill_operands(tr_parser *p, tr_op *op, size_t first, size_t first_type, size_t count);
tr_status tr_fill_results(tr_parser *p, tr_op *op, const tr_type **types, size_t count);
tr_status tr_push_segments(tr_parser *p, const int32_t *counts, int count);

#endif
