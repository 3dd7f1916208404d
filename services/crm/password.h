/* Passwords: Argon2id (RFC 9106) on the thread pool, so that the loop goes on meanwhile. */
#ifndef CUOTAS_CRM_PASSWORD_H
#define CUOTAS_CRM_PASSWORD_H

#include "base/result.h"
#include "base/work.h"

/* The encoded hash ("$argon2id$v=19$m=19456,t=2,p=1$..."), in the work's arena; none with the failure recorded (overloaded). */
SUSPENDS struct slice password_hash(struct work *w, struct slice password);
/* Whether `password` matches; with no hash it takes the same time and is false, so that a missing account does not show. */
SUSPENDS bool password_matches(struct work *w, struct slice hash, struct slice password);

#endif
