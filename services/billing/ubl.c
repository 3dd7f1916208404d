/* See ubl.h. Elements stand in the order of the schemas. Nothing here suspends. */
#include "billing/ubl.h"

#include "base/money.h"
#include "wire/json.h"
#include "wire/xml_write.h"

#include <ctype.h>
#include <stdlib.h>

#define NAMESPACES(kind) \
    "xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:" kind "-2\" " \
    "xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" " \
    "xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\""

struct ubl {
    struct xml_writer out;
    struct arena *arena;
    const cJSON *document;
    struct slice currency;
    int digits;          /* of the currency's minor unit */
    bool credit, debit, deposit, spanish;
};

static struct slice text(const struct ubl *ubl, const char *name)
{
    return json_member_text(ubl->document, name);
}

static struct slice amount_text(const struct ubl *ubl, int64_t minor)
{
    int64_t unit = 1;
    for (int i = 0; i < ubl->digits; i++)
        unit *= 10;
    const char *sign = minor < 0 ? "-" : "";
    const int64_t size = llabs(minor);
    if (ubl->digits == 0)
        return arena_printf(ubl->arena, "%s%lld", sign, (long long)size);
    return arena_printf(ubl->arena, "%s%lld.%0*lld", sign, (long long)(size / unit), ubl->digits, (long long)(size % unit));
}

static void put_amount(struct ubl *ubl, const char *name, int64_t minor)
{
    xml_put_with(&ubl->out, name, "currencyID", ubl->currency, amount_text(ubl, minor));
}

static void put_member(struct ubl *ubl, const char *name, const cJSON *object, const char *member)
{
    put_amount(ubl, name, json_member_int64(object, member, 0));
}

static void put_scheme(struct ubl *ubl)
{
    xml_begin(&ubl->out, "cac:TaxScheme", NULL);
    xml_put(&ubl->out, "cbc:ID", SLICE("VAT"));
    xml_end(&ubl->out, "cac:TaxScheme");
}

#define MEXICAN_ID_MAX 13   /* an RFC begins with letters of a name, which may be MX */

/* BT-31 begins with the country (BR-CO-09), which the id may do already, and has nothing but letters and digits. */
static struct slice vat_id(const struct ubl *ubl, struct slice id, struct slice country)
{
    char *at = arena_alloc(ubl->arena, country.size + id.size + 1);
    size_t size = country.size;
    memcpy(at, country.data, country.size);
    for (size_t i = 0; i < id.size; i++)
        if (isalnum((unsigned char)id.data[i]))
            at[size++] = id.data[i];
    const struct slice whole = slice_of(at, size), own = slice_of(at + country.size, size - country.size);
    const bool prefixed = slice_starts_with(own, country) && !(slice_equals_text(country, "MX") && own.size <= MEXICAN_ID_MAX);
    return prefixed ? own : whole;
}

static void put_contact(struct ubl *ubl, struct slice contact)
{
    if (slice_is_none(contact))
        return;
    const bool mail = memchr(contact.data, '@', contact.size) != NULL;
    xml_begin(&ubl->out, "cac:Contact", NULL);
    xml_put(&ubl->out, mail ? "cbc:ElectronicMail" : "cbc:Telephone", contact);
    xml_end(&ubl->out, "cac:Contact");
}

static void put_party(struct ubl *ubl, const char *role, const cJSON *party, bool seller)
{
    const struct slice name = json_member_text(party, "name"), tax_id = json_member_text(party, "tax_id"), country = json_member_text(party, "country");
    xml_begin(&ubl->out, role, NULL);
    xml_begin(&ubl->out, "cac:Party", NULL);
    xml_begin(&ubl->out, "cac:PostalAddress", NULL);
    xml_put(&ubl->out, "cbc:StreetName", json_member_text(party, "address"));
    xml_begin(&ubl->out, "cac:Country", NULL);
    xml_put(&ubl->out, "cbc:IdentificationCode", country);
    xml_end(&ubl->out, "cac:Country");
    xml_end(&ubl->out, "cac:PostalAddress");
    if (seller && !slice_is_none(tax_id)) {
        xml_begin(&ubl->out, "cac:PartyTaxScheme", NULL);
        xml_put(&ubl->out, "cbc:CompanyID", vat_id(ubl, tax_id, country));
        put_scheme(ubl);
        xml_end(&ubl->out, "cac:PartyTaxScheme");
    }
    xml_begin(&ubl->out, "cac:PartyLegalEntity", NULL);
    xml_put(&ubl->out, "cbc:RegistrationName", name);
    xml_put(&ubl->out, "cbc:CompanyID", tax_id);
    xml_end(&ubl->out, "cac:PartyLegalEntity");
    put_contact(ubl, json_member_text(party, "contact"));
    xml_end(&ubl->out, "cac:Party");
    xml_end(&ubl->out, role);
}

