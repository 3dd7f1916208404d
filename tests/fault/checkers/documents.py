"""What contracts are printed from and what was sent of them stays as it was, to the byte."""

import hashlib

from . import checker


@checker
def documents_are_what_was_agreed(evidence):
    """Every stored document has the digest of its bytes; the text a buyer agreed to is there."""
    for number, contract, kind, body, sha256 in evidence.rows("orders", "SELECT id::text, contract_id::text, kind, body, sha256 FROM contract_document"):
        if hashlib.sha256(bytes(body)).hexdigest() != sha256:
            yield f"document {number} ({kind}) of contract {contract} has not the digest {sha256}"
    yield from (f"contract {row[0]} was agreed to as {row[1]}, its text is {row[2]}" for row in evidence.rows("orders", """
        SELECT c.id, c.contract_sha256, d.sha256 FROM contract c LEFT JOIN contract_document d ON d.contract_id = c.id AND d.kind = 'contract' AND d.version = 1
        WHERE c.contract_sha256 <> coalesce(d.sha256, '')"""))


@checker
def documents_are_what_was_shown(evidence):
    """What a buyer was told of a document is what is stored, and what they agreed to is what their contract says."""
    kept = dict(evidence.rows("orders", "SELECT id::text, sha256 FROM contract_document"))
    agreed = dict(evidence.rows("orders", "SELECT order_id::text, contract_sha256 FROM contract"))
    for call in evidence.record.named("upload_signed_file", "get_contract_file"):
        if call.outcome == "ok":
            number = call.reply["id"] if call.op == "upload_signed_file" else call.path.split("/")[5]
            told = call.body["sha256"] if call.op == "upload_signed_file" else call.reply["sha256"]
            if kept.get(number) != told:
                yield f"{call}: document {number} was {told}, kept is {kept.get(number)}"
    for call in evidence.record.named("place_order", "accept_quote"):
        if call.outcome == "ok" and "contract_sha256" in call.body:
            if agreed.get(call.reply["id"]) != call.body["contract_sha256"]:
                yield f"{call}: agreed to {call.body['contract_sha256']}, kept {agreed.get(call.reply['id'])}"
