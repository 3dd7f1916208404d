/* For targets of code that suspends: one loop for the whole process, a coroutine and a connected pair of sockets for each input. */
#ifndef CUOTAS_TESTS_FUZZ_LOOP_H
#define CUOTAS_TESTS_FUZZ_LOOP_H

#include "base/clock.h"
#include "io/co.h"
#include "io/loop.h"
#include "io/stream.h"

#include "fuzz.h"

/* Runs body(arg) as a coroutine and returns when it and all it spawned have ended. */
void fuzz_in_loop(void (*body)(void *arg), void *arg);
/* A stream, and the fd of its other end. */
struct stream *fuzz_stream(int *other);
/* The peer says `text` in two pieces, cut at `cut`, with turns of the loop between them, and ends. Closes the fd with the last byte sent unless `keep`. */
void fuzz_say(int other, struct slice text, size_t cut, bool keep);
/* Turns of the loop, so that everything that can happen has. */
SUSPENDS void fuzz_settle(void);

/* Far beyond any answer: nothing may wait that long for input that is all there. */
#define FUZZ_DEADLINE_US (clock_monotonic_us() + 60 * INT64_C(1000000))

#endif
