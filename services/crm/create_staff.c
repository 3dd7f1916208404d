/* POST /v1/staff. One statement. */
#include "base/uuid.h"
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "staff.h"

SUSPENDS struct reply create_staff(struct request *rq, const struct create_staff_in *in)
{
    struct work *w = &rq->work;
    const struct slice username = slice_is_none(in->username) ? in->email : in->username;
    const struct row *row = db_one(w, SQL(create_staff, .id = uuid_new(w->arena), .username = username, .email = in->email, .full_name = in->full_name,
                                          .locale = in->locale, .role = in->role, .by = w->identity.subject, .invitation = uuid_new(w->arena),
                                          .hours = work_int(w, STAFF_KEY_HOURS)));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
