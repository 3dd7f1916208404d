#!/bin/sh
# All tests, against the programs as built:
#     tests/run.sh                          everything
#     tests/run.sh tests/flows/catalog -k import    some flow tests (arguments for pytest), and the contract check of their traffic
# SAN=1 takes the sanitizer build. The last line is "N passed, N failed"; the exit status says the same. See runner.py.
cd "$(dirname "$0")/.." && exec /usr/bin/python3 -B tests/runner.py "$@"
