#!/bin/sh
# Counts instructions per request; README.md beside this says how. `tests/bench/instructions.sh --help` for the options.
cd "$(dirname "$0")/../.." && PYTHONPATH=.:tests/bench exec /usr/bin/python3 -B -m bench.instructions "$@"
