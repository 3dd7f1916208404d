"""Runs every test and counts: C unit tests (build/tests/unit/*), pytest (in groups, at the same time), the contract check of the traffic pytest made, and the search of all logs for
what must not be in them (leaks.py).

Everything they need is started here, in one scratch directory that is removed at the end, and dies with this process."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [ROOT, os.path.join(ROOT, "tests"), os.path.join(ROOT, "tests", "contract")]

import leaks   # noqa: E402
from deploy.stack import Stack, StartError   # noqa: E402
from validate import validate   # noqa: E402

SANITIZED = os.environ.get("SAN") == "1"
BUILD = os.environ.get("CUOTAS_BINARIES") or os.path.join(ROOT, "build", *(["san"] if SANITIZED else []))
SLOW = 4 if SANITIZED else 1
UNIT_BOUND_S = 120
SANITIZER_OPTIONS = {
    # Every finding is printed; the scan of the logs afterwards makes it a failure, wherever it happened.
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=0:abort_on_error=0:exitcode=99:handle_abort=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=0",
    "LSAN_OPTIONS": "exitcode=99",
}
FINDING = re.compile(rb"ERROR: (Address|Leak)Sanitizer|runtime error:|SUMMARY: \w*Sanitizer")


class Count:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, passed, failed):
        self.passed += passed
        self.failed += failed


def say(line):
    print(line, flush=True)


def openapi_path():
    """Generated once for all variants of a build (build/gen beside build/san)."""
    here = os.path.join(BUILD, "gen", "openapi.json")
    return here if os.path.exists(here) else os.path.join(os.path.dirname(BUILD), "gen", "openapi.json")


def spawn(argv, **options):
    """A child that dies with us."""
    return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *argv], **options)


# ---- C unit tests

def unit_programs():
    directory = os.path.join(BUILD, "tests", "unit")
    names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    return [os.path.join(directory, name) for name in names
            if os.access(os.path.join(directory, name), os.X_OK) and os.path.isfile(os.path.join(directory, name)) and "." not in name]


def tap_counts(output, status):
    """(passed, failed) of a cmocka program's TAP output; what says it skips is neither. One that ended badly without saying so has a
    failure more."""
    skipped = len(re.findall(rb"^(?:not )?ok \d+ # SKIP", output, re.M))
    passed = len(re.findall(rb"^ok \d+(?! # SKIP)\b", output, re.M))
    failed = len(re.findall(rb"^not ok \d+(?! # SKIP)\b", output, re.M))
    planned = sum(int(count) for count in re.findall(rb"^1\.\.(\d+)", output, re.M))
    if status != 0 and failed == 0 or planned > passed + failed + skipped or passed + failed + skipped == 0:
        failed += 1
    return passed, failed


def run_unit(count, scratch, servers):
    programs = unit_programs()
    if not programs:
        say(f"FAILED unit: there is no program in {BUILD}/tests/unit")
        count.add(0, 1)
    for program in programs:
        name = os.path.basename(program)
        database = "unit_" + re.sub(r"\W", "_", name)
        servers.postgres.sql(f"CREATE DATABASE {database}")
        environment = {**os.environ, **(SANITIZER_OPTIONS if SANITIZED else {}), "CMOCKA_MESSAGE_OUTPUT": "TAP", "CUOTAS_ROOT": ROOT,
                       "CUOTAS_SHARED": os.environ.get("CUOTAS_SHARED") or os.path.join(os.path.dirname(ROOT), "shared"),
                       "CUOTAS_TEST_PG": servers.postgres.superuser_url(database), "CUOTAS_TEST_REDIS": servers.redis.url}
        started = time.monotonic()
        child = spawn([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=scratch)
        try:
            output, _ = child.communicate(timeout=UNIT_BOUND_S * SLOW)
        except subprocess.TimeoutExpired:
            child.kill()
            output, _ = child.communicate()
            output += b"\nnot ok 999999 - ended after its time limit\n"
        passed, failed = tap_counts(output, child.returncode)
        if FINDING.search(output):
            failed += 1
        count.add(passed, failed)
        say(f"{'FAILED' if failed else 'ok'} unit {name}: {passed} passed, {failed} failed, {time.monotonic() - started:.1f} s")
        for line in re.findall(rb"^skipped: .*", output, re.M):
            say("  " + line.decode(errors="replace"))
        if failed:
            say(output.decode(errors="replace")[-6000:])


# ---- pytest

# So many at a time, for much of their time is waiting: five that share a stack each (what was told there is judged beside those who make it tell; the days of those who
# are late are walked where few others owe anything), and those that ruin stacks of their own. The longest begin. Their names are short: they are part of unix sockets' paths.
AT_ONCE = 5
LOOK_S = 0.5
TOLD, AFTERWARDS = "tests/contract/test_events.py", "tests/flows/journey/test_afterwards.py"
LATE = ["tests/flows/billing/test_late_charges.py", "tests/flows/billing/test_create_waiver.py", "tests/flows/billing/test_backdated_payments.py"]
SALES, BOOKS = "tests/flows/orders", "tests/flows/billing"
GROUPS = {"flows": ["tests/flows", TOLD, f"--ignore={SALES}", f"--ignore={BOOKS}"],
          "own": ["tests", *(f"--ignore=tests/{each}" for each in ("flows", "contract", "security"))],
          "books": [BOOKS, AFTERWARDS, TOLD, *(f"--ignore={each}" for each in LATE)],
          "sales": [SALES, TOLD],
          "rules": ["tests/contract", "tests/security", f"--ignore={TOLD}"],
          "late": LATE}


def copy_programs(scratch):
    """A copy: somebody may build while the tests stop and start these."""
    shutil.copytree(os.path.join(BUILD, "bin"), os.path.join(scratch, "programs", "bin"))
    os.mkdir(os.path.join(scratch, "programs", "gen"))
    for name in ("openapi.json", "internal.json", "access.json"):
        shutil.copy(os.path.join(os.path.dirname(openapi_path()), name), os.path.join(scratch, "programs", "gen"))


class Pytest:
    """One pytest under way, in a directory of its own. What it prints goes to a file when it is not the one to be watched."""

    def __init__(self, scratch, name, arguments, whole, watched):
        self.name = name
        self.directory = os.path.join(scratch, name)
        self.traffic = os.path.join(self.directory, "traffic.jsonl")
        os.mkdir(self.directory)
        environment = {**os.environ, **(SANITIZER_OPTIONS if SANITIZED else {}), "PYTHONDONTWRITEBYTECODE": "1", "CUOTAS_SLOW": str(SLOW),
                       "CUOTAS_BIN": os.path.join(scratch, "programs", "bin"), "CUOTAS_TEST_DIR": os.path.join(self.directory, "run"),
                       "CUOTAS_TRAFFIC": self.traffic, "TMPDIR": self.directory, **({"CUOTAS_TOLD": os.path.join(self.directory, "told")} if whole else {})}
        self._report = os.path.join(self.directory, "pytest.xml")
        argv = ["/usr/bin/python3", "-B", "-m", "pytest", "-c", "tests/pytest.ini", "--rootdir", ROOT, "--no-header", "--tb=short", "-W", "ignore",
                "--basetemp", os.path.join(self.directory, "pytest"), f"--junitxml={self._report}", "--durations=10", *arguments]
        self._output = None if watched else open(os.path.join(self.directory, "output"), "w+", encoding="utf-8")
        self._child = spawn(argv, cwd=ROOT, env=environment, start_new_session=True, stdout=self._output, stderr=self._output)

    def runs(self):
        return self._child.poll() is None

    def interrupt(self):
        self._child.send_signal(signal.SIGINT)   # it stops its stacks
        try:
            self._child.wait(60)
        except subprocess.TimeoutExpired:
            self._child.kill()

    def finish(self, count):
        """Waits, shows what it printed, and counts."""
        status = self._child.wait()
        if self._output:
            self._output.seek(0)
            say(f"== tests: {self.name}\n{self._output.read()}")
            self._output.close()
        try:
            suites = list(xml.etree.ElementTree.parse(self._report).getroot().iter("testsuite"))
            total, failed, skipped = (sum(int(suite.get(name)) for suite in suites) for name in ("tests", "failures", "skipped"))
            failed += sum(int(suite.get("errors")) for suite in suites)
            count.add(max(0, total - failed - skipped), failed)
            if status not in (0, 1):
                raise OSError
            if status == 1 and not failed:
                count.add(0, 1)
        except (OSError, xml.etree.ElementTree.ParseError):
            say(f"FAILED pytest ended with status {status}")
            count.add(0, 1)


def run_pytest(count, scratch, arguments):
    """The records of the traffic."""
    copy_programs(scratch)
    wanted = {"asked": arguments} if arguments else GROUPS
    under_way = []
    try:
        for name, each in wanted.items():
            while sum(other.runs() for other in under_way) >= AT_ONCE:
                time.sleep(LOOK_S)
            say(f"== tests: {name}" + ("" if not under_way else ", meanwhile"))
            under_way.append(Pytest(scratch, name, each, whole=not arguments, watched=not under_way))
        for each in under_way:
            each.finish(count)
    except BaseException:
        for each in under_way:
            each.interrupt()
        raise
    return [each.traffic for each in under_way if os.path.exists(each.traffic)]


# ---- what only shows in all of them

def check_told(count, scratch):
    """Every announced event was told on some stack: one test each."""
    told = set()
    for name in GROUPS:
        path = os.path.join(scratch, name, "told")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                told.update(tuple(line.split()) for line in file)
    announced = set()
    directory = os.path.join(ROOT, "proto", "events")
    for name in os.listdir(directory):
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            announced |= {(name.removesuffix(".yaml"), event) for event in yaml.safe_load(file)["components"]["messages"]}
    for service, event in sorted(announced - told):
        say(f"FAILED events: {service} announces {event}, and no test makes it tell")
    say(f"events: {len(announced & told)} of {len(announced)} announced were told")
    count.add(len(announced & told), len(announced - told))


def check_logs(count, scratch):
    """A sanitizer's finding in any log of any process is one failure each."""
    for directory, _, names in os.walk(scratch):
        for name in names:
            if ".log" not in name:
                continue
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                text = file.read()
            found = FINDING.search(text)
            if found:
                say(f"FAILED sanitizer, in {os.path.relpath(path, scratch)}:\n{text[found.start():][:6000].decode(errors='replace')}")
                count.add(0, 1)


