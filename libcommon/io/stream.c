/* Streams. A stream registers once, edge-triggered for both directions, when it first has to wait, and stays registered
 * until closed: a wait costs no system call (measured against adding and deleting an event for each wait: README.md).
 *
 * Invariants: a coroutine waits only after the system call said EAGAIN or while `drained`, so the edge it waits for is still to come; at most one
 * reader and one writer wait; while `drained`, no edge has come since a read emptied the socket. Between event_del and
 * close nothing runs; the struct dies at the end of the turn, after every callback.
 * TLS, when it comes, lives here: an SSL in the struct, behind stream_receive and stream_send. */
#include "io/stream.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/co.h"
#include "io/loop.h"
#include "io/resolve.h"

#include <assert.h>
#include <errno.h>
#include <event2/event_struct.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#define PARTS_AT_ONCE 16
#define GATHERED_BYTES_MAX 1024
/* Calls in a row that never had to wait, after which others get a turn. */
#define EAGER_CALLS_MAX 32

struct stream {
    int fd;
    bool registered;
    bool drained;             /* nothing to read until the next edge */
    bool ended;               /* the peer's end was seen coming: a short read no longer means drained */
    int eager_calls;
    struct event event;
    struct wait *reader, *writer;
    void (*readable)(void *arg);
    void *readable_arg;
};

static void stream_wake(struct wait **slot, enum result result)
{
    struct wait *wait = *slot;
    *slot = NULL;
    if (wait)
        wait_finish(wait, result);
}

static void stream_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    struct stream *s = arg;
    s->eager_calls = 0;
    if (what & EV_CLOSED)
        s->ended = true;
    if (what & EV_WRITE)
        stream_wake(&s->writer, RESULT_OK);
    if (!(what & (EV_READ | EV_CLOSED)))
        return;
    s->drained = false;
    stream_wake(&s->reader, RESULT_OK);
    void (*readable)(void *) = s->readable;
    s->readable = NULL;
    if (readable)
        readable(s->readable_arg);   /* may close the stream */
}

static bool stream_register(struct stream *s)
{
    if (s->registered)
        return true;
    if (event_assign(&s->event, loop_base(), s->fd, EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, stream_event,
                     s) != 0 ||
        event_add(&s->event, NULL) != 0) {
        log_error("stream cannot be registered", LOG_INT("fd", s->fd));
        return false;
    }
    return s->registered = true;
}

static void stream_forget_wait(struct wait *wait)
{
    struct wait **slot = wait->owner;
    *slot = NULL;
}

/* After anything but RESULT_OK the stream may be gone. */
SUSPENDS static enum result stream_wait(struct stream *s, struct wait **slot, int64_t deadline_us)
{
    assert(!*slot);
    if (!stream_register(s))
        return RESULT_FAILED;
    struct wait wait = { .abandon = stream_forget_wait, .owner = slot };
    *slot = &wait;
    s->eager_calls = 0;
    return wait_for(&wait, deadline_us);
}

/* A stream whose calls never have to wait takes a turn's wait all the same, now and then: others get their turn, and the
 * deadline is looked at. */
SUSPENDS static enum result stream_be_fair(struct stream *s, struct wait **slot, short direction, int64_t deadline_us)
{
    if (++s->eager_calls < EAGER_CALLS_MAX)
        return RESULT_OK;
    if (clock_monotonic_us() >= deadline_us)
        return RESULT_TIMEOUT;
    if (!stream_register(s))
        return RESULT_FAILED;
    event_active(&s->event, direction, 0);
    return stream_wait(s, slot, deadline_us);
}

static enum result stream_error(const char *what)
{
    if (errno == EPIPE || errno == ECONNRESET || errno == ETIMEDOUT || errno == EHOSTUNREACH || errno == ENETUNREACH)
        return RESULT_CLOSED;
    log_warn("stream failed", LOG_TEXT("call", what), LOG_INT("errno", errno));
    return RESULT_FAILED;
}

