"""The version before this one, for upgrades: which it is, and its programs.

released.sha256 lists the migrations of the last version that was handed out; the newest commit with exactly those is that version (CUOTAS_PREVIOUS names
another). It is built once, into build/previous/<commit>, beside the programs under test."""

import glob
import hashlib
import os
import shutil
import subprocess

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RELEASED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "released.sha256")
PLACES = ("libcommon/bus/migrations", *(os.path.relpath(path, ROOT) for path in sorted(glob.glob(os.path.join(ROOT, "services", "*", "migrations")))))


class Unknown(Exception):
    """There is no telling, or no building, the previous version here; the text says why."""


def released():
    """{path: SHA-256} of the last version's migrations."""
    with open(RELEASED) as file:
        return {path: digest for digest, path in (line.split() for line in file if line.strip() and not line.startswith("#"))}


def present():
    """The same of those in the work tree."""
    found = {}
    for place in PLACES:
        for path in sorted(glob.glob(os.path.join(ROOT, place, "*.sql"))):
            with open(path, "rb") as file:
                found[os.path.relpath(path, ROOT)] = hashlib.sha256(file.read()).hexdigest()
    return found


def _git(*arguments, **options):
    if not shutil.which("git"):
        raise Unknown("git is not installed")
    done = subprocess.run(["git", "-c", f"safe.directory={ROOT}", *arguments], cwd=ROOT, capture_output=True, **options)
    if done.returncode != 0:
        raise Unknown(f"git {' '.join(arguments[:2])}: {done.stderr.decode(errors='replace').strip()[:300]}")
    return done.stdout


def _migrations_of(commit):
    listed = _git("ls-tree", "-r", "--name-only", commit, "--", "libcommon/bus/migrations", "services").decode().split("\n")
    return [path for path in listed if path.endswith(".sql") and "/migrations/" in path]


def _is_released(commit, wanted):
    paths = _migrations_of(commit)
    return set(paths) == set(wanted) and all(hashlib.sha256(_git("cat-file", "blob", f"{commit}:{path}")).hexdigest() == wanted[path] for path in paths)


def commit():
    """The previous version's commit."""
    if not os.path.exists(os.path.join(ROOT, ".git")):
        raise Unknown("this is no git work tree: the previous version is not known")
    named = os.environ.get("CUOTAS_PREVIOUS")
    if named:
        return _git("rev-parse", "--verify", named + "^{commit}").decode().strip()
    wanted = released()
    # Only where migrations changed can the set be another one: the commit before such a one is the last with its set.
    changes = _git("log", "--format=%H", "--", "libcommon/bus/migrations", ":(glob)services/*/migrations/*").decode().split()
    for candidate in ["HEAD", *(f"{change}^" for change in changes)]:
        try:
            if _is_released(candidate, wanted):
                return _git("rev-parse", candidate).decode().strip()
        except Unknown:
            break   # a shallow clone ends here
    raise Unknown("no commit of this clone (is it shallow?) has the migrations of tests/operations/released.sha256")


def job_kinds(service):
    """The kinds of jobs that the previous version's program of a service runs: those its contract declares, and what every service does."""
    which = commit()
    contract = f"proto/{service}.yaml"
    if not _git("ls-tree", "--name-only", which, "--", contract):
        return {"day_close"}
    return {"day_close", *(yaml.safe_load(_git("cat-file", "blob", f"{which}:{contract}")).get("x-jobs") or ())}


def contract_jobs(service):
    """The kinds that this version's contract of a service declares."""
    with open(os.path.join(ROOT, "proto", f"{service}.yaml"), encoding="utf-8") as file:
        return set(yaml.safe_load(file).get("x-jobs") or ())


def binaries(build_bound_s):
    """The directory of the previous version's programs, built if they are not there yet."""
    which = commit()
    directory = os.path.join(ROOT, "build", "previous", which[:12])
    done = os.path.join(directory, "done")
    if not os.path.exists(done):
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        archive = _git("archive", which)
        subprocess.run(["tar", "x", "-C", directory], input=archive, check=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "SAN", "CC", "CUOTAS_BIN", "CUOTAS_TEST"))}
        kept.update({name: value for name, value in os.environ.items() if name.startswith("CCACHE")})
        built = subprocess.run(["nice", "make", "-j2", "all"], cwd=directory, env=kept, capture_output=True, text=True, timeout=build_bound_s)
        if built.returncode != 0:
            raise Unknown(f"the previous version ({which[:12]}) does not build here:\n{built.stderr[-2000:]}")
        open(done, "w").close()
    return which, os.path.join(directory, "build", "bin")


if __name__ == "__main__":   # when a version is handed out: python3 tests/operations/previous.py > tests/operations/released.sha256
    print("# The migrations of the last version that was handed out; they never change. tests/operations/previous.py writes this.")
    for path, digest in present().items():
        print(digest, path)
