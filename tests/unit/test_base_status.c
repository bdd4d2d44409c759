/* base/status: messages, places and excerpts. */
#include "check.h"

#include <errno.h>
#include <stdlib.h>

static void names_of_statuses(void **state)
{
    (void)state;
    for (int status = TR_OK; status <= TR_INTERNAL; status++) {
        assert_string_not_equal(tr_status_name((tr_status)status), "unknown status");
        for (int other = TR_OK; other < status; other++) {
            assert_string_not_equal(tr_status_name((tr_status)status), tr_status_name((tr_status)other));
        }
    }
    assert_string_equal(tr_status_name(TR_OUT_OF_BOUNDS), "out of bounds");
    assert_string_equal(tr_status_name((tr_status)999), "unknown status");
}

static void fail_fills_everything(void **state)
{
    (void)state;
    tr_error error;
    memset(&error, 0xee, sizeof(error));
    assert_int_equal(tr_fail(&error, TR_MISMATCH, "%d is not %s", 3, "four"), TR_MISMATCH);
    assert_int_equal(error.status, TR_MISMATCH);
    assert_int_equal(error.os_errno, 0);
    assert_int_equal(error.line, 0);
    assert_int_equal(error.column, 0);
    assert_string_equal(error.file, "");
    assert_string_equal(error.message, "3 is not four");
    assert_string_equal(error.excerpt, "");
}

static void fail_without_an_error(void **state)
{
    (void)state;
    assert_int_equal(tr_fail(NULL, TR_IO, "x"), TR_IO);
    assert_int_equal(tr_fail_errno(NULL, TR_IO, ENOENT, "x"), TR_IO);
    assert_int_equal(tr_fail_at(NULL, TR_IO, "f", TR_STR("x"), 0, "x"), TR_IO);
    assert_int_equal(TR_OOM(NULL), TR_OUT_OF_MEMORY);
}

static void fail_errno_gives_the_reason(void **state)
{
    (void)state;
    tr_error error;
    assert_int_equal(tr_fail_errno(&error, TR_IO, EACCES, "cannot open '%s'", "a"), TR_IO);
    assert_int_equal(error.os_errno, EACCES);
    assert_string_equal(error.message, "cannot open 'a': Permission denied");
}

static void message_may_quote_itself(void **state)
{
    (void)state;
    tr_error error;
    (void)tr_fail(&error, TR_IO, "disk full");
    (void)tr_fail(&error, TR_INVALID_INPUT, "while loading: %s", error.message);
    assert_string_equal(error.message, "while loading: disk full");
    (void)tr_fail_at(&error, TR_INVALID_INPUT, "a.ttir", TR_STR("x"), 0, "bad");
    (void)tr_fail_at(&error, TR_INVALID_INPUT, error.file, TR_STR("xy"), 1, "%s too", error.message);
    assert_string_equal(error.file, "a.ttir");
    assert_string_equal(error.message, "bad too");
}

static void long_message_is_cut_between_characters(void **state)
{
    (void)state;
    tr_error error;
    char text[2000];
    for (size_t lead = 0; lead < 4; lead++) {
        memset(text, 'a', lead);
        for (size_t i = lead; i + 3 < sizeof(text); i += 3) memcpy(text + i, "\xe2\x82\xac", 3); /* the euro sign */
        text[lead + 3 * 600] = '\0';
        (void)tr_fail(&error, TR_IO, "%s", text);
        size_t size = strlen(error.message);
        assert_true(size > sizeof(error.message) - 5);
        assert_int_equal((size - lead) % 3, 0);
        assert_memory_equal(error.message, text, size);
    }
}

static void long_message_keeps_the_reason(void **state)
{
    (void)state;
    tr_error error;
    char text[1000];
    memset(text, 'a', sizeof(text));
    for (size_t size = 730; size < 790; size++) {
        text[size] = '\0';
        (void)tr_fail_errno(&error, TR_IO, ENOENT, "%s", text);
        assert_true(strlen(error.message) < sizeof(error.message));
        assert_true(tr_str_ends_with(tr_str_of(error.message), "a: No such file or directory"));
        text[size] = 'a';
    }
}

