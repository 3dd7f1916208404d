"""One child process: its log, its death with the launcher, its stop.

Every child runs in a session of its own, so that Ctrl-C reaches the launcher only, which then stops them in order; and under
PR_SET_PDEATHSIG (by setpriv, which then becomes the program: same pid), so that none outlives a launcher that was killed."""

import concurrent.futures
import os
import pwd
import signal
import stat
import subprocess
import time


# The signal of PR_SET_PDEATHSIG comes when the *thread* ends that made the child: one thread makes them all, and lives as long as we do.
_spawner = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


class StartError(Exception):
    """Something could not be started; the text is for the person at the terminal."""


def wait_until(condition, bound_s, what, every_s=0.02):
    """The first true value of condition(), polled; StartError when there is none within the bound."""
    deadline = time.monotonic() + bound_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise StartError(f"{what}: not within {bound_s:g} s")
        time.sleep(every_s)


class Process:
    def __init__(self, name, argv, log, env=None, user=None, death_signal="KILL", private_paths=()):
        """argv: absolute program first. log: path, appended to. user: pwd entry to run as, when the launcher is root.
        private_paths: directories that user must reach, even below a directory closed to it (/root)."""
        self.name = name
        self.log = log
        self._argv = ["setpriv", "--pdeathsig", death_signal, *_as_user(user, private_paths), "--", *argv]
        self._env = env
        self._popen = None

    @property
    def pid(self):
        return self._popen.pid if self._popen else None

    def running(self):
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_status(self):
        """None while running or never started; negative: the signal that ended it."""
        return self._popen.poll() if self._popen else None

    def start(self):
        if self.running():
            raise StartError(f"{self.name} runs already (pid {self.pid})")
        with open(self.log, "ab") as log:
            self._popen = _spawner.submit(subprocess.Popen, self._argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env=self._env, start_new_session=True, cwd="/").result()

    def send(self, number):
        if self.running():
            self._popen.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.wait(10)

    def stop(self, number=signal.SIGTERM, bound_s=15):
        """True when it ended by itself within the bound; killed otherwise."""
        self.send(number)
        return self.wait(bound_s)

    def wait(self, bound_s):
        if self._popen is None:
            return True
        try:
            self._popen.wait(bound_s)
            return True
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
            return False

    def log_tail(self, lines=15):
        try:
            with open(self.log, "rb") as log:
                log.seek(max(0, os.path.getsize(self.log) - 20000))
                return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


def unprivileged_user(*names):
    """Root's choice of whom a server runs as: the first of these accounts that exists. None for anybody else: they run it
    as themselves."""
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StartError("started by root, but there is no other user to run the servers as")


def owner_of(path):
    """Whom to run a server as whose files exist already: their owner."""
    return pwd.getpwuid(os.stat(path).st_uid) if os.geteuid() == 0 else None


def _as_user(user, private_paths):
    if user is None or os.geteuid() != 0:
        return []
    arguments = ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    if not all(_reachable(user, path) for path in private_paths):
        # The project lies below a directory closed to that user, root's home most likely. It keeps the one capability that
        # opens directories; copying the data elsewhere would surprise more.
        arguments += ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
    return arguments


def _reachable(user, path):
    path = os.path.abspath(path)
    while path != "/":
        path = os.path.dirname(path)
        status = os.stat(path)
        bit = stat.S_IXUSR if status.st_uid == user.pw_uid else stat.S_IXGRP if status.st_gid == user.pw_gid else stat.S_IXOTH
        if not status.st_mode & bit:
            return False
    return True


def run_quietly(argv, user=None, private_paths=(), env=None, stdin=None):
    """Runs to the end and returns its standard output; StartError with what it said when it fails."""
    full = ["setpriv", "--pdeathsig", "KILL", *_as_user(user, private_paths), "--", *argv]
    done = subprocess.run(full, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL, capture_output=True,
                          text=True, env=env, cwd="/", start_new_session=True)
    if done.returncode != 0:
        raise StartError(f"{os.path.basename(argv[0])} failed ({done.returncode}):\n{(done.stderr or done.stdout).strip()}")
    return done.stdout
