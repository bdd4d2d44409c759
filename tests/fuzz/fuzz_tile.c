/* Random functions of TTIR on the tile VM (tile_program.h): the same bits from one thread and from several, from every
 * instruction set, from programs one by one and in batches, and from a form of the function in which nothing is known of
 * its indices beforehand.
 *
 * Every input is a function, also the shortest: what it lacks comes from a generator that it seeds.
 */
#include "tile_program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { GRID_X = 5, GRID_Y = 2, PROGRAMS = GRID_X * GRID_Y, ARGS = 2 * TP_TYPES + 6, THREADS = 4 };

static const struct {
    const char *isa;
    int threads;
    bool opaque;
    bool single; /* programs are chosen, all of them: those don't run in batches */
} runs[] = {
    { "baseline", 1, false, true },        { "baseline", 1, false, false }, { "baseline", THREADS, false, false },
    { "avx2", 1, false, false },           { "avx512", 1, false, false },   { "avx512", THREADS, false, false },
    { "baseline", 1, true, false },        { NULL, THREADS, true, false },
};
enum { RUNS = sizeof(runs) / sizeof(runs[0]) };

static tr_context *contexts[RUNS]; /* NULL where this CPU lacks the instruction set */
static uint8_t *inputs[TP_TYPES], *outputs[TP_TYPES], *expected[TP_TYPES];
static int32_t iota[TP_IOTA];

static void die(const char *what, int run, const char *text, const tr_error *error)
{
    char message[2048] = "";
    if (error) tr_error_format(error, message, sizeof(message));
    fprintf(stderr, "%s\n%s (%s, %d threads%s): %s\n", text, what, runs[run].isa ? runs[run].isa : "best",
            runs[run].threads, runs[run].opaque ? ", opaque" : "", message);
    abort();
}

static size_t output_size(int type)
{
    return (size_t)PROGRAMS * TP_SLAB * tr_dtype_size(tp_types[type]);
}

/* Random bits, of integers half of them small: small ones are indices. */
static void fill_input(int type)
{
    const size_t size = tr_dtype_size(tp_types[type]);
    uint64_t random = 88172645463325252u + (uint64_t)type;
    for (size_t i = 0; i < TP_INPUT; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        const uint64_t value = type < TP_INT_TYPES && random & 1 ? random >> 8 & 63 : random >> 8;
        memcpy(inputs[type] + i * size, &value, size);
    }
}

static void set_up(void)
{
    tr_error error;
    for (int run = 0; run < RUNS; run++) {
        const tr_context_options options = { .threads = runs[run].threads, .isa = runs[run].isa };
        if (tr_context_create(&options, &contexts[run], &error) != TR_OK) contexts[run] = NULL;
    }
    if (!contexts[0]) die("no context", 0, "", &error);
    for (int type = 0; type < TP_TYPES; type++) {
        inputs[type] = malloc(TP_INPUT * tr_dtype_size(tp_types[type]));
        outputs[type] = malloc(output_size(type));
        expected[type] = malloc(output_size(type));
        if (!inputs[type] || !outputs[type] || !expected[type]) abort();
        fill_input(type);
    }
    for (int i = 0; i < TP_IOTA; i++) iota[i] = i;
}

static void launch(int run, const char *text)
{
    static int64_t constants[TP_CONSTANTS];
    memcpy(constants, tp_constants, sizeof(constants));
    tr_arg args[ARGS];
    for (int type = 0; type < TP_TYPES; type++) {
        memset(outputs[type], 0x5a, output_size(type));
        args[type] = tr_arg_buffer(inputs[type], TP_INPUT * tr_dtype_size(tp_types[type]));
        args[TP_TYPES + type] = tr_arg_buffer(outputs[type], output_size(type));
    }
    tr_arg *rest = args + 2 * TP_TYPES;
    rest[0] = tr_arg_buffer(iota, sizeof(iota));
    rest[1] = tr_arg_buffer(constants, sizeof(constants));
    rest[2] = tr_arg_i32(100);
    rest[3] = tr_arg_i32(-3);
    rest[4] = tr_arg_i64((int64_t)1 << 33);
    rest[5] = tr_arg_f32(0.75f);

    tr_error error;
    tr_kernel *kernel;
    if (tr_kernel_load_memory(contexts[run], text, strlen(text), "fuzz.ttir", NULL, &kernel, &error) != TR_OK) {
        die("can't be loaded", run, text, &error);
    }
    static const uint64_t all[PROGRAMS] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    _Static_assert(PROGRAMS == 10, "the programs that are chosen");
    const tr_launch_options options = { .timeout_seconds = 20, .programs = runs[run].single ? all : NULL,
                                        .program_count = PROGRAMS };
    const tr_grid grid = { GRID_X, GRID_Y, 1 };
    if (tr_launch(kernel, grid, args, ARGS, &options, &error) != TR_OK) die("fails", run, text, &error);
    tr_kernel_destroy(kernel);
}

static void compare(int run, const char *text)
{
    for (int type = 0; type < TP_TYPES; type++) {
        const size_t size = tr_dtype_size(tp_types[type]);
        for (size_t i = 0; i < output_size(type) / size; i++) {
            if (memcmp(outputs[type] + i * size, expected[type] + i * size, size) == 0) continue;
            uint64_t got = 0, wanted = 0;
            memcpy(&got, outputs[type] + i * size, size);
            memcpy(&wanted, expected[type] + i * size, size);
            fprintf(stderr, "out_%s, program %zu, element %zu: 0x%llx, not 0x%llx\n", tr_dtype_name(tp_types[type]),
                    i / TP_SLAB, i % TP_SLAB, (unsigned long long)got, (unsigned long long)wanted);
            die("gives other bits than one thread of the baseline", run, text, NULL);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char texts[2][TP_TEXT];
    static tp_program program;
    if (!contexts[0]) set_up();
    for (int opaque = 0; opaque < 2; opaque++) tp_generate(&program, data, size, opaque, texts[opaque]);
    for (int run = 0; run < RUNS; run++) {
        if (!contexts[run]) continue;
        const char *text = texts[runs[run].opaque];
        launch(run, text);
        if (run == 0) {
            for (int type = 0; type < TP_TYPES; type++) memcpy(expected[type], outputs[type], output_size(type));
        } else {
            compare(run, text);
        }
    }
    return 0;
}