static void put_reference(struct ubl *ubl, const cJSON *corrected)
{
    if (!cJSON_IsObject(corrected))
        return;
    xml_begin(&ubl->out, "cac:BillingReference", NULL);
    xml_begin(&ubl->out, "cac:InvoiceDocumentReference", NULL);
    xml_put(&ubl->out, "cbc:ID", json_member_text(corrected, "number"));
    xml_put(&ubl->out, "cbc:IssueDate", json_member_text(corrected, "issued_on"));
    xml_end(&ubl->out, "cac:InvoiceDocumentReference");
    xml_end(&ubl->out, "cac:BillingReference");
}

/* The words (BT-20) stand in one PaymentTerms, as EN 16931 has it; each installment in one of its own, which come to what is payable: not a deposit that is taken off (put_totals). */
static void put_terms(struct ubl *ubl)
{
    const cJSON *rows = json_member(ubl->document, "payment_terms"), *row;
    const bool netted = cJSON_IsObject(json_member(ubl->document, "deposit"));
    if (ubl->credit || ubl->deposit)
        return;
    xml_begin(&ubl->out, "cac:PaymentTerms", NULL);
    xml_put(&ubl->out, "cbc:Note", ubl->debit ? (ubl->spanish ? SLICE("Con las cuotas del contrato") : SLICE("With the installments of the contract"))
                                              : (ubl->spanish ? SLICE("En las fechas acordadas en el contrato") : SLICE("On the dates agreed in the contract")));
    xml_end(&ubl->out, "cac:PaymentTerms");
    cJSON_ArrayForEach(row, rows)
    {
        const int64_t number = json_member_int64(row, "number", 0);
        if (netted && number == 0)
            continue;
        xml_begin(&ubl->out, "cac:PaymentTerms", NULL);
        xml_put(&ubl->out, "cbc:ID", arena_printf(ubl->arena, "%lld", (long long)number));
        put_member(ubl, "cbc:Amount", row, "amount");
        xml_put(&ubl->out, "cbc:InstallmentDueDate", json_member_text(row, "due_date"));
        xml_end(&ubl->out, "cac:PaymentTerms");
    }
}

static void put_category(struct ubl *ubl, const char *element, struct slice category, struct slice rate, bool with_reason)
{
    xml_begin(&ubl->out, element, NULL);
    xml_put(&ubl->out, "cbc:ID", category);
    xml_put(&ubl->out, "cbc:Percent", rate);
    if (with_reason && slice_equals_text(category, "E"))
        xml_put(&ubl->out, "cbc:TaxExemptionReason", ubl->spanish ? SLICE("Exento: intereses y cargos del crédito") : SLICE("Exempt: interest and fees of credit"));
    put_scheme(ubl);
    xml_end(&ubl->out, element);
}

static void put_taxes(struct ubl *ubl)
{
    const cJSON *row;
    xml_begin(&ubl->out, "cac:TaxTotal", NULL);
    put_member(ubl, "cbc:TaxAmount", ubl->document, "tax_total");
    cJSON_ArrayForEach(row, json_member(ubl->document, "tax_subtotals")) {
        xml_begin(&ubl->out, "cac:TaxSubtotal", NULL);
        put_member(ubl, "cbc:TaxableAmount", row, "taxable");
        put_member(ubl, "cbc:TaxAmount", row, "tax");
        put_category(ubl, "cac:TaxCategory", json_member_text(row, "category"), json_member_text(row, "rate"), true);
        xml_end(&ubl->out, "cac:TaxSubtotal");
    }
    xml_end(&ubl->out, "cac:TaxTotal");
}

/* What was paid before (BT-113): the deposit that has an invoice of its own, which is paid when it is issued. */
static void put_totals(struct ubl *ubl)
{
    const int64_t total = json_member_int64(ubl->document, "total", 0);
    const int64_t prepaid = ubl->deposit ? total : json_member_int64(json_member(ubl->document, "deposit"), "total", 0);
    xml_begin(&ubl->out, "cac:LegalMonetaryTotal", NULL);
    put_member(ubl, "cbc:LineExtensionAmount", ubl->document, "net_total");
    put_member(ubl, "cbc:TaxExclusiveAmount", ubl->document, "net_total");
    put_member(ubl, "cbc:TaxInclusiveAmount", ubl->document, "total");
    if (prepaid > 0)
        put_amount(ubl, "cbc:PrepaidAmount", prepaid);
    put_amount(ubl, "cbc:PayableAmount", total - prepaid);
    xml_end(&ubl->out, "cac:LegalMonetaryTotal");
}

