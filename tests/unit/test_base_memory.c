/* base/memory, arena, vec, map and str: contents, growth, and what is left when memory is out. */
#include "check.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/vec.h"

/* ---------------------------------------------------------------- memory */

static void hook_fails_after_n(void **state)
{
    (void)state;
    tr_memory_fail_after(2);
    void *a = tr_malloc(1), *b = tr_calloc(1, 1), *c = tr_realloc(NULL, 1), *d = tr_aligned_alloc(64, 1);
    tr_memory_fail_after(-1);
    assert_non_null(a);
    assert_non_null(b);
    assert_null(c);
    assert_null(d);
    free(a);
    free(b);
    c = tr_malloc(1);
    assert_non_null(c);
    free(c);
}

static void aligned_alloc_takes_any_size(void **state)
{
    (void)state;
    for (size_t size = 1; size < 300; size += 7) {
        char *memory = tr_aligned_alloc(64, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        memset(memory, 1, size);
        free(memory);
    }
    assert_null(tr_aligned_alloc(64, SIZE_MAX - 3));
}

/* ---------------------------------------------------------------- arena */

static void arena_objects_are_aligned_zeroed_and_apart(void **state)
{
    (void)state;
    tr_arena arena = { 0 };
    unsigned char *objects[600];
    for (size_t i = 0; i < 600; i++) {
        objects[i] = tr_arena_alloc(&arena, i);
        assert_non_null(objects[i]);
        assert_int_equal((uintptr_t)objects[i] % 16, 0);
        for (size_t j = 0; j < i; j++) assert_int_equal(objects[i][j], 0);
        memset(objects[i], (int)(i % 255) + 1, i);
    }
    for (size_t i = 0; i < 600; i++) {
        for (size_t j = 0; j < i; j++) assert_int_equal(objects[i][j], i % 255 + 1);
    }
    assert_true(arena.total >= 600 * 599 / 2);
    tr_arena_deinit(&arena);
    assert_int_equal(arena.total, 0);
    assert_null(arena.head);
    tr_arena_deinit(&arena);
}

static void arena_large_object_keeps_the_current_block(void **state)
{
    (void)state;
    tr_arena arena = { 0 };
    size_t total = 0;
    for (int i = 0; i < 100; i++) {
        assert_non_null(tr_arena_alloc(&arena, 16));
        assert_non_null(tr_arena_alloc(&arena, 3 << 20));
        total += 16 + (3 << 20);
    }
    /* Were the room behind each small object lost, it would be hundreds of blocks more. */
    assert_true(arena.total < total + (2 << 20));
    tr_arena_deinit(&arena);
}

static void arena_refuses_impossible_sizes(void **state)
{
    (void)state;
    tr_arena arena = { 0 };
    assert_null(tr_arena_alloc(&arena, SIZE_MAX));
    assert_null(tr_arena_alloc(&arena, SIZE_MAX - 20));
    assert_null(tr_arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    assert_non_null(tr_arena_alloc_array(&arena, 0, 8));
    assert_null(tr_arena_copy(&arena, (tr_str){ "x", SIZE_MAX }).data);
    assert_non_null(TR_NEW(&arena, uint64_t));
    assert_non_null(TR_NEW_ARRAY(&arena, uint64_t, 1000));
    tr_arena_deinit(&arena);
}

static void arena_copy_is_terminated(void **state)
{
    (void)state;
    tr_arena arena = { 0 };
    tr_str copy = tr_arena_copy(&arena, (tr_str){ "abcdef", 3 });
    assert_string_equal(copy.data, "abc");
    assert_int_equal(copy.size, 3);
    copy = tr_arena_copy(&arena, (tr_str){ 0 });
    assert_string_equal(copy.data, "");
    assert_int_equal(copy.size, 0);
    tr_arena_deinit(&arena);
}

static void arena_survives_no_memory(void **state)
{
    (void)state;
    tr_arena arena = { 0 };
    char *before = tr_arena_alloc(&arena, 8);
    memcpy(before, "intact", 7);
    tr_memory_fail_after(0);
    void *none = tr_arena_alloc(&arena, 1 << 20);
    tr_str copy = tr_arena_copy(&arena, (tr_str){ before, 1 << 20 });
    tr_memory_fail_after(-1);
    assert_null(none);
    assert_null(copy.data);
    assert_string_equal(before, "intact");
    assert_non_null(tr_arena_alloc(&arena, 1 << 20));
    tr_arena_deinit(&arena);
}

/* ---------------------------------------------------------------- vec */

static void vec_grows_and_keeps_items(void **state)
{
    (void)state;
    TR_VEC(int) v = { 0 };
    for (int i = 0; i < 10000; i++) assert_true(tr_vec_push(&v, i * 3));
    assert_int_equal(v.count, 10000);
    for (int i = 0; i < 10000; i++) assert_int_equal(v.items[i], i * 3);
    tr_vec_deinit(&v);
    assert_null(v.items);
    assert_int_equal(v.count, 0);
    tr_vec_deinit(&v);
}

static void vec_takes_structs(void **state)
{
    (void)state;
    typedef struct pair {
        char a;
        double b;
    } pair;
    TR_VEC(pair) v = { 0 };
    assert_true(tr_vec_push(&v, (pair){ 'x', 1.5 }));
    assert_true(tr_vec_push(&v, v.items[0]));
    assert_int_equal(v.items[1].a, 'x');
    tr_vec_deinit(&v);
}

static void vec_reserve_makes_room_once(void **state)
{
    (void)state;
    TR_VEC(int) v = { 0 };
    assert_true(tr_vec_reserve(&v, 0));
    assert_true(tr_vec_reserve(&v, 1000));
    int *items = v.items;
    for (int i = 0; i < 1000; i++) assert_true(tr_vec_push(&v, i));
    assert_ptr_equal(v.items, items);
    tr_vec_deinit(&v);
}

static void vec_survives_no_memory(void **state)
{
    (void)state;
    TR_VEC(int) v = { 0 };
    assert_false(tr_vec_reserve(&v, SIZE_MAX));
    assert_false(tr_vec_reserve(&v, SIZE_MAX / 2));
    while (v.count < 5 || v.count < v.capacity) assert_true(tr_vec_push(&v, 7));
    assert_false(tr_vec_reserve(&v, SIZE_MAX - 2));
    size_t count = v.count;
    tr_memory_fail_after(0);
    bool pushed = tr_vec_push(&v, 8);
    tr_memory_fail_after(-1);
    assert_false(pushed);
    assert_int_equal(v.count, count);
    for (size_t i = 0; i < count; i++) assert_int_equal(v.items[i], 7);
    tr_vec_deinit(&v);
}

/* ---------------------------------------------------------------- map */

static void map_holds_many_texts(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static char names[COUNT][16];
    tr_map map = { 0 };
    assert_null(tr_map_get(&map, TR_STR("a")));
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "value_%d", i);
        bool is_new = false;
        uint64_t *value = tr_map_put(&map, tr_str_of(names[i]), &is_new);
        assert_non_null(value);
        assert_true(is_new);
        assert_int_equal(*value, 0);
        *value = (uint64_t)i;
    }
    assert_int_equal(map.count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof(name), "value_%d", i);
        uint64_t *value = tr_map_get(&map, tr_str_of(name));
        assert_non_null(value);
        assert_int_equal(*value, i);
        bool is_new = true;
        assert_ptr_equal(tr_map_put(&map, tr_str_of(name), &is_new), value);
        assert_false(is_new);
    }
    assert_null(tr_map_get(&map, TR_STR("value_")));
    assert_null(tr_map_get(&map, TR_STR("value_20000")));
    assert_int_equal(map.count, COUNT);

    size_t capacity = map.capacity;
    tr_map_clear(&map);
    assert_int_equal(map.count, 0);
    assert_int_equal(map.capacity, capacity);
    assert_null(tr_map_get(&map, TR_STR("value_7")));
    assert_non_null(tr_map_put(&map, TR_STR("value_7"), NULL));
    assert_int_equal(map.count, 1);
    tr_map_deinit(&map);
    assert_null(map.slots);
}

