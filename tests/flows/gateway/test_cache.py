"""Kept answers (services/gateway/cache.h): what is kept, what ends it, ETag and 304, one question for many, nothing of one caller in another's answer.

`Cache-Status` says where an answer came from. Where a test needs time not to matter, its gateway keeps answers for a minute: then only being told ends
them."""

import collections
import concurrent.futures
import http.server
import json
import re
import socket
import threading
import time
import urllib.parse
import uuid

import psycopg2
import pytest
import requests

from support import wire
from support.client import Api
from support.gateways import gateways

HIT = "cuotas; hit"
MISS = "cuotas; fwd=miss"
COLLAPSED = "cuotas; fwd=miss; collapsed"
LONG = {"CACHE_TTL_MS": "60000"}
OF_ONE_REQUEST = {"date", "x-request-id", "cache-status", "ratelimit-remaining", "ratelimit-reset"}


@pytest.fixture
def gateway(stack, scratch, wait_until, recorder):
    """gateway(NAME=value, ...): one of its own that is told of changes; Api of nobody."""
    with gateways(stack, scratch, wait_until) as start:
        def started(told=True, **settings):
            _, url = start(**{**LONG, **settings})
            if told:
                wait_until(lambda: metric(url, "cuotas_cache_told") == 1, what="a subscription")
            return Api(url, recorder)
        yield started


def metric(url, name):
    found = re.search(rf"^{re.escape(name)} (\d+)$", requests.get(url + "/metrics", timeout=30).text, re.M)
    return int(found[1]) if found else None


def status_of(reply):
    return reply.headers.get("Cache-Status")


def keep(api, path, query=None):
    """Asks until the answer is kept: what else is going on may end it once or twice."""
    for _ in range(50):
        reply = api.get(path, query, expect=200)
        if status_of(reply) == HIT:
            return reply
    raise AssertionError(f"{path} is never kept")


def the_rest(headers):
    return {name.lower(): value for name, value in headers.items() if name.lower() not in OF_ONE_REQUEST}


# ---- what is kept

@pytest.mark.parametrize("path, query", [("/v1/products/{id}", None), ("/v1/products", {"limit": 5}), ("/v1/products", {"q": "{sku}"}), ("/v1/categories", None)])
def test_the_second_answer_is_the_first_one(gateway, product, path, query):
    api = gateway()
    query = query and {name: str(value).format(**product) for name, value in query.items()}
    first = api.get(path.format(**product), query, expect=200)
    assert status_of(first) == MISS
    again = keep(api, path.format(**product), query)
    assert again.body == first.body and the_rest(again.headers) == the_rest(first.headers)
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert int(again.headers["RateLimit-Remaining"]) <= int(first.headers["RateLimit-Limit"]) - 1


def test_only_what_the_contract_marks(gateway, product):
    api = gateway()
    for path in (f"/v1/products/{product['id']}/offers", "/v1/terms", "/.well-known/jwks.json"):
        for _ in range(2):
            assert status_of(api.get(path, expect=200)) is None, path


def test_refusals_are_not_kept(gateway):
    api = gateway()
    for path, status in ((f"/v1/products/{uuid.uuid4()}", 404), ("/v1/products/42", 422), ("/v1/products?limit=0", 422), ("/v1/products?nothing=1", 422)):
        for _ in range(2):
            reply = api.get(path, expect=status)
            assert status_of(reply) is None and "ETag" not in reply.headers


def test_too_much_for_it_is_passed_on(gateway):
    """A 16th of the memory is the most one answer may have."""
    api = gateway(CACHE_BYTES="262144")
    for _ in range(3):
        long = api.get("/v1/products", {"limit": 100}, expect=200)
        assert len(long.body) > 262144 / 16 and status_of(long) == MISS
    assert status_of(keep(api, "/v1/categories")) == HIT


