/* The one failure vocabulary of code that is not yet talking to a client. A result says what happened to an
 * operation; http/problem.h says what a client is told. Every function that returns one is must-check. */
#ifndef CUOTAS_BASE_RESULT_H
#define CUOTAS_BASE_RESULT_H

#define MUST_CHECK __attribute__((warn_unused_result))

/* Marks a function that may suspend the calling coroutine: state outside the caller's own stack and arena can
 * have changed when it returns; errno, OpenSSL's error queue and static buffers do not survive it. */
#define SUSPENDS

enum result {
    RESULT_OK = 0,
    RESULT_CLOSED,      /* the peer closed or reset the connection, or it was never there */
    RESULT_TIMEOUT,     /* the deadline passed; whether the other side acted is unknown */
    RESULT_CANCELLED,   /* the process is stopping */
    RESULT_TOO_LARGE,   /* a maximum of limits.h was reached */
    RESULT_MALFORMED,   /* bytes that do not follow their grammar */
    RESULT_BUSY,        /* no room now: a pool or queue is full; trying later can work */
    RESULT_REFUSED,     /* the other side understood and said no */
    RESULT_FAILED       /* anything else; the log has the details */
};

/* Stable lower-case name, for logs and metrics. */
const char *result_name(enum result result);

#endif