static void map_tells_close_keys_apart(void **state)
{
    (void)state;
    static const tr_str keys[] = {
        { "", 0 }, { "\0", 1 }, { "\0\0", 2 }, { "a", 1 }, { "a\0", 2 }, { "a\0b", 3 }, { "a\0c", 3 }, { "b", 1 },
    };
    enum { COUNT = sizeof(keys) / sizeof(*keys) };
    tr_map map = { 0 };
    for (size_t i = 0; i < COUNT; i++) *tr_map_put(&map, keys[i], NULL) = i;
    assert_int_equal(map.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) assert_int_equal(*tr_map_get(&map, keys[i]), i);
    assert_int_equal(*tr_map_get(&map, (tr_str){ NULL, 0 }), 0);
    tr_map_deinit(&map);
}

static void map_holds_pointers(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static char objects[COUNT * 64];
    tr_map map = { 0 };
    assert_null(tr_map_get_ptr(&map, objects));
    for (size_t i = 0; i < COUNT; i++) *tr_map_put_ptr(&map, &objects[i * 64], NULL) = i;
    *tr_map_put_ptr(&map, NULL, NULL) = 77;
    for (size_t i = 0; i < COUNT; i++) assert_int_equal(*tr_map_get_ptr(&map, &objects[i * 64]), i);
    assert_null(tr_map_get_ptr(&map, &objects[1]));
    assert_int_equal(*tr_map_get_ptr(&map, NULL), 77);
    bool is_new = true;
    assert_int_equal(*tr_map_put_ptr(&map, NULL, &is_new), 77);
    assert_false(is_new);
    tr_map_deinit(&map);
}

