/* The gateway's kept answers (services/gateway/cache_store.c, cache_ids.c): found as they were put, ended by time and by change, within their memory
 * whatever is put; at length against a model that only remembers. */
#include "check.h"

#include "gateway/cache_ids.h"
#include "gateway/cache_store.h"

#include <stdio.h>

#define A "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10"
#define B "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e11"
#define LATER 1000

static struct cache_store *store;

static int setup(void **state)
{
    (void)state;
    store = cache_store_new(CACHE_BYTES_MIN);
    return store ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    cache_store_free(store);
    return 0;
}

static bool put(const char *key, const char *body, uint64_t version, int64_t now_us)
{
    struct cache_entry entry = { SLICE("Content-Type: text/plain\r\n"), slice_from_text(body), 42 };
    return cache_store_put(store, slice_from_text(key), &entry, version, now_us + LATER, now_us);
}

static bool has(const char *key, int64_t now_us)
{
    struct cache_entry entry;
    return cache_store_find(store, slice_from_text(key), now_us, &entry);
}

static void what_was_put_is_found(void **state)
{
    (void)state;
    struct cache_entry found;
    assert_false(has("/a", 0));
    assert_true(put("/a", "body", 0, 0));
    assert_true(cache_store_find(store, SLICE("/a"), 1, &found));
    assert_slice(found.lines, "Content-Type: text/plain\r\n");
    assert_slice(found.body, "body");
    assert_int_equal(found.etag, 42);
    assert_false(has("/A", 1));
    assert_false(has("/a?", 1));
    assert_true(put("/a", "", 0, 1));
    assert_true(cache_store_find(store, SLICE("/a"), 2, &found));
    assert_int_equal(found.body.size, 0);
    assert_false(put("", "x", 0, 0));
}

static void it_ends_at_its_time(void **state)
{
    (void)state;
    assert_true(put("/a", "body", 0, 5));
    assert_true(has("/a", 5 + LATER - 1));
    assert_false(has("/a", 5 + LATER));
    struct cache_entry entry = { SLICE(""), SLICE("x"), 0 };
    assert_false(cache_store_put(store, SLICE("/b"), &entry, 0, 10, 10));   /* over before it came */
}

static void a_change_ends_what_has_its_id(void **state)
{
    (void)state;
    assert_true(put("/products/" A, "{}", 0, 0));
    assert_true(put("/products/019AA8A2-5C1E-7B59-8B54-3C6F3D1A9E10", "{}", 0, 0));
    assert_true(put("/products/" B, "{}", 0, 0));
    assert_true(put("/products?q=x", "{\"data\":[{\"id\":\"" B "\"},{\"id\" : \"" A "\"}]}", 0, 0));
    assert_true(put("/products?q=y", "{\"data\":[{\"id\":\"" B "\"}]}", 0, 0));
    assert_true(put("/categories", "[]", 0, 0));
    cache_store_changed(store, SLICE("00000000-0000-0000-0000-000000000000 " A));
    assert_false(has("/products/" A, 1));
    assert_false(has("/products/019AA8A2-5C1E-7B59-8B54-3C6F3D1A9E10", 1));
    assert_false(has("/products?q=x", 1));
    assert_true(has("/products/" B, 1));
    assert_true(has("/products?q=y", 1));
    assert_true(has("/categories", 1));
    cache_store_changed(store, SLICE("*"));
    assert_false(has("/products/" B, 1));
    assert_false(has("/categories", 1));
    assert_true(put("/categories", "[]", cache_store_version(store), 1));
    assert_true(has("/categories", 2));
}

static void what_is_no_id_stands_for_everything(void **state)
{
    (void)state;
    static const char *const told[] = { "*", "", "sku-1", (A "x"), (A " *"), ("* " B) };
    for (size_t i = 0; i < TABLE_COUNT(told); i++) {
        assert_true(put("/categories", "[]", cache_store_version(store), 0));
        cache_store_changed(store, slice_from_text(told[i]));
        assert_false(has("/categories", 1));
    }
}

static void an_answer_from_before_a_change_is_not_kept(void **state)
{
    (void)state;
    uint64_t before = cache_store_version(store);
    cache_store_changed(store, SLICE(A));
    assert_false(put("/products/" A, "{}", before, 0));
    assert_false(put("/products", "[\"" A "\"]", before, 0));
    assert_true(put("/products/" B, "{}", before, 0));
    assert_false(cache_store_holds(store, SLICE("/products/" A), before));
    assert_true(cache_store_holds(store, SLICE("/products/" B), before));
    assert_true(put("/products/" A, "{}", cache_store_version(store), 0));
    cache_store_changed(store, SLICE("*"));
    assert_false(cache_store_holds(store, SLICE("/products/" B), before));
}

static void with_too_many_ids_any_change_ends_it(void **state)
{
    (void)state;
    static char body[(CACHE_SUBJECTS_OF_ONE + 1) * 40];
    size_t size = 0;
    for (int i = 0; i <= CACHE_SUBJECTS_OF_ONE; i++)
        size += (size_t)snprintf(body + size, sizeof body - size, "\"019aa8a2-5c1e-7b59-8b54-%012d\",", i);
    assert_true(put("/all", body, 0, 0));
    assert_true(has("/all", 1));
    cache_store_changed(store, SLICE("ffffffff-0000-0000-0000-000000000000"));
    assert_false(has("/all", 1));
    assert_false(put("/all", body, 0, 1));
}

