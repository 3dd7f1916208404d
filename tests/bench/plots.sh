#!/bin/sh
# Measures what the plots show (throughput by connections, cost by size) and draws them into tests/bench/plots: some fifteen minutes. With
# arguments: growth.sh's, as --keep DIR or --sizes 10000,100000.
set -e
cd "$(dirname "$0")/../.."
export PYTHONPATH=.:tests/bench
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
/usr/bin/python3 -B -m bench.sweep --json "$directory/sweep.json"
/usr/bin/python3 -B -m bench.growth_run --promised --json "$directory/growth.json" "$@"
/usr/bin/python3 -B -m bench.plots --sweep "$directory/sweep.json" --growth "$directory/growth.json" --out tests/bench/plots
