#include "run.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

enum { MOST_PROGRAMS = 1 << 24 }; /* of a list; they take 8 bytes each */

/* list    = item ((","|";") item)*
 * item    = id | id "-" id | "(" x "," y "," z ")"
 * Spaces may stand between any two. */
typedef struct program_list {
    const char *text, *at;
    tr_grid grid;
    uint64_t *ids; /* NULL while they are only counted */
    uint64_t count;
} program_list;

static void skip_spaces(program_list *list)
{
    while (isspace((unsigned char)*list->at)) list->at++;
}

static bool take(program_list *list, const char *one_of)
{
    skip_spaces(list);
    for (; *one_of; one_of++) {
        if (*list->at != *one_of) continue;
        list->at++;
        return true;
    }
    return false;
}

static bool take_number(program_list *list, uint64_t *out)
{
    skip_spaces(list);
    if (!isdigit((unsigned char)*list->at)) return false;
    char *end;
    errno = 0;
    *out = strtoull(list->at, &end, 10);
    list->at = end;
    return errno == 0;
}

static tr_status fail_list(const program_list *list, tr_error *error)
{
    return fail(error, TR_INVALID_ARGUMENT,
                "--programs '%s' can't be read from '%s' on: it takes 5, 5-9 or (X,Y,Z), with ',' or ';' between them",
                list->text, list->at);
}

static tr_status fail_outside(const program_list *list, const char *which, tr_error *error)
{
    const tr_grid g = list->grid;
    return fail(error, TR_INVALID_ARGUMENT, "--programs: program %s is not in the grid, which is %ux%ux%u: 0 to %llu",
                which, g.x, g.y, g.z, (unsigned long long)((uint64_t)g.x * g.y * g.z - 1));
}

/* Behind the "(". */
static tr_status take_place(program_list *list, uint64_t *out_id, tr_error *error)
{
    uint64_t x, y, z;
    bool read = take_number(list, &x) && take(list, ",") && take_number(list, &y) && take(list, ",") &&
                take_number(list, &z) && take(list, ")");
    if (!read) return fail_list(list, error);
    const tr_grid g = list->grid;
    if (x >= g.x || y >= g.y || z >= g.z) {
        char which[80];
        snprintf(which, sizeof(which), "(%llu, %llu, %llu)", (unsigned long long)x, (unsigned long long)y,
                 (unsigned long long)z);
        return fail_outside(list, which, error);
    }
    *out_id = (z * g.y + y) * g.x + x;
    return TR_OK;
}

static tr_status take_ids(program_list *list, uint64_t *out_first, uint64_t *out_last, tr_error *error)
{
    if (!take_number(list, out_first)) return fail_list(list, error);
    *out_last = *out_first;
    if (take(list, "-") && !take_number(list, out_last)) return fail_list(list, error);
    if (*out_last < *out_first) {
        return fail(error, TR_INVALID_ARGUMENT, "--programs: %llu-%llu counts down", (unsigned long long)*out_first,
                    (unsigned long long)*out_last);
    }
    if (*out_last < (uint64_t)list->grid.x * list->grid.y * list->grid.z) return TR_OK;
    char which[24];
    snprintf(which, sizeof(which), "%llu", (unsigned long long)*out_last);
    return fail_outside(list, which, error);
}

static tr_status take_item(program_list *list, tr_error *error)
{
    uint64_t first = 0, last = 0;
    tr_status status;
    if (take(list, "(")) {
        status = take_place(list, &first, error);
        last = first;
    } else {
        status = take_ids(list, &first, &last, error);
    }
    if (status != TR_OK) return status;
    if (last - first >= MOST_PROGRAMS || list->count + (last - first) >= MOST_PROGRAMS) {
        return fail(error, TR_INVALID_ARGUMENT, "--programs lists more than %d programs; without it all run",
                    MOST_PROGRAMS);
    }
    for (uint64_t id = first; list->ids && id <= last; id++) list->ids[list->count + (id - first)] = id;
    list->count += last - first + 1;
    return TR_OK;
}

static tr_status read_list(program_list *list, tr_error *error)
{
    list->at = list->text;
    list->count = 0;
    do {
        tr_status status = take_item(list, error);
        if (status != TR_OK) return status;
    } while (take(list, ",;"));
    return *list->at ? fail_list(list, error) : TR_OK;
}

tr_status choose_programs(cli_run *run, tr_error *error)
{
    program_list list = { .text = run->options->programs, .grid = run->grid };
    if (!list.grid.x || !list.grid.y || !list.grid.z) return TR_OK; /* the launch says what is wrong with the grid */
    tr_status status = read_list(&list, error);
    if (status != TR_OK) return status;
    run->programs = list.ids = allocate(list.count, sizeof(*list.ids));
    run->program_count = list.count;
    return read_list(&list, error);
}
