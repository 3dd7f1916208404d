"""A Redis of our own: one unix socket, no TCP, nothing on disk. It only carries wake-ups, so it may be stopped at any time."""

import os
import socket

from .process import Process, StartError, owner_of, wait_until

PROGRAM = "/usr/bin/redis-server"


class Redis:
    def __init__(self, socket_dir, log):
        self.socket = os.path.join(socket_dir, "redis.sock")
        self._socket_dir = socket_dir
        self._log = log
        self._process = None

    @property
    def pid(self):
        return self._process.pid if self._process else None

    @property
    def url(self):
        return f"unix://{self.socket}"

    @property
    def exit_status(self):
        return self._process.exit_status

    def running(self):
        return self._process is not None and self._process.running()

    def start(self, bound_s=20):
        if not os.path.exists(PROGRAM):
            raise StartError(f"no {PROGRAM}; deploy/install-deps.sh run installs it")
        argv = [PROGRAM, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "777", "--save", "", "--appendonly", "no",
                "--dir", self._socket_dir, "--daemonize", "no", "--maxmemory", "64mb"]
        self._process = Process("redis", argv, self._log, user=owner_of(self._socket_dir), private_paths=[self._socket_dir])
        self._process.start()
        wait_until(self._answers, bound_s, "Redis")

    def _answers(self):
        if not self._process.running():
            raise StartError(f"Redis did not start:\n{self._process.log_tail()}")
        try:
            return self.command("PING").startswith(b"+PONG")
        except OSError:
            return False

    def command(self, text):
        """One short command, and its short answer as it comes."""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(2)
            peer.connect(self.socket)
            peer.sendall(text.encode() + b"\r\n")
            return peer.recv(1000)

    def stop(self):
        if self._process:
            self._process.stop(bound_s=10)

    def send(self, number):
        self._process.send(number)

    def kill(self):
        self._process.kill()

    def log_tail(self):
        return self._process.log_tail() if self._process else ""
