/* Bank statements as ISO 20022 camt.053.001.02 to .10 have them: what is read stands at the same places in all of these versions, or at two, both of which are
 * looked at. Texts of a statement, a balance, an entry and a transaction are collected in slots and judged where their element ends. An entry whose
 * transactions have amounts that add up to it is a line each, else it is one line. Only what is booked counts. Nothing here suspends. */
#include "base/date.h"
#include "billing/bank_file.h"
#include "wire/xml_read.h"

#include <stdlib.h>

#define SPACE "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
#define ROOT "Document/BkToCstmrStmt/Stmt"
#define TRANSACTION "Ntry/NtryDtls/TxDtls/"

/* One letter of a slot's group; the groups are cleared where their element begins. */
enum slot {
    STATEMENT_ID, ACCOUNT, ACCOUNT_CURRENCY, FROM_ON, TO_ON, STATEMENT_SLOTS,
    BALANCE_CODE = STATEMENT_SLOTS, BALANCE_AMOUNT, BALANCE_SIGN, BALANCE_SLOTS,
    ENTRY_AMOUNT = BALANCE_SLOTS, ENTRY_SIGN, ENTRY_STATUS, BOOKED_ON, VALUE_ON, ENTRY_REFERENCE, ENTRY_TEXT, ENTRY_SLOTS,
    OWN_REFERENCE = ENTRY_SLOTS, END_TO_END, AMOUNT, SIGN, DEBTOR, CREDITOR, DEBTOR_ACCOUNT, CREDITOR_ACCOUNT, REMITTANCE, CREDITOR_REFERENCE, TEXT, RETURN_CODE, SLOTS
};

static const struct place {
    const char *path;
    enum slot slot;
} places[] = {
    { "Id", STATEMENT_ID }, { "Acct/Id/IBAN", ACCOUNT }, { "Acct/Id/Othr/Id", ACCOUNT }, { "Acct/Ccy", ACCOUNT_CURRENCY },
    { "FrToDt/FrDtTm", FROM_ON }, { "FrToDt/ToDtTm", TO_ON },
    { "Bal/Tp/CdOrPrtry/Cd", BALANCE_CODE }, { "Bal/Amt", BALANCE_AMOUNT }, { "Bal/CdtDbtInd", BALANCE_SIGN },
    { "Ntry/Amt", ENTRY_AMOUNT }, { "Ntry/CdtDbtInd", ENTRY_SIGN }, { "Ntry/Sts", ENTRY_STATUS }, { "Ntry/Sts/Cd", ENTRY_STATUS },
    { "Ntry/BookgDt/Dt", BOOKED_ON }, { "Ntry/BookgDt/DtTm", BOOKED_ON }, { "Ntry/ValDt/Dt", VALUE_ON }, { "Ntry/ValDt/DtTm", VALUE_ON },
    { "Ntry/AcctSvcrRef", ENTRY_REFERENCE }, { "Ntry/AddtlNtryInf", ENTRY_TEXT },
    { TRANSACTION "Refs/AcctSvcrRef", OWN_REFERENCE }, { TRANSACTION "Refs/EndToEndId", END_TO_END },
    { TRANSACTION "Amt", AMOUNT }, { TRANSACTION "AmtDtls/TxAmt/Amt", AMOUNT }, { TRANSACTION "CdtDbtInd", SIGN },
    { TRANSACTION "RltdPties/Dbtr/Nm", DEBTOR }, { TRANSACTION "RltdPties/Dbtr/Pty/Nm", DEBTOR },
    { TRANSACTION "RltdPties/Cdtr/Nm", CREDITOR }, { TRANSACTION "RltdPties/Cdtr/Pty/Nm", CREDITOR },
    { TRANSACTION "RltdPties/DbtrAcct/Id/IBAN", DEBTOR_ACCOUNT }, { TRANSACTION "RltdPties/DbtrAcct/Id/Othr/Id", DEBTOR_ACCOUNT },
    { TRANSACTION "RltdPties/CdtrAcct/Id/IBAN", CREDITOR_ACCOUNT }, { TRANSACTION "RltdPties/CdtrAcct/Id/Othr/Id", CREDITOR_ACCOUNT },
    { TRANSACTION "RmtInf/Ustrd", REMITTANCE }, { TRANSACTION "RmtInf/Strd/CdtrRefInf/Ref", CREDITOR_REFERENCE }, { TRANSACTION "AddtlTxInf", TEXT }, { TRANSACTION "RtrInf/Rsn/Cd", RETURN_CODE },
};

