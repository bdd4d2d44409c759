/* Reads bytes as LLVM's text. Whatever they are: parameters, or an error. */
#include "artifact/llir_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tr_error error;
    tr_arena arena = { 0 };
    tr_entry entry;
    const tr_str text = { (const char *)data, size };
    const tr_status status = tr_llir_facts_read(text, "k", "fuzz.llir", &arena, &entry, &error);
    if (status != TR_OK && status != TR_NOT_FOUND && (status != TR_INVALID_INPUT || error.line == 0)) __builtin_trap();
    for (int32_t i = 0; status == TR_OK && i < entry.param_count; i++)
        if (entry.params[i].is_pointer && entry.params[i].size != 8) __builtin_trap();
    tr_arena_deinit(&arena);
    return 0;
}
