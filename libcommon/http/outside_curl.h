/* What HTTP calls and mail share in using libcurl; for outside*.c only. */
#ifndef CUOTAS_HTTP_OUTSIDE_CURL_H
#define CUOTAS_HTTP_OUTSIDE_CURL_H

#include "base/result.h"
#include "base/slice.h"

#include <curl/curl.h>

struct curl_handle {
    CURL *easy;
    struct curl_slist *list;      /* headers, or recipients */
    int unset;                    /* options libcurl did not take: the call must not be made */
    char error[CURL_ERROR_SIZE];
};

/* libcurl's global state, set up once, on the loop's thread. */
void curl_open(void);
void curl_close(void);

void curl_set_long(struct curl_handle *h, CURLoption option, long value);
void curl_set_pointer(struct curl_handle *h, CURLoption option, const void *value);
void curl_set_size(struct curl_handle *h, CURLoption option, size_t value);
void curl_add_line(struct curl_handle *h, const char *line);
long curl_get_long(const struct curl_handle *h, CURLINFO info);
/* Everything but what the protocol needs. `protocols`: "http,https". Aborts when easy is NULL. */
void curl_handle_set_common(struct curl_handle *h, const char *url, const char *protocols);
/* False when it has passed. */
bool curl_handle_set_deadline(struct curl_handle *h, int64_t deadline_us);

enum result curl_result(CURLcode code);
/* reply_code: the server's last one, 0 when none. */
void curl_log_failure(const struct curl_handle *h, const char *url, enum result result, CURLcode code, long reply_code);

/* outside_mail.c's part of outside_close. */
void outside_mail_close(void);

#endif
