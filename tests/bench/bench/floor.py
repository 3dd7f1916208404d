"""The references: what PostgreSQL does with the same statements and no service in front (pgbench), and what an HTTP server does
that only answers (nginx, one worker)."""

import os
import re
import subprocess

from deploy.stack.network import Port, http_status
from deploy.stack.process import Process, wait_until

from .measure import Failed, Sample, children_cpu_us

PGBENCH_CLIENTS = 8
NGINX = "/usr/sbin/nginx"
NGINX_WORD_MAX = 4000   # of one parameter in its configuration


# ---- pgbench

def pgbench(world, database, script, variables, seconds, clients=PGBENCH_CLIENTS):
    """Transactions of this script as a Sample, in sessions set as those of a service (libcommon/db/connect.c)."""
    path = os.path.join(world.directory, "pgbench.sql")
    with open(path, "w") as file:
        file.write(script)
    argv = ["setpriv", "--pdeathsig", "KILL", "--", "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "1",
            "-T", str(seconds), "-f", path]
    argv += [part for name, value in variables.items() for part in ("-D", f"{name}={value}")]
    cpu_before = children_cpu_us()
    environment = {**world.stack.postgres.environment(database), "PGOPTIONS": "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off"}
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds + 60)
    count = re.search(r"number of transactions actually processed: (\d+)", done.stdout)
    latency = re.search(r"latency average = ([\d.]+) ms", done.stdout)
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    if done.returncode != 0 or not (count and latency and rate and failed) or int(failed[1]) or not int(count[1]):
        raise Failed(f"pgbench failed ({done.returncode}): {(done.stderr or done.stdout)[-800:]}")
    return Sample(count=int(count[1]), seconds=int(count[1]) / float(rate[1]), p50_us=float(latency[1]) * 1000,
                  client_us=children_cpu_us() - cpu_before)


# ---- nginx

class Nginx:
    """One process: for each name a server of its own. add_static() and add_proxy() before start()."""

    def __init__(self, directory, before=()):
        """before: words before its command, as absolute paths: ("/usr/bin/taskset", "-c", "0")."""
        self.directory = directory
        self._before = before
        self.ports = {}
        self._servers = []
        self._process = None

    def add_static(self, name, size):
        """200 with a JSON body of that many bytes to whatever is asked; the port."""
        body = '{"data":"' + "x" * max(0, size - len('{"data":""}')) + '"}'
        pieces = [body[at:at + NGINX_WORD_MAX] for at in range(0, len(body), NGINX_WORD_MAX)]
        sets = "".join(f"set $part{place} '{piece}'; " for place, piece in enumerate(pieces))
        return self._add(name, f"{sets}return 200 \"{''.join(f'$part{place}' for place in range(len(pieces)))}\";" if len(pieces) > 1
                         else f"return 200 '{body}';")

    def add_proxy(self, name, port, headers):
        """proxy_pass to one of our services, with the headers our gateway adds."""
        lines = "".join(f"proxy_set_header {header} '{value}'; " for header, value in headers.items())
        return self._add(name, f"proxy_pass http://{name}; proxy_http_version 1.1; proxy_set_header Connection ''; "
                         f"proxy_set_header Authorization ''; proxy_set_header X-Forwarded-For $remote_addr; {lines}"
                         "add_header X-Request-Id $request_id;",
                         f"upstream {name} {{ server 127.0.0.1:{port}; keepalive 64; }}\n")

    def _add(self, name, location, before=""):
        self.ports[name] = Port()
        self._servers.append(f"{before}server {{ listen {self.ports[name].listen}; location / {{ {location} }} }}\n")
        return self.ports[name].number

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        os.makedirs(self.directory, exist_ok=True)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{kind}_temp_path {self.directory}/{kind}; " for kind in kinds)
        path = os.path.join(self.directory, "nginx.conf")
        with open(path, "w") as file:
            file.write(f"daemon off; master_process off; pid {self.directory}/nginx.pid; error_log {self.directory}/error.log;\n"
                       "events { worker_connections 1024; }\n"
                       f"http {{ access_log off; default_type application/json; keepalive_requests 1000000000; {temporary}\n"
                       f"{''.join(self._servers)}}}\n")
        self._process = Process("nginx", [*self._before, NGINX, "-p", self.directory, "-c", path], os.path.join(self.directory, "log"))
        self._process.start()
        wait_until(self._answers, 10, "nginx")

    def _answers(self):
        if not self._process.running():
            raise Failed(f"nginx did not start:\n{self._process.log_tail()}")
        return all(http_status(port.url + "/") for port in self.ports.values())

    def stop(self):
        if self._process:
            self._process.stop()
        for port in self.ports.values():
            port.close()
