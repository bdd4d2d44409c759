/* A .npy file as users give it: read it under several hints; what is read is written and read again. */
#include "artifact/npy.h"
#include "runner/array.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Our own header for the array must give the same type and shape. */
static void write_and_read(const tr_array *array)
{
    tr_text header = { 0 };
    tr_npy npy;
    tr_npy_print_header(array->dtype, array->rank, array->shape, &header);
    tr_str bytes = { header.data, header.size };
    if (tr_npy_parse(bytes, "again.npy", array->dtype, &npy, NULL) != TR_OK) abort();
    if (npy.dtype != array->dtype || npy.rank != array->rank || npy.count != array->count) abort();
    tr_text_deinit(&header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const tr_dtype hints[] = { TR_DTYPE_NONE, TR_BF16, TR_F8E4M3FN, TR_I64 };
    tr_str bytes = { (const char *)data, size };
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        tr_array array;
        tr_error error;
        if (tr_array_from_npy(bytes, "fuzz.npy", hints[i], &array, &error) != TR_OK) {
            if (!error.message[0]) abort();
            continue;
        }
        if (array.count) tr_array_get(&array, array.count - 1);
        write_and_read(&array);
        tr_array_destroy(&array);
    }
    return 0;
}
