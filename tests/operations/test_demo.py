"""`make demo` comes to its end: every chapter as README tells it, on a stack of its own."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))


def test_every_chapter(scratch):
    environment = {**os.environ, "CUOTAS_DIR": os.path.join(scratch, "no-run-here")}
    if "CUOTAS_BIN" in os.environ:
        environment["CUOTAS_BINARIES"] = os.path.dirname(os.environ["CUOTAS_BIN"])
    done = subprocess.run([sys.executable, "-B", "-m", "deploy.demo"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240 * SLOW)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "everything as it should be" in done.stdout
