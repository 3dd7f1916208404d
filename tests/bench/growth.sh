#!/bin/sh
# What lists, the statement of account and the day's close cost as the tables grow; README.md beside this. `tests/bench/growth.sh --help` for the options.
cd "$(dirname "$0")/../.." && PYTHONPATH=.:tests/bench exec /usr/bin/python3 -B -m bench.growth_run "$@"
