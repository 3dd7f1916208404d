/* POST /v1/staff/{id}/invitations. One statement. */
#include "base/uuid.h"
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "staff.h"

SUSPENDS struct reply invite_staff(struct request *rq, const struct invite_staff_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(invite_staff, .id = in->id, .by = w->identity.subject, .invitation = uuid_new(w->arena), .hours = work_int(w, STAFF_KEY_HOURS)));
    return row ? reply_json(rq, 201, row_text(row, "body")) : reply_problem(rq);
}
