/* See merchant.h. Read once at start, never changed. */
#include "merchant.h"

#include "gen/problems.h"
#include "service/config.h"

static struct slice public_channels;
static struct merchant_limits limits;

void merchant_configure(void)
{
    merchant_party_configure();
    public_channels = slice_from_text(config_text_or("PUBLIC_CHANNELS", "web,app"));
    limits = (struct merchant_limits){ .changes_open = config_int_or("CONTRACT_CHANGES_OPEN_MAX", 8, 1, 1000),
                                       .changes_a_month = config_int_or("CONTRACT_CHANGES_MONTH_MAX", 12, 0, 1000) };
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

const struct merchant_limits *merchant_limits(void)
{
    return &limits;
}
