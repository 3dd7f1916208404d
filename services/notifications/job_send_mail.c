/* Job send_mail: writes a queued notification in the customer's language and hands it to the mail server. The Message-ID is the
 * notification's id, so that a message sent again after a crash between the server's 250 and our record is recognisable. A
 * customer whose registration has not arrived yet is waited for; what a server refuses for good (5xx) is not repeated. What needs
 * a consent is looked at when it would be sent: without one it is not, and outside contact hours it waits for them. */
#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "gen/notifications/sql.h"
#include "gen/notifications/tables.h"
#include "http/outside.h"
#include "message.h"
#include "notifications.h"
#include "service/identity.h"
#include "service/metrics.h"
#include "wire/json.h"
#include "wire/json_write.h"

static struct metric sent_total = { .name = "cuotas_notifications_total", .help = "Messages handed over or given up.",
                                    .labels = "channel=\"email\",outcome=\"sent\"" };
static struct metric failed_total = { .name = "cuotas_notifications_total", .help = "Messages handed over or given up.",
                                      .labels = "channel=\"email\",outcome=\"failed\"" };

struct written {
    struct slice subject;
    struct slice message;
};

#define STAFF_KEY_PURPOSE "staff-password"   /* crm opens it */

/* Of an invitation, made where the mail is written: it is kept nowhere. With the address of the page it is for, where there is one. */
static struct slice password_key(struct arena *arena, const cJSON *data)
{
    const struct slice invitation = json_member_text(data, "invitation_id");
    if (slice_is_none(invitation))
        return SLICE_NONE;
    const struct slice key = link_token_make(arena, STAFF_KEY_PURPOSE, invitation), page = mail_settings()->staff_password_page;
    return slice_is_none(page) ? key : arena_printf(arena, "%.*s%.*s", SLICE_FMT(page), SLICE_FMT(key));
}

/* crm opens it. */
static struct slice unsubscribe_url(struct work *w, const struct row *row)
{
    struct json_writer out = json_to_arena(w->arena);
    if (slice_is_none(row_text(row, "purpose")))
        return SLICE_NONE;
    json_begin(&out, NULL, '{');
    json_put_text(&out, "customer_id", row_text(row, "customer_id"));
    json_put_text(&out, "purpose", row_text(row, "purpose"));
    json_end(&out, '}');
    const struct slice token = link_token_make(w->arena, "unsubscribe", json_done(&out));
    return arena_printf(w->arena, "%s/v1/unsubscribe/%.*s", mail_settings()->unsubscribe_base, SLICE_FMT(token));
}

static struct written write_message(struct work *w, const struct row *row, struct slice id)
{
    const struct mail_settings *mail = mail_settings();
    const struct slice unsubscribe = unsubscribe_url(w, row);
    struct message_values values = {
        .unsubscribe_url = unsubscribe,
        .data = json_parse(w->arena, row_text(row, "data"), NULL, NULL),
        .full_name = row_text(row, "full_name"),
        .spanish = slice_equals_text(row_text(row, "language"), "es"),
    };
    values.password_key = password_key(w->arena, values.data);
    struct slice subject = message_fill(w->arena, row_text(row, "subject"), &values);
    struct envelope envelope = {
        .from = mail->from,
        .to = row_text(row, "email"),
        .id = id,
        .domain = mail->domain,
        .template = row_text(row, "template"),
        .language = row_text(row, "language"),
        .subject = subject,
        .unsubscribe_url = unsubscribe,
        .body = message_fill(w->arena, row_text(row, "body"), &values),
        .date_us = clock_logical_us(),
    };
    return (struct written){ .subject = subject, .message = message_write(w->arena, &envelope) };
}

static SUSPENDS enum job_outcome record_failure(struct work *w, struct slice id, struct slice to, struct slice subject,
                                                struct slice reason)
{
    if (!db_run(w, SQL(mail_failed, .id = id, .recipient = to, .subject = subject, .reason = reason)))
        return JOB_RETRY;
    metric_add(&failed_total, 1);
    return JOB_DONE;
}

/* False: it may go now. Else `outcome` is what becomes of the job. */
static SUSPENDS bool put_off(struct work *w, struct slice id, const struct row *row, enum job_outcome *outcome)
{
    const struct slice later = row_text(row, "not_before");
    if (slice_is_none(row_text(row, "purpose")))
        return false;
    if (!row_bool(row, "wanted"))
        *outcome = db_run(w, SQL(mail_unwanted, .id = id)) ? JOB_DONE : JOB_RETRY;
    else if (!slice_is_none(later))
        *outcome = db_run(w, SQL(mail_later, .id = id, .at = later)) ? JOB_DONE : JOB_RETRY;
    return !row_bool(row, "wanted") || !slice_is_none(later);
}

SUSPENDS enum job_outcome job_send_mail(struct work *w, const struct job *job)
{
    struct slice id = job_text(w, job, "notification_id");
    const struct mail_settings *settings = mail_settings();
    const struct row *row = db_maybe(w, SQL(mail_content, .id = id, .zone = date_zone()));
    if (!row)
        return work_failed(w) ? JOB_RETRY : JOB_DONE;   /* sent or given up already */
    struct slice to = row_text(row, "email");
    if (slice_is_none(to))
        return JOB_RETRY;
    if (slice_is_none(row_text(row, "body")))
        return record_failure(w, id, to, SLICE_NONE, SLICE("there is no such template"));
    enum job_outcome outcome = JOB_DONE;
    if (put_off(w, id, row, &outcome))
        return outcome;
    struct written written = write_message(w, row, id);
    struct mail mail = { .smtp_url = settings->smtp_url, .username = settings->username, .password = settings->password,
                         .require_tls = settings->require_tls, .from = settings->envelope_from, .to = to.data,
                         .message = written.message };
    long code = 0;
    enum result result = outside_mail(w, &mail, &code);
    if (result != RESULT_OK) {
        log_warn("mail not taken", LOG_SLICE("notification_id", id), LOG_INT("smtp", code), LOG_TEXT("result", result_name(result)));
        /* 535 is our own credentials: an operator mends it, the message waits. */
        if (code >= 500 && code != 535 && code != 530)
            return record_failure(w, id, to, written.subject, arena_printf(w->arena, "the mail server answered %ld", code));
        return JOB_RETRY;
    }
    if (!db_run(w, SQL(mail_sent, .id = id, .recipient = to, .subject = written.subject)))
        return JOB_RETRY;
    metric_add(&sent_total, 1);
    return JOB_DONE;
}
