"""One run: start everything, load it, disturb it, heal it, let it come to rest, judge. Each step is a method, so that tests can do a part.

Every lot is drawn from a generator of its own, named after the seed and the actor: one seed gives the same people, the same n-th operation of each
client and the same faults at the same moments. What the threads and processes make of it may differ from run to run."""

import collections
import os
import random
import threading
import time

from deploy.stack.process import StartError, wait_until
from deploy.stack.services import WITH_DATABASE
from support.client import Recorder

from .checkers import FINDINGS_SHOWN, judge
from .client import Client, Person, World
from .cluster import Cluster
from .evidence import ROOT, Evidence, internal
from .history import History, Record
from .nemesis import Nemesis
from .once import do_once
from .buying import GOODS, goods_csv
from .workload import Load

CLIENTS = 6
LAST_DAYS = 4            # of business time after the faults: every deadline of the run passes (stock of an order that people decide on: 74.5 hours)
REST_BOUND_S = 120
STATEMENTS_READ = 150


class Run:
    def __init__(self, directory, seed, seconds, calm=False, clients=CLIENTS, binaries=None, openapi=None, say=print, slow=1):
        """calm: without a nemesis. slow: multiplies bounds."""
        self.directory, self.seed, self.seconds, self.calm, self.clients = directory, seed, seconds, calm, clients
        self.say, self.slow = say, slow
        self.binaries, self.openapi = binaries, openapi
        self.history_path = os.path.join(directory, "history.jsonl")
        self.traffic_path = os.path.join(directory, "traffic.jsonl")
        self.cluster = self.evidence = self.nemesis = None
        self.findings = {}
        self.took_s = {}

    # ---- the steps

    def play(self):
        """All of it but the verdict; what cannot even be played is an exception."""
        self.start()
        self.disturbed_load()
        self.come_to_rest()
        self.gather()

    def start(self):
        os.makedirs(self.directory, exist_ok=True)
        if os.path.exists(self.history_path):
            raise StartError(f"{self.directory} holds a run already; its databases would be taken for this one's")
        os.chmod(self.directory, 0o755)   # PostgreSQL may run as another user
        environment = {name: value for name, value in os.environ.items() if name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
        self.cluster = Cluster(self.binaries, environment)
        with self._timed("start"):
            self.cluster.start(os.path.join(self.directory, "stack"))
        self.stack = self.cluster.stack
        self.history = History(self.history_path)
        self.recorder = Recorder(self.traffic_path)
        self.world = World(self.cluster, self.history, self.recorder, self.seed)
        self._stock_up()

    def _stock_up(self):
        """The goods, imported before anything can go wrong."""
        self.operator = Client("operator", self.world, self.seed)
        self.operator.api.timeout_s = 150 * self.slow
        self.me = Person(self.world.staff_login["username"], self.world.staff_login["password"])
        token = self.operator.token(self.me)
        number = self.history.invoke(self.history.call(), "operator", "import_products", "POST", "/v1/products/import",
                                     body=[{"sku": sku, "stock": stock} for sku, _, _, _, _, stock in GOODS])
        report = self.operator.api.request("POST", "/v1/products/import", data=goods_csv(), content_type="text/csv", token=token, expect=200)
        self.history.answer(number, report.status, report.body)
        self._set_credit_policy(token)
        self.world.products = sorted(self.operator.get("list_products", "/v1/products", limit=100)["data"], key=lambda product: product["sku"])

    def _set_credit_policy(self, token):
        """Dear orders are decided on by the staff; who owes much is refused."""
        policy = {"limits": [{"currency": "USD", "max_exposure": 1500000, "review_above": 120000}, {"currency": "COP", "max_exposure": 3000000000, "review_above": 350000000}]}
        number = self.history.invoke(self.history.call(), "operator", "put_credit_policy", "PUT", "/v1/credit-policy", body=policy)
        reply = self.operator.api.request("PUT", "/v1/credit-policy", json=policy, headers={"If-Match": "*"}, token=token, expect=200)
        self.history.answer(number, reply.status, reply.body)

    def disturbed_load(self):
        do_once(self.world, self.seed)
        load = Load(self.world, self.seed, self.clients)
        stop = threading.Event()
        thread = None
        if not self.calm:
            self.nemesis = Nemesis(self.cluster, self.seed, self.seconds, self._fault)
            for step in self.nemesis.plan:
                self.say(f"plan  {step}")
            thread = threading.Thread(target=self._disturb, args=(stop,), daemon=True)
        with self._timed("load"):
            load.start()
            if thread:
                thread.start()
            stop.wait(self.seconds)
            self.world.stop.set()
            stop.set()
            if thread:
                thread.join(120 * self.slow)
        with self._timed("healing"):
            if self.nemesis:
                self.nemesis.heal()
            self.history.mark("calm")
            if not load.stop(60 * self.slow):
                raise AssertionError("a client did not come to its end")
        if load.failures:
            raise AssertionError(f"the load broke: {load.failures}")
        if self.nemesis and self.nemesis_failure:
            raise AssertionError(f"the nemesis broke: {self.nemesis_failure!r}")
        with self._timed("asking again"):
            for client in load.clients:
                client.ask_again()

    nemesis_failure = None

    def _disturb(self, stop):
        try:
            self.nemesis.run(stop)
        except Exception as failure:   # told by disturbed_load()
            self.nemesis_failure = failure
            raise

    def _fault(self, kind, text):
        at_s = self.history.fault(kind, text)
        self.say(f"{at_s:7.1f} s  {kind:<10} {' '.join(text.split())}")

    def come_to_rest(self):
        """Days pass until every deadline has passed; then nothing may be left to do."""
        self.operator.begin()
        with self._timed("rest"):
            for _ in range(LAST_DAYS):
                reply = self.operator.post("advance_test_clock", "/v1/test-clock/advance", {"days": 1}, self.me, keyed=False)
                if reply is None or reply.status != 200:
                    return self.say(f"the clock could not be advanced: {reply}")
            try:
                wait_until(self._at_rest, REST_BOUND_S * self.slow, "rest", every_s=0.1)
                self.history.mark("rest")
            except StartError as late:
                self.say(f"{late}: {self._noise}")
            self._read_statements()
            self._read_ledger()

    _before = _noise = None

    def _at_rest(self):
        """Two rounds over all processes that find each quiet, and nothing done in between (as the test clock's own barrier)."""
        told = {name: internal(self.stack, name, "/internal/quiet", 30).json() for name in WITH_DATABASE}
        now = {name: each.get("activity") for name, each in told.items()} if all(each.get("quiet") for each in told.values()) else None
        self._noise = {name: each for name, each in told.items() if not each.get("quiet")}
        same, self._before = now is not None and now == self._before, now
        return same

    def _read_statements(self):
        people = self.world.everybody()
        for person in random.Random(f"{self.seed}:statements").sample(people, min(STATEMENTS_READ, len(people))):
            query = {"limit": 50}
            while query:
                page = self.operator.get("final_statement", f"/v1/customers/{person.id}/statement", self.me, **query)
                query = {"limit": 50, "cursor": page["next_cursor"]} if page is not None and page.status == 200 and page["next_cursor"] else None

    def _read_ledger(self):
        """What billing says of its own books."""
        self.operator.get("final_balance", "/v1/ledger/trial-balance", self.me)
        self.operator.get("final_aging", "/v1/reports/aging", self.me)
        query = {"limit": 2000}
        while query:
            page = self.operator.get("final_verification", "/v1/ledger/verify", self.me, **query)
            query = {"limit": 2000, "cursor": page["next_cursor"]} if page is not None and page.status == 200 and page["next_cursor"] else None

    def gather(self):
        self.history.close()
        self.recorder.close()
        openapi = self.openapi or os.path.join(ROOT, "build", "gen", "openapi.json")
        self.evidence = Evidence(self.stack, self.history_path, self.traffic_path, openapi)

    def judge(self):
        with self._timed("judging"):
            self.findings = judge(self.evidence)
        return self.findings

    def stop(self):
        if self.evidence:
            self.evidence.close()
        if self.cluster:
            self.cluster.stop()

    # ---- what is said

    def report(self):
        record = self.evidence.record if self.evidence else Record(self.history_path)
        table = collections.defaultdict(collections.Counter)
        for call in record.calls:
            table[call.op][call.outcome] += 1
        self.say(f"{'operation':<24}{'ok':>8}{'refused':>9}{'unknown':>9}")
        for op in sorted(table):
            self.say(f"{op:<24}{table[op]['ok']:>8}{table[op]['refused']:>9}{table[op]['unknown']:>9}")
        attempts = sum(len(call.attempts) for call in record.calls)
        unanswered = sum(attempt.outcome == "unknown" for attempt in record.attempts())
        repeats = sum(attempt.repeat for attempt in record.attempts())
        self.say(f"{len(record.calls)} operations in {attempts} requests, {unanswered} of them not answered, {repeats} repeated on purpose")
        faults = self.nemesis.counts if self.nemesis else {}
        self.say(f"{sum(faults.values())} faults: " + (", ".join(f"{count} {kind}" for kind, count in sorted(faults.items())) or "none"))
        if self.evidence:
            self._report_effects()
        self.say("seconds: " + ", ".join(f"{what} {seconds:.0f}" for what, seconds in self.took_s.items()))

    def _report_effects(self):
        counts = {what: self.evidence.value(service, f"SELECT count(*) FROM {table}") for what, service, table in (
            ("customers", "crm", "customer"), ("orders", "orders", "sales_order"), ("confirmed", "orders", "sales_order WHERE status = 'confirmed'"),
            ("payments", "billing", "payment"), ("succeeded", "billing", "payment WHERE status = 'succeeded'"),
            ("by themselves", "billing", "payment WHERE source = 'autopay' AND status = 'succeeded'"), ("by link", "billing", "payment WHERE source = 'link'"),
            ("refunds", "billing", "refund"), ("postings", "billing", "posting"), ("cases", "collections", "collection_case"),
            ("mails", "notifications", "notification"))}
        events = sum(self.evidence.value(service, "SELECT count(*) FROM outbox") for service in WITH_DATABASE)
        twice = len(self.evidence.mails) - len(set(self.evidence.mails))
        self.say("in the books: " + ", ".join(f"{count} {what}" for what, count in counts.items()) + f" ({twice} twice), {events} events, "
                 f"{self.evidence.offsets_s['billing'] // 86400} days")

    def verdict(self):
        for name, findings in self.findings.items():
            for finding in findings[:FINDINGS_SHOWN]:
                self.say(f"FOUND {name}: {finding}")
            if len(findings) > FINDINGS_SHOWN:
                self.say(f"      and {len(findings) - FINDINGS_SHOWN} more of {name}")
        if self.findings:
            self.say(f"seed {self.seed}: FAILED, {sum(map(len, self.findings.values()))} findings of {len(self.findings)} checkers")
        else:
            self.say(f"seed {self.seed}: nothing lost, nothing twice")
        return not self.findings

    def _timed(self, what):
        return _Timer(self.took_s, what)


class _Timer:
    def __init__(self, into, what):
        self._into, self._what = into, what

    def __enter__(self):
        self._began = time.monotonic()

    def __exit__(self, *_):
        self._into[self._what] = self._into.get(self._what, 0) + time.monotonic() - self._began
