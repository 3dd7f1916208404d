"""The books balance, in all and entry by entry, are chained without a gap, and say what the rest of billing says."""

import collections
import hashlib

from support import books

from . import checker


@checker
def ledger_balances(evidence):
    """Per currency, debits are credits; per entry, the amount is what the entry is about."""
    yield from (f"{row[0]}: debits and credits differ by {row[1]}" for row in evidence.rows(
        "billing", "SELECT currency, sum(balance) FROM trial_balance GROUP BY currency HAVING sum(balance) <> 0"))
    yield from (f"{row[0]} {row[1]}: posted {row[2]}, is {row[3]}" for row in evidence.rows("billing", """
        WITH source AS (
            SELECT 'sale' AS kind, a.order_id AS entry_id, a.total - (SELECT sum(i.penalty) FROM installment i WHERE i.order_id = a.order_id)
                   + (SELECT coalesce(sum(l.amount), 0) FROM allocation l WHERE l.order_id = a.order_id AND l.kind = 'waiver' AND l.part <> 'penalty')
                   - coalesce(sum(c.principal + c.interest + c.earned + c.fees + c.tax), 0) AS amount
            FROM order_account a LEFT JOIN receivable_change c USING (order_id)
            WHERE a.status IN ('active', 'settled', 'written_off') OR a.changes > 0 GROUP BY a.order_id
            UNION ALL SELECT CASE provider WHEN 'credit' THEN 'credit' ELSE 'payment' END, id, received FROM payment WHERE status IN ('succeeded', 'reversed')
            UNION ALL SELECT 'payment', entry_id('unapplied:' || id), amount FROM manual_payment WHERE order_id IS NULL OR assigned_at IS NOT NULL
            UNION ALL SELECT 'refund', id, amount FROM refund WHERE status = 'succeeded' AND destination = 'method'
            UNION ALL SELECT 'refund', md5('reopened:' || id)::uuid, amount FROM refund WHERE reason = 'requested'
        ), posted AS (
            SELECT kind, entry_id, sum(CASE WHEN kind = 'refund' AND debit_account = 'cash_at_provider' THEN -amount ELSE amount END) AS amount, count(DISTINCT currency) AS currencies
            FROM (SELECT kind, entry_id, debit_account, amount, currency FROM posting WHERE kind IN ('sale', 'payment', 'credit', 'refund')
                  UNION ALL SELECT 'payment', payment_id, debit_account, amount, currency FROM posting
                  WHERE kind = 'recovery' AND entry_id = entry_id('recovery:' || payment_id)) AS line   -- what had been written off of its order is the payment's, too
            GROUP BY kind, entry_id
            HAVING sum(CASE WHEN kind = 'refund' AND debit_account = 'cash_at_provider' THEN -amount ELSE amount END) <> 0   -- given back, and sent back by the bank
        )
        SELECT kind, entry_id, p.amount, s.amount FROM source s FULL JOIN posted p USING (kind, entry_id)
        WHERE p.amount IS DISTINCT FROM s.amount OR p.currencies <> 1"""))


@checker
def the_chain_is_whole(evidence):
    """By the database's own view, and hashed anew here: nothing was changed, removed or slipped in."""
    yield from (f"lane {row[0]}, position {row[1]}: {row[2]}" for row in evidence.rows("billing", "SELECT lane, position, what FROM ledger_broken"))
    last = {}
    for lane, position, text, kept in evidence.rows("billing", "SELECT lane, position, posting_text(posting), hash FROM posting ORDER BY lane, position"):
        before = last.get(lane, (0, b""))
        if position != before[0] + 1 or hashlib.sha256(before[1] + text.encode()).digest() != bytes(kept or b""):
            yield f"lane {lane}: position {position} does not follow {before[0]}"
        last[lane] = (position, bytes(kept or b""))
    for lane, position, kept in evidence.rows("billing", "SELECT lane, position, hash FROM ledger_head"):
        if (position, bytes(kept)) != last.get(lane, (0, b"")):
            yield f"lane {lane} ends at {last.get(lane, (0,))[0]}, its head says {position}"


