/* Fuzz target of the small codecs: base64, hex, SHA-256 and HMAC in pieces, trace context, webhook signatures. Strict decoding means that encoding the result gives
 * the same text back; a signature no secret made is never right; our own always is. */
#include "fuzz.h"

#include "wire/base64.h"
#include "wire/hex.h"
#include "wire/sha256.h"
#include "wire/signature.h"
#include "wire/traceparent.h"

static void fuzz_base64(struct arena *arena, struct slice text)
{
    struct slice bytes, back;
    if (base64_decode(arena, text, &bytes))
        CHECK(slice_equals(base64_encode(arena, bytes), text));
    if (base64url_decode(arena, text, &bytes))
        CHECK(slice_equals(base64url_encode(arena, bytes), text));
    CHECK(base64_decode(arena, base64_encode(arena, text), &back) && slice_equals(back, text));
    CHECK(base64url_decode(arena, base64url_encode(arena, text), &back) && slice_equals(back, text));
}

static void fuzz_hex(struct arena *arena, struct slice text)
{
    unsigned char bytes[16];
    if (hex_read(text, bytes, sizeof bytes))
        CHECK(slice_equals_nocase(hex_encode(arena, slice_of((const char *)bytes, sizeof bytes)), text));
}

static void fuzz_digests(struct arena *arena, struct slice text)
{
    static struct hmac_key *key;
    uint8_t whole[SHA256_BYTES], pieces[SHA256_BYTES];
    size_t half = text.size / 2;
    const struct slice parts[] = { slice_of(text.data, half), slice_of(text.data + half, text.size - half) };
    key = key ? key : hmac_key_new(SLICE("fuzz"));
    struct sha256 *hash = sha256_new(arena);
    sha256_add(hash, parts[0]);
    sha256_add(hash, parts[1]);
    sha256_finish(hash, pieces);
    sha256(text, whole);
    struct slice a = slice_of((const char *)whole, sizeof whole), b = slice_of((const char *)pieces, sizeof pieces);
    CHECK(bytes_equal_secret(a, b) && slice_equals(sha256_hex(arena, text), hex_encode(arena, a)));
    hmac_sha256(key, &text, 1, whole);
    hmac_sha256(key, parts, 2, pieces);
    CHECK(bytes_equal_secret(a, b) && !bytes_equal_secret(a, slice_of(b.data, b.size - 1)));
    pieces[half % SHA256_BYTES] ^= 1;
    CHECK(!bytes_equal_secret(a, b));
}

static void fuzz_trace(struct arena *arena, struct slice text)
{
    struct traceparent trace, next;
    bool known = traceparent_parse(text, &trace);
    CHECK(traceparent_parse(traceparent_next(arena, text), &next));
    CHECK(!known || slice_equals(trace.trace_id, next.trace_id));
}

static void fuzz_signature(struct arena *arena, struct slice text)
{
    struct slice secret = SLICE("whsec_fuzz");
    struct slice body, header = slice_cut(text, '\n', &body);
    CHECK(stripe_signature_verify(header, body, &secret, 1, 1700000000, 300) != SIGNATURE_OK);
    CHECK(mercadopago_signature_verify(header, body, header, &secret, 1, 1700000000, 300) != SIGNATURE_OK);
    struct slice ours = stripe_signature_make(arena, secret, 1700000000, text);
    CHECK(stripe_signature_verify(ours, text, &secret, 1, 1700000000, 300) == SIGNATURE_OK);
    ours = mercadopago_signature_make(arena, secret, SLICE("1700000000123"), SLICE("a1"), text);
    CHECK(mercadopago_signature_verify(ours, SLICE("A1"), text, &secret, 1, 1700000000, 300) == SIGNATURE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct slice text = slice_of((const char *)data, size);
    fuzz_base64(arena, text);
    fuzz_hex(arena, text);
    if (size % 8 == 0)   /* nothing in it branches on the bytes */
        fuzz_digests(arena, text);
    fuzz_trace(arena, text);
    fuzz_signature(arena, text);
    arena_free(arena);
    return 0;
}
