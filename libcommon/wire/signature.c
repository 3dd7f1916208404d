/* Stripe's webhook signatures. Invariant: every candidate is compared with every secret's digest in constant time, and a wrong signature is
 * told as such whatever its time says. Nothing here suspends. */
#include "wire/signature.h"

#include "wire/hex.h"
#include "wire/sha256.h"

#define HEADER_BYTES_MAX 2048
#define TIME_DIGITS_MAX 12

struct stripe_header {
    struct slice time;
    uint8_t digests[SIGNATURES_MAX][SHA256_BYTES];
    size_t count;
};

static void digest_make(struct slice secret, struct slice time, struct slice body, uint8_t out[SHA256_BYTES])
{
    struct hmac_key *key = hmac_key_new(secret);
    hmac_sha256(key, (const struct slice[]){ time, SLICE("."), body }, 3, out);
    hmac_key_free(key);
}

struct slice stripe_signature_make(struct arena *arena, struct slice secret, int64_t time_s, struct slice body)
{
    uint8_t digest[SHA256_BYTES];
    struct slice time = arena_printf(arena, "%lld", (long long)time_s);
    digest_make(secret, time, body, digest);
    struct slice hex = hex_encode(arena, slice_of((const char *)digest, sizeof digest));
    return arena_printf(arena, "t=%.*s,v1=%.*s", SLICE_FMT(time), SLICE_FMT(hex));
}

static bool take_item(struct stripe_header *header, struct slice name, struct slice value)
{
    if (slice_equals_text(name, "t")) {
        bool once = slice_is_none(header->time);
        header->time = value;
        return once && value.size && value.size <= TIME_DIGITS_MAX && value.data[0] != '-';
    }
    if (!slice_equals_text(name, "v1"))
        return true;   /* v0 and whatever comes: not ours to check */
    return header->count < SIGNATURES_MAX && hex_read(value, header->digests[header->count++], SHA256_BYTES);
}

static bool header_read(struct slice text, struct stripe_header *header, int64_t *time_s)
{
    *header = (struct stripe_header){ .time = SLICE_NONE };
    if (text.size > HEADER_BYTES_MAX)
        return false;
    while (!slice_is_none(text)) {
        struct slice value, item = slice_trim(slice_cut(text, ',', &text));
        struct slice name = slice_cut(item, '=', &value);
        if (slice_is_none(value) || !take_item(header, name, value))
            return false;
    }
    return header->count && slice_to_int64(header->time, time_s);
}

static bool header_matches(const struct stripe_header *header, struct slice body, struct slice secret)
{
    uint8_t digest[SHA256_BYTES];
    bool match = false;
    digest_make(secret, header->time, body, digest);
    struct slice ours = slice_of((const char *)digest, sizeof digest);
    for (size_t i = 0; i < header->count; i++)
        match |= bytes_equal_secret(ours, slice_of((const char *)header->digests[i], SHA256_BYTES));
    return match;
}

enum signature_verdict stripe_signature_verify(struct slice header, struct slice body, const struct slice *secrets, size_t count,
                                               int64_t now_s, int64_t tolerance_s)
{
    struct stripe_header parsed;
    int64_t time_s;
    if (!header_read(header, &parsed, &time_s))
        return SIGNATURE_MALFORMED;
    bool match = false;
    for (size_t i = 0; i < count; i++)
        match |= secrets[i].size && header_matches(&parsed, body, secrets[i]);
    if (!match)
        return SIGNATURE_MISMATCH;
    int64_t age = now_s - time_s;
    return age <= tolerance_s && age >= -tolerance_s ? SIGNATURE_OK : SIGNATURE_STALE;
}
