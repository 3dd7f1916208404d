/* The money's invariants over random histories, on a real PostgreSQL: orders, payments taken, refused, repeated, late or of another amount,
 * closes of orders and of days, refunds. After every step the books must balance and agree with the receivables. Then the same under
 * concurrency: invoice numbers without a gap, one charge at a time. The statements are the service's own. */
#include "check.h"
#include "pg_fixture.h"
#include "run_co.h"

#include "base/date.h"
#include "base/uuid.h"
#include "gen/billing/sql.h"
#include "gen/billing/tables.h"
#include "wire/json_write.h"

#include <stdio.h>
#include <stdlib.h>

#define HISTORIES 10
#define STEPS 80
#define ORDERS_MAX 4
#define PAYMENTS_MAX 128
#define WRITERS 16
#define NUMBERS "3200"     /* CUOTAS_NUMBERS: how many invoices they number in all */

/* Each row: what is wrong, and for which order. Empty: the books are right. */
static const char invariants[] =
    "WITH ledger AS ("
    "  SELECT order_id, account, sum(amount) AS balance FROM ("
    "    SELECT order_id, debit_account::text AS account, amount FROM posting"
    "    UNION ALL SELECT order_id, credit_account::text, -amount FROM posting) AS side GROUP BY order_id, account"
    "), balance AS ("
    "  SELECT a.*, coalesce((SELECT balance FROM ledger l WHERE l.order_id = a.order_id AND account = 'receivable'), 0) AS receivable,"
    "         coalesce((SELECT balance FROM ledger l WHERE l.order_id = a.order_id AND account = 'customer_credit'), 0) AS credit,"
    "         coalesce((SELECT balance FROM ledger l WHERE l.order_id = a.order_id AND account = 'cash_at_provider'), 0) AS cash,"
    "         coalesce((SELECT balance FROM ledger l WHERE l.order_id = a.order_id AND account = 'deferred_interest'), 0) AS deferred,"
    "         coalesce((SELECT sum(received) FROM payment p WHERE p.order_id = a.order_id AND p.status = 'succeeded'), 0) AS received,"
    "         coalesce((SELECT sum(amount) FROM refund r WHERE r.order_id = a.order_id AND r.status = 'succeeded'), 0) AS given_back,"
    "         coalesce((SELECT sum(amount) FROM refund r WHERE r.order_id = a.order_id AND r.status <> 'succeeded'), 0) AS owed_back"
    "  FROM order_account a"
    ") SELECT string_agg(wrong || ' of ' || order_id, ', ') FROM ("
    "  SELECT order_id, 'receivable' AS wrong FROM balance"
    "    WHERE receivable <> CASE WHEN status IN ('active', 'settled') THEN total - paid ELSE 0 END"
    "  UNION ALL SELECT order_id, 'credit' FROM balance WHERE credit <> -owed_back"
    "  UNION ALL SELECT order_id, 'cash' FROM balance WHERE cash <> received - given_back"
    "  UNION ALL SELECT order_id, 'received' FROM balance WHERE received <> paid + owed_back + given_back"
    "  UNION ALL SELECT order_id, 'paid' FROM balance a WHERE paid <> (SELECT sum(paid) FROM installment i WHERE i.order_id = a.order_id)"
    "  UNION ALL SELECT order_id, 'deferred interest' FROM balance a WHERE status IN ('active', 'settled')"
    "    AND deferred <> -(SELECT coalesce(sum(interest) FILTER (WHERE NOT accrued), 0) FROM installment i WHERE i.order_id = a.order_id)"
    "  UNION ALL SELECT order_id, 'in flight' FROM balance a WHERE in_flight IS DISTINCT FROM"
    "    (SELECT (array_agg(p.id))[1] FROM payment p WHERE p.order_id = a.order_id AND p.status IN ('processing', 'unknown'))"
    "  UNION ALL SELECT order_id, 'more than one charge' FROM payment WHERE status IN ('processing', 'unknown') GROUP BY order_id HAVING count(*) > 1"
    "  UNION ALL SELECT i.order_id, 'oldest first' FROM installment i JOIN installment o USING (order_id)"
    "    WHERE o.due_date < i.due_date AND i.paid > 0 AND o.paid < o.total"
    "  UNION ALL SELECT i.order_id, 'paid status' FROM installment i WHERE i.status <> 'canceled' AND (i.status = 'paid') <> (i.paid = i.total)"
    "  UNION ALL SELECT a.order_id, 'invoice' FROM order_account a LEFT JOIN invoice v USING (order_id)"
    "    WHERE v.status IS DISTINCT FROM CASE a.status WHEN 'active' THEN 'open' WHEN 'settled' THEN 'paid' END"
    /* An automatic try that was given up (part was paid meanwhile) is not the last while there is a card to charge. */
    "  UNION ALL SELECT a.order_id, 'autopay' FROM order_account a JOIN installment i USING (order_id)"
    "    WHERE a.status = 'active' AND a.in_flight IS NULL AND i.paid < i.total AND i.next_attempt_on IS NULL AND 'canceled' ="
    "      (SELECT p.status FROM payment p WHERE p.order_id = i.order_id AND p.installment_number = i.number ORDER BY p.attempt DESC LIMIT 1)"
    "    AND 'active' = (SELECT m.status FROM payment_method m WHERE m.customer_id = a.customer_id AND m.saved_at IS NOT NULL"
    "                    ORDER BY m.saved_at DESC, m.id DESC LIMIT 1)"
    "  UNION ALL SELECT NULL, what FROM ledger_broken"
    "  UNION ALL SELECT NULL, 'invoice numbers' FROM invoice HAVING count(*) <> coalesce(max(number), 0)"
    "  UNION ALL SELECT p.order_id, 'telling' FROM payment p WHERE p.status = 'succeeded' AND 1 <>"
    "    (SELECT count(*) FROM outbox o WHERE o.type = 'payment.succeeded' AND o.subject = p.id::text)"
    "  UNION ALL SELECT a.order_id, 'statement' FROM balance a WHERE receivable + credit <>"
    "    (SELECT coalesce(sum(e.amount), 0) FROM statement_entry e WHERE e.order_id = a.order_id)"
    ") AS found";

