/* What a shop says of receivables, checked beyond what the contract can say, and as it is kept. Pure. */
#ifndef CUOTAS_BILLING_RECEIVABLES_POLICY_H
#define CUOTAS_BILLING_RECEIVABLES_POLICY_H

#include "base/work.h"
#include "gen/billing/api.h"

struct json_writer;

/* Each of three stages once, each of five parts once in each. path: of the rule in the body. False with the failure. */
bool allocation_order_check(struct work *w, const struct allocation_stage *stages, size_t count, struct slice path);
/* Member `order`. */
void allocation_order_put(struct json_writer *out, const struct allocation_stage *stages, size_t count);

#endif
