/* A module's text as users give it: read it; what is read is printed, and what is printed is read and prints the same
 * text again, in custom and in generic form. */
#include "mlir/parse.h"
#include "mlir/print.h"
#include "mlir/splice.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) __attribute__((weak)); /* the replay has none */

static void die(const char *what, const char *text, const tr_error *error)
{
    char message[2048] = "";
    if (error) tr_error_format(error, message, sizeof(message));
    fprintf(stderr, "%s: %s\n%s\n", what, message, text ? text : "");
    abort();
}

static void print_and_read(const tr_module *module, const tr_print_options *options)
{
    tr_text first = { 0 }, second = { 0 };
    tr_module *again;
    tr_error error;
    if (tr_module_print(module, options, &first, &error) != TR_OK) die("can't be printed", NULL, &error);
    tr_str text = { first.data, first.size };
    if (tr_module_parse(text, "again.mlir", &again, &error) != TR_OK) die("can't be read again", first.data, &error);
    if (again->op_count < module->op_count - module->bare) die("has fewer ops than before", first.data, NULL);
    if (tr_module_print(again, options, &second, &error) != TR_OK) die("can't be printed again", first.data, &error);
    if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0) {
        fprintf(stderr, "%s\n", first.data);
        die("prints another text than before", second.data, NULL);
    }
    tr_module_destroy(again);
    tr_text_deinit(&first);
    tr_text_deinit(&second);
}

/* Every op lies within the op around it. */
static void check_ranges(const tr_module *module, const tr_op *op)
{
    if (op->begin > op->end || op->end > module->text.size) abort();
    for (int32_t i = 0; i < op->region_count; i++) {
        for (const tr_block *block = op->regions[i]->first; block; block = block->next) {
            for (const tr_op *inner = block->first; inner; inner = inner->next) {
                if (inner->begin < op->begin || inner->end > op->end) abort();
                check_ranges(module, inner);
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const tr_print_options ways[] = { { 0 }, { .generic = true }, { .no_locations = true } };
    tr_module *module;
    tr_error error;
    tr_status status = tr_module_parse((tr_str){ (const char *)data, size }, "fuzz.mlir", &module, &error);
    if (status != TR_OK) {
        if (!error.message[0] || status == TR_INTERNAL) die("fails without a reason", NULL, &error);
        return 0;
    }
    check_ranges(module, module->op);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) print_and_read(module, &ways[i]);
    tr_module_destroy(module);
    return 0;
}

/* ---------------------------------------------------------------- mutation by lines and words */

/* A piece of the text: a line with its '\n', or a word. */
static tr_str pick(const uint8_t *data, size_t size, unsigned random, bool line)
{
    size_t begin = random % size, end;
    if (line) {
        while (begin && data[begin - 1] != '\n') begin--;
        for (end = begin; end < size && data[end] != '\n';) end++;
        if (end < size) end++;
    } else {
        static const char separators[] = " ,:()<>{}[]=\n";
        while (begin && !strchr(separators, data[begin - 1])) begin--;
        for (end = begin; end < size && !strchr(separators, data[end]);) end++;
        if (end == begin) end++;
    }
    return (tr_str){ (const char *)data + begin, end - begin };
}

/* Bytes seldom make another module: half of the time one piece of the text is put in another one's place, or next to
 * it, so that names, types and ops meet others that they should not. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    if (size < 2 || seed & 1) return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, max_size) : size;
    unsigned random = seed * 2654435761u;
    bool line = random >> 28 & 1, insert = random >> 29 & 1;
    tr_str from = pick(data, size, random >> 3, line), to = pick(data, size, random * 69069u >> 3, line);
    size_t at = (size_t)((const uint8_t *)to.data - data), removed = insert ? 0 : to.size;
    if (size - removed + from.size > max_size) return size;
    uint8_t *copy = malloc(from.size);
    if (!copy) return size;
    memcpy(copy, from.data, from.size);
    memmove(data + at + from.size, data + at + removed, size - at - removed);
    memcpy(data + at, copy, from.size);
    free(copy);
    return size - removed + from.size;
}
