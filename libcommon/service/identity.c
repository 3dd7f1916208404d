/* Signed identities and link tokens by HMAC-SHA256, seals of events by SipHash (why it suffices: libcommon/README.md), with keys prepared once; a while's
 * memory of what was signed and verified. Fields are joined with ';' and checked not to hold one, so a text has one reading. Nothing here suspends. */
#include "service/identity.h"

#include "base/clock.h"
#include "base/hash.h"
#include "gen/problems.h"
#include "service/identity_lines.h"
#include "wire/base64.h"
#include "wire/hex.h"
#include "wire/sha256.h"

#include <endian.h>
#include <stdlib.h>

#define IDENTITY_LIFE_S 60
#define IDENTITY_REUSED_S 10      /* a line is given to the same caller's requests for so long: each has the rest of its life to arrive */
#define IDENTITY_FIELDS 7
#define LINK_KEYS_MAX 8

static struct hmac_key *identity_key;
static uint64_t seal_key[2];
static const char *own_name;
/* What was signed, by who it is about; what was verified, by itself. */
static struct identity_lines *signed_lines, *verified_lines;

/* What the label says is in the key: a seal made otherwise is under another one. */
static void derive_seal_key(void)
{
    const struct slice label = SLICE("cuotas-event-seal:siphash-2-4-128");
    uint8_t derived[SHA256_BYTES];
    hmac_sha256(identity_key, &label, 1, derived);
    memcpy(seal_key, derived, sizeof seal_key);
    seal_key[0] = le64toh(seal_key[0]);
    seal_key[1] = le64toh(seal_key[1]);
}

void identity_setup(struct slice secret, const char *service)
{
    hmac_key_free(identity_key);
    identity_key = hmac_key_new(secret);
    derive_seal_key();
    own_name = service;
    if (!signed_lines) {
        signed_lines = identity_lines_new();
        verified_lines = identity_lines_new();
    }
    identity_lines_forget(signed_lines);
    identity_lines_forget(verified_lines);
}

static int64_t now_s(void)
{
    return clock_wall_us() / 1000000;
}

static struct slice mac_text(struct arena *arena, const struct hmac_key *key, struct slice bytes)
{
    uint8_t mac[SHA256_BYTES];
    hmac_sha256(key, &bytes, 1, mac);
    return base64url_encode(arena, slice_of((const char *)mac, sizeof mac));
}

static const char *kind_name(enum identity_kind kind)
{
    static const char *const names[] = { "none", "customer", "staff", "service" };
    return names[kind];
}

static bool kind_read(struct slice text, enum identity_kind *kind)
{
    for (int i = IDENTITY_NONE; i <= IDENTITY_SERVICE; i++) {
        if (slice_equals_text(text, kind_name((enum identity_kind)i))) {
            *kind = (enum identity_kind)i;
            return true;
        }
    }
    return false;
}

static struct slice sign_line(struct arena *arena, const struct identity *who, int64_t now)
{
    struct slice signed_part = arena_printf(arena, "v1;%s;%.*s;%lld;%.*s;%.*s", kind_name(who->kind), SLICE_FMT(who->subject),
                                            (long long)(now + IDENTITY_LIFE_S), SLICE_FMT(who->client_ip), SLICE_FMT(who->scopes));
    struct slice mac = mac_text(arena, identity_key, signed_part);   /* SLICE_FMT evaluates its argument three times */
    return arena_printf(arena, IDENTITY_HEADER ": %.*s;%.*s\r\n", SLICE_FMT(signed_part), SLICE_FMT(mac));
}

/* Everything of an identity, in the order of its line. */
static struct slice identity_text(struct arena *arena, const struct identity *who)
{
    const struct slice parts[] = { slice_from_text(kind_name(who->kind)), who->subject, who->client_ip, who->scopes };
    size_t size = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        size += parts[i].size + 1;
    char *text = arena_alloc(arena, size), *at = text;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].size)
            memcpy(at, parts[i].data, parts[i].size);
        at += parts[i].size;
        *at++ = ';';
    }
    return slice_of(text, size);
}

static struct slice header_line(struct arena *arena, const struct identity *who)
{
    const int64_t now = now_s();
    const struct slice key = identity_text(arena, who);
    struct slice line = arena_copy(arena, identity_lines_find(signed_lines, key, now));
    if (slice_is_none(line)) {
        line = sign_line(arena, who, now);
        identity_lines_keep(signed_lines, key, line, now, now + IDENTITY_REUSED_S);
    }
    return line;
}

struct slice identity_header(struct arena *arena, const struct identity *identity)
{
    const struct identity self = { .kind = IDENTITY_SERVICE, .subject = slice_from_text(own_name),
                                   .scopes = SLICE("service") };
    return header_line(arena, identity ? identity : &self);
}

