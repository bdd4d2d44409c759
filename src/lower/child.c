#include "lower/child.h"

#include "base/memory.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { LOG_KEPT = 64 * 1024 };

/* ---------------------------------------------------------------- starting */

typedef TR_VEC(char *) word_list;

static void words_deinit(word_list *words)
{
    for (size_t i = 0; i < words->count; i++) free(words->items[i]);
    tr_vec_deinit(words);
}

static bool add_word(word_list *words, const char *a, const char *b, const char *c)
{
    tr_text text = { 0 };
    tr_text_puts(&text, a);
    tr_text_puts(&text, b);
    tr_text_puts(&text, c);
    char *word = tr_text_take(&text);
    if (word && tr_vec_push(words, word)) return true;
    free(word);
    return false;
}

/* Our environment, with temporary files and Triton's cache inside of `folder`. */
static bool make_environment(const char *folder, word_list *out)
{
    for (char **entry = environ; entry && *entry; entry++) {
        tr_str s = tr_str_of(*entry);
        if (tr_str_starts_with(s, "TMPDIR=") || tr_str_starts_with(s, "TRITON_CACHE_DIR=")) continue;
        if (!add_word(out, *entry, "", "")) return false;
    }
    return add_word(out, "TMPDIR=", folder, "") && add_word(out, "TRITON_CACHE_DIR=", folder, "/cache") &&
           tr_vec_push(out, NULL);
}

/* The same description at 3 or above: were it 0, 1 or 2, giving it to the child would overwrite another one. */
static int move_up(int fd)
{
    if (fd > 2) return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int cause = errno;
    close(fd);
    errno = cause;
    return moved;
}

static bool move_pair_up(int pair[2])
{
    pair[0] = move_up(pair[0]);
    pair[1] = move_up(pair[1]);
    return pair[0] >= 0 && pair[1] >= 0;
}

static void close_pair(int pair[2])
{
    if (pair[0] >= 0) close(pair[0]);
    if (pair[1] >= 0) close(pair[1]);
}

/* Signals at their defaults, none blocked, a process group of its own: Ctrl-C at a terminal is for us to pass on. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int cause = posix_spawnattr_setflags(attributes,
                                         POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (!cause) cause = posix_spawnattr_setpgroup(attributes, 0);
    if (!cause) cause = posix_spawnattr_setsigdefault(attributes, &all);
    if (!cause) cause = posix_spawnattr_setsigmask(attributes, &none);
    return cause;
}

static int set_files(posix_spawn_file_actions_t *files, int channel, int log, const char *run_in)
{
    int cause = channel >= 0 ? posix_spawn_file_actions_adddup2(files, channel, 0)
                             : posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
    if (!cause) cause = posix_spawn_file_actions_adddup2(files, channel >= 0 ? channel : log, 1);
    if (!cause) cause = posix_spawn_file_actions_adddup2(files, log, 2);
    if (!cause && run_in) cause = posix_spawn_file_actions_addchdir_np(files, run_in);
    return cause;
}

/* Everything else that is open has FD_CLOEXEC when it is ours. Returns an errno. */
static int spawn(const char *const *argv, char **environment, int channel, int log, const char *run_in, pid_t *out_pid)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    int cause = posix_spawnattr_init(&attributes);
    if (cause) return cause;
    cause = posix_spawn_file_actions_init(&files);
    if (!cause) {
        cause = set_attributes(&attributes);
        if (!cause) cause = set_files(&files, channel, log, run_in);
        if (!cause) cause = posix_spawnp(out_pid, argv[0], &files, &attributes, (char *const *)argv, environment);
        posix_spawn_file_actions_destroy(&files);
    }
    posix_spawnattr_destroy(&attributes);
    return cause;
}

tr_status tr_child_start(const char *const *argv, const char *folder, unsigned flags, tr_child *out_child,
                         tr_error *error)
{
    bool with_channel = (flags & TR_CHILD_CHANNEL) != 0;
    const char *run_in = flags & TR_CHILD_IN_FOLDER ? folder : NULL;
    int channel[2] = { -1, -1 }, log[2] = { -1, -1 };
    word_list environment = { 0 };
    tr_status status = TR_OK;
    pid_t pid = 0;
    int cause = 0;
    if (!make_environment(folder, &environment)) {
        status = TR_OOM(error);
    } else if ((with_channel &&
                (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0 || !move_pair_up(channel))) ||
               pipe2(log, O_CLOEXEC) != 0 || !move_pair_up(log)) {
        status = tr_fail_errno(error, TR_IO, errno, "cannot make a pipe to %s", argv[0]);
    } else if ((cause = spawn(argv, environment.items, channel[1], log[1], run_in, &pid)) != 0) {
        status = tr_fail_errno(error, TR_UNAVAILABLE, cause, "cannot start %s", argv[0]);
    }
    words_deinit(&environment);
    if (status != TR_OK) {
        close_pair(channel);
        close_pair(log);
        return status;
    }
    if (channel[1] >= 0) close(channel[1]);
    close(log[1]);
    fcntl(log[0], F_SETFL, O_NONBLOCK);
    *out_child = (tr_child){ .pid = pid, .channel = channel[0], .log = log[0] };
    return TR_OK;
}

/* ---------------------------------------------------------------- talking */

static void add_to_tail(tr_text *tail, const char *data, size_t size)
{
    if (tail->failed) tr_text_deinit(tail); /* a log that does not fit is no reason to fail */
    tr_text_append(tail, (tr_str){ data, size });
    if (!tail->failed && tail->size > 2 * LOG_KEPT) {
        memmove(tail->data, tail->data + tail->size - LOG_KEPT, LOG_KEPT + 1);
        tail->size = LOG_KEPT;
    }
}

