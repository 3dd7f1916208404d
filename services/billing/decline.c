/* Stripe's decline codes (docs.stripe.com/declines/codes), Mercado Pago's status_detail and banks' reasons for returning direct debits as our vocabulary. What smells of fraud is told as what anybody may know:
 * a lost or stolen card is named because its owner knows, a suspicion is a plain decline. Pure. */
#include "billing/decline.h"

struct rule {
    const char *code, *failure_code, *kind;
};

static const struct rule rules[] = {
    { "insufficient_funds", "insufficient_funds", "soft" },
    { "card_velocity_exceeded", "limit_exceeded", "soft" },
    { "withdrawal_count_limit_exceeded", "limit_exceeded", "soft" },
    { "issuer_not_available", "issuer_unavailable", "soft" },
    { "try_again_later", "issuer_unavailable", "soft" },
    { "processing_error", "processing_error", "soft" },
    { "reenter_transaction", "processing_error", "soft" },
    { "generic_decline", "card_declined", "soft" },
    { "do_not_honor", "card_declined", "soft" },
    { "call_issuer", "card_declined", "soft" },
    { "no_action_taken", "card_declined", "soft" },
    { "approve_with_id", "card_declined", "soft" },
    { "do_not_try_again", "card_declined", "hard" },
    { "fraudulent", "card_declined", "hard" },
    { "merchant_blacklist", "card_declined", "hard" },
    { "restricted_card", "card_declined", "hard" },
    { "security_violation", "card_declined", "hard" },
    { "stop_payment_order", "card_declined", "hard" },
    { "revocation_of_authorization", "card_declined", "hard" },
    { "revocation_of_all_authorizations", "card_declined", "hard" },
    { "lost_card", "lost_or_stolen", "hard" },
    { "stolen_card", "lost_or_stolen", "hard" },
    { "pickup_card", "lost_or_stolen", "hard" },
    { "expired_card", "expired_card", "hard" },
    { "invalid_expiry_month", "expired_card", "hard" },
    { "invalid_expiry_year", "expired_card", "hard" },
    { "new_account_information_available", "invalid_card", "hard" },
    { "invalid_account", "invalid_card", "hard" },
    { "invalid_number", "invalid_card", "hard" },
    { "incorrect_number", "invalid_card", "hard" },
    { "incorrect_cvc", "invalid_card", "hard" },
    { "invalid_cvc", "invalid_card", "hard" },
    { "incorrect_zip", "invalid_card", "hard" },
    { "card_not_supported", "card_not_supported", "hard" },
    { "currency_not_supported", "card_not_supported", "hard" },
    { "service_not_allowed", "card_not_supported", "hard" },
    { "transaction_not_allowed", "card_not_supported", "hard" },
    { "not_permitted", "card_not_supported", "hard" },
    { "invalid_amount", "card_not_supported", "hard" },
    { "authentication_required", "authentication_required", "action" },
    { "authentication_not_handled", "authentication_required", "action" },
    { "payment_intent_authentication_failure", "authentication_required", "action" },
    { "setup_intent_authentication_failure", "authentication_required", "action" },
    { "mobile_device_authentication_required", "authentication_required", "action" },
    { "pin_try_exceeded", "limit_exceeded", "soft" },
    { "resource_missing", "invalid_payment_method", "hard" },
    { "payment_method_unactivated", "invalid_payment_method", "hard" },
};

/* duplicated_payment: it took one like it a moment ago, and would take this one later. high_risk and blacklist are its own suspicion, told as a plain decline.
 * max_attempts: of this card, today. */
static const struct rule mercadopago_rules[] = {
    { "cc_rejected_insufficient_amount", "insufficient_funds", "soft" },
    { "cc_rejected_call_for_authorize", "card_declined", "soft" },
    { "cc_rejected_bad_filled_card_number", "invalid_card", "hard" },
    { "cc_rejected_bad_filled_date", "expired_card", "hard" },
    { "cc_rejected_bad_filled_security_code", "invalid_card", "hard" },
    { "cc_rejected_bad_filled_other", "invalid_card", "hard" },
    { "cc_rejected_invalid_installments", "card_not_supported", "hard" },
    { "cc_rejected_card_type_not_allowed", "card_not_supported", "hard" },
    { "cc_rejected_card_disabled", "card_not_supported", "hard" },
    { "cc_rejected_card_error", "processing_error", "soft" },
    { "cc_rejected_time_out", "issuer_unavailable", "soft" },
    { "cc_amount_rate_limit_exceeded", "limit_exceeded", "soft" },
    { "cc_rejected_max_attempts", "limit_exceeded", "soft" },
    { "cc_rejected_duplicated_payment", "processing_error", "soft" },
    { "cc_rejected_high_risk", "card_declined", "hard" },
    { "cc_rejected_fraud", "card_declined", "hard" },
    { "cc_rejected_blacklist", "card_declined", "hard" },
    { "cc_rejected_3ds_mandatory", "authentication_required", "action" },
    { "cc_rejected_3ds_challenge", "authentication_required", "action" },
    { "rejected_insufficient_data", "invalid_card", "hard" },
    { "rejected_by_bank", "card_declined", "soft" },
    { "rejected_high_risk", "card_declined", "hard" },
    { "rejected_by_regulations", "card_declined", "hard" },
    { "bank_error", "issuer_unavailable", "soft" },
    { "cc_rejected_other_reason", "card_declined", "soft" },
};

