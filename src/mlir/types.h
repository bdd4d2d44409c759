/* Types and attributes as text. */
#ifndef TR_MLIR_TYPES_H
#define TR_MLIR_TYPES_H

#include "mlir/ir.h"

/* Without the dialect's part where an op's format leaves it out: "<f32>". */
void tr_type_print_short(const tr_type *type, tr_text *out);
/* Behind "->": one type bare, else in parentheses. */
void tr_type_print_results(const tr_type *const *types, int32_t count, tr_text *out);
/* Appends the attribute's text, with the type of a number ("1 : i32") and through its alias if it has one. */
void tr_attr_print(const tr_attr *attr, tr_text *out);
/* Without the type of a number or of dense<...>. */
void tr_attr_print_untyped(const tr_attr *attr, tr_text *out);
/* "{a = 1 : i32, b}" sorted by name, without entries[i] where skip[i]. skip may be NULL. */
void tr_attrs_print(const tr_named_attr *entries, int32_t count, const bool *skip, tr_text *out);
/* A number as MLIR prints it: a few decimal forms, or hex if none of them reads back as the same bits. */
void tr_float_print(const tr_type *type, double real, uint64_t bits, tr_text *out);
/* "text" in quotes with escapes; @name, with quotes where it needs them. */
void tr_quoted_print(tr_str text, tr_text *out);
void tr_symbol_print(tr_str name, tr_text *out);

#endif
