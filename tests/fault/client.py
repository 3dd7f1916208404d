"""A careful client: every POST carries an Idempotency-Key, and what was not answered is sent again under the same key, for a bounded time. PUT, PATCH and DELETE are sent
again as they are: twice is once, or the version they name is not there any more.

Everything it sends and everything it is told goes into the history first. It draws lots from generators of its own, one for each operation it
begins, so the n-th operation of a client is the same in every run with the seed, whatever the threads do to each other."""

import hashlib
import json
import random
import threading
import time

import requests

from support.client import Api

from .history import UNANSWERED

ATTEMPT_S = 12       # one sending waits so long for its answer,
PATIENCE_S = 40      # and one call is sent again for so long
PAUSE_S, PAUSE_MAX_S = 0.1, 2.0
REPEATED_SHARE = 0.08   # of the answered POSTs, sent once more on purpose


def kept_of(reply):
    """What of an answer goes into the history: of a file, what its bytes are known by."""
    if reply.headers.get("Content-Type", "").partition(";")[0] in ("application/json", "application/problem+json"):
        return reply.body
    return json.dumps({"sha256": hashlib.sha256(reply.body).hexdigest(), "size": len(reply.body)}).encode()


class Person:
    """Somebody with a log-in, and what a client remembers of them."""

    def __init__(self, username, password, customer_id=None):
        self.username, self.password, self.id = username, password, customer_id
        self.token, self.renew_at = None, 0
        self.mercadopago = set()   # orders that it can be paid through
        self.carts, self.orders, self.contracts, self.payments, self.to_authenticate = [], [], [], [], []


class Client:
    def __init__(self, name, world, seed, holds_breath=False):
        """holds_breath: begins no call while the clock wants quiet."""
        self.name, self.world, self.holds_breath = name, world, holds_breath
        self._seed = seed
        self._keys = self._begun = 0
        self.people = []
        self.open_calls = []   # never answered: (call, arguments)
        self.rng = random.Random(f"{seed}:{name}")
        self._plain = requests.Session()
        self._plain.trust_env = False
        self.api = Api(world.gateway_url, world.recorder, timeout_s=ATTEMPT_S)

    def begin(self):
        """A new operation's own generator."""
        self._begun += 1
        self.rng = random.Random(f"{self._seed}:{self.name}:{self._begun}")
        return self.rng

    def key(self):
        self._keys += 1
        return f"{self._seed}-{self.name}-{self._begun}-{self._keys}"

    # ---- calls

    def get(self, op, path, person=None, **query):
        return self._call(op, "GET", path, person, query=query or None)

    def post(self, op, path, body, person=None, keyed=True, version=None):
        return self._call(op, "POST", path, person, body=body, key=self.key() if keyed else None, version=version)

    def put(self, op, path, body, person=None, version=None):
        return self._call(op, "PUT", path, person, body=body, version=version)

    def patch(self, op, path, body, person, version=None):
        return self._call(op, "PATCH", path, person, body=body, version=version)

    def delete(self, op, path, person):
        return self._call(op, "DELETE", path, person)

    def upload(self, op, path, data, media_type, person):
        """In the history is what the bytes are known by."""
        return self._call(op, "POST", path, person, body={"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}, file=(data, media_type))

    def _call(self, op, method, path, person, query=None, body=None, key=None, version=None, file=None):
        """The reply, or None when none came in time. version: what If-Match names. file: sent instead of the body."""
        if self.holds_breath:
            self.world.gate.wait()
        token = self.token(person) if person else None
        if person and token is None:
            return None
        call = self.world.history.call()
        told = {"op": op, "method": method, "path": path, "query": query, "key": key, "body": body}
        sent = {"headers": {"If-Match": f'"{version}"'} if version is not None else None,
                **({"json": body} if file is None else {"data": file[0], "content_type": file[1]})}
        again = self.rng.random() < REPEATED_SHARE and key is not None
        reply = self._send_until_answered(call, told, sent, person)
        if reply is None:
            if key is not None:
                self.open_calls.append((call, told, sent, person))
        elif again and not self.world.ending.is_set():
            self._attempt(call, told, sent, person, repeat=True)
        return reply

    def _send_until_answered(self, call, told, sent, person):
        deadline, pause = time.monotonic() + PATIENCE_S, PAUSE_S
        while True:
            reply = self._attempt(call, told, sent, person)
            if reply is not None:
                return reply
            if time.monotonic() + pause > deadline or self.world.ending.wait(pause * (0.5 + self.rng.random())):
                return None
            pause = min(pause * 2, PAUSE_MAX_S)

    def _attempt(self, call, told, sent, person, repeat=False):
        """The reply when there was one that says something. A token that is not taken any more (a clock was set) is forgotten; with a new one it is asked
        again."""
        token = person.token if person else None
        number = self.world.history.invoke(call, self.name, repeat=repeat, **told)
        try:
            reply = self.api.request(told["method"], told["path"], key=told["key"], query=told["query"], token=token, **sent)
        except requests.RequestException as failure:
            self.world.history.answer(number, None, error=type(failure).__name__)
            return None
        self.world.history.answer(number, reply.status, kept_of(reply), replayed="Idempotent-Replayed" in reply.headers)
        if reply.status == 401 and person:
            person.renew_at = 0
            if self.token(person):
                return None
        return None if reply.status in UNANSWERED or reply.status == 500 else reply

    def visit(self, op, url):
        """A page outside the API: the bank's, where a customer authenticates."""
        number = self.world.history.invoke(self.world.history.call(), self.name, op, "GET", url)
        try:
            reply = self._plain.get(url, timeout=ATTEMPT_S)
        except requests.RequestException as failure:
            self.world.history.answer(number, None, error=type(failure).__name__)
            return None
        self.world.history.answer(number, reply.status_code, b"null")
        return reply.status_code

    def token(self, person):
        """A token with at least half its life left; None when nobody answers."""
        if time.monotonic() >= person.renew_at:
            reply = self._call("log_in", "POST", "/v1/auth/token", None,
                               body={"grant_type": "password", "username": person.username, "password": person.password})
            if reply is None or reply.status != 200:
                return None
            person.token, person.renew_at = reply["access_token"], time.monotonic() + reply["expires_in"] / 2
        return person.token

    # ---- the end

    def ask_again(self):
        """After the faults: half of what was never answered is asked once more; the rest stays unknown, as when a client goes away for good."""
        for call, told, sent, person in self.open_calls:
            if random.Random(f"{self._seed}:{self.name}:again:{told['key']}").random() < 0.5:
                if person is None or self.token(person):
                    self._send_until_answered(call, told, sent, person)


class World:
    """What the clients share: where everything is, what is sold, who is known."""

    def __init__(self, cluster, history, recorder, seed):
        self.gateway_url, self.mail_dir = cluster.gateway_url, cluster.stack.mail_dir
        self.staff_login = cluster.stack.staff
        self.history, self.recorder, self.seed = history, recorder, seed
        self.stop = threading.Event()     # no new operations
        self.ending = threading.Event()   # no new attempts either
        self.gate = threading.Event()     # open while clients may begin a call
        self.gate.set()
        self.products = []
        self.promotions = []              # codes, of customers and staff alike
        self.approvers = []               # people of the staff, hired while the run goes on
        self._lock = threading.Lock()
        self._people = []

    def met(self, person):
        with self._lock:
            self._people.append(person)

    def somebody(self, rng):
        with self._lock:
            return rng.choice(self._people) if self._people else None

    def everybody(self):
        with self._lock:
            return list(self._people)
