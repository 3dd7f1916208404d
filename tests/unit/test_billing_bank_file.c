/* Banks' files: camt.053 in two versions, CSV as several banks write it, Cuaderno 43; what each refuses, and where. */
#include "check.h"

#include "base/text.h"
#include "billing/bank_file.h"
#include "gen/problems.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct bank_file *new_file(void)
{
    struct bank_file *file = ARENA_NEW(arena, struct bank_file);
    file->arena = arena;
    return file;
}

/* "ES91 EUR 100..290{190 2026-11-20 reference|bank's|name|account|text}", of each statement. */
static struct slice told(const struct bank_file *file)
{
    struct text out = text_to_arena(arena);
    if (file->problem)
        return slice_from_text(file->why);
    for (const struct bank_statement *s = file->statements; s < file->statements + file->count; s++) {
        text_put(&out, arena_printf(arena, "%.*s %s ", SLICE_FMT(s->account), s->currency->code));
        text_put(&out, s->has_opening && s->has_closing ? arena_printf(arena, "%lld..%lld{", (long long)s->opening, (long long)s->closing) : SLICE("{"));
        for (const struct bank_line *l = s->lines; l < s->lines + s->count; l++)
            text_put(&out, arena_printf(arena, "%s%lld %.*s %.*s|%.*s|%.*s|%.*s|%.*s", l > s->lines ? "; " : "", (long long)l->amount, SLICE_FMT(l->booked_on),
                                        SLICE_FMT(l->reference), SLICE_FMT(l->bank_reference), SLICE_FMT(l->name), SLICE_FMT(l->counter_account), SLICE_FMT(l->text)));
        text_put(&out, SLICE("}"));
    }
    return text_done(&out);
}

static void check(struct bank_file *file, bool read, const char *expected, size_t row)
{
    assert_int_equal(read, file->problem == NULL);
    const struct slice found = told(file);
    if (!slice_equals_text(found, expected))
        fail_msg("row %zu: %.*s\ninstead of: %s", row, SLICE_FMT(found), expected);
}

/* ---- camt.053 */

#define CAMT(version, statement) \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001." version "\"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr>" \
    "<Stmt><Id>S1</Id><Acct><Id><IBAN>ES91 2100 0418 4502 0005 1332</IBAN></Id><Ccy>EUR</Ccy></Acct>" statement "</Stmt></BkToCstmrStmt></Document>"
#define BALANCE(code, amount, sign) "<Bal><Tp><CdOrPrtry><Cd>" code "</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">" amount "</Amt><CdtDbtInd>" sign "</CdtDbtInd></Bal>"
#define ENTRY(amount, sign, status, rest) \
    "<Ntry><Amt Ccy=\"EUR\">" amount "</Amt><CdtDbtInd>" sign "</CdtDbtInd><Sts>" status "</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>" rest "</Ntry>"
#define DETAILS(transactions) "<NtryDtls>" transactions "</NtryDtls>"
#define ACCOUNT "ES9121000418450200051332 EUR "