class Odd(http.server.BaseHTTPRequestHandler):
    """A catalog that says more about its answers than ours does: its `q` names the status and the headers."""
    protocol_version = "HTTP/1.1"
    asked = collections.Counter()

    def do_GET(self):
        wanted = json.loads(urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)["q"][0])
        self.asked[self.path] += 1
        body = b'{"data":[],"next_cursor":null}'
        self.send_response(wanted.pop("status", 200))
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **wanted}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize("said, kept", [
    ({}, True), ({"Set-Cookie": "a=b"}, False), ({"Cache-Control": "no-store"}, False), ({"Cache-Control": "private"}, False), ({"Vary": "Accept"}, False),
    ({"ETag": '"of its own"'}, False), ({"Expires": "0"}, False), ({"status": 203}, False), ({"status": 404}, False), ({"status": 500}, False), ({"X-Else": "1"}, True),
])
def test_what_says_more_of_itself_is_not_kept(gateway, said, kept):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Odd) as catalog:
        threading.Thread(target=catalog.serve_forever, daemon=True).start()
        url = gateway(told=False, CATALOG_URL=f"http://127.0.0.1:{catalog.server_port}").base_url
        path = "/v1/products?" + urllib.parse.urlencode({"q": json.dumps(said)})
        replies = [requests.get(url + path, timeout=30) for _ in range(3)]
        catalog.shutdown()
    assert Odd.asked[path] == (1 if kept else 3)
    for reply in replies:
        assert reply.status_code == said.get("status", 200)
        assert all(reply.headers[name] == value for name, value in said.items() if name != "status")
        assert kept == (reply.headers.get("Cache-Control") == "public, no-cache")


def test_the_longest_pages_come_whole_and_without_a_tag(gateway, staff):
    """Beyond 64 KiB an answer is passed on as it comes."""
    api, category = gateway(), f"Long {uuid.uuid4().hex[:12]}"
    lines = [json.dumps({"sku": f"{category} {number}", "name": f"{number:03d}" + '"' * 290, "category": category, "price": 1, "currency": "USD"}) for number in range(100)]
    staff.request("POST", "/v1/products/import", data="\n".join(lines), content_type="application/json", expect=200)
    for method in ("GET", "GET", "HEAD"):
        page = api.request(method, "/v1/products", query={"category": category, "limit": 100}, headers={"If-None-Match": "*"}, expect=200)
        assert int(page.headers["Content-Length"]) > 65536 and status_of(page) is None and "ETag" not in page.headers
        assert method == "HEAD" or len(page["data"]) == 100


def test_many_different_queries_stay_within_the_memory(gateway):
    api = gateway(CACHE_BYTES="262144")
    for number in range(600):
        api.get("/v1/products", {"limit": 3, "q": f"chair {number % 7}", "category": f"no {number}"}, expect=200)
    assert metric(api.base_url, "cuotas_cache_bytes") <= 262144
    assert metric(api.base_url, "cuotas_cache_pushed_out") is not None


@pytest.mark.parametrize("off", [{"CACHE_TTL_MS": "0"}, {"CACHE_BYTES": "0"}])
def test_turned_off_it_keeps_nothing_and_still_tells_what_changed(gateway, product, off):
    api = gateway(told=False, **off)
    path = f"/v1/products/{product['id']}"
    first, again = api.get(path, expect=200), api.get(path, expect=200)
    assert status_of(first) is None and status_of(again) is None
    assert api.get(path, headers={"If-None-Match": again.headers["ETag"]}, expect=304).body == b""


@pytest.mark.parametrize("settings", [{"CACHE_BYTES": "1000"}, {"CACHE_TTL_MS": "-1"}, {"CACHE_TTL_MS": "1s"}])
def test_a_wrong_setting_is_named(stack, scratch, wait_until, settings):
    with gateways(stack, scratch, wait_until) as start:
        process, _ = start(ready=None, **settings)
        assert process.wait(10) and process.exit_status == 78
        assert next(iter(settings)) in process.log_tail()


