/* PATCH /v1/staff/{id}: what If-Match names must be what is there, when it is read and when it is written. */
#include "base/uuid.h"
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "service/version.h"
#include "staff.h"

SUSPENDS struct reply change_staff(struct request *rq, const struct change_staff_in *in)
{
    struct work *w = &rq->work;
    const struct row *known = db_one(w, SQL(staff_known, .id = in->id));
    if (!known || !version_is(w, in->if_match, row_int(known, "version")))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(change_staff, .id = in->id, .version = row_text(known, "version"), .role = in->role, .full_name = in->full_name,
                                          .email = in->email, .invitation = uuid_new(w->arena), .hours = work_int(w, STAFF_KEY_HOURS),
                                          .disabled = !in->has_disabled ? SLICE_NONE : in->disabled ? SLICE("true") : SLICE("false"),
                                          .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
