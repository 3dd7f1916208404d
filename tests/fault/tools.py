"""Where `make fault-build` put the C tools of the fault run (they are the same for every variant of a build)."""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def tool(name):
    given = os.environ.get("CUOTAS_BINARIES")
    for base in [given, given and os.path.dirname(given), os.path.join(ROOT, "build")]:
        path = base and os.path.join(base, "tests", "fault", name)
        if path and os.path.exists(path):
            return path
    raise FileNotFoundError(f"{name} is not built; `make fault-build` builds it")
