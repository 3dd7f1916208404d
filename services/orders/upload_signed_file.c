/* POST /v1/contracts/{id}/signed-file. The gateway streams the body; here it is read whole, for one statement stores it. Sent again it is the same
 * document, so it needs no key. Suspends in reading and in the statement. */
#include "base/uuid.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "http/route.h"
#include "http/server.h"
#include "signed_file.h"
#include "wire/base64.h"
#include "wire/sha256.h"

static bool is_accepted(struct slice type)
{
    return slice_equals_nocase(type, SLICE("application/pdf")) || slice_equals_nocase(type, SLICE("image/jpeg")) ||
           slice_equals_nocase(type, SLICE("image/png"));
}

/* The media type it is said to be; NULL with the failure recorded when that is none we take. */
static const struct slice *said_type(struct request *rq)
{
    struct slice rest, *type = ARENA_NEW(rq->work.arena, struct slice);
    *type = slice_trim(slice_cut(request_header(rq, "content-type"), ';', &rest));
    if (slice_is_none(*type) || is_accepted(*type))
        return type;
    return work_fail(&rq->work, &PROBLEM_unsupported_media_type, "send application/pdf, image/jpeg or image/png");
}

/* What the bytes are, when that is what was said. */
static SUSPENDS const char *read_file(struct request *rq, struct slice said)
{
    if (!request_read_all(rq, rq->route->body_max))
        return NULL;
    if (slice_is_none(said))
        return work_fail(&rq->work, &PROBLEM_unsupported_media_type, "send application/pdf, image/jpeg or image/png");
    const char *found = signed_file_media_type(rq->body);
    if (found && slice_equals_nocase(said, slice_from_text(found)))
        return found;
    return work_fail(&rq->work, &PROBLEM_file_unreadable, "the bytes are %s", found ? found : "no whole PDF, JPEG or PNG");
}

SUSPENDS struct reply upload_signed_file(struct request *rq, const struct upload_signed_file_in *in)
{
    struct work *w = &rq->work;
    const struct slice *said = said_type(rq);
    /* Nothing is taken up for a contract the sender does not have. */
    const bool theirs = said && db_one(w, SQL(get_contract, .id = in->id));
    const char *type = theirs ? read_file(rq, *said) : NULL;
    const struct row *row = !type ? NULL : db_one(w, SQL(upload_signed_file, .id = in->id, .document_id = uuid_new(w->arena),
                                                         .media_type = slice_from_text(type), .base64 = base64_encode(w->arena, rq->body),
                                                         .sha256 = sha256_hex(w->arena, rq->body), .by = w->identity.subject));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
