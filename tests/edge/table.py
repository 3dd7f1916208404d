"""Requests that two HTTP parsers may read differently, and what must come of each. Learned from the literature on request smuggling (CL.TE, TE.CL, TE.TE and
their obfuscations), from h2o's fuzz corpora and from RFC 9112's own list of dangers; every later idea is a line here.

A request is written with words that are replaced when it is sent:
    @G, @P        targets to GET and to POST to that only this entry uses: .../<id>.main; @P takes any body
    @S            one whose body is passed on as it arrives; TOKEN is for it
    TAIL          a whole request for .../<id>.hidden: nobody who reads the entry rightly ever sees it as one; LENGTH, HEXLENGTH: its size
    NEXT          a whole request for .../<id>.next: a second one in its own right
What must come of it: the statuses of the replies in order, and how many requests the service behind must see for each of main, hidden, next. After a 4xx or 5xx
that is the last one and in CLOSES, the connection must be closed; otherwise one more request on the same connection must get its own answer."""

from dataclasses import dataclass

CLOSES = {400, 413, 414, 417, 431, 501, 505}
PASSED = "passed"   # whatever the service behind answered


@dataclass
class Entry:
    name: str
    bytes: bytes
    replies: tuple
    main: int = 0
    next: int = 0
    closes: bool = None     # by its last status, unless said
    absent: bytes = b""     # must not be in what the service behind gets
    to_head: bool = False   # its first reply has no body

    @property
    def refused(self):
        return self.main + self.next == 0

    @property
    def closed(self):
        return self.replies[-1] in CLOSES if self.closes is None else self.closes


HOST = b"Host: a\r\n"
JSON = b"Content-Type: application/json\r\n"
G = b"GET @G HTTP/1.1\r\n" + HOST
P = b"POST @P HTTP/1.1\r\n" + HOST + JSON
S = b"POST @S HTTP/1.1\r\n" + HOST + b"Content-Type: text/csv\r\nAuthorization: Bearer TOKEN\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def refused(status, entries):
    return [Entry(name, request, (status,)) for name, request in entries.items()]


