#include "lower/helper.h"

#include "lower/folder.h"
#include "lower/helper_script.h"
#include "lower/log.h"

#include "base/file.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>

enum { PROTOCOL = 1 };

static const char how_to_choose[] = "TRITON_RUNNER_PYTHON says which Python to use";

const char *tr_lower_level_title(tr_level level)
{
    static const char *const titles[TR_LEVEL_COUNT] = { "an unknown level", "TTIR", "TTGIR", "LLIR", "PTX", "cubin" };
    return level >= 0 && level < TR_LEVEL_COUNT ? titles[level] : titles[0];
}

const char *tr_helper_default_python(void)
{
    const char *python = getenv("TRITON_RUNNER_PYTHON");
    return python && *python ? python : "python3";
}

static const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : otherwise;
}

/* ---------------------------------------------------------------- starting and stopping */

void tr_helper_stop(tr_helper *helper)
{
    tr_child_end(&helper->child);
    if (helper->folder) tr_folder_remove(helper->folder);
    tr_helper_forget(helper);
}

void tr_helper_forget(tr_helper *helper)
{
    tr_child_forget(&helper->child);
    free(helper->folder);
    free(helper->python);
    json_decref(helper->hello);
    *helper = TR_NO_HELPER;
}

/* Puts who it is in front of a message about the process, and the end of its log behind it. For what is the process'
 * fault only: other failures pass. */
static tr_status blame(tr_helper *helper, tr_status status, tr_error *error)
{
    if (!error || (status != TR_TRAPPED && status != TR_TIMED_OUT)) return status;
    char message[sizeof(error->message)];
    snprintf(message, sizeof(message), "%s", error->message);
    tr_fail(error, status, "the Python process (%s)%s %s; %s", helper->python, status == TR_TIMED_OUT ? ":" : "",
            message, how_to_choose);
    tr_child_drain(&helper->child);
    tr_log_excerpt((tr_str){ helper->child.tail.data, helper->child.tail.size }, error);
    return status;
}

/* The process is gone although an answer was due: says how it ended. */
static tr_status explain_end(tr_helper *helper, const char *doing, tr_patience *patience, tr_error *error)
{
    enum { SECONDS_TO_END = 5 };
    char fate[64];
    TR_TRY(tr_child_wait(&helper->child, SECONDS_TO_END, patience, error));
    return tr_fail(error, TR_TRAPPED, "%s %s", tr_child_fate(&helper->child, fate, sizeof(fate)), doing);
}

static tr_status greet(tr_helper *helper, tr_patience *patience, tr_error *error)
{
    tr_frame frame;
    bool whole;
    tr_status status = tr_frame_read(&helper->child, patience, &frame, &whole, error);
    if (status == TR_OK && !whole) status = explain_end(helper, "before it said hello", patience, error);
    if (status != TR_OK) return blame(helper, status, error);
    if (json_integer_value(json_object_get(frame.json, "protocol")) != PROTOCOL) {
        status = blame(helper, tr_fail(error, TR_TRAPPED, "said hello in another protocol"), error);
    }
    helper->hello = json_incref(frame.json);
    tr_frame_deinit(&frame);
    return status;
}

static tr_status start(tr_helper *helper, const char *python, tr_patience *patience, tr_error *error)
{
    TR_TRY(tr_folder_create_private(NULL, &helper->folder, error));
    char *script = tr_path_join(helper->folder, "helper.py");
    helper->python = strdup(python);
    tr_status status = script && helper->python ? TR_OK : TR_OOM(error);
    if (status == TR_OK) {
        size_t size = (size_t)(tr_helper_script_end - tr_helper_script);
        status = tr_file_write(script, tr_helper_script, size, error);
    }
    if (status == TR_OK) {
        const char *const argv[] = { python, script, helper->folder, NULL };
        status = tr_child_start(argv, helper->folder, TR_CHILD_CHANNEL, &helper->child, error);
        if (status == TR_UNAVAILABLE && error) {
            tr_fail_errno(error, status, error->os_errno, "cannot start the Python '%s', which runs Triton; %s", python,
                          how_to_choose);
        }
    }
    free(script);
    return status == TR_OK ? greet(helper, patience, error) : status;
}

