/* POST /v1/sepa-mandates: a customer signs a mandate for the shop's own direct debits, or staff record one signed on paper. Suspends in one statement. */
#include "base/clock.h"
#include "base/date.h"
#include "base/uuid.h"
#include "billing/evidence.h"
#include "billing/sepa.h"
#include "billing/sepa_input.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "wire/sha256.h"

static bool refuse(struct work *w, const char *pointer, const char *code, const char *why)
{
    work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(pointer), code, "%s", why);
    return false;
}

static bool whose(struct work *w, struct slice asked, struct slice *customer_id)
{
    const struct slice owner = work_owner(w);
    *customer_id = slice_is_none(owner) ? asked : owner;
    if (slice_is_none(*customer_id))
        return refuse(w, "/customer_id", "required", "say whose mandate it is");
    if (!slice_is_none(asked) && !slice_equals_nocase(asked, *customer_id))
        work_fail(w, &PROBLEM_not_found, "no such customer");
    return !work_failed(w);
}

static bool signed_on_check(struct work *w, struct slice signed_on)
{
    int32_t day;
    return slice_is_none(signed_on) || !date_parse(signed_on, &day) || day <= date_of_time(clock_logical_us()) || refuse(w, "/signed_on", "range", "lies in the future");
}

/* As it is written in the file; without one, the mandate's own id. */
static bool reference_of(struct work *w, struct slice asked, struct slice id, struct slice *reference)
{
    char *own = arena_alloc(w->arena, 34);
    size_t size = 0;
    own[size++] = 'M';
    for (size_t i = 0; i < id.size && size < 33; i++)
        if (id.data[i] != '-')
            own[size++] = id.data[i];
    *reference = slice_is_none(asked) ? slice_of(own, size) : asked;
    return sepa_reference_valid(*reference) || refuse(w, "/reference", "format", "has characters that banks do not take, or a '/' at an end or doubled");
}

SUSPENDS struct reply create_sepa_mandate(struct request *rq, const struct create_sepa_mandate_in *in)
{
    struct work *w = &rq->work;
    const struct slice id = uuid_new(w->arena), text = in->mandate ? in->mandate->text : SLICE_NONE;
    struct slice customer_id, reference, iban, bic;
    if (!whose(w, in->customer_id, &customer_id) || !sepa_read_account(w, in->iban, in->bic, &iban, &bic) || !sepa_check_name(w, in->debtor_name, "/debtor_name") ||
        !reference_of(w, in->reference, id, &reference) || !signed_on_check(w, in->signed_on))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(create_sepa_mandate, .id = id, .customer_id = customer_id, .reference = reference, .scheme = in->scheme, .debtor_name = in->debtor_name,
                                          .iban = iban, .bic = bic, .signed_on = in->signed_on, .by = w->identity.subject, .mandate_id = uuid_new(w->arena), .mandate_text = text,
                                          .mandate_sha256 = in->mandate ? sha256_hex(w->arena, text) : SLICE_NONE, .channel = in->mandate ? in->mandate->channel : SLICE_NONE,
                                          .ip = w->identity.client_ip, .user_agent = evidence_user_agent(rq), .recorded_by = evidence_recorder(w)));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