/* The price of all the line's units, so that price and quantity come to exactly its net amount. A line that goes the other way has a quantity below nothing. */
static void put_line(struct ubl *ubl, const cJSON *line)
{
    const char *element = ubl->credit ? "cac:CreditNoteLine" : "cac:InvoiceLine";
    const int64_t net = json_member_int64(line, "net", 0), quantity = json_member_int64(line, "quantity", 1);
    xml_begin(&ubl->out, element, NULL);
    xml_put(&ubl->out, "cbc:ID", arena_printf(ubl->arena, "%lld", (long long)json_member_int64(line, "number", 0)));
    xml_put_with(&ubl->out, ubl->credit ? "cbc:CreditedQuantity" : "cbc:InvoicedQuantity", "unitCode", SLICE("C62"),
                 arena_printf(ubl->arena, "%lld", (long long)quantity));
    put_amount(ubl, "cbc:LineExtensionAmount", net);
    xml_begin(&ubl->out, "cac:Item", NULL);
    xml_put(&ubl->out, "cbc:Name", json_member_text(line, "description"));
    if (!slice_is_none(json_member_text(line, "sku"))) {
        xml_begin(&ubl->out, "cac:SellersItemIdentification", NULL);
        xml_put(&ubl->out, "cbc:ID", json_member_text(line, "sku"));
        xml_end(&ubl->out, "cac:SellersItemIdentification");
    }
    put_category(ubl, "cac:ClassifiedTaxCategory", json_member_text(line, "tax_category"), json_member_text(line, "tax_rate"), false);
    xml_end(&ubl->out, "cac:Item");
    xml_begin(&ubl->out, "cac:Price", NULL);
    put_amount(ubl, "cbc:PriceAmount", llabs(net));
    xml_put_with(&ubl->out, "cbc:BaseQuantity", "unitCode", SLICE("C62"), arena_printf(ubl->arena, "%lld", (long long)llabs(quantity)));
    xml_end(&ubl->out, "cac:Price");
    xml_end(&ubl->out, element);
}

static void put_head(struct ubl *ubl)
{
    xml_put(&ubl->out, "cbc:CustomizationID", SLICE("urn:cen.eu:en16931:2017"));
    xml_put(&ubl->out, "cbc:ID", text(ubl, "number"));
    xml_put(&ubl->out, "cbc:IssueDate", text(ubl, "issued_on"));
    xml_put(&ubl->out, ubl->credit ? "cbc:CreditNoteTypeCode" : "cbc:InvoiceTypeCode", ubl->credit ? SLICE("381") : ubl->debit ? SLICE("383") : ubl->deposit ? SLICE("386") : SLICE("380"));
    xml_put(&ubl->out, "cbc:Note", text(ubl, "reason"));
    xml_put(&ubl->out, "cbc:DocumentCurrencyCode", ubl->currency);
    xml_begin(&ubl->out, "cac:OrderReference", NULL);
    xml_put(&ubl->out, "cbc:ID", text(ubl, "order_id"));
    xml_end(&ubl->out, "cac:OrderReference");
    put_reference(ubl, json_member(ubl->document, "corrects"));
    put_reference(ubl, json_member(ubl->document, "deposit"));
}

struct slice ubl_document(struct arena *arena, struct slice document)
{
    struct ubl ubl = { .out = xml_to_arena(arena), .arena = arena, .document = json_parse(arena, document, NULL, NULL) };
    const cJSON *line;
    ubl.currency = text(&ubl, "currency");
    const struct currency *currency = currency_find(ubl.currency);
    ubl.digits = currency ? currency->exponent : 2;
    ubl.credit = slice_equals_text(text(&ubl, "kind"), "credit_note");
    ubl.debit = slice_equals_text(text(&ubl, "kind"), "debit_note");
    ubl.deposit = slice_equals_text(text(&ubl, "kind"), "deposit_invoice");
    ubl.spanish = slice_equals_text(text(&ubl, "locale"), "es");
    xml_begin(&ubl.out, ubl.credit ? "CreditNote" : "Invoice", ubl.credit ? NAMESPACES("CreditNote") : NAMESPACES("Invoice"));
    put_head(&ubl);
    put_party(&ubl, "cac:AccountingSupplierParty", json_member(ubl.document, "seller"), true);
    put_party(&ubl, "cac:AccountingCustomerParty", json_member(ubl.document, "buyer"), false);
    put_terms(&ubl);
    put_taxes(&ubl);
    put_totals(&ubl);
    cJSON_ArrayForEach(line, json_member(ubl.document, "lines"))
        put_line(&ubl, line);
    xml_end(&ubl.out, ubl.credit ? "CreditNote" : "Invoice");
    return xml_done(&ubl.out);
}
