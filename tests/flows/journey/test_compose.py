"""docker-compose.yml is true to what runs: valid, every service there, and every configuration name of `make run` in it."""

import os
import shutil
import subprocess

import pytest
import yaml

from deploy.stack import services

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


OPTIONAL = {"LOG_LEVEL", "WORKERS", "REDIS_URL", "SMTP_USERNAME", "SMTP_PASSWORD", "SMTP_REQUIRE_TLS", "TRUST_FORWARDED_FOR", "RATE_LIMIT_PER_SECOND",
            "AUTH_RATE_LIMIT_PER_MINUTE", "CONNECTIONS_PER_ADDRESS", "CACHE_TTL_MS", "CACHE_BYTES", "MERCHANT_COUNTRY", "PUBLIC_CHANNELS", "MERCHANT_NAME", "MERCHANT_TAX_ID", "MERCHANT_ADDRESS",
            "MERCHANT_CONTACT", "MERCHANT_LOGO", "MERCHANT_BANK_ACCOUNT", "MERCHANT_GLN", "PIX_KEY", "PIX_CITY", "CONTRACT_CHANGES_OPEN_MAX", "CONTRACT_CHANGES_MONTH_MAX", "STAFF_PASSWORD_PAGE"}


@pytest.fixture(scope="module")
def compose():
    with open(os.path.join(ROOT, "docker-compose.yml")) as file:
        return yaml.safe_load(file)


def test_docker_compose_accepts_it():
    if not shutil.which("docker-compose"):
        pytest.skip("docker-compose is not installed")
    done = subprocess.run(["docker-compose", "config", "-q"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", [*services.SERVICES, services.GATEWAY])
def test_same_configuration_names(name, compose, stack):
    ours = set(services.service_environment(stack, name)) - {"PATH", "SANDBOX_URL"} - set(stack.extra_environment)
    theirs = set(compose["services"][name]["environment"])
    assert ours - theirs - {f"{peer.upper()}_URL" for peer in services.ALL} == set()
    # Neither has a variable the other's service would not know, but for what only a container needs to be told.
    assert theirs - ours <= OPTIONAL | {f"{peer.upper()}_URL" for peer in services.ALL}


def test_everything_that_is_migrated_is_in_the_scripts(compose):
    for script in ("migrate", "init-databases.sh"):
        with open(os.path.join(ROOT, "deploy", "compose", script)) as file:
            text = file.read()
        assert all(name in text for name in services.SERVICES), script
    passwords = compose["services"]["migrate"]["environment"]
    assert set(passwords) == {f"{name.upper()}_{role}_PASSWORD" for name in services.SERVICES for role in ("OWNER", "APP")}


def test_the_example_names_every_variable(compose):
    """Every ${VARIABLE} of the compose file is in env.example, or has a default that works."""
    import re
    with open(os.path.join(ROOT, "docker-compose.yml")) as file:
        used = set(re.findall(r"\$\{(\w+):-\}", file.read()))
    with open(os.path.join(ROOT, "deploy", "compose", "env.example")) as file:
        named = set(re.findall(r"^(\w+)=", file.read(), re.M))
    assert used <= named
