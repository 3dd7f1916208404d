/* See statement_pdf.h. Written as Markdown, which doc/ draws: a table of the entries, and what opens and closes it in each currency. Suspends while the
 * thread works. */
#include "billing/statement_pdf.h"

#include "base/money.h"
#include "doc/pdf.h"
#include "doc/pdf_markdown.h"
#include "gen/problems.h"
#include "wire/json.h"

struct printed {
    struct slice text, footer, page, of;
};

struct text {
    struct arena *arena;
    char *data;
    size_t size;
    bool spanish;
};

static void add(struct text *out, struct slice part)
{
    out->data = arena_grow(out->arena, out->data, out->size, out->size + part.size);
    memcpy(out->data + out->size, part.data, part.size);
    out->size += part.size;
}

static const char *word(const struct text *out, const char *spanish, const char *english)
{
    return out->spanish ? spanish : english;
}

static const char *kind_word(const struct text *out, struct slice kind)
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
            return out->spanish ? words[i].spanish : words[i].english;
    return "";
}

static void add_balances(struct text *out, const char *title, const cJSON *balances)
{
    char amount[MONEY_TEXT_BYTES];
    for (const cJSON *each = balances ? balances->child : NULL; each; each = each->next) {
        struct slice currency = json_member_text(each, "currency");
        (void)money_write(json_member_int64(each, "amount", 0), currency, out->spanish, amount);
        add(out, arena_printf(out->arena, "**%s:** %s %.*s\n\n", title, amount, SLICE_FMT(currency)));
    }
}

static void add_entry(struct text *out, const cJSON *entry)
{
    char amount[MONEY_TEXT_BYTES], balance[MONEY_TEXT_BYTES];
    const struct slice currency = json_member_text(entry, "currency"), order = json_member_text(entry, "order_id");
    (void)money_write(json_member_int64(entry, "amount", 0), currency, out->spanish, amount);
    (void)money_write(json_member_int64(entry, "balance", 0), currency, out->spanish, balance);
    add(out, arena_printf(out->arena, "| %.*s | %s | %.*s | %.*s | %s | %s |\n", SLICE_FMT(json_member_text(entry, "effective_on")),
                          kind_word(out, json_member_text(entry, "type")), SLICE_FMT(order), SLICE_FMT(currency), amount, balance));
}

static struct slice written(struct arena *arena, const cJSON *statement, bool spanish)
{
    struct text out = { .arena = arena, .spanish = spanish };
    const struct slice from = json_member_text(statement, "from"), to = json_member_text(statement, "to");
    add(&out, arena_printf(arena, "# %s\n\n", word(&out, "Estado de cuenta", "Statement of account")));
    add(&out, arena_printf(arena, "%s %.*s\n\n", word(&out, "Cliente", "Customer"), SLICE_FMT(json_member_text(statement, "customer_id"))));
    if (!slice_is_none(from))
        add(&out, arena_printf(arena, "%s %.*s\n\n", word(&out, "Desde", "From"), SLICE_FMT(from)));
    if (!slice_is_none(to))
        add(&out, arena_printf(arena, "%s %.*s\n\n", word(&out, "Hasta", "To"), SLICE_FMT(to)));
    add_balances(&out, word(&out, "Saldo inicial", "Opening balance"), json_member(statement, "opening"));
    const cJSON *data = json_member(statement, "data");
    if (data && data->child)
        add(&out, slice_from_text(word(&out, "| Fecha | Concepto | Pedido | Moneda | Importe | Saldo |\n|---|---|---|---|---:|---:|\n",
                                       "| Date | Entry | Order | Currency | Amount | Balance |\n|---|---|---|---|---:|---:|\n")));
    for (const cJSON *each = data ? data->child : NULL; each; each = each->next)
        add_entry(&out, each);
    add(&out, SLICE("\n"));
    add_balances(&out, word(&out, "Saldo final", "Closing balance"), json_member(statement, "closing"));
    return slice_of(out.data, out.size);
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