static ssize_t stream_receive(struct stream *s, char *data, size_t capacity, int flags)
{
    ssize_t count;
    do
        count = recv(s->fd, data, capacity, flags | MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    return count;
}

/* The kernel takes one piece sooner than several: short ones are put together first. */
static struct iovec gather(const struct iovec *parts, size_t count, char room[GATHERED_BYTES_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].iov_len;
    if (count == 1 || size > GATHERED_BYTES_MAX)
        return parts[0];
    char *at = room;
    for (size_t i = 0; i < count; i++)
        at = mempcpy(at, parts[i].iov_base, parts[i].iov_len);
    return (struct iovec){ room, size };
}

static ssize_t stream_send(struct stream *s, struct iovec *parts, size_t count, int flags)
{
    char room[GATHERED_BYTES_MAX];
    const struct iovec whole = gather(parts, count, room);
    const bool one = count == 1 || whole.iov_base == room;
    const struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
    ssize_t sent;
    flags |= MSG_DONTWAIT | MSG_NOSIGNAL;
    do
        sent = one ? send(s->fd, whole.iov_base, whole.iov_len, flags) : sendmsg(s->fd, &message, flags);
    while (sent < 0 && errno == EINTR);
    return sent;
}

struct stream *stream_from_fd(int fd)
{
    struct stream *s = memory_new(sizeof *s);
    s->fd = fd;
    return s;
}

enum result stream_read_now(struct stream *s, char *data, size_t capacity, size_t *got)
{
    assert(capacity > 0);
    *got = 0;
    const ssize_t count = stream_receive(s, data, capacity, 0);
    if (count > 0) {
        s->drained = (size_t)count < capacity && s->registered && !s->ended;
        *got = (size_t)count;
        return RESULT_OK;
    }
    if (count == 0)
        return RESULT_CLOSED;
    if (errno != EAGAIN)
        return stream_error("recv");
    s->drained = s->registered;
    return RESULT_BUSY;
}

enum result stream_read(struct stream *s, char *data, size_t capacity, int64_t deadline_us, size_t *got)
{
    assert(!s->readable);
    *got = 0;
    enum result result = stream_be_fair(s, &s->reader, EV_READ, deadline_us);
    while (result == RESULT_OK) {
        result = s->drained ? RESULT_BUSY : stream_read_now(s, data, capacity, got);   /* a reply that has yet to come */
        if (result != RESULT_BUSY)
            return result;
        result = stream_wait(s, &s->reader, deadline_us);
    }
    return result;
}

/* The next parts to send, from byte `done` of the whole on; how many. */
static size_t parts_after(const struct iovec *parts, int count, size_t done, struct iovec out[PARTS_AT_ONCE], bool *more)
{
    size_t used = 0;
    *more = false;
    for (int i = 0; i < count; i++) {
        if (done >= parts[i].iov_len) {
            done -= parts[i].iov_len;
            continue;
        }
        if (used == PARTS_AT_ONCE) {
            *more = true;
            break;
        }
        out[used++] = (struct iovec){ (char *)parts[i].iov_base + done, parts[i].iov_len - done };
        done = 0;
    }
    return used;
}

enum result stream_write(struct stream *s, const struct iovec *parts, int count, int64_t deadline_us)
{
    struct iovec next[PARTS_AT_ONCE];
    size_t done = 0, used;
    bool more;
    enum result result = stream_be_fair(s, &s->writer, EV_WRITE, deadline_us);
    while (result == RESULT_OK && (used = parts_after(parts, count, done, next, &more)) > 0) {
        const ssize_t sent = stream_send(s, next, used, more ? MSG_MORE : 0);
        if (sent >= 0) {
            done += (size_t)sent;
            continue;
        }
        if (errno != EAGAIN)
            return stream_error("send");
        result = stream_wait(s, &s->writer, deadline_us);
    }
    return result;
}

enum result stream_write_now(struct stream *s, struct slice bytes)
{
    struct iovec part = { (char *)bytes.data, bytes.size };
    const ssize_t sent = stream_send(s, &part, 1, 0);
    if (sent == (ssize_t)bytes.size)
        return RESULT_OK;
    return sent >= 0 || errno == EAGAIN ? RESULT_BUSY : stream_error("send");
}

bool stream_when_readable(struct stream *s, void (*fn)(void *arg), void *arg)
{
    assert(!s->reader);
    s->readable = fn;
    s->readable_arg = arg;
    const bool fresh = !s->registered;   /* then registering itself brings an edge when there is something to read */
    if (fn && !stream_register(s))
        return false;
    if (!fn || fresh || s->drained)
        return true;
    if (stream_is_idle(s))
        s->drained = true;
    else
        event_active(&s->event, EV_READ, 0);
    return true;
}

bool stream_is_idle(struct stream *s)
{
    char byte;
    return stream_receive(s, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

bool stream_is_quiet(struct stream *s)
{
    return s->drained || stream_is_idle(s);
}

bool stream_peer(const struct stream *s, struct address *out)
{
    *out = (struct address){ .size = sizeof out->local };
    return getpeername(s->fd, &out->any, &out->size) == 0 && out->any.sa_family != AF_UNSPEC;
}

int stream_fd(const struct stream *s)
{
    return s->fd;
}

void stream_end_waits(struct stream *s, enum result result)
{
    stream_wake(&s->reader, result);
    stream_wake(&s->writer, result);
}

void stream_close(struct stream *s)
{
    if (!s)
        return;
    s->readable = NULL;
    stream_end_waits(s, RESULT_CLOSED);
    if (s->registered)
        (void)event_del(&s->event);
    (void)close(s->fd);
    loop_defer(memory_free, s);
}

void stream_close_gently(struct stream *s, size_t drop_max, int64_t deadline_us)
{
    char dropped[1024];
    size_t total = 0, got;
    (void)shutdown(s->fd, SHUT_WR);
    while (total < drop_max && stream_read(s, dropped, sizeof dropped, deadline_us, &got) == RESULT_OK)
        total += got;
    stream_close(s);
}
