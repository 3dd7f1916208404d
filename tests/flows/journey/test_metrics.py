"""What autoscalers and alarms go by is told by every service that has it, and is true."""

import re


def gauges(stack, shop, name):
    text = shop.api.__class__(stack.service_urls[name]).get("/metrics", expect=200).body.decode()
    return {series: int(value) for series, value in re.findall(r"^(cuotas_(?:jobs|consumer)\S*) (\d+)$", text, re.M)}


def test_jobs_and_lag_are_told(stack, shop, wait_until):
    for name, producers in (("billing", {"orders"}), ("orders", {"billing"}), ("collections", {"billing"})):
        seen = gauges(stack, shop, name)
        assert {"cuotas_jobs_due", "cuotas_jobs_oldest_due_seconds", "cuotas_jobs_dead"} <= set(seen), (name, seen)
        lags = {re.search('producer="(.*)"', series)[1] for series in seen if series.startswith("cuotas_consumer_lag_seconds")}
        assert producers <= lags, (name, seen)
        wait_until(lambda: all(value <= 2 for series, value in gauges(stack, shop, name).items() if "lag" in series), 30, f"{name} to be up to date")