static uint64_t random_state;
static PGconn *looking;   /* one connection for all the looks into the books */

/* The first column of the first row as text, "" when NULL or no row; valid until the next call. */
static const char *look(const char *sql)
{
    static char value[4096];
    if (!looking)
        looking = pg_fixture_connect(NULL);
    PGresult *result = PQexec(looking, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(looking));
    (void)snprintf(value, sizeof value, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return value;
}

static int64_t pick(int64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int64_t)(random_state % (uint64_t)below);
}

static struct {
    struct work w;
    int32_t day;
    struct slice order[ORDERS_MAX], customer[ORDERS_MAX];
    struct slice payment[PAYMENTS_MAX];
    size_t orders, payments;
    int64_t saved;
} history;

static struct slice date_text(int32_t date)
{
    char text[11];
    date_format(date, text);
    return arena_copy(history.w.arena, slice_from_text(text));
}

static struct slice today(void)
{
    return date_text(history.day);
}

static struct slice now(void)
{
    return arena_printf(history.w.arena, "%.*sT12:00:00Z", SLICE_FMT(today()));
}

static void put_row(struct json_writer *out, int number, int32_t due, int64_t principal, int64_t interest)
{
    json_begin(out, NULL, '{');
    json_put_int(out, "number", number);
    json_put_text(out, "due_date", date_text(due));
    json_put_int(out, "principal", principal);
    json_put_int(out, "interest", interest);
    json_put_int(out, "fees", 0);
    json_put_int(out, "tax", 0);
    json_put_int(out, "total", principal + interest);
    json_end(out, '}');
}

/* An order's event, of a customer of its own or of the first order's. */
static struct slice placed(struct slice order_id, struct slice customer_id, int64_t deposit, int count, int64_t principal, int64_t interest)
{
    struct json_writer out = json_to_arena(history.w.arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "order_id", order_id);
    json_put_text(&out, "contract_id", uuid_new(history.w.arena));
    json_put_text(&out, "customer_id", customer_id);
    json_put_text(&out, "currency", SLICE("COP"));
    json_put_int(&out, "total_payable", deposit + count * (principal + interest));
    json_begin(&out, "installments", '[');
    if (deposit > 0)
        put_row(&out, 0, history.day, deposit, 0);
    for (int i = 1; i <= count; i++)
        put_row(&out, i, history.day + 3 * i, principal, interest);
    json_end(&out, ']');
    json_end(&out, '}');
    return json_done(&out);
}

