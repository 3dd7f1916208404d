/* W3C Trace Context, level 1: "00-<32 hex trace id>-<16 hex span id>-<2 hex flags>". */
#ifndef CUOTAS_WIRE_TRACEPARENT_H
#define CUOTAS_WIRE_TRACEPARENT_H

#include "base/arena.h"

#define TRACEPARENT_BYTES 55

struct traceparent {
    struct slice trace_id;    /* 32 lower-case hex digits, not all zero */
    struct slice span_id;     /* 16, not all zero */
    unsigned flags;
};

/* Views into `text`. Versions above 00 are read as far as 00 goes; ff is refused. */
bool traceparent_parse(struct slice text, struct traceparent *out);
/* This hop's own: the trace of `incoming` with a new span id, or a new sampled trace when it is none or malformed. */
struct slice traceparent_next(struct arena *arena, struct slice incoming);

#endif
