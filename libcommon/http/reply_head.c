/* Reply heads, put together by copying: this is on the path of every request, where printf would be a tenth of the cost.
 * Owns the text of the current second's Date. Suspends nowhere. */
#include "http/reply_head.h"

#include "base/clock.h"
#include "base/put.h"
#include "wire/http1.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

#define DATE_BYTES 29
/* Upper bound of all lines but those whose text comes from outside. */
#define FIXED_BYTES 256

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), without the process's locale. */
static struct slice date_now(void)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static char text[DATE_BYTES + 32];
    static time_t made_for = -1;
    time_t now = (time_t)(clock_wall_us() / 1000000);
    if (now != made_for) {
        struct tm utc;
        gmtime_r(&now, &utc);
        snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", &days[utc.tm_wday * 3], utc.tm_mday,
                 &months[utc.tm_mon * 3], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
        made_for = now;
    }
    return slice_of(text, DATE_BYTES);
}

static char *put_framing(char *at, int64_t length)
{
    if (length >= 0)
        return PUT(put_decimal(PUT(at, "Content-Length: "), (uint64_t)length), "\r\n");
    return length == REPLY_LENGTH_CHUNKED ? PUT(at, "Transfer-Encoding: chunked\r\n") : at;
}

struct slice reply_head_make(struct arena *arena, const struct reply_head *head)
{
    struct slice reason = slice_from_text(http_reason(head->status));
    struct slice type = slice_from_text(head->content_type);
    struct slice connection = slice_from_text(head->connection);
    size_t room = FIXED_BYTES + type.size + head->request_id.size + head->lines.size;
    char *start = arena_alloc(arena, room), *at = start;
    at = put_decimal(PUT(at, "HTTP/1.1 "), (uint64_t)head->status);
    at = PUT_LINE(at, " ", reason);
    at = PUT_LINE(at, "Date: ", date_now());
    if (!slice_is_none(type))
        at = PUT_LINE(at, "Content-Type: ", type);
    at = put_framing(at, head->length);
    if (!slice_is_none(connection))
        at = PUT_LINE(at, "Connection: ", connection);
    if (!slice_is_none(head->request_id))
        at = PUT_LINE(at, "X-Request-Id: ", head->request_id);
    at = PUT(put_slice(at, head->lines), "\r\n");
    assert((size_t)(at - start) <= room);
    return slice_of(start, (size_t)(at - start));
}
