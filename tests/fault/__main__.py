"""python3 -B tests/fault --seed N --seconds S [--calm] [--dir D]: one fault run; see README.md. `make fault SEED=n SECONDS=s` builds first."""

import argparse
import os
import shutil
import signal
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.dirname(TESTS), TESTS]

from fault.run import CLIENTS, Run   # noqa: E402

SANITIZED = os.environ.get("SAN") == "1"


def say(line):
    print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60, help="of load and faults; coming to rest takes longer")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--calm", action="store_true", help="no faults")
    parser.add_argument("--dir", help="where to run; kept. Otherwise a new directory, kept when the run fails")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    directory = arguments.dir or tempfile.mkdtemp(prefix="cuotas-fault-", dir="/tmp")
    binaries = os.environ.get("CUOTAS_BINARIES")
    run = Run(directory, arguments.seed, arguments.seconds, arguments.calm, arguments.clients, say=say, slow=4 if SANITIZED else 1,
              binaries=os.path.join(binaries, "bin") if binaries else None)
    say(f"seed {run.seed}, {run.seconds:g} s, in {directory}")
    good = False
    try:
        run.play()
        run.judge()
        run.report()
        good = run.verdict()
    finally:
        run.stop()
        if not good:
            say(f"kept: {directory} (history.jsonl, traffic.jsonl, stack/log)")
            say(f"again: make fault SEED={run.seed} SECONDS={run.seconds:g}{' CALM=1' if run.calm else ''}")
        elif not arguments.dir:
            shutil.rmtree(directory, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