def framing():
    lengths = {"list": b"3, 3", "sign": b"+3", "negative": b"-3", "empty": b"", "hexadecimal": b"0x3", "fraction": b"3.0", "exponent": b"3e0", "blank inside": b"1 0",
               "past int64": b"9223372036854775808", "20 digits": b"00000000000000000003", "past uint64": b"18446744073709551619", "other digits": b"\xd9\xa3",
               "vertical tab": b"\x0b3", "form feed": b"3\x0c", "NUL": b"3\0", "semicolon": b"3;", "no-break space": b"\xa03", "letters": b"three", "quotes": b'"3"'}
    codings = {"unknown": b"xchunked", "identity": b"identity", "gzip, chunked": b"gzip, chunked", "chunked, gzip": b"chunked, gzip", "twice in a list": b"chunked, chunked",
               "parameter": b"chunked;q=1", "quotes": b'"chunked"', "single quotes": b"'chunked'", "empty": b"", "comma first": b",chunked", "comma last": b"chunked,",
               "blank inside": b"chun ked", "no-break space": b"\xa0chunked", "high byte": b"chunked\xff", "cow": b"cow", "deflate": b"deflate"}
    out = refused(400, {f"length: {name}": P + b"Content-Length: " + value + b"\r\n\r\nabcTAIL" for name, value in lengths.items()})
    out += refused(501, {f"coding: {name}": P + b"Transfer-Encoding: " + value + b"\r\n\r\n" + END + b"TAIL" for name, value in codings.items()})
    out += refused(400, {
        "length and coding": P + b"Content-Length: 5\r\n" + CHUNKED + END + b"TAIL",
        "coding and length": P + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + END + b"TAIL",
        "length and coding, the hidden one in the body": P + b"Content-Length: 100\r\n" + CHUNKED + END + b"TAIL",
        "two lengths": P + b"Content-Length: 3\r\nContent-Length: 30\r\n\r\nabcTAIL",
        "two equal lengths": P + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabcTAIL",
        "two lengths in other cases": P + b"Content-Length: 3\r\ncontent-length: 0\r\n\r\nabcTAIL",
        "blank before the colon of a length": P + b"Content-Length : 3\r\n\r\nabcTAIL",
        "tab before the colon of a length": P + b"Content-Length\t: 3\r\n\r\nabcTAIL",
        "blank before the colon of a coding": P + b"Transfer-Encoding : chunked\r\n\r\n" + END + b"TAIL",
        "coding with a vertical tab": P + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + END + b"TAIL",
        "coding with a NUL": P + b"Transfer-Encoding: chunked\0\r\n\r\n" + END + b"TAIL",
        "coding with a carriage return": P + b"Transfer-Encoding: chunked\r\r\n\r\n" + END + b"TAIL",
        "coding on a folded line": P + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + END + b"TAIL",
        "coding folded behind another header": P + b"X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\nTAIL",
        "coding behind a bare line feed": P + b"X-A: b\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + END + b"TAIL",
        "coding behind a bare carriage return": P + b"X-A: b\rTransfer-Encoding: chunked\r\n\r\n" + END + b"TAIL",
        "coding on HTTP/1.0": b"POST @P HTTP/1.0\r\n" + HOST + CHUNKED + END + b"TAIL",
        "coding on HTTP/1.0 with keep-alive": b"POST @P HTTP/1.0\r\nConnection: keep-alive\r\n" + HOST + CHUNKED + END + b"TAIL",
        "length behind a NUL header": P + b"X\0: a\r\nContent-Length: 3\r\n\r\nabcTAIL",
    })
    out += refused(501, {
        "two codings": P + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + END + b"TAIL",
        "two equal codings": P + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + END + b"TAIL",
        "two codings, the second unknown": P + b"Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n\r\n" + END + b"TAIL",
        "coding before chunked in two lines": P + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + END + b"TAIL",
    })
    out += [
        # The framing header is another header: what follows the head is garbage, whoever reads it.
        Entry("length with an underscore", P + b"Content_Length: 3\r\n\r\nabcTAIL", (PASSED, 501), main=1),
        Entry("coding with an underscore", P + b"Transfer_Encoding: chunked\r\n\r\n0\r\n\r\nTAIL", (PASSED, 400), main=1),
        Entry("coding with a prefix", P + b"X-Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + END, (PASSED,), main=1),
        Entry("leading zeros", P + b"Content-Length: 0000000003\r\n\r\n[1]", (PASSED,), main=1),
        Entry("blanks around a length", P + b"Content-Length: \t 3 \t\r\n\r\n[1]", (PASSED,), main=1),
        Entry("chunked in capitals", P + b"TRANSFER-ENCODING: Chunked\r\n\r\n3\r\n[1]\r\n" + END, (PASSED,), main=1),
        Entry("length 0 and another request", P + b"Content-Length: 0\r\n\r\nNEXT", (PASSED, PASSED), main=1, next=1),
        Entry("body longer than its length", P + b"Content-Length: 3\r\n\r\n[1]xyz\r\n\r\nTAIL", (PASSED, 400), main=1),
        Entry("a request as the body", P + b"Content-Length: LENGTH\r\n\r\nTAIL", (PASSED,), main=1),
        Entry("a request as a chunk", P + CHUNKED + b"HEXLENGTH\r\nTAIL\r\n" + END, (PASSED,), main=1),
        Entry("a request behind a chunked body", P + CHUNKED + b"3\r\n[1]\r\n" + END + b"NEXT", (PASSED, PASSED), main=1, next=1),
        Entry("too large by its length", P + b"Content-Length: 9223372036854775807\r\n\r\nTAIL", (413,)),
        Entry("a body that GET does not have", G + b"Content-Length: LENGTH\r\n\r\nTAIL", (413,)),
        Entry("a chunked body that GET does not have", G + CHUNKED + b"HEXLENGTH\r\nTAIL\r\n" + END, (413,)),
        Entry("a body that HEAD does not have", b"HEAD @G HTTP/1.1\r\n" + HOST + b"Content-Length: LENGTH\r\n\r\nTAIL", (413,), to_head=True),
    ]
    return out


def chunks():
    """Chunked bodies: read whole before they are passed on (POST), or passed on as they come (STREAM)."""
    bad = {
        "prefix 0x": b"0x3\r\nabc\r\n0\r\n\r\n", "sign": b"+3\r\nabc\r\n0\r\n\r\n", "negative": b"-3\r\nabc\r\n0\r\n\r\n", "no size": b"\r\nabc\r\n0\r\n\r\n",
        "extension without a size": b";a=b\r\nabc\r\n0\r\n\r\n", "not hexadecimal": b"3g\r\nabc\r\n0\r\n\r\n", "nine digits": b"000000003\r\nabc\r\n0\r\n\r\n",
        "size past 32 bits": b"100000003\r\nabc\r\n0\r\n\r\n", "size past 64 bits": b"10000000000000003\r\nabc\r\n0\r\n\r\n", "blank before": b" 3\r\nabc\r\n0\r\n\r\n",
        "blank after": b"3 \r\nabc\r\n0\r\n\r\n", "tab after": b"3\t\r\nabc\r\n0\r\n\r\n", "bare line feed after the size": b"3\nabc\r\n0\r\n\r\n",
        "bare line feed ends an extension": b"3;a\nabc\r\n0\r\n\r\n", "carriage return in an extension": b"3;a\rb\r\nabc\r\n0\r\n\r\n", "NUL in an extension": b"3;a\0\r\nabc\r\n0\r\n\r\n",
        "a line feed inside an extension hides a request": b"1;a\n00\r\n\r\nTAIL0\r\n\r\n", "longer than its size": b"3\r\nabcd\r\n0\r\n\r\n",
        "ended by nothing": b"3\r\nabc0\r\n\r\n", "ended by a bare line feed": b"3\r\nabc\n0\r\n\r\n", "ended by a bare carriage return": b"3\r\nabc\r0\r\n\r\n",
        "last chunk ended by a bare line feed": b"3\r\nabc\r\n0\r\n\n", "trailer without a colon": b"0\r\nX\r\n\r\n", "folded trailer": b"0\r\nX: a\r\n b\r\n\r\n",
        "request as a trailer": b"0\r\nGET @G HTTP/1.1\r\n\r\n", "NUL in a trailer": b"0\r\nX: \0\r\n\r\n", "blank in a trailer's name": b"0\r\nX Y: a\r\n\r\n",
        "endless extension": b"3;" + b"a" * 9000 + b"\r\nabc\r\n0\r\n\r\n", "endless trailers": b"0\r\n" + b"X: y\r\n" * 2000 + b"\r\n", "endless zeros": b"0" * 5000 + b"\r\n\r\n",
        "size in other digits": b"\xd9\xa3\r\nabc\r\n0\r\n\r\n", "underscore": b"1_0\r\nabc\r\n0\r\n\r\n",
    }
    good = {
        "extension": b"3;a=b\r\n[1]\r\n0\r\n\r\n", "extension after a blank": b"3 ;a\r\n[1]\r\n0\r\n\r\n", "extension in quotes": b'3;a="b;c"\r\n[1]\r\n0\r\n\r\n',
        "capitals": b"0A\r\n[111111111\r\n1\r\n]\r\n0\r\n\r\n", "last chunk of eight zeros": b"3\r\n[1]\r\n00000000\r\n\r\n", "trailers": b"3\r\n[1]\r\n0\r\nX-Trailer: evil\r\n\r\n",
        "framing in the trailers": b"3\r\n[1]\r\n0\r\nContent-Length: 99\r\nTransfer-Encoding: evil\r\n\r\n", "an identity in the trailers": b"3\r\n[1]\r\n0\r\nX-Cuotas-Identity: evil\r\n\r\n",
    }
    out = refused(400, {f"chunk: {name}": P + CHUNKED + body + b"TAIL" for name, body in bad.items()})
    out += refused(400, {f"second chunk: {name}": P + CHUNKED + b"3\r\n[1]\r\n" + body + b"TAIL" for name, body in bad.items() if len(body) < 500})
    out += [Entry(f"streamed chunk: {name}", S + CHUNKED + b"3\r\nsku\r\n" + body + b"TAIL", (400,)) for name, body in bad.items() if len(body) < 500]
    out += [Entry(f"good chunk: {name}", P + CHUNKED + body, (PASSED,), main=1, absent=b"evil") for name, body in good.items()]
    out += [Entry(f"good streamed chunk: {name}", S + CHUNKED + body, (PASSED,), main=1, absent=b"evil") for name, body in good.items()]
    return out


def lines():
    get = b"GET @G HTTP/1.1"
    return refused(400, {
        "bare line feeds": get + b"\nHost: a\n\nTAIL", "a bare line feed ends a header": G + b"X: y\nZ: a\r\n\r\nTAIL", "a bare line feed ends the head": G + b"\nTAIL",
        "a line feed first": b"\n" + G + b"\r\n", "two empty lines first": b"\r\n\r\n" + G + b"\r\n", "carriage returns alone": G.replace(b"\r\n", b"\r") + b"\r\rTAIL",
        "carriage return in a value": G + b"X: a\rb\r\n\r\nTAIL", "two carriage returns": G + b"X: a\r\r\n\r\nTAIL", "folded header": G + b"X: a\r\n b\r\n\r\nTAIL",
        "folded by a tab": G + b"X: a\r\n\tContent-Length: 3\r\n\r\nTAIL", "blank before the first header": get + b"\r\n Host: a\r\n\r\nTAIL", "NUL in a value": G + b"X: a\0b\r\n\r\nTAIL",
        "NUL in a name": G + b"X\0Y: a\r\n\r\nTAIL", "control in a name": G + b"X\x01: a\r\n\r\nTAIL", "control in a value": G + b"X: a\x08\r\n\r\nTAIL", "delete in a value": G + b"X: \x7f\r\n\r\nTAIL",
        "no name": G + b": a\r\n\r\nTAIL", "no colon": G + b"X\r\n\r\nTAIL", "blank in a name": G + b"X Y: a\r\n\r\nTAIL", "high byte in a name": G + b"\xc3\x91: a\r\n\r\nTAIL",
        "a header line first": b"Host: a\r\n" + get + b"\r\n\r\n", "UTF-8 byte order mark": b"\xef\xbb\xbf" + G + b"\r\n", "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "no Host": get + b"\r\nX: y\r\n\r\nTAIL", "two Hosts": G + b"Host: b\r\n\r\nTAIL", "two equal Hosts": G + b"host: a\r\n\r\nTAIL", "empty Host": get + b"\r\nHost:\r\n\r\nTAIL",
        "Host with a path": get + b"\r\nHost: a/b\r\n\r\nTAIL", "Host with a user": get + b"\r\nHost: u@a\r\n\r\nTAIL", "list of Hosts": get + b"\r\nHost: a, b\r\n\r\nTAIL",
        "Host with a blank": get + b"\r\nHost: a b\r\n\r\nTAIL", "HTTP/0.9": b"GET @G\r\nTAIL", "HTTP/0.9 with headers": b"GET @G\r\n" + HOST + b"\r\nTAIL", "version of two digits": b"GET @G HTTP/1.10\r\n" + HOST + b"\r\nTAIL",
        "version in lower case": b"GET @G http/1.1\r\n" + HOST + b"\r\nTAIL", "other protocol": b"GET @G ICY/1.1\r\n" + HOST + b"\r\nTAIL", "blank after the version": get + b" \r\n" + HOST + b"\r\nTAIL",
        "two blanks before the target": b"GET  @G HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "two blanks after the target": b"GET @G  HTTP/1.1\r\n" + HOST + b"\r\nTAIL",
        "tab for a blank": b"GET\t@G HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "blank first": b" " + G + b"\r\nTAIL", "blank in the target": b"GET @G HTTP/1.1 HTTP/1.1\r\n" + HOST + b"\r\nTAIL",
        "NUL in the target": b"GET @G\0 HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "UTF-8 in the target": b"GET @G\xc3\xb1 HTTP/1.1\r\n" + HOST + b"\r\nTAIL",
        "fragment": b"GET @G#x HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "absolute target": b"GET http://a@G HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "absolute target of another host": b"GET http://evil@G HTTP/1.1\r\n" + HOST + b"\r\nTAIL",
        "no slash": b"GET x HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "asterisk": b"GET * HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\nTAIL",
        "method with a colon": b"GE:T @G HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "two Authorizations": G + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\nTAIL",
        "two Idempotency-Keys": P + b"Idempotency-Key: a\r\nidempotency-key: b\r\nContent-Length: 3\r\n\r\n[1]TAIL", "two Content-Types": P + b"Content-Type: text/csv\r\nContent-Length: 3\r\n\r\n[1]TAIL",
        "two identities": G + b"X-Cuotas-Identity: a\r\nx-cuotas-identity: b\r\n\r\nTAIL", "two Expects": P + b"Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n[1]TAIL",
    }) + refused(501, {
        "CONNECT": b"CONNECT a:443 HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "TRACE": b"TRACE @G HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "method in lower case": b"get @G HTTP/1.1\r\n" + HOST + b"\r\nTAIL",
        "unknown method": b"PROPFIND @G HTTP/1.1\r\n" + HOST + b"\r\nTAIL", "endless method": b"G" * 20000, "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    }) + refused(505, {
        "HTTP/0.9 with a version": b"GET @G HTTP/0.9\r\n" + HOST + b"\r\nTAIL", "HTTP/1.2": b"GET @G HTTP/1.2\r\n" + HOST + b"\r\nTAIL", "HTTP/2.0": b"GET @G HTTP/2.0\r\n" + HOST + b"\r\nTAIL",
        "HTTP/3.0": b"GET @G HTTP/3.0\r\n" + HOST + b"\r\nTAIL",
    }) + refused(431, {
        "huge header": G + b"X: " + b"a" * 20000 + b"\r\n\r\nTAIL", "huge name": G + b"X" * 20000 + b": a\r\n\r\nTAIL", "many headers": G + b"X: a\r\n" * 100 + b"\r\nTAIL",
    }) + refused(414, {"long target": b"GET @G?" + b"a" * 5000 + b" HTTP/1.1\r\n" + HOST + b"\r\nTAIL"}) + refused(417, {
        "other expectation": P + b"Expect: 200-ok\r\nContent-Length: 3\r\n\r\n[1]TAIL", "two expectations in one": P + b"Expect: 100-continue, x\r\nContent-Length: 3\r\n\r\n[1]TAIL",
    })


def paths():
    """Not refused as HTTP, but not found: the connection goes on."""
    targets = {"dots": b"/v1/../internal/events", "escaped dots": b"/v1/%2e%2e/internal/events", "two slashes": b"//internal/events", "internal": b"/internal/events?cursors=0:0:0:0",
               "escaped slashes": b"@G/..%2f..%2finternal", "escaped NUL": b"@G%00", "escaped line end": b"@G%0d%0aX:%20y", "backslash": b"/v1\\products", "dot segment": b"/v1/./products",
               "escaped backslash": b"@G%5c..", "half an escape": b"@G%2", "escaped request": b"@G%20HTTP/1.1%0d%0aHost:%20a%0d%0a%0d%0aGET%20/internal", "capital": b"/V1/products"}
    return [Entry(f"path: {name}", b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n", (404,)) for name, target in targets.items()]


def hops():
    """Accepted as exactly one request; what belongs to the hop, or pretends to come from us, stays here."""
    headers = {
        "upgrade to h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c-evil\r\nHTTP2-Settings: evil\r\n", "websocket": b"Connection: Upgrade\r\nUpgrade: websocket-evil\r\nSec-WebSocket-Version: 13\r\n",
        "names a header": b"Connection: X-Hop\r\nX-Hop: evil\r\n", "names it in a second line": b"Connection: keep-alive\r\nConnection: X-Hop\r\nX-Hop: evil\r\n", "names it in capitals": b"Connection: x-HOP , foo\r\nX-Hop: evil\r\n",
        "names it between empty ones": b"Connection: ,, X-Hop ,\r\nX-Hop: evil\r\n", "names Host": b"Connection: Host\r\n", "names the length": b"Connection: Content-Length\r\n", "names our identity": b"Connection: X-Cuotas-Identity\r\n",
        "names the trace": b"Connection: traceparent\r\n", "Keep-Alive": b"Keep-Alive: evil\r\n", "Proxy-Connection": b"Proxy-Connection: evil\r\n", "TE": b"TE: trailers, evil\r\n", "Trailer": b"Trailer: evil\r\n",
        "an identity": b"X-Cuotas-Identity: v1;staff;evil;9999999999;;crm.read;AAAA\r\n", "an identity in capitals": b"X-CUOTAS-IDENTITY: evil\r\n", "a user id": b"X-User-Id: evil\r\n", "an address": b"X-Forwarded-For: evil\r\n",
        "a forwarded host": b"X-Forwarded-Host: evil\r\nForwarded: host=evil\r\n", "a cookie": b"Cookie: evil\r\n", "a trace that is none": b"traceparent: evil\r\n", "a request id": b"X-Request-Id: evil\r\n",
        "proxy credentials": b"Proxy-Authorization: Basic evil\r\n",
    }
    out = [Entry(f"hop: {name}", G + header + b"\r\n", (PASSED,), main=1, absent=b"evil") for name, header in headers.items()]
    return out + [
        Entry("hop: names a header, with a body", P + b"Connection: X-Hop\r\nX-Hop: evil\r\nContent-Length: 3\r\n\r\n[1]", (PASSED,), main=1, absent=b"evil"),
        Entry("hop: names the length of a body", P + b"Connection: Content-Length\r\nContent-Length: LENGTH\r\n\r\nTAIL", (PASSED,), main=1),
        Entry("hop: names the coding of a body", P + b"Connection: Transfer-Encoding\r\n" + CHUNKED + b"3\r\n[1]\r\n" + END + b"NEXT", (PASSED, PASSED), main=1, next=1),
        Entry("h2c, then its preface", G + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (PASSED, 501), main=1),
        Entry("high bytes in a value", G + b"X-A: \xc3\xb1\xff\r\n\r\n", (PASSED,), main=1), Entry("empty value", G + b"X-A:\r\nX-B: \t \r\n\r\n", (PASSED,), main=1),
        Entry("an empty line first", b"\r\n" + G + b"\r\n", (PASSED,), main=1), Entry("close", G + b"Connection: close\r\n\r\nTAIL", (PASSED,), main=1, closes=True),
        Entry("close among others", G + b"Connection: foo, CLOSE\r\n\r\nTAIL", (PASSED,), main=1, closes=True), Entry("HTTP/1.0", b"GET @G HTTP/1.0\r\n\r\nTAIL", (PASSED,), main=1, closes=True),
        Entry("HTTP/1.0 kept alive", b"GET @G HTTP/1.0\r\nConnection: keep-alive\r\n\r\nNEXT", (PASSED, PASSED), main=1, next=1), Entry("pipelined", G + b"\r\nNEXT", (PASSED, PASSED), main=1, next=1),
        Entry("pipelined behind a body", P + b"Content-Length: 3\r\n\r\n[1]NEXT", (PASSED, PASSED), main=1, next=1), Entry("pipelined, the second bad", G + b"\r\nGET @G HTTP/1.1\r\n\r\nTAIL", (PASSED, 400), main=1),
        Entry("an empty line between", P + b"Content-Length: 3\r\n\r\n[1]\r\nNEXT", (PASSED, PASSED), main=1, next=1), Entry("HEAD", b"HEAD @G HTTP/1.1\r\n" + HOST + b"\r\n", (PASSED,), main=1, to_head=True),
        Entry("HEAD, then another", b"HEAD @G HTTP/1.1\r\n" + HOST + b"\r\nNEXT", (PASSED, PASSED), main=1, next=1, to_head=True),
        Entry("100-continue, body sent at once", P + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n[1]NEXT", (PASSED, PASSED), main=1, next=1),
        Entry("100-continue on HTTP/1.0", b"POST @P HTTP/1.0\r\n" + JSON + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n[1]TAIL", (PASSED,), main=1, closes=True),
        Entry("line end escaped in the query", b"GET @G?q=%0d%0aX-A:%20y%0d%0a%0d%0aGET%20/v1/products/hidden HTTP/1.1\r\n" + HOST + b"\r\n", (PASSED,), main=1),
    ]


TABLE = framing() + chunks() + lines() + paths() + hops()
