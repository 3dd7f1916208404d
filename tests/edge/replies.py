"""What a service behind the gateway may answer that is not one whole reply of HTTP/1.1, and what a client of the gateway must be told.

`bytes` goes out in pieces, with `pause_s` before each but the first; then the connection is closed, unless `stays`. Expected: the status of a clean problem; or WHOLE, the
reply as it was, with `body`; or CUT, a clean problem where
the gateway has waited for all of it, else a reply that has begun and ends by the connection's end: nothing a client could take for a whole one."""

from dataclasses import dataclass

WHOLE, CUT = "whole", "cut"


@dataclass
class Answer:
    name: str
    pieces: tuple
    expected: object
    body: bytes = b"{}"
    stays: bool = True
    pause_s: float = 0
    slow: bool = False      # waits for the gateway's time to run out
    absent: bytes = b"evil"


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TWO = OK + b"Content-Length: 2\r\n\r\n{}"
EVIL = OK + b"Content-Length: 8\r\n\r\n\"evil-1\""
FULL = OK + b"Content-Length: 16000\r\n\r\n"
FULL += b"x" * 16000
# Fills the gateway's buffer (two heads' size, 16 KiB) to the last byte, so that what comes behind it is not read with it.
BRIM = OK + b"Content-Length: %05d\r\n\r\n" % (16384 - len(OK) - len(b"Content-Length: 00000\r\n\r\n"))
BRIM_BODY = b"x" * (16384 - len(BRIM))


def bad(status, answers):
    return [Answer(name, pieces if isinstance(pieces, tuple) else (pieces,), status, stays=False) for name, pieces in answers.items()]


