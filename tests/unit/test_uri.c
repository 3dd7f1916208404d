/* URIs, query strings, form bodies: strict decoding, exact encoding, Stripe's nesting. */
#include "check.h"

#include "wire/form.h"
#include "wire/uri.h"

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

static void decodes_strictly(void **state)
{
    (void)state;
    static const struct { const char *text; bool plus; const char *out; } table[] = {
        { "", false, "" }, { "plain", false, "plain" }, { "a%20b", false, "a b" }, { "a+b", false, "a+b" }, { "a+b", true, "a b" },
        { "a%2Bb", true, "a+b" },
        { "%C3%B1", false, "\xc3\xb1" }, { "%c3%b1", false, "\xc3\xb1" }, { "ni\xc3\xb1o", false, "ni\xc3\xb1o" },
        { "%25", false, "%" }, { "%0a", false, "\n" },
        { "%", false, NULL }, { "%2", false, NULL }, { "%zz", false, NULL }, { "a%2", false, NULL }, { "%%20", false, NULL },
        { "%-1", false, NULL }, { "%+1", true, NULL },
        { "%00", false, NULL }, { "%ff", false, NULL }, { "%c0%80", false, NULL }, { "%ed%a0%80", false, NULL },
        { "\xff", false, NULL }, { "%u00f1", false, NULL },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct slice out = SLICE_NONE;
        bool ok = uri_decode(arena, slice_from_text(table[i].text), table[i].plus, &out);
        if (ok != (table[i].out != NULL))
            fail_msg("%s", table[i].text);
        if (ok)
            assert_slice(out, table[i].out);
    }
    struct slice out;
    assert_false(uri_decode(arena, slice_of("a\0b", 3), false, &out));
    assert_true(uri_decode(arena, SLICE_NONE, false, &out));
}

static void encodes_all_bytes_back(void **state)
{
    (void)state;
    char all[0x7f];
    for (int i = 0; i < 0x7f; i++)
        all[i] = (char)(i + 1);
    struct slice text = uri_encode(arena, slice_of(all, sizeof all)), back;
    assert_true(uri_decode(arena, text, true, &back));
    assert_true(slice_equals(back, slice_of(all, sizeof all)));
    assert_slice(uri_encode(arena, SLICE("aZ0-._~ /?&=+%\xc3\xb1")), "aZ0-._~%20%2F%3F%26%3D%2B%25%C3%B1");
}

static void walks_queries(void **state)
{
    (void)state;
    struct slice rest = SLICE("&a=1&b&c=&&=d&e=f=g&"), name, value;
    static const char *const expected[][2] = { { "a", "1" }, { "b", NULL }, { "c", "" }, { "", "d" }, { "e", "f=g" } };
    for (size_t i = 0; i < TABLE_COUNT(expected); i++) {
        assert_true(uri_query_next(&rest, &name, &value));
        assert_slice(name, expected[i][0]);
        if (expected[i][1])
            assert_slice(value, expected[i][1]);
        else
            assert_none(value);
    }
    assert_false(uri_query_next(&rest, &name, &value));
    rest = SLICE_NONE;
    assert_false(uri_query_next(&rest, &name, &value));
    assert_slice(uri_query_find(arena, SLICE("x=1&%61b=c+d"), "ab"), "c d");
    assert_slice(uri_query_find(arena, SLICE("ab"), "ab"), "");
    assert_none(uri_query_find(arena, SLICE("ab=%ff"), "ab"));
    assert_none(uri_query_find(arena, SLICE("a=1"), "ab"));
}

static void judges_paths(void **state)
{
    (void)state;
    static const char *const good[] = { "/", "/v1/orders", "/v1/orders/019aa8a2-5c1e", "/a%20b", "/.well-known/jwks.json", "/...",
                                        "/a;b=c,d@e:f", "/%C3%B1", "/a..b", "/%2e%2e%2e" };
    static const char *const bad[] = { "", "v1", "*", "//", "/v1//orders", "/v1/", "/.", "/..", "/v1/../x", "/v1/./x", "/%2e%2e/x",
                                       "/.%2E/x", "/%2e", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b",
                                       "/a%00", "/a%0a", "/a%7f", "/a%", "/a%2", "/a%zz", "/a b", "/a?b", "/a#b", "/\xc3\xb1", "/a\"b",
                                       "/<a>", "/{id}", "/a|b", "/a^b", "http://x/a" };
    for (size_t i = 0; i < TABLE_COUNT(good); i++)
        if (!uri_path_valid(slice_from_text(good[i])))
            fail_msg("refused %s", good[i]);
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        if (uri_path_valid(slice_from_text(bad[i])))
            fail_msg("accepted %s", bad[i]);
    assert_false(uri_path_valid(SLICE_NONE));
}

