/* Makes scalar steps cheap: steps of their own for arithmetic on i32, fewer moves, comparisons that jump.
 *
 * A move is left out where its two registers can be one: where neither is written while the other one's value is still
 * needed. So a loop's carried value is computed where the next turn reads it.
 */
#include "tile/exec.h"

enum { TR_TUNE_WORDS = 1 << 20 }; /* of liveness, at most: beyond it moves stay */

static const uint32_t none = TR_NO_OPERAND;

typedef struct tuner {
    tr_tile_code *code;
    uint32_t *number;        /* register -> its bit in the sets, or none: it is not to be merged */
    uint32_t *uses, *writes; /* by register */
    uint64_t *live;          /* by step, `words` each: registers whose value is needed before it; live[n] = 0 */
    size_t words;
    bool *target; /* by step: jumped to */
    /* of the step being looked at */
    bool in_aux;
    size_t at;
} tuner;

/* ---------------------------------------------------------------- arithmetic */

static const struct {
    tr_ew ew;
    tr_step_code code;
    int64_t imm;
} cheaper[] = {
    { TR_EW_ANDI, TR_STEP_AND_I32, 0 },
    { TR_EW_ORI, TR_STEP_OR_I32, 0 },
    { TR_EW_XORI, TR_STEP_XOR_I32, 0 },
    { TR_EW_DIVSI, TR_STEP_DIV_I32, 0 },
    { TR_EW_REMSI, TR_STEP_REM_I32, 0 },
    { TR_EW_CMPI_EQ, TR_STEP_CMP_I32, TR_COMPARE_EQUAL },
    { TR_EW_CMPI_NE, TR_STEP_CMP_I32, TR_COMPARE_LESS | TR_COMPARE_GREATER },
    { TR_EW_CMPI_SLT, TR_STEP_CMP_I32, TR_COMPARE_LESS },
    { TR_EW_CMPI_SLE, TR_STEP_CMP_I32, TR_COMPARE_LESS | TR_COMPARE_EQUAL },
    { TR_EW_CMPI_SGT, TR_STEP_CMP_I32, TR_COMPARE_GREATER },
    { TR_EW_CMPI_SGE, TR_STEP_CMP_I32, TR_COMPARE_GREATER | TR_COMPARE_EQUAL },
    { TR_EW_CMPI_ULT, TR_STEP_CMP_I32, TR_COMPARE_LESS | TR_COMPARE_UNSIGNED },
    { TR_EW_CMPI_ULE, TR_STEP_CMP_I32, TR_COMPARE_LESS | TR_COMPARE_EQUAL | TR_COMPARE_UNSIGNED },
    { TR_EW_CMPI_UGT, TR_STEP_CMP_I32, TR_COMPARE_GREATER | TR_COMPARE_UNSIGNED },
    { TR_EW_CMPI_UGE, TR_STEP_CMP_I32, TR_COMPARE_GREATER | TR_COMPARE_EQUAL | TR_COMPARE_UNSIGNED },
};

static void choose_step(const tr_kernels *kernels, tr_step *step)
{
    if (step->code != TR_STEP_SCALAR) return;
    for (size_t i = 0; i < sizeof(cheaper) / sizeof(cheaper[0]); i++) {
        if (step->kernel != kernels->ew[cheaper[i].ew][TR_I32] || step->dtype != TR_I32) continue;
        step->code = cheaper[i].code;
        step->imm = cheaper[i].imm;
        step->run = tr_step_table[step->code].run;
        return;
    }
}

/* ---------------------------------------------------------------- what is needed where */

static void count(void *user, char kind, uint32_t operand)
{
    tuner *t = user;
    if (kind == 'r') t->uses[operand]++;
    if (kind == 'R') t->writes[operand]++;
    if (kind == 'j') t->target[operand] = true;
    if ((kind == 'r' || kind == 'R') && t->in_aux) t->number[operand] = none;
    if (kind == 'R' && t->at < t->code->prologue) t->number[operand] = none; /* it lives from program to program */
}

/* Operands of a step that stand in aux can't be renamed here. */
static bool has_aux(const tr_step *step)
{
    return strchr(tr_step_table[step->code].operands, '*') != NULL;
}

static uint32_t number_of(const tuner *t, uint32_t reg)
{
    return t->number[reg];
}

/* Registers that may be merged: written, and not parameters. False when regions are run as subroutines, whose jumps
 * don't show. */
