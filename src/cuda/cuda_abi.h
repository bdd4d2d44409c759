/* The part of CUDA's driver interface that we use: handles, numbers and structures, under names of our own, so that
 * no CUDA toolkit is needed and a program may include cuda.h, too. Where cuda.h exists, tests/unit/test_cuda_abi.c
 * compares every value, size, offset and prototype with it.
 */
#ifndef TR_CUDA_CUDA_ABI_H
#define TR_CUDA_CUDA_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef int tr_cu_result; /* enum CUresult */
typedef int tr_cu_device;
typedef uint64_t tr_cu_address; /* CUdeviceptr */
typedef struct tr_cu_context_st *tr_cu_context;
typedef struct tr_cu_module_st *tr_cu_module;
typedef struct tr_cu_function_st *tr_cu_function;
typedef struct tr_cu_stream_st *tr_cu_stream;
typedef struct tr_cu_pool_st *tr_cu_pool;
typedef struct tr_cu_tensor_map tr_cu_tensor_map; /* 128 bytes, aligned to 64 */

/* Enums that are passed by value: an int on every platform of CUDA. */
typedef int tr_cu_device_attribute, tr_cu_function_attribute, tr_cu_function_cache, tr_cu_pointer_attribute,
    tr_cu_pool_attribute, tr_cu_jit_option, tr_cu_tensor_map_data_type, tr_cu_tensor_map_interleave,
    tr_cu_tensor_map_swizzle, tr_cu_tensor_map_promotion, tr_cu_tensor_map_fill, tr_cu_proc_address_result;

/* Results that are treated apart from others; errors.def has those that get an explanation. */
enum {
    TR_CUDA_SUCCESS = 0,
    TR_CUDA_ERROR_INVALID_VALUE = 1,
    TR_CUDA_ERROR_NO_DEVICE = 100,
    TR_CUDA_ERROR_INVALID_CONTEXT = 201,
    TR_CUDA_ERROR_INVALID_HANDLE = 400,
};

enum {
    TR_CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 1,
    TR_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X = 5,
    TR_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y = 6,
    TR_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z = 7,
    TR_CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK = 8,
    TR_CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK = 12,
    TR_CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
    TR_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
    TR_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
    TR_CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH = 95,
    TR_CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97,
    TR_CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED = 115,
    TR_CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH = 120,
};

enum {
    TR_CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 0,
    TR_CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES = 1,
    TR_CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES = 3,
    TR_CU_FUNC_ATTRIBUTE_NUM_REGS = 4,
    TR_CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8,
    TR_CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED = 14,
};

enum { TR_CU_FUNC_CACHE_PREFER_SHARED = 1 };

enum {
    TR_CU_JIT_ERROR_LOG_BUFFER = 5,
    TR_CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6,
};

enum { TR_CU_STREAM_NON_BLOCKING = 1 };
enum { TR_CU_GET_PROC_ADDRESS_LEGACY_STREAM = 1 };
enum { TR_CU_POINTER_ATTRIBUTE_DEVICE_POINTER = 3 };

/* ---------------------------------------------------------------- launches */

enum {
    TR_CU_LAUNCH_ATTRIBUTE_COOPERATIVE = 2,
    TR_CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION = 4,
    TR_CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE = 5,
    TR_CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION = 6,
};
enum { TR_CU_CLUSTER_SCHEDULING_POLICY_SPREAD = 1 };

typedef union tr_cu_launch_value {
    char pad[64];
    int cooperative;
    struct {
        unsigned x, y, z;
    } cluster;
    int cluster_scheduling;
    int programmatic;
} tr_cu_launch_value;

typedef struct tr_cu_launch_attribute {
    int id;
    char pad[4];
    tr_cu_launch_value value;
} tr_cu_launch_attribute;

typedef struct tr_cu_launch_config {
    unsigned grid_x, grid_y, grid_z;
    unsigned block_x, block_y, block_z;
    unsigned shared;
    tr_cu_stream stream;
    tr_cu_launch_attribute *attributes;
    unsigned attribute_count;
} tr_cu_launch_config;

/* ---------------------------------------------------------------- memory pools */

enum { TR_CU_MEM_ALLOCATION_TYPE_PINNED = 1, TR_CU_MEM_LOCATION_TYPE_DEVICE = 1 };
enum { TR_CU_MEMPOOL_ATTR_RELEASE_THRESHOLD = 4 };

typedef struct tr_cu_pool_props {
    int type, handle_types;
    struct {
        int type, id;
    } location;
    void *security_attributes;
    size_t max_size;
    unsigned char reserved[56];
} tr_cu_pool_props;

/* ---------------------------------------------------------------- tensor maps */

enum {
    TR_CU_TENSOR_MAP_DATA_TYPE_UINT8 = 0,
    TR_CU_TENSOR_MAP_DATA_TYPE_UINT16 = 1,
    TR_CU_TENSOR_MAP_DATA_TYPE_UINT32 = 2,
    TR_CU_TENSOR_MAP_DATA_TYPE_FLOAT64 = 8,
    TR_CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 = 9,
    TR_CU_TENSOR_MAP_DATA_TYPE_FLOAT32_FTZ = 10,
    TR_CU_TENSOR_MAP_DATA_TYPE_TFLOAT32 = 11,
    TR_CU_TENSOR_MAP_DATA_TYPE_16U6_ALIGN16B = 15,
};
enum { TR_CU_TENSOR_MAP_INTERLEAVE_NONE = 0 };
enum {
    TR_CU_TENSOR_MAP_SWIZZLE_NONE = 0,
    TR_CU_TENSOR_MAP_SWIZZLE_32B = 1,
    TR_CU_TENSOR_MAP_SWIZZLE_64B = 2,
    TR_CU_TENSOR_MAP_SWIZZLE_128B = 3,
};
enum { TR_CU_TENSOR_MAP_L2_PROMOTION_NONE = 0, TR_CU_TENSOR_MAP_L2_PROMOTION_L2_128B = 2 };
enum { TR_CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE = 0, TR_CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA = 1 };

/* ---------------------------------------------------------------- entry points outside of the table */

typedef tr_cu_result (*tr_cu_get_proc_address_v11030)(const char *symbol, void **out, int version, uint64_t flags);
typedef tr_cu_result (*tr_cu_get_proc_address_v12000)(const char *symbol, void **out, int version, uint64_t flags,
                                                      tr_cu_proc_address_result *out_found);

#endif
