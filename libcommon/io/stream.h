/* A connected byte stream (TCP, unix socket, later TLS) used from coroutines. Owner closes it. Reads and writes
 * try the system call first and wait only when they must. One coroutine may read while another writes. */
#ifndef CUOTAS_IO_STREAM_H
#define CUOTAS_IO_STREAM_H

#include "base/result.h"
#include "base/slice.h"

#include <sys/uio.h>

struct stream;
struct address;

/* Takes over a connected non-blocking fd (with TCP_NODELAY set, as listen.h hands them out). */
struct stream *stream_from_fd(int fd);
/* host: name, address, or an absolute path of a unix socket (port ignored). Names are resolved on the thread pool. RESULT_CLOSED
 * when nobody listens there or there is no such name. */
SUSPENDS MUST_CHECK enum result stream_connect(struct slice host, int port, int64_t deadline_us, struct stream **out);
/* At least one byte, or RESULT_CLOSED at the end. capacity > 0. */
SUSPENDS MUST_CHECK enum result stream_read(struct stream *s, char *data, size_t capacity, int64_t deadline_us, size_t *got);
/* As stream_read, without waiting: RESULT_BUSY when nothing is there. For callbacks of the loop. */
MUST_CHECK enum result stream_read_now(struct stream *s, char *data, size_t capacity, size_t *got);
/* All of it, or an error after which the stream can only be closed. The parts' array is not changed. */
SUSPENDS MUST_CHECK enum result stream_write(struct stream *s, const struct iovec *parts, int count, int64_t deadline_us);
/* All of it without waiting, or an error (RESULT_BUSY: no room for all) after which the stream can only be closed. For callbacks. */
MUST_CHECK enum result stream_write_now(struct stream *s, struct slice bytes);

/* Calls fn(arg) once, from the loop, when there is something to read or the peer closed: what an idle connection uses
 * instead of a coroutine. May be called early: fn then finds nothing to read. Replaces an earlier one; NULL cancels. Nobody may be in
 * stream_read meanwhile. False: the kernel takes no more watches, and fn will not be called; the caller closes the stream. */
bool stream_when_readable(struct stream *s, void (*fn)(void *arg), void *arg);
/* True while idle and healthy: nothing to read, not closed by the peer. For pools. */
bool stream_is_idle(struct stream *s);
/* The same without a system call where the last read emptied it and nothing was told since. */
bool stream_is_quiet(struct stream *s);
/* The peer's address; false when unknown. */
bool stream_peer(const struct stream *s, struct address *out);
/* The fd is registered edge-triggered with the loop: do not wait for it by other means. */
int stream_fd(const struct stream *s);

/* Whoever waits to read from it or write to it goes on, now, with this result. */
void stream_end_waits(struct stream *s, enum result result);
/* Waits of other coroutines on it end with RESULT_CLOSED. NULL is ignored. */
void stream_close(struct stream *s);
/* Closes so that the peer still gets what was written even if it is sending: ends our side, reads and drops what comes until
 * the peer's end, the deadline or `drop_max` bytes. */
SUSPENDS void stream_close_gently(struct stream *s, size_t drop_max, int64_t deadline_us);

#endif