static void long_path_keeps_its_end(void **state)
{
    (void)state;
    tr_error error;
    char path[1000];
    memset(path, 'd', sizeof(path));
    memcpy(path + sizeof(path) - 8, "/k.ttir", 8);
    (void)tr_fail_at(&error, TR_INVALID_INPUT, path, TR_STR("x"), 0, "bad");
    assert_int_equal(strlen(error.file), sizeof(error.file) - 1);
    assert_true(tr_str_starts_with(tr_str_of(error.file), "..."));
    assert_true(tr_str_ends_with(tr_str_of(error.file), "ddd/k.ttir"));
}

static void locate_counts_lines_and_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
        uint32_t line, column;
    } rows[] = {
        { "", 0, 1, 1 },          { "abc", 0, 1, 1 },     { "abc", 2, 1, 3 },
        { "abc", 3, 1, 4 },       { "abc", 99, 1, 4 },    { "a\nbc", 1, 1, 2 }, /* the newline belongs to its line */
        { "a\nbc", 2, 2, 1 },     { "a\nbc\n", 5, 3, 1 }, { "\n\n\n", 2, 3, 1 },
        { "\xc3\xa4x", 2, 1, 3 }, /* bytes, not characters */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint32_t line = 0, column = 0;
        tr_locate(tr_str_of(rows[i].text), rows[i].offset, &line, &column);
        assert_int_equal(line, rows[i].line);
        assert_int_equal(column, rows[i].column);
    }
    uint32_t line = 0, column = 0;
    tr_locate((tr_str){ 0 }, 0, &line, &column);
    assert_int_equal(line, 1);
    assert_int_equal(column, 1);
}

static void excerpt_points_at_the_fault(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
        const char *excerpt;
    } rows[] = {
        { "abc def\nxyz", 4, "abc def\n    ^" },
        { "abc def\nxyz", 8, "xyz\n^" },
        { "abc def\nxyz", 11, "xyz\n   ^" },
        { "abc\n", 4, "\n^" },       /* the end of the text, behind its last newline */
        { "abc\n", 3, "abc\n   ^" }, /* the newline itself */
        { "", 0, "\n^" },
        { "\t%x\n", 1, " %x\n ^" }, /* a tab takes one column, so that the caret stands right */
        { "a\r\nb", 0, "a \n^" },
        { "a\001\x7fz", 3, "a  z\n   ^" },
        { "\xc3\xa4 = x", 3, "\xc3\xa4 = x\n  ^" }, /* a two-byte character takes one column */
    };
    tr_error error;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        (void)tr_fail_at(&error, TR_INVALID_INPUT, "t", tr_str_of(rows[i].text), rows[i].offset, "m");
        assert_string_equal(error.excerpt, rows[i].excerpt);
    }
}

/* The character of the excerpt's first line that the caret stands below. */
static char above_caret(const char *excerpt)
{
    const char *caret_line = strchr(excerpt, '\n') + 1;
    return excerpt[strlen(caret_line) - 1];
}

static void excerpt_of_a_long_line_is_a_window(void **state)
{
    (void)state;
    char text[4000];
    for (size_t size = 150; size < sizeof(text); size += 77) {
        for (size_t offset = 0; offset < size; offset += 13) {
            memset(text, '.', size);
            text[offset] = 'X';
            tr_error error;
            (void)tr_fail_at(&error, TR_INVALID_INPUT, "t", (tr_str){ text, size }, offset, "m");
            assert_int_equal(error.column, offset + 1);
            assert_int_equal(above_caret(error.excerpt), 'X');
            assert_true(strlen(error.excerpt) < sizeof(error.excerpt));
        }
    }
}

