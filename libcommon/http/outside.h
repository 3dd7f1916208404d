/* Calls to the world outside by libcurl's multi interface, driven by the loop and awaited by coroutines: HTTPS providers and
 * SMTP. http, https, smtp and smtps only, no redirects, bodies bounded, NOSIGNAL. */
#ifndef CUOTAS_HTTP_OUTSIDE_H
#define CUOTAS_HTTP_OUTSIDE_H

#include "base/result.h"
#include "base/work.h"

#include <curl/curl.h>

struct outside_request {
    const char *method;
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

/* RESULT_OK for any HTTP status. RESULT_CLOSED / TIMEOUT / TOO_LARGE / FAILED otherwise. */
SUSPENDS MUST_CHECK enum result outside_call(struct work *w, const struct outside_request *rq, struct outside_reply *out);

struct mail {
    const char *smtp_url;         /* smtp://host:port */
    const char *username, *password;   /* NULL: no AUTH */
    bool require_tls;
    const char *from;             /* envelope */
    const char *to;
    struct slice message;         /* RFC 5322, CRLF lines */
};
/* smtp_code: the server's last answer (0 when none): 4xx may be retried, 5xx not. */
SUSPENDS MUST_CHECK enum result outside_mail(struct work *w, const struct mail *mail, long *smtp_code);
void outside_close(void);

#endif
