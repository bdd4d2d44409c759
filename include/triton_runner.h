/* triton_runner.h: the public C API of Triton Runner.
 *
 * Conventions
 *   - Every function that can fail returns a tr_status and fills the caller's tr_error when it is given
 *     one (`error` may be NULL). Out-parameters are written only on success.
 *   - The library never exits, aborts or prints. Strings returned by a getter belong to the object.
 *   - A context may be used by several threads at once; a kernel may be launched by several threads at
 *     once; creating, loading and destroying an object is for one thread at a time.
 *   - Sizes are in bytes and shapes in elements unless a name says otherwise.
 *
 * Compiles as C11 and as C++.
 */
#ifndef TRITON_RUNNER_H
#define TRITON_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#error "Triton Runner runs on POSIX systems"
#endif
#define TR_API __attribute__((visibility("default")))
#if defined(__cplusplus) || !defined(__GNUC__)
#define TR_MUST_CHECK
#else
#define TR_MUST_CHECK __attribute__((warn_unused_result))
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define TR_VERSION_MAJOR 0
#define TR_VERSION_MINOR 1
#define TR_VERSION_PATCH 0

/* "0.1.0" */
TR_API const char *tr_version(void);
/* What the library was built with, "gcc 12.2.0, jansson 2.14, xxhash 0.8.1". */
TR_API const char *tr_build_info(void);

/* ---------------------------------------------------------------- status and error */

typedef enum tr_status {
    TR_OK = 0,
    TR_INVALID_ARGUMENT, /* the caller asked for something that makes no sense: a grid of zero, a wrong dtype */
    TR_INVALID_INPUT,    /* a file or text is damaged: truncated IR, JSON that is not JSON */
    TR_NOT_FOUND,        /* a file, kernel or parameter of that name does not exist */
    TR_MISMATCH,         /* two things that must agree do not: metadata and artifact, artifact and device */
    TR_UNSUPPORTED,      /* understood, but no engine can run it */
    TR_UNAVAILABLE,      /* the device or tool it needs is not on this machine */
    TR_OUT_OF_BOUNDS,    /* a kernel accessed memory outside its argument */
    TR_TRAPPED,          /* a kernel stopped itself: device assert, division by zero */
    TR_INTERRUPTED,      /* the caller's cancel flag was set */
    TR_TIMED_OUT,        /* the caller's time limit passed */
    TR_DEADLOCK,         /* no program of the launch can make progress */
    TR_OUT_OF_MEMORY,
    TR_IO,       /* the operating system refused; tr_error.os_errno says why */
    TR_INTERNAL, /* a bug in Triton Runner */
} tr_status;

/* "out of bounds" and the like; never NULL. */
TR_API const char *tr_status_name(tr_status status);

/* Filled on failure. `message` is one sentence without a trailing newline. Where the fault is in a text,
 * `file`, `line` and `column` (both from 1, 0 = unknown) say where and `excerpt` holds that line and a caret
 * line. */
typedef struct tr_error {
    tr_status status;
    int os_errno;
    uint32_t line;
    uint32_t column;
    char file[256];
    char message[768];
    char excerpt[512];
} tr_error;

/* Writes "file:line:column: error: message\nexcerpt" to `buffer`, cut to `size` and always terminated; returns
 * the length it would have had. */
TR_API size_t tr_error_format(const tr_error *error, char *buffer, size_t size);

/* ---------------------------------------------------------------- element types */

typedef enum tr_dtype {
    TR_DTYPE_NONE = 0,
    TR_I1, /* one byte an element, 0 or 1 */
    TR_I8,
    TR_I16,
    TR_I32,
    TR_I64,
    TR_F8E4M3FN, /* Triton's fp8e4nv: no infinities, NaN is 0x7f and 0xff */
    TR_F8E5M2,   /* Triton's fp8e5 */
    TR_F16,
    TR_BF16,
    TR_F32,
    TR_F64,
    TR_U8, /* the unsigned ones exist for arrays; IR integers have no sign */
    TR_U16,
    TR_U32,
    TR_U64,
    TR_PTR, /* a 64-bit address */
    TR_DTYPE_COUNT
} tr_dtype;

