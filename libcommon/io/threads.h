/* A small pool of OS threads for work that burns CPU or blocks (Argon2id, getaddrinfo, PDF). fn must not touch
 * anything of the loop's: only what arg points to, which must stay valid until fn returned, even past the deadline:
 * allocate it apart and let `release` free it. */
#ifndef CUOTAS_IO_THREADS_H
#define CUOTAS_IO_THREADS_H

#include "base/result.h"

#include <stdint.h>

/* Runs fn(arg) on a pool thread and waits. RESULT_BUSY: THREAD_QUEUE_MAX are waiting already, fn will not run. After
 * RESULT_TIMEOUT or RESULT_CANCELLED fn may still run, so arg is static or outlives everything. */
SUSPENDS MUST_CHECK enum result thread_run(void (*fn)(void *arg), void *arg, int64_t deadline_us);
/* As thread_run, for an arg of its own: after RESULT_TIMEOUT or RESULT_CANCELLED it belongs to the pool, which calls release(arg) on the
 * loop once fn has returned (or will never run); after anything else it is still the caller's. */
SUSPENDS MUST_CHECK enum result thread_run_owned(void (*fn)(void *arg), void *arg, void (*release)(void *arg),
                                                 int64_t deadline_us);
/* Waits for what runs, drops what does not yet. The next thread_run starts threads again. */
void threads_close(void);

#endif
