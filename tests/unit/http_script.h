/* A server of raw bytes for the tests of http/upstream: accepts, and the test says byte by byte what it answers. */
#ifndef CUOTAS_TESTS_HTTP_SCRIPT_H
#define CUOTAS_TESTS_HTTP_SCRIPT_H

#include "http_peer.h"

struct script;

struct script *script_start(void);
/* Again, where an earlier one was. */
struct script *script_start_at(const char *url);
void script_stop(struct script *script);
/* "http://127.0.0.1:<port>", valid until script_stop. */
const char *script_url(const struct script *script);
/* Connections accepted so far. */
unsigned script_accepted(const struct script *script);
/* The next connection. */
struct peer *script_accept(struct script *script);
/* The next request's head on it, parsed; its slices point into the peer's bytes. */
const struct http_head *script_request(struct peer *peer);

#endif
