#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- parsing */

static const char *option_at(const void *user, int index)
{
    return ((const option_row *)user)[index].name;
}

static const option_row *find_row(const option_row *rows, const char *name, size_t size)
{
    for (; rows->name; rows++) {
        if (strncmp(rows->name, name, size) == 0 && rows->name[size] == '\0') return rows;
    }
    return NULL;
}

static bool set_int(const cli_command *command, const option_row *row, const char *text, int64_t *field)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno) {
        say(command->name, "--%s needs a whole number, not '%s'", row->name, text);
        return false;
    }
    if ((double)value < row->least) {
        say(command->name, "--%s must be %.0f or more, not %lld", row->name, row->least, value);
        return false;
    }
    *field = value;
    return true;
}

static bool set_real(const cli_command *command, const option_row *row, const char *text, real_option *field)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || isnan(value)) {
        say(command->name, "--%s needs a number, not '%s'", row->name, text);
        return false;
    }
    if (value < row->least) {
        say(command->name, "--%s must be %g or more, not %s", row->name, row->least, text);
        return false;
    }
    *field = (real_option){ value, true };
    return true;
}

static void add_to_list(text_list *list, const char *text)
{
    const char **items = allocate((size_t)list->count + 1, sizeof(*items));
    if (list->count) memcpy(items, list->items, (size_t)list->count * sizeof(*items));
    free(list->items);
    list->items = items;
    list->items[list->count++] = text;
}

static bool set_option(const cli_command *command, const option_row *row, const char *text, void *options)
{
    void *field = (char *)options + row->offset;
    switch (row->kind) {
    case OPTION_FLAG: *(bool *)field = true; return true;
    case OPTION_TEXT: *(const char **)field = text; return true;
    case OPTION_INT: return set_int(command, row, text, field);
    case OPTION_REAL: return set_real(command, row, text, field);
    case OPTION_LIST: add_to_list(field, text); return true;
    }
    return false;
}

static bool unknown_option(const cli_command *command, const char *name, size_t size)
{
    char *cut = format_text("%.*s", (int)size, name);
    const char *near = nearest(cut, option_at, command->rows);
    if (near) {
        say(command->name, "there is no option --%s; did you mean --%s?", cut, near);
    } else {
        say(command->name, "there is no option --%s; see triton-runner %s --help", cut, command->name);
    }
    free(cut);
    return false;
}

/* One option and its value, from words[*at] on. */
static bool parse_option(const cli_command *command, int count, char **words, int *at, void *options)
{
    const char *name = words[*at] + 2;
    size_t size = strcspn(name, "=");
    const option_row *row = find_row(command->rows, name, size);
    if (!row) return unknown_option(command, name, size);
    const char *text = name[size] ? name + size + 1 : NULL;
    if (row->kind == OPTION_FLAG && text) {
        say(command->name, "--%s takes no value", row->name);
        return false;
    }
    if (row->kind != OPTION_FLAG && !text) {
        if (*at + 1 >= count) {
            say(command->name, "--%s needs a value, %s", row->name, row->value);
            return false;
        }
        text = words[++*at];
    }
    return set_option(command, row, text, options);
}

static bool set_operand(const cli_command *command, const char *word, struct common_options *common)
{
    if (!command->operand || common->operand) {
        say(command->name, "'%s' is too much: %s%s", word, command->operand ? "there is one " : "it takes no operand",
            command->operand ? command->operand : "");
        return false;
    }
    common->operand = word;
    return true;
}

bool parse_options(const cli_command *command, int count, char **words, void *options)
{
    struct common_options *common = options;
    bool only_operands = false;
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (!only_operands && strcmp(word, "-h") == 0) {
            common->help = true;
        } else if (!only_operands && strncmp(word, "--", 2) == 0) {
            if (!parse_option(command, count, words, &i, options)) return false;
        } else if (!only_operands && word[0] == '-' && word[1]) {
            say(command->name, "there is no option %s; options begin with two dashes", word);
            return false;
        } else if (!set_operand(command, word, common)) {
            return false;
        }
    }
    if (common->help || !command->operand || common->operand) return true;
    say(command->name, "%s is missing; see triton-runner %s --help", command->operand, command->name);
    return false;
}

/* ---------------------------------------------------------------- help */

static void print_usage(const cli_command *command)
{
    printf("triton-runner %s%s%s [options]", command->name, command->operand ? " " : "",
           command->operand ? command->operand : "");
}

void print_help(const cli_command *command)
{
    printf("usage: ");
    print_usage(command);
    printf("\n\nTo %s.\n\n", command->summary);
    for (const option_row *row = command->rows; row->name; row++) {
        char *left = format_text("--%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
        printf("  %-26s %s%s\n", left, row->help, row->kind == OPTION_LIST ? " (may be repeated)" : "");
        free(left);
    }
    if (command->notes) printf("\n%s", command->notes);
    if (command->examples) printf("\nexamples:\n");
    for (const char *const *example = command->examples; example && *example; example++) {
        printf("  %s\n", *example);
    }
}

/* In a cell '|' would end it. */
static void print_cell(const char *text)
{
    for (; *text; text++) printf(*text == '|' ? "\\|" : "%c", *text);
}

static void print_command_markdown(const cli_command *command)
{
    printf("\n## triton-runner %s\n\n`", command->name);
    print_usage(command);
    printf("`\n\nTo %s.\n\n| option | meaning |\n|---|---|\n", command->summary);
    for (const option_row *row = command->rows; row->name; row++) {
        printf("| `--%s%s", row->name, row->value ? " " : "");
        print_cell(row->value ? row->value : "");
        printf("` | ");
        print_cell(row->help);
        printf("%s |\n", row->kind == OPTION_LIST ? " (may be repeated)" : "");
    }
    if (command->notes) printf("\n```text\n%s```\n", command->notes);
    if (command->examples) printf("\nExamples:\n\n```text\n");
    for (const char *const *example = command->examples; example && *example; example++) printf("%s\n", *example);
    if (command->examples) printf("```\n");
}

static void print_facts_markdown(const char *heading, const cli_fact *facts, const char *quote)
{
    printf("| %s | meaning |\n|---|---|\n", heading);
    for (; facts->name; facts++) printf("| %s%s%s | %s |\n", quote, facts->name, quote, facts->meaning);
}

void print_markdown(void)
{
    printf("# The command line\n\n"
           "Made by `triton-runner help --markdown` from the tables in `cli/`; `tests/python/test_cli_docs.py` checks "
           "that it is in\nstep.\n\n"
           "stdout is data, as text or with `--json` as one JSON object; stderr is talk. A failure with `--json` "
           "writes\n`{\"error\": {\"status\", \"message\", \"file\", \"line\", \"column\"}}`.\n\n");
    print_facts_markdown("exit code", exit_facts, "");
    for (const cli_command *const *command = commands; *command; command++) print_command_markdown(*command);
    printf("\n## Environment\n\n");
    print_facts_markdown("variable", variable_facts, "`");
}
