/* What is kept of where a customer agreed to something. */
#ifndef CUOTAS_BILLING_EVIDENCE_H
#define CUOTAS_BILLING_EVIDENCE_H

#include "http/request.h"

/* The program that asked, as it says itself; none when that is no text, or may hold a card number. */
struct slice evidence_user_agent(const struct request *rq);

#endif