static void place(void)
{
    if (history.orders == ORDERS_MAX)
        return;
    struct slice customer = history.orders % 2 ? history.customer[history.orders - 1] : uuid_new(history.w.arena);
    struct slice id = uuid_new(history.w.arena);
    struct slice data = placed(id, customer, pick(2) * (1 + pick(500)), 1 + (int)pick(4), 1 + pick(1000), pick(3) * pick(50));
    for (int twice = 0; twice < 2; twice++)
        assert_true(db_run(&history.w, SQL(on_order_placed, .data = data, .occurred_at = now())));
    history.customer[history.orders] = customer;
    history.order[history.orders++] = id;
}

static struct slice some_order(void)
{
    return history.order[pick((int64_t)history.orders)];
}

static void pay(void)
{
    if (history.orders == 0 || history.payments == PAYMENTS_MAX)
        return;
    struct slice id = uuid_new(history.w.arena), order = some_order();
    struct batch *batch = batch_new(&history.w, POOL_WRITE);
    batch_add(batch, SQL(lock_order, .order_id = order));
    batch_add(batch, SQL(create_payment, .id = id, .order_id = order, .source = SLICE("checkout"), .provider = SLICE("stripe"), .token = SLICE("pm"),
                         .save = SLICE("false"), .amount = pick(3) ? SLICE_NONE : work_int(&history.w, 1 + pick(900)), .today = today(), .now = now()));
    if (batch_run(batch))
        history.payment[history.payments++] = id;
    history.w.failure = (struct failure){ 0 };   /* a refusal is an answer */
}

static bool run_locked(struct slice payment, const struct statement *statement, const struct slice *args)
{
    struct batch *batch = batch_new(&history.w, POOL_WRITE);
    batch_add(batch, SQL(lock_payment, .payment_id = payment));
    batch_add(batch, statement, args);
    if (statement == &sql_complete_payment)
        batch_add(batch, SQL(issue_invoice, .id = uuid_new(history.w.arena), .payment_id = payment, .today = today(), .now = now()));
    return batch_run(batch);
}

/* Mostly the latest: what is told about older ones is late news. */
static struct slice some_payment(void)
{
    if (history.payments == 0)
        return SLICE_NONE;
    return history.payment[pick(3) ? (int64_t)history.payments - 1 : pick((int64_t)history.payments)];
}

static void succeed(void)
{
    struct slice id = some_payment();
    const struct row *payment = slice_is_none(id) ? NULL : db_maybe(&history.w, SQL(get_charge, .payment_id = id));
    if (!payment)
        return;
    int64_t received = row_int(payment, "amount") + (pick(3) ? 0 : pick(2000));
    for (int64_t times = 1 + pick(2); times > 0; times--)
        assert_true(run_locked(id, SQL(complete_payment, .payment_id = id, .received = work_int(&history.w, received), .provider_reference = id,
                                       .today = today(), .now = now())));
}

static void refuse(void)
{
    static const char *const kinds[] = { "soft", "hard", "action" };   /* a third of each */
    struct slice id = some_payment();
    if (!slice_is_none(id))
        assert_true(run_locked(id, SQL(fail_payment, .payment_id = id, .status = pick(5) ? SLICE("failed") : SLICE("canceled"),
                                       .failure_code = SLICE("card_declined"), .decline_kind = slice_from_text(kinds[pick(3)]), .today = today(), .now = now())));
}

static void ask_customer(void)
{
    struct slice id = some_payment();
    if (!slice_is_none(id))
        assert_true(run_locked(id, SQL(require_action, .payment_id = id, .provider_reference = id, .next_action_type = SLICE("redirect_to_url"), .now = now())));
}

static void lose_answer(void)
{
    struct slice id = some_payment();
    if (!slice_is_none(id))
        assert_true(db_run(&history.w, SQL(note_unknown, .payment_id = id, .now = now())));
}

