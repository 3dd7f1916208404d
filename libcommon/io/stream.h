/* A connected byte stream (TCP, unix socket, later TLS) used from coroutines. Owner closes it. Reads and writes
 * try the system call first and wait only when they must. */
#ifndef CUOTAS_IO_STREAM_H
#define CUOTAS_IO_STREAM_H

#include "base/result.h"
#include "base/slice.h"

#include <sys/uio.h>

struct stream;

/* Takes over a connected non-blocking fd. */
struct stream *stream_from_fd(int fd);
/* host: name, address, or an absolute path of a unix socket (port ignored). Names are resolved on the thread pool. */
SUSPENDS MUST_CHECK enum result stream_connect(struct slice host, int port, int64_t deadline_us, struct stream **out);
/* At least one byte, or RESULT_CLOSED at the end. */
SUSPENDS MUST_CHECK enum result stream_read(struct stream *s, char *data, size_t capacity, int64_t deadline_us, size_t *got);
/* All of it, or an error after which the stream can only be closed. */
SUSPENDS MUST_CHECK enum result stream_write(struct stream *s, const struct iovec *parts, int count, int64_t deadline_us);
/* True while idle and healthy: nothing to read, not closed by the peer. For pools. */
bool stream_is_idle(struct stream *s);
int stream_fd(const struct stream *s);
void stream_close(struct stream *s);

#endif
