/* Providers' webhook signatures. Invariant: every candidate is compared with every secret's digest in constant time, and a wrong signature is
 * told as such whatever its time says. Nothing here suspends. */
#include "wire/signature.h"

#include "wire/hex.h"
#include "wire/sha256.h"

#define HEADER_BYTES_MAX 2048
#define STRIPE_TIME_DIGITS_MAX 12
#define TIME_DIGITS_MAX 13
#define TIME_MS_MIN (INT64_C(1) << 37)   /* later than any second that will be, earlier than any millisecond that was of use */
#define ID_BYTES_MAX 64
#define MANIFEST_PARTS_MAX 9

struct signature_header {
    struct slice time;
    uint8_t digests[SIGNATURES_MAX][SHA256_BYTES];
    size_t count;
};

/* What is signed, in pieces. */
struct signed_parts {
    struct slice all[MANIFEST_PARTS_MAX];
    size_t count;
};

static void digest_make(struct slice secret, const struct signed_parts *parts, uint8_t out[SHA256_BYTES])
{
    struct hmac_key *key = hmac_key_new(secret);
    hmac_sha256(key, parts->all, parts->count, out);
    hmac_key_free(key);
}

static struct signed_parts stripe_parts(struct slice time, struct slice body)
{
    return (struct signed_parts){ { time, SLICE("."), body }, 3 };
}

struct slice stripe_signature_make(struct arena *arena, struct slice secret, int64_t time_s, struct slice body)
{
    uint8_t digest[SHA256_BYTES];
    struct slice time = arena_printf(arena, "%lld", (long long)time_s);
    const struct signed_parts parts = stripe_parts(time, body);
    digest_make(secret, &parts, digest);
    struct slice hex = hex_encode(arena, slice_of((const char *)digest, sizeof digest));
    return arena_printf(arena, "t=%.*s,v1=%.*s", SLICE_FMT(time), SLICE_FMT(hex));
}

static bool take_item(struct signature_header *header, const char *time_name, struct slice name, struct slice value)
{
    if (slice_equals_text(name, time_name)) {
        bool once = slice_is_none(header->time);
        header->time = value;
        return once && value.size && value.size <= TIME_DIGITS_MAX && value.data[0] != '-';
    }
    if (!slice_equals_text(name, "v1"))
        return true;   /* v0 and whatever comes: not ours to check */
    return header->count < SIGNATURES_MAX && hex_read(value, header->digests[header->count++], SHA256_BYTES);
}

static bool header_read(struct slice text, const char *time_name, struct signature_header *header, int64_t *time)
{
    *header = (struct signature_header){ .time = SLICE_NONE };
    if (text.size > HEADER_BYTES_MAX)
        return false;
    while (!slice_is_none(text)) {
        struct slice value, item = slice_trim(slice_cut(text, ',', &text));
        struct slice name = slice_cut(item, '=', &value);
        if (slice_is_none(value) || !take_item(header, time_name, name, value))
            return false;
    }
    return header->count && slice_to_int64(header->time, time);
}

static bool header_matches(const struct signature_header *header, const struct signed_parts *parts, struct slice secret)
{
    uint8_t digest[SHA256_BYTES];
    bool match = false;
    digest_make(secret, parts, digest);
    struct slice ours = slice_of((const char *)digest, sizeof digest);
    for (size_t i = 0; i < header->count; i++)
        match |= bytes_equal_secret(ours, slice_of((const char *)header->digests[i], SHA256_BYTES));
    return match;
}

static bool any_secret_matches(const struct signature_header *header, const struct signed_parts *parts, const struct slice *secrets, size_t count)
{
    bool match = false;
    for (size_t i = 0; i < count; i++)
        match |= secrets[i].size && header_matches(header, parts, secrets[i]);
    return match;
}

static enum signature_verdict judge_age(int64_t age_s, int64_t tolerance_s)
{
    return age_s <= tolerance_s && age_s >= -tolerance_s ? SIGNATURE_OK : SIGNATURE_STALE;
}

enum signature_verdict stripe_signature_verify(struct slice header, struct slice body, const struct slice *secrets, size_t count,
                                               int64_t now_s, int64_t tolerance_s)
{
    struct signature_header parsed;
    int64_t time_s;
    if (!header_read(header, "t", &parsed, &time_s) || parsed.time.size > STRIPE_TIME_DIGITS_MAX)
        return SIGNATURE_MALFORMED;
    const struct signed_parts parts = stripe_parts(parsed.time, body);
    return any_secret_matches(&parsed, &parts, secrets, count) ? judge_age(now_s - time_s, tolerance_s) : SIGNATURE_MISMATCH;
}

static void add_part(struct signed_parts *parts, struct slice name, struct slice value)
{
    if (slice_is_none(value))
        return;
    parts->all[parts->count++] = name;
    parts->all[parts->count++] = value;
    parts->all[parts->count++] = SLICE(";");
}

static struct signed_parts manifest(struct slice id, struct slice request_id, struct slice time)
{
    struct signed_parts parts = { .count = 0 };
    add_part(&parts, SLICE("id:"), id);
    add_part(&parts, SLICE("request-id:"), request_id);
    add_part(&parts, SLICE("ts:"), time);
    return parts;
}

struct slice mercadopago_signature_make(struct arena *arena, struct slice secret, struct slice time, struct slice id, struct slice request_id)
{
    uint8_t digest[SHA256_BYTES];
    const struct signed_parts parts = manifest(id, request_id, time);
    digest_make(secret, &parts, digest);
    struct slice hex = hex_encode(arena, slice_of((const char *)digest, sizeof digest));
    return arena_printf(arena, "ts=%.*s,v1=%.*s", SLICE_FMT(time), SLICE_FMT(hex));
}

enum signature_verdict mercadopago_signature_verify(struct slice header, struct slice id, struct slice request_id, const struct slice *secrets, size_t count,
                                                    int64_t now_s, int64_t tolerance_s)
{
    struct signature_header parsed;
    char small[ID_BYTES_MAX];
    int64_t time;
    if (id.size > ID_BYTES_MAX || !header_read(header, "ts", &parsed, &time))
        return SIGNATURE_MALFORMED;
    for (size_t i = 0; i < id.size; i++)
        small[i] = id.data[i] >= 'A' && id.data[i] <= 'Z' ? (char)(id.data[i] - 'A' + 'a') : id.data[i];
    struct slice small_id = slice_is_none(id) ? id : slice_of(small, id.size);
    const struct signed_parts verbatim = manifest(id, request_id, parsed.time), lowered = manifest(small_id, request_id, parsed.time);
    bool match = any_secret_matches(&parsed, &verbatim, secrets, count);
    match |= any_secret_matches(&parsed, &lowered, secrets, count);
    return match ? judge_age(now_s - (time >= TIME_MS_MIN ? time / 1000 : time), tolerance_s) : SIGNATURE_MISMATCH;
}
