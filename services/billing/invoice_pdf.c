/* See invoice_pdf.h. The Markdown is written on the loop, of the document alone; a pool thread draws it. Suspends while it does. */
#include "billing/invoice_pdf.h"

#include "doc/md_writer.h"
#include "doc/pdf.h"
#include "doc/pdf_markdown.h"
#include "doc/pdf_picture.h"
#include "service/config.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

#define LOGO_BYTES_MAX (512 * 1024)
#define LOGO_WIDTH 140.0f
#define LOGO_HEIGHT 60.0f
#define QR_SIDE 85.0f

static struct slice logo;

void invoice_pdf_configure(void)
{
    const char *path = config_text_or("MERCHANT_LOGO", NULL);
    FILE *file = path && *path ? fopen(path, "rb") : NULL;
    if (!path || !*path)
        return;
    char *bytes = malloc(LOGO_BYTES_MAX + 1);
    const size_t size = file && bytes ? fread(bytes, 1, LOGO_BYTES_MAX + 1, file) : 0;
    if (file)
        (void)fclose(file);
    logo = slice_of(bytes, size);
    if (size == 0 || size > LOGO_BYTES_MAX || !pdf_picture_known(logo))
        config_problem("MERCHANT_LOGO", "must be the path of a PNG or JPEG of at most 512 KiB");
}

struct printed {
    struct slice text, qr, footer, page, of;
};

static void draw(struct pdf_layout *layout, const void *arg)
{
    const struct printed *printed = arg;
    pdf_logo(layout, logo, LOGO_WIDTH, LOGO_HEIGHT);
    pdf_markdown(layout, printed->text);
    pdf_qr(layout, printed->qr, QR_SIDE);
    pdf_finish(layout, printed->footer, printed->page, printed->of);
}

static struct slice word(const struct md_writer *out, struct slice spanish, struct slice english)
{
    return out->spanish ? spanish : english;
}

static struct slice kind_name(const struct md_writer *out, struct slice kind)
{
    if (slice_equals_text(kind, "credit_note"))
        return word(out, SLICE("Nota crédito"), SLICE("Credit note"));
    if (slice_equals_text(kind, "deposit_invoice"))
        return word(out, SLICE("Factura de anticipo"), SLICE("Deposit invoice"));
    return slice_equals_text(kind, "debit_note") ? word(out, SLICE("Nota débito"), SLICE("Debit note")) : word(out, SLICE("Factura"), SLICE("Invoice"));
}

static void put_item(struct md_writer *out, struct slice label, struct slice text)
{
    if (slice_is_none(text))
        return;
    MD_TEXT(out, "- **");
    md_put(out, label);
    MD_TEXT(out, ":** ");
    md_put_escaped(out, text);
    MD_TEXT(out, "\n");
}

static void put_party(struct md_writer *out, struct slice title, const cJSON *party)
{
    MD_TEXT(out, "\n## ");
    md_put(out, title);
    MD_TEXT(out, "\n\n");
    put_item(out, word(out, SLICE("Nombre"), SLICE("Name")), json_member_text(party, "name"));
    put_item(out, word(out, SLICE("Identificación"), SLICE("Tax id")), json_member_text(party, "tax_id"));
    put_item(out, word(out, SLICE("Dirección"), SLICE("Address")), json_member_text(party, "address"));
    put_item(out, word(out, SLICE("Contacto"), SLICE("Contact")), json_member_text(party, "contact"));
}

static void put_cell(struct md_writer *out, const cJSON *row, const char *member)
{
    md_put_number(out, json_member_int64(row, member, 0));
    MD_TEXT(out, " | ");
}

static void put_rate(struct md_writer *out, struct slice rate)
{
    md_put_escaped(out, rate);
    MD_TEXT(out, " % | ");
}

static void put_lines(struct md_writer *out, const cJSON *lines)
{
    md_put(out, word(out, SLICE("\n| N.º | Descripción | Cant. | Precio | Dto. | Neto | IVA | Impuesto | Total |\n"),
                     SLICE("\n| No. | Description | Qty. | Price | Disc. | Net | VAT | Tax | Total |\n")));
    MD_TEXT(out, "|---:|---|---:|---:|---:|---:|---:|---:|---:|\n");
    for (const cJSON *line = lines ? lines->child : NULL; line; line = line->next) {
        MD_TEXT(out, "| ");
        md_put_int(out, json_member_int64(line, "number", 0));
        MD_TEXT(out, " | ");
        md_put_escaped(out, json_member_text(line, "description"));
        MD_TEXT(out, " | ");
        md_put_int(out, json_member_int64(line, "quantity", 0));
        MD_TEXT(out, " | ");
        put_cell(out, line, "unit_price");
        put_cell(out, line, "discount");
        put_cell(out, line, "net");
        put_rate(out, json_member_text(line, "tax_rate"));
        put_cell(out, line, "tax");
        put_cell(out, line, "total");
        MD_TEXT(out, "\n");
    }
}

static void put_taxes(struct md_writer *out, const cJSON *document)
{
    const cJSON *taxes = json_member(document, "tax_subtotals");
    md_put(out, word(out, SLICE("\n| Categoría | IVA | Base | Impuesto |\n"), SLICE("\n| Category | VAT | Taxable | Tax |\n")));
    MD_TEXT(out, "|---|---:|---:|---:|\n");
    for (const cJSON *row = taxes ? taxes->child : NULL; row; row = row->next) {
        MD_TEXT(out, "| ");
        md_put(out, json_member_text(row, "category"));
        MD_TEXT(out, " | ");
        put_rate(out, json_member_text(row, "rate"));
        put_cell(out, row, "taxable");
        put_cell(out, row, "tax");
        MD_TEXT(out, "\n");
    }
    MD_TEXT(out, "\n**Total: ");
    md_put_money(out, json_member_int64(document, "total", 0));
    MD_TEXT(out, "**\n");
}

