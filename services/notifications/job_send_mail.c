/* Job send_mail: writes a queued notification in the customer's language and hands it to the mail server. The Message-ID is the
 * notification's id, so that a message sent again after a crash between the server's 250 and our record is recognisable. A
 * customer whose registration has not arrived yet is waited for; what a server refuses for good (5xx) is not repeated. */
#include "base/clock.h"
#include "base/log.h"
#include "gen/notifications/sql.h"
#include "gen/notifications/tables.h"
#include "http/outside.h"
#include "message.h"
#include "notifications.h"
#include "service/metrics.h"
#include "wire/json.h"

static struct metric sent_total = { .name = "cuotas_notifications_total", .help = "Messages handed over or given up.",
                                    .labels = "channel=\"email\",outcome=\"sent\"" };
static struct metric failed_total = { .name = "cuotas_notifications_total", .help = "Messages handed over or given up.",
                                      .labels = "channel=\"email\",outcome=\"failed\"" };

struct written {
    struct slice subject;
    struct slice message;
};

static struct written write_message(struct work *w, const struct row *row, struct slice id)
{
    const struct mail_settings *mail = mail_settings();
    struct message_values values = {
        .data = json_parse(w->arena, row_text(row, "data"), NULL, NULL),
        .full_name = row_text(row, "full_name"),
        .spanish = slice_equals_text(row_text(row, "language"), "es"),
    };
    struct slice subject = message_fill(w->arena, row_text(row, "subject"), &values);
    struct envelope envelope = {
        .from = mail->from,
        .to = row_text(row, "email"),
        .id = id,
        .domain = mail->domain,
        .template = row_text(row, "template"),
        .language = row_text(row, "language"),
        .subject = subject,
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

SUSPENDS enum job_outcome job_send_mail(struct work *w, const struct job *job)
{
    struct slice id = job_text(w, job, "notification_id");
    const struct mail_settings *settings = mail_settings();
    const struct row *row = db_maybe(w, SQL(mail_content, .id = id));
    if (!row)
        return work_failed(w) ? JOB_RETRY : JOB_DONE;   /* sent or given up already */
    struct slice to = row_text(row, "email");
    if (slice_is_none(to))
        return JOB_RETRY;
    if (slice_is_none(row_text(row, "body")))
        return record_failure(w, id, to, SLICE_NONE, SLICE("there is no such template"));
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