/* `hard` ends a mandate, so it is only what the debtor or their bank says of account, mandate or debtor (EPC173-14, ISO 20022's external return reasons). What is wrong with the creditor, with how a file was made
 * or on the way between banks is the shop's or the banks' to mend: BE05 creditor identifier, FF05 scheme, MD02 what the file says of the mandate, RC04 the creditor's bank, RR01 to RR03 a name or address.
 * MD06: the debtor had it back within eight weeks, without a reason. MS03: the bank does not say, as most do not in some countries. SL01: the debtor has told their bank whom or what not to pay. */
static const struct rule sepa_rules[] = {
    { "AM04", "insufficient_funds", "soft" },
    { "SL13", "limit_exceeded", "soft" },
    { "SL14", "limit_exceeded", "soft" },
    { "AC01", "invalid_payment_method", "hard" },
    { "AC02", "invalid_payment_method", "hard" },
    { "AC04", "invalid_payment_method", "hard" },
    { "AC05", "invalid_payment_method", "hard" },
    { "AC06", "invalid_payment_method", "hard" },
    { "AC13", "invalid_payment_method", "hard" },
    { "AG01", "invalid_payment_method", "hard" },
    { "MD01", "invalid_payment_method", "hard" },
    { "RC01", "invalid_payment_method", "hard" },
    { "RC03", "invalid_payment_method", "hard" },
    { "MD06", "card_declined", "hard" },
    { "MD07", "card_declined", "hard" },
    { "MS02", "card_declined", "hard" },
    { "RR04", "card_declined", "hard" },
    { "SL01", "card_declined", "hard" },
    { "SL11", "card_declined", "hard" },
    { "SL12", "card_declined", "hard" },
    { "MS03", "card_declined", "soft" },
    { "AG02", "processing_error", "soft" },
    { "AM05", "processing_error", "soft" },
    { "BE05", "processing_error", "soft" },
    { "CNOR", "processing_error", "soft" },
    { "DNOR", "processing_error", "soft" },
    { "ED05", "processing_error", "soft" },
    { "FF01", "processing_error", "soft" },
    { "FF05", "processing_error", "soft" },
    { "MD02", "processing_error", "soft" },
    { "RC04", "processing_error", "soft" },
    { "RR01", "processing_error", "soft" },
    { "RR02", "processing_error", "soft" },
    { "RR03", "processing_error", "soft" },
    { "TM01", "processing_error", "soft" },
};

static const struct rule *rule_in(const struct rule *table, size_t count, struct slice code)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equals_text(code, table[i].code))
            return &table[i];
    return NULL;
}

static const struct rule *rule_find(struct slice code)
{
    return rule_in(rules, sizeof rules / sizeof *rules, code);
}

struct decline decline_from_sepa(struct slice code)
{
    const struct rule *rule = rule_in(sepa_rules, sizeof sepa_rules / sizeof *sepa_rules, code);
    if (!rule)
        return (struct decline){ SLICE("card_declined"), SLICE("soft") };
    return (struct decline){ slice_from_text(rule->failure_code), slice_from_text(rule->kind) };
}

struct decline decline_from_mercadopago(struct slice status_detail)
{
    const struct rule *rule = rule_in(mercadopago_rules, sizeof mercadopago_rules / sizeof *mercadopago_rules, status_detail);
    if (!rule)
        return (struct decline){ SLICE("card_declined"), SLICE("soft") };
    return (struct decline){ slice_from_text(rule->failure_code), slice_from_text(rule->kind) };
}

static bool is_one_of(struct slice text, const char *const *words)
{
    for (; *words; words++)
        if (slice_equals_text(text, *words))
            return true;
    return false;
}

/* Mastercard's merchant advice codes: 01 new account information, 03 do not try again, 21 the customer has canceled. What says to wait is what a soft decline does. */
static struct decline advised(struct decline decline, struct slice advice)
{
    static const char *const never[] = { "do_not_try_again", "03", "21", NULL }, *const other_data[] = { "confirm_card_data", "01", NULL };
    if (!slice_equals_text(decline.kind, "soft"))
        return decline;
    if (is_one_of(advice, never))
        return (struct decline){ SLICE("card_declined"), SLICE("hard") };
    if (is_one_of(advice, other_data))
        return (struct decline){ SLICE("invalid_card"), SLICE("hard") };
    return decline;
}

struct decline decline_from_stripe(struct slice decline_code, struct slice code, struct slice advice)
{
    const struct rule *rule = rule_find(decline_code);
    if (!rule)
        rule = rule_find(code);
    if (!rule)
        return advised((struct decline){ SLICE("card_declined"), SLICE("soft") }, advice);
    return advised((struct decline){ slice_from_text(rule->failure_code), slice_from_text(rule->kind) }, advice);
}
