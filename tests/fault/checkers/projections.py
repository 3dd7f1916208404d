"""What one service keeps of another's truth is that truth."""

from . import checker


def waived_rows(evidence):
    return {tuple(row) for row in evidence.rows("billing", "SELECT DISTINCT order_id::text, number FROM allocation WHERE kind = 'waiver'")}


@checker
def schedules_follow_billing(evidence):
    """Orders' schedule rows in force are billing's installments; of those that a change has replaced by others nothing need be known, and
    billing hears of no order that a person has yet to approve. A row of which a change left nothing but its penalty is billing's alone."""
    billing = {row[:2]: row[2:] for row in evidence.rows("billing", "SELECT order_id::text, number, due_date, total - penalty, paid, status, total - paid FROM installment "
                                                              "WHERE (total > 0 OR status = 'paid') AND (total > penalty OR penalty = 0)")}
    orders = {row[:2]: row[2:] for row in evidence.rows("orders", """
        SELECT c.order_id::text, i.number, i.due_date, i.total, i.paid, i.status, CASE WHEN i.status = 'canceled' THEN i.total - i.paid ELSE i.outstanding END
        FROM installment i JOIN contract c ON c.id = i.contract_id AND c.schedule_version = i.version JOIN sales_order o ON o.id = c.order_id
        WHERE (i.total > 0 AND i.status NOT IN ('rescheduled', 'written_off') OR i.status = 'paid') AND o.status <> 'draft' AND o.cancel_reason IS NULL""")}
    forgiven = waived_rows(evidence)   # orders knows what is owed of them, and keeps what was agreed
    for key in billing.keys() | orders.keys():
        if key in forgiven and key in billing and key in orders and billing[key][2:] == orders[key][2:]:
            continue
        if billing.get(key) != orders.get(key):
            yield f"installment {key[0]}/{key[1]}: billing {billing.get(key)}, orders {orders.get(key)}"


@checker
def written_off_is_said_of_both(evidence):
    """Also where something was owed again and paid since."""
    contracts = dict(evidence.rows("orders", "SELECT id::text, status FROM contract"))
    for contract, in evidence.rows("billing", "SELECT contract_id::text FROM order_account WHERE status = 'written_off'"):
        if contracts.get(contract) != "written_off":
            yield f"contract {contract} is {contracts.get(contract)}, its account was written off"


@checker
def credit_book_adds_up(evidence):
    """What each customer owes, in how many contracts, and what is past due: as their contracts and schedules say."""
    right = {row[0]: row[1:] for row in evidence.rows("orders", "SELECT customer_id::text, exposure, contracts, overdue FROM credit_book_true")}
    kept = {row[0]: ({currency: owed for currency, owed in row[1].items() if owed}, *row[2:])
            for row in evidence.rows("orders", "SELECT customer_id::text, exposure, contracts, overdue FROM credit_book")}
    for customer in right.keys() | kept.keys():
        if right.get(customer, ({}, 0, {})) != kept.get(customer):
            yield f"customer {customer}: the book says {kept.get(customer)}, their contracts {right.get(customer)}"
    for contract, in evidence.rows("orders", "SELECT id::text FROM contract WHERE NOT in_book"):
        yield f"contract {contract} is in no book"


@checker
def cases_follow_billing(evidence):
    """Collections has exactly billing's overdue installments, and one open case with their sum for each order that has any."""
    overdue = {row[:2]: row[2] for row in evidence.rows("billing", "SELECT order_id::text, number, total - paid FROM installment WHERE status = 'overdue'")}
    known = {row[:2]: row[2] for row in evidence.rows("collections", "SELECT order_id::text, number, outstanding FROM overdue_installment")}
    for key in overdue.keys() | known.keys():
        if overdue.get(key) != known.get(key):
            yield f"installment {key[0]}/{key[1]}: {overdue.get(key)} overdue at billing, {known.get(key)} at collections"
    sums = {}
    for (order, _), amount in overdue.items():
        sums[order] = sums.get(order, 0) + amount
    cases = {}
    for order, amount in evidence.rows("collections", """
            SELECT order_id::text, overdue FROM collection_case WHERE status NOT IN ('cured', 'settled', 'written_off', 'closed')"""):
        if order in cases:
            yield f"order {order} has two open cases"
        cases[order] = amount
    for order in sums.keys() | cases.keys():
        if sums.get(order) != cases.get(order):
            yield f"order {order}: {sums.get(order)} overdue at billing, {cases.get(order)} in its case"


@checker
def contacts_are_customers(evidence):
    sql = "SELECT {id}::text, email, full_name, locale, consents::text, consents_revision FROM {table}"
    customers = set(evidence.rows("crm", sql.format(id="id", table="customer")))
    staff = {number for number, in evidence.rows("crm", "SELECT id::text FROM staff_user")}   # named as they were when they were last written to
    contacts = set(evidence.rows("notifications", sql.format(id="customer_id", table="contact")))
    for each in customers ^ {each for each in contacts if each[0] not in staff}:
        yield f"customer {each[0]} ({each[1]}) is known to {'crm' if each in customers else 'notifications'} only, or otherwise"
