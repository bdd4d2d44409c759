/* What a launch on a GPU costs the host, beside a loop around cuLaunchKernelEx in the same run:
 *
 *     launch [--stub] [--json FILE]
 *
 * A kernel that does nothing is launched with 0, 8 and 19 arguments, in batches that fit the driver's queue: a full
 * one would measure the GPU. The three ways take turns; the table has the median batch of each, in µs a launch.
 *
 *     raw        cuLaunchKernelEx, everything prepared before the loop
 *     handle     tr_cuda_launch: the frozen kernel of src/cuda
 *     tr_launch  the public call, with memory of the device and without waiting
 *
 * --stub puts a function that does nothing in the place of the driver's: what remains is the host code around it, which
 * can be measured where there is no GPU, with TRITON_RUNNER_CUDA_DRIVER=libfake_cuda.so of the tests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "cuda/kernel.h"

enum { BATCH = 400, ROUNDS = 301, MOST_ARGS = 19, WAYS = 3 };

static const char *const way_names[WAYS] = { "raw", "handle", "tr_launch" };

static void stop(const tr_error *error)
{
    fprintf(stderr, "launch: %s\n", error->message);
    exit(error->status == TR_UNAVAILABLE ? 77 : 1); /* 77: there is no GPU here */
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---------------------------------------------------------------- the kernel */

typedef struct bench {
    int args;
    tr_cuda_device *device;
    tr_cuda_kernel *handle;
    tr_kernel *kernel; /* of the public interface */
    uint64_t words[MOST_ARGS];
    tr_arg values[MOST_ARGS];
    void *params[MOST_ARGS];
    tr_cu_launch_config config;
} bench;

/* Pointers and integers by turns, as a Triton kernel has them, an integer last. */
static bool is_pointer(const bench *b, int index)
{
    return index % 2 == 0 && index + 1 < b->args;
}

static void write_ptx(const bench *b, tr_text *out)
{
    tr_text_puts(out, ".version 6.5\n.target sm_75\n.address_size 64\n.visible .entry nothing(");
    for (int i = 0; i < b->args; i++) {
        tr_text_printf(out, "%s.param .u%d nothing_param_%d", i ? ", " : "", is_pointer(b, i) ? 64 : 32, i);
    }
    tr_text_puts(out, ")\n.reqntid 128, 1, 1\n{\n  ret;\n}\n");
}

/* Machine code, so that all ways launch the same; PTX where there is no ptxas, for the driver to compile. `storage`
 * holds what is returned. */
static tr_str make_image(const bench *b, tr_text *ptx, tr_compiled *storage)
{
    char folder[] = "/tmp/tr-launch-XXXXXX", path[64], target[16];
    tr_error error;
    write_ptx(b, ptx);
    const tr_str text = { ptx->data, ptx->size };
    snprintf(target, sizeof(target), "sm_%d", tr_cuda_device_info(b->device)->arch);
    const tr_compile_options options = { .to = TR_LEVEL_CUBIN, .target = target, .no_cache = true };
    if (!mkdtemp(folder)) return text;
    snprintf(path, sizeof(path), "%s/nothing.ptx", folder);
    tr_status status = tr_file_write(path, text.data, text.size, &error);
    if (status == TR_OK) status = tr_compile(path, &options, storage, &error);
    remove(path);
    remove(folder);
    if (status != TR_OK) return text;
    const tr_stage *stage = &storage->stages[storage->count - 1];
    return (tr_str){ stage->data, stage->size };
}

static void prepare(bench *b, tr_context *context, void *memory)
{
    tr_error error;
    tr_text ptx = { 0 };
    tr_compiled compiled = { 0 };
    const tr_str image = make_image(b, &ptx, &compiled);
    const tr_cuda_kernel_options options = { .file = "nothing", .num_warps = 4, .hidden = 0 };
    if (tr_cuda_kernel_create(b->device, image, &options, &b->handle, &error)) stop(&error);
    const tr_load load = { .device = "cuda" };
    if (tr_kernel_load_memory(context, image.data, image.size, "nothing", &load, &b->kernel, &error)) stop(&error);
    tr_compiled_destroy(&compiled);
    tr_text_deinit(&ptx);
    for (int i = 0; i < b->args; i++) {
        b->words[i] = is_pointer(b, i) ? (uint64_t)(uintptr_t)memory : (uint64_t)i;
        b->values[i] = is_pointer(b, i) ? tr_arg_device(memory, 4096) : tr_arg_i32(i);
        b->params[i] = &b->words[i];
    }
    b->config = (tr_cu_launch_config){ 1, 1, 1, 128, 1, 1, 0, NULL, NULL, 0 };
}

/* Reads nothing, does nothing; not inlined, since the driver is not. */
static __attribute__((noinline)) tr_cu_result launch_nothing(const tr_cu_launch_config *config, tr_cu_function function,
                                                             void **params, void **extra)
{
    __asm__ volatile("" ::"r"(config), "r"(function), "r"(params), "r"(extra) : "memory");
    return TR_CUDA_SUCCESS;
}

/* ---------------------------------------------------------------- batches */

