#include "lower/frame.h"

#include "base/memory.h"

enum {
    HEAD_SIZE = 16,
    LARGEST_JSON = 16 << 20,
    LARGEST_PAYLOAD = 1 << 30,
};

static const char magic[4] = { 'T', 'R', 'L', '1' };

void tr_frame_deinit(tr_frame *frame)
{
    json_decref(frame->json);
    free(frame->payload);
    *frame = (tr_frame){ 0 };
}

static void put_le(unsigned char *out, int bytes, uint64_t value)
{
    for (int i = 0; i < bytes; i++) out[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get_le(const unsigned char *in, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)in[i] << (8 * i);
    return value;
}

tr_status tr_frame_write(tr_child *child, const json_t *json, tr_str payload, tr_patience *patience, bool *out_whole,
                         tr_error *error)
{
    char *text = json_dumps(json, JSON_COMPACT);
    if (!text) return TR_OOM(error);
    size_t json_size = strlen(text);
    unsigned char head[HEAD_SIZE];
    memcpy(head, magic, sizeof(magic));
    put_le(head + 4, 4, json_size);
    put_le(head + 8, 8, payload.size);
    const tr_str parts[] = { { (const char *)head, sizeof(head) }, { text, json_size }, payload };
    tr_status status = TR_OK;
    *out_whole = true;
    for (int i = 0; i < 3 && status == TR_OK && *out_whole; i++) {
        size_t done;
        status = tr_child_write(child, parts[i].data, parts[i].size, patience, &done, error);
        *out_whole = status == TR_OK && done == parts[i].size;
    }
    free(text);
    return status;
}

/* Shows the beginning of what is no frame: a greeting of a shell, a traceback, an interpreter of another language. */
static tr_status not_a_frame(const unsigned char *bytes, size_t size, tr_error *error)
{
    char shown[HEAD_SIZE + 1];
    for (size_t i = 0; i < size; i++) shown[i] = bytes[i] >= ' ' && bytes[i] < 127 ? (char)bytes[i] : '?';
    shown[size] = '\0';
    return tr_fail(error, TR_TRAPPED, "answered with something that is no answer: \"%s\"", shown);
}

static tr_status read_part(tr_child *child, size_t size, tr_patience *patience, char **out, bool *out_whole,
                           tr_error *error)
{
    char *data = tr_malloc(size + 1);
    if (!data) return TR_OOM(error);
    size_t done = 0;
    tr_status status = tr_child_read(child, data, size, patience, &done, error);
    *out_whole = status == TR_OK && done == size;
    data[done] = '\0';
    *out = data;
    return status;
}

tr_status tr_frame_read(tr_child *child, tr_patience *patience, tr_frame *out_frame, bool *out_whole, tr_error *error)
{
    unsigned char head[HEAD_SIZE];
    size_t done = 0;
    *out_frame = (tr_frame){ 0 };
    *out_whole = false;
    /* First the magic alone: who says something else may never say more. */
    TR_TRY(tr_child_read(child, head, sizeof(magic), patience, &done, error));
    if (memcmp(head, magic, done) != 0) return not_a_frame(head, done, error);
    if (done < sizeof(magic)) return TR_OK;
    TR_TRY(tr_child_read(child, head + sizeof(magic), sizeof(head) - sizeof(magic), patience, &done, error));
    if (done < sizeof(head) - sizeof(magic)) return TR_OK;
    uint64_t json_size = get_le(head + 4, 4), size = get_le(head + 8, 8);
    if (json_size > LARGEST_JSON || size > LARGEST_PAYLOAD) return not_a_frame(head, sizeof(head), error);

    char *text = NULL;
    bool whole = false;
    tr_status status = read_part(child, (size_t)json_size, patience, &text, &whole, error);
    if (status == TR_OK && whole) {
        status = read_part(child, (size_t)size, patience, &out_frame->payload, &whole, error);
    }
    if (status == TR_OK && whole) {
        out_frame->size = (size_t)size;
        out_frame->json = json_loadb(text, (size_t)json_size, 0, NULL);
        if (!json_is_object(out_frame->json)) {
            status = not_a_frame((unsigned char *)text, json_size < HEAD_SIZE ? (size_t)json_size : HEAD_SIZE, error);
        }
    }
    free(text);
    if (status != TR_OK || !whole) tr_frame_deinit(out_frame);
    *out_whole = status == TR_OK && whole;
    return status;
}
