"""The harness's side of the shim (control.h): arms, counts and reads back one process at run time; and cuts its connections.

Invariant: the layout and the order of CLASSES are control.h's; test_torture.py checks that a shim and this file agree by counting."""

import ctypes
import mmap
import os
import socket
import struct

CLASSES = ("alloc", "read", "write", "short", "eintr", "connect", "fd", "watch", "map", "send", "result", "query", "answer")
HOWS = ("once", "on", "every")
# Only seen when something connects anew: the process's connections are cut before such a run.
CUTTING = ("connect", "fd", "watch", "map")
# What the server may answer, in turn: out of memory, disk full, serialization, deadlock, cancelled, shut down.
SQLSTATES = ("53200", "53100", "40001", "40P01", "57014", "57P01")

_COUNTS = len(CLASSES) * 8
_SEEN, _FAILED, _N, _WHERE = (_COUNTS + 8 * i for i in range(4))
_CLASS, _HOW, _COUNTING, _ARMED = (_COUNTS + 32 + 4 * i for i in range(4))
_SQLSTATE = _COUNTS + 48
_PIDFD_OPEN, _PIDFD_GETFD = 434, 438
_libc = ctypes.CDLL(None, use_errno=True)


class Control:
    """One process's control page."""

    def __init__(self, directory, pid):
        self.pid = pid
        with open(os.path.join(directory, str(pid)), "r+b") as file:
            self._page = mmap.mmap(file.fileno(), 4096)

    def close(self):
        self._page.close()

    def arm(self, name, n, how="once", sqlstate=""):
        self.disarm()
        struct.pack_into("=QQQQ", self._page, _SEEN, 0, 0, n, 0)
        struct.pack_into("=8s", self._page, _SQLSTATE, sqlstate.encode())
        struct.pack_into("=II", self._page, _CLASS, CLASSES.index(name), HOWS.index(how))
        struct.pack_into("=I", self._page, _ARMED, 1)

    def disarm(self):
        struct.pack_into("=I", self._page, _ARMED, 0)

    def count(self):
        """From here on; counted() ends it."""
        self._page[:_COUNTS] = bytes(_COUNTS)
        struct.pack_into("=I", self._page, _COUNTING, 1)

    def counted(self):
        struct.pack_into("=I", self._page, _COUNTING, 0)
        return dict(zip(CLASSES, struct.unpack_from(f"={len(CLASSES)}Q", self._page, 0)))

    @property
    def failed(self):
        """Calls that were made to fail since it was armed."""
        return struct.unpack_from("=Q", self._page, _FAILED)[0]

    @property
    def where(self):
        """Who made the last call that failed: "file+offset" for addr2line."""
        address = struct.unpack_from("=Q", self._page, _WHERE)[0]
        return locate(self.pid, address) if address else ""


def locate(pid, address):
    try:
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
            regions = [line.split() for line in maps]
    except OSError:
        return hex(address)
    base = {}
    for region in regions:
        start, end = (int(part, 16) for part in region[0].split("-"))
        name = region[5] if len(region) > 5 else ""
        base.setdefault(name, start)
        if start <= address < end:
            return f"{os.path.basename(name)}+{address - base[name]:#x}"
    return hex(address)


def cut_connections(pid):
    """Shuts every connected socket of another process down, as a network that goes away would; how many. Listeners stay."""
    process = _libc.syscall(_PIDFD_OPEN, pid, 0)
    if process < 0:
        raise OSError(ctypes.get_errno(), "pidfd_open")
    cut = 0
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            fd = _libc.syscall(_PIDFD_GETFD, process, int(name), 0)
            if fd < 0:
                continue
            try:
                with socket.socket(fileno=fd) as copy:
                    if copy.getpeername():   # a pair of its own, as libevent's, has no name
                        copy.shutdown(socket.SHUT_RDWR)
                        cut += 1
            except OSError:
                pass
    finally:
        os.close(process)
    return cut
