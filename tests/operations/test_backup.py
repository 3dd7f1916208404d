"""Backup under load, disaster, restore: what was acknowledged after the backup is lost by definition, nothing may be inconsistent, and no money may be.

The payment provider is outside: its own database, for convenience in the same cluster here, keeps what it has through the disaster."""

import collections
import os
import shutil
import subprocess
import time

import pytest

from deploy.stack import services
from deploy.stack.process import StartError, run_quietly
from operations.load import OperatorsRun
from support.shop import Shop

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))
LOAD_S = float(os.environ.get("CUOTAS_LOAD_S", "3"))
SEED = os.environ.get("CUOTAS_SEED", "21")

# Checkers who hold what is left against what clients were told, or mails that arrived, before the disaster: that was undone. All others must find nothing.
OF_WHAT_WAS_UNDONE = {
    "acknowledged_exists_once", "nothing_nobody_asked_for", "one_effect_a_key", "orders_have_their_lines", "carts_hold_what_was_added", "mails_arrived",
    "what_was_acknowledged_is_there", "succeeded_stays_succeeded", "reads_never_go_back", "retries_got_equal_answers", "refusals_are_explained",
    "answered_without_faults", "automatic_charges_were_agreed", "guest_carts_are_taken_over_once", "what_was_shown_was_done", "documents_are_what_was_shown",
    "votes_are_kept", "accepted_quotes_are_ordered", "consents_are_as_last_told", "promotions_are_as_last_changed", "ended_promotions_are_not_sold",
    "the_banks_word_stays"}

# What went back and is in no book: ignored, and taken by no refund since.
TOLD_REFUNDS = """
    SELECT DISTINCT o ->> 'id', o ->> 'payment_intent', (o ->> 'amount')::bigint FROM webhook_event, LATERAL (SELECT payload::jsonb #> '{data,object}' AS o) AS of
    WHERE verdict = 'ignored' AND o ->> 'object' = 'refund' AND o ->> 'status' = 'succeeded'
      AND o ->> 'id' NOT IN (SELECT provider_reference FROM refund WHERE provider_reference IS NOT NULL)"""

BOOKED_REFUNDS = """
    SELECT r.provider_reference, p.provider_reference, r.amount FROM refund r JOIN payment p ON p.id = r.payment_id
    WHERE p.provider = %s AND r.status = 'succeeded' AND r.destination = 'method' AND r.paid_from IS NULL"""


class BusyShop(Shop):
    """A shop whose plans, promotions and closures others change all the while: an offer may be another before it is taken."""

    def order(self, customer, product=None, quantity=1, offer=None):
        cart = customer.cart((product, quantity))

        def placed():
            reply = customer.place_order(cart["id"], (offer or self.offers(product)[0])["id"], expect=(201, 409))
            assert reply.status == 201 or reply.code == "offer_not_available", reply
            return reply.status == 201 and reply.json
        return self.wait_until(placed, 30 * SLOW, "an offer that stands until it is taken")


def script(run, name, *arguments, as_server=False):
    """deploy/<name>, as the server's user when it must be; its standard output."""
    path = os.path.join(ROOT, "deploy", name)
    environment = run.stack.postgres.environment()
    if as_server:
        return run_quietly([path, *arguments], run.stack.postgres.user, [path, *(each for each in arguments if os.path.sep in each)], env=environment)
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, timeout=120 * SLOW)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def restored(scratch, wait_until):
    """The run after load, backup, load, disaster, restore, load, rest."""
    binaries = os.environ.get("CUOTAS_BIN")
    openapi = os.path.join(os.path.dirname(binaries), "gen", "openapi.json") if binaries else None
    run = OperatorsRun(os.path.join(scratch, "backup"), seed=SEED, binaries=binaries, openapi=openapi, slow=SLOW)
    try:
        run.start()
        story(run, wait_until)
        yield run
    finally:
        run.drop()


