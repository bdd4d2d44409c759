#include "artifact/npy.h"
#include "base/file.h"
#include "base/memory.h"
#include "runner/array.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---------------------------------------------------------------- reading */

tr_status tr_array_from_npy(tr_str bytes, const char *file, tr_dtype hint, tr_array *out_array, tr_error *error)
{
    tr_npy npy;
    TR_TRY(tr_npy_parse(bytes, file, hint, &npy, error));
    TR_TRY(tr_npy_check_size(&npy, file, bytes.size, error));
    TR_TRY(tr_array_alloc(npy.dtype, npy.rank, npy.shape, out_array, error));
    if (tr_npy_needs_conversion(&npy)) {
        tr_npy_convert(&npy, bytes.data + npy.data_begin, out_array->data);
    } else if (npy.size) {
        memcpy(out_array->data, bytes.data + npy.data_begin, npy.size);
    }
    return TR_OK;
}

static tr_status read_at(int fd, const char *path, void *data, size_t size, uint64_t offset, tr_error *error)
{
    char *to = data;
    while (size > 0) {
        ssize_t n = pread(fd, to, size, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return tr_fail_errno(error, TR_IO, errno, "cannot read '%s'", path);
        if (n == 0) return tr_fail(error, TR_INVALID_INPUT, "'%s' became shorter while it was read", path);
        to += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return TR_OK;
}

/* Reads and parses the header. */
static tr_status read_header(int fd, const char *path, uint64_t file_size, tr_dtype hint, tr_npy *npy, tr_error *error)
{
    char prefix[TR_NPY_PREFIX];
    size_t known = file_size < sizeof(prefix) ? (size_t)file_size : sizeof(prefix), size;
    TR_TRY(read_at(fd, path, prefix, known, 0, error));
    TR_TRY(tr_npy_header_size((tr_str){ prefix, known }, path, &size, error));
    if (size > file_size) size = (size_t)file_size; /* tr_npy_parse says that it is truncated */
    char *header = tr_malloc(size);
    if (!header) return TR_OOM(error);
    tr_status status = read_at(fd, path, header, size, 0, error);
    if (status == TR_OK) status = tr_npy_parse((tr_str){ header, size }, path, hint, npy, error);
    free(header);
    return status;
}

/* Reads the payload into `array`, by way of a copy where the file's form differs. */
static tr_status read_payload(int fd, const char *path, const tr_npy *npy, tr_array *array, tr_error *error)
{
    if (!tr_npy_needs_conversion(npy)) return read_at(fd, path, array->data, npy->size, npy->data_begin, error);
    void *payload = tr_malloc(npy->size ? npy->size : 1);
    if (!payload) return TR_OOM(error);
    tr_status status = read_at(fd, path, payload, npy->size, npy->data_begin, error);
    if (status == TR_OK) tr_npy_convert(npy, payload, array->data);
    free(payload);
    return status;
}

/* A regular file is read without a copy of it in memory: arrays are large. */
static tr_status read_regular(int fd, const char *path, uint64_t file_size, tr_dtype hint, tr_array *out_array,
                              tr_error *error)
{
    tr_npy npy;
    TR_TRY(read_header(fd, path, file_size, hint, &npy, error));
    TR_TRY(tr_npy_check_size(&npy, path, file_size, error));
    tr_array array;
    TR_TRY(tr_array_alloc(npy.dtype, npy.rank, npy.shape, &array, error));
    tr_status status = read_payload(fd, path, &npy, &array, error);
    if (status != TR_OK) {
        tr_array_destroy(&array);
        return status;
    }
    *out_array = array;
    return TR_OK;
}

tr_status tr_array_load_npy(const char *path, tr_dtype dtype_hint, tr_array *out_array, tr_error *error)
{
    if (!path || !out_array) return tr_fail(error, TR_INVALID_ARGUMENT, "no path, or nowhere to put the array");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        tr_status status = read_regular(fd, path, (uint64_t)info.st_size, dtype_hint, out_array, error);
        close(fd);
        return status;
    }
    if (fd >= 0) close(fd);

    /* A pipe can't be read at an offset; what can't be opened gets tr_file_read's error. */
    char *data;
    size_t size;
    TR_TRY(tr_file_read(path, &data, &size, error));
    tr_status status = tr_array_from_npy((tr_str){ data, size }, path, dtype_hint, out_array, error);
    free(data);
    return status;
}

/* ---------------------------------------------------------------- writing */

tr_status tr_array_save_npy(const char *path, const tr_array *array, tr_error *error)
{
    if (!path || !array || tr_dtype_size(array->dtype) == 0) {
        return tr_fail(error, TR_INVALID_ARGUMENT, "no path or no array to save");
    }
    tr_text file = { 0 };
    tr_npy_print_header(array->dtype, array->rank, array->shape, &file);
    tr_text_append(&file, (tr_str){ array->data, (size_t)array->count * tr_dtype_size(array->dtype) });
    tr_status status = file.failed ? TR_OOM(error) : tr_file_write(path, file.data, file.size, error);
    tr_text_deinit(&file);
    return status;
}
