/* What SEPA direct debits are known by: account numbers (ISO 13616), creditor identifiers (EPC262-08), BIC (ISO 9362), mandates' references (EPC130-08). Pure. */
#ifndef CUOTAS_BILLING_SEPA_H
#define CUOTAS_BILLING_SEPA_H

#include "base/arena.h"

/* Without blanks, in capitals; none when it is none: of a country of the SEPA schemes, as long as that country's are, its check digits right. */
struct slice sepa_iban(struct arena *arena, struct slice text);
/* AT-02, likewise. The creditor's business code (characters 5 to 7) is no part of what is checked. */
struct slice sepa_creditor_id(struct arena *arena, struct slice text);
struct slice sepa_bic(struct arena *arena, struct slice text);
/* 1 to 35 characters that every bank takes; no '/' at an end, none after another. */
bool sepa_reference_valid(struct slice text);
/* As banks take it: Latin letters without accents, digits and / - ? : ( ) . , ' + and blanks, at most `most`; what has no such letter is a blank, and blanks are one. */
struct slice sepa_text(struct arena *arena, struct slice text, size_t most);

#endif
