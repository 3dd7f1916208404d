/* The producer's side over HTTP, and what was given up. Handlers of routes every service has, for services only.
 *
 * GET /internal/events?cursors=<lane>:<epoch>:<xid>:<id>,...&limit=<n>&types=<type>,...&seen=<epoch>:<xid>:<id>
 *     A JSON array of CloudEvents 1.0: those after the cursor of each lane asked for, in order within a lane; of `types` only, when given.
 *     Beside the usual attributes each has lane, epoch, xid and sequence: the cursor behind it. `seen`: a place the consumer was told
 *     of; the answer may come from what was read before, if that goes so far. Headers: Cuotas-Passed, "<epoch>:<xid>:<id>": every lane asked for
 *     was read up to there; Cuotas-Skipped, "true" when there were events of other types; Cuotas-More, "true" when there may be more at once;
 *     Cuotas-Held, "true" when there are more that must wait for a running transaction; Cuotas-Watermark,
 *     "<epoch>:<oldest>:<next>": transactions below <oldest> have ended, all that had ended when this was read are below <next>.
 * GET /internal/dead-letters
 *     {"data": [{id, kind: event|job, type, key, producer, error, attempts, at, content}], "next_cursor": null}: parked events and
 *     dead jobs.
 * POST /internal/dead-letters/{id}/retry
 *     Applies a parked event now (whatever its lane has seen since), or has a dead job run again: {"id", "retried": true}. */
#ifndef CUOTAS_BUS_EVENTS_SERVE_H
#define CUOTAS_BUS_EVENTS_SERVE_H

#include "http/request.h"

SUSPENDS struct reply bus_serve_events(struct request *rq);
SUSPENDS struct reply bus_serve_dead_letters(struct request *rq);
SUSPENDS struct reply bus_retry_dead_letter(struct request *rq);

#endif
