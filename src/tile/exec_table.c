/* exec.def as a table, and the check that it has every op. */
#include "tile/lower.h"

#define TR_STEP_NONE TR_STEP_COUNT

const tr_exec_row tr_exec_rows[TR_OP_COUNT] = {
    [TR_OP_UNKNOWN] = { .refusal = "Triton Runner does not know it", .symbolic = TR_STEP_NONE },
#define EXEC(op, lower_, function_, symbolic_)                                                                         \
    [TR_OP_##op] = { .lower = tr_lower_##lower_, .function = function_, .symbolic = TR_STEP_##symbolic_ },
#define STRUCTURE(op) [TR_OP_##op] = { .structural = true, .symbolic = TR_STEP_NONE },
#define REFUSE(op, reason) [TR_OP_##op] = { .refusal = (reason), .symbolic = TR_STEP_NONE },
#include "tile/exec.def"
#undef EXEC
#undef STRUCTURE
#undef REFUSE
};

/* An op of ops.def without a row, or with two, does not compile: -Wswitch-enum, duplicate case. */
#pragma GCC diagnostic error "-Wswitch-enum"
static inline __attribute__((unused)) bool every_op_stands_once(tr_opcode op)
{
    switch (op) {
#define EXEC(op, ...) case TR_OP_##op:
#define STRUCTURE(op) case TR_OP_##op:
#define REFUSE(op, reason) case TR_OP_##op:
#include "tile/exec.def"
#undef EXEC
#undef STRUCTURE
#undef REFUSE
    case TR_OP_UNKNOWN:
    case TR_OP_COUNT:
        return true;
    }
    return false;
}
