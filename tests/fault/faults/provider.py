"""The payment provider misbehaving: services/sandbox does it, by its plan for the coming payments."""

from .base import Fault, seconds


class ProviderFault(Fault):
    family = "provider"

    def __init__(self, name, **plan):
        self.name = "provider." + name
        self._plan = plan

    def draw(self, rng, world):
        return [(0, "sandbox", seconds(rng, 2, 8), {"times": rng.randint(1, 6)})]

    def holds(self, target):
        return {"provider"}

    def inject(self, nemesis, step):
        nemesis.provider.plan(times=step.detail["times"], **self._plan)

    def heal(self, nemesis, step, undo):
        nemesis.provider.clear()


class RefundFault(ProviderFault):
    family = "refund"

    def __init__(self, name, **plan):
        super().__init__("refund_" + name, **plan)


class WebhookFault(ProviderFault):
    family = "webhook"


FAULTS = [
    ProviderFault("timeout_after_charge", charge={"hang": "after"}),
    ProviderFault("timeout_before_charge", charge={"hang": "before"}),
    ProviderFault("reset_after_charge", charge={"reset": "after"}),
    ProviderFault("error_after_charge", charge={"status": 500, "when": "after"}),
    ProviderFault("error_before_charge", charge={"status": 503}),
    ProviderFault("too_many_requests", charge={"status": 429}),
    RefundFault("timeout_after", refund={"hang": "after"}),
    RefundFault("reset_after", refund={"reset": "after"}),
    RefundFault("error_after", refund={"status": 500, "when": "after"}),
    RefundFault("too_many_requests", refund={"status": 429}),
    RefundFault("pending", refund={"pending_ms": 4000}),
    WebhookFault("duplicated", webhook={"copies": 4}),
    WebhookFault("reordered", webhook={"reversed": True}),
    WebhookFault("late", webhook={"delay_ms": 6000}),
    WebhookFault("lost", webhook={"drop": True}),
    WebhookFault("badly_signed", webhook={"signature": "wrong", "copies": 2}),
    # The answer is lost, and the event comes when its payment was given up waiting for.
    ProviderFault("lost_then_late", charge={"hang": "after"}, webhook={"delay_ms": 9000, "copies": 2}),
]
