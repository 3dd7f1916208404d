"""make run: the whole of Cuotas on this machine, until Ctrl-C; make reset: forgets its data.

While it runs it is also the supervisor: a process that dies is started again, as an orchestrator would."""

import ctypes
import json
import os
import shutil
import signal
import sys
import time

from . import api
from .process import StartError
from .stack import ROOT, Stack, lock_directory

CATALOG = os.path.join(ROOT, "deploy", "demo", "products.csv")
DEMO_CUSTOMER = {"email": "cliente.demo@cuotas.example", "full_name": "Cliente Demo", "phone": "+573000000000", "locale": "es-CO"}


def main(arguments):
    if arguments == ["run"]:
        return run()
    if arguments == ["reset"]:
        return reset()
    print("usage: python3 -m deploy.stack run|reset", file=sys.stderr)
    return 64


def settings():
    directory = os.path.join(ROOT, os.environ.get("CUOTAS_DIR") or ".run")
    port = os.environ.get("CUOTAS_PORT") or "8080"
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise StartError(f"CUOTAS_PORT={port}: a port is a number from 1 to 65535")
    return directory, int(port)


class Stop(BaseException):
    """A signal asked us to end."""


def _die_with_make():
    """A killed `make` takes this launcher along, and with it everything. Refused silently where there is no prctl."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)   # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        raise Stop


def _on_signal(number, frame):
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)   # one is enough: the stop that follows is not to be cut short
    raise Stop


def report(line):
    print(f"  {line}", flush=True)


def run():
    stack = facts = None
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _on_signal)
        _die_with_make()
        directory, port = settings()
        started = time.monotonic()
        print(f"Starting Cuotas in {_short(directory)}", flush=True)
        binaries = os.environ.get("CUOTAS_BINARIES")
        stack = Stack(directory, binaries=binaries and os.path.join(binaries, "bin"), gateway_port=port, report=report,
                      environment={name: value for name, value in os.environ.items() if name.startswith(("MERCHANT_", "PIX_"))})
        stack.start()
        customer = load_demo(stack)
        facts = write_facts(stack, customer)
        print(screen(stack, facts, customer, time.monotonic() - started), flush=True)
        supervise(stack)
    except StartError as failure:
        print(f"make run: {failure}", file=sys.stderr)
        return 1
    except Stop:
        print("\nStopping ...", flush=True)
    finally:
        if facts:   # only what was written here: another `make run` may be using this directory
            _forget_facts(stack)
        if stack:
            stack.stop()
    for name, status in stack.unclean if stack else ():
        print(f"  {name} did not end well: {status}; see {_short(stack.log_dir)}/{name}.log", flush=True)
    print("Stopped. The data stays; `make reset` removes it.", flush=True)
    return 0


def reset():
    try:
        directory, _ = settings()
        if not os.path.isdir(directory):
            print(f"Nothing to remove: there is no {_short(directory)}.")
            return 0
        if os.path.exists(os.path.join(directory, "lock")):
            lock_directory(directory).close()
        elif os.listdir(directory):
            raise StartError(f"{directory} was not made by `make run` (no lock file in it); not touching it")
        shutil.rmtree(directory)
        print(f"Removed {_short(directory)}.")
        return 0
    except StartError as failure:
        print(f"make reset: {failure}", file=sys.stderr)
        return 1


# ---- demo data, through the public API only

def load_demo(stack):
    """The catalog when there is none yet, and a customer. Returns the customer's log-in."""
    staff = api.log_in(stack.gateway_url, **stack.staff)
    if not api.call(stack.gateway_url, "GET", "/v1/products?limit=1")["data"]:
        started = time.monotonic()
        with open(CATALOG, "rb") as file:
            done = api.call(stack.gateway_url, "POST", "/v1/products/import", file.read(), staff, "text/csv")
        report(f"demo catalog: {done['created']} products, {done['failed']} refused: {time.monotonic() - started:.1f} s")
    password = "demo-" + stack.credentials["customer"][:12]
    marker = os.path.join(stack.directory, "demo-customer")
    if not os.path.exists(marker):
        person = {**DEMO_CUSTOMER, "password": password, "tax_id": "900000001", "consents": {"email": True, "sms": False}}
        try:
            api.call(stack.gateway_url, "POST", "/v1/customers", person)
        except api.Refused as refused:
            if refused.status != 409:   # registered by a start that was cut short here
                raise
        open(marker, "w").close()
    return {"username": DEMO_CUSTOMER["email"], "password": password}


# ---- what is told

def write_facts(stack, customer):
    facts = {
        "gateway": stack.gateway_url,
        "docs": stack.gateway_url + "/docs",
        "staff": stack.staff,
        "customer": customer,
        "mail_dir": stack.mail_dir,
        "sandbox": stack.service_urls["sandbox"],
        "services": {name: url for name, url in stack.service_urls.items() if name != "sandbox"},
    }
    path = os.path.join(stack.directory, "demo.json")
    with os.fdopen(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")
    os.replace(path + ".new", path)
    return facts


def _forget_facts(stack):
    """Nobody shall take a stopped gateway's address for a running one."""
    try:
        os.remove(os.path.join(stack.directory, "demo.json"))
    except FileNotFoundError:
        pass


def _short(path):
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def screen(stack, facts, customer, took_s):
    return f"""
Cuotas is ready ({took_s:.1f} s).

  API        {facts["gateway"]}
  Docs       {facts["docs"]}      (contract: {facts["gateway"]}/openapi.json)
  Staff      {facts["staff"]["username"]}  /  {facts["staff"]["password"]}
  Customer   {customer["username"]}  /  {customer["password"]}
  Mails      {_short(facts["mail_dir"])}/*.eml
  Payments   {facts["sandbox"]}  (sandbox speaking Stripe's protocol; tokens pm_card_visa, pm_card_chargeDeclined, ...)
  Logs       {_short(stack.log_dir)}/<service>.log
  Facts      {_short(os.path.join(stack.directory, "demo.json"))}

  See the whole journey:  make demo      Stop: Ctrl-C      Forget the data: make reset
"""


# ---- supervision

def supervise(stack):
    """Starts again what dies, with a growing pause for what keeps dying. Ends only by a signal."""
    wait_s = {}
    while True:
        time.sleep(0.3)
        for name, process in stack.ended():
            pause = wait_s[name] = min(wait_s.get(name, 0.1) * 2, 10)
            print(f"  {name} ended ({process.exit_status}); starting it again", flush=True)
            time.sleep(pause)
            try:
                started = time.monotonic()
                stack.start_one(name)
                if time.monotonic() - started < 5:
                    wait_s.pop(name)
            except StartError as failure:
                print(f"  {failure}", flush=True)
        for server in (stack.postgres, stack.redis):
            if not server.running():
                print(f"  {type(server).__name__} ended; starting it again", flush=True)
                server.start()
