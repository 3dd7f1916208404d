#!/bin/sh
# Measures and prints one table; README.md beside this says what is in it. `tests/bench/run.sh --help` for the options.
cd "$(dirname "$0")/../.." && PYTHONPATH=.:tests/bench exec /usr/bin/python3 -B -m bench "$@"
