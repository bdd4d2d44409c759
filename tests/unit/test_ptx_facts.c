/* artifact: what PTX says about its kernels. */
#include "check.h"

#include "artifact/ptx_facts.h"
#include "base/memory.h"

#define HEAD ".version 8.7\n.target sm_90a\n.address_size 64\n"

static tr_image *read_text(const char *text)
{
    tr_error error;
    tr_image *image = NULL;
    check_ok(tr_ptx_facts_read(tr_str_of(text), "k.ptx", &image, &error), &error);
    return image;
}

static void fails(const char *text, const char *part, uint32_t line, uint32_t column)
{
    tr_error error;
    tr_image *image = NULL;
    check_fails(tr_ptx_facts_read(tr_str_of(text), "k.ptx", &image, &error), TR_INVALID_INPUT, &error, part);
    assert_string_equal(error.file, "k.ptx");
    assert_int_equal(error.line, line);
    assert_int_equal(error.column, column);
    assert_null(image);
}

/* ---------------------------------------------------------------- modules */

static void versions_and_targets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int version, arch;
        char suffix;
        const char *target;
    } cases[] = {
        { ".version 8.4\n.target sm_75\n.address_size 64\n", 84, 75, 0, "sm_75" },
        { ".version 9.4 .target sm_90a", 94, 90, 'a', "sm_90a" },
        { ".version 10.0\n.target sm_100f, debug", 100, 100, 'f', "sm_100f" },
        { "// first\n/* second\n */ .version 7.0 // x\n.target sm_120a // y", 70, 120, 'a', "sm_120a" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[TR_TARGET_TEXT_SIZE];
        tr_image *image = read_text(cases[i].text);
        assert_false(image->is_cubin);
        assert_int_equal(image->ptx_version, cases[i].version);
        assert_int_equal(image->arch, cases[i].arch);
        assert_int_equal(image->suffix, cases[i].suffix);
        assert_string_equal(tr_image_target(image, text), cases[i].target);
        assert_int_equal(image->entry_count, 0);
        tr_image_destroy(image);
    }
}

static void terminated_text(void **state)
{
    (void)state;
    static const char text[] = HEAD ".visible .entry k() { ret; }\n\0\0";
    tr_error error;
    tr_image *image;
    check_ok(tr_ptx_facts_read((tr_str){ text, sizeof(text) }, "k.ptx", &image, &error), &error);
    assert_int_equal(image->entry_count, 1);
    tr_image_destroy(image);
}

/* ---------------------------------------------------------------- parameters */

static void parameters(void **state)
{
    (void)state;
    static const struct {
        uint32_t offset, size, align;
        tr_dtype dtype;
        bool is_pointer;
    } expected[] = {
        { 0, 8, 8, TR_U64, true },          { 8, 4, 4, TR_U32, false },
        { 12, 1, 1, TR_U8, false },         { 14, 2, 2, TR_U16, false },
        { 16, 4, 4, TR_F32, false },        { 24, 8, 8, TR_F64, false },
        { 32, 2, 2, TR_DTYPE_NONE, false }, { 64, 128, 64, TR_DTYPE_NONE, false },
        { 192, 8, 8, TR_U64, false },       { 200, 1, 1, TR_I8, false },
        { 208, 8, 8, TR_I64, false },       { 216, 48, 8, TR_DTYPE_NONE, false },
        { 264, 8, 8, TR_U64, true },
    };
    tr_image *image = read_text(HEAD ".visible .entry k(\n"
                                     "  .param .u64 .ptr .global .align 16 k_param_0,\n"
                                     "  .param .u32 k_param_1,\n"
                                     "  .param .u8 k_param_2,\n"
                                     "  .param .u16 k_param_3,\n"
                                     "  // .param .u64 commented_out,\n"
                                     "  .param .f32 k_param_4,\n"
                                     "  .param .f64 k_param_5,\n"
                                     "  .param .align 2 .b8 k_param_6[2],\n"
                                     "  .param .align 64 .b8 k_param_7[128],\n"
                                     "  .param .u64 k_param_8,\n"
                                     "  .param .s8 k_param_9,\n"
                                     "  .param .s64 k_param_10,\n"
                                     "  .param .b64 k_param_11[2][3],\n"
                                     "  .param .u64 .ptr k_param_12\n"
                                     ")\n.reqntid 128, 1, 1\n{\n  ret;\n}\n");
    assert_int_equal(image->entry_count, 1);
    const tr_entry *k = &image->entries[0];
    assert_string_equal(k->name, "k");
    assert_int_equal(k->param_count, sizeof(expected) / sizeof(expected[0]));
    for (int i = 0; i < k->param_count; i++) {
        assert_int_equal(k->params[i].offset, expected[i].offset);
        assert_int_equal(k->params[i].size, expected[i].size);
        assert_int_equal(k->params[i].align, expected[i].align);
        assert_int_equal(k->params[i].dtype, expected[i].dtype);
        assert_int_equal(k->params[i].is_pointer, expected[i].is_pointer);
    }
    tr_image_destroy(image);
}

