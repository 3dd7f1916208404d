/* XML as events: names without prefixes, text and attributes resolved; what is not well-formed, has a document type or is too deep is refused with its line. */
#include "check.h"

#include "base/text.h"
#include "wire/xml_read.h"

struct seen {
    struct text out;
    const char *until;   /* a handler ends the reading there */
};

static bool begun(void *of, const struct xml_element *element)
{
    struct seen *seen = of;
    const struct slice currency = xml_attribute(element, "Ccy");
    text_put(&seen->out, arena_printf(seen->out.arena, "<%.*s", SLICE_FMT(element->path)));
    if (!slice_is_none(currency))
        text_put(&seen->out, arena_printf(seen->out.arena, " %.*s", SLICE_FMT(currency)));
    text_put(&seen->out, SLICE(">"));
    return true;
}

static bool ended(void *of, const struct xml_element *element)
{
    struct seen *seen = of;
    text_put(&seen->out, arena_printf(seen->out.arena, "%.*s;", SLICE_FMT(element->text)));
    return !seen->until || !slice_equals_text(element->path, seen->until);
}

static const struct xml_handler handler = { .begin = begun, .end = ended };

static void told_as_events(void **state)
{
    (void)state;
    static const struct { const char *document, *events; } table[] = {
        { "<a/>", "<a>;" },
        { "<?xml version=\"1.0\"?><a><b>x</b> <b Ccy='EUR'>1.50</b></a>", "<a><a/b>x;<a/b EUR>1.50;;" },
        { "<n:a xmlns:n='urn:x'><n:b>&lt;&amp;&#241;</n:b></n:a>", "<a><a/b><&\xc3\xb1;;" },
        { "<a><![CDATA[1 < 2]]></a>", "<a>1 < 2;" },
        { "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xf1</a>", "<a>\xc3\xb1;" },
        { "<a><!-- no --><b/><?php no?>text</a>", "<a><a/b>;text;" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct arena *arena = arena_new();
        struct seen seen = { .out = text_to_arena(arena) };
        struct xml_error error;
        assert_true(xml_read(arena, slice_from_text(table[i].document), &handler, &seen, &error));
        if (!slice_equals_text(text_done(&seen.out), table[i].events))
            fail_msg("%s: %.*s", table[i].document, SLICE_FMT(text_done(&seen.out)));
        arena_free(arena);
    }
}

static void hostile_documents_are_refused(void **state)
{
    (void)state;
    static const struct { const char *document; int line; const char *why; } table[] = {
        { "", 1, "no element found" }, { "x", 1, "syntax error" }, { "<a>", 1, "no element found" }, { "<a>\n</b>", 2, "mismatched tag" }, { "<a/><b/>", 1, "junk after document element" },
        { "<!DOCTYPE a><a/>", 1, "a document type is not accepted" },
        { "<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>&x;</a>", 1, "a document type is not accepted" },
        { "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", 1, "a document type is not accepted" },
        { "<a>&x;</a>", 1, "undefined entity" }, { "<a b='1' b='2'/>", 1, "duplicate attribute" }, { "<n:a/>", 1, "unbound prefix" },
        { "<a>\x01</a>", 1, "not well-formed (invalid token)" }, { "<a>\xff</a>", 1, "not well-formed (invalid token)" }, { "<a>&#0;</a>", 1, "reference to invalid character number" },
        { "<?xml version='1.0' encoding='EBCDIC'?><a/>", 1, "unknown encoding" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct arena *arena = arena_new();
        struct seen seen = { .out = text_to_arena(arena) };
        struct xml_error error;
        assert_false(xml_read(arena, slice_from_text(table[i].document), &handler, &seen, &error));
        if (!error.why || strcmp(error.why, table[i].why) != 0 || error.line != table[i].line)
            fail_msg("%s: %s at %lld", table[i].document, error.why ? error.why : "none", (long long)error.line);
        arena_free(arena);
    }
}

static void depth_and_text_are_bounded(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct text out = text_to_arena(arena);
    struct seen seen = { .out = text_to_arena(arena) };
    struct xml_error error;
    for (int i = 0; i <= XML_DEPTH_MAX; i++)
        text_put(&out, SLICE("<a>"));
    assert_false(xml_read(arena, text_done(&out), &handler, &seen, &error));
    assert_string_equal(error.why, "elements are nested too deeply");

    out = text_to_arena(arena);
    seen.out = text_to_arena(arena);
    text_put(&out, SLICE("<a>x"));   /* odd, so that the cut falls into a letter */
    for (int i = 0; i < XML_TEXT_BYTES_MAX; i++)
        text_put(&out, SLICE("\xc3\xb1"));
    text_put(&out, SLICE("</a>"));
    assert_true(xml_read(arena, text_done(&out), &handler, &seen, &error));
    assert_int_equal(text_done(&seen.out).size, XML_TEXT_BYTES_MAX - 1 + 4);
    arena_free(arena);
}

static void a_handler_may_end_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct seen seen = { .out = text_to_arena(arena), .until = "a/b" };
    struct xml_error error;
    assert_false(xml_read(arena, SLICE("<a><b>x</b><c>y</c></a>"), &handler, &seen, &error));
    assert_null(error.why);
    assert_true(slice_equals_text(text_done(&seen.out), "<a><a/b>x;"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(told_as_events), cmocka_unit_test(hostile_documents_are_refused), cmocka_unit_test(depth_and_text_are_bounded), cmocka_unit_test(a_handler_may_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
