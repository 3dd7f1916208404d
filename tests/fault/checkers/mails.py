"""What notifications says it sent arrived, and nothing else did. A second copy is not a finding: a process that dies between the server's 250 and its
own record sends again, with the same Message-ID (README, known risks); run.py counts them."""

import base64
import json

from . import checker


@checker
def mails_arrived(evidence):
    arrived = set(evidence.mails)
    known = {}
    for number, recipient, status in evidence.rows("notifications", "SELECT id::text, recipient, status FROM notification"):
        known[number] = recipient
        if status == "sent" and (number, recipient) not in arrived:
            yield f"notification {number} is sent to {recipient}, and no such mail arrived"
    for number, address in arrived:
        if known.get(number) != address:
            yield f"a mail {number} arrived at {address}; notifications knows {known.get(number)}"


@checker
def people_were_written_to(evidence):
    """A message goes to the address of the customer it is about."""
    yield from (f"notification {row[0]} went to {row[1]}, the customer's address is {row[2]}" for row in evidence.rows("notifications", """
        SELECT n.id, n.recipient, c.email FROM notification n LEFT JOIN contact c USING (customer_id)
        WHERE n.status = 'sent' AND n.recipient IS DISTINCT FROM c.email"""))


# How long after its answer a consent that was taken back may still be unknown to who writes, or a mail be on its way: longer than faults last, with the lease of a
# process that died of one.
UNKNOWN_FOR_S = 30


def unwilling(mails, told):
    """Of mails [(number, customer, purpose, when)] those to who did not agree to such then. told: {customer: [(when, consents)]} in the order of time, as crm has it, both by the
    real clock: the logical one is ahead by days here before it is there."""
    for number, customer, purpose, at in mails:
        words = told.get(customer, [])
        ends = [when for when, _ in words[1:]] + [float("inf")]
        if not any(consents.get(purpose) is True and when <= at <= end + UNKNOWN_FOR_S for (when, consents), end in zip(words, ends)):
            yield number, customer, purpose


@checker
def only_the_willing_were_written_to(evidence):
    """What needs a consent went only to who had given it, at registration or later, and had not taken it back, when the mail arrived; each copy of it."""
    told = {}
    for customer, at, consents in evidence.rows("crm", """
            SELECT data ->> 'customer_id', extract(epoch FROM created_at)::float8, data -> 'consents' FROM outbox
            WHERE type IN ('customer.registered', 'customer.consents_changed') ORDER BY created_at, id"""):
        told.setdefault(customer, []).append((at, consents))
    needs = {number: (customer, purpose) for number, customer, purpose in evidence.rows("notifications", """
        SELECT DISTINCT n.id::text, n.customer_id::text, t.purpose FROM notification n JOIN template t ON t.code = n.template WHERE t.purpose IS NOT NULL""")}
    mails = [(number, *needs[number], at) for number, at in evidence.arrivals if number in needs]
    yield from (f"notification {number} went to customer {customer}, who did not agree to {purpose} then" for number, customer, purpose in unwilling(mails, told))
    yield from (f"notification {row[0]} is {row[1]}, and not sent for want of a consent nothing asks for" for row in evidence.rows("notifications", """
        SELECT n.id, n.template FROM notification n WHERE n.status = 'suppressed' AND NOT EXISTS (SELECT FROM template t WHERE t.code = n.template AND t.purpose IS NOT NULL)"""))


@checker
def consents_are_as_last_told(evidence):
    """Who was told that they agree, or do not, is kept so, when it was the last they asked and nothing of it stayed unanswered."""
    kept = {customer: bool(granted) for customer, granted in evidence.rows("crm", "SELECT id::text, consents -> 'marketing' = 'true' FROM customer")}
    last, unsure = {}, set()
    for call in evidence.record.named("change_consents", "unsubscribe"):
        customer = call.path.split("/")[3] if call.op == "change_consents" else whose(call.path.split("/")[3])
        if call.outcome != "ok" or any(attempt.outcome == "unknown" for attempt in call.attempts):
            unsure.add(customer)
        else:
            last[customer] = max(last.get(customer, (0, None)), (call.answer.returned, call.op == "change_consents" and call.body["marketing"]))
    for customer, (_, granted) in last.items():
        if customer not in unsure and kept.get(customer) != granted:
            yield f"customer {customer} was told {granted} last, kept is {kept.get(customer)}"


def whose(token):
    payload = token.partition(".")[0]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["customer_id"]
