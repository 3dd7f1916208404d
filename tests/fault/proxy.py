"""The links between the processes of a fault run, in a process of its own (proxy.c) that this module speaks to.

A Link is broken by naming what happens on each way: "up" from the caller to the peer, "down" back. heal() makes it whole."""

import subprocess
import threading

from deploy.stack.process import StartError

from .tools import tool


class Proxy:
    def __init__(self):
        self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", tool("proxy")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, bufsize=1, start_new_session=True)
        self._lock = threading.Lock()

    @property
    def pid(self):
        return self._process.pid

    def link(self, name, listen, target):
        """listen, target: host:port, or a unix socket's path."""
        self.command(f"link {name} {listen} {target}")
        return Link(self, name, listen, target)

    def command(self, line):
        """The words of the answer; StartError when the proxy refuses."""
        with self._lock:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline().split()
        if not answer or answer[0] != "ok":
            raise StartError(f"proxy: {line}: {' '.join(answer) or 'it is gone'}")
        return answer[1:]

    def stop(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


class Link:
    def __init__(self, proxy, name, address, target):
        self.name = name
        self.address = address   # where the caller finds the peer,
        self.target = target     # and where the peer is
        self._proxy = proxy

    def __repr__(self):
        return f"<link {self.name}>"

    # ---- single means

    def way(self, side, mode="pass", after=0, delay_ms=0, jitter_ms=0):
        """mode: pass; hold: nothing passes, nothing is lost; lose: dropped silently; reset: RST to both ends after `after` more bytes."""
        self._proxy.command(f"way {self.name} {side} {mode} {after} {int(delay_ms * 1000)} {int(jitter_ms * 1000)}")

    def refuse(self, refused=True):
        """New connections are refused; those that are open go on."""
        self._proxy.command(f"refuse {self.name} {int(refused)}")

    def reset(self):
        """RST to both ends of all that is open."""
        self._proxy.command(f"reset {self.name}")

    def lead_to(self, target):
        """New connections go there; those that are open stay where they are."""
        self._proxy.command(f"target {self.name} {target}")

    def heal(self):
        self.refuse(False)
        for side in ("up", "down"):
            self.way(side)

    def stat(self):
        """How much went through since the start: accepted, open, bytes up, bytes down, resets; and the bytes either way that wait here, for their way is held."""
        return dict(zip(("accepted", "open", "up", "down", "resets", "waiting_up", "waiting_down"), map(int, self._proxy.command(f"stat {self.name}"))))

    # ---- what networks do

    def cut(self):
        """The peer cannot be reached any more: refused, and what is open is reset."""
        self.refuse()
        self.reset()

    def stall(self):
        """Accepts, and passes nothing either way, until it is healed."""
        self.way("up", "hold")
        self.way("down", "hold")

    def delay(self, delay_ms, jitter_ms=0):
        for side in ("up", "down"):
            self.way(side, "pass", delay_ms=delay_ms, jitter_ms=jitter_ms)

    def half_cut(self, silently=False):
        """Requests pass and are done; their answers are lost. The caller sees a reset, or (silently) nothing at all."""
        self.way("down", "lose" if silently else "reset")

    def tear(self, side, after):
        """Every connection breaks in the middle of what it carries that way, `after` bytes from now."""
        self.way(side, "reset", after=after)

    def one_way(self, side):
        """Only that way passes anything; the other waits."""
        self.way("down" if side == "up" else "up", "hold")
