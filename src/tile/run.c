/* Running the programs of a grid on the thread pool.
 *
 * Workers take programs in chunks, in grid order. A program that has used up its time slice goes on, unless it did
 * something by which programs wait for one another (an atomic, a volatile load): then it is set aside and another one
 * is started. A worker's set-aside programs take turns, and each round of turns starts one new program, so that a
 * program may wait for any other of the grid, up to TR_WAITING_MAX set aside a worker. When no worker's programs have
 * changed memory for a while the launch ends in a report of who waits where.
 */
#include <stdio.h>
#include <time.h>

#include <sched.h>

#include "tile/batch.h"
#include "tile/frame_list.h"

enum {
    TR_SLICE = 1 << 14,         /* backward jumps a program may make before it is looked at */
    TR_SLICE_WAITING = 1 << 9,  /* ... when it was set aside */
    TR_CHUNK_MAX = 8,           /* programs a worker takes at once */
    TR_WAITING_MAX = 1024,      /* set-aside programs of one worker */
    TR_BATCH_MISSES = 4,        /* batches tried in vain after which a worker tries no more */
    TR_PROGRESS_EVERY_MS = 100,
    TR_DEADLOCK_AFTER_MS = 1000,
};

typedef struct launch_state {
    tr_tile_code *code;
    tr_run run;
    uint64_t total;
    uint64_t chunk;
    bool batches;            /* programs may run many at once */
    uint64_t next;           /* atomic: first program not taken */
    uint64_t done;           /* atomic: programs finished */
    uint64_t moves;          /* atomic: grows whenever a program changed memory, worked on or finished */
    int active, stuck;       /* atomic: workers at work; those whose programs all wait */
    int stop;                /* atomic: no program goes on */
    int failed;              /* atomic: whoever sets it owns `error` */
    double start, deadline;  /* seconds, monotonic; deadline 0 = none */
    tr_error error;
} launch_state;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void fail_launch(launch_state *state, const tr_error *error)
{
    if (__atomic_exchange_n(&state->failed, 1, __ATOMIC_ACQ_REL) == 0) state->error = *error;
    __atomic_store_n(&state->stop, 1, __ATOMIC_RELEASE);
}

/* What the caller asked to be watched: the cancel flag and the time limit. */
static void watch(launch_state *state)
{
    const tr_launch_options *options = state->run.options;
    tr_error error;
    if (!options) return;
    if (options->cancel && __atomic_load_n(options->cancel, __ATOMIC_RELAXED)) {
        (void)tr_fail(&error, TR_INTERRUPTED, "the launch was interrupted");
        fail_launch(state, &error);
    } else if (state->deadline > 0 && now() > state->deadline) {
        (void)tr_fail(&error, TR_TIMED_OUT, "the launch took longer than its limit of %g s", options->timeout_seconds);
        fail_launch(state, &error);
    }
}

static bool stopped(const launch_state *state)
{
    return __atomic_load_n(&state->stop, __ATOMIC_ACQUIRE) != 0;
}

/* ---------------------------------------------------------------- one worker */

typedef struct worker_state {
    launch_state *launch;
    uint64_t chunk_next, chunk_end; /* programs taken and not started */
    uint64_t single_end;            /* programs before it run one by one */
    int misses;                     /* batches tried in vain */
    tr_frame *first, *last;         /* set aside, oldest first */
    int waiting;
    bool stuck;
    uint64_t stuck_moves;           /* launch->moves when it got stuck */
    double stuck_since, next_report;
    bool reports;
} worker_state;

/* Sees to it that the worker has programs that aren't started. */
static bool take_chunk(worker_state *w)
{
    launch_state *launch = w->launch;
    if (w->chunk_next < w->chunk_end) return true;
    const uint64_t first = __atomic_fetch_add(&launch->next, launch->chunk, __ATOMIC_RELAXED);
    if (first >= launch->total) return false;
    w->chunk_next = first;
    w->chunk_end = first + launch->chunk < launch->total ? first + launch->chunk : launch->total;
    return true;
}

/* The next of them: of the grid in order, or of the chosen ones in theirs. */
static uint64_t next_program(worker_state *w)
{
    const tr_launch_options *options = w->launch->run.options;
    const uint64_t index = w->chunk_next++;
    return options && options->programs ? options->programs[index] : index;
}

static void set_aside(worker_state *w, tr_frame *frame)
{
    frame->link = NULL;
    if (w->last)
        w->last->link = frame;
    else
        w->first = frame;
    w->last = frame;
    w->waiting++;
}

static tr_frame *oldest(worker_state *w)
{
    tr_frame *frame = w->first;
    w->first = frame->link;
    if (!w->first) w->last = NULL;
    w->waiting--;
    return frame;
}

