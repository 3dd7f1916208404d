/* Tokens as crm gives them: access tokens (JWT, ES256) and refresh tokens (opaque, digest stored). */
#ifndef CUOTAS_CRM_TOKENS_H
#define CUOTAS_CRM_TOKENS_H

#include "http/request.h"

#define REFRESH_LIFE_S (30 * 86400)

/* Reads AUTH_KEY_FILE and TOKEN_ISSUER; a mistake stops the process. */
void tokens_configure(void);
void tokens_close(void);
/* The public keys. */
struct slice tokens_jwks(struct arena *arena);

struct refresh_secret {
    struct slice token;    /* what the client gets */
    struct slice digest;   /* what is stored: hex SHA-256 */
};
struct refresh_secret refresh_secret_new(struct arena *arena);
struct slice refresh_digest(struct arena *arena, struct slice token);

/* The reply of /v1/auth/token. */
struct reply tokens_reply(struct request *rq, struct slice subject, struct slice kind, struct slice scopes, struct slice refresh_token);

#endif
