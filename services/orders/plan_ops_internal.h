/* What the files of the ops share. */
#ifndef CUOTAS_ORDERS_PLAN_OPS_INTERNAL_H
#define CUOTAS_ORDERS_PLAN_OPS_INTERNAL_H

#include "plan_ops.h"
#include "wire/decode.h"

#define PLAN_TEXT_MAX 64
extern const struct string_rule plan_text_rule, plan_date_rule, plan_decimal_rule;

/* Records what is wrong with a member; always none. */
struct slice plan_refuse(struct work *w, const char *pointer, const char *code, const char *detail);
/* A date that the decoder has let through; 0 when absent. */
int32_t plan_date_of(struct slice text);

/* The object without a member; values are shared. */
const cJSON *plan_without(struct arena *arena, const cJSON *object, const char *name);

struct slice plan_answer_days(struct work *w, struct decoder *d, const cJSON *value);
struct slice plan_answer_adjust(struct work *w, struct decoder *d, const cJSON *value);
struct slice plan_answer_payoff(struct work *w, struct decoder *d, const cJSON *value);
/* Whose type is "op". */
struct slice plan_answer_change(struct work *w, struct decoder *d, const cJSON *value);

#endif
