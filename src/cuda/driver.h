/* libcuda's entry points, found at run time, and what their errors mean.
 *
 * The table is the only global state of src/cuda. It is filled once; the library is never closed.
 */
#ifndef TR_CUDA_DRIVER_H
#define TR_CUDA_DRIVER_H

#include "base/status.h"
#include "cuda/cuda_abi.h"

typedef struct tr_driver {
#define D(name, symbol, abi, need, args) tr_cu_result(*name) args;
#include "cuda/driver.def"
    int version;    /* the newest CUDA that it knows, 13000 = 13.0 */
    char path[512]; /* what was opened */
} tr_driver;

/* The process's driver, loaded and started by the first call; a failure is kept, too. Thread-safe. */
TR_MUST_CHECK tr_status tr_driver_get(const tr_driver **out_driver, tr_error *error);

/* Loads and starts the library at `path`; NULL = TRITON_RUNNER_CUDA_DRIVER, else libcuda.so.1, else libcuda.so. Only
 * tests call it by itself. */
TR_MUST_CHECK tr_status tr_driver_load(const char *path, tr_driver *out_driver, tr_error *error);

/* Fills *error with the text, what the result means, and the driver's name and text of it. */
tr_status tr_driver_fail(const tr_driver *driver, tr_cu_result result, tr_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What a result means to the caller. */
tr_status tr_driver_status(tr_cu_result result);

/* True for what a kernel did wrong: such an error comes up in whichever call is next. */
bool tr_driver_is_fault(tr_cu_result result);

/* TR_CU_TRY(driver, error, cuInit(0), "text of %s", ...): returns from the calling function when the call fails. */
#define TR_CU_TRY(driver, error, call, ...)                                                                            \
    do {                                                                                                               \
        const tr_cu_result try_result_ = (driver)->call;                                                               \
        if (__builtin_expect(try_result_ != TR_CUDA_SUCCESS, 0)) {                                                     \
            return tr_driver_fail((driver), try_result_, (error), __VA_ARGS__);                                        \
        }                                                                                                              \
    } while (0)

#endif