static void map_survives_no_memory(void **state)
{
    (void)state;
    static const char *const keys[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n" };
    tr_map map = { 0 };
    tr_memory_fail_after(1); /* the first table, but not the second */
    size_t held = 0;
    while (held < 14 && tr_map_put(&map, tr_str_of(keys[held]), NULL)) held++;
    uint64_t *known = tr_map_put(&map, TR_STR("a"), NULL);
    tr_memory_fail_after(-1);
    assert_in_range(held, 8, 13);
    assert_non_null(known); /* a key that is there needs no room */
    assert_int_equal(map.count, held);
    for (size_t i = 0; i < 14; i++) assert_int_equal(tr_map_get(&map, tr_str_of(keys[i])) != NULL, i < held);
    assert_non_null(tr_map_put(&map, tr_str_of(keys[held]), NULL));
    tr_map_deinit(&map);
}

static void hash_depends_on_every_byte(void **state)
{
    (void)state;
    char text[300] = { 0 };
    uint64_t zero = tr_hash((tr_str){ text, sizeof(text) });
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = 1;
        assert_true(tr_hash((tr_str){ text, sizeof(text) }) != zero);
        text[i] = 0;
    }
    assert_true(tr_hash((tr_str){ text, 299 }) != zero);
}

/* ---------------------------------------------------------------- str and text */

static void str_compares(void **state)
{
    (void)state;
    assert_true(tr_str_is(TR_STR("abc"), "abc"));
    assert_false(tr_str_is(TR_STR("abc"), "abcd"));
    assert_true(tr_str_is((tr_str){ 0 }, ""));
    assert_true(tr_str_equal((tr_str){ 0 }, TR_STR("")));
    assert_true(tr_str_starts_with(TR_STR("tt.load"), "tt."));
    assert_true(tr_str_starts_with(TR_STR("tt."), ""));
    assert_false(tr_str_starts_with(TR_STR("t"), "tt."));
    assert_true(tr_str_ends_with(TR_STR("k.ttir"), ".ttir"));
    assert_false(tr_str_ends_with(TR_STR("ir"), ".ttir"));
    assert_int_equal(tr_str_of(NULL).size, 0);
    char text[16];
    snprintf(text, sizeof(text), "%.*s", TR_STR_ARG(((tr_str){ "abcdef", 2 })));
    assert_string_equal(text, "ab");
}

