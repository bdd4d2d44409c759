/* artifact: what cubins say about their kernels, beside the PTX and the metadata that Triton wrote with them.
 *
 * Those in examples/ always; every version and architecture, where examples/generate.py left them. */
#include "check.h"

#include "artifact/cubin.h"
#include "artifact/metadata.h"
#include "base/file.h"
#include "base/memory.h"

#include <limits.h>
#include <stdlib.h>

static char *read_file(const char *path, size_t *size)
{
    tr_error error;
    char *data;
    check_ok(tr_file_read(path, &data, size, &error), &error);
    return data;
}

static tr_image *read_image(const char *path)
{
    tr_error error;
    tr_image *image = NULL;
    size_t size;
    char *data = read_file(path, &size);
    check_ok(tr_image_read((tr_str){ data, size }, path, &image, &error), &error);
    free(data);
    return image;
}

/* ---------------------------------------------------------------- one known file */

static const char *example(const char *version, const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/examples/artifacts/%s/sm90/%s", getenv("TRITON_RUNNER_SOURCE"), version, name);
    return path;
}

static void old_encoding(void **state)
{
    (void)state;
    tr_image *image = read_image(example("3.0.0", "vector_add_f32/vector_add_kernel.cubin"));
    assert_true(image->is_cubin);
    assert_int_equal(image->arch, 90);
    assert_int_equal(image->suffix, 'a');
    assert_int_equal(image->ptx_version, 0);
    assert_int_equal(image->entry_count, 1);
    const tr_entry *k = &image->entries[0];
    assert_string_equal(k->name, "vector_add_kernel");
    assert_int_equal(k->param_count, 4);
    const uint32_t sizes[4] = { 8, 8, 8, 4 }, offsets[4] = { 0, 8, 16, 24 };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(k->params[i].size, sizes[i]);
        assert_int_equal(k->params[i].offset, offsets[i]);
        assert_false(k->params[i].is_pointer); /* 3.0 doesn't mark them */
    }
    assert_int_equal(k->block[0], 0);
    assert_int_equal(k->max_threads, 128);
    assert_int_equal(k->shared, TR_SHARED_NONE);
    assert_true(k->registers >= 8 && k->registers <= 64);
    tr_image_destroy(image);
}

static void new_encoding(void **state)
{
    (void)state;
    tr_image *image = read_image(example("3.9.0", "matmul_f16/matmul_kernel.cubin"));
    assert_int_equal(image->arch, 90);
    assert_int_equal(image->suffix, 'a');
    const tr_entry *k = &image->entries[0];
    assert_int_equal(k->param_count, 11);
    assert_true(k->params[0].is_pointer);
    assert_false(k->params[3].is_pointer);
    assert_true(k->params[9].is_pointer);
    assert_true(k->params[10].is_pointer);
    assert_int_equal(tr_entry_hidden_most(k), 2);
    assert_int_equal(k->block[0], 128);
    assert_int_equal(k->block[1], 1);
    assert_int_equal(k->shared, TR_SHARED_DYNAMIC);
    assert_int_equal(k->static_shared, 1024); /* what ptxas keeps for itself */
    tr_image_destroy(image);
}

/* ---------------------------------------------------------------- cubins beside PTX beside metadata */

static int compared;

static int32_t number(const tr_metadata *metadata, const char *key, int32_t standard)
{
    int64_t value;
    return tr_metadata_text(metadata, key) && tr_metadata_int(metadata, key, &value, NULL) == TR_OK ? (int32_t)value
                                                                                                    : standard;
}

static void compare_params(const tr_entry *cubin, const tr_entry *ptx)
{
    assert_int_equal(cubin->param_count, ptx->param_count);
    for (int i = 0; i < cubin->param_count; i++) {
        assert_int_equal(cubin->params[i].size, ptx->params[i].size);
        assert_int_equal(cubin->params[i].offset, ptx->params[i].offset); /* no tensor maps among the examples */
        assert_int_equal(cubin->params[i].is_pointer, ptx->params[i].is_pointer);
    }
}

