/* Messages: how amounts, dates and names are written, and that no value can break out of its place. */
#include "notifications/message.h"

#include "wire/json.h"

#include "check.h"

#include <stdlib.h>
#include <time.h>

static void test_money(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    assert_slice(message_money(a, 1234567, SLICE("COP"), true), "COP 12.345,67");
    assert_slice(message_money(a, 1234567, SLICE("COP"), false), "COP 12,345.67");
    assert_slice(message_money(a, 5, SLICE("USD"), false), "USD 0.05");
    assert_slice(message_money(a, -100, SLICE("EUR"), true), "EUR -1,00");
    assert_slice(message_money(a, 1500, SLICE("CLP"), true), "CLP 1.500");
    assert_slice(message_money(a, 1000, SLICE("KWD"), false), "KWD 1.000");
    assert_slice(message_money(a, 0, SLICE("USD"), false), "USD 0.00");
    arena_free(a);
}

static void test_fill(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct message_values v = {
        .data = json_parse(a, SLICE("{\"amount\":99950,\"currency\":\"USD\",\"due_date\":\"2026-12-01\",\"number\":2,\"x\":null}"), NULL, NULL),
        .full_name = SLICE("Ana {{amount}}"), .spanish = true };
    assert_slice(message_fill(a, SLICE("{{full_name}}: {{amount}} el {{due_date}} ({{number}}){{x}}{{unknown}}."), &v),
                 "Ana {{amount}}: USD 999,50 el 01/12/2026 (2).");
    v.data = json_parse(a, SLICE("{\"valid_until\":\"2027-01-31T05:00:00.5+00:00\",\"refund\":5,\"next_amount\":1250,\"currency\":\"COP\"}"), NULL, NULL);
    v.unsubscribe_url = SLICE("https://example.com/u");
    setenv("TZ", "America/Bogota", 1);
    tzset();
    assert_slice(message_fill(a, SLICE("{{valid_until}} {{refund}} {{next_amount}} {{unsubscribe_url}}"), &v), "31/01/2027 00:00 COP 0,05 COP 12,50 https://example.com/u");
    v.spanish = false;
    assert_slice(message_fill(a, SLICE("{{valid_until}}"), &v), "2027-01-31 00:00");
    assert_slice(message_fill(a, SLICE("{{amount"), &v), "{{amount");
    assert_slice(message_fill(a, SLICE("{"), &v), "{");
    arena_free(a);
}

static void test_write(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct envelope e = { .from = SLICE("Tienda <t@example.com>"), .to = SLICE("ana@example.com"), .id = SLICE("1"),
                          .domain = SLICE("example.com"), .template = SLICE("receipt"), .language = SLICE("es"),
                          .subject = SLICE("Hola\r\nBcc: x@example.com"), .body = SLICE("uno\ndos\r\ntres\n"), .date_us = 0 };
    struct slice m = message_write(a, &e);
    assert_non_null(strstr(m.data, "Subject: Hola  Bcc: x@example.com\r\n"));
    assert_null(strstr(m.data, "\r\nBcc:"));
    assert_non_null(strstr(m.data, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
    assert_non_null(strstr(m.data, "\r\n\r\nuno\r\ndos\r\ntres\r\n"));
    assert_null(strstr(m.data, "List-Unsubscribe"));
    e.unsubscribe_url = SLICE("https://example.com/u\r\nBcc: x@example.com");
    m = message_write(a, &e);
    assert_non_null(strstr(m.data, "\r\nList-Unsubscribe: <https://example.com/u  Bcc: x@example.com>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nX-Cuotas-Template: "));
    e.subject = SLICE("Recibo de pago: 100 € y una línea que se alarga bastante más allá");
    m = message_write(a, &e);
    assert_non_null(strstr(m.data, "Subject: =?UTF-8?B?"));
    for (const char *line = m.data; line; line = strstr(line, "\r\n")) {
        line += *line == '\r' ? 2 : 0;
        const char *end = strstr(line, "\r\n");
        assert_true(!end || end - line < 998);
    }
    assert_slice(message_address(e.from), "t@example.com");
    assert_slice(message_address(e.to), "ana@example.com");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_money), cmocka_unit_test(test_fill), cmocka_unit_test(test_write) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