static void give_up(void)
{
    if (history.orders == 0)
        return;
    struct slice order = some_order();
    struct batch *batch = batch_new(&history.w, POOL_WRITE);
    batch_add(batch, SQL(lock_order, .order_id = order));
    batch_add(batch, SQL(close_order, .order_id = order, .now = now()));
    assert_true(batch_run(batch));
}

static void refund(void)
{
    const char *found = look("SELECT id FROM refund WHERE status = 'pending' ORDER BY id LIMIT 1");
    struct slice id = arena_copy(history.w.arena, slice_from_text(found));
    struct slice status = pick(4) ? SLICE("succeeded") : SLICE("failed");
    for (int twice = 0; id.size > 0 && twice < 2; twice++)
        assert_true(db_run(&history.w, SQL(settle_refund, .id = id, .status = status, .today = today(), .now = now())));
}

static void save(void)
{
    if (history.orders > 0)
        assert_true(db_run(&history.w, SQL(save_method, .id = uuid_new(history.w.arena), .customer_id = history.customer[pick((int64_t)history.orders)],
                                           .provider = SLICE("stripe"), .token = arena_printf(history.w.arena, "pm_%d", (int)history.saved++),
                                           .today = today(), .now = now())));
}

#define DAY_STEP(statement)                                                                                                        \
    for (int half = 0; half < 2; half++)                                                                                            \
    assert_non_null(db_one(&history.w, SQL(statement, .date = today(), .after_date = SLICE("-infinity"),                             \
                                           .after_order = SLICE("00000000-0000-0000-0000-000000000000"), .after_number = SLICE("-1"),  \
                                           .half = work_int(&history.w, half), .limit = SLICE("1000"), .now = now())))

static void pass_day(void)
{
    history.day++;
    for (int twice = 0; twice < 2; twice++) {
        DAY_STEP(day_close_status);
        DAY_STEP(day_close_interest);
        DAY_STEP(day_close_remind);
        DAY_STEP(day_close_autopay);
    }
    /* What autopay began is decided like any other payment. */
    const char *ids = look("SELECT string_agg(id::text, ',' ORDER BY order_id) FROM payment WHERE source = 'autopay' AND status = 'processing'");
    struct slice rest = arena_copy(history.w.arena, slice_from_text(ids));
    while (rest.size > 0 && history.payments < PAYMENTS_MAX)
        history.payment[history.payments++] = slice_cut(rest, ',', &rest);
}

static void one_step(void)
{
    static void (*const steps[])(void) = { place, pay, pay, pay, succeed, succeed, succeed, succeed, refuse, ask_customer, lose_answer,
                                           give_up, refund, refund, save, save, pass_day, pass_day, pass_day, pass_day };
    steps[pick((int64_t)TABLE_COUNT(steps))]();
}

static void empty_books(void)
{
    (void)pg_fixture_sql("TRUNCATE order_account, order_sale, deposit_invoice, lapsing, installment, allocation, dispute, waiver, waiver_decision, invoice_note, invoice_document, receivable_change, payment, payment_method, refund, posting, invoice, outbox, job");
    (void)pg_fixture_sql("UPDATE invoice_series SET next_number = 1");
    (void)pg_fixture_sql("UPDATE ledger_head SET position = 0, hash = ''");
}

static void history_begin(uint64_t seed)
{
    empty_books();
    memset(&history, 0, sizeof history);
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    history.w = pg_fixture_work();
    history.day = date_from_civil((struct civil){ 2026, 11, 22 });
}

CO_TEST(the_books_are_right_whatever_happens)
{
    pg_fixture_open(billing_statements, 1, 1, 1);
    int64_t payments = 0, automatic = 0, refunds = 0;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        history_begin(seed);
        place();
        for (int step = 0; step < STEPS; step++) {
            one_step();
            assert_false(work_failed(&history.w));
            const char *wrong = look(invariants);
            if (*wrong)
                fail_msg("history %d, step %d: %s", (int)seed, step, wrong);
        }
        payments += atoll(look("SELECT count(*) FROM payment WHERE status = 'succeeded'"));
        automatic += atoll(look("SELECT count(*) FROM payment WHERE source = 'autopay'"));
        refunds += atoll(look("SELECT count(*) FROM refund WHERE status = 'succeeded'"));
        arena_free(history.w.arena);
    }
    /* The histories had something in them. */
    if (payments < 3 * HISTORIES || automatic < HISTORIES || refunds < HISTORIES / 3)
        fail_msg("only %d payments, %d automatic, %d refunds", (int)payments, (int)automatic, (int)refunds);
    db_close();
}