/* `base` is the path without its suffix; `hidden` what this Triton appends. */
static void compare(const char *base, int arch, int hidden)
{
    tr_error error;
    char path[3 * PATH_MAX];
    tr_metadata *metadata;
    snprintf(path, sizeof(path), "%s.cubin", base);
    if (!tr_path_exists(path)) return;
    tr_image *cubin = read_image(path);
    snprintf(path, sizeof(path), "%s.ptx", base);
    tr_image *ptx = read_image(path);
    snprintf(path, sizeof(path), "%s.json", base);
    check_ok(tr_metadata_read(path, &metadata, &error), &error);

    assert_int_equal(cubin->arch, arch);
    assert_int_equal(ptx->arch, arch);
    assert_int_equal(cubin->suffix, arch >= 90 ? 'a' : 0);
    assert_int_equal(ptx->suffix, arch >= 90 ? 'a' : 0);
    assert_int_equal(cubin->entry_count, 1);
    assert_int_equal(ptx->entry_count, 1);
    const tr_entry *c = &cubin->entries[0], *p = &ptx->entries[0];
    assert_string_equal(c->name, p->name);
    assert_string_equal(c->name, tr_metadata_text(metadata, "name"));
    compare_params(c, p);
    assert_true(tr_entry_hidden_most(c) >= hidden);
    assert_int_equal(tr_entry_hidden_most(c), tr_entry_hidden_most(p));
    const char *version = tr_metadata_text(metadata, "triton_version");
    if (version) assert_int_equal(tr_hidden_of_triton(version), hidden);
    assert_memory_equal(c->block, p->block, sizeof(c->block));
    assert_int_equal(c->max_threads, p->max_threads);
    assert_int_equal(c->max_threads, 32 * number(metadata, "num_warps", 0));
    assert_int_equal(c->shared, p->shared);
    assert_int_equal(c->shared == TR_SHARED_DYNAMIC, number(metadata, "shared", 0) > 0);
    assert_memory_equal(c->cluster, p->cluster, sizeof(c->cluster));
    assert_true(c->registers > 0);
    compared++;
    tr_metadata_destroy(metadata);
    tr_image_destroy(ptx);
    tr_image_destroy(cubin);
}

static void compare_folder(const char *folder, int arch, int hidden)
{
    tr_error error;
    tr_names names;
    check_ok(tr_folder_list(folder, &names, &error), &error);
    for (size_t i = 0; i < names.count; i++) {
        const size_t size = strlen(names.items[i]);
        if (size < 5 || strcmp(names.items[i] + size - 4, ".ptx") != 0) continue;
        char base[2 * PATH_MAX];
        snprintf(base, sizeof(base), "%s/%.*s", folder, (int)size - 4, names.items[i]);
        compare(base, arch, hidden);
    }
    tr_names_deinit(&names);
}

/* ROOT/VERSION/smNN/VARIANT/KERNEL.* */
static void compare_tree(const char *root)
{
    static const char *const versions[] = { "3.0.0", "3.1.0", "3.2.0", "3.3.1", "3.4.0",
                                            "3.5.1", "3.6.0", "3.7.1", "3.8.0", "3.9.0" };
    static const int archs[] = { 75, 80, 86, 90, 120 };
    for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++) {
        for (size_t a = 0; a < sizeof(archs) / sizeof(archs[0]); a++) {
            tr_error error;
            tr_names names;
            char folder[PATH_MAX], variant[PATH_MAX + 300];
            snprintf(folder, sizeof(folder), "%s/%s/sm%d", root, versions[v], archs[a]);
            if (!tr_path_is_folder(folder)) continue;
            check_ok(tr_folder_list(folder, &names, &error), &error);
            for (size_t i = 0; i < names.count; i++) {
                snprintf(variant, sizeof(variant), "%s/%s", folder, names.items[i]);
                if (tr_path_is_folder(variant)) compare_folder(variant, archs[a], tr_hidden_of_triton(versions[v]));
            }
            tr_names_deinit(&names);
        }
    }
}

static void examples_agree(void **state)
{
    (void)state;
    char root[PATH_MAX];
    snprintf(root, sizeof(root), "%s/examples/artifacts", getenv("TRITON_RUNNER_SOURCE"));
    compared = 0;
    compare_tree(root);
    assert_true(compared >= 15);
}

static void all_versions_agree(void **state)
{
    (void)state;
    char root[PATH_MAX];
    snprintf(root, sizeof(root), "%s/.cache/triton-runner/artifacts", getenv("HOME") ? getenv("HOME") : "");
    if (!tr_path_is_folder(root)) skip();
    compared = 0;
    compare_tree(root);
    print_message("%d cubins agree with their PTX and metadata\n", compared);
    assert_true(compared > 0);
}

