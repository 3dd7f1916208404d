/* What clients give as a payment method's token. */
#ifndef CUOTAS_BILLING_TOKEN_H
#define CUOTAS_BILLING_TOKEN_H

#include "base/work.h"

/* True when the text holds what may be a card number (ISO/IEC 7812): 12 to 19 digits and nothing else, or 13 to 19 digits in a row
 * with a right Luhn digit; blanks, dots and dashes between digits are skipped. */
bool token_is_card_number(struct slice text);
/* Refuses card numbers (card_number_refused) and anything that is no token, at `pointer`. The text itself is told to nobody. */
bool token_check(struct work *w, struct slice token, const char *pointer);

#endif
