/* See sepa_input.h. Pure. */
#include "billing/sepa_input.h"

#include "billing/sepa.h"
#include "gen/problems.h"

static bool refuse(struct work *w, const char *pointer, const char *why)
{
    work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(pointer), "format", "%s", why);
    return false;
}

bool sepa_read_creditor_id(struct work *w, struct slice text, struct slice *creditor_id)
{
    *creditor_id = sepa_creditor_id(w->arena, text);
    return !slice_is_none(*creditor_id) || refuse(w, "/creditor_id", "is no creditor identifier: its check digits do not fit");
}

bool sepa_read_account(struct work *w, struct slice iban_text, struct slice bic_text, struct slice *iban, struct slice *bic)
{
    *iban = sepa_iban(w->arena, iban_text);
    *bic = slice_is_none(bic_text) ? SLICE_NONE : sepa_bic(w->arena, bic_text);
    if (slice_is_none(*iban))
        return refuse(w, "/iban", "is no IBAN of the SEPA area: its length is another, or its check digits do not fit");
    return slice_is_none(bic_text) || !slice_is_none(*bic) || refuse(w, "/bic", "is no BIC");
}

bool sepa_check_name(struct work *w, struct slice name, const char *pointer)
{
    return sepa_text(w->arena, name, 70).size > 0 || refuse(w, pointer, "has no Latin letter, as banks need it");
}
