"""The payment sandbox's own controls: what it really charged, and what it shall do wrong next."""

import requests


class Sandbox:
    def __init__(self, base_url, secret_key, timeout_s=30, mercadopago_token=None):
        self.mercadopago_token = mercadopago_token
        self.base_url = base_url
        self.secret_key = secret_key
        self.timeout_s = timeout_s
        self._session = requests.Session()
        self._session.trust_env = False

    def ledger(self, **query):
        """Every charge the provider captured."""
        return self._call("GET", "/_sim/ledger", params=query)["data"]

    def plan(self, **plan):
        """The faults of the coming requests; see services/sandbox/README.md."""
        return self._call("POST", "/_sim/plan", json=plan)

    def clear(self):
        """Cancels what was ordered and has not happened."""
        return self._call("DELETE", "/_sim/plan")

    def refund(self, payment_intent, amount, refund_id):
        """As billing asks for one, but behind its back."""
        return self._call("POST", "/v1/refunds", data={"payment_intent": payment_intent, "amount": amount, "metadata[refund_id]": refund_id})

    def dispute(self, payment_intent, **more):
        """Its customer goes to the bank; amount=, reason=, inquiry=True."""
        return self._call("POST", "/_sim/disputes", json={"payment_intent": payment_intent, **more})

    def refund_at_its_site(self, payment, amount):
        """Of a payment of Mercado Pago's, by a person."""
        reply = self._session.post(f"{self.base_url}/mercadopago/v1/payments/{payment}/refunds", json={"amount": amount},
                                   headers={"Authorization": "Bearer " + self.mercadopago_token, "X-Idempotency-Key": f"by-hand:{payment}"}, timeout=self.timeout_s)
        assert reply.status_code == 201, reply.text

    def charge_back(self, payment, status_detail="in_process"):
        """A payment of Mercado Pago's; `settled`: for good, `reimbursed`: not after all."""
        reply = self._session.post(self.base_url + "/mercadopago/_sim/chargebacks", json={"payment": payment, "status_detail": status_detail},
                                   headers={"Authorization": "Bearer " + self.mercadopago_token}, timeout=self.timeout_s)
        assert reply.status_code == 200, reply.text

    def renew_card(self, payment_method, exp_month, exp_year):
        """Its network tells of another end of a card."""
        return self._call("POST", "/_sim/cards", json={"payment_method": payment_method, "exp_month": exp_month, "exp_year": exp_year})

    def answer_dispute(self, dispute, text):
        """Behind billing's back: `winning_evidence` or `losing_evidence` decides it."""
        return self._call("POST", f"/v1/disputes/{dispute}", data={"evidence[uncategorized_text]": text})

    def _call(self, method, path, **options):
        reply = self._session.request(method, self.base_url + path, timeout=self.timeout_s, auth=(self.secret_key, ""), **options)
        assert reply.status_code < 300, f"{method} {path} -> {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None
