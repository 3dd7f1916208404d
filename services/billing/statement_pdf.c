/* See statement_pdf.h. Written as Markdown, which doc/ draws: a table of the entries, and what opens and closes it in each currency. Suspends while the
 * thread works. */
#include "billing/statement_pdf.h"

#include "doc/md_writer.h"
#include "doc/pdf.h"
#include "doc/pdf_markdown.h"
#include "gen/problems.h"
#include "wire/json.h"

struct printed {
    struct slice text, footer, page, of;
};

static struct slice word(const struct md_writer *out, struct slice spanish, struct slice english)
{
    return out->spanish ? spanish : english;
}

static const char *kind_word(bool spanish, struct slice kind)
{
    static const struct {
        const char *kind, *spanish, *english;
    } words[] = {
        { "sale", "Compra", "Order" }, { "payment", "Pago", "Payment" }, { "refund", "Devolución de dinero", "Refund" }, { "change", "Cambio", "Change" },
        { "penalty", "Cargos por mora", "Late charges" }, { "waiver", "Condonación", "Waiver" }, { "credit", "Saldo a favor usado", "Credit used" },
        { "reallocation", "Reimputación", "Spread anew" }, { "dispute", "Pago en disputa", "Disputed payment" }, { "recovery", "Recuperación", "Recovered" },
        { "transfer", "Traslado", "Transfer" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_equals_text(kind, words[i].kind))
            return spanish ? words[i].spanish : words[i].english;
    return "";
}

static void put_item(struct md_writer *out, struct slice label, struct slice text)
{
    if (slice_is_none(text))
        return;
    md_put(out, label);
    MD_TEXT(out, " ");
    md_put_escaped(out, text);
    MD_TEXT(out, "\n\n");
}

static void put_balances(struct md_writer *out, struct slice title, const cJSON *balances)
{
    for (const cJSON *each = balances ? balances->child : NULL; each; each = each->next) {
        out->currency = json_member_text(each, "currency");
        MD_TEXT(out, "**");
        md_put(out, title);
        MD_TEXT(out, ":** ");
        md_put_money(out, json_member_int64(each, "amount", 0));
        MD_TEXT(out, "\n\n");
    }
}

static void put_entry(struct md_writer *out, const cJSON *entry)
{
    out->currency = json_member_text(entry, "currency");
    MD_TEXT(out, "| ");
    md_put_date(out, json_member_text(entry, "effective_on"));
    MD_TEXT(out, " | ");
    md_put(out, slice_from_text(kind_word(out->spanish, json_member_text(entry, "type"))));
    MD_TEXT(out, " | ");
    md_put_escaped(out, json_member_text(entry, "order_id"));
    MD_TEXT(out, " | ");
    md_put(out, out->currency);
    MD_TEXT(out, " | ");
    md_put_number(out, json_member_int64(entry, "amount", 0));
    MD_TEXT(out, " | ");
    md_put_number(out, json_member_int64(entry, "balance", 0));
    MD_TEXT(out, " |\n");
}

static struct slice written(struct arena *arena, const cJSON *statement, bool spanish)
{
    struct md_writer writer = md_to_arena(arena, spanish, SLICE_NONE), *out = &writer;
    MD_TEXT(out, "# ");
    md_put(out, word(out, SLICE("Estado de cuenta"), SLICE("Statement of account")));
    MD_TEXT(out, "\n\n");
    put_item(out, word(out, SLICE("Cliente"), SLICE("Customer")), json_member_text(statement, "customer_id"));
    put_item(out, word(out, SLICE("Desde"), SLICE("From")), json_member_text(statement, "from"));
    put_item(out, word(out, SLICE("Hasta"), SLICE("To")), json_member_text(statement, "to"));
    put_balances(out, word(out, SLICE("Saldo inicial"), SLICE("Opening balance")), json_member(statement, "opening"));
    const cJSON *data = json_member(statement, "data");
    if (data && data->child)
        md_put(out, word(out, SLICE("| Fecha | Concepto | Pedido | Moneda | Importe | Saldo |\n|---|---|---|---|---:|---:|\n"),
                         SLICE("| Date | Entry | Order | Currency | Amount | Balance |\n|---|---|---|---|---:|---:|\n")));
    for (const cJSON *each = data ? data->child : NULL; each; each = each->next)
        put_entry(out, each);
    MD_TEXT(out, "\n");
    put_balances(out, word(out, SLICE("Saldo final"), SLICE("Closing balance")), json_member(statement, "closing"));
    return md_done(out);
}

static void draw(struct pdf_layout *layout, const void *of)
{
    const struct printed *printed = of;
    pdf_markdown(layout, printed->text);
    pdf_finish(layout, printed->footer, printed->page, printed->of);
}

struct slice statement_pdf(struct work *w, struct slice body, bool spanish)
{
    struct arena *arena = arena_new();
    const cJSON *statement = json_parse(arena, body, NULL, NULL);
    if (!statement) {
        arena_free(arena);
        work_fail(w, &PROBLEM_internal, "a statement is no JSON");
        return SLICE_NONE;
    }
    struct printed *printed = ARENA_NEW(arena, struct printed);
    *printed = (struct printed){ .text = written(arena, statement, spanish), .footer = arena_copy(arena, json_member_text(statement, "customer_id")),
                                 .page = spanish ? SLICE("Página") : SLICE("Page"), .of = spanish ? SLICE("de") : SLICE("of") };
    return pdf_make(w, arena, spanish ? "Estado de cuenta" : "Statement of account", draw, printed);
}
