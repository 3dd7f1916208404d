"""What the checkers look at, gathered once when everything has come to rest."""

import email
import email.policy
import glob
import os

import psycopg2
import requests
import yaml

from deploy.stack.services import SERVICES, WITH_DATABASE
from support.sandbox import Sandbox
from support.tokens import identity

from .history import Record

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def internal(stack, name, path, timeout_s=10, json=None):
    session = requests.Session()
    session.trust_env = False
    return session.request("GET" if json is None else "POST", stack.ports[name].url + path, json=json,
                           headers={"X-Cuotas-Identity": identity(stack.credentials["identity"], "service", "fault-run", "service")}, timeout=timeout_s)


class Evidence:
    """record: the history. charges: the provider's ledger. mails: [(message id, address)]. arrivals: [(message id, when, by the
    real clock)]. metrics: {service: {name{labels}: value}}.
    consumes: {consumer: {producer: [types]}} of the contracts. offsets_s: how far each
    one's clock is ahead. rows(service, sql): the databases, each in one connection of the checkers' own."""

    def __init__(self, stack, history_path, traffic_path, openapi_path):
        self.record = Record(history_path)
        self.traffic_path, self.openapi_path = traffic_path, openapi_path
        self.logs_below = os.path.dirname(traffic_path)
        self.charges = Sandbox(stack.service_urls["sandbox"], stack.sandbox_key).ledger()
        self.mails, self.arrivals = read_mails(stack.mail_dir)
        self.metrics = {name: read_metrics(internal(stack, name, "/metrics").text) for name in SERVICES}
        self.consumes = read_consumes()
        self.offsets_s = {name: internal(stack, name, "/internal/test-clock").json()["offset_s"] for name in WITH_DATABASE}
        self.connections = {name: psycopg2.connect(stack.database_url(name)) for name in WITH_DATABASE}

    def rows(self, service, sql, parameters=()):
        with self.connections[service].cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall()

    def value(self, service, sql, parameters=()):
        return self.rows(service, sql, parameters)[0][0]

    def rollback(self):
        """Whatever a connection's transaction has seen or failed at is forgotten."""
        for connection in self.connections.values():
            connection.rollback()

    def close(self):
        for connection in self.connections.values():
            connection.close()


def read_mails(directory):
    """(mails, arrivals) of the sink, which names each file by when it came."""
    found, arrivals = [], []
    for path in glob.glob(os.path.join(glob.escape(directory), "*.eml")):
        with open(path, "rb") as file:
            head = email.message_from_binary_file(file, policy=email.policy.compat32)
        number = str(head["Message-ID"]).strip("<>").split("@")[0]
        found.append((number, str(head["X-Envelope-To"])))
        arrivals.append((number, int(os.path.basename(path).partition("-")[0]) / 1_000_000))
    return found, arrivals


def read_metrics(text):
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def read_consumes():
    found = {}
    for name in SERVICES:
        with open(os.path.join(ROOT, "proto", f"{name}.yaml"), encoding="utf-8") as file:
            contract = yaml.safe_load(file)
        found[name] = {producer: list(types) for producer, types in contract.get("x-consumes", {}).items()}
    return found
