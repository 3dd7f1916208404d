/* Listening sockets. Accepts in batches, level-triggered, until EAGAIN, a pause or ACCEPT_BATCH; with no fds left it takes its
 * event out and a timer puts it back, so that a full process does not spin on a readable listener.
 * Invariant: the event is registered exactly while neither the user's pause nor the retry timer holds it out. Owns its fd and the unix
 * socket's file; accepted fds belong to the callback. Nothing here suspends. */
#include "io/listen.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/loop.h"
#include "io/resolve.h"
#include "io/timer.h"

#include <assert.h>
#include <errno.h>
#include <event2/event_struct.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCEPT_BATCH 64

struct listener {
    int fd;
    bool paused, closed;
    bool hidden;              /* a unix socket whose file is gone already */
    struct event event;
    struct timer retry;
    struct address address;
    void (*accepted)(void *arg, int fd, const struct address *from);
    void *arg;
};

static void listener_update(struct listener *l)
{
    const bool wanted = !l->paused && !l->closed && !l->retry.place;
    if (!wanted) {
        (void)event_del(&l->event);
    } else if (event_add(&l->event, NULL) != 0) {   /* the kernel's memory, or its watches */
        log_error("cannot listen now, waiting", LOG_INT("errno", errno), LOG_INT("retry_ms", LISTEN_RETRY_MS));
        timer_set(&l->retry, clock_monotonic_us() + LISTEN_RETRY_MS * 1000);
    }
}

static void listener_retry(void *arg)
{
    listener_update(arg);
}

static void listener_out_of_fds(struct listener *l, int error)
{
    log_error("cannot accept, waiting", LOG_INT("errno", error), LOG_INT("retry_ms", LISTEN_RETRY_MS));
    timer_set(&l->retry, clock_monotonic_us() + LISTEN_RETRY_MS * 1000);
    listener_update(l);
}

/* One connection; false, with errno, when there is none. */
static bool listen_accept(struct listener *l)
{
    struct address from = { .size = sizeof from.local };
    const int connection = accept4(l->fd, &from.any, &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0)
        l->accepted(l->arg, connection, &from);
    return connection >= 0;
}

static void listener_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct listener *l = arg;
    for (int left = ACCEPT_BATCH; left > 0 && !l->paused && !l->closed; left--) {
        if (listen_accept(l))
            continue;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            listener_out_of_fds(l, errno);
        /* Everything else concerns one connection that is gone already (ECONNABORTED, and see accept(2), Error handling). */
        if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

static enum result listen_refused(const char *address, const char *call)
{
    const int error = errno;
    log_error(error == EADDRINUSE ? "address is taken by another process" : "cannot listen", LOG_TEXT("address", address),
              LOG_TEXT("call", call), LOG_INT("errno", error));
    return RESULT_REFUSED;
}

/* A socket file that nobody listens on any more is in the way of its next owner: removed. One in use stays, and bind says so. */
static void listen_remove_stale(const struct address *address)
{
    struct stat status;
    if (lstat(address->local.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, &address->any, address->size) != 0 && errno == ECONNREFUSED)
        (void)unlink(address->local.sun_path);
    if (fd >= 0)
        (void)close(fd);
}

static enum result listen_bind(int fd, const struct listen_config *config, const struct address *address)
{
    const int on = 1, off = 0;
    if (address->any.sa_family == AF_UNIX) {
        listen_remove_stale(address);
    } else {
        /* Accepted sockets inherit TCP_NODELAY. */
        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
            (config->reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0))
            return listen_refused(config->address, "setsockopt");
        /* "[::]:80" takes IPv4 too, whatever the machine's default. */
        if (address->any.sa_family == AF_INET6)
            (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (bind(fd, &address->any, address->size) != 0)
        return listen_refused(config->address, "bind");
    return listen(fd, LISTEN_BACKLOG) == 0 ? RESULT_OK : listen_refused(config->address, "listen");
}

static bool listen_parse(const char *text, struct address *out)
{
    struct slice host = slice_from_text(text);
    int port = 0;
    if (host.size > 0 && host.data[0] != '/' && !address_split(host, &host, &port))
        return false;
    return address_parse(host, port, out);
}

enum result listen_start(const struct listen_config *config, struct listener **out)
{
    struct address address;
    *out = NULL;
    if (!listen_parse(config->address, &address)) {
        log_error("not an address to listen on", LOG_TEXT("address", config->address));
        return RESULT_MALFORMED;
    }
    const int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return listen_refused(config->address, "socket");
    const enum result result = listen_bind(fd, config, &address);
    if (result != RESULT_OK) {
        (void)close(fd);
        return result;
    }
    struct listener *l = memory_new(sizeof *l);
    if (event_assign(&l->event, loop_base(), fd, EV_READ | EV_PERSIST, listener_ready, l) != 0)
        abort();
    l->fd = fd;
    l->address = address;
    l->accepted = config->accepted;
    l->arg = config->arg;
    l->retry = (struct timer){ .fn = listener_retry, .arg = l };
    listener_update(l);
    *out = l;
    return RESULT_OK;
}

int listen_port(const struct listener *listener)
{
    struct address bound = { .size = sizeof bound.local };
    if (getsockname(listener->fd, &bound.any, &bound.size) != 0)
        return 0;
    if (bound.any.sa_family == AF_INET)
        return ntohs(bound.v4.sin_port);
    return bound.any.sa_family == AF_INET6 ? ntohs(bound.v6.sin6_port) : 0;
}

void listen_pause(struct listener *listener)
{
    listener->paused = true;
    listener_update(listener);
}

void listen_resume(struct listener *listener)
{
    listener->paused = false;
    listener_update(listener);
}

/* The unix socket's file goes once: by the time we close, a successor's may lie there. */
static void listen_hide(struct listener *l)
{
    if (l->address.any.sa_family == AF_UNIX && !l->hidden)
        (void)unlink(l->address.local.sun_path);
    l->hidden = true;
}

/* A filter of the socket that drops what opens a connection (SYN without ACK) and lets all else pass, so that handshakes under way
 * are finished. Closing alone would reset them, and with SO_REUSEPORT the kernel goes on choosing this socket until then. The
 * connections accepted from it inherit the filter, which is never true for them. */
void listen_refuse_new(struct listener *listener)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),              /* the flags in a TCP header */
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),           /* SYN and ACK */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    const struct sock_fprog program = { .len = sizeof code / sizeof *code, .filter = code };
    if (listener->address.any.sa_family == AF_UNIX)
        listen_hide(listener);
    else if (setsockopt(listener->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
        log_warn("connections that open while this listener closes may be reset", LOG_INT("errno", errno));
}

void listen_accept_rest(struct listener *listener)
{
    while (!listener->closed && (listen_accept(listener) || errno == ECONNABORTED || errno == EINTR))
        ;
}

void listen_close(struct listener *listener)
{
    if (!listener)
        return;
    assert(!listener->closed);
    listener->closed = true;
    timer_clear(&listener->retry);
    listener_update(listener);
    listen_hide(listener);
    (void)close(listener->fd);
    loop_defer(memory_free, listener);
}
