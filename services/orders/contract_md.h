/* A contract's words in its Markdown. */
#ifndef CUOTAS_ORDERS_CONTRACT_MD_H
#define CUOTAS_ORDERS_CONTRACT_MD_H

#include "contract_words.h"
#include "doc/md_writer.h"

void md_put_word(struct md_writer *out, enum contract_word word);
/* "\n## word\n\n" */
void md_put_heading(struct md_writer *out, enum contract_word word);
/* "- **word:** ": what follows is the line's rest. */
void md_put_item(struct md_writer *out, enum contract_word word);
/* "| word | ": the cell after it follows. */
void md_put_row(struct md_writer *out, enum contract_word word);

#endif