static double run_raw(bench *b)
{
    const tr_driver *driver = b->handle->driver;
    const tr_cu_function function = b->handle->function;
    const double begin = now();
    for (int i = 0; i < BATCH; i++) {
        if (driver->cuLaunchKernelEx(&b->config, function, b->params, NULL)) abort();
    }
    return (now() - begin) / BATCH;
}

static double run_handle(bench *b)
{
    const tr_grid grid = { 1, 1, 1 };
    tr_error error;
    const double begin = now();
    for (int i = 0; i < BATCH; i++) {
        if (tr_cuda_launch(b->handle, grid, NULL, b->words, b->args, &error)) stop(&error);
    }
    return (now() - begin) / BATCH;
}

static double run_public(bench *b)
{
    const tr_grid grid = { 1, 1, 1 };
    const tr_launch_options options = { .asynchronous = true };
    tr_error error;
    const double begin = now();
    for (int i = 0; i < BATCH; i++) {
        if (tr_launch(b->kernel, grid, b->values, b->args, &options, &error)) stop(&error);
    }
    return (now() - begin) / BATCH;
}

/* The median of every way, in µs a launch; the ways take turns, so that what disturbs one disturbs all. */
static void measure(bench *b, double out[WAYS])
{
    static double (*const ways[WAYS])(bench *) = { run_raw, run_handle, run_public };
    static double times[WAYS][ROUNDS];
    tr_error error;
    for (int round = -10; round < ROUNDS; round++) {
        for (int w = 0; w < WAYS; w++) {
            const double took = ways[w](b);
            if (round >= 0) times[w][round] = took;
            if (tr_cuda_synchronize(b->device, NULL, NULL, &error)) stop(&error);
        }
    }
    for (int w = 0; w < WAYS; w++) {
        qsort(times[w], ROUNDS, sizeof(double), compare);
        out[w] = times[w][ROUNDS / 2];
    }
}

/* ---------------------------------------------------------------- main */

static void print_json(FILE *file, const tr_cuda_info *info, const int *counts, double (*results)[WAYS], int rows)
{
    fprintf(file, "{\"device\": \"%s\", \"driver\": %d, \"rows\": [", info->name, info->driver_version);
    for (int i = 0; i < rows; i++) {
        fprintf(file, "%s{\"args\": %d", i ? ", " : "", counts[i]);
        for (int w = 0; w < WAYS; w++) fprintf(file, ", \"%s_us\": %.4f", way_names[w], results[i][w]);
        fputs("}", file);
    }
    fputs("]}\n", file);
}

int main(int argc, char **argv)
{
    static const int counts[] = { 0, 8, MOST_ARGS };
    enum { ROWS = sizeof(counts) / sizeof(counts[0]) };
    double results[ROWS][WAYS];
    tr_error error;
    tr_context *context;
    tr_cuda_device *device;
    void *memory;
    if (tr_cuda_device_create(0, &device, &error)) stop(&error);
    if (tr_context_create(NULL, &context, &error)) stop(&error);
    if (tr_memory_create(context, "cuda", 4096, &memory, &error)) stop(&error);
    /* As a program on a GPU has it: the context is current, for the raw loop as well. */
    if (device->driver->cuCtxSetCurrent(device->context)) abort();
    const tr_cuda_info *info = tr_cuda_device_info(device);
    bool stub = false;
    const char *json = NULL;
    for (int i = 1; i < argc; i++) {
        stub |= strcmp(argv[i], "--stub") == 0;
        if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) json = argv[++i];
    }
    if (stub) ((tr_driver *)(uintptr_t)device->driver)->cuLaunchKernelEx = launch_nothing;
    if (!device->driver->cuLaunchKernelEx) {
        fprintf(stderr, "launch: this driver has no cuLaunchKernelEx to compare with\n");
        return 77;
    }
    printf("%s, driver %d.%d, %d rounds of %d launches, medians in µs\n", info->name, info->driver_version / 1000,
           info->driver_version / 10 % 100, ROUNDS, BATCH);
    printf("%4s %10s %10s %9s %7s %10s %9s %7s\n", "args", "raw", "handle", "more", "ratio", "tr_launch", "more",
           "ratio");
    for (int i = 0; i < ROWS; i++) {
        bench b = { .args = counts[i], .device = device };
        prepare(&b, context, memory);
        measure(&b, results[i]);
        const double *r = results[i];
        printf("%4d %10.4f %10.4f %+9.4f %7.3f %10.4f %+9.4f %7.3f\n", counts[i], r[0], r[1], r[1] - r[0], r[1] / r[0],
               r[2], r[2] - r[0], r[2] / r[0]);
        tr_kernel_destroy(b.kernel);
        tr_cuda_kernel_destroy(b.handle);
    }
    if (json) {
        FILE *file = fopen(json, "w");
        if (!file) return perror(json), 1;
        print_json(file, info, counts, results, ROWS);
        fclose(file);
    }
    if (tr_memory_destroy(context, "cuda", memory, &error)) stop(&error);
    tr_context_destroy(context);
    tr_cuda_device_destroy(device);
    return 0;
}
