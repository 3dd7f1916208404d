/* A small pool of OS threads for work that burns CPU or blocks (Argon2id, getaddrinfo, PDF). fn must not touch
 * anything of the loop's: only what arg points to, which must stay valid until fn returned, even past the deadline:
 * allocate it apart and let `release` free it. */
#ifndef CUOTAS_IO_THREADS_H
#define CUOTAS_IO_THREADS_H

#include "base/result.h"

#include <stdint.h>

/* Runs fn(arg) on a pool thread and waits. RESULT_BUSY when THREAD_QUEUE_MAX are waiting. release(arg) runs on the loop after
 * fn returned AND the waiter is through with it (when the waiter timed out: after fn returned). */
SUSPENDS MUST_CHECK enum result thread_run(void (*fn)(void *arg), void *arg, int64_t deadline_us);
/* As thread_run, for arg that outlives a timed-out waiter: release(arg) is called only when the waiter was gone. */
SUSPENDS MUST_CHECK enum result thread_run_owned(void (*fn)(void *arg), void *arg, void (*release)(void *arg),
                                                 int64_t deadline_us);
void threads_close(void);

#endif
