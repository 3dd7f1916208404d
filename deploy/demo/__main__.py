"""make demo: the whole journey through the public API, told as it happens.

With `make run` up it plays there (found by $CUOTAS_DIR/demo.json); otherwise it starts a stack of its own in a temporary directory
and stops it afterwards. Ends with status 1 as soon as a step does not go as it should."""

import json
import os
import shutil
import signal
import sys
import tempfile

from deploy.stack import Stack, StartError
from deploy.stack.network import http_status
from deploy.stack.run import CATALOG, settings

from .story import Story, Wrong


def running():
    """The facts of a `make run` that answers, or None."""
    directory, _ = settings()
    try:
        with open(os.path.join(directory, "demo.json")) as file:
            facts = json.load(file)
    except FileNotFoundError:
        return None
    return facts if http_status(facts["gateway"] + "/readyz") == 200 else None


def play(facts):
    try:
        Story(facts).tell()
        return 0
    except Wrong as wrong:
        print(f"\nmake demo: this did not go as it should: {wrong}", file=sys.stderr)
        return 1


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    facts = running()
    if facts:
        print(f"Playing on the running Cuotas at {facts['gateway']}.")
        return play(facts)
    print("No `make run` is up: starting Cuotas in a temporary directory.")
    directory = tempfile.mkdtemp(prefix="cuotas-demo-", dir="/tmp")
    os.chmod(directory, 0o755)   # PostgreSQL runs as another user when this is root
    binaries = os.environ.get("CUOTAS_BINARIES")
    stack = Stack(os.path.join(directory, "run"), binaries=binaries and os.path.join(binaries, "bin"), report=lambda line: print(f"  {line}", flush=True))
    try:
        stack.start()
        return play({"gateway": stack.gateway_url, "staff": stack.staff, "mail_dir": stack.mail_dir, "catalog": CATALOG})
    finally:
        stack.stop()
        shutil.rmtree(directory, ignore_errors=True)


try:
    sys.exit(main())
except StartError as failure:
    print(f"make demo: {failure}", file=sys.stderr)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
