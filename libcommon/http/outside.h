/* Calls to the world outside by libcurl's multi interface, driven by the loop and awaited by coroutines: HTTPS providers and
 * SMTP. http, https, smtp and smtps only, no redirects, bodies bounded, connections reused. Certificates are verified against the
 * machine's roots; the usual proxy variables (https_proxy, no_proxy) hold. At most OUTSIDE_TRANSFERS_MAX at a time.
 *
 * When a kept connection turns out dead before a byte of the answer, libcurl sends the request once more on a new one:
 * what must not happen twice carries an idempotency key. */
#ifndef CUOTAS_HTTP_OUTSIDE_H
#define CUOTAS_HTTP_OUTSIDE_H

#include "base/result.h"
#include "base/work.h"

struct outside_request {
    const char *method;           /* upper-case letters */
    const char *url;
    const char *const *headers;   /* "Name: value" strings, NULL-terminated; may be NULL */
    struct slice body;            /* none: no body */
    const char *userpwd;          /* "user:password" for Basic, or NULL */
};

struct outside_reply {
    long status;
    struct slice body;            /* in the arena */
    int64_t retry_after_s;        /* from Retry-After, 0 when absent */
    bool sent;                    /* the request may have reached the other side: a failure means UNKNOWN, not "no" */
};

/* RESULT_OK for any HTTP status. RESULT_CLOSED / TIMEOUT / CANCELLED / TOO_LARGE / FAILED otherwise; MALFORMED when the method or a
 * header holds what would break out of its line; BUSY when too many run. `out` is always filled. Ends at the work's deadline. */
SUSPENDS MUST_CHECK enum result outside_call(struct work *w, const struct outside_request *rq, struct outside_reply *out);
/* The same within so much of the work's time, so that some is left to record that no answer came. */
SUSPENDS MUST_CHECK enum result outside_call_within(struct work *w, int64_t timeout_us, const struct outside_request *rq, struct outside_reply *out);

struct mail {
    const char *smtp_url;         /* smtp://host:port */
    const char *username, *password;   /* NULL: no AUTH */
    bool require_tls;             /* otherwise TLS when the server offers it */
    const char *from;             /* envelope */
    const char *to;
    struct slice message;         /* RFC 5322, CRLF lines */
};
/* RESULT_REFUSED when the server said no. smtp_code: its last answer (0 when none): 4xx may be retried, 5xx not. */
SUSPENDS MUST_CHECK enum result outside_mail(struct work *w, const struct mail *mail, long *smtp_code);

/* After the last call ended. loop_close does it by itself; more than once does no harm. */
void outside_close(void);

#endif
