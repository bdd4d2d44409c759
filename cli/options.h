/* Commands and their options as tables: parsing, --help, docs/cli.md and the man page are made from the same rows.
 *
 * A command has a struct for its options, which begins with struct common_options; a row says which field an option
 * sets.
 */
#ifndef TR_CLI_OPTIONS_H
#define TR_CLI_OPTIONS_H

#include "cli.h"

typedef enum option_kind {
    OPTION_FLAG, /* bool */
    OPTION_TEXT, /* const char * */
    OPTION_INT,  /* int64_t */
    OPTION_REAL, /* real_option */
    OPTION_LIST, /* text_list: may be given several times */
} option_kind;

typedef struct text_list {
    const char **items;
    int count;
} text_list;

typedef struct real_option {
    double value;
    bool given;
} real_option;

typedef struct option_row {
    const char *name;  /* without "--"; NULL ends the table */
    const char *value; /* what stands for its value in --help; NULL for a flag */
    option_kind kind;
    size_t offset;
    double least; /* of INT and REAL */
    const char *help;
} option_row;

/* The field's offset, and an error of the compiler when its type is not the kind's. */
#define OPTION_OFFSET(options, type, field) (offsetof(options, field) + 0 * sizeof(&((options *)0)->field == (type *)0))
#define FLAG(options, field, name, help)                                                                               \
    {                                                                                                                  \
        name, NULL, OPTION_FLAG, OPTION_OFFSET(options, bool, field), 0, help                                          \
    }
#define TEXT(options, field, name, value, help)                                                                        \
    {                                                                                                                  \
        name, value, OPTION_TEXT, OPTION_OFFSET(options, const char *, field), 0, help                                 \
    }
#define INT(options, field, name, value, least, help)                                                                  \
    {                                                                                                                  \
        name, value, OPTION_INT, OPTION_OFFSET(options, int64_t, field), least, help                                   \
    }
#define REAL(options, field, name, value, least, help)                                                                 \
    {                                                                                                                  \
        name, value, OPTION_REAL, OPTION_OFFSET(options, real_option, field), least, help                              \
    }
#define LIST(options, field, name, value, help)                                                                        \
    {                                                                                                                  \
        name, value, OPTION_LIST, OPTION_OFFSET(options, text_list, field), 0, help                                    \
    }

struct common_options {
    bool help;
    bool json;
    const char *operand; /* NULL when none was given */
};

/* The rows that every table ends with. */
#define COMMON_OPTIONS(options)                                                                                        \
    FLAG(options, common.json, "json", "write JSON to stdout"), FLAG(options, common.help, "help", "print this text"), \
    {                                                                                                                  \
        NULL, NULL, OPTION_FLAG, 0, 0, NULL                                                                            \
    }

typedef struct cli_command {
    const char *name;
    const char *operand; /* what stands for its operand in --help; NULL when it takes none */
    const char *summary;
    const option_row *rows;
    size_t options_size;
    const char *notes;           /* paragraphs for --help and the docs */
    const char *const *examples; /* command lines, ended by NULL */
    enum exit_code (*run)(void *options);
} cli_command;

#define COMMAND(name) extern const cli_command command_##name;
#include "commands.def"

extern const cli_command *const commands[]; /* ended by NULL */

/* Fills the command's options from the words behind its name. Complains on stderr. */
bool parse_options(const cli_command *command, int count, char **words, void *options);

void print_help(const cli_command *command);
void print_markdown(void); /* docs/cli.md */
void print_man(void);      /* triton-runner.1 */

/* What the docs and the man page say besides; ended by NULL. */
typedef struct cli_fact {
    const char *name, *meaning;
} cli_fact;

extern const cli_fact exit_facts[], variable_facts[];

#endif
