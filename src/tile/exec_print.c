/* tt.print, in the form of Triton's device printf: "pid (x, y, z) idx (i, j) prefix(operand k) value", a line an
 * element. The lines go to the launch's `print` callback; without one nothing is formatted. */
#include <stdio.h>

#include "tile/exec.h"
#include "tile/frame.h"
#include "tile/print_plan.h"

static void print_value(tr_text *out, const tr_print_plan *plan, const tr_print_item *item, uint64_t bits)
{
    const size_t size = tr_dtype_size(item->dtype);
    const uint64_t low = size == 8 ? bits : bits & ((1ull << (8 * size)) - 1);
    if (plan->hex || item->dtype == TR_PTR)
        tr_text_printf(out, "0x%0*llx", (int)(2 * size), (unsigned long long)low);
    else if (tr_dtype_is_float(item->dtype))
        tr_text_printf(out, "%f", tr_load_f64(item->dtype, &bits));
    else if (item->is_signed)
        tr_text_printf(out, "%lld", (long long)tr_reg_int(item->dtype, bits));
    else
        tr_text_printf(out, "%llu", (unsigned long long)low);
}

static void print_line(tr_frame *frame, tr_text *out, const tr_print_plan *plan, int32_t which,
                       const tr_shape *shape, int64_t index, uint64_t bits)
{
    const tr_print_item *item = which < plan->count ? &plan->items[which] : NULL;
    tr_text_printf(out, "pid (%u, %u, %u) idx (", frame->pid[0], frame->pid[1], frame->pid[2]);
    int64_t below = shape ? shape->count : 1;
    for (int32_t d = 0; shape && d < shape->rank; d++) {
        below /= shape->dims[d];
        tr_text_printf(out, "%s%lld", d ? ", " : "", (long long)(index / below % shape->dims[d]));
    }
    tr_text_printf(out, ")%.*s", TR_STR_ARG(plan->prefix));
    if (plan->count > 1) tr_text_printf(out, "(operand %d) ", which);
    if (item) print_value(out, plan, item, bits);
    tr_text_puts(out, "\n");
}

const tr_step *tr_exec_PRINT(tr_frame *frame, const tr_step *step)
{
    const tr_print_plan *plan = step->aux;
    const tr_launch_options *options = frame->run->options;
    if (!options || !options->print) return step + 1;
    tr_text out = { 0 };
    if (plan->count == 0) print_line(frame, &out, plan, 0, NULL, 0, 0);
    for (int32_t i = 0; i < plan->count; i++) {
        const tr_print_item *item = &plan->items[i];
        if (!item->tile) {
            print_line(frame, &out, plan, i, NULL, 0, frame->regs[item->operand]);
            continue;
        }
        const tr_view *view = &frame->views[item->operand];
        tr_reader reader;
        tr_reader_open(&reader, frame, view);
        for (int64_t k = 0; k < view->shape.count; k++) {
            uint64_t temp, bits = 0;
            memcpy(&bits, tr_reader_run(&reader, k, 1, &temp), (size_t)1 << reader.log_size);
            print_line(frame, &out, plan, i, &view->shape, k, bits);
        }
    }
    if (out.failed) {
        tr_text_deinit(&out);
        return tr_trap(frame, step, TR_OUT_OF_MEMORY, "out of memory for what the kernel prints");
    }
    options->print(options->print_user, out.data ? out.data : "");
    tr_text_deinit(&out);
    return step + 1;
}
