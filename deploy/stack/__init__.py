"""The launcher: everything Cuotas runs on, private to one directory. Used by `make run`, `make demo` and the tests alike.

Only the standard library and Debian's binaries, so that it works before anything is installed for tests."""

from .stack import Stack
from .process import StartError

__all__ = ["Stack", "StartError"]
