"""The few API calls the launcher and the demo make themselves."""

import json
import urllib.error
import urllib.request

from .process import StartError

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(StartError):
    def __init__(self, method, path, status, body):
        super().__init__(f"{method} {path} answered {status}: {body}")
        self.status = status


def request(base, method, path, body=None, headers=None, timeout_s=120):
    """(status, bytes) of one call; body: bytes. StartError when nobody answers."""
    asked = urllib.request.Request(base + path, data=body, headers=headers or {}, method=method)
    try:
        with _opener.open(asked, timeout=timeout_s) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()
    except OSError as failure:
        raise StartError(f"{method} {base}{path}: {failure}") from None


def call(base, method, path, body=None, token=None, content_type="application/json", key=None, timeout_s=120):
    """The decoded reply of a 2xx; Refused otherwise. body: bytes as they are, or a value to be encoded."""
    headers = {"Content-Type": content_type} if body is not None else {}
    if token:
        headers["Authorization"] = "Bearer " + token
    if key:
        headers["Idempotency-Key"] = key
    data = body if body is None or isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    status, answer = request(base, method, path, data, headers, timeout_s)
    if not 200 <= status < 300:
        raise Refused(method, path, status, answer.decode(errors="replace"))
    return json.loads(answer)


def log_in(base, username, password):
    return call(base, "POST", "/v1/auth/token", {"grant_type": "password", "username": username, "password": password})["access_token"]