static void splits_uris(void **state)
{
    (void)state;
    static const struct { const char *text, *scheme, *user, *host; int port; const char *path, *query; } good[] = {
        { "http://127.0.0.1:8081", "http", NULL, "127.0.0.1", 8081, "", NULL },
        { "https://api.stripe.com/v1/x?a=b?c", "https", NULL, "api.stripe.com", -1, "/v1/x", "a=b?c" },
        { "redis://:secret@localhost:6379/0", "redis", ":secret", "localhost", 6379, "/0", NULL },
        { "smtp://mail:25", "smtp", NULL, "mail", 25, "", NULL },
        { "http://[::1]:80/x", "http", NULL, "::1", 80, "/x", NULL },
        { "http://[2001:db8::1]", "http", NULL, "2001:db8::1", -1, "", NULL },
        { "unix:///run/x.sock", "unix", NULL, "", -1, "/run/x.sock", NULL },
        { "http://h?q", "http", NULL, "h", -1, "", "q" }, { "http://u:p%40@h/", "http", "u:p%40", "h", -1, "/", NULL },
    };
    static const char *const bad[] = { "", "http", "http:", "http:/x", "//x", "://x", "http://h:0", "http://h:65536", "http://h:",
                                       "http://h:8a", "http://h:-1", "http://a b", "http://a@b@c",
                                       "http://h/#f", "http://h/a b", "http://h/%zz", "http://h\n", "http://[::1", "http://[]",
                                       "http://[::1]x", "http://[x]", "ht tp://x", "http://h/\xff", "http://h\\x" };
    struct uri uri;
    for (size_t i = 0; i < TABLE_COUNT(good); i++) {
        if (!uri_split(slice_from_text(good[i].text), &uri))
            fail_msg("refused %s", good[i].text);
        assert_slice(uri.scheme, good[i].scheme);
        assert_slice(uri.host, good[i].host);
        assert_int_equal(uri.port, good[i].port);
        assert_slice(uri.path, good[i].path);
        assert_int_equal(slice_is_none(uri.userinfo), good[i].user == NULL);
        assert_int_equal(slice_is_none(uri.query), good[i].query == NULL);
        assert_true(!good[i].user || slice_equals_text(uri.userinfo, good[i].user));
        assert_true(!good[i].query || slice_equals_text(uri.query, good[i].query));
    }
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        if (uri_split(slice_from_text(bad[i]), &uri))
            fail_msg("accepted %s", bad[i]);
    assert_false(uri_split(SLICE_NONE, &uri));
}

static void reads_forms(void **state)
{
    (void)state;
    struct form form;
    assert_true(form_read(arena,
                          SLICE("amount=1000&metadata[order_id]=a%20b&metadata%5Bx%5D=1+2&metadata[a][b]=no&expand[]=charge&metadatax[q]=no&flag&metadata[=no"), &form));
    assert_int_equal(form.count, 8);
    assert_slice(form_find(&form, "amount"), "1000");
    assert_slice(form_find(&form, "metadata[order_id]"), "a b");
    assert_slice(form_find(&form, "expand[]"), "charge");
    assert_slice(form_find(&form, "flag"), "");
    assert_none(form_find(&form, "missing"));
    size_t at = 0;
    struct slice name, value;
    assert_true(form_child(&form, "metadata", &at, &name, &value));
    assert_slice(name, "order_id");
    assert_slice(value, "a b");
    assert_true(form_child(&form, "metadata", &at, &name, &value));
    assert_slice(name, "x");
    assert_slice(value, "1 2");
    assert_false(form_child(&form, "metadata", &at, &name, &value));
    assert_true(form_read(arena, SLICE(""), &form) && form.count == 0);
    assert_true(form_read(arena, SLICE_NONE, &form) && form.count == 0);
    static const char *const bad[] = { "a=%", "a=%00", "a=%ff", "%zz=1", "=1", "a=1&=2" };
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        if (form_read(arena, slice_from_text(bad[i]), &form))
            fail_msg("accepted %s", bad[i]);
}

static void bounds_forms(void **state)
{
    (void)state;
    struct form form;
    struct slice many = SLICE("a=1");
    for (int i = 1; i < FORM_FIELDS_MAX; i++)
        many = arena_printf(arena, "%.*s&a=1", SLICE_FMT(many));
    assert_true(form_read(arena, many, &form));
    assert_int_equal(form.count, FORM_FIELDS_MAX);
    assert_false(form_read(arena, arena_printf(arena, "%.*s&a=1", SLICE_FMT(many)), &form));
    assert_true(form_read(arena, arena_printf(arena, "%0*d=1", FORM_KEY_BYTES_MAX, 1), &form));
    assert_false(form_read(arena, arena_printf(arena, "%0*d=1", FORM_KEY_BYTES_MAX + 1, 1), &form));
}

static void writes_forms(void **state)
{
    (void)state;
    struct form_writer out = form_to_arena(arena);
    form_put_int(&out, "amount", 129900);
    form_put_bool(&out, "off_session", true);
    form_put_text(&out, "none", SLICE_NONE);
    form_put_text(&out, "empty", SLICE(""));
    form_begin(&out, "metadata");
    form_put_text(&out, "order_id", SLICE("a b&c=\xc3\xb1"));
    form_begin(&out, "deep");
    form_put_int(&out, "x", -1);
    form_end(&out);
    form_end(&out);
    form_begin(&out, "expand");
    form_put_text(&out, "", SLICE("charge"));
    form_end(&out);
    struct slice text = form_done(&out);
    assert_slice(text, "amount=129900&off_session=true&empty=&metadata[order_id]=a%20b%26c%3D%C3%B1&metadata[deep][x]=-1&expand[]=charge");
    struct form form;
    assert_true(form_read(arena, text, &form));
    assert_slice(form_find(&form, "metadata[order_id]"), "a b&c=\xc3\xb1");
    struct form_writer none = form_to_arena(arena);
    assert_slice(form_done(&none), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(decodes_strictly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(encodes_all_bytes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(walks_queries, set_up, tear_down), cmocka_unit_test(judges_paths), cmocka_unit_test(splits_uris),
        cmocka_unit_test_setup_teardown(reads_forms, set_up, tear_down), cmocka_unit_test_setup_teardown(bounds_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_forms, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
