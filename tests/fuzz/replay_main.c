/* Gives each file of the corpus to a fuzz target, without libFuzzer: replay_NAME FILE|FOLDER ...
 *
 * Prints the file before it runs it, so that the last line names the one that crashed.
 */
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static tr_status replay_file(const char *path, tr_error *error)
{
    char *data;
    size_t size;
    TR_TRY(tr_file_read(path, &data, &size, error));
    puts(path);
    fflush(stdout);
    /* A copy of the very size: the address sanitizer then sees a read of the terminator. */
    uint8_t *exact = malloc(size ? size : 1);
    if (exact) {
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
    }
    free(exact);
    free(data);
    return exact ? TR_OK : TR_OOM(error);
}

static tr_status replay_folder(const char *folder, size_t *out_count, tr_error *error)
{
    tr_names names;
    TR_TRY(tr_folder_list(folder, &names, error));
    tr_status status = TR_OK;
    for (size_t i = 0; i < names.count && status == TR_OK; i++) {
        char *path = tr_path_join(folder, names.items[i]);
        status = path ? replay_file(path, error) : TR_OOM(error);
        free(path);
    }
    *out_count += names.count;
    tr_names_deinit(&names);
    return status;
}

int main(int argc, char **argv)
{
    tr_error error;
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        tr_status status = TR_OK;
        if (tr_path_is_folder(argv[i])) {
            status = replay_folder(argv[i], &count, &error);
        } else {
            status = replay_file(argv[i], &error);
            count++;
        }
        if (status != TR_OK) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        }
    }
    printf("%zu inputs\n", count);
    return count == 0; /* an empty corpus is a mistake */
}
