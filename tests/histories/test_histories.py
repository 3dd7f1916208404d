"""One random history of a whole shop, played twice on fresh databases: what must hold does, and it is the same to the byte. And proof that each judgement can fail: it is given a ledger with one thing
changed. `make histories` plays others, at length."""

import collections
import copy
import json
import os

from . import judge
from .play import findings

SEED = 1
STEPS = 20


def changed(lines, condition, **members):
    """The postings with one of them another one."""
    doctored = copy.deepcopy(lines)
    next(line for line in doctored if condition(line)).update(members)
    return doctored


def each_judgement_can_fail(history):
    text = judge.export(history)
    lines = judge.postings(text)
    paid = lambda line: line["kind"] == "payment" and line["credit"] == "receivable"
    for judgement, doctored in (
            (judge.trial_balances, changed(lines, paid, effective_on="2039-12-31")),
            (judge.trial_balances, lines[1:]),
            (judge.receivables_foot, changed(lines, paid, amount=1)),
            (judge.payments_are_allocated, changed(lines, paid, amount=1)),
            (judge.statements_foot, changed(lines, paid, credit="suspense"))):
        assert list(judgement(history, doctored)), judgement
        assert not list(judgement(history, lines)), judgement
    first, rest = text.split(b"\n", 1)
    assert list(judge.chains(history, json.dumps({**json.loads(first), "amount": 1}).encode() + b"\n" + rest))


def test_a_history(scratch):
    wrong, played = findings(os.path.join(scratch, "history"), SEED, range(STEPS), os.environ.get("CUOTAS_BIN"), look=each_judgement_can_fail)
    assert not wrong, f"again, in fewer steps: make histories SEED={SEED} STEPS={STEPS}\n" + "\n".join([*played.names, *wrong])
    kinds = collections.Counter(line.split(" ", 1)[0] for line in played.lines)
    assert played.counts["done"] >= 12 and min(kinds[each] for each in ("posting", "receivables", "statement")) > 0, (played.counts, kinds)
