/* PUT /v1/customers/{id}/segments: what If-Match names must be what is there, when it is read and when it is written. */
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "service/version.h"
#include "wire/json_write.h"

static struct slice segments_json(struct arena *arena, const struct put_segments_in *in)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < in->segments_count; i++)
        json_put_text(&out, NULL, in->segments[i]);
    json_end(&out, ']');
    return json_done(&out);
}

SUSPENDS struct reply put_segments(struct request *rq, const struct put_segments_in *in)
{
    struct work *w = &rq->work;
    const struct row *known = db_one(w, SQL(segments_version, .id = in->id));
    if (!known || !version_is(w, in->if_match, row_int(known, "version")))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(put_segments, .id = in->id, .version = row_text(known, "version"), .segments = segments_json(w->arena, in)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
