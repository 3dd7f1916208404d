"""Who spent what: CPU time by process, PostgreSQL's by database, and what was asked of them all (HTTP requests, statements, WAL)."""

import re
import urllib.request

from .processes import cpu_us
from .world import count_statements

_NAME = re.compile(r"/\* \w+\.(\w+) \*/")


class CpuAccount:
    """CPU time since this was made, in microseconds. Backends are told apart by their database; what is left of PostgreSQL are its own
    processes (WAL writer, checkpointer, autovacuum), and backends that came and went."""

    def __init__(self, stack, names):
        """names: of the processes besides PostgreSQL, as Stack.server() knows them."""
        self._stack, self._names = stack, names
        self._begun = self._read()

    def _backends(self):
        rows = self._stack.postgres.sql("SELECT pid, datname FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname LIKE 'cuotas\\_%'")
        return {int(pid): database.removeprefix("cuotas_") for pid, database in (line.split("\t") for line in rows.splitlines())}

    def _read(self):
        backends = self._backends()
        return {"processes": {name: cpu_us(self._stack.server(name).pid) for name in self._names},
                "backends": {pid: (database, cpu_us(pid)) for pid, database in backends.items()},
                "postgres": cpu_us(self._stack.postgres.pid)}

    def spent(self):
        """{name: us}; databases as "PostgreSQL, <service>", PostgreSQL's own processes as "PostgreSQL itself"."""
        now = self._read()
        spent = {name: now["processes"][name] - self._begun["processes"][name] for name in self._names}
        backends = {}
        for pid, (database, used) in now["backends"].items():
            key = f"PostgreSQL, {database}"
            backends[key] = backends.get(key, 0) + used - self._begun["backends"].get(pid, (database, 0))[1]
        rest = now["postgres"] - self._begun["postgres"] - sum(backends.values())
        return {**spent, **dict(sorted(backends.items())), "PostgreSQL itself": max(0, rest)}


# ---- HTTP

def requests_answered(stack):
    """{(service, operation): count} since the services started."""
    found = {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for service, url in stack.service_urls.items():
        with opener.open(url + "/metrics", timeout=10) as reply:
            text = reply.read().decode()
        for operation, count in re.findall(r'^cuotas_http_requests_total\{operation="([^"]+)",[^}]*\} (\d+)$', text, re.M):
            found[service, operation] = found.get((service, operation), 0) + int(count)
    return found


# ---- statements

class StatementCounts:
    """Counts every statement while this is open; costs a few percent, so not while rates are taken."""

    def __init__(self, postgres):
        self._postgres = postgres

    def __enter__(self):
        self._postgres.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        count_statements(self._postgres, True)
        self._postgres.sql("SELECT pg_stat_statements_reset()")
        return self

    def __exit__(self, *_):
        count_statements(self._postgres, False)

    def told(self):
        """[(service, statement's name, calls, microseconds it was planned, and ran, WAL bytes)] of the services' own statements, which
        begin with their names."""
        rows = self._postgres.sql(r"""
            SELECT d.datname, translate(left(s.query, 80), E'\n\t', '  '), s.calls, s.total_plan_time * 1000, s.total_exec_time * 1000, s.wal_bytes
            FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid
            WHERE s.query LIKE '/* %.% */%' AND d.datname LIKE 'cuotas\_%'""")
        found = []
        for line in rows.splitlines():
            database, text, calls, planned, ran, wal = line.split("\t")
            found.append((database.removeprefix("cuotas_"), _NAME.match(text)[1], int(calls), float(planned), float(ran), int(wal)))
        return found


def wal_position(postgres):
    return int(postgres.sql("SELECT pg_current_wal_insert_lsn() - '0/0'"))


def transactions_written(postgres):
    return int(postgres.sql("SELECT pg_snapshot_xmax(pg_current_snapshot())"))
