"""The few API calls the launcher itself makes."""

import json
import urllib.error
import urllib.request

from .process import StartError

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(StartError):
    def __init__(self, method, path, status, body):
        super().__init__(f"{method} {path} answered {status}: {body}")
        self.status = status


def call(base, method, path, body=None, token=None, content_type="application/json", timeout_s=120):
    """The decoded reply of a 2xx; Refused otherwise."""
    headers = {"Content-Type": content_type} if body is not None else {}
    if token:
        headers["Authorization"] = "Bearer " + token
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, headers=headers, method=method)
    try:
        with _opener.open(request, timeout=timeout_s) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as refused:
        with refused:
            raise Refused(method, path, refused.code, refused.read().decode(errors="replace")) from None
    except OSError as failure:
        raise StartError(f"{method} {base}{path}: {failure}") from None


def log_in(base, username, password):
    return call(base, "POST", "/v1/auth/token", {"grant_type": "password", "username": username, "password": password})["access_token"]