# ---- what ends it

def import_price(staff, product, price, **options):
    line = {"sku": product["sku"], "name": product["name"], "category": "Test", "subcategory": "Test", "price": price, "currency": "USD", "stock": 10}
    return staff.request("POST", "/v1/products/import", json=line, expect=200, **options)


def test_who_imports_reads_what_was_imported(gateway, staff, new_product):
    """Through one gateway, without waiting: the product and every page it is on."""
    api = gateway()
    product = new_product()
    writer = api.with_token(staff.token)
    for price in range(1000, 1020):
        for path, query in ((f"/v1/products/{product['id']}", None), ("/v1/products", {"q": product["sku"]})):
            keep(api, path, query)
        import_price(writer, product, f"{price}.00")
        assert api.get(f"/v1/products/{product['id']}", expect=200)["price"] == price * 100
        assert api.get("/v1/products", {"q": product["sku"]}, expect=200)["data"][0]["price"] == price * 100


def test_an_import_elsewhere_is_told(gateway, staff, new_product, wait_until):
    api = gateway()
    product = new_product()
    path = f"/v1/products/{product['id']}"
    keep(api, path)
    import_price(staff, product, "77.00")   # through another gateway
    wait_until(lambda: api.get(path, expect=200)["price"] == 7700, 5, "the new price")


def test_every_worker_is_told(gateway, staff, new_product, wait_until):
    """Each keeps its own answers. Connections spread over them: of twenty some go to either."""
    url = gateway(told=False, WORKERS="2", TEST_CLOCK="off").base_url
    wait_until(lambda: all(metric(url, "cuotas_cache_told") == 1 for _ in range(20)), what="both subscriptions")
    product = new_product()
    prices = lambda: {requests.get(f"{url}/v1/products/{product['id']}", timeout=30).json()["price"] for _ in range(20)}   # noqa: E731
    assert prices() == {product["price"]}
    import_price(staff, product, "99.00")
    wait_until(lambda: prices() == {9900}, 5, "the new price from both")


def test_a_hold_and_its_release_end_only_what_they_touch(stack, gateway, shop, customer, new_product, wait_until, database):
    api = gateway()
    bought, other = new_product(stock=9), new_product(stock=9)
    paths = {each["id"]: f"/v1/products/{each['id']}" for each in (bought, other)}
    before = {each: keep(api, path) for each, path in paths.items()}
    page = keep(api, "/v1/products", {"q": bought["sku"]})
    shop.order(customer, bought, 4)
    wait_until(lambda: api.get(paths[bought["id"]], expect=200)["available"] == 5, 5, "what the order holds")
    wait_until(lambda: api.get("/v1/products", {"q": bought["sku"]}, expect=200)["data"][0]["available"] == 5, 5, "the page as well")
    assert page["data"][0]["available"] == 9
    untouched = api.get(paths[other["id"]], expect=200)
    assert status_of(untouched) == HIT and untouched.headers["ETag"] == before[other["id"]].headers["ETag"]
    keep(api, paths[bought["id"]])
    shop.advance(1)   # the order expires
    wait_until(lambda: api.get(paths[bought["id"]], expect=200)["available"] == 9, 20, "the hold given back")


def untold_change(stack, product, price):
    """As nobody should, and nobody is told of: by hand."""
    with psycopg2.connect(stack.database_url("catalog")) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE product SET doc = regexp_replace(doc, '\"price\" ?: ?[0-9]+', '\"price\":' || %s) WHERE id = %s", (str(price), product["id"]))
        assert cursor.rowcount == 1
    connection.close()


def test_without_being_told_it_ends_by_its_time(stack, gateway, new_product):
    api = gateway(CACHE_TTL_MS="400")
    product = new_product()
    path = f"/v1/products/{product['id']}"
    keep(api, path)
    untold_change(stack, product, 4242)
    changed = time.monotonic()
    while api.get(path, expect=200)["price"] != 4242:
        assert time.monotonic() - changed < 0.4 + 2, "far beyond its time"
    keep(api, path)