CO_TEST(postings_cannot_be_changed_by_the_service)
{
    history_begin(1);
    PGconn *pg = PQconnectdb(pg_fixture_app(NULL));
    static const char *const attempts[] = { "UPDATE posting SET amount = 1", "DELETE FROM posting", "TRUNCATE posting",
                                            "UPDATE ledger_account SET class = 'asset'", "UPDATE ledger_head SET position = 0",
                                            "DELETE FROM ledger_head",
                                            "INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, effective_on,"
                                            " recorded_at, lane, position, hash) SELECT gen_random_uuid(), 1, 'sale', 'receivable', 'sales', 1, 'COP', gen_random_uuid(),"
                                            " gen_random_uuid(), '2026-11-22', clock_timestamp(), 0, 1, '\\x00'" };
    for (size_t i = 0; i < TABLE_COUNT(attempts); i++) {
        PGresult *result = PQexec(pg, attempts[i]);
        assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "42501");
        PQclear(result);
    }
    /* A temporary table of its own does not stand in for the chains' ends. */
    PQclear(PQexec(pg, "CREATE TEMP TABLE ledger_head AS SELECT lane, 41::bigint AS position, '\\x00'::bytea AS hash FROM generate_series(0, 15) AS lane"));
    PGresult *added = PQexec(pg, "INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id,"
                                 " effective_on, recorded_at) SELECT gen_random_uuid(), 1, 'sale', 'receivable', 'sales', 1, 'COP', gen_random_uuid(),"
                                 " gen_random_uuid(), '2026-11-22', clock_timestamp() RETURNING position");
    assert_string_equal(PQgetvalue(added, 0, 0), "1");
    PQclear(added);
    added = PQexec(pg, "SELECT post_together(array_agg(ROW(gen_random_uuid(), n, 'sale', 'receivable', 'sales', n, 'COP', overlay('019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e00'"
                       " PLACING to_hex(n & 15) FROM 36)::uuid, gen_random_uuid(), NULL, NULL, '2026-11-22', clock_timestamp())::new_posting ORDER BY n)) FROM generate_series(1, 64) AS n");
    assert_string_equal(PQgetvalue(added, 0, 0), "64");
    PQclear(added);
    assert_string_equal(look("SELECT (SELECT count(*) FROM posting) = sum(position) AND sum(position) = 65 FROM ledger_head"), "t");
    assert_string_equal(look("SELECT string_agg(what, ', ') FROM ledger_broken"), "");
    PQfinish(pg);
    arena_free(history.w.arena);
}

static bool writer_unit(struct work *w, const struct statement *lock, const struct slice *lock_args, const struct statement *st, const struct slice *args)
{
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, lock, lock_args);
    batch_add(batch, st, args);
    return batch_run(batch);
}

static bool writer_pays(struct work *w, struct slice order, struct slice id)
{
    return writer_unit(w, SQL(lock_order, .order_id = order),
                       SQL(create_payment, .id = id, .order_id = order, .source = SLICE("checkout"), .provider = SLICE("stripe"), .token = SLICE("pm"),
                           .save = SLICE("false")));
}

static bool writer_completes(struct work *w, struct slice id)
{
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_payment, .payment_id = id));
    batch_add(batch, SQL(complete_payment, .payment_id = id, .received = SLICE("5")));
    batch_add(batch, SQL(issue_invoice, .id = uuid_new(w->arena), .payment_id = id));
    return batch_run(batch);
}

