/* Frames that wait for the next launch of their code, so that a launch allocates nothing. Thread-safe. */
#ifndef TR_TILE_FRAME_LIST_H
#define TR_TILE_FRAME_LIST_H

#include "tile/frame.h"

typedef struct tr_frame_list tr_frame_list;

TR_MUST_CHECK tr_status tr_frame_list_create(tr_frame_list **out_list, tr_error *error);
void tr_frame_list_destroy(tr_frame_list *list); /* with the frames in it; NULL is fine */

/* A frame of the code: a waiting one, else a new one. */
TR_MUST_CHECK tr_status tr_frame_list_take(tr_frame_list *list, const tr_tile_code *code, tr_frame **out_frame,
                                           tr_error *error);
void tr_frame_list_give(tr_frame_list *list, tr_frame *frame);

#endif