TR_API size_t tr_dtype_size(tr_dtype dtype);          /* bytes an element, 0 for TR_DTYPE_NONE */
TR_API const char *tr_dtype_name(tr_dtype dtype);     /* "f32", "f8e4m3fn", ... */
TR_API tr_dtype tr_dtype_from_name(const char *name); /* also fp32, float32, float8_e4m3fn ...; NONE if unknown */

/* ---------------------------------------------------------------- arrays */

#define TR_MAX_RANK 16

/* A dense row-major array in host memory. `data` may be used and changed freely. */
typedef struct tr_array {
    tr_dtype dtype;
    int32_t rank;
    int64_t shape[TR_MAX_RANK];
    int64_t count; /* product of shape */
    void *data;    /* count * tr_dtype_size(dtype) bytes, 64-byte aligned */
} tr_array;

typedef enum tr_fill {
    TR_FILL_ZEROS,
    TR_FILL_ONES,
    TR_FILL_ARANGE,
    TR_FILL_RAND,
    TR_FILL_RANDN,
    TR_FILL_EMPTY
} tr_fill;

/* ARANGE counts from 0 (rounded to the dtype); RAND is uniform in [0, 1) for floats, in [0, 100) for integers and 0
 * or 1 for i1; RANDN is standard normal (floats only). The same seed gives the same array on every machine. */
TR_API TR_MUST_CHECK tr_status tr_array_create(tr_dtype dtype, int32_t rank, const int64_t *shape, tr_fill fill,
                                               uint64_t seed, tr_array *out_array, tr_error *error);
TR_API void tr_array_destroy(tr_array *array);

/* NumPy's .npy, versions 1 to 3; written as 1.0. Fortran order and big-endian files are converted.
 *
 * NumPy has no names for bf16 and fp8: a file holds them as '<V2' and '<V1', and `dtype_hint` says what they are.
 * Without a hint '<V2' is bf16, and '<V1' is TR_INVALID_ARGUMENT. A hint also says what integers of its own size
 * stand for (bf16 saved as uint16); one that contradicts the file is TR_MISMATCH. TR_DTYPE_NONE = no hint. They are
 * written as '<V2' and '<V1', for `np.load(f).view(ml_dtypes.bfloat16)`: docs/artifact.md. */
TR_API TR_MUST_CHECK tr_status tr_array_load_npy(const char *path, tr_dtype dtype_hint, tr_array *out_array,
                                                 tr_error *error);
TR_API TR_MUST_CHECK tr_status tr_array_save_npy(const char *path, const tr_array *array, tr_error *error);

typedef struct tr_tolerance {
    double rtol;
    double atol;
    uint64_t ulp; /* used when > 0: an element within this many ulps of the actual array's dtype passes too */
    bool equal_nan;
} tr_tolerance;

typedef struct tr_comparison {
    int64_t count;
    int64_t differing;      /* elements outside the tolerance */
    double max_abs_error;   /* over all elements where both are finite */
    double max_rel_error;   /* where, besides, the expected one is not zero */
    uint64_t max_ulp_error; /* floats only */
    int64_t first_index;    /* linear index of the first differing element, -1 if none */
    double first_actual;
    double first_expected;
} tr_comparison;

/* |actual - expected| <= atol + rtol * |expected|, NumPy's rule. The dtypes may differ; shapes must not. */
TR_API TR_MUST_CHECK tr_status tr_array_compare(const tr_array *actual, const tr_array *expected,
                                                const tr_tolerance *tolerance, tr_comparison *out_comparison,
                                                tr_error *error);

/* Element `index` as a double (integers beyond 2^53 are rounded); NaN out of range. */
TR_API double tr_array_get(const tr_array *array, int64_t index);
/* Writes element `index`, rounded to nearest even (integers: truncated toward zero and wrapped); out of range it does
 * nothing. */
