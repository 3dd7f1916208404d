"""No secret of the run in any log of any process, whatever failed meanwhile (tests/leaks.py)."""

import os
import sys

from . import checker
from ..evidence import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests"))
import leaks   # noqa: E402


@checker
def logs_hold_no_secrets(evidence):
    hits, files, _ = leaks.scan(evidence.logs_below, leaks.needles(os.path.dirname(evidence.traffic_path)))
    if not files:
        yield f"there is no log below {evidence.logs_below}"
    yield from hits