/* ---------------------------------------------------------------- directives */

static void directives(void **state)
{
    (void)state;
    tr_image *image = read_text(HEAD ".visible .entry a() .maxntid 128, 1, 1 .maxnreg 64 { ret; }\n"
                                     ".entry b() .reqntid 384 .minnctapersm 2 { ret; }\n"
                                     ".weak .entry c .pragma \"nounroll\", \"x { \"; .reqntid 8,8,2 .maxntid 512\n"
                                     ".explicitcluster .reqnctapercluster 2, 2 .maxclusterrank 8 { ret; }\n"
                                     ".visible .entry d();\n"
                                     ".visible .entry e() .noreturn .blocksareclusters { ret; }\n");
    assert_int_equal(image->entry_count, 4);
    const tr_entry *e = image->entries;
    assert_int_equal(e[0].block[0], 0);
    assert_int_equal(e[0].max_threads, 128);
    assert_int_equal(e[0].registers, 64);
    assert_int_equal(e[1].block[0], 384);
    assert_int_equal(e[1].block[1], 1);
    assert_int_equal(e[1].block[2], 1);
    assert_int_equal(e[1].max_threads, 384);
    assert_int_equal(e[2].block[2], 2);
    assert_int_equal(e[2].max_threads, 128);
    assert_int_equal(e[2].cluster[0], 2);
    assert_int_equal(e[2].cluster[1], 2);
    assert_int_equal(e[2].cluster[2], 1);
    assert_true(e[2].explicit_cluster);
    assert_false(e[3].explicit_cluster);
    assert_string_equal(e[3].name, "e");
    tr_image_destroy(image);
}

/* ---------------------------------------------------------------- shared memory */

static void shared_memory(void **state)
{
    (void)state;
    tr_image *image = read_text(
        HEAD ".extern .shared .align 16 .b8 open[];\n"
             ".shared .align 4 .b32 table[16], more[2];\n"
             ".visible .entry none() { ret; }\n"
             ".visible .entry dynamic() { .reg .b32 %r<2>;\n"
             "  { ld.shared.b32 %r1, [open+16]; st.shared.b32 [open], %r1; } ret; }\n"
             ".visible .entry fixed() { ld.shared.b32 %r1, [table]; ld.shared.b32 %r1, [table]; ret; }\n"
             ".visible .entry own() { .shared .b64 mine[4]; mov.u32 %r1, mine; mov.u32 %r2, more; ret; }\n");
    assert_int_equal(image->entry_count, 4);
    const tr_entry *e = image->entries;
    assert_int_equal(e[0].shared, TR_SHARED_NONE);
    assert_int_equal(e[0].static_shared, 0);
    assert_int_equal(e[1].shared, TR_SHARED_DYNAMIC);
    assert_int_equal(e[1].static_shared, 0);
    assert_int_equal(e[2].shared, TR_SHARED_NONE);
    assert_int_equal(e[2].static_shared, 64);
    assert_int_equal(e[3].static_shared, 32 + 8);
    tr_image_destroy(image);
}

