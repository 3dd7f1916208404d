/* What is kept of where a customer agreed to something. */
#ifndef CUOTAS_BILLING_EVIDENCE_H
#define CUOTAS_BILLING_EVIDENCE_H

#include "base/work.h"
#include "http/request.h"

/* The program that asked, as it says itself; none when that is no text, or may hold a card number. */
struct slice evidence_user_agent(const struct request *rq);

/* Who of the staff writes something down for a customer; none when they do it themselves. */
struct slice evidence_recorder(const struct work *w);
/* Whose word it is: `customer`, or who of the staff. */
struct slice evidence_who(const struct work *w);

#endif
