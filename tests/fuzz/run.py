"""`make fuzz`: runs the fuzz targets with libFuzzer over their committed corpora, and says what was executed.

TARGET=name,...   only these            RUNS=n      executions each (10,000,000)
SECONDS=n         at most so long each  JOBS=n      targets at the same time (2)
MERGE=1           afterwards adds inputs that reach new code to tests/fuzz/corpus, within its bounds

What a run finds besides (its working corpus, a log, crashing inputs) stays in build/fuzz/work/. The exit status is 1 when a target crashed, hung, or outgrew its
memory; the input is then in build/fuzz/work/<target>/found/, and build/fuzz/tests/fuzz/fuzz_<target> FILE runs it again."""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "tests", "fuzz")
PROGRAMS = os.path.join(ROOT, "build", "fuzz", "tests", "fuzz")
WORK = os.path.join(ROOT, "build", "fuzz", "work")
CORPUS_FILES_MAX, CORPUS_BYTES_MAX = 300, 200_000
# Longest input, where 512 bytes are not right for it: what a target says about short inputs holds for long ones, and short ones are fast.
LONGEST = {"http1": 400, "server": 700, "csv": 300, "jwt": 700, "orders_plan": 96, "orders_simulate": 600, "orders_simulate_apr": 600, "orders_plan_ops": 600, "billing_stripe": 700, "event": 900}
TIMEOUT_S, MEMORY_MB = 30, 2048   # of wall time: on a busy machine an input may have to wait for its turn


def targets():
    names = sorted(name[5:] for name in os.listdir(PROGRAMS) if name.startswith("fuzz_") and "." not in name)
    wanted = [name for name in os.environ.get("TARGET", "").replace(",", " ").split()]
    unknown = set(wanted) - set(names)
    if unknown:
        sys.exit(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return wanted or names


def command(target):
    argv = [os.path.join(PROGRAMS, f"fuzz_{target}"), f"-max_len={LONGEST.get(target, 512)}", f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB}",
            f"-artifact_prefix={os.path.join(WORK, target, 'found')}/", "-print_final_stats=1", "-entropic=0", "-verbosity=1"]
    dictionary = os.path.join(HERE, "dict", f"{target}.dict")
    return argv + ([f"-dict={dictionary}"] if os.path.exists(dictionary) else [])


def directories(target):
    work = os.path.join(WORK, target, "corpus")
    os.makedirs(work, exist_ok=True)
    os.makedirs(os.path.join(WORK, target, "found"), exist_ok=True)
    committed = os.path.join(HERE, "corpus", target)
    os.makedirs(committed, exist_ok=True)
    return work, committed


def last(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def run(target):
    work, committed = directories(target)
    runs, seconds = os.environ.get("RUNS"), os.environ.get("SECONDS")
    limit = [f"-runs={runs or 10_000_000}"] + ([f"-max_total_time={seconds}"] if seconds else [])
    started = time.monotonic()
    path = os.path.join(WORK, target, "log")
    with open(path, "wb") as log:
        status = subprocess.run(["nice", "-n", "10", *command(target), *limit, work, committed], stdout=log, stderr=log).returncode
    with open(path, errors="replace") as log:
        text = log.read()
    took = time.monotonic() - started
    executed = last(r"number_of_executed_units: (\d+)", text)
    print(f"{'ok    ' if status == 0 else 'FAILED'} {target:24} {executed:>11,} executions  {took:7.0f} s  {executed / took:8,.0f}/s  "
          f"{last(r'cov: ([0-9]+)', text):6} edges  {last(r'corp: ([0-9]+)', text):5} inputs", flush=True)
    if status:
        print("\n".join(text.splitlines()[-40:]), flush=True)
    return status == 0


def size_of(directory):
    return sum(entry.stat().st_size for entry in os.scandir(directory))


def merge(target):
    """Adds the smallest inputs that reach what the committed ones do not; what is committed stays."""
    work, committed = directories(target)
    fresh = os.path.join(WORK, target, "fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(committed, fresh)
    subprocess.run([*command(target), "-merge=1", fresh, work], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    new = sorted((entry.stat().st_size, entry.path) for entry in os.scandir(fresh) if not os.path.exists(os.path.join(committed, entry.name)))
    files, size = len(os.listdir(committed)), size_of(committed)
    for bytes_, path in new:
        if files == CORPUS_FILES_MAX or size + bytes_ > CORPUS_BYTES_MAX:
            break
        shutil.copy(path, committed)
        files, size = files + 1, size + bytes_
    print(f"corpus {target}: {files} files, {size} bytes")


def main():
    names = targets()
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        good = list(pool.map(run, names))
    if os.environ.get("MERGE") == "1":
        for name in names:
            merge(name)
    print(f"{sum(good)} targets clean, {len(good) - sum(good)} with findings")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
