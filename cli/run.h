/* The parts of `triton-runner run`: arguments, checks of the results, timing. */
#ifndef TR_CLI_RUN_H
#define TR_CLI_RUN_H

#include "options.h"
#include "values.h"

typedef struct run_options {
    struct common_options common;
    const char *kernel, *grid, *programs, *device, *level, *metadata, *python, *ptxas;
    text_list args, outs, expects, prints;
    real_option rtol, atol, timeout, flops;
    int64_t ulp, repeat, warmup, threads;
    bool equal_nan, profile, profile_steps, no_cache;
} run_options;

typedef struct cli_run {
    const run_options *options;
    tr_context *context;
    tr_kernel *kernel;
    tr_grid grid;
    uint64_t *programs; /* linear ids of the chosen ones; NULL = all */
    uint64_t program_count;
    tr_profile *profile; /* of the launch that counts; NULL = none */
    int32_t count;       /* parameters that have a value: all but hidden ones that are left out */
    const char **texts;  /* the value of each, as given */
    cli_value *values;
    const volatile int *cancel;
    json_t *report;
    bool differs; /* a comparison failed */
} cli_run;

/* Parameter `name`, or the one at that position when it is a number; -1 and an error when there is none. */
int32_t find_param(const tr_kernel *kernel, const char *name, tr_error *error);

/* Splits "name=value"; false when there is no name. *out_name is the caller's to free. */
bool split_name(const char *text, char **out_name, const char **out_value);

/* Decides which --arg belongs to which parameter. */
tr_status bind_args(cli_run *run, tr_error *error);
/* Makes all values, anew if they are there: every launch that is looked at begins with the same arguments. */
tr_status make_values(cli_run *run, tr_error *error);
void free_values(cli_run *run);

/* --programs: makes run->programs, for run->grid. */
tr_status choose_programs(cli_run *run, tr_error *error);

/* Launches once; `options` may hold a writer or a profile. */
tr_status launch(cli_run *run, tr_launch_options options, double *out_seconds, tr_error *error);

/* The parameter `name` of --option, which must be a buffer. */
tr_status find_array(const cli_run *run, const char *option, const char *name, int32_t *out_index, tr_error *error);
/* Likewise from "NAME=FILE". */
tr_status find_file(const cli_run *run, const char *option, const char *text, int32_t *out_index, const char **out_file,
                    tr_error *error);

tr_status check_names(const cli_run *run, tr_error *error); /* before the launch: --out, --expect, --print */
tr_status write_outs(cli_run *run, tr_error *error);
tr_status print_values(cli_run *run, tr_error *error);
tr_status check_expects(cli_run *run, tr_error *error);
void report_profile(cli_run *run);
tr_status time_launches(cli_run *run, tr_error *error);

#endif
