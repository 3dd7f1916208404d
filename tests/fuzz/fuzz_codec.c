/* Fuzz target of the small codecs: base64, hex, trace context, webhook signatures. Strict decoding means that encoding the result gives
 * the same text back; a signature no secret made is never right; our own always is. */
#include "wire/base64.h"
#include "wire/hex.h"
#include "wire/signature.h"
#include "wire/traceparent.h"

#include <stdlib.h>

#define CHECK(condition) do { if (!(condition)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    struct slice ours = stripe_signature_make(arena, secret, 1700000000, text);
    CHECK(stripe_signature_verify(ours, text, &secret, 1, 1700000000, 300) == SIGNATURE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct slice text = slice_of((const char *)data, size);
    fuzz_base64(arena, text);
    fuzz_hex(arena, text);
    fuzz_trace(arena, text);
    fuzz_signature(arena, text);
    arena_free(arena);
    return 0;
}
