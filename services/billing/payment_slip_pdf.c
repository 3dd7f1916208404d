/* The printed slip: the Markdown is written on the loop, of the slip alone; a pool thread draws it. Suspends while it does. */
#include "billing/payment_slip.h"

#include "doc/md_writer.h"
#include "doc/pdf.h"
#include "doc/pdf_bars.h"
#include "doc/pdf_markdown.h"
#include "doc/pdf_picture.h"
#include "gen/problems.h"
#include "wire/json.h"

#define QR_SIDE 130.0f
#define BARS_HEIGHT 50.0f

struct printed {
    struct slice text, qr, bars, bars_text, footer, page, of;
};

static void draw(struct pdf_layout *layout, const void *of)
{
    const struct printed *printed = of;
    pdf_markdown(layout, printed->text);
    pdf_qr(layout, printed->qr, QR_SIDE);
    if (!slice_is_none(printed->bars)) {
        pdf_bars(layout, printed->bars, BARS_HEIGHT);
        pdf_block(layout, 2, 0, 9, false);
        pdf_word(layout, printed->bars_text);
        pdf_end_line(layout);
    }
    pdf_finish(layout, printed->footer, printed->page, printed->of);
}

static void put_item(struct md_writer *out, struct slice spanish, struct slice english, struct slice text)
{
    if (slice_is_none(text))
        return;
    MD_TEXT(out, "**");
    md_put(out, out->spanish ? spanish : english);
    MD_TEXT(out, ":** ");
    md_put_escaped(out, text);
    MD_TEXT(out, "\n\n");
}

static void put_installments(struct md_writer *out, const cJSON *slip)
{
    md_put(out, out->spanish ? SLICE("| Cuota | Vence | Importe |\n|---|---|---:|\n") : SLICE("| Installment | Due | Amount |\n|---|---|---:|\n"));
    const cJSON *rows = json_member(slip, "installments");
    for (const cJSON *each = rows ? rows->child : NULL; each; each = each->next) {
        MD_TEXT(out, "| ");
        md_put_int(out, json_member_int64(each, "number", 0));
        MD_TEXT(out, " | ");
        md_put_date(out, json_member_text(each, "due_date"));
        MD_TEXT(out, " | ");
        md_put_number(out, json_member_int64(each, "outstanding", 0));
        MD_TEXT(out, " |\n");
    }
    MD_TEXT(out, "\n");
}

static struct slice written(struct arena *arena, const cJSON *slip, bool spanish)
{
    struct md_writer writer = md_to_arena(arena, spanish, json_member_text(slip, "currency")), *out = &writer;
    const cJSON *pix = json_member(slip, "pix");
    md_put(out, spanish ? SLICE("# Cupón de pago\n\n") : SLICE("# Payment slip\n\n"));
    put_item(out, SLICE("A favor de"), SLICE("Payee"), json_member_text(slip, "payee"));
    put_item(out, SLICE("Referencia de pago"), SLICE("Payment reference"), json_member_text(slip, "reference"));
    md_put(out, spanish ? SLICE("**Valor a pagar:** ") : SLICE("**Amount due:** "));
    md_put_money(out, json_member_int64(slip, "amount", 0));
    md_put(out, spanish ? SLICE("\n\n**Fecha límite:** ") : SLICE("\n\n**Pay by:** "));
    md_put_date(out, json_member_text(slip, "due_date"));
    MD_TEXT(out, "\n\n");
    put_item(out, SLICE("Cuenta bancaria"), SLICE("Bank account"), json_member_text(slip, "bank_account"));
    put_item(out, SLICE("Pix copia e cola"), SLICE("Pix copy and paste"), pix ? json_member_text(pix, "copy_and_paste") : SLICE_NONE);
    put_installments(out, slip);
    return md_done(out);
}

/* What a phone reads: Pix where there is one, else what the bar code says, else what people would type. */
static struct slice qr_text(struct arena *arena, const cJSON *slip, struct slice bars_text)
{
    const struct slice pix = json_member_text(json_member(slip, "pix"), "copy_and_paste");
    if (!slice_is_none(pix) || !slice_is_none(bars_text))
        return slice_is_none(pix) ? bars_text : pix;
    return arena_printf(arena, "%.*s|%.*s|%lld|%.*s", SLICE_FMT(json_member_text(slip, "reference")), SLICE_FMT(json_member_text(slip, "currency")),
                        (long long)json_member_int64(slip, "amount", 0), SLICE_FMT(json_member_text(slip, "due_date")));
}

struct slice payment_slip_pdf(struct work *w, struct slice body, bool spanish)
{
    struct arena *arena = arena_new();
    const cJSON *slip = json_parse(arena, body, NULL, NULL);
    if (!slip) {
        arena_free(arena);
        work_fail(w, &PROBLEM_internal, "a payment slip is no JSON");
        return SLICE_NONE;
    }
    const cJSON *barcode = json_member(slip, "barcode");
    struct printed *printed = ARENA_NEW(arena, struct printed);
    *printed = (struct printed){ .text = written(arena, slip, spanish), .bars = arena_copy(arena, json_member_text(barcode, "elements")),
                                 .bars_text = arena_copy(arena, json_member_text(barcode, "text")), .footer = arena_copy(arena, json_member_text(slip, "reference")),
                                 .page = spanish ? SLICE("Página") : SLICE("Page"), .of = spanish ? SLICE("de") : SLICE("of") };
    printed->qr = arena_copy(arena, qr_text(arena, slip, printed->bars_text));
    return pdf_make(w, arena, spanish ? "Cupón de pago" : "Payment slip", draw, printed);
}
