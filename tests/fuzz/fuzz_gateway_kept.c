/* Fuzz target of the gateway's kept answers: a line of If-None-Match, a line of what is told to have changed, a line of target, and a body. A tag is only
 * named where it stands; an answer is found as it was put; it ends with a change of an id that stands in it, and never is found after everything changed. */
#include "fuzz.h"

#include "base/uuid.h"
#include "gateway/cache_etag.h"
#include "gateway/cache_ids.h"

#define TAG "\"0123456789abcdef-10\""
#define ID_BYTES (UUID_TEXT - 1)

static void check_tag(struct slice value)
{
    static struct http_head head;
    char weak[sizeof TAG + 16];
    head.header_count = 1;
    head.names = UINT64_MAX;
    head.headers[0] = (struct http_header){ SLICE("If-None-Match"), value };
    bool named = etag_named(&head, SLICE(TAG));
    CHECK(!named || slice_equals_text(slice_trim(value), "*") || memmem(value.data, value.size, TAG, sizeof TAG - 1));
    /* In a line of its own it is named whatever the other line says. */
    head.header_count = 2;
    head.headers[1] = (struct http_header){ SLICE("if-none-match"), slice_of(weak, (size_t)snprintf(weak, sizeof weak, " W/%s ,", TAG)) };
    CHECK(etag_named(&head, SLICE(TAG)));
    char text[ETAG_TEXT];
    CHECK(etag_write(text, etag_hash(value), value.size).size <= sizeof text);
}

/* The first id between quotes, by looking at each place. */
static struct slice find_id(struct slice body)
{
    for (size_t i = 0; i + ID_BYTES + 2 <= body.size; i++)
        if (body.data[i] == '"' && body.data[i + 1 + ID_BYTES] == '"' && uuid_valid(slice_of(body.data + i + 1, ID_BYTES)))
            return slice_of(body.data + i + 1, ID_BYTES);
    return SLICE_NONE;
}

static bool is_kept(struct cache_store *store, struct slice key, struct slice body)
{
    struct cache_entry found;
    if (!cache_store_find(store, key, 1, &found))
        return false;
    CHECK(slice_equals(found.body, body) && slice_equals(found.lines, SLICE("A: b\r\n")));
    return true;
}

static bool keep(struct cache_store *store, struct slice key, struct slice body)
{
    const struct cache_entry entry = { SLICE("A: b\r\n"), body, 1 };
    return cache_store_put(store, key, &entry, cache_store_version(store), 2, 1) && is_kept(store, key, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cache_store *store;
    if (!store)
        store = cache_store_new(CACHE_BYTES_MIN);
    struct slice rest = slice_of((const char *)data, size);
    struct slice condition = fuzz_part(&rest, '\n'), told = fuzz_part(&rest, '\n'), key = fuzz_part(&rest, '\n');
    check_tag(condition);
    if (key.size == 0 || key.size + rest.size > CACHE_BYTES_MIN / 32)
        return 0;
    CHECK(keep(store, key, rest));
    struct slice id = find_id(rest);
    if (!slice_is_none(id)) {
        cache_store_changed(store, id);
        CHECK(!is_kept(store, key, rest));
        CHECK(keep(store, key, rest));
    }
    uint64_t before = cache_store_version(store);
    cache_store_changed(store, told);
    CHECK(cache_store_version(store) > before);
    (void)is_kept(store, key, rest);
    (void)cache_store_holds(store, key, before);
    cache_store_changed(store, SLICE("*"));
    CHECK(!is_kept(store, key, rest) && !cache_store_holds(store, key, before));
    return 0;
}
