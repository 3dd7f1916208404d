/* The hostile inputs of the HTTP/1.x parser: what it must say to each. Used against the parser alone (test_http1_hostile.c)
 * and against a listening server (test_http_server_hostile.c), where each refused one must be answered with its status, close the
 * connection, and never run its tail as another request. The first ones were reproduced against evhttp and http-parser,
 * which accept many of them. */
#ifndef CUOTAS_TESTS_HTTP1_HOSTILE_H
#define CUOTAS_TESTS_HTTP1_HOSTILE_H

#include "wire/http1.h"

struct hostile {
    const char *name;
    struct slice bytes;
    enum http_parse verdict;
};

#define HOST "Host: a\r\n"
#define TAIL "GET /smuggled HTTP/1.1\r\n" HOST "\r\n"
#define POST "POST /x HTTP/1.1\r\n" HOST
#define GET "GET /x HTTP/1.1\r\n" HOST
#define BYTES(literal) { literal, sizeof(literal) - 1 }

static const struct hostile hostile_heads[] = {
    /* Framing: two parties must never read different messages. */
    { "length and coding", BYTES(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "coding and length", BYTES(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "two different lengths", BYTES(POST "Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "two equal lengths", BYTES(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "a list of lengths", BYTES(POST "Content-Length: 3, 3\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "length with a sign", BYTES(POST "Content-Length: +3\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "negative length", BYTES(POST "Content-Length: -3\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "empty length", BYTES(POST "Content-Length:\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "hexadecimal length", BYTES(POST "Content-Length: 0x3\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "length with a fraction", BYTES(POST "Content-Length: 3.0\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "length with a blank inside", BYTES(POST "Content-Length: 1 0\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "length past int64", BYTES(POST "Content-Length: 9223372036854775808\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "length of 20 digits", BYTES(POST "Content-Length: 00000000000000000003\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "length past uint64", BYTES(POST "Content-Length: 18446744073709551619\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "length in other digits", BYTES(POST "Content-Length: \xd9\xa3\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    { "unknown coding", BYTES(POST "Transfer-Encoding: xchunked\r\n\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "coding identity", BYTES(POST "Transfer-Encoding: identity\r\n\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "coding list ending in chunked", BYTES(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "coding chunked twice in a list", BYTES(POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "coding not ending in chunked", BYTES(POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "coding in two headers", BYTES(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "coding in quotes", BYTES(POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "coding with a parameter", BYTES(POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "coding with a vertical tab", BYTES(POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "empty coding", BYTES(POST "Transfer-Encoding:\r\n\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "coding on HTTP/1.0", BYTES("POST /x HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "blank before the colon of a coding", BYTES(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "tab before the colon of a length", BYTES(POST "Content-Length\t: 3\r\n\r\nabc" TAIL), HTTP_PARSE_BAD },
    /* Lines. */
    { "bare line feeds", BYTES("GET /x HTTP/1.1\nHost: a\n\n" TAIL), HTTP_PARSE_BAD },
    { "bare line feed ends a header", BYTES("GET /x HTTP/1.1\r\nHost: a\nX: y\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "bare line feed ends the head", BYTES(GET "\n" TAIL), HTTP_PARSE_BAD },
    { "bare carriage return in a value", BYTES(GET "X: a\rTransfer-Encoding: chunked\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "two carriage returns", BYTES(GET "X: a\r\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "two empty lines first", BYTES("\r\n\r\n" GET "\r\n"), HTTP_PARSE_BAD },
    { "folded header", BYTES(GET "X: a\r\n b\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "folded header by tab", BYTES(GET "X: a\r\n\tContent-Length: 3\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "blank before the first header", BYTES("GET /x HTTP/1.1\r\n Host: a\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "NUL in a value", BYTES(GET "X: a\0b\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "NUL in a name", BYTES(GET "X\0Y: a\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "control character in a name", BYTES(GET "X\x01Y: a\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "control character in a value", BYTES(GET "X: a\x08" "b\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "delete in a value", BYTES(GET "X: a\x7f\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "no name", BYTES(GET ": a\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "no colon", BYTES(GET "X\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "quotes in a name", BYTES(GET "\"X\": a\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "bytes above ASCII in a name", BYTES(GET "\xc3\x91: a\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    /* Host. */
    { "no Host", BYTES("GET /x HTTP/1.1\r\nX: y\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "two Hosts", BYTES("GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "two equal Hosts", BYTES("GET /x HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "two Hosts on HTTP/1.0", BYTES("GET /x HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "empty Host", BYTES("GET /x HTTP/1.1\r\nHost:\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "Host with a path", BYTES("GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "Host with a user", BYTES("GET /x HTTP/1.1\r\nHost: u@a\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "list of Hosts", BYTES("GET /x HTTP/1.1\r\nHost: a, b\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    /* The request line. */
    { "no version", BYTES("GET /x\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "HTTP/0.9", BYTES("GET /x HTTP/0.9\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD_VERSION },
    { "HTTP/1.2", BYTES("GET /x HTTP/1.2\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD_VERSION },
    { "HTTP/2.0", BYTES("GET /x HTTP/2.0\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD_VERSION },
    { "version of two digits", BYTES("GET /x HTTP/1.10\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "version in lower case", BYTES("GET /x http/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "other protocol", BYTES("GET /x RTSP/1.0\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "blank after the version", BYTES("GET /x HTTP/1.1 \r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "two blanks before the target", BYTES("GET  /x HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "two blanks after the target", BYTES("GET /x  HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "tab instead of a blank", BYTES("GET\t/x HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "blank first", BYTES(" GET /x HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "blank in the target", BYTES("GET /x y HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "NUL in the target", BYTES("GET /x\0y HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "UTF-8 in the target", BYTES("GET /\xc3\xb1 HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "fragment in the target", BYTES("GET /x#y HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "absolute target", BYTES("GET http://evil/x HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "target without a slash", BYTES("GET x HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "asterisk for GET", BYTES("GET * HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "no target", BYTES("GET HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "CONNECT", BYTES("CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "TRACE", BYTES("TRACE /x HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "method in lower case", BYTES("get /x HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_NOT_IMPLEMENTED },
    { "endless method", BYTES("GETGETGETGETGETGETGETGET"), HTTP_PARSE_NOT_IMPLEMENTED },
    { "method with a colon", BYTES("GE:T /x HTTP/1.1\r\n" HOST "\r\n" TAIL), HTTP_PARSE_BAD },
    { "HTTP/2 preface", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HTTP_PARSE_NOT_IMPLEMENTED },
    { "TLS hello", BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), HTTP_PARSE_BAD },
    { "a header line first", BYTES("Host: a\r\nGET /x HTTP/1.1\r\n\r\n"), HTTP_PARSE_BAD },
    /* Repetitions that would let two readers disagree. */
    { "two Authorizations", BYTES(GET "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "two Content-Types", BYTES(POST "Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "two Idempotency-Keys", BYTES(POST "Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "two identities", BYTES(GET "X-Cuotas-Identity: a\r\nx-cuotas-identity: b\r\n\r\n" TAIL), HTTP_PARSE_BAD },
    { "two Expects", BYTES(POST "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"), HTTP_PARSE_BAD },
    { "other expectation", BYTES(POST "Expect: 200-ok\r\nContent-Length: 3\r\n\r\nabc" TAIL), HTTP_PARSE_EXPECTATION },
};

/* Bodies behind a good chunked head: all refused. */
static const struct hostile hostile_chunks[] = {
    { "prefix 0x", BYTES("0x3\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "sign", BYTES("+3\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "negative", BYTES("-3\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "no digits", BYTES("\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "extension without a size", BYTES(";a=b\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "not hexadecimal", BYTES("3g\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "nine digits", BYTES("000000003\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "size past 32 bits", BYTES("100000003\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "blank before the size", BYTES(" 3\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "blank after the size", BYTES("3 \r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "bare line feed after the size", BYTES("3\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "bare line feed ends an extension", BYTES("3;a\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "bare carriage return in an extension", BYTES("3;a\rb\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "NUL in an extension", BYTES("3;a\0b\r\nabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "carriage return without line feed", BYTES("3\rXabc\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "data longer than its size", BYTES("3\r\nabcd\r\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "data not ended by CRLF", BYTES("3\r\nabc0\r\n\r\n"), HTTP_PARSE_BAD },
    { "data ended by a bare line feed", BYTES("3\r\nabc\n0\r\n\r\n"), HTTP_PARSE_BAD },
    { "two chunks without a line end", BYTES("3\r\nabc\rX"), HTTP_PARSE_BAD },
    { "last chunk ended by a bare line feed", BYTES("0\r\n\n"), HTTP_PARSE_BAD },
    { "trailer without a colon", BYTES("0\r\nX\r\n\r\n"), HTTP_PARSE_BAD },
    { "folded trailer", BYTES("0\r\nX: a\r\n b\r\n\r\n"), HTTP_PARSE_BAD },
    { "request as a trailer", BYTES("0\r\nGET /smuggled HTTP/1.1\r\n\r\n"), HTTP_PARSE_BAD },
    { "NUL in a trailer", BYTES("0\r\nX: \0\r\n\r\n"), HTTP_PARSE_BAD },
    { "bare line feed in a trailer", BYTES("0\r\nX: a\nY: b\r\n\r\n"), HTTP_PARSE_BAD },
};

#undef HOST
#undef TAIL
#undef POST
#undef GET

static inline int hostile_status(enum http_parse verdict)
{
    static const int statuses[] = {
        [HTTP_PARSE_BAD] = 400,         [HTTP_PARSE_HEAD_TOO_LARGE] = 431, [HTTP_PARSE_TARGET_TOO_LONG] = 414,
        [HTTP_PARSE_NOT_IMPLEMENTED] = 501, [HTTP_PARSE_BAD_VERSION] = 505, [HTTP_PARSE_EXPECTATION] = 417,
    };
    return statuses[verdict];
}

#endif
