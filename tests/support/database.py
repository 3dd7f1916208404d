"""A look into a service's database, for what the API does not show (an outbox, a ledger's sum). Never to change a state."""

import contextlib

import psycopg2


def rows(url, sql, parameters=()):
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