def test_without_redis_it_ends_by_its_time(stack, gateway, staff, new_product, wait_until):
    api = gateway(CACHE_TTL_MS="400")
    product = new_product()
    path = f"/v1/products/{product['id']}"
    stack.kill("redis")
    try:
        wait_until(lambda: metric(api.base_url, "cuotas_cache_told") == 0, what="the loss is noticed")
        keep(api, path)
        import_price(staff, product, "55.00")   # elsewhere
        wait_until(lambda: api.get(path, expect=200)["price"] == 5500, 0.4 + 5, "the new price")
        keep(api, path)
        import_price(api.with_token(staff.token), product, "56.00")   # here
        assert api.get(path, expect=200)["price"] == 5600
    finally:
        stack.start_one("redis")


def test_what_may_have_been_missed_is_forgotten(stack, gateway, new_product, wait_until):
    """Redis was away: nothing kept from before is used once it is back, although nobody could tell of the change."""
    api = gateway()
    product = new_product()
    path = f"/v1/products/{product['id']}"
    stack.kill("redis")
    try:
        wait_until(lambda: metric(api.base_url, "cuotas_cache_told") == 0, what="the loss is noticed")
        keep(api, path)
        untold_change(stack, product, 777)
        assert api.get(path, expect=200)["price"] == product["price"], "it would have lasted a minute"
    finally:
        stack.start_one("redis")
    wait_until(lambda: metric(api.base_url, "cuotas_cache_told") == 1, 30, "a subscription")
    assert api.get(path, expect=200)["price"] == 777


def test_an_answer_asked_for_before_a_change_is_not_kept_after_it(stack, gateway, staff, new_product, wait_until):
    """The read waits inside the catalog while an import goes through: what it then says may be of before, and is its own asker's alone."""
    api = gateway()
    product = new_product()
    path = f"/v1/products/{product['id']}"
    lock = psycopg2.connect(stack.database_url("catalog"))
    before = []
    reading = threading.Thread(target=lambda: before.append(api.get(path, expect=200)))
    try:
        with lock.cursor() as cursor:
            cursor.execute("LOCK TABLE product IN ACCESS EXCLUSIVE MODE")
            reading.start()
            waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'cuotas_catalog' AND wait_event_type = 'Lock'"
            with psycopg2.connect(stack.database_url("catalog")) as other:
                def waiting():
                    with other.cursor() as look:
                        look.execute(waits)
                        return look.fetchone()[0] > 0
                wait_until(waiting, 10, "the read waits")
            other.close()
            told = metric(api.base_url, "cuotas_cache_changes_total") or 0
            with socket.socket(socket.AF_UNIX) as redis:   # a change of just this product
                redis.connect(stack.redis.socket)
                message = product["id"].encode()
                redis.sendall(b"PUBLISH changes.catalog %s\r\n" % message)
                assert redis.recv(100).startswith(b":")
            wait_until(lambda: (metric(api.base_url, "cuotas_cache_changes_total") or 0) > told, what="it is told")
    finally:
        lock.rollback()
        lock.close()
    reading.join()
    assert status_of(before[0]) == MISS
    assert status_of(api.get(path, expect=200)) == MISS


# ---- one question for many

