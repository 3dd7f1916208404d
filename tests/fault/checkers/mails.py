"""What notifications says it sent arrived, and nothing else did. A second copy is not a finding: a process that dies between the server's 250 and its
own record sends again, with the same Message-ID (README, known risks); run.py counts them."""

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
