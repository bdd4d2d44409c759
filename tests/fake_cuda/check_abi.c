/* Compares src/cuda/cuda_abi.h and driver.def with NVIDIA's headers. There is nothing to run: it compiles or not. */
#include <cuda.h>
#include <cudaTypedefs.h>

#include "cuda/cuda_abi.h"

#include <stddef.h>

/* ---------------------------------------------------------------- numbers */

#define SAME(name) _Static_assert((long)TR_##name == (long)name, #name)
SAME(CUDA_SUCCESS);
SAME(CUDA_ERROR_NO_DEVICE);
SAME(CUDA_ERROR_INVALID_VALUE);
SAME(CUDA_ERROR_INVALID_CONTEXT);
SAME(CUDA_ERROR_INVALID_HANDLE);
SAME(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
SAME(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X);
SAME(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y);
SAME(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z);
SAME(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
SAME(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK);
SAME(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
SAME(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
SAME(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
SAME(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH);
SAME(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
SAME(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
SAME(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
SAME(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
SAME(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
SAME(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
SAME(CU_FUNC_ATTRIBUTE_NUM_REGS);
SAME(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
SAME(CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED);
SAME(CU_FUNC_CACHE_PREFER_SHARED);
SAME(CU_JIT_ERROR_LOG_BUFFER);
SAME(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES);
SAME(CU_STREAM_NON_BLOCKING);
SAME(CU_GET_PROC_ADDRESS_LEGACY_STREAM);
SAME(CU_POINTER_ATTRIBUTE_DEVICE_POINTER);
SAME(CU_LAUNCH_ATTRIBUTE_COOPERATIVE);
SAME(CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION);
SAME(CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE);
SAME(CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
SAME(CU_CLUSTER_SCHEDULING_POLICY_SPREAD);
SAME(CU_MEM_ALLOCATION_TYPE_PINNED);
SAME(CU_MEM_LOCATION_TYPE_DEVICE);
SAME(CU_MEMPOOL_ATTR_RELEASE_THRESHOLD);
SAME(CU_TENSOR_MAP_DATA_TYPE_UINT8);
SAME(CU_TENSOR_MAP_DATA_TYPE_UINT16);
SAME(CU_TENSOR_MAP_DATA_TYPE_UINT32);
SAME(CU_TENSOR_MAP_DATA_TYPE_FLOAT64);
SAME(CU_TENSOR_MAP_DATA_TYPE_BFLOAT16);
SAME(CU_TENSOR_MAP_DATA_TYPE_FLOAT32_FTZ);
SAME(CU_TENSOR_MAP_DATA_TYPE_TFLOAT32);
SAME(CU_TENSOR_MAP_INTERLEAVE_NONE);
SAME(CU_TENSOR_MAP_SWIZZLE_NONE);
SAME(CU_TENSOR_MAP_SWIZZLE_32B);
SAME(CU_TENSOR_MAP_SWIZZLE_64B);
SAME(CU_TENSOR_MAP_SWIZZLE_128B);
SAME(CU_TENSOR_MAP_L2_PROMOTION_NONE);
SAME(CU_TENSOR_MAP_L2_PROMOTION_L2_128B);
SAME(CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
SAME(CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA);

#define E(name, number, status, explanation) _Static_assert(CUDA_ERROR_##name == (number), #name);
#include "cuda/errors.def"

/* ---------------------------------------------------------------- structures */

#define SIZE(ours, theirs) _Static_assert(sizeof(ours) == sizeof(theirs), #ours)
#define PLACE(ours, member, theirs, their_member)                                                                      \
    _Static_assert(offsetof(ours, member) == offsetof(theirs, their_member), #ours "." #member)

SIZE(tr_cu_result, CUresult);
SIZE(tr_cu_device, CUdevice);
SIZE(tr_cu_address, CUdeviceptr);
SIZE(tr_cu_device_attribute, CUdevice_attribute);
SIZE(tr_cu_jit_option, CUjit_option);

SIZE(tr_cu_launch_value, CUlaunchAttributeValue);
SIZE(tr_cu_launch_attribute, CUlaunchAttribute);
PLACE(tr_cu_launch_attribute, id, CUlaunchAttribute, id);
PLACE(tr_cu_launch_attribute, value, CUlaunchAttribute, value);
PLACE(tr_cu_launch_attribute, value.cooperative, CUlaunchAttribute, value.cooperative);
PLACE(tr_cu_launch_attribute, value.cluster, CUlaunchAttribute, value.clusterDim);
PLACE(tr_cu_launch_attribute, value.cluster_scheduling, CUlaunchAttribute, value.clusterSchedulingPolicyPreference);
PLACE(tr_cu_launch_attribute, value.programmatic, CUlaunchAttribute, value.programmaticStreamSerializationAllowed);

SIZE(tr_cu_launch_config, CUlaunchConfig);
PLACE(tr_cu_launch_config, grid_x, CUlaunchConfig, gridDimX);
PLACE(tr_cu_launch_config, grid_y, CUlaunchConfig, gridDimY);
PLACE(tr_cu_launch_config, grid_z, CUlaunchConfig, gridDimZ);
PLACE(tr_cu_launch_config, block_x, CUlaunchConfig, blockDimX);
PLACE(tr_cu_launch_config, block_y, CUlaunchConfig, blockDimY);
PLACE(tr_cu_launch_config, block_z, CUlaunchConfig, blockDimZ);
PLACE(tr_cu_launch_config, shared, CUlaunchConfig, sharedMemBytes);
PLACE(tr_cu_launch_config, stream, CUlaunchConfig, hStream);
PLACE(tr_cu_launch_config, attributes, CUlaunchConfig, attrs);
PLACE(tr_cu_launch_config, attribute_count, CUlaunchConfig, numAttrs);

SIZE(tr_cu_pool_props, CUmemPoolProps);
PLACE(tr_cu_pool_props, type, CUmemPoolProps, allocType);
PLACE(tr_cu_pool_props, handle_types, CUmemPoolProps, handleTypes);
PLACE(tr_cu_pool_props, location.type, CUmemPoolProps, location.type);
PLACE(tr_cu_pool_props, location.id, CUmemPoolProps, location.id);
PLACE(tr_cu_pool_props, security_attributes, CUmemPoolProps, win32SecurityAttributes);
PLACE(tr_cu_pool_props, max_size, CUmemPoolProps, maxSize);

_Static_assert(sizeof(CUtensorMap) == 128, "a tensor map");

/* ---------------------------------------------------------------- prototypes */

/* The table again, with NVIDIA's types for ours: each row must be the very type of its version. */
#define tr_cu_result CUresult
#define tr_cu_device CUdevice
#define tr_cu_address CUdeviceptr
#define tr_cu_context CUcontext
#define tr_cu_module CUmodule
#define tr_cu_function CUfunction
#define tr_cu_stream CUstream
#define tr_cu_pool CUmemoryPool
#define tr_cu_device_attribute CUdevice_attribute
#define tr_cu_function_attribute CUfunction_attribute
#define tr_cu_function_cache CUfunc_cache
#define tr_cu_pointer_attribute CUpointer_attribute
#define tr_cu_pool_attribute CUmemPool_attribute
#define tr_cu_jit_option CUjit_option
#define tr_cu_launch_config CUlaunchConfig
#define tr_cu_pool_props CUmemPoolProps
#define tr_cu_tensor_map_data_type CUtensorMapDataType
#define tr_cu_tensor_map_interleave CUtensorMapInterleave
#define tr_cu_tensor_map_swizzle CUtensorMapSwizzle
#define tr_cu_tensor_map_promotion CUtensorMapL2promotion
#define tr_cu_tensor_map_fill CUtensorMapFloatOOBfill
#define tr_cu_tensor_map CUtensorMap

#define D(name, symbol, abi, need, args)                                                                               \
    _Static_assert(__builtin_types_compatible_p(CUresult(*) args, PFN_##name##_v##abi), #name);
#include "cuda/driver.def"

int main(void)
{
    return 0;
}
