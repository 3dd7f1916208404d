/* The identity the gateway (or another service) vouches for: header
 *     X-Cuotas-Identity: v1;<kind>;<subject>;<expiry>;<client ip>;<scopes>;<base64url(HMAC-SHA256)>
 * kind is none, customer, staff or service; expiry in wall seconds (made 60 s ahead, 50 when the line was used before); the HMAC covers all
 * before the last ';' under IDENTITY_SECRET. Every service checks it; none trusts a bare header. A line stands for a caller, not for a
 * request: the same one may come again until it expires. */
#ifndef CUOTAS_SERVICE_IDENTITY_H
#define CUOTAS_SERVICE_IDENTITY_H

#include "base/work.h"

#define IDENTITY_HEADER "X-Cuotas-Identity"

void identity_setup(struct slice secret, const char *service);
/* A header line ("X-Cuotas-Identity: ...\r\n") for that identity, or for this service itself when NULL. Of kind none: a caller who showed no token, known by
 * address only. */
struct slice identity_header(struct arena *arena, const struct identity *identity);
/* Slices of `out` live in the arena. Stale is one of ours whose time is over: it was long on its way, or our clocks disagree. */
enum identity_verdict { IDENTITY_GOOD, IDENTITY_FORGED, IDENTITY_STALE };
enum identity_verdict identity_read(struct arena *arena, struct slice header_value, struct identity *out);

/* A digest of request parts under a key of our own. Without the key it tells nothing of what went in: passwords go in. */
struct slice identity_digest(struct arena *arena, const struct slice *parts, size_t count);

/* A tag over the bytes, as text (22 characters), under a key derived from IDENTITY_SECRET for the bus alone: whoever made it is one of us. */
struct slice identity_seal_event(struct arena *arena, struct slice bytes);

/* True when the work's identity has one of these scopes (NULL-terminated; NULL: everybody may). Else `forbidden`, naming them. */
bool identity_admit(struct work *work, const char *const *scopes);

/* Keyed tokens for links in mails (payment links): base64url(payload).base64url(HMAC) under a key derived from
 * IDENTITY_SECRET and `purpose`. Opening checks the HMAC in constant time; the payload is the caller's to judge. */
struct slice link_token_make(struct arena *arena, const char *purpose, struct slice payload);
bool link_token_open(struct arena *arena, const char *purpose, struct slice token, struct slice *payload);

#endif
