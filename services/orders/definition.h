/* Plans as the shop defines them: what POST /v1/plans takes, held against rules that the contract cannot tell. */
#ifndef CUOTAS_ORDERS_DEFINITION_H
#define CUOTAS_ORDERS_DEFINITION_H

#include "gen/orders/api.h"

/* False with every fault recorded. */
bool definition_check(struct work *w, const struct create_plan_in *in);
/* What is kept: `given` as a JSON merge patch (RFC 7396) over what there was (NULL: nothing), written anew, since SQL reads it as text: integers have no fraction and no
 * exponent (12.0 and 1.2e1 are 12), ids are in lower case. */
struct slice definition_kept(struct arena *arena, const cJSON *before, const cJSON *given);

#endif