/* Somebody who owns the database changes the ledger behind the service's back: the chain tells. */
CO_TEST(a_change_to_the_ledger_shows)
{
    static const struct { const char *change, *told; } tries[] = {
        { "UPDATE posting SET amount = amount + 1 WHERE id = (SELECT min(id) FROM posting)", "this posting, or the one before it, was changed" },
        { "UPDATE posting SET recorded_at = recorded_at - interval '1 day' WHERE id = (SELECT max(id) FROM posting)",
          "this posting, or the one before it, was changed" },
        { "DELETE FROM posting WHERE id = (SELECT min(id) FROM posting)", "a posting before this one is missing" },
        { "DELETE FROM posting WHERE id = (SELECT max(id) FROM posting)", "the end of the chain is not its last posting" },
        { "UPDATE posting SET hash = sha256('') WHERE id = (SELECT min(id) FROM posting)", "this posting, or the one before it, was changed" },
    };
    pg_fixture_open(billing_statements, 1, 1, 1);
    for (size_t i = 0; i < TABLE_COUNT(tries); i++) {
        history_begin(4);
        struct slice order = uuid_new(history.w.arena), payment = uuid_new(history.w.arena);
        assert_true(db_run(&history.w, SQL(on_order_placed, .data = placed(order, uuid_new(history.w.arena), 10, 2, 100, 7), .occurred_at = now())));
        assert_true(writer_pays(&history.w, order, payment));
        assert_true(run_locked(payment, SQL(complete_payment, .payment_id = payment, .received = SLICE("10"), .today = today(), .now = now())));
        assert_string_equal(look("SELECT count(*) FROM posting"), "3");
        assert_string_equal(look("SELECT what FROM ledger_broken"), "");
        (void)pg_fixture_sql(tries[i].change);
        assert_string_equal(look("SELECT what FROM ledger_broken ORDER BY position LIMIT 1"), tries[i].told);
        arena_free(history.w.arena);
    }
    db_close();
}

static void expect_refused(const char *sql, const char *constraint)
{
    PGconn *pg = pg_fixture_connect(NULL);
    PGresult *result = PQexec(pg, sql);
    assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
    assert_string_equal(PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME), constraint);
    PQclear(result);
    PQfinish(pg);
}

CO_TEST(the_database_refuses_impossible_states)
{
    pg_fixture_open(billing_statements, 1, 1, 1);
    history_begin(2);
    struct slice order = uuid_new(history.w.arena), payment;
    assert_true(db_run(&history.w, SQL(on_order_placed, .data = placed(order, uuid_new(history.w.arena), 0, 1, 100, 0), .occurred_at = now())));
    history.order[history.orders++] = order;
    pay();
    payment = history.payment[0];
    assert_true(run_locked(payment, SQL(complete_payment, .payment_id = payment, .received = SLICE("100"), .today = today(), .now = now())));
    expect_refused("UPDATE payment SET status = 'failed'", "payment_transition");
    expect_refused("UPDATE installment SET status = 'written_off'", "installment_transition");
    expect_refused("UPDATE invoice SET status = 'draft'", "invoice_transition");
    expect_refused("UPDATE order_account SET status = 'pending'", "order_account_transition");
    expect_refused("UPDATE order_account SET paid = total + 1", "order_account_ended");
    assert_true(db_run(&history.w, SQL(on_order_placed, .data = placed(uuid_new(history.w.arena), uuid_new(history.w.arena), 0, 1, 100, 0),
                                       .occurred_at = now())));
    expect_refused("UPDATE order_account SET paid = total + 1 WHERE status = 'pending'", "order_account_paid");
    expect_refused("INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, effective_on, "
                   "recorded_at) SELECT entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, effective_on, "
                   "recorded_at FROM posting LIMIT 1", "posting_entry_key");
    arena_free(history.w.arena);
    db_close();
}

/* A schedule that does not add up to what the customer signed is refused, not half taken. */
CO_TEST(a_schedule_must_add_up)
{
    pg_fixture_open(billing_statements, 1, 1, 1);
    history_begin(3);
    struct slice data = placed(uuid_new(history.w.arena), uuid_new(history.w.arena), 10, 2, 100, 0);
    char *total = memmem(data.data, data.size, "\"total_payable\":210", 19);   /* the ids may have these digits, too */
    assert_non_null(total);
    memcpy(total, "\"total_payable\":211", 19);
    assert_false(db_run(&history.w, SQL(on_order_placed, .data = data, .occurred_at = now())));
    assert_string_equal(look("SELECT count(*) FROM order_account"), "0");
    assert_string_equal(look("SELECT count(*) FROM installment"), "0");
    arena_free(history.w.arena);
    db_close();
}

