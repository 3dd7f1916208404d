"""Redis only carries wake-ups: without it everything still happens, a little later."""

from support.journey import Journey


def test_journey_without_redis(stack, shop, mailbox):
    stack.kill("redis")
    try:
        journey = Journey(shop, mailbox)
        journey.run()
        assert not stack.running("redis")
    finally:
        stack.start_one("redis")
    state = journey.end_state()
    assert all(status == "paid" for _, _, _, status in state["schedule"])
    assert state["cases"] == [("cured", 0)]


def test_events_flow_by_redis_again_after_it_comes_back(stack, shop, wait_until):
    """Services reconnect by themselves: the gauge they show says so."""
    def connected(name):
        return "cuotas_redis_connected 1" in shop.api.__class__(stack.service_urls[name]).get("/metrics", expect=200).body.decode()
    stack.kill("redis")
    wait_until(lambda: not connected("billing"), 30, "billing without Redis")
    stack.start_one("redis")
    for name in ("billing", "orders", "notifications"):
        wait_until(lambda: connected(name), 30, f"{name} connected to Redis again")
