/* One-shot timers in an intrusive heap of our own: setting one and clearing it again, which is what almost every deadline
 * does, costs some 20 ns and no system call. The owner keeps the struct alive and still while it is set. */
#ifndef CUOTAS_IO_TIMER_H
#define CUOTAS_IO_TIMER_H

#include <stddef.h>
#include <stdint.h>

struct timer {
    void (*fn)(void *arg);   /* runs on the loop, outside any coroutine, with the timer already cleared */
    void *arg;
    size_t place;            /* 1-based in the heap; 0: not set */
};

/* Sets or moves it. Monotonic us; fires up to about 5 ms late, never early, and never inside this call. */
void timer_set(struct timer *timer, int64_t due_us);
/* Harmless when not set. */
void timer_clear(struct timer *timer);

#endif