tr_status tr_helper_start(tr_helper *helper, const char *python, tr_patience *patience, tr_error *error)
{
    /* Between two requests somebody may have killed it. */
    if (!tr_child_has_ended(&helper->child) && strcmp(helper->python, python) == 0) return TR_OK;
    tr_helper_stop(helper);
    tr_patience_make(patience, TR_LEVEL_UNKNOWN);
    tr_status status = start(helper, python, patience, error);
    if (status != TR_OK) tr_helper_stop(helper);
    return status;
}

/* ---------------------------------------------------------------- its hello */

static const json_t *triton(const tr_helper *helper)
{
    return json_object_get(helper->hello, "triton");
}

const char *tr_helper_triton(const tr_helper *helper)
{
    return text_of(triton(helper), "version", NULL);
}

const char *tr_helper_identity(const tr_helper *helper)
{
    return text_of(triton(helper), "identity", "");
}

const char *tr_helper_tool(const tr_helper *helper, const char *name)
{
    return text_of(json_object_get(triton(helper), "tools"), name, NULL);
}

int32_t tr_helper_blackwell_from(const tr_helper *helper)
{
    return (int32_t)json_integer_value(json_object_get(triton(helper), "blackwell_from"));
}

tr_status tr_helper_need_triton(const tr_helper *helper, const char *wanted, tr_error *error)
{
    const json_t *problem = json_object_get(helper->hello, "problem");
    if (!problem) return TR_OK;
    bool old = strcmp(text_of(problem, "kind", ""), "version") == 0;
    return tr_fail(error, old ? TR_UNSUPPORTED : TR_UNAVAILABLE,
                   "the Python %s (%s %s) can't lower this: %s; install triton%s%s there, or let TRITON_RUNNER_PYTHON "
                   "name a Python that has it",
                   helper->python, text_of(helper->hello, "executable", "?"), text_of(helper->hello, "python", "?"),
                   text_of(problem, "message", "?"), wanted ? "==" : "", wanted ? wanted : "");
}

/* ---------------------------------------------------------------- one request */

/* `name` as a file of this level that Triton may write into its locations: letters, digits, "._-". */
static void file_of(const tr_helper_job *job, char *out, size_t size)
{
    tr_str stem = tr_path_stem(job->name ? job->name : "");
    if (stem.size == 0) stem = TR_STR("kernel");
    size_t used = 0;
    for (size_t i = 0; i < stem.size && used + 8 < size; i++) {
        char c = stem.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                     c == '-' || (c == '.' && i > 0);
        out[used++] = plain ? c : '_';
    }
    snprintf(out + used, size - used, ".%s", tr_level_name(job->from));
}

/* An input that has a target goes to another one. TTIR has none. */
static bool is_moved(const tr_helper_job *job)
{
    return job->source_arch && job->source_arch != job->arch && job->from != TR_LEVEL_TTIR;
}

typedef struct tr_conversation {
    tr_helper *helper;
    const tr_helper_job *job;
    tr_patience *patience;
    char file[128];
    tr_level making;  /* what it said to make last; `from` while it reads the input */
    json_t *metadata; /* of the answer */
    bool settled;     /* it has said its last word, and waits for the next request */
} tr_conversation;

static tr_str log_of(const tr_conversation *c)
{
    tr_child_drain(&c->helper->child);
    return (tr_str){ c->helper->child.tail.data, c->helper->child.tail.size };
}

static size_t offset_of(tr_str text, uint32_t line, uint32_t column)
{
    tr_str rest = text, current = { text.data, 0 };
    for (uint32_t i = 0; i < line; i++) {
        if (!tr_log_next_line(&rest, &current)) break;
    }
    size_t in_line = column > 0 ? column - 1 : 0;
    if (in_line > current.size) in_line = current.size;
    return (size_t)(current.data - text.data) + in_line;
}

