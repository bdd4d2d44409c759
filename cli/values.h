/* Argument values as text, --arg: "i32:4096", "@x.npy", "rand:f32:512x256". */
#ifndef TR_CLI_VALUES_H
#define TR_CLI_VALUES_H

#include "cli.h"

typedef struct cli_value {
    bool is_array;
    tr_array array; /* when is_array */
    tr_arg arg;     /* a scalar; a null buffer */
} cli_value;

/* Makes the value that `text` describes for parameter `index` of the kernel, `param`. Random arrays without a seed
 * take `index`, so that two of one kernel differ. */
tr_status value_create(const char *text, const tr_param *param, int32_t index, cli_value *out_value, tr_error *error);
void value_destroy(cli_value *value);

tr_arg value_arg(const cli_value *value);

/* Loads path[:dtype]; where neither file nor text says what bf16 or fp8 it is, `otherwise` does. */
tr_status load_array(const char *text, tr_dtype otherwise, tr_array *out_array, tr_error *error);

extern const char value_help[]; /* the forms, for --help */

#endif
