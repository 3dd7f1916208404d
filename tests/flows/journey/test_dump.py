"""A logical dump of each service's database can be read back, as operators do who move to another PostgreSQL."""

import os
import subprocess

import pytest

from deploy.stack.services import SERVICES

TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'i') ORDER BY 1"


@pytest.mark.parametrize("service", SERVICES)
def test_a_dump_is_read_back(stack, shop, customer, service):
    shop.order(customer)
    postgres, copy = stack.postgres, f"copy_of_{service}"

    def run(program, *arguments, **options):
        done = subprocess.run([os.path.join(postgres.programs, program), *arguments], env=postgres.environment(), capture_output=True, text=True, timeout=120, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout
    dump = run("pg_dump", f"cuotas_{service}")
    postgres.sql(f"CREATE DATABASE {copy}")
    try:
        run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy, input=dump)
        assert postgres.sql(TABLES, copy) == postgres.sql(TABLES, f"cuotas_{service}")
    finally:
        postgres.sql(f"DROP DATABASE {copy} WITH (FORCE)")