struct writers {
    int left, refused, each;
    struct slice order;   /* none: each its own */
};

static void confirm_orders(void *arg)
{
    struct writers *writers = arg;
    for (int i = 0; i < writers->each; i++) {
        struct work w = pg_fixture_work();
        struct slice order = uuid_new(w.arena), id = uuid_new(w.arena);
        struct arena *kept = history.w.arena;
        history.w.arena = w.arena;   /* what it is placed with goes with it */
        const struct slice data = placed(order, uuid_new(w.arena), 5, 2, 10, 1);
        history.w.arena = kept;
        assert_true(db_run(&w, SQL(on_order_placed, .data = data, .occurred_at = SLICE("2026-11-22T12:00:00Z"))));
        assert_true(writer_pays(&w, order, id));
        assert_true(writer_completes(&w, id));
        arena_free(w.arena);
    }
    writers->left--;
}

static void pay_at_once(void *arg)
{
    struct writers *writers = arg;
    struct work w = pg_fixture_work();
    bool taken = writer_pays(&w, writers->order, uuid_new(w.arena));
    if (!taken)
        assert_string_equal(w.failure.problem->code, "payment_in_progress");
    writers->refused += !taken;
    writers->left--;
    arena_free(w.arena);
}

static void run_writers(struct writers *writers, void (*fn)(void *arg))
{
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(co_spawn(fn, writers), RESULT_OK);
    while (writers->left > 0)
        co_sleep_us(1000);
}

CO_TEST(many_writers_leave_no_gap_in_the_numbers)
{
    pg_fixture_open(billing_statements, 1, WRITERS, 1);
    history_begin(4);
    const char *numbers = getenv("CUOTAS_NUMBERS");
    struct writers writers = { .left = WRITERS, .each = atoi(numbers ? numbers : NUMBERS) / WRITERS };
    run_writers(&writers, confirm_orders);
    char expected[100];
    (void)snprintf(expected, sizeof expected, "%d %d 1 %d", WRITERS * writers.each, WRITERS * writers.each, WRITERS * writers.each);
    assert_string_equal(look("SELECT concat_ws(' ', count(*), max(number), min(number), count(DISTINCT number)) FROM invoice"), expected);
    if (numbers)   /* the rest of the books is looked at where there are few */
        print_message("# numbered: %s (how many, last, first, different)\n", expected);
    else
        assert_string_equal(look(invariants), "");
    arena_free(history.w.arena);
    db_close();
}

CO_TEST(one_charge_at_a_time)
{
    pg_fixture_open(billing_statements, 1, 8, 1);
    history_begin(5);
    struct writers writers = { .left = WRITERS, .order = uuid_new(history.w.arena) };
    assert_true(db_run(&history.w, SQL(on_order_placed, .data = placed(writers.order, uuid_new(history.w.arena), 0, 3, 10, 1), .occurred_at = now())));
    run_writers(&writers, pay_at_once);
    assert_int_equal(writers.refused, WRITERS - 1);
    assert_string_equal(look("SELECT count(*) FROM payment"), "1");
    assert_string_equal(look("SELECT count(*) FROM job WHERE kind = 'charge_payment'"), "1");
    arena_free(history.w.arena);
    db_close();
}

static int set_up(void **state)
{
    int failed = pg_fixture_setup(state);
    assert_int_equal(db_migrate(pg_fixture_owner(NULL), pg_fixture_app_role(), billing_migrations, billing_migration_count), RESULT_OK);
    return failed;
}

static int tear_down(void **state)
{
    PQfinish(looking);
    return pg_fixture_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_books_are_right_whatever_happens),
        cmocka_unit_test(postings_cannot_be_changed_by_the_service),
        cmocka_unit_test(a_change_to_the_ledger_shows),
        cmocka_unit_test(the_database_refuses_impossible_states),
        cmocka_unit_test(a_schedule_must_add_up),
        cmocka_unit_test(many_writers_leave_no_gap_in_the_numbers),
        cmocka_unit_test(one_charge_at_a_time),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
