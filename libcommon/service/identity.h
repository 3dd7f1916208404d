/* The identity the gateway (or another service) vouches for: header
 *     X-Cuotas-Identity: v1.<base64url(JSON {"k","s","c","ip","e"})>.<base64url(HMAC-SHA256)>
 * k kind, s subject, c scopes, ip client address, e expiry (wall seconds, +60 s). The HMAC covers "v1.<payload>" under
 * IDENTITY_SECRET. Every service checks it; none trusts a bare header. */
#ifndef CUOTAS_SERVICE_IDENTITY_H
#define CUOTAS_SERVICE_IDENTITY_H

#include "base/work.h"

#define IDENTITY_HEADER "X-Cuotas-Identity"

void identity_setup(struct slice secret, const char *service);
/* A header line ("X-Cuotas-Identity: ...\r\n") for that identity, or for this service itself when NULL. */
struct slice identity_header(struct arena *arena, const struct identity *identity);
/* False when missing, forged or expired. Slices of `out` live in the arena. */
bool identity_read(struct arena *arena, struct slice header_value, struct identity *out);

/* Keyed tokens for links in mails (payment links): base64url(payload).base64url(HMAC) under a key derived from
 * IDENTITY_SECRET and `purpose`. Opening checks the HMAC in constant time; the payload is the caller's to judge. */
struct slice link_token_make(struct arena *arena, const char *purpose, struct slice payload);
bool link_token_open(struct arena *arena, const char *purpose, struct slice token, struct slice *payload);

#endif
