"""Events: proto/events/<service>.yaml says what each service tells (AsyncAPI 3, one message an event type). Here both ends are held
against it: what is consumed must be told by somebody, and what SQL inserts into the outbox must be announced."""
import os
import re

from yaml_file import Map, load_yaml

EMITTED = re.compile(r"insert\s+into\s+outbox\s*\(\s*type\b[^)]*\)\s*(?:select|values\s*\()\s*'([^']*)'", re.I)


def announced(directory, report):
    """service -> its event types; nothing for services without a file."""
    found = {}
    folder = os.path.join(directory, "events")
    for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        name, extension = os.path.splitext(file)
        if extension != ".yaml":
            continue
        root = load_yaml(os.path.join(folder, file), name, report)
        if root is None:
            continue
        messages = (root.get("components") or Map()).get("messages") or Map()
        found[name] = set(messages)
        for event, message in messages.items():
            if not isinstance(message, Map) or not isinstance(message.get("payload"), Map):
                report.error(name, messages, f"event {event} has no payload schema")
    return found


def check(document, statements, events, report):
    """Warnings, for both ends are often written at once by different people."""
    for producer, rules in document.extension("consumes").items():
        for event in rules:
            if producer in events and event not in events[producer]:
                report.warn(f"{rules.file}:{rules.line}: {producer} does not announce {event} in proto/events/{producer}.yaml")
    for statement in statements.values():
        for event in EMITTED.findall(statement.text):
            if event not in events.get(document.name, ()):
                report.warn(f"{statement.file}: event {event} is not in proto/events/{document.name}.yaml")