static bool split_fields(struct slice text, struct slice fields[IDENTITY_FIELDS])
{
    struct slice rest = text;
    for (size_t i = 0; i < IDENTITY_FIELDS; i++) {
        if (slice_is_none(rest))
            return false;
        fields[i] = slice_cut(rest, ';', &rest);
    }
    return slice_is_none(rest);
}

/* Whether we, or one who knows the secret, wrote this line of these fields: the last one is the HMAC of all before it. */
static bool is_signed(struct arena *arena, struct slice line, const struct slice fields[IDENTITY_FIELDS])
{
    const struct slice mac = fields[IDENTITY_FIELDS - 1];
    const struct slice signed_part = slice_of(line.data, (size_t)(mac.data - line.data) - 1);
    return bytes_equal_secret(mac_text(arena, identity_key, signed_part), mac);
}

enum identity_verdict identity_read(struct arena *arena, struct slice value, struct identity *out)
{
    struct slice f[IDENTITY_FIELDS];
    int64_t expires_s = 0, now = now_s();
    enum identity_kind kind;
    if (slice_is_none(value) || !split_fields(value, f) || !slice_equals_text(f[0], "v1"))
        return IDENTITY_FORGED;
    const bool known = !slice_is_none(identity_lines_find(verified_lines, value, now));
    if ((!known && !is_signed(arena, value, f)) || !kind_read(f[1], &kind) || !slice_to_int64(f[3], &expires_s))
        return IDENTITY_FORGED;
    if (expires_s < now)
        return IDENTITY_STALE;
    if (!known)
        identity_lines_keep(verified_lines, value, SLICE(""), now, expires_s);
    *out = (struct identity){ .kind = kind, .client_ip = arena_copy(arena, f[4]), .scopes = arena_copy(arena, f[5]) };
    if (kind != IDENTITY_NONE)
        out->subject = arena_copy(arena, f[2]);
    return IDENTITY_GOOD;
}

bool identity_admit(struct work *work, const char *const *scopes)
{
    struct slice names = SLICE("");
    if (!scopes)
        return true;
    for (const char *const *scope = scopes; *scope; scope++) {
        if (identity_has_scope(&work->identity, *scope))
            return true;
        names = arena_printf(work->arena, "%.*s%s%s", SLICE_FMT(names), names.size ? " or " : "", *scope);
    }
    return work_fail(work, &PROBLEM_forbidden, "this needs the scope %.*s", SLICE_FMT(names)) != NULL;
}

/* One derived key per purpose, made on first use: a token for one purpose is worthless for another. */
static const struct hmac_key *purpose_key(const char *purpose)
{
    static struct {
        const char *purpose;
        struct hmac_key *key;
    } keys[LINK_KEYS_MAX];
    size_t i = 0;
    while (i < LINK_KEYS_MAX && keys[i].purpose && strcmp(keys[i].purpose, purpose) != 0)
        i++;
    if (i == LINK_KEYS_MAX)
        abort();
    if (!keys[i].key) {
        uint8_t derived[SHA256_BYTES];
        struct slice label[] = { SLICE("cuotas-link:"), slice_from_text(purpose) };   /* links in mails live on it: not to be changed */
        hmac_sha256(identity_key, label, 2, derived);
        keys[i].key = hmac_key_new(slice_of((const char *)derived, sizeof derived));
        keys[i].purpose = purpose;
    }
    return keys[i].key;
}

struct slice identity_digest(struct arena *arena, const struct slice *parts, size_t count)
{
    uint8_t mac[SHA256_BYTES];
    hmac_sha256(purpose_key("request"), parts, count, mac);
    return hex_encode(arena, slice_of((const char *)mac, sizeof mac));
}

struct slice identity_seal_event(struct arena *arena, struct slice bytes)
{
    uint8_t tag[HASH_TAG_BYTES];
    hash_siphash_128(bytes, seal_key, tag);
    return base64url_encode(arena, slice_of((const char *)tag, sizeof tag));
}

struct slice link_token_make(struct arena *arena, const char *purpose, struct slice payload)
{
    struct slice text = base64url_encode(arena, payload);
    struct slice mac = mac_text(arena, purpose_key(purpose), text);
    return arena_printf(arena, "%.*s.%.*s", SLICE_FMT(text), SLICE_FMT(mac));
}

bool link_token_open(struct arena *arena, const char *purpose, struct slice token, struct slice *payload)
{
    struct slice mac;
    struct slice text = slice_cut(token, '.', &mac);
    if (slice_is_none(mac) || !bytes_equal_secret(mac_text(arena, purpose_key(purpose), text), mac))
        return false;
    return base64url_decode(arena, text, payload);
}
