"""What it runs on, and where what was built lies."""

import os
import platform

from .measure import cpu_count


def hardware():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())
    return f"{cpu_count()} CPUs, {model}, Linux {platform.release()}"


def generated_dir(binaries):
    """Generated once for all variants of a build (build/gen beside build/clang)."""
    here = os.path.join(binaries, "gen")
    return here if os.path.isdir(here) else os.path.join(os.path.dirname(os.path.abspath(binaries)), "gen")