static bool number_registers(tuner *t)
{
    const tr_tile_code *code = t->code;
    uint32_t next = 0;
    for (t->at = 0; t->at < code->steps.count; t->at++) {
        const tr_step *step = &code->steps.items[t->at];
        if (step->code == TR_STEP_SUB_RETURN) return false;
        t->in_aux = has_aux(step);
        tr_step_visit(step, count, t);
    }
    for (uint32_t r = 0; r < code->reg_count; r++) {
        if (r < code->param_count || t->writes[r] == 0) t->number[r] = none;
        if (t->number[r] != none) t->number[r] = next++;
    }
    t->words = (next + 63) / 64;
    return next > 0;
}

static bool has(const uint64_t *set, uint32_t bit)
{
    return set[bit / 64] >> (bit % 64) & 1;
}

typedef struct flow {
    const tuner *t;
    uint64_t *set;
    bool changed;
} flow;

static void add_all(flow *f, size_t from)
{
    const uint64_t *other = f->t->live + from * f->t->words;
    for (size_t w = 0; w < f->t->words; w++) f->set[w] |= other[w];
}

static void add_targets(void *user, char kind, uint32_t operand)
{
    if (kind == 'j') add_all(user, operand);
}

static void remove_written(void *user, char kind, uint32_t operand)
{
    flow *f = user;
    const uint32_t bit = kind == 'R' ? number_of(f->t, operand) : none;
    if (bit != none) f->set[bit / 64] &= ~(1ull << bit % 64);
}

static void add_read(void *user, char kind, uint32_t operand)
{
    flow *f = user;
    const uint32_t bit = kind == 'r' ? number_of(f->t, operand) : none;
    if (bit != none) f->set[bit / 64] |= 1ull << bit % 64;
}

/* What is needed behind step i. */
static void live_behind(const tuner *t, size_t i, uint64_t *set)
{
    const tr_step *step = &t->code->steps.items[i];
    flow f = { .t = t, .set = set };
    memset(set, 0, t->words * sizeof(*set));
    if (step->code != TR_STEP_JUMP && step->code != TR_STEP_RETURN) add_all(&f, i + 1);
    tr_step_visit(step, add_targets, &f);
}

static void find_live(tuner *t, uint64_t *set)
{
    bool changed;
    do {
        changed = false;
        for (size_t i = t->code->steps.count; i-- > 0;) {
            const tr_step *step = &t->code->steps.items[i];
            flow f = { .t = t, .set = set };
            live_behind(t, i, set);
            tr_step_visit(step, remove_written, &f);
            tr_step_visit(step, add_read, &f);
            if (memcmp(set, t->live + i * t->words, t->words * sizeof(*set)) == 0) continue;
            memcpy(t->live + i * t->words, set, t->words * sizeof(*set));
            changed = true;
        }
    } while (changed);
}

/* ---------------------------------------------------------------- moves */

/* The register that a step writes in x[0], or none. */
static uint32_t written(const tr_step *step)
{
    return tr_step_table[step->code].operands[0] == 'R' ? step->x[0] : none;
}

/* Whether some step writes one of the registers while the value of the other is needed behind it. A move from one to
 * the other makes them equal and doesn't count. */
static bool interfere(const tuner *t, uint32_t a, uint32_t b, uint64_t *set)
{
    for (size_t i = 0; i < t->code->steps.count; i++) {
        const tr_step *step = &t->code->steps.items[i];
        const uint32_t to = written(step);
        if (to != a && to != b) continue;
        const uint32_t other = to == a ? b : a;
        if (step->code == TR_STEP_MOV && step->x[1] == other) continue;
        live_behind(t, i, set);
        if (has(set, number_of(t, other))) return true;
    }
    return false;
}

/* From now on `b` is called `a`. */
static void merge(tuner *t, uint32_t a, uint32_t b)
{
    const uint32_t to = number_of(t, a), from = number_of(t, b);
    for (size_t i = 0; i < t->code->steps.count; i++) {
        tr_step *step = &t->code->steps.items[i];
        uint64_t *set = t->live + i * t->words;
        if (has(set, from)) set[to / 64] |= 1ull << to % 64;
        set[from / 64] &= ~(1ull << from % 64);
        int index = 0;
        for (const char *kind = tr_step_table[step->code].operands; *kind && *kind != '*'; kind++) {
            if (*kind == '?') continue;
            if ((*kind == 'r' || *kind == 'R') && step->x[index] == b) step->x[index] = a;
            index++;
        }
    }
    t->uses[a] += t->uses[b];
    t->writes[a] += t->writes[b];
}

