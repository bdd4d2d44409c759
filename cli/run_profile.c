#include "run.h"

#include <stdlib.h>
#include <string.h>

/* The steps of one Python line, or of none. */
typedef struct line_time {
    const char *file; /* NULL = no Python line is known */
    uint32_t line;
    uint64_t count;
    double seconds;
} line_time;

static int compare_places(const void *a, const void *b)
{
    const line_time *x = a, *y = b;
    int files = strcmp(x->file ? x->file : "", y->file ? y->file : "");
    return files ? files : x->line < y->line ? -1 : x->line > y->line;
}

static int compare_times(const void *a, const void *b)
{
    const line_time *x = a, *y = b;
    return x->seconds > y->seconds ? -1 : x->seconds < y->seconds ? 1 : compare_places(a, b);
}

/* One row a line, the slowest first. Steps that never ran are left out. */
static line_time *sum_lines(const tr_profile *profile, int32_t *out_count, double *out_seconds)
{
    int32_t steps = tr_profile_count(profile), count = 0;
    line_time *lines = allocate((size_t)steps, sizeof(*lines));
    *out_seconds = 0;
    for (int32_t i = 0; i < steps; i++) {
        const tr_profile_row *row = tr_profile_get(profile, i);
        if (!row->count) continue;
        lines[count++] = (line_time){ row->source_file, row->source_line, row->count, row->seconds };
        *out_seconds += row->seconds;
    }
    qsort(lines, (size_t)count, sizeof(*lines), compare_places);
    int32_t kept = 0;
    for (int32_t i = 0; i < count; i++) {
        if (kept && compare_places(&lines[kept - 1], &lines[i]) == 0) {
            lines[kept - 1].count += lines[i].count;
            lines[kept - 1].seconds += lines[i].seconds;
        } else {
            lines[kept++] = lines[i];
        }
    }
    qsort(lines, (size_t)kept, sizeof(*lines), compare_times);
    *out_count = kept;
    return lines;
}

static double share_of(double seconds, double total)
{
    return total > 0 ? seconds / total : 0;
}

static json_t *place_json(const char *file, uint32_t line)
{
    return file ? json_pack("{s:o, s:I}", "file", json_text(file), "line", (json_int_t)line)
                : json_pack("{s:n, s:n}", "file", "line");
}

static void set_time(json_t *row, double seconds, double total, uint64_t count)
{
    json_object_set_new(row, "time_ms", json_real(seconds * 1e3));
    json_object_set_new(row, "share", json_real(share_of(seconds, total)));
    json_object_set_new(row, "count", json_integer((json_int_t)count));
}

static json_t *lines_json(const line_time *lines, int32_t count, double total)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        json_t *row = place_json(lines[i].file, lines[i].line);
        set_time(row, lines[i].seconds, total, lines[i].count);
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *steps_json(const tr_profile *profile, double total)
{
    json_t *list = json_array();
    const tr_profile_row *step;
    for (int32_t i = 0; (step = tr_profile_get(profile, i)) != NULL; i++) {
        json_t *row = place_json(step->source_file, step->source_line);
        json_object_set_new(row, "step", json_integer(step->step));
        json_object_set_new(row, "name", json_text(step->step_name));
        json_object_set_new(row, "op", json_text(step->op));
        set_time(row, step->seconds, total, step->count);
        json_array_append_new(list, row);
    }
    return list;
}

static void print_time(double seconds, double total, uint64_t count)
{
    printf("%12.4f ms %6.1f %% %12llu  ", seconds * 1e3, 100 * share_of(seconds, total), (unsigned long long)count);
}

static void print_place(const char *file, uint32_t line)
{
    if (file) {
        printf("%s:%u\n", file, line);
    } else {
        printf("no line\n");
    }
}

static void print_lines(const line_time *lines, int32_t count, double total)
{
    printf("%15s %8s %12s  %s\n", "time", "share", "steps", "line");
    for (int32_t i = 0; i < count; i++) {
        print_time(lines[i].seconds, total, lines[i].count);
        print_place(lines[i].file, lines[i].line);
    }
}

static void print_steps(const tr_profile *profile, double total)
{
    printf("%15s %8s %12s  %4s  %-24s %-20s %s\n", "time", "share", "times", "step", "name", "op", "line");
    const tr_profile_row *step;
    for (int32_t i = 0; (step = tr_profile_get(profile, i)) != NULL; i++) {
        print_time(step->seconds, total, step->count);
        printf("%4d  %-24s %-20s ", step->step, step->step_name, step->op);
        print_place(step->source_file, step->source_line);
    }
}

void report_profile(cli_run *run)
{
    int32_t count;
    double total;
    line_time *lines = sum_lines(run->profile, &count, &total);
    const run_options *o = run->options;
    json_t *report = json_pack("{s:f, s:o}", "time_ms", total * 1e3, "lines", lines_json(lines, count, total));
    if (o->profile_steps) json_object_set_new(report, "steps", steps_json(run->profile, total));
    json_object_set_new(run->report, "profile", report);
    if (!o->common.json) {
        printf("%.4g ms in steps, over all threads\n", total * 1e3);
        print_lines(lines, count, total);
        if (o->profile_steps) print_steps(run->profile, total);
    }
    free(lines);
}
