"""What a process does when it is asked to end, at any moment of its life: with status 0 and in time; a second signal cuts it short with status 1."""

import http.client
import itertools
import os
import signal
import socket
import time

import pytest

from deploy.stack import services
from deploy.stack.network import Port
from deploy.stack.process import Process

SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))
END_BOUND_S = 15
_numbers = itertools.count(1)


@pytest.fixture
def spawn(stack, scratch, wait_until):
    """A process of our own beside the stack's, on a port of its own: (process, port)."""
    made, ports = [], []

    def spawn(name="catalog", ready=True, **changes):
        port = Port()
        ports.append(port)
        log = os.path.join(scratch, f"signals-{next(_numbers)}-{name}.log")
        environment = {**services.service_environment(stack, name), "LISTEN": port.listen, **changes}
        process = Process(name, [os.path.join(stack.binaries, name)], log, env=environment)
        process.start()
        made.append(process)
        if ready:
            wait_until(lambda: '"msg":"ready"' in process.log_tail(100), 30, f"{name} ready")
        return process, port.number
    yield spawn
    for process in made:
        process.kill()
    for port in ports:
        port.close()


def ends(process, number, bound_s=END_BOUND_S):
    began = time.monotonic()
    assert process.stop(number, bound_s * SLOW), f"it did not end:\n{process.log_tail()}"
    return process.exit_status, time.monotonic() - began


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT, signal.SIGHUP), ids=lambda number: number.name)
def test_each_signal_ends_it_well(number, spawn):
    process, _ = spawn()
    assert ends(process, number)[0] == 0
    assert '"msg":"stopped"' in process.log_tail()


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGHUP), ids=lambda number: number.name)
def test_several_workers_end_well(number, spawn):
    process, _ = spawn(WORKERS="2", TEST_CLOCK="off")
    assert ends(process, number)[0] == 0


def hears_sigterm(pid):
    with open(f"/proc/{pid}/status") as file:
        caught = next(line for line in file if line.startswith("SigCgt:"))
    return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1


def test_at_any_moment_of_its_start(spawn, wait_until):
    """From the moment it hears signals at all, over configuration, schema check, database, to serving."""
    for delay_ms in (0, 2, 5, 10, 20, 40, 80, 160):
        process, _ = spawn(ready=False)
        wait_until(lambda: hears_sigterm(process.pid), 10, "main")
        time.sleep(delay_ms / 1000)
        status, _ = ends(process, signal.SIGTERM)
        assert status == 0, (delay_ms, process.log_tail())


def test_while_it_waits_for_its_database(spawn, tmp_path):
    nobody = f"postgresql://cuotas_catalog_app:x@/cuotas_catalog?host={tmp_path}"
    process, _ = spawn(ready=False, DATABASE_URL=nobody)
    time.sleep(0.3)
    assert process.running(), "it waits some seconds for a server that is still starting"
    status, took_s = ends(process, signal.SIGTERM)
    assert status == 0 and took_s < 5 * SLOW


def half_a_request(port):
    wire = socket.create_connection(("127.0.0.1", port))
    wire.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n")
    return wire


def test_a_second_signal_ends_it_at_once(spawn):
    process, port = spawn()
    with half_a_request(port):   # which may take its five seconds
        process.send(signal.SIGTERM)
        time.sleep(0.3)
        assert process.running()
        status, took_s = ends(process, signal.SIGTERM)
    assert status == 1 and took_s < 3 * SLOW
    assert "second signal" in process.log_tail()


def test_not_ready_first_and_the_door_open_until_the_last(spawn, wait_until):
    """While somebody from before has something to end, newcomers are served, /readyz says no, and every answer is its connection's last."""
    process, port = spawn("gateway")
    kept = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    kept.request("GET", "/livez")
    first = kept.getresponse()
    assert first.status == 200 and first.read() and not first.will_close
    process.send(signal.SIGTERM)
    wait_until(lambda: "draining" in process.log_tail(), 5, "the drain begun")
    for path, status in (("/readyz", 503), ("/livez", 200), ("/v1/products?limit=1", 200)):
        fresh = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        fresh.request("GET", path)
        reply = fresh.getresponse()
        assert (reply.status, reply.will_close) == (status, True), path
        reply.read()
    kept.request("GET", "/v1/products?limit=1")
    last = kept.getresponse()
    assert (last.status, last.will_close) == (200, True)
    assert process.wait(END_BOUND_S * SLOW) and process.exit_status == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_the_delay_for_a_balancer(spawn):
    process, port = spawn(STOP_DELAY_MS="1500")
    began = time.monotonic()
    process.send(signal.SIGTERM)
    while time.monotonic() - began < 1.2:
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            assert wire.recv(100).startswith(b"HTTP/1.1 200")
        time.sleep(0.1)
    assert process.wait(END_BOUND_S * SLOW) and process.exit_status == 0
    assert time.monotonic() - began >= 1.5


def test_a_shared_port_must_be_asked_for(spawn, stack, scratch):
    """Without SHARE_PORT a second process on the port is a mistake, and is told so."""
    first, port = spawn()
    second = Process("catalog", [os.path.join(stack.binaries, "catalog")], os.path.join(scratch, "signals-second.log"),
                     env={**services.service_environment(stack, "catalog"), "LISTEN": f"127.0.0.1:{port}"})
    second.start()
    assert second.wait(30 * SLOW) and second.exit_status == 1
    assert "address is taken" in second.log_tail()
    assert first.running()
