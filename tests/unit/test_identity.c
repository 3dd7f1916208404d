/* Signed identities and link tokens: what goes in comes out, and nothing else is believed. */
#include "service/identity.h"

#include "base/clock.h"
#include "check.h"
#include "wire/base64.h"
#include "wire/sha256.h"

#include <unistd.h>

#define SECRET SLICE("0123456789abcdef0123456789abcdef")

/* The header's value: without its name and line end. */
static struct slice value_of(struct slice line)
{
    size_t name = strlen(IDENTITY_HEADER) + 2;
    return slice_of(line.data + name, line.size - name - 2);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    identity_setup(SECRET, "orders");
    const struct identity who = { .kind = IDENTITY_CUSTOMER, .subject = SLICE("0190a8a2-5c1e-7b59-8b54-3c6f3d1a9e10"),
                                  .scopes = SLICE("customer"), .client_ip = SLICE("192.0.2.7") };
    struct identity out = { 0 };
    assert_int_equal(identity_read(a, value_of(identity_header(a, &who)), &out), IDENTITY_GOOD);
    assert_int_equal(out.kind, IDENTITY_CUSTOMER);
    assert_true(slice_equals(out.subject, who.subject) && slice_equals(out.scopes, who.scopes) && slice_equals(out.client_ip, who.client_ip));
    assert_int_equal(identity_read(a, value_of(identity_header(a, NULL)), &out), IDENTITY_GOOD);
    assert_true(out.kind == IDENTITY_SERVICE && slice_equals_text(out.subject, "orders") && identity_has_scope(&out, "service"));
    assert_int_equal(identity_read(a, value_of(identity_header(a, &(const struct identity){ .client_ip = SLICE("::1") })), &out), IDENTITY_GOOD);
    assert_true(out.kind == IDENTITY_NONE && slice_is_none(out.subject) && slice_equals_text(out.client_ip, "::1"));
    arena_free(a);
}

static void test_every_changed_byte_is_seen(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    identity_setup(SECRET, "orders");
    struct slice good = value_of(identity_header(a, NULL));
    struct identity out;
    for (size_t i = 0; i < good.size; i++) {
        /* Also beside the good one, which is then known. */
        assert_int_equal(identity_read(a, good, &out), IDENTITY_GOOD);
        struct slice bad = arena_copy(a, good);
        ((char *)bad.data)[i] ^= 1;
        assert_int_equal(identity_read(a, bad, &out), IDENTITY_FORGED);
        assert_int_equal(identity_read(a, slice_of(good.data, i), &out), IDENTITY_FORGED);
    }
    assert_int_equal(identity_read(a, SLICE_NONE, &out), IDENTITY_FORGED);
    assert_int_equal(identity_read(a, SLICE(""), &out), IDENTITY_FORGED);
    assert_int_equal(identity_read(a, SLICE(";;;;;;"), &out), IDENTITY_FORGED);
    identity_setup(SLICE("another secret, just as long as it"), "orders");
    assert_int_equal(identity_read(a, good, &out), IDENTITY_FORGED);
    arena_free(a);
}

/* As identity_header signs it, but for its end: now and that many seconds. */
static struct slice identity_until(struct arena *a, int64_t seconds)
{
    struct slice text = arena_printf(a, "v1;customer;ana;%lld;192.0.2.7;customer", (long long)(clock_wall_us() / 1000000 + seconds));
    uint8_t mac[SHA256_BYTES];
    struct hmac_key *key = hmac_key_new(SECRET);
    hmac_sha256(key, &text, 1, mac);
    hmac_key_free(key);
    struct slice encoded = base64url_encode(a, slice_of((const char *)mac, sizeof mac));
    return arena_printf(a, "%.*s;%.*s", SLICE_FMT(text), SLICE_FMT(encoded));
}

/* Ours, but out of date, is told apart from forged (service/dispatch.c answers it 503, for clocks may disagree); it lets nobody in all the same. */
static void test_out_of_date(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    identity_setup(SECRET, "orders");
    struct identity out = { 0 };
    assert_int_equal(identity_read(a, identity_until(a, 60), &out), IDENTITY_GOOD);
    assert_true(out.kind == IDENTITY_CUSTOMER && slice_equals_text(out.subject, "ana"));
    static const int64_t past[] = { -2, -61, -1700000000 };
    for (size_t i = 0; i < sizeof past / sizeof past[0]; i++) {
        struct identity none = { 0 };
        struct slice stale = identity_until(a, past[i]);
        assert_int_equal(identity_read(a, stale, &none), IDENTITY_STALE);
        assert_true(none.kind == IDENTITY_NONE && slice_is_none(none.subject) && slice_is_none(none.scopes));
        ((char *)stale.data)[stale.size - 2] ^= 1;
        assert_int_equal(identity_read(a, stale, &none), IDENTITY_FORGED);
    }
    arena_free(a);
}

