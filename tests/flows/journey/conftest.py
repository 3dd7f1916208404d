"""For tests that break things: whatever a test left dead runs again for the next one."""

import pytest


@pytest.fixture(autouse=True)
def whole_again(stack):
    yield
    for name in ("postgres", "redis", *stack.service_urls):
        if not stack.running(name):
            stack.start_one(name)
