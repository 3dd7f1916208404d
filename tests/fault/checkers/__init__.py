"""Judges. A checker is a function of the evidence that yields findings, one text each, and changes nothing; `@checker` puts it on the list. What it says
must follow from the evidence alone: the history file, the databases, the provider's own ledger, the mails that arrived, metrics, recorded traffic.
tests/fault/test_fault.py shows for each that it can fail."""

import traceback

CHECKERS = {}
FINDINGS_MAX, FINDINGS_SHOWN = 200, 8


def checker(function):
    CHECKERS[function.__name__] = function
    return function


def judge(evidence, only=None):
    """{checker: [findings]} of those that found something. A checker that breaks is a finding too: evidence it cannot read is no evidence."""
    from . import answers, carts, changes, credit, debits, documents, effects, events, fulfilment, ledger, logs, mails, money, projections, promotions, rest, stock, traffic   # noqa: F401  (they put themselves on the list)
    found = {}
    for name, function in CHECKERS.items():
        if only and name not in only:
            continue
        findings = []
        try:
            for finding in function(evidence):
                findings.append(str(finding))
                if len(findings) == FINDINGS_MAX:
                    findings.append("... and more")
                    break
        except Exception as failure:
            traceback.print_exc()
            findings.append(f"the checker broke on this evidence: {failure!r}")
            evidence.rollback()
        if findings:
            found[name] = findings
    return found
