"""The API reference (GET /docs)."""
import json


def page(document):
    return "<!doctype html><title>Cuotas</title><pre>" + json.dumps(document, indent=1) + "</pre>"
