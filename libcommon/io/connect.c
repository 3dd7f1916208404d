/* Opening streams: resolve, then each address in turn, every one with an equal share of the time that is left. A socket that
 * fails is closed here; one that connects belongs to the stream. Everything suspends. */
#include "base/clock.h"
#include "base/log.h"
#include "io/co.h"
#include "io/resolve.h"
#include "io/stream.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <unistd.h>

#define BACKLOG_RETRY_US 2000

SUSPENDS static enum result connect_pause(int64_t deadline_us)
{
    const int64_t now_us = clock_monotonic_us();
    struct wait wait = { 0 };
    const enum result result = wait_for(&wait, deadline_us < now_us + BACKLOG_RETRY_US ? deadline_us : now_us + BACKLOG_RETRY_US);
    return result == RESULT_TIMEOUT && clock_monotonic_us() < deadline_us ? RESULT_OK : result;
}

/* Asks connect() until it says yes or no; the socket becomes writable when it is time to ask again. A full backlog of a unix
 * socket has no such event, so that one is asked again after a while. */
SUSPENDS static enum result connect_finish(int fd, const struct address *address, int64_t deadline_us)
{
    enum result result = RESULT_OK;
    while (result == RESULT_OK) {
        if (connect(fd, &address->any, address->size) == 0 || errno == EISCONN)
            return RESULT_OK;
        if (errno == EINPROGRESS || errno == EALREADY)
            result = co_wait_fd(fd, EV_WRITE, deadline_us);
        else if (errno == EAGAIN && address->any.sa_family == AF_UNIX)
            result = connect_pause(deadline_us);
        else if (errno != EINTR)
            result = RESULT_CLOSED;
    }
    return result;
}

SUSPENDS static enum result connect_one(const struct address *address, int64_t deadline_us, struct stream **out)
{
    const int on = 1;
    const int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        log_error("no socket", LOG_INT("errno", errno));
        return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM ? RESULT_BUSY : RESULT_FAILED;
    }
    if (address->any.sa_family != AF_UNIX)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const enum result result = connect_finish(fd, address, deadline_us);
    if (result == RESULT_OK)
        *out = stream_from_fd(fd);
    else
        (void)close(fd);
    return result;
}

enum result stream_connect(struct slice host, int port, int64_t deadline_us, struct stream **out)
{
    struct address addresses[RESOLVE_ADDRESSES_MAX];
    size_t count;
    *out = NULL;
    enum result result = resolve(host, port, deadline_us, addresses, &count);
    for (size_t i = 0; result != RESULT_CANCELLED && i < count && !*out; i++) {
        const int64_t now_us = clock_monotonic_us();
        result = connect_one(&addresses[i], now_us + (deadline_us - now_us) / (int64_t)(count - i), out);
    }
    return result;
}