TR_API void tr_array_set(tr_array *array, int64_t index, double value);

/* ---------------------------------------------------------------- context */

typedef struct tr_context tr_context;

typedef struct tr_context_options {
    int32_t threads; /* CPU worker threads; 0 = TRITON_RUNNER_THREADS, else one a core */
    const char *isa; /* "baseline", "avx2", "avx512"; NULL = TRITON_RUNNER_ISA, else the best the CPU has */
    /* For what has to be brought down to machine code before it runs: */
    const char *python; /* which Python has Triton; NULL = TRITON_RUNNER_PYTHON, else python3 */
    const char *ptxas;  /* NULL = the first that is new enough */
    bool no_cache;      /* neither reads nor writes results of earlier compilations */
} tr_context_options;

TR_API TR_MUST_CHECK tr_status tr_context_create(const tr_context_options *options, tr_context **out_context,
                                                 tr_error *error);
/* Its kernels must be destroyed before. */
TR_API void tr_context_destroy(tr_context *context);
TR_API int32_t tr_context_threads(const tr_context *context);
TR_API const char *tr_context_isa(const tr_context *context);

/* ---------------------------------------------------------------- levels and devices */

typedef enum tr_level {
    TR_LEVEL_UNKNOWN,
    TR_LEVEL_TTIR,
    TR_LEVEL_TTGIR,
    TR_LEVEL_LLIR,
    TR_LEVEL_PTX,
    TR_LEVEL_CUBIN,
    TR_LEVEL_COUNT
} tr_level;
TR_API const char *tr_level_name(tr_level level);     /* "ttir" ... */
TR_API tr_level tr_level_from_name(const char *name); /* TR_LEVEL_UNKNOWN if unknown */

/* The devices that this library knows, whether or not they are there. */
typedef struct tr_device {
    char name[16]; /* "cpu", "cuda", and with several GPUs "cuda:1" and so on */
    bool available;
    char detail[256]; /* what it is, or why it is not available */
    int32_t arch;     /* 90 for a GPU of compute capability 9.0; 0 for the CPU and where there is none */
} tr_device;
TR_API int32_t tr_device_count(void);
TR_API bool tr_device_get(int32_t index, tr_device *out_device); /* false out of range */

/* The engine that runs `level` on `device` ("tile VM"), or NULL when none does; then *out_reason, if given, says why
 * and what can. */
TR_API const char *tr_engine_name(tr_level level, const char *device, const char **out_reason);

/* ---------------------------------------------------------------- what a path holds */

/* One kernel at one level. */
typedef struct tr_listing_entry {
    const char *kernel;
    tr_level level;
    const char *path; /* of the file */
    uint64_t size;    /* of the file, in bytes */
} tr_listing_entry;

typedef struct tr_listing {
    int32_t count;
    const tr_listing_entry *entries; /* in order of path */
    void *storage;
} tr_listing;

/* Every kernel in a file, in a folder, or in the folders of a folder (a Triton cache). */
TR_API TR_MUST_CHECK tr_status tr_listing_create(const char *path, tr_listing *out_listing, tr_error *error);
TR_API void tr_listing_destroy(tr_listing *listing);

/* ---------------------------------------------------------------- kernels */

typedef struct tr_kernel tr_kernel;

typedef struct tr_load {
    const char *device;   /* "cpu" (default), "cuda", "cuda:1" */
    const char *kernel;   /* name, where a folder or a module holds several; NULL = the only one */
    const char *metadata; /* path of the metadata JSON; NULL = NAME.json beside the artifact, if there */
    bool inspect_only;    /* load even what cannot run, for tr_kernel_* getters; launching it says why it can't */
    tr_level level;       /* which one to take from a folder; TR_LEVEL_UNKNOWN = the best that the device runs. Of a
                             file, or bytes in memory: what they are, which their content must not contradict;
                             TR_LEVEL_UNKNOWN = see for yourself */
    const char *metadata_text; /* the metadata itself, as JSON text, instead of a file */
    const char *options;       /* JSON object of compiler options that beat those of the metadata: {"num_warps": 8}. Only
                                  for what is brought down to machine code; TR_INVALID_ARGUMENT for anything else */
} tr_load;