static void merge_moves(tuner *t, uint64_t *set)
{
    for (size_t i = t->code->prologue; i < t->code->steps.count; i++) {
        const tr_step *step = &t->code->steps.items[i];
        const uint32_t a = step->x[0], b = step->x[1];
        if (step->code != TR_STEP_MOV || a == b || number_of(t, a) == none || number_of(t, b) == none) continue;
        if (!interfere(t, a, b, set)) merge(t, a, b);
    }
}

/* ---------------------------------------------------------------- jumps */

/* A comparison whose only use is the jump behind it becomes that jump. */
static void join_branch(const tuner *t, size_t i)
{
    tr_step *step = &t->code->steps.items[i], *branch = step + 1;
    if (step->code != TR_STEP_CMP_I32 || i + 1 >= t->code->steps.count || i < t->code->prologue) return;
    if (branch->code != TR_STEP_BRANCH_FALSE || branch->x[0] != step->x[0] || t->target[i + 1]) return;
    if (t->uses[step->x[0]] != 1 || t->writes[step->x[0]] != 1) return;
    const uint32_t place = branch->x[1];
    branch->code = TR_STEP_BRANCH_CMP;
    branch->run = tr_step_table[TR_STEP_BRANCH_CMP].run;
    branch->dtype = TR_I32;
    branch->x[0] = step->x[1];
    branch->x[1] = step->x[2];
    branch->x[2] = place;
    branch->imm = step->imm;
    branch->kernel_name = step->kernel_name;
    step->code = TR_STEP_MOV; /* to itself: left out with the others */
    step->x[0] = step->x[1];
}

/* Leaves out moves of a register to itself. */
static void leave_out(tr_tile_code *code, uint32_t *moved_to)
{
    uint32_t at = 0;
    for (size_t i = 0; i < code->steps.count; i++) {
        const tr_step step = code->steps.items[i];
        moved_to[i] = at;
        if (step.code != TR_STEP_MOV || step.x[0] != step.x[1]) code->steps.items[at++] = step;
    }
    code->steps.count = at;
    for (uint32_t i = 0; i < at; i++) tr_step_retarget(&code->steps.items[i], moved_to);
}

static tr_status tune(tuner *t, tr_arena *scratch, tr_error *error)
{
    tr_tile_code *code = t->code;
    const size_t n = code->steps.count + 1, regs = (size_t)code->reg_count + 1;
    t->number = TR_NEW_ARRAY(scratch, uint32_t, regs);
    t->uses = TR_NEW_ARRAY(scratch, uint32_t, regs);
    t->writes = TR_NEW_ARRAY(scratch, uint32_t, regs);
    t->target = TR_NEW_ARRAY(scratch, bool, n);
    uint32_t *moved_to = TR_NEW_ARRAY(scratch, uint32_t, n);
    if (!t->number || !t->uses || !t->writes || !t->target || !moved_to) return TR_OOM(error);
    if (!number_registers(t)) return TR_OK;
    if (n * t->words <= TR_TUNE_WORDS) {
        t->live = TR_NEW_ARRAY(scratch, uint64_t, n * t->words);
        uint64_t *set = TR_NEW_ARRAY(scratch, uint64_t, t->words);
        if (!t->live || !set) return TR_OOM(error);
        find_live(t, set);
        merge_moves(t, set);
        leave_out(code, moved_to);
    }
    memset(t->target, 0, n * sizeof(*t->target));
    memset(t->uses, 0, regs * sizeof(*t->uses));
    memset(t->writes, 0, regs * sizeof(*t->writes));
    for (t->at = 0; t->at < code->steps.count; t->at++) tr_step_visit(&code->steps.items[t->at], count, t);
    for (size_t i = 0; i < code->steps.count; i++) join_branch(t, i);
    leave_out(code, moved_to);
    return TR_OK;
}

tr_status tr_steps_tune(tr_tile_code *code, tr_error *error)
{
    tr_arena scratch = { 0 };
    tuner t = { .code = code };
    for (size_t i = 0; i < code->steps.count; i++) choose_step(code->kernels, &code->steps.items[i]);
    const tr_status status = tune(&t, &scratch, error);
    tr_arena_deinit(&scratch);
    return status;
}

void tr_steps_link(tr_tile_code *code)
{
    for (size_t i = 0; i < code->steps.count; i++) {
        tr_step *step = &code->steps.items[i];
        switch (step->code) {
#define SCALAR_STEP(name) case TR_STEP_##name:
#include "tile/scalar_steps.def"
#undef SCALAR_STEP
            step->run = tr_run_scalars;
            break;
        default: break;
        }
    }
}
