"""What the services tell each other, against proto/events/*.yaml: after all other tests of a stack, every event there is. Members nobody announced are errors. What was told is noted
for the runner: an announced event that a whole run never tells, on any of its stacks, is an error too."""

import json
import os

import pytest
import requests
import yaml
from jsonschema import Draft202012Validator

from calls import ROOT
from deploy.stack.services import SERVICES
from document import closed, format_checker
from support.tokens import identity

pytestmark = pytest.mark.last
DIRECTORY = os.path.join(ROOT, "proto", "events")
LANES = 16
# What each event says of itself (CloudEvents 1.0 and its extensions of ours).
ENVELOPE = Draft202012Validator({
    "type": "object", "required": ["specversion", "id", "source", "type", "time", "data", "lane", "epoch", "xid", "sequence"],
    "properties": {"specversion": {"const": "1.0"}, "id": {"type": "string", "format": "uuid"}, "time": {"type": "string", "format": "date-time"},
                   "type": {"type": "string"}, "source": {"type": "string"}, "data": {"type": "object"}, "lane": {"type": "integer"}}}, format_checker=format_checker())


def announced():
    """(service, type) -> the validator of its data."""
    found = {}
    for name in sorted(os.listdir(DIRECTORY)):
        with open(os.path.join(DIRECTORY, name), encoding="utf-8") as file:
            messages = yaml.safe_load(file)["components"]["messages"]
        for event, message in messages.items():
            Draft202012Validator.check_schema(message["payload"])
            found[name.removesuffix(".yaml"), event] = Draft202012Validator(closed(message["payload"]), format_checker=format_checker())
    return found


ANNOUNCED = announced()


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_is_as_announced(service, database):
    wrong, rows = [], database(service, "SELECT type, subject, customer_id::text, data FROM outbox")
    if "CUOTAS_TOLD" in os.environ:
        with open(os.environ["CUOTAS_TOLD"], "a", encoding="utf-8") as told:
            told.writelines(f"{service} {event}\n" for event in {row[0] for row in rows})
    for event, subject, customer, data in rows:
        if (service, event) not in ANNOUNCED:
            wrong.append(f"{event} is not announced")
            continue
        wrong += [f"{event} /{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in ANNOUNCED[service, event].iter_errors(data)]
        if not subject or customer != data.get("customer_id", customer):
            wrong.append(f"{event} of {subject}: filed under customer {customer}, its data says {data.get('customer_id')}")
    assert not wrong, f"{len(wrong)} of {len(rows)} events: " + "\n".join(wrong[:20])


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_a_consumer_gets(service, stack):
    """GET /internal/events from the beginning: CloudEvents, each as announced."""
    reply = requests.get(f"{stack.service_urls[service]}/internal/events", timeout=30, params={"cursors": ",".join(f"{lane}:0:0:0" for lane in range(LANES))},
                         headers={"X-Cuotas-Identity": identity(stack.credentials["identity"], "service", "crm", "service")})
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "application/cloudevents-batch+json", reply.text
    for event in json.loads(reply.text):
        errors = [error.message for error in ENVELOPE.iter_errors(event)]
        errors += [error.message for error in ANNOUNCED[service, event["type"]].iter_errors(event["data"])]
        assert not errors and service in event["source"], (errors, event)
