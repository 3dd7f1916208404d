"""Every exchange of the run is one the contracts allow, both ways."""

import os
import sys

from . import checker
from ..evidence import ROOT

sys.path.append(os.path.join(ROOT, "tests", "contract"))
from validate import validate   # noqa: E402


@checker
def traffic_is_within_the_contracts(evidence):
    said = []
    failed = validate(evidence.openapi_path, [evidence.traffic_path], partial=True, say=said.append)[1]
    yield from (line for line in said if failed and "FAILED" in line)
