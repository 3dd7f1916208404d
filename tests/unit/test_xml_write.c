/* Writing XML: whatever is written is well-formed. */
#include "check.h"

#include "wire/xml_write.h"

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

static void escapes_what_xml_does(void **state)
{
    (void)state;
    static const struct { const char *text, *out; } table[] = {
        { "plain", "plain" }, { "", "" }, { "<a href=\"x\">&amp;</a>", "&lt;a href=&quot;x&quot;&gt;&amp;amp;&lt;/a&gt;" }, { "]]>", "]]&gt;" },
        { "\xc3\xb1 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xb1 \xe2\x82\xac \xf0\x9f\x98\x80" }, { "a\tb\r\nc", "a&#9;b&#13;&#10;c" },
        { "\x01\x1f", "\xef\xbf\xbd\xef\xbf\xbd" }, { "\xff", "\xef\xbf\xbd" }, { "\xef\xbf\xbe\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct xml_writer out = xml_to_arena(arena);
        xml_begin(&out, "r", "a=\"1\"");
        xml_put(&out, "t", slice_from_text(table[i].text));
        xml_put_with(&out, "u", "v", slice_from_text(table[i].text), SLICE("w"));
        xml_end(&out, "r");
        const struct slice expected = arena_printf(arena, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<r a=\"1\"><t>%s</t>\n<u v=\"%s\">w</u>\n</r>\n", table[i].out, table[i].out);
        assert_string_equal(xml_done(&out).data, expected.data);
    }
}

static void absent_is_no_element(void **state)
{
    (void)state;
    struct xml_writer out = xml_to_arena(arena);
    xml_begin(&out, "r", NULL);
    xml_put(&out, "t", SLICE_NONE);
    xml_put_with(&out, "u", "v", SLICE("w"), SLICE_NONE);
    xml_end(&out, "r");
    assert_string_equal(xml_done(&out).data, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<r></r>\n");
}

static void grows(void **state)
{
    (void)state;
    struct xml_writer out = xml_to_arena(arena);
    xml_begin(&out, "r", NULL);
    for (int i = 0; i < 20000; i++)
        xml_put(&out, "t", SLICE("&"));
    xml_end(&out, "r");
    const struct slice document = xml_done(&out);
    assert_int_equal(document.size, 39 + 3 + 20000 * 13 + 5);
    assert_int_equal(document.data[document.size], '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(escapes_what_xml_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(absent_is_no_element, set_up, tear_down),
        cmocka_unit_test_setup_teardown(grows, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
