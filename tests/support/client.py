"""The API as a client sees it: JSON in, JSON out, a time limit on every call, and every exchange recorded.

The record (one JSON object a line) is what tests/contract/validate.py holds against the contracts after the run."""

import base64
import json
import os
import threading
import time
import uuid

import requests

TIMEOUT_S = 30
BODY_RECORDED_MAX = 64 * 1024


class Recorder:
    """Appends exchanges to a file; safe from several threads."""

    def __init__(self, path):
        self._file = open(path, "a", encoding="utf-8")
        self._lock = threading.Lock()

    def write(self, exchange):
        line = json.dumps(exchange, ensure_ascii=False)
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()

    def close(self):
        self._file.close()


def _recorded(body):
    """A body as text, or null when it is too long to be worth keeping; bytes that are not UTF-8 as base64."""
    if body is None:
        return {"text": ""}
    raw = body.encode() if isinstance(body, str) else bytes(body)
    if len(raw) > BODY_RECORDED_MAX:
        return {"text": None}
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


class Reply:
    """status, headers, body (bytes); json and problem code on demand."""

    def __init__(self, response, label):
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.content
        self.label = label

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise AssertionError(f"{self}: the body is not JSON") from None

    @property
    def code(self):
        """The problem code; None when this is no problem document."""
        if self.headers.get("Content-Type", "").startswith("application/problem+json"):
            return self.json["code"]
        return None

    @property
    def pointers(self):
        return [field["pointer"] for field in self.json.get("errors", [])]

    def __getitem__(self, member):
        return self.json[member]

    def __str__(self):
        return f"{self.label} -> {self.status} {self.body[:2000].decode(errors='replace')}"

    __repr__ = __str__


class Login:
    """A username and password as a source of access tokens: a new one when half the life of the last has passed."""

    def __init__(self, api, username, password):
        self._api = api
        self._body = {"grant_type": "password", "username": username, "password": password}
        self._renew_at = 0
        self._token = None

    def __call__(self):
        if time.monotonic() >= self._renew_at:
            reply = self._api.post("/v1/auth/token", self._body, expect=200)
            self._token = reply["access_token"]
            self._renew_at = time.monotonic() + reply["expires_in"] / 2
        return self._token


class Api:
    """One caller. `api.post("/v1/carts", {...}, expect=201)["id"]`."""

    def __init__(self, base_url, recorder=None, token=None, timeout_s=TIMEOUT_S, patient=None):
        """patient: how to wait until a call is answered, for tests that break what answers: patient(attempt) calls attempt() until it
        returns something. A POST then always carries an Idempotency-Key, the same for every attempt, as a careful client's does."""
        self.base_url = base_url
        self.token = token
        self.timeout_s = timeout_s
        self.patient = patient
        self._recorder = recorder
        self._local = threading.local()

    def with_token(self, token):
        """The same API for another caller: a token, or a Login; None: nobody."""
        return Api(self.base_url, self._recorder, token, self.timeout_s, self.patient)

    def get(self, path, query=None, **options):
        return self.request("GET", path, query=query, **options)

    def post(self, path, json=None, key=None, **options):
        """key: the Idempotency-Key; True makes a fresh one."""
        return self.request("POST", path, json=json, key=key, **options)

    def request(self, method, path, json=None, key=None, query=None, data=None, content_type=None, headers=None, expect=None, token=...):
        """json: a value to be encoded. data: bytes, text or an iterator, sent as it is with content_type. expect: a status or several; anything
        else fails the test with the reply in the message. token: overrides the caller's; None: none."""
        options = locals()
        if self.patient:
            return self._request_patiently(**{name: value for name, value in options.items() if name != "self"})
        request = requests.Request(method, self.base_url + path, params=query, headers=dict(headers or {}))
        if json is not None:
            request.data = _encode(json)
            request.headers.setdefault("Content-Type", "application/json")
        elif data is not None:
            request.data = data.encode() if isinstance(data, str) else data
        if content_type:
            request.headers["Content-Type"] = content_type
        if key is not None:
            request.headers["Idempotency-Key"] = str(uuid.uuid4()) if key is True else key
        bearer = self.token if token is ... else token
        if callable(bearer):
            bearer = bearer()
        if bearer:
            request.headers["Authorization"] = "Bearer " + bearer
        prepared = self._session().prepare_request(request)
        response = self._session().send(prepared, timeout=self.timeout_s, allow_redirects=False)
        reply = Reply(response, f"{method} {prepared.path_url}")
        self._record(prepared, reply)
        self.check(reply, expect)
        return reply

    def _request_patiently(self, expect, key, method, **options):
        plain = Api(self.base_url, self._recorder, self.token, self.timeout_s)
        key = str(uuid.uuid4()) if key is True or key is None and method == "POST" else key

        def attempt():
            try:
                reply = plain.request(method, key=key, **options)
            except requests.RequestException:   # nobody listens, or the answer was cut off
                return None
            return None if reply.status in (502, 503, 504) else reply
        reply = self.patient(attempt)
        plain.check(reply, expect)
        return reply

    @staticmethod
    def check(reply, expect):
        if expect is not None:
            wanted = expect if isinstance(expect, (tuple, list, set)) else (expect,)
            assert reply.status in wanted, f"expected {expect}: {reply}"

    def pages(self, path, query=None):
        """Every entry of a list, page after page."""
        query = dict(query or {})
        while True:
            page = self.get(path, query, expect=200).json
            yield from page["data"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def _session(self):
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False   # no proxy between the tests and the loopback
        return session

    def _record(self, prepared, reply):
        if self._recorder is None:
            return
        streamed = prepared.body is not None and not isinstance(prepared.body, (str, bytes))
        self._recorder.write({
            "test": os.environ.get("PYTEST_CURRENT_TEST", "").rsplit(" ", 1)[0],
            "method": prepared.method,
            "target": prepared.path_url,
            "request_headers": {name.lower(): value for name, value in prepared.headers.items() if name.lower() != "authorization"},
            "authorized": "Authorization" in prepared.headers,
            "request": {"text": None} if streamed else _recorded(prepared.body),
            "status": reply.status,
            "response_headers": {name.lower(): value for name, value in reply.headers.items()},
            "response": _recorded(reply.body),
        })


def _encode(value):
    return json.dumps(value, ensure_ascii=False).encode()
