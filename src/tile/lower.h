/* The lowering functions that exec.def names. Each turns one op into steps, or binds its results to what already
 * exists. */
#ifndef TR_TILE_LOWER_H
#define TR_TILE_LOWER_H

#include "tile/compile.h"

#define TR_LOWER(name) tr_status tr_lower_##name(tr_compiler *c, const tr_op *op, const tr_exec_row *row)

/* lower_value.c */
TR_LOWER(constant);
TR_LOWER(poison);
TR_LOWER(make_range);
TR_LOWER(splat);
TR_LOWER(unsplat);
TR_LOWER(expand_dims);
TR_LOWER(broadcast);
TR_LOWER(trans);
TR_LOWER(bitcast);
TR_LOWER(program_id);
TR_LOWER(num_programs);
TR_LOWER(nothing);

/* lower_elementwise.c */
TR_LOWER(elementwise);
TR_LOWER(compare);
TR_LOWER(cast);
TR_LOWER(index_cast);
TR_LOWER(fp_to_fp);
TR_LOWER(select);
TR_LOWER(clampf);
TR_LOWER(addptr);
TR_LOWER(extern);
TR_LOWER(pair);

/* lower_expand.c */
TR_LOWER(isnormal);
TR_LOWER(flush);
TR_LOWER(fpowi);

/* lower_memory.c */
TR_LOWER(load);
TR_LOWER(store);
TR_LOWER(assert);

/* lower_print.c */
TR_LOWER(print);

/* lower_atomic.c */
TR_LOWER(atomic_rmw);
TR_LOWER(atomic_cas);
TR_LOWER(atomic_load);
TR_LOWER(atomic_store);
TR_LOWER(atomic_poll);

/* lower_descriptor.c */
TR_LOWER(make_block);
TR_LOWER(advance);
TR_LOWER(descriptor_load);
TR_LOWER(descriptor_store);
TR_LOWER(descriptor_reduce);
TR_LOWER(descriptor_gather);
TR_LOWER(descriptor_scatter);

/* lower_shuffle.c */
TR_LOWER(join);
TR_LOWER(split);
TR_LOWER(cat);
TR_LOWER(gather);
TR_LOWER(histogram);

/* lower_region.c */
TR_LOWER(map_elementwise);

/* lower_tile.c */
TR_LOWER(reshape);
TR_LOWER(reduce);
TR_LOWER(scan);
TR_LOWER(dot);

/* lower_dot_scaled.c */
TR_LOWER(dot_scaled);

/* control.c */
TR_LOWER(for);
TR_LOWER(if);
TR_LOWER(while);
TR_LOWER(call);
TR_LOWER(index_switch);
TR_LOWER(execute_region);

#endif
