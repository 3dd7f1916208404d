"""Ports of the loopback, chosen free and kept.

A port is chosen outside the range the kernel takes for outgoing connections, and stays reserved for the stack's whole life by a bound
socket that never listens: services bind it beside us (SO_REUSEADDR or SO_REUSEPORT, same user), also after a kill."""

import errno
import random
import socket
import urllib.error
import urllib.request

from .process import StartError

HOST = "127.0.0.1"


def _hold(port, after_use=False):
    """after_use: also where connections of an earlier user are still closing (TIME_WAIT)."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Bound before it is shared: that is refused when somebody else listens there, or keeps it as we do.
        if after_use:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((HOST, port))
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        return holder
    except OSError:
        holder.close()
        raise


class Port:
    """A reserved port; `number` is valid until close()."""

    def __init__(self, number=None):
        if number is not None:
            self._holder = self._hold_wanted(number)
            self.number = number
            return
        with open("/proc/sys/net/ipv4/ip_local_port_range") as limits:
            first_outgoing = int(limits.read().split()[0])
        low, high = (10240, first_outgoing) if first_outgoing > 12000 else (20000, 60000)
        for _ in range(200):
            candidate = random.randrange(low, high)
            try:
                self._holder = _hold(candidate)
                self.number = candidate
                return
            except OSError as refused:
                if refused.errno != errno.EADDRINUSE:
                    raise
        raise StartError("no free port on 127.0.0.1 after 200 tries")

    @staticmethod
    def _hold_wanted(number):
        try:
            return _hold(number, after_use=True)
        except OSError as refused:
            if refused.errno == errno.EADDRINUSE:
                raise StartError(f"port {number} is taken by another program; choose another with CUOTAS_PORT=<port>") from None
            if refused.errno == errno.EACCES:
                raise StartError(f"port {number} may only be opened by root; choose one above 1023 with CUOTAS_PORT=<port>") from None
            raise

    @property
    def url(self):
        return f"http://{HOST}:{self.number}"

    @property
    def listen(self):
        return f"{HOST}:{self.number}"

    def close(self):
        self._holder.close()


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http_status(url, timeout_s=2):
    """Status of a GET, 0 when there is no answer."""
    try:
        with _opener.open(url, timeout=timeout_s) as reply:
            return reply.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
    except (OSError, ValueError):
        return 0


def port_answers(number):
    try:
        with socket.create_connection((HOST, number), timeout=1):
            return True
    except OSError:
        return False
