/* cuda: several threads load, launch and destroy on one device at once. */
#include "../fake_cuda/fixture.h"

#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 200 };

typedef struct worker {
    pthread_t thread;
    tr_cuda_device *device;
    const tr_cuda_kernel *shared;
    tr_str images[3];
    int number, launched;
} worker;

static void *work(void *user)
{
    worker *w = user;
    tr_error error;
    tr_cuda_kernel_options options = kernel_options();
    options.global_scratch = (tr_cuda_scratch){ 16, 16 };
    for (int i = 0; i < ROUNDS; i++) {
        tr_cuda_kernel *own = NULL;
        uint64_t address = 0;
        const uint64_t word = (uint64_t)w->number;
        if (tr_cuda_kernel_create(w->device, w->images[(i + w->number) % 3], &options, &own, &error) != TR_OK) break;
        if (tr_cuda_alloc(w->device, 100, &address, &error) != TR_OK) break;
        if (tr_cuda_launch(own, (tr_grid){ 1, 1, 1 }, NULL, &word, 1, &error) != TR_OK) break;
        if (tr_cuda_launch(w->shared, (tr_grid){ 1, 1, 1 }, NULL, &word, 1, &error) != TR_OK) break;
        if (tr_cuda_free(w->device, address, &error) != TR_OK) break;
        tr_cuda_kernel_destroy(own);
        w->launched += 2;
    }
    return NULL;
}

static void at_once(void **state)
{
    (void)state;
    worker workers[THREADS];
    tr_cuda_kernel_options options = kernel_options();
    options.global_scratch = (tr_cuda_scratch){ 16, 16 };
    tr_cuda_device *device = open_device();
    tr_str images[3];
    const char *const bodies[3] = { "", "bar.sync 0;", "bar.sync 1;" };
    for (int i = 0; i < 3; i++) images[i] = ptx_with(".param .u64 x, " POINTER "a", "", bodies[i]);
    tr_cuda_kernel *shared = make_kernel(device, images[0], &options);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){ .device = device, .shared = shared, .number = i };
        memcpy(workers[i].images, images, sizeof(images));
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].launched, 2 * ROUNDS);
    }
    assert_int_equal(*fake->launch_count, 2 * ROUNDS * THREADS);
    assert_int_equal(fake->calls("cuModuleLoadDataEx"), 3);
    assert_int_equal(fake->calls("cuMemPoolCreate"), 1);
    tr_cuda_kernel_destroy(shared);
    tr_cuda_device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(at_once),
    };
    return cmocka_run_group_tests_name("cuda_threads", tests, NULL, NULL);
}