static void put_deposit(struct md_writer *out, const cJSON *deposit, int64_t total)
{
    const int64_t paid = json_member_int64(deposit, "total", 0);
    if (!cJSON_IsObject(deposit))
        return;
    MD_TEXT(out, "\n- **");
    md_put(out, word(out, SLICE("Anticipo facturado"), SLICE("Deposit invoiced")));
    MD_TEXT(out, " (");
    md_put_escaped(out, json_member_text(deposit, "number"));
    MD_TEXT(out, "):** ");
    md_put_money(out, paid);
    MD_TEXT(out, "\n- **");
    md_put(out, word(out, SLICE("Por pagar"), SLICE("To pay")));
    MD_TEXT(out, ":** ");
    md_put_money(out, total - paid);
    MD_TEXT(out, "\n");
}

/* What is to be paid: not a deposit that is taken off. */
static void put_terms(struct md_writer *out, const cJSON *rows, bool netted)
{
    if (!rows || !rows->child)
        return;
    md_put(out, word(out, SLICE("\n## Fechas de pago\n\n| Cuota | Vence | Capital | Interés | Cargos | Impuesto | Total |\n"),
                     SLICE("\n## Payment dates\n\n| Installment | Due | Principal | Interest | Fees | Tax | Total |\n")));
    MD_TEXT(out, "|---:|---:|---:|---:|---:|---:|---:|\n");
    for (const cJSON *row = rows->child; row; row = row->next) {
        const int64_t number = json_member_int64(row, "number", 0);
        if (netted && number == 0)
            continue;
        MD_TEXT(out, "| ");
        md_put_int(out, number);
        MD_TEXT(out, " | ");
        md_put_date(out, json_member_text(row, "due_date"));
        MD_TEXT(out, " | ");
        put_cell(out, row, "principal");
        put_cell(out, row, "interest");
        put_cell(out, row, "fees");
        put_cell(out, row, "tax");
        put_cell(out, row, "amount");
        MD_TEXT(out, "\n");
    }
}

static struct slice markdown(struct arena *arena, const cJSON *document, bool spanish)
{
    struct md_writer writer = md_to_arena(arena, spanish, json_member_text(document, "currency")), *out = &writer;
    MD_TEXT(out, "# ");
    md_put(out, kind_name(out, json_member_text(document, "kind")));
    MD_TEXT(out, " ");
    md_put_escaped(out, json_member_text(document, "number"));
    MD_TEXT(out, "\n\n- **");
    md_put(out, word(out, SLICE("Fecha"), SLICE("Date")));
    MD_TEXT(out, ":** ");
    md_put_date(out, json_member_text(document, "issued_on"));
    MD_TEXT(out, "\n");
    put_item(out, word(out, SLICE("Pedido"), SLICE("Order")), json_member_text(document, "order_id"));
    put_item(out, word(out, SLICE("Corrige"), SLICE("Corrects")), json_member_text(json_member(document, "corrects"), "number"));
    put_item(out, word(out, SLICE("Motivo"), SLICE("Reason")), json_member_text(document, "reason"));
    put_party(out, word(out, SLICE("Vendedor"), SLICE("Seller")), json_member(document, "seller"));
    put_party(out, word(out, SLICE("Comprador"), SLICE("Buyer")), json_member(document, "buyer"));
    put_lines(out, json_member(document, "lines"));
    put_taxes(out, document);
    put_deposit(out, json_member(document, "deposit"), json_member_int64(document, "total", 0));
    put_terms(out, json_member(document, "payment_terms"), cJSON_IsObject(json_member(document, "deposit")));
    return md_done(out);
}

/* What names a document, as one line for whoever scans it: number, day, both tax ids, currency and total in minor units. */
static struct slice qr_text(struct arena *arena, const cJSON *document)
{
    const struct slice seller = json_member_text(json_member(document, "seller"), "tax_id"), buyer = json_member_text(json_member(document, "buyer"), "tax_id");
    return arena_printf(arena, "%.*s|%.*s|%.*s|%.*s|%.*s|%lld", SLICE_FMT(json_member_text(document, "number")), SLICE_FMT(json_member_text(document, "issued_on")),
                        SLICE_FMT(seller), SLICE_FMT(buyer), SLICE_FMT(json_member_text(document, "currency")), (long long)json_member_int64(document, "total", 0));
}

struct slice invoice_pdf(struct work *w, struct slice text)
{
    struct arena *arena = arena_new();
    struct printed *printed = ARENA_NEW(arena, struct printed);
    const cJSON *document = json_parse(arena, text, NULL, NULL);
    const bool spanish = slice_equals_text(json_member_text(document, "locale"), "es");
    *printed = (struct printed){
        .text = markdown(arena, document, spanish), .qr = qr_text(arena, document),
        .footer = arena_printf(arena, "%.*s  %.*s", SLICE_FMT(json_member_text(document, "number")), SLICE_FMT(json_member_text(document, "id"))),
        .page = spanish ? SLICE("Página") : SLICE("Page"), .of = spanish ? SLICE("de") : SLICE("of"),
    };
    return pdf_make(w, arena, spanish ? "Factura" : "Invoice", draw, printed);
}
