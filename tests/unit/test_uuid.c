/* Ids, random bytes, hashing: growing within a process, never shared between processes. */
#include "check.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/uuid.h"

static void ids_are_version_7_of_now_and_grow(void **state)
{
    (void)state;
    char last[UUID_TEXT] = "", id[UUID_TEXT], head[14];
    for (int i = 0; i < 100000; i++) {
        uuid_v7(id);
        assert_true(strcmp(last, id) < 0);
        strcpy(last, id);
    }
    assert_true(uuid_valid(slice_from_text(id)));
    assert_int_equal(id[14], '7');
    assert_non_null(strchr("89ab", id[19]));
    memcpy(head, id, 8);
    memcpy(head + 8, id + 9, 4);
    head[12] = '\0';
    int64_t age_ms = clock_wall_us() / 1000 - strtoll(head, NULL, 16);
    assert_true(age_ms >= -1000 && age_ms < 10000);
}

static void new_ids_live_in_the_arena(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct slice a = uuid_new(arena), b = uuid_new(arena);
    assert_int_equal(a.size, 36);
    assert_int_equal(a.data[36], '\0');
    assert_false(slice_equals(a, b));
    arena_free(arena);
}

static void valid_is_strict(void **state)
{
    (void)state;
    static const struct { const char *text; bool ok; } table[] = {
        { "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10", true }, { "019AA8A2-5C1E-7B59-8B54-3C6F3D1A9E10", true },
        { "00000000-0000-0000-0000-000000000000", true }, { "", false }, { "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e1", false },
        { "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e100", false }, { "019aa8a25c1e7b598b543c6f3d1a9e10", false },
        { "{19aa8a2-5c1e-7b59-8b54-3c6f3d1a9e1}", false }, { "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e1g", false },
        { "019aa8a2_5c1e_7b59_8b54_3c6f3d1a9e10", false }, { "019aa8a25-c1e-7b59-8b54-3c6f3d1a9e10", false },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++)
        assert_int_equal(uuid_valid(slice_from_text(table[i].text)), table[i].ok);
    assert_false(uuid_valid(SLICE_NONE));
}

struct sample {
    char id[UUID_TEXT];
    uint64_t random;
};

static void a_fork_shares_nothing(void **state)
{
    (void)state;
    struct sample mine, theirs[2];
    uuid_v7(mine.id);   /* the batch is full and the last id set before the fork */
    mine.random = random_u64();
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    for (int child = 0; child < 2; child++) {
        if (fork() == 0) {
            struct sample sample;
            memset(&sample, 0, sizeof sample);
            uuid_v7(sample.id);
            sample.random = random_u64();
            _exit(write(pipes[1], &sample, sizeof sample) == (ssize_t)sizeof sample ? 0 : 1);
        }
        int status;
        wait(&status);
        assert_int_equal(status, 0);
        assert_int_equal(read(pipes[0], &theirs[child], sizeof theirs[child]), sizeof theirs[child]);
    }
    uuid_v7(mine.id);
    mine.random = random_u64();
    /* The tail is random bits: a shared state would step from the same one by less than 2^32. */
    assert_memory_not_equal(mine.id + 19, theirs[0].id + 19, 8);
    assert_memory_not_equal(theirs[0].id + 19, theirs[1].id + 19, 8);
    assert_true(mine.random != theirs[0].random && theirs[0].random != theirs[1].random);
    close(pipes[0]);
    close(pipes[1]);
}

static void random_bytes_fill_any_size(void **state)
{
    (void)state;
    static unsigned char big[5000];
    for (size_t size = 0; size < 300; size++) {
        unsigned char a[300] = { 0 };
        random_bytes(a, size);
        assert_int_equal(size < 300 ? a[size] : 0, 0);
    }
    random_bytes(big, sizeof big);
    size_t ones = 0;
    for (size_t i = 0; i < sizeof big; i++)
        ones += (size_t)__builtin_popcount(big[i]);
    assert_in_range(ones, 19200, 20800);   /* 20,000 +- 8 standard deviations */
}

static void siphash_matches_the_paper(void **state)
{
    (void)state;
    uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
    char input[15];
    for (int i = 0; i < 15; i++)
        input[i] = (char)i;
    assert_true(hash_siphash(slice_of(input, 15), key, 2, 4) == 0xa129ca6149be45e5);
    assert_true(hash_siphash(SLICE(""), key, 2, 4) == 0x726fdb47dd0e0e31);
    assert_true(hash_siphash(slice_of(input, 8), key, 2, 4) == 0x93f5f5799a932462);
    assert_true(hash_bytes(SLICE("a")) == hash_bytes(SLICE("a")));
    assert_true(hash_bytes(SLICE("a")) != hash_bytes(SLICE("b")));
}

static void siphash_of_128_bits_matches_openssl(void **state)
{
    (void)state;
    const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
    const char of_15[] = "\x54\x93\xe9\x99\x33\xb0\xa8\x11\x7e\x08\xec\x0f\x97\xcf\xc3\xd9";
    const char of_none[] = "\xa3\x81\x7f\x04\xba\x25\xa8\xe6\x6d\xf6\x72\x14\xc7\x55\x02\x93";
    uint8_t tag[HASH_TAG_BYTES];
    hash_siphash_128(SLICE("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16"), key, tag);
    assert_memory_equal(tag, of_15, sizeof tag);
    hash_siphash_128(SLICE(""), key, tag);
    assert_memory_equal(tag, of_none, sizeof tag);
}

static void contents_are_told_apart_as_xxh64_does(void **state)
{
    (void)state;
    assert_true(hash_contents(SLICE("")) == 0xef46db3751d8e999);
    assert_true(hash_contents(SLICE("a")) == 0xd24ec4f1a98c6e5b);
    assert_true(hash_contents(SLICE("abc")) == 0x44bc2cf5ad770999);
    assert_true(hash_contents(SLICE("Nobody inspects the spammish repetition")) == 0xfbcea83c8a378bf1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_version_7_of_now_and_grow), cmocka_unit_test(new_ids_live_in_the_arena), cmocka_unit_test(valid_is_strict),
        cmocka_unit_test(a_fork_shares_nothing), cmocka_unit_test(random_bytes_fill_any_size), cmocka_unit_test(siphash_matches_the_paper),
        cmocka_unit_test(siphash_of_128_bits_matches_openssl), cmocka_unit_test(contents_are_told_apart_as_xxh64_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
