/* What all reports share: their days, and their two forms. */
#ifndef CUOTAS_BILLING_REPORT_H
#define CUOTAS_BILLING_REPORT_H

#include "db/db.h"
#include "http/request.h"

struct report_days {
    struct slice from, to;
};
/* The days asked for; where none are given, the twelve months that end (`ahead`: begin) today. False, with the failure recorded: they are out of order, or more
 * than ten years. */
bool report_days(struct work *w, struct slice from, struct slice to, bool ahead, struct report_days *out);

/* "json", "csv" or "pdf": what was asked for, else what Accept names first. */
struct slice report_format(const struct request *rq, struct slice asked);
/* The report in a row's column `body`: as it is, or its `data` as CSV where `format`, else Accept, says so. columns: members of `data`, with commas. */
struct reply report_reply(struct request *rq, const struct row *row, struct slice format, const char *name, struct slice columns);

#endif