static void excerpt_of_any_bytes_fits(void **state)
{
    (void)state;
    unsigned char text[1024];
    unsigned seed = 1;
    for (int round = 0; round < 2000; round++) {
        size_t size = (size_t)round % sizeof(text);
        for (size_t i = 0; i < size; i++) {
            seed = seed * 1103515245u + 12345u;
            text[i] = (unsigned char)(seed >> 16);
            if (text[i] == '\n' && round % 3) text[i] = 0xbf; /* mostly long lines, many continuation bytes */
        }
        tr_error error;
        size_t offset = size ? (seed >> 8) % (size + 1) : 0;
        (void)tr_fail_at(&error, TR_INVALID_INPUT, "t", (tr_str){ (char *)text, size }, offset, "m");
        assert_true(strnlen(error.excerpt, sizeof(error.excerpt)) < sizeof(error.excerpt));
        assert_non_null(strchr(error.excerpt, '^'));
    }
}

static void format_leaves_out_what_is_unknown(void **state)
{
    (void)state;
    tr_error error;
    char text[100];
    (void)tr_fail_at(&error, TR_INVALID_INPUT, "a.ttir", TR_STR("x\nfoo"), 3, "no");
    assert_int_equal(tr_error_format(&error, text, sizeof(text)), strlen("a.ttir:2:2: error: no\nfoo\n ^"));
    assert_string_equal(text, "a.ttir:2:2: error: no\nfoo\n ^");

    error.column = 0;
    error.excerpt[0] = '\0';
    tr_error_format(&error, text, sizeof(text));
    assert_string_equal(text, "a.ttir:2: error: no");

    error.line = 0;
    tr_error_format(&error, text, sizeof(text));
    assert_string_equal(text, "a.ttir: error: no");

    error.file[0] = '\0';
    tr_error_format(&error, text, sizeof(text));
    assert_string_equal(text, "error: no");

    (void)tr_fail_at(&error, TR_INVALID_INPUT, NULL, TR_STR("foo"), 0, "no");
    tr_error_format(&error, text, sizeof(text));
    assert_string_equal(text, "<text>:1:1: error: no\nfoo\n^");
}

static void format_is_cut_to_the_buffer(void **state)
{
    (void)state;
    tr_error error;
    char text[8] = "unused";
    (void)tr_fail(&error, TR_IO, "something");
    assert_int_equal(tr_error_format(&error, text, sizeof(text)), strlen("error: something"));
    assert_string_equal(text, "error: ");
    assert_int_equal(tr_error_format(&error, NULL, 0), strlen("error: something"));
}

static tr_status try_it(tr_status status, int *reached)
{
    TR_TRY(status);
    *reached = 1;
    return TR_OK;
}

static void try_returns_only_failures(void **state)
{
    (void)state;
    int reached = 0;
    assert_int_equal(try_it(TR_DEADLOCK, &reached), TR_DEADLOCK);
    assert_int_equal(reached, 0);
    assert_int_equal(try_it(TR_OK, &reached), TR_OK);
    assert_int_equal(reached, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_statuses),
        cmocka_unit_test(fail_fills_everything),
        cmocka_unit_test(fail_without_an_error),
        cmocka_unit_test(fail_errno_gives_the_reason),
        cmocka_unit_test(message_may_quote_itself),
        cmocka_unit_test(long_message_is_cut_between_characters),
        cmocka_unit_test(long_message_keeps_the_reason),
        cmocka_unit_test(long_path_keeps_its_end),
        cmocka_unit_test(locate_counts_lines_and_bytes),
        cmocka_unit_test(excerpt_points_at_the_fault),
        cmocka_unit_test(excerpt_of_a_long_line_is_a_window),
        cmocka_unit_test(excerpt_of_any_bytes_fits),
        cmocka_unit_test(format_leaves_out_what_is_unknown),
        cmocka_unit_test(format_is_cut_to_the_buffer),
        cmocka_unit_test(try_returns_only_failures),
    };
    return cmocka_run_group_tests_name("base/status", tests, NULL, NULL);
}