def test_many_who_ask_at_once_ask_once(stack, gateway, product, wait_until):
    api = gateway()
    path = f"/v1/products/{product['id']}"
    lock = psycopg2.connect(stack.database_url("catalog"))
    asked = lambda: catalog_requests(stack)   # noqa: E731
    before = asked()
    try:
        with lock.cursor() as cursor:
            cursor.execute("LOCK TABLE product IN ACCESS EXCLUSIVE MODE")
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            under_way = [pool.submit(Api(api.base_url).get, path, expect=200) for _ in range(20)]
            wait_until(lambda: metric(api.base_url, "cuotas_http_requests_active") >= 20, what="all have come")
            lock.rollback()
            replies = [each.result() for each in under_way]
    finally:
        lock.close()
    assert len({reply.body for reply in replies}) == 1
    statuses = [status_of(reply) for reply in replies]
    assert statuses.count(MISS) == asked() - before, "each that says it asked did"
    assert statuses.count(COLLAPSED) + statuses.count(HIT) >= 1


def catalog_requests(stack):
    text = requests.get(stack.service_urls["catalog"] + "/metrics", timeout=30).text
    return sum(int(count) for count in re.findall(r'^cuotas_http_requests_total\{operation="get_product",.*\} (\d+)$', text, re.M))


def test_a_first_one_that_hangs_up_hurts_nobody(stack, gateway, product, wait_until):
    api = gateway()
    path = f"/v1/products/{product['id']}"
    lock = psycopg2.connect(stack.database_url("catalog"))
    host, port = api.base_url.removeprefix("http://").split(":")
    try:
        with lock.cursor() as cursor:
            cursor.execute("LOCK TABLE product IN ACCESS EXCLUSIVE MODE")
        first = socket.create_connection((host, int(port)))
        first.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        wait_until(lambda: metric(api.base_url, "cuotas_http_requests_active") >= 1, what="the first has come")
        first.close()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            under_way = [pool.submit(Api(api.base_url).get, path, expect=200) for _ in range(8)]
            wait_until(lambda: metric(api.base_url, "cuotas_http_requests_active") >= 8, what="the others have come")
            lock.rollback()
            assert {json.dumps(each.result().json) for each in under_way} == {json.dumps(product)}
    finally:
        lock.close()
    assert json.dumps(keep(api, path).json) == json.dumps(product)


def test_a_failure_is_nobody_elses(stack, gateway, wait_until):
    """Twenty who ask for what is not there are all told so, and all get their own trace id."""
    api = gateway()
    path = f"/v1/products/{uuid.uuid4()}"
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: Api(api.base_url).get(path, expect=404), range(20)))
    assert len({reply["trace_id"] for reply in replies}) == 20


# ---- ETag, 304, HEAD

def test_what_has_not_changed_is_not_sent_again(api, product):
    path = f"/v1/products/{product['id']}"
    whole = api.get(path, expect=200)
    assert whole.headers["Cache-Control"] == "public, no-cache" and re.fullmatch(r'"[0-9a-f]{16}-[0-9a-f]+"', whole.headers["ETag"])
    tag = whole.headers["ETag"]
    for wanted in (tag, f"W/{tag}", f'"other", {tag}', f'"a,b" ,, W/{tag}', "*"):
        reply = api.get(path, headers={"If-None-Match": wanted}, expect=304)
        assert reply.body == b"" and reply.headers["ETag"] == tag and reply.headers["Cache-Control"] == "public, no-cache"
        assert "Content-Type" not in reply.headers and "Content-Length" not in reply.headers
    for other in ('"other"', tag.strip('"'), f'"x{tag[1:]}', '"open', f"{tag} {tag}"):
        assert api.get(path, headers={"If-None-Match": other}, expect=200).body == whole.body


@pytest.mark.parametrize("path", ["/v1/products", "/v1/categories"])
def test_pages_have_tags_too(api, catalog, path):
    whole = api.get(path, expect=200)
    assert api.get(path, headers={"If-None-Match": whole.headers["ETag"]}, expect=304).body == b""


def test_several_lines_name_it_as_well(stack, api, product):
    path = f"/v1/products/{product['id']}"
    tag = api.get(path, expect=200).headers["ETag"]
    request = f'GET {path} HTTP/1.1\r\nHost: a\r\nIf-None-Match: "x"\r\nIf-None-Match: {tag}\r\n\r\n'
    assert wire.exchange(stack.gateway_url, request.encode())[0] == 304