static void report_progress(worker_state *w)
{
    launch_state *launch = w->launch;
    if (!w->reports) return;
    double time = now();
    if (time < w->next_report) return;
    const tr_launch_options *options = launch->run.options;
    options->progress(options->progress_user, __atomic_load_n(&launch->done, __ATOMIC_RELAXED), launch->total);
    w->next_report = time + 1e-3 * TR_PROGRESS_EVERY_MS;
}

/* Runs a frame until it is done, the launch stops, or it seems to wait. True: it is to be set aside. */
static bool run_slices(worker_state *w, tr_frame *frame, int64_t slice)
{
    launch_state *launch = w->launch;
    for (;;) {
        frame->slice = slice;
        frame->waits = frame->moved = false;
        tr_frame_resume(frame);
        const bool ready = frame->state == TR_FRAME_READY;
        if (!ready || frame->moved || !frame->waits) __atomic_add_fetch(&launch->moves, 1, __ATOMIC_RELAXED);
        if (frame->state == TR_FRAME_TRAPPED) fail_launch(launch, &frame->error);
        if (!ready) break;
        watch(launch);
        report_progress(w);
        if (stopped(launch)) return false;
        if (frame->waits) return true;
    }
    __atomic_add_fetch(&launch->done, 1, __ATOMIC_RELAXED);
    return false;
}

/* How many of the worker's next programs may be a batch: those of one row of the grid. */
static uint64_t batch_size(worker_state *w)
{
    const launch_state *launch = w->launch;
    if (!launch->batches || w->misses >= TR_BATCH_MISSES || w->chunk_next < w->single_end) return 0;
    const uint64_t row_left = launch->run.grid.x - w->chunk_next % launch->run.grid.x;
    const uint64_t left = w->chunk_end - w->chunk_next;
    const uint64_t count = left < row_left ? left : row_left;
    return count < TR_BATCH_LEAST ? 0 : count;
}

/* Runs the next programs as a batch; false when they have to run one by one. */
static bool run_batch(worker_state *w, tr_frame *frame)
{
    launch_state *launch = w->launch;
    const uint64_t count = batch_size(w);
    if (count == 0) return false;
    if (!tr_batch_run(frame, &launch->run, w->chunk_next, count)) {
        w->misses++;
        w->single_end = w->chunk_next + count;
        return false;
    }
    w->misses = 0;
    w->chunk_next += count;
    if (frame->state == TR_FRAME_TRAPPED) fail_launch(launch, &frame->error);
    __atomic_add_fetch(&launch->moves, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&launch->done, count, __ATOMIC_RELAXED);
    return true;
}

/* Who waits where: the worker's own programs, the first few. */
static void report_deadlock(worker_state *w)
{
    tr_error error;
    char who[512] = "";
    size_t used = 0;
    int listed = 0;
    for (const tr_frame *f = w->first; f && listed < 4 && used < sizeof(who); f = f->link, listed++) {
        const tr_op *op = f->next->op;
        const tr_loc *loc = op ? tr_loc_file(op->loc) : NULL;
        used += (size_t)snprintf(who + used, sizeof(who) - used, "%sprogram (%u, %u, %u)", listed ? "; " : "",
                                 f->pid[0], f->pid[1], f->pid[2]);
        if (loc && used < sizeof(who))
            used += (size_t)snprintf(who + used, sizeof(who) - used, " at %.*s:%u", TR_STR_ARG(loc->file), loc->line);
    }
    (void)tr_fail(&error, TR_DEADLOCK, "deadlock: every running program waits and none changes memory: %s%s", who,
                  w->waiting > listed ? "; and others" : "");
    fail_launch(w->launch, &error);
}

static void unstick(worker_state *w)
{
    if (!w->stuck) return;
    w->stuck = false;
    __atomic_sub_fetch(&w->launch->stuck, 1, __ATOMIC_ACQ_REL);
}

/* After a round in which this worker could only wait. */
static void check_deadlock(worker_state *w)
{
    launch_state *launch = w->launch;
    const uint64_t moves = __atomic_load_n(&launch->moves, __ATOMIC_ACQUIRE);
    if (!w->stuck || moves != w->stuck_moves) {
        if (!w->stuck) __atomic_add_fetch(&launch->stuck, 1, __ATOMIC_ACQ_REL);
        w->stuck = true;
        w->stuck_moves = moves;
        w->stuck_since = now();
    } else if (now() - w->stuck_since > 1e-3 * TR_DEADLOCK_AFTER_MS &&
               __atomic_load_n(&launch->stuck, __ATOMIC_ACQUIRE) == __atomic_load_n(&launch->active, __ATOMIC_ACQUIRE)) {
        report_deadlock(w);
    }
    sched_yield(); /* another worker may hold what these programs wait for */
}

