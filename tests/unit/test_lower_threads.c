/* lower: one tr_lowering and several threads; forked children. */
#include "test_lower.h"

#include <pthread.h>

/* Answers every request with PTX that is the request's own text. */
static const char counting_program[] =
    "#!/usr/bin/env python3\n"
    "import os, struct, json\n"
    "def read(size):\n"
    "    data = b''\n"
    "    while len(data) < size:\n"
    "        piece = os.read(0, size - len(data))\n"
    "        if not piece: os._exit(0)\n"
    "        data += piece\n"
    "    return data\n"
    "def write(value, payload=b''):\n"
    "    text = json.dumps(value).encode()\n"
    "    data = struct.pack('<4sIQ', b'TRL1', len(text), len(payload)) + text + payload\n"
    "    while data: data = data[os.write(1, data):]\n"
    "write({'event': 'hello', 'protocol': 1, 'triton': {'version': '3.4.0', 'identity': '', 'tools': {}}})\n"
    "while True:\n"
    "    sizes = struct.unpack('<4sIQ', read(16))\n"
    "    request, payload = json.loads(read(sizes[1])), read(sizes[2])\n"
    "    write({'event': 'begin', 'level': 'llir'})\n"
    "    write({'event': 'stage', 'level': 'llir'}, payload[::-1])\n"
    "    write({'event': 'stage', 'level': 'ptx'}, payload)\n"
    "    write({'event': 'done', 'metadata': {'name': 'k', 'pid': os.getpid()}})\n";

enum { THREADS = 6, TIMES = 20 };

typedef struct work {
    tr_lowering *lowering;
    int number;
    bool failed;
} work;

static bool lower_number(tr_lowering *lowering, int number)
{
    char text[200];
    int size = snprintf(text, sizeof(text), "module attributes {ttg.target = \"cuda:90\"} { %d }", number);
    tr_lower_request request = ttgir_request();
    request.bytes = (tr_str){ text, (size_t)size };
    tr_lowered lowered;
    tr_error error;
    if (tr_lower(lowering, &request, &lowered, &error) != TR_OK) {
        fprintf(stderr, "%s\n", error.message);
        return false;
    }
    bool same = tr_str_is(tr_lowered_bytes(&lowered), text);
    tr_lowered_deinit(&lowered);
    return same;
}

static void *run_work(void *user)
{
    work *w = user;
    for (int i = 0; i < TIMES; i++) w->failed |= !lower_number(w->lowering, w->number * TIMES + i);
    return NULL;
}

static void several_threads(void **state)
{
    (void)state;
    tr_lowering *lowering = create_lowering(write_program("python", counting_program));
    pthread_t threads[THREADS];
    work works[THREADS];
    for (int i = 0; i < THREADS; i++) {
        works[i] = (work){ lowering, i, false };
        pthread_create(&threads[i], NULL, run_work, &works[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(works[i].failed);
    }
    tr_lowering_destroy(lowering);
    check_nothing_left();
}

/* A request that waits for another one's end has its own time limit. */
typedef struct slow_work {
    tr_lowering *lowering;
    tr_status status;
} slow_work;

static void *run_slow(void *user)
{
    slow_work *slow = user;
    tr_lower_request request = ttgir_request();
    request.timeout_seconds = 2;
    tr_lowered lowered;
    slow->status = tr_lower(slow->lowering, &request, &lowered, NULL);
    return NULL;
}

static void waiting_for_a_turn(void **state)
{
    (void)state;
    slow_work slow = { create_lowering(write_program("python", "#!/bin/sh\nsleep 1000\n")), TR_OK };
    pthread_t thread;
    pthread_create(&thread, NULL, run_slow, &slow);
    usleep(300000);
    tr_lower_request request = ttgir_request();
    request.timeout_seconds = 0.2;
    tr_lowered lowered;
    tr_error error;
    double begin = tr_clock();
    check_fails(tr_lower(slow.lowering, &request, &lowered, &error), TR_TIMED_OUT, &error, "within 0.2 s");
    assert_true(tr_clock() - begin < 1.5);
    pthread_join(thread, NULL);
    assert_int_equal(slow.status, TR_TIMED_OUT);
    tr_lowering_destroy(slow.lowering);
    check_nothing_left();
}

/* The child of a fork leaves its parent's process alone and starts its own. */
static void forked_children(void **state)
{
    (void)state;
    tr_lowering *lowering = create_lowering(write_program("python", counting_program));
    assert_true(lower_number(lowering, 1));
    pid_t child = fork();
    if (child == 0) {
        bool fine = lower_number(lowering, 2);
        tr_lowering_destroy(lowering);
        _exit(fine ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    child = fork();
    if (child == 0) {
        tr_lowering_destroy(lowering);
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(lower_number(lowering, 3));
    tr_lowering_destroy(lowering);
    check_nothing_left();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(several_threads), TEST(waiting_for_a_turn), TEST(forked_children) };
    return cmocka_run_group_tests_name("lower threads", tests, NULL, NULL);
}