/* `path` is a file, or a folder (a Triton cache folder too). `options` may be NULL. */
TR_API TR_MUST_CHECK tr_status tr_kernel_load(tr_context *context, const char *path, const tr_load *options,
                                              tr_kernel **out_kernel, tr_error *error);
/* `name` stands for the file name in messages. The bytes are copied. */
TR_API TR_MUST_CHECK tr_status tr_kernel_load_memory(tr_context *context, const void *data, size_t size,
                                                     const char *name, const tr_load *options, tr_kernel **out_kernel,
                                                     tr_error *error);
TR_API void tr_kernel_destroy(tr_kernel *kernel);

TR_API const char *tr_kernel_name(const tr_kernel *kernel);
TR_API tr_level tr_kernel_level(const tr_kernel *kernel);
TR_API const char *tr_kernel_path(const tr_kernel *kernel);   /* the file it came from, or the name given */
TR_API uint64_t tr_kernel_size(const tr_kernel *kernel);      /* of that file, in bytes */
TR_API const char *tr_kernel_device(const tr_kernel *kernel); /* "cpu" */
TR_API bool tr_kernel_runs(const tr_kernel *kernel);          /* false only after loading with inspect_only */

typedef struct tr_param {
    const char *name; /* as in the text, without '%'; "arg0" style in Triton <= 3.4 */
    const char *type; /* as in the text: "!tt.ptr<f32>", "i32", "!tt.tensordesc<16x32xf32>" */
    tr_dtype dtype;   /* of the scalar, or of what the pointer points to; NONE for anything else */
    bool is_pointer;
    int64_t divisibility; /* tt.divisibility, 0 if not stated */
} tr_param;

TR_API int32_t tr_kernel_param_count(const tr_kernel *kernel);
TR_API const tr_param *tr_kernel_param(const tr_kernel *kernel, int32_t index); /* NULL out of range */
/* How many of the last ones a launch may leave out: PTX and cubins without metadata don't say whether these are the
 * kernel's own or scratch memory that the compiler asks for. */
TR_API int32_t tr_kernel_optional_param_count(const tr_kernel *kernel);

/* One distinct op of the kernel, in order of name. */
typedef struct tr_op_use {
    const char *name;
    int32_t count;
    bool runs;          /* on the kernel's device */
    const char *reason; /* why it does not run, else NULL */
    /* Of the first use that does not run, or of the first use: place in the artifact's text, and in the Python file,
     * NULL if unknown. */
    uint32_t line, column;
    const char *source_file;
    uint32_t source_line, source_column; /* as the artifact has them: Triton <= 3.7 counts columns from 0 */
} tr_op_use;
TR_API int32_t tr_kernel_op_count(const tr_kernel *kernel);
TR_API const tr_op_use *tr_kernel_op(const tr_kernel *kernel, int32_t index);

/* The compiled steps of the tile VM as text (docs/tile.md). Release with free(). */
TR_API TR_MUST_CHECK tr_status tr_kernel_steps_text(const tr_kernel *kernel, char **out_text, tr_error *error);

/* The kernel's whole file as text. TTIR and TTGIR are printed from what was read, which other levels with a text, LLIR
 * and PTX, are not: theirs comes as it is, and `flags` must be 0. Release with free(). */
enum {
    TR_IR_TEXT_GENERIC = 1,      /* every op in MLIR's generic form */
    TR_IR_TEXT_NO_LOCATIONS = 2, /* without loc(...) and their aliases */
};
TR_API TR_MUST_CHECK tr_status tr_kernel_ir_text(const tr_kernel *kernel, uint32_t flags, char **out_text,
                                                 tr_error *error);

/* The GPU that PTX or a cubin was made for, "sm_90a", as the file itself says; NULL for other levels. */
#define TR_KERNEL_TARGET_SIZE 24
TR_API const char *tr_kernel_target(const tr_kernel *kernel, char buffer[TR_KERNEL_TARGET_SIZE]);

