/* The one list of the signals that end a process, and what handles them outside the loop. Nothing here suspends. */
#include "service/signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

const int end_signals[END_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

void signals_handle(void (*handler)(int number))
{
    const struct sigaction action = { .sa_handler = handler };
    for (size_t i = 0; i < END_SIGNALS; i++)
        sigaction(end_signals[i], &action, NULL);
}

void signals_end_at_once(int number)
{
    (void)number;
    _exit(0);
}