def test_a_tag_is_the_same_everywhere_and_another_after_a_change(gateway, api, staff, new_product, wait_until):
    product = new_product()
    path = f"/v1/products/{product['id']}"
    here, there = api.get(path, expect=200), gateway().get(path, expect=200)
    assert here.headers["ETag"] == there.headers["ETag"]
    import_price(staff, product, "31.00")
    assert api.get(path, headers={"If-None-Match": here.headers["ETag"]}, expect=200)["price"] == 3100


def test_head(gateway, product):
    path = f"/v1/products/{product['id']}"
    first = gateway()
    asked = first.request("HEAD", path, expect=200)
    got = keep(first, path)
    kept = first.request("HEAD", path, expect=200)
    assert (status_of(asked), status_of(kept)) == (MISS, HIT)
    for head in (asked, kept):
        assert head.body == b"" and the_rest(head.headers) == the_rest(got.headers) and head.headers["Content-Length"] == str(len(got.body))
    assert first.request("HEAD", path, headers={"If-None-Match": got.headers["ETag"]}, expect=304).body == b""


def test_a_conditional_request_for_nothing_is_still_a_404(api):
    assert api.get(f"/v1/products/{uuid.uuid4()}", headers={"If-None-Match": "*"}, expect=404).code == "not_found"


# ---- nothing of one caller in another's answer

def test_who_asks_makes_no_difference_and_leaves_no_trace(gateway, new_customer, staff, product, plant):
    api = gateway()
    path = f"/v1/products/{product['id']}"
    marker = plant()
    callers = [api, api.with_token(new_customer().token), api.with_token(new_customer(locale="en-US").token), api.with_token(staff.token)]
    headers = {"X-Marker": marker, "Accept-Language": "en", "Cookie": f"a={marker}", "Origin": f"https://{marker}.example"}
    replies = [caller.get(path, headers=headers, expect=200) for caller in callers for _ in range(3)]
    assert len({reply.body for reply in replies}) == 1
    assert all(marker not in str(reply.headers) for reply in replies)
    assert len({reply.headers["X-Request-Id"] for reply in replies}) == len(replies)
    assert {tuple(sorted(the_rest(reply.headers))) for reply in replies} == {tuple(sorted(the_rest(replies[0].headers)))}


def test_a_kept_answer_counts_against_the_limit(gateway, product):
    api = gateway(RATE_LIMIT_PER_SECOND="1", RATE_LIMIT_BURST="3")
    path = f"/v1/products/{product['id']}"
    statuses = [api.get(path).status for _ in range(8)]
    assert statuses[:2] == [200, 200] and 429 in statuses


def test_paths_written_differently_are_different_questions(gateway, product):
    api = gateway()
    small, large = f"/v1/products/{product['id']}", f"/v1/products/{product['id'].upper()}"
    keep(api, small)
    assert status_of(api.get(large, expect=200)) == MISS
    one, other = {"limit": 2, "category": "Furniture"}, {"category": "Furniture", "limit": 2}
    keep(api, "/v1/products", one)
    assert status_of(api.get("/v1/products", other, expect=200)) == MISS


def test_it_is_in_the_log_and_in_the_metrics_like_any_other(stack, gateway, product):
    api = gateway()
    path = f"/v1/products/{product['id']}"
    keep(api, path)
    before = metric(api.base_url, 'cuotas_http_requests_total{operation="get_product",status="2xx"}')
    kept = metric(api.base_url, 'cuotas_cache_requests_total{answer="kept"}')
    api.get(path, expect=200)
    assert metric(api.base_url, 'cuotas_http_requests_total{operation="get_product",status="2xx"}') == before + 1
    assert metric(api.base_url, 'cuotas_cache_requests_total{answer="kept"}') in (kept, kept + 1)
