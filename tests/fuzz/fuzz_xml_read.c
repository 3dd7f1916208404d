/* Fuzz target of wire/xml_read: any bytes as a document. Begins and ends match, paths grow and shrink by one name, texts and attributes are UTF-8 within their bounds; a refusal
 * has a line and a reason; read twice it is the same. */
#include "fuzz.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "wire/xml_read.h"

struct seen {
    size_t depth;
    uint64_t digest;
};

static size_t names_in(struct slice path)
{
    size_t names = path.size > 0;
    for (size_t i = 0; i < path.size; i++)
        names += path.data[i] == '/';
    return names;
}

static void take(struct seen *seen, struct slice text)
{
    CHECK(utf8_valid(text));
    seen->digest = seen->digest * 1099511628211u + hash_bytes(text);
}

static bool begun(void *of, const struct xml_element *element)
{
    struct seen *seen = of;
    CHECK(++seen->depth <= XML_DEPTH_MAX && names_in(element->path) == seen->depth && element->path.size <= XML_PATH_BYTES_MAX && element->line > 0);
    take(seen, element->path);
    for (const char **at = element->attributes; *at; at += 2) {
        CHECK(slice_equals_text(xml_attribute(element, at[0]), at[1]));
        take(seen, slice_from_text(at[1]));
    }
    return true;
}

static bool ended(void *of, const struct xml_element *element)
{
    struct seen *seen = of;
    CHECK(names_in(element->path) == seen->depth-- && element->text.size <= XML_TEXT_BYTES_MAX);
    take(seen, element->path);
    take(seen, element->text);
    return true;
}

static struct seen read_once(struct slice document, bool *whole)
{
    struct arena *arena = arena_new();
    struct seen seen = { 0 };
    struct xml_error error;
    *whole = xml_read(arena, document, &(struct xml_handler){ .begin = begun, .end = ended }, &seen, &error);
    CHECK(*whole ? seen.depth == 0 : error.why && error.line > 0);
    arena_free(arena);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool whole, again;
    const struct slice document = slice_of((const char *)data, size);
    const struct seen first = read_once(document, &whole), second = read_once(document, &again);
    CHECK(whole == again && first.digest == second.digest);
    return 0;
}