/* What a function uses, its callers use; which they are isn't worked out. */
static void shared_memory_of_functions(void **state)
{
    (void)state;
    tr_image *image = read_text(HEAD ".extern .shared .align 16 .b8 open[];\n"
                                     ".func (.param .b32 r) f(.param .b32 a) .noreturn { mov.u32 %r1, open; ret; }\n"
                                     ".visible .entry k() { call.uni (r), f, (a); ret; }\n");
    assert_int_equal(image->entries[0].shared, TR_SHARED_DYNAMIC);
    tr_image_destroy(image);
}

/* ---------------------------------------------------------------- the rest of a file */

static void everything_else(void **state)
{
    (void)state;
    tr_image *image = read_text(
        HEAD ".file 1 \"/tmp/k.py\"\n.file 2 \"/tmp/l.py\", 1700000000, 123\n.loc 1 2 3\n"
             ".global .align 1 .b8 _$_str[3] = {37, 100, 0};\n.const .f32 pi = 0f40490FDB;\n"
             ".extern .func (.param .b32 func_retval0) vprintf\n(\n\t.param .b64 vprintf_param_0\n)\n;\n"
             ".visible .func g(.param .b64 x) .pragma \"y\"; { ret; }\n"
             ".alias g, f;\n.pragma \"z\";\n"
             "@@DWARF .section .x\n"
             ".visible .entry k() {\n$L__BB0_1: @!%p1 bra $L__BB0_1; { .reg .b32 t; mov.b32 t, 0x1F; }\n"
             ".loc 1 9 0, function_name $L__info_string0, inlined_at 1 2 3\n.pragma \"nounroll\"; ret;\n}\n"
             "\t.section\t.debug_abbrev\n\t{\n.b8 1, 17; \n.b8 37\n\t}\n\t.section .debug_info { .b32 56 }\n"
             ".section .debug_macinfo { }\n");
    assert_int_equal(image->entry_count, 1);
    tr_image_destroy(image);
}

static void errors(void **state)
{
    (void)state;
    fails("", "this is not PTX: it is empty", 1, 1);
    fails("// nothing\n", "this is not PTX: it is empty", 2, 1);
    fails("hello", "this is not PTX: it does not begin with .version", 1, 1);
    fails(".target sm_90\n.version 8.7", "it does not begin with .version", 1, 1);
    fails(".version eight", "expected a version such as 8.7", 1, 10);
    fails(".version 8", "expected a version such as 8.7", 1, 10);
    fails(".version 0.0", "expected a version such as 8.7", 1, 10);
    fails(".version 8.10", "expected a version such as 8.7", 1, 10);
    fails(".version 8.7", "there is no .target", 1, 13);
    fails(".version 8.7\n.target gfx942", "expected a target such as sm_90", 2, 9);
    fails(".version 8.7\n.target sm_90b", "expected a target such as sm_90", 2, 9);
    fails(".version 8.7\n.target sm_", "expected a target such as sm_90", 2, 9);
    fails(".version 8.7\n.target sm_90\n.address_size 32\n", "only 64-bit addresses", 3, 15);
    fails(HEAD ".visible .entry k(.param .u64 a .param .u32 b) { ret; }", "expected ')'", 4, 33);
    fails(HEAD ".visible .entry k(.u64 a) { ret; }", "expected '.param'", 4, 19);
    fails(HEAD ".visible .entry k(.param a) { ret; }", "expected a type", 4, 26);
    fails(HEAD ".visible .entry k(.param .u64) { ret; }", "expected a name", 4, 30);
    fails(HEAD ".visible .entry k(.param .b8 a[]) { ret; }", "a parameter of no known size", 4, 19);
    fails(HEAD ".visible .entry k(.param .b8 a[0]) { ret; }", "a parameter of no known size", 4, 19);
    fails(HEAD ".visible .entry k(.param .b64 a[65536][65536]) { ret; }", "too many elements", 4, 40);
    fails(HEAD ".visible .entry k(.param .align 3 .b8 a[4]) { ret; }", "not an alignment", 4, 33);
    fails(HEAD ".visible .entry k() .reqntid 0 { ret; }", "a size of 0", 4, 30);
    fails(HEAD ".visible .entry k() .reqntid 99999999999 { ret; }", "expected a size", 4, 30);
    fails(HEAD ".visible .entry k() ret;", "expected the body of the kernel", 4, 21);
    fails(HEAD ".visible .entry k() { ret;", "this body does not end", 4, 21);
    fails(HEAD ".visible .entry 5() { ret; }", "expected the name of the kernel", 4, 17);
    fails(HEAD ".func f() {", "this body does not end", 4, 11);
    fails(HEAD ".func f()", "this function does not end", 4, 1);
    fails(HEAD ".global .b8 x[4] = { 1,", "this block does not end", 4, 20);
    fails(HEAD ".global .b8 x", "this statement does not end", 4, 1);
    fails(HEAD ".section .x ; ", "expected '{' of the section", 4, 13);
    fails(HEAD "/* never", "this comment does not end", 4, 1);
    fails(HEAD ".file 1 \"never\n\"", "this text does not end", 4, 9);
    fails(HEAD "\x01", "a byte that PTX does not have", 4, 1);
    fails(HEAD "ret;", "expected a declaration", 4, 1);
    fails(HEAD ".visible .entry k() .pragma \"x\" { ret; }", "expected ';'", 4, 33);
}

