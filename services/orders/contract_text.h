/* The text of a contract: Markdown made of what was agreed and nothing else, no clock, no I/O: the same facts give the same bytes, so that
 * what a buyer was shown can be made again and compared by its SHA-256. */
#ifndef CUOTAS_ORDERS_CONTRACT_TEXT_H
#define CUOTAS_ORDERS_CONTRACT_TEXT_H

#include "base/arena.h"

/* Parts that are none or empty are left out. */
struct contract_party {
    struct slice name, tax_id, address, contact;
};

struct contract_facts {
    bool spanish;
    int64_t schedule_version;
    struct slice reference;            /* the cart's id: it is there before the contract has one */
    struct slice currency;
    int64_t goods_total, deposit, amount_financed, total_payable;
    struct slice apr_nominal, effective_annual_rate;   /* fractions; none: cannot be stated */
    struct slice plan;                 /* JSON: the terms in the words of POST /v1/simulations; its start_date is the contract's */
    struct slice lines;                /* JSON: products with name, quantity, unit_price, line_total */
    struct slice installments;         /* JSON: rows, number 0 the deposit */
    struct slice terms_version, terms_sha256, terms_body;
    struct slice release;              /* JSON: when goods are sent; none: at once */
    struct slice legal_rate;           /* the highest the law allows on that day, as a fraction; none: it says none */
    bool legal_is_nominal;
    struct contract_party seller, buyer;
};

/* Who accepted what, for the end of the printed contract. */
struct contract_evidence {
    bool spanish;
    struct slice contract_id, accepted_by, accepted_at, accepted_from;
    struct slice text_sha256, accepted_sha256, terms_sha256;   /* accepted_sha256 none: the text was not pinned */
};

/* None when plan, lines or installments are no JSON. */
struct slice contract_text(struct arena *arena, const struct contract_facts *facts);
struct slice contract_evidence_text(struct arena *arena, const struct contract_evidence *evidence);

#endif
