/* What a body says of SEPA accounts, checked as the contract's schemas cannot: false with the failure recorded. A failure never repeats what was sent. */
#ifndef CUOTAS_BILLING_SEPA_INPUT_H
#define CUOTAS_BILLING_SEPA_INPUT_H

#include "base/work.h"

bool sepa_read_creditor_id(struct work *w, struct slice text, struct slice *creditor_id);
/* /iban and /bic; without a BIC it is none. */
bool sepa_read_account(struct work *w, struct slice iban_text, struct slice bic_text, struct slice *iban, struct slice *bic);
/* Something of it can be written in a bank's file. */
bool sepa_check_name(struct work *w, struct slice name, const char *pointer);

#endif