struct transaction {
    struct slice slots[SLOTS];
    char currency[4];
};

struct camt {
    struct bank_file *file;
    struct bank_statement *statement;
    struct transaction now;              /* all slots: those of the transaction are its own */
    struct transaction *transactions;    /* of the entry */
    size_t count, room;
    char entry_currency[4], balance_currency[4];
    int64_t line;
    bool opening_is_first;               /* an OPBD, which a PRCD does not replace */
    bool whole;                          /* a Stmt was seen */
};

static bool refuse(struct camt *camt, const char *element, const char *why)
{
    return bank_file_fail(camt->file, "line %lld, %s: %s", (long long)camt->line, element, why);
}

static void clear(struct camt *camt, int from, int to)
{
    for (int slot = from; slot < to; slot++)
        camt->now.slots[slot] = SLICE_NONE;
}

/* The path below the statement; none elsewhere. Empty: the statement itself. */
static struct slice below_statement(struct slice path)
{
    const struct slice root = SLICE(ROOT);
    if (!slice_starts_with(path, root) || (path.size > root.size && path.data[root.size] != '/'))
        return SLICE_NONE;
    return path.size == root.size ? SLICE("") : slice_of(path.data + root.size + 1, path.size - root.size - 1);
}

static void keep_currency(struct slice path, struct slice code, struct camt *camt)
{
    char *kept = slice_equals_text(path, "Bal/Amt")    ? camt->balance_currency
                 : slice_equals_text(path, "Ntry/Amt") ? camt->entry_currency
                 : slice_equals_text(path, TRANSACTION "Amt") || slice_equals_text(path, TRANSACTION "AmtDtls/TxAmt/Amt") ? camt->now.currency
                                                                                                                          : NULL;
    /* Of two amounts of a transaction the first is taken. */
    if (!kept || (kept == camt->now.currency && !slice_is_none(camt->now.slots[AMOUNT])))
        return;
    memset(kept, 0, sizeof camt->now.currency);
    if (code.size == 3)
        memcpy(kept, code.data, 3);
}

static bool on_begin(void *of, const struct xml_element *element)
{
    struct camt *camt = of;
    camt->line = element->line;
    if (slice_equals_text(element->path, "Document") && !slice_starts_with(element->space, SLICE(SPACE)))
        return refuse(camt, "Document", "is not of a version of camt.053.001");
    const struct slice path = below_statement(element->path);
    if (slice_is_none(path))
        return true;
    if (path.size == 0) {
        clear(camt, 0, SLOTS);
        camt->opening_is_first = false;
        camt->statement = bank_file_statement(camt->file);
        return camt->statement != NULL;
    }
    if (slice_equals_text(path, "Bal"))
        clear(camt, STATEMENT_SLOTS, BALANCE_SLOTS);
    if (slice_equals_text(path, "Ntry")) {
        clear(camt, BALANCE_SLOTS, SLOTS);
        camt->count = 0;
    }
    if (slice_equals_text(path, "Ntry/NtryDtls/TxDtls"))
        clear(camt, ENTRY_SLOTS, SLOTS);
    const struct slice code = xml_attribute(element, "Ccy");
    if (!slice_is_none(code))
        keep_currency(path, code, camt);
    return true;
}

static void keep_text(struct camt *camt, struct slice path, struct slice text)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!slice_equals_text(path, places[i].path))
            continue;
        struct slice *slot = &camt->now.slots[places[i].slot];
        const struct slice kept = bank_text(camt->file, text, 500);
        if (slice_is_none(*slot))
            *slot = kept;
        else if (places[i].slot == REMITTANCE && !slice_is_none(kept) && slot->size < 500)
            *slot = arena_printf(camt->file->arena, "%.*s %.*s", SLICE_FMT(*slot), SLICE_FMT(kept));
        return;
    }
}