/* ---------------------------------------------------------------- finding, hidden parameters */

static void finding(void **state)
{
    (void)state;
    tr_error error;
    const tr_entry *entry = NULL;
    tr_image *image = read_text(HEAD ".visible .entry one() { ret; }\n.visible .entry two() { ret; }\n");
    check_ok(tr_image_find(image, "two", "k.ptx", &entry, &error), &error);
    assert_string_equal(entry->name, "two");
    check_fails(tr_image_find(image, NULL, "k.ptx", &entry, &error), TR_INVALID_ARGUMENT, &error,
                "'k.ptx' holds several kernels, say which: 'one', 'two'");
    check_fails(tr_image_find(image, "three", "k.ptx", &entry, &error), TR_NOT_FOUND, &error,
                "'k.ptx' has no kernel 'three'; it has 'one', 'two'");
    tr_image_destroy(image);
    image = read_text(HEAD);
    check_fails(tr_image_find(image, NULL, "k.ptx", &entry, &error), TR_INVALID_INPUT, &error, "holds no kernel");
    tr_image_destroy(image);
    tr_image_destroy(NULL);
}

static void long_lists_are_cut(void **state)
{
    (void)state;
    tr_error error;
    const tr_entry *entry = NULL;
    static char text[1 << 16];
    size_t used = (size_t)snprintf(text, sizeof(text), HEAD);
    for (int i = 0; i < 500; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, ".visible .entry kernel_number_%d() { ret; }\n", i);
    }
    tr_image *image = read_text(text);
    assert_int_equal(image->entry_count, 500);
    check_fails(tr_image_find(image, "x", "k.ptx", &entry, &error), TR_NOT_FOUND, &error, "'kernel_number_3'");
    tr_image_destroy(image);
}

#define POINTER ".param .u64 .ptr .global .align 1 "