def heads():
    return bad(502, {
        "no HTTP": b"<html>hello</html>\r\n\r\n", "HTTP/0.9": b"hello", "HTTP/2": b"HTTP/2 200\r\nContent-Length: 2\r\n\r\n{}", "a request": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "ICY": b"ICY 200 OK\r\n\r\n{}",
        "length and coding": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
        "two equal lengths": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "length with a sign": OK + b"Content-Length: +2\r\n\r\n{}", "negative length": OK + b"Content-Length: -1\r\n\r\n{}",
        "hexadecimal length": OK + b"Content-Length: 0x2\r\n\r\n{}", "length past int64": OK + b"Content-Length: 99999999999999999999\r\n\r\n{}", "unknown coding": OK + b"Transfer-Encoding: gzip\r\n\r\nx",
        "chunked twice": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "gzip, chunked": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "bare line feeds": TWO.replace(b"\r\n", b"\n"), "folded header": OK + b"X-A: b\r\n c\r\nContent-Length: 2\r\n\r\n{}", "carriage return in a value": OK + b"X-A: b\rSet-Cookie: evil\r\nContent-Length: 2\r\n\r\n{}",
        "NUL in a value": OK + b"X-A: b\0c\r\nContent-Length: 2\r\n\r\n{}", "blank before a colon": OK + b"Content-Length : 2\r\n\r\n{}", "no colon": OK + b"evil\r\n\r\n{}", "status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
        "status 999": b"HTTP/1.1 999 OK\r\nContent-Length: 2\r\n\r\n{}", "status 000": b"HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\n{}", "no reason's blank": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}",
        "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\n\r\n", "204 with a body": b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil", "204 chunked": b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
        "huge header": OK + b"X-A: " + b"a" * 20000 + b"\r\nContent-Length: 2\r\n\r\n{}", "many headers": OK + b"X-A: b\r\n" * 100 + b"Content-Length: 2\r\n\r\n{}", "ends in its head": OK + b"Content-Len",
        "interim, then nothing good": b"HTTP/1.1 100 Continue\r\n\r\nevil\r\n\r\n", "interim with a body": b"HTTP/1.1 103 Early Hints\r\nContent-Length: 4\r\n\r\nevilHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    })


def bodies():
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    return [Answer(f"chunk: {name}", (chunked + b"2\r\n{}\r\n" + rest,), CUT, stays=False) for name, rest in {
        "not hexadecimal": b"evil\r\n", "nine digits": b"000000001\r\nx\r\n0\r\n\r\n", "bare line feed": b"1\nx\n0\n\n", "longer than its size": b"1\r\nxevil\r\n0\r\n\r\n", "negative": b"-1\r\nx\r\n0\r\n\r\n",
        "blank after the size": b"1 \r\nx\r\n0\r\n\r\n", "no last chunk": b"1\r\nx\r\n", "ends in the last line": b"0\r\n", "a header as the last line": b"0\r\nevil\r\n\r\n", "huge": b"ffffffff\r\nx"}.items()] + [
        Answer("shorter than its length", (OK + b"Content-Length: 50\r\n\r\n{}",), CUT, stays=False),
        Answer("until the connection ends", (OK + b"\r\n{}",), WHOLE, stays=False), Answer("until the connection ends, HTTP/1.0", (b"HTTP/1.0 200 OK\r\n\r\n{}",), WHOLE, stays=False),
        Answer("in single bytes", tuple(TWO[i:i + 1] for i in range(len(TWO))), WHOLE), Answer("chunks in single bytes", tuple(bytes([c]) for c in chunked + b"1;x=y\r\n{\r\n1\r\n}\r\n0\r\nX-Evil: evil\r\n\r\n"), WHOLE),
        Answer("empty, by its length", (OK + b"Content-Length: 0\r\n\r\n",), WHOLE, body=b""), Answer("interim replies first", (b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + b"HTTP/1.1 103 Early Hints\r\nLink: evil\r\n\r\n" + TWO,), WHOLE),
        Answer("headers of the hop", (OK + b"Connection: X-Hop\r\nX-Hop: evil\r\nKeep-Alive: evil\r\nContent-Length: 2\r\n\r\n{}",), WHOLE),
        Answer("headers of the hop in two lines", (OK + b"Connection: keep-alive\r\nConnection: X-Hop\r\nX-Hop: evil\r\nContent-Length: 2\r\n\r\n{}",), WHOLE),
    ]


def strays():
    """A whole reply and something behind it, which nobody may ever be given. It comes before the connection is used again: what came after the next request was sent
    would be its answer, as far as HTTP/1.1 can tell anybody."""
    return [
        Answer("two replies at once", (TWO + EVIL,), WHOLE), Answer("two replies, one after the other", (TWO, EVIL), WHOLE, pause_s=0.05), Answer("a chunked reply and another", (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + EVIL,), WHOLE),
        Answer("an empty reply and another", (OK + b"Content-Length: 0\r\n\r\n" + EVIL,), WHOLE, body=b""), Answer("204 and a body", (b"HTTP/1.1 204 No Content\r\n\r\nevil",), WHOLE, body=b""), Answer("304 with a length and a body", (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil",), WHOLE, body=b""),
        Answer("a body longer than its length", (OK + b"Content-Length: 2\r\n\r\n{}evil",), WHOLE), Answer("a line end behind it", (TWO + b"\r\n",), WHOLE), Answer("a reply that fills the buffer and another", (BRIM + BRIM_BODY + EVIL,), WHOLE, body=BRIM_BODY),
        Answer("an interim reply behind it", (TWO + b"HTTP/1.1 100 Continue\r\n\r\n",), WHOLE), Answer("a whole reply, then the end", (TWO,), WHOLE, stays=False), Answer("a large reply and another", (FULL + EVIL,), WHOLE, body=b"x" * 16000),
    ]


def slow():
    return [
        Answer("nothing at all", (), 504, slow=True), Answer("a head that stops", (OK,), 504, slow=True), Answer("a head in drops", tuple(bytes([c]) for c in OK + b"X-A: " + b"a" * 60), 504, pause_s=0.3, slow=True),
        Answer("endless interim replies", (b"HTTP/1.1 100 Continue\r\n\r\n",) * 60, 504, pause_s=0.3, slow=True), Answer("a body that stops", (OK + b"Content-Length: 50\r\n\r\n{}",), CUT, slow=True),
        Answer("a body in drops", (OK + b"Content-Length: 500\r\n\r\n", *([b"x"] * 60)), CUT, pause_s=0.3, slow=True), Answer("chunks without an end", (OK + b"Transfer-Encoding: chunked\r\n\r\n", *([b"1\r\nx\r\n"] * 60)), CUT, pause_s=0.3, slow=True),
    ]


TABLE = heads() + bodies() + strays() + slow() + [Answer("closed without a word", (), 503, stays=False)]