/* Gives every set-aside program a turn. */
static void take_turns(worker_state *w)
{
    launch_state *launch = w->launch;
    for (int turns = w->waiting; turns > 0 && !stopped(launch); turns--) {
        tr_frame *frame = oldest(w);
        if (run_slices(w, frame, TR_SLICE_WAITING))
            set_aside(w, frame);
        else
            tr_frame_list_give(launch->code->idle, frame);
    }
}

/* Starts the next program. True when it had to be set aside, and with it the frame. */
static bool run_next(worker_state *w, tr_frame *frame)
{
    tr_frame_start(frame, &w->launch->run, next_program(w));
    if (!run_slices(w, frame, TR_SLICE)) return false;
    set_aside(w, frame);
    return true;
}

/* While the others still work: the thread that reports may be the only one that the caller's signals reach. It looks again
 * after a part of the time that the launch has taken, so that waiting costs no more than that part. */
static void report_to_the_end(worker_state *w)
{
    launch_state *launch = w->launch;
    while (__atomic_load_n(&launch->active, __ATOMIC_ACQUIRE) > 0) {
        const double taken = now() - launch->start, pause = taken / 64;
        if (pause < 5e-6)
            sched_yield();
        else
            nanosleep(&(struct timespec){ .tv_nsec = pause < 2e-3 ? (long)(1e9 * pause) : 2000000 }, NULL);
        watch(launch);
        report_progress(w);
    }
}

static void work(void *user, int worker)
{
    launch_state *launch = user;
    const tr_launch_options *options = launch->run.options;
    worker_state w = { .launch = launch, .reports = worker == 0 && options && options->progress,
                       .next_report = launch->start + 1e-3 * TR_PROGRESS_EVERY_MS };
    tr_frame *frame = NULL;
    tr_error error;
    while (!stopped(launch)) {
        const uint64_t moves = __atomic_load_n(&launch->moves, __ATOMIC_ACQUIRE);
        if (w.waiting > 0) take_turns(&w);
        const bool room = w.waiting < TR_WAITING_MAX;
        if (room && take_chunk(&w)) {
            unstick(&w);
            if (!frame && tr_frame_list_take(launch->code->idle, launch->code, &frame, &error) != TR_OK) {
                fail_launch(launch, &error);
                break;
            }
            if (!run_batch(&w, frame) && run_next(&w, frame)) frame = NULL;
        } else if (w.waiting == 0) {
            break;
        } else if (moves == __atomic_load_n(&launch->moves, __ATOMIC_ACQUIRE)) {
            check_deadlock(&w);
        } else {
            unstick(&w);
        }
        if (options) {
            watch(launch);
            report_progress(&w);
        }
    }
    unstick(&w);
    __atomic_sub_fetch(&launch->active, 1, __ATOMIC_ACQ_REL);
    if (w.reports) report_to_the_end(&w);
    if (frame) tr_frame_list_give(launch->code->idle, frame);
    while (w.waiting > 0) tr_frame_list_give(launch->code->idle, oldest(&w));
}

tr_status tr_tile_run(tr_tile_code *code, const tr_tile_launch *launch, tr_error *error)
{
    const tr_launch_options *options = launch->options;
    launch_state state = {
        .code = code,
        .run = { .launch = launch, .args = launch->args, .arg_count = launch->arg_count, .grid = launch->grid,
                 .options = options, .profile = launch->profile,
                 .records_writers = options && options->writer && options->writer_granule > 0 &&
                                    options->writes_of_arg >= 0 && options->writes_of_arg < launch->arg_count },
        .total = options && options->programs ? options->program_count
                                              : (uint64_t)launch->grid.x * launch->grid.y * launch->grid.z,
    };
    if (state.total == 0) return TR_OK;
    int threads = launch->threads < 1 ? 1 : launch->threads;
    if ((uint64_t)threads > state.total) threads = (int)state.total;
    state.batches = code->batch && !launch->profile && !state.run.records_writers && !(options && options->programs);
    const uint64_t most = state.batches ? code->batch->most : TR_CHUNK_MAX;
    const uint64_t chunk = threads == 1 ? state.total : state.total / ((uint64_t)threads * 8);
    state.chunk = chunk < 1 ? 1 : chunk > most ? most : chunk;
    if (options && (options->timeout_seconds > 0 || options->progress)) {
        state.start = now();
        if (options->timeout_seconds > 0) state.deadline = state.start + options->timeout_seconds;
    }
    state.active = threads;
    if (threads == 1)
        work(&state, 0);
    else
        tr_pool_run(launch->pool, threads, work, &state);
    if (state.failed) {
        if (error) *error = state.error;
        return state.error.status;
    }
    return TR_OK;
}
