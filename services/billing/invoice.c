/* See invoice.h. Suspends in statements and in a call to crm. */
#include "billing/invoice.h"

#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/merchant.h"
#include "service/service.h"
#include "wire/json.h"
#include "wire/json_write.h"

static struct slice party_json(struct work *w, struct slice name, struct slice tax_id, struct slice address, struct slice contact)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "name", name);
    json_put_text(&out, "tax_id", tax_id);
    json_put_text(&out, "address", address);
    json_put_text(&out, "country", merchant_country());
    json_put_text(&out, "contact", contact);
    json_end(&out, '}');
    return json_done(&out);
}

/* The buyer as crm knows them; who sells at a distance to elsewhere is not known here, so the buyer's country is the shop's. */
bool invoice_parties(struct work *w, struct slice customer_id, struct invoice_parties *out)
{
    const struct merchant_party *shop = merchant_party();
    const struct slice *answer = service_call(w, "crm", "GET", arena_printf(w->arena, "/internal/customers/%.*s/party", SLICE_FMT(customer_id)), SLICE_NONE);
    if (!answer)
        return false;
    const cJSON *party = json_parse(w->arena, *answer, NULL, NULL);
    *out = (struct invoice_parties){
        .seller = party_json(w, shop->name, shop->tax_id, shop->address, shop->contact),
        .buyer = party_json(w, json_member_text(party, "full_name"), json_member_text(party, "tax_id"), SLICE_NONE, json_member_text(party, "email")),
        .locale = slice_starts_with(json_member_text(party, "locale"), SLICE("en")) ? SLICE("en") : SLICE("es"),
    };
    return true;
}

static SUSPENDS bool freeze(struct work *w, struct slice id, const struct row *row)
{
    struct invoice_parties of;
    if (!invoice_parties(w, row_text(row, "customer_id"), &of))
        return false;
    if (slice_equals_text(row_text(row, "kind"), "invoice"))
        return db_run(w, SQL(freeze_invoice, .id = id, .seller = of.seller, .buyer = of.buyer, .locale = of.locale));
    return db_run(w, SQL(freeze_note, .id = id, .seller = of.seller, .buyer = of.buyer, .locale = of.locale));
}

struct slice invoice_document(struct work *w, struct slice id)
{
    const struct row *row = db_one(w, SQL(get_invoice, .id = id));
    if (row && slice_is_none(row_text(row, "document")))
        row = freeze(w, id, row) ? db_one(w, SQL(get_invoice, .id = id)) : NULL;
    if (!row)
        return SLICE_NONE;
    if (slice_is_none(row_text(row, "document")))
        work_fail(w, &PROBLEM_unavailable, "the document was kept and is not seen yet");
    return row_text(row, "document");
}
