/* The arguments of one launch, made from the leaves of a call. */
#ifndef TR_PYTHON_ARGUMENT_H
#define TR_PYTHON_ARGUMENT_H

#include "core.h"

#define ARGUMENTS_ON_STACK 64

typedef struct argument_list {
    kernel_object *kernel;
    bound_object *bound;
    tr_arg *items;
    int count, capacity;
    int position; /* of the leaf that is added */
    tr_arg few[ARGUMENTS_ON_STACK];
} argument_list;

void argument_list_begin(argument_list *list, kernel_object *kernel, bound_object *bound);
/* Adds as many arguments as the kernel has parameters for this leaf. */
int argument_list_add(argument_list *list, const call_leaf *leaf);
void argument_list_end(argument_list *list);

#endif
