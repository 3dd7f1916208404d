/* Fuzz target of the printed contract: any bytes as Markdown onto pages. It ends, within the pages there may be; and what is drawn is drawn again to the same
 * bytes. Names and terms of sale come from outside; nothing else does. */
#include "fuzz.h"

#include "doc/pdf_markdown.h"

#define TEXT_MAX (64 * 1024)

static struct pdf_layout layout;

/* Into the arena; none when it failed, which only too many pages may. */
static struct slice draw(struct arena *arena, struct slice text)
{
    struct slice pdf = SLICE_NONE;
    pdf_open(&layout, "contract");
    CHECK(layout.doc && !layout.failed);
    pdf_markdown(&layout, text);
    pdf_finish(&layout, text, SLICE("P\xc3\xa1gina"), SLICE("de"));
    CHECK(!layout.failed || layout.page_count == PDF_PAGES_MAX);
    if (!layout.failed) {
        CHECK(HPDF_SaveToStream(layout.doc) == HPDF_OK);
        HPDF_UINT32 size = HPDF_GetStreamSize(layout.doc);
        char *bytes = arena_alloc(arena, size);
        CHECK(size > 0);
        (void)HPDF_ReadFromStream(layout.doc, (HPDF_BYTE *)bytes, &size);
        pdf = slice_of(bytes, size);
        CHECK(slice_starts_with(pdf, SLICE("%PDF-")));
    }
    HPDF_Free(layout.doc);
    return pdf;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const struct slice text = slice_of((const char *)data, size < TEXT_MAX ? size : TEXT_MAX);
    const struct slice once = draw(arena, text), twice = draw(arena, text);
    CHECK(slice_is_none(once) == slice_is_none(twice) && slice_equals(once, twice));
    arena_free(arena);
    return 0;
}
