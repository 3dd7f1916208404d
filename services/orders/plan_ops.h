/* The engine's questions and answers as JSON documents: what `cuotas-plan` reads and writes line by line. Pure, but for today's date where a
 * simulation has no start. */
#ifndef CUOTAS_ORDERS_PLAN_OPS_H
#define CUOTAS_ORDERS_PLAN_OPS_H

#include "base/work.h"

/* `line`: an object whose "op" says what is asked; services/orders/README.md lists them. The answer, or {"error": problem} with the document
 * the API would give (RFC 9457); in the work's arena, without a line feed. */
struct slice plan_answer(struct work *w, struct slice line);

#endif
