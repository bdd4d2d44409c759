#include "tile/frame_list.h"

#include <pthread.h>

enum { TR_FRAMES_KEPT = 64 };

struct tr_frame_list {
    pthread_mutex_t lock;
    tr_frame *first;
    int count;
};

tr_status tr_frame_list_create(tr_frame_list **out_list, tr_error *error)
{
    tr_frame_list *list = calloc(1, sizeof(*list));
    if (!list) return TR_OOM(error);
    if (pthread_mutex_init(&list->lock, NULL) != 0) {
        free(list);
        return tr_fail(error, TR_INTERNAL, "cannot make a mutex");
    }
    *out_list = list;
    return TR_OK;
}

void tr_frame_list_destroy(tr_frame_list *list)
{
    if (!list) return;
    while (list->first) {
        tr_frame *next = list->first->link;
        tr_frame_destroy(list->first);
        list->first = next;
    }
    pthread_mutex_destroy(&list->lock);
    free(list);
}

tr_status tr_frame_list_take(tr_frame_list *list, const tr_tile_code *code, tr_frame **out_frame, tr_error *error)
{
    pthread_mutex_lock(&list->lock);
    tr_frame *frame = list->first;
    if (frame) {
        list->first = frame->link;
        list->count--;
    }
    pthread_mutex_unlock(&list->lock);
    if (!frame) return tr_frame_create(code, out_frame, error);
    frame->run = NULL;
    *out_frame = frame;
    return TR_OK;
}

void tr_frame_list_give(tr_frame_list *list, tr_frame *frame)
{
    pthread_mutex_lock(&list->lock);
    const bool keep = list->count < TR_FRAMES_KEPT;
    if (keep) {
        frame->link = list->first;
        list->first = frame;
        list->count++;
    }
    pthread_mutex_unlock(&list->lock);
    if (!keep) tr_frame_destroy(frame);
}