def story(run, wait_until):
    stack = run.stack
    backups = os.path.join(run.directory, "backups")
    os.mkdir(backups)
    shop = BusyShop(run.operator.api, run.operator.api.with_token(lambda: run.operator.token(run.me)), wait_until)
    run.begin_load(days_pass=True)   # so that there is something of everything
    time.sleep(LOAD_S)
    run.end_load()
    run.begin_load(days_pass=False)
    customer = shop.new_customer()
    placed = [shop.order(customer, run.world.products[0]) for _ in range(3)]   # one would do, but the load's staff may be quicker to take its money and undo it
    time.sleep(LOAD_S / 2)
    sold = [shop.buy(customer, run.world.products[0]) for _ in range(3)]   # one would do here, too
    run.backup = script(run, "backup", backups).strip()
    kept, payment, undone = next((order, payment, back) for order, payment in sold for back in [undo(shop, customer, order, payment)] if back)
    before, paid_after = next((order, reply.json) for order in placed for reply in [customer.pay(order["id"], expect=(201, 409))] if reply.status == 201)
    assert shop.wait_payment(customer, paid_after["id"])["status"] == "succeeded"
    placed_after, lost = shop.buy(customer, run.world.products[0])
    time.sleep(LOAD_S / 2)
    run.end_load()

    for name in (*services.ALL, "mail"):
        stack.kill(name)
    provider = run_quietly([*tool(stack, "pg_dump"), "-Fc", "-f", os.path.join(run.directory, "provider.dump"), "cuotas_sandbox"],
                           env=stack.postgres.environment())
    assert provider == ""
    stack.kill("postgres")
    shutil.move(stack.postgres.directory, stack.postgres.directory + ".lost")

    hand_over(run, backups)
    run.said = script(run, "restore", run.backup, stack.postgres.directory, as_server=True)
    stack.postgres.start()
    run_quietly([*tool(stack, "pg_restore"), "--clean", "--create", "-d", "postgres", os.path.join(run.directory, "provider.dump")],
                env=stack.postgres.environment())
    for name in ("mail", *services.ALL):
        stack.server(name).start()
    for name in ("mail", *services.ALL):
        stack.wait_ready(name)
    run.lost = lost
    shop.wait_order(customer, before["id"], "confirmed", 60)   # before days pass, in which an unpaid order is given up
    wait_until(lambda: "what the provider knows is in the books again" in billing_log(run), 60 * SLOW, "billing knowing what the provider knows")
    run.seen = {"paid": customer.payment(paid_after["id"])["status"], "placed": customer.api.get(f"/v1/orders/{placed_after['id']}").status}
    known = set(stack.postgres.sql("SELECT order_id FROM order_account", "cuotas_billing").split())
    taken = stack.postgres.sql("SELECT metadata ->> 'order_id', metadata ->> 'payment_id', payment_intent FROM charge", "cuotas_sandbox").splitlines()
    run.of_no_order = {payment: reference for order, payment, reference in (each.split("\t") for each in taken) if order not in known}
    run.sold = shop.wait_order(customer, kept["id"], "confirmed")["id"]
    run.refunded = [payment["id"], undone, customer.payment(payment["id"])["refunded"], undo(shop, customer, kept, payment)]
    run.begin_load(days_pass=True)
    time.sleep(LOAD_S / 2)
    run.end_load()
    run.settle()
    run.told_refunds = {reference: (intent, amount) for reference, intent, amount in run.evidence.rows("billing", TOLD_REFUNDS)}
    run.told_elsewhere = left_at_mercadopago(run)
    back = collections.Counter(run.told_elsewhere)
    for intent, amount in run.told_refunds.values():
        back[intent] += amount
    run.evidence.charges = [{**charge, "amount_refunded": charge["amount_refunded"] - back[charge["payment_intent"]]}
                            for charge in run.evidence.charges if charge["metadata"]["payment_id"] not in run.of_no_order]
    run.say("seconds: " + ", ".join(f"{what} {seconds:.0f}" for what, seconds in run.took_s.items()))


