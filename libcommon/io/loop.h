/* The process's one event loop (libevent). Everything below runs on it; only it resumes coroutines.
 *
 * A turn: wait for events and call their callbacks; run the coroutines that are ready; call what was deferred; call the
 * each-turn hooks. So a deferred call runs after the callbacks and coroutines of its turn, outside all of them: the place
 * to free what a callback was called on, or to send at once what many coroutines asked for. */
#ifndef CUOTAS_IO_LOOP_H
#define CUOTAS_IO_LOOP_H

#include "base/result.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

/* Once per process, after any fork. False: the loop cannot be made (no fds, no memory). */
bool loop_init(void);
struct event_base *loop_base(void);
/* Runs until loop_stop; frees nothing. Not from a coroutine or callback. */
void loop_run(void);
/* Ends the running loop after its current turn (or the next one, before its first). */
void loop_stop(void);
/* Frees the loop, threads, coroutine stacks and timers, so that leak checkers see only leaks. Streams and listeners are closed by
 * their owners before. */
void loop_close(void);
/* Calls fn() first of all in the next loop_close: for what only some processes have, so that the others need not link it. A handful only. */
void loop_at_close(void (*fn)(void));

/* The monotonic time of this turn, for what need not be exact: deadlines and ages of seconds. Never ahead of the clock; behind it by no more
 * than the turn has lasted, some milliseconds under load. */
int64_t loop_now_us(void);

/* Calls fn(arg) at the end of this turn: for what must not happen inside a callback. What a deferred call defers waits for
 * the next turn. */
void loop_defer(void (*fn)(void *arg), void *arg);
/* Calls fn(arg) at the end of every turn (log flush, relay wake). A handful only. */
void loop_each_turn(void (*fn)(void *arg), void *arg);

#endif