/* ---------------------------------------------------------------- damage */

static void fails_with(tr_str bytes, tr_status status, const char *part)
{
    tr_error error;
    tr_image *image = NULL;
    check_fails(tr_cubin_read(bytes, "k.cubin", &image, &error), status, &error, part);
    assert_null(image);
}

static void damage(void **state)
{
    (void)state;
    size_t size;
    char *good = read_file(example("3.9.0", "vector_add_f32/vector_add_kernel.cubin"), &size);
    char *bad = malloc(size);
    assert_non_null(bad);
    static const struct {
        size_t offset;
        int bytes;
        uint64_t value;
        tr_status status;
        const char *part;
    } cases[] = {
        { 0, 1, 0, TR_INVALID_INPUT, "'k.cubin' is not an ELF file" },
        { 4, 1, 1, TR_INVALID_INPUT, "not a 64-bit little-endian file" },
        { 16, 2, 1, TR_UNSUPPORTED, "'k.cubin' is relocatable device code" },
        { 18, 2, 62, TR_INVALID_INPUT, "not for NVIDIA GPUs (machine 62, not 190)" },
        { 32, 8, 1 << 30, TR_INVALID_INPUT, "its program headers lie outside the file" },
        { 40, 8, 1 << 30, TR_INVALID_INPUT, "its section headers lie outside the file" },
        { 40, 8, UINT64_MAX, TR_INVALID_INPUT, "its section headers lie outside the file" },
        { 48, 4, 0, TR_INVALID_INPUT, "its flags name no architecture" },
        { 58, 2, 32, TR_INVALID_INPUT, "another size than 64 bytes" },
        { 60, 2, 0, TR_INVALID_INPUT, "it has no sections" },
        { 62, 2, 999, TR_INVALID_INPUT, "the section of section names does not exist" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(bad, good, size);
        memcpy(bad + cases[i].offset, &cases[i].value, (size_t)cases[i].bytes);
        fails_with((tr_str){ bad, size }, cases[i].status, cases[i].part);
    }
    fails_with((tr_str){ good, 20 }, TR_INVALID_INPUT, "its header is cut off");
    for (size_t cut = 64; cut < size; cut += 97) {
        tr_error error;
        tr_image *image = NULL;
        char *exact = malloc(cut); /* so that the address sanitizer sees a read behind it */
        memcpy(exact, good, cut);
        assert_int_equal(tr_cubin_read((tr_str){ exact, cut }, "k.cubin", &image, &error), TR_INVALID_INPUT);
        free(exact);
    }
    free(bad);
    free(good);
}

/* Any one byte changed: an error, or other facts, but never more than that. */
static void any_byte(void **state)
{
    (void)state;
    size_t size;
    char *bytes = read_file(example("3.0.0", "vector_add_f32/vector_add_kernel.cubin"), &size);
    for (size_t i = 0; i < size; i++) {
        tr_image *image = NULL;
        const char old = bytes[i];
        bytes[i] = (char)(old ^ (1 << i % 8 | 0x80));
        if (tr_cubin_read((tr_str){ bytes, size }, "k.cubin", &image, NULL) == TR_OK) tr_image_destroy(image);
        bytes[i] = old;
    }
    free(bytes);
}

static void out_of_memory(void **state)
{
    (void)state;
    size_t size;
    char *bytes = read_file(example("3.9.0", "matmul_f16/matmul_kernel.cubin"), &size);
    for (long n = 0;; n++) {
        tr_error error;
        tr_image *image = NULL;
        tr_memory_fail_after(n);
        const tr_status status = tr_cubin_read((tr_str){ bytes, size }, "k.cubin", &image, &error);
        tr_memory_fail_after(-1);
        if (status == TR_OK) {
            tr_image_destroy(image);
            assert_true(n > 5);
            break;
        }
        assert_int_equal(status, TR_OUT_OF_MEMORY);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_encoding),       cmocka_unit_test(new_encoding), cmocka_unit_test(examples_agree),
        cmocka_unit_test(all_versions_agree), cmocka_unit_test(damage),       cmocka_unit_test(any_byte),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests_name("cubin", tests, NULL, NULL);
}
