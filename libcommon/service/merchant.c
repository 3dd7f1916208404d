/* See merchant.h. Read once at start, never changed. */
#include "service/merchant.h"

#include "service/config.h"

static struct slice country;
static struct merchant_party party;

void merchant_party_configure(void)
{
    country = slice_from_text(config_text_or("MERCHANT_COUNTRY", "CO"));
    party = (struct merchant_party){
        .name = slice_from_text(config_text_or("MERCHANT_NAME", "Cuotas")),
        .tax_id = slice_from_text(config_text_or("MERCHANT_TAX_ID", NULL)),
        .address = slice_from_text(config_text_or("MERCHANT_ADDRESS", NULL)),
        .contact = slice_from_text(config_text_or("MERCHANT_CONTACT", NULL)),
    };
    bool capitals = country.size == 2;
    for (size_t i = 0; i < country.size; i++)
        capitals = capitals && country.data[i] >= 'A' && country.data[i] <= 'Z';
    if (!capitals)
        config_problem("MERCHANT_COUNTRY", "must be two capital letters, as ISO 3166 has them");
}

struct slice merchant_country(void)
{
    return country;
}

const struct merchant_party *merchant_party(void)
{
    return &party;
}
