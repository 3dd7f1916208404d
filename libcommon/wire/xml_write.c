/* See xml_write.h. Nothing here suspends. */
#include "wire/xml_write.h"

#include "base/utf8.h"

#include <stdlib.h>

#define REPLACEMENT SLICE("\xef\xbf\xbd")

static void add(struct xml_writer *out, struct slice text)
{
    text_put(&out->text, text);
}

static void add_text(struct xml_writer *out, const char *text)
{
    add(out, slice_from_text(text));
}

/* One character as it may stand in a text or an attribute. */
static struct slice escaped(struct slice one)
{
    switch (one.data[0]) {
    case '<': return SLICE("&lt;");
    case '>': return SLICE("&gt;");
    case '&': return SLICE("&amp;");
    case '"': return SLICE("&quot;");
    case '\t': return SLICE("&#9;");
    case '\n': return SLICE("&#10;");
    case '\r': return SLICE("&#13;");
    default: break;
    }
    const bool control = (unsigned char)one.data[0] < 0x20;
    const bool no_character = one.size == 3 && memcmp(one.data, "\xef\xbf", 2) == 0 && (unsigned char)one.data[2] >= 0xbe;
    return control || no_character ? REPLACEMENT : one;
}

static void add_escaped(struct xml_writer *out, struct slice text)
{
    for (size_t i = 0; i < text.size;) {
        const size_t size = utf8_sequence(slice_of(text.data + i, text.size - i));
        add(out, size ? escaped(slice_of(text.data + i, size)) : REPLACEMENT);
        i += size ? size : 1;
    }
}

struct xml_writer xml_to_arena(struct arena *arena)
{
    struct xml_writer out = { .text = text_to_arena(arena) };
    add_text(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    return out;
}

static void open_tag(struct xml_writer *out, const char *name, const char *attributes)
{
    add_text(out, "<");
    add_text(out, name);
    if (attributes) {
        add_text(out, " ");
        add_text(out, attributes);
    }
}

void xml_begin(struct xml_writer *out, const char *name, const char *attributes)
{
    open_tag(out, name, attributes);
    add_text(out, ">");
    out->depth++;
}

void xml_end(struct xml_writer *out, const char *name)
{
    if (out->depth == 0)
        abort();
    out->depth--;
    add_text(out, "</");
    add_text(out, name);
    add_text(out, ">\n");
}

static void put_content(struct xml_writer *out, const char *name, struct slice text)
{
    add_text(out, ">");
    add_escaped(out, text);
    out->depth++;
    xml_end(out, name);
}

void xml_put(struct xml_writer *out, const char *name, struct slice text)
{
    if (slice_is_none(text))
        return;
    open_tag(out, name, NULL);
    put_content(out, name, text);
}

void xml_put_with(struct xml_writer *out, const char *name, const char *attribute, struct slice value, struct slice text)
{
    if (slice_is_none(text))
        return;
    open_tag(out, name, attribute);
    add_text(out, "=\"");
    add_escaped(out, value);
    add_text(out, "\"");
    put_content(out, name, text);
}

struct slice xml_done(struct xml_writer *out)
{
    if (out->depth != 0)
        abort();
    add(out, slice_of("", 1));
    const struct slice all = text_done(&out->text);
    return slice_of(all.data, all.size - 1);
}
