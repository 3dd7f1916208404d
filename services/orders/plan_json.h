/* Plans as JSON: the words of POST /v1/simulations. */
#ifndef CUOTAS_ORDERS_PLAN_JSON_H
#define CUOTAS_ORDERS_PLAN_JSON_H

#include "base/date.h"
#include "plan.h"
#include "wire/json_write.h"

static inline __attribute__((always_inline)) void plan_write_date(struct json_writer *out, const char *name, int32_t date)
{
    char text[DATE_BYTES + 2] = "\"";
    date_format(date, text + 1);
    text[DATE_BYTES + 1] = '"';
    json_put_raw(out, name, slice_of(text, sizeof text));
}
/* The terms as a request of POST /v1/simulations that computes the same schedule. */
void plan_write_terms(struct json_writer *out, const char *name, const struct plan_terms *terms, struct slice currency);
/* {"unit","every","days"?} */
void plan_write_frequency(struct json_writer *out, const char *name, const struct plan_frequency *frequency);
/* An array of rows; `with_deposit` puts what is due at the start before them as row 0, deposit and upfront fees, when there is any. */
void plan_write_rows(struct json_writer *out, const char *name, const struct plan_terms *terms, const struct plan_schedule *schedule,
                     bool with_deposit);
void plan_write_totals(struct json_writer *out, const char *name, const struct plan_totals *totals);
/* The answer of POST /v1/simulations. */
struct slice plan_schedule_json(struct arena *arena, const struct plan_terms *terms, const struct plan_schedule *schedule,
                                struct slice currency, bool explain);
/* How the start and each row came to be: the members explain_start and explain of the contract. */
void plan_write_explanation(struct json_writer *out, const struct plan_terms *terms, const struct plan_schedule *schedule);
/* A decimal as it was given. */
void plan_write_decimal(struct json_writer *out, const char *name, struct decimal value);
/* A rate of a schedule: none when it cannot be stated. */
struct slice plan_rate_text(const char rate[PLAN_RATE_TEXT]);

#endif
