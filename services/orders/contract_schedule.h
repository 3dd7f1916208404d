/* The financing of a contract in words and tables: terms, how they are computed, the rows. Private to contract_text.c. */
#ifndef CUOTAS_ORDERS_CONTRACT_SCHEDULE_H
#define CUOTAS_ORDERS_CONTRACT_SCHEDULE_H

#include "contract_text.h"
#include "contract_md.h"

#include <cjson/cJSON.h>

void contract_put_financing(struct md_writer *out, const struct contract_facts *facts, const cJSON *plan);
void contract_put_calculation(struct md_writer *out, const cJSON *plan);
void contract_put_schedule(struct md_writer *out, const cJSON *rows);

#endif
