/* Which instruction set's kernels run here, and what the elementwise functions are called. */
#include "num/kernels.h"

#include <pthread.h>

extern const tr_kernels *tr_num_install_baseline(void);
#if defined(__x86_64__)
#include <cpuid.h>
extern const tr_kernels *tr_num_install_avx2(void);
extern const tr_kernels *tr_num_install_avx512(void);

static bool has_f16c(void)
{
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C);
}

/* What meson.build compiles the sets with. __builtin_cpu_supports also asks whether the operating system saves the
 * registers. */
static bool has_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && has_f16c();
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const tr_kernels *sets[TR_ISA_COUNT]; /* NULL: not on this CPU */
static const tr_kernels *best;

static void find_sets(void)
{
    best = sets[TR_ISA_BASELINE] = tr_num_install_baseline();
#if defined(__x86_64__)
    if (has_avx2()) best = sets[TR_ISA_AVX2] = tr_num_install_avx2();
    if (has_avx512()) best = sets[TR_ISA_AVX512] = tr_num_install_avx512();
#endif
}

const tr_kernels *tr_kernels_best(void)
{
    pthread_once(&once, find_sets);
    return best;
}

const tr_kernels *tr_kernels_named(const char *name)
{
    pthread_once(&once, find_sets);
    for (int isa = 0; isa < TR_ISA_COUNT; isa++) {
        if (name && sets[isa] && !strcmp(name, sets[isa]->name)) return sets[isa];
    }
    return NULL;
}

#define RESULT_SAME false
#define RESULT_BOOL true

const tr_ew_info *tr_ew_describe(tr_ew ew)
{
    static const tr_ew_info infos[TR_EW_COUNT] = {
        [TR_EW_NONE] = { "NONE", 0, false },
#define EW(name, arity, result, types) [TR_EW_##name] = { #name, arity, RESULT_##result },
#include "num/elementwise.def"
#undef EW
    };
    return (unsigned)ew < TR_EW_COUNT ? &infos[ew] : &infos[TR_EW_NONE];
}
