/* The ids an answer depends on, as slots of the table of changes. Pure. */
#ifndef CUOTAS_GATEWAY_CACHE_IDS_H
#define CUOTAS_GATEWAY_CACHE_IDS_H

#include "cache_store.h"

struct cache_ids {
    size_t count;
    bool too_many;
    uint16_t slots[CACHE_SUBJECTS_OF_ONE];
};

/* False when it is no UUID. */
bool cache_id_slot(struct slice id, uint16_t *slot);
/* Adds those that are whole segments of a target's path. */
void cache_ids_of_target(struct cache_ids *ids, struct slice target);
/* Adds those that are whole texts of a JSON document. */
void cache_ids_of_json(struct cache_ids *ids, struct slice json);

#endif
