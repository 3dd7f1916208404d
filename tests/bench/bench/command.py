"""How a bench is run: in a directory of its own, which is gone afterwards, whatever ends it."""

import os
import shutil
import signal
import sys
import tempfile
import time

from deploy.stack import StartError

from .machine import say
from .measure import Failed


def run_in_directory(name, work, keep=None):
    """The exit code of `work(directory)`, 0 where it tells none. The directory is `keep`, which stays, or a new one."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    directory = os.path.abspath(keep) if keep else tempfile.mkdtemp(prefix="cuotas-bench-")
    os.makedirs(directory, exist_ok=True)
    os.chmod(directory, 0o755)   # PostgreSQL runs as another user when this runs as root
    started = time.monotonic()
    try:
        code = work(directory) or 0
        say(f"took {time.monotonic() - started:.0f} s")
        return code
    except (Failed, StartError) as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if not keep:
            shutil.rmtree(directory, ignore_errors=True)
