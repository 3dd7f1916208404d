/* POST /v1/auth/token: a log-in by password, or the next pair for a refresh token. An unknown username, a wrong password and a disabled
 * account answer alike and take the same time. */
#include "base/uuid.h"
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "gen/problems.h"
#include "password.h"
#include "tokens.h"

static struct reply missing(struct request *rq, const char *pointer)
{
    work_fail_field(&rq->work, &PROBLEM_validation_failed, slice_from_text(pointer), "required", "is required with this grant_type");
    return reply_problem(rq);
}

/* Whatever it was. A failure of ours that came before stays what it is. */
static struct reply refused(struct request *rq)
{
    work_fail(&rq->work, &PROBLEM_invalid_credentials, "username or password is wrong");
    return reply_problem(rq);
}

static SUSPENDS struct reply by_password(struct request *rq, const struct create_token_in *in)
{
    struct work *w = &rq->work;
    const struct row *login = db_maybe(w, SQL(find_login, .username = in->username));
    if (work_failed(w))
        return reply_problem(rq);
    struct slice hash = login ? row_text(login, "password_hash") : SLICE_NONE;
    if (!password_matches(w, hash, in->password))
        return refused(rq);
    struct refresh_secret refresh = refresh_secret_new(w->arena);
    struct slice subject = row_text(login, "subject");
    if (!db_maybe(w, SQL(begin_refresh_family, .family = uuid_new(w->arena), .subject = subject, .password_hash = hash, .digest = refresh.digest,
                         .life_s = work_int(w, REFRESH_LIFE_S))))
        return refused(rq);
    return tokens_reply(rq, subject, row_text(login, "kind"), row_text(login, "scopes"), refresh.token);
}

static SUSPENDS struct reply by_refresh_token(struct request *rq, const struct create_token_in *in)
{
    struct work *w = &rq->work;
    struct refresh_secret next = refresh_secret_new(w->arena);
    const struct row *login = db_maybe(w, SQL(rotate_refresh_token, .digest = refresh_digest(w->arena, in->refresh_token),
                                              .next_digest = next.digest, .life_s = work_int(w, REFRESH_LIFE_S)));
    if (!login) {
        work_fail(w, &PROBLEM_invalid_refresh_token, "it has expired, was used before, or never existed");
        return reply_problem(rq);
    }
    return tokens_reply(rq, row_text(login, "subject"), row_text(login, "kind"), row_text(login, "scopes"), next.token);
}

SUSPENDS struct reply create_token(struct request *rq, const struct create_token_in *in)
{
    if (slice_equals_text(in->grant_type, "refresh_token"))
        return slice_is_none(in->refresh_token) ? missing(rq, "/refresh_token") : by_refresh_token(rq, in);
    if (slice_is_none(in->username))
        return missing(rq, "/username");
    return slice_is_none(in->password) ? missing(rq, "/password") : by_password(rq, in);
}