/* The account's currency, told by it or by the first amount. */
static bool currency_is(struct camt *camt, const char *code, const char *element)
{
    const struct slice account = camt->now.slots[ACCOUNT_CURRENCY];
    if (!camt->statement->currency)
        camt->statement->currency = currency_find(slice_is_none(account) ? slice_from_text(code) : account);
    if (!camt->statement->currency || strcmp(camt->statement->currency->code, code) != 0)
        return refuse(camt, element, "is not in the account's currency");
    return true;
}

static bool signed_amount(struct camt *camt, struct slice text, struct slice sign, const char *element, int64_t *out)
{
    if (slice_is_none(text) || !money_parse_major(text, camt->statement->currency, out) || *out < 0)
        return refuse(camt, element, "is not an amount exact in its currency");
    if (slice_equals_text(sign, "DBIT"))
        *out = -*out;
    else if (!slice_equals_text(sign, "CRDT"))
        return refuse(camt, element, "is neither CRDT nor DBIT");
    return true;
}

/* The day of a date or an instant, as the bank wrote it. */
static bool day(struct camt *camt, struct slice text, const char *element, struct slice *out)
{
    int32_t date;
    *out = slice_is_none(text) ? SLICE_NONE : slice_of(text.data, text.size < DATE_BYTES ? text.size : DATE_BYTES);
    return slice_is_none(text) || date_parse(*out, &date) || refuse(camt, element, "is not a date");
}

static bool end_balance(struct camt *camt)
{
    const struct slice *now = camt->now.slots, code = now[BALANCE_CODE];
    struct bank_statement *to = camt->statement;
    const bool first = slice_equals_text(code, "OPBD"), closing = slice_equals_text(code, "CLBD");
    int64_t amount;
    if (!first && !closing && !slice_equals_text(code, "PRCD"))
        return true;
    if (to->currency && strcmp(to->currency->code, camt->balance_currency) != 0)
        return true;   /* the same balance in another currency, as some banks add */
    if (!currency_is(camt, camt->balance_currency, "Bal/Amt") || !signed_amount(camt, now[BALANCE_AMOUNT], now[BALANCE_SIGN], "Bal/Amt", &amount))
        return false;
    if (closing) {
        to->has_closing = true;
        to->closing = amount;
    } else if (!camt->opening_is_first) {
        to->has_opening = true;
        to->opening = amount;
        camt->opening_is_first = first;
    }
    return true;
}

static bool end_transaction(struct camt *camt)
{
    if (camt->count == camt->room) {
        const size_t room = camt->room ? 2 * camt->room : 4;
        camt->transactions = arena_grow(camt->file->arena, camt->transactions, camt->room * sizeof *camt->transactions, room * sizeof *camt->transactions);
        camt->room = room;
    }
    if (camt->count == BANK_LINES_MAX)
        return refuse(camt, "TxDtls", "are more than there may be");
    camt->transactions[camt->count++] = camt->now;
    return true;
}

static struct slice unless(struct slice text, const char *nothing)
{
    return slice_equals_text(text, nothing) ? SLICE_NONE : text;
}

static struct slice first_of(struct slice a, struct slice b)
{
    return slice_is_none(a) ? b : a;
}

static bool add_line(struct camt *camt, const struct slice *slots, int64_t amount)
{
    struct bank_line *line = bank_file_line(camt->file);
    const struct slice end_to_end = unless(slots[END_TO_END], "NOTPROVIDED");
    if (!line)
        return false;
    line->amount = amount;
    line->reference = first_of(slots[CREDITOR_REFERENCE], end_to_end);
    line->bank_reference = first_of(unless(slots[OWN_REFERENCE], "NONREF"), unless(slots[ENTRY_REFERENCE], "NONREF"));
    line->name = amount < 0 ? slots[CREDITOR] : slots[DEBTOR];
    line->counter_account = amount < 0 ? slots[CREDITOR_ACCOUNT] : slots[DEBTOR_ACCOUNT];
    line->return_code = slots[RETURN_CODE];
    line->text = first_of(first_of(slots[REMITTANCE], slots[TEXT]), slots[ENTRY_TEXT]);
    if (!slice_is_none(slots[CREDITOR_REFERENCE]) && !slice_is_none(end_to_end))   /* neither of them is lost */
        line->text = arena_printf(camt->file->arena, "%.*s%s%.*s", SLICE_FMT(line->text), line->text.size ? " " : "", SLICE_FMT(end_to_end));
    return day(camt, camt->now.slots[BOOKED_ON], "Ntry/BookgDt", &line->booked_on) && day(camt, camt->now.slots[VALUE_ON], "Ntry/ValDt", &line->value_on) &&
           (!slice_is_none(line->booked_on) || refuse(camt, "Ntry/BookgDt", "is missing"));
}

