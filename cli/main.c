#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cli_command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "commands.def"
    NULL,
};

static const char *command_at(const void *user, int index)
{
    (void)user;
    return commands[index] ? commands[index]->name : NULL;
}

static const cli_command *find_command(const char *name)
{
    for (const cli_command *const *command = commands; *command; command++) {
        if (strcmp((*command)->name, name) == 0) return *command;
    }
    return NULL;
}

static void print_overview(void)
{
    printf("usage: triton-runner COMMAND ...\n\nRuns Triton kernels from any IR level.\n\n");
    for (const cli_command *const *command = commands; *command; command++) {
        printf("  %-8s %s\n", (*command)->name, (*command)->summary);
    }
    printf("\ntriton-runner COMMAND --help explains a command; triton-runner --version says which this is.\n");
}

static enum exit_code unknown_command(const char *name)
{
    const char *near = nearest(name, command_at, NULL);
    if (near) {
        say(NULL, "there is no command '%s'; did you mean '%s'?", name, near);
    } else {
        say(NULL, "there is no command '%s'; see triton-runner --help", name);
    }
    return EXIT_USAGE;
}

static enum exit_code run_command(const cli_command *command, int count, char **words)
{
    void *options = allocate(1, command->options_size);
    enum exit_code code = EXIT_USAGE;
    if (parse_options(command, count, words, options)) {
        code = EXIT_DONE;
        if (((struct common_options *)options)->help) {
            print_help(command);
        } else {
            code = command->run(options);
        }
    }
    for (const option_row *row = command->rows; row->name; row++) {
        if (row->kind == OPTION_LIST) free(((text_list *)((char *)options + row->offset))->items);
    }
    free(options);
    return code;
}

/* help, help COMMAND, help --markdown, which makes docs/cli.md, and help --man, which makes the man page. */
static enum exit_code help(const char *topic)
{
    const cli_command *command = topic ? find_command(topic) : NULL;
    if (command) {
        print_help(command);
    } else if (!topic) {
        print_overview();
    } else if (strcmp(topic, "--markdown") == 0) {
        print_markdown();
    } else if (strcmp(topic, "--man") == 0) {
        print_man();
    } else {
        return unknown_command(topic);
    }
    return EXIT_DONE;
}

static enum exit_code dispatch(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) {
        say(NULL, "a command is missing; see triton-runner --help");
        return EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0) {
        printf("triton-runner %s\n", tr_version());
        return EXIT_DONE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        return help(argc > 2 ? argv[2] : NULL);
    }
    const cli_command *command = find_command(name);
    return command ? run_command(command, argc - 2, argv + 2) : unknown_command(name);
}

int main(int argc, char **argv)
{
    enum exit_code code = dispatch(argc, argv);
    /* Output that could not be written is a failure too: a full disk, a closed pipe. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_DONE) {
        say(NULL, "cannot write to stdout");
        code = EXIT_INPUT;
    }
    return (int)code;
}
