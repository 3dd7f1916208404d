/* Options, results and logs of libcurl handles, the same for HTTP calls and mail. A failing option is counted, and the call then
 * refused: a handle without its protocol list or its TLS floor must not go out. Nothing here suspends. */
#include "http/outside_curl.h"

#include "base/clock.h"
#include "base/log.h"
#include "http/outside.h"
#include "io/loop.h"

#include <stdlib.h>

#define CONNECTION_KEPT_IDLE_S 30L

static bool opened;

void curl_open(void)
{
    if (opened)
        return;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    loop_at_close(outside_close);
    opened = true;
}

void curl_close(void)
{
    if (opened)
        curl_global_cleanup();
    opened = false;
}

void curl_set_long(struct curl_handle *h, CURLoption option, long value)
{
    h->unset += curl_easy_setopt(h->easy, option, value) != CURLE_OK;
}

void curl_set_pointer(struct curl_handle *h, CURLoption option, const void *value)
{
    h->unset += curl_easy_setopt(h->easy, option, value) != CURLE_OK;
}

void curl_set_size(struct curl_handle *h, CURLoption option, size_t value)
{
    h->unset += curl_easy_setopt(h->easy, option, (curl_off_t)value) != CURLE_OK;
}

void curl_add_line(struct curl_handle *h, const char *line)
{
    struct curl_slist *longer = curl_slist_append(h->list, line);
    if (!longer)
        abort();
    h->list = longer;
}

long curl_get_long(const struct curl_handle *h, CURLINFO info)
{
    long value = 0;
    return curl_easy_getinfo(h->easy, info, &value) == CURLE_OK ? value : 0;
}

void curl_handle_set_common(struct curl_handle *h, const char *url, const char *protocols)
{
    if (!h->easy)
        abort();
    curl_set_pointer(h, CURLOPT_URL, url);
    curl_set_pointer(h, CURLOPT_PROTOCOLS_STR, protocols);
    curl_set_pointer(h, CURLOPT_ERRORBUFFER, h->error);
    curl_set_long(h, CURLOPT_NOSIGNAL, 1);
    curl_set_long(h, CURLOPT_QUICK_EXIT, 1);   /* else giving up during a look-up blocks until getaddrinfo returns */
    curl_set_long(h, CURLOPT_FOLLOWLOCATION, 0);
    curl_set_long(h, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_set_long(h, CURLOPT_MAXAGE_CONN, CONNECTION_KEPT_IDLE_S);
}

bool curl_handle_set_deadline(struct curl_handle *h, int64_t deadline_us)
{
    const int64_t left_ms = (deadline_us - clock_monotonic_us()) / 1000;
    curl_set_long(h, CURLOPT_TIMEOUT_MS, (long)left_ms);
    return left_ms > 0;
}

enum result curl_result(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return RESULT_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return RESULT_TIMEOUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        return RESULT_CLOSED;
    case CURLE_FILESIZE_EXCEEDED:
        return RESULT_TOO_LARGE;
    default:
        return RESULT_FAILED;
    }
}

/* The URL goes without what may be secret in it. */
void curl_log_failure(const struct curl_handle *h, const char *url, enum result result, CURLcode code, long reply_code)
{
    struct slice rest, shown = slice_cut(slice_from_text(url), '?', &rest);
    if (memchr(shown.data, '@', shown.size))
        shown = SLICE("(with credentials)");
    log_warn("outside call failed", LOG_SLICE("url", shown), LOG_TEXT("result", result_name(result)),
             LOG_TEXT("reason", h->error[0] ? h->error : curl_easy_strerror(code)), LOG_INT("reply_code", reply_code));
}
