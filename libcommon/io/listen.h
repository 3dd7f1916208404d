/* A listening socket: hands out connected fds as they come. */
#ifndef CUOTAS_IO_LISTEN_H
#define CUOTAS_IO_LISTEN_H

#include "base/result.h"

#include <stdbool.h>

struct address;
struct listener;

struct listen_config {
    const char *address;      /* "127.0.0.1:8080", "[::]:80", "127.0.0.1:0", or the absolute path of a unix socket; no names */
    bool reuse_port;          /* several processes share the port (SO_REUSEPORT) */
    /* Owns fd from now on: non-blocking, close-on-exec, TCP_NODELAY; `from` is valid during the call. Runs on the loop, in no
     * coroutine. May pause or close. */
    void (*accepted)(void *arg, int fd, const struct address *from);
    void *arg;
};

/* Listens at once. RESULT_REFUSED, logged, when the address is taken or not ours to use; RESULT_MALFORMED when it is none. */
MUST_CHECK enum result listen_start(const struct listen_config *config, struct listener **out);
/* The port (useful after asking for 0); 0 for unix sockets. */
int listen_port(const struct listener *listener);
/* While paused, new connections wait in the kernel's backlog. When the process or machine runs out of fds, the listener pauses
 * itself for LISTEN_RETRY_MS and logs it, instead of spinning. */
void listen_pause(struct listener *listener);
void listen_resume(struct listener *listener);
/* The first half of a graceful end: from now on nobody new gets in, but those who have begun to are accepted still. A TCP client that
 * knocks meanwhile is not refused but left unheard, and knocks again a second later: by then another process of the shared port, or
 * the successor, has its answer. Wait a round trip, then listen_accept_rest and listen_close: nobody is turned away who had got in. */
void listen_refuse_new(struct listener *listener);
/* Accepts all the kernel has in its backlog, at once and also while paused. What is left in it when a listener closes is reset. */
void listen_accept_rest(struct listener *listener);
/* Stops and frees; removes a unix socket's file. NULL is ignored. Not twice. */
void listen_close(struct listener *listener);

#endif
