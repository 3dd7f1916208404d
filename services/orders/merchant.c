/* See merchant.h. Read once at start, never changed. */
#include "merchant.h"

#include "gen/problems.h"
#include "service/config.h"

static struct slice country, public_channels;
static struct merchant_party party;
static struct merchant_limits limits;

void merchant_configure(void)
{
    country = slice_from_text(config_text_or("MERCHANT_COUNTRY", "CO"));
    public_channels = slice_from_text(config_text_or("PUBLIC_CHANNELS", "web,app"));
    party = (struct merchant_party){
        .name = slice_from_text(config_text_or("MERCHANT_NAME", "Cuotas")),
        .tax_id = slice_from_text(config_text_or("MERCHANT_TAX_ID", NULL)),
        .address = slice_from_text(config_text_or("MERCHANT_ADDRESS", NULL)),
        .contact = slice_from_text(config_text_or("MERCHANT_CONTACT", NULL)),
    };
    limits = (struct merchant_limits){ .changes_open = config_int_or("CONTRACT_CHANGES_OPEN_MAX", 8, 1, 1000),
                                       .changes_a_month = config_int_or("CONTRACT_CHANGES_MONTH_MAX", 12, 0, 1000) };
    bool capitals = country.size == 2;
    for (size_t i = 0; i < country.size; i++)
        capitals = capitals && country.data[i] >= 'A' && country.data[i] <= 'Z';
    if (!capitals)
        config_problem("MERCHANT_COUNTRY", "must be two capital letters, as ISO 3166 has them");
}

static bool is_public(struct slice channel)
{
    struct slice rest = public_channels;
    while (!slice_is_none(rest))
        if (slice_equals(slice_trim(slice_cut(rest, ',', &rest)), channel))
            return true;
    return false;
}

bool merchant_admits_channel(struct work *w, struct slice channel, struct slice pointer)
{
    if (w->identity.kind == IDENTITY_STAFF || w->identity.kind == IDENTITY_SERVICE || is_public(channel))
        return true;
    work_fail_field(w, &PROBLEM_validation_failed, pointer, "enum", "is one of %.*s; others are for the shop's own people", SLICE_FMT(public_channels));
    return false;
}

struct slice merchant_country(void)
{
    return country;
}

const struct merchant_party *merchant_party(void)
{
    return &party;
}

const struct merchant_limits *merchant_limits(void)
{
    return &limits;
}
