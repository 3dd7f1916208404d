/* ETag and If-None-Match (services/gateway/cache_etag.c). */
#include "check.h"

#include "gateway/cache_etag.h"

#include <stdio.h>

#define TAG "\"00000000000000ab-12f\""

static void tags_are_told_apart(void **state)
{
    (void)state;
    char text[ETAG_TEXT], other[ETAG_TEXT];
    assert_slice(etag_write(text, 0xab, 0x12f), TAG);
    assert_slice(etag_write(text, UINT64_MAX, 0), "\"ffffffffffffffff-0\"");
    assert_slice(etag_write(text, 0, SIZE_MAX), "\"0000000000000000-ffffffffffffffff\"");
    assert_int_equal(etag_hash(SLICE("a")), etag_hash(SLICE("a")));
    assert_int_not_equal(etag_hash(SLICE("a")), etag_hash(SLICE("b")));
    assert_false(slice_equals(etag_write(text, etag_hash(SLICE("")), 0), etag_write(other, etag_hash(SLICE("\0")), 1)));
    /* Fixed: what clients keep outlives the process. */
    assert_slice(etag_write(text, etag_hash(SLICE("{\"price\":129900}")), 16), "\"b6c74d97452efa88-10\"");
}

static bool names(const char *value)
{
    char text[2048];
    static struct http_head head;
    size_t used;
    int size = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s%s\r\n\r\n", value ? "If-None-Match: " : "X: y", value ? value : "");
    assert_int_equal(http_parse_request(slice_of(text, (size_t)size), &head, &used, NULL), HTTP_PARSE_OK);
    return etag_named(&head, SLICE(TAG));
}

static void lists_are_read(void **state)
{
    (void)state;
    static const char *const naming[] = { TAG, "W/" TAG, "*", "\"x\"," TAG, "\"x\" , " TAG " ,\"y\"", ", ,," TAG, "\"a,b\"," TAG, "\"W/\", W/" TAG,
                                          "\"x\"\r\nIf-None-Match: " TAG, "\"open\r\nIf-None-Match: " TAG, "\"\", " TAG };
    static const char *const not_naming[] = { NULL, "", "\"x\"", "00000000000000ab-12f", "\"00000000000000ab-12f", "w/" TAG, "W /" TAG, "*, " TAG "x", "\"x\" " TAG,
                                              TAG "x", "x" TAG, "\"x\"y, " TAG, "\"open, " TAG "\"", ",", "W/", "\"", "W/\"" };
    for (size_t i = 0; i < TABLE_COUNT(naming); i++)
        if (!names(naming[i]))
            fail_msg("%s", naming[i]);
    for (size_t i = 0; i < TABLE_COUNT(not_naming); i++)
        if (names(not_naming[i]))
            fail_msg("%s", not_naming[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(tags_are_told_apart), cmocka_unit_test(lists_are_read) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