/* "; it was written by Triton 3.9.0" where that is another one. */
static void other_version(const tr_conversation *c, char *out, size_t size)
{
    const char *ours = tr_helper_triton(c->helper), *wrote = c->job->wrote;
    out[0] = '\0';
    if (!wrote || !ours || strcmp(wrote, ours) == 0) return;
    snprintf(out, size, "; it was written by Triton %s: %s", wrote, how_to_choose);
}

/* LLVM goes on with a target that it does not know, and writes code that only looks like it. */
static tr_status check_target_known(const tr_conversation *c, tr_error *error)
{
    if (tr_log_find(log_of(c), "is not a recognized processor") == (size_t)-1) return TR_OK;
    return tr_fail(error, TR_UNSUPPORTED,
                   "Triton %s does not know sm_%d; TRITON_RUNNER_PYTHON may name a Python with a newer one",
                   tr_helper_triton(c->helper), (int)c->job->arch);
}

/* "Triton 3.4.0 can't bring this TTGIR from sm_75 to LLIR for sm_90" */
static void describe_step(const tr_conversation *c, char *out, size_t size)
{
    const tr_helper_job *job = c->job;
    char from[32] = "";
    if (is_moved(job)) snprintf(from, sizeof(from), " from sm_%d", (int)job->source_arch);
    snprintf(out, size, "Triton %s can't bring this %s%s to %s for sm_%d", tr_helper_triton(c->helper),
             tr_lower_level_title(job->from), from, tr_lower_level_title(c->making == job->from ? job->to : c->making),
             (int)job->arch);
}

/* A stage failed with `what`, or the process died in it (`what` says how): one sentence with the target and, where
 * there is one, the place in the input. */
static tr_status stage_failed(const tr_conversation *c, tr_status status, const char *what, tr_error *error)
{
    const tr_helper_job *job = c->job;
    char step[128], note[128];
    TR_TRY(check_target_known(c, error)); /* then whatever failed has to do with that */
    tr_str log = log_of(c), cause = tr_log_cause(log);
    describe_step(c, step, sizeof(step));
    other_version(c, note, sizeof(note));
    /* An error that LLVM reports before it aborts is a refusal like others. */
    bool refusal = tr_str_starts_with(cause, "LLVM ERROR");
    if (refusal) status = TR_INVALID_INPUT;
    if (is_moved(job) && status == TR_INVALID_INPUT) status = TR_MISMATCH;
    tr_log_place place;
    if (tr_log_find_place(log, c->file, &place) || tr_log_find_llvm_place(log, &place)) {
        return tr_fail_at(error, status, job->name, job->bytes, offset_of(job->bytes, place.line, place.column),
                          "%s: %.*s%s", step, TR_STR_ARG(place.message), note);
    }
    if (cause.size > 300) cause.size = 300;
    bool both = cause.size && !refusal;
    tr_fail(error, status, "%s: %s%s%.*s%s", step, both || !cause.size ? what : "", both ? ": " : "", TR_STR_ARG(cause),
            note);
    if (error) snprintf(error->file, sizeof(error->file), "%s", job->name);
    tr_log_excerpt(log, error);
    return status;
}

static tr_status died(const tr_conversation *c, tr_error *error)
{
    enum { SECONDS_TO_END = 10 };
    char fate[64], what[160];
    TR_TRY(tr_child_wait(&c->helper->child, SECONDS_TO_END, c->patience, error));
    snprintf(what, sizeof(what), "its process %s", tr_child_fate(&c->helper->child, fate, sizeof(fate)));
    return stage_failed(c, TR_TRAPPED, what, error);
}

