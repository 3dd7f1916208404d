"""What the services really ask each other, recorded on its way and held against their contracts with the rest: a second process of a service beside
the first (as a replica is), whose peers are reached through a relay that writes down what passes."""

import contextlib
import http.server
import json
import os
import threading
import uuid

import pytest

from calls import INTERNAL, Call, Connection, NoAnswer, recorded
from deploy.stack import services
from deploy.stack.network import Port, http_status
from deploy.stack.process import Process
from support.client import Api
from support.schedule_change import Change
from support.shop import Shop


class Relay(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, target, recorder):
        self.target, self.recorder, self.passed = target, recorder, []
        super().__init__(("127.0.0.1", 0), Hop)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Hop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        connection = Connection(self.server.target, 30)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        call = Call(None, self.command, path + ("?" + query if query else ""), (), self.headers.items(), body)
        try:
            answer = connection.send(call.bytes())
        except (NoAnswer, ConnectionRefusedError):
            self.close_connection = True
            return
        finally:
            connection.close()
        self.server.passed.append((self.command, path, answer.status))
        self.server.recorder.write({
            "test": os.environ.get("PYTEST_CURRENT_TEST", "").rsplit(" ", 1)[0], "method": self.command, "target": self.path, "internal": True,
            "request_headers": {name.lower(): value for name, value in self.headers.items()}, "authorized": "X-Cuotas-Identity" in self.headers,
            "request": recorded(body), "status": answer.status, "response_headers": answer.headers, "response": recorded(answer.body)})
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def replica(stack, scratch, recorder, wait_until, own_gateway):
    """replica(service): (relays by peer, the URL of a gateway that asks the replica)."""
    with contextlib.ExitStack() as ends:
        def start(name):
            relays = {peer: Relay(url, recorder) for peer, url in stack.service_urls.items() if peer not in (name, "gateway", "sandbox")}
            port = Port()
            ends.callback(port.close)
            environment = {**services.service_environment(stack, name), "LISTEN": port.listen,
                           **{f"{peer.upper()}_URL": relay.url for peer, relay in relays.items()}}
            process = Process(name, [os.path.join(stack.binaries, name)], os.path.join(scratch, f"{name}-replica.log"), env=environment)
            process.start()
            ends.callback(process.stop)
            for relay in relays.values():
                ends.callback(relay.server_close)
                ends.callback(relay.shutdown)
            url = own_gateway(**{f"{name.upper()}_URL": port.url})
            wait_until(lambda: http_status(port.url + "/readyz") == 200, what=f"the second {name}")
            return relays, url
        yield start


def test_ordering(replica, shop, recorder, staff, wait_until, new_product):
    """Stock held, too little stock, and the answers orders gets to it; and the events it applies."""
    relays, url = replica("orders")
    second = Shop(Api(url, recorder), staff, wait_until)
    customer = second.new_customer()
    product = new_product(stock=3)
    order, _ = second.buy(customer, product, quantity=2)
    cart = customer.cart((product, 2))
    assert customer.place_order(cart["id"], second.offers(product)[0]["id"], expect=409).code == "out_of_stock"
    assert {status for method, path, status in relays["catalog"].passed if path == "/internal/reservations"} == {200, 409}
    wait_until(lambda: any(path == "/internal/events" and status == 200 for _, path, status in relays["billing"].passed), what="events asked for")
    assert order["status"] == "confirmed"


@pytest.fixture
def ask(caller_of):
    """One of the services' own operations, asked as a service does."""
    def send(operation_id, path, body=None, status=200):
        operation = next(each for each in INTERNAL.operations if each.id == operation_id)
        headers = [("Content-Type", "application/json")] if body is not None else []
        answer = caller_of(operation).send(Call(operation, operation.method, path, (), headers, None if body is None else json.dumps(body).encode()))
        assert answer.status == status, answer
        return answer.json
    return send


def test_giving_an_order_up(ask, shop, customer):
    assert ask("close_order", f"/internal/orders/{shop.order(customer)['id']}/close") == {"closed": True}
    assert ask("close_order", f"/internal/orders/{shop.buy(customer)[0]['id']}/close") == {"closed": False}
    ask("close_order", f"/internal/orders/{uuid.uuid4()}/close", status=404)


def test_an_account_and_a_change_of_its_schedule(ask, shop, customer):
    account = ask("get_account", f"/internal/orders/{shop.order(customer)['id']}/account")
    ask("get_account", f"/internal/orders/{uuid.uuid4()}/account", status=404)
    change = Change(account, "acceleration")
    for row in account["installments"]:
        change.replace(row)
    change.add(account["installments"][0]["due_date"], -change.adjustments["principal"])
    ask("change_schedule", change.path, change.body(), status=409)
    ask("change_schedule", f"/internal/orders/{uuid.uuid4()}/schedule", change.body(), status=404)
    account = ask("get_account", f"/internal/orders/{shop.buy(customer)[0]['id']}/account")
    ask("change_schedule", f"/internal/orders/{account['order_id']}/schedule", change.body(account_revision=account["account_revision"], refund=1), status=422)
    change = Change(account, "acceleration")
    for row in (row for row in account["installments"] if row["paid"] < row["total"]):
        change.replace(row)
    change.add(account["installments"][0]["due_date"], -change.adjustments["principal"])
    ask("change_schedule", change.path, change.body())


def test_looking_up_a_promotion(ask, staff, shop, customer):
    code = f"T-{uuid.uuid4().hex[:10].upper()}"
    looked_up = {"code": code, "customer_id": customer.id}
    ask("check_promotion", "/internal/promotion-checks", looked_up, status=422)
    staff.post("/v1/promotions", {"code": code, "type": "percent", "value": "0.10", "valid_from": "2099-01-01T00:00:00Z"}, expect=201)
    ask("check_promotion", "/internal/promotion-checks", looked_up, status=409)
    code = f"T-{uuid.uuid4().hex[:10].upper()}"
    staff.post("/v1/promotions", {"code": code, "type": "percent", "value": "0.10"}, expect=201)
    assert ask("check_promotion", "/internal/promotion-checks", {**looked_up, "code": code})["code"] == code