static void camt_is_read(void **state)
{
    (void)state;
    static const struct { const char *document, *expected; } table[] = {
        { CAMT("02", BALANCE("OPBD", "100.00", "CRDT") BALANCE("CLBD", "290.50", "CRDT")
               ENTRY("190.5", "CRDT", "BOOK", "<AcctSvcrRef>B7</AcctSvcrRef>" DETAILS("<TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs><RltdPties><Dbtr><Nm>Ana\n Ruiz</Nm></Dbtr>"
                     "<DbtrAcct><Id><IBAN>ES1</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>Cuota</Ustrd><Ustrd>3 &amp; 4</Ustrd></RmtInf></TxDtls>"))),
          ACCOUNT "10000..29050{19050 2026-11-20 E1|B7|Ana Ruiz|ES1|Cuota 3 & 4}" },
        /* Version 8: status and party one element deeper; balances below zero; what is pending does not count. */
        { CAMT("08", BALANCE("PRCD", "10.00", "DBIT") BALANCE("CLBD", "30", "DBIT") ENTRY("999.00", "CRDT", "<Cd>PDNG</Cd>", "")
               ENTRY("20.00000", "DBIT", "<Cd>BOOK</Cd>", DETAILS("<TxDtls><RltdPties><Cdtr><Pty><Nm>Banco</Nm></Pty></Cdtr></RltdPties></TxDtls>") "<AddtlNtryInf>Comisi\xc3\xb3n</AddtlNtryInf>")),
          ACCOUNT "-1000..-3000{-2000 2026-11-20 ||Banco||Comisi\xc3\xb3n}" },
        /* A batch is its transactions, where they say what they are of. */
        { CAMT("08", ENTRY("3.00", "CRDT", "<Cd>BOOK</Cd>", "<AcctSvcrRef>NONREF</AcctSvcrRef>" DETAILS("<TxDtls><Refs><AcctSvcrRef>T1</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy=\"EUR\">1</Amt>"
               "</TxDtls><TxDtls><AmtDtls><TxAmt><Amt Ccy=\"EUR\">2</Amt></TxAmt></AmtDtls><RmtInf><Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"))),
          ACCOUNT "{100 2026-11-20 |T1|||; 200 2026-11-20 RF18||||}" },
        { CAMT("08", ENTRY("3.00", "CRDT", "<Cd>BOOK</Cd>", DETAILS("<TxDtls><Amt Ccy=\"EUR\">1</Amt></TxDtls><TxDtls><Amt Ccy=\"USD\">2</Amt></TxDtls>"))), ACCOUNT "{300 2026-11-20 ||||}" },
        { CAMT("08", ENTRY("3.00", "CRDT", "<Cd>BOOK</Cd>", DETAILS("<TxDtls><Amt Ccy=\"EUR\">1</Amt></TxDtls><TxDtls><RmtInf><Ustrd>x</Ustrd></RmtInf></TxDtls>"))), ACCOUNT "{300 2026-11-20 ||||}" },
        { CAMT("08", ENTRY("3", "CRDT", "<Cd>BOOK</Cd>", "<ValDt><DtTm>2026-11-21T08:00:00+01:00</DtTm></ValDt>")), ACCOUNT "{300 2026-11-20 ||||}" },
        { CAMT("10", BALANCE("OPBD", "1", "CRDT") BALANCE("CLBD", "1", "CRDT")), ACCOUNT "100..100{}" },
        /* What is wrong, and where. */
        { CAMT("02", BALANCE("OPBD", "100.00", "CRDT") BALANCE("CLBD", "300.00", "CRDT") ENTRY("190.50", "CRDT", "BOOK", "")),
          "statement 1 (ES9121000418450200051332): 10000 and 19050 in lines are not 30000, in minor units of EUR" },
        { CAMT("02", ENTRY("1.001", "CRDT", "BOOK", "")), "line 2, Ntry/Amt: is not an amount exact in its currency" },
        { CAMT("02", ENTRY("-1", "CRDT", "BOOK", "")), "line 2, Ntry/Amt: is not an amount exact in its currency" },
        { CAMT("02", ENTRY("1", "C", "BOOK", "")), "line 2, Ntry/Amt: is neither CRDT nor DBIT" },
        { CAMT("02", "<Ntry><Amt Ccy=\"USD\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>"), "line 2, Ntry/Amt: is not in the account's currency" },
        { CAMT("02", "<Ntry><Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>"), "line 2, Ntry/BookgDt: is missing" },
        { CAMT("02", "<Ntry><Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>"), "line 2, Ntry/Sts: is missing" },
        { CAMT("02", "<Ntry><Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-02-30</Dt></BookgDt></Ntry>"), "line 2, Ntry/BookgDt: is not a date" },
        { CAMT("02", "<Ntry>\n\n</Stmt>"), "line 4: mismatched tag" },
        { "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.052.001.02\"/>", "line 1, Document: is not of a version of camt.053.001" },
        { "<Document/>", "line 1, Document: is not of a version of camt.053.001" },
        { "<html/>", "there is no statement in it" },
        { "<!DOCTYPE x [<!ENTITY a \"b\">]><Document/>", "line 1: a document type is not accepted" },
        { "", "line 1: no element found" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct bank_file *file = new_file();
        check(file, bank_read_camt(file, slice_from_text(table[i].document)), table[i].expected, i);
    }
}

static void what_does_not_add_up_is_told_apart(void **state)
{
    (void)state;
    struct bank_file *file = new_file();
    assert_false(bank_read_camt(file, SLICE(CAMT("02", BALANCE("OPBD", "1", "CRDT") BALANCE("CLBD", "2", "CRDT")))));
    assert_ptr_equal(file->problem, &PROBLEM_bank_statement_unbalanced);
    file = new_file();
    assert_false(bank_read_camt(file, SLICE("<a>")));
    assert_ptr_equal(file->problem, &PROBLEM_bank_file_unreadable);
}

/* ---- CSV */

#define CSV_ACCOUNT "ES91 EUR {"

static void csv_is_read_as_it_was_said_to_be(void **state)
{
    (void)state;
    static const struct { const char *text; struct bank_csv said; const char *expected; } table[] = {
#define COMMA { .account = { "es91", 4 }, .currency = { "EUR", 3 }, .decimal_comma = true, .date_order = 'd' }
#define PLAIN { .account = { "ES 91", 5 }, .currency = { "EUR", 3 }, .date_order = 'y' }
#define DECLARED(names, lines) { .account = { "ES91", 4 }, .currency = { "EUR", 3 }, .columns = { names, sizeof(names) - 1 }, .skip = lines, .date_order = 'y' }
        { "date,amount,reference,name\n2026-11-20,1290.50,FV-7,\"Ruiz, Ana\"\n2026-11-21,-3,,\n", PLAIN, CSV_ACCOUNT "129050 2026-11-20 FV-7||Ruiz, Ana||; -300 2026-11-21 ||||}" },
        { "\xef\xbb\xbf" "Date;Amount;Concepto;Text\r\n20/11/2026;1.234.567,89;x;Cuota 3\r\n1-2-2026;+0,50;;\r\n", COMMA, CSV_ACCOUNT "123456789 2026-11-20 ||||Cuota 3; 50 2026-02-01 ||||}" },
        { "Banco X\n\nFecha,Concepto,Importe\n2026-11-20,Cuota,\"1,000\"\n", DECLARED("date,text,amount", 3), CSV_ACCOUNT "100000 2026-11-20 ||||Cuota}" },
        { "2026-11-20,5,EUR,B1,ES12\n", DECLARED("date,amount,currency,bank_reference,account", 0), CSV_ACCOUNT "500 2026-11-20 |B1||ES12|}" },
        { "date,amount\n", PLAIN, CSV_ACCOUNT "}" },
        { "", PLAIN, "there is no heading line" },
        { "date,name\n", PLAIN, "the columns date and amount are needed" },
        { "date,amount,amount\n", PLAIN, "the column amount stands there twice" },
        { "date,amount\n2026-11-20,1,2\n", PLAIN, "line 2: it has 3 columns instead of 2" },
        { "date,amount\n2026-11-20,1.234,50\n", PLAIN, "line 2: it has 3 columns instead of 2" },
        { "date,amount\n2026-11-20,1.001\n", PLAIN, "line 2, amount: is not an amount, exact in its currency, with decimals as they were said to be written" },
        { "date;amount\n2026-11-20;12,34\n", PLAIN, "line 2, amount: is not an amount, exact in its currency, with decimals as they were said to be written" },
        { "date;amount\n20.11.2026;12.34\n", COMMA, "line 2, amount: is not an amount, exact in its currency, with decimals as they were said to be written" },
        { "date,amount\n2026-11-20,0\n", PLAIN, "line 2, amount: is not an amount, exact in its currency, with decimals as they were said to be written" },
        { "date,amount\n20/11/2026,1\n", PLAIN, "line 2, date: is not a date as it was said to be written" },
        { "date;amount\n31/02/2026;1\n", COMMA, "line 2, date: is not a date as it was said to be written" },
        { "date,amount,currency\n2026-11-20,1,EUR\n2026-11-20,1,USD\n", PLAIN, "line 3, currency: is not the statement's, or is no ISO 4217 code" },
        { "date,amount\n2026-11-20,\"1\n", PLAIN, "line 2: a quoted field does not end" },
        { "date,amount,name\n2026-11-20,1,\xff\n", PLAIN, "line 2: the text is not valid UTF-8" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct bank_file *file = new_file();
        check(file, bank_read_csv(file, slice_from_text(table[i].text), &table[i].said), table[i].expected, i);
    }
}

static void no_more_lines_than_there_may_be(void **state)
{
    (void)state;
    struct text out = text_to_arena(arena);
    text_put(&out, SLICE("date,amount\n"));
    for (int i = 0; i < BANK_LINES_MAX; i++)
        text_put(&out, SLICE("2026-11-20,1\n"));
    struct bank_file *file = new_file();
    const struct bank_csv said = { .account = SLICE("A"), .currency = SLICE("EUR"), .date_order = 'y' };
    assert_true(bank_read_csv(file, text_done(&out), &said));
    assert_int_equal(file->statements[0].count, BANK_LINES_MAX);
    text_put(&out, SLICE("2026-11-20,1\n"));
    file = new_file();
    assert_false(bank_read_csv(file, text_done(&out), &said));
    assert_string_equal(file->why, "more than 10000 lines");
}

/* ---- Cuaderno 43 */

#define N43_BEGIN "11" "2100" "0418" "0200051332" "261120" "261121" "2" "00000000010000" "978" "3" "CUOTAS SL\r\n"
#define N43_CREDIT "22    0418" "261120" "261121" "02" "017" "2" "00000000019050" "0000000000" "000000000000" "FV-7            \r\n"
#define N43_TEXTS "2301TRANSFERENCIA DE ANA                       CUOTA 3 A\xd1O\r\n"
#define N43_DEBIT "22    0418" "261121" "261121" "17" "017" "1" "00000000000050" "0000000042" "000000000000" "0000000000000000\r\n"
#define N43_END(closing) "33" "2100" "0418" "0200051332" "00001" "00000000000050" "00001" "00000000019050" "2" closing "978\r\n"
#define N43_LAST(records) "88999999999999999999" records "\r\n"
#define N43_BODY N43_BEGIN N43_CREDIT N43_TEXTS N43_DEBIT

static void n43_is_read(void **state)
{
    (void)state;
    static const struct { const char *text, *expected; } table[] = {
        { N43_BODY N43_END("00000000029000") N43_LAST("000005") "\x1a",
          ACCOUNT "10000..29000{19050 2026-11-20 FV-7||||TRANSFERENCIA DE ANA CUOTA 3 A\xc3\x91O; -50 2026-11-21 0000000042||||}" },
        { N43_BODY N43_END("00000000029001") N43_LAST("000005"), "statement 1 (ES9121000418450200051332): 10000 and 19000 in lines are not 29001, in minor units of EUR" },
        { N43_BODY N43_END("00000000029000") N43_LAST("000006"), "line 6: the number of records is another" },
        { N43_BEGIN N43_CREDIT N43_END("00000000029000"), "line 3: the counts and sums are not those of the movements" },
        { N43_BODY N43_END("00000000029000"), "line 6: the file ends without its last record, 88" },
        { N43_BODY N43_LAST("000004"), "line 5: the file ends before its account" },
        { N43_CREDIT, "line 1: a movement of no account" },
        { N43_BEGIN N43_TEXTS, "line 2: a text of no movement" },
        { N43_BEGIN N43_BEGIN, "line 2: an account begins before the end of another" },
        { N43_BEGIN "99\n", "line 2: it begins with none of 11, 22, 23, 24, 33, 88" },
        { "11 too short\n", "line 1: the account is no number" },
        { "x", "line 1: it begins with none of 11, 22, 23, 24, 33, 88" },
        { "", "line 1: the file ends without its last record, 88" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct bank_file *file = new_file();
        check(file, bank_read_n43(file, slice_from_text(table[i].text)), table[i].expected, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(camt_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_add_up_is_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(csv_is_read_as_it_was_said_to_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_more_lines_than_there_may_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(n43_is_read, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
