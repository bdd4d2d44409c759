/* Every form of every op, attribute, type and location in mlir_forms.txt: taken or refused as the file says, printed,
 * and read again. */
#include "check.h"

#include "base/file.h"
#include "mlir/parse.h"
#include "mlir/print.h"

#include <stdlib.h>

/* Cuts the first line, with its '\n', off *rest. */
static tr_str next_line(tr_str *rest)
{
    const char *end = memchr(rest->data, '\n', rest->size);
    size_t size = end ? (size_t)(end - rest->data) + 1 : rest->size;
    tr_str line = { rest->data, size };
    rest->data += size;
    rest->size -= size;
    return line;
}

static bool contains(tr_str text, const char *word)
{
    return memmem(text.data, text.size, word, strlen(word)) != NULL;
}

/* One form: its header without "--- ", and the text that it is a module of. */
typedef struct form {
    tr_str header;
    tr_text text;
} form;

static void begin_form(form *f, tr_str header)
{
    f->header = (tr_str){ header.data + 4, header.size - 5 };
    tr_text_deinit(&f->text);
    const char *bar = memchr(f->header.data, '|', f->header.size);
    assert_non_null(bar);
    tr_str arguments = { bar + 1, (size_t)(f->header.data + f->header.size - bar - 1) };
    if (!tr_str_is(arguments, " module")) {
        tr_text_printf(&f->text, "module {\n  tt.func public @k(%.*s) {\n", TR_STR_ARG(arguments));
    }
}

static tr_status print_again(const tr_module *module, const tr_print_options *options, tr_text *out, tr_module **again,
                             tr_error *error)
{
    TR_TRY(tr_module_print(module, options, out, error));
    return tr_module_parse((tr_str){ out->data, out->size }, "printed.mlir", again, error);
}

/* What is printed is read and printed as the same text, in custom and in generic form. */
static void check_print(const tr_module *module)
{
    static const tr_print_options ways[] = { { 0 }, { .generic = true }, { .no_locations = true } };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        tr_text first = { 0 }, second = { 0 };
        tr_module *again;
        tr_error error;
        tr_status status = print_again(module, &ways[i], &first, &again, &error);
        if (status != TR_OK) print_error("way %zu: %s\n", i, first.data ? first.data : "");
        check_ok(status, &error);
        check_ok(tr_module_print(again, &ways[i], &second, &error), &error);
        assert_string_equal(first.data, second.data);
        tr_text_deinit(&first);
        tr_text_deinit(&second);
        tr_module_destroy(again);
    }
}

/* Returns whether the form was treated as its header says. */
static bool run_form(form *f)
{
    tr_str versions = { f->header.data,
                        (size_t)((const char *)memchr(f->header.data, '|', f->header.size) - f->header.data) };
    bool module_text = contains(f->header, "| module");
    if (!module_text) tr_text_puts(&f->text, "    tt.return\n  }\n}\n");
    bool taken = !contains(versions, "none");
    if (contains(versions, "accepted")) taken = true;
    if (contains(versions, "refused")) taken = false;

    tr_module *module = NULL;
    tr_error error;
    tr_status status = tr_module_parse((tr_str){ f->text.data, f->text.size }, "form.mlir", &module, &error);
    if ((status == TR_OK) != taken) {
        char message[2048] = "accepted";
        if (status != TR_OK) tr_error_format(&error, message, sizeof(message));
        print_error("--- %.*s\n%s%s\n", TR_STR_ARG(f->header), f->text.data, message);
        tr_module_destroy(module);
        return false;
    }
    if (status != TR_OK) {
        assert_int_equal(status, TR_INVALID_INPUT);
        assert_true(error.line > 0 && error.column > 0);
        assert_true(error.message[0]);
        return true;
    }
    check_print(module);
    tr_module_destroy(module);
    return true;
}

static void test_forms(void **state)
{
    (void)state;
    char path[1024], *data;
    size_t size;
    tr_error error;
    const char *source = getenv("TRITON_RUNNER_SOURCE");
    snprintf(path, sizeof(path), "%s/tests/unit/mlir_forms.txt", source ? source : ".");
    check_ok(tr_file_read(path, &data, &size, &error), &error);

    form f = { 0 };
    int count = 0, wrong = 0;
    tr_str rest = { data, size };
    while (rest.size) {
        tr_str line = next_line(&rest);
        if (tr_str_starts_with(line, "--- ")) {
            if (count++) wrong += !run_form(&f);
            begin_form(&f, line);
        } else if (count && !tr_str_starts_with(line, "# ")) {
            if (!contains(f.header, "| module")) tr_text_puts(&f.text, "    ");
            tr_text_append(&f.text, line);
        }
    }
    wrong += !run_form(&f);
    tr_text_deinit(&f.text);
    free(data);
    assert_true(count > 400);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_forms) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
