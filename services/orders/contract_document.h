/* The stored documents of contracts. A contract's text is kept when the order is placed, if the buyer pinned it; else, and for later versions of the
 * schedule, it is made from what was agreed when it is first asked for, and kept. Its PDF likewise. Both never change again. */
#ifndef CUOTAS_ORDERS_CONTRACT_DOCUMENT_H
#define CUOTAS_ORDERS_CONTRACT_DOCUMENT_H

#include "db/db.h"
#include "http/request.h"

struct contract_document {
    struct slice id, kind, version, locale, media_type, sha256;
    struct slice body;
};

/* The text, or the PDF, of a version of the schedule (none: the one in force), of a contract the caller may see. False with the failure recorded:
 * not_found among them. Whoever writes a new version calls contract_document_text for it, so that it is kept from that day on. */
SUSPENDS bool contract_document_text(struct work *w, struct slice contract_id, struct slice version, struct contract_document *out);
SUSPENDS bool contract_document_pdf(struct work *w, struct slice contract_id, struct slice version, struct contract_document *out);
/* A row of get_contract_made or get_contract_file. */
void contract_document_read(struct arena *arena, const struct row *row, struct contract_document *out);
/* Its bytes as the answer: with its media type, a file name, and never taken for anything else by a browser. */
struct reply contract_document_reply(struct request *rq, const struct contract_document *document);

#endif
