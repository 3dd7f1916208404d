/* The process's one event loop (libevent). Everything below runs on it; only it resumes coroutines. */
#ifndef CUOTAS_IO_LOOP_H
#define CUOTAS_IO_LOOP_H

#include "base/result.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

/* Aborts when the loop cannot be made. Once per process, after any fork. */
void loop_init(void);
struct event_base *loop_base(void);
/* Runs until loop_stop; frees nothing. */
void loop_run(void);
void loop_stop(void);
/* Frees the loop and all pools, so that leak checkers see only leaks. */
void loop_close(void);

/* Calls fn(arg) in the next turn: for what must not happen inside a callback, such as freeing the object called. */
void loop_defer(void (*fn)(void *arg), void *arg);
/* Calls fn(arg) once at the end of every turn that did work (log flush, relay wake). A handful only. */
void loop_each_turn(void (*fn)(void *arg), void *arg);

#endif
