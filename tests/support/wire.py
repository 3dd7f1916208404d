"""HTTP byte by byte, for what a decent client cannot send."""

import socket
import urllib.parse


def exchange(base_url, request, timeout_s=10):
    """Sends the bytes and reads until the peer closes or the first reply is complete. (status, head, body); status 0: closed without a reply."""
    host, port = urllib.parse.urlsplit(base_url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=timeout_s) as peer:
        try:
            peer.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass   # refused before all of it was sent; the reply may still be there
        received = b""
        while True:
            head, separator, body = received.partition(b"\r\n\r\n")
            if separator and len(body) >= _length(head):
                break
            try:
                piece = peer.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                break
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/1.") else 0, head.decode("latin-1"), body


def _length(head):
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0
