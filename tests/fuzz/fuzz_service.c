/* Fuzz target of service/ and of a consumer's question: identity headers, link tokens, page cursors, Idempotency-Keys, event cursors. The first byte says which.
 * Nothing that was not signed by us may be believed, what we sign must be read back as it was, and a cursor's parts must be what their kinds say. */
#include "fuzz.h"

#include "base/uuid.h"
#include "bus/internal.h"
#include "gen/problems.h"
#include "http/route.h"
#include "service/idempotency.h"
#include "service/identity.h"
#include "service/page.h"
#include "wire/base64.h"

static void fuzz_foreign_identity(struct arena *arena, struct slice text)
{
    struct identity who;
    CHECK(identity_read(arena, text, &who) == IDENTITY_FORGED);
}

/* Fields cut at ';', which is what the gateway sees to. */
static void fuzz_own_identity(struct arena *arena, struct slice text)
{
    static const enum identity_kind kinds[] = { IDENTITY_NONE, IDENTITY_CUSTOMER, IDENTITY_STAFF, IDENTITY_SERVICE };
    struct slice rest = text, line, value;
    struct identity who, read;
    enum identity_kind kind = kinds[text.size % 4];
    who = (struct identity){ .kind = kind, .subject = fuzz_part(&rest, ';'), .client_ip = fuzz_part(&rest, ';'), .scopes = fuzz_part(&rest, ';') };
    if (memchr(text.data, '\0', text.size) || slice_is_none(who.subject))
        return;
    line = identity_header(arena, &who);
    (void)slice_cut(line, ':', &value);
    value = slice_trim(slice_of(value.data, value.size - 2));
    CHECK(identity_read(arena, value, &read) == IDENTITY_GOOD && read.kind == kind && slice_equals(read.scopes, who.scopes) && slice_equals(read.client_ip, who.client_ip));
    CHECK(kind == IDENTITY_NONE || slice_equals(read.subject, who.subject));
    /* Any other byte is another text. */
    struct slice changed = arena_copy(arena, value);
    ((char *)changed.data)[text.size * 31 % changed.size] ^= 1;
    CHECK(identity_read(arena, changed, &read) == IDENTITY_FORGED);
}

static void check_cursor(struct arena *arena, struct slice cursor, const char *kinds)
{
    struct work work = { .arena = arena };
    struct slice parts[4];
    if (!page_cursor(&work, cursor, kinds, parts)) {
        CHECK(work.failure.problem == &PROBLEM_validation_failed && work.failure.field_count == 1);
        return;
    }
    CHECK(!work_failed(&work));
    for (size_t i = 0; kinds[i]; i++)
        CHECK(kinds[i] != 'u' || uuid_valid(parts[i]));
}

static void fuzz_cursors(struct arena *arena, struct slice cursor)
{
    static const char *const kinds[] = { "u", "au", "nu", "iau", "tu", "it" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        check_cursor(arena, cursor, kinds[i]);
}

static void fuzz_key(struct arena *arena, struct slice key)
{
    static const struct route route = { .operation = "fuzz", .idempotency = IDEMPOTENCY_REQUIRED };
    static struct http_head head;
    static struct request rq;
    head.headers[0] = (struct http_header){ SLICE("Idempotency-Key"), key };
    head.header_count = 1;
    head.names = http_name_bit("idempotency-key", 15);
    rq = (struct request){ .work = { .arena = arena }, .head = &head, .path = SLICE("/x"), .body = key, .route = &route };
    bool taken = idempotency_begin(&rq);
    CHECK(taken == !work_failed(&rq.work));
    CHECK(!taken || (key.size > 0 && key.size <= IDEMPOTENCY_KEY_MAX && slice_equals(rq.work.idempotency.key, key)));
    for (size_t i = 0; taken && i < key.size; i++)
        CHECK(key.data[i] > 0x20 && key.data[i] < 0x7f);
}

static void fuzz_lanes(struct slice text)
{
    struct lane_cursor lanes[EVENT_LANES];
    struct slice types[EVENT_TYPES_MAX];
    struct cursor at;
    size_t count;
    if (cursor_read(text, &at))
        CHECK(at.epoch >= 0 && at.xid >= 0 && at.id >= 0);
    if (event_types_read(text, types, &count))
        for (size_t i = 0; i < count; i++)
            CHECK(types[i].size > 0 && !memchr(types[i].data, '\'', types[i].size) && !memchr(types[i].data, '}', types[i].size));
    if (!lane_cursors_read(text, lanes, &count))
        return;
    CHECK(count <= EVENT_LANES);
    for (size_t i = 0; i < count; i++)
        CHECK(lanes[i].lane >= 0 && lanes[i].lane < EVENT_LANES && lanes[i].cursor.id >= 0 && lanes[i].cursor.xid >= 0 && lanes[i].cursor.epoch >= 0);
}

static void fuzz_link(struct arena *arena, struct slice payload)
{
    struct slice token = link_token_make(arena, "fuzz", payload), read;
    CHECK(link_token_open(arena, "fuzz", token, &read) && slice_equals(read, payload));
    CHECK(!link_token_open(arena, "other", token, &read));
    CHECK(!link_token_open(arena, "fuzz", payload, &read));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready) {
        identity_setup(SLICE("0123456789abcdef0123456789abcdef"), "fuzz");
        ready = true;
    }
    struct arena *arena = arena_new();
    struct fuzz_bytes in = { data, data + size };
    uint64_t which = fuzz_take(&in, 1) % 7;
    struct slice text = slice_of(in.at < in.end ? (const char *)in.at : "", (size_t)(in.end - in.at));
    if (which == 0)
        fuzz_foreign_identity(arena, text);
    else if (which == 1)
        fuzz_own_identity(arena, text);
    else if (which == 2)
        fuzz_cursors(arena, text);
    else if (which == 3)
        fuzz_cursors(arena, base64url_encode(arena, text));
    else if (which == 4)
        fuzz_key(arena, text);
    else if (which == 5)
        fuzz_lanes(text);
    else
        fuzz_link(arena, text);
    arena_free(arena);
    return 0;
}