/* The metadata of what runs as JSON text: after lowering, that of the machine code. NULL if there is none.
 * (tr_kernel_metadata below has the artifact's own.) */
TR_API const char *tr_kernel_metadata_text(const tr_kernel *kernel);

/* The artifact itself and all that it was lowered to on its way to the device, highest level first; false out of
 * range. */
typedef struct tr_stage {
    tr_level level;
    const void *data;
    uint64_t size;
} tr_stage;
TR_API bool tr_kernel_stage(const tr_kernel *kernel, int32_t index, tr_stage *out_stage);

/* Of machine code on its device. All zeros on the CPU. */
typedef struct tr_resources {
    int32_t registers;      /* a thread */
    int32_t local_bytes;    /* a thread: registers that were spilled, and arrays */
    int32_t static_shared;  /* bytes a block */
    int32_t dynamic_shared; /* bytes a block that launches ask for */
    int32_t max_threads;    /* a block, as registers allow */
    void *function;         /* CUfunction */
    void *module;           /* CUmodule */
} tr_resources;
TR_API void tr_kernel_resources(const tr_kernel *kernel, tr_resources *out_resources);

/* False when the kernel surely writes nothing through parameter `index`, so that memory that must not change may be
 * given for it. Only known on the CPU: true for everything else. */
TR_API bool tr_kernel_param_written(const tr_kernel *kernel, int32_t index);

/* A metadata key's value as text ("4", "cuda", a JSON text for lists and objects); NULL if absent. */
TR_API const char *tr_kernel_metadata(const tr_kernel *kernel, const char *key);
TR_API const char *tr_kernel_metadata_key(const tr_kernel *kernel, int32_t index); /* in file order, NULL at the end */

/* ---------------------------------------------------------------- profile */

/* Where the time of launches goes, step by step of the tile VM. Filled by launches that name it in their options; one
 * launch at a time. Timing costs some 40 ns a step. The kernel must outlive it. */
typedef struct tr_profile tr_profile;

typedef struct tr_profile_row {
    int32_t step;            /* number of the step, as in tr_kernel_steps_text */
    const char *step_name;   /* "TILE_LOAD" */
    const char *op;          /* "tt.load" */
    const char *source_file; /* Python file, NULL if unknown */
    uint32_t source_line, source_column;
    uint64_t count;          /* times it ran */
    double seconds;          /* summed over threads */
} tr_profile_row;

TR_API TR_MUST_CHECK tr_status tr_profile_create(const tr_kernel *kernel, tr_profile **out_profile, tr_error *error);
TR_API void tr_profile_destroy(tr_profile *profile);
/* One row a step, in order of the steps. */
TR_API int32_t tr_profile_count(const tr_profile *profile);
TR_API const tr_profile_row *tr_profile_get(const tr_profile *profile, int32_t index); /* NULL out of range */

/* ---------------------------------------------------------------- launch */

typedef struct tr_grid {
    uint32_t x, y, z;
} tr_grid;

typedef enum tr_arg_kind {
    TR_ARG_BUFFER, /* host memory: a GPU gets a copy, and what the kernel left in it is copied back */
    TR_ARG_SCALAR,
    TR_ARG_DEVICE, /* memory of the kernel's device (tr_memory_create, or the caller's own), used as it is */
} tr_arg_kind;

/* One argument. A scalar's bytes stand in `bits`, in the low bytes, as its dtype has them. The pointer that a kernel gets
 * for a TR_ARG_BUFFER points `bits` bytes behind its beginning, `size` at most: at the first element of an array whose
 * strides are negative, say. All of the buffer is the kernel's, in front of the pointer too. A TR_ARG_DEVICE is `data`
 * itself, whatever its `bits`. A buffer without memory, NULL and size 0, is a null pointer. */
