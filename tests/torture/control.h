/* What the harness (control.py) and the shim tell each other: one page, a file TORTURE_DIR/<pid>, mapped by both. The harness writes
 * what to fail and sets `armed` last; the shim counts while `counting`. All numbers are of this machine's byte order.
 *
 *   counts[class]     calls of the class while counting
 *   failed            calls that were made to fail since it was armed
 *   where             return address of the last call that failed, for a person with addr2line */
#ifndef CUOTAS_TORTURE_CONTROL_H
#define CUOTAS_TORTURE_CONTROL_H

#include <stdatomic.h>
#include <stdint.h>

/* The order is control.py's CLASSES. */
enum torture_class {
    TORTURE_ALLOC,      /* malloc and its family: NULL, ENOMEM */
    TORTURE_READ,       /* recv and its family, on sockets: ECONNRESET */
    TORTURE_WRITE,      /* send and its family, on sockets: EPIPE */
    TORTURE_SHORT,      /* writes: one byte goes through (never a failure: bytes must not be lost) */
    TORTURE_EINTR,      /* reads, writes, accept4, connect, epoll_wait, poll: EINTR */
    TORTURE_CONNECT,    /* ECONNREFUSED */
    TORTURE_FD,         /* socket, accept4, open, eventfd: EMFILE */
    TORTURE_WATCH,      /* epoll_ctl ADD and MOD: ENOSPC */
    TORTURE_MAP,        /* mmap, pthread_create: ENOMEM, EAGAIN */
    TORTURE_SEND,       /* libpq takes no statement: PQsendQueryPrepared, PQsendPrepare, PQpipelineSync, PQflush */
    TORTURE_RESULT,     /* libpq reads nothing: PQconsumeInput */
    TORTURE_QUERY,      /* the server refuses the statement: out of memory (53200), or as `sqlstate` says */
    TORTURE_ANSWER,     /* the server has done the unit and its answer is lost with the connection */
    TORTURE_CLASSES
};

enum torture_how {
    TORTURE_ONCE,       /* the n-th */
    TORTURE_ON,         /* the n-th and all after it */
    TORTURE_EVERY       /* every n-th */
};

struct torture_control {
    uint64_t counts[TORTURE_CLASSES];
    uint64_t seen;                     /* calls of the armed class since it was armed */
    uint64_t failed;
    uint64_t n;
    uint64_t where;
    uint32_t class_armed;
    uint32_t how;
    uint32_t counting;
    uint32_t armed;
    char sqlstate[8];
};

#endif