static void hidden_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *params;
        int args, known, most;
        int hidden; /* -1: a mismatch */
        const char *part;
    } cases[] = {
        { "", 0, -1, 0, 0, NULL },
        { ".param .u64 a, .param .u32 b", 2, -1, 0, 0, NULL },
        /* Triton up to 3.1 marks no pointer: nothing is hidden. */
        { ".param .u64 a, .param .u64 b", 1, -1, 0, -1,
          "too few arguments: kernel 'k' of 'k.ptx' declares 2 parameters; got 1" },
        { POINTER "a, .param .u32 b, " POINTER "c", 2, -1, 1, 1, NULL },
        { POINTER "a, .param .u32 b, " POINTER "c", 3, -1, 1, 0, NULL },
        { POINTER "a, .param .u32 b, " POINTER "c, " POINTER "d", 2, -1, 2, 2, NULL },
        { POINTER "a, .param .u32 b, " POINTER "c, " POINTER "d", 1, -1, 2, -1,
          "too few arguments: kernel 'k' of 'k.ptx' declares 4 parameters, of which up to 2 scratch pointers are "
          "hidden; "
          "got 1" },
        { POINTER "a, .param .u32 b, " POINTER "c, " POINTER "d", 5, -1, 2, -1, "too many arguments" },
        { POINTER "a, .param .u32 b, " POINTER "c, " POINTER "d", 2, 2, 2, 2, NULL },
        { POINTER "a, .param .u32 b, " POINTER "c, " POINTER "d", 3, 2, 2, -1,
          "too many arguments: kernel 'k' of 'k.ptx' declares 4 parameters, of which 2 scratch pointers are hidden; "
          "got 3" },
        { POINTER "a, " POINTER "b, " POINTER "c", 3, 0, 2, 0, NULL },
        { POINTER "a, " POINTER "b, " POINTER "c", 2, 0, 2, -1,
          "too few arguments: kernel 'k' of 'k.ptx' declares 3 parameters; got 2" },
        { ".param .u64 a, " POINTER "b", 1, 2, 1, -1,
          "should end with 2 scratch pointers, as its Triton version has it, but its 2 parameters end with 1 pointer" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[400];
        tr_error error;
        int32_t hidden = -1;
        snprintf(text, sizeof(text), HEAD ".visible .entry k(%s) { ret; }\n", cases[i].params);
        tr_image *image = read_text(text);
        assert_int_equal(tr_entry_hidden_most(&image->entries[0]), cases[i].most);
        const tr_status status = tr_entry_hidden(&image->entries[0], cases[i].args, cases[i].known, "k.ptx", &hidden,
                                                 &error);
        if (cases[i].hidden < 0) {
            check_fails(status, TR_MISMATCH, &error, cases[i].part);
        } else {
            check_ok(status, &error);
            assert_int_equal(hidden, cases[i].hidden);
        }
        tr_image_destroy(image);
    }
}

static void hidden_of_versions(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        int hidden;
    } cases[] = {
        { "3.0.0", 0 }, { "3.1.0", 0 }, { "3.2.0", 0 },    { "3.3.1", 1 }, { "3.4.0", 1 }, { "3.5.1", 2 },
        { "3.9.0", 2 }, { "4.0", 2 },   { "3.8.0+fb", 2 }, { "new", -1 },  { "3", -1 },    { NULL, -1 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(tr_hidden_of_triton(cases[i].version), cases[i].hidden);
    }
}

static void out_of_memory(void **state)
{
    (void)state;
    static const char text[] = HEAD
        ".extern .shared .b8 s[];\n.visible .entry k(.param .u64 a) { mov.b32 %r1, s; ret; }\n";
    for (long n = 0;; n++) {
        tr_error error;
        tr_image *image = NULL;
        tr_memory_fail_after(n);
        const tr_status status = tr_ptx_facts_read(tr_str_of(text), "k.ptx", &image, &error);
        tr_memory_fail_after(-1);
        if (status == TR_OK) {
            tr_image_destroy(image);
            assert_true(n > 4);
            break;
        }
        assert_int_equal(status, TR_OUT_OF_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_and_targets),
        cmocka_unit_test(terminated_text),
        cmocka_unit_test(parameters),
        cmocka_unit_test(directives),
        cmocka_unit_test(shared_memory),
        cmocka_unit_test(shared_memory_of_functions),
        cmocka_unit_test(everything_else),
        cmocka_unit_test(errors),
        cmocka_unit_test(finding),
        cmocka_unit_test(long_lists_are_cut),
        cmocka_unit_test(hidden_parameters),
        cmocka_unit_test(hidden_of_versions),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests_name("ptx_facts", tests, NULL, NULL);
}
