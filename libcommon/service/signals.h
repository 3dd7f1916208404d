/* The signals that end a process: SIGTERM, SIGINT, SIGHUP (there is nothing to reload: a supervisor that starts us again is a reload). */
#ifndef CUOTAS_SERVICE_SIGNALS_H
#define CUOTAS_SERVICE_SIGNALS_H

#define END_SIGNALS 3
extern const int end_signals[END_SIGNALS];

/* All of them are handled by this from now on. */
void signals_handle(void (*handler)(int number));
/* A handler, while nothing has begun yet: ends the process with status 0. Said explicitly since process 1 of a container is deaf to signals it
 * has no handler for. */
void signals_end_at_once(int number);

#endif