def left_at_mercadopago(run):
    """{payment there: what went back of it and is in no book}: its refunds have no events of their own, so the log alone names the payment."""
    booked = collections.Counter()
    for _, payment, amount in run.evidence.rows("billing", BOOKED_REFUNDS, ("mercadopago",)):
        booked[payment] += amount
    left = {charge["payment_intent"]: charge["amount_refunded"] - booked[charge["payment_intent"]] for charge in run.evidence.charges if not charge["payment_intent"].startswith("pi_")}
    return {payment: amount for payment, amount in left.items() if amount}


def undo(shop, customer, order, payment):
    """Withdraws from an order, as a person of the shop; what went back of its payment when it is done; None when somebody else has undone it, or given
    something back before. The load may be at the same contract."""
    path = f"/v1/contracts/{order['contract']['id']}/changes"

    def confirmed():
        computed = shop.staff.post(path, {"kind": "withdrawal", "reason": "as a favour"}, key=True)
        if computed.status == 201:
            reply = shop.staff.post(f"{path}/{computed['id']}/confirm", {}, key=True, headers={"If-Match": f'"{computed["version"]}"'})
            return reply.status == 200 and computed["result"]["refund"]
        assert computed.code in ("change_in_progress", "payment_in_progress", "contract_not_in_force"), computed.json
        return computed.code == "contract_not_in_force" and "undone"
    goes_back = shop.wait_until(confirmed, 30 * SLOW, "the withdrawal")
    if goes_back == "undone":
        return None
    back = shop.wait_until(lambda: customer.payment(payment["id"])["refunded"], 60 * SLOW, "the money given back")
    return back if back == goes_back and [each["kind"] for each in shop.staff.get(f"/v1/payments/{payment['id']}/refunds", expect=200)["data"]] == ["change"] else None


def billing_log(run):
    with open(os.path.join(run.stack.log_dir, "billing.log")) as log:
        return log.read()


def tool(stack, name):
    return [os.path.join(stack.postgres.programs, name)]


def hand_over(run, directory):
    """What root made for the server's user to read and to write beside."""
    user = run.stack.postgres.user
    if user:
        for place, _, files in os.walk(directory):
            for path in (place, *(os.path.join(place, each) for each in files)):
                os.chown(path, user.pw_uid, user.pw_gid)
        os.mkdir(run.stack.postgres.directory, 0o700)
        os.chown(run.stack.postgres.directory, user.pw_uid, user.pw_gid)


def test_nothing_is_inconsistent(restored):
    """Whoever makes a change otherwise than it was made first may ask for more than the provider has left of the payment: that refund is refused, and its money told of."""
    intents = [intent for intent, _ in restored.told_refunds.values()]
    refused = {f"billing: refund {refund} failed refused" for refund, in restored.evidence.rows("billing", """
        SELECT r.id::text FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.status = 'failed' AND p.provider_reference = ANY(%s)""", (intents,))}
    found = restored.judge_but(OF_WHAT_WAS_UNDONE)
    left = {name: set(findings) - (refused if name == "sagas_ended" else set()) for name, findings in found.items()}
    assert {name: findings for name, findings in left.items() if findings} == {}


def test_what_went_back_after_the_backup_is_told(restored):
    """What the provider gave back for changes that the restore undid, and nobody has made again since, is the only such money left over; each is in billing's list
    and in its log for an operator, and nowhere else."""
    given = {row[0] for row in restored.evidence.rows("sandbox", "SELECT id FROM object WHERE kind = 'refund' AND body ->> 'status' = 'succeeded'")}
    booked = {row[0] for row in restored.evidence.rows("billing", BOOKED_REFUNDS, ("stripe",))}
    assert booked <= given
    assert given - booked == restored.told_refunds.keys()
    lines = [line for line in billing_log(restored).splitlines() if "money went back that is in no book" in line]
    of_no_order = set(restored.of_no_order.values())   # told with their payment
    assert all(any(reference in line for line in lines) for reference in [*restored.told_refunds, *(restored.told_elsewhere.keys() - of_no_order)])
    assert min(restored.told_elsewhere.values(), default=1) > 0


