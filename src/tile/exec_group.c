/* Fused elementwise chains, strip by strip; and full-tile reads through views. */
#include "tile/frame.h"
#include "tile/exec.h"

void tr_group_strip(const tr_group *group, size_t n, void **runs)
{
    const tr_micro *micro = group->micros, *end = micro + group->micro_count;
    for (; micro < end; micro++) {
        const void *a = micro->src[0] == TR_NO_TEMP ? NULL : runs[micro->src[0]];
        const void *b = micro->src[1] == TR_NO_TEMP ? NULL : runs[micro->src[1]];
        const void *c = micro->src[2] == TR_NO_TEMP ? NULL : runs[micro->src[2]];
        micro->fn(n, runs[micro->dst], a, b, c);
    }
}

void tr_group_run(tr_frame *frame, const tr_group *group, int64_t count, int64_t strip, size_t temp_size)
{
    void *runs[TR_GROUP_TEMPS];
    tr_reader readers[TR_GROUP_IO];
    int32_t reader_count = 0;
    uint16_t reader_temp[TR_GROUP_IO];
    char *outs[TR_GROUP_IO];

    for (int32_t t = 0; t < group->temp_count; t++) runs[t] = frame->temps + (size_t)t * temp_size;
    for (int32_t i = 0; i < group->input_count; i++) {
        const tr_group_io *in = &group->inputs[i];
        const tr_view *view = &frame->views[in->operand];
        const tr_tile *tile = &frame->tiles[view->slot];
        if (tile->form == TR_FORM_UNIFORM) { /* the same for every strip */
            frame->kernels->fill[__builtin_ctz(in->size)]((size_t)strip, runs[in->temp], (uint64_t)tile->base);
            continue;
        }
        tr_reader_open(&readers[reader_count], frame, view);
        if (tr_reader_repeats(&readers[reader_count], strip))
            runs[in->temp] = (void *)(uintptr_t)tr_reader_run(&readers[reader_count], 0, strip, runs[in->temp]);
        else
            reader_temp[reader_count++] = in->temp;
    }
    for (int32_t i = 0; i < group->output_count; i++) {
        tr_tile *tile = &frame->tiles[group->outputs[i].operand];
        tile->form = TR_FORM_DENSE;
        outs[i] = tile->data;
    }
    for (int64_t start = 0; start < count; start += strip) {
        int64_t n = count - start < strip ? count - start : strip;
        for (int32_t i = 0; i < reader_count; i++) {
            void *temp = frame->temps + (size_t)reader_temp[i] * temp_size;
            runs[reader_temp[i]] = (void *)(uintptr_t)tr_reader_run(&readers[i], start, n, temp);
        }
        for (int32_t i = 0; i < group->output_count; i++)
            runs[group->outputs[i].temp] = outs[i] + start * group->outputs[i].size;
        tr_group_strip(group, (size_t)n, runs);
    }
}

const tr_step *tr_exec_GROUP(tr_frame *frame, const tr_step *step)
{
    const tr_group *group = step->aux;
    tr_group_run(frame, group, group->shape.count, group->strip, group->temp_size);
    return step + 1;
}
