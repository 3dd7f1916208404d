/* POST /v1/auth/staff-password. A key that is none of ours costs no hash; one that is costs one, and then a statement. */
#include "base/uuid.h"
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "gen/problems.h"
#include "password.h"
#include "service/identity.h"
#include "staff.h"

SUSPENDS struct reply set_staff_password(struct request *rq, const struct set_staff_password_in *in)
{
    struct work *w = &rq->work;
    struct slice invitation;
    if (!link_token_open(w->arena, STAFF_KEY_PURPOSE, in->key, &invitation) || !uuid_valid(invitation)) {
        work_fail(w, &PROBLEM_invitation_not_valid, "it is none of this shop's");
        return reply_problem(rq);
    }
    const struct slice hash = password_hash(w, in->password);
    if (slice_is_none(hash))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(set_staff_password, .invitation = invitation, .password_hash = hash));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