def test_a_change_made_again_gives_nothing_back_twice(restored):
    """The order was in the backup, its withdrawal not: it was there again, and owed what the provider had given back. Made again, it is that refund."""
    payment, undone, after_the_restore, again = restored.refunded
    assert restored.sold and undone > 0 and after_the_restore == 0 and again == undone
    refunds = restored.evidence.rows("billing", "SELECT provider_reference, amount, status FROM refund WHERE payment_id = %s", (payment,))
    at_provider = restored.evidence.rows("sandbox", """
        SELECT r.id, (r.body ->> 'amount')::bigint, r.body ->> 'status' FROM object r JOIN charge c ON c.payment_intent = r.body ->> 'payment_intent'
        WHERE r.kind = 'refund' AND c.metadata ->> 'payment_id' = %s""", (payment,))
    assert refunds == at_provider == [(at_provider[0][0], undone, "succeeded")]
    assert at_provider[0][0] not in restored.told_refunds


def test_the_providers_money_is_in_the_books_again(restored):
    """What it took for orders that the restore undid, or their approval, is the only money left over (the_provider_agrees has judged the rest), and each such payment is
    in billing's list for an operator, and nowhere else: an order that is approved again later begins unpaid."""
    told = {kind: {row[0] for row in restored.evidence.rows("billing", f"SELECT payload::jsonb #>> '{path}' FROM webhook_event WHERE {which} AND verdict = 'ignored'")}
            for kind, path, which in (("intents", "{data,object,id}", "type = 'payment_intent.succeeded'"), ("others", "{data,id}", "provider = 'mercadopago'"))}
    assert restored.lost["id"] in restored.of_no_order
    intents = {reference for reference in restored.of_no_order.values() if reference.startswith("pi_")}
    assert intents == told["intents"]
    assert set(restored.of_no_order.values()) - intents <= told["others"]   # whose events do not say what became of the payment


def test_what_was_paid_after_the_backup_counts(restored):
    """The order was in the backup, its payment not: the provider had it, so the order is confirmed."""
    assert restored.seen == {"paid": "succeeded", "placed": 404}   # and what was ordered after it is gone; its money is told of:
    text = billing_log(restored)
    assert any("an order that is not here" in line and restored.lost["id"] in line for line in text.splitlines())
    assert "Restored" in restored.said


def test_a_damaged_backup_is_refused(restored, tmp_path):
    copy = str(tmp_path / "copy")
    shutil.copytree(restored.backup, copy)
    assert "is whole" in script(restored, "restore", "--check", copy)
    with open(os.path.join(copy, "base.tar.gz"), "r+b") as file:
        file.seek(5000)
        byte = file.read(1)
        file.seek(5000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(AssertionError, match="damaged"):
        script(restored, "restore", "--check", copy)
    os.remove(os.path.join(copy, "SHA256SUMS"))
    with pytest.raises(AssertionError, match="not finished"):
        script(restored, "restore", "--check", copy)


def test_what_is_not_supported_is_refused(restored, tmp_path):
    """One service alone; over a cluster that is there; of a cluster that has not all of them."""
    with pytest.raises(AssertionError, match="one service alone"):
        script(restored, "restore", restored.backup, str(tmp_path / "new"), "billing")
    with pytest.raises(StartError, match="not empty"):
        script(restored, "restore", restored.backup, restored.stack.postgres.directory, as_server=True)


def test_what_could_not_be_finished_is_not_left_to_be_started(restored):
    """Without the word to billing, a server started on it would charge once more."""
    directory = os.path.join(restored.directory, "unfinished")
    os.mkdir(directory, 0o700)
    user = restored.stack.postgres.user
    if user:
        os.chown(directory, user.pw_uid, user.pw_gid)
    environment = dict(restored.stack.postgres.environment(), PGUSER="nobody_there")
    path = os.path.join(ROOT, "deploy", "restore")
    with pytest.raises(StartError, match="nobody_there"):
        run_quietly([path, restored.backup, directory], user, [path, restored.backup, directory], env=environment)
    assert os.listdir(directory) == []