static tr_status refused(const tr_conversation *c, const json_t *event, tr_error *error)
{
    const char *kind = text_of(event, "kind", ""), *message = text_of(event, "message", "");
    if (strcmp(kind, "option") == 0) return tr_fail(error, TR_INVALID_ARGUMENT, "%s", message);
    if (strcmp(kind, "import") == 0) {
        tr_fail(error, TR_UNAVAILABLE, "Triton %s of %s can't be imported: %s; %s", tr_helper_triton(c->helper),
                c->helper->python, message, how_to_choose);
        tr_log_excerpt(log_of(c), error);
        return TR_UNAVAILABLE;
    }
    return stage_failed(c, TR_INVALID_INPUT, message, error);
}

static tr_status take_stage(tr_conversation *c, tr_frame *frame, tr_error *error)
{
    TR_TRY(check_target_known(c, error));
    tr_level level = tr_level_from_name(text_of(frame->json, "level", ""));
    if (level <= c->job->from || level > c->job->to) {
        return blame(c->helper, tr_fail(error, TR_TRAPPED, "answered with a stage that nobody asked for"), error);
    }
    char *data = frame->payload;
    frame->payload = NULL;
    return c->job->stage(c->job->user, level, data, frame->size, error);
}

static tr_status take_event(tr_conversation *c, tr_frame *frame, tr_error *error)
{
    const char *event = text_of(frame->json, "event", "");
    if (strcmp(event, "begin") == 0) {
        tr_level level = tr_level_from_name(text_of(frame->json, "level", ""));
        if (level != TR_LEVEL_UNKNOWN) c->making = level;
        tr_patience_make(c->patience, level);
        return TR_OK;
    }
    if (strcmp(event, "stage") == 0) return take_stage(c, frame, error);
    if (strcmp(event, "failed") == 0) {
        c->settled = true;
        return refused(c, frame->json, error);
    }
    json_t *metadata = json_object_get(frame->json, "metadata");
    if (strcmp(event, "done") != 0 || !json_is_object(metadata)) {
        return blame(c->helper, tr_fail(error, TR_TRAPPED, "answered with an event that is none"), error);
    }
    c->metadata = json_incref(metadata);
    c->settled = true;
    return TR_OK;
}

static tr_status ask(tr_conversation *c, tr_error *error)
{
    const tr_helper_job *job = c->job;
    double left = c->patience->begin + c->patience->limit - tr_clock();
    json_t *request = json_pack("{s:s, s:s, s:s, s:i, s:O, s:O, s:i}", "from", tr_level_name(job->from), "to",
                                tr_level_name(job->to), "file", c->file, "arch", (int)job->arch, "options",
                                job->options, "metadata", job->metadata, "time_limit",
                                left < 1     ? 1
                                : left > 1e6 ? 1000000
                                             : (int)ceil(left));
    if (!request) return TR_OOM(error);
    bool whole;
    tr_status status = tr_frame_write(&c->helper->child, request, job->bytes, c->patience, &whole, error);
    json_decref(request);
    return status == TR_OK && !whole ? died(c, error) : status;
}

static tr_status converse(tr_conversation *c, tr_error *error)
{
    TR_TRY(ask(c, error));
    while (!c->settled) {
        tr_frame frame;
        bool whole;
        tr_status status = tr_frame_read(&c->helper->child, c->patience, &frame, &whole, error);
        if (status != TR_OK) return blame(c->helper, status, error);
        if (!whole) return died(c, error);
        status = take_event(c, &frame, error);
        tr_frame_deinit(&frame);
        TR_TRY(status);
    }
    return TR_OK;
}

tr_status tr_helper_run(tr_helper *helper, const tr_helper_job *job, tr_patience *patience, json_t **out_metadata,
                        tr_text *log, tr_error *error)
{
    tr_conversation c = { .helper = helper, .job = job, .patience = patience, .making = job->from };
    file_of(job, c.file, sizeof(c.file));
    tr_text_deinit(&helper->child.tail);
    tr_status status = converse(&c, error);
    tr_text_append(log, log_of(&c));
    if (status == TR_OK) {
        *out_metadata = c.metadata;
    } else {
        json_decref(c.metadata);
        /* Anywhere else than after its last word it would go on with this request. */
        if (!c.settled) tr_helper_stop(helper);
    }
    return status;
}