def check_leaks(count, scratch, partial):
    """No secret in any log of any process: one test, whatever it finds."""
    wanted = leaks.needles(scratch)
    hits, files, size = leaks.scan(scratch, wanted)
    if partial and not files:
        say("leaks: these tests leave no logs")
        return
    for hit in hits[:40]:
        say(f"FAILED leak, {hit}")
    say(f"leaks: {files} logs of {size / 1e6:.1f} MB searched for {len(wanted)} secrets of this run and for {len(leaks.SHAPES) + 1} kinds of them: {len(hits)} found")
    count.add(not hits and files > 0, bool(hits) or files == 0)


def main(arguments):
    count = Count()
    started = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.default_int_handler)   # also where it was ignored: a background job of a script
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    scratch = tempfile.mkdtemp(prefix="cuotas-test-", dir="/tmp")
    os.chmod(scratch, 0o755)   # PostgreSQL runs as another user when the tests run as root
    servers = None
    try:
        if not arguments:
            say("== unit tests")
            servers = Stack(os.path.join(scratch, "unit")).start_servers_only()
            run_unit(count, scratch, servers)
            servers.stop()
            servers = None
        records = run_pytest(count, scratch, arguments)
        say("== contract")
        if records:
            count.add(*validate(os.path.join(scratch, "programs", "gen", "openapi.json"), records, partial=bool(arguments), say=say))
        elif arguments:
            say("contract: these tests record no traffic here")   # they have a stack, and a record, of their own
        else:
            say("FAILED contract: no traffic was recorded")
            count.add(0, 1)
        if not arguments:
            check_told(count, scratch)
        if SANITIZED:
            check_logs(count, scratch)
        say("== logs")
        check_leaks(count, scratch, bool(arguments))
    except StartError as failure:
        say(f"FAILED {failure}")
        count.add(0, 1)
    except KeyboardInterrupt:
        say("interrupted")
        count.add(0, 1)
    finally:
        if servers:
            servers.stop()
        keep_logs(count, scratch)
        shutil.rmtree(scratch, ignore_errors=True)
    say(f"{time.monotonic() - started:.0f} s in all")
    say(f"{count.passed} passed, {count.failed} failed")
    return 1 if count.failed else 0


def keep_logs(count, scratch):
    """After a failure the services' logs are worth more than a clean disk: the last ones are kept below build/."""
    kept = os.path.join(ROOT, "build", "test-logs")
    shutil.rmtree(kept, ignore_errors=True)
    if not count.failed:
        return
    for directory, _, names in os.walk(scratch):
        for name in names:
            if ".log" in name or name == "traffic.jsonl":
                target = os.path.join(kept, os.path.relpath(directory, scratch))
                os.makedirs(target, exist_ok=True)
                shutil.copy(os.path.join(directory, name), target)
    say(f"logs of the failed run: {os.path.relpath(kept, ROOT)}/")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
