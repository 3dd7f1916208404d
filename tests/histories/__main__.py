"""make histories SEED=n ROUNDS=k STEPS=m: k histories of m steps, of the seeds n, n+1, ...; ONLY=1,4,9: these steps of one."""

import argparse
import os
import shutil
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [ROOT, os.path.join(ROOT, "tests")]

from histories.play import findings   # noqa: E402
from histories.shrink import report   # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--only", help="numbers of steps, with commas")
    parser.add_argument("--once", action="store_true", help="do not play it twice")
    parser.add_argument("--as-is", action="store_true", help="do not look for fewer steps")
    arguments = parser.parse_args()
    binaries = os.path.join(os.environ.get("CUOTAS_BINARIES") or os.path.join(ROOT, "build"), "bin")
    failed = 0
    for seed in range(arguments.seed, arguments.seed + arguments.rounds):
        numbers = [int(each) for each in arguments.only.split(",")] if arguments.only else list(range(arguments.steps))
        directory = tempfile.mkdtemp(prefix="cuotas-history-", dir="/tmp")
        os.chmod(directory, 0o755)
        began = time.monotonic()
        try:
            wrong, played = findings(directory, seed, numbers, binaries, print if arguments.only else None, arguments.once)
            print(f"seed {seed}: {len(numbers)} steps, {played.counts['done']} done, {played.counts['refused']} refused, {time.monotonic() - began:.0f} s: {'FAILED' if wrong else 'nothing found'}", flush=True)
            if wrong:
                failed += 1
                report(directory, seed, numbers, wrong, played, binaries, arguments.once, shrink=not arguments.as_is)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
