/* Finding the argument an address belongs to, and what to say when there is none. */
#include <stdio.h>

#include "tile/frame.h"

static bool holds(const tr_tile_arg *arg, uint64_t lo, uint64_t hi)
{
    const uint64_t base = (uint64_t)(uintptr_t)arg->data;
    return lo >= base && hi <= base + arg->size && lo <= hi;
}

static bool is_root(uint64_t roots, int index)
{
    return index >= TR_ROOT_ANY || (roots >> TR_ROOT_ANY & 1) || (roots >> index & 1);
}

const tr_tile_arg *tr_find_arg(const tr_frame *frame, uint64_t roots, uint64_t lo, uint64_t hi)
{
    const tr_run *run = frame->run;
    if ((roots & (roots - 1)) == 0 && roots && !(roots >> TR_ROOT_ANY)) {
        const tr_tile_arg *arg = &run->args[__builtin_ctzll(roots)];
        return holds(arg, lo, hi) ? arg : NULL;
    }
    for (int i = 0; i < run->arg_count; i++)
        if (run->args[i].data && is_root(roots, i) && holds(&run->args[i], lo, hi)) return &run->args[i];
    return NULL;
}

/* The argument the pointer was meant for: the only root, else the one whose memory is nearest. */
static const tr_tile_arg *nearest_arg(const tr_frame *frame, uint64_t roots, uint64_t address)
{
    const tr_tile_arg *best = NULL;
    uint64_t best_distance = UINT64_MAX;
    for (int i = 0; i < frame->run->arg_count; i++) {
        const tr_tile_arg *arg = &frame->run->args[i];
        if (!is_root(roots, i) || (!arg->data && !(roots >> i & 1 && (roots & (roots - 1)) == 0))) continue;
        uint64_t base = (uint64_t)(uintptr_t)arg->data, end = base + arg->size;
        uint64_t distance = address < base ? base - address : address >= end ? address - end : 0;
        if (!best || distance < best_distance) best = arg, best_distance = distance;
    }
    return best;
}

static void print_index(char *buffer, size_t size, const tr_shape *shape, int64_t index)
{
    int64_t coords[TR_TILE_RANK];
    size_t used = 0;
    for (int32_t d = shape->rank - 1; d >= 0; d--) {
        coords[d] = index % shape->dims[d];
        index /= shape->dims[d];
    }
    for (int32_t d = 0; d < shape->rank && used < size; d++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%lld", d ? ", " : "", (long long)coords[d]);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((-a - 1) / b) - 1;
}

/* What of an argument may be accessed, counted from where its pointer points. */
static void print_range(char *buffer, size_t room, const tr_tile_arg *arg, size_t size)
{
    const int64_t before = (int64_t)arg->bits, after = (int64_t)(arg->size - arg->bits), element = (int64_t)size;
    if (before == 0)
        snprintf(buffer, room, "%zu elements (%zu bytes)", arg->size / size, arg->size);
    else
        snprintf(buffer, room, "elements %lld to %lld (bytes %lld to %lld)", (long long)-(before / element),
                 (long long)(floor_div(after, element) - 1), (long long)-before, (long long)(after - 1));
}

const tr_step *tr_trap_bounds(tr_frame *frame, const tr_step *step, uint64_t address, size_t size, const char *what,
                              const tr_shape *shape, int64_t index)
{
    char element[160] = "";
    const tr_tile_arg *arg = nearest_arg(frame, step->roots, address);
    if (shape && index >= 0) {
        char coords[128];
        print_index(coords, sizeof(coords), shape, index);
        snprintf(element, sizeof(element), " by tile element [%s]", coords);
    }
    if (!arg)
        return tr_trap(frame, step, TR_OUT_OF_BOUNDS, "%s of %zu bytes at address 0x%llx%s is in no argument's memory",
                       what, size, (unsigned long long)address, element);
    if (!arg->data)
        return tr_trap(frame, step, TR_OUT_OF_BOUNDS, "%s of %zu bytes%s through argument '%s', which is null",
                       what, size, element, arg->name);
    const int64_t offset = (int64_t)(address - (uint64_t)(uintptr_t)arg->data - arg->bits);
    char range[120];
    print_range(range, sizeof(range), arg, size);
    return tr_trap(frame, step, TR_OUT_OF_BOUNDS, "%s out of bounds of argument '%s': element %lld (byte %lld) of %s%s",
                   what, arg->name, (long long)floor_div(offset, (int64_t)size), (long long)offset, range, element);
}

void tr_record_write(tr_frame *frame, uint64_t address, size_t size)
{
    const tr_launch_options *options = frame->run->options;
    const tr_tile_arg *arg = &frame->run->args[options->writes_of_arg];
    const uint64_t base = (uint64_t)(uintptr_t)arg->data;
    if (size == 0 || address < base || address + size > base + arg->size) return;
    const uint64_t granule = options->writer_granule;
    for (uint64_t g = (address - base) / granule; g <= (address - base + size - 1) / granule; g++)
        __atomic_store_n(&options->writer[g], (uint32_t)(frame->program + 1), __ATOMIC_RELAXED);
}
