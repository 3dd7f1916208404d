/* base64, hex, SHA-256, HMAC, Stripe's signatures, trace context: published vectors and hostile inputs. */
#include "check.h"

#include "wire/base64.h"
#include "wire/hex.h"
#include "wire/sha256.h"
#include "wire/signature.h"
#include "wire/traceparent.h"

#include <stdio.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void base64_matches_the_rfc(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        { "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" }, { "foo", "Zm9v", "Zm9v" }, { "foob", "Zm9vYg==", "Zm9vYg" },
        { "fooba", "Zm9vYmE=", "Zm9vYmE" },
        { "foobar", "Zm9vYmFy", "Zm9vYmFy" }, { "\xfb\xff\xfe", "+//+", "-__-" },
    };
    struct slice back;
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct slice bytes = slice_from_text(table[i][0]);
        assert_slice(base64_encode(arena, bytes), table[i][1]);
        assert_slice(base64url_encode(arena, bytes), table[i][2]);
        assert_true(base64_decode(arena, slice_from_text(table[i][1]), &back));
        assert_true(slice_equals(back, bytes));
        assert_true(base64url_decode(arena, slice_from_text(table[i][2]), &back));
        assert_true(slice_equals(back, bytes));
    }
}

static void base64_is_strict(void **state)
{
    (void)state;
    static const char *const bad[] = { "Zg", "Zg=", "Zg===", "Z", "Zh==", "Zm9=", "Zm9v=", "====", "=", "Zg==Zg==", "Z g=", "Zm9v\n",
                                       "Zm-v", "Zm_v", "Zm9v!", "Z===" };
    static const char *const bad_url[] = { "Zg==", "Z", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm9v ", "Zm9vY", "\xc3\xb1yyy" };
    struct slice out;
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        if (base64_decode(arena, slice_from_text(bad[i]), &out))
            fail_msg("accepted %s", bad[i]);
    for (size_t i = 0; i < TABLE_COUNT(bad_url); i++)
        if (base64url_decode(arena, slice_from_text(bad_url[i]), &out))
            fail_msg("accepted %s", bad_url[i]);
}

static void base64_round_trips_every_byte(void **state)
{
    (void)state;
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)(i * 167);
    for (size_t size = 0; size <= 256; size++) {
        struct slice in = slice_of(bytes, size), back;
        assert_true(base64_decode(arena, base64_encode(arena, in), &back) && slice_equals(in, back));
        assert_true(base64url_decode(arena, base64url_encode(arena, in), &back) && slice_equals(in, back));
    }
}

static void hex_is_exact(void **state)
{
    (void)state;
    unsigned char out[3];
    assert_slice(hex_encode(arena, SLICE("\x01\xab\xff")), "01abff");
    assert_true(hex_read(SLICE("01aBFf"), out, 3));
    assert_memory_equal(out, "\x01\xab\xff", 3);
    static const char *const bad[] = { "", "01abf", "01abff0", "01abfg", " 1abff", "0x01ab", "01abff00" };
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        if (hex_read(slice_from_text(bad[i]), out, 3))
            fail_msg("accepted %s", bad[i]);
}

static void assert_digest(const uint8_t digest[SHA256_BYTES], const char *hex)
{
    assert_slice(hex_encode(arena, slice_of((const char *)digest, SHA256_BYTES)), hex);
}

