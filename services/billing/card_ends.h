/* Cards end, and their customers are told in time. */
#ifndef CUOTAS_BILLING_CARD_ENDS_H
#define CUOTAS_BILLING_CARD_ENDS_H

#include "db/db.h"

/* Part of the close of a day: who would be charged by a card after its end is told, once for each end. False: with w's failure, to be run again. */
SUSPENDS bool card_ends_tell(struct work *w, struct slice date);

#endif
