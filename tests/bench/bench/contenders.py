"""Who does a job: HTTP requests sent by wrk, a script run by pgbench, or whatever else can be sampled for some seconds."""

from . import load
from .measure import metered

READ_CONNECTIONS = 64
WRITE_CONNECTIONS = 32


class Contender:
    """To be told in the table's lines (has_rate), or only in its job's figures."""

    has_rate = True
    once = False             # taken in the last round alone, and not for warming up: what takes long, or what the load before leaves behind

    def __init__(self, name, pids=dict):
        """pids: called when the time comes: {group: [pid, ...]} of whose CPU time counts; the groups are table.COLUMNS."""
        self.name = name
        self._pids = pids
        self.settling_s = []     # how long what it left behind took, each time

    def sample(self, seconds):
        self.prepare(seconds)
        sample = metered(self._pids(), lambda: self.run(seconds))
        self.finish(sample)
        return sample

    def prepare(self, seconds):
        """Not measured; like finish()."""

    def run(self, seconds):
        """A measure.Sample."""
        raise NotImplementedError

    def finish(self, sample):
        pass


class Http(Contender):
    """The same requests over and over."""

    def __init__(self, name, pids, path, port, connections=READ_CONNECTIONS, client=()):
        """path: of load.write_requests(). client: words before the client's command, as `taskset -c 1`."""
        super().__init__(name, pids)
        self._path, self._port, self._connections, self._client = path, port, connections, client

    def run(self, seconds):
        return load.run(self._path, self._port, seconds, self._connections, once=False, before=self._client)


class Pgbench(Contender):
    """run(seconds), prepare(seconds), finish(sample): as Contender's."""

    def __init__(self, name, pids, run, prepare=None, finish=None):
        super().__init__(name, pids)
        self.run = run
        self.prepare = prepare or self.prepare
        self.finish = finish or self.finish
