/* See contract_parties.h. Nothing of the buyer is kept here: a contract's text has it, and lives in the database. Suspends in one call to crm. */
#include "contract_parties.h"

#include "merchant.h"
#include "service/service.h"
#include "wire/json.h"

bool contract_parties(struct work *w, struct slice customer_id, struct contract_facts *facts)
{
    const struct slice target = arena_printf(w->arena, "/internal/customers/%.*s/party", SLICE_FMT(customer_id));
    const struct slice *answer = service_call(w, "crm", "GET", target, SLICE_NONE);
    if (!answer)
        return false;
    const cJSON *party = json_parse(w->arena, *answer, NULL, NULL);
    const struct merchant_party *seller = merchant_party();
    facts->seller = (struct contract_party){ .name = seller->name, .tax_id = seller->tax_id, .address = seller->address, .contact = seller->contact };
    facts->buyer = (struct contract_party){ .name = json_member_text(party, "full_name"), .tax_id = json_member_text(party, "tax_id"),
                                            .contact = json_member_text(party, "email") };
    return true;
}
