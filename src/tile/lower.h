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

/* lower_memory.c */
TR_LOWER(load);
TR_LOWER(store);
TR_LOWER(assert);

/* lower_tile.c */
TR_LOWER(reshape);
TR_LOWER(reduce);
TR_LOWER(scan);
TR_LOWER(dot);

/* control.c */
TR_LOWER(for);
TR_LOWER(if);
TR_LOWER(while);
TR_LOWER(call);

#endif
