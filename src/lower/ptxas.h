/* PTX -> cubin by ptxas: finding one that is new enough, running it, reading its complaints. */
#ifndef TR_LOWER_PTXAS_H
#define TR_LOWER_PTXAS_H

#include "lower/child.h"
#include "lower/helper.h"
#include "lower/target.h"

#include "base/vec.h"

/* One that was asked what it is. */
typedef struct tr_ptxas {
    char *path;
    int32_t major, minor; /* of its CUDA release; 0 = it could not be run, or is no ptxas */
    int32_t isa;          /* the newest PTX that it takes, 87 for 8.7 */
    char *version;        /* all that --version says */
    char *help;           /* names the targets that it knows */
} tr_ptxas;

typedef TR_VEC(tr_ptxas) tr_ptxas_list;
void tr_ptxas_list_deinit(tr_ptxas_list *list);

/* The newest PTX ISA that the ptxas of a CUDA release takes. */
int32_t tr_ptxas_isa(int32_t major, int32_t minor);

/* What is to be assembled. */
typedef struct tr_ptxas_job {
    tr_str ptx;
    const char *name; /* for messages */
    tr_ptx_head head;
    const char *gpu_name;
    int32_t arch;
    bool fuse;         /* enable_fp_fusion */
    bool reg_alloc;    /* the option that Triton gives from 3.7 on */
    const char *extra; /* ptx_options: more options, separated by spaces; NULL = none */
} tr_ptxas_job;

/* The first one that takes the job's ISA and target: `only`, when it is given; else those of the Triton of `helper`
 * (its own choice first; without a Triton none), TRITON_PTXAS_PATH, TRITON_PTXAS_BLACKWELL_PATH, CUDA_HOME, CUDA_PATH,
 * /usr/local/cuda, PATH. `known` remembers what was asked. The pointer is good until the next call. When none fits
 * the message says which were looked at. */
TR_MUST_CHECK tr_status tr_ptxas_choose(tr_ptxas_list *known, const char *only, const tr_helper *helper,
                                        const tr_ptxas_job *job, tr_patience *patience, const tr_ptxas **out_ptxas,
                                        tr_error *error);

/* Runs it in a private folder. *out_cubin is malloc's memory, terminated. What it says is appended to *log. */
TR_MUST_CHECK tr_status tr_ptxas_run(const tr_ptxas *ptxas, const tr_ptxas_job *job, tr_patience *patience,
                                     char **out_cubin, size_t *out_size, tr_text *log, tr_error *error);

#endif
