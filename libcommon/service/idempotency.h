/* Repeatable POSTs. The reply of a POST that carried an Idempotency-Key is stored once, by the very statement that makes
 * its effect ({{remember}} in SQL), and replayed for every repetition. Twins that run at the same time meet on the
 * primary key of table `idempotency`: one commits, the others are rolled back whole and answered with its reply. So
 * no request is ever "in progress", and no lease has to expire after a crash. */
#ifndef CUOTAS_SERVICE_IDEMPOTENCY_H
#define CUOTAS_SERVICE_IDEMPOTENCY_H

#include "http/request.h"
#include "http/route.h"

/* Reads the key and hashes the request into rq->work.idempotency. False with the failure recorded when the header is missing
 * though required, or malformed. The body must have been read. */
bool idempotency_begin(struct request *rq);
/* True when *reply is the answer: a stored reply, or a problem (key reused for another request, database away). */
SUSPENDS bool idempotency_replay(struct request *rq, struct reply *reply);
/* After the handler: swaps a collision for the winner's reply and stores a refusal. Returns the reply to send. */
SUSPENDS struct reply idempotency_end(struct request *rq, struct reply reply);

#endif