static void sha256_matches_fips_180(void **state)
{
    (void)state;
    uint8_t digest[SHA256_BYTES];
    assert_slice(sha256_hex(arena, SLICE("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_slice(sha256_hex(arena, SLICE_NONE), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_slice(sha256_hex(arena, SLICE("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct sha256 *hash = sha256_new(arena), *other = sha256_new(arena);
    char block[1000];
    memset(block, 'a', sizeof block);
    for (int i = 0; i < 1000; i++) {
        sha256_add(hash, slice_of(block, sizeof block));
        sha256_add(other, SLICE("b"));
    }
    sha256_finish(hash, digest);
    assert_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    sha256(SLICE("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), digest);
    assert_digest(digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void hmac_matches_rfc_4231(void **state)
{
    (void)state;
    uint8_t digest[SHA256_BYTES];
    char long_key[131];
    memset(long_key, 0xaa, sizeof long_key);
    struct hmac_key *one = hmac_key_new(SLICE("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"));
    struct hmac_key *two = hmac_key_new(SLICE("Jefe")), *six = hmac_key_new(slice_of(long_key, sizeof long_key)),
        *none = hmac_key_new(SLICE_NONE);
    for (int again = 0; again < 3; again++) {   /* a key is for many uses, in any order */
        hmac_sha256(one, (const struct slice[]){ SLICE("Hi "), SLICE(""), SLICE("There") }, 3, digest);
        assert_digest(digest, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        hmac_sha256(two, (const struct slice[]){ SLICE("what do ya want for nothing?") }, 1, digest);
        assert_digest(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        hmac_sha256(six, (const struct slice[]){ SLICE("Test Using Larger Than Block-Size Key - Hash Key First") }, 1, digest);
        assert_digest(digest, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
        hmac_sha256(none, NULL, 0, digest);
        assert_digest(digest, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    }
    hmac_key_free(one);
    hmac_key_free(two);
    hmac_key_free(six);
    hmac_key_free(none);
    hmac_key_free(NULL);
}

static void secrets_compare(void **state)
{
    (void)state;
    assert_true(bytes_equal_secret(SLICE("abc"), SLICE("abc")));
    assert_false(bytes_equal_secret(SLICE("abc"), SLICE("abd")));
    assert_false(bytes_equal_secret(SLICE("abc"), SLICE("ab")));
    assert_true(bytes_equal_secret(SLICE_NONE, SLICE("")));
}

#define STRIPE_HEX "49122e15f196ea64a7f8abfd04213c37bd803078e7f225f231a9bea61f894860"
static const struct slice stripe_body = SLICE("{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"payment_intent.succeeded\",\"data\":{\"object\":{\"id\":\"pi_1\"}}}");

static enum signature_verdict verify(const char *header, int64_t now_s)
{
    const struct slice secrets[] = { SLICE("whsec_old"), SLICE("whsec_test") };
    return stripe_signature_verify(slice_from_text(header), stripe_body, secrets, 2, now_s, SIGNATURE_TOLERANCE_S);
}

static void stripe_signatures_match_the_vector(void **state)
{
    (void)state;
    assert_slice(stripe_signature_make(arena, SLICE("whsec_test"), 1700000000, stripe_body), "t=1700000000,v1=" STRIPE_HEX);
    assert_int_equal(verify("t=1700000000,v1=" STRIPE_HEX, 1700000000), SIGNATURE_OK);
}

static void stripe_signatures_are_judged(void **state)
{
    (void)state;
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct slice two = arena_printf(arena, "t=1700000000,v1=%s,v0=zz,v1=" STRIPE_HEX, zeros);
    assert_int_equal(verify(two.data, 1700000000), SIGNATURE_OK);
    assert_int_equal(verify("v1=" STRIPE_HEX ", t=1700000000", 1700000000), SIGNATURE_OK);
    assert_int_equal(verify("t=1700000000,v1=" STRIPE_HEX, 1700000300), SIGNATURE_OK);
    assert_int_equal(verify("t=1700000000,v1=" STRIPE_HEX, 1700000301), SIGNATURE_STALE);
    assert_int_equal(verify("t=1700000000,v1=" STRIPE_HEX, 1699999700), SIGNATURE_OK);
    assert_int_equal(verify("t=1700000000,v1=" STRIPE_HEX, 1699999699), SIGNATURE_STALE);
    assert_int_equal(verify("t=1700000001,v1=" STRIPE_HEX, 1700000000), SIGNATURE_MISMATCH);
    assert_int_equal(verify("t=01700000000,v1=" STRIPE_HEX, 1700000000), SIGNATURE_MISMATCH);
    assert_int_equal(verify(arena_printf(arena, "t=1700000000,v1=%s", zeros).data, 1800000000), SIGNATURE_MISMATCH);
    const struct slice other[] = { SLICE("whsec_other"), SLICE_NONE, SLICE("") };
    assert_int_equal(stripe_signature_verify(SLICE("t=1700000000,v1=" STRIPE_HEX), stripe_body, other, 3, 1700000000, 300),
                     SIGNATURE_MISMATCH);
    assert_int_equal(stripe_signature_verify(SLICE("t=1700000000,v1=" STRIPE_HEX), SLICE("{}"), other, 3, 1700000000, 300),
                     SIGNATURE_MISMATCH);
    assert_int_equal(stripe_signature_verify(SLICE("t=1700000000,v1=" STRIPE_HEX), stripe_body, NULL, 0, 1700000000, 300),
                     SIGNATURE_MISMATCH);
}

static void malformed_signatures_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "t=1700000000", "v1=" STRIPE_HEX, "t=,v1=" STRIPE_HEX, "t=-1700000000,v1=" STRIPE_HEX,
                                       "t=1700000000,t=1700000000,v1=" STRIPE_HEX,
                                       "t=1.7e9,v1=" STRIPE_HEX, "t=1700000000000,v1=" STRIPE_HEX, "t=1700000000,v1=",
                                       "t=1700000000,v1=" STRIPE_HEX "00", "t=1700000000,v1=xyz", "t=1700000000;v1=" STRIPE_HEX,
                                       "t=1700000000,v1=" STRIPE_HEX ",", "t=1700000000,v0=" STRIPE_HEX, "garbage" };
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        if (verify(bad[i], 1700000000) != SIGNATURE_MALFORMED)
            fail_msg("%s", bad[i]);
    assert_int_equal(verify(NULL, 1700000000), SIGNATURE_MALFORMED);
    struct slice many = SLICE("t=1700000000");
    for (int i = 0; i <= SIGNATURES_MAX; i++)
        many = arena_printf(arena, "%.*s,v1=" STRIPE_HEX, SLICE_FMT(many));
    assert_int_equal(verify(many.data, 1700000000), SIGNATURE_MALFORMED);
}

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"

static void traces_are_read_strictly(void **state)
{
    (void)state;
    static const char *const good[] = { "00-" TRACE "-" SPAN "-01", "00-" TRACE "-" SPAN "-00", "00-" TRACE "-" SPAN "-ff",
                                        "01-" TRACE "-" SPAN "-01", "cc-" TRACE "-" SPAN "-01-what-comes" };
    static const char *const bad[] = { "", "00-" TRACE "-" SPAN "-0", "00-" TRACE "-" SPAN "-01-more", "00-" TRACE "-" SPAN "-011",
                                       "ff-" TRACE "-" SPAN "-01", "cc-" TRACE "-" SPAN "-01x",
                                       "00-00000000000000000000000000000000-" SPAN "-01", "00-" TRACE "-0000000000000000-01",
                                       "00-0AF7651916cd43dd8448eb211c80319c-" SPAN "-01", "00-" TRACE "-" SPAN "-0g",
                                       "00_" TRACE "-" SPAN "-01", "00-" TRACE "_" SPAN "-01", "0g-" TRACE "-" SPAN "-01",
                                       "00-" TRACE SPAN "--01", " 00-" TRACE "-" SPAN "-01" };
    struct traceparent trace;
    for (size_t i = 0; i < TABLE_COUNT(good); i++) {
        if (!traceparent_parse(slice_from_text(good[i]), &trace))
            fail_msg("refused %s", good[i]);
        assert_slice(trace.trace_id, TRACE);
        assert_slice(trace.span_id, SPAN);
    }
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        if (traceparent_parse(slice_from_text(bad[i]), &trace))
            fail_msg("accepted %s", bad[i]);
    assert_false(traceparent_parse(SLICE_NONE, &trace));
}

static void a_hop_keeps_the_trace_and_has_its_own_span(void **state)
{
    (void)state;
    struct traceparent trace, other;
    assert_true(traceparent_parse(traceparent_next(arena, SLICE("00-" TRACE "-" SPAN "-00")), &trace));
    assert_slice(trace.trace_id, TRACE);
    assert_false(slice_equals_text(trace.span_id, SPAN));
    assert_int_equal(trace.flags, 0);
    assert_true(traceparent_parse(traceparent_next(arena, SLICE("00-" TRACE "-" SPAN "-ff")), &trace));
    assert_int_equal(trace.flags, 1);
    assert_true(traceparent_parse(traceparent_next(arena, SLICE("junk")), &trace));
    assert_true(traceparent_parse(traceparent_next(arena, SLICE_NONE), &other));
    assert_int_equal(trace.flags, 1);
    assert_false(slice_equals(trace.trace_id, other.trace_id));
}

#define MERCADOPAGO_HEX "95759f5271cbc0d5bf037b0b254983f5b3d94afca2ca958058096a8903e1ba46"
#define MERCADOPAGO_SMALL_HEX "b89f7ec270f39ec20d5e289c56999572a748ed2a13434ff5b77b0cdc8effab93"   /* id:ord01abc;ts:1742505638; */
#define MERCADOPAGO_ID SLICE("123456789")
#define MERCADOPAGO_REQUEST SLICE("bb56a2f1-6aae-46ac-982e-9dcd3581d08e")
#define MERCADOPAGO_S 1742505638

static enum signature_verdict mercadopago_verdict(const char *header, struct slice id, struct slice request_id, int64_t now_s)
{
    const struct slice secrets[] = { SLICE("an old one"), SLICE("mp-secret-of-the-vector") };
    return mercadopago_signature_verify(slice_from_text(header), id, request_id, secrets, 2, now_s, SIGNATURE_TOLERANCE_S);
}

/* The digests are those that the official client's WebhookSignatureValidator takes. */
static void mercadopago_signatures_are_judged(void **state)
{
    (void)state;
    const char *header = "ts=1742505638683,v1=" MERCADOPAGO_HEX;
    assert_slice(mercadopago_signature_make(arena, SLICE("mp-secret-of-the-vector"), SLICE("1742505638683"), MERCADOPAGO_ID, MERCADOPAGO_REQUEST), header);
    assert_int_equal(mercadopago_verdict(header, MERCADOPAGO_ID, MERCADOPAGO_REQUEST, MERCADOPAGO_S), SIGNATURE_OK);
    assert_int_equal(mercadopago_verdict("v1=" MERCADOPAGO_HEX ", ts=1742505638683", MERCADOPAGO_ID, MERCADOPAGO_REQUEST, MERCADOPAGO_S + 300), SIGNATURE_OK);
    assert_int_equal(mercadopago_verdict(header, MERCADOPAGO_ID, MERCADOPAGO_REQUEST, MERCADOPAGO_S + 301), SIGNATURE_STALE);
    assert_int_equal(mercadopago_verdict(header, MERCADOPAGO_ID, MERCADOPAGO_REQUEST, MERCADOPAGO_S - 301), SIGNATURE_STALE);
    assert_int_equal(mercadopago_verdict(header, SLICE("123456780"), MERCADOPAGO_REQUEST, MERCADOPAGO_S), SIGNATURE_MISMATCH);
    assert_int_equal(mercadopago_verdict(header, MERCADOPAGO_ID, SLICE_NONE, MERCADOPAGO_S), SIGNATURE_MISMATCH);
    assert_int_equal(mercadopago_verdict(header, SLICE_NONE, MERCADOPAGO_REQUEST, MERCADOPAGO_S), SIGNATURE_MISMATCH);
    assert_int_equal(mercadopago_verdict("ts=1742505638684,v1=" MERCADOPAGO_HEX, MERCADOPAGO_ID, MERCADOPAGO_REQUEST, MERCADOPAGO_S), SIGNATURE_MISMATCH);
    /* Without a request's id, in seconds, and of an id that was signed in small letters. */
    const char *small = "ts=1742505638,v1=" MERCADOPAGO_SMALL_HEX;
    assert_int_equal(mercadopago_verdict(small, SLICE("ord01abc"), SLICE_NONE, MERCADOPAGO_S), SIGNATURE_OK);
    assert_int_equal(mercadopago_verdict(small, SLICE("ORD01ABC"), SLICE_NONE, MERCADOPAGO_S), SIGNATURE_OK);
    assert_int_equal(mercadopago_verdict(small, SLICE("ord01abc"), SLICE_NONE, MERCADOPAGO_S + 301), SIGNATURE_STALE);
    static const char *const bad[] = { "", "garbage", "ts=1742505638", "v1=" MERCADOPAGO_SMALL_HEX, "t=1742505638,v1=" MERCADOPAGO_SMALL_HEX,
                                       "ts=-1742505638,v1=" MERCADOPAGO_SMALL_HEX, "ts=1742505638,ts=1742505638,v1=" MERCADOPAGO_SMALL_HEX, "ts=17425056386830,v1=" MERCADOPAGO_SMALL_HEX };
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        if (mercadopago_verdict(bad[i], SLICE("ord01abc"), SLICE_NONE, MERCADOPAGO_S) != SIGNATURE_MALFORMED)
            fail_msg("%s", bad[i]);
    struct slice long_id = arena_printf(arena, "%065d", 1);
    assert_int_equal(mercadopago_verdict(small, long_id, SLICE_NONE, MERCADOPAGO_S), SIGNATURE_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(base64_matches_the_rfc, set_up, tear_down),
        cmocka_unit_test_setup_teardown(base64_is_strict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(base64_round_trips_every_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hex_is_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sha256_matches_fips_180, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hmac_matches_rfc_4231, set_up, tear_down),
        cmocka_unit_test(secrets_compare), cmocka_unit_test_setup_teardown(stripe_signatures_match_the_vector, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stripe_signatures_are_judged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mercadopago_signatures_are_judged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(malformed_signatures_are_refused, set_up, tear_down), cmocka_unit_test(traces_are_read_strictly),
        cmocka_unit_test_setup_teardown(a_hop_keeps_the_trace_and_has_its_own_span, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