/* True when the transactions' amounts, all of them there and in the account's currency, add up to the entry's. */
static bool amounts_add_up(const struct camt *camt, int64_t entry, int64_t *amounts)
{
    const struct currency *currency = camt->statement->currency;
    int64_t sum = 0;
    for (size_t i = 0; i < camt->count; i++) {
        const struct transaction *each = &camt->transactions[i];
        const struct slice sign = first_of(each->slots[SIGN], camt->now.slots[ENTRY_SIGN]);
        if (slice_is_none(each->slots[AMOUNT]) || strcmp(each->currency, currency->code) != 0 ||
            !money_parse_major(each->slots[AMOUNT], currency, &amounts[i]) || amounts[i] <= 0)
            return false;
        amounts[i] = slice_equals_text(sign, "DBIT") ? -amounts[i] : amounts[i];
        if (!money_add(sum, amounts[i], &sum))
            return false;
    }
    return sum == entry;
}

static bool end_entry(struct camt *camt)
{
    const struct slice *now = camt->now.slots;
    int64_t amount;
    if (slice_is_none(now[ENTRY_STATUS]))
        return refuse(camt, "Ntry/Sts", "is missing");
    if (!slice_equals_text(now[ENTRY_STATUS], "BOOK"))
        return true;
    if (!currency_is(camt, camt->entry_currency, "Ntry/Amt") || !signed_amount(camt, now[ENTRY_AMOUNT], now[ENTRY_SIGN], "Ntry/Amt", &amount))
        return false;
    if (camt->count < 2)   /* its one transaction's slots are still there */
        return amount == 0 || add_line(camt, now, amount);
    int64_t *amounts = ARENA_ARRAY(camt->file->arena, int64_t, camt->count);
    if (!amounts_add_up(camt, amount, amounts)) {
        clear(camt, ENTRY_SLOTS, SLOTS);
        return amount == 0 || add_line(camt, now, amount);
    }
    for (size_t i = 0; i < camt->count; i++) {
        const struct transaction *each = &camt->transactions[i];
        if (!add_line(camt, each->slots, amounts[i]))
            return false;
    }
    return true;
}

static bool end_statement(struct camt *camt)
{
    struct bank_statement *to = camt->statement;
    const struct slice *now = camt->now.slots;
    to->reference = now[STATEMENT_ID];
    to->account = slice_is_none(now[ACCOUNT]) ? SLICE_NONE : bank_account(camt->file, now[ACCOUNT]);
    if (slice_is_none(to->account))
        return refuse(camt, "Stmt/Acct/Id", "names no account");
    if (!to->currency && !slice_is_none(now[ACCOUNT_CURRENCY]))
        to->currency = currency_find(now[ACCOUNT_CURRENCY]);
    return day(camt, now[FROM_ON], "Stmt/FrToDt/FrDtTm", &to->from_on) && day(camt, now[TO_ON], "Stmt/FrToDt/ToDtTm", &to->to_on);
}

static bool on_end(void *of, const struct xml_element *element)
{
    struct camt *camt = of;
    const struct slice path = below_statement(element->path);
    camt->line = element->line;
    if (slice_is_none(path))
        return true;
    if (path.size == 0)
        return end_statement(camt);
    if (slice_equals_text(path, "Bal"))
        return end_balance(camt);
    if (slice_equals_text(path, "Ntry/NtryDtls/TxDtls"))
        return end_transaction(camt);
    if (slice_equals_text(path, "Ntry"))
        return end_entry(camt);
    keep_text(camt, path, element->text);
    return true;
}

bool bank_read_camt(struct bank_file *file, struct slice body)
{
    struct camt *camt = ARENA_NEW(file->arena, struct camt);
    struct xml_error error;
    camt->file = file;
    if (!xml_read(file->arena, body, &(struct xml_handler){ .begin = on_begin, .end = on_end }, camt, &error) && error.why)
        bank_file_fail(file, "line %lld: %s", (long long)error.line, error.why);
    return bank_file_check(file);
}
