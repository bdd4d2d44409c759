/* artifact/metadata: Triton's JSON of every version, and JSON that is damaged. */
#include "check.h"

#include "artifact/metadata.h"

#include <stdlib.h>

static tr_metadata *parse(const char *text)
{
    tr_error error;
    tr_metadata *metadata = NULL;
    check_ok(tr_metadata_parse(tr_str_of(text), "k.json", &metadata, &error), &error);
    return metadata;
}

static void values_as_text(void **state)
{
    (void)state;
    tr_metadata *m = parse("{\"name\": \"k\", \"num_warps\": 4, \"maxnreg\": null, \"debug\": false, \"x\": 1.5, "
                           "\"cluster_dims\": [1, 1, 1], \"target\": {\"backend\": \"cuda\", \"arch\": 90}}");
    assert_string_equal(tr_metadata_text(m, "name"), "k");
    assert_string_equal(tr_metadata_text(m, "num_warps"), "4");
    assert_string_equal(tr_metadata_text(m, "maxnreg"), "null");
    assert_string_equal(tr_metadata_text(m, "debug"), "false");
    assert_string_equal(tr_metadata_text(m, "x"), "1.5");
    assert_string_equal(tr_metadata_text(m, "cluster_dims"), "[1, 1, 1]");
    assert_string_equal(tr_metadata_text(m, "target"), "{\"backend\": \"cuda\", \"arch\": 90}");
    assert_null(tr_metadata_text(m, "shared"));
    assert_string_equal(tr_metadata_key(m, 0), "name");
    assert_string_equal(tr_metadata_key(m, 6), "target");
    assert_null(tr_metadata_key(m, 7));
    assert_null(tr_metadata_key(m, -1));
    assert_string_equal(tr_metadata_file(m), "k.json");
    tr_metadata_destroy(m);
}

static void values_that_must_be_there(void **state)
{
    (void)state;
    tr_error error;
    int64_t number = 0;
    const char *text = NULL;
    tr_metadata *m = parse("{\"name\": \"k\", \"num_warps\": 8}");
    check_ok(tr_metadata_int(m, "num_warps", &number, &error), &error);
    assert_int_equal(number, 8);
    check_ok(tr_metadata_string(m, "name", &text, &error), &error);
    assert_string_equal(text, "k");
    check_fails(tr_metadata_int(m, "shared", &number, &error), TR_INVALID_INPUT, &error, "lacks the key \"shared\"");
    check_fails(tr_metadata_int(m, "name", &number, &error), TR_INVALID_INPUT, &error, "is a string");
    check_fails(tr_metadata_string(m, "num_warps", &text, &error), TR_INVALID_INPUT, &error, "must be a string");
    tr_metadata_destroy(m);
}

static void keys_that_a_level_needs(void **state)
{
    (void)state;
    tr_error error;
    tr_metadata *m = parse("{\"name\": \"k\"}");
    check_ok(tr_metadata_require(m, TR_LEVEL_TTIR, &error), &error);
    check_fails(tr_metadata_require(m, TR_LEVEL_CUBIN, &error), TR_INVALID_INPUT, &error,
                "metadata 'k.json' lacks the keys \"num_warps\", \"shared\", which cubin needs");
    tr_metadata_destroy(m);
    m = parse("{}");
    check_fails(tr_metadata_require(m, TR_LEVEL_TTIR, &error), TR_INVALID_INPUT, &error, "lacks the key \"name\"");
    tr_metadata_destroy(m);
}

static void damaged(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *part;
    } cases[] = {
        { "", 1, 1, "not JSON" },
        { "{\"a\": 1,", 1, 8, "not JSON" },
        { "{\"a\": 1,\n \"b\" 2}", 2, 6, "':' expected" },
        { "{\"a\": 1, \"a\": 2}", 1, 12, "duplicate" },
        { "module {\n}", 1, 6, "not JSON" },
        { "[1, 2]", 1, 1, "must be a JSON object, this is a list" },
        { "4", 1, 1, "this is an integer" },
        { "{\"name\": \"k\",\n  \"num_warps\": \"4\"}", 2, 3, "\"num_warps\" is a string; it must be an integer" },
        { "{\"shared\": 1.5}", 1, 2, "\"shared\" is a number" },
        { "{\"maxnreg\": true}", 1, 2, "an integer or null" },
        { "{\"target\": \"cuda\"}", 1, 2, "must be an object" },
        { "{\"num_warps\": 99999999999999999999}", 1, 0, "too big" },
        { "{\"name\": \"\\u0000\"}", 1, 0, "not JSON" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        tr_error error;
        tr_metadata *m;
        check_fails(tr_metadata_parse(tr_str_of(cases[i].text), "k.json", &m, &error), TR_INVALID_INPUT, &error,
                    cases[i].part);
        assert_string_equal(error.file, "k.json");
        assert_int_equal(error.line, cases[i].line);
        if (cases[i].column) assert_int_equal(error.column, cases[i].column);
    }
}

/* The files that Triton wrote are in examples/. */
static void written_by_triton(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        int keys;
    } versions[] = { { "3.0.0", 19 }, { "3.4.0", 30 }, { "3.9.0", 38 } };
    const char *source = getenv("TRITON_RUNNER_SOURCE");
    if (!source) skip();
    for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/examples/artifacts/%s/sm90/softmax_f32/softmax_kernel.json", source,
                 versions[i].version);
        tr_error error;
        tr_metadata *m = NULL;
        check_ok(tr_metadata_read(path, &m, &error), &error);
        assert_string_equal(tr_metadata_text(m, "name"), "softmax_kernel");
        assert_non_null(tr_metadata_key(m, versions[i].keys - 1));
        assert_null(tr_metadata_key(m, versions[i].keys));
        check_ok(tr_metadata_require(m, TR_LEVEL_CUBIN, &error), &error);
        tr_metadata_destroy(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_as_text),          cmocka_unit_test(values_that_must_be_there),
        cmocka_unit_test(keys_that_a_level_needs), cmocka_unit_test(damaged),
        cmocka_unit_test(written_by_triton),
    };
    return cmocka_run_group_tests_name("artifact/metadata", tests, NULL, NULL);
}
