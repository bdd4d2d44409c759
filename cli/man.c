#include "options.h"

#include <stdio.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- exit codes and variables */

const cli_fact exit_facts[] = {
    { "0", "done" },
    { "1", "a comparison failed" },
    { "2", "usage: an unknown option, a grid of zero, arguments that the kernel doesn't take" },
    { "3", "bad input: a file that is missing or damaged, an access out of bounds, a deadlock" },
    { "4", "unsupported: an op, a level or a device that nothing here runs" },
    { "5", "internal: a bug in Triton Runner, or no memory" },
    { "124", "the time limit of --timeout passed" },
    { "130", "Ctrl-C" },
    { NULL, NULL },
};

const cli_fact variable_facts[] = {
    { "TRITON_RUNNER_THREADS", "CPU threads, where --threads doesn't say; else one a core" },
    { "TRITON_RUNNER_ISA", "instruction set of the CPU's kernels: baseline, avx2 or avx512; else the best there is" },
    { "TRITON_RUNNER_EXAMPLES", "where demo finds the examples" },
    { "TRITON_RUNNER_PYTHON", "the Python that has Triton, to compile TTIR, TTGIR and LLIR; else python3" },
    { "TRITON_RUNNER_CACHE", "where compiled kernels are kept; else ~/.cache/triton-runner" },
    { "TRITON_RUNNER_CUDA_DRIVER", "the CUDA driver's library; else libcuda.so.1" },
    { "TRITON_PTXAS_PATH", "a ptxas to try; also CUDA_HOME, CUDA_PATH and PATH are searched" },
    { "TRITON_PTXAS_BLACKWELL_PATH", "likewise, first for sm_100 and newer" },
    { NULL, NULL },
};

/* ---------------------------------------------------------------- roff */

/* A '-' may become a hyphen that can't be pasted, a backslash begins a command, and so does a '.' or "'" at the start
 * of a line. */
static void print_roff(const char *text)
{
    bool at_start = true;
    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\'')) printf("\\&");
        if (*text == '-') {
            printf("\\-");
        } else if (*text == '\\') {
            printf("\\e");
        } else {
            putchar(*text);
        }
        at_start = *text == '\n';
    }
}

/* One term and what it means. */
static void print_term(const char *term, const char *value, const char *meaning, const char *more)
{
    printf(".TP\n.B ");
    print_roff(term);
    if (value) {
        printf(" \\fI");
        print_roff(value);
        printf("\\fR");
    }
    printf("\n");
    print_roff(meaning);
    printf("%s\n", more);
}

static void print_facts(const char *heading, const cli_fact *facts)
{
    printf(".SH %s\n", heading);
    for (; facts->name; facts++) print_term(facts->name, NULL, facts->meaning, "");
}

static void print_examples(const cli_command *command)
{
    printf(".PP\n.nf\n");
    for (const char *const *example = command->examples; *example; example++) {
        print_roff(*example);
        printf("\n");
    }
    printf(".fi\n");
}

static void print_command(const cli_command *command)
{
    printf(".SS triton\\-runner %s", command->name);
    if (command->operand) printf(" \\fI%s\\fR", command->operand);
    printf(" [options]\nTo ");
    print_roff(command->summary);
    printf(".\n");
    for (const option_row *row = command->rows; row->name; row++) {
        char *name = format_text("--%s", row->name);
        print_term(name, row->value, row->help, row->kind == OPTION_LIST ? " (may be repeated)" : "");
        free(name);
    }
    if (command->notes) {
        printf(".PP\n.nf\n");
        print_roff(command->notes);
        printf(".fi\n");
    }
    if (command->examples) print_examples(command);
}

void print_man(void)
{
    printf(
        ".\\\" Made by triton-runner help --man from the tables in cli/.\n"
        ".TH TRITON\\-RUNNER 1 \"\" \"Triton Runner %s\" \"User Commands\"\n"
        ".SH NAME\ntriton\\-runner \\- run Triton kernels from any IR level\n"
        ".SH SYNOPSIS\n.B triton\\-runner\n\\fICOMMAND\\fR [\\fIoperand\\fR] [\\fIoptions\\fR]\n"
        ".SH DESCRIPTION\n"
        "Runs, checks and explains kernels of the Triton GPU language as the compiler has written them: TTIR on the\n"
        "CPU, and TTIR, TTGIR, LLIR, PTX and cubins on NVIDIA GPUs.\n.PP\n"
        "Standard output is data, as text or with\n.B \\-\\-json\nas one JSON object; standard error is talk.\n"
        ".SH COMMANDS\n",
        tr_version());
    for (const cli_command *const *command = commands; *command; command++) print_command(*command);
    print_facts("EXIT STATUS", exit_facts);
    print_facts("ENVIRONMENT", variable_facts);
}
