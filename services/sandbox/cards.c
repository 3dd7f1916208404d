/* Stripe's test tokens (docs.stripe.com/testing) and a few of our own, pm_sim_*, that bring a fault of the provider with them. */
#include "sandbox.h"

#define DECLINED "Your card was declined."

static const struct card cards[] = {
    { "pm_card_visa", "visa", "4242", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_visa_debit", "visa", "5556", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_mastercard", "mastercard", "4444", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_mastercard_debit", "mastercard", "3222", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_amex", "amex", "8431", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_discover", "discover", "9424", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_diners", "diners", "3237", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_jcb", "jcb", "0505", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_mx", "visa", "0008", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_br", "visa", "0002", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_chargeDeclined", "visa", "0002", CARD_DECLINES, "card_declined", "generic_decline", DECLINED, NULL },
    { "pm_card_visa_chargeDeclined", "visa", "0002", CARD_DECLINES, "card_declined", "generic_decline", DECLINED, NULL },
    { "pm_card_chargeDeclinedInsufficientFunds", "visa", "9995", CARD_DECLINES, "card_declined", "insufficient_funds",
      "Your card has insufficient funds.", NULL },
    { "pm_card_visa_chargeDeclinedInsufficientFunds", "visa", "9995", CARD_DECLINES, "card_declined", "insufficient_funds",
      "Your card has insufficient funds.", NULL },
    { "pm_card_visa_chargeDeclinedLostCard", "visa", "9987", CARD_DECLINES, "card_declined", "lost_card", DECLINED, NULL },
    { "pm_card_chargeDeclinedLostCard", "visa", "9987", CARD_DECLINES, "card_declined", "lost_card", DECLINED, NULL },
    { "pm_card_visa_chargeDeclinedStolenCard", "visa", "9979", CARD_DECLINES, "card_declined", "stolen_card", DECLINED, NULL },
    { "pm_card_chargeDeclinedStolenCard", "visa", "9979", CARD_DECLINES, "card_declined", "stolen_card", DECLINED, NULL },
    { "pm_card_chargeDeclinedExpiredCard", "visa", "0069", CARD_DECLINES, "expired_card", "expired_card", "Your card has expired.", NULL },
    { "pm_card_chargeDeclinedIncorrectCvc", "visa", "0127", CARD_DECLINES, "incorrect_cvc", "incorrect_cvc",
      "Your card's security code is incorrect.", NULL },
    { "pm_card_chargeDeclinedProcessingError", "visa", "0119", CARD_DECLINES, "processing_error", "processing_error",
      "An error occurred while processing your card. Try again in a little bit.", NULL },
    { "pm_card_visa_chargeDeclinedVelocityLimitExceeded", "visa", "6975", CARD_DECLINES, "card_declined", "card_velocity_exceeded", DECLINED, NULL },
    { "pm_card_chargeDeclinedFraudulent", "visa", "0019", CARD_DECLINES, "card_declined", "fraudulent", DECLINED, NULL },
    { "pm_card_radarBlock", "visa", "0019", CARD_DECLINES, "card_declined", "fraudulent", DECLINED, NULL },
    { "pm_card_chargeCustomerFail", "visa", "0341", CARD_DECLINES_CHARGES, "card_declined", "generic_decline", DECLINED, NULL },
    { "pm_card_authenticationRequired", "visa", "3184", CARD_AUTHENTICATES, "authentication_required", "authentication_required",
      "Your card was declined. This transaction requires authentication.", NULL },
    { "pm_card_threeDSecure2Required", "visa", "3220", CARD_AUTHENTICATES, "authentication_required", "authentication_required",
      "Your card was declined. This transaction requires authentication.", NULL },
    { "pm_card_authenticationRequiredOnSetup", "visa", "3155", CARD_PAYS, NULL, NULL, NULL, NULL },
    { "pm_card_createDispute", "visa", "0259", CARD_DISPUTES, "fraudulent", NULL, NULL, NULL },
    { "pm_card_createDisputeProductNotReceived", "visa", "2685", CARD_DISPUTES, "product_not_received", NULL, NULL, NULL },
    { "pm_card_createDisputeInquiry", "visa", "1976", CARD_DISPUTES, "fraudulent", "inquiry", NULL, NULL },
    { "pm_sim_delayedWebhook", "visa", "1001", CARD_PAYS, NULL, NULL, NULL, "{\"webhook\":{\"delay_ms\":2000}}" },
    { "pm_sim_duplicateWebhook", "visa", "1002", CARD_PAYS, NULL, NULL, NULL, "{\"webhook\":{\"copies\":3}}" },
    { "pm_sim_outOfOrderWebhook", "visa", "1003", CARD_PAYS, NULL, NULL, NULL, "{\"webhook\":{\"reversed\":true}}" },
    { "pm_sim_lostWebhook", "visa", "1004", CARD_PAYS, NULL, NULL, NULL, "{\"webhook\":{\"drop\":true}}" },
    { "pm_sim_timeoutAfterCharge", "visa", "1005", CARD_PAYS, NULL, NULL, NULL, "{\"charge\":{\"hang\":\"after\"}}" },
    { "pm_sim_timeoutBeforeCharge", "visa", "1006", CARD_PAYS, NULL, NULL, NULL, "{\"charge\":{\"hang\":\"before\"}}" },
};

const struct card *card_find(struct slice token)
{
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        if (slice_equals_text(token, cards[i].token))
            return &cards[i];
    return NULL;
}
