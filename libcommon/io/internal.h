/* What the files of io/ tell each other and nobody else. */
#ifndef CUOTAS_IO_INTERNAL_H
#define CUOTAS_IO_INTERNAL_H

#include <stdbool.h>

/* co.c: runs queued coroutines, first come first served, until none is left or a budget is spent. */
void co_run_ready(void);
bool co_has_ready(void);

/* timer.c: the one libevent timer behind all timers. */
void timers_open(void);
void timers_close(void);

#endif