static void too_large_is_not_kept(void **state)
{
    (void)state;
    static char body[CACHE_BYTES_MIN];
    memset(body, 'x', sizeof body);
    struct cache_entry entry = { SLICE(""), slice_of(body, CACHE_BYTES_MIN / 16), 0 };
    assert_false(cache_store_put(store, SLICE("/large"), &entry, 0, LATER, 0));
    entry.body.size -= 200;
    assert_true(cache_store_put(store, SLICE("/large"), &entry, 0, LATER, 0));
}

static void the_newest_of_a_flood_are_there(void **state)
{
    (void)state;
    char key[32], body[300];
    memset(body, 'y', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(key, sizeof key, "/flood/%d", i);
        assert_true(put(key, body, 0, 0));
        assert_true(has(key, 0));
        assert_true(cache_store_stats(store).bytes <= CACHE_BYTES_MIN);
    }
    int there = 0;
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(key, sizeof key, "/flood/%d", i);
        there += has(key, 0);
    }
    assert_in_range(there, 400, CACHE_BYTES_MIN / 320);   /* a table of sets loses some of those the ring holds */
    assert_true(cache_store_stats(store).pushed_out > 18000);
}

static void memory_is_given_back(void **state)
{
    (void)state;
    assert_true(put("/a", "body", 0, 0));
    cache_store_trim(store, 1);
    assert_true(has("/a", 1));
    cache_store_trim(store, LATER);
    assert_int_equal(cache_store_stats(store).bytes, 0);
    assert_false(has("/a", 1));   /* even with time turned back */
    assert_true(put("/a", "again", 0, LATER));
    assert_true(has("/a", LATER));
}

/* ---- against a model ---- */

#define KEYS 40
#define STEPS 200000

struct model {
    bool put, by_all;
    uint64_t version;
    int64_t ends_us;
    uint32_t salt;
    size_t size;
};

static uint64_t random_state;

static uint32_t pick(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % below;
}

static void id_of(int key, char out[37])
{
    (void)snprintf(out, 37, "019aa8a2-5c1e-7b59-8b54-%012x", key * 7919);
}

/* Some keys have their id in the path, others in the body. */
static struct slice key_text(int key, char *out)
{
    char id[37];
    id_of(key, id);
    int size = key % 2 ? sprintf(out, "/x/%s", id) : sprintf(out, "/y?%d", key);
    return slice_of(out, (size_t)size);
}

static struct slice body_text(int key, const struct model *m, char *out)
{
    char id[37];
    id_of(key, id);
    size_t size = (size_t)sprintf(out, "{\"id\":\"%s\",\"salt\":%u,\"fill\":\"", id, m->salt);
    memset(out + size, 'a' + (int)(m->salt % 26), m->size);
    size += m->size;
    memcpy(out + size, "\"}", 2);
    return slice_of(out, size + 2);
}

static void check_key(int key, const struct model *m, bool live, int64_t now_us, size_t *found_live)
{
    static char key_bytes[80], body_bytes[20000];
    struct cache_entry found;
    if (!cache_store_find(store, key_text(key, key_bytes), now_us, &found))
        return;
    assert_true(live);
    struct slice wanted = body_text(key, m, body_bytes);
    assert_true(slice_equals(found.body, wanted));
    assert_int_equal(found.etag, m->salt);
    (*found_live)++;
}

static void it_never_says_anything_wrong(void **state)
{
    (void)state;
    static struct model models[KEYS];
    static uint64_t changed[KEYS];
    static char key_bytes[80], body_bytes[20000];
    uint64_t all_changed = 0;
    size_t found_live = 0, live_asked = 0;
    int64_t now_us = 0;
    memset(models, 0, sizeof models);
    memset(changed, 0, sizeof changed);
    random_state = 20261122;
    for (int step = 0; step < STEPS; step++) {
        int key = (int)pick(KEYS);
        struct model *m = &models[key];
        uint64_t version = cache_store_version(store);
        now_us += pick(20);
        switch (pick(12)) {
        case 0: case 1: case 2: {   /* put, sometimes what was asked for a while ago */
            struct model next = { .put = true, .version = version - pick((uint32_t)(version < 3 ? version + 1 : 3)), .salt = pick(1000000),
                                  .ends_us = now_us + (int64_t)pick(2000) - 100, .size = pick(10) ? pick(600) : pick(18000) };
            struct cache_entry entry = { SLICE("L: x\r\n"), body_text(key, &next, body_bytes), next.salt };
            if (cache_store_put(store, key_text(key, key_bytes), &entry, next.version, next.ends_us, now_us)) {
                assert_true(next.version >= all_changed && next.version >= changed[key] && next.ends_us > now_us);
                *m = next;
            }
            break;
        }
        case 3: {
            char id[37];
            id_of(key, id);
            cache_store_changed(store, slice_from_text(id));
            changed[key] = cache_store_version(store);
            break;
        }
        case 4:
            if (pick(20) == 0) {
                cache_store_changed(store, SLICE("*"));
                all_changed = cache_store_version(store);
            }
            break;
        case 5:
            if (pick(50) == 0)
                now_us += 3000;
            cache_store_trim(store, now_us);
            break;
        default: {
            bool live = m->put && m->ends_us > now_us && m->version >= all_changed && m->version >= changed[key];
            live_asked += live;
            check_key(key, m, live, now_us, &found_live);
        }
        }
        assert_true(cache_store_stats(store).bytes <= CACHE_BYTES_MIN);
    }
    assert_true(live_asked > 5000);
    assert_true(found_live * 10 > live_asked * 9);   /* and it does keep things */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_put_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(it_ends_at_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_ends_what_has_its_id, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_id_stands_for_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_from_before_a_change_is_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(with_too_many_ids_any_change_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(too_large_is_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_of_a_flood_are_there, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_given_back, setup, teardown),
        cmocka_unit_test_setup_teardown(it_never_says_anything_wrong, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
