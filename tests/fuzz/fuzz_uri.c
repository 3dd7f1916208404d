/* Fuzz target of wire/uri and wire/form: any bytes as text to decode, a path, a URI, a query, a form body. Encoding what was decoded must
 * decode to the same; parts must lie inside the whole; a valid path must stay what it is when decoded segment by segment. */
#include "fuzz.h"

#include "base/utf8.h"
#include "wire/form.h"
#include "wire/uri.h"

static void check_inside(struct slice part, struct slice whole)
{
    CHECK(slice_is_none(part) || (part.data >= whole.data && part.data + part.size <= whole.data + whole.size));
}

static void fuzz_decode(struct arena *arena, struct slice text, bool plus)
{
    struct slice plain, again;
    if (!uri_decode(arena, text, plus, &plain))
        return;
    CHECK(plain.size <= text.size && utf8_valid(plain) && (!plain.size || !memchr(plain.data, '\0', plain.size)));
    CHECK(uri_decode(arena, uri_encode(arena, plain), plus, &again) && slice_equals(plain, again));
}

static void fuzz_path(struct arena *arena, struct slice path)
{
    if (!uri_path_valid(path) || path.size == 1)
        return;
    struct slice rest = slice_of(path.data + 1, path.size - 1), plain;
    while (!slice_is_none(rest)) {
        struct slice segment = slice_cut(rest, '/', &rest);
        if (!uri_decode(arena, segment, false, &plain))
            continue;
        CHECK(plain.size && !slice_equals_text(plain, ".") && !slice_equals_text(plain, ".."));
        CHECK(!memchr(plain.data, '/', plain.size) && !memchr(plain.data, '\\', plain.size) && !memchr(plain.data, '\n', plain.size));
    }
}

static void fuzz_split(struct slice text)
{
    struct uri uri;
    if (!uri_split(text, &uri))
        return;
    check_inside(uri.scheme, text);
    check_inside(uri.userinfo, text);
    check_inside(uri.host, text);
    check_inside(uri.path, text);
    check_inside(uri.query, text);
    CHECK(uri.scheme.size && uri.port >= -1 && uri.port <= 65535 && uri.port != 0 && (!uri.path.size || uri.path.data[0] == '/'));
    for (size_t i = 0; i < text.size; i++)
        CHECK(text.data[i] > 0x20 && text.data[i] < 0x7f);
}

static void fuzz_form(struct arena *arena, struct slice body)
{
    struct form form, again;
    if (!form_read(arena, body, &form))
        return;
    struct form_writer out = form_to_arena(arena);
    for (size_t i = 0; i < form.count; i++)
        form_put_text(&out, arena_copy(arena, form.fields[i].key).data, form.fields[i].value);
    CHECK(form_read(arena, form_done(&out), &again) && again.count == form.count);
    for (size_t i = 0; i < form.count; i++)
        CHECK(slice_equals(form.fields[i].key, again.fields[i].key) && slice_equals(form.fields[i].value, again.fields[i].value));
    struct slice name, value;
    for (size_t at = 0; form_child(&form, "metadata", &at, &name, &value);)
        CHECK(at <= form.count);
}

/* Written with Stripe's brackets, read back flat: "a" and "b" inside "metadata", a list, a number. */
static void fuzz_form_writer(struct arena *arena, struct slice text)
{
    struct slice plain, name, value;
    struct form form;
    if (!uri_decode(arena, text, false, &plain))
        return;
    struct form_writer out = form_to_arena(arena);
    form_put_int(&out, "amount", (int64_t)text.size);
    form_put_bool(&out, "confirm", true);
    form_begin(&out, "metadata");
    form_put_text(&out, "a", plain);
    form_put_text(&out, "none", SLICE_NONE);
    form_begin(&out, "b");
    form_put_text(&out, "", plain);
    form_end(&out);
    form_end(&out);
    CHECK(form_read(arena, form_done(&out), &form) && form.count == 4);
    CHECK(slice_equals(form_find(&form, "metadata[a]"), plain) && slice_equals(form_find(&form, "metadata[b][]"), plain));
    CHECK(slice_is_none(form_find(&form, "metadata[none]")) && slice_equals_text(form_find(&form, "confirm"), "true"));
    size_t at = 0;
    CHECK(form_child(&form, "metadata", &at, &name, &value) && slice_equals_text(name, "a") && slice_equals(value, plain));
}

static void fuzz_query(struct arena *arena, struct slice query)
{
    struct slice rest = query, name, value, first = SLICE_NONE, plain;
    while (uri_query_next(&rest, &name, &value)) {
        CHECK(name.size + value.size > 0 || !slice_is_none(value));
        check_inside(name, query);
        check_inside(value, query);
        if (slice_is_none(first) && slice_equals_text(name, "cursor") && uri_decode(arena, slice_is_none(value) ? SLICE("") : value, true, &plain))
            first = plain;
    }
    struct slice found = uri_query_find(arena, query, "cursor");
    CHECK(slice_is_none(first) || slice_is_none(found) || utf8_valid(found));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct slice text = slice_of((const char *)data, size);
    fuzz_decode(arena, text, true);
    fuzz_decode(arena, text, false);
    fuzz_path(arena, text);
    fuzz_split(text);
    fuzz_form(arena, text);
    fuzz_form_writer(arena, text);
    fuzz_query(arena, text);
    arena_free(arena);
    return 0;
}