void tr_child_drain(tr_child *child)
{
    char buffer[16 * 1024];
    while (child->log >= 0) {
        ssize_t got = read(child->log, buffer, sizeof(buffer));
        if (got > 0) {
            add_to_tail(&child->tail, buffer, (size_t)got);
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else {
            if (got == 0) {
                close(child->log);
                child->log = -1;
            }
            return;
        }
    }
}

/* Sleeps until the channel is ready for `events`, or there is log, or a slice of patience is over. */
static tr_status wait_ready(tr_child *child, short events, tr_patience *patience, bool *out_ready, tr_error *error)
{
    TR_TRY(tr_patience_check(patience, error));
    struct pollfd fds[2] = { { child->channel, events, 0 }, { child->log, POLLIN, 0 } };
    int count = poll(fds, 2, tr_patience_slice(patience));
    *out_ready = count > 0 && fds[0].revents != 0;
    if (count > 0 && fds[1].revents) tr_child_drain(child);
    return TR_OK;
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

tr_status tr_child_write(tr_child *child, const void *data, size_t size, tr_patience *patience, size_t *out_done,
                         tr_error *error)
{
    *out_done = 0;
    while (*out_done < size) {
        bool ready;
        TR_TRY(wait_ready(child, POLLOUT, patience, &ready, error));
        if (!ready) continue;
        ssize_t sent = send(child->channel, (const char *)data + *out_done, size - *out_done,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            *out_done += (size_t)sent;
        } else if (!would_block()) {
            return TR_OK;
        }
    }
    return TR_OK;
}

tr_status tr_child_read(tr_child *child, void *data, size_t size, tr_patience *patience, size_t *out_done,
                        tr_error *error)
{
    *out_done = 0;
    while (*out_done < size) {
        bool ready;
        TR_TRY(wait_ready(child, POLLIN, patience, &ready, error));
        if (!ready) continue;
        ssize_t got = recv(child->channel, (char *)data + *out_done, size - *out_done, MSG_DONTWAIT);
        if (got > 0) {
            *out_done += (size_t)got;
        } else if (got == 0 || !would_block()) {
            return TR_OK;
        }
    }
    return TR_OK;
}

/* ---------------------------------------------------------------- ending */

/* True when the process has ended; remembers how.
 *
 * What it started is killed with it, and that before it is waited for: from then on its number may be another's. */
static bool reap(tr_child *child, bool block)
{
    if (child->ended) return true;
    siginfo_t info = { 0 };
    int got;
    do {
        got = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT | (block ? 0 : WNOHANG));
    } while (got != 0 && errno == EINTR);
    if (got == 0 && info.si_pid == 0) return false;
    int wait_status = -1; /* stays when the program ignores SIGCHLD, or waits for our children itself */
    if (got == 0) {
        kill(-child->pid, SIGKILL);
        while (waitpid(child->pid, &wait_status, 0) < 0 && errno == EINTR) continue;
    }
    child->wait_status = wait_status;
    child->ended = true;
    return true;
}

bool tr_child_has_ended(tr_child *child)
{
    return child->pid <= 0 || reap(child, false);
}

static void kill_and_reap(tr_child *child)
{
    if (child->pid <= 0 || child->ended) return;
    kill(-child->pid, SIGKILL);
    reap(child, true);
}

tr_status tr_child_wait(tr_child *child, double seconds, tr_patience *patience, tr_error *error)
{
    double end = tr_clock() + seconds;
    while (!reap(child, false)) {
        if (tr_clock() > end) {
            kill_and_reap(child);
            break;
        }
        TR_TRY(tr_patience_check(patience, error));
        /* The end closes the log, so this rarely sleeps longer than needed. */
        struct pollfd fd = { child->log, POLLIN, 0 };
        poll(&fd, 1, child->log >= 0 ? tr_patience_slice(patience) : 5);
        tr_child_drain(child);
    }
    tr_child_drain(child);
    return TR_OK;
}

/* sigabbrev_np is too new for older systems. */
static const char *signal_name(int number, char buffer[16])
{
    switch (number) {
    case SIGABRT: return "SIGABRT";
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGILL: return "SIGILL";
    case SIGFPE: return "SIGFPE";
    case SIGKILL: return "SIGKILL";
    case SIGTERM: return "SIGTERM";
    default: snprintf(buffer, 16, "signal %d", number); return buffer;
    }
}

const char *tr_child_fate(const tr_child *child, char *buffer, size_t size)
{
    if (child->ended && child->wait_status >= 0 && WIFSIGNALED(child->wait_status)) {
        char other[16];
        snprintf(buffer, size, "was killed by %s", signal_name(WTERMSIG(child->wait_status), other));
    } else if (child->ended && child->wait_status >= 0) {
        snprintf(buffer, size, "exited with status %d", WEXITSTATUS(child->wait_status));
    } else {
        snprintf(buffer, size, "ended");
    }
    return buffer;
}

bool tr_child_succeeded(const tr_child *child)
{
    return child->ended && child->wait_status >= 0 && WIFEXITED(child->wait_status) &&
           WEXITSTATUS(child->wait_status) == 0;
}

void tr_child_forget(tr_child *child)
{
    if (child->channel >= 0) close(child->channel);
    if (child->log >= 0) close(child->log);
    tr_text_deinit(&child->tail);
    *child = TR_NO_CHILD;
}

void tr_child_end(tr_child *child)
{
    kill_and_reap(child);
    tr_child_forget(child);
}
