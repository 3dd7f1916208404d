"""A whole stack whose processes meet only through links that can be broken, on a disk and with clocks that can fail.

Links are named (caller, peer): every service to the peers its contract names (x-peers), billing to the payment sandbox and the sandbox's webhooks
to the gateway, notifications to the mail server, everybody with a database to PostgreSQL and Redis, and ("client", "gateway") for the load itself."""

import mmap
import os
import shutil
import struct
import tempfile

from deploy.stack import Stack
from deploy.stack.network import Port
from deploy.stack.process import Process
from deploy.stack.services import ALL, GATEWAY, SANDBOX, WITH_DATABASE, service_environment
from support.sandbox import Sandbox

from .proxy import Proxy
from .tools import tool

CLIENT = "client"


class Switch:
    """A file that the C tools have mapped: what is stored is seen at once."""

    def __init__(self, path, form):
        self._form = form
        with open(path, "wb") as file:
            file.write(bytes(struct.calcsize(form)))
        os.chmod(path, 0o644)   # PostgreSQL reads it as another user
        with open(path, "r+b") as file:
            self._page = mmap.mmap(file.fileno(), 0)

    def set(self, value):
        self._page[:] = struct.pack(self._form, value)


class Cluster:
    def __init__(self, binaries=None, environment=None, report=lambda text: None):
        """As for Stack. The load's rate limits are lifted: all of it comes from one address."""
        self._binaries = binaries
        self._environment = {"RATE_LIMIT_PER_SECOND": "100000", "AUTH_RATE_LIMIT_PER_MINUTE": "600000", **(environment or {})}
        self._report = report
        self._ports = []
        self._scratch = self._proxy = None
        self.links = {}
        self.stack = self.sandbox = self.disk = None
        self.clocks = {}

    @property
    def gateway_url(self):
        """The gateway as the clients find it: through a link."""
        return "http://" + self.links[CLIENT, GATEWAY].address

    def start(self, directory):
        os.makedirs(directory, exist_ok=True)
        self._scratch = tempfile.mkdtemp(prefix="cuotas-links-", dir="/tmp")   # a socket's path is short
        os.chmod(self._scratch, 0o755)
        self._proxy = Proxy()
        try:
            self.disk = Switch(os.path.join(self._scratch, "disk"), "B")
            self.clocks = {name: Switch(os.path.join(self._scratch, f"{name}.clock"), "=q") for name in ALL}
            self.stack = Stack(directory, self._binaries, report=self._report, environment=self._environment,
                               own_environment=self._faulty(directory), route=self._route)
            self.stack.start()
            self.stack.postgres.sql("CHECKPOINT")   # or the first crash would have all of the making to redo
            self._route(CLIENT, GATEWAY, self.stack.ports[GATEWAY].listen)
            self.sandbox = Sandbox(self.stack.service_urls[SANDBOX], self.stack.sandbox_key)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        if self.stack:
            self.stack.stop()
        if self._proxy:
            self._proxy.stop()
            self._proxy = None
        for port in self._ports:
            port.close()
        self._ports = []
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def second(self, name):
        """(process, port) of one more of that service, on the same database; not started. The caller ends it and closes the port."""
        port = Port()
        environment = {**service_environment(self.stack, name), "LISTEN": port.listen}
        log = os.path.join(self.stack.log_dir, f"{name}.second.log")
        return Process(f"second {name}", [os.path.join(self.stack.binaries, name)], log, env=environment), port

    def links_to(self, peer):
        return [link for (_, of), link in self.links.items() if of == peer]

    def _faulty(self, directory):
        """The shims, process by process."""
        shims = {name: {"LD_PRELOAD": tool("clock.so"), "CUOTAS_CLOCK_STEP": os.path.join(self._scratch, f"{name}.clock"),
                        "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"} for name in ALL}
        shims["postgres"] = {"LD_PRELOAD": tool("disk.so"), "CUOTAS_DISK_SWITCH": os.path.join(self._scratch, "disk"),
                             "CUOTAS_DISK_DIRECTORY": os.path.join(os.path.abspath(directory), "postgres")}
        return shims

    def _route(self, caller, peer, address):
        """Where that caller finds that peer: the near end of their link, which is made when it is first asked for."""
        link = self.links.get((caller, peer))
        if link is None:
            name = f"{caller}-{peer}"
            if address.startswith("/"):   # libpq insists on the name of the socket
                os.makedirs(os.path.join(self._scratch, name))
                near = os.path.join(self._scratch, name, os.path.basename(address))
            else:
                self._ports.append(Port())
                near = self._ports[-1].listen
            link = self.links[caller, peer] = self._proxy.link(name, near, address)
        return link.address


def used_links(peers):
    """The links that carry anything, sorted; peers: {service: x-peers of its contract}."""
    links = {(caller, peer) for caller, named in peers.items() for peer in named}
    links |= {(name, server) for name in WITH_DATABASE for server in ("postgres", "redis")}
    links |= {(CLIENT, GATEWAY), ("billing", SANDBOX), (SANDBOX, GATEWAY), ("notifications", "mail")}
    return sorted(links)