/* A known line is good no longer than it says, and another secret forgets it. Many callers take each other's places in the table. */
static void test_known_lines(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct identity out = { 0 };
    identity_setup(SECRET, "orders");
    const struct slice good = value_of(identity_header(a, NULL));
    assert_true(slice_equals(good, value_of(identity_header(a, NULL))));
    for (int i = 0; i < 3; i++)
        assert_int_equal(identity_read(a, good, &out), IDENTITY_GOOD);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 3000; i++) {
            const struct slice subject = arena_printf(a, "%zu", i);
            const struct identity who = { .kind = IDENTITY_CUSTOMER, .subject = subject, .scopes = SLICE("customer") };
            assert_int_equal(identity_read(a, value_of(identity_header(a, &who)), &out), IDENTITY_GOOD);
            assert_true(slice_equals(out.subject, subject) && out.kind == IDENTITY_CUSTOMER);
        }
    }
    const struct identity apart[] = { { .kind = IDENTITY_CUSTOMER, .subject = SLICE("a"), .scopes = SLICE("customer") },
                                      { .kind = IDENTITY_STAFF, .subject = SLICE("a"), .scopes = SLICE("customer") },
                                      { .kind = IDENTITY_CUSTOMER, .client_ip = SLICE("a"), .scopes = SLICE("customer") },
                                      { .kind = IDENTITY_CUSTOMER, .subject = SLICE("a"), .scopes = SLICE("staff") } };
    for (size_t i = 0; i < TABLE_COUNT(apart); i++) {
        assert_int_equal(identity_read(a, value_of(identity_header(a, &apart[i])), &out), IDENTITY_GOOD);
        assert_true(out.kind == apart[i].kind && slice_equals(out.subject, apart[i].subject));
        assert_true(slice_equals(out.scopes, apart[i].scopes) && slice_equals(out.client_ip, apart[i].client_ip));
    }
    assert_int_equal(identity_read(a, good, &out), IDENTITY_GOOD);
    identity_setup(SLICE("another secret, just as long as it"), "orders");
    assert_int_equal(identity_read(a, good, &out), IDENTITY_FORGED);
    identity_setup(SECRET, "orders");
    const struct slice short_lived = identity_until(a, 1);
    assert_int_equal(identity_read(a, short_lived, &out), IDENTITY_GOOD);
    assert_int_equal(identity_read(a, short_lived, &out), IDENTITY_GOOD);
    const int64_t until_us = clock_wall_us() + 2100000;
    while (clock_wall_us() < until_us)
        usleep(10000);
    assert_int_equal(identity_read(a, short_lived, &out), IDENTITY_STALE);
    arena_free(a);
}

static void test_link_tokens(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct slice payload;
    identity_setup(SECRET, "collections");
    struct slice token = link_token_make(a, "payment-link", SLICE("{\"order_id\":\"x\"}"));
    assert_true(link_token_open(a, "payment-link", token, &payload));
    assert_true(slice_equals_text(payload, "{\"order_id\":\"x\"}"));
    assert_false(link_token_open(a, "password-reset", token, &payload));
    for (size_t i = 0; i < token.size; i++) {
        struct slice bad = arena_copy(a, token);
        ((char *)bad.data)[i] ^= 1;
        assert_false(link_token_open(a, "payment-link", bad, &payload));
    }
    assert_false(link_token_open(a, "payment-link", SLICE("."), &payload));
    assert_false(link_token_open(a, "payment-link", SLICE(""), &payload));
    arena_free(a);
}

/* Made by another program: all versions of all services agree on it, or only tell each other to look. */
static void test_seal(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct slice sealed = SLICE("events.orders{\"id\":\"1\",\"after\":\"1:2:3\"");
    identity_setup(SECRET, "orders");
    assert_true(slice_equals_text(identity_seal_event(a, sealed), "ndWHNqZVfOkexUkgsuQMqA"));
    identity_setup(SECRET, "billing");
    assert_true(slice_equals_text(identity_seal_event(a, sealed), "ndWHNqZVfOkexUkgsuQMqA"));
    identity_setup(SLICE("0123456789abcdef0123456789abcdeg"), "orders");
    assert_false(slice_equals_text(identity_seal_event(a, sealed), "ndWHNqZVfOkexUkgsuQMqA"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_round_trip), cmocka_unit_test(test_every_changed_byte_is_seen),
                                        cmocka_unit_test(test_out_of_date), cmocka_unit_test(test_known_lines), cmocka_unit_test(test_link_tokens),
                                        cmocka_unit_test(test_seal) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
