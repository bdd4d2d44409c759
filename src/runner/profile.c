#include "runner/profile.h"

#include "base/memory.h"

/* The parts of a row that don't change from launch to launch. */
static tr_status describe_step(tr_profile *profile, int32_t index, tr_error *error)
{
    const tr_tile_step step = tr_tile_step_at(profile->kernel->code, (size_t)index);
    tr_profile_row *row = &profile->rows[index];
    *row = (tr_profile_row){ .step = index, .step_name = step.name, .op = "" };
    if (!step.op) return TR_OK;
    row->op = tr_arena_copy(&profile->arena, step.op->name).data;
    if (!row->op) return TR_OOM(error);
    const tr_loc *loc = tr_loc_file(step.op->loc);
    if (!loc) return TR_OK;
    row->source_file = tr_arena_copy(&profile->arena, loc->file).data;
    row->source_line = loc->line;
    row->source_column = loc->column;
    return row->source_file ? TR_OK : TR_OOM(error);
}

static tr_status fill(tr_profile *profile, tr_error *error)
{
    const size_t steps = tr_tile_step_count(profile->kernel->code);
    profile->count = (int32_t)steps;
    profile->rows = TR_NEW_ARRAY(&profile->arena, tr_profile_row, steps + 1);
    profile->times.nanoseconds = TR_NEW_ARRAY(&profile->arena, uint64_t, steps + 1);
    profile->times.counts = TR_NEW_ARRAY(&profile->arena, uint64_t, steps + 1);
    if (!profile->rows || !profile->times.nanoseconds || !profile->times.counts) return TR_OOM(error);
    for (int32_t i = 0; i < profile->count; i++) TR_TRY(describe_step(profile, i, error));
    return TR_OK;
}

tr_status tr_profile_create(const tr_kernel *kernel, tr_profile **out_profile, tr_error *error)
{
    if (!kernel || !out_profile) return tr_fail(error, TR_INVALID_ARGUMENT, "no kernel to profile");
    if (!kernel->code) return tr_fail(error, TR_UNSUPPORTED, "only a kernel of the tile VM has steps to profile");
    tr_profile *profile = tr_calloc(1, sizeof(*profile));
    if (!profile) return TR_OOM(error);
    profile->kernel = kernel;
    tr_status status = fill(profile, error);
    if (status != TR_OK) {
        tr_profile_destroy(profile);
        return status;
    }
    *out_profile = profile;
    return TR_OK;
}

void tr_profile_destroy(tr_profile *profile)
{
    if (!profile) return;
    tr_arena_deinit(&profile->arena);
    free(profile);
}

int32_t tr_profile_count(const tr_profile *profile)
{
    return profile->count;
}

const tr_profile_row *tr_profile_get(const tr_profile *profile, int32_t index)
{
    if (index < 0 || index >= profile->count) return NULL;
    tr_profile_row *row = &profile->rows[index];
    row->count = profile->times.counts[index];
    row->seconds = 1e-9 * (double)profile->times.nanoseconds[index];
    return row;
}