typedef struct tr_arg {
    tr_arg_kind kind;
    tr_dtype dtype; /* of the scalar; of the buffer's elements, or TR_DTYPE_NONE = do not check */
    void *data;
    size_t size;
    uint64_t bits;
} tr_arg;

/* What the owner of a tensor descriptor chose, in `bits` of a TR_ARG_DEVICE that is given for one. */
enum {
    TR_DESCRIPTOR_NAN_PADDING = 1,   /* reading outside gives NaN, not 0 */
    TR_DESCRIPTOR_ROUND_TO_TF32 = 2, /* f32 is read as tf32 */
};

TR_API tr_arg tr_arg_buffer(void *data, size_t size_bytes);
TR_API tr_arg tr_arg_view(void *data, size_t size_bytes, size_t offset_bytes); /* a buffer, and a pointer into it */
TR_API tr_arg tr_arg_array(const tr_array *array);
TR_API tr_arg tr_arg_device(void *memory, size_t size_bytes);
TR_API tr_arg tr_arg_i1(bool value);
TR_API tr_arg tr_arg_i8(int8_t value);
TR_API tr_arg tr_arg_i16(int16_t value);
TR_API tr_arg tr_arg_i32(int32_t value);
TR_API tr_arg tr_arg_i64(int64_t value);
TR_API tr_arg tr_arg_f16(double value);
TR_API tr_arg tr_arg_bf16(double value);
TR_API tr_arg tr_arg_f32(float value);
TR_API tr_arg tr_arg_f64(double value);
TR_API tr_arg tr_arg_int(tr_dtype dtype, int64_t value);  /* any integer dtype; wraps to its width */
TR_API tr_arg tr_arg_float(tr_dtype dtype, double value); /* any float dtype; rounds to it */

typedef struct tr_launch_options {
    double timeout_seconds;     /* 0 = none */
    const volatile int *cancel; /* the launch stops soon after *cancel becomes nonzero */
    void (*progress)(void *user, uint64_t programs_done, uint64_t programs_total); /* about ten times a second */
    void *progress_user;
    void (*print)(void *user, const char *text); /* gets what tt.print prints, whole lines; from any worker thread */
    void *print_user;
    const uint64_t *programs; /* linear ids of the programs to run, in this order; NULL = all */
    uint64_t program_count;
    tr_profile *profile; /* of this kernel; NULL = none */
    /* For a GPU; the CPU ignores them. */
    void *stream;          /* CUstream; NULL = the default stream */
    void *(*allocate)(void *user, uint64_t size, uint64_t alignment, void *stream); /* gives scratch memory of the device,
                              for the whole grid, that stays until the launch has ended, or NULL, which fails the
                              launch; it remains the caller's. NULL = memory of our own */
    void *allocate_user;
    bool asynchronous;     /* return when the launch is queued (tr_synchronize); only without TR_ARG_BUFFER arguments */
    /* For the CPU; a GPU refuses programs, profile and writer, and ignores the others. */
    int32_t threads;       /* 0 = the context's, which is the most there are */
    int64_t writes_of_arg; /* with `writer`: index of the argument whose writers are recorded */
    uint32_t *writer;      /* one word a byte-granule of `writer_granule` bytes of that argument: 1 +
                              linear program id of the last program that wrote it. NULL = off */
    uint32_t writer_granule;
} tr_launch_options;

/* ---------------------------------------------------------------- memory of a device */

/* On "cpu" host memory, 64-byte aligned; on "cuda" global memory, 256-byte aligned. Contents are undefined. */
TR_API TR_MUST_CHECK tr_status tr_memory_create(tr_context *context, const char *device, size_t size,
                                                void **out_memory, tr_error *error);
TR_API TR_MUST_CHECK tr_status tr_memory_destroy(tr_context *context, const char *device, void *memory,
                                                 tr_error *error);
/* Host to device and back; they return when the copy is done. */
TR_API TR_MUST_CHECK tr_status tr_memory_write(tr_context *context, const char *device, void *memory, const void *data,
                                               size_t size, tr_error *error);