static void text_grows(void **state)
{
    (void)state;
    tr_text text = { 0 };
    for (int i = 0; i < 1000; i++) {
        tr_text_puts(&text, "ab");
        tr_text_append(&text, (tr_str){ "cdx", 2 });
        tr_text_printf(&text, "%03d;", i);
    }
    assert_false(text.failed);
    assert_int_equal(text.size, 8000);
    assert_int_equal(strlen(text.data), 8000);
    assert_memory_equal(text.data, "abcd000;abcd001;", 16);
    assert_memory_equal(text.data + 7992, "abcd999;", 8);
    tr_text_deinit(&text);
    assert_null(text.data);
}

static void text_prints_pieces_of_every_length(void **state)
{
    (void)state;
    tr_text text = { 0 };
    size_t expected = 0;
    for (int width = 0; width < 400; width++) {
        tr_text_printf(&text, "%*s", width, "");
        expected += (size_t)width;
        assert_int_equal(text.size, expected);
        assert_int_equal(strlen(text.data), expected);
    }
    tr_text_deinit(&text);
}

static void text_take_hands_over(void **state)
{
    (void)state;
    tr_text text = { 0 };
    char *taken = tr_text_take(&text);
    assert_string_equal(taken, "");
    free(taken);
    tr_text_puts(&text, "abc");
    taken = tr_text_take(&text);
    assert_string_equal(taken, "abc");
    assert_null(text.data);
    assert_int_equal(text.size, 0);
    free(taken);
}

static void text_survives_no_memory(void **state)
{
    (void)state;
    for (long successes = 0; successes < 6; successes++) {
        tr_text text = { 0 };
        tr_memory_fail_after(successes);
        for (int i = 0; i < 100; i++) {
            tr_text_puts(&text, "0123456789");
            tr_text_printf(&text, "%d%100s", i, "");
        }
        char *taken = tr_text_take(&text);
        tr_memory_fail_after(-1);
        assert_null(taken);
        assert_null(text.data);
        assert_false(text.failed); /* empty again, and of use */
    }
}

static void text_after_a_failure_stays_as_it_was(void **state)
{
    (void)state;
    tr_text text = { 0 };
    tr_text_puts(&text, "kept");
    tr_memory_fail_after(0);
    tr_text_printf(&text, "%500s", "");
    tr_memory_fail_after(-1);
    assert_true(text.failed);
    assert_string_equal(text.data, "kept");
    tr_text_puts(&text, "x");
    assert_string_equal(text.data, "kept");
    tr_text_append(&text, (tr_str){ "x", SIZE_MAX });
    tr_text_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hook_fails_after_n),
        cmocka_unit_test(aligned_alloc_takes_any_size),
        cmocka_unit_test(arena_objects_are_aligned_zeroed_and_apart),
        cmocka_unit_test(arena_large_object_keeps_the_current_block),
        cmocka_unit_test(arena_refuses_impossible_sizes),
        cmocka_unit_test(arena_copy_is_terminated),
        cmocka_unit_test(arena_survives_no_memory),
        cmocka_unit_test(vec_grows_and_keeps_items),
        cmocka_unit_test(vec_takes_structs),
        cmocka_unit_test(vec_reserve_makes_room_once),
        cmocka_unit_test(vec_survives_no_memory),
        cmocka_unit_test(map_holds_many_texts),
        cmocka_unit_test(map_tells_close_keys_apart),
        cmocka_unit_test(map_holds_pointers),
        cmocka_unit_test(map_survives_no_memory),
        cmocka_unit_test(hash_depends_on_every_byte),
        cmocka_unit_test(str_compares),
        cmocka_unit_test(text_grows),
        cmocka_unit_test(text_prints_pieces_of_every_length),
        cmocka_unit_test(text_take_hands_over),
        cmocka_unit_test(text_survives_no_memory),
        cmocka_unit_test(text_after_a_failure_stays_as_it_was),
    };
    return cmocka_run_group_tests_name("base/memory", tests, NULL, NULL);
}
