/* Runs the vector addition of examples/artifacts on a device, in that device's memory:
 *
 *     cc run_artifact.c $(pkg-config --cflags --libs triton-runner) -o run_artifact
 *     ./run_artifact ../artifacts/3.9.0/sm90/vector_add_f32 cpu
 *     ./run_artifact ../artifacts/3.9.0/sm90/vector_add_f32 cuda
 */
#include <stdio.h>
#include <triton_runner.h>

#define TRY(call)                                                                                                      \
    if ((call) != TR_OK) goto done

enum { N = 4096, BLOCK = 1024, BYTES = N * sizeof(float) };

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "vector_add_kernel.ttir", *device = argc > 2 ? argv[2] : "cpu";
    static float x[N], y[N], out[N];
    for (int i = 0; i < N; i++) x[i] = (float)i, y[i] = 0.5f;

    tr_error error = { .status = TR_OK };
    tr_context *context = NULL;
    tr_kernel *kernel = NULL;
    void *memory[3] = { NULL, NULL, NULL }; /* x, y, out */
    TRY(tr_context_create(NULL, &context, &error));
    TRY(tr_kernel_load(context, path, &(tr_load){ .device = device }, &kernel, &error));
    for (int i = 0; i < 3; i++) TRY(tr_memory_create(context, device, BYTES, &memory[i], &error));
    TRY(tr_memory_write(context, device, memory[0], x, BYTES, &error));
    TRY(tr_memory_write(context, device, memory[1], y, BYTES, &error));
    const tr_arg args[] = { tr_arg_device(memory[0], BYTES), tr_arg_device(memory[1], BYTES),
                            tr_arg_device(memory[2], BYTES), tr_arg_i32(N) };
    TRY(tr_launch(kernel, (tr_grid){ N / BLOCK, 1, 1 }, args, 4, NULL, &error));
    TRY(tr_memory_read(context, device, out, memory[2], BYTES, &error));
    printf("%s (%s) on %s: out[%d] = %g\n", tr_kernel_name(kernel), tr_level_name(tr_kernel_level(kernel)), device,
           N - 1, out[N - 1]);
done:
    if (error.status != TR_OK) fprintf(stderr, "%s\n", error.message);
    for (int i = 0; i < 3; i++)
        if (memory[i] && tr_memory_destroy(context, device, memory[i], NULL) != TR_OK) break;
    tr_kernel_destroy(kernel);
    tr_context_destroy(context);
    return error.status != TR_OK;
}
