"""The committed corpora as a regression test: every input through its target once, in whatever variant was built (no clang, no fuzzer; with SAN=1 under the
sanitizers). And the inventory: a parser without a target, or a target without a corpus, fails here."""

import concurrent.futures
import os
import re
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SANITIZED = os.environ.get("SAN") == "1"
BUILD = os.environ.get("CUOTAS_BINARIES") or os.path.join(ROOT, "build", *(["san"] if SANITIZED else []))
CORPUS = os.path.join(HERE, "corpus")
TARGETS = sorted(name[5:-2] for name in os.listdir(HERE) if name.startswith("fuzz_") and name.endswith(".c"))
PRIVATE = {"decode_fail.h", "http1_tables.h", "json_tree.h", "jwt_key.h"}   # between files of wire/, not for others
# Public functions of wire/*.h that no target calls by name, and why.
REACHED = {"http_header_search": "http_header_find calls it", "hex_write": "hex_encode calls it", "hmac_key_free": "no input", "http_reason": "no input",
           "format_check": "decode_string with a rule of each format", "jwt_key_pem": "writes; test_jwt reads it back", "jwt_sign": "signs; test_jwt",
           "json_room": "the writers call it", "json_make_room": "the writers call it", "json_put_name": "the writers call it",
           "json_put_string": "json_put_text calls it", "json_die": "no input", **{f"xml_{name}": "writes; test_xml_write and the schemas of invoices" for name in ("begin", "done", "end", "put", "put_with", "to_arena")},
           "jwt_verdict_name": "no input", "jwt_key_kid": "no input"}


def functions(header):
    with open(header) as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return set(re.findall(r"^(?:static inline )?(?:const )?(?:struct |enum )?\w+ \*?(\w+)\(", text, re.M))


def test_every_parser_of_wire_has_a_target():
    sources = "".join(open(os.path.join(HERE, name)).read() for name in os.listdir(HERE) if name.endswith(".c"))
    wire = os.path.join(ROOT, "libcommon", "wire")
    declared = set().union(*(functions(os.path.join(wire, name)) for name in os.listdir(wire) if name.endswith(".h") and name not in PRIVATE))
    assert len(declared) > 60
    missing = {name for name in declared if name not in REACHED and not re.search(rf"\b{name}\(", sources)}
    assert not missing, "no fuzz target calls these; see tests/fuzz/README.md"


def test_every_target_has_a_small_corpus():
    assert sorted(os.listdir(CORPUS)) == TARGETS
    for target in TARGETS:
        files = [entry.stat().st_size for entry in os.scandir(os.path.join(CORPUS, target))]
        assert 2 <= len(files) <= 300 and sum(files) <= 200_000, target


def run(target):
    program = os.path.join(BUILD, "tests", "fuzz", f"fuzz_{target}")
    if not os.path.exists(program):
        pytest.fail(f"{program} is not built: make fuzzers")
    return subprocess.run([program, os.path.join(CORPUS, target)], capture_output=True, timeout=300)


def test_the_committed_inputs():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = dict(zip(TARGETS, pool.map(run, TARGETS)))
    for target, result in results.items():
        assert result.returncode == 0, f"{target}: {result.stderr.decode(errors='replace')[-3000:]}"
        assert result.stdout.split()[0] == str(len(os.listdir(os.path.join(CORPUS, target)))).encode(), target