@checker
def billing_says_what_is_so(evidence):
    """Its own verification finds nothing and goes to the end; its trial balance is that of all postings, its aging foots to the receivable."""
    said = {op: evidence.record.named(op) for op in ("final_verification", "final_balance", "final_aging")}
    for op, calls in said.items():
        if not calls or any(call.outcome != "ok" for call in calls):
            yield f"{op}: it could not be read: {calls[-1:]}"
            return
    yield from (f"verification: {broken}" for call in said["final_verification"] for broken in call.reply["broken"])
    last = said["final_verification"][-1].reply
    if last["next_cursor"] or not last["whole"] or last["verified"] != evidence.rows("billing", "SELECT count(*) FROM posting")[0][0]:
        yield f"verification: it ended with {last}"
    told = {(each["account"], each["currency"], each["debit"], each["credit"]) for each in said["final_balance"][-1].reply["data"]}
    yield from (f"trial balance: {each} is told or true, not both" for each in told ^ set(
        evidence.rows("billing", "SELECT account, currency, debit, credit FROM trial_balance")))
    book = dict(evidence.rows("billing", "SELECT currency, balance FROM trial_balance WHERE account = 'receivable'"))
    for each in said["final_aging"][-1].reply["data"]:
        if not each["total"] == each["receivable"] == book.get(each["currency"]):
            yield f"aging: {each}, the ledger's receivable is {book.get(each['currency'])}"


@checker
def books_agree(evidence):
    """Order by order, account by account: the ledger is what accounts, receivables, payments, refunds and changes after the sale say."""
    yield from books.wrong(lambda sql: evidence.rows("billing", sql))


@checker
def cash_is_what_the_provider_has(evidence):
    book = {currency: balance for currency, balance in evidence.rows(
        "billing", "SELECT currency, balance FROM trial_balance WHERE account = 'cash_at_provider'")}
    real = collections.Counter()
    for charge in evidence.charges:
        real[charge["currency"].upper()] += charge["amount"] - charge["amount_refunded"] - charge["withheld"]
    for currency in book.keys() | real.keys():
        if book.get(currency, 0) != real[currency]:
            yield f"cash at the provider: {book.get(currency, 0)} {currency} in the ledger, {real[currency]} in truth"


@checker
def statements_foot(evidence):
    """A statement's lines add up to its balances, line by line, and those are what the customer owes."""
    owed = collections.Counter()
    for customer, currency, amount in evidence.rows("billing", f"""
            SELECT customer_id::text, currency, sum(total - paid)::bigint FROM order_account WHERE status IN ('active', 'settled', 'written_off') GROUP BY 1, 2
            UNION ALL SELECT customer_id::text, currency, -sum(amount)::bigint FROM ({books.CREDIT}) AS credit GROUP BY 1, 2"""):
        owed[customer, currency] += amount
    statements = collections.defaultdict(list)
    for call in evidence.record.named("final_statement"):
        if call.outcome != "ok":
            yield f"{call}: the statement could not be read"
        else:
            statements[call.reply["customer_id"]].append(call.reply)
    if not statements:
        yield "no statement was read at the end"
    for customer, pages in statements.items():
        sums = collections.Counter()
        for line in (line for page in pages for line in page["data"]):
            sums[line["currency"]] += line["amount"]
            if line["balance"] != sums[line["currency"]]:
                yield f"statement of {customer}: {line['id']} shows the balance {line['balance']}, the lines add up to {sums[line['currency']]}"
        told = {each["currency"]: each["amount"] for each in pages[-1]["balances"]}
        for currency in told.keys() | sums.keys():
            if not told.get(currency, 0) == sums[currency] == owed[customer, currency]:
                yield (f"statement of {customer}: balance {told.get(currency, 0)} {currency}, its lines {sums[currency]}, owed {owed[customer, currency]}")
