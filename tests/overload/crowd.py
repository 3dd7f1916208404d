"""Many connections at once, as raw sockets: idle ones, dripping ones, ones that never read."""

import os
import resource
import select
import socket
import time
import urllib.parse

SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))


def address_of(url):
    host, port = urllib.parse.urlsplit(url).netloc.rsplit(":", 1)
    return host, int(port)


class Crowd:
    """`with Crowd() as crowd`: whatever it opened is closed at the end."""

    def __init__(self):
        self.peers = []
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()

    def connect(self, url, count, first=b"", receive_buffer=None, source=None):
        """count connections, each having said `first`; the new ones."""
        made = []
        for number in range(count):
            peer = socket.socket()
            if receive_buffer:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            if source:
                peer.bind((source, 0))
            peer.settimeout(20)
            peer.connect(address_of(url))
            if first:
                peer.sendall(first)
            made.append(peer)
            if number % 200 == 199:
                time.sleep(0.02)   # the backlog is finite
        self.peers += made
        return made

    def drip(self, peers, byte=b"x"):
        """One byte each; those that are no longer there do not matter."""
        for peer in peers:
            try:
                peer.send(byte, socket.MSG_DONTWAIT)
            except OSError:
                pass

    def leave(self):
        for peer in self.peers:
            peer.close()
        self.peers = []


def closed(peers):
    """How many the other side has ended (or has begun to answer)."""
    poll = select.poll()
    for peer in peers:
        poll.register(peer, select.POLLIN | select.POLLHUP | select.POLLERR)
    return len(poll.poll(0))


def status_of(peer, timeout_s=10):
    """The status of what the other side says, 0 when it ends without a word."""
    peer.settimeout(timeout_s)
    received = b""
    try:
        while b"\r\n\r\n" not in received:
            piece = peer.recv(65536)
            if not piece:
                break
            received += piece
    except ConnectionResetError:
        pass
    return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/1.") else 0


def ask(url, target, count, pause_s=0.01, headers="", timeout_s=30):
    """One request after the other on fresh connections: [(status, seconds)]."""
    results = []
    for _ in range(count):
        with socket.create_connection(address_of(url), timeout=timeout_s) as peer:
            began = time.monotonic()
            peer.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n".encode())
            results.append((status_of(peer, timeout_s), time.monotonic() - began))
        time.sleep(pause_s)
    return results


def median(values):
    return sorted(values)[len(values) // 2]
