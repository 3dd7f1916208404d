/* Pictures in documents: a logo is drawn or left out, a QR code takes its room; the document is whole either way. */
#include "check.h"

#include "base/arena.h"
#include "doc/pdf_picture.h"

static const char png[] = "\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x02\x00\x00\x00\x02\x08\x02\x00\x00\x00\xfd\xd4\x9a\x73\x00\x00\x00\x10\x49\x44\x41\x54\x78\x9c\x63\xf8\xcf\xc0\x00\x44\x0c\x10\x0a\x00\x1f\xee\x03\xfd\x8b\x5f\x14\xd4\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";   /* 2 x 2, red */

static struct pdf_layout layout;

/* With the logo, or without one (none): the bytes of the document. */
static struct slice drawn(struct arena *arena, struct slice logo, struct slice qr)
{
    pdf_open(&layout, "test");
    pdf_logo(&layout, logo, 100, 50);
    pdf_block(&layout, 0, 0, 9, false);
    pdf_word(&layout, SLICE("word"));
    const float before = layout.y;
    pdf_qr(&layout, qr, 80);
    assert_true(layout.y == before || layout.y == before - 80);
    pdf_finish(&layout, SLICE("foot"), SLICE("Page"), SLICE("of"));
    assert_false(layout.failed);
    assert_int_equal(HPDF_SaveToStream(layout.doc), HPDF_OK);
    HPDF_UINT32 size = HPDF_GetStreamSize(layout.doc);
    char *bytes = arena_alloc(arena, size);
    (void)HPDF_ReadFromStream(layout.doc, (HPDF_BYTE *)bytes, &size);
    HPDF_Free(layout.doc);
    return slice_of(bytes, size);
}

static bool has_picture(struct slice pdf)
{
    return memmem(pdf.data, pdf.size, "/XObject <<", 11) != NULL;
}

static void a_logo_is_drawn(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct slice logo = slice_of(png, sizeof png - 1);
    assert_true(pdf_picture_known(logo));
    assert_true(has_picture(drawn(arena, logo, SLICE_NONE)));
    assert_true(slice_equals(drawn(arena, logo, SLICE("x")), drawn(arena, logo, SLICE("x"))));
    arena_free(arena);
}

static void what_is_no_picture_is_left_out(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct slice broken[] = { SLICE_NONE, SLICE(""), SLICE("GIF89a"), slice_of(png, 8), slice_of(png, 30), SLICE("\xff\xd8\xff"), SLICE("\xff\xd8\xff\xe0") };
    for (size_t i = 0; i < TABLE_COUNT(broken); i++) {
        const struct slice pdf = drawn(arena, broken[i], SLICE_NONE);
        assert_true(slice_starts_with(pdf, SLICE("%PDF-")) && !has_picture(pdf));
    }
    arena_free(arena);
}

static void a_code_takes_its_room(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct slice without = drawn(arena, SLICE_NONE, SLICE_NONE), with = drawn(arena, SLICE_NONE, SLICE("FV-00000001|2026-11-22"));
    assert_true(with.size > without.size);
    char *longest = arena_alloc(arena, 4000);
    memset(longest, 'x', 4000);   /* no code holds it */
    assert_true(slice_equals(drawn(arena, SLICE_NONE, slice_of(longest, 4000)), without));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_logo_is_drawn),
        cmocka_unit_test(what_is_no_picture_is_left_out),
        cmocka_unit_test(a_code_takes_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
