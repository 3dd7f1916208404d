/* See contract_pdf.h. Suspends while the thread works. */
#include "contract_pdf.h"

#include "contract_words.h"
#include "doc/pdf.h"
#include "doc/pdf_markdown.h"

struct printed {
    struct slice text, evidence, footer, page, of;
};

static void draw(struct pdf_layout *layout, const void *arg)
{
    const struct printed *printed = arg;
    pdf_markdown(layout, printed->text);
    pdf_markdown(layout, printed->evidence);
    pdf_finish(layout, printed->footer, printed->page, printed->of);
}

struct slice contract_pdf(struct work *w, struct slice text, const struct contract_evidence *evidence)
{
    struct arena *arena = arena_new();
    struct printed *printed = ARENA_NEW(arena, struct printed);
    *printed = (struct printed){
        .text = arena_copy(arena, text), .evidence = contract_evidence_text(arena, evidence),
        .footer = arena_printf(arena, "%.*s  SHA-256 %.*s", SLICE_FMT(evidence->contract_id), SLICE_FMT(evidence->text_sha256)),
        .page = contract_word(WORD_page, evidence->spanish), .of = contract_word(WORD_of_pages, evidence->spanish),
    };
    return pdf_make(w, arena, contract_word(WORD_title, evidence->spanish).data, draw, printed);
}
