/* One instruction set's table of kernels. Compiled once an instruction set. */
#include "num/isa.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define ISA_ID_baseline TR_ISA_BASELINE
#define ISA_ID_avx2 TR_ISA_AVX2
#define ISA_ID_avx512 TR_ISA_AVX512
#define ISA_ID_(isa) ISA_ID_##isa
#define ISA_ID(isa) ISA_ID_(isa)

tr_kernels ISA_NAME(kernels) = { .isa = ISA_ID(TR_ISA), .name = TEXT(TR_ISA) };

const tr_kernels *ISA_NAME(install)(void)
{
    tr_kernels *const kernels = &ISA_NAME(kernels);
    ISA_NAME(install_int)(kernels);
    ISA_NAME(install_float)(kernels);
    ISA_NAME(install_math)(kernels);
    ISA_NAME(install_exp)(kernels);
    ISA_NAME(install_half)(kernels);
    ISA_NAME(install_run)(kernels);
    ISA_NAME(install_convert)(kernels);
    ISA_NAME(install_convert_f16)(kernels);
    ISA_NAME(install_dot)(kernels);
    return kernels;
}
