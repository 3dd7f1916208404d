/* See cache_ids.h. Looks at bytes alone: a document is not parsed, a text that reads like an id counts as one wherever it stands. Too many
 * dependencies only end an answer early; what is an id between quotes is never missed. */
#include "cache_ids.h"

#include "base/hash.h"
#include "base/uuid.h"

#include <assert.h>

#define ID_BYTES (UUID_TEXT - 1)

static_assert(CACHE_SUBJECTS <= UINT16_MAX + 1, "a slot's number must fit");
static_assert((CACHE_SUBJECTS & (CACHE_SUBJECTS - 1)) == 0, "slots are taken from a hash by a mask");

bool cache_id_slot(struct slice id, uint16_t *slot)
{
    char lower[ID_BYTES];
    if (id.size != ID_BYTES || !uuid_valid(id))
        return false;
    for (size_t i = 0; i < ID_BYTES; i++)
        lower[i] = (char)(id.data[i] | 0x20);   /* digits and '-' have that bit */
    *slot = (uint16_t)(hash_bytes(slice_of(lower, ID_BYTES)) & (CACHE_SUBJECTS - 1));
    return true;
}

static void add(struct cache_ids *ids, struct slice id)
{
    uint16_t slot;
    if (!cache_id_slot(id, &slot))
        return;
    ids->too_many = ids->too_many || ids->count == CACHE_SUBJECTS_OF_ONE;
    if (!ids->too_many)
        ids->slots[ids->count++] = slot;
}

void cache_ids_of_target(struct cache_ids *ids, struct slice target)
{
    struct slice query, rest = slice_cut(target, '?', &query);
    while (!slice_is_none(rest))
        add(ids, slice_cut(rest, '/', &rest));
}

void cache_ids_of_json(struct cache_ids *ids, struct slice json)
{
    const char *at = json.data, *end = json.data + json.size;
    while (at && at < end && (at = memchr(at, '"', (size_t)(end - at)))) {
        at++;
        if (end - at > ID_BYTES && at[8] == '-' && at[ID_BYTES] == '"')
            add(ids, slice_of(at, ID_BYTES));
    }
}
