"""What it runs on, where what was built lies, and a word on the way."""

import os
import platform
import sys

from deploy.stack.stack import ROOT

from .measure import cpu_count


def say(line):
    print(line, file=sys.stderr, flush=True)


def binaries_option(parser):
    parser.add_argument("--binaries", default=os.environ.get("CUOTAS_BINARIES") or os.path.join(ROOT, "build"), help="what `make` built")


def hardware():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())
    return f"{cpu_count()} CPUs, {model}, Linux {platform.release()}"


def generated_dir(binaries):
    """Generated once for all variants of a build (build/gen beside build/clang)."""
    here = os.path.join(binaries, "gen")
    return here if os.path.isdir(here) else os.path.join(os.path.dirname(os.path.abspath(binaries)), "gen")
