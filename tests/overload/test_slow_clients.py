"""Clients that send or take bytes too slowly, by the thousand; and slow ones that are in the right."""

import socket
import threading
import time

from overload.crowd import SLOW, address_of, ask, closed, median, status_of

MB = 1024 * 1024
HEAD = b"GET /v1/products?limit=1 HTTP/1.1\r\nHost: a\r\nX-Slow: "


def post(length):
    return (f"POST /v1/simulations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n").encode() + b"{"


def others(world):
    """Median time of a read, every one of which must succeed."""
    results = ask(world.url, "/v1/products?limit=5", 25)
    assert [status for status, _ in results] == [200] * 25
    return median([seconds for _, seconds in results])


def metric(world, name):
    text = world.api.get("/metrics").body.decode()
    return int(next(line for line in text.splitlines() if line.startswith(name + " ")).split()[1])


def test_thousands_of_slow_heads(world, crowd, rss):
    before, calm = rss("gateway"), others(world)
    peers = crowd.connect(world.url, 4000, HEAD)
    crowd.drip(peers)
    assert others(world) < (calm * 10 + 0.1) * SLOW
    grown = rss("gateway") - before
    print(f"4000 slow heads: {grown / MB:.1f} MB")
    assert grown < 100 * MB * SLOW
    assert closed(peers) >= 4000 - 2048, "those that dripped for longest have given way"
    assert status_of(peers[0]) == 408
    crowd.drip(peers)
    deadline = time.monotonic() + 10 * SLOW
    while closed(peers) < 4000 and time.monotonic() < deadline:
        crowd.drip(peers)
        time.sleep(0.5)
    assert closed(peers) == 4000, "a head has five seconds, however it comes"


def test_thousands_of_slow_bodies(world, crowd, rss):
    before, calm = rss("gateway"), others(world)
    peers = crowd.connect(world.url, 3000, post(4096))
    assert others(world) < (calm * 10 + 0.1) * SLOW
    body = b'{"amount":120000,"currency":"USD","installments":3,"annual_rate":"0.2"}'
    with socket.create_connection(address_of(world.url), timeout=30) as honest:
        honest.sendall(post(len(body))[:-1])
        time.sleep(0.3)   # in two pieces, as on a slow line
        honest.sendall(body)
        assert status_of(honest) not in (0, 408, 503)
    grown = rss("gateway") - before
    print(f"3000 slow bodies: {grown / MB:.1f} MB")
    assert metric(world, "cuotas_http_slow_clients") < 1000, "the slowest give way"
    assert grown < 150 * MB * SLOW
    assert status_of(peers[0]) == 408


def test_thousands_who_never_read(world, crowd, rss, wait_until):
    """A large document of the gateway's own, and more pages of a service than there are connections to it: neither a place nor a
    connection to the service is held for long by who does not take the answer."""
    before, calm = rss("gateway"), others(world)
    crowd.connect(world.url, 2000, b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 12, receive_buffer=2048)
    crowd.connect(world.url, 400, b"GET /v1/products?limit=100 HTTP/1.1\r\nHost: a\r\n\r\n" * 40, receive_buffer=2048)
    wait_until(lambda: 300 < metric(world, "cuotas_http_slow_clients") < 1000, 10, "clients that are waited for, within the bound")
    wait_until(lambda: world.api.get("/v1/products?limit=5").status == 200, 10, "the burst of requests is over")
    assert others(world) < (calm * 10 + 0.1) * SLOW
    grown = rss("gateway") - before
    print(f"2400 who never read: {grown / MB:.1f} MB")
    assert grown < 200 * MB * SLOW


def import_slowly(world, rows, pause_s, stop_after=None):
    """The status, and how long it took."""
    lines = ["sku,name,price,currency\n"] + [f"SLOW-{number},Producto lento {number},1.00,USD\n" for number in range(rows)]
    body = "".join(lines).encode()
    head = (f"POST /v1/products/import HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {world.staff.token()}\r\nContent-Type: text/csv\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    began = time.monotonic()
    with socket.create_connection(address_of(world.url), timeout=60) as peer:
        peer.sendall(head)
        step = max(1, len(body) // 20)
        for number, at in enumerate(range(0, len(body), step)):
            if stop_after is not None and number >= stop_after:
                break
            peer.sendall(body[at:at + step])
            time.sleep(pause_s)
        return status_of(peer, 60), time.monotonic() - began


def test_a_slow_import_ends_well_and_a_stuck_one_ends(world):
    """On a line of about 2 KB/s the import takes twice the time a stuck one is given."""
    results = {}

    def run(name, **options):
        results[name] = import_slowly(world, **options)
    threads = [threading.Thread(target=run, args=("slow",), kwargs={"rows": 600, "pause_s": 0.5}),
               threading.Thread(target=run, args=("stuck",), kwargs={"rows": 600, "pause_s": 0.1, "stop_after": 2})]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results["slow"][0] == 200 and results["slow"][1] > 9, results
    assert results["stuck"][0] == 408 and results["stuck"][1] < 30 * SLOW, results