TR_API TR_MUST_CHECK tr_status tr_memory_read(tr_context *context, const char *device, void *data, const void *memory,
                                              size_t size, tr_error *error);

/* Whether a kernel on `device` may access `address`, and under which address it does: pinned host memory, another GPU's.
 * TR_INVALID_ARGUMENT if it may not. NULL is NULL everywhere, and on "cpu" any address is taken as it is. */
TR_API TR_MUST_CHECK tr_status tr_memory_locate(tr_context *context, const char *device, const void *address,
                                                void **out_address, tr_error *error);

/* Waits for what was launched on the kernel's device in `stream`; an error of the kernel comes up here. */
TR_API TR_MUST_CHECK tr_status tr_synchronize(tr_kernel *kernel, void *stream, tr_error *error);

/* ---------------------------------------------------------------- launching */

/* Runs the kernel to completion. Linear program id = (z * grid.y + y) * grid.x + x. On failure the buffers are as
 * the programs left them. `options` may be NULL.
 *
 * Arguments are checked first: one a parameter, buffers for pointers, scalars of the parameter's dtype (integers of
 * another width when the value fits). A buffer's dtype, where it has one, must be the pointer's; unsigned counts as
 * signed, and i8 as i1. The grid has CUDA's limits: 2^31 - 1 in x, 65535 in y and z. */
TR_API TR_MUST_CHECK tr_status tr_launch(tr_kernel *kernel, tr_grid grid, const tr_arg *args, int32_t arg_count,
                                         const tr_launch_options *options, tr_error *error);

/* ---------------------------------------------------------------- compiling */

/* How to compile. Everything may be zero but `to`. */
typedef struct tr_compile_options {
    tr_level to;                /* below the level of the artifact */
    const char *target;         /* "sm_90"; NULL = that of the artifact */
    const char *kernel;         /* which one, where a folder holds several */
    tr_level level;             /* which one to take from a folder; TR_LEVEL_UNKNOWN = the highest */
    const char *metadata;       /* path of the metadata JSON; NULL = NAME.json beside the artifact, if there */
    const char *options;        /* JSON object of compiler options that beat those of the metadata: {"num_warps": 8} */
    const char *python;         /* which has Triton; NULL = TRITON_RUNNER_PYTHON, else python3 */
    const char *ptxas;          /* NULL = the first that fits (docs/lower.md) */
    const char *keep;           /* folder for every stage, also of a compilation that fails later; NULL = none */
    const char *cache;          /* folder of results; NULL = TRITON_RUNNER_CACHE, else ~/.cache/triton-runner */
    bool no_cache;              /* neither reads nor writes results */
    double timeout_seconds;     /* 0 = 600 */
    const volatile int *cancel; /* compiling stops soon after *cancel becomes nonzero */
    void (*progress)(void *user, tr_level making, double seconds); /* when a stage begins, and every second; level
                                                                      TR_LEVEL_UNKNOWN while Triton starts */
    void *progress_user;
} tr_compile_options;

typedef struct tr_compiled {
    int32_t count;
    const tr_stage *stages; /* from the level below the artifact's down to the one asked for */
    tr_level from;
    const char *path;     /* of the artifact's file */
    const char *kernel;   /* its name */
    const char *target;   /* "sm_90" */
    const char *metadata; /* JSON text that belongs to the last stage */
    const char *tools;    /* what made it: "Triton 3.4.0 (python3), ptxas 12.8 (/usr/bin/ptxas)" */
    const char *log;      /* what Triton and ptxas said on the way; "" for a result from the cache */
    bool cached;
    void *storage;
} tr_compiled;

/* Brings the artifact at `path`, a file or a folder, to a lower level: Triton's own stages in a process of Python,
 * and ptxas. */
TR_API TR_MUST_CHECK tr_status tr_compile(const char *path, const tr_compile_options *options,
                                          tr_compiled *out_compiled, tr_error *error);
TR_API void tr_compiled_destroy(tr_compiled *compiled);

#ifdef __cplusplus
}
#endif
#endif
