/* Card numbers in texts, so that they can be kept out (PCI DSS 3.5.1). Pure. */
#ifndef CUOTAS_WIRE_CARD_NUMBER_H
#define CUOTAS_WIRE_CARD_NUMBER_H

#include "base/slice.h"

#include <stdbool.h>

#define CARD_NUMBER_DIGITS_MIN 14

/* True when the text holds what looks like a card number (ISO/IEC 7812): whole groups of digits with single blanks or dashes between them, 14 to 19 digits in
 * all, that begin as an issuer's do, are as long as its numbers are, and have a right Luhn digit. Not: part of a longer run of digits, of a decimal fraction or a UUID. */
bool card_number_in(struct slice text);

#endif
