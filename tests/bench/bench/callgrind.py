"""One process of a stack under callgrind: how many instructions it executes for what it is asked.

Counted is the process alone, without the kernel, so the count is the same on a busy machine and on an idle one. What would differ
between processors is fixed: the string functions glibc and the ciphers OpenSSL choose by what the CPU can do."""

import glob
import os
import re
import shlex
import subprocess
import time

from .measure import Failed

VALGRIND = "/usr/bin/valgrind"
# Variants every x86-64 of the last fifteen years has: SSE2 in glibc, SSSE3, SSE4.1, carry-less multiplication and AES in OpenSSL.
SAME_CODE = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + ",".join("-" + name for name in (
        "AVX", "AVX2", "AVX_Fast_Unaligned_Load", "AVX512F", "AVX512VL", "AVX512BW", "BMI1", "BMI2", "LZCNT", "MOVBE", "ERMS", "FSRM",
        "SSE4_1", "SSE4_2", "SSSE3")),
    "OPENSSL_ia32cap": "0x0208020307000000:0x0",
}


class Counted:
    """with Counted(stack, "catalog", directory) as counted: that service of the stack runs under callgrind inside the block."""

    def __init__(self, stack, name, directory):
        self.stack = stack
        self.name = name
        self.directory = os.path.join(directory, f"counted-{name}")
        self._program = stack._binary(name)
        self._dumps = 0

    def __enter__(self):
        os.makedirs(self.directory, exist_ok=True)
        self._write_program()
        self.stack.replace_one(self.name, binaries=self.directory, beside=False)
        self._order("instrumentation on")
        return self

    def __exit__(self, *_):
        self.stack.replace_one(self.name, beside=False)

    def _write_program(self):
        """Under the service's own name: valgrind, which then runs it."""
        path = os.path.join(self.directory, self.name)
        environment = " ".join(f"{name}={shlex.quote(value)}" for name, value in SAME_CODE.items())
        argv = [VALGRIND, "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={self._out}", f"--vgdb-prefix={self._pipe}",
                "--max-stackframe=16777216", "-q", self._program]
        with open(path, "w") as file:
            file.write(f"#!/bin/sh\nexec env {environment} {shlex.join(argv)} \"$@\"\n")
        os.chmod(path, 0o755)

    @property
    def _out(self):
        return os.path.join(self.directory, "out")

    @property
    def _pipe(self):
        return os.path.join(self.directory, "vgdb-pipe")

    def _order(self, text):
        done = subprocess.run(["vgdb", f"--vgdb-prefix={self._pipe}", f"--pid={self.stack.server(self.name).pid}", *text.split()],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Failed(f"{self.name} under callgrind did not obey `{text}`: {done.stderr[-300:]}")

    def count(self, work):
        """(instructions, seconds) that passed while work() did."""
        self._order("zero")
        started = time.monotonic()
        work()
        passed_s = time.monotonic() - started
        before = set(self._dump_files())
        self._order("dump")
        new, = set(self._dump_files()) - before
        with open(new) as file:
            total = re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M)
        if not total:
            raise Failed(f"callgrind wrote no sum into {new}")
        self.last = new
        return int(total[1]), passed_s

    def _dump_files(self):
        return glob.glob(glob.escape(self._out) + ".*")

    def functions(self, count):
        """[(share, name)] of the functions that executed most in the last count, without what they called."""
        done = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", self.last], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True)
        rows = re.findall(r"^ *[\d,]+ \( *([\d.]+)%\)  (?:\S+?:)?([^\[\n]+?)(?: \[([^\]]*)\])?$", done.stdout, re.M)
        return [(float(share) / 100, f"{name} ({os.path.basename(file)})" if name.startswith("0x") else name.split("'")[0])
                for share, name, file in rows if name != "PROGRAM TOTALS"][:count]
